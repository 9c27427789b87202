"""Large contractions, where TensorFlow.js runs XNNPACK: products of matrices, and a classifier of images."""

from collections.abc import Iterator
from pathlib import Path

from benchmarks import in_page, peak, tfjs
from benchmarks.problems import bindings, flops, problem, step_program
from benchmarks.races import OURS, PEAK, Race, at_most, entry, times_faster

TITLE = "Large contractions"
IMAGES = problem(784, 128, 10, n=128, lr=0.1)


def races(hand_tuned: Path | None) -> Iterator[Race]:
    """In Chromium."""
    for size in (256, 512):
        work = 2.0 * size**3
        contestants = [
            entry(OURS, in_page.matmul, size, flops=work),
            entry(tfjs.NAME, in_page.tfjs_matmul, size, flops=work),
            entry(PEAK, in_page.peak_loop, flops=peak.FLOPS),
        ]
        yield Race(f"Product of two {size} × {size} matrices", "chromium", contestants, [at_most(1.1, tfjs.NAME)], "ms")
    work = flops(step_program(IMAGES), bindings(IMAGES))
    contestants = [
        entry(OURS, in_page.step, IMAGES, flops=work),
        entry(tfjs.NAME, in_page.tfjs_step, IMAGES, flops=work),
        entry(PEAK, in_page.peak_loop, flops=peak.FLOPS),
    ]
    yield Race(f"Training step, {IMAGES.title}", "chromium", contestants, [times_faster(5, tfjs.NAME)], "ms")
