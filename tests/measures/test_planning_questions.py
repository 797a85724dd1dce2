"""Every question of planning: its printed lines give its number again, it survives JSON, and a walk that is asked in one go is that of step by step."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from workbench import samples
from workbench.boards.code import reproduced
from workbench.core import codec
from workbench.core.card import BankKey, ClipKey, ModelKey
from workbench.core.errors import BadInput
from workbench.core.questions import Question, questions, read, written
from workbench.core.questions import planning as asking
from workbench.measures.planning import drive, walk
from workbench.worker.shelf import Shelf

ROOMS = "two-rooms"
SMALL: dict[str, Any] = {"horizon": 4, "samples": 16, "iterations": 2, "elites": 4, "knots": 2}
START, GOAL = (np.array(s, np.float32) for s in ((0.2, 0.25, 0.5, 0.5), (0.31, 0.4, 0.5, 0.5)))
MODEL, BANK = ModelKey(str(samples.find(ROOMS).checkpoint)), BankKey(str(samples.find(ROOMS).bank))
CLIP, OTHER = ClipKey(BANK.path, 0), ClipKey(BANK.path, 1)
WARM = np.array([[0.01, -0.02], [0.03, 0.1]], np.float32)
ASKED: list[Question[Any]] = [
    asking.EndsInWorld(ROOMS, CLIP),
    asking.PlaceInWorld(ROOMS, START, 0.7, 0.25),
    asking.EndsInClip(MODEL, CLIP),
    asking.Plan(MODEL, CLIP, OTHER, limits=((-0.05, -0.05), (0.05, 0.1)), warm=WARM, method="mppi", **SMALL),
    asking.Landscape(MODEL, CLIP, OTHER, axes=(1, 0), steps=4, true=(0.01, 0.02)),
    asking.PlanWithVideos(MODEL, ROOMS, START, GOAL, predictor="twin", bank=BANK, **SMALL),
    asking.PlanWithVideos(MODEL, clip=CLIP, frames=(0, 8), seed=3, **SMALL),
    asking.FirstMove(MODEL, ROOMS, START, GOAL, steps=5),
    asking.Drive(MODEL, ROOMS, START, GOAL, moves=2, warm=WARM, **SMALL),
    asking.WalkToGoal(MODEL, ROOMS, START, GOAL, moves=2, steps=7, seed=1, **SMALL),
]


@pytest.fixture(scope="module")
def shelf() -> Shelf:
    return Shelf()


def test_every_type_of_the_topic_is_asked_here() -> None:
    assert {type(q) for q in ASKED} == {kind for kind in questions().values() if kind.__module__ == asking.__name__}


@pytest.mark.parametrize("question", ASKED, ids=lambda q: type(q).__name__)
def test_the_printed_lines_of_every_question_give_its_number(shelf: Shelf, question: Question[Any], capsys: pytest.CaptureFixture[str]) -> None:
    found = codec.loads(codec.dumps(shelf.answer(question)))
    lines = reproduced(question, found, ROOMS)
    exec(lines, {})
    said, number = capsys.readouterr().out.split(), getattr(found, question.about.number)
    assert said == lines.rpartition("# ")[2].split()
    assert [float(each) for each in said] == pytest.approx(list(number) if isinstance(number, tuple) else [number], rel=6e-4, abs=6e-5)


@pytest.mark.parametrize("question", ASKED, ids=lambda q: type(q).__name__)
def test_every_question_survives_json(question: Question[Any]) -> None:
    again = read(written(question), lambda path: path)
    assert type(again) is type(question)
    assert again.digest == question.digest


def test_a_written_question_that_could_try_nothing_is_refused() -> None:
    with pytest.raises(BadInput, match="samples = 0 cannot sample anything"):
        read(written(ASKED[5]).replace('"samples": 16', '"samples": 0'), lambda path: path)


def test_a_walk_in_one_go_is_that_of_its_steps(shelf: Shelf) -> None:
    jepa, asked = shelf.model(MODEL), {"moves": 2, **SMALL}
    state, warm, made = START, None, list[asking.DriveStep]()
    while sum(len(step.pictures) for step in made) < 6 and not (made and made[-1].reached):
        count = sum(len(step.pictures) for step in made)
        made.append(drive(jepa, ROOMS, state, GOAL, warm=warm, seed=count, **asked))
        state, warm = made[-1].pictures[-1].state, made[-1].rest
    found = walk(jepa, ROOMS, START, GOAL, steps=6, **asked)
    np.testing.assert_array_equal(found.states, [START, *(p.state for step in made for p in step.pictures)])
    assert (found.reached, found.away) == (made[-1].reached, pytest.approx(made[-1].away, abs=1e-6))
    assert len(walk(jepa, ROOMS, START, GOAL, steps=3, **asked).actions) <= 3
    with pytest.raises(BadInput, match="is empty"):
        walk(jepa, ROOMS, START, GOAL, steps=0)
