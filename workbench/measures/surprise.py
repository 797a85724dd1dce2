"""Surprise: where and when a film is not what the model foretold."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import torch
from torch import Tensor

from workbench.core import progress
from workbench.core.clip import Clip
from workbench.core.errors import BadInput, ClipError, PartUnavailable
from workbench.core.futures import FutureLeak, Surprise
from workbench.core.results import Provenance
from workbench.measures.base import measure
from workbench.measures.futures import Future, apart, chosen_distance, plain_distance
from workbench.model.jepa import Jepa

_BATCH = 8


@measure
def surprise(
    jepa: Jepa,
    clip: Clip,
    *,
    contexts: Sequence[int] | None = None,
    window: int | None = None,
    stride: int = 2,
    distance: str | None = None,
    mask_token: int = 0,
) -> Surprise:
    """How far each moment of a clip is from what the model foretold, frame by frame and token by token.

    A model with dynamics foretells every tick from the real ones before it. A masked predictor is given the first frames of a
    sliding window and foretells the rest of it.

    Args:
        contexts: frames of context, several at once; masked predictors only; None: a quarter, a half and three quarters of the window.
        window: frames; None: as in training. stride: frames between windows. distance: None: that of the training loss.
        mask_token: which learned mask token foretells.

    Raises:
        PartUnavailable: neither dynamics nor a masked predictor. BadInput: a context that is no whole number of ticks. ClipError: too short.

    jepa-intuitive-physics (arXiv 2502.11831): their loss of window and context is `windows`; the curve is the mean over windows.
    """
    distance = chosen_distance(jepa, distance)
    origin = Provenance("surprise", jepa.card.name, dict(jepa.card.hashes), f"{clip.digest} {clip.source}".strip(), parameters={"stride": stride})
    if jepa.dynamics is not None:
        future = Future.of(jepa, [clip])
        maps = apart(future.foretold("teacher-forced"), future.came, distance)[0]
        known = torch.full((future.known, *maps.shape[1:]), torch.nan)
        grid = future.real.grid
        whole = torch.cat([known, maps])[None, None].numpy()
        return Surprise("teacher-forced", (0,), (0,), whole, distance, grid, grid.ticks * grid.tubelet, origin)
    if jepa.masked is None:
        raise PartUnavailable("surprise needs a model that foretells", where=jepa.report.path, fix="open a file with dynamics or a masked predictor")
    return _windows(jepa, clip, contexts, window or jepa.card.frames, stride, distance, mask_token, origin)


def _windows(
    jepa: Jepa, clip: Clip, contexts: Sequence[int] | None, window: int, stride: int, distance: str, mask_token: int, origin: Provenance
) -> Surprise:
    masked = jepa.need_masked()
    prepared = jepa.encoder.prepare([clip])
    frames, tubelet = prepared.video.shape[2], prepared.grid.tubelet
    if window % tubelet or window < 2 * tubelet or stride < 1:
        raise BadInput(
            f"windows of {window} frames every {stride}", where="window", fix=f"a multiple of {tubelet}, at least {2 * tubelet}; stride from 1"
        )
    if frames < window:
        raise ClipError(f"a clip of {frames} frames is shorter than a window of {window}", where=clip.source, fix="give window=, or a longer clip")
    asked = tuple(contexts) if contexts is not None else tuple(sorted({max(tubelet, window * k // 4 // tubelet * tubelet) for k in (1, 2, 3)}))
    for context in asked:
        if context % tubelet or not 0 < context < window:
            raise BadInput(f"a context of {context} frames in a window of {window}", where="contexts", fix=f"multiples of {tubelet} below {window}")
    starts = tuple(range(0, frames - window + 1, stride))
    cut = torch.stack([prepared.video[0, :, s : s + window] for s in starts])
    rows: list[Tensor] = []
    total = len(asked) * len(starts)
    for first in range(0, len(starts), _BATCH):
        videos = cut[first : first + _BATCH]
        targets = masked.targets(videos)
        if targets is None:
            raise PartUnavailable("surprise compares with the target encoder, which is not in the file", where=jepa.report.path)
        found = []
        for done, context in enumerate(asked):
            progress.report(first * len(asked) + done, total)
            seen = torch.zeros(targets.tokens.shape[:4], dtype=torch.bool)
            seen[:, : context // tubelet] = True
            (answer,) = masked.predict(videos, seen, ~seen[None], mask_token=mask_token)
            found.append(apart(answer, targets, distance))
        rows.append(torch.stack(found))
    maps = torch.cat(rows, 1).numpy()
    ticks = window // tubelet
    grid = type(prepared.grid)(ticks, *prepared.grid.shape[1:], prepared.grid.patch, tubelet, prepared.grid.scale, prepared.grid.offset)
    return Surprise("windows", asked, starts, maps, distance, grid, frames, origin)


@measure
def future_leak(jepa: Jepa, clip: Clip, *, cuts: Sequence[int] | None = None, distance: str | None = None, seed: int = 0) -> FutureLeak:
    """Does the past change when the future frames change? Frames after each cut are replaced by noise.

    Args:
        cuts: frames; None: up to eight, evenly spread. seed: of the noise.

    Raises:
        ClipError: a clip of one tick has no future.
    """
    distance = chosen_distance(jepa, distance)
    prepared = jepa.encoder.prepare([clip])
    grid, video = prepared.grid, prepared.video
    if grid.ticks < 2:
        raise ClipError("a clip of one tick has no future", where=clip.source, fix="give a clip of several frames")
    where = range(1, grid.ticks)
    asked = tuple(cuts) if cuts is not None else tuple(t * grid.tubelet for t in list(where)[:: max(1, len(where) // 8)][:8])

    def latents(v: Tensor) -> Tensor:
        answer = jepa.dynamics.embed(v) if jepa.dynamics is not None else jepa.encoder.encode(v, weights=jepa.encoder.weights[0])
        return answer.tokens.float().cpu()

    real = latents(video)[0]
    unit = float(plain_distance(real, real.roll(1, 0), distance).mean())
    noise = torch.randn(video.shape, generator=torch.Generator().manual_seed(seed))
    change = np.full((len(asked), grid.ticks), np.nan)
    for row, frame in enumerate(asked):
        progress.report(row, len(asked))
        if not 0 < frame < video.shape[2] or frame % grid.tubelet:
            raise BadInput(f"a cut at frame {frame}", where="cuts", fix=f"multiples of {grid.tubelet} between 1 and {video.shape[2] - 1}")
        other = torch.cat([video[:, :, :frame], noise[:, :, frame:].to(video)], 2)
        past = frame // grid.tubelet
        moved = plain_distance(latents(other)[0, :past], real[:past], distance)
        change[row, :past] = moved.mean((1, 2)).numpy() / max(unit, 1e-12)
    origin = Provenance("future_leak", jepa.card.name, dict(jepa.card.hashes), f"{clip.digest} {clip.source}".strip(), seed=seed)
    return FutureLeak(asked, change, unit, distance, origin)
