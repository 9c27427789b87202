"""Taking turns, comparing within a round, and refusing to compare what is not the same work."""

import math
from collections.abc import Callable, Iterator

import pytest

from benchmarks import timing
from benchmarks.races import at_most, times_faster
from benchmarks.timing import Disagreement, alternate, ratio


class Clock:
    """A clock that only work moves on."""

    def __init__(self) -> None:
        self.now = 0.0
        self.slowness: Callable[[], float] = lambda: 1.0

    def work(self, seconds: float, value: float | None = 1.0) -> timing.Run:
        def run(count: int) -> float | None:
            self.now += count * seconds * self.slowness()
            return value

        return run


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> Clock:
    made = Clock()
    monkeypatch.setattr(timing.time, "perf_counter", lambda: made.now)
    return made


def test_times_are_those_of_one_piece_of_work(clock: Clock) -> None:
    times = alternate({"a": clock.work(1e-3), "b": clock.work(1e-5)}, rounds=4, seconds=0.1)
    assert times["a"] == pytest.approx([1e-3] * 4)
    assert times["b"] == pytest.approx([1e-5] * 4)


def test_a_drifting_machine_does_not_change_a_ratio() -> None:
    drift = [1.0, 1.1, 1.5, 2.0, 8.0]
    times = {"a": [3e-5 * slow for slow in drift], "b": [1e-5 * slow for slow in drift]}
    assert ratio(times, "a", "b") == pytest.approx(3)


def test_one_disturbed_round_does_not_change_a_ratio() -> None:
    assert ratio({"a": [2.0, 2.0, 90.0], "b": [1.0, 1.0, 1.0]}, "a", "b") == 2


def test_everybody_takes_every_turn(clock: Clock) -> None:
    turns: list[str] = []

    def noted(name: str) -> timing.Run:
        work = clock.work(1.0)

        def run(count: int) -> float | None:
            turns.append(name)
            return work(count)

        return run

    alternate({name: noted(name) for name in "abc"}, rounds=3, seconds=1.0)
    measured = turns[-12:-3]  # behind them, everybody is asked once more
    assert measured == [*"abc", *"bca", *"cab"]


def test_different_results_are_not_compared(clock: Clock) -> None:
    with pytest.raises(Disagreement, match="b computes 1.01, a computes 1.0"):
        alternate({"a": clock.work(1.0), "b": clock.work(1.0, value=1.01)}, rounds=1, seconds=1.0)


def test_work_without_a_result_is_compared(clock: Clock) -> None:
    times = alternate({"a": clock.work(1.0), "b": clock.work(3.0, value=None)}, rounds=1, seconds=1.0)
    assert times == {"a": [1.0], "b": [3.0]}


def test_work_that_ends_in_nan_is_refused(clock: Clock) -> None:
    values: Iterator[float] = iter([1.0, 1.0, 1.0])

    def run(count: int) -> float:
        clock.now += count
        return next(values, math.nan)

    with pytest.raises(Disagreement, match="a ends at nan"):
        alternate({"a": run}, rounds=2, seconds=1.0)


def test_targets_look_at_the_ratio_from_their_side() -> None:
    times = {"minigrad": [1.0, 1.0], "rival": [4.0, 4.0]}
    assert at_most(1.0, "rival").value(times) == 0.25
    assert times_faster(5, "rival").value(times) == 4
    assert at_most(1.0, "rival").met(0.25)
    assert not times_faster(5, "rival").met(4)
