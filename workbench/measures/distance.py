"""Distances between predicted and target tokens, and the error that the reference makes at the same tokens."""

from __future__ import annotations

import torch
from jaxtyping import Float
from torch import Tensor
from torch.nn import functional as F

from workbench.core.errors import BadInput
from workbench.core.results import DISTANCES

Tokens = Float[Tensor, "*#tokens dim"]  # what broadcasts against the others


def token_distance(predicted: Tokens, target: Tokens, distance: str, centre: Tokens) -> Float[Tensor, "*tokens"]:
    """One number a token.

    Args:
        distance: a key of DISTANCES. centre: the position mean, which the cosine subtracts from both.
    """
    if distance not in DISTANCES:
        raise BadInput(f"there is no distance {distance!r}", fix=f"one of {', '.join(DISTANCES)}")
    if distance == "l1":
        return (predicted - target).abs().mean(-1)
    if distance == "l2":
        return (predicted - target).square().mean(-1)
    if distance == "smooth-l1":
        return F.smooth_l1_loss(predicted, target.expand_as(predicted), reduction="none").mean(-1)
    return 1 - F.cosine_similarity(predicted - centre, target - centre, dim=-1)


def reference_error(target: Tokens, mean: Tokens, median: Tokens, distance: str) -> Float[Tensor, "*tokens"]:
    """The error of predicting the position's median (for L1) or mean. For the centred cosine that is 1 by definition."""
    if distance == "cosine":
        return torch.ones(target.shape[:-1])
    return token_distance(median if distance == "l1" else mean, target, distance, mean)
