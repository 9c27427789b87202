"""Other networks and optimisers, and how much of the machine's SIMD peak their steps reach."""

from collections.abc import Iterator
from pathlib import Path

from benchmarks import in_page, peak, tfjs
from benchmarks.problems import SPIRAL, bindings, flops, problem, step_program
from benchmarks.races import OURS, PEAK, Race, entry, share_of_peak, times_faster

TITLE = "Training steps of other networks"
PROBLEMS = (
    SPIRAL,
    problem(2, 100, 5, n=500),
    problem(2, 64, 64, 3, n=500, activation="tanh", lr=0.1),
    problem(2, 32, 32, 32, 3, n=500, lr=0.1),
    problem(2, 100, 3, n=300, optimizer="adam", lr=0.01),
)


def races(hand_tuned: Path | None) -> Iterator[Race]:
    """In Chromium."""
    for p in PROBLEMS:
        work = flops(step_program(p), bindings(p))
        contestants = [
            entry(OURS, in_page.step, p, flops=work),
            entry(tfjs.NAME, in_page.tfjs_step, p, flops=work),
            entry(PEAK, in_page.peak_loop, flops=peak.FLOPS),
        ]
        targets = [share_of_peak(0.55, work, peak.FLOPS), times_faster(20, tfjs.NAME)]
        yield Race(f"Training step, {p.title}", "chromium", contestants, targets)
