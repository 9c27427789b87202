"""The options of `python -m minigrad`: what can be said on its command line, and what that means for a recipe.

Reading order: ... recipe -> weights -> **options** -> console -> `__main__`
"""

import argparse
from collections.abc import Callable, Collection
from dataclasses import replace
from inspect import signature
from typing import Any

from minigrad import data, nn, optim
from minigrad.points import OwnPoints
from minigrad.recipe import PRESETS, Recipe, with_options

Command = Callable[..., int]

# These belong to a part of the recipe: its data set, its optimiser, its schedule.
PARTS = {
    "dataset": ("points", "classes", "noise", "rotation"),
    "optimizer": ("mu", "beta1", "beta2", "eps", "weight_decay"),
    "schedule": ("every", "factor", "final", "warmup_steps"),
}

TABLES: dict[str, dict[str, Callable[..., Any]]] = {
    "dataset": data.DATASETS, "optimizer": optim.OPTIMIZERS, "schedule": optim.SCHEDULES
}  # fmt: skip
FLAGS = {
    "classes": "--arms/--classes",
    "mu": "--momentum",
    "warmup_steps": "--warmup",
    "weight_decay": "--weight-decay",
}


def parser(train: Command, show: Command, weights: Command) -> argparse.ArgumentParser:
    """The parser of the whole command line: `.command` of what it gives is one of these three."""
    whole = argparse.ArgumentParser(
        prog="python -m minigrad", description="Trains small networks on points in the plane."
    )
    commands = whole.add_subparsers(required=True, metavar="COMMAND")

    trainer = commands.add_parser(
        "train",
        usage="python -m minigrad train --out RUN [--preset cs231n|demo] [OPTION ...]",
        help="train a network, into a run folder",
        description="Trains a network on points in the plane and writes a run folder. An option that is not given "
        "keeps the value that the preset, or else the default in brackets, gives it.",
        epilog="Ctrl-C stops and keeps what was learned; --continue goes on from there, to the same bits.",
        argument_default=argparse.SUPPRESS,
    )
    _add_run_options(trainer)
    _add_data_options(trainer)
    _add_model_options(trainer)
    _add_optimizer_options(trainer)
    trainer.set_defaults(command=train)

    shower = commands.add_parser("show", help="print what a run is, and how well it does")
    shower.add_argument("path", metavar="RUN", help="a run folder")
    shower.set_defaults(command=show)

    exporter = commands.add_parser("weights", help="write a run's last weights as JSON, for the page")
    exporter.add_argument("path", metavar="RUN", help="a run folder")
    exporter.add_argument("--out", required=True, metavar="FILE.json", help="the file to write")
    exporter.set_defaults(command=weights)
    return whole


def recipe_from(preset: str | None, chosen: dict[str, Any], own: OwnPoints | None = None) -> Recipe:
    """The recipe that a preset (or none) and the chosen options make together, for one's own points if there are any.

    >>> recipe_from("cs231n", {"classes": 4, "optimizer": "adam"}).lr  # Adam's own default, not the preset's 1.0
    0.01

    Raises:
        ValueError: an option that does not exist for the data set, optimiser or schedule, or is out of its range.
    """
    base = PRESETS[preset] if preset else Recipe()
    settings = dict(chosen)
    if own is not None:
        base = replace(base, dataset=_own_points(own, preset, settings))
    for part, options in PARTS.items():
        name = settings.pop(part, getattr(base, part)["name"])
        given = {key: settings.pop(key) for key in options if key in settings}
        for key in given:
            _check_option(part, name, key)
        settings[part] = {"name": name, **given}
    if "lr" not in settings and settings["optimizer"]["name"] != base.optimizer["name"]:
        settings["lr"] = optim.make(settings["optimizer"]["name"]).lr
    return with_options(base, settings)


def in_its_words(error: ValueError, given: Collection[str]) -> str:
    """The message of an error in words of the command line: it names a setting that was given by its option.

    An error about a setting begins with the setting's name, and goes on with what it is.

    >>> in_its_words(ValueError("mu is 2.0; it must be below 1"), ["mu", "lr"])
    '--momentum is 2.0; it must be below 1'
    """
    setting, _, fault = str(error).partition(" is ")
    return f"{_flag(setting)} is {fault}" if setting in given else str(error)


def _check_option(part: str, name: str, option: str) -> None:
    """Raises `ValueError`, in words of the command line, where what is called `name` does not have the option."""
    having = [each for each, make in TABLES[part].items() if option in signature(make).parameters]
    if name not in having and option != "warmup_steps":  # every schedule can warm up
        raise ValueError(f"--{part} {name} has no option {_flag(option)}; --{part} {' or '.join(having)} has it")


def _flag(option: str) -> str:
    return FLAGS.get(option, f"--{option}")


def _own_points(own: OwnPoints, preset: str | None, settings: dict[str, Any]) -> dict[str, Any]:
    """The data set of a recipe that learns from a file."""
    given = ["--preset"] if preset else [_flag(key) for key in ("dataset", *PARTS["dataset"]) if key in settings]
    if given:
        raise ValueError(f"--data takes the points from {own.path}; leave out {', '.join(given)}")
    path, points = own
    described = {"name": "file", "path": path, "points": len(points), "classes": points.classes}
    return described | ({"names": list(points.names)} if points.names else {})


def _add_run_options(trainer: argparse.ArgumentParser) -> None:
    plain = Recipe()
    add = trainer.add_argument_group("the run").add_argument
    add("--out", metavar="RUN", help="the run folder to write; it must not exist, or be empty")
    add("--preset", choices=sorted(PRESETS), help="cs231n: the CS231n case study, to the published losses; "
        "demo: 5 arms of 100 points, weights and biases 0.1·randn")  # fmt: skip
    add("--continue", dest="resume", metavar="RUN", help="go on with this run instead, up to its own number of steps "
        "or --steps")  # fmt: skip
    add("--weights", dest="source", metavar="PATH", help="start from the weights in this run folder or JSON file, and "
        "from the state of its optimiser if this run has the same one")  # fmt: skip
    add("--steps", type=int, metavar="N", help=f"how many updates to make [{plain.steps}]")
    add("--seed", type=int, metavar="N", help=f"0 … 2³² - 1; draws data, weights and batches [{plain.seed}]")
    add("--dtype", choices=("float64", "float32"), help=f"the precision of everything [{plain.dtype}]")


def _add_data_options(trainer: argparse.ArgumentParser) -> None:
    defaults = {name: data.options(name) for name in data.DATASETS}

    def each(option: str) -> str:
        return ", ".join(f"{name} {known[option]:.3g}" for name, known in defaults.items() if option in known)

    add = trainer.add_argument_group("data").add_argument
    add("--dataset", choices=list(data.DATASETS), help=f"what to learn [{Recipe().dataset['name']}]")
    add("--data", dest="own", metavar="FILE.csv", help="learn from your own points instead: one x,y,label per line; "
        "labels are whole numbers from 0, or names")  # fmt: skip
    add("--points", type=int, metavar="N", help=f"how many points in all [{each('points')}]")
    add("--arms", "--classes", dest="classes", type=int, metavar="K", help=f"how many classes [{each('classes')}]")
    add("--noise", type=float, metavar="X", help="standard deviation; radians for the spirals, else in the plane "
        f"[{each('noise')}]")  # fmt: skip
    add("--rotation", type=float, metavar="RADIANS", help=f"how far an arm turns [{each('rotation')}]")
    add("--test", type=float, metavar="FRACTION", help=f"the part of the points held out [{Recipe().test:g}]")


def _add_model_options(trainer: argparse.ArgumentParser) -> None:
    plain = Recipe()
    widths = " ".join(map(str, plain.hidden))
    add = trainer.add_argument_group("model").add_argument
    add("--hidden", type=_width, nargs="+", metavar="WIDTH", help=f"the widths of the hidden layers [{widths}]")
    add("--activation", choices=list(nn.ACTIVATIONS), help=f"between the layers [{plain.activation}]")
    add(
        "--init", type=_init, metavar="he|xavier|X", help=f"X: normal weights of this standard deviation [{plain.init}]"
    )
    add("--bias", type=float, metavar="X", help=f"normal biases of this standard deviation [{plain.bias:g}]")


def _add_optimizer_options(trainer: argparse.ArgumentParser) -> None:
    plain = Recipe()
    rates = ", ".join(f"{name} {optim.make(name).lr:g}" for name in optim.OPTIMIZERS)
    add = trainer.add_argument_group("optimiser").add_argument
    add("--optimizer", choices=list(optim.OPTIMIZERS), help=f"[{plain.optimizer['name']}]")
    add("--lr", type=float, metavar="X", help=f"learning rate [{rates}]")
    add("--reg", type=float, metavar="X", help=f"strength of the penalty ½·reg·Σ‖W‖² in the loss [{plain.reg:g}]")
    add("--batch", type=int, metavar="N", help="points a step, shuffled every epoch [all]")
    add("--schedule", choices=list(optim.SCHEDULES), help="of the learning rate: constant; step, times --factor every "
        "--every steps; cosine, down to --final at the last step [constant]")  # fmt: skip
    add("--every", type=int, metavar="N", help=argparse.SUPPRESS)
    add("--factor", type=float, metavar="X", help=argparse.SUPPRESS)
    add("--final", type=float, metavar="X", help=argparse.SUPPRESS)
    add("--warmup", dest="warmup_steps", type=int, metavar="N", help="steps over which the learning rate rises [0]")
    add("--momentum", dest="mu", type=float, metavar="X", help="of momentum and nesterov [0.9]")
    add("--beta1", type=float, metavar="X", help="of adam and adamw [0.9]")
    add("--beta2", type=float, metavar="X", help="of adam and adamw [0.999]")
    add("--eps", type=float, metavar="X", help="of adam and adamw [1e-08]")
    add("--weight-decay", type=float, metavar="X", help="of adamw, decoupled from the loss [0.01]")


def _width(text: str) -> int:
    if not text.isdecimal():
        raise argparse.ArgumentTypeError(f"{text!r} is not a width; give whole numbers, apart: --hidden 64 64")
    return int(text)


def _init(text: str) -> str | float:
    return text if text in ("he", "xavier") else float(text)
