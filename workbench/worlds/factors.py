"""The same clips with one thing changed and nothing else: what may be ignored (nuisance), and what must be kept (structure).

What can be done to any pixels (noise, brightness, blur) needs no world. The rest is drawn anew from what is true of a clip, and only where
drawing it unchanged gives the very pixels of the clip.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

import numpy as np
from jaxtyping import UInt8

from workbench.core.clip import Clip
from workbench.core.errors import BadInput

if TYPE_CHECKING:
    ClipRow = Sequence[Clip]
else:  # a checker of types at run time would read a clip of the row, and a file that is not used may be damaged
    ClipRow = Sequence

Pixels = UInt8[np.ndarray, "frames height width channels"]
NUISANCE, STRUCTURE = "nuisance", "structure"
_NOISE, _DARKER, _BLURRED, _TURN = 40.0, 0.6, 0.04, np.pi  # levels, share of the light, share of the side, radians: at the full step
_ROUNDING = 2  # levels by which drawing again may differ
_TO_YIQ = np.array([[0.299, 0.587, 0.114], [0.596, -0.274, -0.322], [0.211, -0.523, 0.312]])


@dataclass(frozen=True)
class Factor:
    """One thing that can be changed. kind: NUISANCE or STRUCTURE. full: what the full step does, in words."""

    name: str
    kind: str
    full: str


class Truth(ABC):
    """What is true of stored clips of one world, and how they are drawn from it."""

    world: str
    factors: tuple[Factor, ...]

    @abstractmethod
    def __init__(self, table: Mapping[str, np.ndarray]) -> None:
        """From the arrays that a bank stores beside its pixels."""

    @abstractmethod
    def draw(self, index: int) -> Pixels:
        """A clip as it is stored, every frame of it."""

    @abstractmethod
    def changed(self, index: int, factor: str, amount: float) -> Pixels:
        """The clip with one of `factors` changed by so much of its full step."""


def noise(pixels: Pixels, amount: float, seed: int) -> Pixels:
    """Independent noise on every pixel, the same for the same seed."""
    drawn = np.random.default_rng(seed).standard_normal(pixels.shape, np.float32)
    return _levels(pixels + amount * _NOISE * drawn)


def brightness(pixels: Pixels, amount: float, seed: int = 0) -> Pixels:
    """Less light."""
    return _levels(pixels * (1 - amount * _DARKER))


def blur(pixels: Pixels, amount: float, seed: int = 0) -> Pixels:
    """Out of focus: three running means, which together are nearly a Gaussian; between two whole widths the two are mixed."""
    wide = amount * _BLURRED * min(pixels.shape[1:3]) * 2
    lower = int(wide)
    narrow, wider = (_smoothed(pixels.astype(np.float32), half) for half in (lower, lower + 1))
    return _levels(narrow + (wide - lower) * (wider - narrow))


def hue(pixels: Pixels, amount: float, seed: int = 0) -> Pixels:
    """All colours turned around the colour circle, brightness kept."""
    angle = amount * _TURN
    turn = np.array([[1, 0, 0], [0, np.cos(angle), -np.sin(angle)], [0, np.sin(angle), np.cos(angle)]])
    return _levels(pixels @ (np.linalg.inv(_TO_YIQ) @ turn @ _TO_YIQ).T)


_ANYWHERE: Mapping[str, tuple[Factor, Callable[[Pixels, float, int], Pixels]]] = {
    "noise": (Factor("noise", NUISANCE, f"{_NOISE:.0f} of 255 levels deviation on every pixel"), noise),
    "brightness": (Factor("brightness", NUISANCE, f"{_DARKER:.0%} of the light removed".replace("%", " %")), brightness),
    "blur": (Factor("blur", NUISANCE, f"out of focus by {_BLURRED:.0%} of the side".replace("%", " %")), blur),
    "hue": (Factor("hue", NUISANCE, "all colours turned to the opposite side of the circle"), hue),
}


class Scenes:
    """Clips, and each of them with one thing changed.

    Args:
        clips: as they are shown to a model. truth: of the stored clips; None where nothing is known of them.
        frames: which of the stored frames a clip has; None = all. name: of the clips, for the reader.
    """

    def __init__(self, clips: ClipRow, truth: Truth | None = None, frames: Sequence[int] | None = None, name: str = "") -> None:
        self.clips, self.truth, self.name = clips, truth, name
        self._frames = None if frames is None else np.asarray(frames)
        self._known: dict[int, bool] = {}

    def __getitem__(self, index: int) -> Scene:
        """One of the clips.

        Raises:
            BadInput: there are fewer.
        """
        if not 0 <= index < len(self.clips):
            raise BadInput(f"there is no clip {index}, there are {len(self.clips)}", where=self.name, fix=f"0 to {len(self.clips) - 1}")
        return Scene(self, index)

    @property
    def world(self) -> str:
        """Whose truth is known; "" where nothing is."""
        return "" if self.truth is None else self.truth.world

    def knows(self, index: int) -> bool:
        """Whether the truth of this clip is known: drawn again it gives these very pixels."""
        if self.truth is None:
            return False
        if index not in self._known:
            self._known[index] = self._draws_as_stored(self.truth, index)
        return self._known[index]

    def _draws_as_stored(self, truth: Truth, index: int) -> bool:
        real = self.clips[index].pixels
        try:
            drawn = self._sampled(truth.draw(index))
        except (BadInput, IndexError, ValueError):  # a file may say of its clips what no world holds
            return False
        return drawn.shape == real.shape and int(np.abs(drawn.astype(int) - real).max()) <= _ROUNDING

    def factors(self, index: int) -> tuple[Factor, ...]:
        """What of this clip can be changed, nuisances first. Where nothing is known of it: what can be done to any pixels."""
        own = self.truth.factors if self.truth is not None and self.knows(index) else ()
        grey = self.clips[index].pixels.shape[-1] != 3
        coloured = any(f.name == "identity" and "colour" in f.full for f in own)  # a colour that says who it is, is no nuisance
        common = [f for name, (f, _) in _ANYWHERE.items() if name != "hue" or not (grey or coloured)]
        return tuple(sorted((*common, *own), key=lambda f: f.kind != NUISANCE))

    def changed(self, index: int, factor: str, amount: float) -> Clip:
        """A clip with one thing changed.

        Args:
            amount: of the full step, 0 to 1.

        Raises:
            BadInput: this cannot be changed here, or not by so much.
        """
        clip, names = self.clips[index], [f.name for f in self.factors(index)]
        if factor not in names or not 0 <= amount <= 1:
            known = f"in the {self.world}" if self.knows(index) else "in clips of which nothing is known"
            raise BadInput(f"{factor!r} cannot be changed by {amount} {known}", where="changed", fix=f"one of {', '.join(names)}, by 0 to 1")
        if amount == 0:
            return clip
        if factor in _ANYWHERE:
            pixels = _ANYWHERE[factor][1](clip.pixels, amount, index)
        else:
            assert self.truth is not None
            pixels = self._sampled(self.truth.changed(index, factor, amount))
        return replace(clip, pixels=np.ascontiguousarray(pixels), source=f"{clip.source}, {factor} {amount:.2f}")

    def some(self, count: int) -> list[int]:
        """At most so many clips, evenly taken; only those whose truth is known, where any is."""
        known = [i for i in range(len(self.clips)) if self.knows(i)] if self.truth is not None else []
        pool = known or list(range(len(self.clips)))
        step = -(-len(pool) // max(count, 1))
        return pool[::step]

    def varied(self, chosen: Sequence[int], steps: Sequence[float]) -> Mapping[str, Sequence[Sequence[Clip]]]:
        """By factor and step, the chosen clips with only this changed; drawn when they are looked at and not kept."""
        return {f.name: Rows(len(steps), lambda s, name=f.name: [self.changed(i, name, steps[s]) for i in chosen]) for f in self.factors(chosen[0])}

    def kinds(self, index: int = 0) -> dict[str, str]:
        """Factor -> NUISANCE or STRUCTURE."""
        return {f.name: f.kind for f in self.factors(index)}

    def _sampled(self, pixels: np.ndarray) -> Pixels:
        return pixels if self._frames is None else pixels[self._frames]


@dataclass(frozen=True, eq=False)
class Scene:
    """One clip of `within`, of which single things can be changed."""

    within: Scenes
    index: int

    @property
    def clip(self) -> Clip:
        """The clip as it is."""
        return self.within.clips[self.index]

    def changed(self, factor: str, amount: float) -> Clip:
        """The clip with one thing changed; see `Scenes.changed`."""
        return self.within.changed(self.index, factor, amount)


class Rows(Sequence):
    """A row of clips for each step, made when it is asked for."""

    def __init__(self, count: int, make: Callable[[int], list[Clip]]) -> None:
        self._count, self._make = count, make

    def __len__(self) -> int:
        return self._count

    def __getitem__(self, step: int | slice) -> Any:
        if isinstance(step, slice):
            return [self[s] for s in range(*step.indices(self._count))]
        if not 0 <= step < self._count:
            raise IndexError(step)
        return self._make(step)

    def __iter__(self) -> Iterator[list[Clip]]:
        return (self[s] for s in range(self._count))


def _levels(values: np.ndarray) -> Pixels:
    return np.clip(np.rint(values), 0, 255).astype(np.uint8)


def _smoothed(values: np.ndarray, half: int) -> np.ndarray:
    """Three running means over 2·half + 1 pixels along both sides; the border is repeated."""
    import cv2

    side = 2 * half + 1
    for _ in range(3 if half else 0):
        means = [cv2.blur(frame, (side, side), borderType=cv2.BORDER_REPLICATE) for frame in values]  # without the axis of a single channel
        values = np.stack(means).reshape(values.shape)
    return values
