"""minigrad: automatic differentiation from scratch, from an array that remembers to a program that is compiled.

Reading order, which the first lines of each file repeat around itself:
    dims, abstract -> tensor -> memory -> primitive -> primitives -> ops -> tree -> walk -> grad -> check
    -> nn -> schedules -> optim -> program -> record -> text -> passes -> binding -> execute
    -> data -> files -> points -> snapshots -> runs -> train -> recipe -> weights -> options -> console -> __main__
Start at `tensor`; `dims` and `abstract` can wait until a shape is symbolic and a value has no numbers. `elsewhere` is
only for who comes from PyTorch.
"""

from typing import TYPE_CHECKING

from minigrad import check, data, elsewhere, nn, ops, optim
from minigrad.dims import Dim, dims
from minigrad.grad import grad, hessian, hvp, jacobian, jvp, value_and_grad, vjp
from minigrad.ops import *  # noqa: F403
from minigrad.primitives import primitive
from minigrad.program import Program
from minigrad.record import record, spec
from minigrad.tensor import Tensor

__all__ = [
    "Dim", "Program", "Tensor", "check", "data", "dims", "grad", "hessian", "hvp", "jacobian", "jvp", "nn", "optim",
    "primitive", "record", "spec", "value_and_grad", "vjp",
]  # fmt: skip
__all__ += ops.__all__

if not TYPE_CHECKING:  # to a type checker this would mean that every name is there
    __getattr__ = elsewhere.missing
