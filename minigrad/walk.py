"""The backward walk: reverse mode in one loop, and `.backward()`, its thinnest face.

The walk starts at an output, visits what it was computed from in order of decreasing birth, and hands each primitive's
cotangent to its inputs by the primitive's VJP rules. When a value was used more than once its cotangents add up, and
because births are topological, all of them have arrived before it is visited: in `b = a + a; c = b + b` the cotangent
of `b` is complete (2) before `a` is reached (4). That is why a walk sorts instead of following edges as they come.

Rules are written with operators and rows of the table, which know Tensors and plain arrays alike. On Tensors the walk
can itself be remembered and differentiated. It is only when somebody will ask: an enclosing `grad` or `record`,
visible as tracked Tensors that do not come from this walk's own leaves. Otherwise rules run on the bare arrays, several
times faster, and nothing remembers the walk, so a training loop runs in flat memory.

Reading order: ... ops -> tree -> **walk** -> grad -> check -> ...
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from minigrad import tree
from minigrad.abstract import Abstract, origin
from minigrad.memory import LARGE
from minigrad.ops import add, full, zeros_like
from minigrad.ops.convert import to_tensor
from minigrad.primitive import Primitive, Rule
from minigrad.tensor import Tensor, as_tensor, as_value, detach

MAYBE_SCALARS = (Tensor, int, float, np.ndarray, np.generic)  # a union type would be built at each call

Shares = list[tuple[int, Tensor, Rule]]  # the inputs that a node hands its cotangent on to: position, input, rule


@dataclass(frozen=True)
class Trail:
    """What lies between some leaves and some outputs, and whether somebody else is watching too.

    A birth is a tracked Tensor's identity as well as its place in the order, so sets and dictionaries hold births.
    """

    nodes: list[tuple[Tensor, Shares]]  # what depends on a leaf through floats, oldest first, leaves left out
    relevant: set[int]  # the births of those nodes and of the leaves
    watched: bool


def trail(outputs: Sequence[Tensor], leaves: Sequence[Tensor]) -> Trail:
    """Find what depends on the leaves, by rules that are not None: nothing flows back through the others.

    Nothing older than the oldest leaf can depend on it, so the search stops there.
    """
    mine = {x.birth for x in leaves}
    oldest = min(mine, default=0)
    found: dict[int, Tensor] = {}
    watched = False
    waiting = list(outputs)
    while waiting:
        node = waiting.pop()
        birth = node.birth
        if not birth or birth in found:
            continue
        if birth < oldest or (node.history is None and birth not in mine):
            # Only `.backward()` asks through `requires_grad` leaves, in a walk of its own.
            watched = watched or not node.requires_grad
            continue
        found[birth] = node
        watched = watched or type(node.value) is Abstract  # a constant may meet something recorded on the way
        if node.history is not None:
            waiting += node.history[1]
    relevant = set(mine)
    nodes: list[tuple[Tensor, Shares]] = []
    for birth in sorted(found.keys() - mine):
        node = found[birth]
        if node.value.dtype.kind != "f" or node.history is None:
            continue
        primitive, inputs, _ = node.history
        shares: Shares = []
        for position, x in enumerate(inputs):
            if x.birth in relevant and (rule := primitive.rule(position)) is not None:
                shares.append((position, x, rule))
        if shares:
            relevant.add(birth)
            nodes.append((node, shares))
    return Trail(nodes, relevant, watched)


def walk(
    path: Trail, outputs: Sequence[Tensor], cotangents: Sequence[Tensor], leaves: Sequence[Tensor]
) -> list[Tensor]:
    """The cotangents of the leaves, given those of the outputs: the whole of reverse mode."""
    waiting: dict[int, Any] = {}  # from a birth to what has arrived there so far, Tensors or arrays
    for y, g in zip(outputs, cotangents, strict=True):
        if y.birth in path.relevant:
            _send(waiting, y, g)
    for node, shares in reversed(path.nodes):
        arrived = waiting.pop(node.birth, None)
        if arrived is None:
            continue
        if type(node.value) is Abstract:
            with origin("backward", node.value.source):
                _pull(path.watched, waiting, node, shares, arrived)
        else:
            _pull(path.watched, waiting, node, shares, arrived)
    return [as_tensor(waiting[x.birth]) if x.birth in waiting else zeros_like(x) for x in leaves]


def _pull(watched: bool, waiting: dict[int, Any], node: Tensor, shares: Shares, g: Any) -> None:
    """Hand the cotangent `g` of one node on to those of its inputs that matter."""
    assert node.history is not None
    primitive, inputs, params = node.history
    if not watched and _runs_on_arrays(primitive, node, g):
        g = g.value if type(g) is Tensor else g
        operands = [x.value for x in inputs]
        for _, x, rule in shares:  # whose shapes and dtypes the tests have seen
            _send(waiting, x, rule(g, node.value, *operands, **params))
        return
    g, z = as_tensor(g), node if watched else detach(node)
    given = inputs if watched else [detach(x) for x in inputs]
    for position, x, rule in shares:
        share = rule(g, z, *given, **params)
        if type(share) is not Tensor:
            raise TypeError(
                f"the VJP rule of {primitive.name} gives its input {position} a {type(share).__name__}, which "
                f"remembers nothing; write it with Tensors and the functions under minigrad"
            )
        if share.shape != x.shape or share.dtype != x.dtype:
            raise ValueError(
                f"the VJP rule of {primitive.name} gives its input {position}, {x.dtype}{list(x.shape)}, a "
                f"cotangent {share.dtype}{list(share.shape)}; they have to be alike"
            )
        _send(waiting, x, share)


def _runs_on_arrays(primitive: Primitive, node: Tensor, g: Any) -> bool:
    """Whether the rules may see bare arrays. Large ones of ufuncs are better off as Tensors: rows use memory again."""
    if primitive.reuse and node.value.size >= LARGE:
        return False
    return primitive.on_arrays and not (type(g) is Tensor and g.birth)


def _send(waiting: dict[int, Any], x: Tensor, g: Any) -> None:
    before = waiting.get(x.birth)
    waiting[x.birth] = g if before is None else before + g


def backward(self: Tensor, cotangent: Any = None) -> None:
    """Add to `.grad` of every `requires_grad` leaf its gradient; a result that is not a scalar needs a cotangent."""
    if not self.birth:
        raise ValueError("backward() needs a result computed from a Tensor made with requires_grad=True")
    if cotangent is None and self.shape != ():
        raise ValueError(
            f"backward() of a result of shape {self.shape} needs to know how each element counts: give backward a "
            f"cotangent of that shape, or reduce the result with .sum() or .mean() first"
        )
    g = full((), 1, require_scalar(self).dtype) if cotangent is None else to_tensor(cotangent)
    found, waiting = {self.birth: self}, [self]
    while waiting:
        for x in waiting.pop().inputs:
            if x.birth and x.birth not in found:
                found[x.birth] = x
                waiting.append(x)
    leaves = [x for x in found.values() if x.history is None]
    if not all(x.requires_grad for x in leaves):
        raise TypeError("backward() inside grad or record would lose the outer gradient; use minigrad.grad inside it")
    path, seeds = trail([self], leaves), fit_cotangents(g, [self], tree.LEAF)
    taken = {id(seed.value) for seed in seeds}
    for x, share in zip(leaves, walk(path, [self], seeds, leaves), strict=True):
        x.grad = owned(share, taken) if x.grad is None else add(x.grad, share)


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
    if not isinstance(y, MAYBE_SCALARS):
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


def owned(x: Tensor, taken: set[int]) -> Tensor:
    """`x`, copied if its memory is a view or taken, and taken from now on: what leaves shares memory with nothing.

    `taken` holds the ids of arrays that stay alive.
    """
    value = x.value
    if not x.birth and (value.base is not None or id(value) in taken):
        x = as_tensor(value.copy())
    taken.add(id(x.value))
    return x
