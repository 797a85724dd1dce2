"""Videos as a file that any browser plays, with the labels drawn into each frame."""

from __future__ import annotations

import tempfile
from collections.abc import Callable, Iterator, Mapping, Sequence
from fractions import Fraction
from pathlib import Path
from typing import Any

import cv2
import numpy as np
from jaxtyping import UInt8

from workbench.core import progress
from workbench.core.errors import BadInput
from workbench.core.films import Reel
from workbench.core.questions.videos import VideoFile
from workbench.data._av import pyav
from workbench.measures.base import answers

# Pixels: a film's side at least, a line of words, around them, the coloured rule, the gap to the next.
_EACH, _LINE, _PAD, _RULE, _GAP = 256, 18, 5, 4, 8
_COLOURS = {
    "real": (255, 255, 255),
    "teacher-forced": (0, 158, 115),
    "open loop": (213, 94, 0),
    "impossible": (204, 121, 167),
    "predicted": (204, 121, 167),
}
_GREY, _GROUND, _BLANK, _EDIT, _QUIET = (122, 130, 145), (12, 16, 24), (40, 40, 40), (255, 138, 61), (195, 202, 214)
_FONT, _NAME, _SMALL = cv2.FONT_HERSHEY_SIMPLEX, 0.46, 0.4
_PLAIN = str.maketrans({"·": ",", "…": "...", "÷": "/", "×": "x", "–": "-", "—": "-", "−": "-", "’": "'", "“": '"', "”": '"'})

Colour = tuple[int, int, int]


def labelled(reel: Reel, frame: int, known: int = 0, edited: int = -1, notes: int | None = None) -> UInt8[np.ndarray, "height width 3"]:
    """One frame of a film: above it what it is, below it by what it was drawn; blank where there is no ground truth.

    Args:
        known: frames of context. edited: the step that was changed by hand, −1 none. notes: lines to leave below; None: as many as it needs.
    """
    height, width = reel.pixels.shape[1:3]
    scale = max(1, -(-_EACH // max(height, width)))
    picture = cv2.resize(reel.pixels[min(frame, len(reel.pixels) - 1)], (width * scale, height * scale), interpolation=cv2.INTER_NEAREST)
    if frame >= reel.comes:
        picture = np.full_like(picture, _BLANK)
        _write(picture, "no ground truth", (width * scale // 2 - 54, height * scale // 2), _SMALL, _QUIET)
    wide = picture.shape[1]
    colour = _COLOURS.get(reel.kind, _GREY)
    top = np.full((2 * _PAD + 2 * _LINE, wide, 3), _GROUND, np.uint8)
    top[:, :6] = colour
    _write(top, reel.label, (12, _PAD + 13), _NAME, (255, 255, 255), wide - 18)
    changed = 0 <= edited < frame
    _write(top, _state(reel.kind, frame, known, changed), (12, _PAD + _LINE + 13), _SMALL, _EDIT if changed else _QUIET, wide - 18)
    lines = note_lines(reel)
    below = np.full((_RULE + _PAD + _LINE * (len(lines) if notes is None else notes), wide, 3), _GROUND, np.uint8)
    below[:_RULE] = colour
    for k, line in enumerate(lines):
        _write(below, line, (6, _RULE + _LINE * k + 15), _SMALL, _QUIET)
    return np.concatenate([top, picture, below])


def note_lines(reel: Reel) -> list[str]:
    """The note of a video, broken into lines of its width."""
    height, width = reel.pixels.shape[1:3]
    room = width * max(1, -(-_EACH // max(height, width))) - 12
    lines: list[str] = []
    for word in reel.note.translate(_PLAIN).split():
        if lines and _wide(f"{lines[-1]} {word}", _SMALL) <= room:
            lines[-1] += f" {word}"
        else:
            lines.append(word)
    return lines


def _state(kind: str, frame: int, known: int, changed: bool) -> str:
    """What a frame is, as `ClipPlayer` says it."""
    parts = ["changed by hand"] if changed else []
    if known > 0 and kind != "real" and frame < known:
        parts.append("context")
    elif known > 0 and kind in ("open loop", "teacher-forced"):
        parts.append(f"{frame - known + 1 if kind == 'open loop' else 1} ahead")
    return ", ".join(parts)


def _wide(text: str, size: float) -> int:
    return cv2.getTextSize(text, _FONT, size, 1)[0][0]


def _write(picture: np.ndarray, text: str, at: tuple[int, int], size: float, colour: Colour, room: int | None = None) -> None:
    """Text, made smaller where it would not fit; the font knows plain letters only."""
    text = text.translate(_PLAIN)
    if room is not None and (wide := _wide(text, size)) > room:
        size *= room / wide
    cv2.putText(picture, text, at, _FONT, size, colour, 1, cv2.LINE_AA)


@answers(VideoFile)
def video_file(
    videos: Sequence[Reel], *, fps: float = 8.0, context_frames: int = 0, edited: int = -1, kind: str = "webm"
) -> UInt8[np.ndarray, "bytes"]:
    """The bytes of a file with the videos side by side, each frame with its label.

    Args:
        context_frames, edited: as for `labelled`. kind: "webm" (VP8) or "mp4" (H.264).

    Raises:
        BadInput: no videos, no speed, another kind, or a video that cannot be written here. MissingExtra: PyAV is not installed.
    """
    if not videos or not fps > 0 or kind not in _WRITERS:
        what = f"{len(videos)} videos at {fps} frames per second as {kind}"
        raise BadInput(what, where="video_file", fix="give at least one video, a rate above 0, and webm or mp4")
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / f"film.{kind}"
        _WRITERS[kind](path, _rows(videos, context_frames, edited), fps)
        data = path.read_bytes() if path.exists() else b""
    if not data:
        raise BadInput(f"no {kind} video can be written on this machine", where="video_file", fix="export the numbers: they include the videos")
    return np.frombuffer(data, np.uint8)


def _rows(reels: Sequence[Reel], known: int, edited: int) -> Iterator[UInt8[np.ndarray, "height width 3"]]:
    """The films side by side, frame by frame."""
    frames = max(len(r.pixels) for r in reels)
    notes = max(len(note_lines(r)) for r in reels)
    tall = max(labelled(r, 0, notes=notes).shape[0] for r in reels)
    for frame in range(frames):
        progress.report(frame, frames)
        yield _beside([labelled(r, frame, known, edited, notes) for r in reels], tall)


def _write_webm(path: Path, rows: Iterator[np.ndarray], fps: float) -> None:
    writer: cv2.VideoWriter | None = None
    for row in rows:
        if writer is None:
            writer = cv2.VideoWriter(str(path), cv2.VideoWriter.fourcc(*"VP80"), fps, (row.shape[1], row.shape[0]))
        writer.write(row[:, :, ::-1])
    if writer is not None:
        writer.release()


def _write_mp4(path: Path, rows: Iterator[np.ndarray], fps: float) -> None:
    """H.264 as every browser and editor plays it: 4:2:0, the index in front."""
    av = pyav()
    try:
        av.codec.Codec(_H264, "w")
    except (av.FFmpegError, ValueError) as err:
        fix = "install PyAV's own wheel, or save as webm"
        raise BadInput(f"this build of PyAV has no {_H264}, so that it cannot write H.264", where="video_file", fix=fix) from err
    with av.open(str(path), "w", options={"movflags": "faststart"}) as container:
        stream: Any = None
        for row in rows:
            if stream is None:
                stream = container.add_stream(_H264, rate=Fraction(fps).limit_denominator(1001), options={"crf": "16", "preset": "medium"})
                stream.height, stream.width, stream.pix_fmt = *row.shape[:2], "yuv420p"
            container.mux(stream.encode(av.VideoFrame.from_ndarray(row)))
        container.mux(stream.encode())


_H264 = "libx264"
_WRITERS: Mapping[str, Callable[[Path, Iterator[np.ndarray], float], None]] = {"webm": _write_webm, "mp4": _write_mp4}


def _beside(pictures: list[np.ndarray], tall: int) -> UInt8[np.ndarray, "height width 3"]:
    parts: list[np.ndarray] = []
    for picture in pictures:
        parts += [np.pad(picture, ((0, tall - len(picture)), (0, 0), (0, 0))), np.zeros((tall, _GAP, 3), np.uint8)]
    row = np.concatenate(parts[:-1], 1)
    return np.ascontiguousarray(np.pad(row, ((0, len(row) % 2), (0, row.shape[1] % 2), (0, 0))))  # codecs want even sides
