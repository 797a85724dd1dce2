"""Pictures with their tokens: the mask problem on a clip, and maps of tokens."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from jaxtyping import Bool, UInt8

from widgets import MapPane, PatchCanvas
from widgets._masks import arrays_of
from widgets.palette import rgb
from workbench.boards.stills import sheet
from workbench.boards.stills.charts import colour_bar, coloured
from workbench.boards.stills.drawing import picture, words
from workbench.boards.stills.sheet import QUIET, SMALL, WIDTH, Picture
from workbench.data._cv2 import opencv

_TALL, _STEP = 380, 118  # pixels: height of a picture at most, width of one time step at least
_VEIL = (122, 127, 136)
CONTEXT, TARGET = rgb("context"), rgb("target")


def chosen(count: int, room: int) -> list[int]:
    """Up to `room` of the numbers below `count`, evenly, with the first and the last."""
    return sorted({round(float(k)) for k in np.linspace(0, count - 1, max(1, min(count, room)))}) if count else []


def strip(pictures: Sequence[Picture], labels: Sequence[str]) -> Picture:
    """Pictures of one size next to each other, with a line under each."""
    made = []
    for each, label in zip(pictures, labels, strict=True):
        line = sheet.paper(18 if any(labels) else 0, each.shape[1])
        if any(labels):
            sheet.write(line, sheet.fitting(label, each.shape[1], SMALL), (0, 13), SMALL, QUIET)
        made.append(sheet.under(each, line[: 18 if any(labels) else 0], gap=2))
    return sheet.beside(*made, gap=6)


def side(width: int, aspect: tuple[float, float], count: int, tallest: int) -> tuple[int, int]:
    """Height and width of one of `count` pictures in a row."""
    across = (width - 6 * (count - 1)) / count
    tall = min(across * aspect[0] / max(aspect[1], 1e-9), tallest, _TALL)
    return max(1, round(tall)), max(1, round(tall * aspect[1] / max(aspect[0], 1e-9)))


def cells(flags: Bool[np.ndarray, "rows cols"], height: int, width: int) -> Bool[np.ndarray, "height width"]:
    """Flags of tokens as flags of pixels."""
    rows, cols = flags.shape
    return flags[np.arange(height)[:, None] * rows // height, np.arange(width)[None] * cols // width]


def edged(drawn: Picture, inside: Bool[np.ndarray, "height width"], colour: sheet.Colour, width: int) -> None:
    """An outline on the inside of a region, with a light casing."""
    cv = opencv()
    flat = inside.astype(np.uint8)

    def core(pixels: int) -> np.ndarray:
        return cv.erode(flat, np.ones((2 * pixels + 1,) * 2, np.uint8), borderType=cv.BORDER_CONSTANT, borderValue=0).astype(bool)

    drawn[inside & ~core(width + 1)] = (235, 235, 235)
    drawn[inside & ~core(width)] = colour


def masked(drawn: Picture, context: Bool[np.ndarray, "rows cols"], targets: Bool[np.ndarray, "blocks rows cols"], *, hatch: bool = True) -> Picture:
    """The mask over a picture: context outlined in blue, targets hatched in orange, what is ignored under a veil."""
    height, width = drawn.shape[:2]
    if hatch:
        ignored = cells(np.asarray(~context & ~targets.any(0)), height, width)
        drawn[ignored] = np.round(drawn[ignored] * 0.26 + np.array(_VEIL) * 0.74).astype(np.uint8)
        sheet.hatched(drawn, cells(np.asarray(targets.any(0)), height, width), TARGET)
    edged(drawn, cells(context, height, width), CONTEXT, 1)
    for each in targets:
        edged(drawn, cells(each, height, width), TARGET, 2)
    return drawn


def _mask(view: Any) -> tuple[np.ndarray, np.ndarray] | None:
    """Context and targets of a view; None where it has no mask."""
    known = np.prod(view.grid) and (view.mask.get("context") or any(view.mask.get("blocks", ())))
    return arrays_of(view.mask, view.grid) if known else None


def mask_words(view: Any) -> str:
    """How many tokens are what."""
    found = _mask(view)
    if found is None:
        return ""
    context, targets = found
    ignored = int((~context & ~targets.any(0)).sum())
    blocks = f" in {len(targets)} blocks" if len(targets) > 1 else ""
    return f"context {context.sum()} tokens, target {targets.any(0).sum()}{blocks}" + (f", ignored {ignored}" if ignored else "")


def _mask_legend(view: Any, width: int) -> Picture:
    found = _mask(view)
    if found is None or getattr(view, "plain", False):
        return sheet.paper(1, 1)[:0]
    context, targets = found
    ignored = int((~context & ~targets.any(0)).sum())
    blocks = f" in {len(targets)} blocks" if len(targets) > 1 else ""
    entries = [("outline", CONTEXT, f"context: {context.sum()} tokens"), ("hatch", TARGET, f"target: {targets.any(0).sum()} tokens{blocks}")]
    return sheet.legend([*entries, *([("block", _VEIL, f"ignored: {ignored}")] if ignored else [])], width)


@picture.register
def _(view: PatchCanvas, width: int = WIDTH) -> Picture:
    frames, height, across = view.pixels_shape
    if not view.pixels:
        return sheet.paragraph(view.message, width, colour=QUIET)
    pixels = np.frombuffer(view.pixels, np.uint8).reshape(frames, height, across, 3)
    ticks = max(1, view.grid[0])
    shown = chosen(ticks, width // _STEP)
    heat = np.frombuffer(view.overlay, "<f4").reshape(view.grid) if view.overlay and view.overlay_on else None
    inks = np.frombuffer(view.colours, np.uint8).reshape(*view.grid, 3) if view.colours and view.overlay_on else None
    heat = heat if inks is None else None
    found, room = None if view.plain else _mask(view), width - (64 if heat is not None else 0)
    tall, wide = side(room, (height, across), len(shown), view.picture_height)
    ends = _ends(view.overlay_range, heat, signed=view.overlay_map == "signed")
    drawn, chosen_at = [], _selected(view)
    for tick in shown:
        each = sheet.sized(pixels[min(tick * view.tubelet, frames - 1)], tall, wide)
        if heat is not None:
            known = cells(np.isfinite(heat[tick]), tall, wide)
            hot = sheet.sized(coloured(heat[tick], *ends, view.overlay_map), tall, wide)
            each[known] = np.round(hot[known] * view.overlay_opacity + each[known] * (1 - view.overlay_opacity)).astype(np.uint8)
        if inks is not None:
            each = np.round(sheet.sized(inks[tick], tall, wide) * view.overlay_opacity + each * (1 - view.overlay_opacity)).astype(np.uint8)
        if tick in chosen_at:
            edged(each, cells(chosen_at[tick], tall, wide), (12, 16, 24), 2)
        drawn.append(each if found is None else masked(each, found[0][tick], found[1][:, tick], hatch=heat is None))
    name = "frame" if view.tubelet == 1 else "time step"
    row = strip(drawn, [f"{name} {t}" if ticks > 1 else "" for t in shown])
    bar = colour_bar(*ends, view.overlay_label, tall, view.overlay_map) if heat is not None else sheet.paper(1, 1)[:0]
    named = sheet.paragraph(view.overlay_label if inks is not None else "", width, SMALL, QUIET)
    return sheet.under(sheet.beside(row, bar), _mask_legend(view, width), named, sheet.paragraph(view.hint, width, SMALL, QUIET), gap=6)


def _selected(view: PatchCanvas) -> dict[int, np.ndarray]:
    """Flags of the selected token by time step, where a picture is of one."""
    found = dict[int, np.ndarray]()
    if view.single and view.selection:
        flags = np.zeros(int(np.prod(view.grid)), bool)
        flags[[k for k in view.selection if k < flags.size]] = True
        found = {t: each for t, each in enumerate(flags.reshape(view.grid)) if each.any()}
    return found


def _ends(given: Sequence[float], values: np.ndarray | None, *, signed: bool = False) -> tuple[float, float]:
    """Ends of colours: as said, else from 0 to the largest; where the sign counts, 0 lies in the middle."""
    if given:
        return float(given[0]), float(given[1])
    known = values[np.isfinite(values)] if values is not None else np.empty(0)
    if signed and known.size:
        far = float(np.abs(known).max())
        return -far, far
    return (min(0.0, float(known.min())), float(known.max())) if known.size else (0.0, 1.0)


@words.register
def _(view: PatchCanvas) -> str:
    if not view.pixels:
        return view.message
    frames, height, width = view.pixels_shape
    ticks, rows, cols = view.grid
    tokens = f", {rows} × {cols} tokens" + (f" at {ticks} time steps" if ticks > 1 else "") if rows * cols > 1 else ""
    what = f"{'picture' if frames == 1 else f'clip of {frames} frames'} of {height} × {width} pixels{tokens}"
    return "; ".join(each for each in (what, "" if view.plain else mask_words(view), view.hint) if each)


@picture.register
def _(view: MapPane, width: int = WIDTH) -> Picture:
    title = sheet.paragraph(view.labels.get(view.mode, _NAMES[view.mode]), width, SMALL + 1, bold=True)
    why = view.missing.get(view.mode, "") or ("" if _bytes(view) else view.message)
    if why:
        return sheet.under(title, sheet.paragraph(why, width, colour=QUIET), gap=6)
    ticks, rows, cols = view.grid
    shown = chosen(ticks, width // _STEP)
    heat = np.frombuffer(view.error, "<f4").reshape(view.grid) if view.mode == "error" else None
    ends, room = _ends(view.error_range, heat), width - (64 if heat is not None else 0)
    aspect = view.aspect if all(view.aspect) else [rows, cols]
    tall, wide = side(room, (aspect[0], aspect[1]), len(shown), view.picture_height)
    found, drawn = _mask(view), []
    for tick in shown:
        each = sheet.sized(_map(view, tick, heat, ends), tall, wide)
        drawn.append(each if found is None else masked(each, found[0][tick], found[1][:, tick], hatch=False))
    row = strip(drawn, [f"time step {t}" if ticks > 1 else "" for t in shown])
    bar = colour_bar(*ends, view.error_unit or view.error_label, tall) if heat is not None else sheet.paper(1, 1)[:0]
    blank = [("block", sheet.EMPTY, "not predicted")] if view.mode in ("predicted", "error") and view.asked else []
    edges = [] if found is None else [("outline", CONTEXT, "context"), ("outline", TARGET, "target")]
    caption = sheet.paragraph(view.captions.get(view.mode, ""), width, SMALL, QUIET)
    return sheet.under(title, sheet.beside(row, bar), sheet.legend([*edges, *blank], width), caption, gap=6)


_NAMES = {"target": "target", "predicted": "predicted", "error": "error", "quilt": "nearest-patch reconstruction"}


def _bytes(view: MapPane) -> bytes:
    if view.mode == "quilt":
        return view.quilt_ceiling if view.quilt_source == "target" else view.quilt
    return {"target": view.target, "predicted": view.predicted, "error": view.error}[view.mode]


def _map(view: MapPane, tick: int, heat: np.ndarray | None, ends: tuple[float, float]) -> UInt8[np.ndarray, "_ _ 3"]:
    """What the pane shows at a time step."""
    if heat is not None:
        return coloured(heat[tick], *ends)
    if view.mode == "quilt":
        frames = np.frombuffer(_bytes(view), np.uint8).reshape(*view.pixels_shape, 3)
        return frames[min(tick * view.tubelet, len(frames) - 1)]
    colours = np.frombuffer(_bytes(view), np.uint8).reshape(*view.grid, 3)[tick].copy()
    if view.mode == "predicted" and view.asked:
        colours[np.frombuffer(view.asked, np.uint8).reshape(view.grid)[tick] == 0] = sheet.EMPTY
    return colours


@words.register
def _(view: MapPane) -> str:
    why = view.missing.get(view.mode, "") or ("" if _bytes(view) else view.message)
    said = why or view.captions.get(view.mode, "") or mask_words(view)
    return f"{view.labels.get(view.mode, _NAMES[view.mode])}: {said}" if said else view.labels.get(view.mode, _NAMES[view.mode])
