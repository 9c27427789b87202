"""The command line as a person meets it: what it prints, what it leaves, what it says when it cannot."""

import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from threadpoolctl import threadpool_info, threadpool_limits

from minigrad import runs
from minigrad.__main__ import main
from minigrad.train import Outcome, fit

SMALL = ["--dataset", "blobs", "--points", "30", "--hidden", "8", "--steps", "40"]


def test_train_makes_a_run_folder_and_says_how_well_it_did(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    folder = str(tmp_path / "run")
    assert main(["train", "--out", folder, *SMALL, "--test", "0.2"]) == 0
    out = capsys.readouterr().out.splitlines()
    assert out[0] == "finished at step 40"
    assert out[1].startswith("40 steps in ")
    assert "loss 0." in out[1]
    assert "test accuracy 100.0 %" in out[1]
    assert out[2] == f"run folder: {folder}"
    run = runs.load(folder)
    assert len(run.losses) == 40
    assert run.snapshots[0] == 0
    assert run.snapshots[-1] == 40
    assert run.test is not None


def test_every_option_reaches_the_run(tmp_path: Path) -> None:
    options = (
        "--dataset spiral --arms 4 --points 40 --noise 0.1 --rotation 2 --test 0.25 --hidden 6 5 --activation tanh "
        "--init xavier --bias 0.3 --optimizer adamw --lr 0.02 --reg 0.004 --batch 8 --schedule step --every 3 "
        "--factor 0.9 --warmup 2 --beta1 0.8 --beta2 0.95 --eps 1e-6 --weight-decay 0.05 --steps 6 --seed 9 "
        "--dtype float32"
    )
    assert main(["train", "--out", str(tmp_path / "run"), *options.split()]) == 0
    config = runs.load(tmp_path / "run").config
    assert config == {
        "format": 1, "widths": [2, 6, 5, 4], "classes": 4, "hidden": [6, 5], "activation": "tanh", "init": "xavier",
        "bias": 0.3, "skip": 0, "lr": 0.02, "reg": 0.004, "batch": 8, "steps": 6, "seed": 9, "dtype": "float32",
        "test": 0.25, "dataset": {"name": "spiral", "points": 40, "classes": 4, "noise": 0.1, "rotation": 2.0},
        "optimizer": {"name": "adamw", "beta1": 0.8, "beta2": 0.95, "eps": 1e-6, "weight_decay": 0.05},
        "schedule": {"name": "step", "every": 3, "factor": 0.9, "warmup_steps": 2},
    }  # fmt: skip


def test_continue_goes_on_to_the_same_bits(tmp_path: Path) -> None:
    whole, parts = tmp_path / "whole", tmp_path / "parts"
    options = [*SMALL, "--optimizer", "adam", "--batch", "7"]
    assert main(["train", "--out", str(whole), *options]) == 0
    assert main(["train", "--out", str(parts), *options, "--steps", "17"]) == 0
    assert main(["train", "--continue", str(parts), "--steps", "40"]) == 0
    ours, theirs = runs.load(parts), runs.load(whole)
    assert ours.config == theirs.config
    assert set(theirs.snapshots) <= set(ours.snapshots)
    np.testing.assert_array_equal(ours.losses, theirs.losses)
    last = "snapshots/00000040.safetensors"
    assert (parts / last).read_bytes() == (whole / last).read_bytes()


def test_a_run_can_start_from_the_weights_of_another_or_of_a_json_file(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    first, second, third = (str(tmp_path / name) for name in ("first", "second", "third"))
    main(["train", "--out", first, *SMALL, "--dtype", "float32", "--activation", "tanh"])
    assert main(["weights", first, "--out", str(tmp_path / "net.json")]) == 0
    assert "widths [2, 8, 3], tanh\n" in capsys.readouterr().out
    rest = [*SMALL[:4], "--steps", "5", "--dtype", "float32"]
    assert main(["train", "--out", second, *rest, "--weights", first]) == 0
    assert main(["train", "--out", third, *rest, "--weights", str(tmp_path / "net.json")]) == 0
    for run in map(runs.load, (second, third)):
        assert run.config["activation"] == "tanh"
        np.testing.assert_array_equal(run.params(0)[0]["W"], runs.load(first).params()[0]["W"])
    assert main(["train", "--out", first + "64", *SMALL]) == 0
    assert main(["weights", first + "64", "--out", str(tmp_path / "net64.json")]) == 0
    assert "rounded to float32" in capsys.readouterr().out


def test_weights_of_another_precision_become_those_of_the_run(tmp_path: Path) -> None:
    first, second = str(tmp_path / "first"), str(tmp_path / "second")
    main(["train", "--out", first, *SMALL, "--dtype", "float32"])
    main(["weights", first, "--out", str(tmp_path / "net.json")])
    assert main(["train", "--out", second, *SMALL, "--weights", str(tmp_path / "net.json")]) == 0
    start = runs.load(second).params(0)[0]["W"]
    np.testing.assert_array_equal(start, runs.load(first).params()[0]["W"].astype(np.float64), strict=True)


def test_training_from_json_goes_on_with_the_state_of_the_same_optimiser(tmp_path: Path) -> None:
    adam = [*SMALL[:-2], "--dtype", "float32", "--optimizer", "adam", "--lr", "0.02"]
    whole, first, net = str(tmp_path / "whole"), str(tmp_path / "first"), str(tmp_path / "net.json")
    assert main(["train", "--out", whole, *adam, "--steps", "20"]) == 0
    assert main(["train", "--out", first, *adam, "--steps", "12"]) == 0
    assert main(["weights", first, "--out", net]) == 0
    for source in (net, first):
        rest = str(tmp_path / f"rest of {Path(source).name}")
        assert main(["train", "--out", rest, *adam, "--steps", "8", "--weights", source]) == 0
        np.testing.assert_array_equal(runs.load(rest).losses, runs.load(whole).losses[12:])
        other = str(tmp_path / f"momentum after {Path(source).name}")
        assert (
            main(["train", "--out", other, *SMALL[:-2], "--steps", "1", "--optimizer", "momentum", "--weights", source])
            == 0
        )
        assert not runs.load(other).state(0)["velocity"][0]["W"].any()


def test_show_says_what_a_run_is(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    main(["train", "--out", str(tmp_path / "run"), *SMALL])
    trained = capsys.readouterr().out.splitlines()[1].split(": ")[1]
    assert main(["show", str(tmp_path / "run")]) == 0
    assert capsys.readouterr().out.splitlines() == [
        "blobs, 30 points; 2-8-3 relu, float64; sgd, learning rate 0.5, reg 0.001",
        f"after 40 steps: {trained}",
    ]


def test_divergence_is_reported_and_the_run_stays_good(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    folder = str(tmp_path / "run")
    assert main(["train", "--out", folder, *SMALL, "--steps", "999", "--lr", "100", "--reg", "10"]) == 1
    assert "lower the learning rate (100). The last finite weights are kept." in capsys.readouterr().out
    run = runs.load(folder)
    assert 0 < len(run.losses) < 999


@pytest.mark.parametrize(
    ("options", "hint"),
    [
        ("--reg 0.03 --lr 0.02 --steps 60", None),  # with the penalty the loss is above ln 3
        ("--reg 0.5 --lr 0.5 --steps 500", "lower --lr (0.5), or lower --reg (0.5), or use --optimizer adam"),
        ("--optimizer adam --lr 50 --init 9 --steps 1", "lower --lr (50)"),
        ("--optimizer adamw --lr 50 --init 9 --steps 1", "lower --lr (50)"),
    ],
)
def test_the_hint_leaves_out_the_penalty_and_what_is_so_already(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], options: str, hint: str | None
) -> None:
    assert main(["train", "--out", str(tmp_path / "run"), *SMALL[:-2], *options.split()]) == 0
    printed = capsys.readouterr()
    assert float(printed.out.split("loss ")[1].split(",")[0]) > 1.0986
    assert printed.err.partition("(1.09861); ")[2] == (f"{hint}\n" if hint else "")


def test_training_that_ends_no_better_than_guessing_gives_a_hint(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    for scale, hint in ((1.0, False), (70.0, True)):
        lines = [f"{scale * x},{scale * y},{int(x > y)}" for x in (-1.0, 0.2, 1.0) for y in (-0.9, 0.1, 0.8)]
        (tmp_path / "points.csv").write_text("\n".join(lines))
        folder = str(tmp_path / f"run{scale}")
        options = ["--data", str(tmp_path / "points.csv"), "--steps", "50", "--hidden", "8"]
        assert main(["train", "--out", folder, *options]) == 0
        printed = capsys.readouterr()
        loss = float(printed.out.split("loss ")[1].split(",")[0])
        assert (loss >= np.log(2)) == hint
        assert ("no better than guessing (0.693147); scale the columns" in printed.err) == hint
        assert printed.err.count("\n") == hint
    assert main(["train", "--out", str(tmp_path / "start"), *SMALL, "--steps", "0"]) == 0
    assert capsys.readouterr().err == ""


@pytest.fixture
def _interruptible() -> Iterator[None]:
    """Processes that start meanwhile end by Ctrl-C: they inherit that it is ignored, as in a shell's background jobs,
    but not a handler. (A `preexec_fn` could see to it too, by way of `os.fork`, which threads, as JAX has, forbid.)
    """
    before = signal.signal(signal.SIGINT, signal.default_int_handler)
    yield
    signal.signal(signal.SIGINT, before)


@pytest.mark.usefixtures("_interruptible")
def test_ctrl_c_keeps_what_was_learned_and_continue_finishes_it(
    tmp_path: Path, recwarn: pytest.WarningsRecorder
) -> None:
    folder = tmp_path / "run"
    command = [
        sys.executable,
        "-m",
        "minigrad",
        "train",
        "--out",
        str(folder),
        "--preset",
        "cs231n",
        "--steps",
        "9999999",
    ]
    process = subprocess.Popen(
        command,
        stdout=subprocess.PIPE,
        text=True,
        start_new_session=True,
    )
    try:
        deadline = time.monotonic() + 60
        while time.monotonic() < deadline and len(list(folder.glob("snapshots/[0-9]*.safetensors"))) < 40:
            time.sleep(0.05)
        os.kill(process.pid, signal.SIGINT)
        out, _ = process.communicate(timeout=60)
    finally:
        process.kill()
    assert process.returncode == 130
    steps = len(runs.load(folder).losses)
    assert f"stopped at step {steps}, what was learned is kept" in out
    assert steps > 100
    assert main(["train", "--continue", str(folder), "--steps", str(steps + 5)]) == 0
    assert len(runs.load(folder).losses) == steps + 5
    assert [str(warning.message) for warning in recwarn] == []


def test_training_keeps_to_one_thread_of_blas(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def threads() -> list[int]:
        return [pool["num_threads"] for pool in threadpool_info() if pool["user_api"] == "blas"]

    def watched(*arguments: Any, **options: Any) -> Outcome:
        seen.extend(threads())
        return fit(*arguments, **options)

    seen: list[int] = []
    monkeypatch.setattr("minigrad.__main__.fit", watched)
    with threadpool_limits(2, "blas"):
        before = threads()
        if not before:
            pytest.skip("the threads of this NumPy's BLAS cannot be set")
        assert main(["train", "--out", str(tmp_path / "run"), *SMALL]) == 0
        assert threads() == before
    assert 2 in before
    assert seen == [1] * len(before)


@pytest.mark.parametrize(
    "wrong",
    [
        "--optimizer momentum --momentum 1", "--optimizer nesterov --momentum -0.5", "--optimizer adam --beta1 1",
        "--optimizer adam --beta2 -1", "--optimizer adam --eps 0", "--optimizer adamw --weight-decay -1",
        "--schedule step --every 0", "--schedule step --factor nan", "--schedule cosine --final inf", "--warmup -1",
        "--steps 5 --warmup -1", "--steps -1", "--seed -1", "--arms 1", "--classes 1", "--points 1", "--noise nan",
        "--rotation inf", "--init -1", "--bias -1", "--reg inf", "--batch 0",
    ],
)  # fmt: skip
def test_a_value_out_of_its_range_is_named_by_the_option_that_was_typed(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], wrong: str
) -> None:
    *_, option, _ = wrong.split()
    assert main(["train", "--out", str(tmp_path / "run"), *wrong.split()]) == 2
    assert option in capsys.readouterr().err.partition("error: ")[2].split(" is ")[0].split("/")
    assert not (tmp_path / "run").exists()


def test_a_default_and_a_file_are_not_called_options(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    assert main(["train", "--out", str(tmp_path / "run"), "--arms", "501"]) == 2
    assert "error: points is 500; 501 classes need" in capsys.readouterr().err
    monkeypatch.chdir(tmp_path)
    Path("path").touch()  # as the argument of `show` is called
    assert main(["show", "path"]) == 2
    assert "error: path is a file" in capsys.readouterr().err


def test_widths_joined_by_commas_are_told_apart(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit):
        main(["train", "--out", "OUT", "--hidden", "64,64"])
    assert "'64,64' is not a width; give whole numbers, apart: --hidden 64 64" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["train"], "say where the run goes: --out RUN"),
        (["train", "--out", "OUT", "--noise", "-1"], "noise is -1.0"),
        (["train", "--out", "OUT", "--dataset", "moons", "--rotation", "1"], "--dataset spiral has it"),
        (
            ["train", "--out", "OUT", "--momentum", "0.5"],
            "--optimizer sgd has no option --momentum; --optimizer momentum or nesterov has it",
        ),
        (["train", "--out", "OUT", "--weight-decay", "0.1"], "no option --weight-decay; --optimizer adamw has it"),
        (
            ["train", "--out", "OUT", "--factor", "0.5"],
            "--schedule constant has no option --factor; --schedule step has it",
        ),
        (["train", "--out", "OUT", "--arms", "1"], "classes is 1; there must be at least 2"),
        (["train", "--out", "OUT", "--batch", "501"], "batch is 501; with 500 training points"),
        (["train", "--out", "OUT", "--hidden", "0"], "hidden widths are [0]"),
        (["train", "--out", "OUT", "--lr", "nan"], "the learning rate is nan"),
        (["train", "--out", "OUT", "--weights", "absent.json"], "absent.json cannot be read"),
        (["train", "--out", "OUT", "--weights", "RUN", "--hidden", "9"], "--hidden says [9], but the weights in"),
        (["train", "--out", "OUT", "--weights", "RUN"], "have widths [2, 8, 3], but this run needs [2, 8, 5]"),
        (["train", "--out", "RUN"], "run is not empty; choose another folder, or go on with its run: python"),
        (["train", "--out", "RUN/config.json/deeper"], "cannot make the run folder"),
        (["train", "--continue", "OUT"], "there is no run folder"),
        (["train", "--continue", "RUN"], "has made its 40 steps"),
        (["train", "--continue", "RUN", "--lr", "2"], "only --steps can be given beside it"),
        (["show", "OUT"], "there is no run folder"),
        (["show", "RUN/config.json"], "config.json is a file, not a run folder; if it holds weights, start"),
        (["train", "--continue", "RUN/config.json"], "config.json --out RUN"),
        (
            ["train", "--out", "OUT", "--weights", "RUN/data.safetensors"],
            "data.safetensors is a file, not a run folder\n",
        ),
        (["weights", "RUN", "--out", "RUN/absent/net.json"], "run/absent/net.json: there is no folder "),
    ],
)
def test_an_error_is_one_line_and_leaves_nothing_behind(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], arguments: list[str], message: str
) -> None:
    run = tmp_path / "run"
    assert main(["train", "--out", str(run), *SMALL]) == 0
    capsys.readouterr()
    places = {"RUN": str(run), "OUT": str(tmp_path / "out")}
    for name, place in places.items():
        arguments = [argument.replace(name, place) for argument in arguments]
    assert main(arguments) == 2
    printed = capsys.readouterr()
    assert printed.out == ""
    assert printed.err.startswith("minigrad: error: ")
    assert printed.err.count("\n") == 1
    assert message in printed.err
    assert not (tmp_path / "out").exists()


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["train", "--lr", "fast"], "argument --lr: invalid float value: 'fast'"),
        (["train", "--steps", "1.5"], "argument --steps: invalid int value: '1.5'"),
        (["train", "--optimizer", "lion"], "invalid choice: 'lion'"),
        (["train", "--init", "glorot"], "argument --init"),
        (["train", "--colour", "red"], "unrecognized arguments: --colour red"),
        (["dance"], "invalid choice: 'dance'"),
        ([], "the following arguments are required: COMMAND"),
    ],
)
def test_an_unknown_option_or_value_is_named(
    capsys: pytest.CaptureFixture[str], arguments: list[str], message: str
) -> None:
    with pytest.raises(SystemExit) as exit_:
        main(arguments)
    assert exit_.value.code == 2
    assert message in capsys.readouterr().err


def test_help_names_every_option_with_its_default(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as exit_:
        main(["train", "--help"])
    assert exit_.value.code == 0
    text = " ".join(capsys.readouterr().out.split())
    for piece in ("--steps N how many updates to make [10000]", "sgd 0.5, momentum 0.1", "[spiral 500, cs231n 300",
                  "--hidden WIDTH [WIDTH ...] the widths of the hidden layers [100]"):  # fmt: skip
        assert piece in text
