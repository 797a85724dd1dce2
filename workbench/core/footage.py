"""Which frames of a film a model is given: its rate, the part that is looked at, and the windows that it is cut into."""

from __future__ import annotations

import math
from dataclasses import dataclass

from workbench.core.codec import portable

_LATE = 1e-3
_DIGITS = 4  # of seconds that are written into keys and lines of code


@portable
@dataclass(frozen=True)
class FilmFacts:
    """A film before a frame of it is decoded.

    Args:
        frames: that are shown. seconds: from the first frame to the end of the last; 0 where the times are unknown.
        fps: frames a second where they come at even times, else None.
    """

    frames: int
    seconds: float
    fps: float | None = None

    @property
    def rate(self) -> float:
        """Frames a second, on average where they come at uneven times; 0 where the times are unknown."""
        return self.fps or (self.frames / self.seconds if self.seconds > 0 else 0.0)


@portable
@dataclass(frozen=True)
class Part:
    """What of a film is looked at, and how fast.

    Args:
        fps: frames a second to take; None = the rate that the model was trained at, else the film's own. low, high: seconds; None = to the end.
    """

    fps: float | None = None
    low: float = 0.0
    high: float | None = None


@portable
@dataclass(frozen=True)
class Window:
    """The frames that a model is given, as options of `open_clips`.

    Args:
        frames, fps, start, length: of `open_clips`. rate: frames a second that come of it; 0 = unknown. end: seconds at which the last frame disappears.
    """

    frames: int
    fps: float | None
    start: float
    length: float | None
    rate: float
    end: float


def stride(source_fps: float, fps: float) -> int:
    """From one taken frame to the next, as V-JEPA 2 samples: `ceil(source fps) // fps`, at least 1."""
    return max(1, int(math.ceil(source_fps) // fps))


def windows(film: FilmFacts, frames: int, part: Part, trained: float | None) -> tuple[Window, ...]:
    """The whole windows of so many frames that a part of a film is cut into, one after another; at least one.

    Where the part is shorter than one window at this rate, the only window has as many frames, spread over the part. Where it
    has fewer frames altogether, it has these.

    Args:
        frames: that the model is given. trained: frames a second that it was trained at; None = unknown.
    """
    if film.seconds <= 0 or film.rate <= 0:
        count = min(frames, film.frames)
        return (Window(count, None, 0.0, None, 0.0, 0.0),)
    low = min(max(0.0, part.low), max(0.0, film.seconds - 1 / film.rate))
    high = film.seconds if part.high is None else min(max(part.high, low + 1 / film.rate), film.seconds)
    wanted = min(part.fps or trained or film.rate, film.rate)
    step, there = _steps(film, wanted, low, high)
    if there < frames:
        return (_spread(film, frames, low, high),)
    rate = 1 / step
    first = round(low * film.fps) / film.fps if film.fps else low
    starts = (round(first + k * frames * step, _DIGITS) for k in range(there // frames))
    return tuple(Window(frames, wanted, start, None, rate, start + frames * step) for start in starts)


def _steps(film: FilmFacts, fps: float, low: float, high: float) -> tuple[float, int]:
    """(seconds from one taken frame to the next, frames to take), by the rules of `workbench.data.sampling`."""
    if film.fps:
        first = round(low * film.fps)
        last = min(film.frames, first + max(1, round((high - low) * film.fps)))
        step = stride(film.fps, fps)
        return step / film.fps, -(-(last - first) // step)
    return 1 / fps, max(1, math.ceil((high - low - _LATE) * fps))


def _spread(film: FilmFacts, frames: int, low: float, high: float) -> Window:
    """One window over the whole part."""
    there = max(1, math.floor((high - low) * film.rate + 0.5))
    count = min(frames, there)
    rate = film.rate * (count - 1) / (there - 1) if there > 1 and count > 1 else 0.0
    length = None if high >= film.seconds - _LATE else round(high - low, _DIGITS)
    return Window(count, None, round(low, _DIGITS), length, rate, high)
