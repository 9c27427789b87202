"""What is worked out of a run, against minigrad in float64 on the stored parameters."""

import numpy as np
import pytest

import minigrad as mg
from minigrad import nn, runs, train
from minigrad.program import Program
from viz.history import history, joint_steps, thinned
from viz.models import compiled_predict, model_of

POINTS = np.random.RandomState(1).randn(7, 2)


@pytest.fixture(scope="module")
def deep():
    return nn.init_mlp([2, 5, 4, 3], rng=3)


def test_probabilities_are_the_softmax_of_the_logits(deep):
    found = model_of(deep, "tanh").probabilities(deep, POINTS)
    assert found.dtype == np.float32
    assert np.allclose(found, mg.softmax(nn.mlp(deep, POINTS, "tanh")).numpy(), atol=1e-6)


@pytest.mark.parametrize("with_wasmtime", [True, False])
def test_a_wide_network_is_compiled_where_that_can_be_run(monkeypatch, with_wasmtime):
    if not with_wasmtime:
        monkeypatch.setattr("viz.models.find_spec", lambda name: None)
    compiled_predict.cache_clear()
    wide = nn.init_mlp([2, 120, 3], rng=3)
    found = model_of(wide, "relu").probabilities(wide, POINTS)
    assert isinstance(compiled_predict(1, "relu", 3), Program) != with_wasmtime
    assert compiled_predict.cache_info().hits == 1
    assert np.allclose(found, mg.softmax(nn.mlp(wide, POINTS)).numpy(), atol=1e-5)
    compiled_predict.cache_clear()


def test_units_are_the_last_hidden_layer(deep):
    expected = np.tanh(np.tanh(POINTS @ deep[0]["W"] + deep[0]["b"]) @ deep[1]["W"] + deep[1]["b"])
    assert np.allclose(model_of(deep, "tanh").units(deep, POINTS), expected, atol=1e-6)


def test_curves_of_a_run_are_what_its_snapshots_give(tested_run):
    one = history(tested_run)
    run, reg = one.run, one.run.config["reg"]
    for place in (0, -1):
        params = run.params(one.steps[place])
        for data in (run.train, run.test):
            loss, accuracy = train.evaluate(params, data, reg, "tanh")
            assert one.loss(data)[place] == pytest.approx(loss, rel=1e-5)
            assert one.accuracy(data)[place] == accuracy
        grads = mg.grad(train.loss)(params, run.train.points, run.train.labels, reg, "tanh")
        expected = [np.linalg.norm(layer["W"].numpy()) for layer in grads]
        assert one.gradient_norms()[place] == pytest.approx(expected, rel=1e-4)


def test_the_training_curve_has_every_step_and_ends_with_the_last_snapshot(run):
    one = history(run)
    steps, losses = one.training_loss
    assert steps.tolist() == list(range(41))
    assert (losses[:-1] == one.run.losses).all()
    assert losses[-1] == pytest.approx(
        train.evaluate(one.run.params(), one.run.train, one.run.config["reg"])[0], rel=1e-5
    )


def test_losses_of_minibatches_are_replaced_by_those_of_the_whole_set(tested_run):
    one = history(tested_run)
    steps, losses = one.training_loss
    assert steps.tolist() == one.steps
    assert (losses == one.loss(one.run.train)).all()


def test_a_run_that_was_read_and_its_folder_are_the_same(run):
    assert history(runs.load(run)).steps == history(run).steps


def test_frames_are_thinned_evenly_and_keep_the_ends(run):
    assert thinned(list(range(100)), 4) == [0, 33, 66, 99]
    assert len(history(run, 5).steps) == 5
    assert history(run, 5).steps[-1] == 40


def test_two_runs_move_whenever_one_of_them_does(run, tested_run):
    one, two = history(run), history(tested_run)
    steps = joint_steps([one, two], 240)
    assert steps == sorted({*one.steps, *two.steps})
    assert two.steps[two.at(40)] == 12  # a run that has ended stays at its end
    assert [one.steps[one.at(step)] for step in one.steps] == one.steps
