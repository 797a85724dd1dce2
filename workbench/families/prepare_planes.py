"""The preparation of models that see planes instead of colours: one grey plane, or the two of the rooms, the agent's dot and the walls."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import partial
from math import isfinite
from typing import Any, get_args

import cv2
import numpy as np
import torch
from jaxtyping import Float, UInt8
from torch import Tensor

from workbench.core.clip import Clip
from workbench.core.errors import ClipError
from workbench.families.prepare import Preparation, Resample, Rule
from workbench.families.prepare_settings import PREPARE_OVERRIDES
from workbench.families.settings import Settings
from workbench.model.spec import Prepared

PLANE_OVERRIDES: Mapping[str, str] = {
    **PREPARE_OVERRIDES,
    "mean": "one number for each channel: what is subtracted from pixels of 0 to 1",
    "std": "one number above 0 for each channel: what the pixels are then divided by",
}
_BLUE = 8.0  # mean grey level of a third plane that compression may leave in a file that has two
_EPS = 1e-6


@dataclass(frozen=True)
class PlanePreparation:
    """How such a model wants its clips.

    Args:
        inner: how they are resized. mean, std: one number a plane, with pixels from 0 to 1.
        spread: each plane of each frame is first spread so that its least value is 0 and its largest 1.
    """

    inner: Preparation
    mean: tuple[float, ...]
    std: tuple[float, ...]
    spread: bool = False

    @property
    def size(self) -> tuple[int, int]:
        """(height, width) in pixels."""
        return self.inner.size

    @property
    def planes(self) -> int:
        """How many channels the model sees."""
        return len(self.mean)

    def sentence(self) -> str:
        """The same in one line, for the card."""
        what = "one grey plane" if self.planes == 1 else "two planes: channel 0 the agent's dot, channel 1 the walls (red and green of a picture)"
        size = self.inner.sentence().partition("; ")[2].partition("; /255")[0]
        values = "each plane of each frame spread to 0 … 1" if self.spread else "/255"
        return f"{what}; {size}; {values}, mean {self._words(self.mean)}, deviation {self._words(self.std)}"

    def __call__(self, clips: Sequence[Clip]) -> Prepared:
        """All clips on one grid.

        Raises:
            ClipError: as `Preparation`; or a clip has not the planes that the model sees.
        """
        done = self.inner([self._seen(clip) for clip in clips])
        planes = done.shown[..., : self.planes].permute(0, 4, 1, 2, 3)
        return replace(done, video=self._values(planes).contiguous())

    def _values(self, planes: UInt8[Tensor, "batch planes frames height width"]) -> Float[Tensor, "batch planes frames height width"]:
        pixels = planes.float()
        mean, std = (torch.tensor(v)[:, None, None, None] for v in (self.mean, self.std))
        if not self.spread:
            return (pixels / 255.0 - mean) / std
        raised = pixels - pixels.amin((-2, -1), keepdim=True)
        return (raised / (raised.amax((-2, -1), keepdim=True) + _EPS) - mean) / (std + _EPS)

    def _seen(self, clip: Clip) -> Clip:
        """The clip with the planes that the model sees, as it would be shown."""
        channels, where = clip.pixels.shape[-1], clip.source or "prepare"
        if self.planes == 1:
            if channels == 2:
                raise ClipError("this model sees one grey plane, the clip has two", where=where, fix="give a grey or a colour clip")
            return clip if channels == 1 else replace(clip, pixels=_grey(clip.pixels))
        blue = float(clip.pixels[..., 2].mean()) if channels == 3 else 0.0
        if channels == 1 or blue > _BLUE:
            what = "one plane" if channels == 1 else "three colours"
            raise ClipError(
                f"this model sees two planes, the agent's dot and the walls; the clip has {what}",
                where=where,
                fix="give pixels [frames, height, width, 2], or a picture with the dot in red and the walls in green",
            )
        return clip

    @staticmethod
    def _words(values: tuple[float, ...]) -> str:
        return ", ".join(f"{v:g}" for v in values)


def _grey(pixels: UInt8[np.ndarray, "frames height width 3"]) -> UInt8[np.ndarray, "frames height width 1"]:
    return np.stack([cv2.cvtColor(frame, cv2.COLOR_RGB2GRAY) for frame in pixels])[..., None]


def settle_planes(settings: Settings, published: PlanePreparation, why: str) -> PlanePreparation:
    """The preparation with what the user said of it, each value kept as a fact."""
    count = published.planes
    found: dict[str, Any] = {}
    for name, value, least in (("mean", published.mean, None), ("std", published.std, 0.0)):
        options = f"{count} number{'s' if count > 1 else ''}, one for each channel"
        found[name] = settings.settle(name, parse=_numbers(count, least), options=options, standin=value, table=(value, "inferred", why))
    for name, value, words in (("resize", published.inner.rule, get_args(Rule)), ("resample", published.inner.resample, get_args(Resample))):
        parse, options = partial(_one_of, words), PLANE_OVERRIDES[name]
        found[name] = settings.settle(name, parse=parse, options=options, standin=value, table=(value, "inferred", why))
    inner = replace(published.inner, rule=found.pop("resize"), resample=found.pop("resample"))
    return replace(published, inner=inner, **found)


def _one_of(words: tuple[str, ...], value: Any) -> Any:
    if value not in words:
        raise ValueError(f"it is one of {', '.join(words)}")
    return value


def _numbers(count: int, above: float | None) -> Callable[[Any], tuple[float, ...]]:
    def parse(value: Any) -> tuple[float, ...]:
        found = tuple(value) if isinstance(value, list | tuple) else (value,)
        if len(found) != count or any(isinstance(v, bool) or not isinstance(v, int | float) or not isfinite(v) for v in found):
            raise ValueError(f"{count} finite numbers are needed")
        if above is not None and min(found) <= above:
            raise ValueError("pixels are divided by them: each must be above 0")
        return tuple(float(v) for v in found)

    return parse
