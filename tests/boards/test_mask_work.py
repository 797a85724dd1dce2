"""The order of answers on the Masks board: the map first, and nothing of an old mask before it."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator
from typing import Any

import numpy as np
import pytest

from workbench.boards.masks import MasksBoard
from workbench.boards.masks.queries import MaskQueries
from workbench.boards.workspace import Workspace
from workbench.core import progress
from workbench.core.card import ClipKey, ModelKey
from workbench.core.clip import Clip
from workbench.core.errors import WorkbenchError
from workbench.core.mask import Mask
from workbench.core.questions.masked import Controls, MaskedMaps
from workbench.core.results import MaskedView, Yardsticks
from workbench.families import toy
from workbench.measures.base import answering
from workbench.thread_jobs import ThreadJobs


class Heard:
    """Keeps what a board would show."""

    def __init__(self) -> None:
        self.views: list[MaskedView] = []
        self.yards: list[Yardsticks] = []

    def started(self) -> None:
        self.views.clear()
        self.yards.clear()

    def viewed(self, view: MaskedView) -> None:
        self.views.append(view)

    def measured(self, yard: Yardsticks) -> None:
        self.yards.append(yard)

    def judged(self, progress: str) -> None:
        raise AssertionError(progress)

    def failed(self, error: WorkbenchError) -> None:
        raise error


class Desk:
    """A toy model at work: views at once, controls only after `open` is set."""

    def __init__(self) -> None:
        self.jepa, self.open, self.busy = toy.build(seed=3), threading.Event(), threading.Event()
        height, width = self.jepa.card.image_size
        frames = np.random.default_rng(0).integers(0, 256, (max(self.jepa.card.frames, 1), height, width, 3), dtype=np.uint8)
        self.clip = Clip(frames)

    def answer(self, question: Any) -> Any:
        while isinstance(question, Controls) and not self.open.wait(0.002):
            self.busy.set()
            progress.report(1, 2)
        chosen = {"predictor": question.predictor} if isinstance(question, MaskedMaps) else {}
        return answering(question)(self.jepa, self.clip, question.mask, **chosen)

    def mask(self, hidden: int) -> Mask:
        """The first tokens of every row are to be predicted."""
        context = np.ones(self.jepa.encoder.prepare([self.clip]).grid.shape, bool)
        context[..., :hidden] = False
        return Mask(context, ~context[None])


@pytest.fixture
def desk() -> Iterator[Desk]:
    made = Desk()
    yield made
    made.open.set()


def work_at(desk: Desk) -> tuple[MaskQueries, Heard, Workspace]:
    space = Workspace(ThreadJobs(desk.answer))
    space.session.set(model=ModelKey("toy"), clip=ClipKey("noise", 0))
    heard = Heard()
    return MaskQueries(space, heard), heard, space


def until(claim: Callable[[], object]) -> None:
    end = time.monotonic() + 120
    while not claim():
        assert time.monotonic() < end
        threading.Event().wait(0.002)


def test_a_new_mask_does_not_wait_for_the_controls_of_the_old_one(desk: Desk) -> None:
    work, heard, space = work_at(desk)
    space.session.set(mask=desk.mask(1))
    work.ask()
    until(desk.busy.is_set)
    space.session.set(mask=desk.mask(2))
    work.ask()
    until(lambda: heard.views)
    assert heard.views[0].asked.sum() == desk.mask(2).targets.sum()
    space.jobs.close()


def test_the_controls_come_also_after_there_and_back(desk: Desk) -> None:
    work, heard, space = work_at(desk)
    for hidden in (1, 2, 1):
        space.session.set(mask=desk.mask(hidden))
        work.ask()
        until(desk.busy.is_set)
    desk.open.set()
    until(lambda: heard.yards)
    assert work.yard is heard.yards[0]
    space.jobs.close()


def test_the_controls_come_also_after_a_mask_that_is_no_problem(desk: Desk) -> None:
    work, heard, space = work_at(desk)
    space.session.set(mask=desk.mask(1))
    work.ask()
    until(desk.busy.is_set)
    work.idle()
    work.ask()
    desk.open.set()
    until(lambda: heard.yards)
    assert work.yard is heard.yards[0]
    space.jobs.close()


@pytest.mark.parametrize(("held", "shown"), [("copy", "copy"), ("shuffled", "model")])  # columns are shuffled on maps only
def test_another_predictor_does_not_stop_the_controls(desk: Desk, held: str, shown: str) -> None:
    work, heard, space = work_at(desk)
    space.session.set(mask=desk.mask(1))
    work.ask()
    until(desk.busy.is_set)
    space.session.set(predictor=held)
    work.ask()
    desk.open.set()
    until(lambda: heard.yards and heard.views)
    assert heard.views[-1].error.predictor == shown
    space.jobs.close()


@pytest.fixture
def shown(desk: Desk) -> Iterator[tuple[MasksBoard, MaskedView, list[Callable[[], None]]]]:
    """A board that has just shown a view, the view, and what it wants to do in a later message."""
    later: list[Callable[[], None]] = []
    space = Workspace(ThreadJobs(desk.answer), deliver=later.append)
    board = MasksBoard(space)
    board.canvas.set_pixels(desk.clip.rgb(), desk.mask(1).shape, tubelet=desk.jepa.card.tubelet)
    board.pane.grid = list(desk.mask(1).shape)
    space.session.set(model=ModelKey("toy"), clip=ClipKey("noise", 0), mask=desk.mask(1))
    asked = MaskedMaps(ModelKey("toy"), ClipKey("noise", 0), desk.mask(1))
    board.work.maps.question, board.work.maps.answer = asked, desk.answer(asked)
    view = board.work.maps.answer
    board.viewed(view)
    yield board, view, later
    space.jobs.close()


def test_the_map_is_shown_in_a_message_before_the_words(shown: tuple[MasksBoard, MaskedView, list[Callable[[], None]]]) -> None:
    board, view, later = shown
    assert board.pane.predicted == view.predicted.tobytes()
    assert board.pane.version == 1
    assert not board.headline.sentence.startswith(("Error is", "No better"))
    later.pop()()
    assert board.headline.sentence.startswith(("Error is", "No better"))


def test_words_about_an_old_mask_are_not_said(shown: tuple[MasksBoard, MaskedView, list[Callable[[], None]]], desk: Desk) -> None:
    board, _, later = shown
    board.session.set(mask=desk.mask(2))
    later.pop()()
    assert not board.headline.sentence.startswith(("Error is", "No better"))
