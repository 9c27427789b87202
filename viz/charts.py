"""The charts of a run, or of two in one colour each: loss, accuracy, and the norm of each layer's gradient.

Reading order: … → maps, curves, hinges, units → **charts** → layout → scene → animation → …
"""

from collections.abc import Callable, Sequence

import numpy as np
from matplotlib.axes import Axes
from numpy.typing import NDArray

from minigrad.data import Dataset
from viz.curves import MOST_VALUES, Curves, Series, curves
from viz.history import History

Chart = Callable[[Axes, Sequence[History]], Curves]


def percent(share: float) -> str:
    """A share of 1 in per cent."""
    return f"{100 * share:.1f} %"


def loss(ax: Axes, histories: Sequence[History]) -> Curves:
    """Training loss, and test loss where points were held out."""
    return curves(_named(histories, [_sets(one, one.training_loss, one.loss) for one in histories]), "loss", ax=ax)


def accuracy(ax: Axes, histories: Sequence[History]) -> Curves:
    """Training accuracy, and test accuracy where points were held out."""
    found = [_sets(one, (one.steps, one.accuracy(one.run.train)), one.accuracy) for one in histories]
    drawn = curves(_named(histories, found), "accuracy", limits=(0.0, 1.04), form=percent, ax=ax)
    ax.set_yticks([0, 0.5, 1], ["0 %", "50 %", "100 %"])
    return drawn


def gradients(ax: Axes, histories: Sequence[History]) -> Curves:
    """‖∂loss/∂W‖ of each layer."""
    found = []
    for one in histories:
        norms = one.gradient_norms()
        layers = norms.shape[1]
        names = [
            f"layer {layer + 1}" if layer == 0 or layers <= MOST_VALUES else str(layer + 1) for layer in range(layers)
        ]
        found.append({name: (one.steps, norms[:, layer]) for layer, name in enumerate(names)})
    return curves(found, "gradient", form="{:.1e}".format, ax=ax)


def _sets(one: History, train: Series, of: Callable[[Dataset], NDArray[np.float64]]) -> dict[str, Series]:
    """The curve of the training set, and that of the test set if there is one."""
    return {"train": train, "test": (one.steps, of(one.run.test))} if one.run.test else {"": train}


def _named(histories: Sequence[History], found: Sequence[dict[str, Series]]) -> list[dict[str, Series]]:
    """Curves of several runs under the names of the runs, where there is one of each."""
    if len(histories) > 1 and all(len(own) == 1 for own in found):
        return [dict(zip([one.name], own.values())) for one, own in zip(histories, found, strict=True)]
    return list(found)
