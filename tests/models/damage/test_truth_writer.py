import json
from pathlib import Path

import cv2
import numpy as np
import pytest
from numpy.typing import NDArray

from reelmend_models.damage import DamageError, TruthWriter, damage_clip, preset, union_matte
from reelmend_models.damage.stage import Truth

Frames = NDArray[np.float32]


def test_truth_is_read_back_as_it_was(tmp_path: Path, frames: Frames) -> None:
    chain = preset("silent-1910")
    truths = [truth for _, truth in damage_clip(iter(frames), chain, seed=3)]
    with TruthWriter(tmp_path, chain, 3, preset="silent-1910") as writer:
        for index, truth in enumerate(truths):
            writer.write(index, truth)
    for index, truth in enumerate(truths):
        name = f"{index:06d}"
        matte = cv2.imread(str(tmp_path / "matte" / f"{name}.png"), cv2.IMREAD_UNCHANGED)
        assert matte.dtype == np.uint16
        assert np.abs(matte / 65535.0 - union_matte(truth)).max() < 2e-5
        assert ((matte == 0) == (union_matte(truth) <= 0.0)).all()
        dust = cv2.imread(str(tmp_path / "matte.dust" / f"{name}.png"), cv2.IMREAD_UNCHANGED)
        assert np.abs(dust / 255.0 - truth.mattes["dust"]).max() <= 1.0 / 255.0 + 1e-6
        assert truth.gain is not None
        assert truth.displacement is not None
        assert np.array_equal(np.broadcast_to(np.load(tmp_path / "gain" / f"{name}.npy"), (96, 160)), truth.gain)
        field = np.load(tmp_path / "displacement" / f"{name}.npy")
        assert field.shape == (1, 1, 2)
        assert np.array_equal(np.broadcast_to(field, (96, 160, 2)), truth.displacement)


def test_description_names_seed_preset_classes_and_every_setting(tmp_path: Path) -> None:
    with TruthWriter(tmp_path / "new" / "folder", preset("dirt-only"), 12, preset="dirt-only"):
        pass
    told = json.loads((tmp_path / "new" / "folder" / "truth.json").read_text())
    assert told["seed"] == 12
    assert told["preset"] == "dirt-only"
    assert told["classes"]["dust"] == 1
    assert [stage["stage"] for stage in told["stages"]] == ["stain", "dust", "blotch", "scratch", "hair"]
    assert told["stages"][1]["opacity"] == [0.6, 1.0]


def test_numbers_stand_in_one_line_per_frame(tmp_path: Path, frames: Frames) -> None:
    chain = preset("flicker-only")
    with TruthWriter(tmp_path, chain, 3) as writer:
        for index, (_, truth) in enumerate(damage_clip(iter(frames), chain, seed=3)):
            writer.write(index, truth)
    lines = [json.loads(line) for line in (tmp_path / "frames.jsonl").read_text().splitlines()]
    assert [line["frame"] for line in lines] == [0, 1, 2, 3]
    assert all(0.5 < line["flicker.gain"] < 2.0 for line in lines)
    assert not (tmp_path / "matte").exists()


def test_folder_that_cannot_be_made_is_named(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(DamageError, match=r"cannot write the truth to .*file/truth"):
        TruthWriter(tmp_path / "file" / "truth", preset("dirt-only"), 1)


def test_closed_writer_says_so(tmp_path: Path) -> None:
    writer = TruthWriter(tmp_path, preset("dirt-only"), 1)
    writer.close()
    with pytest.raises(DamageError, match="already closed"):
        writer.write(0, Truth())
