"""Finding, loading, listing, describing and unloading bundles."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

import pyopenfx as ofx

from .conftest import ANY_FORMAT, AVERAGE, LAWLESS, MISBEHAVIOUR


def test_bundles_are_found_below_the_plugin_path(bundle_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("OFX_PLUGIN_PATH", f"/nowhere:{bundle_path.parent.parent}")
    assert bundle_path.resolve() in ofx.find_bundles()


def test_search_folders_begin_with_the_plugin_path_and_end_with_the_standard_one(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("OFX_PLUGIN_PATH", "/a:/b")
    folders = ofx.search_folders()
    assert folders[:2] == [Path("/a"), Path("/b")]
    assert folders[2:] == [Path("/usr/OFX/Plugins")] or sys.platform != "linux"


def test_every_image_effect_of_a_file_is_listed_and_other_interfaces_are_not(bundle: ofx.Bundle) -> None:
    assert [(plugin.identifier, plugin.version) for plugin in bundle.plugins] == [
        (AVERAGE, (2, 5)),
        (MISBEHAVIOUR, (1, 0)),
        (ANY_FORMAT, (1, 0)),
        (LAWLESS, (1, 0)),
    ]


def test_an_unknown_plugin_is_refused_with_the_known_ones(bundle: ofx.Bundle) -> None:
    with pytest.raises(KeyError, match=AVERAGE):
        bundle.plugin("org.example.Nothing")
    with pytest.raises(KeyError, match="several"):
        bundle.plugin()


def test_an_ofx_file_loads_without_its_bundle_folder_being_named(bundle_path: Path) -> None:
    file = next(bundle_path.glob("Contents/*/*.ofx"))
    with ofx.load(file) as bundle:
        assert bundle.path == bundle_path.resolve()
        assert bundle.plugin(AVERAGE).describe().properties["OfxPluginPropFilePath"] == str(bundle_path.resolve())


def test_closing_a_bundle_unmaps_its_file(bundle_path: Path) -> None:
    bundle = ofx.load(bundle_path)
    bundle.plugin(AVERAGE).describe("filter")
    assert ofx.is_resident(bundle_path)
    bundle.close()
    assert not ofx.is_resident(bundle_path)
    assert bundle.closed


def test_closing_a_bundle_closes_its_instances_first(bundle_path: Path, settings: ofx.InstanceSettings) -> None:
    bundle = ofx.load(bundle_path)
    instance = bundle.plugin(MISBEHAVIOUR).create(settings)
    bundle.close()
    assert instance.closed
    assert instance.messages[-1].text == "destroyed, 0 left"
    assert not ofx.is_resident(bundle_path)
    with pytest.raises(ofx.PluginLoadError, match="load it again"):
        bundle.plugins[0].describe()


def test_a_bundle_can_be_loaded_again_after_closing(bundle_path: Path) -> None:
    for _ in range(3):
        with ofx.load(bundle_path) as bundle:
            assert bundle.plugin(AVERAGE).describe("general").context == "general"


def test_a_file_already_loaded_is_refused(bundle: ofx.Bundle, bundle_path: Path) -> None:
    with pytest.raises(ofx.PluginLoadError, match="already loaded"):
        ofx.load(bundle_path)


def test_a_missing_file_is_named(tmp_path: Path) -> None:
    with pytest.raises(ofx.PluginLoadError, match=r"no such plug-in.*Gone\.ofx\.bundle"):
        ofx.load(tmp_path / "Gone.ofx.bundle")


def test_a_library_without_the_exports_is_no_plugin(plugins_dir: Path) -> None:
    with pytest.raises(ofx.PluginLoadError, match="does not export OfxGetNumberOfPlugins"):
        ofx.load(plugins_dir / "NoExports.ofx")
    assert not ofx.is_resident(plugins_dir / "NoExports.ofx")


def test_a_bundle_for_another_system_says_what_it_holds(tmp_path: Path) -> None:
    folder = tmp_path / "Other.ofx.bundle" / "Contents" / "Win64"
    folder.mkdir(parents=True)
    (folder / "Other.ofx").write_bytes(b"MZ")
    with pytest.raises(ofx.PluginLoadError, match="it holds Win64"):
        ofx.load(tmp_path / "Other.ofx.bundle")


def test_a_library_for_another_processor_is_refused(bundle_path: Path, tmp_path: Path) -> None:
    library = bytearray(next(bundle_path.glob("Contents/*/*.ofx")).read_bytes())
    library[18:20] = (0xF3).to_bytes(2, "little")  # e_machine: RISC-V
    file = tmp_path / "Foreign.ofx"
    file.write_bytes(library)
    with pytest.raises(ofx.PluginLoadError, match=r"Foreign\.ofx.*another processor"):
        ofx.load(file)


@pytest.mark.parametrize("content", [b"", b"not a library", b"\x7fELF"])
def test_a_file_that_is_no_library_is_refused(tmp_path: Path, content: bytes) -> None:
    file = tmp_path / "Broken.ofx"
    file.write_bytes(content)
    with pytest.raises(ofx.PluginLoadError, match=r"Broken\.ofx.*no shared library"):
        ofx.load(file)


def test_a_truncated_library_is_refused_and_the_process_lives(bundle_path: Path, tmp_path: Path) -> None:
    file = tmp_path / "Short.ofx"
    file.write_bytes(next(bundle_path.glob("Contents/*/*.ofx")).read_bytes()[:9000])
    program = f"import pyopenfx\ntry: pyopenfx.load({str(file)!r})\nexcept pyopenfx.PluginLoadError: print('refused')"
    result = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, timeout=60)
    assert (result.returncode, result.stdout) == (0, "refused\n"), result.stderr


def test_what_the_loader_says_in_garbled_bytes_is_told(bundle_path: Path, tmp_path: Path) -> None:
    library = next(bundle_path.glob("Contents/*/*.ofx")).read_bytes()
    assert library.count(b"\0libc.so.6\0") == 1
    file = tmp_path / "Garbled.ofx"
    file.write_bytes(library.replace(b"\0libc.so.6\0", b"\0\xff\xfebc.so.6\0"))
    with pytest.raises(ofx.PluginLoadError) as caught:
        ofx.load(file)
    assert f"{file}': \N{REPLACEMENT CHARACTER}\N{REPLACEMENT CHARACTER}bc.so.6: cannot open" in str(caught.value)


@pytest.mark.parametrize("forgotten", ["", "del plugin"])
def test_a_bundle_left_open_does_not_disturb_the_end_of_the_process(bundle_path: Path, forgotten: str) -> None:
    program = (
        "import pyopenfx as ofx, numpy as np\n"
        f"plugin = ofx.load({str(bundle_path)!r}).plugin({AVERAGE!r})\n"
        "effect = plugin.create(ofx.InstanceSettings(size=(4, 4), frames=(0, 1)))\n"
        "effect.set_source(np.ones((2, 4, 4, 4), np.float32))\n"
        f"{forgotten}\n"
        "print(effect.render(0).mean())\n"
    )
    result = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, timeout=60)
    assert (result.returncode, result.stdout, result.stderr) == (0, "1.0\n", "")


def test_the_host_shows_the_name_it_was_given(bundle_path: Path) -> None:
    with ofx.load(bundle_path, host=ofx.HostOptions(name="uk.co.thefoundry.nuke", label="Nuke")) as bundle:
        properties = bundle.host_properties()
    assert properties["OfxPropName"] == "uk.co.thefoundry.nuke"
    assert properties["OfxPropLabel"] == "Nuke"
    assert properties["OfxPropAPIVersion"] == [1, 5]
    assert properties["OfxImageEffectPropTemporalClipAccess"] == 1


def test_a_withheld_optional_suite_is_absent_and_a_mandatory_one_stops_the_plugin(bundle_path: Path) -> None:
    optional = frozenset({("OfxMessageSuite", 2), ("OfxProgressSuite", 2)})
    with ofx.load(bundle_path, host=ofx.HostOptions(withheld_suites=optional)) as bundle:
        bundle.plugin(MISBEHAVIOUR).describe()
        assert bundle.log.messages == []
    mandatory = frozenset({("OfxMemorySuite", 1)})
    with ofx.load(bundle_path, host=ofx.HostOptions(withheld_suites=mandatory)) as bundle:
        with pytest.raises(ofx.OfxError, match="refused the Load action") as caught:
            bundle.plugin(AVERAGE).describe()
        assert (caught.value.status, caught.value.status_name) == (4, "kOfxStatErrMissingHostFeature")


def test_a_message_without_a_handle_reaches_the_bundle(bundle: ofx.Bundle) -> None:
    bundle.plugin(MISBEHAVIOUR).describe()
    assert [(message.kind, message.text) for message in bundle.log.messages] == [("log", "described without a handle")]
