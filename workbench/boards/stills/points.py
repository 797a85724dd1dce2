"""Maps of points, with what their colours mean."""

from __future__ import annotations

import numpy as np

from widgets import Scatter
from widgets._rows import NO_LABEL
from widgets.palette import categories, rgb
from workbench.boards.stills import sheet
from workbench.boards.stills.charts import colour_bar, coloured
from workbench.boards.stills.drawing import picture, words
from workbench.boards.stills.sheet import QUIET, RULE, SMALL, WIDTH, Colour, Picture, hexed

_SHAPE, _TALL, _MARGIN = 0.72, 460, 10  # height by width of the map; its height at most; pixels around the points
_LISTED, _FORMED = 14, 16  # categories that are named; categories with a form of their own
_FEW = 20_000  # points up to which each is drawn as a disc
_FADED = 0.75  # share of white in points that are not selected


def _spots(view: Scatter, shown: np.ndarray, height: int, width: int) -> np.ndarray:
    """Pixels of the shown points, in equal units, y upwards."""
    points = view.coordinates()[shown].astype(float)
    if not len(points):
        return points
    low, high = points.min(0), points.max(0)
    unit = min(((side - 2 * _MARGIN) / span if span > 0 else np.inf) for side, span in zip((width, height), high - low, strict=True))
    unit = unit if np.isfinite(unit) else 1.0
    spots = (points - (low + high) / 2) * unit
    return np.stack([width / 2 + spots[:, 0], height / 2 - spots[:, 1]], 1)


def _codes(view: Scatter) -> np.ndarray | None:
    """The place of each row's category in the order of its colour; None where points have none."""
    return np.frombuffer(view.category, "<u2").astype(int) if view.colour == "category" and view.category else None


def _inks(view: Scatter, shown: np.ndarray) -> np.ndarray:
    """RGB of the shown points."""
    codes, inks = _codes(view), np.array([hexed(c) for c in categories()])
    if codes is not None:
        mine, last = codes[shown], len(inks) - 1
        place = np.where(mine < 2 * last, mine % last, last)
        found = inks[np.where(mine == NO_LABEL, last, place)]
    elif view.colour == "value" and view.value:
        found = coloured(np.frombuffer(view.value, "<f4")[shown][None].astype(float), *_ends(view), view.colour_map)[0]
    else:
        found = np.tile(np.array(rgb("tried")), (int(shown.sum()), 1))
    strong = np.zeros(view.count, bool)
    strong[view.selection] = True
    if not strong.any() and view.lit >= 0 and codes is not None:
        strong = codes == view.lit
    if strong.any():
        weak = ~strong[shown]
        found = found.astype(float)
        found[weak] = found[weak] * (1 - _FADED) + 255 * _FADED
    return np.round(found).astype(np.uint8)


def _ends(view: Scatter) -> tuple[float, float]:
    values = np.frombuffer(view.value, "<f4")
    known = values[np.isfinite(values)]
    if view.value_range:
        return float(view.value_range[0]), float(view.value_range[1])
    return (float(known.min()), float(known.max())) if known.size else (0.0, 1.0)


def _map(view: Scatter, width: int) -> Picture:
    height = min(_TALL, round(width * _SHAPE))
    drawn, shown = sheet.paper(height, width), view.visible()
    spots, inks, codes = _spots(view, shown, height, width), _inks(view, shown), _codes(view)
    order = np.random.default_rng(0).permutation(len(spots))
    if len(spots) <= _FEW:
        size = 8 if len(spots) < 600 else 5.5 if len(spots) < 4000 else 3
        ring = np.zeros(len(spots), bool) if codes is None else (codes[shown] >= _FORMED // 2) & (codes[shown] < _FORMED)
        for k in order:
            colour: Colour = (int(inks[k, 0]), int(inks[k, 1]), int(inks[k, 2]))
            sheet.mark(drawn, (spots[k, 0], spots[k, 1]), "circle-open" if ring[k] else "circle", size, colour)
    else:
        places = np.clip(np.round(spots[order]).astype(int), 0, (width - 1, height - 1))
        drawn[places[:, 1], places[:, 0]] = inks[order]
    sheet.trace(drawn, np.array([[0, 0], [width - 1, 0], [width - 1, height - 1], [0, height - 1], [0, 0]], float), RULE, 1)
    return drawn


def _legend(view: Scatter, width: int) -> Picture:
    codes = _codes(view)
    if codes is not None:
        inks = [hexed(c) for c in categories()]
        last, lines = len(inks) - 1, [sheet.paragraph(view.category_name, width, SMALL, QUIET)]
        counts = {int(code): int(n) for code, n in zip(*np.unique(codes, return_counts=True), strict=True)}
        for code, label in list(enumerate(view.labels))[:_LISTED]:
            lines.append(
                _key(f"{label} ({counts.get(code, 0):,})", inks[code % last if code < 2 * last else last], width, ring=last <= code < 2 * last)
            )
        if NO_LABEL in counts:
            lines.append(_key(f"{view.no_label} ({counts[NO_LABEL]:,})", inks[last], width, ring=False))
        more = len(view.labels) - _LISTED
        return sheet.under(*lines, sheet.paragraph(f"and {more} more" if more > 0 else "", width, SMALL, QUIET), gap=1)
    if view.colour == "value" and view.value:
        name = sheet.paragraph(f"{view.value_name} {view.value_unit}".strip(), width, SMALL, QUIET)
        return sheet.under(name, colour_bar(*_ends(view), "", 160, view.colour_map), gap=4)
    return sheet.paper(1, 1)[:0]


def _key(label: str, colour: Colour, width: int, *, ring: bool) -> Picture:
    line = sheet.paper(17, width)
    sheet.mark(line, (7, 9), "circle-open" if ring else "circle", 9, colour)
    sheet.write(line, sheet.fitting(label, width - 18, SMALL), (17, 13), SMALL)
    return line


@picture.register
def _(view: Scatter, width: int = WIDTH) -> Picture:
    title = sheet.paragraph(view.title, width, SMALL + 2, bold=True)
    if not view.count:
        return sheet.under(title, sheet.paragraph(view.message, width, colour=QUIET))
    side = 150 if width >= 520 and view.colour != "none" else 0
    across = width - (side + sheet.GAP if side else 0)
    drawn = _map(view, across)
    axes = ", ".join(f"{way}: {label}" for way, label in (("→", view.x_label), ("↑", view.y_label)) if label)
    legend = _legend(view, side or width)
    body = sheet.beside(drawn, legend) if side else sheet.under(drawn, legend, gap=6)
    left_out = f"{view.dropped:,} rows without coordinates are left out" if view.dropped and not view.partial else ""
    shown = int(view.visible().sum())
    hidden = f"{shown:,} of {view.count:,} points pass the filters" if shown + view.dropped < view.count else ""
    below = "; ".join(each for each in (axes, hidden, left_out, view.note) if each)
    return sheet.under(title, body, sheet.paragraph(below, width, SMALL, QUIET), gap=6)


@words.register
def _(view: Scatter) -> str:
    if not view.count:
        return view.message
    coloured_by = {"category": view.category_name, "value": f"{view.value_name} {view.value_unit}".strip()}.get(view.colour, "")
    colour = f"coloured by {coloured_by}" if coloured_by else ""
    chosen = f"{len(view.selection):,} selected" if view.selected else ""
    return "; ".join(each for each in (view.title, f"{view.count:,} points", colour, chosen, view.note) if each)
