"""The held-out videos that ship with the world-model samples, as `data.banks` reads them."""

from __future__ import annotations

import numpy as np

from workbench.train.data import Bank
from workbench.worlds import balls, physics, stored_pairs, two_rooms
from workbench.worlds.twins import KINDS, QUADS, Twins, pairs, quads

_SEED = 1
_WALKS, _MOVES = 80, 24
_FILMS, _PAIRS, _QUADS, _TWINS = 36, 6, 6, 100
_TWIN_SEED = 7  # of no training, bank or evaluation


def rooms_bank(walks: int = _WALKS) -> Bank:
    """Walks with their actions and states, labelled by whether they end in the other room."""
    true = two_rooms.walks(walks, _MOVES, _SEED)
    crossed = ((true.states[:, 0, 0] < true.states[:, 0, 2]) != (true.states[:, -1, 0] < true.states[:, -1, 2])).astype(np.int64)
    classes = ("stays", "changes rooms")
    names = tuple(f"{classes[c]} {i}" for i, c in enumerate(crossed))
    return Bank(two_rooms.render(true.states), crossed, classes, names, two_rooms.FPS, {"actions": true.actions, "states": true.states})


def balls_bank(films: int = _FILMS, each: int = _PAIRS) -> Bank:
    """Films as in training, then pairs of every kind, then quads, each film labelled by what happens in it.

    Further arrays: possible; group, the same for the films of a pair or quad; event, the first frame at which a film may differ from
    its twin, −1 where it has none; states, everything that is true of each frame, as `stored_pairs.STATES` names it.
    """
    true = physics.draw(films, _SEED)
    parts = [
        (
            balls.render(true),
            stored_pairs.states(true),
            np.ones(films, bool),
            np.arange(films),
            np.full(films, -1),
            [physics.KINDS[e] for e in true.event],
        )
    ]
    group = films
    for kind in KINDS:
        parts.append(_side_by_side([pairs(kind, each, _SEED)], group, kind))
        group += each
    for name in QUADS:
        parts.append(_side_by_side(list(quads(name, each, _SEED)), group, f"{name} quad"))
        group += each
    pixels, states, possible, groups, events = (np.concatenate([p[i] for p in parts]) for i in range(5))
    labels = [label for p in parts for label in p[5]]
    classes = tuple(dict.fromkeys(labels))
    words = ("impossible", "possible")
    names = tuple(
        f"{label} {i}" if event < 0 else f"{label} {g}, {words[int(p)]}"
        for i, (label, g, p, event) in enumerate(zip(labels, groups, possible, events, strict=True))
    )
    facts = {"states": states, "possible": possible, "group": groups, "event": events}
    return Bank(pixels, np.array([classes.index(label) for label in labels]), classes, names, balls.FPS, facts)


def balls_twins(each: int = _TWINS) -> dict[str, np.ndarray]:
    """Pairs and quads as true states, many of each, to be looked at and counted without pymunk."""
    return stored_pairs.make(each, _TWIN_SEED)


def _side_by_side(twins: list[Twins], first: int, label: str) -> tuple:
    """The films of pairs or quads, those that belong together one after another."""
    drawn = [film for pair in twins for film in pair.render()]
    places = [states for pair in twins for states in stored_pairs.both_states(pair)]
    count, each = len(twins[0]), len(drawn)
    return (
        np.stack(drawn, 1).reshape(-1, *drawn[0].shape[1:]),
        np.stack(places, 1).reshape(-1, *places[0].shape[1:]),
        np.tile([True, False], count * len(twins)),
        np.repeat(np.arange(first, first + count), each),
        np.repeat(twins[0].event, each),
        [label] * (count * each),
    )
