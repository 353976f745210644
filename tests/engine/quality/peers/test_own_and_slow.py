"""Our effects and OpenCV's denoiser as methods."""

import numpy as np

from reelmend.effects.catalogue import EFFECTS
from reelmend.quality.peers import METHODS


def test_every_effect_of_the_engine_is_a_method() -> None:
    assert {f"reelmend-{name}" for name, effect in EFFECTS.items() if effect.default_model} <= set(METHODS)


def test_our_deflicker_steadies_a_flickering_clip_within_8_bits() -> None:
    base = np.random.default_rng(0).uniform(40, 160, (1, 48, 64, 3))
    gains = np.where(np.arange(20) % 2, 0.93, 1.07)[:, None, None, None]
    clip = np.rint(base * gains).astype(np.uint8)
    method = METHODS["reelmend-deflicker"]
    assert method.missing() == ""
    restored = method.restore(clip).frames
    assert restored.dtype == np.uint8
    assert restored.mean(axis=(1, 2, 3)).std() < 0.1 * clip.mean(axis=(1, 2, 3)).std()


def test_variants_of_the_deflicker_answer_otherwise_than_its_defaults_and_run_only_by_name() -> None:
    rng = np.random.default_rng(0)
    stripes = 1.0 + 0.05 * np.sin(0.3 * np.arange(64)[None, :, None, None] + 2.0 * np.arange(16)[:, None, None, None])
    clip = np.rint(rng.uniform(40, 160, (1, 64, 64, 3)) * stripes * rng.uniform(0.9, 1.1, (16, 1, 1, 1))).astype(
        np.uint8
    )
    usual = METHODS["reelmend-deflicker"].restore(clip).frames
    for name in ("reelmend-deflicker-fitted", "reelmend-deflicker-bands"):
        assert not np.array_equal(METHODS[name].restore(clip).frames, usual)
        assert METHODS[name].is_variant


def test_our_version_names_the_model_and_its_weights() -> None:
    assert METHODS["reelmend-deflicker"].version().startswith("model deflicker ")


def test_non_local_means_lowers_noise_and_keeps_the_length() -> None:
    noisy = np.clip(np.random.default_rng(0).normal(120, 3, (3, 32, 32, 3)), 0, 255).astype(np.uint8)
    restored = METHODS["opencv-nlmeans-multi"].restore(noisy).frames
    assert restored.shape == noisy.shape
    assert restored.std() < noisy.std()


def test_the_input_method_hands_back_the_same_pixels_in_a_copy() -> None:
    clip = np.zeros((2, 4, 4, 3), np.uint8)
    restored = METHODS["input"].restore(clip).frames
    assert np.array_equal(restored, clip)
    assert restored is not clip
