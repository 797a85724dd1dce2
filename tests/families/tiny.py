"""One tiny model of every family, for the claims that all must keep. A new family adds one line to TINY."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor

from tests.families import converted, own_module, small_future
from tests.families.official import AC, EB_ROOMS, GOLDEN, IJEPA, JEPA_WMS, NONSQUARE, SPT_IJEPA, VJEPA, VJEPA2_1
from tests.families.timm_state import tiny_lejepa
from tests.families.vit_folder import tiny_dinov2
from workbench.core.clip import Clip
from workbench.families import toy
from workbench.families.load import load
from workbench.model import Jepa, Latents


@dataclass(frozen=True)
class Tiny:
    """How to build it, and what it has.

    Args:
        masked, dynamics, decoder: it has these parts. actions: its dynamics need them. channels: of the clips it takes.
        states: width of the states that go with a clip.
    """

    build: Callable[[], Jepa]
    masked: bool = False
    dynamics: bool = False
    decoder: bool = False
    actions: bool = True
    channels: int = 3
    states: int = 0


TINY: dict[str, Tiny] = {
    "comparison": Tiny(tiny_dinov2),
    "eb_jepa": Tiny(lambda: load(**EB_ROOMS), dynamics=True, channels=2),
    "dino_wm": Tiny(converted.build, dynamics=True, decoder=True, states=4),
    "huggingface": Tiny(lambda: load(GOLDEN / "hf_vjepa2"), masked=True),
    "ijepa": Tiny(lambda: load(**IJEPA), masked=True),
    "jepa_wms": Tiny(lambda: load(**JEPA_WMS), dynamics=True, states=4),
    "lejepa": Tiny(tiny_lejepa),
    "levjepa": Tiny(lambda: load(GOLDEN / "levjepa")),
    "lewm": Tiny(lambda: load(GOLDEN / "lewm"), dynamics=True),
    "pldm": Tiny(lambda: load(GOLDEN / "swm_pldm"), dynamics=True),
    "prejepa": Tiny(lambda: load(GOLDEN / "swm_prejepa"), dynamics=True, states=4),
    "spt_ijepa": Tiny(lambda: load(**SPT_IJEPA), masked=True),
    "tiny_jepa": Tiny(lambda: load(GOLDEN / "tiny_jepa" / "tiny.npz"), dynamics=True, decoder=True),
    "toy": Tiny(lambda: toy.build(0), masked=True, dynamics=True, decoder=True, states=2),
    "vjepa": Tiny(lambda: load(**VJEPA), masked=True),
    "vjepa2": Tiny(lambda: load(**NONSQUARE), masked=True),
    "workbench": Tiny(small_future.tiny, dynamics=True, decoder=True),
    "wrapped": Tiny(lambda: own_module.build(0), masked=True, dynamics=True),
    "vjepa2_ac": Tiny(lambda: load(**AC), dynamics=True, states=7),
    "vjepa2_1": Tiny(lambda: load(**VJEPA2_1), masked=True),
}


def clips(jepa: Jepa, count: int, seed: int = 0) -> list[Clip]:
    """Noise of another size than the model's."""
    rng = np.random.default_rng(seed)
    height, width = jepa.card.image_size
    most = jepa.card.frames if jepa.dynamics is None else max(jepa.card.frames, jepa.dynamics.history[0], 2)
    shape = (count, most, height + 13, width + 22, TINY[jepa.card.family].channels)
    return [Clip(f, fps=5.0 if len(f) > 1 else None) for f in rng.integers(0, 256, shape, dtype=np.uint8)]


def encoded(jepa: Jepa, video: Tensor, **asked: object) -> Latents:
    """By the weights that the file has, the target's where there are both."""
    return jepa.encoder.encode(video, weights=jepa.encoder.weights[0], **asked)


def same(a: Latents | None, b: Latents | None, tolerance: float = 0.0) -> None:
    assert a is not None
    assert b is not None
    assert a.space == b.space
    torch.testing.assert_close(a.tokens, b.tokens, atol=tolerance, rtol=0, equal_nan=True)


def problem(jepa: Jepa, batch: int, *, uneven: bool = True) -> tuple[Tensor, Tensor]:
    """Context [batch, …] and four target blocks [4, batch, …], empty where there are too few tokens; rows keep different numbers of tokens."""
    grid = jepa.encoder.prepare(clips(jepa, 1)).grid
    rng = np.random.default_rng(1)
    kinds = np.stack([rng.permutation(grid.tokens) for _ in range(batch)])
    context = np.stack([k < max(1, grid.tokens // 3) + (row if uneven else 0) for row, k in enumerate(kinds)])
    targets = np.stack([[(k >= grid.tokens - 3 * (b + 1)) & (k < grid.tokens - 3 * b) for k in kinds] for b in range(4)])
    shape = grid.shape
    return torch.from_numpy(context).unflatten(1, shape), torch.from_numpy(targets).unflatten(2, shape)


def under(mask: Tensor, jepa: Jepa, video: Tensor) -> Tensor:
    """[batch, 1, frames, height, width], True at the pixels of the tokens in the mask."""
    grid = jepa.encoder.prepare(clips(jepa, 1)).grid
    pixels = mask.repeat_interleave(grid.tubelet, 1).repeat_interleave(grid.patch[0], 2).repeat_interleave(grid.patch[1], 3)
    return pixels[:, None].expand_as(video)
