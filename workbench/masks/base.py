"""What every mask sampler shares: parameters a slider can show, batches, truncation, and the range it draws from."""

from __future__ import annotations

import dataclasses
import functools
import math
from abc import ABC, abstractmethod
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, ClassVar, Literal, Protocol, runtime_checkable

import numpy as np
from jaxtyping import Bool

from workbench.core.errors import MaskError
from workbench.core.mask import Mask
from workbench.masks.ranges import outside

Shape = tuple[int, int, int]
Drawn = tuple[Bool[np.ndarray, "ticks rows cols"], Bool[np.ndarray, "blocks ticks rows cols"]]
_SIZE_DRAWS, _POSITION_DRAWS = 32, 64


@runtime_checkable
class Dice(Protocol):
    """What a sampler needs of a random generator; `np.random.Generator` is one.

    The published samplers draw block sizes from a seeded generator and positions from another one. A generator that
    answers `random` from the first and `integers` from the second reproduces them exactly.
    """

    def random(self) -> float:
        """A uniform number in [0, 1): block scales, aspects and ratios, in the published order."""
        ...

    def integers(self, low: int, high: int, /) -> Any:
        """A whole number from low to high − 1: block positions."""
        ...

    def permutation(self, x: int, /) -> Any:
        """The numbers 0 to x − 1, shuffled: which tokens or columns stay visible."""
        ...


@dataclass(frozen=True)
class Parameter:
    """What a control needs to know of one parameter.

    Args:
        name: keyword of the sampler. label: for the reader. kind: "int", "float", "bool", or "range" (a pair low ≤ high).
        default: the published value. low, high, step: of a slider; values outside are refused.
        unit: what one step means. help: one sentence.
    """

    name: str
    label: str
    kind: Literal["int", "float", "range", "bool"]
    default: Any
    low: int | float
    high: int | float
    step: int | float
    unit: str
    help: str


def knob(default: Any, label: str, low: int | float, high: int | float, step: int | float, unit: str, help: str) -> Any:
    """A dataclass field that knows how to be shown as a control."""
    about = {"label": label, "low": low, "high": high, "step": step, "unit": unit, "help": help}
    return dataclasses.field(default=default, metadata=about)


@dataclass(frozen=True)
class Sampler(ABC):
    """Draws mask problems as a published training run does."""

    name: ClassVar[str]
    label: ClassVar[str]
    help: ClassVar[str]
    presets: ClassVar[Mapping[str, Mapping[str, Any]]] = {}

    def __post_init__(self) -> None:
        for p in self.parameters():
            value = getattr(self, p.name)
            ends = value if p.kind == "range" else (value,)
            sorted_pair = p.kind != "range" or (len(ends) == 2 and ends[0] <= ends[1])
            if not sorted_pair or not all(math.isfinite(v) and p.low <= v <= p.high for v in ends):
                pair = "a pair (low, high) of values " if p.kind == "range" else ""
                raise MaskError(
                    f"{p.label}: {value!r} cannot be used",
                    where=f"{self.name}({p.name}=…)",
                    fix=f"give {pair}from {p.low:g} to {p.high:g}; published: {p.default!r}",
                )

    @classmethod
    @functools.cache
    def parameters(cls) -> tuple[Parameter, ...]:
        """What can be set, in the order to show it, with labels and limits for sliders."""
        fields = (f for f in dataclasses.fields(cls) if "label" in f.metadata)
        return tuple(Parameter(f.name, default=f.default, kind=_kind(f.default), **f.metadata) for f in fields)

    @functools.cached_property
    def spec(self) -> str:
        """The sampler's name with what differs from its published values, as a mask carries it."""
        changed = [f"{p.name}={getattr(self, p.name)!r}" for p in self.parameters() if getattr(self, p.name) != p.default]
        return f"{self.name}({', '.join(changed)})" if changed else self.name

    def sample(self, shape: Shape, rng: Dice) -> Mask:
        """One mask problem, whole: nothing is cut to the length of other masks.

        Args:
            shape: tokens of the grid (ticks, rows, cols). rng: a numpy Generator, or any `Dice`.

        Raises:
            MaskError: the grid is too small for this sampler.
        """
        return self.sample_batch(shape, 1, rng, truncate=False)[0]

    def sample_batch(self, shape: Shape, n: int, rng: Dice, *, truncate: bool) -> list[Mask]:
        """Several mask problems as a training batch has them: one draw of the block size for all of them.

        Args:
            shape: tokens of the grid (ticks, rows, cols). n: how many. rng: a numpy Generator, or any `Dice`.
            truncate: cut contexts, and targets, to the shortest of the batch by keeping their FIRST tokens, as the
                published collators do; the last rows and ticks then are neither seen nor predicted.

        Raises:
            MaskError: the grid is too small for this sampler.
        """
        if len(shape) != 3 or min(shape) < 1 or n < 1:
            raise MaskError(f"cannot sample {n} masks on a grid of {shape}", where=self.name, fix="give at least one mask, time step, row and column")
        self._check(shape)
        for _ in range(_SIZE_DRAWS):
            size = self._size(shape, rng)
            drawn = self._fill(shape, size, n, rng)
            if drawn is not None:
                return [Mask(c, t, self.spec) for c, t in self._finish(drawn, truncate)]
        raise MaskError(
            f"no mask with both context and targets was found on a grid of {_words(shape)} tokens",
            where=self.spec,
            fix=self._advice(shape),
        )

    def in_range(self, mask: Mask) -> str:
        """How a mask (a painted one, say) differs from everything that this sampler draws; "" where it does not.

        The range comes from some hundreds of draws on a grid of the mask's shape, with and without truncation.
        """
        return outside(self, mask)

    @abstractmethod
    def _size(self, shape: Shape, rng: Dice) -> Any:
        """What a whole batch shares, drawn with `rng.random` only."""

    @abstractmethod
    def _draw(self, shape: Shape, size: Any, rng: Dice) -> Drawn | None:
        """Context and targets of one clip; None where these positions leave one of them empty."""

    def _check(self, shape: Shape) -> None:
        """Refuse a grid that this sampler is not made for."""
        del shape

    def _advice(self, shape: Shape) -> str:
        """What to do where a grid is too small."""
        return f"use a larger clip or smaller patches than give {_words(shape)}, or change the sampler's scales"

    def _limit(self) -> int:
        """Most context tokens kept; 0 = all."""
        return 0

    def _arrange(self, context: np.ndarray, targets: np.ndarray) -> Drawn:
        """The last step, after truncation."""
        return context, targets

    def _fill(self, shape: Shape, size: Any, n: int, rng: Dice) -> list[Drawn] | None:
        drawn: list[Drawn] = []
        for _ in range(n):
            tries = (self._draw(shape, size, rng) for _ in range(_POSITION_DRAWS))
            found = next((pair for pair in tries if pair is not None), None)
            if found is None:
                return None
            drawn.append(found)
        return drawn

    def _finish(self, drawn: list[Drawn], truncate: bool) -> list[Drawn]:
        all_of_it = drawn[0][0].size
        most_context = min(int(c.sum()) for c, _ in drawn) if truncate else all_of_it
        most_context = min(most_context, self._limit() or all_of_it)
        most_target = min(int(b.sum()) for _, t in drawn for b in t) if truncate else all_of_it
        return [self._arrange(_first(c, most_context), np.stack([_first(b, most_target) for b in t])) for c, t in drawn]


def _first(tokens: np.ndarray, most: int) -> np.ndarray:
    """The first `most` True tokens in row-major order."""
    if tokens.sum() <= most:
        return tokens
    kept = np.zeros(tokens.size, bool)
    kept[np.flatnonzero(tokens)[:most]] = True
    return kept.reshape(tokens.shape)


def _kind(default: Any) -> Literal["int", "float", "range", "bool"]:
    if isinstance(default, tuple):
        return "range"
    return "bool" if isinstance(default, bool) else "int" if isinstance(default, int) else "float"


def _words(shape: Shape) -> str:
    return "×".join(map(str, shape))
