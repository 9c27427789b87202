"""The command: `python -m minigrad train` makes a run folder, `show` and `weights` look into one.

Reading order: ... options -> console -> **__main__**. What a run folder is good for goes on in `jax_ref`, `viz` and
`wasm_export`.
"""

import math
import sys
import time
from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import numpy as np
from threadpoolctl import threadpool_limits

from minigrad import console, data, options, runs, weights
from minigrad.files import FileError
from minigrad.points import OwnPoints, read_points
from minigrad.recipe import Recipe
from minigrad.runs import Run
from minigrad.snapshots import Snapshot
from minigrad.train import Outcome, evaluate, fit, make_step, recorded
from minigrad.weights import Weights


def main(arguments: list[str] | None = None) -> int:
    """Runs the command; returns its exit status: 0, 1 for a run that diverged, 2 for an error, 130 after Ctrl-C."""
    chosen = vars(options.parser(train, show, export_weights).parse_args(arguments))
    command = chosen.pop("command")
    try:
        status: int = command(**chosen)
    except ValueError as error:
        message = str(error) if isinstance(error, FileError) else options.in_its_words(error, chosen)
        print(f"minigrad: error: {message}", file=sys.stderr)
        return 2
    return status


def train(
    out: str | None = None,
    preset: str | None = None,
    resume: str | None = None,
    source: str | None = None,
    own: str | None = None,
    **chosen: Any,
) -> int:
    """Trains into the new run folder `out`, or goes on with the run folder `resume`."""
    if resume is not None:
        if out or preset or source or own or set(chosen) - {"steps"}:
            raise ValueError("--continue goes on with the settings of the run; only --steps can be given beside it")
        return _continue(resume, chosen.get("steps"))
    if out is None:
        raise ValueError("say where the run goes: --out RUN (or --continue RUN to go on with one)")
    network = None if source is None else _network(source)
    if network:
        fixed = {"hidden": network.widths[1:-1], "activation": network.activation}
        for key, value in fixed.items():
            if chosen.setdefault(key, value) != value:
                raise ValueError(f"--{key} says {chosen[key]}, but the weights in {source} have {value}; leave it out")
    points = None if own is None else OwnPoints(own, read_points(own))
    recipe = options.recipe_from(preset, chosen, points)
    if network and network.widths != recipe.widths:
        raise ValueError(f"the weights in {source} have widths {network.widths}, but this run needs {recipe.widths}")
    kept = network.state if network and network.optimizer == recipe.optimizer["name"] else None
    training, test, start = recipe.start(network.params if network else None, points and points.data, kept)
    runs.create(out, recipe.config(), training, test)
    return _fit(out, recipe, training, start, np.empty(0))


def show(path: str) -> int:
    """Prints what a run is, and how well it does."""
    run = runs.load(path)
    config = run.config
    network = "-".join(map(str, config["widths"])) + " " + config["activation"]
    rates = f"{config['optimizer']['name']}, learning rate {config['lr']:g}, reg {config['reg']:g}"
    source = config["dataset"].get("path", config["dataset"]["name"])
    names = f" ({', '.join(run.train.names)})" if run.train.names else ""
    print(f"{source}, {len(run.train)} points{names}; {network}, {config['dtype']}; {rates}")
    print(f"after {len(run.losses)} steps: {_in_words(_scores(run))}")
    return 0


def export_weights(path: str, out: str) -> int:
    """Writes the last weights of a run as JSON."""
    network = _network(path)
    weights.write(out, network)
    rounded = any(layer["W"].dtype != np.float32 for layer in network.params)
    print(f"{out}: widths {network.widths}, {network.activation}{', rounded to float32' if rounded else ''}")
    return 0


def _continue(path: str, steps: int | None) -> int:
    run = runs.load(path)
    recipe = Recipe.from_config(run.config)
    recipe = replace(recipe, steps=recipe.steps if steps is None else steps)
    if recipe.steps <= len(run.losses):
        raise ValueError(f"{path} has made its {len(run.losses)} steps; to go on, give a larger number with --steps")
    runs.write_config(path, recipe.config())
    return _fit(path, recipe, run.train, run.snapshot(), run.losses)


def _fit(path: str, recipe: Recipe, training: data.Dataset, start: Snapshot, losses: np.ndarray[Any, Any]) -> int:
    began = time.perf_counter()
    # Threads take longer to meet than products as small as these take alone, many times so where other programs run.
    with threadpool_limits(1, "blas"):
        outcome = fit(
            recorded(make_step(recipe.make_optimizer(), recipe.activation), start, training, recipe.batch),
            training,
            start,
            recipe.steps,
            recipe.make_schedule(),
            recipe.reg,
            losses=losses,
            batch=recipe.batch,
            activation=recipe.activation,
            save=lambda snapshot, losses: runs.save(path, snapshot, losses),
        )
    seconds = time.perf_counter() - began
    print(_ending(outcome, recipe, path))
    scores = _scores(runs.load(path))
    print(f"{len(outcome.losses) - start.step} steps in {seconds:.1f} s: {_in_words(scores)}")
    print(f"run folder: {path}")
    if outcome.ended == "finished" and recipe.steps:
        _warn_of_guessing(outcome, scores[""][0], training, recipe)
    return {"finished": 0, "interrupted": 130, "diverged": 1}[outcome.ended]


def _ending(outcome: Outcome, recipe: Recipe, path: str) -> str:
    step = outcome.snapshot.step
    if outcome.ended == "diverged":
        return f"diverged after step {step}: lower the learning rate ({recipe.lr:g}). The last finite weights are kept."
    if outcome.ended == "interrupted":
        return f"stopped at step {step}, what was learned is kept. Go on: python -m minigrad train --continue {path}"
    return f"finished at step {step}"


def _warn_of_guessing(outcome: Outcome, loss: float, training: data.Dataset, recipe: Recipe) -> None:
    """Says what may help where training ended no better than guessing, which a network whose weights are all 0 does.

    Its loss is ln(classes), without penalty. The penalty counts where it grew: at first it may be large, and sinking.
    """
    guessing = math.log(recipe.widths[-1])
    cross_entropy, _ = evaluate(outcome.snapshot.params, training, 0.0, recipe.activation)
    if cross_entropy >= guessing:
        bad = f"cross-entropy of {cross_entropy:.6g}"
    elif loss >= max(guessing, outcome.losses[0]):
        bad = f"loss of {loss:.6g}, penalty included,"
    else:
        return
    hints = ", or ".join(_what_may_help(training, recipe))
    print(f"hint: a {bad} is no better than guessing ({guessing:.6g}); {hints}", file=sys.stderr)


def _what_may_help(training: data.Dataset, recipe: Recipe) -> Iterator[str]:
    """What may help a training that ended no better than guessing, less what is so already."""
    widest = np.abs(training.points).max(axis=0)
    if widest.min() < 0.5 or widest.max() > 2:
        yield "scale the columns of the points to about -1 … 1"
    yield f"lower --lr ({recipe.lr:g})"
    if recipe.reg > Recipe().reg:
        yield f"lower --reg ({recipe.reg:g})"
    if recipe.optimizer["name"] not in ("adam", "adamw"):
        yield "use --optimizer adam"


def _scores(run: Run) -> dict[str, tuple[float, float]]:
    """Loss and accuracy at the end of a run, on its training points ("") and on its test points if it has any."""
    sets, params = {"": run.train, "test ": run.test}, run.params()
    reg, activation = run.config["reg"], run.config["activation"]
    return {name: evaluate(params, points, reg, activation) for name, points in sets.items() if points}


def _in_words(scores: dict[str, tuple[float, float]]) -> str:
    parts = [f"{name}loss {loss:.6g}, {name}accuracy {100 * right:.1f} %" for name, (loss, right) in scores.items()]
    return ", ".join(parts)


def _network(path: str) -> Weights:
    """The network in a JSON file or at the end of a run."""
    if path.endswith(".json"):
        return weights.read(path)
    run = runs.load(path)
    last, config = run.snapshot(), run.config
    return Weights(config["widths"], config["activation"], last.params, config["optimizer"]["name"], last.state)


if __name__ == "__main__":
    console.run(main)
