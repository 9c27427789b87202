"""`python -m benchmarks`: measures what the README says, prints the tables, stores JSON and a plot.

Close everything else first: this wants the machine for itself, for a few minutes.
"""

import argparse
import sys
from pathlib import Path
from typing import Any

from threadpoolctl import threadpool_limits

from benchmarks import browsers, machine, plot, readme, reference, report
from benchmarks.browsers import BrowserError
from benchmarks.races import Race, Unavailable
from benchmarks.tables import TABLES
from benchmarks.timing import Disagreement, alternate
from minigrad.files import FileError

PLACES = ("python", "chromium", "firefox")


def main(argv: list[str] | None = None) -> int:
    """Runs the command; returns 1 when something could not be measured as it should, missed targets excepted."""
    options = parser().parse_args(argv)
    hand_tuned = reference.find(options.reference)
    if hand_tuned is None:
        print("The hand-tuned module is not here: its lines stay empty. Say where it is with --reference PATH.")
    failed = False
    for name in options.tables or TABLES:
        result, trouble = measure(name, hand_tuned, options)
        failed |= trouble
        print(f"  -> {report.save(name, result, options.out)}")
        if name == "spiral_step" and any("median" in c for race in result["races"] for c in race["contestants"]):
            print(f"  -> {plot.draw(result, options.out / 'spiral_step.svg')}")
    if options.readme:
        try:
            print(f"  -> {readme.write(options.out)}")
        except FileError as error:
            print(f"error: {error}", file=sys.stderr)
            return 1
    return int(failed)


def parser() -> argparse.ArgumentParser:
    """The command line."""
    result = argparse.ArgumentParser(prog="python -m benchmarks", description=__doc__)
    result.add_argument("tables", nargs="*", metavar="TABLE", help=f"which, of {', '.join(TABLES)} (default: all)")
    result.add_argument("--places", nargs="+", choices=PLACES, default=PLACES, help="where (default: everywhere)")
    result.add_argument("--rounds", type=int, default=21, help="alternating rounds (default: %(default)s)")
    result.add_argument("--seconds", type=float, default=0.05, help="length of a batch (default: %(default)s)")
    result.add_argument("--reference", metavar="PATH", help="the hand-tuned spiral_simd.wasm")
    result.add_argument("--out", type=Path, default=report.RESULTS, metavar="FOLDER", help="for JSON and plot")
    result.add_argument("--readme", action="store_true", help="put the figures into README.md afterwards")
    return result


def measure(name: str, hand_tuned: Path | None, options: argparse.Namespace) -> tuple[dict[str, Any], bool]:
    """A table's result, printed race by race, and whether something went wrong."""
    table, results, trouble = TABLES[name], [], False
    for race in table.races(hand_tuned):
        if race.place in options.places:
            result, wrong = run(race, options.rounds, options.seconds)
            print(report.text(result), flush=True)
            results.append(result)
            trouble |= wrong
    found = {"title": table.TITLE, "machine": machine.describe(), "rounds": options.rounds, "seconds": options.seconds}
    return {**found, "races": results}, trouble


def run(race: Race, rounds: int, seconds: float) -> tuple[dict[str, Any], bool]:
    """A race's result, and whether it went wrong; the reason then stands in the place of the times."""
    absent = {c.name: c.absent for c in race.contestants if c.absent}
    times: dict[str, list[float]] = {}
    agent, wrong = None, False
    try:
        if not race.contestants:
            pass  # bounds alone, which its table has measured
        elif race.place == "python":
            with threadpool_limits(1):
                times = alternate({c.name: c.run for c in race.contestants if c.run}, rounds, seconds)
        else:
            times, agent = browsers.run(race, rounds, seconds)
    except (Unavailable, BrowserError, Disagreement) as reason:
        wrong = not isinstance(reason, Unavailable)
        absent = {c.name: c.absent or str(reason).splitlines()[0] for c in race.contestants}
    return report.race_result(race, times, agent, absent), wrong


if __name__ == "__main__":
    sys.exit(main())
