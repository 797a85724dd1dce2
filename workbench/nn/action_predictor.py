"""The predictor of V-JEPA 2-AC, under its official tensor names: actions, poses and patches of the past to the patches of the next tick."""

from __future__ import annotations

from dataclasses import dataclass

import torch
from jaxtyping import Float
from torch import Tensor, nn

from workbench.core import progress
from workbench.nn.blocks import Block, published_init
from workbench.nn.frame_causal import Past, causal_block, frame_causal_mask, frame_rotary

EXTRINSICS = 6


@dataclass(frozen=True)
class ActionPredictorConfig:
    """Sizes of an action-conditioned predictor.

    Args:
        dim, depth, heads: of the blocks. hidden: of the MLP. encoder_dim: of the tokens that come and go.
        actions, states: numbers in an action and in a pose. native: (rows, cols) of the grid it was trained on.
        extrinsics: each tick also has a token for the camera's place.
    """

    dim: int
    depth: int
    heads: int
    hidden: int
    encoder_dim: int
    native: tuple[int, int]
    actions: int = 7
    states: int = 7
    extrinsics: bool = False


class ActionPredictor(nn.Module):
    """Each tick is [action, pose, (camera), patches]; it sees itself and all before it. The answer at a tick predicts the next."""

    def __init__(self, config: ActionPredictorConfig) -> None:
        super().__init__()
        self.config = config
        self.predictor_embed = nn.Linear(config.encoder_dim, config.dim)
        self.action_encoder = nn.Linear(config.actions, config.dim)
        self.state_encoder = nn.Linear(config.states, config.dim)
        if config.extrinsics:
            self.extrinsics_encoder = nn.Linear(EXTRINSICS, config.dim)
        self.predictor_blocks = nn.ModuleList(Block(config.dim, config.heads, config.hidden) for _ in range(config.depth))
        self.predictor_norm = nn.LayerNorm(config.dim, eps=1e-6)
        self.predictor_proj = nn.Linear(config.dim, config.encoder_dim)

    @property
    def lead(self) -> int:
        """Condition tokens before the patches of a tick."""
        return 3 if self.config.extrinsics else 2

    def forward(
        self,
        tokens: Float[Tensor, "batch ticks rows cols dim"],
        actions: Float[Tensor, "batch ticks action"],
        states: Float[Tensor, "batch ticks state"],
        past: Past | None = None,
        first: int = 0,
    ) -> Float[Tensor, "batch ticks rows cols dim"]:
        """The next ticks, not yet layer-normed.

        Args:
            states: poses, and behind each the camera's place where there is a token for it.
            past: what earlier calls saw, ticks 0 to first − 1; the ticks given now are added to it.
        """
        c = self.config
        _, ticks, rows, cols, _ = tokens.shape
        leading = [self.action_encoder(actions), self.state_encoder(states[..., : c.states])]
        if c.extrinsics:
            leading.append(self.extrinsics_encoder(states[..., c.states :]))
        x = torch.cat([torch.stack(leading, 2), self.predictor_embed(tokens.flatten(2, 3))], 2).flatten(1, 2)
        size = {"lead": self.lead, "first": first, "native": c.native, "dtype": x.dtype, "device": x.device}
        rotary = frame_rotary(ticks, rows, cols, c.dim // c.heads, **size)
        mask = None if ticks == 1 else frame_causal_mask(first + ticks, self.lead + rows * cols, x.device)[-x.shape[1] :]
        for number, block in enumerate(self.predictor_blocks):
            progress.report(0, 0)
            x = causal_block(block, x, rotary, mask, past, number)  # type: ignore[arg-type]
        patches = x.unflatten(1, (ticks, -1))[:, :, self.lead :]
        return self.predictor_proj(self.predictor_norm(patches)).unflatten(2, (rows, cols))

    def initialise(self) -> ActionPredictor:
        """The published initialisation, from torch's current seed."""
        published_init(self)
        return self
