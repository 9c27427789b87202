"""A process of its own for a contestant in Python, so that nobody's time depends on who else was imported.

A library sets more than its own state: PyTorch, once imported, makes the C library keep large blocks of memory, with
which MyGrad's step took 440 µs instead of 680; thread pools wait actively for a while, and disturb who comes next.

Reading order: `timing` → `races` → **apart** → `problems` → …
"""

from collections.abc import Callable
from copy import deepcopy
from multiprocessing import get_context
from multiprocessing.connection import Connection
from typing import Any

from threadpoolctl import threadpool_limits

from benchmarks.races import Unavailable
from benchmarks.timing import Run


def apart(make: Callable[..., Run], *args: Any) -> Run:
    """What `make(*args)` gives, made and run in a fresh process, with one thread for linear algebra.

    Asking it takes a tenth of a millisecond beside a batch of fifty. The process ends with this one.

    Raises:
        Unavailable: as `make` does.
    """
    processes = get_context("spawn")  # a forked one would inherit what is imported here
    here, there = processes.Pipe()
    processes.Process(target=_serve, args=(there, make, args), daemon=True).start()
    there.close()

    def ask(count: int) -> float | None:
        here.send(count)
        result: float | None = here.recv()
        return result

    refusal = here.recv()
    if refusal is not None:
        raise Unavailable(refusal)
    return ask


def _serve(pipe: Connection, make: Callable[..., Run], args: tuple[Any, ...]) -> None:
    """Says what makes it unavailable, or None; then runs as often as it is told, until nobody listens."""
    with threadpool_limits(1):
        try:
            run = make(*deepcopy(args))  # arrays that came through the pipe do not own their memory
        except Unavailable as reason:
            pipe.send(str(reason))
            return
        pipe.send(None)
        while True:
            try:
                count = pipe.recv()
            except EOFError:
                return
            pipe.send(run(count))
