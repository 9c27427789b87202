"""Weights travel as JSON without losing a bit of float32."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from minigrad import nn, optim, weights
from minigrad.files import FileError, named
from minigrad.weights import Weights

NETWORK = Weights([2, 5, 3], "tanh", nn.init_mlp([2, 5, 3], "he", 1, "float32", bias=1.0))


def trained(name: str) -> Weights:
    """The network with its optimiser's state after a step."""
    optimizer = optim.make(name)
    gradients = nn.init_mlp(NETWORK.widths, "he", 2, "float32", bias=1e-3)
    params, state = optimizer.update(NETWORK.params, gradients, optimizer.init(NETWORK.params))
    return Weights(NETWORK.widths, "tanh", params, name, state)


@pytest.fixture
def file(tmp_path: Path) -> Path:
    weights.write(tmp_path / "net.json", NETWORK)
    return tmp_path / "net.json"


def test_float32_comes_back_bit_for_bit(tmp_path: Path) -> None:
    extremes = np.array([0.1, -1 / 3, 1e-45, 3.4028235e38, 16777217, -0.0], np.float32)
    params = [{"W": np.concatenate([extremes, extremes]).reshape(2, 6), "b": extremes}]
    weights.write(tmp_path / "net.json", Weights([2, 6], "relu", params))
    back = weights.read(tmp_path / "net.json").params
    for key in ("W", "b"):
        assert back[0][key].dtype == np.float32
        np.testing.assert_array_equal(back[0][key].view(np.uint32), params[0][key].view(np.uint32))


def test_everything_else_comes_back_too(file: Path) -> None:
    back = weights.read(file)
    assert (back.widths, back.activation) == ([2, 5, 3], "tanh")
    np.testing.assert_array_equal(back.params[1]["W"], NETWORK.params[1]["W"])


@pytest.mark.parametrize("name", list(optim.OPTIMIZERS))
def test_the_state_of_every_optimiser_comes_back_bit_for_bit(name: str, tmp_path: Path) -> None:
    network = trained(name)
    weights.write(tmp_path / "net.json", network)
    back = weights.read(tmp_path / "net.json")
    assert back.optimizer == name
    ours, theirs = named(back.state, "state"), named(network.state, "state")
    assert list(ours) == list(theirs)
    for key, array in theirs.items():
        np.testing.assert_array_equal(ours[key], array.astype(np.float32), strict=True)


def test_what_has_no_state_was_trained_by_plain_descent_in_memory_as_in_a_file(file: Path) -> None:
    assert "optimizer" not in json.loads(file.read_text())
    for network in (NETWORK, weights.read(file)):
        assert (network.optimizer, network.state) == ("sgd", optim.sgd().init(network.params))


def test_what_float32_cannot_hold_is_not_written(tmp_path: Path) -> None:
    params = nn.init_mlp([2, 3])
    params[0]["b"][1] = 1e39
    with pytest.raises(FileError, match=r"net.json is not written: params.0.b holds values that are not finite"):
        weights.write(tmp_path / "net.json", Weights([2, 3], "relu", params))
    assert not list(tmp_path.iterdir())


def test_float64_is_rounded_once(tmp_path: Path) -> None:
    params = nn.init_mlp([2, 3])
    weights.write(tmp_path / "net.json", Weights([2, 3], "relu", params))
    np.testing.assert_array_equal(weights.read(tmp_path / "net.json").params[0]["W"], params[0]["W"].astype(np.float32))


def test_numbers_with_more_digits_than_float32_needs_are_read_as_the_page_writes_them(file: Path) -> None:
    content = json.loads(file.read_text())
    exact = NETWORK.params[0]["b"].astype(np.float64).tolist()  # JavaScript prints the double that a float32 equals
    content["params"]["params.0.b"]["data"] = exact
    file.write_text(json.dumps(content))
    np.testing.assert_array_equal(weights.read(file).params[0]["b"], NETWORK.params[0]["b"])


def edit(change: Callable[[dict[str, Any]], Any]) -> Callable[[Path], None]:
    def damage(file: Path) -> None:
        content = json.loads(file.read_text())
        change(content)
        file.write_text(json.dumps(content))

    return damage


@pytest.mark.parametrize(
    ("damage", "message"),
    [
        (lambda file: file.unlink(), "net.json cannot be read as JSON: .*No such file"),
        (lambda file: file.write_text(file.read_text()[:-20]), "net.json cannot be read as JSON"),
        (lambda file: file.write_text("[]"), "net.json does not hold weights"),
        (edit(lambda c: c.pop("widths")), "net.json does not hold weights"),
        (edit(lambda c: c.update(format=9)), "net.json has format 9; this version reads format 1"),
        (edit(lambda c: c.update(activation="swish")), "net.json: there is no activation 'swish'"),
        (edit(lambda c: c.update(activation=["relu"])), r"net.json: there is no activation \['relu'\]"),
        (edit(lambda c: c.update(widths=[2])), r"net.json: widths are \[2\]"),
        (edit(lambda c: c.update(widths=[2, 6, 3])), r"params.0.W has shape \(2, 5\); widths .* want shape \(2, 6\)"),
        (edit(lambda c: c["params"].pop("params.1.b")), "params.1.b is missing"),
        (edit(lambda c: c["params"]["params.1.b"]["data"].pop()), "a parameter is not .* shape"),
        (edit(lambda c: c["params"]["params.1.b"].pop("shape")), "a parameter is not"),
        (edit(lambda c: c["params"].update({"params.1.b": 3})), "a parameter is not"),
        (edit(lambda c: c["params"]["params.1.b"].update(data=["x", 1, 2])), "a parameter is not"),
        (edit(lambda c: c["params"]["params.1.b"].update(data=[float("nan"), 1, 2])), "params.1.b holds .* not finite"),
        (edit(lambda c: c["params"]["params.1.b"].update(data=[1e39, 1, 2])), "params.1.b holds .* not finite"),
    ],
)
def test_a_broken_file_is_refused_with_its_name_and_the_reason(
    file: Path, damage: Callable[[Path], None], message: str
) -> None:
    damage(file)
    with pytest.raises(FileError, match=message):
        weights.read(file)


@pytest.mark.parametrize(
    ("damage", "message"),
    [
        (edit(lambda c: c["optimizer"].update(name="lion")), r"a name \(sgd, momentum, .*\) and a state"),
        (edit(lambda c: c["optimizer"].update(name=["adam"])), "net.json: optimizer is not an object"),
        (edit(lambda c: c.update(optimizer="adam")), "net.json: optimizer is not an object"),
        (edit(lambda c: c["optimizer"].update(name="momentum")), "state.velocity.0.W is missing; momentum wants shape"),
        (edit(lambda c: c["optimizer"].pop("state")), "an optimiser's array is not an object"),
        (edit(lambda c: c["optimizer"]["state"].pop("state.t")), r"state.t is missing; adam wants shape \(\)"),
        (edit(lambda c: c["optimizer"]["state"].update({"state.k": {"shape": [], "data": 1}})), "no such array"),
        (edit(lambda c: c["optimizer"]["state"]["state.t"].update(data=[1, 2])), "an optimiser's array is not"),
        (edit(lambda c: c["optimizer"]["state"]["state.m.1.b"].update(data=[1e39, 1, 2])), "state.m.1.b holds"),
    ],
)
def test_a_broken_state_is_refused_with_the_files_name_and_the_reason(
    tmp_path: Path, damage: Callable[[Path], None], message: str
) -> None:
    weights.write(tmp_path / "net.json", trained("adam"))
    damage(tmp_path / "net.json")
    with pytest.raises(FileError, match=message):
        weights.read(tmp_path / "net.json")
