"""The lines of Python that a question of the topics masked and sensitivity prints give its number again, and its JSON asks the same."""

from __future__ import annotations

import contextlib
import io
from typing import Any

import numpy as np
import pytest

from tests.straight import shared_shelf
from workbench import samples
from workbench.boards.code import reproduced
from workbench.core.card import BankKey, ClipKey, ModelKey, SceneKey, ScenesKey
from workbench.core.mask import Mask
from workbench.core.questions import Question, read, written
from workbench.core.questions.masked import Controls, MaskedMaps, OverBank
from workbench.core.questions.sensitivity import Changeable, Sensitivity, Survey

pytestmark = pytest.mark.slow

SAMPLE = samples.find("shapes")
MODEL, PLACE = ModelKey(str(SAMPLE.checkpoint)), str(SAMPLE.bank)
CLIP, BANK, SCENE = ClipKey(PLACE, 3), BankKey(PLACE), SceneKey(PLACE, 3)


def hole() -> Mask:
    context = np.ones((1, 8, 8), bool)
    context[:, 2:5, 3:6] = False
    return Mask(context, ~context[None])


ASKED = [
    MaskedMaps(MODEL, CLIP, hole(), "l2", "copy", BANK),
    Controls(MODEL, CLIP, hole(), bank=BANK),
    OverBank(MODEL, BANK, "random_tokens", (("ratio", (0.5, 0.6)),), limit=6),
    Changeable(SCENE),
    Sensitivity(MODEL, SCENE, ("noise", "position"), (0.5, 1.0)),
    pytest.param(Survey(MODEL, ScenesKey(PLACE)), marks=pytest.mark.long),
]


@pytest.mark.parametrize("question", ASKED, ids=lambda q: type(q).__name__)
def test_the_printed_lines_give_the_number_of_the_answer(question: Question[Any]) -> None:
    answer, said = shared_shelf().answer(question), io.StringIO()
    lines = reproduced(question, answer, "shapes")
    with contextlib.redirect_stdout(said):
        exec(lines, {})
    assert said.getvalue().split() == lines.rpartition("# ")[2].split()
    number = getattr(answer, question.about.number)
    assert np.allclose([float(each) for each in said.getvalue().split()], number, rtol=6e-4)


@pytest.mark.parametrize("question", ASKED, ids=lambda q: type(q).__name__)
def test_what_is_written_asks_the_same(question: Question[Any]) -> None:
    assert read(written(question), str).digest == question.digest
