"""Everybody does the same work: the same loss after the same steps, in Python and in a browser."""

from collections.abc import Callable
from itertools import pairwise

import pytest

from benchmarks import in_page, ours, peak, reference
from benchmarks.apart import apart
from benchmarks.browsers import BrowserError
from benchmarks.browsers import run as run_in_browser
from benchmarks.problems import SPIRAL, bindings, flops, problem, step_program
from benchmarks.races import OURS, PEAK, Contestant, Race, Unavailable, entry, share_of_peak
from benchmarks.rivals import by_hand, with_autograd, with_jax, with_mygrad, with_torch
from benchmarks.timing import AGREEMENT, Run
from tests.browser import find

STEPS = 20
MAKERS: list[Callable[..., Run]] = [
    ours.eager, ours.replayed, lambda p: ours.compiled(p, True), lambda p: ours.compiled(p, False), with_jax.whole_loop,
    with_jax.step_by_step, with_torch.step, with_mygrad.step, with_autograd.step,
]  # fmt: skip
NAMES = ["eager", "replayed", "compiled", "compiled, calls", "jax loop", "jax calls", "torch", "mygrad", "autograd"]


@pytest.mark.parametrize("make", MAKERS, ids=NAMES)
def test_the_same_steps_lead_to_the_same_loss(make: Callable[..., Run]) -> None:
    try:
        run = make(SPIRAL)
    except Unavailable as reason:
        pytest.skip(str(reason))
    assert run(STEPS) == pytest.approx(by_hand.step(SPIRAL)(STEPS), rel=AGREEMENT)


def test_a_contestant_in_a_process_of_its_own_does_the_same() -> None:
    assert apart(ours.eager, SPIRAL)(STEPS) == ours.eager(SPIRAL)(STEPS)
    with pytest.raises(Unavailable, match="--reference"):
        apart(reference.steps, SPIRAL, None)


def test_what_goes_wrong_in_a_process_of_its_own_is_raised_here() -> None:
    with pytest.raises(AttributeError, match="'str' object has no attribute 'optimiser'"):
        apart(ours.eager, "no problem")
    with pytest.raises(TypeError, match="interpreted as an integer"):
        apart(ours.eager, SPIRAL)("often")  # type: ignore[arg-type]


def test_operations_are_those_of_the_contractions() -> None:
    p = problem(2, 8, 4, 3, n=10)
    pairs = [10 * a * b for a, b in pairwise(p.widths)]
    forward, weights, inputs = sum(pairs), sum(pairs), sum(pairs[1:])  # of the points no gradient is taken
    assert flops(step_program(p), bindings(p)) == 2 * (forward + weights + inputs)


def test_a_rival_that_is_missing_says_why() -> None:
    missing = entry(reference.NAME, reference.page, SPIRAL, None, "steps")
    assert missing.page is None
    assert missing.absent is not None
    assert "--reference" in missing.absent


def test_the_share_of_the_peak_counts_operations_a_second() -> None:
    times = {OURS: [4.0], PEAK: [1.0]}
    assert share_of_peak(0.5, flops=100.0, peak_flops=50.0).value(times) == 0.5


@pytest.fixture
def chromium() -> None:
    if find("chromium") is None:
        pytest.skip("no Chromium is installed")


@pytest.mark.browser
@pytest.mark.usefixtures("chromium")
def test_a_race_in_a_browser_gives_times_for_everybody() -> None:
    contestants = [
        entry(OURS, in_page.step, SPIRAL),
        entry(PEAK, in_page.peak_loop, flops=peak.FLOPS),
        Contestant("somebody", absent="is on holiday"),
    ]
    times, agent = run_in_browser(Race("a step", "chromium", contestants), rounds=2, seconds=0.01)
    assert {name: len(rounds) for name, rounds in times.items()} == {OURS: 2, PEAK: 2}
    assert all(second > 0 for rounds in times.values() for second in rounds)
    assert "Chrome" in agent


@pytest.mark.browser
@pytest.mark.usefixtures("chromium")
def test_a_race_of_different_work_is_an_error() -> None:
    steps = [entry(f"{c} classes", in_page.step, problem(2, 8, c, n=30)) for c in (3, 5)]
    with pytest.raises(BrowserError, match="5 classes computes"):
        run_in_browser(Race("steps", "chromium", steps), rounds=1, seconds=0.01)
