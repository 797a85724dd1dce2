"""Remembers what encoders and predictors answered, so that measures need not know of caches."""

from __future__ import annotations

import hashlib
from collections import OrderedDict
from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import Any

import torch
from torch import Tensor

from workbench.core.clip import Clip
from workbench.model.jepa import Encoder, Jepa, Look, MaskedPredictor
from workbench.model.latents import Latents
from workbench.model.spec import Prepared


def digest(value: Tensor | None) -> str:
    """A content hash of a tensor."""
    if value is None:
        return ""
    data = value.detach().cpu().contiguous()
    h = hashlib.blake2b(f"{data.dtype}{tuple(data.shape)}".encode(), digest_size=16)
    h.update((data if data.dtype == torch.bool else data.view(torch.uint8)).numpy().data)
    return h.hexdigest()


class Memo:
    """Least recently used answers, up to so many bytes."""

    def __init__(self, limit_bytes: int = 1 << 30) -> None:
        self._limit, self._size = limit_bytes, 0
        self._kept: OrderedDict[tuple[Any, ...], tuple[Any, int]] = OrderedDict()

    def get(self, key: tuple[Any, ...], make: Callable[[], Any], size: Callable[[Any], int]) -> Any:
        """The remembered answer, or a new one."""
        if key in self._kept:
            self._kept.move_to_end(key)
            return self._kept[key][0]
        value = make()
        weight = size(value)
        self._kept[key] = (value, weight)
        self._size += weight
        while self._size > self._limit and len(self._kept) > 1:
            self._size -= self._kept.popitem(last=False)[1][1]
        return value


def _weight(value: Latents | tuple[Latents, ...] | Prepared | None) -> int:
    if isinstance(value, tuple):
        return sum(_weight(v) for v in value)
    if value is None:
        return 1
    tensor = value.tokens if isinstance(value, Latents) else value.video
    return tensor.numel() * tensor.element_size()


class RememberingEncoder(Encoder):
    """An encoder that answers the same question only once."""

    def __init__(self, inner: Encoder, memo: Memo) -> None:
        self.inner, self.memo = inner, memo
        self.weights, self.layers = inner.weights, inner.layers

    def prepare(self, clips: Sequence[Clip]) -> Prepared:
        """See `Encoder.prepare`."""
        key = ("prepare", tuple((c.digest, c.fps) for c in clips))
        return self.memo.get(key, lambda: self.inner.prepare(clips), _weight)

    def encode(self, video: Tensor, *, weights: str = "target", visible: Tensor | None = None, layer: int | None = None) -> Latents:
        """See `Encoder.encode`."""
        key = ("encode", digest(video), weights, digest(visible), layer)
        return self.memo.get(key, lambda: self.inner.encode(video, weights=weights, visible=visible, layer=layer), _weight)

    def layered(self, video: Tensor, *, weights: str = "target", visible: Tensor | None = None) -> tuple[Latents, ...]:
        """See `Encoder.layered`."""
        key = ("layered", digest(video), weights, digest(visible))
        return self.memo.get(key, lambda: self.inner.layered(video, weights=weights, visible=visible), _weight)

    def attention(self, video: Tensor, look: Look, *, weights: str = "target", visible: Tensor | None = None) -> list[Tensor]:
        """See `Encoder.attention`. Nothing of it is remembered."""
        return self.inner.attention(video, look, weights=weights, visible=visible)


class RememberingPredictor(MaskedPredictor):
    """A masked predictor that answers the same question only once."""

    def __init__(self, inner: MaskedPredictor, memo: Memo) -> None:
        self.inner, self.memo = inner, memo
        self.mask_tokens = inner.mask_tokens

    def targets(self, video: Tensor, visible: Tensor | None = None) -> Latents | None:
        """See `MaskedPredictor.targets`."""
        return self.memo.get(("targets", digest(video), digest(visible)), lambda: self.inner.targets(video, visible), _weight)

    def predict(self, video: Tensor, context: Tensor, targets: Tensor, *, mask_token: int | None = None) -> tuple[Latents, ...]:
        """See `MaskedPredictor.predict`."""
        key = ("predict", digest(video), digest(context), digest(targets), mask_token)
        return self.memo.get(key, lambda: self.inner.predict(video, context, targets, mask_token=mask_token), _weight)

    def by_depth(self, video: Tensor, context: Tensor, targets: Tensor, *, mask_token: int | None = None) -> list[tuple[Latents, ...]]:
        """See `MaskedPredictor.by_depth`. Nothing of it is remembered."""
        return self.inner.by_depth(video, context, targets, mask_token=mask_token)

    def attention(self, video: Tensor, context: Tensor, targets: Tensor, look: Look, *, mask_token: int | None = None) -> list[Tensor]:
        """See `MaskedPredictor.attention`. Nothing of it is remembered."""
        return self.inner.attention(video, context, targets, look, mask_token=mask_token)


def remembering(jepa: Jepa, limit_bytes: int = 1 << 30) -> Jepa:
    """The same model, and its twins, with a memory of its own."""
    memo = Memo(limit_bytes)
    masked = None if jepa.masked is None else RememberingPredictor(jepa.masked, memo)
    untrained = jepa.untrained
    return replace(
        jepa, encoder=RememberingEncoder(jepa.encoder, memo), masked=masked, untrained=lambda seed: remembering(untrained(seed), limit_bytes // 4)
    )


def forgetful(jepa: Jepa) -> Jepa:
    """The same model without its memory, for long work on clips that are not shown again."""
    encoder = jepa.encoder.inner if isinstance(jepa.encoder, RememberingEncoder) else jepa.encoder
    masked = jepa.masked.inner if isinstance(jepa.masked, RememberingPredictor) else jepa.masked
    untrained = jepa.untrained
    return replace(jepa, encoder=encoder, masked=masked, untrained=lambda seed: forgetful(untrained(seed)))
