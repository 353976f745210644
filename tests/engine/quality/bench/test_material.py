"""Where the bench's clips come from: a package that says so in its metadata."""

from pathlib import Path

import pytest

from reelmend.quality.bench import material
from reelmend.quality.bench.material import BenchError, open_material
from support.bench_material import SmallMaterial


def offer(folder: Path, value: str) -> None:
    """Write the metadata of a distribution that offers material, as an installer would."""
    metadata = folder / "aaa_small_material-1.0.dist-info"
    metadata.mkdir()
    (metadata / "METADATA").write_text("Metadata-Version: 2.1\nName: aaa-small-material\nVersion: 1.0\n")
    (metadata / "entry_points.txt").write_text(f"[{material.GROUP}]\naaa_small = {value}\n")


def test_material_is_found_by_the_entry_point_of_an_installed_package(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    offer(tmp_path, "support.bench_material:material")
    monkeypatch.syspath_prepend(tmp_path)
    assert isinstance(open_material(), SmallMaterial)


def test_material_that_does_not_load_is_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    offer(tmp_path, "support.no_such_module:material")
    monkeypatch.syspath_prepend(tmp_path)
    with pytest.raises(BenchError, match=r"support\.no_such_module:material.*can't be loaded"):
        open_material()


def test_without_material_the_error_says_how_to_get_it(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(material, "entry_points", lambda group: ())
    with pytest.raises(BenchError, match="pip install -e"):
        open_material()


def test_the_project_offers_the_footage_in_its_metadata() -> None:
    text = (Path(__file__).parents[4] / "pyproject.toml").read_text()
    assert f'[project.entry-points."{material.GROUP}"]\nfootage = "reelmend_models.bench_material:material"' in text


def test_material_by_name_is_refused_with_the_form_it_takes() -> None:
    with pytest.raises(BenchError, match="--material no_such_module:x can't be loaded"):
        open_material(None, "no_such_module:x")
    with pytest.raises(BenchError, match="MODULE:FUNCTION"):
        open_material(None, "json:no_such_function")
