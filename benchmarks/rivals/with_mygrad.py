"""MyGrad: tensors with `.backward()` on NumPy."""

import numpy as np

from benchmarks.problems import Problem
from benchmarks.rivals import installed
from benchmarks.timing import Run


def step(p: Problem) -> Run:
    """With its fused softmax cross-entropy, and the weights updated in NumPy."""
    mygrad, losses = installed("mygrad"), installed("mygrad.nnet.losses")
    layers = [[mygrad.tensor(layer[key].copy()) for key in ("W", "b")] for layer in p.params]
    lr, half = np.float32(p.lr), np.float32(0.5 * p.reg)

    def one_step() -> float:
        hidden = p.points
        for weight, bias in layers[:-1]:
            hidden = mygrad.nnet.relu(mygrad.matmul(hidden, weight) + bias)
        logits = mygrad.matmul(hidden, layers[-1][0]) + layers[-1][1]
        penalty = mygrad.sum(mygrad.square(layers[0][0])) + mygrad.sum(mygrad.square(layers[1][0]))
        loss = losses.softmax_crossentropy(logits, p.labels) + half * penalty
        loss.backward()
        for parameter in (parameter for layer in layers for parameter in layer):
            parameter.data -= lr * parameter.grad
        return float(loss)

    def run(k: int) -> float:
        for _ in range(k):
            loss = one_step()
        return loss

    return run
