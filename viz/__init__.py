"""Pictures of learning: decision maps, curves, hinge lines, hidden units, and the film of a run.

Start reading at `viz/style.py` and follow the reading order in the first lines of each file.
"""

from viz.animation import Animation, animate
from viz.curves import Curves, curves
from viz.dot import Drawing
from viz.draw import draw
from viz.hinges import Hinges, hinges
from viz.maps import DecisionMap, decision_map
from viz.style import style
from viz.units import Units, units
from viz.watch import Watch, watch
from viz.window import Window, show, window

__all__ = [
    "Animation", "Curves", "DecisionMap", "Drawing", "Hinges", "Units", "Watch", "Window", "animate", "curves",
    "decision_map", "draw", "hinges", "show", "style", "units", "watch", "window",
]  # fmt: skip
