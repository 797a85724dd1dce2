"""The latents that stand for frames in pictures: those that a model predicts, or predicts under a mask; else those of its encoder."""

from __future__ import annotations

from collections.abc import Iterable

import numpy as np
import torch
from jaxtyping import UInt8
from torch import Tensor

from workbench.core.clip import Clip
from workbench.model.jepa import Jepa
from workbench.model.latents import Latents
from workbench.model.steps import steps_of


def seen(jepa: Jepa, clip: Clip) -> tuple[Latents, UInt8[Tensor, "frames height width 3"]]:
    """The latents of one clip, and its prepared pixels.

    With dynamics they are those that futures are predicted in; with a masked predictor and its teacher, the targets; else what the encoder answers.

    Raises:
        PartUnavailable: the encoder did not load whole.
    """
    if _whole(jepa, "dynamics") and jepa.dynamics is not None:
        part = steps_of(clip, jepa.dynamics.action)[0] if clip.actions is not None else clip
        prepared = jepa.encoder.prepare([part])
        states = None if part.states is None else torch.from_numpy(np.asarray(part.states, np.float32))[None]
        return jepa.need_dynamics().embed(prepared.video, states), prepared.shown[0]
    prepared = jepa.encoder.prepare([clip])
    targets = jepa.masked.targets(prepared.video) if jepa.masked is not None and predicts(jepa) else None
    if targets is not None:
        return targets, prepared.shown[0]
    weights = jepa.encoder.weights[0]
    jepa.report.require(f"encoder_{weights}")
    return jepa.encoder.encode(prepared.video, weights=weights), prepared.shown[0]


def predicts(jepa: Jepa) -> bool:
    """Whether it has a masked predictor with whole encoders, and no dynamics, in whose space everything else then is."""
    return jepa.masked is not None and not _whole(jepa, "dynamics") and _whole(jepa, "masked", "encoder_context", "encoder_target")


def _whole(jepa: Jepa, *parts: str) -> bool:
    return all(jepa.report.serving(p).status == "whole" for p in parts)


def frames_a_tick(latents: Latents, shown: UInt8[Tensor, "frames height width 3"]) -> UInt8[Tensor, "ticks each height width 3"]:
    """The pixels of each tick."""
    return shown[: len(shown) // latents.grid.ticks * latents.grid.ticks].unflatten(0, (latents.grid.ticks, -1))


def evenly(clips: Iterable[Clip], most: int) -> list[Clip]:
    """At most so many of the clips, evenly taken."""
    every = list(clips)
    return every[:: -(-len(every) // max(most, 1))]
