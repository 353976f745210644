"""The shipped model with the effect: its parameters are those that the effect reads, and it mends what it should."""

from __future__ import annotations

import numpy as np
import pytest

from reelmend.effects.catalogue import EFFECTS
from reelmend.effects.common_parameters import with_common
from reelmend.effects.renderer import Renderer
from reelmend.effects.repair.asks import enabled_kinds
from reelmend.effects.repair.decide import Choice
from reelmend.inference.models import ModelStore
from reelmend.inference.session import SessionPool
from reelmend.inference.warm_up import warm_up
from reelmend.manifest import Manifest
from reelmend.parameters import Parameter, resolve
from reelmend_models.export.repair_manifest import PARAMETERS
from support.repair_models import Dirty, repaired

SHIPPED = ModelStore.default().get("repair")


def test_manifest_says_the_parameters_that_the_export_would_write() -> None:
    assert SHIPPED.manifest.parameters == tuple(Parameter.model_validate(described) for described in PARAMETERS)


def test_effect_reads_no_parameter_that_the_model_lacks() -> None:
    values = resolve(with_common(SHIPPED.manifest), {}, "repair")
    assert enabled_kinds(values) == (True, True, True)
    assert Choice.of(values).sensitivity == (0.5, 0.5, 0.5)
    assert not EFFECTS["repair"].is_identity(values)


def test_model_can_be_warmed_up() -> None:
    warm_up(SessionPool(threads=1), [SHIPPED])


@pytest.mark.parametrize("frame", [3, 5])
def test_defect_on_one_frame_of_a_still_scene_is_mended(dirty: Dirty, frame: int) -> None:
    rendered = repaired(Renderer(ModelStore.default(), threads=1), dirty.frames, [frame], outputs=("result", "matte"))
    matte, result = rendered[frame].planes["matte"][0], rendered[frame].planes["result"]
    assert (matte[dirty.true[frame]] >= 0.5).mean() > 0.9
    before, after = (np.square(frames - dirty.clean[frame]).mean() for frames in (dirty.frames[frame], result))
    assert after < 0.05 * before


def test_outside_of_its_matte_the_shipped_model_changes_no_bit(dirty: Dirty) -> None:
    told = repaired(Renderer(ModelStore.default(), threads=1), dirty.frames, outputs=("result", "matte"))
    for number, rendered in told.items():
        outside = np.broadcast_to(rendered.planes["matte"] == 0, dirty.frames[number].shape)
        assert rendered.planes["result"][outside].tobytes() == dirty.frames[number][outside].tobytes()


def test_manifest_is_of_the_effect() -> None:
    manifest: Manifest = SHIPPED.manifest
    assert manifest.effect == manifest.id == EFFECTS["repair"].default_model
    assert set(manifest.outputs) == {"result", "matte", "classes", "overlay"}
    assert set(manifest.input_clips) == {"Source", "Mask", "Matte"}
