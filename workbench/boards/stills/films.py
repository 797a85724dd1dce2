"""Videos as strips of frames over their curves, worlds with paths, and galleries."""

from __future__ import annotations

import numpy as np

from widgets import ClipPlayer, Gallery, Timeline, WorldStage
from widgets.palette import rgb
from workbench.boards.stills import sheet
from workbench.boards.stills.charts import colour_bar, coloured
from workbench.boards.stills.curves import LOOKS, curve_words, curves, look
from workbench.boards.stills.drawing import picture, words
from workbench.boards.stills.grids import cells, chosen, side, strip
from workbench.boards.stills.sheet import EMPTY, INK, QUIET, SMALL, WIDTH, Picture

_FRAME, _STAGE = 92, 380  # pixels: width of a frame in a strip at least, height of a world at most
_MARKS = {"start": (255, 255, 255), "goal": (240, 228, 66), "agent": rgb("target"), "ball": rgb("target")}


@picture.register
def _(view: Timeline, width: int = WIDTH) -> Picture:
    found = curves(view, width)
    return found if found.size else sheet.paragraph("No curves yet", width, colour=QUIET)


@words.register
def _(view: Timeline) -> str:
    return curve_words(view) or "No curves yet"


@picture.register
def _(view: ClipPlayer, width: int = WIDTH) -> Picture:
    head = sheet.paragraph(view.caption, width, SMALL + 1, QUIET)
    if not view.films:
        return sheet.under(head, sheet.paragraph(view.message, width, colour=QUIET), gap=6)
    still = view.frame_count() == 1
    parts = _side_by_side(view, width) if still else [_film(view, k, width) for k in range(len(view.films))]
    heat = sheet.paper(1, 1)[:0]
    if view.heat and view.heat_on and view.heat_film >= 0:
        heat = sheet.beside(colour_bar(*_heat_ends(view), "", 60), sheet.paragraph(view.heat_label, 220, SMALL, QUIET))
    return sheet.under(head, *parts, heat, curves(view, width), gap=8)


def _side_by_side(view: ClipPlayer, width: int) -> list[Picture]:
    """Videos of one frame: pictures in rows, the name above each and its note below."""
    row = max(1, min(len(view.films), width // 120))
    room = (width - 8 * (row - 1)) // row
    made = [_still(view, k, room) for k in range(len(view.films))]
    return [sheet.beside(*made[k : k + row], gap=8) for k in range(0, len(made), row)]


def _still(view: ClipPlayer, number: int, room: int) -> Picture:
    film = view.films[number]
    _, height, width = film["shape"]
    tall, wide = side(room, (height, width), 1, view.picture_height)
    drawn = sheet.sized(_frame(view, number, 0), tall, wide)
    note = sheet.paragraph(film.get("note", ""), room, SMALL, QUIET)
    return sheet.under(_label(film, room), sheet.beside(drawn, sheet.paper(1, max(1, room - wide)), gap=0), note, gap=3)


def _film(view: ClipPlayer, number: int, width: int) -> Picture:
    """One video: its name, frames evenly over its time, and what it was drawn by."""
    film = view.films[number]
    frames, height, across = film["shape"]
    shown = chosen(frames, max(2, width // _FRAME))
    tall, wide = side(width, (height, across), len(shown), view.picture_height)
    comes = film.get("comes", frames)
    drawn = [sheet.sized(_frame(view, number, t), tall, wide) if t < comes else _unknown(tall, wide) for t in shown]
    last = number == len(view.films) - 1
    labels = [f"{view.word} {t + view.origin}" + (", context" if t < view.known else "") if last else "" for t in shown]
    return sheet.under(_label(film, width), strip(drawn, labels), gap=3)


def _label(film: dict[str, object], width: int) -> Picture:
    """The name of a video beside the colour of its kind, its note where there is room."""
    drawn = sheet.paper(20, width)
    sheet.block(drawn, (0, 3, 6, 17), look(str(film["kind"]))[0])
    name = sheet.fitting(str(film["name"]), width - 12, SMALL + 1)
    sheet.write(drawn, name, (12, 15), SMALL + 1)
    left = 24 + sheet.wide(name, SMALL + 1)
    if film.get("note") and film["shape"][0] > 1 and width - left > 60:  # type: ignore[index]
        sheet.write(drawn, sheet.fitting(str(film["note"]), width - left, SMALL), (left, 15), SMALL, QUIET)
    return drawn


def _frame(view: ClipPlayer, number: int, frame: int) -> np.ndarray:
    """One frame of a video, with its heat."""
    pixels = view.frame(number, frame)
    if not (view.heat and view.heat_on and number == view.heat_film) or frame >= view.heat_shape[0]:
        return pixels
    heat = np.frombuffer(view.heat, "<f4").reshape(view.heat_shape)[frame]
    known = cells(np.isfinite(heat), *pixels.shape[:2])
    hot = sheet.sized(coloured(heat, *_heat_ends(view)), *pixels.shape[:2])
    return np.where(known[..., None], np.round(0.6 * hot + 0.4 * pixels), pixels).astype(np.uint8)


def _heat_ends(view: ClipPlayer) -> tuple[float, float]:
    if view.heat_range:
        return float(view.heat_range[0]), float(view.heat_range[1])
    values = np.frombuffer(view.heat, "<f4")
    return 0.0, float(np.nanmax(values)) if np.isfinite(values).any() else 1.0


def _unknown(height: int, width: int) -> Picture:
    drawn = sheet.paper(height, width)
    drawn[:] = EMPTY
    for k, line in enumerate(("no ground", "truth")):
        sheet.write(drawn, sheet.fitting(line, width, SMALL), (width / 2, height / 2 + 14 * k - 4), SMALL, QUIET, anchor="center")
    return drawn


@words.register
def _(view: ClipPlayer) -> str:
    if not view.films:
        return view.message
    count = view.frame_count()
    names = "; ".join(f"{film['name']} ({film['note']})" if film.get("note") else str(film["name"]) for film in view.films)
    said = f"{view.caption} {names}".strip() + (f"; {count} frames" if count > 1 else "")
    return "\n".join(line for line in (said, curve_words(view)) if line)


@picture.register
def _(view: WorldStage, width: int = WIDTH) -> Picture:
    if not view.pixels:
        return sheet.paragraph(view.message, width, colour=QUIET)
    height, across = view.shape
    tall, wide = side(width, (height, across), 1, min(view.picture_height, _STAGE))
    drawn = sheet.sized(np.frombuffer(view.pixels, np.uint8).reshape(height, across, 3), tall, wide)
    for path in view.paths:
        meaning, dash, _ = LOOKS.get(path["kind"], LOOKS["control"])
        line, thick = np.array(path["xy"], float).reshape(-1, 2) * (wide, tall), float(path.get("width", 2))
        if path.get("alpha", 1) > 0.5:
            sheet.trace(drawn, line, (40, 40, 40), thick + 2)
        sheet.trace(drawn, line, rgb(meaning, dark=True), thick, dash=dash, alpha=float(path.get("alpha", 1)))
    for point in view.points:
        at, form = (point["x"] * wide, point["y"] * tall), "star" if point["kind"] == "goal" else "circle"
        sheet.mark(drawn, at, form, 15, _MARKS[point["kind"]], INK)
        if point.get("label"):
            _tag(drawn, str(point["label"]), at)
    kinds = {path["name"]: path["kind"] for path in view.paths if path["name"]}
    entries = [("path", rgb(LOOKS[kind][0], dark=True), name) for name, kind in kinds.items()]
    return sheet.under(drawn, sheet.legend(entries, width), sheet.paragraph(view.caption, width, SMALL, QUIET), gap=6)


def _tag(drawn: Picture, label: str, at: tuple[float, float]) -> None:
    """The name of a point beside it, on a ground of its own."""
    across = sheet.wide(label, SMALL)
    left = at[0] + 11 if at[0] + 16 + across < drawn.shape[1] else at[0] - 15 - across
    sheet.block(drawn, (left - 2, at[1] - 8, left + across + 3, at[1] + 8), sheet.WHITE, alpha=0.82)
    sheet.write(drawn, label, (left, at[1] + 4), SMALL)


@words.register
def _(view: WorldStage) -> str:
    if not view.pixels:
        return view.message
    named = [path["name"] for path in view.paths if path["name"]]
    points = [f"{point.get('label') or point['kind']} at {point['x']:.2f}, {point['y']:.2f}" for point in view.points]
    return "; ".join(each for each in (view.caption, *dict.fromkeys(named), *points) if each) or "a world"


@picture.register
def _(view: Gallery, width: int = WIDTH) -> Picture:
    head = sheet.paragraph(f"{view.title}  {view.note}".strip(), width, SMALL + 1, QUIET)
    if not view.rows:
        return sheet.under(head, sheet.paragraph(view.message, width, SMALL, QUIET), gap=4)
    pictures = np.frombuffer(view.pictures, np.uint8).reshape(*view.shape, 3)
    boxes = np.array(view.boxes, int).reshape(-1, 4)
    made = list[Picture]()
    for k, pixels in enumerate(pictures):
        scaled = view.side / max(pixels.shape[:2])
        drawn = sheet.sized(pixels, round(pixels.shape[0] * scaled), round(pixels.shape[1] * scaled))
        if k < len(boxes) and boxes[k, 2]:
            top, left, tall, across = boxes[k] * scaled
            corners = np.array([[left, top], [left + across, top], [left + across, top + tall], [left, top + tall], [left, top]])
            sheet.trace(drawn, corners, INK, 3)
            sheet.trace(drawn, corners, sheet.WHITE, 1)
        line = sheet.fitting(view.captions[k] if k < len(view.captions) else "", max(drawn.shape[1], 60), SMALL)
        made.append(sheet.under(drawn, sheet.paragraph(line, max(drawn.shape[1], 60) + 4, SMALL), gap=2))
    row = max(1, (width + 8) // (max(each.shape[1] for each in made) + 8))
    return sheet.under(head, *(sheet.beside(*made[k : k + row], gap=8) for k in range(0, len(made), row)), gap=6)


@words.register
def _(view: Gallery) -> str:
    return f"{view.title}: {', '.join(view.captions)}".strip(": ") if view.rows else view.message
