"""The same training step by others: `step(problem)` gives a function that makes k steps and returns the last loss.

Each is written as its users write it, from the formulas, on float32 arrays. Those that are not installed raise
`Unavailable`, with what would help.
"""

from importlib import import_module
from types import ModuleType

from benchmarks.races import Unavailable


def installed(name: str) -> ModuleType:
    """The module of that name.

    Raises:
        Unavailable: it is not installed.
    """
    try:
        return import_module(name)
    except ImportError as reason:
        raise Unavailable(f"not installed (pip install {name.split('.')[0]})") from reason
