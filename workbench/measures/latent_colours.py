"""Latents as colours, without a decoder, in one basis for ground truth and predictions."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import torch
from jaxtyping import Float, UInt8
from torch import Tensor

from workbench.core.futures import Drawn
from workbench.model.latents import Latents

_BROWN, _MIDDLE, _TEAL, _NOTHING = (np.array(c, np.float32) for c in ((140, 81, 10), (245, 245, 245), (1, 102, 94), (122, 127, 136)))
_SPREAD = 2.5  # standard deviations at the ends of the colours
_ENDS = (0.02, 0.98)


@dataclass(frozen=True)
class Palette:
    """How latents of one film become colours: three principal components of its tokens, or, where a frame is one vector, its features.

    Args:
        mean: of the film. axes: rows are directions, or None for features as they are. low, high: values at the ends of the colours. note: the same in words.
    """

    mean: Float[Tensor, "dim"]
    axes: Float[Tensor, "3 dim"] | None
    low: Float[Tensor, "values"]
    high: Float[Tensor, "values"]
    note: str

    @classmethod
    def of(cls, real: Latents) -> Palette:
        """The palette of the latents that came."""
        values = real.tokens[0].flatten(0, 2).float().cpu()
        mean, dim = values.mean(0), values.shape[-1]
        if real.grid.rows * real.grid.cols == 1 or dim < 3 or len(values) < 4:
            spread = values.std(0).clamp_min(1e-6) * _SPREAD
            return cls(mean, None, -spread, spread, f"latents: {dim} features, ±{_SPREAD:g} standard deviations of the ground truth")
        _, sizes, axes = torch.linalg.svd(values - mean, full_matrices=False)
        axes = axes[:3] * axes[:3].gather(1, axes[:3].abs().argmax(1, keepdim=True)).sign()  # an axis has no sign of its own
        shown = (values - mean) @ axes.T
        low, high = (shown.quantile(end, 0) for end in _ENDS)
        share = float((sizes[:3] ** 2).sum() / (sizes**2).sum().clamp_min(1e-12))
        return cls(mean, axes, low, high, f"latents: 3 components of the ground truth, {share:.0%} of their variance".replace("%", " %"))

    def drawn(self, latents: Latents) -> Drawn:
        """The latents in these colours, one picture a tick."""
        values = latents.tokens[0].float().cpu() - self.mean
        pixels = _signed(values[:, 0, 0] / self.high) if self.axes is None else self._mixed(values)
        return Drawn(pixels, "latents", self.note)

    def _mixed(self, values: Float[Tensor, "ticks rows cols dim"]) -> UInt8[np.ndarray, "ticks rows cols 3"]:
        assert self.axes is not None
        share = (values @ self.axes.T - self.low) / (self.high - self.low).clamp_min(1e-12)
        return (share.clamp(0, 1) * 255).round().to(torch.uint8).numpy()


def _signed(values: Float[Tensor, "ticks dim"]) -> UInt8[np.ndarray, "ticks rows cols 3"]:
    """Each feature a square: brown below the mean, teal above it; grey where there is none."""
    ticks, dim = values.shape
    rows = max(1, int(dim**0.5))
    cols = -(-dim // rows)
    share = values.clamp(-1, 1).numpy()[..., None]
    colours = np.where(share < 0, _MIDDLE + (_MIDDLE - _BROWN) * share, _MIDDLE + (_TEAL - _MIDDLE) * share)
    picture = np.empty((ticks, rows * cols, 3), np.float32)
    picture[:, :dim], picture[:, dim:] = colours, _NOTHING
    return picture.round().astype(np.uint8).reshape(ticks, rows, cols, 3)
