"""A trainer for frame-level world models: an encoder and a predictor, end to end, kept from collapse by SIGReg alone.

LeWM (arXiv 2603.19312): no teacher, no stop-gradient, no decoder; the loss is the error of the predicted vector plus SIGReg.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass, replace

import numpy as np
import torch
from jaxtyping import Float, UInt8
from torch import Tensor, nn
from torch.nn import functional as F

from workbench.core.errors import BadInput
from workbench.core.progress import report
from workbench.nn.frame_conv import FrameConv, FrameConvConfig
from workbench.nn.frame_future import ActionStep, ActionStepConfig, CausalStep, CausalStepConfig
from workbench.train.sigreg import sigreg

Monitor = Callable[[int, "Futures", float], None]


@dataclass(frozen=True)
class FutureRecipe:
    """A frame-level JEPA and how it is trained.

    Args:
        name: of the sample. encoder, future: sizes; an ActionStepConfig is told actions, a CausalStepConfig needs none.
        frames: in a window of training. unjudged: first answers of a causal predictor that the loss leaves out, since a speed
            cannot be known from one frame.
        mean: taken from pixels between 0 and 1 before they enter. open_loop: share of the loss for the window rolled out from its
            first frame; the rest is for single steps.
        weight, slices: of SIGReg. every: it looks at each so manieth frame of the window. apart: at each of them for itself.
        mirror: half of the batches are mirrored left to right.
        steps, batch, lr, weight_decay, warmup (share of the steps), clip_grad: of AdamW on one cycle.
    """

    name: str
    encoder: FrameConvConfig
    future: ActionStepConfig | CausalStepConfig
    frames: int
    mean: float
    unjudged: int = 0
    open_loop: float = 0.0
    weight: float = 0.05
    slices: int = 256
    every: int = 3
    apart: bool = True
    mirror: bool = False
    steps: int = 2000
    batch: int = 64
    lr: float = 1e-3
    weight_decay: float = 1e-4
    warmup: float = 0.05
    clip_grad: float = 1.0

    def quick(self) -> FutureRecipe:
        """A run of seconds: it shows the machinery, its weights are worth nothing."""
        return replace(self, steps=20, batch=min(self.batch, 8), slices=32)


@dataclass(frozen=True, eq=False)
class Films:
    """What a training sees: frames, and for some the actions between them, in units of their deviation in training."""

    pixels: UInt8[np.ndarray, "clips frames height width 3"]
    actions: Float[np.ndarray, "clips moves action"] | None = None

    def __len__(self) -> int:
        return len(self.pixels)


@dataclass(frozen=True, eq=False)
class Futures:
    """The two networks, and the loss of each step so far."""

    encoder: FrameConv
    future: ActionStep | CausalStep
    losses: list[float]

    def embed(self, video: Float[Tensor, "batch frames 3 height width"]) -> Float[Tensor, "batch frames dim"]:
        """A vector for each frame."""
        frames = video.flatten(0, 1).contiguous(memory_format=torch.channels_last)
        return self.encoder(frames).unflatten(0, video.shape[:2])


def build(recipe: FutureRecipe, seed: int) -> Futures:
    """The networks of a recipe before training, with torch's own initialisation."""
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(seed)
        encoder = FrameConv(recipe.encoder)
        future = ActionStep(recipe.future) if isinstance(recipe.future, ActionStepConfig) else CausalStep(recipe.future)
    return Futures(encoder, future, [])


def train(recipe: FutureRecipe, films: Films, *, seed: int = 0, monitor: Monitor | None = None) -> Futures:
    """Train encoder and predictor. Progress goes to `core.progress`; a listener that raises `Cancelled` ends it.

    Args:
        films: as large as the recipe says, at least as long as its window. seed: of initialisation, batches and slices.
        monitor: called with (step, networks, loss) before the first step and after each.

    Raises:
        BadInput: films of another size, too short, or without the actions that the predictor needs. Cancelled: a listener wanted no more.
    """
    _fits(recipe, films)
    nets, rng, draw = build(recipe, seed), np.random.default_rng(seed), torch.Generator().manual_seed(seed)
    learned = [*nets.encoder.parameters(), *nets.future.parameters()]
    optimizer = torch.optim.AdamW(learned, recipe.lr, weight_decay=recipe.weight_decay, foreach=True)
    schedule = torch.optim.lr_scheduler.OneCycleLR(optimizer, recipe.lr, recipe.steps + 1, pct_start=recipe.warmup)
    if monitor:
        monitor(0, nets, math.nan)
    for step in range(recipe.steps):
        report(step, recipe.steps)
        video, actions = _batch(recipe, films, rng)
        loss = _loss(recipe, nets, nets.embed(video), actions, draw)
        optimizer.zero_grad(set_to_none=True)
        loss.backward()
        nn.utils.clip_grad_norm_(learned, recipe.clip_grad)
        optimizer.step()
        schedule.step()
        nets.losses.append(float(loss.detach()))
        if monitor:
            monitor(step + 1, nets, nets.losses[-1])
    report(recipe.steps, recipe.steps)
    return nets


def centred(pixels: UInt8[np.ndarray, "clips frames height width 3"], mean: float) -> Float[Tensor, "clips frames 3 height width"]:
    """Pixels as the family prepares them: 0 to 1, minus the mean."""
    return torch.from_numpy(np.ascontiguousarray(pixels)).permute(0, 1, 4, 2, 3).float().div_(255).sub_(mean)


def _fits(recipe: FutureRecipe, films: Films) -> None:
    if films.pixels.shape[2:4] != recipe.encoder.size or films.pixels.shape[1] < recipe.frames:
        given = "×".join(map(str, films.pixels.shape[1:4]))
        what = f"films of {given} (frames, height, width), the recipe {recipe.name} wants at least {recipe.frames} frames of {recipe.encoder.size}"
        raise BadInput(what, where="train(films=…)", fix="make the films longer, resize them, or change the recipe")
    wanted = recipe.future.actions if isinstance(recipe.future, ActionStepConfig) else None
    moves = films.actions
    if wanted is not None and (moves is None or moves.shape != (len(films), films.pixels.shape[1] - 1, wanted)):
        given = "none" if moves is None else list(moves.shape)
        expected = [len(films), films.pixels.shape[1] - 1, wanted]
        raise BadInput(f"actions {expected} are needed, got {given}", where="train(films=…)", fix="give one between every two frames")


def _batch(recipe: FutureRecipe, films: Films, rng: np.random.Generator) -> tuple[Tensor, Tensor | None]:
    """A window of each of some films, and its actions."""
    chosen = rng.integers(0, len(films), recipe.batch)[:, None]
    first = rng.integers(0, films.pixels.shape[1] - recipe.frames + 1, (recipe.batch, 1))
    ticks = first + np.arange(recipe.frames)
    pixels = films.pixels[chosen, ticks]
    if recipe.mirror and rng.random() < 0.5:
        pixels = pixels[:, :, :, ::-1]
    actions = None if films.actions is None else torch.from_numpy(films.actions[chosen, ticks[:, :-1]]).float()
    return centred(pixels, recipe.mean), actions


def _loss(recipe: FutureRecipe, nets: Futures, seen: Float[Tensor, "batch frames dim"], actions: Tensor | None, draw: torch.Generator) -> Tensor:
    if isinstance(nets.future, ActionStep) and actions is not None:
        wrong = F.mse_loss(nets.future(seen[:, :-1], actions), seen[:, 1:])
        if recipe.open_loop:
            rolled = F.mse_loss(nets.future.roll(seen[:, 0], actions), seen[:, 1:])
            wrong = (1 - recipe.open_loop) * wrong + recipe.open_loop * rolled
    else:
        wrong = (nets.future(seen[:, :-1]) - seen[:, 1:])[:, recipe.unjudged :].square().mean()
    looked = seen[:, :: recipe.every]
    groups = looked.unbind(1) if recipe.apart else (looked.flatten(0, 1),)
    return wrong + recipe.weight * torch.stack([sigreg(g, recipe.slices, draw) for g in groups]).mean()
