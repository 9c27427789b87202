"""The table of primitives: everything the library can compute, one row each.

A row is a name, a NumPy implementation, a shape rule and a VJP. Rows are strict: elementwise inputs have equal shapes
and dtypes, axes are sorted and non-negative, nothing is promoted. The NumPy-like face in `minigrad.ops` makes inputs
fit, so that each row stays one line of calculus and each back end (JAX, WebAssembly) is one more table with these
keys. Each row means something for every input of the right shape and dtype, because a compiled program cannot raise.

Reading order: primitive -> **primitives** (table, kernels, structure, broadcasting, elementwise,
reductions, indexing, own) -> ops -> ...
"""

from minigrad.primitives import broadcasting, elementwise, indexing, reductions, structure
from minigrad.primitives.own import primitive
from minigrad.primitives.table import TABLE

__all__ = ["TABLE", "broadcasting", "elementwise", "indexing", "primitive", "reductions", "structure"]
