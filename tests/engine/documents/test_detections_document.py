import json
import re
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from reelmend.detections import Detection
from reelmend.documents import (
    CLASSES,
    DetectionsDocument,
    DetectionsWriter,
    Head,
    MadeWith,
    SourceEntry,
    json_schema,
    read_detections,
)
from reelmend.documents.reader import ClipFacts
from reelmend.effects.repair.detections import runs_of
from reelmend.errors import BadRequestError, MediaError, NotFoundError
from reelmend.frames import FrameFormat, FrameRef

WIDTH, HEIGHT, FIRST, LAST = 24, 16, 1, 9
CLIP = ClipFacts("shot.%04d.exr", WIDTH, HEIGHT, FIRST, LAST)
NO_DEADLINE = settings(deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=150)


class NamedFrames:
    """A source whose frames are called by their number, 16 bytes of it."""

    def describe(self, frame: int) -> FrameRef:
        return FrameRef(frame, bytes([frame % 256]) * 16, FrameFormat(WIDTH, HEIGHT))


def head() -> Head:
    return Head(
        document="reelmend detections",
        version=1,
        made_by="a test",
        source=SourceEntry(name="shot", width=WIDTH, height=HEIGHT, first_frame=1, last_frame=9, frame_rate="24"),
        repair=MadeWith(
            effect="repair", model="repair", version="1", weights_sha256="0" * 64, parameters={"dilate": 1}
        ),
    )


def detection_of(mask: np.ndarray, kind: str, *, runs: bool = True) -> Detection:
    rows, columns = np.nonzero(mask)
    left, top = int(columns.min()), int(rows.min())
    width, height = int(columns.max()) + 1 - left, int(rows.max()) + 1 - top
    return Detection(kind, left, top, width, height, int(mask.sum()), 0.5, runs_of(mask) if runs else ())


def written(path: Path, frames: dict[int, list[Detection]]) -> dict[str, Any]:
    with DetectionsWriter(path, head(), overwrite=True) as writer:
        for frame, detections in frames.items():
            writer.write(frame, NamedFrames().describe(frame).digest, detections)
    read: dict[str, Any] = json.loads(path.read_text())
    return read


def example(path: Path) -> dict[str, Any]:
    mask = np.zeros((HEIGHT, WIDTH), bool)
    mask[3:6, 4:9] = True
    return written(path, {2: [detection_of(mask, "blotch"), detection_of(mask, "hair", runs=False)], 3: []})


@NO_DEADLINE
@given(st.lists(st.tuples(st.sampled_from(CLASSES), st.integers(0, 2**32 - 1)), max_size=4))
def test_cores_come_back_as_they_were_written(tmp_path: Path, pieces: list[tuple[str, int]]) -> None:
    core = np.zeros((3, HEIGHT, WIDTH), bool)
    detections = []
    for kind, seed in pieces:
        mask = np.random.default_rng(seed).random((HEIGHT, WIDTH)) < 0.2
        if mask.any():
            core[CLASSES.index(kind)] |= mask
            detections.append(detection_of(mask, kind))
    written(tmp_path / "list.json", {4: detections})
    plane = read_detections(tmp_path / "list.json", CLIP).cores(NamedFrames()).read(4)
    assert (plane.dtype, plane.shape) == (np.float32, (1, HEIGHT, WIDTH))
    bits = np.rint(plane[0] * 8).astype(int)
    for index in range(3):
        np.testing.assert_array_equal((bits >> index) & 1, core[index])
    assert (np.rint(np.rint(plane * 255) / 255 * 8) == bits).all(), "eighths survive 8 bits"


def test_written_document_is_valid_and_one_line_a_frame(tmp_path: Path) -> None:
    read = example(tmp_path / "list.json")
    DetectionsDocument.model_validate(read)
    lines = (tmp_path / "list.json").read_text().splitlines()
    assert [line[:11] for line in lines if line.startswith("  ")] == ['  {"frame":', '  {"frame":']
    assert read["frames"][0]["detections"][0] == {
        "id": "2-1", "class": "blotch", "box": {"left": 4, "top": 3, "width": 5, "height": 3}, "area_px": 15,
        "confidence": 0.5, "runs": [[3, 4, 5], [4, 4, 5], [5, 4, 5]],
    }  # fmt: skip
    assert read["summary"]["detections"] == {"blotch": 1, "hair": 1, "scratch": 0}


def test_members_may_stand_in_any_order(tmp_path: Path) -> None:
    read = example(tmp_path / "list.json")
    expected = read_detections(tmp_path / "list.json", CLIP)
    (tmp_path / "list.json").write_text("\ufeff" + json.dumps(dict(reversed(read.items())), indent=3), encoding="utf-8")
    turned = read_detections(tmp_path / "list.json", CLIP)
    assert (turned.head, turned.found) == (expected.head, expected.found)
    np.testing.assert_array_equal(turned.frames[2].runs, expected.frames[2].runs)


def test_writer_leaves_nothing_unless_it_is_closed(tmp_path: Path) -> None:
    writer = DetectionsWriter(tmp_path / "list.json", head(), overwrite=False)
    writer.write(1, bytes(16), [])
    assert [path.name[:6] for path in tmp_path.iterdir()] == [".list."]
    with pytest.raises(KeyboardInterrupt), writer:
        raise KeyboardInterrupt
    assert not list(tmp_path.iterdir())


def test_document_without_frames_is_whole(tmp_path: Path) -> None:
    assert written(tmp_path / "list.json", {})["frames"] == []
    assert not read_detections(tmp_path / "list.json", CLIP).frames


def test_unwritable_place_is_told_before_anything_is_done(tmp_path: Path) -> None:
    with pytest.raises(MediaError, match="does not exist; create it with"):
        DetectionsWriter(tmp_path / "no" / "list.json", head(), overwrite=False)


def test_writing_holds_no_more_than_a_frame(tmp_path: Path) -> None:
    import tracemalloc

    mask = np.zeros((HEIGHT, WIDTH), bool)
    mask[::2] = True
    found = [detection_of(mask, "scratch")] * 20
    with DetectionsWriter(tmp_path / "list.json", head(), overwrite=False) as writer:
        writer.write(0, bytes(16), found)
        tracemalloc.start()
        for frame in range(1, 2000):
            writer.write(frame, bytes(16), found)
        held, peak = tracemalloc.get_traced_memory()
        tracemalloc.stop()
    assert (tmp_path / "list.json").stat().st_size > 8_000_000
    assert held < 100_000
    assert peak < 1_000_000


def test_frame_of_another_content_is_refused(tmp_path: Path) -> None:
    read = example(tmp_path / "list.json")
    read["frames"][0]["digest"] = "ab" * 16
    (tmp_path / "list.json").write_text(json.dumps(read))
    cores = read_detections(tmp_path / "list.json", CLIP).cores(NamedFrames())
    assert not cores.read(3).any()
    with pytest.raises(BadRequestError, match="made for other pictures: its frame 2 is abab"):
        cores.read(2)


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("", "line 1: a JSON object ({ … }) is missing"),
        ("[]", "line 1: a JSON object ({ … }) is missing"),
        ('{"frames": []', "line 1: ',' or '}' is missing"),
        ('{"frames": [,]}', "line 1: expecting value"),
        ('{"frames": [] "version": 1}', "',' or '}' is missing"),
        ('{\n"version": 1,\n"version": 1}', "line 3: 'version' stands twice in one object"),
        ('{"frames": [{"frame": 1, "frame": 2}]}', "'frame' stands twice in one object"),
        ('{"frames": [NaN]}', "NaN is no number of JSON"),
        ('{"frames": {}}', "a list ([ … ]) is missing"),
        ('{"frames": []} and more', "something follows after the end of the object"),
        ('{"a": ' + "[" * 100_000, "brackets are nested too deeply"),
        ('{"frames": [], frames: 1}', "a name in double quotes is missing"),
        ('{"version": 1}', "'frames' is missing"),
        ('{"frames": [], "document": 1' + "0" * 5000 + "}", "Exceeds the limit"),
        ('{"frames": []}', "is no list of detections"),
    ],
)
def test_what_is_no_such_json_is_refused_with_its_line(text: str, words: str, tmp_path: Path) -> None:
    (tmp_path / "list.json").write_text(text, encoding="utf-8")
    with pytest.raises(BadRequestError) as refused:
        read_detections(tmp_path / "list.json", CLIP)
    assert words in str(refused.value)
    assert str(refused.value).startswith(str(tmp_path / "list.json"))


def test_bytes_that_are_no_text_are_refused(tmp_path: Path) -> None:
    (tmp_path / "list.json").write_bytes(b"\xff\xfe\x00{")
    with pytest.raises(BadRequestError, match="is no text in UTF-8"):
        read_detections(tmp_path / "list.json", CLIP)
    with pytest.raises(NotFoundError, match="does not exist; write it with: reelmend repair"):
        read_detections(tmp_path / "gone.json", CLIP)


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(max_size=6),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner, max_size=3),
    max_leaves=6,
)


def places_in(part: Any, path: tuple[Any, ...] = ()) -> list[tuple[Any, ...]]:
    """Return the paths of everything inside of a document."""
    inside = part.items() if isinstance(part, dict) else enumerate(part) if isinstance(part, list) else ()
    return [place for key, value in inside for place in [(*path, key), *places_in(value, (*path, key))]]


@NO_DEADLINE
@given(st.data())
def test_any_edit_is_read_or_refused_in_one_short_line(tmp_path: Path, data: st.DataObject) -> None:
    read = example(tmp_path / "list.json")
    for _ in range(data.draw(st.integers(1, 2))):
        *way, last = data.draw(st.sampled_from(places_in(read)))
        target = read
        for key in way:
            target = target[key]
        match data.draw(st.sampled_from(["replace", "delete", "add"])):
            case "replace":
                target[last] = data.draw(JSON)
            case "delete":
                del target[last]
            case "add" if isinstance(target, dict):
                target[data.draw(st.text(max_size=8))] = data.draw(JSON)
    (tmp_path / "list.json").write_text(json.dumps(read), encoding="utf-8")
    try:
        listed = read_detections(tmp_path / "list.json", CLIP)
        for frame in listed.frames:
            assert FIRST <= frame <= LAST
        planes = [listed.cores(NamedFrames()).read(frame) for frame in listed.frames]
        assert all(plane.min() >= 0 and plane.max() <= 7 / 8 for plane in planes)
    except BadRequestError as error:
        assert str(error).startswith((str(tmp_path / "list.json"), "list"))
        assert len(str(error)) < 500 + len(str(tmp_path))


@NO_DEADLINE
@given(st.binary(max_size=60), st.integers(0, 400), st.integers(0, 60))
def test_any_damage_to_the_file_is_read_or_refused(tmp_path: Path, more: bytes, at: int, lost: int) -> None:
    example(tmp_path / "list.json")
    whole = (tmp_path / "list.json").read_bytes()
    (tmp_path / "list.json").write_bytes(whole[:at] + more + whole[at + lost :])
    try:
        read_detections(tmp_path / "list.json", CLIP)
    except BadRequestError as error:
        assert str(error).startswith(str(tmp_path / "list.json"))


def test_schema_describes_every_field_and_so_does_the_guide() -> None:
    schema = json_schema()
    guide = (Path(__file__).parents[3] / "docs" / "repair.md").read_text(encoding="utf-8")
    parts = [schema, *schema["$defs"].values()]
    for part in parts:
        for name, field in part["properties"].items():
            assert field.get("description") or "$ref" in field, f"{name} lacks a description"
            assert re.search(rf"`{name}`", guide), f"docs/repair.md does not say what '{name}' is"
        assert part["additionalProperties"] is False
    assert schema["required"] == ["document", "version", "frames"]
