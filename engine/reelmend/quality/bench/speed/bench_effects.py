"""Two effects that do nothing but move a frame, for an engine that the bench starts: what transport alone costs."""

from __future__ import annotations

import threading
from collections.abc import Mapping, Sequence

import numpy as np

from reelmend.buffer.window import Window
from reelmend.effects.catalogue import EFFECTS
from reelmend.effects.effect import Effect, Need, Rendered, Values, Workbench
from reelmend.frames import FrameForm, FrameFormat, Planes
from reelmend.inference.models import Model, ModelStore, default_folders
from reelmend.manifest import Manifest


class Upload:
    """The effect "upload": takes the frame, answers that nothing changed."""

    name = "upload"
    default_model = "upload"

    def radius_frames(self, _values: Values) -> int:
        return 0

    def is_identity(self, _values: Values) -> bool:
        return False

    def needs(self, window: Window, _bench: Workbench) -> Sequence[Need]:
        return [Need(window.centre_frame, FrameForm.FULL)]

    def render(self, window: Window, _values: Values, _outputs: Sequence[str], _bench: Workbench) -> Rendered:
        return Rendered({}, window.centre, window.centre)


class Download:
    """The effect "download": takes no pixels, and copies a frame that lies ready to where results go."""

    name = "download"
    default_model = "download"

    def __init__(self) -> None:
        self._ready: dict[FrameFormat, Planes] = {}
        self._lock = threading.Lock()

    def radius_frames(self, _values: Values) -> int:
        return 0

    def is_identity(self, _values: Values) -> bool:
        return False

    def needs(self, _window: Window, _bench: Workbench) -> Sequence[Need]:
        return []

    def render(self, window: Window, _values: Values, outputs: Sequence[str], bench: Workbench) -> Rendered:
        form = window.centre_frame.format
        with self._lock:
            ready = self._ready.setdefault(form, np.full(form.shape, 0.5, np.float32))
        planes = {name: bench.output(name, form) for name in outputs}
        for target in planes.values():
            np.copyto(target, ready)
        return Rendered(planes, window.centre, window.centre)


MOVERS: tuple[Effect, ...] = (Upload(), Download())


def bench_effects() -> Mapping[str, Effect]:
    """Return the engine's effects and the movers."""
    return {**EFFECTS, **{effect.name: effect for effect in MOVERS}}


class BenchModels(ModelStore):
    """The usual models, and for each mover a manifest without graphs."""

    def __init__(self) -> None:
        folders = default_folders()
        super().__init__(folders)
        self._movers = {effect.name: Model(_manifest_of(effect.name), folders[0].weights) for effect in MOVERS}

    def get(self, model_id: str) -> Model:
        return self._movers.get(model_id) or super().get(model_id)


def _manifest_of(name: str) -> Manifest:
    """Return what an effect must say of itself when it has no weights at all."""
    return Manifest.model_validate(
        {
            "schema_version": 1,
            "id": name,
            "version": "1.0.0",
            "task": "bench",
            "effect": name,
            "licence": "Apache-2.0",
            "training": "none",
            "source": "this bench",
            "alpha": "passes through",
            "outputs": ("result",),
            "colour": {
                "transfer": "as is",
                "nominal_range": (0.0, 1.0),
                "outside_range": "survives",
                "non_finite": "passes through",
            },
            "temporal": {"kind": "window", "radius_frames": 0, "maximum_radius_frames": 0, "stops_at_cuts": False},
            "spatial": {
                "multiple": 1,
                "tile_pixels": 0,
                "overlap_pixels": 0,
                "scale": 1,
                "receptive_field_pixels": 1,
            },
            "precision": {"dtype": "float32", "fp16_safe": False, "tolerance": {}},
            "parity": {"file": "none", "sha256": "0" * 64, "seed": 0},
            "parameters": (),
            "stages": (),
        }
    )
