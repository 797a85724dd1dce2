"""How far each moment of clips is from what a model predicted: tick by tick, or the rest of sliding windows."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import TypedDict

import torch
from jaxtyping import Float
from torch import Tensor

from workbench.core import progress
from workbench.core.clip import Clip
from workbench.core.errors import BadInput, ClipError, PartUnavailable
from workbench.core.grid import TokenGrid
from workbench.core.questions.surprise import ClipSurprise, Surprise
from workbench.core.results import Provenance
from workbench.measures.futures import Future, apart, chosen_distance
from workbench.model.jepa import Jepa

_BATCH, _CLIPS = 8, 25


class Looking(TypedDict, total=False):
    """How a model looks at clips: the options of `surprises`."""

    contexts: Sequence[int] | None
    window: int | None
    stride: int
    distance: str | None
    mask_token: int | None


def surprises(
    jepa: Jepa,
    clips: Sequence[Clip],
    *,
    contexts: Sequence[int] | None = None,
    window: int | None = None,
    stride: int = 2,
    distance: str | None = None,
    mask_token: int | None = 0,
) -> list[Surprise]:
    """The surprise of clips of one length, several at a time. Arguments and errors as those of `surprise`."""
    jepa.report.require(*ClipSurprise.about.needed(jepa.report))
    distance = chosen_distance(jepa, distance)
    if jepa.dynamics is not None:
        found: list[Surprise] = []
        for first in range(0, len(clips), _CLIPS):
            progress.report(first, len(clips))
            found += _forced(jepa, clips[first : first + _CLIPS], distance)
        return found
    if jepa.masked is None:
        raise PartUnavailable(
            "surprise needs a model that predicts the future", where=jepa.report.path, fix="open a file with dynamics or a masked predictor"
        )
    frames = jepa.encoder.prepare(clips[:1]).video.shape[2]
    windows = Windows.of(jepa, frames, contexts, window or jepa.card.frames, stride, clips[0].source)
    return windows.watch(jepa, clips, distance, mask_token)


def _forced(jepa: Jepa, clips: Sequence[Clip], distance: str) -> list[Surprise]:
    """Every tick predicted from the real ones before it."""
    future = Future.of(jepa, clips)
    maps = apart(future.predicted("teacher-forced"), future.came, distance)
    known = torch.full((len(clips), future.known, *maps.shape[2:]), torch.nan)
    grid = future.real.grid
    whole = torch.cat([known, maps], 1)[:, None, None].numpy()
    frames = grid.ticks * grid.tubelet
    return [Surprise("teacher-forced", (0,), (0,), w, distance, grid, frames, _origin(jepa, c, {})) for w, c in zip(whole, clips, strict=True)]


def _origin(jepa: Jepa, clip: Clip, parameters: dict[str, object]) -> Provenance:
    return Provenance("surprise", jepa.card.name, dict(jepa.card.hashes), f"{clip.digest} {clip.source}".strip(), parameters=parameters)


@dataclass(frozen=True)
class Windows:
    """Where windows of a clip begin, and with how many frames of context the rest of each is predicted."""

    contexts: tuple[int, ...]
    starts: tuple[int, ...]
    window: int
    tubelet: int
    stride: int
    frames: int

    @classmethod
    def of(cls, jepa: Jepa, frames: int, contexts: Sequence[int] | None, window: int, stride: int, where: str = "clip") -> Windows:
        """Windows over a clip of so many prepared frames.

        Raises:
            BadInput: a window, stride or context that does not fit. ClipError: the clip is shorter than a window.
        """
        tubelet = jepa.card.tubelet
        if window % tubelet or window < 2 * tubelet or stride < 1:
            fix = f"a multiple of {tubelet}, at least {2 * tubelet}; stride from 1"
            raise BadInput(f"windows of {window} frames every {stride}", where="window", fix=fix)
        if frames < window:
            raise ClipError(f"a clip of {frames} frames is shorter than a window of {window}", where=where, fix="give window=, or a longer clip")
        asked = tuple(contexts) if contexts is not None else tuple(sorted({max(tubelet, window * k // 4 // tubelet * tubelet) for k in (1, 2, 3)}))
        for context in asked:
            if context % tubelet or not 0 < context < window:
                raise BadInput(
                    f"a context of {context} frames in a window of {window}", where="contexts", fix=f"multiples of {tubelet} below {window}"
                )
        if not asked:
            raise BadInput("no context to predict from", where="contexts", fix=f"multiples of {tubelet} below {window}")
        return cls(asked, tuple(range(0, frames - window + 1, stride)), window, tubelet, stride, frames)

    def watch(self, jepa: Jepa, clips: Sequence[Clip], distance: str, mask_token: int | None) -> list[Surprise]:
        """The surprise of clips of this length."""
        each, total = len(self.starts), len(clips) * len(self.starts)
        rows: list[Tensor] = []
        for first in range(0, total, _BATCH):
            progress.report(first, total)
            places = [(clips[i // each], self.starts[i % each]) for i in range(first, min(first + _BATCH, total))]
            videos = torch.stack([jepa.encoder.prepare([c]).video[0, :, s : s + self.window] for c, s in places])
            rows.append(self._foretell(jepa, videos, distance, mask_token))
        maps = torch.cat(rows, 1).unflatten(1, (len(clips), each)).numpy()
        whole = jepa.encoder.prepare(clips[:1]).grid
        grid = replace(whole, ticks=self.window // self.tubelet)
        said: dict[str, object] = {"window": self.window, "stride": self.stride}
        found = [maps[:, i] for i in range(len(clips))]
        return [
            Surprise("windows", self.contexts, self.starts, m, distance, grid, self.frames, _origin(jepa, c, said))
            for m, c in zip(found, clips, strict=True)
        ]

    def _foretell(self, jepa: Jepa, videos: Tensor, distance: str, mask_token: int | None) -> Float[Tensor, "contexts windows ticks rows cols"]:
        masked = jepa.need_masked()
        targets = masked.targets(videos)
        if targets is None:
            raise PartUnavailable("surprise compares with the target encoder, which is not in the file", where=jepa.report.path)
        found: list[Tensor] = []
        for context in self.contexts:
            seen = torch.zeros(targets.tokens.shape[:4], dtype=torch.bool)
            seen[:, : context // self.tubelet] = True
            (answer,) = masked.predict(videos, seen, ~seen[None], mask_token=mask_token)
            found.append(apart(answer, targets, distance))
        return torch.stack(found)


def pixel_surprise(jepa: Jepa, clip: Clip) -> Surprise:
    """The baseline without a model: the change from frame to frame of the pixels that the model is given, in squares of brightness from 0 to 1."""
    shown = jepa.encoder.prepare([clip]).shown[0].float() / 255
    frames, height, width = shown.shape[:3]
    rows, cols = (next(n for n in range(8, 0, -1) if side % n == 0) for side in (height, width))
    grid = TokenGrid(frames, rows, cols, (height // rows, width // cols))
    change = (shown[1:] - shown[:-1]).square().mean(-1).unflatten(1, (rows, -1)).unflatten(3, (cols, -1)).mean((2, 4))
    maps = torch.cat([torch.full((1, rows, cols), torch.nan), change])[None, None]
    origin = Provenance("surprise", "changes of pixels", {}, f"{clip.digest} {clip.source}".strip())
    return Surprise("pixels", (0,), (0,), maps.numpy(), "l2", grid, frames, origin)
