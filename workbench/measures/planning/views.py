"""Plans beside their simulated execution, and steps that are executed in a world."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Unpack

import numpy as np
from jaxtyping import Float

from workbench.core.clip import Clip
from workbench.core.errors import BadInput
from workbench.core.films import Reel
from workbench.core.futures import Drawn
from workbench.core.planner import Searching
from workbench.core.questions.planning import (
    STEPS,
    Drive,
    DriveStep,
    EnergyLandscape,
    FirstMove,
    Move,
    PlanPaths,
    PlanTrace,
    PlanView,
    PlanWithVideos,
    State,
    WalkToGoal,
    WalkTrace,
    WorldPicture,
)
from workbench.measures.bank import Bank
from workbench.measures.base import answers
from workbench.measures.drawing import draw, note_of
from workbench.measures.futures import span
from workbench.measures.planning.ends import Ends, Numbers, ends_of, in_world, pictured, shown
from workbench.measures.planning.landscapes import energy_landscape
from workbench.measures.planning.plans import Begun, imagine_plan, planner_of
from workbench.measures.probing import Probe, places_probe
from workbench.measures.twins import asked
from workbench.model.jepa import Jepa
from workbench.model.latents import Latents
from workbench.worlds.environments import World, apart, path_of, world

_ELITES, _SAMPLES = 8, 24  # of each iteration that are followed through the world


@answers(PlanWithVideos)
def plan_view(
    jepa: Jepa,
    *,
    name: str = "",
    state: Numbers | None = None,
    goal: Numbers | None = None,
    clip: Clip | None = None,
    frames: Sequence[int] = (0, 0),
    bank: Bank | None = None,
    predictor: str = "model",
    **planner: Unpack[Searching],
) -> PlanView:
    """A plan with its predicted video, and the ground truth where it is known.

    Args:
        name: of a world, to plan from `state` to `goal`; else it is planned from one tick of the clip to another, `frames`.
        bank: what a probe of places is fitted on, and films are retrieved from. predictor: "model" or "twin". planner: fields of `Planner`.
    """
    jepa = asked(jepa, predictor)
    ends, within = ends_of(jepa, name, state, goal, clip, frames)
    trace, film = imagine_plan(jepa, ends.start, ends.goal, planner_of(planner), known=ends.known, limits=ends.limits)
    reels = [] if jepa.decoder is None and bank is None else [_imagined(jepa, film, bank, clip or ends.start, predictor)]
    length = len(trace.actions) + 1
    if within is None or state is None or goal is None:
        return PlanView(trace, (*_came(jepa, ends, length), *reels, _aim(jepa, ends, length)), None, ends.bounds)
    here, there = np.asarray(state, np.float32), np.asarray(goal, np.float32)
    true = path_of(within, here, trace.actions)
    reels.insert(0, Reel("ground truth, same actions", "real", "simulated, without replanning", shown(jepa, within.clip(*true)), length))
    return PlanView(trace, tuple(reels), _paths(within, here, there, trace, true, _probe(jepa, bank, within), film), ends.bounds)


def _imagined(jepa: Jepa, film: Latents, bank: Bank | None, clip: Clip, predictor: str) -> Reel:
    drawn = draw(jepa, film, "retrieved" if jepa.decoder is None else "decoded", bank, clip)
    label = "open loop from frame 0" + (", untrained" if predictor == "twin" else "")
    return Reel(label, "open loop", note_of(drawn), drawn.pixels, len(drawn.pixels))


def _came(jepa: Jepa, ends: Ends, length: int) -> list[Reel]:
    """What the clip itself does from the start on."""
    if ends.came is None:
        return []
    film = shown(jepa, ends.came)[:length]
    whole = np.concatenate([film, np.repeat(film[-1:], length - len(film), 0)])
    return [Reel("ground truth, actions of the clip", "real", ends.came.source, whole, len(film))]


def _aim(jepa: Jepa, ends: Ends, length: int) -> Reel:
    return Reel("goal", "control", ends.goal.source, np.repeat(shown(jepa, ends.goal)[-1:], length, 0), length)


def _probe(jepa: Jepa, bank: Bank | None, within: World) -> Probe | None:
    if bank is None or any(c.states is None for c in bank.clips):
        return None
    return places_probe(jepa, bank, within.where)


def _believed(probe: Probe | None, film: Latents) -> Float[np.ndarray, "frames 2"] | None:
    return None if probe is None else probe.read(film.tokens[0].flatten(1)).numpy()


def _paths(
    within: World, state: State, goal: State, trace: PlanTrace, true: Float[np.ndarray, "frames state"], probe: Probe | None, film: Latents
) -> PlanPaths:
    best = np.take_along_axis(trace.samples, trace.elites[:, :_ELITES, None, None], 1)
    away = apart(within, true[-1], goal)

    def places(actions: np.ndarray) -> np.ndarray:
        return within.where(path_of(within, state, actions)).astype(np.float32)

    return PlanPaths(
        within.where(true).astype(np.float32),
        _believed(probe, film),
        float("nan") if probe is None else probe.r2,
        places(best),
        places(trace.samples[:, :_SAMPLES]),
        away,
        away <= within.tolerance,
    )


@answers(FirstMove)
def first_move(
    jepa: Jepa,
    *,
    name: str = "",
    state: Numbers | None = None,
    goal: Numbers | None = None,
    clip: Clip | None = None,
    frames: Sequence[int] = (0, 0),
    predictor: str = "model",
    axes: tuple[int, int] = (0, 1),
    steps: int = 21,
) -> EnergyLandscape:
    """How far from the goal each first move leads, one step ahead.

    Args:
        name, state, goal, clip, frames, predictor: as of `plan_view`. axes, steps: as of `energy_landscape`.
    """
    jepa = asked(jepa, predictor)
    ends, _ = ends_of(jepa, name, state, goal, clip, frames)
    return energy_landscape(jepa, ends.start, ends.goal, true=ends.true, known=ends.known, limits=ends.limits, axes=axes, steps=steps)


@answers(Drive)
def drive(
    jepa: Jepa,
    name: str,
    state: Numbers,
    goal: Numbers,
    *,
    warm: Begun | None = None,
    moves: int = 1,
    bank: Bank | None = None,
    predictor: str = "model",
    **planner: Unpack[Searching],
) -> DriveStep:
    """Plan, execute the first actions, and repeat from the resulting state. Stops where the goal is reached.

    Args:
        warm: the rest of the last plan, from which the search begins. moves: actions that are done before the next plan.
        bank: what a probe of places is fitted on. planner: fields of `Planner`.
    """
    jepa, within = asked(jepa, predictor), world(name)
    here, there = np.asarray(state, np.float32), np.asarray(goal, np.float32)
    ends = in_world(jepa, within, here, there)
    trace, film = imagine_plan(jepa, ends.start, ends.goal, planner_of(planner), warm=warm, known=ends.known, limits=ends.limits)
    pictures: list[WorldPicture] = []
    for action in trace.actions[: max(1, moves)]:
        here = within.step(here, action).astype(np.float32)
        pictures.append(pictured(within, here))
        if apart(within, here, there) <= within.tolerance:
            break
    count, away = len(pictures), apart(within, here, there)
    rest = np.concatenate([trace.actions[count:], np.repeat(trace.actions[-1:], count, 0)])
    seen = _foreseen(jepa, film, count, bank, ends.start)
    drawn = (None, "") if seen is None else (seen.pixels, seen.note)
    believed, there_now = _believed(_probe(jepa, bank, within), film), away <= within.tolerance
    return DriveStep(tuple(pictures), trace.actions[:count], rest, trace.cost, trace.copy, away, there_now, believed, *drawn, trace.provenance)


def _foreseen(jepa: Jepa, film: Latents, count: int, bank: Bank | None, clip: Clip) -> Drawn | None:
    """What was predicted to be seen after the first steps of a plan."""
    if jepa.decoder is None and bank is None:
        return None
    return draw(jepa, span(film, 1, count + 1), "retrieved" if jepa.decoder is None else "decoded", bank, clip)


@answers(WalkToGoal)
def walk(
    jepa: Jepa,
    name: str,
    state: Numbers,
    goal: Numbers,
    *,
    moves: int = 1,
    steps: int = STEPS,
    predictor: str = "model",
    **planner: Unpack[Searching],
) -> WalkTrace:
    """Steps as of `drive`, until the goal is reached: each plan begins where the one before it led, with its rest and another seed.

    Args:
        steps: that may be made. predictor: "model" or "twin". planner: fields of `Planner`; its seed is that of the first plan.

    Raises:
        BadInput: no step may be made, or the goal is where the start is.
    """
    if steps < 1:
        raise BadInput(f"a walk of {steps} steps is empty", where="steps", fix="allow at least one")
    within, here, how, made = world(name), np.asarray(state, np.float32), planner_of(planner), list[Move]()
    found: DriveStep | None = None
    while len(made) < steps and not (found and found.reached):
        rest, most = None if found is None else found.rest, min(moves, steps - len(made))
        found = drive(jepa, name, here, goal, warm=rest, moves=most, predictor=predictor, **replace(how, seed=how.seed + len(made)).settings)
        made += found.moves()
        here = found.pictures[-1].state
    start, end = (pictured(within, np.asarray(at, np.float32)) for at in (state, goal))
    return WalkTrace.of(start, end, within.tolerance, made, None if found is None else found.provenance)
