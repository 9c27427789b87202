"""`python -m jax_ref RUN`: replay a run's training in JAX and report how far apart the two are.

Exit status 0 when the loss and every gradient agree within the tolerance, 1 when one does not, 2 for a run that cannot
be read.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence

from tqdm import tqdm

from jax_ref.compare import TOLERANCES, Deviation, compare
from minigrad import console, runs
from minigrad.files import FileError

EPILOG = """
NumPy, the recorded step lowered to JAX, and a model written by hand in JAX take the same step from every snapshot.
A deviation is max |numpy - jax| of one array at one step, relative to the largest gradient (parameter, moment) of it.
"""


def main(argv: Sequence[str] | None = None) -> int:
    """Runs the command and returns its exit status."""
    parser = argparse.ArgumentParser(
        prog="python -m jax_ref", description="Replay a run's training step by step in JAX.", epilog=EPILOG
    )
    parser.add_argument("run", metavar="RUN", help="a run folder, from python -m minigrad train")
    parser.add_argument(
        "--tolerance", type=float, help="largest deviation that passes (default: 1e-10 in float64, 1e-3 in float32)"
    )
    options = parser.parse_args(argv)
    if options.tolerance is not None and not options.tolerance >= 0:
        parser.error(f"--tolerance is {options.tolerance}; it must be 0 or more")
    try:
        run = runs.load(options.run)
        found = [d for some in tqdm(compare(run), total=len(run.snapshots), unit="step", disable=None) for d in some]
    except (FileError, ValueError) as error:
        print(f"jax_ref: error: {error}", file=sys.stderr)
        return 2
    tolerance = TOLERANCES[run.config["dtype"]] if options.tolerance is None else options.tolerance
    worst = largest(found)
    print(report(worst, len(run.snapshots), run.config["dtype"]))
    passed = all(d.value <= tolerance for d in worst)
    print(f"{'within' if passed else 'OVER'} the tolerance of {tolerance:g}")
    return 0 if passed else 1


def largest(found: Sequence[Deviation]) -> list[Deviation]:
    """The largest deviation of every quantity from each of the two."""
    worst: dict[tuple[str, str], Deviation] = {}
    for d in found:
        key = (d.quantity, d.against)
        if key not in worst or d.value > worst[key].value:
            worst[key] = d
    return list(worst.values())


def report(worst: Sequence[Deviation], steps: int, dtype: str) -> str:
    """A table: a line per quantity, a column per JAX version, each with the step at which it was worst."""
    columns = list(dict.fromkeys(d.against for d in worst))
    cells = {(d.quantity, d.against): f"{d.value:.2e} at step {d.step}" for d in worst}
    quantities = list(dict.fromkeys(d.quantity for d in worst))
    width = max(len(q) for q in ["quantity", *quantities])
    head = f"Largest deviation of NumPy from JAX over {steps} snapshots, {dtype}"
    lines = [head, "  ".join([f"{'quantity':{width}}", *(f"{c:24}" for c in columns)]).rstrip()]
    lines += ["  ".join([f"{q:{width}}", *(f"{cells[q, c]:24}" for c in columns)]).rstrip() for q in quantities]
    return "\n".join(lines)


if __name__ == "__main__":
    console.run(main)
