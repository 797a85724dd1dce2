"""Encoder and MaskedPredictor of `workbench.model` over networks of several levels."""

from __future__ import annotations

from typing import cast

import torch
from jaxtyping import Bool, Float
from torch import Tensor

from workbench.core.errors import BadInput, PartUnavailable
from workbench.model.latents import Latents, Space
from workbench.nn.levels import LevelsPredictor, LevelsVit
from workbench.nn.parts import Question, Video, VitEncoder, VitMasked, layer_norm


class LevelsEncoder(VitEncoder):
    """One or two `LevelsVit`s of one architecture, by the name of their weights."""

    @torch.inference_mode()
    def deep(
        self,
        video: Video,
        *,
        weights: str = "target",
        visible: Bool[Tensor, "batch ticks rows cols"] | None = None,
        levels: int | None = None,
    ) -> Latents:
        """The last `levels` levels (None: all), one after another in the features, from shallow to deep; else as `encode`.

        Raises:
            BadInput: there are not so many.
        """
        config = cast(LevelsVit, self.vit(weights)).config
        count = len(config.taps) if levels is None else levels
        if not 1 <= count <= len(config.taps):
            raise BadInput(f"there are {len(config.taps)} levels, not {count}", where="levels", fix=f"1 to {len(config.taps)}, or None for all")
        space = Space("target" if weights == "target" else "context", f"{self.spaces[weights]}@{count} levels")
        return self.run(video, weights, visible, space, lambda vit, pixels, ids: cast(LevelsVit, vit).levels(pixels, ids, count), count * config.dim)


class LevelsMasked(VitMasked):
    """The predictor of several levels over its context encoder, and the targets of its teacher.

    Args:
        teacher: False: the predictor predicts another model, there are no targets. normed: training compared layer-normed answers.
    """

    encoder: LevelsEncoder
    predictor: LevelsPredictor

    def __init__(
        self, encoder: LevelsEncoder, predictor: LevelsPredictor, default_token: int = 0, *, teacher: bool = True, normed: bool = False
    ) -> None:
        super().__init__(encoder, predictor, default_token)
        self.teacher, self.normed = teacher, normed
        if not teacher:
            self.space = f"teacher of {encoder.spaces[self.feeds]}"

    @torch.inference_mode()
    def targets(self, video: Video, visible: Bool[Tensor, "batch ticks rows cols"] | None = None) -> Latents | None:
        """See `MaskedPredictor.targets`: the teacher's levels, each layer-normed for itself. None for a student, whose teacher is another model."""
        if not self.teacher or "target" not in self.encoder.weights:
            return None
        full = self.encoder.deep(video, weights="target", visible=visible, levels=self.predictor.config.levels)
        return Latents(self._normed(full.tokens), full.grid, Space("target", self.space))

    @torch.inference_mode()
    def predict_context(
        self,
        video: Video,
        context: Bool[Tensor, "batch ticks rows cols"],
        targets: Bool[Tensor, "blocks batch ticks rows cols"],
        *,
        mask_token: int | None = None,
    ) -> tuple[Latents, ...]:
        """What the predictor says of the tokens that it was given, one answer a block of targets asked for beside; NaN elsewhere.

        The second half of V-JEPA 2.1's loss compares it with the targets at the same places.

        Raises:
            PartUnavailable: the predictor has no head for it.
        """
        if not self.predictor.config.answers_context:
            raise PartUnavailable("this predictor has no predictor_proj_context", fix="use predict(...)")

        def said(q: Question) -> tuple[Tensor, Tensor]:
            answer = self.predictor.context(*q[:4], q.mask_token, q.still)
            return q.context_ids, self._normed(answer) if self.normed else answer

        return self._filled(video, context, targets, mask_token, said)

    def seen(self, video: Video, context: Bool[Tensor, "batch ticks rows cols"]) -> Latents:
        """What the predictor is fed with: the levels of the context encoder, or of the one that stands in for it."""
        return self.encoder.deep(video, weights=self.feeds, visible=context, levels=self.predictor.config.levels)

    def ask(self, question: Question) -> Float[Tensor, "rows asked features"]:
        """The predicted targets, in the order of their ids."""
        answer = self.predictor(*question[:4], question.mask_token, question.still)
        return self._normed(answer) if self.normed else answer

    def said(self, mixed: Float[Tensor, "rows asked width"]) -> Float[Tensor, "rows asked features"]:
        """What the predictor's last layers make of tokens behind a block."""
        answer = super().said(mixed)
        return self._normed(answer) if self.normed else answer

    def _normed(self, tokens: Float[Tensor, "*where features"]) -> Float[Tensor, "*where features"]:
        """Each level layer-normed for itself."""
        return layer_norm(tokens.unflatten(-1, (self.predictor.config.levels, -1))).flatten(-2)
