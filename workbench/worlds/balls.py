"""Short films of one falling ball: gravity, bounces, an inner wall, an opaque post to hide behind. Where the ball is, is known."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Mapping
from dataclasses import dataclass, fields
from types import ModuleType
from typing import Any

import numpy as np
from jaxtyping import Float, Int, UInt8

from workbench.core.clip import Clip
from workbench.core.errors import BadInput, MissingExtra

EVENTS = ("hidden", "wall", "free")
COLOURS = np.array([[1.0, 0.35, 0.3], [0.35, 0.8, 1.0], [1.0, 0.85, 0.3], [0.5, 1.0, 0.45]], np.float32)
WORLD, SIDE, FRAMES, FPS = 64.0, 48, 16, 8.0
RADIUS, GRAVITY = 5.5, 0.45
ABSENT, POST_TOP = -40.0, 10.0
_SUBSTEPS, _WALL_HALF = 6, 1.6
Upset = Callable[[Any, Any], None]


@dataclass(frozen=True, eq=False)
class Films:
    """What is true of each film. Lengths are world units: the picture is 64 wide and high, x right, y down.

    Args:
        position: middle of the ball in each frame. colour: index into COLOURS. event: index into EVENTS: passes behind the
            post, bounces off the inner wall, anything else.
        wall: x of the inner wall and its height above the floor. post: x of the post and its width. Absent ones lie outside.
        ground: brightness of the ground, 0 to 1. top: y of the post's upper edge.
    """

    position: Float[np.ndarray, "films frames 2"]
    colour: Int[np.ndarray, "films"]
    event: Int[np.ndarray, "films"]
    wall: Float[np.ndarray, "films 2"]
    post: Float[np.ndarray, "films 2"]
    ground: Float[np.ndarray, "films"]
    top: Float[np.ndarray, "films"]

    def __len__(self) -> int:
        return len(self.colour)

    def __getitem__(self, which: slice | Int[np.ndarray, "kept"]) -> Films:
        return Films(**{f.name: getattr(self, f.name)[which] for f in fields(self)})

    def table(self) -> dict[str, np.ndarray]:
        """The true values by name, as a bank stores them."""
        return {f.name: getattr(self, f.name) for f in fields(self)}


def draw(films: int, seed: int) -> Films:
    """So many films, a third of each event: free play alone would hide the ball in one film of fourteen.

    Args:
        films: how many. seed: the same seed gives the same films.

    Raises:
        BadInput: fewer than one film. MissingExtra: pymunk is not installed.
    """
    if films < 1:
        raise BadInput(f"a world of {films} films is empty", where="films", fix="ask for at least one")
    _pymunk()
    rng = np.random.default_rng(seed)
    wanted = Counter({"hidden": films // 3, "wall": films // 3, "free": films - 2 * (films // 3)})
    kept: list[Films] = []
    while len(kept) < films:
        film = scene(rng)
        event = EVENTS[int(film.event[0])]
        if wanted[event]:
            wanted[event] -= 1
            kept.append(film)
    order = rng.permutation(films)
    return Films(**{f.name: np.concatenate([getattr(k, f.name) for k in kept])[order] for f in fields(Films)})


def render(films: Films, radius: float = RADIUS) -> UInt8[np.ndarray, "films frames 48 48 3"]:
    """The films as pixels: ground, ball, inner wall, and in front of all the post.

    Args:
        radius: that the balls are drawn with; they fell with RADIUS.
    """
    return np.concatenate([_render(films[i : i + 64], radius) for i in range(0, len(films), 64)])


def clips(films: int, seed: int) -> list[Clip]:
    """So many films of this world; `states` holds the ball's x and y in world units."""
    true = draw(films, seed)
    return [
        Clip(p, fps=FPS, states=s, source=f"balls world, seed {seed}, film {i}")
        for i, (p, s) in enumerate(zip(render(true), true.position, strict=True))
    ]


def _pymunk() -> ModuleType:
    try:
        import pymunk
    except ImportError as err:
        raise MissingExtra("the balls world needs pymunk to move its balls", where="workbench.worlds.balls", fix="pip install pymunk") from err
    return pymunk


def scene(rng: np.random.Generator) -> Films:
    """One film of a scene drawn at random."""
    wall = np.array([rng.uniform(22, 42), rng.uniform(30, 50)] if rng.random() < 0.4 else [ABSENT, 0.0])
    post = np.array([rng.uniform(20, 44), rng.uniform(15, 22)] if rng.random() < 0.5 else [ABSENT, 1.0])
    if wall[0] > 0 and post[0] > 0:
        post = np.array([wall[0] + rng.choice([-1, 1]) * rng.uniform(14, 18), 15.0])
    start = np.array([rng.uniform(7, 57), rng.uniform(8, 45)])
    while abs(start[0] - wall[0]) <= RADIUS + 3:
        start[0] = rng.uniform(7, 57)
    speed = np.array([rng.choice([-1, 1]) * rng.uniform(1.2, 3.6), rng.uniform(-3, 1.5)])
    path = fall(start, speed, wall)
    return Films(
        position=path[None],
        colour=rng.integers(0, len(COLOURS), 1),
        event=np.array([EVENTS.index(_event(path, wall, post))]),
        wall=wall[None].astype(np.float32),
        post=post[None].astype(np.float32),
        ground=rng.uniform(0.05, 0.25, 1).astype(np.float32),
        top=np.array([POST_TOP], np.float32),
    )


def fall(start: np.ndarray, speed: np.ndarray, wall: np.ndarray, *, upset: Mapping[int, Upset] | None = None) -> Float[np.ndarray, "frames 2"]:
    """Where a ball is in each frame that starts here with this speed.

    Args:
        speed: world units a frame. wall: x and height, as in Films. upset: frame -> what happens to the pymunk space and body just then.

    Raises:
        MissingExtra: pymunk is not installed.
    """
    physics = _pymunk()
    space = physics.Space()
    space.gravity = (0, GRAVITY)
    borders = [((-5, 68), (69, 68), 4), ((-5, -4), (69, -4), 4), ((-4, -9), (-4, 70), 4), ((68, -9), (68, 70), 4)]
    inner = [((wall[0], WORLD - wall[1]), (wall[0], WORLD), 1.5)] if wall[0] > 0 else []
    for a, b, radius in borders + inner:
        segment = physics.Segment(space.static_body, a, b, radius)
        segment.elasticity = 0.92
        space.add(segment)
    ball = physics.Body(1, 20)
    ball.position, ball.velocity = tuple(start), tuple(speed)
    disc = physics.Circle(ball, RADIUS)
    disc.elasticity = 0.95
    space.add(ball, disc)
    path = []
    for frame in range(FRAMES):
        if upset and frame in upset:
            upset[frame](space, ball)
        path.append(tuple(ball.position))
        for _ in range(_SUBSTEPS):
            space.step(1 / _SUBSTEPS)
    return np.array(path, np.float32)


def _event(path: Float[np.ndarray, "frames 2"], wall: np.ndarray, post: np.ndarray) -> str:
    x, y = path.T
    hidden = np.flatnonzero((np.abs(x - post[0]) < post[1] / 2 - RADIUS + 1.5) & (y > POST_TOP + RADIUS))
    outside = np.abs(x - post[0]) > post[1] / 2 + 2
    if len(hidden) and outside[: hidden[0]].any() and outside[hidden[-1] :].any():
        return "hidden"
    turns = np.flatnonzero(np.diff(x)[1:] * np.diff(x)[:-1] < 0) + 1
    at_wall = (np.abs(x[turns] - wall[0]) < RADIUS + 5) & (y[turns] > WORLD - wall[1] - 2)
    return "wall" if at_wall.any() else "free"


def _render(f: Films, radius: float) -> UInt8[np.ndarray, "films frames 48 48 3"]:
    axis = (np.arange(SIDE, dtype=np.float32) + 0.5) * WORLD / SIDE
    across, down = axis[None, None, None, :], axis[None, None, :, None]
    x, y = f.position[:, :, 0, None, None], f.position[:, :, 1, None, None]
    ball = np.clip((radius + 0.5 - np.hypot(across - x, down - y)) * SIDE / WORLD, 0, 1)[..., None]
    image = f.ground[:, None, None, None, None] * (1 - ball) + COLOURS[f.colour][:, None, None, None] * ball
    wall, post = f.wall[:, None, None, None], f.post[:, None, None, None]
    at_wall = ((np.abs(across - wall[..., 0]) < _WALL_HALF) & (down > WORLD - wall[..., 1]))[..., None]
    image = np.where(at_wall, np.float32(0.85), image)
    at_post = ((np.abs(across - post[..., 0]) < post[..., 1] / 2) & (down > f.top[:, None, None, None]))[..., None]
    image = np.where(at_post, np.array([0.45, 0.3, 0.6], np.float32), image)
    return (np.clip(image, 0, 1) * 255).round().astype(np.uint8)
