"""The training step and its loop: what it computes, when it stops, and that it goes on to the same bits."""

from typing import Any

import numpy as np
import pytest

from minigrad import data, nn, optim, tree
from minigrad.recipe import Recipe
from minigrad.snapshots import Snapshot
from minigrad.train import Batches, Outcome, evaluate, fit, loss, make_step, recorded, snapshot_steps

RECIPE = Recipe(dataset={"name": "blobs", "points": 40}, hidden=(8,), lr=0.5, steps=60)


def train(recipe: Recipe, start: Any = None, losses: Any = None, steps: int | None = None, **options: Any) -> Outcome:
    training, _, fresh = recipe.start()
    start = start or fresh
    step = recorded(make_step(recipe.make_optimizer(), recipe.activation), start, training, recipe.batch)
    step = options.pop("wrap", lambda step: step)(step)
    return fit(
        step, training, start, recipe.steps if steps is None else steps, recipe.make_schedule(), recipe.reg,
        losses=losses, batch=recipe.batch, activation=recipe.activation, progress=False, **options,
    )  # fmt: skip


def assert_same_bits(a: Any, b: Any) -> None:
    for x, y in zip(tree.flatten(a)[0], tree.flatten(b)[0], strict=True):
        np.testing.assert_array_equal(np.asarray(x), np.asarray(y))


def by_hand(params: nn.Params, x: np.ndarray, y: np.ndarray, reg: float) -> tuple[float, nn.Params]:
    """The loss of a two-layer ReLU network and its gradients, as CS231n writes them."""
    n = len(x)
    (w, b), (w2, b2) = ((layer["W"], layer["b"]) for layer in params)
    hidden = np.maximum(0, x @ w + b)
    scores = hidden @ w2 + b2
    probs = np.exp(scores) / np.exp(scores).sum(axis=1, keepdims=True)
    value = -np.log(probs[range(n), y]).mean() + 0.5 * reg * (w * w).sum() + 0.5 * reg * (w2 * w2).sum()
    d = probs.copy()
    d[range(n), y] -= 1
    d /= n
    dh = d @ w2.T
    dh[hidden <= 0] = 0
    return value, [
        {"W": x.T @ dh + reg * w, "b": dh.sum(axis=0)},
        {"W": hidden.T @ d + reg * w2, "b": d.sum(axis=0)},
    ]


def test_the_step_is_gradient_descent_on_the_published_loss() -> None:
    training, _, start = Recipe(dataset={"name": "cs231n"}, hidden=(20,), bias=0.1).start()
    value, grads = by_hand(start.params, training.points, training.labels, 0.01)
    result = make_step(optim.sgd())(start.params, {}, training.points, training.labels, 0.3, 0.01)
    assert float(result["loss"]) == pytest.approx(value, rel=1e-13)
    for layer, grad, new in zip(start.params, grads, result["params"], strict=True):
        for key in ("W", "b"):
            np.testing.assert_allclose(np.asarray(new[key]), layer[key] - 0.3 * grad[key], rtol=1e-12, atol=1e-15)


def test_evaluate_agrees_with_the_loss_and_counts_the_right_answers() -> None:
    training, _, start = RECIPE.start()
    value, accuracy = evaluate(start.params, training, 0.1)
    assert value == float(loss(start.params, training.points, training.labels, 0.1))
    right = [int(np.argmax(nn.mlp(start.params, x).numpy())) == y for x, y in zip(training.points, training.labels)]
    assert accuracy == np.mean(right)


@pytest.mark.parametrize("optimizer", sorted(optim.OPTIMIZERS))
@pytest.mark.parametrize("dtype", ["float64", "float32"])
def test_a_recorded_step_does_what_the_step_does(optimizer: str, dtype: str) -> None:
    recipe = Recipe(dataset={"name": "blobs"}, hidden=(8, 8), optimizer={"name": optimizer}, dtype=dtype)
    training, _, start = recipe.start()
    step = make_step(recipe.make_optimizer())
    arguments = (training.points, training.labels, np.asarray(0.1, dtype), np.asarray(0.01, dtype))
    a, b = {"params": start.params, "state": start.state}, {"params": start.params, "state": start.state}
    program = recorded(step, start, training)
    for _ in range(3):
        a, b = step(a["params"], a["state"], *arguments), program(b["params"], b["state"], *arguments)
    for x, y in zip(tree.flatten(a)[0], tree.flatten(b)[0], strict=True):
        assert x.dtype == y.dtype == dtype
        np.testing.assert_allclose(np.asarray(x), y, rtol=1e-10 if dtype == "float64" else 1e-4)


def test_training_lowers_the_loss_and_keeps_every_value() -> None:
    outcome = train(RECIPE)
    assert outcome.ended == "finished"
    assert outcome.snapshot.step == len(outcome.losses) == 60
    training, _, start = RECIPE.start()
    assert outcome.losses[0] == pytest.approx(evaluate(start.params, training, RECIPE.reg)[0], rel=1e-13)
    value, accuracy = evaluate(outcome.snapshot.params, training, RECIPE.reg)
    assert value < outcome.losses[-1] < 0.3 * outcome.losses[0]
    assert accuracy == 1.0


def test_the_same_recipe_gives_the_same_bits() -> None:
    first, second = train(RECIPE), train(RECIPE)
    np.testing.assert_array_equal(first.losses, second.losses)
    assert_same_bits(first.snapshot.params, second.snapshot.params)


@pytest.mark.parametrize("stop", [7, 12, 30])
@pytest.mark.parametrize("optimizer", ["sgd", "adam", "nesterov"])
def test_stopping_and_going_on_gives_the_same_bits(optimizer: str, stop: int) -> None:
    recipe = Recipe(
        dataset={"name": "blobs", "points": 40}, hidden=(8,), optimizer={"name": optimizer}, lr=0.05, steps=40, batch=9,
        schedule={"name": "cosine", "warmup_steps": 5},
    )  # fmt: skip
    whole = train(recipe)
    half = train(recipe, steps=stop)
    rest = train(recipe, half.snapshot, half.losses)
    np.testing.assert_array_equal(rest.losses, whole.losses)
    assert_same_bits(rest.snapshot.params, whole.snapshot.params)
    assert_same_bits(rest.snapshot.state, whole.snapshot.state)
    assert_same_bits(rest.snapshot.random, whole.snapshot.random)


def test_snapshots_are_saved_on_the_schedule_and_at_the_end() -> None:
    saved: dict[int, Any] = {}
    train(RECIPE, save=lambda snapshot, losses: saved.update({snapshot.step: (snapshot, losses.copy())}))
    expected = [k for k, _ in zip(snapshot_steps(), range(60)) if k < 60]
    assert list(saved) == [*expected, 60]
    for step, (snapshot, losses) in saved.items():
        assert len(losses) == step == snapshot.step


def test_snapshots_are_of_the_parameters_after_that_many_steps() -> None:
    saved: dict[int, Snapshot] = {}
    whole = train(RECIPE, save=lambda snapshot, losses: saved.update({snapshot.step: snapshot}))
    training, _, _ = RECIPE.start()
    for step in (0, 1, 15, 57):
        assert evaluate(saved[step].params, training, RECIPE.reg)[0] == pytest.approx(whole.losses[step], rel=1e-13)


class Interrupting:
    """A step that is interrupted, as by Ctrl-C, when it is called for the given time."""

    def __init__(self, step: Any, at: int) -> None:
        self.step, self.left = step, at

    def __call__(self, *args: Any) -> Any:
        if self.left == 0:
            raise KeyboardInterrupt
        self.left -= 1
        return self.step(*args)


def test_ctrl_c_keeps_what_was_learned() -> None:
    saved: dict[int, Snapshot] = {}

    def save(snapshot: Snapshot, losses: np.ndarray) -> None:
        saved[snapshot.step] = snapshot

    stopped = train(RECIPE, wrap=lambda step: Interrupting(step, 33), save=save)
    assert stopped.ended == "interrupted"
    assert stopped.snapshot.step == max(saved) == 33
    assert_same_bits(stopped.snapshot.params, train(RECIPE, steps=33).snapshot.params)
    np.testing.assert_array_equal(train(RECIPE, stopped.snapshot, stopped.losses).losses, train(RECIPE).losses)


def test_divergence_stops_at_the_last_finite_weights() -> None:
    saved: dict[int, Snapshot] = {}
    recipe = Recipe(dataset={"name": "blobs", "points": 40}, hidden=(8,), lr=100.0, reg=10.0, steps=500)
    outcome = train(recipe, save=lambda snapshot, losses: saved.update({snapshot.step: snapshot}))
    assert outcome.ended == "diverged"
    assert 0 < outcome.snapshot.step < 500
    assert np.isfinite(outcome.losses).all()
    training, _, _ = recipe.start()
    assert np.isfinite(evaluate(outcome.snapshot.params, training, recipe.reg)[0])
    assert max(saved) == outcome.snapshot.step
    step = make_step(recipe.make_optimizer())
    with np.errstate(all="ignore"):
        after = step(outcome.snapshot.params, {}, training.points, training.labels, recipe.lr, recipe.reg)
        assert not np.isfinite(evaluate(after["params"], training, recipe.reg)[0])


def test_weights_that_overflow_in_the_very_last_update_are_not_kept() -> None:
    recipe = Recipe(dataset={"name": "blobs", "points": 40}, hidden=(8,), lr=100.0, reg=10.0, steps=500)
    last = train(recipe).snapshot.step
    outcome = train(recipe, steps=last + 1)
    assert (outcome.ended, outcome.snapshot.step) == ("diverged", last)


def test_batches_cover_an_epoch_without_repeats_and_differ_between_epochs() -> None:
    batches = Batches(10, 3, np.random.RandomState(0).get_state(legacy=False))
    epochs = [[tuple(batches.rows(3 * epoch + i)) for i in range(3)] for epoch in range(4)]
    for epoch in epochs:
        seen = [row for batch in epoch for row in batch]
        assert len(set(seen)) == len(seen) == 9
    assert len({tuple(epoch) for epoch in epochs}) == 4


@pytest.mark.parametrize("batch", [0, -1, 41])
def test_an_impossible_batch_is_named(batch: int) -> None:
    with pytest.raises(ValueError, match=f"batch is {batch}; with 40 training points it must be 1 … 40"):
        Batches(40, batch, np.random.RandomState(0).get_state(legacy=False))


def test_the_snapshot_schedule_is_geometric() -> None:
    steps = [step for step, _ in zip(snapshot_steps(), range(100))]
    assert steps[:4] == [0, 1, 2, 3]
    ratios = np.diff(steps)[20:] / np.array(steps[20:-1])
    assert ratios.min() > 0.09
    assert ratios.max() < 0.15
    assert sum(step <= 10_000 for step in steps) == 79


def test_training_data_stays_as_it_was() -> None:
    training, _, start = RECIPE.start()
    before = [training.points.copy(), *(layer["W"].copy() for layer in start.params)]
    step = recorded(make_step(optim.sgd()), start, training)
    fit(step, training, start, 5, optim.constant(0.1), 0.0, progress=False)
    for old, new in zip(before, [training.points, *(layer["W"] for layer in start.params)], strict=True):
        np.testing.assert_array_equal(old, new)
    assert isinstance(training, data.Dataset)
