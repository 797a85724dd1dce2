"""Which frames a model is given: one rule for videos and banks."""

from __future__ import annotations

import math

import numpy as np

from workbench.core.errors import ClipError


def pick(
    total: int, source_fps: float | None, *, frames: int | None, fps: float | None, start: float = 0.0, where: str = ""
) -> tuple[list[int], float | None]:
    """The frames to take, and how many a second they then are.

    With `fps`, every `ceil(source fps) // fps`-th frame from `start` on, as V-JEPA 2 samples; with `frames` alone, that many
    spread evenly from `start` to the end; with neither, all of them.

    Args:
        total: frames in the source. source_fps: its frames a second; None = unknown. frames: how many to take.
        fps: how many a second. start: seconds into the source. where: what to call the source.

    Raises:
        ClipError: the source is too short for what is asked, or its rate is needed and unknown.
    """
    for name, value in (("frames", frames), ("fps", fps)):
        if value is not None and not (value > 0 and math.isfinite(value)):
            raise ClipError(f"{name}={value} cannot be sampled", where=where, fix=f"give a positive {name}")
    if (fps is not None or start) and not source_fps:
        raise ClipError("its frames a second are unknown, so that it cannot be sampled in time", where=where, fix="ask for frames alone")
    first = round(start * (source_fps or 0))
    if not 0 <= first < total:
        raise ClipError(f"{start:g} s is frame {first} of {total}", where=where, fix="start inside the clip")
    if fps is not None and source_fps:
        return _every(total, source_fps, first, frames, fps, where)
    if frames is None:
        return list(range(first, total)), source_fps
    if frames > total - first:
        raise ClipError(f"{frames} frames were asked, {total - first} are there", where=where, fix=f"ask for {total - first} or fewer")
    chosen = np.linspace(first, total - 1, frames).round().astype(int).tolist()
    rate = source_fps * (frames - 1) / (total - 1 - first) if source_fps and frames > 1 else None
    return chosen, rate


def _every(total: int, source_fps: float, first: int, frames: int | None, fps: float, where: str) -> tuple[list[int], float | None]:
    step = max(1, int(math.ceil(source_fps) // fps))
    there = -(-(total - first) // step)
    if frames is not None and frames > there:
        raise ClipError(
            f"{frames} frames at {fps:g} a second were asked, {there} are there",
            where=where,
            fix=f"ask for {there} or fewer, or for more a second (it has {source_fps:g})",
        )
    return list(range(first, first + step * (frames or there), step)), source_fps / step
