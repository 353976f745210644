"""What the bench writes: the JSON's structure against a golden file, tables, documents, plots."""

import json
from pathlib import Path
from typing import Any

import pytest

from reelmend.quality.bench import plots, tables
from reelmend.quality.bench.material import BenchError
from reelmend.quality.bench.plan import Size, make_plan
from reelmend.quality.bench.quality_run import run_cells
from reelmend.quality.bench.results import as_text, assemble
from reelmend.quality.bench.store import Store
from support.bench_material import SmallMaterial

GOLDEN = Path(__file__).parent / "golden" / "quality.structure.json"
TIMED = [
    {"method": "input", "run": run, "frames": 24, "ms_per_frame": ms, "peak_mib": peak}
    for run, (ms, peak) in enumerate(((3.0, 80.0), (1.0, 90.0), (2.0, 85.0)))
] + [{"method": "mc-median-masked", "run": 0, "frames": 0, "note": "not run: a reason"}]


@pytest.fixture(scope="module")
def results(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    material = SmallMaterial()
    plan = make_plan(
        material,
        quick=True,
        methods=("input", "mc-median-masked"),
        presets=("flicker", "spots"),
        size=Size(frames=12, height=48),
    )
    pieces = run_cells(plan, material, Store(tmp_path_factory.mktemp("cells"), "a"))
    return assemble(plan, material, pieces, TIMED, "reelmend bench quality --quick")


def structure(value: Any) -> Any:
    """Return the shape of some JSON: keys and types; of a list the different shapes of its items."""
    if isinstance(value, dict):
        return {key: structure(part) for key, part in value.items()}
    if isinstance(value, list):
        shapes = {json.dumps(structure(part), sort_keys=True) for part in value}
        return [json.loads(shape) for shape in sorted(shapes)]
    return type(value).__name__


def stable(results: dict[str, Any]) -> dict[str, Any]:
    """Return the results without what differs from machine to machine: which packages there are, names of seeds."""
    shown = json.loads(json.dumps(results))
    shown["versions"] = {"reelmend": shown["versions"]["reelmend"]}
    shown["machine"] = dict.fromkeys(shown["machine"], "")
    shown["commit"], shown["commit_dirty"] = "", False
    return shown


def test_quality_json_has_the_structure_of_the_golden_file(results: dict[str, Any]) -> None:
    assert structure(stable(results)) == json.loads(GOLDEN.read_text())


def test_rows_and_summaries_hold_exactly_what_the_schema_names(results: dict[str, Any]) -> None:
    required = {"method", "preset", "clip", "measure", "value"}
    assert {frozenset(row) - {"note"} for row in results["rows"]} == {frozenset(required)}
    assert all(row["value"] is not None or row.get("note") or row["preset"] == "speed" for row in results["rows"])
    keys = {"method", "preset", "measure", "mean", "ci_low", "ci_high", "clips"}
    assert {frozenset(summary) for summary in results["summaries"]} == {frozenset(keys)}
    known = {measure["measure"] for measure in results["measures"]}
    assert {row["measure"].partition(".")[0] for row in results["rows"]} <= known


def test_the_results_are_json_without_nan(results: dict[str, Any]) -> None:
    assert json.loads(json.dumps(results, allow_nan=False)) == results


def test_the_text_of_the_results_is_their_json_with_one_row_a_line(results: dict[str, Any]) -> None:
    text = as_text(results)
    assert json.loads(text) == results
    assert len(text.splitlines()) > len(results["rows"]) + len(results["summaries"])


def test_speed_is_the_median_of_the_runs_and_the_largest_peak(results: dict[str, Any]) -> None:
    first, second = results["speed"]
    assert (first["ms_per_frame"], first["ms_per_frame_spread"], first["peak_mib"], first["runs"]) == (
        2.0,
        2.0,
        90.0,
        3,
    )
    assert (second["runs"], second["note"]) == (0, "not run: a reason")


def test_the_tables_show_means_intervals_and_reasons(results: dict[str, Any]) -> None:
    text = tables.markdown(results, ["speed.svg"])
    assert "## spots" in text
    assert "| 2.00 | 1.00…3.00 | 24 | 90 |" in text
    assert "not run: a reason" in text
    mean = next(
        s for s in results["summaries"] if (s["method"], s["preset"], s["measure"]) == ("input", "spots", "psnr")
    )
    assert f"{mean['mean']:.1f} [{mean['ci_low']:.1f}, {mean['ci_high']:.1f}]" in tables.preset_table(results, "spots")


def test_a_document_gets_fresh_tables_between_its_markers(results: dict[str, Any], tmp_path: Path) -> None:
    document = tmp_path / "bench.md"
    document.write_text("before\n<!-- bench:speed begin -->\nold\n<!-- bench:speed end -->\nafter\n")
    tables.update_document(document, tables.blocks(results))
    text = document.read_text()
    assert text.startswith("before\n<!-- bench:speed begin -->\n| method |")
    assert text.endswith("<!-- bench:speed end -->\nafter\n")
    assert "old" not in text
    tables.update_document(document, tables.blocks(results))
    assert document.read_text() == text


def test_a_document_without_markers_is_refused(results: dict[str, Any], tmp_path: Path) -> None:
    document = tmp_path / "bench.md"
    document.write_text("nothing here\n")
    with pytest.raises(BenchError, match="no block of the bench"):
        tables.update_document(document, tables.blocks(results))
    document.write_text("<!-- bench:speed begin -->\n")
    with pytest.raises(BenchError, match="has no end"):
        tables.update_document(document, tables.blocks(results))


def test_plots_are_the_same_bytes_for_the_same_results(results: dict[str, Any], tmp_path: Path) -> None:
    renamed = json.loads(
        json.dumps(results).replace('"spots"', '"blotches-only"').replace('"flicker"', '"flicker-only"')
    )
    renamed["speed"].append({**renamed["speed"][0], "method": "temporal-median"})
    for folder in ("a", "b"):
        (tmp_path / folder).mkdir()
        assert set(plots.draw_plots(renamed, tmp_path / folder)) == {
            "flicker-only-flicker_residual_global.svg",
            "flicker-only-psnr.svg",
            "blotches-only-psnr.svg",
            "blotches-only-places.svg",
            "speed.svg",
        }
    for drawn in (tmp_path / "a").iterdir():
        assert drawn.read_bytes() == (tmp_path / "b" / drawn.name).read_bytes()
        assert drawn.read_text().startswith("<?xml")
