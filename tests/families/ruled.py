"""Weights and inputs that follow a rule, so that the official modules' numbers on them need no file.

Of a tensor's flat numbers i, v = sin(0.7·i + crc32(name) mod 1000). Running variances are 1 + 0.1·|v|, norm weights
1 + 0.1·v, all others 0.1·v; position tables keep their values. Inputs are sin(f·i). Told are mean, mean magnitude, the
first four and the last two numbers.
"""

from __future__ import annotations

from zlib import crc32

import torch
from torch import Tensor, nn


def rule(name: str, tensor: Tensor) -> Tensor:
    """What the rule puts into a tensor of this name."""
    v = torch.sin(0.7 * torch.arange(tensor.numel(), dtype=torch.float64) + crc32(name.encode()) % 1000).reshape(tensor.shape)
    if name.endswith("running_var"):
        return (1 + 0.1 * v.abs()).float()
    return (1 + 0.1 * v if tensor.ndim <= 1 and name.endswith("weight") else 0.1 * v).float()


def ruled(module: nn.Module, prefix: str = "") -> dict[str, Tensor]:
    """The state of a module by the rule; `prefix` is what its names begin with in the whole model, for the rule alone."""
    state = module.state_dict()
    return {n: t if n.endswith("pos_embed") or not t.is_floating_point() else rule(prefix + n, t) for n, t in state.items()}


def inp(*shape: int, f: float = 0.013) -> Tensor:
    return torch.sin(f * torch.arange(int(torch.tensor(shape).prod()), dtype=torch.float64)).float().reshape(shape)


def agrees(ours: Tensor, mean: float, magnitude: float, first: list[float] | None = None, last: list[float] | None = None) -> None:
    """The numbers that are told, to 3e-5."""
    flat = ours.flatten()
    told = [flat.mean(), flat.abs().mean(), *flat[: len(first or ())], *flat[len(flat) - len(last or ()) :]]
    torch.testing.assert_close(torch.tensor(told), torch.tensor([mean, magnitude, *(first or ()), *(last or ())]), atol=3e-5, rtol=0)
