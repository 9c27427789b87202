"""NumPy, the gradient derived and written out by hand: what a careful person writes for this one network.

Source of the formulas: https://cs231n.github.io/neural-networks-case-study
"""

import numpy as np

from benchmarks.problems import Problem
from benchmarks.timing import Run


def step(p: Problem) -> Run:
    """A network with one hidden layer of ReLU, trained by gradient descent; weights are updated in place."""
    x, labels, rows, n = p.points, p.labels, np.arange(len(p.points)), len(p.points)
    (w1, b1), (w2, b2) = ((layer["W"].copy(), layer["b"].copy()) for layer in p.params)
    lr, reg = np.float32(p.lr), np.float32(p.reg)

    def one_step() -> np.float32:
        hidden = x @ w1
        hidden += b1
        np.maximum(hidden, 0, out=hidden)
        scores = hidden @ w2
        scores += b2
        scores -= scores.max(axis=1, keepdims=True)
        right = scores[rows, labels]
        np.exp(scores, out=scores)
        total = scores.sum(axis=1, keepdims=True)
        loss = np.mean(np.log(total[:, 0]) - right) + 0.5 * reg * (np.sum(w1 * w1) + np.sum(w2 * w2))

        scores /= total
        scores[rows, labels] -= 1
        scores /= n
        d_hidden = scores @ w2.T
        d_hidden *= hidden > 0
        d_w2 = hidden.T @ scores + reg * w2
        d_w1 = x.T @ d_hidden + reg * w1
        for weight, gradient in ((w1, d_w1), (b1, d_hidden.sum(axis=0)), (w2, d_w2), (b2, scores.sum(axis=0))):
            weight -= lr * gradient
        return loss

    def run(k: int) -> float:
        for _ in range(k):
            loss = one_step()
        return float(loss)

    return run
