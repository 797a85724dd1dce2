"""Worlds that can be driven: put things somewhere, act, and see what truly happens. Each is named in the card of the models trained on it."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Mapping

import numpy as np
from jaxtyping import Float, UInt8

from workbench.core.errors import BadInput
from workbench.worlds import two_rooms

State = Float[np.ndarray, "state"]


class World(ABC):
    """What a board asks of a world. Places are sides of the picture: x right, y down, 0 to 1. Nearer than `tolerance` is there."""

    name: str
    tolerance: float

    @abstractmethod
    def step(self, state: State, action: Float[np.ndarray, "action"]) -> State:
        """The state after one action."""

    @abstractmethod
    def render(self, states: Float[np.ndarray, "frames state"]) -> UInt8[np.ndarray, "frames height width 3"]:
        """The states as pictures."""

    @abstractmethod
    def place(self, state: State, x: float, y: float) -> State:
        """The state with the thing that moves put there, or as near as it can be."""

    @abstractmethod
    def moved(
        self, states: Float[np.ndarray, "frames state"], actions: Float[np.ndarray, "moves action"] | None, frame: int, x: float, y: float
    ) -> Float[np.ndarray, "frames state"]:
        """A film in which the thing is suddenly elsewhere at a frame, through a wall or away, and goes on from there as the world does."""

    @abstractmethod
    def where(self, states: Float[np.ndarray, "... state"]) -> Float[np.ndarray, "... 2"]:
        """Where the thing that moves is."""


class TwoRooms(World):
    """`two_rooms` for boards."""

    name, tolerance = "two-rooms", 0.06

    def step(self, state: State, action: Float[np.ndarray, "action"]) -> State:
        """See `World.step`."""
        return two_rooms.step(state, action)

    def render(self, states: Float[np.ndarray, "frames state"]) -> UInt8[np.ndarray, "frames height width 3"]:
        """See `World.render`."""
        return two_rooms.render(states)

    def place(self, state: State, x: float, y: float) -> State:
        """See `World.place`: within the rooms, and beside the wall where the place is in it."""
        new = np.array(state, np.float64)
        new[:2] = np.clip((x, y), two_rooms.LOW, two_rooms.HIGH)
        if two_rooms.blocked(new).any():
            side = -1.0 if new[0] < new[2] else 1.0
            new[0] = np.clip(new[2] + side * (two_rooms.WALL_HALF + two_rooms.AGENT + 1e-3), two_rooms.LOW, two_rooms.HIGH)
        return new.astype(np.asarray(state).dtype)

    def moved(
        self, states: Float[np.ndarray, "frames state"], actions: Float[np.ndarray, "moves action"] | None, frame: int, x: float, y: float
    ) -> Float[np.ndarray, "frames state"]:
        """See `World.moved`: the same actions go on from the new place."""
        film = [*states[:frame], self.place(states[frame], x, y)]
        for k in range(frame, len(states) - 1):
            film.append(self.step(film[-1], np.zeros(2, np.float32) if actions is None else actions[k]))
        return np.stack(film).astype(np.asarray(states).dtype)

    def where(self, states: Float[np.ndarray, "... state"]) -> Float[np.ndarray, "... 2"]:
        """See `World.where`."""
        return np.asarray(states)[..., :2]


WORLDS: Mapping[str, World] = {w.name: w for w in (TwoRooms(),)}


def world(name: str) -> World:
    """The world of that name.

    Raises:
        BadInput: there is none that can be driven.
    """
    if name not in WORLDS:
        raise BadInput(f"there is no world {name!r} to drive", where="world", fix=f"one of {', '.join(WORLDS)}")
    return WORLDS[name]


def followed(
    within: World, state: State, actions: Float[np.ndarray, "steps action"]
) -> tuple[Float[np.ndarray, "frames state"], UInt8[np.ndarray, "frames height width 3"]]:
    """The states and pictures of a world that is acted on, the first one included."""
    states = [np.asarray(state)]
    for action in np.asarray(actions):
        states.append(within.step(states[-1], action))
    film = np.stack(states)
    return film, within.render(film)


def apart(within: World, a: State, b: State) -> float:
    """How far the thing that moves is in one state from where it is in the other, in sides of the picture."""
    return float(np.linalg.norm(within.where(a) - within.where(b)))
