"""A bank: held-out clips over which references, bases and ranks are taken. Remembers what a model makes of them."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Mapping, Sequence
from functools import cached_property
from weakref import WeakKeyDictionary

import torch
from jaxtyping import Float, UInt8
from torch import Tensor

from workbench.core import progress
from workbench.core.clip import Clip
from workbench.core.errors import BadInput, PartUnavailable
from workbench.core.results import Reference
from workbench.measures.preparing import prepare_together
from workbench.model.jepa import Jepa

_BATCH = 16
_REMEMBERED = 16


class Bank:
    """Clips with a name. `targets(jepa)` are computed once a model and kept while the model lives.

    Args:
        clips: of one length, of any sizes. name: for the reader. skipped: name -> reason of those that were left out.
    """

    def __init__(self, clips: Iterable[Clip], name: str, skipped: Mapping[str, str] | None = None) -> None:
        self.clips, self.name, self.skipped = tuple(clips), name, dict(skipped or {})
        if len(self.clips) < 2:
            raise BadInput(f"a bank needs at least 2 clips, {name} has {len(self.clips)}", where="Bank", fix="give a folder with more of them")
        self._targets: WeakKeyDictionary[Jepa, tuple[Tensor, Tensor]] = WeakKeyDictionary()
        self._begun: WeakKeyDictionary[Jepa, list[tuple[Tensor, Tensor]]] = WeakKeyDictionary()
        self._orders: WeakKeyDictionary[Jepa, tuple[Tensor, Tensor, Tensor]] = WeakKeyDictionary()
        self._references: WeakKeyDictionary[Jepa, dict[str, Reference]] = WeakKeyDictionary()

    def __len__(self) -> int:
        return len(self.clips)

    @cached_property
    def digest(self) -> str:
        """A short content hash: the same clips in the same order have the same, whatever they are called."""
        return hashlib.blake2b("".join(c.digest for c in self.clips).encode(), digest_size=10).hexdigest()

    def targets(self, jepa: Jepa) -> Float[Tensor, "clips ticks rows cols dim"]:
        """The training targets of every clip."""
        return self._embedded(jepa)[0]

    def shown(self, jepa: Jepa) -> UInt8[Tensor, "clips frames height width 3"]:
        """The prepared pixels of every clip."""
        return self._embedded(jepa)[1]

    def without(self, clip: Clip | None) -> list[int]:
        """Indices of all clips but those with the same pixels: a clip is never its own baseline."""
        return [i for i, c in enumerate(self.clips) if clip is None or c.digest != clip.digest]

    def reference(self, jepa: Jepa, without: Clip | None = None) -> Reference:
        """Mean and median target at each position, leaving out a clip."""
        keep = self.without(without)
        known = self._references.setdefault(jepa, {})
        left_out = without.digest if without is not None and len(keep) < len(self) else ""
        if left_out not in known:
            while len(known) >= _REMEMBERED:
                known.pop(next(iter(known)))
            mean, median = self._middle(jepa, keep)
            known[left_out] = Reference(mean.numpy(), median.numpy(), len(keep), self.name, space(jepa))
        return known[left_out]

    def _middle(self, jepa: Jepa, keep: list[int]) -> tuple[Tensor, Tensor]:
        """Mean and median over the kept clips. Leaving out one needs no second pass: its mean follows from the mean of all, its median is one
        of two neighbours in the order of all."""
        every, n = self.targets(jepa), len(self)
        if len(keep) != n - 1 or n < 3:
            return every[keep].mean(0), every[keep].median(0).values
        if jepa not in self._orders:
            at = (n - 2) // 2
            self._orders[jepa] = every.sum(0), every.kthvalue(at + 1, 0).values, every.kthvalue(at + 2, 0).values
        total, lower, upper = self._orders[jepa]
        gone = every[next(i for i in range(n) if i == len(keep) or keep[i] != i)]
        return (total - gone) / (n - 1), torch.where(gone <= lower, upper, lower)

    def _embedded(self, jepa: Jepa) -> tuple[Tensor, Tensor]:
        """Batch by batch. A call that was cancelled, or that another one overtook in the middle, is carried on where it stopped."""
        begun = self._begun.setdefault(jepa, [])
        while jepa not in self._targets:
            start = len(begun) * _BATCH
            if start >= len(self):
                self._targets[jepa] = torch.cat([t for t, _ in begun]), torch.cat([s for _, s in begun])
                break
            prepared = prepare_together(jepa.encoder, self.clips[start : start + _BATCH])
            found = teacher(jepa, prepared.video)
            if len(begun) * _BATCH == start:  # else the overtaking call has done it meanwhile
                self._check_length(begun, found)
                begun.append((found, prepared.shown))
            progress.report(min(start + _BATCH, len(self)), len(self))
        self._begun.pop(jepa, None)
        return self._targets[jepa]

    def _check_length(self, begun: list[tuple[Tensor, Tensor]], found: Tensor) -> None:
        if begun and begun[0][0].shape[1:] != found.shape[1:]:
            lengths = ", ".join(map(str, sorted({c.frames for c in self.clips})))
            raise BadInput(f"the clips of {self.name} have {lengths} frames", where="Bank", fix="choose a number of frames that every clip has")


def teacher(jepa: Jepa, video: Tensor, visible: Tensor | None = None) -> Float[Tensor, "batch ticks rows cols dim"]:
    """The training targets on the CPU.

    Raises:
        PartUnavailable: the teacher is not in the file.
    """
    latents = None if jepa.masked is None else jepa.masked.targets(video, visible)
    if latents is None:
        raise PartUnavailable("the targets need a predictor and its teacher", where=jepa.report.path, fix="open a checkpoint with a target encoder")
    return latents.tokens.cpu()


def space(jepa: Jepa) -> str:
    """The id of the space that targets and predictions of this model live in."""
    return jepa.card.hashes.get(jepa.report.serving("encoder_target").name, jepa.card.name)


def neighbours(clips: Sequence[Clip], clip: Clip, count: int) -> list[Clip]:
    """Evenly spread other clips, the same for the same clip."""
    others = [c for c in clips if c.digest != clip.digest]
    step = max(len(others) // max(count, 1), 1)
    first = int(clip.digest[:6], 16) % step
    return others[first::step][:count]
