"""Losses: what a training step reduces to one number.

Reading order: primitives -> ops (..., shaping, index, **loss**, operators) -> tree -> ...
"""

from __future__ import annotations

from typing import Any, Literal

import numpy as np

from minigrad.dims import Dim, size_of
from minigrad.memory import take_like
from minigrad.ops.arithmetic import exp, log, square, stop_gradient, where
from minigrad.ops.composite import Composite
from minigrad.ops.convert import as_float, is_abstract, to_tensor
from minigrad.ops.index import one_hot
from minigrad.ops.reduce import max, mean, softmax, sum
from minigrad.primitives import kernels
from minigrad.tensor import DTYPES, Array, Tensor

__all__ = [
    "cross_entropy", "mean_squared_error",
]  # fmt: skip


def cross_entropy(logits: Any, labels: Any) -> Tensor:
    """The mean negative log-probability of the right class under softmax.

    logits: float [..., classes]; labels: integers [...] in 0..classes - 1. Raises `ValueError` for shapes that do not
    match and labels out of range, `TypeError` for labels that are not integers. Its gradient with respect to the
    logits is (softmax - one_hot) / count: CS231n, "Softmax classifier", cs231n.github.io/linear-classify.

    >>> cross_entropy(Tensor([[0.0, 0.0]]), Tensor([1]))
    Tensor(0.69314718)
    """
    logits, labels = as_float(logits), to_tensor(labels)
    _require_labels(logits, labels)
    return _cross_entropy(logits, labels)


def _mean_loss(logits: Tensor, labels: Tensor) -> Tensor:
    """The mean of log Σ exp(x) - x[label], x less its maximum so that nothing overflows."""
    shifted = logits - stop_gradient(max(logits, axis=-1, keepdims=True))
    right = where(one_hot(labels, logits.shape[-1], np.bool_), shifted, 0)
    losses = log(sum(exp(shifted), axis=-1)) - sum(right, axis=-1)
    return sum(losses) / size_of(labels.shape)


def _mean_loss_of_arrays(logits: Array, labels: Array) -> Any:
    """The same; the right logits are taken by their places, not by a mask."""
    shifted = _shifted(logits, order="K")  # as rows do: in another order the sums would round otherwise
    right = shifted.take(kernels.places(labels, logits.shape[-1]))
    np.exp(shifted, out=shifted)
    losses = np.log(kernels.sum_over(shifted, (labels.ndim,))) - right
    return kernels.sum_over(losses, tuple(range(labels.ndim))) / logits.dtype.type(labels.size)


def _gradient(g: Any, z: Any, logits: Any, labels: Any) -> Any:
    """(softmax - one_hot) · g / count."""
    if type(g) is not Tensor:
        return _gradient_of_arrays(g, logits, labels)
    return (softmax(logits) - one_hot(labels, logits.shape[-1], logits.dtype)) * (g / size_of(labels.shape))


def _gradient_of_arrays(g: Any, logits: Array, labels: Array) -> Array:
    share = g / logits.dtype.type(labels.size)
    shares = _shifted(logits, order="C")
    np.exp(shares, out=shares)
    shares *= (share / kernels.sum_over(shares, (labels.ndim,)))[..., None]
    shares.reshape(-1)[kernels.places(labels, logits.shape[-1])] -= share  # a view, since the order is C's
    return shares


def _shifted(logits: Array, order: Literal["C", "K"]) -> Array:
    top: Array = kernels.max_over(logits, (logits.ndim - 1,))
    return np.subtract(logits, top[..., None], out=take_like(logits), order=order)


_cross_entropy = Composite("cross_entropy", _mean_loss, _mean_loss_of_arrays, _gradient, None)


def mean_squared_error(prediction: Any, target: Any) -> Tensor:
    """The mean of the squared differences; the shapes have to be equal, since broadcasting here is a common mistake."""
    prediction, target = as_float(prediction), to_tensor(target)
    if prediction.shape != target.shape:
        raise ValueError(f"mean_squared_error needs equal shapes, and got {prediction.shape} and {target.shape}")
    return mean(square(prediction - target))


_UNSIGNED = {dtype: np.dtype(f"u{dtype.itemsize}") for dtype in DTYPES if dtype.kind in "iu"}


def _require_labels(logits: Tensor, labels: Tensor) -> None:
    have, wanted = labels.value, logits.value
    if have.dtype.kind not in "iu":
        raise TypeError(f"cross_entropy needs integer class labels, and got dtype {have.dtype}")
    if wanted.ndim == 0 or have.shape != wanted.shape[:-1]:
        raise ValueError(
            f"cross_entropy needs one label per row of logits: logits have shape {wanted.shape}, so labels should "
            f"have {wanted.shape[:-1]}, and have {have.shape}"
        )
    classes = wanted.shape[-1]
    if is_abstract(labels) or isinstance(classes, Dim):
        return
    wrong = have.view(_UNSIGNED[have.dtype]) >= classes  # as unsigned, what is negative is too large
    if np.count_nonzero(wrong):
        row = tuple(int(i) for i in np.argwhere(wrong)[0])
        raise ValueError(
            f"label {have[row]} at row {row[0] if len(row) == 1 else row} is out of range for {classes} "
            f"classes, 0..{classes - 1}"
        )
