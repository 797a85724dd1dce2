"""A module as a user may have it lying about: it knows nothing of the workbench."""

from __future__ import annotations

import torch
from torch import Tensor, nn

from workbench import wrap
from workbench.model import Jepa

PATCH, DIM = 8, 16


class OwnJepa(nn.Module):
    """Frame by frame: an encoder, a predictor of hidden tokens, and one of the next frame under actions."""

    def __init__(self) -> None:
        super().__init__()
        self.embed = nn.Conv2d(3, DIM, PATCH, PATCH)
        self.place = nn.Parameter(torch.randn(2, 3, DIM))
        self.encoder = nn.TransformerEncoderLayer(DIM, 2, 32, dropout=0.2, batch_first=True)
        self.guess = nn.TransformerEncoderLayer(DIM, 2, 32, dropout=0.2, batch_first=True)
        self.mask_token = nn.Parameter(torch.randn(DIM))
        self.future = nn.Linear(DIM + 2, DIM)

    def encode(self, frames: Tensor) -> Tensor:
        """[n, 3, 16, 24] -> [n, 2, 3, 16]."""
        x = self.embed(frames).permute(0, 2, 3, 1) + self.place
        return self.encoder(x.flatten(1, 2)).unflatten(1, (2, 3))

    def predict(self, latents: Tensor, context: Tensor, targets: Tensor) -> Tensor:
        """Hidden latents from those of the context."""
        x = torch.where(context[..., None], latents, self.mask_token) + self.place
        n, ticks = x.shape[:2]
        return self.guess(x.flatten(1, 3)).reshape(n, ticks, 2, 3, DIM)

    def step(self, latents: Tensor, actions: Tensor) -> Tensor:
        """The next frame's latents from a frame's and all actions so far."""
        told = actions.cumsum(1)[:, :, None, None].expand(*latents.shape[:4], -1)
        return latents + self.future(torch.cat([latents, told], -1))


def build(seed: int = 0) -> Jepa:
    """The module, wrapped."""
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(seed)
        module = OwnJepa().eval().requires_grad_(False)
    calls = {"encode": module.encode, "predict": module.predict, "step": module.step}
    return wrap(module, image_size=(16, 24), frames=4, actions=2, untrained=lambda _: OwnJepa().eval().requires_grad_(False), **calls)
