"""The window, by its own methods and, where there is an X server to be had, by mouse and keyboard in a real one."""

import os
import shutil
import subprocess
import sys
from types import SimpleNamespace

import matplotlib as mpl
import numpy as np
import pytest

mpl.use("Agg")

import matplotlib.pyplot as plt
from matplotlib.backend_bases import KeyEvent

import viz
from minigrad import data, nn, optim, runs
from minigrad.recipe import Recipe
from minigrad.train import fit, make_step
from viz.__main__ import main


@pytest.fixture(autouse=True)
def close():
    yield
    plt.close("all")


def title(opened):
    return opened.scene.figure.axes[0].get_title("left")


def press(opened, key):
    KeyEvent("key_press_event", opened.scene.figure.canvas, key)._process()


def test_it_opens_at_the_end_and_the_slider_goes_anywhere(run):
    opened, steps = viz.window(run), runs.load(run).snapshots
    assert title(opened) == f"step {steps[-1]}"
    opened.slider.set_val(2)
    assert title(opened) == f"step {steps[2]}"


def test_keys_choose_the_frame(run):
    opened, steps = viz.window(run), runs.load(run).snapshots
    for key, place in (("home", 0), ("right", 1), ("right", 2), ("left", 1), ("end", len(steps) - 1), ("right", -1)):
        press(opened, key)
        assert title(opened) == f"step {steps[place]}"
        assert opened.slider.val == place % len(steps)


def test_play_starts_over_at_the_end_and_stops_there(run):
    opened, steps = viz.window(run), runs.load(run).snapshots
    press(opened, " ")
    assert opened.playing
    assert opened.button.label.get_text() == "Pause"
    assert opened.frame == 0
    for _ in steps[1:]:
        opened._advance()
    assert title(opened) == f"step {steps[-1]}"
    assert not opened.playing
    assert opened.button.label.get_text() == "Play"


def test_a_single_snapshot_can_be_shown(made_run):
    opened = viz.window(made_run(data.Dataset(np.eye(2), np.array([0, 1]), 2), nn.init_mlp([2, 4, 2])))
    opened.play()
    opened._advance()
    assert title(opened) == "step 0"
    assert not opened.playing


def test_without_a_display_the_command_says_what_to_do(run, capsys):
    assert main([str(run), "--show"]) == 2
    assert "no window can be opened (matplotlib uses Agg)" in capsys.readouterr().err


def test_what_a_window_cannot_show_is_named(run):
    with pytest.raises(ValueError, match="fps is 0"):
        viz.window(run, fps=0)
    with pytest.raises(ValueError, match="3 runs were given"):
        viz.window(run, run, run)


def test_the_same_run_can_have_two_windows(run):
    one, two = viz.window(run), viz.window(run)
    assert one.scene.figure is not two.scene.figure
    assert len(one.scene.figure.axes) == len(two.scene.figure.axes)


def test_show_and_out_are_not_both_possible(run, capsys):
    assert main([str(run), "--show", "--out", "film.mp4"]) == 2
    assert "give one of them" in capsys.readouterr().err


CHECK = """
import sys, viz, matplotlib.pyplot as plt

def wait(until):
    for _ in range(100):
        if until(): return True
        plt.pause(0.1)
    return False

opened = viz.window(sys.argv[1], hinges=True, fps=50)
widget = opened.scene.figure.canvas.get_tk_widget()
plt.show(block=False)

def focused():
    widget.focus_force()
    return widget.focus_displayof() is widget

def press(key):
    focused()
    widget.event_generate(key)

def click():
    box = opened.button.ax.get_window_extent()
    place = {"x": int(box.x0 + box.width / 2), "y": int(widget.winfo_height() - box.y0 - box.height / 2)}
    for event in ("<Motion>", "<ButtonPress-1>", "<ButtonRelease-1>"):
        widget.event_generate(event, **place)

seen = [wait(focused)]
press("<Key-Home>"); seen.append(wait(lambda: opened.frame == 0))
press("<Key-Right>"); seen.append(wait(lambda: opened.frame == 1))
click(); seen.append(wait(lambda: opened.playing))
seen.append(wait(lambda: opened.frame == len(opened.scene.steps) - 1 and not opened.playing))
print(seen)
"""


@pytest.mark.skipif(shutil.which("xvfb-run") is None, reason="Xvfb is not installed")
def test_a_real_window_obeys_keyboard_and_mouse(run):
    pytest.importorskip("tkinter")
    command = ["xvfb-run", "-a", "-s", "-screen 0 1400x900x24", sys.executable, "-c", CHECK, str(run)]
    environment = {**os.environ, "MPLBACKEND": "TkAgg", "PYTHONPATH": os.getcwd()}
    done = subprocess.run(command, capture_output=True, text=True, timeout=120, env=environment, check=False)
    assert done.stdout.strip() == "[True, True, True, True, True]", done.stderr


def watched():
    """Trains while watching; what watched, and the steps it was told of."""
    seen = []
    recipe = Recipe(dataset={"name": "blobs", "points": 30}, hidden=(8,), steps=20)
    train, _, start = recipe.start()
    watching = viz.watch(train, then=lambda snapshot, losses: seen.append(snapshot.step))
    step = make_step(optim.sgd(0.5), "relu")
    fit(step, train, start, 20, recipe.make_schedule(), 0.001, save=watching, progress=False)
    return watching, seen


def test_a_notebook_shows_what_is_watched_once_and_renews_it(monkeypatch):
    shown = []
    place = SimpleNamespace(update=lambda figure: shown.append(("again", figure)))
    notebook = SimpleNamespace(display=lambda figure, display_id: (shown.append(("first", figure)), place)[1])
    monkeypatch.setitem(sys.modules, "IPython.display", notebook)
    monkeypatch.setattr(sys.modules["viz.watch"], "get_backend", lambda: "module://matplotlib_inline.backend_inline")
    watching, seen = watched()
    assert [when for when, _ in shown] == ["first"] + ["again"] * (len(seen) - 1)
    assert all(figure is watching.figure for _, figure in shown)
    assert plt.get_fignums() == []  # pyplot would show it again


def test_an_interactive_mode_that_a_backend_turns_on_outlives_the_style():
    try:
        with viz.style("dark"):
            mpl.interactive(True)
        assert mpl.is_interactive()
    finally:
        mpl.interactive(False)


def test_watch_draws_each_snapshot_and_hands_it_on(monkeypatch):
    titles, refresh = [], viz.Watch._refresh
    monkeypatch.setattr(
        viz.Watch, "_refresh", lambda self: (titles.append(self.map.ax.get_title("left")), refresh(self))
    )
    watching, seen = watched()
    assert seen[0] == 0
    assert seen[-1] == 20
    assert titles == [f"step {step}" for step in seen]
    assert len(watching.chart.lines) > 0
    assert np.asarray(watching.map.image.get_array()).std() > 0
