"""Rule 4, copies of operands: a small nest before, and the nests behind it read the copy.

Which operands are worth a copy, and how it lies, is for `packing` (what lies across the lanes) and `panels` (tiles of
larger products) to say.

Reading order: … → `surplus` → **copies** → `panels` → …
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Hashable, Mapping, Sequence
from dataclasses import replace
from typing import Generic, NamedTuple, TypeVar

from minigrad.dims import Size
from wasm_export.expressions import Array, Expr, read
from wasm_export.index_form import Definition
from wasm_export.layout import Layout, Panel
from wasm_export.nests import Nest, Order, made_in, mapped, paths
from wasm_export.rewriting import rewrite
from wasm_export.walks import reads

Key = TypeVar("Key", bound=Hashable)


class Copy(NamedTuple):
    """A copy, how it lies, and the nest that makes it."""

    array: Array
    how: tuple[Size, ...] | Panel
    nest: Nest


class Packer(ABC, Generic[Key]):
    """Says what is copied, and how."""

    @abstractmethod
    def key(self, element: Expr, definition: Definition, nest: Nest, layout: Layout) -> Key | None:
        """What identifies the copy that an element could be read from, None if it stays where it is."""

    @abstractmethod
    def pays(self, element: Expr, around: Order) -> bool:
        """Whether reading the element in these loops is worth a copy that is not there yet."""

    @abstractmethod
    def copy(self, key: Key) -> Copy:
        """Makes the copy."""


def with_copies(nests: Sequence[Nest], layout: Layout, packer: Packer[Key]) -> tuple[tuple[Nest, ...], Layout]:
    """The nests with copies made before them, and the layout with the copies in it."""
    result: list[Nest] = []
    copies: dict[Key, Array] = {}
    layout = dict(layout)
    for nest in nests:
        made = made_in(nest)
        keys: dict[tuple[Definition, Expr], Key] = {}
        for definition, around in paths(nest.body):
            for element in reads(definition.body):
                key = packer.key(element, definition, nest, layout) if element.data[0] not in made else None
                if key is None:
                    continue
                keys[definition, element] = key
                if key not in copies and packer.pays(element, around):
                    copies[key], how, before = packer.copy(key)
                    layout[copies[key]] = how
                    result.append(before)
        result.append(_reading(nest, copies, keys))
    return tuple(result), layout


def _reading(nest: Nest, copies: dict[Key, Array], keys: Mapping[tuple[Definition, Expr], Key]) -> Nest:
    """The nest with reads directed to the copies."""

    def turned(definition: Definition) -> Definition:
        def change(e: Expr) -> Expr | None:
            key = keys.get((definition, e))
            return read(copies[key], e.data[1]) if key in copies else None

        return replace(definition, body=rewrite(definition.body, change, {}))

    return replace(nest, body=mapped(nest.body, turned)) if keys else nest
