"""Dynamics of `workbench.model` over an `ActionPredictor`: V-JEPA 2-AC's step, and its rollout with poses carried along."""

from __future__ import annotations

from dataclasses import replace

import torch
from jaxtyping import Float
from torch import Tensor

from workbench.core import progress
from workbench.core.errors import BadInput
from workbench.families.actions import checked
from workbench.model.jepa import Dynamics
from workbench.model.latents import Latents, Space
from workbench.model.spec import UNKNOWN, ActionSpec
from workbench.nn.action_predictor import EXTRINSICS, ActionPredictor, ActionPredictorConfig
from workbench.nn.frame_causal import Past
from workbench.nn.frame_encoder import FrameEncoder
from workbench.nn.parts import layer_norm
from workbench.nn.poses import POSE, advance_pose

_MOST_PAST = 1 << 31  # bytes of keys and values that a rollout keeps; a larger batch goes in pieces
_NAMES = ("dx", "dy", "dz", "droll", "dpitch", "dyaw", "gripper")
_UNITS = ("m", "m", "m", "rad", "rad", "rad", "of its travel")
_REACH = (0.05, 0.05, 0.05, 0.0, 0.0, 0.0, 0.75)


def action_spec(config: ActionPredictorConfig) -> ActionSpec:
    """What an action means: the moves of an arm, bounded as the official planner bounds them; nothing is known of other widths."""
    zeros, ones = (0.0,) * config.actions, (1.0,) * config.actions
    if config.actions != POSE:
        names = tuple(f"action {i}" for i in range(config.actions))
        return ActionSpec(names, (UNKNOWN,) * config.actions, tuple(-v for v in ones), ones, zeros, ones)
    return ActionSpec(_NAMES, _UNITS, tuple(-v for v in _REACH), _REACH, zeros, ones)


class ActionDynamics(Dynamics):
    """Frames of an arm at work.

    Args:
        encoder: encodes each frame alone. history: ticks of context that the predictor was made for.
    """

    def __init__(self, encoder: FrameEncoder, net: ActionPredictor, action: ActionSpec, history: tuple[int, int]) -> None:
        self.encoder, self.net, self.history = encoder, net, history
        self.action = self.spec = action
        self.space = f"{encoder.space}+layernorm"

    @property
    def states(self) -> int:
        """Numbers in a state: the pose and, for a model that was told it, the camera's place."""
        c = self.net.config
        return c.states + (EXTRINSICS if c.extrinsics else 0)

    def embed(self, video: Float[Tensor, "batch channels frames height width"], states: Float[Tensor, "batch frames state"] | None = None) -> Latents:
        """See `Dynamics.embed`: each frame alone, layer-normed; the pose at each frame is carried along."""
        seen = self.encoder.encode(video, weights=self.encoder.weights[0])
        if states is not None and tuple(states.shape) != (*seen.tokens.shape[:2], self.states):
            wanted = f"{seen.tokens.shape[0]} × {seen.tokens.shape[1]} × {self.states}"
            raise BadInput(
                f"states are {' × '.join(map(str, states.shape))}, not {wanted}", where="states", fix="one pose for each frame of each clip"
            )
        return Latents(layer_norm(seen.tokens), seen.grid, Space("context", self.space), states=states)

    @torch.inference_mode()
    def predict(self, context: Latents, actions: Float[Tensor, "batch moves action"] | None = None) -> Latents:
        """See `Dynamics.predict`: layer-normed."""
        moves, states = self._told(context, actions, context.grid.ticks)
        tokens = layer_norm(self.net(*self._typed(context.tokens, moves, states)).float())
        return Latents(tokens, context.grid, Space("predicted", self.space), states=self._moved(states, moves))

    @torch.inference_mode()
    def rollout(self, context: Latents, horizon: int, *, actions: Float[Tensor, "batch moves action"] | None = None) -> Latents:
        """See `Dynamics.rollout`: all ticks so far are context, however many; poses are integrated."""
        if horizon < 1:
            raise BadInput(f"a rollout of {horizon} ticks", where="horizon", fix="at least 1")
        known, c = context.grid.ticks, self.net.config
        moves, states = self._told(context, actions, known - 1 + horizon)
        if horizon > 1 and not self._poses:
            raise BadInput(
                f"it is not known how actions of {c.actions} numbers change states of {c.states}",
                where=f"horizon={horizon}",
                fix="roll out one tick at a time",
            )
        cells = self.net.lead + context.grid.rows * context.grid.cols
        bytes_each = 2 * c.depth * c.dim * (known + horizon) * cells * next(self.net.parameters()).element_size()
        at_once = max(1, _MOST_PAST // bytes_each)
        pieces = zip(context.tokens.split(at_once), moves.split(at_once), states.split(at_once), strict=True)
        films = [self._film(seen, told, poses, horizon) for seen, told, poses in pieces]
        tokens = torch.cat([film for film, _ in films])
        after = torch.cat([pose for _, pose in films]) if self._poses else None
        return Latents(tokens, replace(context.grid, ticks=horizon), Space("predicted", self.space), states=after)

    def _film(self, tokens: Tensor, moves: Tensor, states: Tensor, horizon: int) -> tuple[Tensor, Tensor]:
        """The predicted ticks and the poses at them."""
        known, past = tokens.shape[1], Past(self.net.config.depth)
        film, poses = [], []
        given = (tokens, moves[:, :known], states)
        for tick in range(known, known + horizon):
            progress.report(0, 0)
            new = layer_norm(self.net(*self._typed(*given), past, tick - given[0].shape[1])[:, -1:].float())
            pose, move = given[2][:, -1:], moves[:, tick : tick + 1]
            reached = self._moved(pose, given[1][:, -1:])
            film.append(new)
            poses.append(pose if reached is None else reached)
            given = (new, move, poses[-1])
        return torch.cat(film, 1), torch.cat(poses, 1)

    @property
    def _poses(self) -> bool:
        return self.net.config.actions == self.net.config.states == POSE

    def _moved(self, states: Tensor, moves: Tensor) -> Tensor | None:
        """The states after the moves; None where nobody knows."""
        return torch.cat([advance_pose(states[..., :POSE], moves), states[..., POSE:]], -1) if self._poses else None

    def _typed(self, tokens: Tensor, moves: Tensor, states: Tensor) -> tuple[Tensor, Tensor, Tensor]:
        like = next(self.net.parameters())
        return tokens.to(like), moves.to(like), states.to(like)

    def _told(self, context: Latents, actions: Tensor | None, wanted: int) -> tuple[Tensor, Tensor]:
        """Actions and states, on the tokens' device, once they fit."""
        if context.space.id != self.space:
            raise BadInput(
                f"a context in space {context.space.id} is not one of this model", where="context", fix="use dynamics.embed(video, states)"
            )
        if context.states is None:
            fix = "a clip with `states`, one row a frame: dynamics.embed(video, states)"
            raise BadInput("the predictor is told the pose at each frame, and none is given", where="states", fix=fix)
        moves = checked(self.spec, actions, wanted)
        if len(moves) != len(context.tokens):
            raise BadInput(
                f"actions for {len(moves)} clips, and {len(context.tokens)} clips", where="actions", fix="repeat the context for each row of actions"
            )
        return moves.to(context.tokens.device), context.states.to(context.tokens.device)
