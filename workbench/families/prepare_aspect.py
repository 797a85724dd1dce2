"""The preparation of V-JEPA 2-AC: the middle of a clip, at most so wide or so tall, stretched to the model's size."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from math import isfinite
from typing import Any

from workbench.core.clip import Clip
from workbench.families.prepare import Preparation
from workbench.families.prepare_settings import VIDEO_OVERRIDES, settle_preparation
from workbench.families.settings import Settings
from workbench.model.spec import Prepared

ASPECT_OVERRIDES: Mapping[str, str] = {
    **VIDEO_OVERRIDES,
    "aspect": '(least, most) width over height that is kept of a clip before it is stretched; resize="crop" makes it a square',
}


@dataclass(frozen=True)
class AspectPreparation:
    """The crop that the random crop of training falls back to where the wanted area is larger than the clip.

    Args:
        inner: how the rest is done. aspect: (least, most) width over height; what is beyond is cut off both sides alike.
    """

    inner: Preparation
    aspect: tuple[float, float]

    @property
    def size(self) -> tuple[int, int]:
        """(height, width) in pixels."""
        return self.inner.size

    def sentence(self) -> str:
        """The same in one line, for the card."""
        if self.inner.rule != "stretch":
            return self.inner.sentence()
        least, most = self.aspect
        return f"middle of a width of {least:g} to {most:g} heights; {self.inner.sentence()}"

    def __call__(self, clips: Sequence[Clip]) -> Prepared:
        """All clips on one grid.

        Raises:
            ClipError: as `Preparation`.
        """
        if self.inner.rule != "stretch" or not clips:
            return self.inner(clips)
        cut = [self._middle(clip) for clip in clips]
        done = self.inner([clip for clip, _ in cut])
        (top, left), (down, across) = cut[0][1], done.grid.offset
        return replace(done, grid=replace(done.grid, offset=(down + top, across + left)))

    def _middle(self, clip: Clip) -> tuple[Clip, tuple[int, int]]:
        """The part that is kept, and its upper left corner in the clip."""
        least, most = self.aspect
        height, width = clip.height, clip.width
        if (height, width) == self.size:
            return clip, (0, 0)
        if width < least * height:
            height = max(1, round(width / least))
        elif width > most * height:
            width = max(1, round(height * most))
        top, left = (clip.height - height) // 2, (clip.width - width) // 2
        return replace(clip, pixels=clip.pixels[:, top : top + height, left : left + width]), (top, left)


def settle_aspect(settings: Settings, published: Preparation, aspect: tuple[float, float]) -> AspectPreparation:
    """The preparation with what the user and the yaml said of it, each value kept as a fact.

    Args:
        published: with the rule "stretch". aspect: as trained.
    """
    why = "training's crop finds no room and falls back on the middle"
    found = settle_preparation(settings, published, config={"fps": ("data.fps",)})
    if found.rule == "crop":
        return AspectPreparation(replace(found, short=min(found.size)), aspect)
    options = "aspect=(least, most) width over height, as in (0.75, 1.35)"
    kept = settings.settle("aspect", parse=_limits, options=options, standin=aspect, table=(aspect, "inferred", why))
    return AspectPreparation(found, kept)


def _limits(value: Any) -> tuple[float, float]:
    if not isinstance(value, list | tuple) or len(value) != 2 or any(isinstance(v, bool) or not isinstance(v, int | float) for v in value):
        raise ValueError("two numbers are needed")
    if not all(isfinite(v) for v in value) or not 0 < value[0] <= value[1]:
        raise ValueError("they are above 0, the first no larger than the second")
    return float(value[0]), float(value[1])
