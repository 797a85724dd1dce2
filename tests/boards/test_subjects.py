"""Two open models: the same clip and the same mask are shown to whichever is looked at."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from tests.straight import Straight
from workbench import samples
from workbench.boards.checkpoint import CheckpointBoard
from workbench.boards.masks import MasksBoard
from workbench.boards.workspace import Workspace
from workbench.core.errors import BadInput, WorkbenchError
from workbench.core.mask import Mask

pytestmark = pytest.mark.slow

GOLDEN = Path(__file__).parents[1] / "golden"
OFFICIAL = {"heads": 2, "predictor_heads": 2, "frames": 8, "image_size": (32, 32)}


class Page:
    """A workspace with two boards."""

    def __init__(self) -> None:
        self.told: list[WorkbenchError] = []
        self.space = Workspace(Straight(), notify=self.told.append)
        self.masks, self.checkpoint = MasksBoard(self.space), CheckpointBoard(self.space)


@pytest.fixture
def page() -> Page:
    """V-JEPA 2 from the official code as A, one from Transformers as B; a clip of balls."""
    found = Page()
    found.space.open(str(GOLDEN / "vjepa2" / "vitl.pt"), "balls-masked", 3, **OFFICIAL)
    assert not found.told
    return found


def painted(space: Workspace) -> Mask:
    context = np.ones((4, 4, 4), bool)
    context[:, 1:3, 1:3] = False
    mask = Mask(context, ~context[None])
    space.session.set(mask=mask)
    return mask


def test_two_families_are_open_at_once_and_the_clip_and_the_mask_stay_when_one_turns_to_the_other(page: Page) -> None:
    space, board = page.space, page.masks
    space.choice.show(4)
    mask = painted(space)
    clip, first = space.session.state.clip, board.work.maps.answer
    assert first is not None
    space.open(str(GOLDEN / "hf_vjepa2"), subject="B")
    assert space.session.state.subject == "A"
    assert board.work.maps.answer is first  # nothing changed in sight
    space.look_at("B")
    state, other = space.session.state, board.work.maps.answer
    assert (state.subject, state.clip, state.mask) == ("B", clip, mask)
    assert other is not None
    assert other.error.provenance.weights != first.error.provenance.weights
    space.look_at("A")
    back = board.work.maps.answer
    assert back is not None
    assert (back.error.skill, space.session.state.mask) == (first.error.skill, mask)


def test_each_board_speaks_of_the_model_that_is_looked_at(page: Page) -> None:
    space, board = page.space, page.checkpoint
    space.open("digits", subject="B")
    space.look_at("B")
    assert space.sample == "digits"
    assert board.headline.sentence.startswith(samples.find("digits").title) or "digits" in board.model.model["name"].lower()
    space.look_at("A")
    assert space.sample is None
    assert board.model.model["family"] == "vjepa2"


def test_where_the_grids_differ_a_mask_is_drawn_for_the_other_grid(page: Page) -> None:
    space = page.space
    mask = painted(space)
    space.open("shapes", subject="B")
    space.look_at("B")
    state = space.session.state
    assert state.clip is not None
    assert state.clip.index == 3
    assert state.mask is not None
    assert (state.mask.shape, state.mask is mask) == ((1, 8, 8), False)


def test_a_subject_that_is_not_open_is_refused(page: Page) -> None:
    with pytest.raises(BadInput, match="no model is open as B"):
        page.space.look_at("B")
