"""One run of one graph: outputs into pooled memory, in tiles when the manifest says so."""

from __future__ import annotations

import itertools
from collections.abc import Mapping, Sequence
from fractions import Fraction

from reelmend.effects.effect import Workbench
from reelmend.errors import ModelError
from reelmend.inference.session import Array, Session
from reelmend.inference.tiling import Span, spans
from reelmend.inference.warm_up import threads_of
from reelmend.manifest import Stage

NOTHING: Mapping[str, Array] = {}


def run_stage(
    bench: Workbench,
    stage: Stage,
    inputs: Mapping[str, Array],
    wanted: Sequence[str],
    size: tuple[int, int],
    into: Mapping[str, Array] = NOTHING,
) -> dict[str, Array]:
    """Return the wanted outputs of a stage. `size`: (height, width) of the padded frame; `into`: where some may go.

    Waits for this client's turn, once a tile. Raises CancelledError or DeadlineError when the caller has given up.
    """
    session = bench.sessions.session(bench.model, stage.name, threads_of(stage))
    spatial = bench.model.manifest.spatial
    if stage.reads == "proxy" or not spatial.tile_pixels or max(size) <= spatial.tile_pixels:
        return _run(bench, session, stage, inputs, wanted, into)
    sides = [spans(side, spatial.tile_pixels, spatial.overlap_pixels, spatial.multiple) for side in size]
    canvas = _Canvas(bench, stage, size)
    for rows, columns in itertools.product(*sides):
        tile = {name: canvas.cut(name, array, rows, columns) for name, array in inputs.items()}
        for name, array in _run(bench, session, stage, tile, wanted, NOTHING).items():
            canvas.paste(name, array, rows, columns)
    return canvas.whole


def _run(
    bench: Workbench,
    session: Session,
    stage: Stage,
    inputs: Mapping[str, Array],
    wanted: Sequence[str],
    into: Mapping[str, Array],
) -> dict[str, Array]:
    """Run the graph into pooled arrays; the shapes of its outputs are learned from its first run on such inputs."""
    shapes = bench.sessions.output_shapes
    kind = (stage.sha256, tuple((name, array.shape) for name, array in inputs.items()))
    targets = {name: into[name] for name in wanted if name in into}
    for name in wanted:
        if name not in targets and (kind, name) in shapes:
            targets[name] = bench.pool.array(*shapes[kind, name])
    is_small = stage.reads == "proxy"
    found = dict(zip(wanted, bench.run(session, inputs, wanted, targets, is_small=is_small), strict=True))
    for name, array in found.items():
        shapes[kind, name] = (array.shape, array.dtype)
    return found


class _Canvas:
    """Whole tensors that tiles are cut from and pasted into; a tensor's scale to the frame is read off its shape."""

    def __init__(self, bench: Workbench, stage: Stage, size: tuple[int, int]) -> None:
        self.whole: dict[str, Array] = {}
        self._bench = bench
        self._stage = stage
        self._size = size
        self._layouts = {tensor.name: tensor.layout for tensor in (*stage.inputs, *stage.outputs)}

    def cut(self, name: str, array: Array, rows: Span, columns: Span) -> Array:
        """Return what the tile reads of an input; inputs without height and width are the same for every tile."""
        where = [slice(None)] * array.ndim
        for letter, side, span in (("H", self._size[0], rows), ("W", self._size[1], columns)):
            axis = self._layouts[name].find(letter)
            if axis >= 0:
                where[axis] = self._scaled(name, span.start, span.stop, Fraction(array.shape[axis], side))
        return array[tuple(where)]

    def paste(self, name: str, array: Array, rows: Span, columns: Span) -> None:
        """Put the kept part of a tile's output to its place."""
        source, target, shape = [slice(None)] * array.ndim, [slice(None)] * array.ndim, list(array.shape)
        for letter, side, span in (("H", self._size[0], rows), ("W", self._size[1], columns)):
            axis = self._layouts[name].find(letter)
            if axis < 0:
                raise ModelError(
                    f"output '{name}' of stage '{self._stage.name}' has no height and width, so that it can't be made "
                    "in tiles; set tile_pixels = 0 in the manifest"
                )
            scale = Fraction(array.shape[axis], span.stop - span.start)
            shape[axis] = self._scaled(name, 0, side, scale).stop
            source[axis] = self._scaled(name, span.keep_start - span.start, span.keep_stop - span.start, scale)
            target[axis] = self._scaled(name, span.keep_start, span.keep_stop, scale)
        if name not in self.whole:
            self.whole[name] = self._bench.pool.array(tuple(shape), array.dtype)
        self.whole[name][tuple(target)] = array[tuple(source)]

    def _scaled(self, name: str, start: int, stop: int, scale: Fraction) -> slice:
        first, last = start * scale, stop * scale
        if first.denominator != 1 or last.denominator != 1:
            raise ModelError(
                f"tensor '{name}' of stage '{self._stage.name}' is {scale} of the frame's size, which does not divide "
                "the model's tiles; raise [spatial] multiple in the manifest"
            )
        return slice(int(first), int(last))
