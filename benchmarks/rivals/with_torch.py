"""PyTorch, eager, one thread."""

from benchmarks.problems import Problem
from benchmarks.rivals import installed
from benchmarks.timing import Run


def step(p: Problem) -> Run:
    """Forward, `backward()`, and the update without an optimiser object, which is faster than `torch.optim.SGD`."""
    torch = installed("torch")
    torch.set_num_threads(1)
    functional = torch.nn.functional
    points, labels = torch.from_numpy(p.points), torch.from_numpy(p.labels)
    layers = [[torch.tensor(layer[key], requires_grad=True) for key in ("W", "b")] for layer in p.params]

    def one_step() -> object:
        hidden = points
        for weight, bias in layers[:-1]:
            hidden = torch.relu(torch.addmm(bias, hidden, weight))
        logits = torch.addmm(layers[-1][1], hidden, layers[-1][0])
        penalty = sum((weight * weight).sum() for weight, _ in layers)
        loss = functional.cross_entropy(logits, labels) + 0.5 * p.reg * penalty
        loss.backward()
        with torch.no_grad():
            for parameter in (parameter for layer in layers for parameter in layer):
                parameter.sub_(parameter.grad, alpha=p.lr)
                parameter.grad = None
        return loss

    def run(k: int) -> float:
        for _ in range(k):
            loss = one_step()
        return loss.item()

    return run
