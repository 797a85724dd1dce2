"""Drawing on white paper with OpenCV: text, lines, marks, and pictures put together."""

from __future__ import annotations

from collections.abc import Sequence
from functools import cache
from typing import Any

import numpy as np
from jaxtyping import Bool, Float, UInt8

from widgets.palette import rgb
from workbench.data._cv2 import opencv

Picture = UInt8[np.ndarray, "_ _ 3"]  # [height, width, 3], RGB
Colour = tuple[int, int, int]

WIDTH = 800  # pixels across a whole board: as wide as a page of a converted notebook
TEXT, SMALL, LARGE = 14, 12, 18  # pixels of a line's letters
WHITE: Colour = (255, 255, 255)
INK, QUIET, RULE, EMPTY = rgb("real"), (86, 94, 110), (206, 210, 218), (241, 242, 245)
GAP = 12

_SHIFT = 4  # fractional bits of coordinates
_DASHES = {"dash": (7, 4), "dot": (2, 4), "dashdot": (8, 3, 2, 3)}
_PLAIN = str.maketrans({"·": ",", "…": "...", "÷": "/", "×": "x", "–": "-", "—": "-", "−": "-", "’": "'", "“": '"', "”": '"', "²": "^2", "→": "->"})


def paper(height: int, width: int) -> Picture:
    """An empty sheet."""
    return np.full((max(1, height), max(1, width), 3), 255, np.uint8)


def hexed(colour: str) -> Colour:
    """A colour "#rrggbb" as red, green and blue; any other text is ink."""
    return (int(colour[1:3], 16), int(colour[3:5], 16), int(colour[5:7], 16)) if colour.startswith("#") and len(colour) == 7 else INK


@cache
def _face() -> Any:
    """OpenCV's own font, which knows more than ASCII since version 5; None before."""
    face = getattr(opencv(), "FontFace", None)
    return None if face is None else face("sans")


def wide(words: str, size: int = TEXT, *, bold: bool = False) -> int:
    """Pixels that a line takes."""
    face = _face()
    if face is None:
        return opencv().getTextSize(words.translate(_PLAIN), 0, size / 30, 1)[0][0]
    left, _, across, _ = opencv().getTextSize((1 << 15, 100), words, (0, 0), face, size, 600 if bold else 400)
    return left + across


def write(
    sheet: Picture, words: str, at: tuple[float, float], size: int = TEXT, colour: Colour = INK, *, bold: bool = False, anchor: str = "left"
) -> None:
    """Write one line.

    Args:
        at: x of the anchor, y of the foot of the letters. anchor: "left", "center" or "right": what lies at x.
    """
    x = at[0] - (0 if anchor == "left" else wide(words, size, bold=bold) * (0.5 if anchor == "center" else 1))
    place, face = (round(x), round(at[1])), _face()
    if face is None:
        opencv().putText(sheet, words.translate(_PLAIN), place, 0, size / 30, colour, 1 + bold, 16)
    else:
        opencv().putText(sheet, words, place, colour, face, size, 600 if bold else 400)


def lines_of(words: str, room: float, size: int = TEXT, *, bold: bool = False) -> list[str]:
    """A text in lines that fit; a word that is longer than a line is cut with "…"."""
    found = list[str]()
    for part in words.splitlines() or [""]:
        line = ""
        for word in part.split(" "):
            longer = f"{line} {word}" if line else word
            if not line or wide(longer, size, bold=bold) <= room:
                line = longer
            else:
                found.append(line)
                line = word
        found.append(line)
    return [fitting(line, room, size, bold=bold) for line in found]


def fitting(words: str, room: float, size: int = TEXT, *, bold: bool = False) -> str:
    """One line, cut with "…" where it is too long."""
    if wide(words, size, bold=bold) <= room:
        return words
    while words and wide(words + "…", size, bold=bold) > room:
        words = words[:-1]
    return words + "…"


def paragraph(words: str, width: int, size: int = TEXT, colour: Colour = INK, *, bold: bool = False) -> Picture:
    """A text in as many lines as it needs; nothing for an empty one."""
    lines = lines_of(words, width, size, bold=bold) if words.strip() else []
    tall = round(size * 1.4)
    sheet = paper(tall * len(lines) + 1, width)
    for k, line in enumerate(lines):
        write(sheet, line, (0, tall * k + size), size, colour, bold=bold)
    return sheet if lines else sheet[:0]


def trace(
    sheet: Picture, points: Float[np.ndarray, "points 2"], colour: Colour, width: float = 1.0, *, dash: Sequence[float] | str = (), alpha: float = 1.0
) -> None:
    """Draw a line through points, with a gap at those that are not finite.

    Args:
        points: x and y in pixels. width: pixels. dash: pixels on and off in turn, or Plotly's name of a dash. alpha: opacity.
    """
    pattern = _DASHES.get(dash, ()) if isinstance(dash, str) else tuple(dash)
    ground = sheet.copy() if alpha < 1 else None
    known = np.isfinite(points).all(axis=1)
    edges = np.flatnonzero(np.diff(np.r_[False, known, False].astype(int)))
    for first, last in edges.reshape(-1, 2):
        run = points[first:last]
        if len(run) == 1:
            mark(sheet, (run[0, 0], run[0, 1]), "circle", width + 2, colour)
        for part in _dashed(run, pattern) if pattern else [run]:
            scaled = np.round(part * (1 << _SHIFT)).astype(np.int32)
            opencv().polylines(sheet, [scaled], False, colour, max(1, round(width)), 16, _SHIFT)
    if ground is not None:
        sheet[:] = opencv().addWeighted(sheet, alpha, ground, 1 - alpha, 0)


def _dashed(points: np.ndarray, pattern: Sequence[float]) -> list[np.ndarray]:
    """The parts of a line that are drawn."""
    far = np.r_[0, np.cumsum(np.hypot(*np.diff(points, axis=0).T))]
    if len(points) < 2 or far[-1] <= 0:
        return []
    parts, at, turn = list[np.ndarray](), 0.0, 0
    while at < far[-1]:
        end = min(at + pattern[turn % len(pattern)], far[-1])
        if turn % 2 == 0:
            stops = np.r_[at, far[(far > at) & (far < end)], end]
            parts.append(np.stack([np.interp(stops, far, points[:, k]) for k in (0, 1)], 1))
        at, turn = end, turn + 1
    return parts


def area(sheet: Picture, points: Float[np.ndarray, "points 2"], colour: Colour, alpha: float = 1.0) -> None:
    """Fill a polygon."""
    ground = sheet.copy()
    opencv().fillPoly(sheet, [np.round(points * (1 << _SHIFT)).astype(np.int32)], colour, 16, _SHIFT)
    if alpha < 1:
        sheet[:] = opencv().addWeighted(sheet, alpha, ground, 1 - alpha, 0)


def block(sheet: Picture, box: tuple[float, float, float, float], colour: Colour, *, alpha: float = 1.0, hatch: str = "") -> None:
    """Fill a rectangle.

    Args:
        box: left, top, right, bottom in pixels. hatch: "" none, "/" or "x": light lines over it.
    """
    left, top, right, bottom = (round(edge) for edge in (min(box[0], box[2]), min(box[1], box[3]), max(box[0], box[2]), max(box[1], box[3])))
    part = sheet[max(0, top) : max(0, bottom), max(0, left) : max(0, right)]
    if part.size:
        part[:] = np.round(part * (1 - alpha) + np.array(colour) * alpha).astype(np.uint8)
        if hatch:
            down, across = np.mgrid[: part.shape[0], : part.shape[1]]
            lines = (down + across) % 6 < 1
            part[lines | ((down - across) % 6 < 1) if hatch == "x" else lines] = WHITE


def mark(sheet: Picture, at: tuple[float, float], symbol: str, size: float, colour: Colour, edge: Colour | None = None) -> None:
    """Draw a mark of Plotly's names, centred; `size` pixels across."""
    cv, r = opencv(), size / 2
    x, y = (round(v * (1 << _SHIFT)) for v in at)
    if symbol.startswith("circle"):
        filled = "open" not in symbol
        cv.circle(sheet, (x, y), round(r * (1 << _SHIFT)), colour, -1 if filled else 2, 16, _SHIFT)
        if filled and edge is not None:
            cv.circle(sheet, (x, y), round(r * (1 << _SHIFT)), edge, 1, 16, _SHIFT)
        return
    if symbol.startswith("line-ns"):
        trace(sheet, np.array([[at[0], at[1] - r], [at[0], at[1] + r]]), colour, 2)
        return
    if symbol.startswith("x"):
        for way in (1, -1):
            line = np.array([[at[0] - r, at[1] - way * r], [at[0] + r, at[1] + way * r]])
            for ink, width in ((edge, 5.0), (colour, 2.0)):
                if ink is not None:
                    trace(sheet, line, ink, width)
        return
    turns = np.arange(10) * np.pi / 5 - np.pi / 2 if symbol == "star" else np.arange(4) * np.pi / 2 + np.pi / 4
    reach = np.where(np.arange(10) % 2 == 0, r * 1.25, r * 0.55) if symbol == "star" else np.full(4, r * 1.25)
    corners = np.stack([at[0] + reach * np.cos(turns), at[1] + reach * np.sin(turns)], 1)
    if "open" not in symbol:
        area(sheet, corners, colour)
    outline = colour if "open" in symbol else edge
    if outline is not None:
        trace(sheet, np.r_[corners, corners[:1]], outline, 1.6)


def sized(pixels: UInt8[np.ndarray, "rows cols 3"], height: int, width: int) -> Picture:
    """A picture in another size: crisp when enlarged, averaged when made smaller."""
    cv = opencv()
    larger = height >= pixels.shape[0] and width >= pixels.shape[1]
    return cv.resize(np.ascontiguousarray(pixels), (max(1, width), max(1, height)), interpolation=cv.INTER_NEAREST if larger else cv.INTER_AREA)


def over(sheet: Picture, picture: Picture, left: int, top: int) -> None:
    """Lay a picture on the sheet; what sticks out is cut."""
    room = sheet[top : top + picture.shape[0], left : left + picture.shape[1]]
    room[:] = picture[: room.shape[0], : room.shape[1]]


def hatched(sheet: Picture, inside: Bool[np.ndarray, "height width"], colour: Colour) -> None:
    """Diagonal lines with a dark and a light casing over some pixels, so that they are seen on any picture."""
    down, across = np.mgrid[: sheet.shape[0], : sheet.shape[1]]
    phase = (down + across) % 11
    for band, ink in (((0, 1, 2, 3, 4), (60, 66, 76)), ((1, 2, 3), (240, 240, 240)), ((2,), colour), ((1, 2), colour)):
        sheet[inside & np.isin(phase, band)] = ink


def under(*pictures: Picture, gap: int = GAP) -> Picture:
    """Pictures one under the other, from the left; empty ones take no room."""
    shown = [p for p in pictures if p.size]
    width = max((p.shape[1] for p in shown), default=1)
    sheet = paper(sum(p.shape[0] for p in shown) + gap * max(0, len(shown) - 1), width)
    top = 0
    for each in shown:
        over(sheet, each, 0, top)
        top += each.shape[0] + gap
    return sheet if shown else sheet[:0]


def beside(*pictures: Picture, gap: int = GAP) -> Picture:
    """Pictures next to each other, from the top."""
    shown = [p for p in pictures if p.size]
    sheet = paper(max((p.shape[0] for p in shown), default=1), sum(p.shape[1] for p in shown) + gap * max(0, len(shown) - 1))
    left = 0
    for each in shown:
        over(sheet, each, left, 0)
        left += each.shape[1] + gap
    return sheet if shown else sheet[:0]


def encoded(picture: Picture) -> bytes:
    """The picture as a PNG with a margin, without what is empty at its right."""
    inked = np.flatnonzero((picture != 255).any(axis=(0, 2)))
    kept = picture[:, : int(inked[-1]) + 1] if inked.size else picture
    framed = np.pad(kept, ((GAP, GAP), (GAP, GAP), (0, 0)), constant_values=255)
    return opencv().imencode(".png", np.ascontiguousarray(framed[..., ::-1]))[1].tobytes()


def legend(entries: Sequence[tuple[str, Colour, str]], width: int) -> Picture:
    """What colours mean, in lines.

    Args:
        entries: (how it looks, colour, words): "block", "hatch", "outline", "path" (a line on a dark picture), or a line: "solid" or Plotly's name of a dash.
    """
    lines: list[list[tuple[float, tuple[str, Colour, str]]]] = [[]]
    x = 0.0
    for entry in entries:
        room = 34 + wide(entry[2], SMALL)
        if lines[-1] and x + room > width:
            lines.append([])
            x = 0.0
        lines[-1].append((x, entry))
        x += room + 8
    sheet = paper(18 * len(lines), width)
    for k, line in enumerate(lines):
        for left, (look, colour, words) in line:
            middle = 18 * k + 8.5
            if look in ("block", "hatch", "outline"):
                box = (left, middle - 6, left + 20, middle + 6)
                block(sheet, box, EMPTY if look == "outline" else colour, hatch="/" if look == "hatch" else "")
                if look == "outline":
                    corners = np.array([[box[0], box[1]], [box[2], box[1]], [box[2], box[3]], [box[0], box[3]], [box[0], box[1]]])
                    trace(sheet, corners, colour, 2)
            else:
                if look == "path":
                    block(sheet, (left, middle - 6, left + 22, middle + 6), (44, 48, 56))
                trace(sheet, np.array([[left, middle], [left + 22, middle]]), colour, 2, dash=look)
            write(sheet, fitting(words, width - left - 28, SMALL), (left + 28, middle + 4.5), SMALL)
    return sheet if entries else sheet[:0]
