"""LeWorldModel's networks (arXiv 2603.19312): a frame to one vector, and a causal predictor that actions modulate."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal, cast

import torch
from jaxtyping import Float
from torch import Tensor, nn
from torch.nn import functional as F

from workbench.nn.batch_norm import FrozenBatchNorm
from workbench.nn.class_vit import ClassVit, ClassVitConfig

Norm = Literal["batch", "layer", "none"]


@dataclass(frozen=True)
class ProjectionConfig:
    """Sizes of a projector: what enters it, its hidden layer, what it gives, and the norm between them."""

    dim: int
    hidden: int
    out: int
    norm: Norm = "batch"


@dataclass(frozen=True)
class LewmPredictorConfig:
    """Sizes of the predictor.

    Args:
        embed: of a frame's vector. width: inside the blocks. out: of the predictor. history: ticks it looks back at most.
        depth, heads, dim_head, hidden: of the blocks. action: numbers of one step's action. smoothed, action_hidden: inside the
            action encoder. smoothed 0: its first layer is folded into the second. projection: of predictions; None: they are taken as they are.
    """

    embed: int
    width: int
    out: int
    history: int
    depth: int
    heads: int
    dim_head: int
    hidden: int
    action: int
    smoothed: int
    action_hidden: int
    projection: ProjectionConfig | None


class ProjectionMlp(nn.Module):
    """Linear, the norm that it was trained with (batch norm by the running statistics), GELU, linear."""

    def __init__(self, config: ProjectionConfig) -> None:
        super().__init__()
        made = {"batch": FrozenBatchNorm, "layer": nn.LayerNorm, "none": lambda _: nn.Identity()}[config.norm]
        self.net = nn.Sequential(nn.Linear(config.dim, config.hidden), made(config.hidden), nn.GELU(), nn.Linear(config.hidden, config.out))

    def forward(self, x: Float[Tensor, "batch dim"]) -> Float[Tensor, "batch out"]:
        return self.net(x)


class LewmEncoder(nn.Module):
    """The class token of a vision transformer, projected where it has a projector."""

    def __init__(self, vit: ClassVitConfig, projection: ProjectionConfig | None) -> None:
        super().__init__()
        self.vit = ClassVit(vit)
        self.projector = None if projection is None else ProjectionMlp(projection)
        self.out = vit.dim if projection is None else projection.out

    def forward(self, frames: Float[Tensor, "batch 3 height width"], layer: int | None = None) -> Float[Tensor, "batch dim"]:
        """One vector a frame; with `layer` the class token as that block leaves it, not projected."""
        token = self.vit(frames, layer=layer)[:, 0]
        return token if layer is not None or self.projector is None else self.projector(token)

    def initialise(self) -> LewmEncoder:
        """Hugging Face's initialisation of the transformer, torch's own of the projector."""
        self.vit.initialise()
        nn.init.trunc_normal_(self.vit.cls_token, std=0.02)
        nn.init.trunc_normal_(self.vit.patch_embed.proj.weight, std=0.02)
        if self.vit.patch_embed.proj.bias is not None:
            nn.init.zeros_(self.vit.patch_embed.proj.bias)
        return self


class CausalAttention(nn.Module):
    """Layer norm, then softmax attention to this tick and those before it."""

    def __init__(self, dim: int, heads: int, dim_head: int) -> None:
        super().__init__()
        self.heads = heads
        self.norm = nn.LayerNorm(dim)
        self.to_qkv = nn.Linear(dim, 3 * heads * dim_head, bias=False)
        plain = heads == 1 and dim_head == dim
        self.to_out = nn.Identity() if plain else nn.Sequential(nn.Linear(heads * dim_head, dim))

    def forward(self, x: Float[Tensor, "batch ticks dim"], *, last: bool = False) -> Float[Tensor, "batch answers dim"]:
        """For every tick, or for the last alone."""
        q, k, v = self.to_qkv(self.norm(x)).unflatten(-1, (3, self.heads, -1)).permute(2, 0, 3, 1, 4)
        out = F.scaled_dot_product_attention(q[:, :, -1:], k, v) if last else F.scaled_dot_product_attention(q, k, v, is_causal=True)
        return self.to_out(out.transpose(1, 2).flatten(2))


class FeedForward(nn.Module):
    """Layer norm and two linear layers with the exact GELU between; the gaps in the numbers are the official dropouts."""

    def __init__(self, dim: int, hidden: int) -> None:
        super().__init__()
        self.net = nn.Sequential(nn.LayerNorm(dim), nn.Linear(dim, hidden), nn.GELU(), nn.Identity(), nn.Linear(hidden, dim))

    def forward(self, x: Float[Tensor, "batch ticks dim"]) -> Float[Tensor, "batch ticks dim"]:
        return self.net(x)


class ActionBlock(nn.Module):
    """A block whose two branches are shifted, scaled and gated by the action of their tick."""

    def __init__(self, config: LewmPredictorConfig) -> None:
        super().__init__()
        dim = config.width
        self.attn = CausalAttention(dim, config.heads, config.dim_head)
        self.mlp = FeedForward(dim, config.hidden)
        self.norm1 = nn.LayerNorm(dim, elementwise_affine=False, eps=1e-6)
        self.norm2 = nn.LayerNorm(dim, elementwise_affine=False, eps=1e-6)
        self.adaLN_modulation = nn.Sequential(nn.SiLU(), nn.Linear(dim, 6 * dim))

    def forward(
        self, x: Float[Tensor, "batch ticks dim"], steering: Float[Tensor, "batch ticks six"], *, last: bool = False
    ) -> Float[Tensor, "batch answers dim"]:
        """For every tick, or for the last alone.

        Args:
            steering: what `adaLN_modulation` makes of the actions.
        """
        shift_a, scale_a = steering.chunk(6, dim=-1)[:2]
        seen = self.norm1(x) * (1 + scale_a) + shift_a
        if last:
            x, steering = x[:, -1:], steering[:, -1:]
        _, _, gate_a, shift_m, scale_m, gate_m = steering.chunk(6, dim=-1)
        x = x + gate_a * self.attn(seen, last=last)
        return x + gate_m * self.mlp(self.norm2(x) * (1 + scale_m) + shift_m)


class ActionTransformer(nn.Module):
    """The blocks; linear layers around them only where widths differ."""

    def __init__(self, config: LewmPredictorConfig) -> None:
        super().__init__()
        same = config.embed == config.width
        self.input_proj = nn.Identity() if same else nn.Linear(config.embed, config.width)
        self.cond_proj = nn.Identity() if same else nn.Linear(config.embed, config.width)
        self.layers = nn.ModuleList(ActionBlock(config) for _ in range(config.depth))
        self.norm = nn.LayerNorm(config.width)
        self.output_proj = nn.Identity() if config.width == config.out else nn.Linear(config.width, config.out)

    def steer(self, actions: Float[Tensor, "batch ticks embed"]) -> Float[Tensor, "batch ticks depth six"]:
        """What encoded actions do to each block."""
        actions = self.cond_proj(actions)
        return torch.stack([cast(ActionBlock, layer).adaLN_modulation(actions) for layer in self.layers], 2)

    def forward(
        self, x: Float[Tensor, "batch ticks embed"], steering: Float[Tensor, "batch ticks depth six"], *, last: bool = False
    ) -> Float[Tensor, "batch answers out"]:
        """For every tick, or for the last alone: only the last block can tell, all before it need every tick."""
        x, final = self.input_proj(x), len(self.layers) - 1
        for number, layer in enumerate(self.layers):
            x = layer(x, steering[:, :, number], last=last and number == final)
        return self.output_proj(self.norm(x))


class NextFrame(nn.Module):
    """Vectors of up to `history` ticks to their next ones."""

    def __init__(self, config: LewmPredictorConfig) -> None:
        super().__init__()
        self.pos_embedding = nn.Parameter(torch.zeros(1, config.history, config.embed))
        self.transformer = ActionTransformer(config)

    def forward(
        self, x: Float[Tensor, "batch ticks embed"], steering: Float[Tensor, "batch ticks depth six"], *, last: bool = False
    ) -> Float[Tensor, "batch answers out"]:
        return self.transformer(x + self.pos_embedding[:, : x.shape[1]], steering, last=last)


class ActionEncoder(nn.Module):
    """One step's action to a vector as wide as a frame's. The kernel has the official convolution's shape, one tick long."""

    def __init__(self, config: LewmPredictorConfig) -> None:
        super().__init__()
        self.patch_embed = nn.Conv1d(config.action, config.smoothed, kernel_size=1) if config.smoothed else None
        self.embed = nn.Sequential(
            nn.Linear(config.smoothed or config.action, config.action_hidden), nn.SiLU(), nn.Linear(config.action_hidden, config.embed)
        )

    def forward(self, actions: Float[Tensor, "batch ticks action"]) -> Float[Tensor, "batch ticks embed"]:
        if self.patch_embed is None:
            return self.embed(actions)
        return self.embed(F.linear(actions, self.patch_embed.weight[..., 0], self.patch_embed.bias))


class LewmPredictor(nn.Module):
    """Predictor, action encoder and the projection of predictions into the space of the embeddings."""

    def __init__(self, config: LewmPredictorConfig) -> None:
        super().__init__()
        self.config = config
        self.predictor = NextFrame(config)
        self.action_encoder = ActionEncoder(config)
        self.pred_proj = None if config.projection is None else ProjectionMlp(config.projection)

    def steer(self, actions: Float[Tensor, "batch ticks action"]) -> Float[Tensor, "batch ticks depth six"]:
        """What normalised actions do to each block; it does not depend on the window that they are seen in."""
        return self.predictor.transformer.steer(self.action_encoder(actions))

    def forward(
        self, x: Float[Tensor, "batch ticks embed"], steering: Float[Tensor, "batch ticks depth six"], *, last: bool = False
    ) -> Float[Tensor, "batch answers embed"]:
        """Answer k predicts tick k + 1; `last` gives the last answer alone.

        Args:
            steering: the actions, as `steer` gives them.
        """
        answers = self.predictor(x, steering, last=last)
        return answers if self.pred_proj is None else self.pred_proj(answers.flatten(0, 1)).unflatten(0, answers.shape[:2])

    def initialise(self) -> LewmPredictor:
        """The official start: positions at random, modulation at zero, so that every block begins as the identity."""
        nn.init.normal_(self.predictor.pos_embedding)
        for layer in self.predictor.transformer.layers:
            if isinstance(layer, ActionBlock):
                for tensor in layer.adaLN_modulation[1].parameters():
                    nn.init.zeros_(tensor)
        return self
