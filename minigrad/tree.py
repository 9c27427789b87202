"""Trees of arrays: parameters, gradients and optimiser states as plain nested dicts, lists and tuples.

A tree is flattened depth first, dictionaries in the order of their sorted keys, to a list of leaves and a
structure that puts a list of leaves back. Whatever is not a dict, list, tuple or None is a leaf; None holds none.

Reading order: ... primitives -> ops -> **tree** -> walk -> grad -> ...
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any, NamedTuple

Tree = Any  # a leaf, or a dict / list / tuple of trees
SEQUENCES, BRANCHES = (list, tuple), (dict, list, tuple)  # a union type would be built at each call


class Structure(NamedTuple):
    """The shape of a tree without its leaves; equal for trees that can be mapped over together."""

    kind: type | None  # None for a leaf
    keys: tuple[str, ...] = ()
    children: tuple[Structure, ...] = ()

    @property
    def leaves(self) -> int:
        """How many leaves the tree has."""
        return 1 if self.kind is None else sum(child.leaves for child in self.children)

    def __str__(self) -> str:
        if self.kind is None:
            return "*"
        if self.kind is dict:
            return "{" + ", ".join(f"{k}: {c}" for k, c in zip(self.keys, self.children, strict=True)) + "}"
        inner = ", ".join(str(child) for child in self.children)
        if self.kind in (list, type(None)):
            return f"[{inner}]" if self.kind is list else "None"
        return f"({inner})" if self.kind is tuple else f"{self.kind.__name__}({inner})"


LEAF = Structure(None)


def flatten(tree: Tree) -> tuple[list[Any], Structure]:
    """The leaves of a tree, depth first, and its structure.

    >>> flatten({"b": 3, "a": [1, 2]})[0]
    [1, 2, 3]
    """
    leaves: list[Any] = []
    return leaves, _flatten(tree, leaves)


def _flatten(tree: Tree, leaves: list[Any]) -> Structure:
    if isinstance(tree, dict):
        for key in tree:
            if not isinstance(key, str):
                raise TypeError(
                    f"the keys of a tree's dictionaries are strings, so that leaves have names; got {key!r}"
                )
        keys = tuple(sorted(tree))
        return Structure(dict, keys, tuple([_flatten(tree[key], leaves) for key in keys]))
    if isinstance(tree, SEQUENCES):
        return Structure(type(tree), (), tuple([_flatten(child, leaves) for child in tree]))
    if tree is None:
        return Structure(type(None))
    leaves.append(tree)
    return LEAF


def leaves_of(structure: Structure, tree: Tree) -> list[Any]:
    """The leaves of a tree that has this structure; `ValueError` when it has another.

    >>> leaves_of(flatten({"a": 0, "b": 0})[1], {"b": 3, "a": 1})
    [1, 3]
    """
    leaves: list[Any] = []
    if not _collect(structure, tree, leaves):
        raise ValueError(f"trees of different structure: expected {structure}, and got {flatten(tree)[1]}")
    return leaves


def _collect(structure: Structure, tree: Tree, leaves: list[Any]) -> bool:
    kind, keys, children = structure
    if kind is None:
        leaves.append(tree)
        return not isinstance(tree, BRANCHES) and tree is not None
    items: Any = () if tree is None else tree
    if not (isinstance(tree, dict) if kind is dict else type(tree) is kind) or len(items) != len(children):
        return False
    if kind is dict:
        items = [tree[key] for key in keys if key in tree]
    for child, item in zip(children, items):
        if not _collect(child, item, leaves):
            return False
    return len(items) == len(children)


def unflatten(structure: Structure, leaves: Iterable[Any]) -> Tree:
    """The tree of this structure with these leaves; `ValueError` when their number differs."""
    leaves = list(leaves)
    rest = iter(leaves)
    try:
        tree = _unflatten(structure, rest)
        fits = next(rest, rest) is rest
    except StopIteration:
        fits = False
    if not fits:
        raise ValueError(f"the tree {structure} has {structure.leaves} leaves, but {len(leaves)} were given")
    return tree


def _unflatten(structure: Structure, leaves: Any) -> Tree:
    kind, keys, children = structure
    if kind is None:
        return next(leaves)
    parts = []
    for child in children:  # in Python 3.11 a comprehension is a call, and these are short
        parts.append(next(leaves) if child is LEAF else _unflatten(child, leaves))
    if kind is dict:
        return dict(zip(keys, parts))
    if kind is type(None):
        return None
    return kind(*parts) if hasattr(kind, "_fields") else kind(parts)


def map(f: Callable[..., Any], tree: Tree, *others: Tree) -> Tree:
    """`f` applied leaf by leaf to one or more trees of equal structure; `ValueError` when structures differ.

    >>> map(lambda p, g: p - g, [1, 2], [10, 20])
    [-9, -18]
    """
    leaves, structure = flatten(tree)
    columns = [leaves, *(leaves_of(structure, other) for other in others)]
    return unflatten(structure, [f(*row) for row in zip(*columns)])


def paths(structure: Structure, prefix: str = "") -> list[str]:
    """A dotted name for every leaf, in flattening order: the names of a Program's variables and of stored arrays.

    >>> paths(flatten({"params": [{"W": 0, "b": 0}]})[1])
    ['params.0.W', 'params.0.b']
    """
    if structure.kind is None:
        return [prefix or "0"]
    fields = getattr(structure.kind, "_fields", None)
    keys = structure.keys or fields or tuple(str(i) for i in range(len(structure.children)))
    return [
        path
        for key, child in zip(keys, structure.children, strict=True)
        for path in paths(child, f"{prefix}.{key}" if prefix else key)
    ]
