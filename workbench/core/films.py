"""What the boards of futures show: films with their labels, plans in the world, and steps that were really made."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from jaxtyping import Float, UInt8

from workbench.core import codec
from workbench.core.futures import Accuracy, Rollout, Surprise
from workbench.core.results import Provenance

Film = UInt8[np.ndarray, "frames height width 3"]


@codec.portable
@dataclass(frozen=True, eq=False)
class Reel:
    """One film with the label that is burnt into it.

    Args:
        label: "real", "teacher-forced", "open loop from frame 2". kind: "real", "teacher-forced", "open loop", "control" or "impossible".
        note: by what the latents were drawn, and how far that can be trusted. comes: frames that came or were foretold; later ones are blank.
    """

    label: str
    kind: str
    note: str
    pixels: Film
    comes: int


@codec.portable
@dataclass(frozen=True, eq=False)
class FilmView:
    """A rollout as films: what came, teacher-forced, open loop.

    Args:
        reels: of equal length. rollout: the numbers; error at frame known + k is column k. actions: that were used, one row a step.
        edited: the first step whose action is not the clip's own, −1 none. simulated: the real film was simulated with the edited actions.
        changed: how many steps have another action. caution: a word on actions that are far from those the model knows.
    """

    reels: tuple[Reel, ...]
    rollout: Rollout
    actions: Float[np.ndarray, "steps action"] | None
    edited: int
    simulated: bool
    changed: int = 0
    caution: str = ""


@codec.portable
@dataclass(frozen=True, eq=False)
class SurpriseView:
    """Films and the surprise of each: one alone, a film beside its impossible twin, or a quad of two such pairs.

    Args:
        reels: possible and impossible ones in turn. found: surprise of each. event: the frame at which a film and its twin part, −1 none.
        how: "alone", "twins", "other" (another clip stands in for the twin) or "broken" (by hand).
        places: of the thing that moves in each frame of the first film and of the last, in sides of the picture; None where nobody knows.
        fps: frames a second of the films; None = unknown.
    """

    reels: tuple[Reel, ...]
    found: tuple[Surprise, ...]
    event: int
    how: str
    places: tuple[Float[np.ndarray, "frames 2"], Float[np.ndarray, "frames 2"]] | None = None
    fps: float | None = None

    def means(self, context: int = 0) -> tuple[float, float]:
        """Mean surprise of the possible films, and of the impossible ones."""
        values = [f.mean(context) for f in self.found]
        return float(np.mean(values[::2])), float(np.mean(values[1::2])) if len(values) > 1 else float("nan")


@codec.portable
@dataclass(frozen=True, eq=False)
class Peers:
    """How surprising possible films are, to compare one with.

    Args:
        name: of the films. tops: the largest surprise of each: at its event where `matched`, else anywhere.
    """

    name: str
    tops: Float[np.ndarray, "films"]
    matched: bool

    def share(self, found: Surprise, event: int, context: int = 0) -> float:
        """Share of them whose largest surprise is smaller than this film's; NaN where there is none to compare."""
        top = found.top(event if self.matched else -1, context)
        return float((self.tops < top).mean()) if len(self.tops) and np.isfinite(top) else float("nan")


@codec.portable
@dataclass(frozen=True, eq=False)
class Judged:
    """How often a model is less surprised by what can happen, by mean surprise over frames.

    Args:
        pairs, quads: kind -> who ("model", "random init", "pixels") -> accuracy. contexts: frames of context, (0,) where teacher-forced.
    """

    pairs: dict[str, dict[str, Accuracy]]
    quads: dict[str, dict[str, Accuracy]]
    count: int
    contexts: tuple[int, ...]
    distance: str
    provenance: Provenance


@codec.portable
@dataclass(frozen=True, eq=False)
class Covered:
    """Occlusion sensitivity: cells of one frame covered in turn, and the surprise at it measured again.

    Args:
        frame: that was covered. heat: share of its surprise that goes when a cell is covered; below 0 it grows. before: its surprise.
        film: which of the films on the board.
    """

    frame: int
    film: int
    heat: Float[np.ndarray, "rows cols"]
    before: float
