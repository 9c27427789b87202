"""Transformations: functions from function to function, each made of one pullback.

`vjp` runs a function on fresh tracked aliases of its arguments and keeps the trail; all the others are `vjp` used in
some way. Fresh aliases matter when transformations nest: in `grad(lambda x: grad(lambda y: x * y)(x))` the inner
gradient is with respect to y alone, although y is x.

Reading order: ... tree -> walk -> **grad** -> check -> nn -> ...
"""

from __future__ import annotations

import functools
import operator
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from minigrad import tree
from minigrad.dims import Dim
from minigrad.ops import full, reshape, stack, zeros, zeros_like
from minigrad.ops.convert import to_tensor
from minigrad.primitives.elementwise import alias
from minigrad.tensor import Tensor, as_tensor, detach, leaf
from minigrad.walk import fit_cotangents, owned, require_float, require_scalar, trail, walk

Tree = tree.Tree
Argnums = int | Sequence[int]
Pull = Callable[[list[Tensor]], tuple[Tree, ...]]  # from cotangents of a result's leaves to those of the arguments


def vjp(f: Callable[..., Tree], *args: Tree, has_aux: bool = False) -> tuple[Tree, Callable[[Tree], tuple[Tree, ...]]]:
    """`f(*args)` and its pullback, from cotangents of the result to a tuple of cotangents, one per argument.

    Arguments are trees of floats; integer and bool leaves raise `TypeError`. The pullback can be called any number of
    times, with a tree like the result; a cotangent of another shape raises `ValueError`. Integer results have
    cotangents too, which nothing depends on. With `has_aux`, `f` returns (result, anything), and so does `vjp` in
    place of the result.

    >>> y, pullback = vjp(lambda x: x * x, 3.0)
    >>> y, pullback(1.0)
    (Tensor(9.), (Tensor(6.),))
    """
    value, results, structure, pull = _traced(f, args, has_aux)
    return value, lambda cotangent: pull(fit_cotangents(cotangent, results, structure))


def _traced(
    f: Callable[..., Tree], args: tuple[Tree, ...], has_aux: bool
) -> tuple[Tree, list[Tensor], tree.Structure, Pull]:
    """`f(*args)` as it may leave, the leaves of the result with their structure, and what pulls cotangents back."""
    leaves, structure = tree.flatten(list(args))
    given = [to_tensor(x) for x in leaves]
    for place, x in enumerate(given):
        if x.value.dtype.kind != "f":
            name = tree.paths(structure)[place]
            floats = f"write {float(leaves[place])}" if isinstance(leaves[place], int) else "use .astype(float)"
            require_float(x, f"argument {name}", f"{floats}, or choose float arguments by argnums")
    # An array is copied, so that writing to it later does not change what the pullback reads.
    fresh = [alias(x) if x.birth else leaf(x.value.copy() if x is not y else x.value) for x, y in zip(given, leaves)]
    returned = f(*tree.unflatten(structure, fresh))
    returned, aux = _result_and_aux(returned) if has_aux else (returned, None)
    outputs, out_structure = tree.flatten(returned)
    results = [to_tensor(y) for y in outputs]
    path = trail(results, fresh)
    kept = {id(x.value) for x in fresh} | {id(x) for x in outputs if isinstance(x, np.ndarray)}

    def pull(seeds: list[Tensor]) -> tuple[Tree, ...]:
        taken = kept | {id(g.value) for g in seeds}
        return tuple(tree.unflatten(structure, [owned(g, taken) for g in walk(path, results, seeds, fresh)]))

    def release(x: Any) -> Any:
        """A Tensor as it may leave: tracked only if an enclosing transformation is watching it."""
        return x if not x.birth or trail([x], fresh).watched else owned(detach(x), kept)

    values = results if path.watched else [owned(detach(y), kept) for y in results]
    value = tree.unflatten(out_structure, values)
    return ((value, _each_tensor(release, aux)) if has_aux else value), results, out_structure, pull


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


def value_and_grad(
    f: Callable[..., Any], argnums: Argnums = 0, has_aux: bool = False
) -> Callable[..., tuple[Any, Tree]]:
    """Like `grad`, for the value and the gradient together: ((loss, anything), gradient) with `has_aux`.

    >>> value_and_grad(lambda x: x**3)(2.0)
    (Tensor(8.), Tensor(12.))
    """
    if not callable(f):
        raise TypeError(f"what is differentiated has to be a function, and got {f!r}; write grad(f)(x)")
    single = not isinstance(argnums, Sequence)
    if not all(hasattr(a, "__index__") for a in ((argnums,) if single else argnums)):  # type: ignore[union-attr]
        raise TypeError(f"argnums are positions of arguments, and got {argnums!r}; write grad(f)(x)")
    positions = tuple(argnums) if isinstance(argnums, Sequence) else (operator.index(argnums),)

    @functools.wraps(f)
    def both(*args: Tree, **kwargs: Any) -> tuple[Any, Tree]:
        for position in positions:
            if not -len(args) <= position < len(args):
                raise ValueError(f"argnums names argument {position}, but {len(args)} positional arguments were given")

        def loss(*chosen: Tree) -> Any:
            full_args = list(args)
            for position, value in zip(positions, chosen, strict=True):
                full_args[position] = value
            result = f(*full_args, **kwargs)
            if not has_aux:
                return require_scalar(result)
            value, extra = _result_and_aux(result)
            return require_scalar(value), extra

        value, results, _, pull = _traced(loss, tuple(args[position] for position in positions), has_aux)
        grads = pull([full((), 1, results[0].value.dtype)])
        return value, grads[0] if single else grads

    return both


def jvp(f: Callable[..., Tree], primals: Sequence[Tree], tangents: Sequence[Tree]) -> tuple[Tree, Tree]:
    """`f(*primals)` and its derivative along `tangents`, a tree like the primals.

    The pullback is linear in its cotangent, so pulling back through the pullback pushes a tangent forward (J. Townsend,
    "A new trick for calculating Jacobian vector products", 2017).

    >>> jvp(lambda x: x * x, (3.0,), (2.0,))
    (Tensor(9.), Tensor(12.))
    """
    primals, tangents = tuple(primals), tuple(tangents)
    tangents = tree.map(_like_primal, primals, tangents)
    value, pullback = vjp(f, *primals)
    _, push = vjp(pullback, tree.map(zeros_like, value))
    return value, push(tangents)[0]


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
    place = operator.index(argnums)

    @functools.wraps(f)
    def of_arguments(*args: Tree, **kwargs: Any) -> Tree:
        if not -len(args) <= place < len(args):
            raise ValueError(f"argnums names argument {place}, but {len(args)} positional arguments were given")
        position = place % len(args)

        def of_one(x: Tree) -> Tree:
            return f(*args[:position], x, *args[position + 1 :], **kwargs)

        value, pullback = vjp(of_one, args[position])
        outputs, structure = tree.flatten(value)
        blocks = [_rows(pullback, outputs, structure, row, args[position]) for row in range(len(outputs))]
        return tree.unflatten(structure, blocks)

    return of_arguments


def hessian(f: Callable[..., Any], argnums: int = 0) -> Callable[..., Tree]:
    """All second derivatives of a scalar `f` with respect to one argument: the jacobian of the gradient.

    >>> hessian(lambda x: (x * x * x).sum())(np.array([1.0, 2.0]))
    Tensor([[ 6.,  0.],
            [ 0., 12.]])
    """
    return jacobian(grad(f, argnums), argnums)


def _rows(
    pullback: Callable[[Tree], tuple[Tree, ...]], outputs: list[Tensor], structure: Any, position: int, x: Tree
) -> Tree:
    """The derivatives of one output: a basis cotangent per element, stacked."""
    y = outputs[position]
    if any(isinstance(length, Dim) for length in y.shape):
        raise ValueError(f"jacobian needs a result of known size, and it has shape {y.shape}; use vjp or jvp")
    concrete_shape = tuple(int(length) for length in y.shape)
    rows = []
    for element in range(int(np.prod(concrete_shape))):
        basis = np.zeros(concrete_shape, y.dtype)
        basis.flat[element] = 1
        cotangents = [as_tensor(basis) if i == position else zeros_like(other) for i, other in enumerate(outputs)]
        rows.append(pullback(tree.unflatten(structure, cotangents))[0])
    if not rows:
        return tree.map(lambda part: zeros(concrete_shape + to_tensor(part).shape, y.dtype), x)
    return tree.map(lambda *gs: reshape(stack(gs), concrete_shape + gs[0].shape), *rows)


def _like_primal(x: Any, t: Any) -> Tensor:
    primal = to_tensor(x)
    tangent = as_tensor(np.asarray(t, primal.dtype)) if isinstance(t, int | float) else to_tensor(t)
    if tangent.shape != primal.shape or tangent.dtype != primal.dtype:
        raise ValueError(
            f"a tangent {tangent.dtype}{list(tangent.shape)} does not fit its primal "
            f"{primal.dtype}{list(primal.shape)}; they have to be alike"
        )
    return tangent


def _result_and_aux(returned: Any) -> tuple[Any, Any]:
    if not isinstance(returned, tuple) or len(returned) != 2:
        raise TypeError(
            f"with has_aux the function returns (result, anything), and it returned {type(returned).__name__}"
        )
    return returned


def _each_tensor(f: Callable[[Tensor], Tensor], x: Any) -> Any:
    """`f` of every Tensor in nested dicts, lists and tuples; everything else stays."""
    if isinstance(x, Tensor):
        return f(x)
    if isinstance(x, dict):
        return {key: _each_tensor(f, value) for key, value in x.items()}
    if type(x) in (list, tuple):
        return type(x)(_each_tensor(f, value) for value in x)
    return x
