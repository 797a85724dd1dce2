"""Ground-truth factors of stored clips of the built-in worlds, and the same clips with one factor changed. Clips are rendered from stored states, not simulated again."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import fields, replace

import numpy as np

from workbench.worlds import balls, shapes, stored_pairs, two_rooms
from workbench.worlds.factors import NUISANCE, STRUCTURE, ClipRow, Factor, Pixels, Scenes, Truth

_SCENE = ("position", "colour", "wall", "post", "ground")
_WEAVE = 3  # pixels of one stripe of an added texture


class ShapesTruth(Truth):
    """The still images of `shapes`."""

    world = "shapes"
    factors = (
        Factor("texture", NUISANCE, "another pattern on the ground"),
        Factor("background", NUISANCE, "the ground in the opposite colour"),
        Factor("position", STRUCTURE, "the shape moved by 0.3 of the side"),
        Factor("size", STRUCTURE, "the shape shrunk by 45 %"),
        Factor("identity", STRUCTURE, "another kind of shape"),
    )

    def __init__(self, table: Mapping[str, np.ndarray]) -> None:
        self.true = shapes.Factors(**{f.name: table[f.name] for f in fields(shapes.Factors)})

    def draw(self, index: int) -> Pixels:
        """See `Truth.draw`."""
        return shapes.render(self.true[index : index + 1])

    def changed(self, index: int, factor: str, amount: float) -> Pixels:
        """See `Truth.changed`."""
        one = self.true[index : index + 1]
        if factor == "texture":
            other = shapes.render(replace(one, ground=(one.ground + 1) % len(shapes.GROUNDS)))
            return _mixed(shapes.render(one), other, amount)
        if factor == "background":
            return _mixed(shapes.render(one), shapes.render(replace(one, ground_hue=(one.ground_hue + 0.5) % 1)), amount)
        if factor == "position":
            return shapes.render(replace(one, x=one.x - np.copysign(np.float32(0.6 * amount), one.x)))
        if factor == "size":
            return shapes.render(replace(one, size=one.size * np.float32(1 - 0.45 * amount)))
        return shapes.render(one, (one.shape + 1) % len(shapes.SHAPES), amount)


class BallsTruth(Truth):
    """The films of `balls`."""

    world = "falling balls"
    factors = (
        Factor("texture", NUISANCE, "stripes on the ground"),
        Factor("background", NUISANCE, "the ground brighter by 0.25"),
        Factor("position", STRUCTURE, "the ball moved by 0.2 of the side"),
        Factor("size", STRUCTURE, "the ball larger by 60 %"),
        Factor("identity", STRUCTURE, "the ball in another colour"),
        Factor("wall", STRUCTURE, "the inner wall moved by 0.15 of the side; where there is none, one that rises from the floor"),
    )

    def __init__(self, table: Mapping[str, np.ndarray]) -> None:
        if not set(_SCENE) <= set(table):
            self.true = stored_pairs.films_of(table["states"])
            return
        count = len(table["colour"])
        top = table["top"] if "top" in table else np.full(count, balls.POST_TOP, np.float32)
        self.true = balls.Films(event=np.zeros(count, np.int64), top=top, **{k: table[k] for k in _SCENE})

    def draw(self, index: int) -> Pixels:
        """See `Truth.draw`."""
        return balls.render(self.true[index : index + 1])[0]

    def changed(self, index: int, factor: str, amount: float) -> Pixels:
        """See `Truth.changed`."""
        one = self.true[index : index + 1]
        if factor == "size":
            return balls.render(one, balls.RADIUS * (1 + 0.6 * amount))[0]
        if factor == "identity":
            other = replace(one, colour=(one.colour + 1) % len(balls.COLOURS))
            return _mixed(balls.render(one)[0], balls.render(other)[0], amount)
        if factor == "texture":  # pixels are linear in the brightness of the ground, so that its share of each is known
            plain, brighter = (balls.render(replace(one, ground=one.ground + add))[0].astype(np.float32) for add in (0, np.float32(0.2)))
            return _rounded(plain + (brighter - plain) * _stripes(*plain.shape[1:3])[..., None] * amount)
        return balls.render(_moved(one, factor, amount))[0]


def _moved(film: balls.Films, factor: str, amount: float) -> balls.Films:
    """Ground, ball or wall of one film changed."""
    if factor == "background":
        return replace(film, ground=film.ground + np.float32(0.25 * amount))
    if factor == "position":
        x = film.position[..., 0]
        room = balls.WORLD - 2 * balls.RADIUS
        there = x > -balls.RADIUS  # a ball that is not there stays away
        middle = x[there].mean() if there.any() else balls.WORLD / 2
        step = np.where(middle > balls.WORLD / 2, -1, 1) * 0.2 * balls.WORLD * amount
        moved = np.clip(x + step, balls.RADIUS, balls.RADIUS + room)
        return replace(film, position=np.stack([np.where(there, moved, x), film.position[..., 1]], -1).astype(np.float32))
    wall = film.wall.copy()
    if wall[0, 0] > 0:
        wall[0, 0] += np.where(wall[0, 0] > balls.WORLD / 2, -1, 1) * 0.15 * balls.WORLD * amount
    else:
        wall[0] = 0.62 * balls.WORLD, 40 * amount
    return replace(film, wall=wall)


class RoomsTruth(Truth):
    """The walks of `two_rooms`."""

    world = "two rooms"
    factors = (
        Factor("texture", NUISANCE, "stripes on the floor"),
        Factor("background", NUISANCE, "the floor brighter by 0.25"),
        Factor("position", STRUCTURE, "the point 0.3 of the side further up or down, where no wall is"),
        Factor("size", STRUCTURE, "the point larger by 60 %"),
        Factor("wall", STRUCTURE, "the wall moved by 0.12 of the side"),
        Factor("door", STRUCTURE, "the door moved by 0.25 of the side"),
    )

    def __init__(self, table: Mapping[str, np.ndarray]) -> None:
        self.states = np.asarray(table["states"], np.float32)

    def draw(self, index: int) -> Pixels:
        """See `Truth.draw`."""
        return two_rooms.render(self.states[index])

    def changed(self, index: int, factor: str, amount: float) -> Pixels:
        """See `Truth.changed`."""
        states = self.states[index].copy()
        if factor == "background":
            return two_rooms.render(states, two_rooms.GROUND + 0.25 * amount)
        if factor == "texture":
            return two_rooms.render(states, two_rooms.GROUND + 0.2 * amount * _stripes(two_rooms.SIDE, two_rooms.SIDE))
        if factor == "size":
            return two_rooms.render(states, size=1 + 0.6 * amount)
        column, far = {"position": (1, 0.3), "wall": (2, 0.12), "door": (3, 0.25)}[factor]
        towards = 1 if states[:, column].mean() < 0.5 else -1
        moved = states.copy()
        moved[:, column] = np.clip(states[:, column] + towards * far * amount, two_rooms.LOW, two_rooms.HIGH)
        if factor == "position":
            moved = np.where(two_rooms.blocked(moved)[:, None], states, moved)
        return two_rooms.render(moved)


def truth_of(arrays: Mapping[str, np.ndarray]) -> Truth | None:
    """The truth that a bank stores beside its pixels; None where that is of no world of ours."""
    states = arrays.get("states")
    if {f.name for f in fields(shapes.Factors)} <= set(arrays):
        return ShapesTruth(arrays)
    if set(_SCENE) <= set(arrays):
        return BallsTruth(arrays)
    if states is None or states.ndim != 3 or not np.isfinite(states).all():
        return None
    kinds: dict[int, type[Truth]] = {len(stored_pairs.STATES): BallsTruth, len(two_rooms.STATES): RoomsTruth}
    found = kinds.get(states.shape[-1])
    return None if found is None else found(arrays)


def scenes(clips: ClipRow, arrays: Mapping[str, np.ndarray] | None = None, frames: Sequence[int] | None = None, name: str = "") -> Scenes:
    """Clips with what is true of them.

    Args:
        arrays: that a bank stores beside its pixels. frames: which of the stored frames a clip has; None = all.
    """
    fitting = {k: v for k, v in (arrays or {}).items() if v.ndim and len(v) == len(clips)}
    return Scenes(clips, truth_of(fitting), frames, name)


def _mixed(a: Pixels, b: Pixels, share: float) -> Pixels:
    return _rounded((1 - share) * a.astype(np.float32) + share * b.astype(np.float32))


def _rounded(values: np.ndarray) -> Pixels:
    return np.clip(np.rint(values), 0, 255).astype(np.uint8)


def _stripes(height: int, width: int) -> np.ndarray:
    """A woven pattern of 0 and 1."""
    down, across = np.arange(height)[:, None] // _WEAVE, np.arange(width)[None] // _WEAVE
    return ((down + across) % 2).astype(np.float32)
