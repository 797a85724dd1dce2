"""A video on disk -> a clip, sampled in time as a model wants it."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
from jaxtyping import UInt8

from workbench.core import progress
from workbench.core.clip import Clip
from workbench.core.errors import ClipError
from workbench.core.footage import FilmFacts
from workbench.data._av import pyav
from workbench.data.animations import load_animation
from workbench.data.containers import opened, tracks
from workbench.data.headers import HEAD_BYTES, image_format
from workbench.data.limits import MOST_BYTES, MOST_FRAMES, check_frame, fitted
from workbench.data.paths import plainly, readable
from workbench.data.timeline import Timeline, timeline

_HDR = {16: "HDR (PQ)", 18: "HDR (HLG)"}
_ASPECTS = (1 / 16, 16)
_CONVERT = "convert it: ffmpeg -i FILE -c:v libx264 -pix_fmt yuv420p out.mp4"


def load_video(path: str | Path, *, frames: int | None = None, fps: float | None = None, start: float = 0.0, length: float | None = None) -> Clip:
    """Frames of a video or an animation as 8-bit RGB, chosen by their time stamps, upright and with square pixels.

    With `fps`, every `ceil(video fps) // fps`-th frame is taken, as V-JEPA 2 does; where frames come at uneven times, those on
    display at multiples of 1/fps. With `frames` alone, that many are spread evenly; with neither, all are taken. `source` says what
    else was done: interlaced frames stay woven, HDR is shown without tone mapping, frames with a side of more than 1,920
    pixels are scaled down as they are decoded, damaged frames are left out.

    Args:
        path: an MP4, MOV, WebM, MKV, AVI, MPEG, TS, Ogg, FLV, WMV, GIF, WebP or PNG file. frames: how many to take; None = all.
        fps: frames a second to take; None = as they come. start: seconds into the video. length: seconds of it; None = to its end.

    Raises:
        ClipError: not a video, no frame can be read, too short for what is asked, or too large for the memory.
    """
    path = readable(path)
    if not path.is_file():
        raise ClipError("this is a folder, not a video", where=plainly(str(path)), fix="open it with open_clips()")
    with path.open("rb") as file:
        head = file.read(HEAD_BYTES)
    if image_format(head):
        return load_animation(path, frames=frames, fps=fps, start=start, length=length)
    asked: dict[str, Any] = {"frames": frames, "fps": fps, "start": start, "length": length}
    with opened(path) as (container, stream):
        line = timeline(container, stream, plainly(str(path)))
    try:
        return _load(path, line, asked, "")
    except _Unreadable:
        found = _readable(path, line)
    if not found:
        raise ClipError("not one frame of this video can be read", where=plainly(str(path)), fix="play it elsewhere; convert it to MP4 (H.264)")
    there = line.only(found)
    try:
        return _load(path, there, asked, _missing(len(found), max(len(line), line.announced)) if there.lacks(line) else "")
    except _Unreadable as err:
        raise ClipError("this video cannot be read twice in the same way", where=plainly(str(path)), fix=_CONVERT) from err


def video_facts(path: Path) -> FilmFacts:
    """How long a video is, from its packets; no frame is decoded.

    Raises:
        ClipError: not a video, or it holds no frames.
    """
    with opened(path) as (container, stream):
        line = timeline(container, stream, plainly(str(path)))
    return FilmFacts(len(line), line.end, line.rate)


class _Unreadable(Exception):
    """A chosen frame was not decoded."""


def _missing(there: int, announced: int) -> str:
    return f"{there} of {announced} frames can be read"


def _load(path: Path, line: Timeline, asked: dict[str, Any], note: str) -> Clip:
    if not note and line.announced > len(line) + max(1, line.announced // 50):
        note = _missing(len(line), line.announced)
    said = f"{plainly(str(path))}, {note}" if note else plainly(str(path))
    chosen, rate = line.choose(**asked, where=said)
    with opened(path) as (container, stream):
        notes = dict.fromkeys((note, *line.notes))
        if tracks(container) > 1:
            notes[f"the first of {tracks(container)} video streams"] = None
        pixels = _decode(container, stream, line, chosen, said, notes)
    kept = [n for n in notes if n]
    return Clip(
        pixels,
        fps=rate if len(chosen) > 1 else None,
        source=plainly(str(path)) + (f" ({'; '.join(kept)})" if kept else ""),
        times=np.array([line.times[k] for k in chosen], np.float64) if line.rate or line.stamps else None,
    )


def _decode(
    container: Any, stream: Any, line: Timeline, chosen: list[int], where: str, notes: dict[str, None]
) -> UInt8[np.ndarray, "frames height width 3"]:
    """The chosen frames, each scaled as it is decoded."""
    places: dict[int, list[int]] = {}
    for place, k in enumerate(chosen):
        places.setdefault(k, []).append(place)
    coded = (stream.codec_context.width, stream.codec_context.height)
    size = _kept_size(coded, stream, len(chosen), where, notes)
    found: np.ndarray | None = None
    done = 0
    for k, frame in _wanted(container, stream, line, sorted(places)):
        if found is None:
            if (frame.width, frame.height) != coded:
                coded = (frame.width, frame.height)
                size = _kept_size(coded, stream, len(chosen), where, notes)
            _note(frame, notes)
            first = _picture(frame, size)
            found = np.empty((len(chosen), *first.shape), np.uint8)
        if (frame.width, frame.height) != coded:
            raise ClipError(f"its frames change size, from {coded[0]}×{coded[1]} to {frame.width}×{frame.height}", where=where, fix=_CONVERT)
        if frame.interlaced_frame:
            notes["interlaced: both fields of a frame are shown woven"] = None
        found[places[k]] = _picture(frame, size)
        done += len(places[k])
        progress.report(done, len(chosen))
    if found is None or done < len(chosen):
        raise _Unreadable
    return found


def _wanted(container: Any, stream: Any, line: Timeline, asked: list[int]) -> Iterator[tuple[int, Any]]:
    """(index, frame) of the asked frames in rising order; those that cannot be decoded are left out."""
    if line.stamps is None:
        left = iter(asked)
        k = next(left, None)
        for at, frame in enumerate(_frames(container, stream)):
            if k is None:
                return
            if at == k:
                yield k, frame
                k = next(left, None)
        return
    at = 0
    while at < len(asked):
        key = max((pair for pair in line.keys if pair[0] <= line.stamps[asked[at]]), default=None)
        if key is not None:
            container.seek(key[1], stream=stream, backward=True)
        began = at
        for frame in _frames(container, stream):
            if frame.pts is None:
                continue
            while at < len(asked) and frame.pts > line.stamps[asked[at]]:
                if at == began and key is not None:
                    raise _Unreadable
                at += 1
            if at == len(asked):
                return
            if frame.pts == line.stamps[asked[at]]:
                yield asked[at], frame
                at += 1
                if at == len(asked) or _far(line, frame.pts, line.stamps[asked[at]]):
                    break
        else:
            return


def _far(line: Timeline, here: int, wanted: int) -> bool:
    """Whether a key frame lies between, so that seeking saves decoding."""
    return any(here < shown <= wanted for shown, _ in line.keys)


def _frames(container: Any, stream: Any) -> Iterator[Any]:
    """Frames as they are decoded; a packet that cannot be is left out."""
    av = pyav()
    packets = container.demux(stream)
    broken = False
    while not broken:
        try:
            packet = next(packets, None)
        except (av.FFmpegError, OSError):
            packet, broken = None, True
        if packet is None:
            return
        for frame in _decoded(packet):
            if not frame.is_corrupt:
                yield frame


def _decoded(packet: Any) -> list[Any]:
    av = pyav()
    try:
        return packet.decode()
    except (av.FFmpegError, ValueError, OSError):
        return []


def _readable(path: Path, line: Timeline) -> list[int]:
    """Which frames can be decoded, by decoding all."""
    found: list[int] = []
    with opened(path) as (container, stream):
        places = None if line.stamps is None else {stamp: k for k, stamp in enumerate(line.stamps)}
        for at, frame in enumerate(_frames(container, stream)):
            k = at if places is None else places.get(frame.pts, -1)
            if 0 <= k < len(line) and (not found or k > found[-1]):
                found.append(k)
            if at % 64 == 0:
                progress.report(at, len(line))
    return found


def _kept_size(coded: tuple[int, int], stream: Any, count: int, where: str, notes: dict[str, None]) -> tuple[int, int]:
    """(width, height) to scale to before the frame is turned: square pixels, and small enough to be kept."""
    width, height = coded
    check_frame(width, height, where)
    aspect = float(stream.sample_aspect_ratio or stream.codec_context.sample_aspect_ratio or 1)
    if _ASPECTS[0] <= aspect <= _ASPECTS[1]:
        width = max(1, round(width * aspect))
    elif aspect > 0:
        notes[f"its pixel aspect of {aspect:.3g} is ignored"] = None
    if width != coded[0]:
        notes[f"its pixels are {aspect:.3g} times as wide as high: shown at {width}×{height}"] = None
    kept = fitted(width, height, count, where, most_bytes=MOST_BYTES, most_frames=MOST_FRAMES)
    if kept != (width, height):
        notes[f"scaled down from {width}×{height}"] = None
    return kept


def _note(frame: Any, notes: dict[str, None]) -> None:
    """What a reader should know of the pixels of this video."""
    transfer = _HDR.get(int(frame.color_trc))
    if transfer:
        notes[f"{transfer}, shown without tone mapping"] = None
    if frame.rotation % 90:
        notes[f"its turn by {frame.rotation}° is ignored"] = None


def _picture(frame: Any, size: tuple[int, int]) -> UInt8[np.ndarray, "height width 3"]:
    """8-bit RGB, scaled and turned upright."""
    same = size == (frame.width, frame.height)
    shrunk = size[0] < frame.width or size[1] < frame.height
    pixels = frame.reformat(
        width=size[0], height=size[1], format="rgb24", interpolation=None if same else "AREA" if shrunk else "BICUBIC"
    ).to_ndarray()
    quarters = round(frame.rotation / 90) % 4 if frame.rotation % 90 == 0 else 0
    return np.rot90(pixels, quarters) if quarters else pixels
