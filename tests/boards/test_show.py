"""Each result has its view, by itself, in a notebook cell."""

from __future__ import annotations

from typing import Any

import numpy as np
import plotly.graph_objects as go
import pytest

import workbench as jw
from widgets import MapPane, ModelView, PatchCanvas
from workbench.core.errors import BadInput
from workbench.core.numbers import number
from workbench.core.results import BankErrors, MaskedView, Yardsticks
from workbench.families import toy
from workbench.worker.shelf import Shelf


@pytest.fixture(scope="module")
def found() -> dict[str, Any]:
    """Every result of one mask problem on the toy family."""
    jepa = toy.build(seed=3)
    rng = np.random.default_rng(0)
    side = jepa.card.image_size[0]
    frames = jepa.card.frames
    clips = [jw.Clip(rng.integers(0, 256, (frames, side, side, 1), dtype=np.uint8), fps=8.0) for _ in range(5)]
    bank = jw.Bank(clips, "five toys")
    shown = jw.shown_clip(jepa, clips[0])
    half = np.zeros(shown.grid.shape, dtype=bool)
    half[:, :1] = True
    mask = jw.Mask(~half, half[None])
    problem = {"bank": bank}
    sampler = {"sampler": "random_tokens", "parameters": {}}
    return {
        "clip": clips[0],
        "shown": shown,
        "mask": mask,
        "report": jepa.report,
        "view": jw.masked_view(jepa, clips[0], mask, **problem),
        "yard": jw.yardsticks(jepa, clips[0], mask, **problem),
        "bank": jw.bank_errors(jepa, bank, **sampler),
    }


def test_a_masked_view_is_a_pane_with_its_outlines_and_says_where_a_quilt_comes_from(found: dict[str, Any]) -> None:
    view: MaskedView = found["view"]
    pane = jw.show(view, mask=found["mask"])
    assert isinstance(pane, MapPane)
    assert pane.mode == "predicted"
    assert pane.predicted == view.predicted.tobytes()
    assert pane.mask["blocks"] == [np.flatnonzero(found["mask"].target).tolist()]
    assert "yardsticks" in pane.missing["quilt"]


def test_with_its_yardsticks_a_masked_view_has_a_quilt(found: dict[str, Any]) -> None:
    yard: Yardsticks = found["yard"]
    pane = jw.show(found["view"], yard=yard)
    assert yard.quilt is not None
    assert pane.missing == {}
    assert pane.quilt == yard.quilt.predicted.tobytes()


def test_a_quilt_is_shown_alone(found: dict[str, Any]) -> None:
    quilt = found["yard"].quilt
    pane = jw.show(quilt, mask=found["mask"])
    assert pane.mode == "quilt"
    assert pane.grid == list(found["mask"].shape)
    assert pane.quilt_ceiling == quilt.ceiling.tobytes()
    assert set(pane.missing) == {"target", "predicted", "error"}


def test_a_clip_as_the_model_is_shown_it_carries_a_mask(found: dict[str, Any]) -> None:
    canvas = jw.show(found["shown"], mask=found["mask"])
    assert isinstance(canvas, PatchCanvas)
    assert canvas.grid == list(found["mask"].shape)
    assert np.array_equal(canvas.mask_arrays()[0], found["mask"].context)
    assert jw.show(found["clip"]).read_only


def test_numbers_become_charts_on_a_ground_of_their_own(found: dict[str, Any]) -> None:
    error, bank = found["view"].error, found["bank"]
    assert isinstance(bank, BankErrors)
    figures = [jw.show(error, yard=found["yard"]), jw.show(bank), jw.show(found["yard"].rank)]
    assert all(isinstance(f, go.Figure) for f in figures)
    assert all(f.layout.paper_bgcolor == "#FFFFFF" for f in figures)
    assert jw.show(bank, dark=True).layout.paper_bgcolor != "#FFFFFF"
    assert number(error.ratio) in figures[0].data[0].text[0]
    assert list(figures[1].data[0].y) == [bank.skill(p) for p in bank.predictors]


def test_a_load_report_shows_every_part(found: dict[str, Any]) -> None:
    view = jw.show(found["report"])
    assert isinstance(view, ModelView)
    by_name = {p["name"]: p["status"] for p in view.model["parts"]}
    assert by_name["masked"] == found["report"].part("masked").status
    assert "tensors" not in view.model


def test_what_nothing_shows_is_refused_by_name() -> None:
    with pytest.raises(BadInput, match="nothing shows a Shelf"):
        jw.show(Shelf())


def test_the_anatomy_of_errors_and_the_audit_of_a_sampler_are_charts() -> None:
    found = jw.error_anatomy(jw.load("shapes"), jw.open_bank("shapes"), limit=12, halves=4)
    figure = jw.show(found)
    assert [trace.name for trace in figure.data] == ["model", "other context", "untrained", "copy nearest", "model, by depth"]
    np.testing.assert_allclose([v for v in figure.data[0].y if v is not None], found.by_distance[0, :, 0][np.isfinite(found.by_distance[0, :, 0])])
    audit = jw.audit_masks("ijepa_multiblock", (1, 14, 14), draws=200)
    shown = jw.show(audit)
    np.testing.assert_allclose(np.array(shown.data[0].z), audit.context[0])
    assert "200 masks" in shown.layout.title.text
