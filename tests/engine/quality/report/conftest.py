"""A shot whose restoration is known to the pixel, its report, and a headless browser that looks at it."""

from __future__ import annotations

import base64
import json
import shutil
import time
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import pytest

from reelmend.media import open_writer
from reelmend.quality.report import Fact, Report, ReportRequest, write_report
from support.clips import moving_scene, with_flicker

COUNT, WIDTH, HEIGHT, FIRST = 12, 480, 272, 101
DEFECT = (slice(120, 150), slice(330, 370))
UNTOUCHED = (slice(20, 60), slice(20, 120))
HOSTILE = '</script><script>window.hacked = 1</script><img src=x onerror="window.hacked=1">\'&amp;'


def plain(items: Iterable[int], _count: int, _title: str) -> Iterator[int]:
    """Progress that shows nothing."""
    yield from items


def write_sequence(pattern: Path, frames: Iterable[np.ndarray], first: int = FIRST) -> Path:
    """Write (3, H, W) frames in 0…1 as 8-bit PNG files."""
    frames = list(frames)
    pattern.parent.mkdir(parents=True, exist_ok=True)
    with open_writer(pattern, frames=range(first, first + len(frames))) as writer:
        for number, planes in enumerate(frames, start=first):
            writer.write(number, planes)
    return pattern


@dataclass(frozen=True)
class Restored:
    """A shot before and after, as arrays (N, 3, H, W) of 8-bit levels over 255, and as files."""

    before: np.ndarray
    after: np.ndarray
    matte: np.ndarray
    folder: Path

    def request(self, name: str, **more: Any) -> ReportRequest:
        return ReportRequest(
            **{
                "before": str(self.folder / "before.%04d.png"),
                "after": str(self.folder / "after.%04d.png"),
                "output": self.folder / name,
                "frames": range(FIRST, FIRST + COUNT),
                **more,
            }
        )


@pytest.fixture(scope="session")
def restored(tmp_path_factory: pytest.TempPathFactory) -> Restored:
    """Flickering film with one black blotch at DEFECT in every frame, which `after` lacks; the flicker stays."""
    folder = tmp_path_factory.mktemp("restored")
    scene = with_flicker(moving_scene(COUNT, WIDTH, HEIGHT, grain=0.02), deviation=0.05)
    after = np.rint(np.clip(scene, 0, 1) * 255).astype(np.float32) / np.float32(255)
    before, matte = after.copy(), np.zeros((COUNT, HEIGHT, WIDTH), np.float32)
    before[:, :, *DEFECT] = 0
    matte[:, *DEFECT] = 1
    write_sequence(folder / "before.%04d.png", before)
    write_sequence(folder / "after.%04d.png", after)
    write_sequence(folder / "matte.%04d.png", np.repeat(matte[:, None], 3, axis=1))
    return Restored(before, after, matte, folder)


@pytest.fixture(scope="session")
def report(restored: Restored) -> Report:
    """The full report of that shot, under names that try to break out of the page."""
    request = restored.request(
        "report.html", matte=str(restored.folder / "matte.%04d.png"), truth=str(restored.folder / "after.%04d.png"),
        title=HOSTILE, settings=(Fact("Effect", HOSTILE), Fact("Strength", "1.0")), notes=(HOSTILE,),
    )  # fmt: skip
    return write_report(request, plain)


class Browser:
    """Headless Chromium on one page: keys, pixels, and what it said and asked for."""

    def __init__(self, driver: Any) -> None:
        self.driver = driver

    def open(self, page: Path, width: int = 1100, height: int = 900, **media: str) -> None:
        """Load the page anew at a size, with media features such as prefers_color_scheme="dark"."""
        metrics = {"width": width, "height": height, "deviceScaleFactor": 1, "mobile": width < 600}
        features = [{"name": name.replace("_", "-"), "value": value} for name, value in media.items()]
        self.driver.get("about:blank")
        self.driver.execute_cdp_cmd("Emulation.setDeviceMetricsOverride", metrics)
        self.driver.execute_cdp_cmd("Emulation.setEmulatedMedia", {"features": features})
        self.driver.get_log("browser")
        self.driver.get_log("performance")
        self.driver.get(page.as_uri())

    def ask(self, script: str, *arguments: Any) -> Any:
        return self.driver.execute_script(f"return {script}", *arguments)

    def element(self, selector: str) -> Any:
        return self.driver.find_element("css selector", selector)

    def press(self, *keys: str) -> None:
        """Send keys to whatever has the focus."""
        for key in keys:
            self.driver.switch_to.active_element.send_keys(key)

    def messages(self) -> list[str]:
        return [entry["message"] for entry in self.driver.get_log("browser")]

    def requested(self) -> list[str]:
        events = [json.loads(entry["message"])["message"] for entry in self.driver.get_log("performance")]
        return [e["params"]["request"]["url"] for e in events if e["method"] == "Network.requestWillBeSent"]

    def stage(self) -> np.ndarray:
        """Return the picture as the screen shows it when it has come to rest, (272, 480, 3) RGB levels."""
        last, ends = self._capture(), time.monotonic() + 10
        while (taken := self._capture()) != last:
            assert time.monotonic() < ends, "the picture never came to rest"
            last = taken
        shown = cv2.imdecode(np.frombuffer(base64.b64decode(taken), np.uint8), cv2.IMREAD_COLOR)[:, :, ::-1]
        return cv2.resize(shown, (WIDTH, HEIGHT), interpolation=cv2.INTER_AREA).astype(np.float32)

    def _capture(self) -> str:
        # Place and scroll position are read in one go, two painted frames after what was done last: read one by one,
        # the page may scroll in between.
        box = self.driver.execute_async_script(
            "const done = arguments[0]; requestAnimationFrame(() => requestAnimationFrame(() => setTimeout(() => {"
            "const b = document.getElementById('stage').getBoundingClientRect();"
            "done({x: b.x + scrollX, y: b.y + scrollY, width: b.width, height: b.height, scale: 1}); }, 50)))"
        )
        taken = self.driver.execute_cdp_cmd("Page.captureScreenshot", {"clip": box, "captureBeyondViewport": True})
        return str(taken["data"])


@pytest.fixture(scope="session")
def chromium(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Any]:
    binary, service = shutil.which("chromium"), shutil.which("chromedriver")
    if binary is None or service is None:
        pytest.skip("no Chromium; install it with: apt-get install chromium chromium-driver")
    from selenium import webdriver

    options = webdriver.ChromeOptions()
    options.binary_location = binary
    for argument in (
        "headless=new", "no-sandbox", "disable-gpu", "disable-quic", "no-first-run", "disable-background-networking",
        "disable-component-update", "disable-sync", "hide-scrollbars", "force-color-profile=srgb",
        f"user-data-dir={tmp_path_factory.mktemp('chromium')}",
    ):  # fmt: skip
        options.add_argument(f"--{argument}")
    options.set_capability("goog:loggingPrefs", {"browser": "ALL", "performance": "ALL"})
    driver = webdriver.Chrome(options=options, service=webdriver.ChromeService(service))
    yield driver
    driver.quit()


@pytest.fixture
def browser(chromium: Any) -> Browser:
    return Browser(chromium)
