"""The training step of the spiral, 2-100-3 ReLU on 300 points in float32: by everybody, everywhere."""

from collections.abc import Iterator
from pathlib import Path

from benchmarks import in_page, ours, reference, tfjs
from benchmarks.apart import apart
from benchmarks.problems import SPIRAL
from benchmarks.races import OURS, Race, at_most, entry, times_faster
from benchmarks.rivals import by_hand, with_autograd, with_jax, with_mygrad, with_torch

TITLE = "One training step, 2-100-3 ReLU, 300 points, float32"
LOOP, CALL = "minigrad wasm, many steps a call", "minigrad wasm, a call a step"
EAGER, REPLAY = "minigrad eager", "minigrad replay on NumPy"
JAX_LOOP, JAX_CALL = "jax.jit, fori_loop", "jax.jit, a call a step"
NUMPY, TORCH, MYGRAD, AUTOGRAD = "NumPy by hand", "PyTorch eager, 1 thread", "MyGrad", "HIPS autograd"


def races(hand_tuned: Path | None) -> Iterator[Race]:
    """In Chromium, in Firefox, and in Python."""
    for place in ("chromium", "firefox"):
        contestants = [
            entry(OURS, in_page.step, SPIRAL),
            entry(reference.NAME, reference.page, SPIRAL, hand_tuned, "steps"),
            entry(tfjs.NAME, in_page.tfjs_step, SPIRAL),
        ]
        targets = [at_most(1.0, reference.NAME), *([times_faster(30, tfjs.NAME)] if place == "chromium" else [])]
        yield Race(TITLE, place, contestants, targets)
    yield Race(
        TITLE,
        "python",
        [
            entry(LOOP, apart, ours.compiled, SPIRAL, True),
            entry(CALL, apart, ours.compiled, SPIRAL, False),
            entry(f"{reference.NAME} in wasmtime", apart, reference.steps, SPIRAL, hand_tuned),
            entry(JAX_LOOP, apart, with_jax.whole_loop, SPIRAL),
            entry(JAX_CALL, apart, with_jax.step_by_step, SPIRAL),
            entry(REPLAY, apart, ours.replayed, SPIRAL),
            entry(NUMPY, apart, by_hand.step, SPIRAL),
            entry(EAGER, apart, ours.eager, SPIRAL),
            entry(TORCH, apart, with_torch.step, SPIRAL),
            entry(MYGRAD, apart, with_mygrad.step, SPIRAL),
            entry(AUTOGRAD, apart, with_autograd.step, SPIRAL),
        ],
        [
            at_most(1.0, f"{reference.NAME} in wasmtime", LOOP),
            at_most(1.0, JAX_LOOP, LOOP),
            at_most(1.0, JAX_CALL, CALL),
            at_most(1.2, NUMPY, REPLAY),
            at_most(1.0, TORCH, EAGER),
            times_faster(1.8, MYGRAD, EAGER),
        ],
        notes=["Each has a process of its own. NumPy and PyTorch have one thread; JAX takes what it wants."],
    )
