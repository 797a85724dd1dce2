"""When each frame of a video is shown, read from its packets without decoding them."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from itertools import pairwise
from typing import Any

import numpy as np

from workbench.core import progress
from workbench.core.errors import ClipError
from workbench.data._av import pyav
from workbench.data.sampling import pick, pick_at

_MOST_PACKETS = 2_000_000
_INDEXED = frozenset(("mov", "matroska"))
# The time stamps of these are the order of the packets, or are missing for many frames.
_COUNTED = frozenset(("avi", "mpegvideo"))
_EVERY = 512
_TICK = 1e-3


@dataclass(frozen=True, eq=False)
class Timeline:
    """The frames of a video in the order in which they are shown.

    Args:
        stamps: presentation time of each, in ticks of the stream, rising; None where frames are counted in place of being timed.
        times: the same in seconds from the first. end: when the last disappears. rate: frames a second where constant, else None.
        keys: (presentation, decoding) time stamps of the frames from which decoding can start; empty where none can be sought.
        announced: how many frames the header promises; 0 = unknown. notes: what a reader should know of the times.
    """

    stamps: tuple[int, ...] | None
    times: tuple[float, ...]
    end: float
    rate: float | None
    keys: tuple[tuple[int, int], ...] = ()
    announced: int = 0
    notes: tuple[str, ...] = ()

    def __len__(self) -> int:
        return len(self.times)

    @property
    def steady(self) -> bool:
        """Whether all frames are shown equally long."""
        return self.rate is not None or len(self) < 2 or self.stamps is None

    def only(self, kept: list[int]) -> Timeline:
        """The same with some of its frames, to be decoded without seeking; their rate is their own, where they are evenly spaced."""
        seconds = np.array([self.times[k] for k in kept], np.float64)
        seconds -= seconds[0]
        step = float(np.median(np.diff(seconds))) if len(kept) > 1 else 0.0
        rate = self.rate if kept == list(range(len(kept))) else constant_rate(seconds, _TICK)
        stamps = None if self.stamps is None else tuple(self.stamps[k] for k in kept)
        end = self.end - self.times[kept[0]] if kept[-1] == len(self) - 1 else float(seconds[-1]) + step
        return replace(self, stamps=stamps, times=tuple(seconds.tolist()), end=end, rate=rate, keys=())

    def lacks(self, other: Timeline) -> bool:
        """Whether a part of the film is missing here that `other` has. Fields that are two packets a frame are no loss."""
        if self.rate is None or len(self) < 2:
            return len(self) < len(other)
        return len(self) < len(other) and (self.rate == other.rate or other.end - self.end > 2.5 / self.rate)

    def choose(self, *, frames: int | None, fps: float | None, start: float, length: float | None, where: str) -> tuple[list[int], float | None]:
        """Which frames to take, and how many a second they then are: `pick` where the rate is constant, else `pick_at`."""
        if self.steady:
            return pick(len(self), self.rate, frames=frames, fps=fps, start=start, length=length, where=where)
        return pick_at(self.times, self.end, frames=frames, fps=fps, start=start, length=length, where=where)


@dataclass(frozen=True)
class _Packet:
    shown: int | None
    decoded: int | None
    lasts: int
    key: bool


def timeline(container: Any, stream: Any, where: str) -> Timeline:
    """The times of all frames that are shown, in one pass over the packets.

    Frames that an edit list hides are none of them. Times that are missing, repeated or that go back are not used: the frames
    are then counted, at the rate that the header gives.

    Raises:
        ClipError: there is no frame at all, or there are more than two million.
    """
    packets = _packets(container, stream, where)
    if not packets:
        raise ClipError("this video holds no frames", where=where, fix="record or copy it again")
    order = [p.decoded for p in packets if p.decoded is not None]
    back = any(b < a for a, b in pairwise(order))
    stamps = sorted(p.shown for p in packets if p.shown is not None)
    timed = len(stamps) == len(packets) and len(set(stamps)) == len(stamps) and not back
    if _demuxer(container) in _COUNTED or not timed:
        return _counted(stream, len(packets), ("its times go back; frames are taken in order",) if back else ())
    tick = float(stream.time_base)
    seconds = (np.array(stamps, np.float64) - stamps[0]) * tick
    rate = constant_rate(seconds, tick, _header_rate(stream))
    last = next((p.lasts * tick for p in packets if p.shown == stamps[-1] and p.lasts > 0), 0.0)
    last = last or (float(np.median(np.diff(seconds))) if len(seconds) > 1 else 0.0)
    keys = tuple((p.shown, p.shown if p.decoded is None else p.decoded) for p in packets if p.key and p.shown is not None)
    found = Timeline(
        tuple(stamps),
        tuple(seconds.tolist()),
        float(seconds[-1]) + last,
        rate,
        keys if _demuxer(container) in _INDEXED else (),
        _announced(container, stream, rate),
    )
    return found if found.steady else replace(found, notes=("frames at uneven times",))


def _demuxer(container: Any) -> str:
    """The first of the names that FFmpeg has for it."""
    return container.format.name.split(",")[0]


def _packets(container: Any, stream: Any, where: str) -> list[_Packet]:
    av = pyav()
    found: list[_Packet] = []
    broken: tuple[type[BaseException], ...] = (av.FFmpegError, OSError)

    def read() -> None:
        for packet in container.demux(stream):
            if packet.size and not packet.is_discard:
                found.append(_Packet(packet.pts, packet.dts, packet.duration or 0, packet.is_keyframe))
                if len(found) % _EVERY == 0:
                    progress.report(len(found), 0)
            if len(found) > _MOST_PACKETS:
                raise ClipError(f"this video holds more than {_MOST_PACKETS:,} frames", where=where, fix="cut it into shorter ones")

    _until_broken(read, broken)
    return found


def _until_broken(read: Callable[[], None], broken: tuple[type[BaseException], ...]) -> bool:
    """Whether reading came to its end. What was read before a damaged place counts."""
    try:
        read()
    except broken:
        return False
    return True


def constant_rate(seconds: np.ndarray, tick: float, said: float | None = None) -> float | None:
    """Frames a second where no interval differs by more than containers round times; as the header writes it, where that agrees."""
    if len(seconds) < 2:
        return None
    steps = np.diff(seconds)
    mean = float(seconds[-1] - seconds[0]) / len(steps)
    if mean <= 0 or float(np.abs(steps - mean).max()) > 1.01 * tick + 0.02 * mean:
        return None
    return said if said and abs(said * mean - 1) < 0.02 else 1 / mean


def _header_rate(stream: Any) -> float | None:
    rates = (float(r) for r in (stream.average_rate, stream.guessed_rate, stream.base_rate) if r)
    return next((r for r in rates if 0 < r < 1000), None)


def _counted(stream: Any, total: int, notes: tuple[str, ...]) -> Timeline:
    rate = _header_rate(stream) if total > 1 else None
    step = 1 / rate if rate else 0.0
    return Timeline(None, tuple(k * step for k in range(total)), total * step, rate, announced=stream.frames or 0, notes=notes)


def _announced(container: Any, stream: Any, rate: float | None) -> int:
    """How many frames the shown duration promises. The count of samples is not asked: it has those that an edit list hides."""
    if not rate:
        return 0
    if stream.duration:
        return round(float(stream.duration * stream.time_base) * rate)
    alone = len(container.streams) == 1 and _demuxer(container) == "matroska"
    return round(container.duration / 1e6 * rate) if alone and container.duration else 0
