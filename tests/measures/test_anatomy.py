"""Error by distance, time and depth is that of the tokens that lie there, and its last depth is the predictor."""

from __future__ import annotations

import contextlib
import io

import numpy as np
import pytest

from tests.straight import shared_shelf
from workbench import samples
from workbench.boards.code import reproduced
from workbench.core import codec
from workbench.core.card import BankKey, ModelKey
from workbench.core.errors import BadInput
from workbench.core.mask import Mask
from workbench.core.questions import read, written
from workbench.core.questions.anatomy import DissectErrors
from workbench.masks import make
from workbench.measures.anatomy import error_anatomy, places
from workbench.measures.bank import Bank
from workbench.measures.health.gathering import drawn
from workbench.measures.prediction import prediction_error
from workbench.model.jepa import Jepa

SAMPLE = samples.find("shapes")
ASKED = DissectErrors(ModelKey(str(SAMPLE.checkpoint)), BankKey(str(SAMPLE.bank)), limit=8, halves=2)


def test_distances_and_gaps_are_counted_from_the_nearest_context() -> None:
    context = np.zeros((3, 4, 5), bool)
    context[1, 0, 0] = True
    away, gap = places(Mask(context, ~context[None]))
    assert away[:, 0, 3].tolist() == [3, 3, 3]
    assert away[0, 3, 4] == 5
    assert gap[:, 2, 2].tolist() == [1, 0, 1]


def test_skill_at_a_distance_is_that_of_the_tokens_there(jepa: Jepa, bank: Bank) -> None:
    found = error_anatomy(jepa, bank, sampler="vjepa_multiblock", parameters={"blocks": 2}, limit=8, halves=2, seed=3)
    draw, shape = make("vjepa_multiblock", blocks=2), jepa.encoder.prepare(bank.clips[:1]).grid.shape
    error, plain, count = {}, {}, {}
    for k in range(8):
        i = k * len(bank) // 8
        mask = drawn(draw, shape, 3, i, 0)
        one = prediction_error(jepa, bank.clips[i], mask, bank=bank)
        away, _ = places(mask)
        for block, other, asked in zip(one.blocks, one.reference, mask.targets, strict=True):
            for d in np.unique(away[asked]):
                here = asked & (away == d)
                error[d] = error.get(d, 0) + block[here].sum()
                plain[d] = plain.get(d, 0) + other[here].sum()
                count[d] = count.get(d, 0) + here.sum()
    assert found.distances.tolist() == sorted(error)
    np.testing.assert_allclose(found.by_distance[0, :, 0], [1 - error[d] / plain[d] for d in sorted(error)], atol=1e-5)
    assert found.tokens_at.tolist() == [count[d] for d in sorted(error)]
    assert len(found.by_depth) == 0


@pytest.mark.slow
def test_the_last_depth_is_the_predictor_and_its_lines_give_its_number_again() -> None:
    answer, said = codec.loads(codec.dumps(shared_shelf().answer(ASKED))), io.StringIO()
    assert answer.by_depth[-1] == pytest.approx(answer.by_gap[0, 0, 0], abs=1e-5)
    assert answer.by_depth[0] < answer.by_depth[-1]
    assert read(written(ASKED), str).digest == ASKED.digest
    lines = reproduced(ASKED, answer, "shapes")
    with contextlib.redirect_stdout(said):
        exec(lines, {})
    assert said.getvalue().split() == lines.rpartition("# ")[2].split()


def test_too_few_clips_are_refused(jepa: Jepa, bank: Bank) -> None:
    with pytest.raises(BadInput, match="8 or more"):
        error_anatomy(jepa, bank, limit=4)
