"""The NumPy-like face: functions that promote, broadcast and check, then apply rows of the table.

A function that is given a NumPy array reads it where it lies, and what only moves elements (reshape, transpose, slices,
broadcasts, flips) returns a Tensor that looks at the same memory. Give it `Tensor(array)`, a copy, where the array will
be written to later. What `grad`, `vjp` and a Program return shares memory with nothing.

Reading order: primitives -> **ops** (convert, arithmetic, reduce, shaping, index, composite, loss, operators) -> tree
-> ...
"""

from minigrad.ops import arithmetic, index, loss, reduce, shaping
from minigrad.ops import operators as operators
from minigrad.ops.arithmetic import *  # noqa: F403
from minigrad.ops.convert import broadcast_shapes as broadcast_shapes
from minigrad.ops.convert import broadcast_to as broadcast_to
from minigrad.ops.index import *  # noqa: F403
from minigrad.ops.loss import *  # noqa: F403
from minigrad.ops.reduce import *  # noqa: F403
from minigrad.ops.shaping import *  # noqa: F403

__all__ = ["broadcast_shapes", "broadcast_to"]
__all__ += arithmetic.__all__
__all__ += reduce.__all__
__all__ += shaping.__all__
__all__ += index.__all__
__all__ += loss.__all__
