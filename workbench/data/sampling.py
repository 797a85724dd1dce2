"""Which frames a model is given: one rule for videos, animations and banks."""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np

from workbench.core.errors import ClipError
from workbench.core.footage import stride

# Seconds by which a frame may come late and still be the one at its time: containers round times to milliseconds.
_LATE = 1e-3


def pick(
    total: int,
    source_fps: float | None,
    *,
    frames: int | None,
    fps: float | None,
    start: float = 0.0,
    length: float | None = None,
    where: str = "",
) -> tuple[list[int], float | None]:
    """The frames to take of a source with a constant rate, and how many a second they then are.

    With `fps`, every `ceil(source fps) // fps`-th frame from `start` on, as V-JEPA 2 samples; with `frames` alone, that many
    spread evenly from `start` to the end; with neither, all of them.

    Args:
        total: frames in the source. source_fps: its frames a second; None = unknown. frames: how many to take.
        fps: how many a second. start: seconds into the source. length: seconds of it; None = to its end. where: what to call the source.

    Raises:
        ClipError: the source is too short for what is asked, or its rate is needed and unknown.
    """
    _sane(frames, fps, start, length, where)
    if (fps is not None or start or length is not None) and not source_fps:
        raise ClipError("its frames a second are unknown, so that it cannot be sampled in time", where=where, fix="ask for frames alone")
    first = round(start * (source_fps or 0))
    if not 0 <= first < total:
        raise ClipError(f"{start:g} s is frame {first} of {total}", where=where, fix="start inside the clip")
    if length is not None and source_fps:
        total = min(total, first + max(1, round(length * source_fps)))
    if fps is not None and source_fps:
        return _every(total, source_fps, first, frames, fps, where)
    if frames is None:
        return list(range(first, total)), source_fps
    _enough(frames, total - first, where)
    chosen = np.linspace(first, total - 1, frames).round().astype(int).tolist()
    rate = source_fps * (frames - 1) / (total - 1 - first) if source_fps and frames > 1 else None
    return chosen, rate


def pick_at(
    times: Sequence[float],
    end: float,
    *,
    frames: int | None,
    fps: float | None,
    start: float = 0.0,
    length: float | None = None,
    where: str = "",
) -> tuple[list[int], float | None]:
    """The frames to take of a source whose frames come at uneven times: those on display at the asked times.

    With `fps`, the frame on display at `start`, `start` + 1/fps and so on, the same one again while no other has come; with
    `frames` alone, those on display at that many evenly spread times; with neither, all of them at their mean rate.

    Args:
        times: when each frame is shown, rising, in seconds from 0. end: when the last one disappears. The others as of `pick`.

    Raises:
        ClipError: the source is too short for what is asked.
    """
    _sane(frames, fps, start, length, where)
    if not 0 <= start < end:
        raise ClipError(f"{start:g} s lies outside its {end:.3g} s", where=where, fix="start inside the clip")
    stop = end if length is None else min(end, start + length)
    rising = np.asarray(times, np.float64)

    def on_display(moments: np.ndarray) -> list[int]:
        return np.clip(np.searchsorted(rising, moments + _LATE, side="right") - 1, 0, len(rising) - 1).tolist()

    if fps is not None:
        there = max(1, math.ceil((stop - start - _LATE) * fps))
        if frames is not None and frames > there:
            fix = f"ask for {there} or fewer, or for more a second"
            raise ClipError(f"{frames} frames at {fps:g} a second were asked, {there} are there", where=where, fix=fix)
        return on_display(start + np.arange(frames or there) / fps), float(fps)
    first = on_display(np.array([start]))[0]
    last = max(first, int(np.searchsorted(rising, stop - _LATE, side="left")) - 1)
    if frames is None:
        return list(range(first, last + 1)), _mean_rate(rising[first : last + 1])
    _enough(frames, last + 1 - first, where)
    moments = np.linspace(rising[first], rising[last], frames)
    return on_display(moments), _mean_rate(moments)


def _mean_rate(times: np.ndarray) -> float | None:
    """Frames a second on average; None for one frame."""
    seconds = float(times[-1] - times[0])
    return (len(times) - 1) / seconds if seconds > 0 else None


def _sane(frames: int | None, fps: float | None, start: float, length: float | None, where: str) -> None:
    for name, value in (("frames", frames), ("fps", fps), ("length", length)):
        if value is not None and not (value > 0 and math.isfinite(value)):
            raise ClipError(f"{name}={value} cannot be sampled", where=where, fix=f"give a positive {name}")
    if not math.isfinite(start):
        raise ClipError(f"start={start} cannot be sampled", where=where, fix="give seconds from the start of the clip")


def _enough(frames: int, there: int, where: str) -> None:
    if frames > there:
        raise ClipError(f"{frames} frames were asked, {there} are there", where=where, fix=f"ask for {there} or fewer")


def _every(total: int, source_fps: float, first: int, frames: int | None, fps: float, where: str) -> tuple[list[int], float | None]:
    step = stride(source_fps, fps)
    there = -(-(total - first) // step)
    if frames is not None and frames > there:
        raise ClipError(
            f"{frames} frames at {fps:g} a second were asked, {there} are there",
            where=where,
            fix=f"ask for {there} or fewer, or for more a second (it has {source_fps:g})",
        )
    return list(range(first, first + step * (frames or there), step)), source_fps / step
