"""Where plans begin and end: two states of a world, or two ticks of a clip."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np

from workbench.core.clip import Clip
from workbench.core.errors import BadInput
from workbench.core.questions.planning import ClipEnds, EndsInClip, EndsInWorld, PlaceInWorld, State, WorldEnds, WorldPicture
from workbench.measures.base import answers
from workbench.model.jepa import Jepa
from workbench.model.spec import ActionSpec
from workbench.model.steps import steps_of
from workbench.worlds.environments import World, apart, path_of, world

_WIDE, _LEAST = 3.0, 1e-3  # deviations that bounds are taken at; the least half range, where a component never changed
Numbers = np.ndarray | Sequence[float]


@dataclass(frozen=True, eq=False)
class Ends:
    """Where a plan begins and ends, as `plan` takes it.

    Args:
        start: the context ticks. goal: its last frame is the goal. true: the ground-truth action at the start. came: the clip from there on.
        limits: of the actions, where the model does not know them; bounds: where they are from.
    """

    start: Clip
    goal: Clip
    known: int
    limits: tuple[list[float], list[float]] | None = None
    bounds: str = ""
    true: list[float] | None = None
    came: Clip | None = None


@answers(EndsInWorld)
def world_ends(name: str, clip: Clip | None = None) -> WorldEnds:
    """Where a plan in a world begins and ends before anybody said so: where a film begins, and beyond what is in the way."""
    within = world(name)
    start = within.start(None if clip is None else clip.states)
    return WorldEnds(pictured(within, start), pictured(within, within.goal(start)), within.tolerance)


@answers(PlaceInWorld)
def world_picture(name: str, state: Numbers, x: float | None = None, y: float | None = None) -> WorldPicture:
    """A world in one state, with the thing that moves put at a place where one is given."""
    within = world(name)
    return pictured(within, np.asarray(state, np.float32) if x is None or y is None else within.place(np.asarray(state, np.float32), x, y))


def pictured(within: World, state: State) -> WorldPicture:
    """A world in one state."""
    x, y = within.where(state)
    return WorldPicture(np.asarray(state, np.float32), (float(x), float(y)), within.render(np.asarray(state)[None])[0])


@answers(EndsInClip)
def clip_ends(jepa: Jepa, clip: Clip) -> ClipEnds:
    """Where a plan in a clip begins and ends before anybody said so: as early and as late as it can.

    Raises:
        BadInput: actions that do not fit, or too few frames to go anywhere.
    """
    known = jepa.need_dynamics().history[0]
    own, _ = _stepped(clip, _spec(jepa), known)
    if own.frames <= known:
        what = f"a clip of {own.frames} steps, of which {known} are context: no other frame is left as a goal"
        raise BadInput(what, where=clip.source, fix="open a longer clip")
    return ClipEnds(shown(jepa, own), known - 1, known - 1, own.frames - 1, float(own.fps or 0.0))


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
        what = f"from frame {start} to {goal} of a clip of {own.frames} steps, of which {known} are context"
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


def ends_of(
    jepa: Jepa, name: str, state: Numbers | None, goal: Numbers | None, clip: Clip | None, frames: Sequence[int]
) -> tuple[Ends, World | None]:
    """Both ends, and the world that they lie in. Arguments as of `plan_view`."""
    if name and state is not None and goal is not None:
        within = world(name)
        return in_world(jepa, within, np.asarray(state, np.float32), np.asarray(goal, np.float32)), within
    if clip is None:
        raise BadInput("neither a world with two states nor a clip to plan in", where="plan", fix="open a clip")
    return in_clip(jepa, clip, *frames), None


def shown(jepa: Jepa, clip: Clip) -> np.ndarray:
    """The frames of a clip as the model is shown them."""
    return jepa.encoder.prepare([clip]).shown[0].numpy()
