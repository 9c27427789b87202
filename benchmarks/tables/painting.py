"""The decision map: 256 × 256 pixels through 100 hidden units to RGBA bytes."""

from collections.abc import Iterator
from pathlib import Path

from benchmarks import in_page, ours, reference
from benchmarks.problems import SPIRAL
from benchmarks.races import OURS, Race, at_most, entry

TITLE = "Painting a 256 × 256 decision map, 100 hidden units, 3 classes"


def races(hand_tuned: Path | None) -> Iterator[Race]:
    """In both browsers and in wasmtime."""
    targets = [at_most(1.0, reference.NAME)]
    for place in ("chromium", "firefox"):
        theirs = entry(reference.NAME, reference.page, SPIRAL, hand_tuned, "paint")
        yield Race(TITLE, place, [entry(OURS, in_page.painting, SPIRAL), theirs], targets, "ms")
    theirs = entry(reference.NAME, reference.painting, SPIRAL, hand_tuned)
    yield Race(TITLE, "python", [entry(OURS, ours.painting, SPIRAL), theirs], targets, "ms")
