"""What the page runs, replayed by NumPy."""

import numpy as np

from minigrad import passes
from wasm_export import compile
from wasm_export.site.recorded import flush_program

SMALLEST = np.finfo(np.float32).tiny
TINY = [1e-45, 1e-40, np.nextafter(SMALLEST, np.float32(0)), SMALLEST, 2e-38, 1.0, np.inf, np.nan, 0.0]
NUMBERS = np.array([*TINY, *(-x for x in TINY)], np.float32)


def test_numbers_too_small_to_compute_with_are_flushed_and_no_others() -> None:
    program = passes.simplify(flush_program())
    expected = np.where(np.abs(NUMBERS) < SMALLEST, np.float32(0), NUMBERS)
    for run in (program, compile(program)):
        found = np.asarray(run(NUMBERS)["numbers"])
        np.testing.assert_array_equal(found, expected)
        np.testing.assert_array_equal(np.signbit(found[np.isinf(found)]), [False, True])
