"""Possible films of the falling balls, each with an impossible twin, and quads of them that no look at single changes can tell apart.

A pair is easily told for the wrong reason: a film with less motion is predicted with less error. A quad is two pairs that hold the
same beginnings and the same endings, once joined rightly and once wrongly. In *permanence* a ball comes or does not, goes behind
the screen, and one comes out or does not. In *solidity* the tip of a wall shows above the screen or does not, and behind the screen
the ball turns back or passes: ball and wall are never seen near each other, so that every sum over single changes of pixels is
exactly the same for the two possible films as for the two impossible ones.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace

import numpy as np
from jaxtyping import Bool, Float, Int, UInt8

from workbench.core.errors import BadInput
from workbench.worlds import balls
from workbench.worlds.balls import ABSENT, FRAMES, GRAVITY, RADIUS, WORLD, Films, Upset, fall
from workbench.worlds.physics import absent, change, merged, screen, single

Pixels = UInt8[np.ndarray, "pairs frames height width 3"]
_NO_WALL = np.array([ABSENT, 0.0])
_FIRST, _LAST, _LEAST_APART = 5, 11, 8.0
QUADS = {"permanence": ("vanish", "appear"), "solidity": ("through the hidden wall", "back from nothing")}


@dataclass(frozen=True, eq=False)
class Twins:
    """Pairs of films that are the same until something impossible happens in the second.

    Args:
        event: the first frame at which the pictures of a pair may differ.
    """

    possible: Films
    impossible: Films
    event: Int[np.ndarray, "pairs"]

    def __len__(self) -> int:
        return len(self.event)

    def __getitem__(self, which: slice | Int[np.ndarray, "kept"]) -> Twins:
        return Twins(self.possible[which], self.impossible[which], self.event[which])

    def render(self) -> tuple[Pixels, Pixels]:
        """The pixels of the possible films and of the impossible ones."""
        right, wrong = balls.render(self.possible), balls.render(self.impossible)
        later = np.arange(FRAMES) >= self.event[:, None]
        return right, np.where(later[:, :, None, None, None], wrong, right)


def pairs(kind: str, count: int, seed: int) -> Twins:
    """So many pairs of one of KINDS.

    Args:
        seed: the same seed gives the same pairs.

    Raises:
        BadInput: there is no such kind, or no pair is asked for. MissingExtra: pymunk is not installed.
    """
    if kind not in KINDS or count < 1:
        raise BadInput(f"{count} pairs of {kind!r} are none", where="kind, count", fix=f"at least one of {', '.join(KINDS)}")
    rng = np.random.default_rng(seed)
    found: list[Twins] = []
    while len(found) < count:
        made = KINDS[kind](rng)
        if made is not None:
            found.append(made)
    return _joined(found)


def quads(name: str, count: int, seed: int) -> tuple[Twins, Twins]:
    """So many quads of one of QUADS: row k of the first pairs belongs to row k of the second.

    Raises:
        BadInput: there is no such quad, or none is asked for. MissingExtra: pymunk is not installed.
    """
    if name not in QUADS or count < 1:
        raise BadInput(f"{count} quads of {name!r} are none", where="name, count", fix=f"at least one of {', '.join(QUADS)}")
    rng = np.random.default_rng(seed)
    make = _permanence if name == "permanence" else _Solidity()
    found: list[tuple[Twins, Twins]] = []
    while len(found) < count:
        made = make(rng)
        if made is not None:
            found.append(made)
    return _joined([a for a, _ in found]), _joined([b for _, b in found])


def _joined(found: list[Twins]) -> Twins:
    return Twins(merged([t.possible for t in found]), merged([t.impossible for t in found]), np.concatenate([t.event for t in found]))


def _put(film: Films, path: Float[np.ndarray, "frames 2"]) -> Twins:
    """The same scene with another path; the event is where the pictures begin to differ."""
    return _against(film, replace(film, position=path[None].astype(np.float32)))


def _against(right: Films, wrong: Films) -> Twins:
    differ = (balls.render(right) != balls.render(wrong))[0].any((1, 2, 3))
    return Twins(right, wrong, np.array([int(differ.argmax())]))


def _plain(rng: np.random.Generator, wall: np.ndarray = _NO_WALL) -> tuple[np.ndarray, np.ndarray, int]:
    """Start and speed of a ball without a screen, and a frame in the middle."""
    start = np.array([rng.uniform(7, 57), rng.uniform(8, 45)])
    while abs(start[0] - wall[0]) <= RADIUS + 3:
        start[0] = rng.uniform(7, 57)
    return start, np.array([rng.choice([-1, 1]) * rng.uniform(1.2, 3.6), rng.uniform(-3, 1.5)]), int(rng.integers(7, 11))


def _parted(right: np.ndarray, wrong: np.ndarray) -> int | None:
    """The first frame at which two paths are two units apart; None where that is too early, too late, or they never part much."""
    apart = np.hypot(*(right - wrong).T)
    far = np.flatnonzero(apart > 2)
    return int(far[0]) if len(far) and _FIRST <= far[0] <= _LAST and apart.max() >= _LEAST_APART else None


def _free(upset: Callable[[np.random.Generator], Upset]) -> Callable[[np.random.Generator], Twins | None]:
    """Pairs of a ball in the open to which something happens."""

    def make(rng: np.random.Generator) -> Twins | None:
        start, speed, frame = _plain(rng)
        right, wrong = fall(start, speed, _NO_WALL), fall(start, speed, _NO_WALL, upset={frame: upset(rng)})
        inside = (wrong > RADIUS - 1).all() and (wrong < WORLD - RADIUS + 1).all()
        return _put(single(rng, right, 4, top=0.0), wrong) if inside and _parted(right, wrong) is not None else None

    return make


def _leap(rng: np.random.Generator) -> Upset:
    turn, far = rng.uniform(0, 2 * np.pi), rng.uniform(14, 24)

    def upset(space, ball) -> None:
        ball.position = (ball.position[0] + far * np.cos(turn), ball.position[1] + far * np.sin(turn))

    return upset


def _rise(rng: np.random.Generator) -> Upset:
    def upset(space, ball) -> None:
        space.gravity = (0, -2.5 * GRAVITY)

    return upset


def _freeze(rng: np.random.Generator) -> Twins | None:
    start, speed, frame = _plain(rng)
    right = fall(start, speed, _NO_WALL)
    wrong = right.copy()
    wrong[frame:] = wrong[frame]
    return _put(single(rng, right, 4, top=0.0), wrong) if _parted(right, wrong) is not None else None


def _through(rng: np.random.Generator) -> Twins | None:
    """A wall in full sight."""
    wall = np.array([rng.uniform(22, 42), rng.uniform(30, 50)])
    start, speed, _ = _plain(rng, wall)
    right, wrong = fall(start, speed, wall), fall(start, speed, _NO_WALL)
    return _put(single(rng, right, 3, wall=wall, top=0.0), wrong) if _parted(right, wrong) is not None else None


def _behind(film: Films) -> Bool[np.ndarray, "frames"]:
    """Where the ball of one film cannot be seen: its picture is the empty scene's."""
    empty = balls.render(replace(film, position=absent()[None]))
    return (balls.render(film) == empty).all((0, 2, 3, 4))


def _gone(film: Films) -> Films:
    """The film without its ball from when it cannot be seen."""
    path = film.position.copy()
    path[:, int(_behind(film).argmax()) :] = ABSENT
    return replace(film, position=path)


def _come(film: Films) -> Films:
    """The film without its ball until it comes out."""
    path = film.position.copy()
    path[:, : _out(film)] = ABSENT
    return replace(film, position=path)


def _out(film: Films) -> int:
    """The first frame at which the ball is seen again."""
    behind = _behind(film)
    first = int(behind.argmax())
    return first + int((~behind[first:]).argmax())


def _permanence(rng: np.random.Generator) -> tuple[Twins, Twins]:
    film, _ = screen(rng)
    return _against(film, _gone(film)), _against(replace(film, position=absent()[None]), _come(film))


def _colour(rng: np.random.Generator) -> Twins:
    film, _ = screen(rng)
    other = (film.colour + rng.integers(1, len(balls.COLOURS))) % len(balls.COLOURS)
    return Twins(film, replace(film, colour=other), np.array([_out(film)]))


class _Solidity:
    """Quads in turn with more and with less motion in the film that passes: whatever grows with motion is balanced over the quads."""

    def __init__(self) -> None:
        self.more = True

    def __call__(self, rng: np.random.Generator) -> tuple[Twins, Twins] | None:
        passes, turns = screen(rng)
        nothing = replace(turns, wall=passes.wall)
        moved = [change(balls.render(f)).sum() for f in (passes, nothing)]
        if (moved[0] > moved[1]) != self.more:
            return None
        self.more = not self.more
        return _against(turns, replace(passes, wall=turns.wall)), _against(passes, nothing)


KINDS: dict[str, Callable[[np.random.Generator], Twins | None]] = {
    "teleport": _free(_leap),
    "gravity": _free(_rise),
    "freeze": _freeze,
    "appear": lambda rng: _permanence(rng)[1],
    "vanish": lambda rng: _permanence(rng)[0],
    "through": _through,
    "colour": _colour,
}
