"""Python's operators and NumPy's methods on Tensors, attached to the class here so that `tensor` knows no operation.

Reading order: primitives -> ops (..., index, loss, **operators**) -> tree -> ...
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any, NoReturn

from minigrad.dims import Dim
from minigrad.ops import arithmetic, index, reduce, shaping
from minigrad.ops.convert import to_tensor
from minigrad.tensor import Tensor


def _swapped(f: Callable[[Any, Any], Tensor]) -> Callable[[Any, Any], Tensor]:
    return lambda self, other: f(other, self)


def _of_bools(f: Callable[..., Tensor], symbol: str) -> Callable[..., Tensor]:
    def operator(*xs: Any) -> Tensor:
        tensors = [to_tensor(x) for x in xs]
        for x in tensors:
            if x.dtype.kind != "b":
                raise TypeError(f"{symbol} is defined for bool Tensors, not for {x.dtype}; see minigrad.{f.__name__}")
        return f(*tensors)

    return operator


def _with_floats(exact: Any, inexact: Callable[[Any, Any], Tensor]) -> Any:
    """Arithmetic of a dimension with a float, which makes it a number of the running program."""

    def method(self: Dim, other: Any) -> Any:
        return inexact(self, other) if isinstance(other, float) else exact(self, other)

    return method


def _iterate(self: Tensor) -> Iterator[Tensor]:
    length = self.shape[0] if self.shape else None
    if length is None or isinstance(length, Dim):
        raise TypeError(f"cannot iterate over a Tensor of shape {self.shape}")
    return (self[i] for i in range(length))


_UFUNCS = {
    "add": arithmetic.add, "subtract": arithmetic.subtract, "multiply": arithmetic.multiply,
    "divide": arithmetic.divide, "floor_divide": arithmetic.floor_divide, "remainder": arithmetic.mod,
    "power": arithmetic.power, "matmul": reduce.matmul, "less": arithmetic.less,
    "less_equal": arithmetic.less_equal, "greater": arithmetic.greater, "greater_equal": arithmetic.greater_equal,
    "equal": arithmetic.equal, "not_equal": arithmetic.not_equal,
    "bitwise_and": _of_bools(arithmetic.logical_and, "&"), "bitwise_or": _of_bools(arithmetic.logical_or, "|"),
    "bitwise_xor": _of_bools(arithmetic.logical_xor, "^"),
}  # fmt: skip


def _array_ufunc(self: Tensor, ufunc: Any, method: str, *inputs: Any, **kwargs: Any) -> Tensor:
    """`array + tensor` arrives here as np.add; what is no operator is refused, so that nothing is half supported."""
    if method == "__call__" and ufunc.__name__ in _UFUNCS and not kwargs:
        return _UFUNCS[ufunc.__name__](*inputs)
    if "out" in kwargs:
        raise TypeError("an array cannot take a Tensor in place, as in a += tensor; write a = a + tensor")
    raise _unknown(f"np.{ufunc.__name__}" if method == "__call__" else f"np.{ufunc.__name__}.{method}")


def _array_function(self: Tensor, function: Any, types: Any, args: Any, kwargs: Any) -> NoReturn:
    """What is no ufunc, such as np.sum and np.linalg.inv, arrives here."""
    raise _unknown(f"{function.__module__.replace('numpy', 'np')}.{function.__name__}")


def _unknown(function: str) -> TypeError:
    from minigrad import ops  # which imports this file

    name = function.rpartition(".")[2]
    advice = f"use minigrad.{name}" if name in ops.__all__ else "where no gradient is needed give it x.numpy()"
    return TypeError(f"{function} does not know Tensors; {advice}")


_METHODS: dict[str, Any] = {
    "__array_ufunc__": _array_ufunc,
    "__array_function__": _array_function,
    "__iter__": _iterate,
    "__getitem__": index.getitem,
    "__neg__": arithmetic.negative,
    "__pos__": lambda self: self,
    "__abs__": arithmetic.absolute,
    "__invert__": _of_bools(arithmetic.logical_not, "~"),
    "__lt__": arithmetic.less, "__le__": arithmetic.less_equal,
    "__gt__": arithmetic.greater, "__ge__": arithmetic.greater_equal,
    "__eq__": arithmetic.equal, "__ne__": arithmetic.not_equal,
    "T": property(shaping.transpose),
    "sum": reduce.sum, "mean": reduce.mean, "var": reduce.var, "std": reduce.std, "max": reduce.max,
    "min": reduce.min, "argmax": reduce.argmax, "argmin": reduce.argmin, "all": reduce.all, "any": reduce.any,
    "reshape": shaping.reshape, "ravel": shaping.ravel, "transpose": shaping.transpose,
    "swapaxes": shaping.swapaxes, "squeeze": shaping.squeeze, "astype": arithmetic.astype, "dot": reduce.dot,
    "clip": arithmetic.clip,
}  # fmt: skip

for _name, _function in {
    "add": arithmetic.add, "sub": arithmetic.subtract, "mul": arithmetic.multiply, "truediv": arithmetic.divide,
    "floordiv": arithmetic.floor_divide, "mod": arithmetic.mod, "pow": arithmetic.power, "matmul": reduce.matmul,
    "and": _UFUNCS["bitwise_and"], "or": _UFUNCS["bitwise_or"], "xor": _UFUNCS["bitwise_xor"],
}.items():  # fmt: skip
    _METHODS[f"__{_name}__"] = _function
    _METHODS[f"__r{_name}__"] = _swapped(_function)

for _name, _method in _METHODS.items():
    setattr(Tensor, _name, _method)

for _name, _function in {"add": arithmetic.add, "sub": arithmetic.subtract, "mul": arithmetic.multiply}.items():
    setattr(Dim, f"__{_name}__", _with_floats(getattr(Dim, f"__{_name}__"), _function))
    setattr(Dim, f"__r{_name}__", _with_floats(getattr(Dim, f"__r{_name}__"), _swapped(_function)))
for _name, _function in {"__truediv__": arithmetic.divide, "__rtruediv__": _swapped(arithmetic.divide)}.items():
    setattr(Dim, _name, _function)
