"""What a worker answers about plans: where they may begin and end, what was tried, what it truly leads to, and steps really made."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

import numpy as np
from jaxtyping import Float

from workbench.core.clip import Clip
from workbench.core.errors import BadInput
from workbench.core.films import ClipEnds, DriveStep, PlanPaths, PlanView, Reel, WorldEnds, WorldPicture
from workbench.core.futures import Drawn, EnergyLandscape, PlanTrace
from workbench.measures.bank import Bank
from workbench.measures.drawing import draw, note_of
from workbench.measures.futures import span, steps_of
from workbench.measures.probing import Probe, places_probe
from workbench.measures.steering import energy_landscape, imagine_plan
from workbench.measures.twins import asked
from workbench.model.jepa import Jepa
from workbench.model.latents import Latents
from workbench.model.spec import ActionSpec
from workbench.worlds.driven import World, apart, path_of, world

if TYPE_CHECKING:
    from workbench.worker.shelf import Shelf

_ELITES, _SAMPLES = 8, 24  # of each iteration that are followed through the world
_WIDE, _LEAST = 3.0, 1e-3  # deviations that bounds are taken at; the least half range, where a component never changed
State = Float[np.ndarray, "state"]
Numbers = np.ndarray | Sequence[float]


@dataclass(frozen=True, eq=False)
class Ends:
    """Where a plan begins and ends, as `plan` takes it.

    Args:
        start: the known ticks. goal: its last frame is the goal. true: the action that was really done at the start. came: what came of it.
        limits: of the actions, where the model does not know them; bounds: where they are from.
    """

    start: Clip
    goal: Clip
    known: int
    limits: tuple[list[float], list[float]] | None = None
    bounds: str = ""
    true: list[float] | None = None
    came: Clip | None = None

    @property
    def options(self) -> dict[str, Any]:
        """As keywords of the measures."""
        return {"known": self.known, "limits": self.limits}


def world_ends(shelf: Shelf, name: str, clip: Clip | None = None) -> WorldEnds:
    """Where a plan in a world begins and ends before anybody said so: where a film begins, and beyond what is in the way."""
    within = world(name)
    start = within.start(None if clip is None else clip.states)
    return WorldEnds(_pictured(within, start), _pictured(within, within.goal(start)), within.tolerance)


def world_picture(shelf: Shelf, name: str, state: np.ndarray, x: float | None = None, y: float | None = None) -> WorldPicture:
    """A world in one state, with the thing that moves put at a place where one is given."""
    within = world(name)
    return _pictured(within, np.asarray(state, np.float32) if x is None or y is None else within.place(np.asarray(state, np.float32), x, y))


def _pictured(within: World, state: State) -> WorldPicture:
    x, y = within.where(state)
    return WorldPicture(np.asarray(state, np.float32), (float(x), float(y)), within.render(np.asarray(state)[None])[0])


def clip_ends(shelf: Shelf, model: Jepa, clip: Clip) -> ClipEnds:
    """Where a plan in a clip begins and ends before anybody said so: as early and as late as it can.

    Raises:
        BadInput: actions that do not fit, or too few frames to go anywhere.
    """
    known = model.need_dynamics().history[0]
    own, _ = _stepped(clip, _spec(model), known)
    if own.frames <= known:
        what = f"a clip of {own.frames} steps, of which {known} must be known: there is no other frame to go to"
        raise BadInput(what, where=clip.source, fix="open a longer clip")
    return ClipEnds(_shown(model, own), known - 1, known - 1, own.frames - 1, float(own.fps or 0.0))


def _stepped(clip: Clip, spec: ActionSpec, known: int) -> tuple[Clip, np.ndarray | None]:
    """A clip as the model steps through it; without actions, where none are needed to see."""
    return (clip, None) if clip.actions is None and known == 1 else steps_of(clip, spec)


def in_world(jepa: Jepa, within: World, state: State, goal: State) -> Ends:
    """From one state to another.

    Raises:
        BadInput: the goal is where the start is.
    """
    far = apart(within, state, goal)
    if far <= within.tolerance:
        what = f"the goal is where the start is: they are {far:.2f} apart, and nearer than {within.tolerance:g} counts as there"
        raise BadInput(what, where="goal", fix="put the goal further away")
    known = jepa.need_dynamics().history[0]
    stays = np.zeros((known - 1, _spec(jepa).width), np.float32)
    start = replace(within.clip(*path_of(within, state, stays)), actions=stays if known > 1 else None)
    return Ends(start, within.clip(goal), known)


def in_clip(jepa: Jepa, clip: Clip, start: int, goal: int) -> Ends:
    """From one tick of a clip to another.

    Raises:
        BadInput: ticks that are not there, or the same; no actions where the model needs them to see, or to know their bounds.
    """
    spec, known = _spec(jepa), jepa.need_dynamics().history[0]
    own, actions = _stepped(clip, spec, known)
    if start == goal:
        raise BadInput(f"the goal is where the start is: both are frame {start}", where="goal", fix="choose another frame")
    if not known - 1 <= start < own.frames or not 0 <= goal < own.frames:
        what = f"from frame {start} to {goal} of a clip of {own.frames} steps, of which {known} must be known"
        raise BadInput(what, where="start, goal", fix=f"start from {known - 1} to {own.frames - 1}, goal up to {own.frames - 1}")
    limits, bounds = _limits(spec, actions)
    seen = _part(own, start - known + 1, start + 1, None if actions is None or known == 1 else actions[start - known + 1 : start])
    true = None if actions is None or start >= len(actions) else [float(v) for v in actions[start]]
    return Ends(seen, _part(own, goal, goal + 1), known, limits, bounds, true, _part(own, start, own.frames))


def _spec(jepa: Jepa) -> ActionSpec:
    spec = jepa.need_dynamics().action
    if spec is None:
        raise BadInput("this model's future needs no actions: there is nothing to plan", where="plan", fix="open an action-conditioned model")
    return spec


def _part(clip: Clip, first: int, end: int, actions: np.ndarray | None = None) -> Clip:
    states = None if clip.states is None else np.asarray(clip.states)[first:end]
    return Clip(
        clip.pixels[first:end],
        fps=clip.fps,
        actions=actions,
        states=states,
        source=f"{clip.source}, frames {first} to {end - 1}".strip(", ") if end - first > 1 else f"{clip.source}, frame {first}".strip(", "),
    )


def _limits(spec: ActionSpec, actions: np.ndarray | None) -> tuple[tuple[list[float], list[float]] | None, str]:
    """None and "" where the model knows the bounds itself; else what the clip's own actions span."""
    if np.isfinite([*spec.low, *spec.high]).all():
        return None, ""
    if actions is None or not len(actions):
        raise BadInput("the bounds of this model's actions are not known, and the clip has none", where="plan", fix="open a clip with actions")
    middle, half = actions.mean(0), np.maximum(_WIDE * actions.std(0), _LEAST)
    low, high = (
        np.where(np.isfinite(known := np.tile(k, spec.frameskip)), known, own) for k, own in ((spec.low, middle - half), (spec.high, middle + half))
    )
    return (low.tolist(), high.tolist()), f"mean ± {_WIDE:g} deviations of this clip's own {len(actions)} actions"


def _ends(jepa: Jepa, name: str, state: Numbers | None, goal: Numbers | None, clip: Clip | None, frames: Sequence[int]) -> tuple[Ends, World | None]:
    if name and state is not None and goal is not None:
        within = world(name)
        return in_world(jepa, within, np.asarray(state, np.float32), np.asarray(goal, np.float32)), within
    if clip is None:
        raise BadInput("neither a world with two states nor a clip to plan in", where="plan", fix="open a clip")
    return in_clip(jepa, clip, *frames), None


def plan_view(
    shelf: Shelf,
    model: Jepa,
    *,
    name: str = "",
    state: Numbers | None = None,
    goal: Numbers | None = None,
    clip: Clip | None = None,
    frames: Sequence[int] = (0, 0),
    bank: Bank | None = None,
    predictor: str = "model",
    **planner: Any,
) -> PlanView:
    """A plan with what the model imagines of it, and what truly comes where that is known.

    Args:
        name: of a world, to plan from `state` to `goal`; else it is planned from one tick of the clip to another, `frames`.
        bank: what a probe of places is fitted on, and films are retrieved from. predictor: "model" or "twin". planner: fields of `Planner`.
    """
    jepa = asked(model, predictor)
    ends, within = _ends(jepa, name, state, goal, clip, frames)
    trace, film = imagine_plan(jepa, ends.start, ends.goal, warm=None, **ends.options, **planner)
    reels = [] if jepa.decoder is None and bank is None else [_imagined(jepa, film, bank, clip or ends.start, predictor)]
    length = len(trace.actions) + 1
    if within is None or state is None or goal is None:
        return PlanView(trace, (*_came(jepa, ends, length), *reels, _aim(jepa, ends, length)), None, ends.bounds)
    here, there = np.asarray(state, np.float32), np.asarray(goal, np.float32)
    true = path_of(within, here, trace.actions)
    reels.insert(0, Reel("real, the same actions", "real", "simulated, done in one go", _shown(jepa, within.clip(*true)), length))
    return PlanView(trace, tuple(reels), _paths(within, here, there, trace, true, _probe(jepa, bank, within), film), ends.bounds)


def _imagined(jepa: Jepa, film: Latents, bank: Bank | None, clip: Clip, predictor: str) -> Reel:
    drawn = draw(jepa, film, "retrieved" if jepa.decoder is None else "decoded", bank, clip)
    label = "open loop from frame 0" + (", untrained twin" if predictor == "twin" else "")
    return Reel(label, "open loop", note_of(drawn), drawn.pixels, len(drawn.pixels))


def _came(jepa: Jepa, ends: Ends, length: int) -> list[Reel]:
    """What the clip itself does from the start on."""
    if ends.came is None:
        return []
    film = _shown(jepa, ends.came)[:length]
    whole = np.concatenate([film, np.repeat(film[-1:], length - len(film), 0)])
    return [Reel("real, the clip's own actions", "real", ends.came.source, whole, len(film))]


def _aim(jepa: Jepa, ends: Ends, length: int) -> Reel:
    return Reel("goal", "control", ends.goal.source, np.repeat(_shown(jepa, ends.goal)[-1:], length, 0), length)


def _shown(jepa: Jepa, clip: Clip) -> np.ndarray:
    return jepa.encoder.prepare([clip]).shown[0].numpy()


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
        places(trace.mean),
        places(best),
        places(trace.samples[:, :_SAMPLES]),
        away,
        away <= within.tolerance,
    )


def first_move(
    shelf: Shelf,
    model: Jepa,
    *,
    name: str = "",
    state: Numbers | None = None,
    goal: Numbers | None = None,
    clip: Clip | None = None,
    frames: Sequence[int] = (0, 0),
    predictor: str = "model",
    **options: Any,
) -> EnergyLandscape:
    """How far from the goal each first move leads, one step ahead.

    Args:
        name, state, goal, clip, frames, predictor: as of `plan_view`. options: of `energy_landscape`.
    """
    jepa = asked(model, predictor)
    ends, _ = _ends(jepa, name, state, goal, clip, frames)
    return energy_landscape(jepa, ends.start, ends.goal, true=ends.true, **ends.options, **options)


def drive(
    shelf: Shelf,
    model: Jepa,
    name: str,
    state: Numbers,
    goal: Numbers,
    *,
    warm: np.ndarray | None = None,
    moves: int = 1,
    bank: Bank | None = None,
    predictor: str = "model",
    **planner: Any,
) -> DriveStep:
    """Plan from here, do the first actions, and see where they truly lead. Stops where the goal is reached.

    Args:
        warm: the rest of the last plan, from which the search begins. moves: actions that are done before the next plan.
        bank: what a probe of places is fitted on. planner: fields of `Planner`.
    """
    jepa, within = asked(model, predictor), world(name)
    here, there = np.asarray(state, np.float32), np.asarray(goal, np.float32)
    ends = in_world(jepa, within, here, there)
    trace, film = imagine_plan(jepa, ends.start, ends.goal, warm=warm, **ends.options, **planner)
    pictures: list[WorldPicture] = []
    for action in trace.actions[: max(1, moves)]:
        here = within.step(here, action).astype(np.float32)
        pictures.append(_pictured(within, here))
        if apart(within, here, there) <= within.tolerance:
            break
    count, away = len(pictures), apart(within, here, there)
    rest = np.concatenate([trace.actions[count:], np.repeat(trace.actions[-1:], count, 0)])
    seen = _foreseen(jepa, film, count, bank, ends.start)
    believed = _believed(_probe(jepa, bank, within), film)
    found = DriveStep(tuple(pictures), trace.actions[:count], rest, trace.cost, trace.copy, away, away <= within.tolerance, believed)
    return found if seen is None else replace(found, imagined=seen.pixels, note=seen.note)


def _foreseen(jepa: Jepa, film: Latents, count: int, bank: Bank | None, clip: Clip) -> Drawn | None:
    """What was foretold to be seen after the first steps of a plan."""
    if jepa.decoder is None and bank is None:
        return None
    return draw(jepa, span(film, 1, count + 1), "retrieved" if jepa.decoder is None else "decoded", bank, clip)


PLANS = {f.__name__: f for f in (world_ends, world_picture, clip_ends, plan_view, first_move, drive)}
