"""Energy landscapes: how far from a goal each action leads."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import torch
from jaxtyping import Float
from torch import Tensor

from workbench.core import progress
from workbench.core.clip import Clip
from workbench.core.errors import BadInput
from workbench.core.planner import Planner
from workbench.core.questions.planning import EnergyLandscape, Landscape
from workbench.core.results import Provenance
from workbench.measures.base import answers
from workbench.measures.planning.optimiser import Task, bounds, costs
from workbench.measures.planning.plans import limits_of, task_of
from workbench.model.jepa import Jepa

_CHUNK = 1024  # rollouts at a time
_OTHERS = 64  # draws of the other components, where the landscape is their minimum


@answers(Landscape)
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
    low, high = bounds(dynamics) if limits is None else limits_of(limits, jepa)
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
