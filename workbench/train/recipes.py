"""What a training run is made of, as frozen values: one recipe a sample."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Literal

from workbench.masks import IJepaMultiblock, Sampler, VJepaMultiblock
from workbench.nn.vit import PredictorConfig, VitConfig


@dataclass(frozen=True)
class Recipe:
    """A masked JEPA and how it is trained.

    Args:
        name: of the sample. layout: the official file layout it is saved in.
        encoder, predictor: sizes. image_size: (height, width) in pixels. frames: a clip; 1 = stills.
        samplers: each gives one mask problem a step; their losses are averaged.
        turn: flip masks at random along each axis. The published I-JEPA sampler never reaches the last row and column, and
            truncation starves the last tokens; on a grid of 8 × 8 that is a quarter of the image.
        mask_token: index of the learned mask token that is trained, and the family's default.
        steps, batch: clips a step. lr: peak; from start_lr over `warmup` (share of the steps), then a cosine to final_lr.
        weight_decay: (first, last), a cosine; ema: (first, last), a line. clip_grad: longest gradient.
        distance: of the loss, on layer-normed targets. spread: weight of the variance–covariance term on context tokens; 0 = none.
        wide: start from weights of deviation 1/√inputs; the published 0.02 suits models ten times as wide.
        shift: largest random move of a training image in pixels, each way, its border repeated; 0 = none.
        teacher: "ema": targets of the moving average, without gradient; "online": of the context encoder itself, with gradient, which collapses.
    """

    name: str
    layout: Literal["ijepa", "vjepa2"]
    encoder: VitConfig
    predictor: PredictorConfig
    image_size: tuple[int, int]
    samplers: tuple[Sampler, ...]
    frames: int = 1
    turn: bool = True
    mask_token: int = 0
    steps: int = 1000
    batch: int = 64
    lr: float = 1e-3
    start_lr: float = 2e-4
    final_lr: float = 1e-6
    warmup: float = 0.1
    weight_decay: tuple[float, float] = (0.04, 0.1)
    ema: tuple[float, float] = (0.99, 1.0)
    clip_grad: float = 1.0
    distance: Literal["smooth-l1", "l1"] = "smooth-l1"
    spread: float = 0.0
    wide: bool = False
    shift: int = 0
    teacher: Literal["ema", "online"] = "ema"

    @property
    def grid(self) -> tuple[int, int, int]:
        """(ticks, rows, cols) of a clip."""
        return self.frames // self.encoder.tubelet, self.image_size[0] // self.encoder.patch, self.image_size[1] // self.encoder.patch

    def quick(self) -> Recipe:
        """A run of seconds, for lessons and tests: it shows the machinery, its weights are worth nothing."""
        return replace(self, steps=60, batch=min(self.batch, 16))


_SMALL = VitConfig(dim=96, depth=4, heads=4, hidden=384, patch=8, table=(8, 8))
_NARROW = PredictorConfig(dim=64, depth=3, heads=4, hidden=256)

SHAPES = Recipe(
    name="shapes",
    layout="ijepa",
    encoder=_SMALL,
    predictor=_NARROW,
    image_size=(64, 64),
    samplers=(IJepaMultiblock(min_keep=4),),
    steps=6500,
    spread=0.02,
)
DIGITS = Recipe(
    name="digits",
    layout="ijepa",
    encoder=replace(_SMALL, patch=4),
    predictor=_NARROW,
    image_size=(32, 32),
    samplers=(IJepaMultiblock(min_keep=4),),
    steps=1600,
    batch=32,
    lr=6e-4,
    ema=(0.998, 1.0),
    wide=True,
    shift=2,
)
BALLS = Recipe(
    name="balls-masked",
    layout="vjepa2",
    encoder=replace(_SMALL, tubelet=2, table=None),
    predictor=replace(_NARROW, depth=2, mask_tokens=2),
    image_size=(48, 48),
    frames=16,
    samplers=(VJepaMultiblock.short(), VJepaMultiblock.long()),
    mask_token=1,
    steps=2000,
    batch=8,
    distance="l1",
    spread=0.02,
)
RECIPES = {r.name: r for r in (SHAPES, DIGITS, BALLS)}
