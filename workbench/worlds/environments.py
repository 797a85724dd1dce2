"""Worlds that can be simulated: set a state, act, and get the ground truth. Each is named in the card of the models trained on it."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Mapping, Sequence

import numpy as np
from jaxtyping import Float, UInt8

from workbench.core.clip import Clip
from workbench.core.errors import BadInput
from workbench.worlds import two_rooms
from workbench.worlds.balls_scene import Balls
from workbench.worlds.scene import Scene

State = Float[np.ndarray, "state"]
_AWAY, _ASIDE = 0.2, 0.07  # of a corner from the border, and from the middle of its room


class World(Scene):
    """A scene that can be acted on. Nearer than `tolerance` is there."""

    tolerance: float

    @abstractmethod
    def start(self, states: Float[np.ndarray, "frames state"] | None = None) -> State:
        """A state to begin from: the first of a film's, where they are of this world, else one of its own."""

    @abstractmethod
    def goal(self, state: State) -> State:
        """A state worth going to from here, which straight ahead does not lead to."""

    @abstractmethod
    def step(self, state: Float[np.ndarray, "... state"], action: Float[np.ndarray, "... action"]) -> Float[np.ndarray, "... state"]:
        """The state after one action; any number of worlds at once."""

    @abstractmethod
    def place(self, state: State, x: float, y: float) -> State:
        """The state with the thing that moves put there, or as near as it can be."""

    def clip(self, *states: Sequence[float] | State) -> Clip:
        """The states as a film, as models are shown it."""
        return Clip(self.render(np.array(states, np.float32)), source=self.name)


class TwoRooms(World):
    """`two_rooms` for boards."""

    name, thing, tolerance = "two-rooms", "agent", 0.06

    def start(self, states: Float[np.ndarray, "frames state"] | None = None) -> State:
        """See `World.start`."""
        if states is not None and np.shape(states)[-1] == len(two_rooms.STATES):
            return np.asarray(states[0], np.float32)
        return np.array((0.2, 0.25, *two_rooms.FIXED), np.float32)

    def goal(self, state: State) -> State:
        """See `World.goal`: in the other room and on the same side of the door, so that the wall is between."""
        x, y, wall, door = (float(v) for v in state)
        return self.place(state, (wall + 1) / 2 + _ASIDE if x < wall else wall / 2 - _ASIDE, _AWAY if y < door else 1 - _AWAY)

    def step(self, state: Float[np.ndarray, "... state"], action: Float[np.ndarray, "... action"]) -> Float[np.ndarray, "... state"]:
        """See `World.step`."""
        return two_rooms.step(state, action)

    def render(self, states: Float[np.ndarray, "frames state"]) -> UInt8[np.ndarray, "frames height width 3"]:
        """See `Scene.render`."""
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
        """See `Scene.moved`: the same actions go on from the new place."""
        film = [*states[:frame], self.place(states[frame], x, y)]
        for k in range(frame, len(states) - 1):
            film.append(self.step(film[-1], np.zeros(2, np.float32) if actions is None else actions[k]))
        return np.stack(film).astype(np.asarray(states).dtype)

    def where(self, states: Float[np.ndarray, "... state"]) -> Float[np.ndarray, "... 2"]:
        """See `Scene.where`."""
        return np.asarray(states)[..., :2]


WORLDS: Mapping[str, World] = {w.name: w for w in (TwoRooms(),)}
SCENES: Mapping[str, Scene] = {**WORLDS, **{s.name: s for s in (Balls(),)}}  # what moves in the others moves by itself


def world(name: str) -> World:
    """The world of that name.

    Raises:
        BadInput: there is none that can be driven.
    """
    if name in SCENES and name not in WORLDS:
        raise BadInput(
            f"nothing in the world {name!r} can be acted on: its {SCENES[name].thing} moves by itself",
            where="world",
            fix=f"one of {', '.join(WORLDS)}",
        )
    if name not in WORLDS:
        raise BadInput(f"there is no world {name!r} to drive", where="world", fix=f"one of {', '.join(WORLDS)}")
    return WORLDS[name]


def scene(name: str) -> Scene:
    """The scene of that name, whether or not it can be acted on.

    Raises:
        BadInput: there is none.
    """
    if name not in SCENES:
        raise BadInput(f"there is no world {name!r}", where="world", fix=f"one of {', '.join(SCENES)}")
    return SCENES[name]


def path_of(
    within: World, state: Float[np.ndarray, "state"], actions: Float[np.ndarray, "... steps action"]
) -> Float[np.ndarray, "... frames state"]:
    """The states that each series of actions leads through, the first one included; nothing is drawn."""
    actions = np.asarray(actions)
    states = [np.broadcast_to(state, (*actions.shape[:-2], len(state)))]
    for k in range(actions.shape[-2]):
        states.append(within.step(states[-1], actions[..., k, :]))
    return np.stack(states, -2)


def followed(
    within: World, state: State, actions: Float[np.ndarray, "steps action"]
) -> tuple[Float[np.ndarray, "frames state"], UInt8[np.ndarray, "frames height width 3"]]:
    """The states and pictures of a world that is acted on, the first one included."""
    film = path_of(within, state, actions)
    return film, within.render(film)


def apart(within: World, a: State, b: State) -> float:
    """How far the thing that moves is in one state from where it is in the other, in sides of the picture."""
    return float(np.linalg.norm(within.where(a) - within.where(b)))
