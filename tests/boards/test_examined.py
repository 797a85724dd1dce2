"""What is measured under the bars of Masks on request: the two reported faults of I-JEPA's sampler, error by distance, and whether the mask in sight is one of training."""

from __future__ import annotations

import contextlib
import io
from typing import Any

import numpy as np
import pytest

from tests.straight import Straight
from workbench.boards.masks.board import MasksBoard
from workbench.boards.workspace import Workspace
from workbench.core import codec
from workbench.core.errors import WorkbenchError
from workbench.core.mask import Mask
from workbench.jobs import now


@pytest.fixture
def told() -> list[WorkbenchError]:
    return []


@pytest.fixture
def shapes(told: list[WorkbenchError]) -> MasksBoard:
    board = MasksBoard(Workspace(Straight(), deliver=now, notify=told.append))
    board.wake()
    board.space.open("shapes")
    return board


def choose(board: MasksBoard, name: str) -> Any:
    board.examined.row.values = {**board.examined.row.values, "below": name}
    return board.examined.items[name].chart


def title(chart: Any) -> str:
    return str(chart.figure.layout.title.text).replace("<br>", " ")


@pytest.mark.slow
def test_the_audit_shows_the_two_reported_findings_and_ages_with_the_sampler(shapes: MasksBoard, told: list[WorkbenchError]) -> None:
    assert not shapes.examined.answers, "nothing is measured before it is chosen"
    chart = choose(shapes, "sampler_audit")
    said = title(chart)
    assert "Row 8 of 8 and column 8 of 8: neither context nor target" in said
    assert "known: facebookresearch/ijepa, pull request 40" in said
    assert "A token in the middle third of the frame is context in" in said
    assert "known: facebookresearch/ijepa, issue 60" in said
    assert "The mask in sight is within the range of the training masks." in said
    assert "10,000 masks" in said
    names = {trace.name for trace in chart.figure.data}
    assert {"context", "target", "cut context", "mean", "said", "mask in sight"} <= names
    assert [c["id"] for c in shapes.examined.row.controls] == ["below"]

    shapes.toolbar.values = {**shapes.toolbar.values, "blocks": 2}
    assert chart.stale
    assert next(c for c in shapes.examined.row.controls if c["id"] == "measure")["label"] == "Measure again"
    shapes.toolbar.values = {**shapes.toolbar.values, "blocks": 4}
    assert not chart.stale

    grid = tuple(shapes.canvas.grid)
    hole = np.zeros(grid, bool)
    hole[:, 2:4, 2:4] = True
    shapes.session.set(mask=Mask(~hole, hole[None], "painted"))
    assert "The mask in sight: outside the distribution of training masks (I-JEPA multi-block): " in title(chart)
    assert "context 93.8 % of tokens; this sampler gives" in title(chart)
    assert told == []


def test_another_samplers_mask_is_said_to_be_outside_the_training_masks(shapes: MasksBoard) -> None:
    assert shapes.canvas.hint == ""
    other = next(o["value"] for o in shapes.toolbar.controls[0]["options"] if o["label"] == "random tokens")
    shapes.toolbar.values = {**shapes.toolbar.values, "sampler": other}
    assert shapes.canvas.hint.startswith("Outside the distribution of training masks (I-JEPA multi-block): ")
    shapes.command("reset")
    assert shapes.canvas.hint == ""


@pytest.mark.slow
def test_errors_by_distance_and_depth_stand_beside_copying_and_can_be_copied_and_exported(shapes: MasksBoard) -> None:
    chart = choose(shapes, "error_anatomy")
    found: Any = shapes.examined.answers["error_anatomy"]
    assert [t.name for t in chart.figure.data] == ["model", "other context", "untrained", "copy nearest", "model, by depth"]
    assert f"Skill {found.by_distance[0, 0, 0]:.2f} at 1 token from the context (copy nearest " in title(chart)
    assert f"By depth: if the predictor ended after block 1, skill {found.by_depth[0]:.2f}" in title(chart).replace("−", "-")
    lines, said = shapes.examined.lines, io.StringIO()
    assert shapes.headline.code.endswith(lines)
    with contextlib.redirect_stdout(said):
        exec(lines, {})
    np.testing.assert_allclose([float(v) for v in said.getvalue().split()], found.ends, rtol=2e-3)
    shapes.command("export")
    assert codec.loads(shapes.headline.file)["error_anatomy"].ends == found.ends
    assert shapes.settings is not None
    assert shapes.settings.read()["below"] == "error_anatomy"
    assert shapes.settings.heavy({"below": "sampler_audit"})
    assert shapes.settings.write({"below": "gone"}) == ["below"]
    shapes.session.set(distance="l2")
    assert chart.stale
