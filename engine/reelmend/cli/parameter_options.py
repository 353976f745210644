"""A model's parameters as options of a command: names, ranges and hints as its manifest describes them."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Sequence
from typing import Annotated, Any

import typer.core
import typer.main

from reelmend.effects.catalogue import find_effect, find_model
from reelmend.effects.common_parameters import with_common
from reelmend.errors import BadRequestError, ReelmendError
from reelmend.inference.models import ModelStore
from reelmend.parameters import Parameter, ParameterType, Value

_GIVEN = "reelmend.parameters"
"""Where a command's context keeps what was given."""
PANEL = "Parameters"


def parameter_command(effect: str) -> type[typer.core.TyperCommand]:
    """Return a class of commands that have, beside their own options, the parameters of the effect's default model.

    What was given is had from `given_values`.
    """

    class ParameterCommand(typer.core.TyperCommand):
        def get_params(self, ctx: Any) -> list[Any]:
            own = super().get_params(ctx)
            taken = {name for option in own for name in option.opts}
            return own + [option for option in options_of(parameters_of(effect)) if not taken & set(option.opts)]

    return ParameterCommand


def parameters_of(effect: str) -> tuple[Parameter, ...]:
    """Return the parameters of the effect's default model; none when it isn't installed, which running it will say."""
    try:
        return with_common(find_model(ModelStore.default(), find_effect(effect)).manifest)
    except ReelmendError:
        return ()


def given_values(context: typer.Context) -> dict[str, Value]:
    """Return the parameters that the command line gives, by name."""
    given: dict[str, Value] = context.meta.get(_GIVEN, {})
    return given


def options_of(parameters: Sequence[Parameter]) -> list[Any]:
    """Return the parameters as a command's options, made by typer from a signature."""

    def command() -> None: ...

    annotations = {described.name: _annotation(described) for described in parameters}
    keywords = [
        inspect.Parameter(name, inspect.Parameter.KEYWORD_ONLY, default=None, annotation=annotation)
        for name, annotation in annotations.items()
    ]
    command.__signature__ = inspect.Signature(keywords)  # type: ignore[attr-defined]
    command.__annotations__ = annotations
    app = typer.Typer(add_completion=False)
    app.command()(command)
    return [option for option in typer.main.get_command(app).params if option.name in annotations]


def option_name(parameter: str) -> str:
    """Return the option that a parameter is given by."""
    return f"--{parameter.replace('_', '-')}"


def _annotation(described: Parameter) -> Any:
    name = option_name(described.name)
    is_flag = described.type is ParameterType.FLAG
    option = typer.Option(
        f"{name}/--no-{name[2:]}" if is_flag else name,
        metavar=None if is_flag else _metavar(described),
        help=_help(described),
        callback=_taking_flag(described) if is_flag else _taking_text(described),
        expose_value=False,
        rich_help_panel=PANEL,
        show_default=False,
    )
    return Annotated[bool | None if is_flag else str | None, option]


def _taking_flag(described: Parameter) -> Callable[[typer.Context, bool | None], None]:
    def take(context: typer.Context, value: bool | None) -> None:
        if value is not None:
            context.meta.setdefault(_GIVEN, {})[described.name] = described.check(value)

    return take


def _taking_text(described: Parameter) -> Callable[[typer.Context, str | None], None]:
    def take(context: typer.Context, value: str | None) -> None:
        if value is None:
            return
        try:
            context.meta.setdefault(_GIVEN, {})[described.name] = described.parse(value)
        except BadRequestError as error:
            told = str(error).replace(f"parameter '{described.name}'", option_name(described.name))
            raise BadRequestError(told) from None

    return take


def _metavar(described: Parameter) -> str:
    if described.type is ParameterType.CHOICE:
        return "|".join(choice.value for choice in described.choices)
    return {ParameterType.NUMBER: "NUMBER", ParameterType.INTEGER: "N"}.get(described.type, "TEXT")


def _help(described: Parameter) -> str:
    default = described.default
    if described.type is ParameterType.FLAG:
        return f"{described.hint} (default: {'on' if default else 'off'})"
    spelt = f"{default:g}" if isinstance(default, float) else str(default)
    allowed = "" if described.type is ParameterType.CHOICE else f"{described.allowed}; "
    return f"{described.hint} ({allowed}default: {spelt})"
