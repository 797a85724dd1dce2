"""Plan actions that bring a latent to a goal: CEM and MPPI, batched over tasks and candidates, with every iteration on record."""

from __future__ import annotations

from dataclasses import dataclass

import torch
from jaxtyping import Float, Int
from torch import Tensor

from workbench.core import progress
from workbench.core.errors import BadInput
from workbench.core.planner import Planner
from workbench.model.jepa import Dynamics
from workbench.model.latents import Latents

_MOST_VALUES = 1 << 23  # of latents rolled out at once: 32 MiB, and what a transformer makes of them on its way is many times as much


@dataclass(frozen=True, eq=False)
class Search:
    """What was tried, for every task of the batch.

    Args:
        samples: tried sequences. costs, elites: theirs, and the numbers of the best. mean, spread: after each iteration.
        actions: the best sequence of all. cost: its cost. copy: the cost of the no-op, which stays at the last context tick.
    """

    samples: Float[Tensor, "iterations tasks samples horizon action"]
    costs: Float[Tensor, "iterations tasks samples"]
    elites: Int[Tensor, "iterations tasks elites"]
    mean: Float[Tensor, "iterations tasks horizon action"]
    spread: Float[Tensor, "iterations tasks horizon action"]
    actions: Float[Tensor, "tasks horizon action"]
    cost: Float[Tensor, "tasks"]
    copy: Float[Tensor, "tasks"]


def bounds(dynamics: Dynamics) -> tuple[Tensor, Tensor]:
    """Lowest and highest action of a step; a component of which both are equal is held there.

    Raises:
        BadInput: this future needs no actions, or the bounds are not known.
    """
    spec = dynamics.action
    if spec is None:
        raise BadInput("this model's future needs no actions: there is nothing to plan", where="plan", fix="open an action-conditioned model")
    low, high = (torch.tensor(v, dtype=torch.float32).repeat(spec.frameskip) for v in (spec.low, spec.high))
    if not bool((low <= high).all() and (low < high).any() and low.isfinite().all() and high.isfinite().all()):
        raise BadInput("the bounds of this model's actions are not known", where="plan", fix="give limits=(lowest, highest action of a step)")
    return low, high


def interpolation(knots: int, horizon: int) -> Float[Tensor, "horizon knots"]:
    """Weights that make `horizon` actions of `knots`, piecewise linear; the first and last action are the first and last knot."""
    if knots == 1:
        return torch.ones(horizon, 1)
    at = torch.linspace(0, knots - 1, horizon)
    return (1 - (at[:, None] - torch.arange(knots)[None]).abs()).clamp(min=0)


@dataclass(frozen=True, eq=False)
class Task:
    """Where plans begin and where they are to end, one row a task.

    Args:
        context: the context ticks; the plan begins at the last. goal: one tick, in the same space. past: the actions between the context ticks.
    """

    context: Latents
    goal: Latents
    past: Float[Tensor, "tasks moves action"] | None = None

    def __post_init__(self) -> None:
        moves = self.context.grid.ticks - 1
        given = 0 if self.past is None else self.past.shape[1]
        if given != moves:
            raise BadInput(
                f"{moves} past actions lie between {moves + 1} context ticks, got {given}", where="past", fix="give them, or one context tick"
            )
        self.context.comparable(self.goal)


def costs(dynamics: Dynamics, task: Task, actions: Float[Tensor, "tasks samples horizon action"], planner: Planner) -> Float[Tensor, "tasks samples"]:
    """The cost of every sequence: each is rolled out from its task's context, as many at once as fit."""
    tokens = task.context.tokens
    each = tokens.shape[0] * tokens[0, 0].numel() * (tokens.shape[1] + actions.shape[2])
    found = list[Tensor]()
    for some in actions.split(max(1, _MOST_VALUES // each), dim=1):
        progress.report(0, 0)
        found.append(_costs(dynamics, task, some, planner))
    return torch.cat(found, 1)


def _costs(
    dynamics: Dynamics, task: Task, actions: Float[Tensor, "tasks samples horizon action"], planner: Planner
) -> Float[Tensor, "tasks samples"]:
    tasks, samples = actions.shape[:2]
    context = task.context

    def many(t: Tensor) -> Tensor:
        return t.repeat_interleave(samples, 0)

    seen = Latents(many(context.tokens), context.grid, context.space, states=None if context.states is None else many(context.states))
    moves = actions.flatten(0, 1)
    if task.past is not None:
        moves = torch.cat([many(task.past), moves], 1)
    film = dynamics.rollout(seen, actions.shape[2], actions=moves)
    film.comparable(task.goal)
    away = film.tokens - many(task.goal.tokens)
    far = (away.square() if planner.distance == "l2" else away.abs()).mean((2, 3, 4))
    return (planner.last * far[:, -1] + planner.mean * far.mean(1) + planner.best * far.amin(1)).unflatten(0, (tasks, samples))


@torch.inference_mode()
def search(
    dynamics: Dynamics,
    task: Task,
    planner: Planner,
    *,
    start: Float[Tensor, "tasks horizon action"] | None = None,
    limits: tuple[Tensor, Tensor] | None = None,
) -> Search:
    """Look for the actions that bring each context nearest to its goal.

    Args:
        start: mean of the first draws; None: the middle of the limits. limits: lowest and highest action of a step; None: the model's own.

    Raises:
        BadInput: no actions or no bounds. Incomparable: the goal lies in another space.
    """
    low, high = bounds(dynamics) if limits is None else limits
    tasks, knots = task.context.tokens.shape[0], planner.knots or planner.horizon
    weights = interpolation(knots, planner.horizon)
    shape = (tasks, knots, len(low))
    middle = ((low + high) / 2).expand(shape)
    mean = middle.clone() if start is None else torch.einsum("kh,tha->tka", torch.linalg.pinv(weights), start)
    spread = (planner.start * (high - low) / 2).expand(shape).clone()
    draw = torch.Generator().manual_seed(planner.seed)
    log: dict[str, list[Tensor]] = {"samples": [], "costs": [], "elites": [], "mean": [], "spread": []}
    for i in range(planner.iterations):
        progress.report(i, planner.iterations)
        noise = torch.randn((tasks, planner.samples, knots, len(low)), generator=draw)
        noise[:, 0] = 0  # the mean itself is always tried
        drawn = torch.minimum(torch.maximum(mean[:, None] + spread[:, None] * noise, low), high)
        actions = torch.einsum("hk,tska->tsha", weights, drawn)
        cost = costs(dynamics, task, actions, planner)
        elites = cost.topk(planner.elites, dim=1, largest=False).indices
        mean, spread = _updated(planner, drawn, cost, elites, mean, spread)
        shown = (actions, cost, elites, torch.einsum("hk,tka->tha", weights, mean), torch.einsum("hk,tka->tha", weights, spread))
        for name, value in zip(log, shown, strict=True):
            log[name].append(value)
    return _finished(dynamics, task, planner, log)


def _updated(planner: Planner, drawn: Tensor, cost: Tensor, elites: Tensor, mean: Tensor, spread: Tensor) -> tuple[Tensor, Tensor]:
    """Mean and spread of the next round's draws."""
    if planner.method == "mppi":
        scale = (planner.temperature * cost.std(1, keepdim=True)).clamp(min=1e-12)
        share = torch.softmax(-(cost - cost.amin(1, keepdim=True)) / scale, 1)[..., None, None]
        new = (share * drawn).sum(1)
        wide = (share * (drawn - new[:, None]).square()).sum(1).sqrt()
    else:
        best = drawn.gather(1, elites[..., None, None].expand(-1, -1, *drawn.shape[2:]))
        new, wide = best.mean(1), best.std(1, unbiased=False)
    return torch.lerp(new, mean, planner.keep), torch.lerp(wide, spread, planner.keep)


def _finished(dynamics: Dynamics, task: Task, planner: Planner, log: dict[str, list[Tensor]]) -> Search:
    """The best sequence of all that were tried, the last mean among them."""
    last = log["mean"][-1]
    tried = torch.cat([*log["samples"], last[:, None]], 1)
    all_costs = torch.cat([*log["costs"], costs(dynamics, task, last[:, None], planner)], 1)
    best = all_costs.argmin(1)
    rows = torch.arange(len(best))
    here = task.context.tokens[:, -1:] - task.goal.tokens
    still = (here.square() if planner.distance == "l2" else here.abs()).mean((1, 2, 3, 4)) * (planner.last + planner.mean + planner.best)
    stacked = {name: torch.stack(values) for name, values in log.items()}
    return Search(**stacked, actions=tried[rows, best], cost=all_costs[rows, best], copy=still)
