"""A recipe: every setting that makes a run, and how a run starts from it.

Reading order: ... runs -> train -> **recipe** -> weights -> options -> ...

One generator, `RandomState(seed)`, draws the data, then the split if there is one, then the weights, then the
minibatches; so a recipe determines its run to the last bit. `config.json` of a run folder is its recipe.
"""

from dataclasses import asdict, dataclass, field, fields, replace
from typing import Any

import numpy as np

from minigrad import data, nn, optim, tree
from minigrad.runs import Config
from minigrad.snapshots import Snapshot
from minigrad.train import check_batch


@dataclass(frozen=True)
class Recipe:
    """The settings of a run; every one is an option of `python -m minigrad train`.

    Attributes:
        dataset: {"name": …} and the data set's own options (points, classes, noise, …); for points of one's own
            {"name": "file", "path": …, "points": …, "classes": …}, and the classes' "names" if they have any.
        test: the fraction of the points held out for testing; 0 for none.
        hidden: the widths of the hidden layers.
        activation: between the layers, a key of `nn.ACTIVATIONS`.
        init: "he", "xavier", or the standard deviation of normal weights.
        bias: the standard deviation of the biases.
        skip: normals drawn and thrown away between the data and the weights.
        optimizer: {"name": …} and its own options, its learning rate left out.
        lr: the learning rate; schedules start from it.
        schedule: {"name": "constant" | "step" | "cosine"}, its options as in `optim`, and "warmup_steps":
            the steps over which the learning rate rises to it.
        reg: the strength of the penalty ½·reg·Σ‖W‖² in the loss.
        steps: how many updates to make.
        batch: points a step; None for all.
        seed: 0 to 2³² - 1.
        dtype: "float64" or "float32".
    """

    dataset: dict[str, Any] = field(default_factory=lambda: {"name": "spiral"})
    test: float = 0.0
    hidden: tuple[int, ...] = (100,)
    activation: str = "relu"
    init: str | float = "he"
    bias: float = 0.0
    skip: int = 0
    optimizer: dict[str, Any] = field(default_factory=lambda: {"name": "sgd"})
    lr: float = 0.5
    schedule: dict[str, Any] = field(default_factory=lambda: {"name": "constant"})
    reg: float = 0.001
    steps: int = 10_000
    batch: int | None = None
    seed: int = 0
    dtype: str = "float64"

    def __post_init__(self) -> None:
        if not self.hidden or min(self.hidden) < 1:
            raise ValueError(f"hidden widths are {list(self.hidden)}; expected one or more, each at least 1")
        if self.dtype not in ("float64", "float32"):
            raise ValueError(f"dtype is {self.dtype!r}; it must be 'float64' or 'float32'")
        if self.steps < 0:
            raise ValueError(f"steps is {self.steps}; it must be 0 or more")
        for name in ("reg", "bias"):
            if not 0 <= getattr(self, name) < np.inf:
                raise ValueError(f"{name} is {getattr(self, name)}; it must be 0 or more, and finite")
        if isinstance(self.init, float) and not 0 <= self.init < np.inf:
            raise ValueError(f"init is {self.init}; a standard deviation must be 0 or more, and finite")
        if self.dataset["name"] == "file" and set(self.dataset) - {"names"} != {"name", "path", "points", "classes"}:
            raise ValueError(f"a data set from a file has a path, points and classes, and this has {self.dataset}")
        _check_schedule(self.schedule)
        nn.activation_named(self.activation)
        self.make_optimizer()
        self.make_schedule()

    @property
    def classes(self) -> int:
        """How many classes the data has."""
        classes: int = self.whole_dataset["classes"]
        return classes

    @property
    def whole_dataset(self) -> dict[str, Any]:
        """`dataset` with its defaults filled in."""
        drawn = self.dataset["name"] != "file"
        return {**(data.options(self.dataset["name"]) if drawn else {}), **self.dataset}

    @property
    def widths(self) -> list[int]:
        """The network's widths, from the two coordinates to the classes."""
        return [2, *self.hidden, self.classes]

    def make_optimizer(self) -> optim.Optimizer:
        """The optimiser, with this recipe's learning rate."""
        return optim.make(lr=self.lr, **self.optimizer)

    def make_schedule(self) -> optim.Schedule:
        """The learning rate of each step."""
        return optim.make_schedule(lr=self.lr, steps=self.steps, **self.schedule)

    def config(self) -> Config:
        """What `config.json` says of a run by this recipe: all settings, defaults filled in, and what follows."""
        settings = asdict(self)
        settings["dataset"] = self.whole_dataset
        settings["optimizer"] = {"name": self.optimizer["name"], **self.make_optimizer().options}
        return {"widths": self.widths, "classes": self.classes, **settings, "hidden": list(self.hidden)}

    @classmethod
    def from_config(cls, config: Config) -> "Recipe":
        """The recipe that a `config.json` was made from."""
        known = {f.name: config[f.name] for f in fields(cls) if f.name in config}
        return cls(**{**known, "hidden": tuple(config["widths"][1:-1])})

    def start(
        self, params: nn.Params | None = None, own: data.Dataset | None = None, state: tree.Tree | None = None
    ) -> tuple[data.Dataset, data.Dataset | None, Snapshot]:
        """Draws the data and the weights: (training set, test set or None, the snapshot of step 0).

        Args:
            params: weights to start from instead of drawn ones.
            own: the points of one's own that the recipe was made for; None where it draws its points.
            state: the optimiser's state to start from, instead of that before the first step.

        Raises:
            ValueError: a data set's option or the batch out of its range, an empty side of the split, points of one's
                own that are not there, or that no one asked for.
        """
        rng = data.generator(self.seed)
        train, test = self._points(rng, own), None
        if self.test:
            train, test = data.split(train, self.test, seed=rng)
        check_batch(self.batch, len(train))
        rng.randn(self.skip)
        if params is None:
            init = self.init if isinstance(self.init, str) else ("normal", self.init)
            params = nn.init_mlp(self.widths, init, rng, self.dtype, self.bias)
        if state is None:
            state = self.make_optimizer().init(params)
        params, state = tree.map(lambda leaf: np.asarray(leaf, self.dtype), (params, state))
        start = Snapshot(0, params, state, rng.get_state(legacy=False))
        return train.astype(self.dtype), test and test.astype(self.dtype), start

    def _points(self, rng: np.random.RandomState, own: data.Dataset | None) -> data.Dataset:
        name = self.dataset["name"]
        if name == "file" and own is None:
            raise ValueError(f"the points of {self.dataset['path']} cannot be drawn; read them and give them to start")
        if name != "file" and own is not None:
            raise ValueError(
                f"this recipe draws the points of {name}; leave out those of your own, or make it for them"
            )
        return data.make(seed=rng, **self.dataset) if own is None else own


def _check_schedule(schedule: dict[str, Any]) -> None:
    """Raises `ValueError` for what the schedule itself, which takes any number, cannot tell."""
    for name in ("factor", "final"):
        if not np.isfinite(schedule.get(name, 0.0)):
            raise ValueError(f"{name} is {schedule[name]}; it must be finite")
    if schedule.get("warmup_steps", 0) < 0:
        raise ValueError(f"warmup_steps is {schedule['warmup_steps']}; it must be 0 or more")


PRESETS: dict[str, Recipe] = {
    # https://cs231n.github.io/neural-networks-case-study. Its notebook drew 18 normals and a linear classifier's 6
    # from the same stream before the network's weights.
    "cs231n": Recipe(
        dataset={"name": "cs231n", "points": 300, "classes": 3, "noise": 0.2}, init=0.01, skip=18 + 6, lr=1.0
    ),
    "demo": Recipe(
        dataset={"name": "spiral", "points": 500, "classes": 5, "noise": 0.25, "rotation": np.pi}, init=0.1, bias=0.1
    ),
}


def with_options(base: Recipe, chosen: dict[str, Any]) -> Recipe:
    """`base` with some settings replaced; a data set or optimiser of another name starts from its own defaults."""
    for key in ("dataset", "optimizer", "schedule"):
        if key in chosen:
            mine, theirs = getattr(base, key), chosen[key]
            same = theirs.get("name", mine["name"]) == mine["name"]
            chosen = {**chosen, key: {**mine, **theirs} if same else theirs}
    return replace(base, **chosen)
