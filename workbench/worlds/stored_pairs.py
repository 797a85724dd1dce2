"""Shipped pairs of possible and impossible videos of falling balls: stored as states, rendered when needed. Needs no pymunk."""

from __future__ import annotations

from collections.abc import Mapping
from functools import lru_cache
from pathlib import Path
from typing import Any

import numpy as np
from jaxtyping import Bool, Float

from workbench.core.bundled import root
from workbench.core.clip import Clip
from workbench.core.errors import BadInput
from workbench.worlds import balls
from workbench.worlds.balls import WORLD, Films
from workbench.worlds.twins import QUADS, Twins, pairs, quads

SINGLE = ("teleport", "gravity", "freeze", "through", "colour")
CONFOUNDED = ("vanish", "appear", "through", "colour")  # less motion surprises less, new motion more, whatever is true
# What can be looked at -> the pairs that belong together, by the name of what is impossible in the second film of each.
CHOICES: Mapping[str, tuple[str, ...]] = {
    **{kind: (kind,) for kind in ("gravity", "teleport", "freeze")},
    **QUADS,
    **{kind: (kind,) for kind in ("vanish", "appear", "through", "colour")},
}
# What happens in the possible film of a pair, and in the impossible one.
LABELS: Mapping[str, tuple[str, str]] = {
    "teleport": ("possible", "impossible: it jumps"),
    "gravity": ("possible", "impossible: it rises"),
    "freeze": ("possible", "impossible: it stops"),
    "through": ("possible: it bounces", "impossible: it passes"),
    "colour": ("possible", "impossible: its colour"),
    "vanish": ("possible: comes out", "impossible: vanished"),
    "appear": ("possible: empty", "impossible: appears"),
    "through the hidden wall": ("possible: turns back", "impossible: passes"),
    "back from nothing": ("possible: passes", "impossible: turns back"),
}
HOME = "balls"  # their world
FILE = f"{HOME}/twins.npz"  # among the samples
STATES = ("x", "y", "colour", "wall x", "wall height", "post x", "post width", "ground", "post top")
_LENGTHS = (0, 1, 3, 4, 5, 6, 8)  # of STATES, in sides of the picture
_STEP = 256  # steps of a world unit that places are kept in
_SETS = (*SINGLE, *(name for pair in QUADS.values() for name in pair))


def make(count: int, seed: int) -> dict[str, np.ndarray]:
    """So many pairs of every kind and quads, as arrays for an npz.

    Raises:
        MissingExtra: pymunk is not installed.
    """
    found = {kind: pairs(kind, count, seed) for kind in SINGLE}
    for name, (first, second) in QUADS.items():
        found[first], found[second] = quads(name, count, seed)
    every = [films for kind in _SETS for films in (found[kind].possible, found[kind].impossible)]
    table = {name: np.concatenate([f.table()[name] for f in every]) for name in every[0].table() if name != "event"}
    place = np.round(table.pop("position") * _STEP).astype(np.int16)
    small = {name: values.astype(np.uint8 if name == "colour" else np.float32) for name, values in table.items()}
    return {"sets": np.array(_SETS), "position": place, "event": np.stack([found[kind].event for kind in _SETS]).astype(np.uint8), **small}


@lru_cache(maxsize=2)
def read(path: Path) -> Mapping[str, Twins]:
    """The pairs of a file, by the name of what is impossible in them.

    Raises:
        BadInput: it is not there, or not a file of twins.
    """
    try:
        with np.load(path, allow_pickle=False) as file:
            stored = {name: file[name] for name in file.files}
        event = stored.pop("event").astype(int)
        names, place = stored.pop("sets").tolist(), stored.pop("position").astype(np.float32) / _STEP
        colour, count = stored.pop("colour").astype(int), event.shape[1]
        films = Films(position=place, colour=colour, event=np.zeros(len(place), int), **stored)
        parts = {name: [films[np.arange(count) + (2 * k + half) * count] for half in (0, 1)] for k, name in enumerate(names)}
        return {name: Twins(right, wrong, event[k]) for k, (name, (right, wrong)) in enumerate(parts.items())}
    except (OSError, ValueError, KeyError, TypeError, IndexError) as error:
        raise BadInput(
            f"the shipped pairs cannot be read: {error}", where=str(path), fix="install jepa-workbench again, or clone the whole repository"
        ) from error


def shipped() -> Mapping[str, Twins]:
    """The pairs that come with the sample of their world."""
    return read(root() / FILE)


def look(kept: Mapping[str, Twins], choice: str, index: int) -> tuple[list[tuple[str, Clip, Clip]], int]:
    """What is impossible, the possible film and the impossible one, of each pair that belongs together; and the frame at which they part.

    Raises:
        BadInput: no such choice, or not so many.
    """
    if choice not in CHOICES:
        raise BadInput(f"there are no pairs of kind {choice!r}", where="twins", fix=f"one of {', '.join(CHOICES)}")
    first = kept[CHOICES[choice][0]]
    if not 0 <= index < len(first):
        raise BadInput(f"there is no pair {index} of {choice}, there are {len(first)}", where="twins", fix=f"0 to {len(first) - 1}")
    found: list[tuple[str, Clip, Clip]] = []
    for name in CHOICES[choice]:
        right, wrong = clips(kept[name][index : index + 1], name, first=index)[0]
        found.append((name, right, wrong))
    return found, int(first.event[index])


def clips(twins: Twins, name: str, *, first: int = 0) -> list[tuple[Clip, Clip]]:
    """The films of pairs as models see them, with their states.

    Args:
        first: number of the first pair.
    """
    words = ("possible", "impossible")
    rows: list[tuple[Clip, Clip]] = []
    for k, (pixels, true) in enumerate(zip(zip(*twins.render(), strict=True), zip(*both_states(twins), strict=True), strict=True)):
        right, wrong = (
            Clip(p, fps=balls.FPS, states=s, source=f"{name} {first + k}, {word}") for p, s, word in zip(pixels, true, words, strict=True)
        )
        rows.append((right, wrong))
    return rows


def both_states(twins: Twins) -> tuple[Float[np.ndarray, "pairs frames state"], Float[np.ndarray, "pairs frames state"]]:
    """The states of the possible films and of the impossible ones, which look the same until the event: a ball may be gone before it is missed."""
    right, wrong = states(twins.possible), states(twins.impossible)
    before = np.arange(right.shape[1]) < twins.event[:, None]
    return right, np.concatenate([wrong[..., :2], np.where(before[..., None], right, wrong)[..., 2:]], -1)


def states(films: Films) -> Float[np.ndarray, "films frames state"]:
    """Everything that is true of each frame, as STATES names it; lengths in sides of the picture. Without a ball it is outside."""
    columns: list[Any] = [films.colour, *films.wall.T, *films.post.T, films.ground, films.top]
    still = np.stack([np.asarray(c, np.float32) for c in columns], -1)[:, None].repeat(films.position.shape[1], 1)
    whole = np.concatenate([films.position.astype(np.float32), still], -1)
    whole[..., _LENGTHS] /= WORLD
    return whole


def films_of(states: Float[np.ndarray, "films frames state"]) -> Films:
    """The films that these states are of.

    Raises:
        BadInput: states of another world.
    """
    if states.shape[-1] != len(STATES):
        raise BadInput(f"states of {states.shape[-1]} numbers do not tell where walls and posts are", where="states", fix=f"give {', '.join(STATES)}")
    whole = np.array(states, np.float32)
    whole[..., _LENGTHS] *= WORLD
    still = whole[:, 0]
    return Films(
        position=whole[..., :2],
        colour=np.clip(still[:, 2].astype(int), 0, len(balls.COLOURS) - 1),
        event=np.zeros(len(whole), int),
        wall=still[:, 3:5],
        post=still[:, 5:7],
        ground=still[:, 7],
        top=still[:, 8],
    )


def has_ball(states: Float[np.ndarray, "frames state"]) -> Bool[np.ndarray, "frames"]:
    """True where there is a ball."""
    return states[:, 0] >= 0
