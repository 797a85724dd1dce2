"""Videos of the falling balls for a world model: what is hidden comes back, solid walls turn the ball, empty scenes stay empty.

Films in the open, with neither wall nor post, show how a ball moves: from few of them a model hardly learns to see a ball there.
The screen scenes are the heart: a ball goes behind a wide post. Where the tip of a wall shows above the post the ball must come
back on its own side, where none shows it must come out on the other. The ball meets the wall out of sight.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from jaxtyping import Bool, Float

from workbench.core.errors import BadInput
from workbench.worlds import balls
from workbench.worlds.balls import ABSENT, FRAMES, RADIUS, WORLD, Films, fall

KINDS = ("passes behind the screen", "turned behind the screen", "passes behind a post", "bounces off a wall", "free", "empty", "in the open")
_SHARES = (0.18, 0.18, 0.1, 0.16, 0.1, 0.06, 0.22)
_EDGE = 1.0  # the drawn ball is a little larger than the solid one
_NO_WALL, _NO_POST = np.array([ABSENT, 0.0]), np.array([ABSENT, 1.0])


def draw(films: int, seed: int) -> Films:
    """So many films with fixed shares of each of KINDS; `event` counts these.

    Args:
        films: how many. seed: the same seed gives the same films.

    Raises:
        BadInput: fewer than one film. MissingExtra: pymunk is not installed.
    """
    if films < 1:
        raise BadInput(f"a world of {films} films is empty", where="films", fix="ask for at least one")
    rng = np.random.default_rng(seed)
    kinds = rng.permutation(np.floor(np.linspace(0, films, films, endpoint=False) / films * 1000) / 1000)
    kept = [_one(int(np.searchsorted(np.cumsum(_SHARES), share, side="right")), rng) for share in kinds]
    return merged(kept)


def merged(films: list[Films]) -> Films:
    """Many films as one value."""
    return Films(**{name: np.concatenate([f.table()[name] for f in films]) for name in films[0].table()})


def single(rng: np.random.Generator, path: np.ndarray, kind: int, *, wall: np.ndarray = _NO_WALL, post: np.ndarray = _NO_POST, top: float) -> Films:
    """One film of a path in a scene, its colour and ground drawn."""
    return Films(
        position=path[None].astype(np.float32),
        colour=rng.integers(0, len(balls.COLOURS), 1),
        event=np.array([kind]),
        wall=wall[None].astype(np.float32),
        post=post[None].astype(np.float32),
        ground=rng.uniform(0.05, 0.25, 1).astype(np.float32),
        top=np.array([top], np.float32),
    )


def absent() -> Float[np.ndarray, "frames 2"]:
    """The path of a ball that is not there."""
    return np.full((FRAMES, 2), ABSENT, np.float32)


def screen(rng: np.random.Generator) -> tuple[Films, Films]:
    """A ball goes behind a wide post: in the first film it passes, in the second a wall, whose tip shows, turns it back.

    Both films are the same until the ball is out of sight, but for the tip of the wall; no ball is ever seen near the wall.
    """
    while True:
        side = rng.choice([-1, 1])
        post = np.array([rng.uniform(27, 37), rng.uniform(22, 27)])
        top, wall = rng.uniform(14, 20), np.array([post[0] + side * rng.uniform(4, 7), rng.uniform(60, 64)])
        start = np.array([post[0] - side * (post[1] / 2 + RADIUS + rng.uniform(-3, 6)), rng.uniform(top + 6, 46)])
        if not RADIUS < start[0] < WORLD - RADIUS:
            continue
        speed = np.array([side * rng.uniform(2.4, 3.6), rng.uniform(-3, 1)])
        free, turned = fall(start, speed, _NO_WALL), fall(start, speed, wall)
        if _tells(free, turned, post, top, wall):
            film = single(rng, free, 0, post=post, top=top)
            other = Films(**{**film.table(), "position": turned[None], "wall": wall[None].astype(np.float32), "event": np.array([1])})
            return film, other


def hidden(path: Float[np.ndarray, "frames 2"], post: np.ndarray, top: float) -> Bool[np.ndarray, "frames"]:
    """True where nothing of the ball is seen for the post."""
    return (np.abs(path[:, 0] - post[0]) < post[1] / 2 - RADIUS - _EDGE) & (path[:, 1] > top + RADIUS + _EDGE)


def shown(path: Float[np.ndarray, "frames 2"], post: np.ndarray) -> Bool[np.ndarray, "frames"]:
    """True where at least half of the ball is seen beside the post."""
    return np.abs(path[:, 0] - post[0]) >= post[1] / 2


def _tells(free: np.ndarray, turned: np.ndarray, post: np.ndarray, top: float, wall: np.ndarray) -> bool:
    """The paths part out of sight, after the ball was seen for three frames, and both come out with three frames to spare."""
    out_of_sight = hidden(free, post, top)
    if not out_of_sight.any():
        return False
    first, parted = int(out_of_sight.argmax()), np.flatnonzero(np.abs(free - turned).max(1) > 1e-3)
    if not len(parted) or not 3 <= first <= 7 or parted[0] <= first:
        return False
    for path in (free, turned):
        out = np.flatnonzero(shown(path, post)[first:]) + first
        near = np.abs(path[:, 0] - wall[0]) < RADIUS + _EDGE + 1.6
        if not len(out) or out[0] > FRAMES - 4 or (path[near, 1] < top + RADIUS + _EDGE).any():
            return False
    apart = (shown(free, post) != shown(turned, post)) | (np.sign(free[:, 0] - post[0]) != np.sign(turned[:, 0] - post[0]))
    return bool(hidden(free, post, top)[first : parted[0]].all()) and 5 <= int(apart[first:].argmax()) + first <= 11


def _one(kind: int, rng: np.random.Generator) -> Films:
    if kind < 2:
        return screen(rng)[kind]
    if kind == 5:
        film = _until(lambda f: True, rng)
        return Films(**{**film.table(), "position": absent()[None], "event": np.array([kind])})
    film = _until(_bare if kind == 6 else lambda f: f.event[0] == kind - 2, rng)
    return Films(**{**film.table(), "event": np.array([kind])})


def _bare(film: Films) -> bool:
    """Neither wall nor post."""
    return bool(film.wall[0, 0] == film.post[0, 0] == ABSENT)


def _until(wanted: Callable[[Films], bool], rng: np.random.Generator) -> Films:
    """A scene of the balls world, drawn again until it is as wanted."""
    while True:
        film = balls.scene(rng)
        if wanted(film):
            return film


def change(pixels: np.ndarray, first: int = 3) -> Float[np.ndarray, "films frames"]:
    """The mean squared change of pixels at each frame from `first` on, in whole steps of brightness: sums of it are exact."""
    steps = np.diff(pixels[:, first - 1 :].astype(np.int32), axis=1)
    return np.square(steps).sum((2, 3, 4)).astype(np.float64)
