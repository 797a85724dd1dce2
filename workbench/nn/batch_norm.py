"""Batch norm as it is at evaluation: by the running statistics of the file, whatever the batch."""

from __future__ import annotations

import torch
from jaxtyping import Float
from torch import Tensor, nn
from torch.nn import functional as F

# Why a file's counter is left out on purpose.
COUNTER = "counts training batches; evaluation does not use it"


class FrozenBatchNorm(nn.Module):
    """(x − running mean) / √(running variance + ε) · weight + bias, over axis 1. Has no training mode, and no counter of batches."""

    running_mean: Tensor
    running_var: Tensor

    def __init__(self, dim: int, eps: float = 1e-5) -> None:
        super().__init__()
        self.eps = eps
        self.weight, self.bias = nn.Parameter(torch.ones(dim)), nn.Parameter(torch.zeros(dim))
        self.register_buffer("running_mean", torch.zeros(dim))
        self.register_buffer("running_var", torch.ones(dim))

    def forward(self, x: Float[Tensor, "batch dim *rest"]) -> Float[Tensor, "batch dim *rest"]:
        return F.batch_norm(x, self.running_mean, self.running_var, self.weight, self.bias, training=False, eps=self.eps)
