"""Losses: what a training step reduces to one number.

Reading order: primitives -> ops (..., shaping, index, **loss**, operators) -> tree -> ...
"""

from __future__ import annotations

from typing import Any

import numpy as np

from minigrad.dims import Dim, size_of
from minigrad.ops.arithmetic import square, where
from minigrad.ops.convert import as_float, is_abstract, to_tensor
from minigrad.ops.index import one_hot
from minigrad.ops.reduce import log_softmax, mean, sum
from minigrad.tensor import Tensor

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
    target = one_hot(labels, logits.shape[-1], np.bool_)
    return -sum(where(target, log_softmax(logits), 0)) / size_of(labels.shape)


def mean_squared_error(prediction: Any, target: Any) -> Tensor:
    """The mean of the squared differences; the shapes have to be equal, since broadcasting here is a common mistake."""
    prediction, target = as_float(prediction), to_tensor(target)
    if prediction.shape != target.shape:
        raise ValueError(f"mean_squared_error needs equal shapes, and got {prediction.shape} and {target.shape}")
    return mean(square(prediction - target))


def _require_labels(logits: Tensor, labels: Tensor) -> None:
    if labels.dtype.kind not in "iu":
        raise TypeError(f"cross_entropy needs integer class labels, and got dtype {labels.dtype}")
    if logits.ndim == 0 or labels.shape != logits.shape[:-1]:
        raise ValueError(
            f"cross_entropy needs one label per row of logits: logits have shape {logits.shape}, so labels should "
            f"have {logits.shape[:-1]}, and have {labels.shape}"
        )
    classes = logits.shape[-1]
    if is_abstract(labels) or isinstance(classes, Dim):
        return
    wrong = labels.value.view(f"u{labels.dtype.itemsize}") >= classes  # as unsigned, what is negative is too large
    if wrong.any():
        row = tuple(int(i) for i in np.argwhere(wrong)[0])
        raise ValueError(
            f"label {labels.value[row]} at row {row[0] if len(row) == 1 else row} is out of range for {classes} "
            f"classes, 0..{classes - 1}"
        )
