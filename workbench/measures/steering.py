"""Which action leads where: energy landscapes and plans, from one clip to a goal."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import numpy as np
import torch
from jaxtyping import Float
from torch import Tensor

from workbench.core import progress
from workbench.core.clip import Clip
from workbench.core.errors import BadInput
from workbench.core.futures import EnergyLandscape, PlanTrace
from workbench.core.results import Provenance
from workbench.measures.base import measure, threads_for
from workbench.measures.futures import span
from workbench.measures.planning import Planner, Task, bounds, costs, search
from workbench.model.jepa import Jepa
from workbench.model.latents import Latents
from workbench.model.steps import steps_of

_CHUNK = 1024  # rollouts at a time
_OTHERS = 64  # draws of the other components, where the landscape is their minimum


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


@measure
def plan(
    jepa: Jepa,
    clip: Clip,
    goal: Clip,
    *,
    known: int | None = None,
    limits: Sequence[Sequence[float]] | None = None,
    warm: np.ndarray | None = None,
    **planner: Any,
) -> PlanTrace:
    """The actions that bring the last known frame of a clip to the last frame of a goal, and everything that was tried on the way.

    Args:
        known: ticks of context; None: as few as the model takes. limits: lowest and highest action of a step; None: the model's own.
        warm: actions from which the search begins; None: the middle of the limits.
        planner: fields of `Planner`: horizon, samples, iterations, elites, method "cem" or "mppi", …

    Raises:
        PartUnavailable: no dynamics. BadInput: nothing to plan, no bounds, or a planner that can try nothing.
    """
    return imagine_plan(jepa, clip, goal, known=known, limits=limits, warm=warm, **planner)[0]


def imagine_plan(
    jepa: Jepa,
    clip: Clip,
    goal: Clip,
    *,
    known: int | None = None,
    limits: Sequence[Sequence[float]] | None = None,
    warm: np.ndarray | None = None,
    **planner: Any,
) -> tuple[PlanTrace, Latents]:
    """As `plan`, with the latents of the imagined film: the last known tick, then those that the chosen actions are foretold to lead to."""
    how, dynamics = Planner(**_known_fields(planner)), jepa.need_dynamics()
    begun = None if warm is None else _begun(warm, how.horizon)
    with threads_for(jepa):
        task = task_of(jepa, clip, goal, known)
        found = search(dynamics, task, how, start=begun, limits=None if limits is None else _limits(limits, jepa))
        moves = found.actions if task.past is None else torch.cat([task.past, found.actions], 1)
        film = dynamics.rollout(task.context, how.horizon, actions=moves)
    origin = Provenance("plan", jepa.card.name, dict(jepa.card.hashes), f"{clip.digest} → {goal.digest}", seed=how.seed, parameters=dict(planner))
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


def _begun(warm: np.ndarray, horizon: int) -> Float[Tensor, "1 horizon action"]:
    """What is left of an older plan, with its last action held where it is too short."""
    rows = torch.as_tensor(np.asarray(warm, np.float32))[:horizon]
    if rows.ndim != 2 or not len(rows):
        raise BadInput(f"a plan of shape {list(rows.shape)} is none to begin from", where="warm", fix="give one row a step, or nothing")
    return torch.cat([rows, rows[-1:].expand(horizon - len(rows), -1)])[None]


def _known_fields(given: dict[str, Any]) -> dict[str, Any]:
    unknown = set(given) - set(Planner.__dataclass_fields__)
    if unknown:
        raise BadInput(f"a planner has no {sorted(unknown)[0]!r}", where="plan", fix=f"it has {', '.join(Planner.__dataclass_fields__)}")
    return given


def _limits(limits: Any, jepa: Jepa) -> tuple[Tensor, Tensor]:
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


@measure
def energy_landscape(
    jepa: Jepa,
    clip: Clip,
    goal: Clip,
    *,
    axes: tuple[int, int] = (0, 1),
    steps: int = 21,
    others: str = "slice",
    true: Sequence[float] | None = None,
    known: int | None = None,
    horizon: int = 1,
    limits: Sequence[Sequence[float]] | None = None,
    distance: str = "l2",
    seed: int = 0,
) -> EnergyLandscape:
    """How far from the goal each action leads, over two of its components.

    Args:
        axes: components of a step's action. steps: values of each. others: "slice": the other components stay at `true` (else at the middle of
            the limits); "minimum": the best of many draws of them. true: the action that was really done. horizon: ticks, the same action in each.
        limits: lowest and highest action of a step; None: the model's own. seed: of the draws.

    Raises:
        PartUnavailable: no dynamics. BadInput: axes that do not exist, nothing to plan, no bounds.

    The published notebook sums over an axis; a sum shows where the summed axis is broad, not where the minimum is.
    """
    dynamics, task = jepa.need_dynamics(), task_of(jepa, clip, goal, known)
    low, high = bounds(dynamics) if limits is None else _limits(limits, jepa)
    _check(axes, steps, horizon, others, true, len(low))
    _check_free(axes, low, high, jepa)
    base = (low + high) / 2 if true is None else torch.as_tensor(true, dtype=torch.float32)
    draws = 1 if others == "slice" or len(low) == 2 else _OTHERS
    values, grid = _tried(low, high, base, axes, steps, draws, seed)
    how = Planner(horizon=horizon, distance=distance)
    energy = _energies(dynamics, task, grid, how).unflatten(0, (steps, steps, draws)).amin(-1)
    done = (None, float("nan")) if true is None else (base.numpy(), float(_energies(dynamics, task, base[None], how)[0]))
    names, copy, sides = _names(jepa), _staying(task, distance), (values[0].numpy(), values[1].numpy())
    origin = Provenance("energy_landscape", jepa.card.name, dict(jepa.card.hashes), f"{clip.digest} → {goal.digest}", seed=seed)
    return EnergyLandscape((names[axes[0]], names[axes[1]]), sides, energy.numpy(), others, *done, copy, horizon, distance, origin, axes)


def _staying(task: Task, distance: str) -> float:
    here = task.context.tokens[:, -1:] - task.goal.tokens
    return float((here.square() if distance == "l2" else here.abs()).mean())


def _check(axes: tuple[int, int], steps: int, horizon: int, others: str, true: Sequence[float] | None, width: int) -> None:
    if len(set(axes)) != 2 or not all(0 <= a < width for a in axes) or steps < 2 or horizon < 1 or others not in ("slice", "minimum"):
        fix = f"two different axes below {width}; slice or minimum"
        raise BadInput(f"axes {axes}, {steps} steps, {others!r}", where="energy_landscape", fix=fix)
    if true is not None and len(true) != width:
        raise BadInput(f"a true action of {len(true)} numbers, a step has {width}", where="true", fix="give one step's action")


def _check_free(axes: tuple[int, int], low: Tensor, high: Tensor, jepa: Jepa) -> None:
    held = [a for a in axes if not bool(low[a] < high[a])]
    if held:
        name, value = _names(jepa)[held[0]], float(low[held[0]])
        raise BadInput(f"{name!r} is held at {value:g}: there is no landscape over it", where="axes", fix="choose components that may change")


def _tried(low: Tensor, high: Tensor, base: Tensor, axes: tuple[int, int], steps: int, draws: int, seed: int) -> tuple[list[Tensor], Tensor]:
    """The values of the two axes, and every action to be tried: first axis slowest, draws of the other components fastest, `base` first."""
    values = [torch.linspace(float(low[a]), float(high[a]), steps) for a in axes]
    noise = torch.rand((draws, len(low)), generator=torch.Generator().manual_seed(seed))
    around = torch.cat([base[None], low + noise[1:] * (high - low)])
    grid = around[None, None].repeat(steps, steps, 1, 1)
    grid[..., axes[0]], grid[..., axes[1]] = values[0][:, None, None], values[1][None, :, None]
    return values, grid.flatten(0, 2)


def _energies(dynamics: Any, task: Task, actions: Float[Tensor, "tried action"], how: Planner) -> Float[Tensor, "tried"]:
    found: list[Tensor] = []
    for start in range(0, len(actions), _CHUNK):
        progress.report(start, len(actions))
        some = actions[start : start + _CHUNK][None, :, None].expand(-1, -1, how.horizon, -1)
        found.append(costs(dynamics, task, some, how)[0])
    return torch.cat(found)


def _names(jepa: Jepa) -> list[str]:
    spec = jepa.need_dynamics().action
    assert spec is not None
    if spec.frameskip == 1:
        return list(spec.names)
    return [f"{name} (frame {k})" for k in range(spec.frameskip) for name in spec.names]
