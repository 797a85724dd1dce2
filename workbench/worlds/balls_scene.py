"""The falling balls for boards: films that can be drawn from their states, and broken at a frame."""

from __future__ import annotations

import numpy as np
from jaxtyping import Float, UInt8

from workbench.core.errors import BadInput
from workbench.worlds import balls, stored_pairs
from workbench.worlds.balls import GRAVITY, RADIUS, WORLD
from workbench.worlds.scene import Scene

_SUBSTEP = 5 / 12  # of a frame's gain of speed that a fall of one frame sees, in six steps
_AHEAD = 6  # frames that a speed must lead through as they were


class Balls(Scene):
    """`balls` for boards. A ball that is put elsewhere goes on with the speed that it had."""

    name, thing = "balls", "ball"

    def render(self, states: Float[np.ndarray, "frames state"]) -> UInt8[np.ndarray, "frames height width 3"]:
        """See `Scene.render`."""
        return balls.render(stored_pairs.films_of(np.asarray(states)[:, None]))[:, 0]  # frame by frame: colours may change

    def moved(
        self, states: Float[np.ndarray, "frames state"], actions: Float[np.ndarray, "moves action"] | None, frame: int, x: float, y: float
    ) -> Float[np.ndarray, "frames state"]:
        """See `Scene.moved`.

        Raises:
            BadInput: there is no ball, or the states do not tell where the walls are. MissingExtra: pymunk is not installed.
        """
        film = stored_pairs.films_of(np.asarray(states)[None])
        if not stored_pairs.has_ball(states).all():
            raise BadInput("there is no ball in this video that could be moved", where="moved", fix="choose another video")
        wall = film.wall[0]
        place = _beside(np.clip(np.array([x, y]) * WORLD, RADIUS, WORLD - RADIUS), wall)
        new = np.array(states, np.float32)
        path = balls.fall(place, speed(film.position[0], frame, wall), wall)
        new[frame:, :2] = path[: len(states) - frame] / WORLD
        return new

    def where(self, states: Float[np.ndarray, "... state"]) -> Float[np.ndarray, "... 2"]:
        """See `Scene.where`."""
        return np.asarray(states)[..., :2]


def _beside(place: Float[np.ndarray, "2"], wall: Float[np.ndarray, "2"]) -> Float[np.ndarray, "2"]:
    """The place, or the nearer side of the inner wall where it is inside it."""
    near = RADIUS + 1.6
    if wall[0] > 0 and abs(place[0] - wall[0]) < near and place[1] > WORLD - wall[1] - RADIUS:
        place = np.array([wall[0] + (near if place[0] >= wall[0] else -near), place[1]])
    return np.clip(place, RADIUS, WORLD - RADIUS)


def speed(path: Float[np.ndarray, "frames 2"], frame: int, wall: Float[np.ndarray, "2"]) -> Float[np.ndarray, "2"]:
    """How fast a ball is at a frame, in world units a frame: what leads from there to where it truly went, out of what the places around it say.

    Raises:
        MissingExtra: pymunk is not installed.
    """
    steps, gain = np.diff(path.astype(np.float64), axis=0), np.array([0.0, GRAVITY])
    before = [steps[k] + gain * (frame - k - _SUBSTEP) for k in (frame - 1, frame - 2) if k >= 0]
    after = [steps[k] - gain * (k - frame + _SUBSTEP) for k in (frame, frame + 1) if k < len(steps)]
    turned = [v * flip for v in before[:1] + after[:1] for flip in ((-1, 1), (1, -1))]
    true = path[frame : frame + _AHEAD]
    return min((*before, *after, *turned), key=lambda v: float(np.abs(balls.fall(path[frame], v, wall)[: len(true)] - true).max()))
