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
