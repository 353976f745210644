"""The effects of a render, in order, each with its model, values and window: what --effect, --chain and --set say."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from reelmend.effects.catalogue import find_effect, find_model
from reelmend.effects.common_parameters import radius_frames_of, with_common
from reelmend.effects.presets import preset_values
from reelmend.errors import BadRequestError
from reelmend.held_frame import number_held
from reelmend.inference.models import ModelStore
from reelmend.manifest import Manifest
from reelmend.parameters import Value, resolve

USUAL_ORDER = ("deflicker", "repair")
"""Light first: what is broken is found by comparing frames, which flicker makes unlike."""


@dataclass(frozen=True, slots=True)
class Step:
    """One effect. `values` are those that were given, `resolved` all of them."""

    effect: str
    manifest: Manifest
    values: Mapping[str, Value]
    resolved: Mapping[str, Value]

    @property
    def model(self) -> str:
        return self.manifest.id

    @property
    def radius_frames(self) -> int:
        return radius_frames_of(self.manifest, self.resolved)

    @property
    def held_frame(self) -> int | None:
        return number_held(self.resolved)

    @property
    def finds(self) -> bool:
        """Whether it tells what it found."""
        return "classes" in self.manifest.outputs

    def with_values(self, values: Mapping[str, Value]) -> Step:
        """Return the step with these values besides its own, over which they go. Raises BadRequestError."""
        return made_step(self.effect, self.manifest, {**self.values, **values})


def made_step(effect: str, manifest: Manifest, values: Mapping[str, Value]) -> Step:
    """Return a step with these values. Raises BadRequestError."""
    return Step(effect, manifest, values, resolve(with_common(manifest), values, f"effect '{effect}'"))


def steps_of(
    models: ModelStore,
    chain: Sequence[str],
    chosen_models: Sequence[str],
    presets: Sequence[str],
    settings: Sequence[str],
) -> tuple[Step, ...]:
    """Return the effects in order. Raises UnknownNameError, BadRequestError or ModelError.

    In a chain of more than one, a model and a preset are given as EFFECT=NAME, and so is EFFECT.PARAMETER=VALUE where
    more than one of the effects has that parameter.
    """
    named_models = by_effect("--model", chosen_models, chain)
    manifests = {name: find_model(models, find_effect(name), named_models.get(name, "")).manifest for name in chain}
    given: dict[str, dict[str, Value]] = {name: {} for name in chain}
    for name, preset in by_effect("--preset", presets, chain).items():
        given[name] |= preset_values(name, preset, with_common(manifests[name]))
    for setting in settings:
        for name, parameter, value in parse_setting(setting, manifests):
            given[name][parameter] = value
    return tuple(made_step(name, manifests[name], given[name]) for name in chain)


def parse_chain(effect: str, chain: str) -> tuple[str, ...]:
    """Return the effects' names that --effect or --chain spells. Raises BadRequestError."""
    if bool(effect) == bool(chain):
        raise BadRequestError("name one --effect, or several with --chain, such as --chain deflicker,repair")
    names = tuple(name.strip() for name in chain.split(",")) if chain else (effect,)
    if not all(names):
        raise BadRequestError(f"--chain {chain} names no effect between two commas; write it as deflicker,repair")
    if twice := next((name for name in names if names.count(name) > 1), None):
        raise BadRequestError(f"--chain {chain} names '{twice}' twice; name it once, or render in two goes")
    return names


def order_notes(chain: Sequence[str]) -> list[str]:
    """Return what is unusual about the order."""
    first, then = USUAL_ORDER
    if first in chain and then in chain and chain.index(then) < chain.index(first):
        return [
            f"{then} before {first}: dirt is found by comparing frames, and flicker makes them unlike; the usual order "
            f"is --chain {first},{then}"
        ]
    return []


def parse_setting(setting: str, manifests: Mapping[str, Manifest]) -> list[tuple[str, str, Value]]:
    """Return (effect, parameter, value) of "strength=0.8" or "repair.radius=4". Raises BadRequestError."""
    name, equals, text = setting.partition("=")
    if not equals:
        raise BadRequestError(f"--set {setting} lacks a value; write it as --set {setting}=VALUE")
    effect, dot, parameter = name.partition(".")
    if not dot:
        effect, parameter = _owner(name, manifests), name
    if effect not in manifests:
        raise BadRequestError(f"--set {setting} is for '{effect}', which is not rendered; there is {_or(manifests)}")
    known = {described.name: described for described in with_common(manifests[effect])}
    if parameter not in known:
        raise BadRequestError(
            f"effect '{manifests[effect].effect}' has no parameter '{parameter}'; it has {', '.join(sorted(known))}"
        )
    return [(effect, parameter, known[parameter].parse(text))]


def _owner(parameter: str, manifests: Mapping[str, Manifest]) -> str:
    """Return the only effect that has the parameter; the first one where none has, whose list is then told."""
    if len(manifests) == 1:
        return next(iter(manifests))
    owners = [name for name, manifest in manifests.items() if any(p.name == parameter for p in with_common(manifest))]
    if len(owners) > 1:
        raise BadRequestError(
            f"parameter '{parameter}' is in {_or(owners)}; say which one's: --set {owners[-1]}.{parameter}=VALUE"
        )
    if not owners:
        raise BadRequestError(
            f"no effect of the chain has a parameter '{parameter}'; 'reelmend models --json' lists what they have"
        )
    return owners[0]


def by_effect(option: str, texts: Sequence[str], chain: Sequence[str], *, for_all: bool = False) -> dict[str, str]:
    """Return what an option says for each effect: NAME alone is for the only one, EFFECT=NAME for one of several.

    `for_all`: NAME alone is for all of several, under "". Raises BadRequestError.
    """
    found: dict[str, str] = {}
    for text in (text for text in texts if text):
        effect, equals, name = text.partition("=")
        if not equals or effect not in chain:
            effect, name = chain[0] if len(set(chain)) == 1 else "", text
        if not effect and not for_all:
            raise BadRequestError(f"{option} {text} must say for which effect: {option} {chain[-1]}=NAME")
        found[effect] = name
    return found


def _or(names: Mapping[str, object] | Sequence[str]) -> str:
    return " and ".join(f"'{name}'" for name in names)
