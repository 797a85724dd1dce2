"""B is held on Features: the second model's map in the place of the first, both in one basis where there is a bank, and grids that differ are refused."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from tests.boards.test_second import Two, printed
from workbench import samples
from workbench.boards.features import FeaturesBoard
from workbench.core.questions.features import JointFeatures

pytestmark = pytest.mark.slow
EARLY = str(samples.find_run("shapes-run").folder / "jepa-step100.pth.tar")


def test_both_models_are_drawn_in_one_basis_and_a_comes_back_uncomputed() -> None:
    page = Two(FeaturesBoard, "shapes", EARLY)
    board: Any = page.board
    before = (page.headline.sentence, page.headline.detail, page.headline.code, board.canvas.colours, board.beside.colours)
    page.hold()
    joint = board.of_second.joint.answer
    assert page.headline.sentence.startswith("Variance in three components: A shapes ")
    assert " · B jepa-step100.pth.tar " in page.headline.sentence
    assert f"Colours of both pictures are in one basis (CCA over {joint.clips} clips): correlation {joint.agreement[0]:.2f}" in page.headline.detail
    assert "by position alone" in page.headline.detail
    assert board.canvas.colours == joint.colours[1].tobytes()
    assert board.beside.colours == joint.colours[0].tobytes()
    assert board.beside.overlay_label.startswith("A shapes: ")
    assert not any(view.stale for view in board.pictures())
    said, promised = printed(page.headline.code)
    assert said.splitlines()[-1] == promised
    page.jobs.asked.clear()
    page.let_go()
    assert (page.headline.sentence, page.headline.detail, page.headline.code, board.canvas.colours, board.beside.colours) == before
    page.hold()
    page.let_go()
    assert page.jobs.asked == []
    board.slider.values = {**board.slider.values, "layer": 1}
    page.hold()
    asked = next(q for q in page.jobs.asked if isinstance(q, JointFeatures))
    assert (asked.layer, asked.other_layer) == (0, 0)
    assert not page.told


@pytest.mark.parametrize("kind", ["norm", "similarity", "attention"])
def test_other_maps_of_b_stand_beside_those_of_a(kind: str) -> None:
    page = Two(FeaturesBoard, "shapes", EARLY)
    board: Any = page.board
    board.toolbar.values = {**board.toolbar.values, "map": kind}
    first = np.frombuffer(board.canvas.overlay, "<f4")
    page.hold()
    assert " · B jepa-step100.pth.tar " in page.headline.sentence
    np.testing.assert_array_equal(np.frombuffer(board.beside.overlay, "<f4"), first)
    assert not np.array_equal(np.frombuffer(board.canvas.overlay, "<f4"), first)
    said, promised = printed(page.headline.code)
    assert said.splitlines()[-1].split()[0] == promised.split()[0].rstrip(":")


def test_tokens_that_lie_elsewhere_are_refused_in_a_sentence() -> None:
    page = Two(FeaturesBoard, "shapes", "digits")
    before = page.headline.sentence, page.board.canvas.colours
    page.hold()
    assert page.headline.sentence.startswith("B digits cannot be shown here: its tokens (1 × 8 × 8) lie in other places than those of A shapes")
    assert "Release B to go back" in page.headline.detail
    page.let_go()
    assert (page.headline.sentence, page.board.canvas.colours) == before
    assert not any(view.stale for view in page.board.pictures())
