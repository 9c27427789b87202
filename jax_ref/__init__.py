"""jax_ref: what every primitive means in JAX, Programs lowered to it, and the spiral model written by hand beside it.

It is the reference that minigrad is held against, and a second back end: the lowered function may be jitted,
differentiated again, or sent to other devices. Importing it puts JAX into 64-bit mode, since float64 is NumPy's
default and JAX would otherwise halve every array without a word; float32 Programs stay float32.

Reading order: **meanings** -> lower -> model -> compare -> `python -m jax_ref RUN`
"""

import jax

from jax_ref.lower import lower
from jax_ref.meanings import MEANINGS

__all__ = ["MEANINGS", "lower"]

jax.config.update("jax_enable_x64", True)  # type: ignore[no-untyped-call]
