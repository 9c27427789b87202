"""minigrad: automatic differentiation from scratch, from an array that remembers to a program that is compiled.

Start reading at `minigrad/tensor.py` and follow the reading order in the first lines of each file.
"""

from minigrad import check as check
from minigrad.dims import Dim, dims
from minigrad.ops import *  # noqa: F403
from minigrad.ops import __all__ as _functions
from minigrad.grad import grad, hessian, hvp, jacobian, jvp, value_and_grad, vjp
from minigrad.primitives import primitive
from minigrad.tensor import Tensor
from minigrad.program import Program
from minigrad.record import record, spec
