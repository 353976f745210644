"""Windows of frames around a centre: edges repeat, cuts end them."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from reelmend.errors import BadRequestError
from reelmend.frames import FrameRef


@dataclass(frozen=True, slots=True)
class Window:
    """2·radius+1 frames around `centre`.

    Positions beyond a clip end or a cut repeat the last frame on this side of it, and are not `own`: an effect gives
    them no weight, or takes the repeated frame, as its model wants.
    """

    centre: int
    radius_frames: int
    frames: tuple[FrameRef, ...]
    own: tuple[bool, ...]

    @property
    def offsets(self) -> range:
        """Frame offsets of the positions to the centre: −radius … radius."""
        return range(-self.radius_frames, self.radius_frames + 1)

    @property
    def centre_frame(self) -> FrameRef:
        return self.frames[self.radius_frames]

    @property
    def distinct(self) -> list[FrameRef]:
        """The frames that the window truly holds, ascending."""
        return [frame for frame, own in zip(self.frames, self.own, strict=True) if own]


def window_around(
    refs: Sequence[FrameRef], centre: int, radius_frames: int, first_frame: int, last_frame: int
) -> Window:
    """Return the frames around `centre`, repeating the edge frame at clip ends.

    `refs` must hold every frame from centre−radius to centre+radius that lies inside [first_frame, last_frame]; others
    are ignored. Raises BadRequestError that names what is missing or doubled.
    """
    if not first_frame <= centre <= last_frame:
        raise BadRequestError(f"frame {centre} lies outside the clip, which has frames {first_frame} to {last_frame}")
    by_number = {ref.frame: ref for ref in refs}
    if len(by_number) != len(refs):
        raise BadRequestError(f"the window around frame {centre} names a frame twice; name each once")
    wanted = [min(max(centre + offset, first_frame), last_frame) for offset in range(-radius_frames, radius_frames + 1)]
    if missing := sorted({number for number in wanted if number not in by_number}):
        raise BadRequestError(
            f"the window around frame {centre} lacks frame {missing[0]}"
            + (f" and {len(missing) - 1} more" if len(missing) > 1 else "")
            + f"; describe every frame within ±{radius_frames} that the clip has"
        )
    frames = tuple(by_number[number] for number in wanted)
    if len({ref.format for ref in frames}) > 1:
        raise BadRequestError(f"the frames around frame {centre} differ in size; a window needs one size")
    own = tuple(first_frame <= centre + offset <= last_frame for offset in range(-radius_frames, radius_frames + 1))
    return Window(centre, radius_frames, frames, own)


def stop_at_cuts(window: Window, is_cut: Callable[[FrameRef, FrameRef], bool]) -> Window:
    """Return the window without what lies beyond the nearest cut on each side; the last frame before it repeats.

    `is_cut` is asked about two frames at a time, from the centre outwards and no further than the first cut. A single
    stray frame between two that belong together (a flash, a burnt frame) is no cut: it is left out, or, as the centre,
    keeps its neighbours.
    """
    frames, own = list(window.frames), list(window.own)
    centre = window.radius_frames
    centre_is_stray = _is_stray(window, is_cut)
    for step in (-1, 1):
        position, ended = centre + step, False
        last = frames[position if centre_is_stray else centre]
        while 0 <= position < len(frames):
            beyond = position + step
            here = frames[position]
            if ended or not own[position]:
                ended, belongs = True, False
            else:
                belongs = not is_cut(last, here)
                ended = not belongs and not (
                    0 <= beyond < len(frames) and own[beyond] and not is_cut(last, frames[beyond])
                )
            last = here if belongs else last
            frames[position], own[position] = last, belongs
            position = beyond
    return Window(window.centre, window.radius_frames, tuple(frames), tuple(own))


def _is_stray(window: Window, is_cut: Callable[[FrameRef, FrameRef], bool]) -> bool:
    """Say whether the centre belongs to neither neighbour while these belong together."""
    centre = window.radius_frames
    if centre == 0 or not (window.own[centre - 1] and window.own[centre + 1]):
        return False
    before, here, after = window.frames[centre - 1 : centre + 2]
    return is_cut(before, here) and is_cut(here, after) and not is_cut(before, after)
