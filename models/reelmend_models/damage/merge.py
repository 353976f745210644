"""What is true after two damages, one after the other; and the numbers of the defect classes."""

from __future__ import annotations

import cv2
import numpy as np
from numpy.typing import NDArray

from reelmend_models.damage.settings import DamageError
from reelmend_models.damage.stage import Plane, Truth

DEFECT_CLASSES = (
    "dust",
    "blotch",
    "hair",
    "scratch",
    "stain",
    "dropout",
    "head_switching",
    "tracking",
    "chroma_loss",
    "interlacing",
)
"""Every class of matte; a class's number in an index picture is its place here plus one, and 0 is an intact pixel."""


def merged(earlier: Truth, later: Truth) -> Truth:
    """Return the truth of both, in the coordinates of the later one's result.

    Mattes and gain of the earlier damage move along with the later displacement; mattes of one class cover each other
    as layers do, 1 − (1 − a)(1 − b); gains multiply; displacements follow one another.
    """
    moved = earlier if later.displacement is None else displaced(earlier, later.displacement)
    mattes = dict(moved.mattes)
    for name, matte in later.mattes.items():
        mattes[name] = layered(mattes[name], matte) if name in mattes else matte
    gain = later.gain if moved.gain is None else moved.gain if later.gain is None else moved.gain * later.gain
    displacement = later.displacement if moved.displacement is None else moved.displacement
    return Truth(mattes, gain, displacement, {**moved.values, **later.values})


def layered(under: Plane, over: Plane) -> Plane:
    """Return the opacity of two layers together."""
    together: Plane = np.float32(1.0) - (np.float32(1.0) - under) * (np.float32(1.0) - over)
    return together


def displaced(truth: Truth, displacement: NDArray[np.float32]) -> Truth:
    """Return a truth's mattes, gain and displacement as they are after the picture has moved."""
    if not displacement.any():
        return truth
    rows, columns = np.indices(displacement.shape[:2], dtype=np.float32)
    map_x, map_y = columns + displacement[:, :, 0], rows + displacement[:, :, 1]

    def follow(plane: NDArray[np.float32]) -> NDArray[np.float32]:
        moved: NDArray[np.float32] = cv2.remap(plane, map_x, map_y, cv2.INTER_LINEAR, borderMode=cv2.BORDER_REPLICATE)
        return moved

    mattes = {name: follow(matte) if matte.any() else matte for name, matte in truth.mattes.items()}
    gain = None if truth.gain is None else follow(truth.gain)
    before = truth.displacement
    return Truth(mattes, gain, None if before is None else follow(before) + displacement, truth.values)


def union_matte(truth: Truth, without: tuple[str, ...] = ()) -> Plane:
    """Return (H, W) the opacity of all classes together, 1 − ∏(1 − matte), but for those named in `without`.

    DamageError if no class is left, or if `without` names something that is no class.
    """
    unknown = set(without) - set(DEFECT_CLASSES)
    if unknown:
        raise DamageError(f"no defect class {', '.join(sorted(unknown))}; there are {', '.join(DEFECT_CLASSES)}")
    planes = [matte for name, matte in truth.mattes.items() if name not in without]
    if not planes:
        raise DamageError("this truth has no mattes: none of its stages makes defects")
    union = planes[0].copy()
    for plane in planes[1:]:
        union = layered(union, plane)
    return union


def class_picture(truth: Truth, from_opacity: float = 0.1) -> NDArray[np.uint8]:
    """Return (H, W) the number of each pixel's strongest class, 0 where none is above `from_opacity`."""
    planes = list(truth.mattes.values())
    if not planes:
        raise DamageError("this truth has no mattes: none of its stages makes defects")
    numbers = np.array([DEFECT_CLASSES.index(name) + 1 for name in truth.mattes], np.uint8)
    strongest = np.argmax(planes, axis=0)
    picture: NDArray[np.uint8] = np.where(np.max(planes, axis=0) > from_opacity, numbers[strongest], np.uint8(0))
    return picture
