"""Predictors of frames with the encoders of what goes with a frame: one call from normalised states and actions to the next tick."""

from __future__ import annotations

from abc import ABC, abstractmethod

import torch
from jaxtyping import Float
from torch import Tensor, nn

from workbench.nn.adaln import AdaLnConfig, AdaLnPredictor
from workbench.nn.dino_wm import DinoWmConfig, DinoWmPredictor, StepEncoder


class FrameWorld(nn.Module, ABC):
    """Foretells tokens and state features of every tick's next.

    Args:
        actions: numbers in the vector of a step. states: numbers of a state; 0: it takes none. state_features: what a state becomes, in each token.
    """

    def __init__(self, actions: int, states: int, state_features: int) -> None:
        super().__init__()
        self.actions, self.states, self.state_features = actions, states, state_features
        if states:
            self.proprio_encoder = StepEncoder(states, state_features)

    def feel(self, states: Float[Tensor, "batch ticks states"], tokens: int) -> Float[Tensor, "batch ticks tokens features"]:
        """The features of a state, one copy a token."""
        return self.proprio_encoder(states)[:, :, None].expand(-1, -1, tokens, -1)

    @abstractmethod
    def forward(
        self,
        tokens: Float[Tensor, "batch ticks rows cols dim"],
        states: Float[Tensor, "batch ticks tokens features"] | None,
        actions: Float[Tensor, "batch ticks actions"],
    ) -> tuple[Float[Tensor, "batch ticks rows cols dim"], Float[Tensor, "batch ticks tokens features"] | None]:
        """Answer k predicts tick k + 1 and sees no later tick."""

    @abstractmethod
    def initialise(self) -> FrameWorld:
        """The published initialisation, from torch's current seed."""


class AdaLnWorld(FrameWorld):
    """An `AdaLnPredictor`, which encodes actions itself."""

    def __init__(self, config: AdaLnConfig, states: int) -> None:
        super().__init__(config.actions, states, config.states)
        self.predictor = AdaLnPredictor(config)

    def forward(self, tokens: Tensor, states: Tensor | None, actions: Tensor) -> tuple[Tensor, Tensor | None]:
        return self.predictor(tokens, states, actions)

    def initialise(self) -> AdaLnWorld:
        """The published initialisation; the state encoder keeps torch's own."""
        self.predictor.initialise()
        return self


class DinoWmWorld(FrameWorld):
    """A `DinoWmPredictor` between the encoder of actions, where it takes any, and the split of what it predicts."""

    def __init__(self, config: DinoWmConfig, actions: int, states: int) -> None:
        super().__init__(actions, states, config.states)
        self.predictor = DinoWmPredictor(config)
        self.actions_first = config.actions_first
        if actions:
            self.action_encoder = StepEncoder(actions, config.actions)

    def forward(self, tokens: Tensor, states: Tensor | None, actions: Tensor) -> tuple[Tensor, Tensor | None]:
        rows, cols = tokens.shape[2:4]
        beside = {} if states is None else {"state": states}
        if self.actions:
            beside["action"] = self.action_encoder(actions)[:, :, None].expand(-1, -1, rows * cols, -1)
        order = [name for name in (("action", "state") if self.actions_first else ("state", "action")) if name in beside]
        answer = self.predictor(torch.cat([tokens.flatten(2, 3), *(beside[name] for name in order)], -1))
        seen, *rest = answer.split([tokens.shape[-1], *(beside[name].shape[-1] for name in order)], -1)
        return seen.unflatten(2, (rows, cols)), dict(zip(order, rest, strict=True)).get("state")

    def initialise(self) -> DinoWmWorld:
        """The published initialisation is torch's own, already there."""
        return self
