"""An encoder that returns the outputs of several of its blocks, with a separate branch for images, and the predictor of all these levels."""

from __future__ import annotations

from dataclasses import dataclass, replace

import torch
from jaxtyping import Float, Int
from torch import Tensor, nn

from workbench.nn.positions import Rotary, rotary_3d
from workbench.nn.vit import PatchEmbed, PredictorConfig, Vit, VitConfig, VitPredictor

_MARK_DEVIATION = 1e-6


@dataclass(frozen=True)
class LevelsConfig(VitConfig):
    """Sizes of an encoder of several levels; positions are true rotations.

    Args:
        taps: the blocks whose outputs are levels, each with a norm of its own, from shallow to deep.
        reach: rows and columns are stretched to a grid of reach × reach; None: they count from 0 up.
        stills: one frame has a patch kernel of its own. marks: a learned vector says whether tokens are of a still or a video.
    """

    taps: tuple[int, ...] = ()
    reach: int | None = None
    stills: bool = True
    marks: bool = True

    def lasting(self, video: Tensor) -> int:
        """Frames a token of this video: one for a still."""
        return 1 if self.stills and video.shape[2] == 1 else self.tubelet

    def make(self) -> LevelsVit:
        """The empty encoder of these sizes."""
        return LevelsVit(self)


@dataclass(frozen=True)
class LevelsPredictorConfig(PredictorConfig):
    """Sizes of a predictor of several levels.

    Args:
        levels: how many of the encoder's last levels it is fed with; one: by a single linear layer. features: of a prediction.
        reach: as the encoder's. marks: as the encoder's. answers_context: it has a second head, for the tokens that it was given.
    """

    levels: int = 1
    features: int = 0
    reach: int | None = None
    marks: bool = True
    answers_context: bool = True

    def make(self, encoder: VitConfig) -> LevelsPredictor:
        """The empty predictor of these sizes."""
        return LevelsPredictor(self, encoder)


class LevelsVit(Vit):
    """Encoder. Its last level is its output; the norms of the others serve the levels alone."""

    config: LevelsConfig

    def __init__(self, config: LevelsConfig) -> None:
        super().__init__(config)
        self.norm = nn.Identity()
        self.norms_block = nn.ModuleList(nn.LayerNorm(config.dim, eps=config.eps) for _ in config.taps)
        if config.stills:
            self.patch_embed_img = PatchEmbed(replace(config, tubelet=1))
        if config.marks:
            self.img_mod_embed = nn.Parameter(torch.zeros(1, 1, config.dim))
            self.video_mod_embed = nn.Parameter(torch.zeros(1, 1, config.dim))

    def final(self, x: Float[Tensor, "batch kept dim"]) -> Float[Tensor, "batch kept dim"]:
        """The last level, normed."""
        return self.norms_block[-1](x)

    def levels(
        self, video: Float[Tensor, "batch channels frames height width"], ids: Int[Tensor, "batch kept"] | None, count: int
    ) -> Float[Tensor, "batch kept features"]:
        """The last `count` levels, each normed, one after another in the features, from shallow to deep."""
        wanted = dict(zip(self.config.taps[-count:], list(self.norms_block)[-count:], strict=True))
        return torch.cat([wanted[i](x) for i, x in enumerate(self.outputs(video, ids)) if i in wanted], -1)

    def embed(
        self, patches: Float[Tensor, "batch tokens pixels"], video: Float[Tensor, "batch channels frames height width"]
    ) -> Float[Tensor, "batch tokens dim"]:
        """The wanted patches as tokens, by the kernel and with the mark of a still or of a video."""
        still = self.config.stills and video.shape[2] == 1
        x = self.patch_embed_img(patches) if still else self.patch_embed(patches)
        if not self.config.marks:
            return x
        return x + (self.img_mod_embed if still else self.video_mod_embed)

    def turns(self, ids: Int[Tensor, "batch tokens"], grid: tuple[int, int, int], dtype: torch.dtype) -> Rotary:
        """Rotary positions, stretched where the configuration says so."""
        c = self.config
        return rotary_3d(ids, grid[-2], grid[-1], c.dim // c.heads, tiled=False, reach=c.reach, dtype=dtype)

    def initialise(self) -> LevelsVit:
        """The published initialisation."""
        super().initialise()
        if self.config.marks:
            _start(self.img_mod_embed, self.video_mod_embed)
        return self


class LevelsPredictor(VitPredictor):
    """Levels of the context tokens to levels of the targets, and of the context itself."""

    config: LevelsPredictorConfig

    def __init__(self, config: LevelsPredictorConfig, encoder: VitConfig) -> None:
        super().__init__(config, encoder)
        if config.levels > 1:
            self.predictor_embed = nn.Sequential(nn.Linear(config.levels * encoder.dim, encoder.dim), nn.GELU(), nn.Linear(encoder.dim, config.dim))
        if config.marks:
            self.img_mod_embed = nn.Parameter(torch.zeros(1, 1, config.dim))
            self.video_mod_embed = nn.Parameter(torch.zeros(1, 1, config.dim))
        self.predictor_proj = nn.Linear(config.dim, config.features)
        if config.answers_context:
            self.predictor_proj_context = nn.Linear(config.dim, config.features)

    def forward(
        self,
        context: Float[Tensor, "batch kept features"],
        context_ids: Int[Tensor, "batch kept"],
        target_ids: Int[Tensor, "batch asked"],
        grid: tuple[int, ...],
        mask_token: int = 0,
        still: bool = False,
    ) -> Float[Tensor, "batch asked predicted"]:
        """Predicted targets. `still`: the tokens are of one frame."""
        x = self.mixed(context, context_ids, target_ids, grid, mask_token, self._mark(still))
        return self.predictor_proj(self.predictor_norm(x[:, context_ids.shape[1] :]))

    def context(
        self,
        context: Float[Tensor, "batch kept features"],
        context_ids: Int[Tensor, "batch kept"],
        target_ids: Int[Tensor, "batch asked"],
        grid: tuple[int, ...],
        mask_token: int = 0,
        still: bool = False,
    ) -> Float[Tensor, "batch kept predicted"]:
        """What it says of the tokens that it was given, in the order of their ids."""
        x = self.mixed(context, context_ids, target_ids, grid, mask_token, self._mark(still))
        return self.predictor_proj_context(self.predictor_norm(x[:, : context_ids.shape[1]]))

    def _mark(self, still: bool) -> Tensor | None:
        if not self.config.marks:
            return None
        return self.img_mod_embed if still else self.video_mod_embed

    def turns(self, ids: Int[Tensor, "batch tokens"], grid: tuple[int, ...], dtype: torch.dtype) -> Rotary:
        """Rotary positions, stretched where the configuration says so."""
        c = self.config
        return rotary_3d(ids, grid[-2], grid[-1], c.dim // c.heads, tiled=False, reach=c.reach, dtype=dtype)

    def initialise(self) -> LevelsPredictor:
        """The published initialisation."""
        super().initialise()
        if self.config.marks:
            _start(self.img_mod_embed, self.video_mod_embed)
        return self


def _start(*marks: Tensor) -> None:
    """Marks start as all but nothing."""
    for mark in marks:
        nn.init.normal_(mark, std=_MARK_DEVIATION)
