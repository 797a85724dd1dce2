"""Results of features as views: maps on a canvas, numbers of layers as a chart."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from widgets import PatchCanvas
from workbench.boards.features import drawn
from workbench.boards.features.charts import profile_chart
from workbench.boards.features.drawn import MEAN, TokenMap
from workbench.boards.look import alone
from workbench.boards.masks.views import clip_traits
from workbench.boards.show import show
from workbench.core.errors import BadInput
from workbench.core.questions.clips import ShownClip
from workbench.core.questions.features import AttentionResult, FeatureMaps, JointMaps, LayerProfile, SimilarityResult

if TYPE_CHECKING:
    import plotly.graph_objects as go

_PIXELS = 16  # a token, where the picture is not given


@show.register(FeatureMaps)
def _(result: FeatureMaps, shown: ShownClip | None = None, layer: int | None = None, norm: bool = False) -> PatchCanvas:
    """shown: the clip, from `jw.shown_clip`. layer: its place among `result.layers`; None = the last. norm: the map of norms."""
    k = _place(len(result.layers), layer)
    return _canvas(drawn.norms(result, k) if norm else drawn.components(result, k), result.norms.shape[1:], shown)


@show.register(SimilarityResult)
def _(result: SimilarityResult, shown: ShownClip | None = None, source: str = "model") -> PatchCanvas:
    """source: "model", "untrained", "pixels" or "position"."""
    found = drawn.cosines(result, source)
    if found is None:
        raise BadInput(f"this result has no similarity of {source!r}", where="show()", fix="'model', 'untrained' or 'pixels'; 'position' with a bank")
    return _canvas(found, result.map.shape, shown, result.token)


@show.register(AttentionResult)
def _(result: AttentionResult, shown: ShownClip | None = None, layer: int | None = None, head: int = MEAN, untrained: bool = False) -> PatchCanvas:
    """head: its number; −1: the mean of heads, −2: rollout. untrained: what the untrained model attends to."""
    found = drawn.attended(result, _place(len(result.maps), layer), head, untrained=untrained)
    if found is None:
        raise BadInput("this result has no such attention", where="show()", fix="ask for it with rollout=True, or show a head of the model")
    return _canvas(found, result.maps.shape[2:], shown, result.token)


@show.register(JointMaps)
def _(result: JointMaps, shown: ShownClip | None = None, model: int = 0) -> PatchCanvas:
    """model: 0, or 1 for the other one."""
    agree = ", ".join(f"{value:.2f}" for value in result.agreement)
    found = TokenMap(f"{result.by}, correlation of both models: {agree}", colours=result.colours[model])
    return _canvas(found, result.colours.shape[1:4], shown)


@show.register(LayerProfile)
def _(result: LayerProfile, layer: int | None = None, dark: bool = False) -> go.Figure:
    return alone(profile_chart(result, _place(len(result.layers), layer), dark=dark), dark, height=380)


def _place(count: int, layer: int | None) -> int:
    if layer is not None and not 0 <= layer < count:
        raise BadInput(f"there is no layer {layer}", where="show()", fix=f"0 to {count - 1}, or None for the last")
    return count - 1 if layer is None else layer


def _canvas(found: TokenMap, shape: tuple[int, ...], shown: ShownClip | None, token: tuple[int, int, int] | None = None) -> PatchCanvas:
    """The map over the clip; alone where the clip is not given."""
    ticks, rows, cols = shape
    if shown is not None and shown.grid.shape != shape:
        raise BadInput(f"the clip has {shown.grid.shape} tokens, the result {tuple(shape)}", where="show()", fix="give the clip that was asked about")
    blank = np.full((ticks, rows * _PIXELS, cols * _PIXELS, 3), 150, np.uint8)
    clip: dict[str, Any] = {"pixels": blank.tobytes(), "pixels_shape": list(blank.shape[:3]), "grid": [ticks, rows, cols]}
    opacity = 1.0 if shown is None else 0.85
    chosen = [] if token is None else [int(np.ravel_multi_index(token, (ticks, rows, cols)))]
    over: dict[str, Any] = {**(clip if shown is None else clip_traits(shown)), **found.traits()}
    return PatchCanvas(**over, overlay_opacity=opacity, selection=chosen, read_only=True, plain=True, single=True)
