"""HIPS autograd: gradients of functions on NumPy."""

from typing import Any

from benchmarks.problems import Problem
from benchmarks.rivals import installed
from benchmarks.timing import Run


def step(p: Problem) -> Run:
    """`value_and_grad` of the loss, and the update in NumPy."""
    autograd, np = installed("autograd"), installed("autograd.numpy")
    rows = np.arange(len(p.points))

    def loss(params: Any) -> Any:
        hidden = p.points
        for layer in params[:-1]:
            hidden = np.maximum(np.dot(hidden, layer["W"]) + layer["b"], 0)
        logits = np.dot(hidden, params[-1]["W"]) + params[-1]["b"]
        shifted = logits - np.max(logits, axis=1, keepdims=True)
        log_probabilities = shifted - np.log(np.sum(np.exp(shifted), axis=1, keepdims=True))
        penalty = np.sum(params[0]["W"] ** 2) + np.sum(params[1]["W"] ** 2)
        return -np.mean(log_probabilities[rows, p.labels]) + 0.5 * p.reg * penalty

    value_and_grad = autograd.value_and_grad(loss)
    params = [dict(layer) for layer in p.params]

    def run(k: int) -> float:
        for _ in range(k):
            value, gradients = value_and_grad(params)
            for layer, gradient in zip(params, gradients, strict=True):
                for key in layer:
                    layer[key] = layer[key] - p.lr * gradient[key]
        return float(value)

    return run
