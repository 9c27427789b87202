"""An array that remembers: the Tensor is the tape.

A Tensor is a value together with how it came to be: the primitive, its inputs and parameters, and a birth number.
Births increase, so they order any set of Tensors topologically: whoever walks backward sorts, and needs no recursion
and no list of operations on the side. A value is either a NumPy array or, while a function is being recorded, an
`Abstract`: a shape and a dtype with no numbers.

Only what somebody will ask about is remembered. A Tensor is *tracked* when its birth is not 0; the result of a
primitive is tracked when one of its inputs is. `grad` and `record` start it by making tracked leaves, and dropping
the result frees the whole history, because it points only backward.

Reading order: dims, abstract -> **tensor** -> memory -> primitive -> ...
"""

from __future__ import annotations

import itertools
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any, NoReturn, cast

import numpy as np

from minigrad.abstract import Abstract, Dtype
from minigrad.dims import Shape, Size, size_of

if TYPE_CHECKING:
    from minigrad.primitive import Primitive

Array = np.ndarray[Any, Any]
Value = Any  # np.ndarray | Abstract: both have .shape, .dtype and .ndim, and shape rules read only those
History = tuple["Primitive", tuple["Tensor", ...], dict[str, Any]]  # what computed a Tensor, from what, and how

DTYPES = tuple(np.dtype(name) for name in ("float64", "float32", "int64", "int32", "uint8", "bool"))
_SUPPORTED = {dtype: dtype for dtype in DTYPES}
births = itertools.count(1)


class Tensor:
    """An array that remembers how it was computed.

    `Tensor(data, dtype=None, requires_grad=False)` copies `data`, so later writes to it change nothing here. The
    dtype is what NumPy would give, one of float64, float32, int64, int32, uint8, bool; `TypeError` for any other.
    With `requires_grad=True` it is a leaf for `.backward()`, the face for people who come from PyTorch; `grad` needs
    no such mark.

    >>> Tensor([1.0, 2.0]) * 3
    Tensor([3., 6.])
    """

    __slots__ = ("__weakref__", "_grad", "birth", "history", "value")
    value: Value
    birth: int
    history: History | None
    _grad: Tensor | None

    def __init__(self, data: Any, dtype: Any = None, requires_grad: bool = False) -> None:
        if isinstance(data, Tensor):
            data = data._untouched("Tensor()")
        self.value = np.array(as_value(data, dtype))
        self.history = None
        self.birth = 0
        if requires_grad:
            self.birth, self._grad = next(births), None
        if requires_grad and self.value.dtype.kind != "f":
            raise TypeError(f"requires_grad needs a float dtype, and this Tensor has {self.value.dtype}")

    @property
    def shape(self) -> Shape:
        """The lengths of the axes; a `Dim` where a length is symbolic."""
        return cast(Shape, self.value.shape)

    @property
    def dtype(self) -> Dtype:
        """The NumPy dtype."""
        return cast(Dtype, self.value.dtype)

    @property
    def ndim(self) -> int:
        """The number of axes."""
        return cast(int, self.value.ndim)

    @property
    def size(self) -> Size:
        """The number of elements."""
        return size_of(self.shape)

    @property
    def primitive(self) -> Primitive | None:
        """The row that computed this Tensor; None for a leaf."""
        return self.history[0] if self.history else None

    @property
    def inputs(self) -> tuple[Tensor, ...]:
        """What it was computed from."""
        return self.history[1] if self.history else ()

    @property
    def params(self) -> dict[str, Any]:
        """The parameters it was computed with."""
        return self.history[2] if self.history else {}

    @property
    def requires_grad(self) -> bool:
        """Whether this is a leaf for `.backward()`, which other transformations do not follow."""
        return self.birth != 0 and self.history is None and hasattr(self, "_grad")

    @property
    def grad(self) -> Tensor | None:
        """What `.backward()` has accumulated here, None before."""
        return getattr(self, "_grad", None)

    @grad.setter
    def grad(self, value: Tensor | None) -> None:
        self._grad = value

    def numpy(self) -> Array:
        """The numbers, as a read-only view without gradient; raises `TypeError` while recording."""
        view = self._concrete("numpy()").view()
        view.flags.writeable = False
        return view

    def item(self) -> Any:
        """The single number as a Python scalar without gradient; `ValueError` when there is not exactly one."""
        return _single(self._concrete("item()"))

    def tolist(self) -> Any:
        """The numbers as nested Python lists without gradient; raises `TypeError` while recording."""
        return self._concrete("tolist()").tolist()

    def __format__(self, spec: str) -> str:
        return format(self.item(), spec) if spec else str(self)

    def __float__(self) -> float:
        return float(_single(self._untouched("float()")))

    def __int__(self) -> int:
        return int(_single(self._untouched("int()")))

    def __index__(self) -> int:
        if self.dtype.kind not in "iu":
            raise TypeError(f"only an integer Tensor can be an index, and this one has dtype {self.dtype}")
        return int(self.item())

    def __bool__(self) -> bool:
        value = self._concrete("bool()", "write the choice as minigrad.where(condition, a, b)")
        if value.size != 1:
            raise ValueError(f"the truth of a Tensor of shape {value.shape} is ambiguous; reduce it first")
        return bool(value)

    def __len__(self) -> int:
        if not self.shape:
            raise TypeError("a Tensor without axes has no len()")
        return cast(int, self.shape[0])

    def __hash__(self) -> int:
        return id(self)  # == compares element by element, so Tensors hash by identity

    def __reduce__(self) -> tuple[Any, ...]:
        if self.history is not None or type(self.value) is Abstract:
            raise TypeError("only a Tensor without history can be copied or pickled; use Tensor(x.numpy())")
        return Tensor, (self.value, None, self.requires_grad)

    def __setitem__(self, key: Any, value: Any) -> NoReturn:
        raise TypeError(
            "a Tensor is never written in place, because gradients need the values that were computed with; "
            "use minigrad.where(mask, new, old), or build a new Tensor"
        )

    def __array__(self, dtype: Any = None, copy: bool | None = None) -> Array:
        if self.birth:
            kind = "an abstract" if type(self.value) is Abstract else "a tracked"
            raise TypeError(
                f"NumPy would lose the gradient of {kind} Tensor of shape {self.shape}; use the functions under "
                f"minigrad, or .numpy() of a concrete Tensor to leave differentiation on purpose"
            )
        return np.array(self.value, dtype) if copy or dtype is not None else self.numpy()

    def __repr__(self) -> str:
        if type(self.value) is Abstract:
            return f"Tensor(shape={self.shape}, dtype={self.dtype}, being recorded)"
        dtype = "" if self.value.dtype in (np.float64, np.int64, np.bool_) else f", dtype={self.value.dtype}"
        mark = f", from {self.primitive.name}" if self.primitive else ", tracked" if self.birth else ""
        return f"Tensor({np.array2string(self.value, separator=', ', prefix='Tensor(')}{dtype}{mark})"

    def _concrete(self, request: str, advice: str = "keep it a Tensor, or make what depends on it an input") -> Array:
        if type(self.value) is Abstract:
            raise TypeError(
                f"{request} of an abstract Tensor of shape {self.shape} and dtype {self.dtype}: while a function is "
                f"being recorded its Tensors have no numbers, and a Python branch or constant made from one would be "
                f"baked in; {advice}"
            )
        return cast(Array, self.value)

    def _untouched(self, request: str) -> Array:
        """The numbers, unless a transformation would silently lose the gradient that goes through them."""
        value = self._concrete(request)
        if value.dtype.kind == "f" and any(not x.requires_grad for x in origins(self)):
            raise TypeError(
                f"{request} of a Tensor of shape {value.shape} would lose its gradient; use the functions under "
                f"minigrad, or .item() and .numpy() to leave differentiation on purpose"
            )
        return value

    if TYPE_CHECKING:  # minigrad.ops attaches these, so that this file needs to know no operation

        def __add__(self, other: Any) -> Tensor: ...
        def __radd__(self, other: Any) -> Tensor: ...
        def __sub__(self, other: Any) -> Tensor: ...
        def __rsub__(self, other: Any) -> Tensor: ...
        def __mul__(self, other: Any) -> Tensor: ...
        def __rmul__(self, other: Any) -> Tensor: ...
        def __truediv__(self, other: Any) -> Tensor: ...
        def __rtruediv__(self, other: Any) -> Tensor: ...
        def __floordiv__(self, other: Any) -> Tensor: ...
        def __rfloordiv__(self, other: Any) -> Tensor: ...
        def __mod__(self, other: Any) -> Tensor: ...
        def __rmod__(self, other: Any) -> Tensor: ...
        def __pow__(self, other: Any) -> Tensor: ...
        def __rpow__(self, other: Any) -> Tensor: ...
        def __matmul__(self, other: Any) -> Tensor: ...
        def __rmatmul__(self, other: Any) -> Tensor: ...
        def __and__(self, other: Any) -> Tensor: ...
        def __or__(self, other: Any) -> Tensor: ...
        def __xor__(self, other: Any) -> Tensor: ...
        def __invert__(self) -> Tensor: ...
        def __neg__(self) -> Tensor: ...
        def __abs__(self) -> Tensor: ...
        def __lt__(self, other: Any) -> Tensor: ...
        def __le__(self, other: Any) -> Tensor: ...
        def __gt__(self, other: Any) -> Tensor: ...
        def __ge__(self, other: Any) -> Tensor: ...
        def __eq__(self, other: object) -> Tensor: ...  # type: ignore[override]
        def __ne__(self, other: object) -> Tensor: ...  # type: ignore[override]
        def __getitem__(self, key: Any) -> Tensor: ...
        def __iter__(self) -> Iterator[Tensor]: ...
        @property
        def T(self) -> Tensor: ...
        def sum(self, axis: Any = None, keepdims: bool = False) -> Tensor: ...
        def mean(self, axis: Any = None, keepdims: bool = False) -> Tensor: ...
        def var(self, axis: Any = None, keepdims: bool = False, ddof: int = 0) -> Tensor: ...
        def std(self, axis: Any = None, keepdims: bool = False, ddof: int = 0) -> Tensor: ...
        def max(self, axis: Any = None, keepdims: bool = False) -> Tensor: ...
        def min(self, axis: Any = None, keepdims: bool = False) -> Tensor: ...
        def argmax(self, axis: int | None = None) -> Tensor: ...
        def argmin(self, axis: int | None = None) -> Tensor: ...
        def reshape(self, *shape: Any) -> Tensor: ...
        def transpose(self, *axes: Any) -> Tensor: ...
        def astype(self, dtype: Any) -> Tensor: ...
        def backward(self, cotangent: Any = None) -> None: ...


def origins(x: Tensor) -> list[Tensor]:
    """The tracked leaves that `x` was computed from; none when it is untracked."""
    found: dict[int, Tensor] = {}
    waiting = [x]
    while waiting:
        node = waiting.pop()
        if node.birth and node.birth not in found:
            found[node.birth] = node
            waiting += node.inputs
    return [node for node in found.values() if node.history is None]


def _single(value: Array) -> Any:
    if value.size != 1:
        raise ValueError(f"a single number needs exactly one element, but this Tensor has shape {value.shape}")
    return value.item()


def as_value(data: Any, dtype: Any = None) -> Array:
    """`data` as an array of a supported dtype, not copied when it is one already."""
    value = np.asarray(data, dtype)
    known = _SUPPORTED.get(value.dtype)
    if known is None:
        raise TypeError(
            f"a Tensor cannot hold dtype {value.dtype}; convert it to one of {', '.join(d.name for d in DTYPES)} first"
        )
    # Arrays that were pickled bring a dtype object of their own, and dtypes are compared by identity where it is hot.
    return value if value.dtype is known else value.view(known)


def as_tensor(x: Any) -> Tensor:
    """`x` itself when it is a Tensor; else an untracked Tensor around the same memory."""
    return x if type(x) is Tensor else wrap(as_value(x))


def leaf(value: Value) -> Tensor:
    """A tracked Tensor without history: what differentiation and recording start from."""
    tensor = wrap(value)
    tensor.birth = next(births)
    return tensor


def detach(x: Tensor) -> Tensor:
    """The same numbers, untracked: what leaves a transformation, and what a forgotten backward walk reads."""
    return wrap(x.value) if x.birth else x


def wrap(value: Value) -> Tensor:
    """An untracked Tensor around this very value, which is known to be one that Tensors can have."""
    tensor = Tensor.__new__(Tensor)
    tensor.value, tensor.birth, tensor.history = value, 0, None
    return tensor
