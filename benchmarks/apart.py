"""A process of its own for a contestant in Python, so that nobody's time depends on who else was imported.

A library sets more than its own state: PyTorch, once imported, makes the C library keep large blocks of memory, with
which MyGrad's step took 440 µs instead of 680; thread pools wait actively for a while, and disturb who comes next.

Reading order: `timing` → `races` → **apart** → `problems` → …
"""

from collections.abc import Callable
from copy import deepcopy
from multiprocessing import get_context
from multiprocessing.connection import Connection
from traceback import format_exc
from typing import Any

from threadpoolctl import threadpool_limits

from benchmarks.timing import Run


def apart(make: Callable[..., Run], *args: Any) -> Run:
    """What `make(*args)` gives, made and run in a fresh process, with one thread for linear algebra.

    Asking it takes a tenth of a millisecond beside a batch of fifty. The process ends with this one.

    Raises:
        Exception: what `make` raises; and the function, what it raises when it runs.
    """
    processes = get_context("spawn")  # a forked one would inherit what is imported here
    here, there = processes.Pipe()
    processes.Process(target=_serve, args=(there, make, args), daemon=True).start()
    there.close()

    def answer() -> Any:
        try:
            result = here.recv()
        except EOFError:
            raise RuntimeError(f"the process of {make.__name__} has ended; what it said last stands above") from None
        if isinstance(result, Exception):
            raise result
        return result

    def ask(count: int) -> float | None:
        here.send(count)
        result: float | None = answer()
        return result

    answer()  # that it is there
    return ask


def _serve(pipe: Connection, make: Callable[..., Run], args: tuple[Any, ...]) -> None:
    """Says that it is there; then runs as often as it is told, until nobody listens, or sends what went wrong."""
    try:
        with threadpool_limits(1):
            run = make(*deepcopy(args))  # arrays that came through the pipe do not own their memory
            pipe.send(None)
            while True:
                pipe.send(run(pipe.recv()))
    except EOFError:
        return
    except Exception as error:
        error.add_note(format_exc())
        pipe.send(error)
