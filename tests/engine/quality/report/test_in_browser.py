"""The page in a real browser: keys, pixels, sizes, colours, and silence on the network."""

from __future__ import annotations

from itertools import pairwise
from typing import Any

import numpy as np
import pytest

from reelmend.quality.report import Report

DEFECT, UNTOUCHED = (slice(124, 146), slice(334, 366)), (slice(24, 56), slice(24, 116))
LEFT, RIGHT, TAB, SPACE, HOME, END, SHIFT_LEFT = "\ue012", "\ue014", "\ue004", " ", "\ue011", "\ue010", "\ue008\ue012"
AGREE_WITHIN_LEVELS = 6.0


@pytest.fixture
def page(browser: Any, report: Report) -> Any:
    browser.open(report.output)
    return browser


def wipe(page: Any) -> int:
    return int(page.element("#wipe").get_attribute("aria-valuenow"))


def focus_wipe(page: Any) -> None:
    page.ask("document.getElementById('wipe').focus()")


def shown_frame(page: Any) -> int:
    shots = page.ask("[...document.querySelectorAll('.shot')].filter(s => s.offsetParent).map(s => s.dataset.frame)")
    assert len(shots) == 1
    return int(shots[0])


def mean(picture: np.ndarray, place: tuple[slice, slice]) -> np.ndarray:
    return picture[place].mean(axis=(0, 1))


def expected(frames: np.ndarray, number: int, place: tuple[slice, slice]) -> np.ndarray:
    return 255 * frames[number - 101][(slice(None), *place)].mean(axis=(1, 2))


def test_page_says_nothing_to_the_console_and_asks_for_nothing(page: Any, report: Report) -> None:
    focus_wipe(page)
    page.press("n", "d", "d", "z", "m", RIGHT)
    assert page.messages() == []
    assert [url for url in page.requested() if not url.startswith("data:")] == [report.output.as_uri()]


def test_every_picture_of_the_page_is_decoded(page: Any) -> None:
    loaded = page.ask("[...document.images].map(i => i.complete && i.naturalWidth > 0)")
    assert len(loaded) > 40
    assert all(loaded)


def test_arrow_keys_move_the_wipe_and_stop_at_its_ends(page: Any) -> None:
    focus_wipe(page)
    assert wipe(page) == 50
    page.press(RIGHT, RIGHT)
    assert wipe(page) == 54
    page.press(SHIFT_LEFT)
    assert wipe(page) == 44
    page.press(HOME, LEFT)
    assert wipe(page) == 0
    page.press(END, RIGHT)
    assert wipe(page) == 100
    assert page.element("#wipe").get_attribute("aria-valuetext") == "before on the left 100 %, after on the right 0 %"


def test_wipe_shows_before_on_its_left_and_after_on_its_right(page: Any, restored: Any) -> None:
    focus_wipe(page)
    number = shown_frame(page)
    for key, frames in ((HOME, restored.after), (END, restored.before)):
        page.press(key)
        seen = page.stage()
        for place in (DEFECT, UNTOUCHED):
            assert np.abs(mean(seen, place) - expected(frames, number, place)).max() < AGREE_WITHIN_LEVELS
    assert mean(seen, DEFECT).max() < 10  # the blotch is black


def test_wipe_is_dragged_with_the_mouse(page: Any) -> None:
    from selenium.webdriver import ActionChains

    stage = page.element("#stage")
    quarter = stage.size["width"] // 4
    ActionChains(page.driver).move_to_element(stage).click_and_hold().move_by_offset(-quarter, 10).release().perform()
    assert abs(wipe(page) - 25) <= 1
    ActionChains(page.driver).move_by_offset(quarter, 0).perform()
    assert abs(wipe(page) - 25) <= 1


def test_wipe_follows_a_finger_across_and_lets_the_page_scroll_up(browser: Any, report: Report) -> None:
    browser.open(report.output, width=360, height=740)
    browser.driver.execute_cdp_cmd("Emulation.setTouchEmulationEnabled", {"enabled": True, "maxTouchPoints": 1})
    try:
        browser.ask("document.getElementById('stage').scrollIntoView({block: 'center', behavior: 'instant'})")
        box = browser.ask("document.getElementById('stage').getBoundingClientRect().toJSON()")
        middle = box["y"] + box["height"] / 2
        touch(browser, [(180, middle), (150, middle), (90, middle)])
        assert abs(wipe(browser) - 100 * (90 - box["x"]) / box["width"]) < 2
        before = browser.ask("scrollY")
        touch(browser, [(200, middle), (200, middle - 60), (200, middle - 120), (200, middle - 180)])
        assert browser.ask("scrollY") > before + 50
    finally:
        browser.driver.execute_cdp_cmd("Emulation.setTouchEmulationEnabled", {"enabled": False})


def touch(browser: Any, places: list[tuple[float, float]]) -> None:
    for kind, points in [
        ("touchStart", places[:1]),
        *(("touchMove", [place]) for place in places[1:]),
        ("touchEnd", []),
    ]:
        event = {"type": kind, "touchPoints": [{"x": x, "y": y} for x, y in points]}
        browser.driver.execute_cdp_cmd("Input.dispatchTouchEvent", event)


def test_wipe_is_a_slider_to_assistive_technology(page: Any) -> None:
    slider = page.element("#wipe")
    assert (slider.aria_role, slider.accessible_name) == ("slider", "Wipe between before and after")
    assert [slider.get_attribute(f"aria-value{end}") for end in ("min", "max")] == ["0", "100"]


def test_frames_are_chosen_by_letters_and_by_arrows(page: Any, report: Report) -> None:
    assert shown_frame(page) == report.shown[0]
    focus_wipe(page)
    page.press("n")
    assert shown_frame(page) == report.shown[1]
    page.press("p", "p")
    assert shown_frame(page) == report.shown[0]
    page.ask("document.querySelector('input[name=frame]').focus()")
    page.press(RIGHT, RIGHT)
    assert shown_frame(page) == report.shown[2]
    assert f"Frame {report.shown[2]}" in page.element("#caption").text
    markers = page.ask("[...document.querySelectorAll('.now')].map(m => parseFloat(m.style.left))")
    assert markers == pytest.approx([100 * (report.shown[2] - 101) / 11] * len(markers), abs=0.01)


def test_letters_do_nothing_outside_the_viewer(page: Any, report: Report) -> None:
    page.ask("document.querySelector('.measures summary').focus()")
    page.press("n", "d", "m")
    assert shown_frame(page) == report.shown[0]
    assert page.ask("document.getElementById('stage').className") == "stage"


def test_matte_is_laid_over_the_defect_and_nothing_else(page: Any, restored: Any) -> None:
    focus_wipe(page)
    page.press(HOME)
    without = page.stage()
    page.press("m")
    over = page.stage()
    red, green, blue = mean(over, DEFECT)
    assert red > 200
    assert green < 110
    assert blue > 150
    assert np.abs(mean(over, UNTOUCHED) - mean(without, UNTOUCHED)).max() < 1
    page.ask("document.querySelector('input[name=overlay]').focus()")
    page.press(SPACE)
    assert np.abs(mean(page.stage(), DEFECT) - mean(without, DEFECT)).max() < 1


def test_difference_is_grey_where_nothing_was_touched(page: Any) -> None:
    focus_wipe(page)
    page.press("d")
    seen = page.stage()
    assert np.abs(mean(seen, UNTOUCHED) - 127.5).max() < 2
    assert mean(seen, DEFECT).min() > 250  # black became brighter
    assert not page.element("#wipe").is_displayed()
    page.press("d", RIGHT)  # the focus was kept for the slider
    assert wipe(page) == 52


def test_detail_is_the_place_that_changed_most(page: Any) -> None:
    focus_wipe(page)
    page.press("z", END)
    assert "where it changed most: 120×68 pixels from " in page.element("#caption").text
    seen = page.stage()
    assert seen[116:156, 210:270].mean() < 40  # the blotch, 40 of 120 pixels wide, stands in the middle
    page.press(HOME)
    assert page.stage()[116:156, 210:270].mean() > 40


@pytest.mark.parametrize("width", [320, 360, 768])
def test_nothing_is_wider_than_the_screen(width: int, browser: Any, report: Report) -> None:
    browser.open(report.output, width=width, height=740)
    browser.ask("document.querySelectorAll('details').forEach(d => d.open = true)")
    assert browser.ask("document.documentElement.scrollWidth") == width
    beyond = browser.ask(
        "[...document.querySelectorAll('body *')].filter(e => e.getBoundingClientRect().right > arguments[0] + 1)"
        ".map(e => e.outerHTML.slice(0, 90))",
        width,
    )
    assert beyond == []


def test_what_a_finger_must_hit_is_large_enough_on_a_phone(browser: Any, report: Report) -> None:
    browser.open(report.output, width=360, height=740)
    sizes = browser.ask(
        "[...document.querySelectorAll('#viewer label, #wipe')].map(e => e.getBoundingClientRect())"
        ".map(b => [b.width, b.height])"
    )
    assert len(sizes) >= 10
    assert min(min(size) for size in sizes) >= 40


def test_tab_reaches_every_control_and_shows_where_it_is(page: Any) -> None:
    seen = []
    for _ in range(14):
        page.press(TAB)
        seen.append(
            page.ask(
                "(() => { const e = document.activeElement;"
                " const parts = [e, e.nextElementSibling, e.firstElementChild].filter(Boolean);"
                " return [e.id || e.name || e.className || e.tagName,"
                " parts.some(p => getComputedStyle(p).outlineStyle !== 'none')]; })()"
            )
        )
    names = [name for name, _ in seen]
    assert names[:6] == ["skip", "view", "area", "overlay", "wipe", "frame"]
    assert all(visible for _, visible in seen), seen


CONTRAST = """(() => {
  const parse = (c) => c.match(/[\\d.]+/g).map(Number);
  const light = (c) => { const [r, g, b] = parse(c).map((v) => v / 255)
    .map((v) => (v <= 0.04045 ? v / 12.92 : ((v + 0.055) / 1.055) ** 2.4));
    return 0.2126 * r + 0.7152 * g + 0.0722 * b; };
  const ground = (e) => { for (; e; e = e.parentElement) { const c = getComputedStyle(e).backgroundColor;
    const parts = parse(c); if (parts.length < 4 || parts[3] === 1) return c; } return "rgb(255, 255, 255)"; };
  document.querySelectorAll("details").forEach((d) => (d.open = true));
  return [...document.querySelectorAll("body *")].filter((e) => e.offsetParent && !e.closest(".tag")
      && [...e.childNodes].some((n) => n.nodeType === 3 && n.textContent.trim()))
    .map((e) => { const [a, b] = [light(getComputedStyle(e).color), light(ground(e))].sort((x, y) => y - x);
      return [(a + 0.05) / (b + 0.05), e.outerHTML.slice(0, 80)]; });
})()
"""


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_text_stands_out_from_its_ground(scheme: str, browser: Any, report: Report) -> None:
    browser.open(report.output, prefers_color_scheme=scheme)
    ratios = browser.ask(CONTRAST)
    assert len(ratios) > 80
    assert [entry for entry in ratios if entry[0] < 4.5] == []
    brightness = browser.ask("getComputedStyle(document.body).backgroundColor.match(/\\d+/g).map(Number)")
    assert (np.mean(brightness) > 128) == (scheme == "light")


def test_nothing_moves_by_itself_when_that_is_not_wanted(browser: Any, report: Report) -> None:
    moving = (
        "[...document.querySelectorAll('*')].filter(e => getComputedStyle(e).transitionDuration !== '0s'"
        " || getComputedStyle(e).animationName !== 'none').length"
    )
    browser.open(report.output, prefers_reduced_motion="reduce")
    assert browser.ask(moving) == 0
    assert browser.ask("getComputedStyle(document.documentElement).scrollBehavior") == "auto"
    browser.open(report.output, prefers_reduced_motion="no-preference")
    assert browser.ask(moving) > 0


def test_hostile_names_stay_text(page: Any) -> None:
    assert page.ask("window.hacked === undefined")
    assert page.element("h1").text.startswith("</script><script>window.hacked = 1</script><img src=x")
    assert page.ask("document.scripts.length") == 1
    assert page.ask("[...document.images].filter(i => !i.src.startsWith('data:')).length") == 0


def test_pictures_are_there_without_script(browser: Any, report: Report) -> None:
    browser.driver.execute_cdp_cmd("Emulation.setScriptExecutionDisabled", {"value": True})
    try:
        browser.open(report.output)
        figures = browser.driver.find_elements("css selector", ".shot img.before")
        assert all(figure.is_displayed() for figure in figures)
        boxes = [figure.rect for figure in figures]
        assert all(below["y"] >= above["y"] + above["height"] for above, below in pairwise(boxes))
        assert not browser.element("#wipe").is_displayed()
    finally:
        browser.driver.execute_cdp_cmd("Emulation.setScriptExecutionDisabled", {"value": False})
