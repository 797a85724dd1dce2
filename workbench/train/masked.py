"""One trainer for masked JEPAs on images and video: context encoder, predictor, and an EMA teacher.

I-JEPA (arXiv 2301.08243), V-JEPA 2 (arXiv 2506.09985): their f_θ is `context`, f_θ̄ is `target`, g_φ is `predictor`.
"""

from __future__ import annotations

import copy
import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

import numpy as np
import torch
from jaxtyping import Float, Int, UInt8
from torch import Tensor, nn
from torch.nn import functional as F

from workbench.core.errors import BadInput
from workbench.core.mask import Mask
from workbench.core.progress import report
from workbench.nn.parts import layer_norm
from workbench.nn.vit import Vit, VitPredictor
from workbench.train.data import normalise
from workbench.train.recipes import Recipe

Pixels = UInt8[np.ndarray, "clips frames height width channels"]
_PUBLISHED_DEVIATION = 0.02
Monitor = Callable[[int, "Masked", float], None]


@dataclass(frozen=True, eq=False)
class Masked:
    """The three networks of a masked JEPA, the loss of each step so far, and the terms of the last one by name, without their weights."""

    context: Vit
    target: Vit
    predictor: VitPredictor
    losses: list[float]
    terms: dict[str, float] = field(default_factory=dict[str, float])


def build(recipe: Recipe, seed: int) -> Masked:
    """The networks of a recipe before training: published initialisation, widened where the recipe says so; the teacher is a copy."""
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(seed)
        context = Vit(recipe.encoder).initialise()
        predictor = VitPredictor(recipe.predictor, recipe.encoder).initialise()
    if recipe.wide:
        _widen(context)
        _widen(predictor)
    target = copy.deepcopy(context).requires_grad_(False)
    return Masked(context, target, predictor, [])


def train(recipe: Recipe, pixels: Pixels, *, seed: int = 0, monitor: Monitor | None = None) -> Masked:
    """Train a masked JEPA. Progress goes to `core.progress`; a listener that raises `Cancelled` ends it.

    Args:
        recipe: sizes, masks and schedules. pixels: training clips, exactly as large as the recipe says.
        seed: of initialisation, masks and batches. monitor: called with (step, networks, loss) before the first step and after each.

    Raises:
        BadInput: the clips have another size.
        Cancelled: a listener wanted no more.
    """
    if pixels.shape[1:4] != (recipe.frames, *recipe.image_size):
        raise BadInput(
            f"clips of {pixels.shape[1]} frames of {pixels.shape[2]}×{pixels.shape[3]}, the recipe {recipe.name} wants {recipe.frames} of {recipe.image_size}",
            where="train(pixels=…)",
            fix="resize the clips or change the recipe",
        )
    nets, rng = build(recipe, seed), np.random.default_rng(seed)
    optimizer = _optimizer(nets, recipe)
    if monitor:
        monitor(0, nets, math.nan)
    for step in range(recipe.steps):
        report(step, recipe.steps)
        _schedule(optimizer, recipe, step)
        loss = _loss(nets, recipe, _batch(recipe, pixels, rng), rng)
        optimizer.zero_grad(set_to_none=True)
        loss.backward()
        nn.utils.clip_grad_norm_([p for g in optimizer.param_groups for p in g["params"]], recipe.clip_grad)
        optimizer.step()
        _follow(nets, recipe, step)
        nets.losses.append(float(loss.detach()))
        if monitor:
            monitor(step + 1, nets, nets.losses[-1])
    report(recipe.steps, recipe.steps)
    return nets


def mask_ids(masks: Sequence[Mask]) -> tuple[Int[Tensor, "batch kept"], Int[Tensor, "blocks batch asked"]]:
    """Token ids of equally long masks: of the context, and of each block."""
    context = torch.from_numpy(np.stack([m.context.ravel() for m in masks]))
    targets = torch.from_numpy(np.stack([m.targets.reshape(len(m.targets), -1) for m in masks], axis=1))
    ids = targets.nonzero()[:, 2].reshape(*targets.shape[:2], -1)
    return context.nonzero()[:, 1].reshape(len(masks), -1), ids


def turned(masks: Sequence[Mask], rng: np.random.Generator) -> list[Mask]:
    """The masks, all flipped along the same randomly chosen axes."""
    axes = tuple(int(a) for a in np.flatnonzero(rng.random(3) < 0.5))
    flip = tuple(a + 1 for a in axes)
    return [Mask(np.flip(m.context, axes), np.flip(m.targets, flip), m.sampler) for m in masks]


def predict(
    nets: Masked, recipe: Recipe, video: Float[Tensor, "batch channels frames height width"], masks: Sequence[Mask]
) -> tuple[Float[Tensor, "blocks batch asked dim"], Int[Tensor, "blocks batch asked"], Float[Tensor, "batch kept dim"]]:
    """Predictions of every block, the ids they are for, and the context tokens they came from."""
    c_ids, t_ids = mask_ids(masks)
    seen = nets.context(video, c_ids)
    blocks = len(t_ids)
    answer = nets.predictor(seen.repeat(blocks, 1, 1), c_ids.repeat(blocks, 1), t_ids.flatten(0, 1), recipe.grid[1:], recipe.mask_token)
    return answer.unflatten(0, (blocks, -1)), t_ids, seen


def spread(tokens: Float[Tensor, "batch kept dim"]) -> Float[Tensor, ""]:
    """VICReg's variance and covariance terms (arXiv 2105.04906) over all tokens: large where features die or repeat each other."""
    x = tokens.flatten(0, 1).float()
    x = x - x.mean(0)
    deviation = (x.var(0) + 1e-4).sqrt()
    covariance = x.T @ x / (len(x) - 1)
    off = covariance - torch.diag(covariance.diagonal())
    return F.relu(1 - deviation).mean() + off.square().sum() / x.shape[1]


def _loss(nets: Masked, recipe: Recipe, video: Tensor, rng: np.random.Generator) -> Tensor:
    with torch.set_grad_enabled(recipe.teacher == "online"):
        goal = layer_norm((nets.context if recipe.teacher == "online" else nets.target)(video))
    total = video.new_zeros(())
    nets.terms.clear()
    for sampler in recipe.samplers:
        masks = sampler.sample_batch(recipe.grid, len(video), rng, truncate=True)
        answer, ids, seen = predict(nets, recipe, video, turned(masks, rng) if recipe.turn else masks)
        wanted = goal.expand(len(ids), -1, -1, -1).gather(2, ids[..., None].expand(-1, -1, -1, goal.shape[-1]))
        distance = F.smooth_l1_loss if recipe.distance == "smooth-l1" else F.l1_loss
        error = distance(answer, wanted)
        total = total + error
        _count(nets, "prediction", error, recipe)
        if recipe.spread:
            regulariser = spread(seen)
            total = total + recipe.spread * regulariser
            _count(nets, "spread", regulariser, recipe)
    return total / len(recipe.samplers)


def _count(nets: Masked, name: str, value: Tensor, recipe: Recipe) -> None:
    nets.terms[name] = nets.terms.get(name, 0.0) + float(value.detach()) / len(recipe.samplers)


def _batch(recipe: Recipe, pixels: Pixels, rng: np.random.Generator) -> Float[Tensor, "batch channels frames height width"]:
    chosen = pixels[rng.integers(0, len(pixels), recipe.batch)]
    if recipe.shift:
        chosen = np.stack([_moved(clip, recipe.shift, rng) for clip in chosen])
    return normalise(chosen)


def _moved(clip: np.ndarray, most: int, rng: np.random.Generator) -> np.ndarray:
    down, right = rng.integers(0, 2 * most + 1, 2)
    padded = np.pad(clip, ((0, 0), (most, most), (most, most), (0, 0)), mode="edge")
    return padded[:, down : down + clip.shape[1], right : right + clip.shape[2]]


@torch.no_grad()
def _widen(net: nn.Module) -> None:
    for layer in net.modules():
        if isinstance(layer, nn.Linear | nn.Conv2d | nn.Conv3d):
            layer.weight.mul_(layer.weight[0].numel() ** -0.5 / _PUBLISHED_DEVIATION)


def _optimizer(nets: Masked, recipe: Recipe) -> torch.optim.AdamW:
    """AdamW; weight decay on matrices only, as published."""
    learned = [p for net in (nets.context, nets.predictor) for p in net.parameters() if p.requires_grad]
    matrices = [p for p in learned if p.ndim > 1 and p.shape[:2] != (1, 1)]
    vectors = [p for p in learned if not (p.ndim > 1 and p.shape[:2] != (1, 1))]
    return torch.optim.AdamW(
        [{"params": matrices, "decays": True}, {"params": vectors, "decays": False}], lr=recipe.lr, weight_decay=0.0, foreach=True
    )


def _schedule(optimizer: torch.optim.Optimizer, recipe: Recipe, step: int) -> None:
    warm = max(int(recipe.warmup * recipe.steps), 1)
    if step < warm:
        lr = recipe.start_lr + (recipe.lr - recipe.start_lr) * step / warm
    else:
        lr = _cosine(recipe.lr, recipe.final_lr, (step - warm) / max(recipe.steps - warm, 1))
    decay = _cosine(*recipe.weight_decay, step / recipe.steps)
    for group in optimizer.param_groups:
        group["lr"], group["weight_decay"] = lr, decay if group["decays"] else 0.0


def _cosine(first: float, last: float, share: float) -> float:
    return last + (first - last) * 0.5 * (1 + math.cos(math.pi * share))


@torch.no_grad()
def _follow(nets: Masked, recipe: Recipe, step: int) -> None:
    momentum = 0.0 if recipe.teacher == "online" else recipe.ema[0] + (recipe.ema[1] - recipe.ema[0]) * step / recipe.steps
    for teacher, pupil in zip(nets.target.parameters(), nets.context.parameters(), strict=True):
        teacher.lerp_(pupil, 1 - momentum)
