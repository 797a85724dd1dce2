"""The score of a fitted decoder beside its baselines."""

from __future__ import annotations

from typing import TYPE_CHECKING

from widgets.palette import ink
from workbench.boards.look import calm
from workbench.core.questions.decoding import DecoderFit, psnr

if TYPE_CHECKING:
    import plotly.graph_objects as go


def fit_bars(fit: DecoderFit, *, dark: bool = False) -> go.Figure:
    """PSNR in dB on held-out frames: the decoder, its output for the mean latent, and the mean picture."""
    import plotly.graph_objects as go

    rows = {"decoder": fit.mse, "mean latent": fit.mean_latent, "mean picture": fit.mean_picture}
    values = [psnr(v) for v in rows.values()]
    bar = go.Bar(
        orientation="h",
        x=values,
        y=list(rows),
        text=[f"{v:.1f} dB" for v in values],
        hovertext=[f"{name}: mean squared error {v:.5f}" for name, v in rows.items()],
        hoverinfo="text",
        textposition="outside",
        cliponaxis=False,
        marker={
            "color": [ink("predicted", dark), ink("control", dark), ink("control", dark)],
            "pattern": {"shape": ["", "/", "/"], "size": 5, "solidity": 0.2},
        },
    )
    figure = calm(go.Figure(bar), f"PSNR on {fit.held_frames} held-out frames", dark)
    figure.update_xaxes(range=[0, max(1.0, *values) * 1.3], showticklabels=False)
    figure.update_yaxes(autorange="reversed")
    return figure
