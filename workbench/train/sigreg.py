"""SIGReg: how far vectors are from an isotropic Gaussian, by random one-dimensional shadows (LeJEPA, arXiv 2511.08544)."""

from __future__ import annotations

import torch
from jaxtyping import Float
from torch import Tensor

_KNOTS, _FARTHEST = 17, 3.0


def epps_pulley(shadows: Float[Tensor, "samples slices"]) -> Float[Tensor, "slices"]:
    """The Epps–Pulley distance of each column to a standard normal, times the number of samples; about 1 where it is one."""
    at = torch.linspace(0, _FARTHEST, _KNOTS, device=shadows.device)
    gap = _FARTHEST / (_KNOTS - 1)
    normal = torch.exp(-at.square() / 2)
    weight = normal * 2 * gap
    weight[0], weight[-1] = normal[0] * gap, normal[-1] * gap
    turned = shadows[..., None] * at
    away = (turned.cos().mean(0) - normal).square() + turned.sin().mean(0).square()
    return (away * weight).sum(-1) * len(shadows)


def sigreg(vectors: Float[Tensor, "samples dim"], slices: int, draw: torch.Generator | None = None) -> Float[Tensor, ""]:
    """The mean Epps–Pulley distance over so many random directions."""
    aim = torch.randn(vectors.shape[1], slices, generator=draw).to(vectors)
    return epps_pulley(vectors @ (aim / aim.norm(dim=0))).mean()
