"""`show(result)`: the view of a result, for a notebook or a board."""

from __future__ import annotations

import dataclasses
from functools import singledispatch
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from widgets import MapPane, ModelView, PatchCanvas
from workbench.core.card import LoadReport
from workbench.core.clip import Clip
from workbench.core.contents import Contents
from workbench.core.errors import BadInput
from workbench.core.facts import ModelFacts, ShownClip, TensorHistogram
from workbench.core.mask import Mask
from workbench.core.results import BankErrors, Classified, MaskedView, PredictionError, Quilt, RetrievalRank, Yardsticks
from workbench.measures.catalogue import ENTRIES
from workbench.present.charts import bank_bars, label_bars, rank_bars, yardstick_bars
from workbench.present.parts import PART_LABELS
from workbench.present.words import UNITS, captions

if TYPE_CHECKING:
    import plotly.graph_objects as go


@singledispatch
def show(result: Any, **options: Any) -> Any:
    """The view of a result: maps become widgets, charts become Plotly figures. Both render in a notebook and in the app.

    Raises:
        BadInput: nothing shows results of this kind.
    """
    raise BadInput(f"nothing shows a {type(result).__name__}", where="show()", fix="show a result of a measure, a clip or a load report")


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
    without = {"missing": {"quilt": "A quilt is a part of the yardsticks: show(view, yard=yardsticks(…))."}}
    fill(pane, {**view_traits(result, yard), **outlined, **(without if yard is None else quilt_traits(yard))})
    return pane


@show.register(Quilt)
def _(result: Quilt, mask: Mask | None = None) -> MapPane:
    pane = MapPane(mode="quilt")
    outlined = {} if mask is None else {"mask": mask_dict(mask)}
    missing = {"missing": dict.fromkeys(("target", "predicted", "error"), "A quilt alone has no such map: show a masked view.")}
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


@show.register(Classified)
def _(result: Classified, count: int = 5, dark: bool = False) -> go.Figure:
    return alone(label_bars(result, count, dark=dark), dark)


@show.register(ModelFacts)
def _(result: ModelFacts) -> ModelView:
    return ModelView(model=model_dict(result))


@show.register(LoadReport)
def _(result: LoadReport) -> ModelView:
    return ModelView(model={"name": Path(result.path).name, "family": result.family, **report_dict(result)})


def alone(figure: go.Figure, dark: bool, height: int = 300) -> go.Figure:
    """A chart on its own ground: nobody tells it what the page around it looks like."""
    return figure.update_layout(paper_bgcolor="#14171D" if dark else "#FFFFFF", width=620, height=height, margin={"l": 14, "t": 38}, title_x=0.02)


def fill(view: Any, traits: dict[str, Any]) -> None:
    """Set several traits of a view as one change, leaving out those that stay the same."""
    changed = {k: v for k, v in traits.items() if getattr(view, k) != v}
    if changed:
        with view.together():
            for name, value in changed.items():
                setattr(view, name, value)


def mask_dict(mask: Mask) -> dict[str, Any]:
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


def clip_traits(shown: ShownClip) -> dict[str, Any]:
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


def view_traits(view: MaskedView, yard: Yardsticks | None) -> dict[str, Any]:
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


def quilt_traits(yard: Yardsticks) -> dict[str, Any]:
    """Quilt and nearest patches as the large pane wants them; the reason where there are none."""
    q = yard.quilt
    if q is None:
        return {"missing": {"quilt": "A quilt needs a bank of other clips on the same grid. Open a folder of images or clips."}}
    return _quilt(q)


def _quilt(q: Quilt) -> dict[str, Any]:
    asked = q.nearest[..., 0, 0] >= 0
    texts = [
        [f"clip {c}, token {t}\n{d:.2f} away" for (c, t), d in zip(n.tolist(), far.tolist(), strict=True)]
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


def model_dict(facts: ModelFacts) -> dict[str, Any]:
    """A model as the Checkpoint view wants it."""
    used = {name: p.name for p in facts.report.parts for name in p.matched}
    return {
        **{k: getattr(facts.card, k) for k in ("name", "family", "paper", "licence", "notes", "preprocessing")},
        **report_dict(facts.report),
        "tensors": [{**dataclasses.asdict(t), "shape": list(t.shape), "part": used.get(t.name, "")} for t in facts.tensors],
    }


def contents_dict(found: Contents) -> dict[str, Any]:
    """A file that was described but not loaded, as the Checkpoint view wants it."""
    alarming = set(found.alarming)
    settings = [f"{name} = {value}" for name, value in found.settings.items()]
    return {
        "name": Path(found.path).name,
        "family": f"{found.kind} file",
        "notes": f"Described from its opcodes; nothing of it was loaded or run. What would do: {found.advice()}.",
        "path": found.path,
        "file_bytes": found.bytes,
        "wants": [{"name": c, "alarming": c in alarming} for c in found.classes],
        "other": [*settings, *(f"{name} (a {kind})" for name, kind in found.left_out)],
        "tensors": [{**dataclasses.asdict(t), "shape": list(t.shape), "part": ""} for t in found.tensors],
    }


def report_dict(report: LoadReport) -> dict[str, Any]:
    """A load report as the Checkpoint view wants it."""
    parts = [
        {
            "name": p.name,
            "label": PART_LABELS[p.name],
            "status": p.status,
            "matched": len(p.matched),
            "missing": list(p.missing),
            "unexpected": list(p.unexpected),
            "reshaped": [[n, list(a), list(b)] for n, a, b in p.reshaped],
            "ignored": [list(i) for i in p.ignored],
            "parameters": p.parameters,
            "bytes": p.bytes,
            "dtype": p.dtype,
            "refused": refusals(report, p.name),
        }
        for p in (report.part(n) for n in report.listed)
    ]
    return {
        "path": report.path,
        "file_bytes": report.file_bytes,
        "facts": [{"name": f.name, "value": _plain(f.value), "origin": f.origin, "why": f.why} for f in report.facts],
        "parts": parts,
        "other": list(report.other),
    }


def refusals(report: LoadReport, part: str) -> str:
    """Which measures are off because of one part, or which part stands in for it; "" when it is whole."""
    if report.part(part).status == "whole":
        return ""
    if report.serving(part).status == "whole":
        return f"In its place: {PART_LABELS[report.serving(part).name]}, see the settings."
    off = [e.title for e in ENTRIES if part in e.needs]
    return f"Off without it: {', '.join(off)}." if off else ""


def histogram_dict(found: TensorHistogram) -> dict[str, Any]:
    """A histogram as the Checkpoint view wants it."""
    numbers = {"mean": found.mean, "std": found.std, "min": found.low, "max": found.high}
    return {"name": found.name, "counts": found.counts.tolist(), "edges": found.edges.tolist(), **numbers, "nan": found.odd}


def _plain(value: object) -> Any:
    return list(value) if isinstance(value, tuple) else value
