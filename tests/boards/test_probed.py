"""Probes on the Features board, on request: what is read of each layer beside its baselines, by number of labels, and of the second model."""

from __future__ import annotations

import contextlib
import io
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from tests.straight import Straight
from workbench.boards.features import FeaturesBoard
from workbench.boards.workspace import Workspace
from workbench.core import codec
from workbench.core.errors import WorkbenchError
from workbench.core.questions.probes import ProbeResult
from workbench.data import save_png
from workbench.jobs import now

pytestmark = pytest.mark.slow


def opened(told: list[WorkbenchError], *what: Any) -> FeaturesBoard:
    board = FeaturesBoard(Workspace(Straight(), deliver=now, notify=told.append))
    board.wake()
    board.space.open(*what)
    return board


def set_row(board: FeaturesBoard, **values: Any) -> None:
    board.probed.row.values = {**board.probed.row.values, **values}


def title(board: FeaturesBoard) -> str:
    figure: Any = board.probed.items["probes"].chart.figure
    return str(figure.layout.title.text).replace("−", "-").replace("<br>", " ")


@pytest.mark.long
def test_probes_stand_beside_their_baselines_and_b_has_its_own_curve() -> None:
    told = list[WorkbenchError]()
    board = opened(told, "shapes")
    assert not board.probed.answers
    set_row(board, below="probes")
    found: Any = board.probed.answers["probes"]
    assert isinstance(found, ProbeResult)
    assert (found.labels, found.kind, found.classes) == ("label", "labels", 6)
    last = found.linear[-1]
    said = title(board)
    assert f"accuracy {last.score.value:.2f} [{last.score.low:.2f} to {last.score.high:.2f}] at the output" in said
    assert f"permuted labels {last.control:.2f}, untrained {last.untrained:.2f}, raw pixels {found.pixels_linear.score.value:.2f}" in said
    curves = {t.name: t for t in board.probed.items["probes"].chart.figure.data}
    np.testing.assert_allclose(curves["by number of labels, model"].y, found.efficiency[0, :, 0])
    assert curves["by number of labels, model"].x[0] == 1
    assert curves["by number of labels, model"].x[-1] == 150
    assert {"by number of labels, untrained", "by number of labels, raw pixels", "k-NN probe, permuted labels"} <= set(curves)

    lines, printed = board.probed.lines, io.StringIO()
    assert board.headline.code.endswith(lines)
    with contextlib.redirect_stdout(printed):
        exec(lines, {})
    np.testing.assert_allclose([float(v) for v in printed.getvalue().split()], found.output, rtol=2e-3)
    board.command("export")
    assert codec.loads(board.headline.file)["probes"].output == found.output

    board.second.open("digits")
    curves = {t.name: t for t in board.probed.items["probes"].chart.figure.data}
    assert "by number of labels, B digits" in curves
    assert "B digits: Labels: the output reaches" in title(board)
    assert not told


@pytest.mark.long
def test_a_factor_is_read_of_the_layer_that_is_chosen_and_another_factor_is_measured_anew() -> None:
    board = opened([], "shapes")
    set_row(board, below="probes")
    set_row(board, column="size", of=0)
    found: Any = board.probed.answers["probes"]
    assert (found.labels, found.kind, found.efficiency_layer) == ("size", "numbers", "block 0")
    assert "R² " in title(board)
    assert "highest in block 1" in title(board)
    assert "Labels: block 1 reaches" in title(board)
    set_row(board, below="")
    assert board.probed.lines == ""


def test_clips_without_labels_are_refused_in_words(tmp_path: Path) -> None:
    for k in range(3):
        save_png(tmp_path / f"{k}.png", np.random.default_rng(k).integers(0, 256, (64, 64, 3), dtype=np.uint8))
    told = list[WorkbenchError]()
    board = opened(told, "shapes", str(tmp_path))
    set_row(board, below="probes")
    button: dict[str, Any] = next(c for c in board.probed.row.controls if c["id"] == "measure")
    assert button["disabled"]
    assert "these clips have no labels" in button["reason"]
    assert not told
