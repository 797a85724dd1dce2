"""What the context encoder sees and what the predictor must predict."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from functools import cached_property

import numpy as np
from jaxtyping import Bool

from workbench.core.errors import MaskError


@dataclass(frozen=True, eq=False)
class Mask:
    """A mask problem on a token grid. A token may be neither context nor target.

    Args:
        context: True = the context encoder sees the token.
        targets: True = to be predicted; one layer a block, each predicted on its own (I-JEPA has four).
        sampler: which published sampler drew it, or "painted".
    """

    context: Bool[np.ndarray, "ticks rows cols"]
    targets: Bool[np.ndarray, "blocks ticks rows cols"]
    sampler: str = "painted"

    def __post_init__(self) -> None:
        c, t = self.context, self.targets
        if c.ndim != 3 or t.ndim != 4 or t.shape[1:] != c.shape or len(t) == 0 or c.dtype != bool or t.dtype != bool:
            raise MaskError(
                f"context {c.dtype} {list(c.shape)} and targets {t.dtype} {list(t.shape)} do not fit together",
                where=self.sampler,
                fix="context is bool [ticks, rows, cols], targets is bool [blocks, ticks, rows, cols] with at least one block",
            )
        leaking = int((t.any(0) & c).sum())
        if leaking:
            raise MaskError(
                f"{leaking} tokens are context and target at once: the predictor would be shown what it must predict",
                where=self.sampler,
                fix="take the target tokens out of the context: context & ~targets.any(0)",
            )

    @property
    def shape(self) -> tuple[int, int, int]:
        """(ticks, rows, cols) of the grid it lies on."""
        t, r, c = self.context.shape
        return (t, r, c)

    @property
    def target(self) -> Bool[np.ndarray, "ticks rows cols"]:
        """True where any block asks for a prediction."""
        return np.asarray(self.targets.any(0))

    @cached_property
    def digest(self) -> str:
        """A short content hash, for provenance and caches."""
        h = hashlib.blake2b(str(self.targets.shape).encode(), digest_size=10)
        h.update(np.packbits(self.context).tobytes() + np.packbits(self.targets).tobytes())
        return h.hexdigest()

    @classmethod
    def of(cls, shape: tuple[int, int, int], context: str, targets: list[str], sampler: str = "painted") -> Mask:
        """A mask from token numbers in words: `Mask.of((1, 8, 8), "0-13 20", ["14-19", "32-40"])`."""
        return cls(_from_ranges(context, shape), np.stack([_from_ranges(t, shape) for t in targets]), sampler)

    def ranges(self) -> tuple[str, list[str]]:
        """Context and target blocks as `of` reads them."""
        return _to_ranges(self.context), [_to_ranges(t) for t in self.targets]

    def usable(self) -> Mask:
        """This mask without its empty blocks.

        Raises:
            MaskError: nothing is context, or nothing is target.
        """
        if not self.context.any():
            raise MaskError("no token is context", where=self.sampler, fix="mark some tokens as context")
        filled = self.targets.reshape(len(self.targets), -1).any(1)
        if not filled.any():
            raise MaskError("no token is target", where=self.sampler, fix="mark some tokens as target")
        return self if filled.all() else Mask(self.context, self.targets[filled], self.sampler)

    def on(self, shape: tuple[int, int, int]) -> Mask:
        """This mask, checked to lie on a grid of this shape.

        Raises:
            MaskError: it lies on another grid.
        """
        if self.shape != tuple(shape):
            raise MaskError(f"the mask is {self.shape} tokens, the clip {tuple(shape)}", where=self.sampler, fix="sample or paint it on this clip")
        return self


def _from_ranges(text: str, shape: tuple[int, int, int]) -> Bool[np.ndarray, "ticks rows cols"]:
    flat = np.zeros(int(np.prod(shape)), dtype=bool)
    for item in text.split():
        first, _, last = item.partition("-")
        if not first.isdigit() or (last and not last.isdigit()) or int(last or first) >= flat.size:
            raise MaskError(f"{item!r} is not a range of tokens below {flat.size}", where=f"shape {shape}", fix='write "0-13 20"')
        flat[int(first) : int(last or first) + 1] = True
    return flat.reshape(shape)


def _to_ranges(where: Bool[np.ndarray, "ticks rows cols"]) -> str:
    edges = np.flatnonzero(np.diff(np.concatenate([[0], where.ravel().astype(np.int8), [0]])))
    pairs = edges.reshape(-1, 2)
    return " ".join(f"{a}-{b - 1}" if b - 1 > a else f"{a}" for a, b in pairs.tolist())
