"""Reverse-mode differentiation: one backward walk, and every transformation made of it.

The walk starts at an output, visits what it was computed from in order of decreasing birth, and hands each primitive's
cotangent to its inputs by the primitive's VJP rules. When a value was used more than once its cotangents add up, and
because births are topological, all of them have arrived before it is visited: in `b = a + a; c = b + b` the cotangent
of `b` is complete (2) before `a` is reached (4). That is why a walk sorts instead of following edges as they come.

Rules are written with Tensors, so the walk can itself be remembered and differentiated. It is only when somebody will
ask: an enclosing `grad` or `record`, visible as tracked Tensors that do not come from this walk's own arguments.
Otherwise rules read untracked values and the results carry no history, so a training loop runs in flat memory.

Reading order: tensor -> primitives -> ops -> tree -> **grad** -> check -> ...
"""

from __future__ import annotations

import functools
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from minigrad import tree
from minigrad.dims import Dim
from minigrad.ops import add, full, reshape, stack, sum, zeros_like
from minigrad.ops.convert import to_tensor
from minigrad.primitives.elementwise import alias
from minigrad.tensor import Abstract, Tensor, Value, as_tensor, as_value, detach, leaf, origin

Tree = tree.Tree
Argnums = int | Sequence[int]


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


def walk(path: Trail, outputs: Sequence[Tensor], cotangents: Sequence[Tensor], leaves: Sequence[Tensor]) -> list[Tensor]:
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


def vjp(f: Callable[..., Tree], *args: Tree) -> tuple[Tree, Callable[[Tree], tuple[Tree, ...]]]:
    """`f(*args)` and its pullback, from cotangents of the result to a tuple of cotangents, one per argument.

    Arguments and results are trees of floats; integer and bool leaves raise `TypeError`. The pullback can be called
    any number of times, with a tree like the result; a cotangent of another shape raises `ValueError`.

    >>> y, pullback = vjp(lambda x: x * x, 3.0)
    >>> y, pullback(1.0)
    (Tensor(9.), (Tensor(6.),))
    """
    leaves, structure = tree.flatten(list(args))
    names = tree.paths(structure)
    given = [to_tensor(x) for x in leaves]
    for x, name in zip(given, names, strict=True):
        _require_float(x, f"argument {name}", "only float arguments have gradients; use .astype(float) or argnums")
    fresh = [alias(x) if x.birth else leaf(x.value) for x in given]
    outputs, out_structure = tree.flatten(f(*tree.unflatten(structure, fresh)))
    results = [to_tensor(y) for y in outputs]
    path = trail(results, fresh)
    watched = path.watched or any(x.birth for x in given)
    path = Trail(path.nodes, path.relevant, watched)
    kept = [x.value for x in given]

    def pullback(cotangent: Tree) -> tuple[Tree, ...]:
        seeds = _cotangents(cotangent, results, out_structure)
        borrowed = kept + [g.value for g in seeds]
        return tuple(tree.unflatten(structure, [_own(g, borrowed) for g in walk(path, results, seeds, fresh)]))

    values = results if watched else [_own(detach(y), kept) for y in results]
    return tree.unflatten(out_structure, values), pullback


def grad(f: Callable[..., Any], argnums: Argnums = 0, has_aux: bool = False) -> Callable[..., Tree]:
    """The function that computes the gradient of a scalar function `f` with respect to the arguments `argnums`.

    The gradient is a tree like that argument (a tuple of them for several argnums), each leaf with its shape and
    dtype. With `has_aux`, `f` returns (loss, anything) and the result is (gradient, anything). Nested to any order.
    `TypeError` when the loss is not a float or an argument is not; `ValueError` when it is not a scalar.

    >>> grad(lambda x: x**3)(2.0), grad(grad(lambda x: x**3))(2.0)
    (Tensor(12.), Tensor(12.))
    """
    both = value_and_grad(f, argnums, has_aux)

    @functools.wraps(f)  # a recording names its inputs after the parameters of f
    def gradient(*args: Tree, **kwargs: Any) -> Tree:
        value, g = both(*args, **kwargs)
        return (g, value[1]) if has_aux else g

    return gradient


def value_and_grad(f: Callable[..., Any], argnums: Argnums = 0, has_aux: bool = False) -> Callable[..., tuple[Any, Tree]]:
    """Like `grad`, for the value and the gradient together: ((loss, anything), gradient) with `has_aux`.

    >>> value_and_grad(lambda x: x**3)(2.0)
    (Tensor(8.), Tensor(12.))
    """
    positions = (argnums,) if isinstance(argnums, int) else tuple(argnums)

    @functools.wraps(f)
    def both(*args: Tree, **kwargs: Any) -> tuple[Any, Tree]:
        for position in positions:
            if not -len(args) <= position < len(args):
                raise ValueError(f"argnums names argument {position}, but {len(args)} positional arguments were given")
        aux: list[Any] = []

        def loss(*chosen: Tree) -> Tensor:
            full_args = list(args)
            for position, value in zip(positions, chosen, strict=True):
                full_args[position] = value
            result = f(*full_args, **kwargs)
            if has_aux:
                result, extra = result
                aux.append(extra)
            return _require_scalar(result)

        value, pullback = vjp(loss, *(args[position] for position in positions))
        grads = pullback(full((), 1, value.dtype))
        gradient = grads[0] if isinstance(argnums, int) else grads
        if not has_aux:
            return value, gradient
        extra = aux[0] if value.birth else tree.map(lambda x: detach(x) if isinstance(x, Tensor) else x, aux[0])
        return (value, extra), gradient

    return both


def jvp(f: Callable[..., Tree], primals: Sequence[Tree], tangents: Sequence[Tree]) -> tuple[Tree, Tree]:
    """`f(*primals)` and its derivative along `tangents`, a tree like the primals.

    The pullback is linear in its cotangent, so pulling back through the pullback pushes a tangent forward (J. Townsend,
    "A new trick for calculating Jacobian vector products", 2017).

    >>> jvp(lambda x: x * x, (3.0,), (2.0,))
    (Tensor(9.), Tensor(12.))
    """
    primals, tangents = tuple(primals), tuple(tangents)
    tree.map(_require_same_shape, primals, tangents)
    value, pullback = vjp(f, *primals)
    probe = tree.map(zeros_like, value)
    _, push = vjp(lambda cotangent: pullback(cotangent), probe)
    return value, push(tree.map(to_tensor, tangents))[0]


def hvp(f: Callable[..., Any], primals: Sequence[Tree], tangents: Sequence[Tree]) -> Tree:
    """The Hessian of a scalar `f` at `primals` times `tangents`: a tuple like the primals.

    >>> hvp(lambda x: x**3, (2.0,), (1.0,))
    (Tensor(12.),)
    """
    primals = tuple(primals)
    return jvp(grad(f, tuple(range(len(primals)))), primals, tangents)[1]


def jacobian(f: Callable[..., Tree], argnums: int = 0) -> Callable[..., Tree]:
    """All derivatives of the result of `f` with respect to one argument, one pullback per element of the result.

    For a result of shape `s` and an argument of shape `t`: an array of shape `s + t`; for trees, a tree like the
    result whose leaves are trees like the argument. `ValueError` over a result with a symbolic axis.

    >>> jacobian(lambda x: x * x)(np.array([1.0, 2.0]))
    Tensor([[2., 0.],
            [0., 4.]])
    """

    def of_arguments(*args: Tree, **kwargs: Any) -> Tree:
        def of_one(x: Tree) -> Tree:
            return f(*args[:argnums], x, *args[argnums:][1:], **kwargs)

        value, pullback = vjp(of_one, args[argnums])
        outputs, structure = tree.flatten(value)
        blocks = [_rows(pullback, outputs, structure, position) for position in range(len(outputs))]
        return tree.unflatten(structure, blocks)

    return of_arguments


def hessian(f: Callable[..., Any], argnums: int = 0) -> Callable[..., Tree]:
    """All second derivatives of a scalar `f` with respect to one argument: the jacobian of the gradient.

    >>> hessian(lambda x: sum(x * x * x))(np.array([1.0, 2.0]))
    Tensor([[ 6.,  0.],
            [ 0., 12.]])
    """
    return jacobian(grad(f, argnums), argnums)


def _rows(pullback: Callable[[Tree], tuple[Tree, ...]], outputs: list[Tensor], structure: Any, position: int) -> Tree:
    """The derivatives of one output: a basis cotangent per element, stacked."""
    y = outputs[position]
    if any(isinstance(length, Dim) for length in y.shape):
        raise ValueError(f"jacobian needs a result of known size, and it has shape {y.shape}; use vjp or jvp")
    rows = []
    for element in range(y.value.size if isinstance(y.value, np.ndarray) else int(np.prod(y.shape))):
        basis = np.zeros(y.shape, y.dtype)
        basis.flat[element] = 1
        cotangents = [as_tensor(basis) if i == position else zeros_like(x) for i, x in enumerate(outputs)]
        rows.append(pullback(tree.unflatten(structure, cotangents))[0])
    if not rows:
        raise ValueError(f"jacobian of a result without elements, shape {y.shape}")
    return tree.map(lambda *gs: reshape(stack(gs), y.shape + gs[0].shape), *rows)


def backward(self: Tensor, cotangent: Any = None) -> None:
    """Add to `.grad` of every `requires_grad` leaf its gradient; a result that is not a scalar needs a cotangent."""
    if not self.birth:
        raise ValueError("backward() needs a result computed from a Tensor made with requires_grad=True")
    g = full((), 1, _require_scalar(self).dtype) if cotangent is None else to_tensor(cotangent)
    found, stack_ = {id(self): self}, [self]
    while stack_:
        for x in stack_.pop().inputs:
            if x.birth and id(x) not in found:
                found[id(x)] = x
                stack_.append(x)
    leaves = [x for x in found.values() if x.primitive is None]
    path = trail([self], leaves)
    for x, share in zip(leaves, walk(path, [self], _cotangents(g, [self], tree.LEAF), leaves), strict=True):
        x.grad = _own(share, []) if x.grad is None else add(x.grad, share)


Tensor.backward = backward  # type: ignore[method-assign]


def _cotangents(cotangent: Tree, results: list[Tensor], structure: tree.Structure) -> list[Tensor]:
    given, given_structure = tree.flatten(cotangent)
    if given_structure != structure:
        raise ValueError(f"the cotangent is a tree {given_structure}, but the result is a tree {structure}")
    tensors = []
    for g, y in zip(given, results, strict=True):
        g = g if isinstance(g, Tensor) else as_tensor(as_value(g, y.dtype if y.dtype.kind == "f" else None))
        if g.shape != y.shape or g.dtype != y.dtype:
            raise ValueError(
                f"the cotangent of a result {y.dtype}{list(y.shape)} has to be alike, and it is {g.dtype}{list(g.shape)}"
            )
        tensors.append(g)
    return tensors


def _require_scalar(y: Any) -> Tensor:
    if not isinstance(y, Tensor | int | float | np.ndarray | np.generic):
        raise TypeError(f"grad needs a function that returns one scalar, and it returned {type(y).__name__}")
    y = to_tensor(y)
    if y.shape != ():
        raise ValueError(
            f"grad needs a scalar loss, and the function returned shape {y.shape}; reduce it with minigrad.sum or "
            f"minigrad.mean, or use vjp or jacobian"
        )
    _require_float(y, "the loss", "return a float")
    return y


def _require_float(x: Tensor, what: str, advice: str) -> None:
    if x.dtype.kind != "f":
        raise TypeError(f"{what} has dtype {x.dtype}, which has no gradient; {advice}")


def _require_same_shape(x: Any, t: Any) -> None:
    x, t = to_tensor(x), to_tensor(t)
    if x.shape != t.shape:
        raise ValueError(f"a tangent of shape {t.shape} does not fit its primal of shape {x.shape}")


def _own(x: Tensor, others: Sequence[Value]) -> Tensor:
    """`x`, copied if its memory is a view or one of `others`: what leaves shares memory with nothing."""
    if x.birth or (x.value.base is None and not any(x.value is other for other in others)):
        return x
    return as_tensor(x.value.copy())
