"""Charts as pictures: what the boards use of Plotly's figures, drawn without a browser."""

from __future__ import annotations

import base64
import html
import re
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from jaxtyping import Float

from widgets.palette import categories, scale
from workbench.boards.stills import sheet
from workbench.boards.stills.sheet import INK, QUIET, RULE, SMALL, Colour, Picture, hexed

_TICK, _TITLE = 18, 20  # pixels: a row of tick labels, a line of the title
_BAND = 10  # width of a colour bar

Traces = Sequence[Mapping[str, Any]]


def plain(text: Any) -> str:
    """Plotly's markup as lines of text."""
    return html.unescape(re.sub(r"<[^>]*>", "", re.sub(r"<br\s*/?>", "\n", str(text)))).replace("\u00a0", " ").replace("☐", "[ ]")


def listed(values: Any) -> list[Any]:
    """Values of a trace, which Plotly may have packed."""
    if isinstance(values, Mapping):
        packed = np.frombuffer(base64.b64decode(values["bdata"]), np.dtype(values["dtype"]))
        shape = [int(n) for n in str(values.get("shape", len(packed))).split(",")]
        return packed.reshape(shape).tolist()
    return [] if values is None else np.asarray(values, dtype=object).tolist()


def nice(low: float, high: float, count: int = 4) -> list[float]:
    """Round numbers between two ends, some `count` of them."""
    if not high > low:
        return [low]
    rough = (high - low) / max(1, count)
    power = 10.0 ** np.floor(np.log10(rough))
    step = next(s for s in (1, 2, 2.5, 5, 10) if s * power >= rough * 0.999) * power
    return [float(v) for v in np.arange(np.ceil(low / step - 1e-9), np.floor(high / step + 1e-9) + 1) * step]


def short(value: float, digits: int = 4) -> str:
    """A number of an axis, or at the end of a curve, with so many significant digits."""
    return f"{value:,.0f}".replace("-", "−") if abs(value) >= 1000 else f"{value + 0.0:.{digits}g}".replace("-", "−")


class Axis:
    """One axis of a figure: values to pixels.

    Args:
        name: "x", "y", "x2", … about: of Plotly's layout. values: of all traces on it, numbers or texts. zero: bars stand on it.
    """

    def __init__(self, name: str, about: Mapping[str, Any], values: Sequence[Any], *, zero: bool = False) -> None:
        self.about, self.across = about, name.startswith("x")
        self.log = about.get("type") == "log"
        values = [None if v is None or not v > 0 else np.log10(v) for v in values] if self.log else values
        texts = about.get("type") == "category" or any(isinstance(v, str) for v in values)
        self.names = list(dict.fromkeys(str(v) for v in values)) if texts else []
        numbers = np.array([v for v in values if not texts and v is not None and np.isfinite(float(v))], float)
        low, high = (-0.5, len(self.names) - 0.5) if texts else (numbers.min(), numbers.max()) if numbers.size else (0.0, 1.0)
        if not texts:
            low, high = (min(low, 0), max(high, 0)) if zero or about.get("rangemode") == "tozero" else (low, high)
            pad = (high - low) * 0.05 or 0.5
            low, high = low - (pad if low != 0 else 0), high + (pad if high != 0 else 0)
        ends = about.get("range")
        self.low, self.high = (float(ends[0]), float(ends[1])) if ends is not None else (float(low), float(high))
        if ends is None and about.get("autorange") == "reversed":
            self.low, self.high = self.high, self.low
        self.domain = [float(edge) for edge in about.get("domain", (0.0, 1.0))]
        self.start, self.length = 0.0, 1.0

    def lay(self, start: float, length: float) -> None:
        """Give it a place: pixel of the plot's left or bottom edge, and pixels of the whole plot (negative upwards)."""
        self.start, self.length = start + self.domain[0] * length, (self.domain[1] - self.domain[0]) * length

    def number(self, value: Any) -> float:
        """A value as a number; a category's is its place."""
        if isinstance(value, str) and value in self.names:
            return float(self.names.index(value))
        number = float("nan") if value is None else float(value)
        if not self.log:
            return number
        return float(np.log10(number)) if number > 0 else float("nan")

    def at(self, value: Any) -> float:
        """Pixel of a value."""
        return self.start + (self.number(value) - self.low) / (self.high - self.low or 1) * self.length

    def ticks(self) -> list[tuple[float, str]]:
        """Values and texts of its ticks."""
        about = self.about
        if not about.get("showticklabels", True) or not about.get("visible", True):
            return []
        if self.names:
            return [(float(k), plain(name)) for k, name in enumerate(self.names)]
        if "tickvals" in about:
            return [(float(v), plain(text)) for v, text in zip(listed(about["tickvals"]), listed(about["ticktext"]), strict=True)]
        if self.log:
            low, high = sorted((self.low, self.high))
            return [(10.0**k, short(10.0**k)) for k in range(int(np.ceil(low)), int(np.floor(high)) + 1)]
        return [(v, short(v)) for v in nice(min(self.low, self.high), max(self.low, self.high), int(about.get("nticks") or 4))]

    @property
    def title(self) -> str:
        """What it measures."""
        found = self.about.get("title", "")
        return plain(found.get("text", "") if isinstance(found, Mapping) else found) if self.about.get("visible", True) else ""


class Chart:
    """A figure on its sheet.

    Args:
        figure: data and layout, as Plotly's JSON has them. width, height: pixels.
    """

    def __init__(self, figure: Mapping[str, Any], width: int, height: int) -> None:
        self.layout: Mapping[str, Any] = figure.get("layout", {})
        self.traces = [self._unpacked(trace) for trace in figure.get("data", ())]
        self.sheet = sheet.paper(height, width)
        self.axes = {name: self._axis(name) for name in self._names()}
        self._lay(width, height)

    @staticmethod
    def _unpacked(trace: Mapping[str, Any]) -> dict[str, Any]:
        made: dict[str, Any] = {**trace, **{key: listed(trace[key]) for key in ("x", "y", "z") if key in trace}}
        if made.get("type") == "histogram":
            bins: Mapping[str, float] = made["xbins"]
            edges = np.arange(bins["start"], bins["end"] + bins["size"], bins["size"])
            counts, _ = np.histogram(np.asarray(made["x"], float), edges)
            made |= {"type": "bar", "x": (edges[:-1] + bins["size"] / 2).tolist(), "y": counts.tolist(), "width": bins["size"] * 0.94}
        return made

    def _names(self) -> list[str]:
        named = [key.replace("axis", "") for key in self.layout if re.fullmatch(r"[xy]axis\d*", key)]
        return list(dict.fromkeys(["x", "y", *named, *(trace.get(f"{way}axis", way) for trace in self.traces for way in "xy")]))

    def _axis(self, name: str) -> Axis:
        way, values, zero = name[0], list[Any](), False
        for trace in (t for t in self.traces if t.get(f"{way}axis", way) == name):
            values += trace.get(way, [])
            upright = trace.get("orientation", "v") == "v"
            zero |= trace.get("type") == "bar" and upright == (way == "y")
            bar = trace.get(f"error_{way}")
            if bar:
                ends = zip(trace[way], listed(bar["array"]), listed(bar["arrayminus"]), strict=True)
                values += [end for v, more, less in ends if not isinstance(v, str) for end in (v + more, v - less)]
        return Axis(name, self.layout.get(f"{way}axis{name[1:]}", {}), values, zero=zero)

    def _lay(self, width: int, height: int) -> None:
        """Margins: as much as titles and labels need."""
        found = self.layout.get("title", {})
        self.title = sheet.lines_of(plain(found.get("text", "")), width, SMALL + 1) if found.get("text") else []
        above = max((t.count("\n") + 1 for t in map(self._high, self.layout.get("annotations", ())) if t), default=0)
        top = _TITLE * len(self.title) + 6 + 16 * above
        labels = {name: max((sheet.wide(t, SMALL) for _, t in axis.ticks()), default=0) for name, axis in self.axes.items()}
        left = max(
            (labels[n] + 8 + (16 if a.title else 0) - a_left * width for n, a in self.axes.items() if not a.across for a_left in [self._left(a)]),
            default=0.0,
        )
        right = 84 if any(trace.get("type") == "heatmap" for trace in self.traces) else 46
        below = max((_TICK * bool(a.ticks()) + 18 * bool(a.title) for a in self.axes.values() if a.across and self._low(a)), default=0)
        told = [t for a in self.layout.get("annotations", ()) if (t := self._under(a))]
        below = max([below + 4, *(16 * (t.count("\n") + 1) + 4 for t in told)]) + (20 if self.layout.get("showlegend") else 0)
        if told and any(a.title for a in self.axes.values() if a.across):
            below += 16 * max(t.count("\n") + 1 for t in told)
        self.box = (min(left, width * 0.45), float(top), float(width - right), float(max(top + 24, height - below)))
        for axis in self.axes.values():
            if axis.across:
                axis.lay(self.box[0], self.box[2] - self.box[0])
            else:
                axis.lay(self.box[3], self.box[1] - self.box[3])
        self._square()

    def _square(self) -> None:
        """Equal units along both axes, where the figure asks for them."""
        x, y = self.axes["x"], self.axes["y"]
        if y.about.get("scaleanchor") == "x":
            unit = min(abs(x.length / (x.high - x.low)), abs(y.length / (y.high - y.low)))
            x.length = unit * abs(x.high - x.low)
            y.length = -unit * abs(y.high - y.low)
            y.start = self.box[1] - y.length
            self.box = (self.box[0], self.box[1], self.box[0] + x.length, y.start)

    def _left(self, axis: Axis) -> float:
        anchor = self.axes.get(str(axis.about.get("anchor", "x")))
        return anchor.domain[0] * 0.8 if anchor is not None else 0.0

    def _low(self, axis: Axis) -> bool:
        anchor = self.axes.get(str(axis.about.get("anchor", "y")))
        return anchor is None or anchor.domain[0] < 0.01

    @staticmethod
    def _high(note: Mapping[str, Any]) -> str:
        up = str(note.get("yref", "")).endswith(("paper", "domain")) and note.get("y") == 1 and note.get("yanchor") == "bottom"
        return plain(note.get("text", "")) if up else ""

    @staticmethod
    def _under(note: Mapping[str, Any]) -> str:
        return plain(note.get("text", "")) if note.get("yref") == "paper" and note.get("y") == 0 and note.get("yanchor") == "top" else ""

    def draw(self) -> Picture:
        """All of it."""
        for k, line in enumerate(self.title):
            sheet.write(self.sheet, line, (0, _TITLE * k + 14), SMALL + 1)
        for trace in self.traces:
            axes = (self.axes[trace.get("xaxis", "x")], self.axes[trace.get("yaxis", "y")])
            {"bar": self._bars, "heatmap": self._heat}.get(trace.get("type", "scatter"), self._points)(trace, *axes)
        for shape in self.layout.get("shapes", ()):
            ends = np.array([[self._place(shape, f"x{k}", "x"), self._place(shape, f"y{k}", "y")] for k in (0, 1)])
            if shape.get("type") == "rect":
                box = (float(ends[0, 0]), float(ends[0, 1]), float(ends[1, 0]), float(ends[1, 1]))
                sheet.block(self.sheet, box, hexed(shape.get("fillcolor", "")), alpha=float(shape.get("opacity", 1)))
                continue
            line = shape.get("line", {})
            sheet.trace(self.sheet, ends, hexed(line.get("color", "")), line.get("width", 1), dash=line.get("dash", ""))
        for name, axis in self.axes.items():
            self._ticks(name, axis)
        for note in self.layout.get("annotations", ()):
            self._note(note)
        if self.layout.get("showlegend"):
            self._legend()
        return self.sheet

    def _place(self, item: Mapping[str, Any], key: str, way: str) -> float:
        """Pixel of a place that is in data, in a domain or in the paper."""
        ref, value = str(item.get(f"{way}ref", way)), item.get(key, 0)
        if ref == "paper":
            ends = (self.box[0], self.box[2]) if way == "x" else (self.box[3], self.box[1])
            return ends[0] + float(value) * (ends[1] - ends[0])
        axis = self.axes[ref.split(" ", maxsplit=1)[0]]
        return axis.start + float(value) * axis.length if ref.endswith("domain") else axis.at(value)

    def _ticks(self, name: str, axis: Axis) -> None:
        anchor = self.axes.get(str(axis.about.get("anchor") or {"x": "y", "y": "x"}[name[0]]), self.axes["y" if axis.across else "x"])
        side, room = anchor.start, abs(axis.length) / max(1, len(axis.ticks()))
        for value, text in axis.ticks():
            at = axis.at(value)
            if axis.across:
                sheet.write(self.sheet, sheet.fitting(text, room + 8, SMALL), (at, side + 15), SMALL, QUIET, anchor="center")
            else:
                sheet.write(self.sheet, text, (side - 6, at + 4), SMALL, INK if axis.names else QUIET, anchor="right")
        if axis.title and axis.across:
            sheet.write(self.sheet, axis.title, (axis.start + axis.length / 2, side + _TICK * bool(axis.ticks()) + 14), SMALL, QUIET, anchor="center")
        elif axis.title:
            sheet.write(self.sheet, axis.title, (2, axis.start + axis.length - 6), SMALL, QUIET)

    def _bars(self, trace: Mapping[str, Any], x: Axis, y: Axis) -> None:
        flat = trace.get("orientation", "v") == "h"
        along, across = (x, y) if flat else (y, x)
        group = [t for t in self.traces if t.get("type") == "bar" and (t.get("xaxis"), t.get("yaxis")) == (trace.get("xaxis"), trace.get("yaxis"))]
        values, places = (trace["x"], trace["y"]) if flat else (trace["y"], trace["x"])
        unit = abs(across.length / (across.high - across.low or 1))
        thick = unit * float(trace.get("width") or (1 - float(self.layout.get("bargap", 0.2))) / len(group))
        way = 1 if (across.length < 0) != (across.high < across.low) else -1
        shift = 0.0 if trace.get("width") else -way * (group.index(dict(trace)) - (len(group) - 1) / 2) * thick
        colours, hatches = (
            _each(trace.get("marker", {}).get("color"), len(values)),
            _each(trace.get("marker", {}).get("pattern", {}).get("shape"), len(values)),
        )
        texts, error = _each(trace.get("text"), len(values)), trace.get("error_x" if flat else "error_y")
        for k, (value, place) in enumerate(zip(values, places, strict=True)):
            if value is None or not np.isfinite(value):
                continue
            middle, zero, end = across.at(place) + shift, along.at(0), along.at(value)
            box = (zero, middle - thick / 2, end, middle + thick / 2) if flat else (middle - thick / 2, zero, middle + thick / 2, end)
            sheet.block(self.sheet, box, hexed(str(colours[k] or categories()[0])), hatch=str(hatches[k] or ""))
            if texts[k] is not None and trace.get("textposition") != "none":
                words = plain(texts[k])
                if flat:
                    sheet.write(self.sheet, words, (max(zero, end) + 4, middle + 4), SMALL)
                else:
                    sheet.write(self.sheet, words, (middle, min(zero, end) - 4), SMALL, anchor="center")
            if error:
                self._error(error, k, (value, middle), along, flat=flat, colour=INK)

    def _error(self, error: Mapping[str, Any], k: int, at: tuple[float, float], along: Axis, *, flat: bool, colour: Colour) -> None:
        """One interval. at: the value, and the pixel across."""
        more, less = listed(error["array"])[k], listed(error["arrayminus"])[k]
        ends = [along.at(at[0] - less), along.at(at[0] + more)]
        line = np.array([[e, at[1]] if flat else [at[1], e] for e in ends])
        sheet.trace(self.sheet, line, colour, error.get("thickness", 1.4))

    def _points(self, trace: Mapping[str, Any], x: Axis, y: Axis) -> None:
        mode, marker = trace.get("mode", "lines"), trace.get("marker", {})
        places = np.array([[x.at(a), y.at(b)] for a, b in zip(trace.get("x", ()), trace.get("y", ()), strict=True)]).reshape(-1, 2)
        line = trace.get("line", {})
        if trace.get("fill") == "toself" and len(places):
            sheet.area(self.sheet, places, hexed(trace.get("fillcolor", "")), float(trace.get("opacity", 1)))
        if "lines" in mode and line.get("width", 2):
            sheet.trace(self.sheet, places, hexed(line.get("color", "")), line.get("width", 2), dash=line.get("dash", ""))
        colours, symbols = _inks(marker, len(places)), _each(marker.get("symbol"), len(places))
        texts, edge = _each(trace.get("text"), len(places)), marker.get("line", {}).get("color")
        for k, at in enumerate(places[: None if {"markers", "text"} & set(mode.split("+")) else 0]):
            if trace.get("error_x"):
                self._error(trace["error_x"], k, (trace["x"][k], at[1]), x, flat=True, colour=colours[k])
            if "markers" in mode and np.isfinite(at).all():
                size, symbol = float(marker.get("size", 6)), str(symbols[k] or "circle")
                sheet.mark(self.sheet, (at[0], at[1]), symbol, size, colours[k], hexed(edge) if edge and size > 10 else None)
            if "text" in mode and texts[k]:
                where = trace.get("textposition", "middle right")
                size = int(trace.get("textfont", {}).get("size", SMALL))
                spot = (at[0], at[1] - 5) if "center" in where else (at[0] + 2, at[1] + 4)
                sheet.write(self.sheet, plain(texts[k]).strip(), spot, max(size, 11), anchor="center" if "center" in where else "left")

    def _heat(self, trace: Mapping[str, Any], x: Axis, y: Axis) -> None:
        values = np.asarray(trace["z"], float)
        cells = coloured(values, float(np.nanmin(values)), float(np.nanmax(values)))
        cells = cells[:, ::-1] if x.high < x.low else cells
        cells = cells if y.high < y.low else cells[::-1]
        top, left = min(y.start, y.start + y.length), x.start
        sheet.over(self.sheet, sheet.sized(cells, round(abs(y.length)), round(x.length)), round(left), round(top))
        title = plain(trace.get("colorbar", {}).get("title", {}).get("text", ""))
        bar = colour_bar(float(np.nanmin(values)), float(np.nanmax(values)), title, round(abs(y.length)))
        sheet.over(self.sheet, bar, round(left + x.length) + 8, round(top))

    def _note(self, note: Mapping[str, Any]) -> None:
        lines, font = plain(note.get("text", "")).split("\n"), note.get("font", {})
        size = max(SMALL, round(font.get("size", SMALL)))
        x, y = self._place(note, "x", "x") + note.get("xshift", 0), self._place(note, "y", "y") - note.get("yshift", 0)
        tall, anchor = size + 3, {"left": "left", "right": "right"}.get(note.get("xanchor", ""), "center")
        up = {"bottom": len(lines), "top": 0.0}.get(note.get("yanchor", ""), len(lines) / 2)
        across = max(sheet.wide(line, size) for line in lines)
        if anchor == "left":
            x = max(2.0, min(x, self.sheet.shape[1] - across))
        for k, line in enumerate(lines):
            room = self.sheet.shape[1] - (x if anchor == "left" else 0)
            foot, left = y - tall * up + tall * k + size, x - across * {"left": 0.0, "center": 0.5}.get(anchor, 1.0)
            sheet.block(self.sheet, (left - 2, foot - size + 1, left + across + 2, foot + 3), sheet.WHITE, alpha=0.7)  # over marks it must be read
            sheet.write(self.sheet, sheet.fitting(line, room, size), (x, foot), size, hexed(font.get("color", "")), anchor=anchor)

    def _legend(self) -> None:
        named = [t for t in reversed(self.traces) if t.get("name")]
        x, y = self.box[0], self.sheet.shape[0] - 8.0
        for trace in named:
            marker = trace.get("marker", {})
            sheet.mark(self.sheet, (x + 6, y - 4), str(marker.get("symbol", "circle")), 8, hexed(str(marker.get("color", ""))))
            sheet.write(self.sheet, trace["name"], (x + 16, y), SMALL)
            x += 34 + sheet.wide(trace["name"], SMALL)


def _each(value: Any, count: int) -> list[Any]:
    """One of each for `count` items."""
    return listed(value) if isinstance(value, list | tuple | Mapping | np.ndarray) else [value] * count


def _inks(marker: Mapping[str, Any], count: int) -> list[Colour]:
    colours = _each(marker.get("color"), count)
    if colours and all(isinstance(c, int | float) for c in colours):
        values = np.asarray(colours, float)
        return [tuple(int(part) for part in row) for row in coloured(values[None], float(np.nanmin(values)), float(np.nanmax(values)))[0]]  # type: ignore[misc]
    return [hexed(str(c or "")) for c in colours]


def coloured(values: Float[np.ndarray, "rows cols"], low: float, high: float, name: str = "cividis") -> Picture:
    """Values as colours of a scale of `widgets.palette`; the quiet grey of an empty place where there is none."""
    inks = np.array([hexed(colour) for colour in scale(name)], np.float64)
    share = np.clip((values - low) / (high - low or 1), 0, 1) * (len(inks) - 1)
    known = np.isfinite(share)
    exact = np.where(known, share, 0)
    below = np.floor(exact).astype(int)
    rest = (exact - below)[..., None]
    found = inks[below] * (1 - rest) + inks[np.minimum(below + 1, len(inks) - 1)] * rest
    return np.where(known[..., None], np.round(found), np.array(sheet.EMPTY)).astype(np.uint8)


def colour_bar(low: float, high: float, label: str, height: int, name: str = "cividis") -> Picture:
    """What the colours of values mean: the scale upright, its ends in numbers, what it measures above it."""
    ends = [short(v, 3) for v in (high, low)]
    width = _BAND + 6 + max(sheet.wide(text, SMALL) for text in (*ends, label if len(label) < 12 else ""))
    bar = sheet.paper(height, max(width, 54))
    top = 18 if label else 0
    band = coloured(np.linspace(1, 0, 64)[:, None], 0, 1, name)
    sheet.over(bar, sheet.sized(band, max(1, height - top), _BAND), 0, top)
    sheet.block(bar, (0, height - 1, _BAND, height), RULE)
    for text, y in zip(ends, (top + 11, height - 3), strict=True):
        sheet.write(bar, text, (_BAND + 5, y), SMALL, QUIET)
    if label:
        sheet.write(bar, sheet.fitting(label, bar.shape[1], SMALL), (0, 12), SMALL, QUIET)
    return bar


def chart(figure: Mapping[str, Any], width: int, height: int) -> Picture:
    """A figure as a picture.

    Args:
        figure: data and layout, as Plotly's JSON has them. width, height: pixels.
    """
    return Chart(figure, width, height).draw()
