"""JAX: the step jitted and called once per step, and the whole loop jitted."""

from functools import partial
from typing import Any

from benchmarks.problems import Problem
from benchmarks.rivals import installed
from benchmarks.timing import Run


def jitted_step(p: Problem) -> tuple[Any, Any]:
    """The step (params) -> (params, loss), to be jitted, and the first params. Data and rates are constants of it."""
    jax, jnp = installed("jax"), installed("jax.numpy")
    points, one_hot = jnp.asarray(p.points), jax.nn.one_hot(p.labels, p.widths[-1])

    def loss(params: Any) -> Any:
        hidden = points
        for layer in params[:-1]:
            hidden = jax.nn.relu(hidden @ layer["W"] + layer["b"])
        logits = hidden @ params[-1]["W"] + params[-1]["b"]
        penalty = sum(jnp.sum(layer["W"] ** 2) for layer in params)
        return -jnp.mean(jnp.sum(one_hot * jax.nn.log_softmax(logits), axis=1)) + 0.5 * p.reg * penalty

    def step(params: Any) -> tuple[Any, Any]:
        value, gradients = jax.value_and_grad(loss)(params)
        return jax.tree.map(lambda w, g: w - p.lr * g, params, gradients), value

    return step, jax.tree.map(jnp.asarray, p.params)


def step_by_step(p: Problem) -> Run:
    """One jitted call per step, which gets the weights' buffers to reuse; waits for the last."""
    jax = installed("jax")
    body, params = jitted_step(p)
    step = jax.jit(body, donate_argnums=0)

    def run(k: int) -> float:
        nonlocal params
        for _ in range(k):
            params, loss = step(params)
        return float(loss)

    return run


def whole_loop(p: Problem) -> Run:
    """All k steps in one jitted `fori_loop`."""
    jax = installed("jax")
    body, params = jitted_step(p)

    @partial(jax.jit, donate_argnums=0)
    def steps(params: Any, k: Any) -> tuple[Any, Any]:
        return jax.lax.fori_loop(0, k, lambda _, carry: body(carry[0]), (params, 0.0))

    def run(k: int) -> float:
        nonlocal params
        params, loss = steps(params, k)
        return float(loss)

    return run
