"""What a render gives: pictures by name, what was found, and the frames that they depend on."""

from __future__ import annotations

from dataclasses import dataclass

from reelmend.detections import Detection
from reelmend.frames import Planes


@dataclass(frozen=True, slots=True)
class Rendered:
    """Outputs by name, the frames that they truly depend on, and what was found in the centre's frame.

    `detections_left_out`: how many more were found than are listed; 0 but where the list was too long to be sent.
    """

    planes: dict[str, Planes]
    first_frame_used: int
    last_frame_used: int
    detections: tuple[Detection, ...] = ()
    detections_left_out: int = 0
