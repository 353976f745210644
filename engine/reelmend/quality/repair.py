"""Repair by place: what became of the defects, and of everything that was not one.

A matte is read as `mattes` says: inside is above 0.1, outside is exactly 0, the soft fringe between counts as neither.
"""

from collections.abc import Iterator

import cv2
import numpy as np
from numpy.typing import NDArray

from reelmend.quality.clips import Clip, Frame, frames_of, luma, paired
from reelmend.quality.errors import QualityError
from reelmend.quality.fidelity import psnr_of_mse
from reelmend.quality.mattes import Matte, Plane, inside, outside, planes_of

HARM_THRESHOLD = 16.0 / 255.0
GRAIN_SIGMA_PX = 1.0
GRAIN_WINDOW_PX = 7
FLAT_ENERGY_PER_PIXEL = 1e-12


def psnr_inside(restored: Clip, truth: Clip, matte: Matte | None) -> float:
    """Return the PSNR in dB of the pixels inside the true matte (above 0.1), pooled over the clip.

    10·log10(1 / mean of (restored − truth)² inside). Range up to 100 dB, higher is better: how well defects are
    filled. Definition: `psnr` of those pixels. QualityError when the matte is missing or has nothing inside.
    """
    errors, pixels = 0.0, 0
    for r, t, plane in with_matte(restored, truth, matte):
        mask = inside(plane)
        errors += float(np.sum(np.square(r[mask] - t[mask]), dtype=np.float64))
        pixels += int(np.count_nonzero(mask))
    return psnr_of_mse(errors / (3 * _some(pixels, "inside")))


def psnr_outside(restored: Clip, truth: Clip, matte: Matte | None) -> float:
    """Return the PSNR in dB of the pixels outside the true matte (exactly 0), pooled over the clip.

    10·log10(1 / mean of (restored − truth)² outside). Range up to 100 dB, higher is better: how well all else was left
    alone. Definition: `psnr` of those pixels. QualityError when the matte is missing or leaves nothing outside.
    """
    errors, pixels = 0.0, 0
    for r, t, plane in with_matte(restored, truth, matte):
        mask = outside(plane)
        errors += float(np.sum(np.square(r - t), where=mask[:, :, None], dtype=np.float64))
        pixels += int(np.count_nonzero(mask))
    return psnr_of_mse(errors / (3 * _some(pixels, "outside")))


def harm_ppm(restored: Clip, truth: Clip, matte: Matte | None, source: Clip | None = None) -> float:
    """Return how many clean pixels per million were moved away from the truth by more than 16/255.

    A clean pixel is one outside the true matte; its distance is max over channels of |value − truth|. It is harmed when
    distance(restored) − distance(source) > 16/255; without `source` the source's distance is taken as 0. So the source
    itself has no harm, and taking flicker off a clean pixel is none. Range 0 to 10⁶, lower is better. Definition: this
    project's.
    """
    harmed, pixels = 0, 0
    sources: Iterator[Frame | None] = iter(()) if source is None else frames_of(source, "source")
    for r, t, plane in with_matte(restored, truth, matte):
        moved = _distance(r, t)
        if source is not None:
            moved = moved - _distance(_same(next(sources, None), t, "source"), t)
        mask = outside(plane)
        harmed += int(np.count_nonzero((moved > HARM_THRESHOLD) & mask))
        pixels += int(np.count_nonzero(mask))
    return 1e6 * harmed / _some(pixels, "outside")


def bit_identical_share(restored: Clip, source: Clip, matte: Matte | None, touched: Matte | None = None) -> float:
    """Return the share of pixels outside the matte whose every channel has the very bits of the source.

    Both clips are compared as float32 after the conversion of `clips.as_float_frame`. Range 0 to 1, higher is better;
    1 is the promise "what was not broken is not touched" (with the restorer's own matte) or a restorer that finds
    every defect and nothing else (with the true matte). touched: as for `changed_ppm`; then the result before rounding
    is what is compared. Definition: this project's.
    """
    same, pixels = 0, 0
    known = None if touched is None else planes_of(touched)
    for r, s, plane in with_matte(restored, source, matte, ("restored", "source")):
        mask = outside(plane)
        differ = np.any(r.view(np.uint32) != s.view(np.uint32), axis=2) if known is None else next(known) > 0.0
        same += int(np.count_nonzero(mask & ~differ))
        pixels += int(np.count_nonzero(mask))
    return same / _some(pixels, "outside")


def changed_ppm(restored: Clip, source: Clip, touched: Matte | None = None) -> float:
    """Return how many pixels per million were changed at all, in whatever channel and by however little.

    touched: where the restorer's own result differs from the source, when it is known better than the clips tell, as
    before rounding to 8 bits. Range 0 to 10⁶; lower is better on a clip that is clean. Definition: this project's.
    """
    changed, pixels = 0, 0
    planes = _differing(restored, source) if touched is None else (plane > 0.0 for plane in planes_of(touched))
    for plane in planes:
        changed += int(np.count_nonzero(plane))
        pixels += plane.size
    return 1e6 * changed / pixels


def grain_kept(restored: Clip, source: Clip, matte: Matte | None = None) -> float:
    """Return the high-frequency energy of the restored clip over that of the source, outside the matte.

    Σ(Y − G∗Y)² restored / source, Y luma, G a 7×7 Gaussian of σ 1 px; outside is where no pixel under G is in the matte
    (anything above 0); None measures the whole picture. Range 0 to ∞, best at 1: less is grain and detail lost, more is
    sharpening, noise, or gain (energy goes with gain²). Definition: this project's.
    """
    kept, before, pixels = 0.0, 0.0, 0
    reach = np.ones((GRAIN_WINDOW_PX, GRAIN_WINDOW_PX), np.uint8)
    names = ("restored", "source")
    for r, s, plane in (
        _without_matte(restored, source) if matte is None else with_matte(restored, source, matte, names)
    ):
        clean = cv2.dilate((plane > 0).astype(np.uint8), reach) == 0
        kept += float(np.sum(_high_frequency(luma(r)), where=clean, dtype=np.float64))
        before += float(np.sum(_high_frequency(luma(s)), where=clean, dtype=np.float64))
        pixels += int(np.count_nonzero(clean))
    if before <= FLAT_ENERGY_PER_PIXEL * _some(pixels, "outside"):
        raise QualityError("the source has no high-frequency energy outside the matte: grain cannot be compared")
    return kept / before


def with_matte(
    first: Clip, second: Clip, matte: Matte | None, names: tuple[str, str] = ("restored", "truth")
) -> Iterator[tuple[Frame, Frame, Plane]]:
    """Yield matching frames of two clips and their matte; QualityError when lengths or sizes differ."""
    planes = planes_of(matte)
    count = 0
    for one, two in paired(first, second, names):
        plane = next(planes, None)
        if plane is None:
            raise QualityError(f"the matte ends after {count} frames and the clips go on: they must be equally long")
        if plane.shape != one.shape[:2]:
            raise QualityError(f"matte frame {count} is {plane.shape}, the picture {one.shape[:2]} (rows, columns)")
        yield one, two, plane
        count += 1
    if next(planes, None) is not None:
        raise QualityError(f"the clips end after {count} frames and the matte goes on: they must be equally long")


def _differing(restored: Clip, source: Clip) -> Iterator[NDArray[np.bool_]]:
    for r, s in paired(restored, source, ("restored", "source")):
        yield np.any(r.view(np.uint32) != s.view(np.uint32), axis=2)


def _without_matte(first: Clip, second: Clip) -> Iterator[tuple[Frame, Frame, Plane]]:
    for one, two in paired(first, second, ("restored", "source")):
        yield one, two, np.zeros(one.shape[:2], np.float32)


def _distance(frame: Frame, truth: Frame) -> NDArray[np.float32]:
    red, green, blue = cv2.split(cv2.absdiff(frame, truth))
    return np.asarray(cv2.max(cv2.max(red, green), blue), np.float32)


def _high_frequency(plane: Frame) -> NDArray[np.float32]:
    smooth = cv2.GaussianBlur(plane, (GRAIN_WINDOW_PX, GRAIN_WINDOW_PX), GRAIN_SIGMA_PX)
    return np.asarray(np.square(plane - smooth), np.float32)


def _same(frame: Frame | None, like: Frame, name: str) -> Frame:
    if frame is None or frame.shape != like.shape:
        raise QualityError(f"{name} must have the size and length of the truth")
    return frame


def _some(pixels: int, place: str) -> int:
    if pixels == 0:
        raise QualityError(f"no pixel lies {place} the matte: this measure has nothing to look at")
    return pixels
