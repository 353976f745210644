"""The typed model manifest: what a model is, how its tensors are to be read, and how it proves itself.

One .toml per model. The engine finds models as data: a manifest and the weights that it names.
"""

from __future__ import annotations

import hashlib
import tomllib
from enum import StrEnum
from pathlib import Path
from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field, ValidationError, model_validator

from reelmend.errors import ModelError, NotFoundError
from reelmend.parameters import Parameter

SCHEMA_VERSION = 1


class _Part(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class Tensor(_Part):
    """One input or output of a graph. `layout` names the axes in order, a letter each: "CHW", "TK", "" for a scalar.

    T is the window, oldest frame first, with the first and last frame repeated beyond clip ends and cuts; N is a batch
    of one; C, H, W are channels, height, width; other letters are the model's own. What feeds an input of a window
    model (the effect "model") is told by its name:

    - "frame": the frame itself (of a per-frame stage) or the window's centre; "proxy" where the stage reads proxies.
    - "frame_m2", "frame_p1": the frame 2 before, 1 after the centre. "frames": all of the window, stacked along T, or
      joined along C when the layout has no T.
    - The name of an output of an earlier per-frame stage, a *feature*: that of the centre; with "_m2" or "_p1", of that
      frame; with T in the layout, those of the whole window, stacked. By offset is faster: nothing is copied.
    - The name of an output of an earlier per-window stage: that output.
    - "mask", "mask_m2", "mask_p1", "masks", when the model's `input_clips` name "Mask": the same of the masks, one
      channel in 0…1, all 1 when that clip is not connected.
    - "offsets" (T): frame numbers relative to the centre; "weights" (T): 1 counts, 0 lies beyond a clip end or a cut.
    - The name of a parameter, as a scalar or (N); a choice is given by its place in the list, a flag as 0 or 1.

    Outputs of graphs that are outputs of the model have layout CHW or HW, with or without N. A model whose graphs put
    out "fill" and "matte" but no "result" has the fill laid over the source through the matte. A parameter "strength"
    that no graph reads is applied to the result, and so is a mask that none reads. A parameter "radius" sets the length
    of T.

    `cell_pixels`: along H and W each value stands for so many pixels of the frame, which divide the model's multiple.
    """

    name: str
    layout: str = Field(pattern=r"^[A-Z]*$")
    dtype: Literal["float32", "float16", "int64"]
    meaning: str
    cell_pixels: int = Field(default=1, ge=1)


class Stage(_Part):
    """One ONNX graph. `reads`: the form in which source frames enter.

    `per`: it runs once a frame, once a pair of neighbouring frames, or once a window.
    """

    name: str
    file: str = Field(pattern=r"^[a-z0-9_.]+\.onnx$")
    sha256: str = Field(pattern=r"^[0-9a-f]{64}$")
    per: Literal["frame", "pair", "window"]
    reads: Literal["proxy", "full"]
    inputs: tuple[Tensor, ...]
    outputs: tuple[Tensor, ...]


class Colour(_Part):
    """What the model takes pixels for. `transfer` "as is": the model adapts to any transfer function."""

    transfer: Literal["as is", "linear", "video", "cineon log", "acescct"]
    nominal_range: tuple[float, float]
    outside_range: Literal["survives", "clamped"]
    non_finite: Literal["passes through", "refused"]


class Temporal(_Part):
    kind: Literal["window", "block"]
    radius_frames: int = Field(ge=0, le=240)
    maximum_radius_frames: int = Field(ge=0, le=240)
    stops_at_cuts: bool
    block_frames: int = Field(default=0, ge=0)
    block_overlap_frames: int = Field(default=0, ge=0)


class Spatial(_Part):
    """`multiple`: width and height must be padded to it. `tile_pixels` 0: the frame is processed whole."""

    multiple: int = Field(ge=1)
    tile_pixels: int = Field(ge=0)
    overlap_pixels: int = Field(ge=0)
    scale: int = Field(ge=1)
    receptive_field_pixels: int = Field(ge=1)


class Precision(_Part):
    """Largest absolute difference to the torch reference on the parity case, by provider."""

    dtype: Literal["float32", "float16"]
    fp16_safe: bool
    tolerance: dict[str, Annotated[float, Field(gt=0)]]


class ParityCase(_Part):
    """A seeded input whose torch output lies beside the weights; tests run the graphs on it and hold the tolerance."""

    file: str
    sha256: str = Field(pattern=r"^[0-9a-f]{64}$")
    seed: int


class AlphaPolicy(StrEnum):
    PASSES_THROUGH = "passes through"


class Manifest(_Part):
    """A model as shipped. Raises ModelError on load when the file or its contents are not what they should be."""

    schema_version: Literal[1]
    id: str = Field(pattern=r"^[a-z][a-z0-9_-]*$")
    version: str
    task: str
    effect: str
    licence: str
    training: str
    source: str
    alpha: AlphaPolicy
    outputs: tuple[str, ...]
    input_clips: tuple[str, ...] = ("Source",)
    colour: Colour
    temporal: Temporal
    spatial: Spatial
    precision: Precision
    parity: ParityCase
    parameters: tuple[Parameter, ...]
    stages: tuple[Stage, ...]

    @model_validator(mode="after")
    def _names_are_unique(self) -> Manifest:
        for kind, names in (("stage", [s.name for s in self.stages]), ("parameter", [p.name for p in self.parameters])):
            if len(set(names)) != len(names):
                raise ValueError(f"two {kind}s share a name: {', '.join(names)}")
        return self

    def __hash__(self) -> int:
        return hash((self.id, self.version))  # what pydantic makes of all fields fails at the table of tolerances

    @property
    def weights_sha256(self) -> str:
        """Hex digest that names the model's weights as a whole, in caches and reports."""
        return hashlib.sha256("".join(stage.sha256 for stage in self.stages).encode()).hexdigest()

    def stage(self, name: str) -> Stage:
        for stage in self.stages:
            if stage.name == name:
                return stage
        raise ModelError(f"model '{self.id}' has no stage '{name}'; its manifest lists {[s.name for s in self.stages]}")


def load_manifest(path: Path) -> Manifest:
    """Return the manifest in a .toml file. Raises NotFoundError or ModelError."""
    try:
        return Manifest.model_validate(tomllib.loads(path.read_text(encoding="utf-8")))
    except FileNotFoundError:
        raise NotFoundError(f"manifest {path} does not exist; run 'reelmend models' to see what does") from None
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise ModelError(f"manifest {path} is not valid TOML: {error}") from None
    except ValidationError as error:
        first = error.errors()[0]
        place = ".".join(str(part) for part in first["loc"]) or "the file as a whole"
        raise ModelError(f"manifest {path}: {place}: {first['msg']}") from None


def file_sha256(path: Path) -> str:
    """Return the hex sha256 of a file's bytes."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()
