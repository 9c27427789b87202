"""Words from elsewhere: who looks for them as in PyTorch is told what they are called, or where they are, here.

Each stands as a property that raises, not behind `Tensor.__getattr__`, which would slow every attribute of a Tensor.

Reading order: apart; nothing needs it.
"""

from inspect import signature
from pathlib import Path
from pkgutil import iter_modules
from typing import Any, NoReturn

from minigrad import ops
from minigrad.optim import Optimizer
from minigrad.tensor import Tensor

CALLS = {name: list(signature(getattr(ops, name)).parameters) for name in ops.__all__ if not hasattr(Tensor, name)}

OF_TENSORS = {name: f"write minigrad.{name}({', '.join(of)})" for name, of in CALLS.items() if of[0] == "x"} | {
    "detach": "write minigrad.stop_gradient(x), or x.numpy() to leave differentiation",
    "numel": "write x.size",
    "permute": "write x.transpose(...)",
    "unsqueeze": "write minigrad.expand_dims(x, axis)",
    "view": "write x.reshape(...)",
    "zero_grad": "write x.grad = None",
}
OF_OPTIMIZERS = {
    "step": "write params, state = optimizer.update(params, grads, state)",
    "zero_grad": "minigrad.grad returns gradients, so there is nothing to reset",
}
OF_THE_PACKAGE = {
    "cat": "write minigrad.concatenate",
    "no_grad": "gradients are remembered only where grad, record or requires_grad asks for them, and "
    "minigrad.stop_gradient(x) leaves one out",
}


def missing(name: str) -> NoReturn:
    """What `minigrad.name` does where there is no such name: raise `AttributeError`."""
    if name in OF_THE_PACKAGE:
        raise AttributeError(f"minigrad has no {name!r}: {OF_THE_PACKAGE[name]}", name=name)
    if name in (module.name for module in iter_modules([str(Path(__file__).parent)])):
        raise AttributeError(
            f"minigrad has no {name!r} before its module is imported: import minigrad.{name}", name=name
        )
    raise AttributeError(f"minigrad has no {name!r}")  # without `name=` Python adds what may have been meant


def _signpost(owner: str, name: str, hint: str) -> property:
    def look(self: Any) -> NoReturn:
        raise AttributeError(f"{owner} has no {name!r}: {hint}", name=name)

    return property(look)


for _class, _owner, _hints in ((Tensor, "a Tensor", OF_TENSORS), (Optimizer, "an optimizer", OF_OPTIMIZERS)):
    for _name, _hint in _hints.items():
        setattr(_class, _name, _signpost(_owner, _name, _hint))
