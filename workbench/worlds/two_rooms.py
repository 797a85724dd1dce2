"""Two rooms seen from above, a wall between them, a door in the wall, and a point that is moved by actions. Its true state is all there is.

A state is the numbers STATES, an action the numbers ACTIONS, both in sides of the picture: 0 is left or top, 1 is right or bottom.
Any state can be set, drawn and stepped from; nothing else is remembered. All functions take any number of leading axes.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from jaxtyping import Float, UInt8

from workbench.core.clip import Clip
from workbench.core.errors import BadInput

STATES = ("x", "y", "wall", "door")
ACTIONS = ("right", "down")
SIDE, FPS = 64, 8.0
MOVE = 0.08  # the longest move along each axis
LOW, HIGH = 0.05, 0.95
WALL_HALF, DOOR_HALF, AGENT = 0.035, 0.09, 0.03
FIXED, GROUND = (0.5, 0.5), 0.1
_WALLS, _DOORS = (0.38, 0.62), (0.2, 0.8)
_SUBSTEPS, _BLUR, _SEEKERS = 4, 0.04, 0.4
_RENDERED = 32  # frames drawn at a time stay in the cache: four times as fast as hundreds
_AXIS = ((np.arange(SIDE, dtype=np.float32) + 0.5) / SIDE).astype(np.float32)
_WALL = np.float32(0.5)
_ORANGE, _LIGHT = np.array([1.0, 0.6, 0.15], np.float32), np.array([1.0, 1.0, 1.1], np.float32)

State = Float[np.ndarray, "... state"]
Action = Float[np.ndarray, "... action"]


@dataclass(frozen=True, eq=False)
class Walks:
    """Films of the world before they are drawn. actions[:, k] leads from states[:, k] to states[:, k + 1]."""

    states: Float[np.ndarray, "walks frames state"]
    actions: Float[np.ndarray, "walks moves action"]

    def __len__(self) -> int:
        return len(self.states)


def blocked(states: State) -> np.ndarray:
    """True where the point would stand in the wall."""
    states = np.asarray(states)
    x, y, wall, door = (states[..., k] for k in range(4))
    return np.asarray((np.abs(x - wall) < WALL_HALF + AGENT) & (np.abs(y - door) > DOOR_HALF - AGENT))


def step(states: State, actions: Action) -> State:
    """The states after one move each. Moves are cut to ±MOVE along each axis; at walls the point slides along.

    Raises:
        BadInput: states or actions of another width, or numbers that are not finite.
    """
    states, actions = _checked(states, len(STATES), "states"), _checked(actions, len(ACTIONS), "actions")
    shape = np.broadcast_shapes(states.shape[:-1], actions.shape[:-1])
    now = np.broadcast_to(states, (*shape, len(STATES))).copy()
    part = np.clip(actions, -MOVE, MOVE) / _SUBSTEPS
    inside = blocked(now)
    for axis in (0, 1) * _SUBSTEPS:
        tried = now.copy()
        tried[..., axis] = np.clip(tried[..., axis] + part[..., axis], LOW, HIGH)
        into = blocked(tried)
        stays = into & ~inside
        now, inside = np.where(stays[..., None], now, tried), into & inside
    return now


def render(states: State, ground: Float[np.ndarray, "64 64"] | float = GROUND, size: float = 1.0) -> UInt8[np.ndarray, "... 64 64 3"]:
    """The states as pixels: dark rooms, a grey wall with its door, an orange point. A point inside the wall is drawn there.

    Args:
        ground: how bright the rooms are, 0 to 1. size: of the point, as a multiple of its own.
    """
    states = _checked(states, len(STATES), "states").astype(np.float32)
    flat = states.reshape(-1, len(STATES))
    parts = [_render(flat[i : i + _RENDERED], ground, size) for i in range(0, len(flat), _RENDERED)]
    drawn = np.concatenate(parts) if parts else np.empty((0, SIDE, SIDE, 3), np.uint8)
    return drawn.reshape(*states.shape[:-1], SIDE, SIDE, 3)


def starts(count: int, seed: int | np.random.Generator, *, varied: bool = False) -> Float[np.ndarray, "count state"]:
    """So many free places, anywhere in either room.

    Args:
        seed: the same seed gives the same places. varied: each with a wall and a door of its own, instead of FIXED.

    Raises:
        BadInput: fewer than one place.
    """
    if count < 1:
        raise BadInput(f"{count} places are none", where="count", fix="ask for at least one")
    rng = np.random.default_rng(seed)
    wall = rng.uniform(*_WALLS, count) if varied else np.full(count, FIXED[0])
    door = rng.uniform(*_DOORS, count) if varied else np.full(count, FIXED[1])
    return _settled(np.stack([np.empty(count), np.empty(count), wall, door], -1), rng)


def walks(count: int, moves: int, seed: int, *, varied: bool = False) -> Walks:
    """So many walks: persistent wandering; two of five look for the door first.

    Args:
        moves: actions of each walk, one fewer than its frames. seed, varied: as for `starts`.

    Raises:
        BadInput: no walk or no move.
    """
    if moves < 1:
        raise BadInput(f"a walk of {moves} moves is empty", where="moves", fix="ask for at least one")
    rng = np.random.default_rng(seed)
    now = starts(count, rng, varied=varied)
    seeks, home = rng.random(count) < _SEEKERS, np.sign(now[:, 0] - now[:, 2])
    heading = rng.uniform(0, 2 * np.pi, count)
    states, actions = [now], []
    for _ in range(moves):
        turned = rng.random(count) < 0.15
        heading = np.where(turned, rng.uniform(0, 2 * np.pi, count), heading + rng.normal(0, 0.2, count))
        move = _square(heading) * MOVE * rng.uniform(0.1, 1, (count, 1))
        seeking = seeks & (np.sign(now[:, 0] - now[:, 2]) == home)
        move = np.where(seeking[:, None], _to_the_door(now, home, rng), move)
        now = step(now, move)
        states.append(now)
        actions.append(move)
    return Walks(np.stack(states, 1).astype(np.float32), np.stack(actions, 1).astype(np.float32))


def tasks(
    count: int, seed: int, *, varied: bool = False, apart: float = 0.3
) -> tuple[Float[np.ndarray, "count state"], Float[np.ndarray, "count state"]]:
    """Starts and goals of the same rooms; the first half lie in different rooms, the others in one.

    Args:
        apart: the least distance from start to goal. count, seed, varied: as for `starts`.
    """
    rng = np.random.default_rng(seed)
    start = starts(count, rng, varied=varied)
    goal, across = _settled(start.copy(), rng), np.arange(count) < count // 2
    while True:
        crosses = (start[:, 0] < start[:, 2]) != (goal[:, 0] < goal[:, 2])
        wrong = (crosses != across) | (np.hypot(*(start - goal)[:, :2].T) < apart)
        if not wrong.any():
            return start, goal
        goal[wrong] = _settled(goal[wrong], rng)


def clips(count: int, seed: int, *, moves: int = 24, varied: bool = False) -> list[Clip]:
    """So many films of this world, with actions and states."""
    true = walks(count, moves, seed, varied=varied)
    return [
        Clip(render(s), fps=FPS, actions=a, states=s, source=f"two rooms, seed {seed}, walk {i}")
        for i, (s, a) in enumerate(zip(true.states, true.actions, strict=True))
    ]


def _checked(values: np.ndarray, width: int, what: str) -> np.ndarray:
    values = np.asarray(values)
    if values.ndim < 1 or values.shape[-1] != width:
        names = ", ".join(STATES if what == "states" else ACTIONS)
        raise BadInput(f"{what} of {width} numbers are needed, got {list(values.shape)}", where=what, fix=f"each is ({names})")
    if not np.isfinite(values).all():
        raise BadInput("a number that is not finite has no place in the rooms", where=what, fix="give numbers from 0 to 1")
    return values


def _settled(states: Float[np.ndarray, "count state"], rng: np.random.Generator) -> Float[np.ndarray, "count state"]:
    """The same rooms with the point at a free place."""
    loose = np.ones(len(states), bool)
    while loose.any():
        states[loose, :2] = rng.uniform(LOW, HIGH, (int(loose.sum()), 2))
        loose = blocked(states)
    return states


def _square(heading: Float[np.ndarray, "count"]) -> Float[np.ndarray, "count 2"]:
    """The longest move within ±1 along each axis in this direction."""
    aim = np.stack([np.cos(heading), np.sin(heading)], -1)
    return aim / np.abs(aim).max(-1, keepdims=True)


def _to_the_door(now: Float[np.ndarray, "count state"], home: Float[np.ndarray, "count"], rng: np.random.Generator) -> Float[np.ndarray, "count 2"]:
    """Towards the door from afar, through it once the point stands before it."""
    before = np.abs(now[:, 1] - now[:, 3]) < DOOR_HALF - WALL_HALF
    aim = np.stack([now[:, 2] + home * np.where(before, -0.2, 0.12), now[:, 3]], -1) - now[:, :2]
    aim = aim / np.maximum(np.abs(aim).max(-1, keepdims=True), 1e-6) * MOVE * 0.9
    return np.clip(aim + rng.normal(0, 0.015, aim.shape), -MOVE, MOVE)


def _render(
    states: Float[np.ndarray, "frames state"], ground: Float[np.ndarray, "64 64"] | float, size: float
) -> UInt8[np.ndarray, "frames 64 64 3"]:
    x, y, wall, door = (states[:, i, None] for i in range(4))
    across, down = (np.exp(-(((_AXIS - at) / np.float32(_BLUR * size)) ** 2)) for at in (x, y))
    point = np.minimum(2 * down[:, :, None] * across[:, None, :], 1)[..., None]
    solid = (np.abs(_AXIS - wall) < WALL_HALF)[:, None, :] & (np.abs(_AXIS - door) > DOOR_HALF)[:, :, None]
    grey = (np.float32(ground) + _WALL * solid)[..., None]
    image = grey * (1 - point) * _LIGHT + point * _ORANGE
    return (np.clip(image, 0, 1) * 255).round().astype(np.uint8)
