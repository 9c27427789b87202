"""Checking gradients against nothing but the function itself.

Two independent witnesses. Finite differences compare each derivative with the slope of the function over a small
step. The dot-product test compares two of our own transformations that are built differently: for a linear map J,
<u, J v> = <J^T u, v>, where `jvp` gives J v and `vjp` gives J^T u. Both run again on the gradient for second order.

Reading order: ... walk -> grad -> **check** -> nn -> schedules -> ...
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import numpy as np

from minigrad import tree
from minigrad.grad import jvp, vjp
from minigrad.ops.convert import to_tensor
from minigrad.tensor import Array

Function = Callable[..., Any]


class GradientError(AssertionError):
    """A gradient that disagrees with what the function does; the message shows the worst element."""


def gradients(
    f: Function,
    *args: Any,
    order: int = 2,
    step: float = 1e-4,
    rtol: float = 1e-6,
    atol: float = 1e-10,
    max_elements: int = 2000,
    seed: int = 0,
) -> None:
    """Raise `GradientError` unless the gradients of `f` at float64 `args` agree with finite differences.

    `f` takes and returns trees of arrays; arguments that are not floats stay fixed. Derivatives up to `order` are
    checked, by a central difference with four evaluations (error of the order of step**4) per element, along a random
    direction of the result; arguments with more than `max_elements` elements in all are checked along random
    directions instead. A pair agrees within `atol + rtol * (the largest derivative) + 1e-10 * |f|`, the last for the
    rounding of the function itself. Points should lie away from kinks by more than 2 * step. `TypeError` for float32,
    in which differences would drown, and for a function or arguments without floats.

    >>> import minigrad
    >>> gradients(lambda x: minigrad.tanh(x) * x, np.linspace(-1.0, 1.0, 5))
    """
    leaves, structure = tree.flatten(list(args))
    arrays = [np.asarray(x.numpy() if hasattr(x, "numpy") else x) for x in leaves]
    names = tree.paths(structure)
    for name, x in zip(names, arrays, strict=True):
        if x.dtype.kind == "f" and x.dtype != np.float64:
            raise TypeError(
                f"argument {name} is {x.dtype}; check gradients in float64, where differences are exact enough"
            )
        if not np.isfinite(x).all():
            raise ValueError(f"argument {name} holds NaN or infinity, where nothing has a slope")
    moving = [i for i, x in enumerate(arrays) if x.dtype.kind == "f"]
    if not moving:
        raise TypeError("no argument is a float array, so there is nothing to differentiate")

    def of_floats(*floats: Any) -> Any:
        full: list[Any] = [to_tensor(x) for x in arrays]
        for place, x in zip(moving, floats, strict=True):
            full[place] = to_tensor(x)
        return f(*tree.unflatten(structure, full))

    rng = np.random.default_rng(seed)
    point, labels = [arrays[i] for i in moving], [names[i] for i in moving]
    function, title = of_floats, getattr(f, "__name__", "the function")
    for depth in range(1, order + 1):
        where = f"{title}, derivative of order {depth}"
        pulled = _against_differences(function, point, labels, where, step, rtol, atol, max_elements, rng)
        _dot_products(function, point, where, rtol, atol, rng)
        function = pulled


def _against_differences(
    f: Function, point: list[Array], names: list[str], where: str, step: float, rtol: float, atol: float, most: int,
    rng: np.random.Generator,
) -> Function:  # fmt: skip
    """Compare the pullback of one random cotangent with differences; return that pullback as the next function."""
    results = _float_leaves(f(*point))
    if not results:
        raise TypeError(f"{where}: the function returns no float array, so there is nothing to differentiate")
    weights = [rng.normal(size=y.shape) for y in results]

    def projected(*floats: Array) -> Any:
        pairs = zip(_float_leaves(f(*floats)), weights, strict=True)
        return sum((to_tensor(y) * w).sum() for y, w in pairs)

    def pulled(*floats: Any) -> tuple[Any, ...]:  # not of `projected`: the rules that add up would check themselves
        return vjp(lambda *xs: _float_leaves(f(*xs)), *floats)[1](weights)

    analytic = [g.numpy() for g in pulled(*point)]
    rounding = 1e-10 * sum(float(np.abs(y.value * w).sum()) for y, w in zip(results, weights, strict=True))
    largest = max(map(_magnitude, analytic))
    worst, report = 1.0, ""
    for place, element, direction in _directions(point, most, rng):
        expected = float(np.vdot(direction, analytic[place]))
        slope = _slope(projected, point, place, direction, step)
        allowed = atol + rounding + rtol * max(abs(slope), largest)
        gap = abs(slope - expected) / allowed
        if not gap <= worst:  # a NaN is never within bounds
            worst = gap
            spot = f"{names[place]}{list(element)}" if element is not None else f"{names[place]}, in a random direction"
            report = (
                f"{where}: the worst is {spot}, where the gradient is {expected:.10g} and the slope of the function is "
                f"{slope:.10g} (difference {abs(slope - expected):.3g}, allowed {allowed:.3g})"
            )
    if report:
        raise GradientError(report)
    return pulled


def _slope(f: Function, point: list[Array], place: int, direction: Array, step: float) -> float:
    """The slope of a scalar function along `direction` in one argument: a central difference over four points."""
    h = step * max(1.0, _magnitude(point[place] * direction))

    def at(t: float) -> float:
        return float(f(*(x + t * direction if i == place else x for i, x in enumerate(point))).item())

    return (8 * (at(h) - at(-h)) - (at(2 * h) - at(-2 * h))) / (12 * h)


def _directions(point: list[Array], most: int, rng: np.random.Generator) -> Iterator[tuple[int, Any, Array]]:
    """Every unit direction of every argument, or ten random ones each where that would be too many."""
    every = sum(x.size for x in point) <= most
    for place, x in enumerate(point):
        if not every:
            for _ in range(10):
                random: Array = np.asarray(rng.normal(size=x.shape))
                yield place, None, random / max(float(np.linalg.norm(random)), 1e-300)
            continue
        for element in np.ndindex(x.shape):
            unit: Array = np.zeros(x.shape)
            unit[element] = 1.0
            yield place, element, unit


def _dot_products(
    f: Function, point: list[Array], where: str, rtol: float, atol: float, rng: np.random.Generator
) -> None:
    """<u, J v> = <J^T u, v> for random u and v."""

    def floats(*xs: Any) -> list[Any]:
        return _float_leaves(f(*xs))

    tangents = [rng.normal(size=x.shape) for x in point]
    values, pushed = jvp(floats, tuple(point), tuple(tangents))
    cotangents = [rng.normal(size=y.shape) for y in values]
    pulled = vjp(floats, *point)[1](cotangents)
    left = sum(float(np.vdot(u, t.numpy())) for u, t in zip(cotangents, pushed, strict=True))
    right = sum(float(np.vdot(g.numpy(), v)) for g, v in zip(pulled, tangents, strict=True))
    if not abs(left - right) <= atol + rtol * max(abs(left), abs(right)):
        raise GradientError(f"{where}: <u, J v> = {left:.10g} by jvp, but <J^T u, v> = {right:.10g} by vjp")


def _float_leaves(result: Any) -> list[Any]:
    tensors = [to_tensor(y) for y in tree.flatten(result)[0]]
    return [y for y in tensors if y.dtype.kind == "f"]


def _magnitude(x: Array) -> float:
    return float(np.abs(x).max(initial=0.0))
