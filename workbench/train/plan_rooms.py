"""Planning in the two rooms, closed loop: a planner in latent space, the untrained model, a random walk and a straight line on the true state."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import numpy as np
import torch
from jaxtyping import Bool, Float

from workbench.core.clip import Clip
from workbench.core.progress import part
from workbench.measures.base import threads_for
from workbench.measures.planning import Planner, Task, search
from workbench.model.jepa import Jepa
from workbench.model.latents import Latents
from workbench.worlds import two_rooms

TASKS, STEPS, REPLAN, NEAR = 100, 32, 2, 0.06
# Last tick, way there and nearest tick of the imagined film all count, so that near goals are not overshot.
PLANNER = Planner(horizon=16, samples=256, iterations=4, elites=26, knots=8, start=0.8, keep=0.0, last=1.0, mean=0.1, best=0.5)

States = Float[np.ndarray, "tasks state"]
Policy = Callable[[States, States, int], Float[np.ndarray, "tasks steps action"]]


def planning(jepa: Jepa, seed: int, *, count: int = TASKS, varied: bool = False, planner: Planner = PLANNER) -> dict[str, dict[str, float]]:
    """Share of tasks solved within STEPS steps, by who acts: {"model": {"all", "cross_room"}, "random", "untrained", "greedy"}.

    Args:
        seed: of the tasks, the planner's draws and the twin. count: tasks; the first half lie across rooms. varied: each has rooms of its own.
    """
    start, goal = two_rooms.tasks(count, seed, varied=varied)
    policies: dict[str, Policy] = {
        "model": planned(jepa, planner, seed),
        "random": wandering(seed),
        "untrained": planned(jepa.untrained(seed), planner, seed),
        "greedy": lambda now, there, _: (there - now)[:, None, :2],
    }
    found = {}
    with threads_for(jepa):
        for number, (name, policy) in enumerate(policies.items()):
            with part(number, len(policies)):
                solved = follow(policy, start, goal)
            found[name] = {"all": float(solved.mean()), "cross_room": float(solved[: count // 2].mean())}
    return found


def follow(policy: Policy, start: States, goal: States) -> Bool[np.ndarray, "tasks"]:
    """Which tasks a policy solves, closed loop: it is asked again after every few steps that it answers."""
    now, solved, step = start.copy(), np.zeros(len(start), bool), 0
    while step < STEPS and not solved.all():
        left = np.flatnonzero(~solved)
        with part(step, STEPS):
            moves = policy(now[left], goal[left], step).swapaxes(0, 1)[: STEPS - step]
        for move in moves:
            moving = ~solved[left]
            now[left[moving]] = two_rooms.step(now[left[moving]], move[moving])
            solved[left] |= np.hypot(*(now - goal)[left, :2].T) < NEAR
            step += 1
    return solved


def planned(jepa: Jepa, planner: Planner, seed: int) -> Policy:
    """The planner on pictures of where the point is and where it shall be; its first REPLAN actions are done."""

    def act(now: States, goal: States, step: int) -> Float[np.ndarray, "tasks steps action"]:
        task = Task(seen(jepa, now), seen(jepa, goal))
        actions = search(jepa.need_dynamics(), task, replace(planner, seed=seed * 1000 + step)).actions
        return actions[:, :REPLAN].numpy()

    return act


def seen(jepa: Jepa, states: States) -> Latents:
    """Pictures of states as one tick each."""
    clips = [Clip(picture[None]) for picture in two_rooms.render(states)]
    with torch.inference_mode():
        return jepa.need_dynamics().embed(jepa.encoder.prepare(clips).video)


def wandering(seed: int) -> Policy:
    """A persistent random walk as in the training films."""
    rng = np.random.default_rng(seed)

    def act(now: States, goal: States, step: int) -> Float[np.ndarray, "tasks steps action"]:
        heading = np.repeat(rng.uniform(0, 2 * np.pi, (len(now), 1)), 5, 1)
        aim = np.stack([np.cos(heading), np.sin(heading)], -1)
        return aim / np.abs(aim).max(-1, keepdims=True) * two_rooms.MOVE

    return act
