"""`python -m tests.sabotage [WORD ...]`: break everything once; exit status 1 when the tests do not notice something.

With words, only the mutants whose description contains one of them: `python -m tests.sabotage "of tanh"`.
"""

import itertools
import os
import sys
import time
import warnings
from collections import Counter
from collections.abc import Iterator
from importlib import import_module

from hypothesis import Phase, settings
from tqdm import tqdm

from minigrad.ops.composite import COMPOSITES
from tests.sabotage.mutants import Mutant, all_mutants
from tests.sabotage.suite import Call, calls, failure

OTHERS = ("test_kinks", "test_random_programs", "test_grad", "test_mathematics", "test_memory", "test_face")


def load_fast_profile() -> None:
    """The fast profile without shrinking: a mutant needs one failing example, not the smallest one."""
    os.environ["HYPOTHESIS_PROFILE"] = "fast"
    import_module("tests.conftest")
    phases = (Phase.explicit, Phase.generate)
    settings.register_profile("sabotage", settings.get_profile("fast"), phases=phases, database=None)
    settings.load_profile("sabotage")
    warnings.simplefilter("ignore")


def own_tests(mutant: Mutant) -> Iterator[Call]:
    """The tests of the mutant's row, or of the passes."""
    if mutant.kind == "pass":
        return calls(import_module("tests.minigrad.test_passes"))
    module = "test_composite" if mutant.entry in COMPOSITES else "test_primitives"
    return calls(import_module(f"tests.minigrad.{module}"), name=mutant.entry)


def other_tests() -> Iterator[Call]:
    """The tests that are of no row, cheap ones first."""
    return itertools.chain.from_iterable(calls(import_module(f"tests.minigrad.{name}")) for name in OTHERS)


def sick(mutants: list[Mutant]) -> str:
    """The first test that fails while nothing is broken, and would be taken for a kill."""
    owners = {(m.kind == "pass", m.entry): m for m in mutants}
    return failure(itertools.chain(*map(own_tests, owners.values()), other_tests()))


def report(mutants: list[Mutant], late: list[Mutant], survivors: list[Mutant]) -> None:
    """Counts by kind, and by name what only another row's tests noticed and what nothing noticed."""
    for kind, total in Counter(m.kind for m in mutants).items():
        alive = sum(m.kind == kind for m in survivors)
        print(f"{kind:6} {total:4} mutants, {total - alive} killed, {alive} survived")
    for mutant in late:
        print(f"noticed by the other tests alone: {mutant}")
    for mutant in survivors:
        print(f"SURVIVED: {mutant}")


def main(words: list[str]) -> int:
    """Runs the mutants and returns the exit status."""
    start = time.perf_counter()
    load_fast_profile()
    mutants = [m for m in all_mutants() if not words or any(word in str(m) for word in words)]
    if unbroken := sick(mutants):
        print(f"this fails although nothing is broken: {unbroken}")
        return 2
    survivors, late = [], []
    for mutant in tqdm(mutants, unit="mutant", disable=None):
        with mutant.applied():
            if not failure(own_tests(mutant)):
                (late if failure(other_tests()) else survivors).append(mutant)
    report(mutants, late, survivors)
    print(f"{len(mutants)} mutants, {len(mutants) - len(survivors)} killed, in {time.perf_counter() - start:.0f} s")
    return 1 if survivors else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
