"""Plans as views: paths over a world, cost by iteration, videos beside the goal, and the path taken."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
from jaxtyping import Float

from widgets import ClipPlayer, Timeline, WorldStage
from workbench.boards.show import show
from workbench.boards.videos import video_player
from workbench.core.errors import BadInput
from workbench.core.films import Reel
from workbench.core.numbers import UNITS
from workbench.core.questions.planning import ClipEnds, PlanPaths, PlanTrace, PlanView, WalkTrace, WorldPicture

FPS = 8.0
READABLE = 0.5  # R² of a probe below which what it reads is not drawn
_RING = 40  # corners of the circle around the goal
_MODES = ("paths", "films", "costs")

Curve = tuple[str, Float[np.ndarray, "iterations"]]
Place = tuple[float, float]


def plan_lines(paths: PlanPaths, iteration: int, twin: bool = False) -> list[dict[str, object]]:
    """The samples of one iteration as faint lines, its elites, the predicted path of the plan, and the ground truth."""
    line, who = WorldStage.path, " (untrained)" if twin else ""
    at = min(iteration, len(paths.samples) - 1)
    tried = [line("", "sample", p, width=1, alpha=0.16) for p in paths.samples[at]]
    best = [line("sampled (elites brighter)", "elite", p, width=1.2, alpha=0.45) for p in paths.elites[at]]
    read = None if paths.probe < READABLE else paths.believed
    believed = [] if read is None else [line("predicted" + who, "open loop", read, width=2.5)]
    return [*tried, *best, *believed, line("ground truth", "real", paths.true, width=3)]


def walk_lines(walk: WalkTrace, believed: Float[np.ndarray, "frames 2"] | None, twin: bool = False) -> list[dict[str, object]]:
    """The path taken, and the predicted continuation."""
    line, who = WorldStage.path, " (untrained)" if twin else ""
    on = [] if believed is None or walk.reached else [line("predicted next" + who, "open loop", believed, width=2, alpha=0.85)]
    return [*on, line("path taken", "real", walk.places, width=3)]


def ring(place: Place, near: float) -> dict[str, object]:
    """Within this circle the goal counts as reached."""
    turn = np.linspace(0, 2 * np.pi, _RING)
    return WorldStage.path("", "control", np.stack([place[0] + near * np.cos(turn), place[1] + near * np.sin(turn)], 1), width=1.5)


def points(start: WorldPicture, goal: WorldPicture, agent: Place | None) -> list[dict[str, object]]:
    """Start and goal, which can be moved, and the agent, which cannot."""

    def at(name: str, place: Place, label: str, fixed: bool = False) -> dict[str, object]:
        return {"id": name, "kind": name, "x": round(float(place[0]), 4), "y": round(float(place[1]), 4), "label": label, "fixed": fixed}

    moved = [at("start", start.place, "start"), at("goal", goal.place, "goal")]
    return moved if agent is None else [*moved, at("agent", agent, "the agent", fixed=True)]


def cost_curves(trace: PlanTrace) -> Mapping[str, Curve]:
    """Cost by iteration: of the no-op, of the samples (median), of the elites (mean), and the best so far."""
    elites = np.take_along_axis(trace.costs, trace.elites, 1)
    return {
        "no-op": ("control", np.full(len(trace.costs), trace.copy)),
        "sampled": ("sample", np.median(trace.costs, 1)),
        "elites": ("elite", elites.mean(1)),
        "best": ("open loop", np.minimum.accumulate(trace.costs.min(1))),
    }


def goal_reel(goal: WorldPicture, frames: int) -> Reel:
    """The picture of the goal, which is all that the model is given of it."""
    return Reel("goal", "control", "", np.repeat(goal.pixels[None], frames, 0), frames)


def walk_reels(walk: WalkTrace, note: str, every: int, twin: bool = False) -> list[Reel]:
    """The executed steps, beside the prediction made just before each."""
    frames = len(walk.pixels)
    reels = [Reel("ground truth, closed loop", "real", "each step is executed", walk.pixels, frames)]
    if walk.imagined is not None:
        ahead = "1 step ahead" if every == 1 else f"1–{every} steps ahead"
        reels.append(Reel(("untrained, " if twin else "predicted ") + ahead, "open loop", note, walk.imagined, frames))
    return reels


def end_marks(ends: ClipEnds, start: int, goal: int) -> list[dict[str, object]]:
    """Where a plan in a clip begins and ends, over the clip's own time."""
    found = [{"frame": start, "label": "start", "kind": "event"}, {"frame": goal, "label": "goal", "kind": "edit"}]
    return [mark for mark in found if mark["frame"] < len(ends.film)]


def free_axes(trace: PlanTrace) -> Sequence[int]:
    """The components of an action that vary over the samples; the others are fixed by their bounds."""
    spans = np.ptp(trace.samples, axis=(0, 1, 2))
    return [int(k) for k in np.flatnonzero(spans > 1e-6)]


def cost_line() -> Timeline:
    """An empty chart of costs, with a cursor that goes over the iterations."""
    return Timeline(player=True, fps=1.5, word="iteration", origin=1, curve_height=172)


def draw_costs(line: Timeline, trace: PlanTrace) -> None:
    """Cost by iteration, the cursor at the last one."""
    with line.together():
        line.set_curves({})  # of as many iterations as before
        line.frames = len(trace.costs)
        line.set_curves(cost_curves(trace), label=f"cost (weighted {UNITS[trace.distance]})")
        line.tick = len(trace.costs) - 1


@show.register(PlanTrace)
def _(result: PlanTrace) -> Timeline:
    line = cost_line()
    draw_costs(line, result)
    return line


@show.register(PlanView)
def _(result: PlanView, mode: str = "paths", iteration: int = -1) -> WorldStage | ClipPlayer | Timeline:
    """iteration: whose samples are shown beside the plan; −1: the last."""
    if mode not in _MODES:
        raise BadInput(f"a plan has no {mode!r}", where="show(plan, mode=…)", fix=f"one of {', '.join(_MODES)}")
    if mode == "costs":
        return show(result.trace)
    if mode == "films":
        return video_player(result.reels)
    if result.paths is None:
        raise BadInput("this plan is in a world that cannot be simulated", where="show(plan)", fix='show(plan, mode="films") or mode="costs"')
    stage = WorldStage(picture_height=320, paths=plan_lines(result.paths, iteration))
    stage.set_picture(result.reels[0].pixels[0])
    return stage
