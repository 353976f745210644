"""Real old film, where it lies beside the checkout: what is known of it must be found."""

from pathlib import Path

import pytest

from reelmend.analysis import Analysis
from reelmend.media import open_reader

FOOTAGE = Path(__file__).parents[4] / "shared" / "footage"
pytestmark = pytest.mark.skipif(not FOOTAGE.exists(), reason="the shared footage is not beside this checkout")


@pytest.fixture(scope="module")
def films(analysed) -> dict[str, Analysis]:
    found = {}
    for folder in sorted(path for path in FOOTAGE.iterdir() if path.is_dir()):
        with open_reader(folder) as reader:
            frames = [reader.read(frame) for frame in range(reader.first_frame, reader.last_frame + 1)]
        found[folder.name] = analysed(frames)
    return found


def test_six_frames_of_market_street_repeat(films: dict[str, Analysis]) -> None:
    events = films["a_trip_down_market_street_before_the_fire"].events
    assert (events.duplicates, events.cuts, events.strays) == ((2, 12, 19, 29, 48, 55), (), ())


def test_within_our_gates_was_slowed_down_and_has_a_burnt_frame(films: dict[str, Analysis]) -> None:
    events = films["within_our_gates"].events
    assert (events.duplicates, events.strays) == ((3, 8, 12, 17, 22, 26, 31, 35, 40, 44), (28,))
    assert events.cadence_frames == pytest.approx(4.56, abs=0.01)


def test_all_of_them_flicker_whole_and_in_parts(films: dict[str, Analysis]) -> None:
    for analysis in films.values():
        assert {"global", "local"} <= set(analysis.verdict.kinds)
        assert 4 < analysis.flicker.overall.percent < 8
        assert analysis.recommendation.effect == "deflicker"
