"""Recording: run a function on Tensors that have a shape and a dtype but no numbers, and write down what it did.

Abstract Tensors remember their history like all others, so the Program is read off the outputs. Python runs once:
loops unroll, and whatever is not an input becomes a constant of the Program.

Reading order: ... optim -> program -> **record** -> text -> passes -> ...
"""

from __future__ import annotations

import inspect
from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import Any

import numpy as np

from minigrad import tree
from minigrad.abstract import Abstract, Dtype, origin
from minigrad.dims import Dim, Shape
from minigrad.ops.convert import shape_of, to_tensor
from minigrad.program import Atom, Constant, Equation, Program, Var, names
from minigrad.tensor import DTYPES, Tensor, leaf, origins


def spec(shape: Any, dtype: Any = "float32") -> Abstract:
    """The shape and dtype of an argument to `record`; lengths are integers or dimensions.

    >>> from minigrad import dims
    >>> (n,) = dims("n")
    >>> spec((n, 2)).shape
    (n, 2)
    """
    wanted = np.dtype(dtype)
    if wanted not in DTYPES:
        raise TypeError(f"a spec cannot have dtype {wanted}; choose one of {', '.join(d.name for d in DTYPES)}")
    try:
        lengths = shape_of(shape)
    except (AttributeError, TypeError):
        raise TypeError(
            f"a spec's shape holds integers and dimensions, and got {shape!r}; make dimensions by n, h = dims('n h')"
        ) from None
    if any(isinstance(length, int) and length < 0 for length in lengths):
        raise ValueError(f"a spec's lengths are 0 or more, and got {lengths}")
    return Abstract(lengths, wanted)


def record(
    f: Callable[..., Any],
    *specs: Any,
    donate: dict[str, str] | None = None,
    names: Sequence[str] | None = None,
) -> Program:
    """The Program of `f` for arguments described by `specs`: specs, arrays or numbers, or trees of them.

    Inputs are named by path, `params.0.W`, after the parameters of `f` or `names`. `donate` maps inputs (or trees of
    them) to outputs that may take over their buffers, such as `{"params": "params"}`. `f` may use grad and all else;
    an attempt to look at a number raises `TypeError`.

    >>> from minigrad import dims, exp, spec, sum
    >>> (n,) = dims("n")
    >>> print(record(lambda x: sum(exp(x)), spec([n])))
    { lambda x:f32[n] . let
        a:f32[n] = exp x
        b:f32[] = sum[axes=(0,)] a
      in b }
    """
    leaves, in_tree = tree.flatten(list(specs))
    arguments = tuple(names) if names is not None else _argument_names(f, len(specs))
    if len(arguments) != len(specs):
        raise ValueError(f"{len(specs)} arguments are recorded, but names has {len(arguments)}")
    paths = [path for name, child in zip(arguments, in_tree.children, strict=True) for path in tree.paths(child, name)]
    if len(set(paths)) < len(paths):
        twice = next(path for path in paths if paths.count(path) > 1)
        raise ValueError(f"two inputs would be named {twice!r}; give the arguments distinct names")
    inputs = tuple(Var(path, *_shape_and_dtype(x)) for path, x in zip(paths, leaves, strict=True))
    tensors = [leaf(Abstract(v.shape, v.dtype)) for v in inputs]
    with origin("forward"):
        result = f(*tree.unflatten(in_tree, tensors))
    outputs, out_tree = tree.flatten(result)
    program = _read_off(inputs, tensors, [to_tensor(y) for y in outputs], in_tree, out_tree)
    return with_donations(program, donate or {})


def with_donations(program: Program, donate: dict[str, str]) -> Program:
    """The same Program with these donations, trees of inputs expanded to their leaves and checked."""
    inputs = {v.name: v for v in program.inputs}
    outputs = dict(zip(program.output_names, program.outputs, strict=True))
    expanded: dict[str, str] = {}
    for source, target in donate.items():
        matching = [name for name in inputs if name == source or name.startswith(source + ".")]
        if not matching:
            raise ValueError(f"donate names the input {source!r}, but the inputs are {', '.join(inputs)}")
        for name in matching:
            output = target + name[len(source) :]
            if output not in outputs:
                raise ValueError(f"input {name} is donated to {output!r}, but the outputs are {', '.join(outputs)}")
            given, taken = inputs[name], outputs[output]
            if given.shape != taken.shape or given.dtype != taken.dtype:
                raise ValueError(
                    f"input {name} {given.dtype}{list(given.shape)} cannot be donated to output {output} "
                    f"{taken.dtype}{list(taken.shape)}: shape and dtype have to be equal"
                )
            if output in expanded.values():
                raise ValueError(f"two inputs are donated to the output {output}")
            expanded[name] = output
    return replace(program, donate=expanded, _plans={})


def _read_off(
    inputs: tuple[Var, ...],
    leaves: list[Tensor],
    outputs: list[Tensor],
    in_tree: tree.Structure,
    out_tree: tree.Structure,
) -> Program:
    atoms: dict[int, Atom] = {id(x): v for x, v in zip(leaves, inputs, strict=True)}
    history = _history(outputs, atoms)
    taken = {v.name for v in inputs} | _dim_names(inputs, history)
    fresh = (name for name in names() if name not in taken)
    equations = []
    for node in history:
        if type(node.value) is not Abstract:
            _require_own(node, leaves)
            constant, repeated = _constant(node)
            atoms[id(node)] = constant
            if repeated:
                var = Var(next(fresh), node.shape, node.dtype)
                equations.append(Equation((var,), "broadcast", {"shape": node.shape}, (constant,)))
                atoms[id(node)] = var
            continue
        if node.primitive is None:
            raise ValueError(
                f"a Tensor of shape {node.shape} from another recording was used; pass it as an argument instead"
            )
        operands = tuple(atoms[id(x)] for x in node.inputs)
        if node.primitive.name == "alias":  # how a transformation names its arguments; it computes nothing
            atoms[id(node)] = operands[0]
            continue
        var = Var(next(fresh), node.shape, node.dtype)
        equations.append(
            Equation((var,), node.primitive.name, node.params, operands, node.value.source, node.value.role)
        )
        atoms[id(node)] = var
    results = tuple(atoms[id(y)] for y in outputs)
    return Program(inputs, results, tuple(tree.paths(out_tree)), _with_updates(equations, results), in_tree, out_tree)


def _with_updates(equations: list[Equation], outputs: tuple[Atom, ...]) -> tuple[Equation, ...]:
    """Equations that follow from gradients, and serve nothing else, have the role of an update."""
    from_gradients: set[int] = set()
    for eq in equations:
        if eq.role == "backward" or any(id(a) in from_gradients for a in eq.inputs):
            from_gradients.add(id(eq.output))
    elsewhere = {id(a) for a in outputs} - from_gradients
    to_gradients: set[int] = set()
    result = []
    for eq in reversed(equations):
        name = id(eq.output)
        follows = name in from_gradients and name not in to_gradients
        if eq.role == "forward" and (follows or name not in elsewhere | to_gradients):
            eq = replace(eq, role="update")
        else:
            elsewhere.update(id(a) for a in eq.inputs)
            if eq.role == "backward" or name in to_gradients:
                to_gradients.update(id(a) for a in eq.inputs)
        result.append(eq)
    return tuple(reversed(result))


def _dim_names(inputs: tuple[Var, ...], history: list[Tensor]) -> set[str]:
    shapes = [v.shape for v in inputs] + [x.shape for x in history]
    shapes += [(x.params["dim"],) for x in history if "dim" in x.params]
    return {name for shape in shapes for length in shape if isinstance(length, Dim) for name in length.names}


def _require_own(x: Tensor, leaves: list[Tensor]) -> None:
    """An enclosing transformation would lose its gradient in a constant."""
    start = min((leaf.birth for leaf in leaves), default=0)
    if any(leaf.birth < start and not leaf.requires_grad for leaf in origins(x)):
        raise ValueError(
            f"a Tensor of shape {x.shape} that an enclosing transformation differentiates would become a constant of "
            f"the Program; pass it as an argument, or differentiate the recorded function instead"
        )


def _constant(x: Tensor) -> tuple[Constant, bool]:
    """A captured array, or the one number in it when it is that number repeated by strides of 0."""
    repeated = x.value.size > 1 and not any(x.value.strides)
    return Constant(np.array(x.value[(0,) * x.ndim] if repeated else x.value)), repeated


def _history(outputs: list[Tensor], known: dict[int, Atom]) -> list[Tensor]:
    """Everything the outputs were computed from, constants first and then in order of birth."""
    found: dict[int, Tensor] = {}
    waiting = list(outputs)
    while waiting:
        node = waiting.pop()
        if id(node) in found or id(node) in known:
            continue
        found[id(node)] = node
        if type(node.value) is Abstract:
            waiting.extend(node.inputs)
    return sorted(found.values(), key=lambda node: node.birth if type(node.value) is Abstract else 0)


def _argument_names(f: Callable[..., Any], count: int) -> tuple[str, ...]:
    try:
        parameters = list(inspect.signature(f).parameters.values())
    except (TypeError, ValueError):
        parameters = []
    positional = [p.name for p in parameters if p.kind in (p.POSITIONAL_ONLY, p.POSITIONAL_OR_KEYWORD)]
    variadic = next((p.name for p in parameters if p.kind == p.VAR_POSITIONAL), "arg")
    return tuple(positional[i] if i < len(positional) else f"{variadic}{i}" for i in range(count))


def _shape_and_dtype(x: Any) -> tuple[Shape, Dtype]:
    if isinstance(x, Abstract | Tensor):
        return x.shape, x.dtype
    if isinstance(x, Dim):
        raise TypeError(f"the dimension {x} is not an argument; use spec(({x},)) for an array of that length")
    array = to_tensor(x)
    return array.shape, array.dtype
