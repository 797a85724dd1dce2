"""Dynamics of `workbench.model` over a `FrameWorld`: frames of tokens, each with an action and, for some, a state."""

from __future__ import annotations

from dataclasses import dataclass, replace

import torch
from jaxtyping import Float
from torch import Tensor

from workbench.core import progress
from workbench.core.errors import BadInput
from workbench.families.actions import checked
from workbench.model.jepa import Dynamics
from workbench.model.latents import Latents, Space
from workbench.model.spec import ActionSpec
from workbench.nn.frame_encoder import FrameEncoder, Video
from workbench.nn.parts import layer_norm
from workbench.nn.worlds import FrameWorld

Film = tuple[Tensor, Tensor | None]  # tokens [batch, ticks, rows, cols, dim] and state features [batch, ticks, tokens, features]


@dataclass(frozen=True)
class StateScale:
    """Mean and deviation of a state in the training data; zeros and ones where the caller normalises."""

    mean: tuple[float, ...]
    std: tuple[float, ...]


class FrameDynamics(Dynamics):
    """Latents carry, as `states`, the features that the predictor made of the state: those of token 0, then of token 1, and so on.

    Args:
        scale: of the states; None: the predictor takes none. window: frames that a rollout looks back on.
        most: frames that a teacher-forced answer looks back on. normed: tokens are layer-normed before and after the predictor.
    """

    def __init__(
        self,
        encoder: FrameEncoder,
        world: FrameWorld,
        action: ActionSpec | None,
        scale: StateScale | None,
        *,
        window: int = 2,
        most: int = 4,
        normed: bool = False,
    ) -> None:
        self.encoder, self.world, self.scale = encoder, world, scale
        self.action = self._spec = action
        self.history, self.most, self.normed = (1, window), most, normed
        self.space = encoder.space + ("+layernorm" if normed else "")

    @torch.inference_mode()
    def embed(self, video: Video, states: Float[Tensor, "batch frames state"] | None = None) -> Latents:
        """See `Dynamics.embed`.

        Args:
            states: proprioception in its own units; left aside by a predictor that takes none.
        """
        seen = self.encoder.encode(video, weights=self.encoder.weights[0])
        tokens = layer_norm(seen.tokens) if self.normed else seen.tokens
        felt = None
        if self.scale is not None and states is not None:
            if states.shape != (*tokens.shape[:2], self.world.states):
                wanted = f"{tokens.shape[1]} states of {self.world.states} numbers"
                raise BadInput(f"{wanted} are needed for each clip, got {list(states.shape)}", where="states", fix="one goes with each frame")
            normal = _standard(states.to(tokens), self.scale.mean, self.scale.std)
            felt = self.world.feel(normal.to(self._like), tokens.shape[2] * tokens.shape[3]).float().flatten(2)
        return replace(seen, tokens=tokens, states=felt, extra=None, space=Space(seen.space.role, self.space))

    @torch.inference_mode()
    def predict(self, context: Latents, actions: Float[Tensor, "batch moves action"] | None = None) -> Latents:
        """See `Dynamics.predict`. Up to `most` frames are one pass, as in training; in a longer context each answer looks back on `most`."""
        moves, film = self._moves(context, actions, context.grid.ticks), self._film(context)
        ticks, most = context.grid.ticks, self.most
        seen, felt = self._answer(_cut(film, 0, min(ticks, most)), moves[:, :most])
        for tick in range(most, ticks):
            progress.report(0, 0)
            start = tick + 1 - most
            new_seen, new_felt = self._answer(_cut(film, start, tick + 1), moves[:, start : tick + 1])
            seen = torch.cat([seen, new_seen[:, -1:]], 1)
            felt = None if felt is None or new_felt is None else torch.cat([felt, new_felt[:, -1:]], 1)
        return self._latents(context, seen, felt)

    @torch.inference_mode()
    def rollout(self, context: Latents, horizon: int, *, actions: Float[Tensor, "batch moves action"] | None = None) -> Latents:
        """See `Dynamics.rollout`: the last frames of the window and their actions predict the next, again and again."""
        if horizon < 1:
            raise BadInput(f"a rollout of {horizon} ticks predicts nothing", where="horizon", fix="ask for at least 1")
        known = context.grid.ticks
        moves, (seen, felt) = self._moves(context, actions, known - 1 + horizon), self._film(context)
        seen = torch.cat([seen, seen.new_empty(len(seen), horizon, *seen.shape[2:])], 1)
        felt = None if felt is None else torch.cat([felt, felt.new_empty(len(felt), horizon, *felt.shape[2:])], 1)
        for tick in range(known, known + horizon):
            progress.report(0, 0)
            start = max(0, tick - self.history[1])
            new_seen, new_felt = self._answer(_cut((seen, felt), start, tick), moves[:, start:tick])
            seen[:, tick] = new_seen[:, -1]
            if felt is not None and new_felt is not None:
                felt[:, tick] = new_felt[:, -1]
        return self._latents(context, *_cut((seen, felt), known, known + horizon))

    @property
    def _like(self) -> Tensor:
        return next(self.world.parameters())

    def _answer(self, film: Film, moves: Float[Tensor, "batch ticks actions"]) -> Film:
        # One layout for the same numbers: matrix products of another layout differ in the last bit.
        seen, felt = (None if part is None else part.to(self._like).contiguous() for part in film)
        tokens, features = self.world(seen, felt, moves.contiguous())
        tokens = tokens.float()
        return layer_norm(tokens) if self.normed else tokens, None if features is None else features.float()

    def _film(self, context: Latents) -> Film:
        """Tokens and state features of a context that this predictor can go on from."""
        if context.space.id != self.space:
            what = f"a context in space {context.space.id} is not of this model's {self.space}"
            raise BadInput(what, where="context", fix="use dynamics.embed(video, states)")
        rows, cols = context.tokens.shape[2:4]
        if self.scale is None:
            return context.tokens, None
        wide = rows * cols * self.world.state_features
        if context.states is None or context.states.shape[-1] != wide:
            got = "none are there" if context.states is None else f"they have {context.states.shape[-1]} features, not {wide}"
            fix = f"use dynamics.embed(video, states) with {self.world.states} numbers a frame"
            raise BadInput(f"this predictor needs the state of every frame, and {got}", where="context.states", fix=fix)
        return context.tokens, context.states.unflatten(-1, (rows * cols, -1))

    def _moves(self, context: Latents, actions: Tensor | None, wanted: int) -> Float[Tensor, "batch moves actions"]:
        if self._spec is None:
            if actions is not None:
                raise BadInput("this predictor takes no actions", where="actions", fix="leave them out")
            return context.tokens.new_zeros(len(context.tokens), wanted, 0).to(self._like)
        spec, moves = self._spec, checked(self._spec, actions, wanted)
        if len(moves) != len(context.tokens):
            raise BadInput(
                f"actions for {len(moves)} clips, and {len(context.tokens)} clips", where="actions", fix="repeat the context for each row of actions"
            )
        return _standard(moves.to(context.tokens), spec.mean * spec.frameskip, spec.std * spec.frameskip).to(self._like)

    def _latents(self, context: Latents, seen: Tensor, felt: Tensor | None) -> Latents:
        grid = replace(context.grid, ticks=seen.shape[1])
        return Latents(seen, grid, Space("predicted", self.space), states=None if felt is None else felt.flatten(2))


def _standard(values: Tensor, mean: tuple[float, ...], std: tuple[float, ...]) -> Tensor:
    return (values - values.new_tensor(mean)) / values.new_tensor(std)


def _cut(film: Film, start: int, stop: int) -> Film:
    seen, felt = film
    return seen[:, start:stop], None if felt is None else felt[:, start:stop]
