"""Plans: from one clip to a goal."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Any, Unpack

import numpy as np
import torch
from jaxtyping import Float
from torch import Tensor

from workbench.core.clip import Clip
from workbench.core.errors import BadInput
from workbench.core.planner import Planner, Searching
from workbench.core.questions.planning import Plan, PlanTrace
from workbench.core.results import Provenance
from workbench.measures.base import answers, threads_for
from workbench.measures.futures import span
from workbench.measures.planning.optimiser import Task, search
from workbench.model.jepa import Jepa
from workbench.model.latents import Latents
from workbench.model.steps import steps_of

Begun = np.ndarray | Sequence[Sequence[float]]  # actions of an older plan, one row a step


def task_of(jepa: Jepa, clip: Clip, goal: Clip, known: int | None = None) -> Task:
    """From the first `known` ticks of a clip to the last frame of a goal.

    Args:
        known: None: as few as the model takes.

    Raises:
        PartUnavailable: no dynamics. BadInput: actions do not fit, or the goal is where the clip already is.
    """
    dynamics = jepa.need_dynamics()
    known = known or dynamics.history[0]
    clip, actions = steps_of(clip, dynamics.action) if known > 1 else (clip, None)
    if clip.frames < known:
        raise BadInput(f"a clip of {clip.frames} frames, {known} are to be known", where=clip.source, fix="give a longer clip")
    start = _embedded(jepa, clip, slice(0, known))
    end = _embedded(jepa, goal, slice(goal.frames - 1, goal.frames))
    if bool((span(start, known - 1, known).tokens == end.tokens).all()):
        raise BadInput("the goal is where the clip already is: there is nothing to plan", where="goal", fix="choose another frame or place")
    past = None if actions is None or known < 2 else torch.from_numpy(actions[None, : known - 1])
    return Task(start, end, past)


def _embedded(jepa: Jepa, clip: Clip, frames: slice) -> Latents:
    part = Clip(clip.pixels[frames], fps=clip.fps, source=clip.source)
    states = None if clip.states is None else torch.from_numpy(np.asarray(clip.states[frames], np.float32))[None]
    return jepa.need_dynamics().embed(jepa.encoder.prepare([part]).video, states)


@answers(Plan)
def plan(
    jepa: Jepa,
    clip: Clip,
    goal: Clip,
    *,
    known: int | None = None,
    limits: Sequence[Sequence[float]] | None = None,
    warm: Begun | None = None,
    **planner: Unpack[Searching],
) -> PlanTrace:
    """The actions that bring the last known frame of a clip to the last frame of a goal, and everything that was tried on the way.

    Args:
        known: ticks of context; None: as few as the model takes. limits: lowest and highest action of a step; None: the model's own.
        warm: actions from which the search begins; None: the middle of the limits. planner: fields of `Planner`.

    Raises:
        PartUnavailable: no dynamics. BadInput: nothing to plan, no bounds, or a planner that can try nothing.
    """
    return imagine_plan(jepa, clip, goal, planner_of(planner), known=known, limits=limits, warm=warm)[0]


def planner_of(options: Searching) -> Planner:
    """How to search, from options.

    Raises:
        BadInput: an option that a planner does not have, or nothing could be tried.
    """
    known = Planner.__dataclass_fields__
    unknown = sorted(set(options) - set(known))
    if unknown:
        raise BadInput(f"a planner has no {unknown[0]!r}", where="plan", fix=f"it has {', '.join(known)}")
    return Planner(**options)


def imagine_plan(
    jepa: Jepa,
    clip: Clip,
    goal: Clip,
    how: Planner,
    *,
    known: int | None = None,
    limits: Sequence[Sequence[float]] | None = None,
    warm: Begun | None = None,
) -> tuple[PlanTrace, Latents]:
    """As `plan`, with the predicted latents: the last context tick, then those under the chosen actions."""
    dynamics = jepa.need_dynamics()
    begun = None if warm is None else _begun(warm, how.horizon)
    with threads_for(jepa):
        task = task_of(jepa, clip, goal, known)
        found = search(dynamics, task, how, start=begun, limits=None if limits is None else limits_of(limits, jepa))
        moves = found.actions if task.past is None else torch.cat([task.past, found.actions], 1)
        film = dynamics.rollout(task.context, how.horizon, actions=moves)
    origin = Provenance("plan", jepa.card.name, dict(jepa.card.hashes), f"{clip.digest} → {goal.digest}", seed=how.seed, parameters={**how.settings})
    first = {name: getattr(found, name)[:, 0].numpy() for name in ("samples", "costs", "elites", "mean", "spread")}
    trace = PlanTrace(
        how.method,
        **first,
        actions=found.actions[0].numpy(),
        cost=float(found.cost[0]),
        copy=float(found.copy[0]),
        distance=how.distance,
        provenance=origin,
        states=None if film.states is None else film.states[0].float().numpy(),
    )
    here = task.context.tokens[:, -1:]
    return trace, replace(film, tokens=torch.cat([here, film.tokens], 1), grid=replace(film.grid, ticks=how.horizon + 1), states=None, extra=None)


def _begun(warm: Begun, horizon: int) -> Float[Tensor, "1 horizon action"]:
    """What is left of an older plan, with its last action held where it is too short."""
    rows = torch.as_tensor(np.asarray(warm, np.float32))[:horizon]
    if rows.ndim != 2 or not len(rows):
        raise BadInput(f"a plan of shape {list(rows.shape)} is none to begin from", where="warm", fix="give one row a step, or nothing")
    return torch.cat([rows, rows[-1:].expand(horizon - len(rows), -1)])[None]


def limits_of(limits: Any, jepa: Jepa) -> tuple[Tensor, Tensor]:
    """The lowest and the highest action of a step.

    Raises:
        BadInput: they are no two rows of as many numbers as an action has, the lower one nowhere above.
    """
    spec = jepa.need_dynamics().action
    fix = f"give the lowest and the highest action of a step: two rows of {0 if spec is None else spec.width} numbers"
    try:
        low, high = (torch.as_tensor(v, dtype=torch.float32) for v in limits)
    except (TypeError, ValueError, RuntimeError, OverflowError) as err:
        raise BadInput(f"limits={limits!r:.80} are no two rows of numbers", where="limits=", fix=fix) from err
    if spec is None or low.shape != (spec.width,) or high.shape != low.shape or not bool((low <= high).all() and (low < high).any()):
        width = 0 if spec is None else spec.width
        raise BadInput(f"limits of {low.numel()} and {high.numel()} numbers", where="limits", fix=f"two rows of {width}, the lower one nowhere above")
    return low, high
