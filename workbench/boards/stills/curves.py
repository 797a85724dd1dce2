"""Curves over frames, as `widgets.Timeline` draws them."""

from __future__ import annotations

import numpy as np
from jaxtyping import Float

from widgets._curves import Curves
from widgets.palette import rgb
from workbench.boards.stills import sheet
from workbench.boards.stills.charts import nice, short
from workbench.boards.stills.grids import chosen
from workbench.boards.stills.sheet import EMPTY, INK, QUIET, RULE, SMALL, Colour, Picture

_LOW, _LABEL, _APART = 130, 22, 90  # pixels: height at least, room for what is measured, between labels of frames
Look = tuple[Colour, tuple[float, ...], float]
# Colour, dash and width of each kind, as in widgets/_kinds.js.
LOOKS: dict[str, tuple[str, tuple[float, ...], float]] = {
    "real": ("real", (), 2),
    "teacher-forced": ("teacher-forced", (7, 3), 2),
    "open loop": ("open loop", (), 2.5),
    "impossible": ("impossible", (3, 2), 2.5),
    "predicted": ("predicted", (), 2),
    "sample": ("tried", (), 1),
    "elite": ("tried", (), 1.5),
    "control": ("control", (2, 3), 1.5),
}
_AGAIN = ((9, 3, 2, 3), (1, 5), (12, 4))


def look(kind: str, before: int = 0) -> Look:
    """How a kind looks on white: colour, dash and width. before: how many of the kind stand before it."""
    meaning, dash, width = LOOKS.get(kind, LOOKS["control"])
    return rgb(meaning), _AGAIN[(before - 1) % len(_AGAIN)] if before else dash, width


def dash_name(dash: tuple[float, ...]) -> str:
    """The name of a dash, as a legend wants it."""
    return {0: "solid", 2: "dot" if dash and dash[0] <= 2 else "dash"}.get(len(dash), "dashdot")


def _values(view: Curves, data: bytes) -> Float[np.ndarray, "curves frames"]:
    return np.frombuffer(data, "<f4").reshape(len(view.curves), -1).astype(float)


class Plot:
    """The curves of a view on their sheet.

    Args:
        view: with at least one curve. width: pixels.
    """

    def __init__(self, view: Curves, width: int) -> None:
        self.view, self.values = view, _values(view, view.curve_values)
        self.bands = [_values(view, data) for data in (view.curve_low, view.curve_high) if data]
        kinds = [curve["kind"] for curve in view.curves]
        self.looks = [look(kind, kinds[:k].count(kind)) for k, kind in enumerate(kinds)]
        known = np.concatenate([each[np.isfinite(each)] for each in (self.values, *self.bands)])
        self.log = bool(view.log and (known > 0).any())
        known = known[known > 0] if self.log else known
        low, high = (float(known.min()), float(known.max())) if known.size else (0.0, 1.0)
        self.low = low if self.log else min(0.0, low)
        self.high = high * 1.05 if high > self.low else self.low + 1
        self.ticks = self._ticks()
        height = max(_LOW, view.curve_height)
        self.left, self.right = max(sheet.wide(short(v), SMALL) for v in self.ticks) + 8.0, width - 6.0
        self.top, self.bottom = float(_LABEL), height + 4.0
        self.sheet = sheet.paper(height + 24, width)

    def _ticks(self) -> list[float]:
        if not self.log:
            return nice(self.low, self.high, 4)
        powers = range(int(np.ceil(np.log10(self.low))), int(np.floor(np.log10(self.high))) + 1)
        return [10.0**k for k in powers] or [self.low, self.high]

    def x(self, frame: float) -> float:
        """Pixel of the middle of a frame."""
        return self.left + (frame + 0.5) / self.values.shape[1] * (self.right - self.left)

    def y(self, value: float) -> float:
        """Pixel of a value; NaN of none."""
        if self.log:
            share = np.log(max(value, self.low) / self.low) / np.log(self.high / self.low) if np.isfinite(value) else np.nan
        else:
            share = (value - self.low) / (self.high - self.low)
        return float(self.bottom - share * (self.bottom - self.top))

    def line(self, values: Float[np.ndarray, "frames"]) -> Float[np.ndarray, "frames 2"]:
        """A curve in pixels."""
        return np.array([[self.x(k), self.y(float(v))] for k, v in enumerate(values)])

    def ground(self) -> None:
        """What lies behind the curves: frames of context, shaded stretches, and the axes."""
        view, paper = self.view, self.sheet
        sheet.write(paper, sheet.fitting(view.curve_label, paper.shape[1], SMALL), (0, 12), SMALL, QUIET)
        if view.known:
            sheet.block(paper, (self.x(-0.5), self.top, self.x(view.known - 0.5), self.bottom), EMPTY)
        for value in self.ticks:
            sheet.trace(paper, np.array([[self.left, self.y(value)], [self.right, self.y(value)]]), RULE, 1)
            sheet.write(paper, short(value), (self.left - 6, self.y(value) + 4), SMALL, QUIET, anchor="right")
        if self.x(view.known - 0.5) - self.left > sheet.wide("context", SMALL):
            sheet.write(paper, "context", (self.left + 2, self.top + 12), SMALL, QUIET)
        for span in view.spans:
            colour = {"violation": rgb("impossible"), "edit": rgb("edit")}.get(span["kind"], QUIET)
            first, last = self.x(span["from"] - 0.5), self.x(span["to"] + 0.5)
            sheet.block(paper, (first, self.top, last, self.bottom), colour, alpha=0.13)
            sheet.write(paper, span["label"], (first + 3, self.top + 12), SMALL, colour)
        frames = self.values.shape[1]
        for frame in chosen(frames, max(2, paper.shape[1] // _APART)):
            anchor = "center" if 0 < frame < frames - 1 or frames == 1 else "right" if frame else "left"
            label = str(frame + view.origin) if frame else f"{view.word} {view.origin}"
            sheet.write(paper, label, (self.x(frame), self.bottom + 15), SMALL, QUIET, anchor=anchor)

    def draw(self) -> Picture:
        """All of it, over the names of the curves."""
        self.ground()
        for k, (colour, _, _) in enumerate(self.looks if len(self.bands) == 2 else ()):
            low, high = (self.line(band[k]) for band in self.bands)
            inside = np.isfinite(low[:, 1]) & np.isfinite(high[:, 1])
            if inside.sum() > 1:
                sheet.area(self.sheet, np.r_[high[inside], low[inside][::-1]], colour, 0.16)
        for row, (colour, dash, thick) in zip(self.values, self.looks, strict=True):
            sheet.trace(self.sheet, self.line(row), colour, thick, dash=dash)
        for each in self.view.marks:
            at = self.x(each["frame"])
            line = np.array([[at, self.top], [at, self.bottom]])
            sheet.trace(self.sheet, line, rgb("edit") if each["kind"] == "edit" else INK, 1, dash=(3, 3))
            sheet.write(self.sheet, each["label"], (at + 3, self.top + 12), SMALL)
        entries = [(dash_name(dash), colour, _end(self.view, k)) for k, (colour, dash, _) in enumerate(self.looks)]
        return sheet.under(self.sheet, sheet.legend(entries, self.sheet.shape[1]), gap=4)


def curves(view: Curves, width: int) -> Picture:
    """The curves of a view with their axis, what they are called, and where each ends; nothing where there are none."""
    return Plot(view, width).draw() if view.curves and view.curve_values else sheet.paper(1, 1)[:0]


def _end(view: Curves, number: int) -> str:
    """The name of a curve and the last of its values."""
    row = _values(view, view.curve_values)[number]
    last = np.flatnonzero(np.isfinite(row))
    said = f": {short(float(row[last[-1]]), 3)} at {view.word} {last[-1] + view.origin}" if last.size else ": no value"
    return f"{view.curves[number]['name']}{said}"


def curve_words(view: Curves) -> str:
    """What curves measure, and where each ends."""
    if not view.curves or not view.curve_values:
        return ""
    return "\n".join([*([view.curve_label] if view.curve_label else []), *(_end(view, k) for k in range(len(view.curves)))])
