"""A Program as text: to read, like a jaxpr, and to store, as JSON.

Reading order: ... program -> record -> **text** -> passes -> binding -> ...
"""

from __future__ import annotations

import base64
import json
from typing import Any

import numpy as np

from minigrad import tree
from minigrad.dims import Dim, Shape, parse
from minigrad.primitives import TABLE
from minigrad.program import Atom, Constant, Equation, Program, Var

_SHORT = {"float64": "f64", "float32": "f32", "int64": "i64", "int32": "i32", "uint8": "u8", "bool": "bool"}
FORMAT = 1


def to_text(program: Program) -> str:
    """One line per equation, shapes on every binder, a heading where the role changes.

    A constant prints as its number; a captured array as its dtype and shape in braces.
    """
    roles = {eq.role for eq in program.equations}
    lines, role = [], "" if len(roles) > 1 else next(iter(roles), "")
    for eq in program.equations:
        if eq.role != role:
            role = eq.role
            lines.append(f"    # {role}")
        lines.append("    " + equation_text(eq))
    binders = " ".join(binder(v) for v in program.inputs)
    named = program.out_tree.kind in (dict, list, tuple)
    results = " ".join(
        (f"{name}=" if named else "") + atom_text(atom)
        for name, atom in zip(program.output_names, program.outputs, strict=True)
    )
    head = f"{{ lambda {binders} . let" if binders else "{ lambda . let"
    return "\n".join([head, *lines, f"  in {results} }}"])


def equation_text(eq: Equation) -> str:
    """`c:f32[n,3] = matmul a b`."""
    params = " ".join(f"{key}={_param_text(value)}" for key, value in eq.params.items())
    operands = "".join(" " + atom_text(atom) for atom in eq.inputs)
    return f"{binder(eq.output)} = {eq.primitive}{f'[{params}]' if params else ''}{operands}"


def binder(var: Var) -> str:
    """`c:f32[n,3]`: a variable with its dtype and shape."""
    return f"{var.name}:{type_text(var)}"


def type_text(atom: Atom) -> str:
    """`f32[n,3]`: a dtype and a shape."""
    return f"{_SHORT[atom.dtype.name]}[{','.join(str(n) for n in atom.shape)}]"


def atom_text(atom: Atom) -> str:
    """A variable's name, a scalar's number, or the type of a captured array in braces."""
    if isinstance(atom, Var):
        return atom.name
    return str(atom.value.item()) if atom.value.ndim == 0 else f"{{{type_text(atom)}}}"


def _param_text(value: Any) -> str:
    return value.name if isinstance(value, np.dtype) else str(value).replace(" ", "")


def to_json(program: Program) -> str:
    """A Program as JSON; constants are stored bit for bit."""
    places = {id(c): i for i, c in enumerate(program.constants)}

    def atom(a: Atom) -> Any:
        return {"constant": places[id(a)]} if isinstance(a, Constant) else a.name

    return json.dumps(
        {
            "format": FORMAT,
            "inputs": [_var(v) for v in program.inputs],
            "constants": [_constant(c) for c in program.constants],
            "equations": [
                {
                    "output": _var(eq.output),
                    "primitive": eq.primitive,
                    "params": {key: _encode(value) for key, value in eq.params.items()},
                    "inputs": [atom(a) for a in eq.inputs],
                    "source": list(eq.source) if eq.source else None,
                    "role": eq.role,
                }
                for eq in program.equations
            ],
            "outputs": [atom(a) for a in program.outputs],
            "output_names": list(program.output_names),
            "donate": program.donate,
            "in_tree": _structure(program.in_tree),
            "out_tree": _structure(program.out_tree),
        }
    )


def from_json(text: str) -> Program:
    """The Program of a JSON text; `ValueError` when it is not one, with what is wrong."""
    try:
        data = json.loads(text)
        if data["format"] != FORMAT:
            raise ValueError(f"format {data['format']} is not {FORMAT}")
        constants = [_read_constant(c) for c in data["constants"]]
        variables = {v["name"]: _read_var(v) for v in data["inputs"]}
        inputs = tuple(variables.values())

        def atom(a: Any) -> Atom:
            return constants[a["constant"]] if isinstance(a, dict) else variables[a]

        equations = []
        for eq in data["equations"]:
            if eq["primitive"] not in TABLE:
                raise ValueError(f"{eq['primitive']!r} is not in the table of primitives")
            operands = tuple(atom(a) for a in eq["inputs"])
            params = {key: _decode(value) for key, value in eq["params"].items()}
            output = _read_var(eq["output"])
            if TABLE[eq["primitive"]].shape(*operands, **params) != (output.shape, output.dtype):
                raise ValueError(f"{output.name} does not have the shape and dtype that {eq['primitive']} gives")
            variables[output.name] = output
            source = tuple(eq["source"]) if eq["source"] else None
            equations.append(Equation((output,), eq["primitive"], params, operands, source, eq["role"]))
        return Program(
            inputs,
            tuple(atom(a) for a in data["outputs"]),
            tuple(data["output_names"]),
            tuple(equations),
            _read_structure(data["in_tree"]),
            _read_structure(data["out_tree"]),
            data["donate"],
        )
    except (KeyError, TypeError, IndexError, AttributeError, ValueError) as error:
        raise ValueError(f"this is not the JSON of a Program: {error}") from error


def _encode(value: Any) -> Any:
    if isinstance(value, Dim):
        return {"dim": str(value)}
    if isinstance(value, np.dtype):
        return {"dtype": value.name}
    return [_encode(v) for v in value] if isinstance(value, tuple) else value


def _decode(value: Any) -> Any:
    if isinstance(value, dict):
        return parse(value["dim"]) if "dim" in value else np.dtype(value["dtype"])
    return tuple(_decode(v) for v in value) if isinstance(value, list) else value


def _var(var: Var) -> dict[str, Any]:
    return {"name": var.name, "shape": _encode(var.shape), "dtype": var.dtype.name}


def _read_var(data: dict[str, Any]) -> Var:
    shape: Shape = _decode(data["shape"])
    return Var(data["name"], shape, np.dtype(data["dtype"]))


def _constant(constant: Constant) -> dict[str, Any]:
    little = constant.value.astype(constant.dtype.newbyteorder("<"), order="C")
    return {
        "shape": list(constant.value.shape),
        "dtype": constant.dtype.name,
        "bytes": base64.b64encode(little.tobytes()).decode(),
    }


def _read_constant(data: dict[str, Any]) -> Constant:
    dtype = np.dtype(data["dtype"])
    flat = np.frombuffer(base64.b64decode(data["bytes"]), dtype.newbyteorder("<"))
    return Constant(flat.astype(dtype).reshape(data["shape"]))


_KINDS: dict[str, type | None] = {"leaf": None, "dict": dict, "list": list, "tuple": tuple, "none": type(None)}


def _structure(structure: tree.Structure) -> Any:
    kind = next((name for name, kind in _KINDS.items() if kind is structure.kind), "tuple")  # a namedtuple is a tuple
    return [kind, list(structure.keys), [_structure(child) for child in structure.children]]


def _read_structure(data: Any) -> tree.Structure:
    kind, keys, children = data
    return tree.Structure(_KINDS[kind], tuple(keys), tuple(_read_structure(child) for child in children))
