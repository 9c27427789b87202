"""The backward walk: reverse mode in one loop, and `.backward()`, its thinnest face.

The walk starts at an output, visits what it was computed from in order of decreasing birth, and hands each primitive's
cotangent to its inputs by the primitive's VJP rules. When a value was used more than once its cotangents add up, and
because births are topological, all of them have arrived before it is visited: in `b = a + a; c = b + b` the cotangent
of `b` is complete (2) before `a` is reached (4). That is why a walk sorts instead of following edges as they come.

Rules are written with Tensors, so the walk can itself be remembered and differentiated. It is only when somebody will
ask: an enclosing `grad` or `record`, visible as tracked Tensors that do not come from this walk's own leaves.
Otherwise rules read untracked values and the results carry no history, so a training loop runs in flat memory.

Reading order: tensor -> primitives -> ops -> tree -> **walk** -> grad -> check -> ...
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from minigrad import tree
from minigrad.abstract import Abstract, origin
from minigrad.ops import add, full, zeros_like
from minigrad.ops.convert import to_tensor
from minigrad.tensor import Tensor, Value, as_tensor, as_value, detach


@dataclass(frozen=True)
class Trail:
    """What lies between some leaves and some outputs, oldest first, and whether somebody else is watching too."""

    nodes: list[Tensor]
    relevant: frozenset[int]  # ids of the nodes that depend on a leaf through floats
    watched: bool


def trail(outputs: Sequence[Tensor], leaves: Sequence[Tensor]) -> Trail:
    """Find what depends on the leaves. Nothing older than the oldest leaf can, so the search stops there."""
    oldest = min((x.birth for x in leaves), default=0)
    mine = {id(x) for x in leaves}
    found: dict[int, Tensor] = {}
    watched = False
    stack_ = [y for y in outputs if y.birth]
    while stack_:
        node = stack_.pop()
        if id(node) in found:
            continue
        if node.birth < oldest or (node.primitive is None and id(node) not in mine):
            watched = True
            continue
        found[id(node)] = node
        watched = watched or type(node.value) is Abstract
        stack_.extend(x for x in node.inputs if x.birth)
    nodes = sorted(found.values(), key=lambda node: node.birth)
    relevant = set(mine)
    for node in nodes:
        if node.value.dtype.kind == "f" and any(id(x) in relevant for x in node.inputs):
            relevant.add(id(node))
    return Trail(nodes, frozenset(relevant), watched)


def walk(
    path: Trail, outputs: Sequence[Tensor], cotangents: Sequence[Tensor], leaves: Sequence[Tensor]
) -> list[Tensor]:
    """The cotangents of the leaves, given those of the outputs: the whole of reverse mode."""
    read: Callable[[Tensor], Tensor] = (lambda x: x) if path.watched else detach
    waiting: dict[int, Tensor] = {}

    def send(x: Tensor, g: Tensor) -> None:
        waiting[id(x)] = add(waiting[id(x)], g) if id(x) in waiting else g

    for y, g in zip(outputs, cotangents, strict=True):
        if id(y) in path.relevant:
            send(y, g)
    own = {id(x) for x in leaves}
    for node in reversed(path.nodes):
        if id(node) in own or node.primitive is None or id(node) not in waiting:
            continue
        g = waiting.pop(id(node))
        if type(node.value) is Abstract:
            with origin("backward", node.value.source):
                _pull(node, g, path.relevant, read, send)
        else:
            _pull(node, g, path.relevant, read, send)
    return [waiting[id(x)] if id(x) in waiting else zeros_like(x) for x in leaves]


def _pull(
    node: Tensor,
    g: Tensor,
    relevant: frozenset[int],
    read: Callable[[Tensor], Tensor],
    send: Callable[[Tensor, Tensor], None],
) -> None:
    """Hand the cotangent `g` of one node on to those of its inputs that matter."""
    primitive = node.primitive
    assert primitive is not None
    z, inputs = read(node), [read(x) for x in node.inputs]
    for position, x in enumerate(node.inputs):
        if id(x) in relevant:
            rule = primitive.rule(position)
            if rule is not None:
                send(x, rule(g, z, *inputs, **node.params))


def backward(self: Tensor, cotangent: Any = None) -> None:
    """Add to `.grad` of every `requires_grad` leaf its gradient; a result that is not a scalar needs a cotangent."""
    if not self.birth:
        raise ValueError("backward() needs a result computed from a Tensor made with requires_grad=True")
    g = full((), 1, require_scalar(self).dtype) if cotangent is None else to_tensor(cotangent)
    found, stack_ = {id(self): self}, [self]
    while stack_:
        for x in stack_.pop().inputs:
            if x.birth and id(x) not in found:
                found[id(x)] = x
                stack_.append(x)
    leaves = [x for x in found.values() if x.primitive is None]
    path = trail([self], leaves)
    for x, share in zip(leaves, walk(path, [self], fit_cotangents(g, [self], tree.LEAF), leaves), strict=True):
        x.grad = owned(share, []) if x.grad is None else add(x.grad, share)


Tensor.backward = backward  # type: ignore[method-assign]


def fit_cotangents(cotangent: tree.Tree, results: list[Tensor], structure: tree.Structure) -> list[Tensor]:
    """A tree of cotangents as one Tensor per result, checked against its shape and dtype."""
    given, given_structure = tree.flatten(cotangent)
    if given_structure != structure:
        raise ValueError(f"the cotangent is a tree {given_structure}, but the result is a tree {structure}")
    tensors = []
    for g, y in zip(given, results, strict=True):
        g = g if isinstance(g, Tensor) else as_tensor(as_value(g, y.dtype if y.dtype.kind == "f" else None))
        if g.shape != y.shape or g.dtype != y.dtype:
            raise ValueError(
                f"the cotangent of a result {y.dtype}{list(y.shape)} has to be like it, and is {g.dtype}{list(g.shape)}"
            )
        tensors.append(g)
    return tensors


def require_scalar(y: Any) -> Tensor:
    """What a loss function returned, as a float Tensor without axes; `TypeError` or `ValueError` when it is not."""
    if not isinstance(y, Tensor | int | float | np.ndarray | np.generic):
        raise TypeError(f"grad needs a function that returns one scalar, and it returned {type(y).__name__}")
    loss = to_tensor(y)
    if loss.shape != ():
        raise ValueError(
            f"grad needs a scalar loss, and the function returned shape {loss.shape}; reduce it with minigrad.sum or "
            f"minigrad.mean, or use vjp or jacobian"
        )
    require_float(loss, "the loss", "return a float")
    return loss


def require_float(x: Tensor, what: str, advice: str) -> None:
    """`TypeError` for a dtype that has no gradient."""
    if x.dtype.kind != "f":
        raise TypeError(f"{what} has dtype {x.dtype}, which has no gradient; {advice}")


def owned(x: Tensor, others: Sequence[Value]) -> Tensor:
    """`x`, copied if its memory is a view or one of `others`: what leaves shares memory with nothing."""
    if x.birth or (x.value.base is None and not any(x.value is other for other in others)):
        return x
    return Tensor(x)
