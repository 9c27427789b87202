"""The exported page in Chromium: how soon the trained map is seen, how evenly it plays, whether it keeps its memory.

MINUTES=10 python -m benchmarks page      # how long the memory is watched; 1 unless said otherwise
"""

import os
from collections.abc import Iterator
from contextlib import contextmanager
from itertools import pairwise
from pathlib import Path
from statistics import median
from tempfile import TemporaryDirectory
from typing import Any, NamedTuple

from benchmarks.browsers import program
from benchmarks.races import Race, Unavailable, known
from minigrad.__main__ import main as train
from wasm_export.__main__ import main as export

TITLE = "The exported page, 1440 × 900, 300 points, 100 hidden units"
OPENINGS = 9
TRACE_SECONDS = 10
WARM_UP_SECONDS = 20
LONGEST_FRAME_MS = 25
MINUTES = float(os.environ.get("MINUTES", "1"))

# The map is on the screen at the end of the frame that follows its first painting.
FIRST_MAP = """
const put = CanvasRenderingContext2D.prototype.putImageData;
const shown = new Promise((resolve) => {
  CanvasRenderingContext2D.prototype.putImageData = function (...args) {
    put.apply(this, args);
    if (this.canvas.id !== "decision-map") return;
    CanvasRenderingContext2D.prototype.putImageData = put;
    requestAnimationFrame(() => setTimeout(() => resolve(performance.now())));
  };
});
window.firstMap = async () => {
  const at = await shown;
  return { at, load: performance.getEntriesByType("navigation")[0].loadEventEnd };
};
"""
FRAMES = """(seconds) => new Promise((resolve) => {
  const map = document.getElementById("decision-map");
  const step = () => Number(document.getElementById("metric-step").textContent.replaceAll(",", ""));
  const [times, sides, first] = [[], [], step()];
  const frame = (time) => {
    times.push(time);
    sides.push(map.width);
    if (time - times[0] < 1000 * seconds) requestAnimationFrame(frame);
    else resolve({ times, side: Math.min(...sides), steps: step() - first });
  };
  requestAnimationFrame(frame);
})"""


class Playing(NamedTuple):
    """What a trace shows: frames a second, how many were long, steps a frame, the smallest map's side in pixels."""

    rate: float
    long: int
    steps: float
    side: int


def races(hand_tuned: Path | None) -> Iterator[Race]:
    """One, without contestants: the page has bounds to keep. Not measured where there is no Chromium to drive."""
    try:
        with TemporaryDirectory() as folder, chromium() as browser:
            file = exported(Path(folder))
            soon, throttled = (median(first_map(browser, file, rate) for _ in range(OPENINGS)) for rate in (1, 4))
            playing, growth = played(browser, file)
            size = file.stat().st_size / 1e3
    except Unavailable as reason:
        yield Race(TITLE, "chromium", [], notes=[str(reason)])
        return
    targets = [
        known("trained map after load", soon, "≤", 100, "ms"),
        known("trained map after load, 4 × slower CPU", throttled, "≤", 400, "ms"),
        known("frames a second while playing", playing.rate, "≥", 59, ""),
        known(f"frames over {LONGEST_FRAME_MS} ms in {TRACE_SECONDS} s", playing.long, "≤", 0, ""),
        known("steps a frame", playing.steps, "≥", 100, ""),
        known("side of the map while playing", playing.side, "≥", 128, "pixels"),
        known(f"growth of memory in {MINUTES:g} min of play", growth, "≤", 1, "MB"),
        known("size of the file", size, "≤", 200, "KB"),
    ]
    yield Race(TITLE, "chromium", [], targets)


@contextmanager
def chromium() -> Iterator[Any]:
    """A running Chromium.

    Raises:
        Unavailable: it is not installed, or Playwright, which drives it, is not.
    """
    try:
        from playwright.sync_api import sync_playwright
    except ImportError:
        raise Unavailable("Playwright is not installed") from None
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=program("chromium"), args=["--no-sandbox"])
        yield browser
        browser.close()


def exported(folder: Path) -> Path:
    """The page of the preset's run."""
    run, file = folder / "run", folder / "page.html"
    if train(["train", "--preset", "cs231n", "--out", str(run)]) or export([str(run), "--out", str(file)]):
        raise RuntimeError("the preset's page could not be made")
    return file


@contextmanager
def opened(browser: Any, file: Path, settings: str = "", rate: int = 1, script: str = "") -> Iterator[tuple[Any, Any]]:
    """The page in a new window, and its DevTools session; the CPU works `rate` times slower."""
    context = browser.new_context(viewport={"width": 1440, "height": 900})
    page = context.new_page()
    page.add_init_script(script)
    tools = context.new_cdp_session(page)
    tools.send("Emulation.setCPUThrottlingRate", {"rate": rate})
    page.goto(file.as_uri() + settings)
    yield page, tools
    context.close()


def first_map(browser: Any, file: Path, rate: int) -> float:
    """Milliseconds from the end of loading to the first frame that shows the trained map."""
    with opened(browser, file, rate=rate, script=FIRST_MAP) as (page, _):
        seen = page.evaluate("firstMap()")
        return seen["at"] - seen["load"]


def played(browser: Any, file: Path) -> tuple[Playing, float]:
    """A trace of the page while it plays, and the MB by which its memory then grows in `MINUTES`."""
    with opened(browser, file, "#speed=1000000&stop=0") as (page, tools):
        page.locator("#play").click()
        page.wait_for_timeout(1000 * WARM_UP_SECONDS)
        trace = page.evaluate(FRAMES, TRACE_SECONDS)
        before = memory(tools)
        page.wait_for_timeout(60_000 * MINUTES)
        growth = memory(tools) - before
    times = trace["times"]
    gaps = [after - before for before, after in pairwise(times)]
    rate = 1000 * len(gaps) / (times[-1] - times[0])
    long = sum(gap > LONGEST_FRAME_MS for gap in gaps)
    return Playing(rate, long, trace["steps"] / len(gaps), trace["side"]), growth


def memory(tools: Any) -> float:
    """MB that the page holds once garbage is gone: objects of JavaScript and of the document, arrays, WebAssembly."""
    tools.send("HeapProfiler.collectGarbage")
    usage = tools.send("Runtime.getHeapUsage")
    return sum(usage[part] for part in ("usedSize", "embedderHeapUsedSize", "backingStorageSize")) / 1e6
