"""A small decoder, fitted afterwards on the frozen latents of a trained encoder. It changes nothing of the model and is no part of it."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import torch
from jaxtyping import Float, UInt8
from torch.nn import functional as F

from workbench.core.progress import report
from workbench.nn.frame_conv import FramePainter, FramePainterConfig

Embed = Callable[[UInt8[np.ndarray, "batch height width 3"]], Float[torch.Tensor, "batch dim"]]
_BATCH, _RATE, _COLOURED = 64, 3e-3, 10.0


def fit(
    config: FramePainterConfig, embed: Embed, pixels: UInt8[np.ndarray, "frames height width 3"], *, steps: int = 700, seed: int = 0
) -> FramePainter:
    """A decoder that draws frames from their latents, by least squares. Coloured pixels weigh more: they are few, and what moves.

    Args:
        embed: pixels to frozen latents. pixels: frames to fit it on. steps: of Adam, the rate falling to nothing.

    Raises:
        Cancelled: a listener wanted no more.
    """
    rng = np.random.default_rng(seed)
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(seed)
        net = FramePainter(config)
    optimizer = torch.optim.Adam(net.parameters(), _RATE)
    schedule = torch.optim.lr_scheduler.CosineAnnealingLR(optimizer, steps)
    for step in range(steps):
        report(step, steps)
        chosen = pixels[rng.integers(0, len(pixels), _BATCH)]
        latents = embed(chosen).detach().clone()
        real = torch.from_numpy(chosen).float() / 255
        coloured = real.amax(-1, keepdim=True) - real.amin(-1, keepdim=True)
        loss = (F.mse_loss(net(latents[:, None, None]), real, reduction="none") * (1 + _COLOURED * coloured)).mean()
        optimizer.zero_grad(set_to_none=True)
        loss.backward()
        optimizer.step()
        schedule.step()
    report(steps, steps)
    return net
