"""How all four commands end: with their status, and quietly when whoever reads what they print has seen enough.

Reading order: ... options -> **console** -> `__main__`
"""

import os
import sys
from collections.abc import Callable
from typing import NoReturn


def run(main: Callable[[], int]) -> NoReturn:
    """Runs a command and exits with its status; a reader that leaves early, as `| head` does, is no error."""
    status = 0
    try:
        try:
            status = main()
        finally:  # also after --help, which leaves by SystemExit
            print(end="", flush=True)  # does nothing where standard output is closed
    except BrokenPipeError:
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())  # Python flushes once more on its way out
    sys.exit(status)
