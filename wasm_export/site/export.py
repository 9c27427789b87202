"""A run folder in, one HTML file out: compiles what the page needs and puts it beside the run's own data.

Reading order: … bundle → archive → **export** → the command in `wasm_export/__main__`

The file holds the run (points, labels, first and last weights in float32, losses) and the compiled modules, in the
containers that `archive` describes.
"""

import html
import re
from itertools import product
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from minigrad import nn, optim, runs, train, tree
from minigrad.files import FileError, atomic, named
from wasm_export.site import bundle
from wasm_export.site.archive import Network, as_json, make_archive, network_key
from wasm_export.site.palette import PETROFF_6

MOST_CLASSES = len(PETROFF_6)
MOST_WIDTH = 256
MOST_POINTS = 5000
LOSSES_SHOWN = 500

ACTIVATION_TITLES = {"relu": "ReLU", "tanh": "tanh", "identity": "linear"}
METHODS = {
    "sgd": "Gradient descent", "momentum": "Momentum", "nesterov": "Nesterov", "adam": "Adam", "adamw": "AdamW"
}  # fmt: skip
DATASETS = {"spiral": "Spiral", "circles": "Circles", "moons": "Moons", "xor": "XOR", "blobs": "Blobs"}
SUBJECTS = {"cs231n": "the spiral", "xor": "XOR", "custom": "your points"}
OF_THE_RUN = {**DATASETS, "cs231n": "Spiral"}


def write_page(run: runs.Run, out: Path) -> dict[str, int]:
    """Writes the page of a run to the file `out`; returns what `sizes` says of it.

    Raises:
        FileError: a run that the page cannot show, or a path that cannot be written. Nothing is written then.
    """
    check(run)
    text = page(run)
    with atomic(out) as file:
        file.write_text(text, encoding="utf-8")
    return sizes(text)


def check(run: runs.Run) -> None:
    """`FileError` for a run that the page cannot show."""
    widths = run.config["widths"]
    if widths[0] != 2:
        raise FileError(f"{run.path}: the network takes {widths[0]} inputs; the page shows a plane, so 2 are needed")
    if widths[-1] > MOST_CLASSES:
        raise FileError(f"{run.path}: there are {widths[-1]} classes; the page shows at most {MOST_CLASSES}")
    if len(widths) < 3:
        raise FileError(f"{run.path}: the network has no hidden layer; the page shows networks with one or more")
    if max(widths[1:-1]) > MOST_WIDTH:
        raise FileError(f"{run.path}: a hidden layer has {max(widths[1:-1])} units; the page runs at most {MOST_WIDTH}")
    if run.config["activation"] not in nn.ACTIVATIONS:
        names = ", ".join(nn.ACTIVATIONS)
        raise FileError(f"{run.path}: there is no activation {run.config['activation']!r}; there are {names}")
    count = count_points(run)
    if count > MOST_POINTS:
        raise FileError(f"{run.path}: there are {count} points; the page shows at most {MOST_POINTS}")


def page(run: runs.Run) -> str:
    """The page's whole text."""
    networks = networks_of(run)
    heading = html.escape(heading_of(subject_of(run)))
    lede = " ".join(f"<span>{html.escape(sentence)}</span>" for sentence in lede_of(run))
    first, rest = make_archive(networks, run.config["classes"], optimizer_of(run), run_parts(run, networks))
    return bundle.document({"title": heading, "heading": heading, "lede": lede, "first": first, "rest": rest})


def sizes(page: str) -> dict[str, int]:
    """The bytes of the page's parts; what is in none of them is its document."""
    titles = {"script": "script", "first": "the run and its network", "rest": "other networks and all forms"}
    spans = re.finditer(r'<script type="text/plain" id="(\w+)">(.*?)</script>', page, re.DOTALL)
    parts = {titles[match[1]]: len(match[2].encode()) for match in spans}
    return {"document and style": len(page.encode()) - sum(parts.values()), **parts}


def heading_of(subject: str) -> str:
    """What is shown, by what is learned."""
    return f"A neural network learns {subject}"


def subject_of(run: runs.Run) -> str:
    """The run's points in words; of the path of their file, the page tells no more than the last part."""
    dataset = run.config["dataset"]
    return f"the points of {Path(dataset['path']).name}" if "path" in dataset else subject_named(dataset["name"])


def subject_named(dataset: str) -> str:
    """The points of a data set in words, by its name."""
    return SUBJECTS.get(dataset, f"the {dataset}")


def lede_of(run: runs.Run) -> list[str]:
    """The sentences under the heading: whose network it is, and what to press."""
    units = " + ".join(map(str, run.config["widths"][1:-1]))
    kind = f"{units} {activation_title(run.config['activation'])} units"
    return [
        f"{kind}, trained in Python for {len(run.losses):,} steps.",
        "Press Play to watch it learn again, in this page.",
    ]


def networks_of(run: runs.Run) -> list[Network]:
    """The networks that the page offers: the run's own first, then one and two hidden layers of ReLU and tanh."""
    own = (run.config["activation"], len(run.config["widths"]) - 2)
    return list(
        dict.fromkeys([own, *((activation, layers) for layers, activation in product((1, 2), ("relu", "tanh")))])
    )


def activation_title(activation: str) -> str:
    """The activation's name for people."""
    return ACTIVATION_TITLES.get(activation, activation)


def run_parts(run: runs.Run, networks: list[Network]) -> dict[str, bytes]:
    """The run as the page reads it: facts as JSON, arrays as little-endian bytes, test points after training points."""
    sets = [run.train] + ([run.test] if run.test else [])
    steps, losses = losses_shown(run.losses)
    with np.errstate(over="ignore"):
        losses = np.append(losses, final_loss(run)).astype("<f4")
    arrays = {
        "points": np.concatenate([part.points for part in sets]).astype("<f4"),
        "labels": np.concatenate([part.labels for part in sets]).astype("u1"),
        "initial": flat(run.params(0)),
        "final": flat(run.params()),
        "steps": np.append(steps, len(run.losses)).astype("<i4"),
        "losses": losses,
    }
    arrays |= {f"state.{name}": flat(part) for name, part in run.state().items()}
    for name, array in arrays.items():
        if name != "losses" and not np.isfinite(array).all():
            raise FileError(f"{run.path}: its {name} numbers are not finite in float32, in which the page computes")
    return {"run": as_json(facts(run, networks)), **{name: array.tobytes() for name, array in arrays.items()}}


def facts(run: runs.Run, networks: list[Network]) -> dict[str, Any]:
    """What the page knows of the run beside its arrays, and of what it offers."""
    config = run.config
    return {
        "headings": {
            "run": heading_of(subject_of(run)),
            **{name: heading_of(subject_named(name)) for name in (*DATASETS, "custom")},
        },
        "lede": lede_of(run),
        "names": list(run.train.names),
        "widths": config["widths"],
        "dtype": config["dtype"],
        "bias": config.get("bias", 0.0),
        "steps": len(run.losses),
        "palette": PETROFF_6,
        "settings": settings(run, networks),
        "datasets": {
            "run": OF_THE_RUN.get(config["dataset"]["name"], "Points") + " of the run",
            **DATASETS,
            "custom": "Your own",
        },
        "architectures": {
            network_key(network): {
                "title": network_title(network),
                "units": activation_title(network[0]),
                "activation": network[0],
                "layers": network[1],
            }
            for network in networks
        },
        "methods": METHODS,
        "tested": len(run.test) if run.test else 0,
        "state": list(run.state()),
        "exact": config.get("batch") is None and config.get("schedule", {"name": "constant"})["name"] == "constant",
    }


def network_title(network: Network) -> str:
    """Such as "2 hidden layers, ReLU"."""
    activation, layers = network
    return f"{layers} hidden layer{'s' if layers > 1 else ''}, {activation_title(activation)}"


def settings(run: runs.Run, networks: list[Network]) -> dict[str, Any]:
    """The page's settings as the run had them; settings that the run does not have get what suits beside them."""
    config, dataset = run.config, run.config["dataset"]
    hidden = config["widths"][1:-1]
    most = max(layers for _, layers in networks)
    return {
        "speed": 1000,
        "stop": len(run.losses),
        "dataset": "run",
        "classes": config["classes"],
        "points": count_points(run),
        "noise": min(float(dataset.get("noise", 0.2)), 1.0),
        "rotation": round(float(dataset.get("rotation", 4.0)), 2),
        "test": config.get("test") or round(len(run.test) / count_points(run), 2) if run.test else 0,
        "named": False,
        "sample": 1,
        "architecture": network_key(networks[0]),
        **{f"hidden{layer}": hidden[min(layer, len(hidden)) - 1] for layer in range(1, most + 1)},
        "init": config["init"] if isinstance(config["init"], str) else "normal",
        "scale": config["init"] if isinstance(config["init"], float) and config["init"] > 0 else 0.1,
        "seed": config["seed"],
        "optimizer": config["optimizer"]["name"],
        "batch": config.get("batch") or 0,
        "lr": config["lr"],
        "reg": config["reg"],
        "map": "probability",
        "hinges": False,
        "logarithmic": False,
    }


def count_points(run: runs.Run) -> int:
    """How many points there are, test points included."""
    return len(run.train) + (len(run.test) if run.test else 0)


def losses_shown(losses: NDArray[np.float64]) -> tuple[NDArray[np.int64], NDArray[np.float64]]:
    """At most `LOSSES_SHOWN` steps and their losses: dense at first, where they change most."""
    last = len(losses) - 1
    steps = np.unique(np.geomspace(1, last + 1, LOSSES_SHOWN).astype(int) - 1) if last > 0 else np.arange(len(losses))
    return steps, losses[steps]


def final_loss(run: runs.Run) -> float:
    """The loss of the last weights on the training points, which the run does not store."""
    value, _ = train.evaluate(run.params(), run.train, run.config["reg"], run.config["activation"])
    return float(value)


def optimizer_of(run: runs.Run) -> optim.Optimizer:
    """The run's optimiser with the run's options."""
    return optim.make(**run.config["optimizer"])


def flat(arrays: tree.Tree) -> NDArray[np.float32]:
    """All numbers in the order of their names, in float32: the weights, or what an optimiser keeps for each of them."""
    numbers = np.concatenate([np.ravel(array) for array in named(arrays, "").values()])
    with np.errstate(over="ignore"):  # what float32 cannot hold becomes infinite, and is refused as that
        return numbers.astype("<f4")
