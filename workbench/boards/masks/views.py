"""Clips, masks and masked predictions as the canvas and the pane take them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from widgets import MapPane, PatchCanvas
from workbench.boards.layout import fill
from workbench.boards.look import alone
from workbench.boards.masks.charts import bank_bars, rank_bars, yardstick_bars
from workbench.boards.masks.words import captions
from workbench.boards.show import show
from workbench.core.clip import Clip
from workbench.core.mask import Mask
from workbench.core.numbers import UNITS
from workbench.core.questions.clips import ShownClip
from workbench.core.results import BankErrors, MaskedView, PredictionError, Quilt, RetrievalRank, Yardsticks

if TYPE_CHECKING:
    import plotly.graph_objects as go

NO_MASK: dict[str, object] = {"context": [], "blocks": [[]]}
NOTHING: dict[str, object] = {
    **dict.fromkeys(("target", "predicted", "asked", "error", "quilt", "quilt_ceiling", "nearest_pixels"), b""),
    **{"nearest_tokens": [], "nearest_text": []},
}


@show.register(ShownClip)
def _(result: ShownClip, mask: Mask | None = None, read_only: bool = False) -> PatchCanvas:
    canvas = PatchCanvas(**clip_traits(result), read_only=read_only)
    if mask is not None:
        canvas.mask = mask_dict(mask)
    return canvas


@show.register(Clip)
def _(result: Clip) -> PatchCanvas:
    whole = {"pixels": np.ascontiguousarray(result.rgb()).tobytes(), "pixels_shape": list(result.rgb().shape[:3])}
    return PatchCanvas(**whole, grid=[result.frames, 1, 1], read_only=True)


@show.register(MaskedView)
def _(result: MaskedView, mode: str = "predicted", mask: Mask | None = None, yard: Yardsticks | None = None) -> MapPane:
    pane = MapPane(mode=mode)
    outlined = {} if mask is None else {"mask": mask_dict(mask)}
    without = {"missing": {"quilt": "The nearest-patch reconstruction is computed with the baselines: show(view, yard=yardsticks(…))."}}
    fill(pane, {**view_traits(result, yard), **outlined, **(without if yard is None else quilt_traits(yard))})
    return pane


@show.register(Quilt)
def _(result: Quilt, mask: Mask | None = None) -> MapPane:
    pane = MapPane(mode="quilt")
    outlined = {} if mask is None else {"mask": mask_dict(mask)}
    missing = {"missing": dict.fromkeys(("target", "predicted", "error"), "A nearest-patch reconstruction has no such map: show a masked view.")}
    fill(pane, {"grid": list(result.nearest.shape[:3]), "aspect": list(result.predicted.shape[1:3]), **outlined, **_quilt(result), **missing})
    return pane


@show.register(PredictionError)
def _(result: PredictionError, yard: Yardsticks | None = None, dark: bool = False) -> go.Figure:
    return alone(yardstick_bars(result, yard, dark=dark), dark, height=420)


@show.register(BankErrors)
def _(result: BankErrors, dark: bool = False) -> go.Figure:
    return alone(bank_bars(result, dark=dark), dark)


@show.register(RetrievalRank)
def _(result: RetrievalRank, dark: bool = False) -> go.Figure:
    return alone(rank_bars(result, dark=dark), dark)


def mask_dict(mask: Mask) -> dict[str, object]:
    """A mask as the canvas speaks of it."""
    return {"context": np.flatnonzero(mask.context).tolist(), "blocks": [np.flatnonzero(t).tolist() for t in mask.targets]}


def mask_of(value: dict[str, Any], shape: tuple[int, int, int]) -> Mask:
    """What was painted on the canvas, as a mask.

    Raises:
        MaskError: a token is context and target at once.
    """
    tokens = int(np.prod(shape))
    layers = [value["context"], *(value["blocks"] or [[]])]
    flat = np.zeros((len(layers), tokens), dtype=bool)
    for row, ids in zip(flat, layers, strict=True):
        row[[i for i in ids if 0 <= i < tokens]] = True
    return Mask(flat[0].reshape(shape), flat[1:].reshape(-1, *shape))


def clip_traits(shown: ShownClip) -> dict[str, object]:
    """A clip as the canvas wants it."""
    g = shown.grid
    return {
        "pixels": np.ascontiguousarray(shown.pixels).tobytes(),
        "pixels_shape": list(shown.pixels.shape[:3]),
        "grid": list(g.shape),
        "tubelet": g.tubelet,
        "source": [float(v) for v in (*g.scale, *g.offset)],
        "source_size": list(shown.source_size),
        "fps": float(shown.fps or 8.0),
    }


def view_traits(view: MaskedView, yard: Yardsticks | None) -> dict[str, object]:
    """A masked view as the large pane wants it."""
    error = view.error
    return {
        "grid": list(error.grid.shape),
        "tubelet": error.grid.tubelet,
        "target": view.target.tobytes(),
        "predicted": view.predicted.tobytes(),
        "asked": view.asked.astype(np.uint8).tobytes(),
        "error": error.tokens.astype(np.float32).tobytes(),
        "error_label": "error",
        "error_unit": UNITS[error.distance],
        "captions": captions(view, yard),
    }


def quilt_traits(yard: Yardsticks) -> dict[str, object]:
    """Nearest-patch reconstruction and nearest patches as the large pane wants them; the reason where there are none."""
    q = yard.quilt
    if q is None:
        return {
            "missing": {"quilt": "The nearest-patch reconstruction needs a bank of other clips on the same grid. Open a folder of images or clips."}
        }
    return _quilt(q)


def _quilt(q: Quilt) -> dict[str, object]:
    asked = q.nearest[..., 0, 0] >= 0
    texts = [
        [f"clip {c + 1}, token {t}\ndistance {d:.2f}" for (c, t), d in zip(n.tolist(), far.tolist(), strict=True)]
        for n, far in zip(q.nearest[asked], q.distance[asked], strict=True)
    ]
    return {
        "missing": {},
        "pixels_shape": list(q.predicted.shape[:3]),
        "quilt": np.ascontiguousarray(q.predicted).tobytes(),
        "quilt_ceiling": np.ascontiguousarray(q.ceiling).tobytes(),
        "nearest_tokens": np.flatnonzero(asked).tolist(),
        "nearest_pixels": np.ascontiguousarray(q.thumbs).tobytes(),
        "nearest_text": texts,
    }


def blank_traits(shape: tuple[int, int, int], pixels: tuple[int, ...], tubelet: int, old: list[int]) -> dict[str, object]:
    """Nothing of another grid stays on the pane."""
    fresh = {"grid": list(shape), "tubelet": tubelet, "aspect": list(pixels[1:3]), "pixels_shape": list(pixels)}
    return {**NOTHING, **fresh} if list(shape) != old else {"aspect": list(pixels[1:3])}


def nice(value: float) -> float:
    """The next of 1, 1.5, 2, 3, 5, 7.5 × a power of ten, so that the scale seldom moves."""
    power = 10.0 ** np.floor(np.log10(max(value, 1e-9)))
    return float(next(m * power for m in (1, 1.5, 2, 3, 5, 7.5, 10) if m * power >= value * 0.999))
