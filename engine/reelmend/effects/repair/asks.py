"""What a request makes necessary, by its parameters, its clips and the outputs that it wants."""

from __future__ import annotations

from dataclasses import dataclass

from reelmend.effects.effect import Values, Workbench
from reelmend.effects.repair.detect import KINDS
from reelmend.frames import MATTE

SWITCHES = {"blotch": "blotches", "hair": "hairs", "scratch": "scratches"}
"""The parameter that says whether a kind is looked for."""
REPLACES, ADDS, PROTECTS, CLASSES = "replace", "add", "protect", "classes"
"""What the clip "Matte" is for. Classes: it holds cores by kind, and says all there is to mend."""
RESULT = "result"
LINES_STAGE = "lines"
"""Models without this graph find no standing lines."""


@dataclass(frozen=True, slots=True)
class Asks:
    """matte_use: what the clip "Matte" is for; "" where it is not connected. looks: defects are looked for; for_lines:
    standing lines, too. mends: a mended picture is wanted."""

    matte_use: str
    looks: bool
    for_lines: bool
    mends: bool

    @classmethod
    def of(cls, bench: Workbench) -> Asks:
        values = bench.values
        use = str(values["matte_use"]) if MATTE in bench.companions else ""
        stages = [stage.name for stage in bench.model.manifest.stages]
        looks = any(enabled_kinds(values)) and use not in (REPLACES, CLASSES)
        return cls(
            matte_use=use,
            looks=looks,
            for_lines=looks and bool(values[SWITCHES["scratch"]]) and LINES_STAGE in stages,
            mends=RESULT in bench.outputs and values["strength"] != 0,
        )

    @property
    def is_nothing(self) -> bool:
        """Whether no matte can come of it."""
        return not self.looks and self.matte_use in ("", PROTECTS)


def enabled_kinds(values: Values) -> tuple[bool, ...]:
    """Return which of KINDS are looked for."""
    return tuple(bool(values[SWITCHES[kind]]) for kind in KINDS)
