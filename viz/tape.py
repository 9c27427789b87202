"""The eager tape as a graph: how one number was computed, with the value and the gradient of everything on the way.

Reading order: style → dot → draw, **tape**

This is the picture of reverse mode: values were computed from left to right, gradients from right to left.
"""

from collections.abc import Mapping

import numpy as np

from minigrad.ops import ones_like
from minigrad.tensor import Tensor
from minigrad.walk import trail, walk
from viz.dot import Drawing, edge, graph, mixed, node
from viz.style import theme_named
from wasm_export.site.palette import PETROFF_6

MOST_NODES = 200
LARGEST = 6
"""Values of more elements than this are told by their shape."""


def draw_tape(result: Tensor, names: Mapping[str, Tensor], theme: str) -> Drawing:
    """Draws what a Tensor remembers: one box for each value, with its number and its gradient.

    Raises:
        ValueError: nothing was remembered, or more than can be seen at once.
    """
    nodes = tape(result)
    if len(nodes) < 2:
        raise ValueError("this Tensor remembers nothing; compute it from Tensor(…, requires_grad=True), or record it")
    if len(nodes) > MOST_NODES:
        raise ValueError(
            f"this Tensor was computed from {len(nodes)} values; draw its Program instead: minigrad.record"
        )
    t = theme_named(theme)
    called = {id(tensor): name for name, tensor in names.items()}
    lines = []
    key = {id(tensor): str(place) for place, tensor in enumerate(nodes)}
    for tensor in nodes:
        head = called.get(id(tensor), "")
        made = tensor.history[0].name if tensor.history else ""
        label = "\n".join(filter(None, [" = ".join(filter(None, [head, made])), f"value {said(tensor)}"]))
        if tensor.birth and tensor.dtype.kind == "f":
            label += f"\ngrad {said(gradient(result, tensor))}"
        hue = PETROFF_6[0] if tensor.history else PETROFF_6[1]
        fill = mixed(hue, t.surface, 0.3) if tensor.birth else t.surface
        lines.append(node(key[id(tensor)], label, fillcolor=fill, color=hue if tensor.birth else t.edge))
        lines += [edge(key[id(part)], key[id(tensor)]) for part in tensor.inputs]
    return Drawing(graph(lines, t, "LR"))


def tape(result: Tensor) -> list[Tensor]:
    """A Tensor and all that it was computed from, oldest first."""
    found, waiting = {id(result): result}, [result]
    while waiting:
        for part in waiting.pop().inputs:
            if id(part) not in found:
                found[id(part)] = part
                waiting.append(part)
    return sorted(found.values(), key=lambda tensor: tensor.birth)


def gradient(result: Tensor, of: Tensor) -> Tensor:
    """The gradient of the sum of `result` with respect to any value that it was computed from."""
    return walk(trail([result], [of]), [result], [ones_like(result)], [of])[0]


def said(tensor: Tensor) -> str:
    """The numbers of a small Tensor, the shape of a large one."""
    value = np.asarray(tensor.value)
    if value.size > LARGEST:
        return f"{value.dtype} {list(value.shape)}"
    return np.array2string(value, separator=", ", formatter={"float": "{:.4g}".format}).replace("\n", "")
