"""One basis for two models is that of textbooks, agrees on what both hold, and is not judged on what it was fitted on."""

from __future__ import annotations

import contextlib
import io

import numpy as np
import pytest
from scipy.linalg import orthogonal_procrustes

from tests.straight import shared_shelf
from workbench import samples
from workbench.boards.code import reproduced
from workbench.core import codec
from workbench.core.card import BankKey, ClipKey, ModelKey
from workbench.core.errors import BadInput
from workbench.core.questions import read, written
from workbench.core.questions.features import JointFeatures
from workbench.measures.bank import Bank
from workbench.measures.features import joint_features
from workbench.measures.features.joint import correlations, together
from workbench.measures.twins import twin_of
from workbench.model.jepa import Jepa

RNG = np.random.default_rng(0)
SHAPES, DIGITS = samples.find("shapes"), samples.find("digits")


def test_canonical_correlations_are_those_of_the_angles_between_two_spaces() -> None:
    a = RNG.normal(size=(400, 6))
    b = a[:, :4] @ RNG.normal(size=(4, 5)) + RNG.normal(size=(400, 5))
    (left, right), dims = together(a, b, "cca")
    qa, qb = (np.linalg.qr(p - p.mean(0))[0] for p in (a, b))
    np.testing.assert_allclose(correlations(a @ left, b @ right), np.linalg.svd(qa.T @ qb, compute_uv=False)[:3], atol=1e-5)
    assert dims == (6, 5)


def test_procrustes_is_that_of_scipy_and_undoes_a_rotation() -> None:
    a = RNG.normal(size=(300, 5)) * [5, 4, 3, 2, 1]
    turn = np.linalg.qr(RNG.normal(size=(5, 5)))[0]
    b = a @ turn
    (left, right), _ = together(a, b, "procrustes")
    np.testing.assert_allclose(b @ right, a @ left, atol=1e-8)
    noisy = b + RNG.normal(size=b.shape)
    (left, right), _ = together(a, noisy, "procrustes")
    za, zb = a - a.mean(0), noisy - noisy.mean(0)
    best, _ = orthogonal_procrustes(zb, za)
    theirs = zb @ best @ left
    np.testing.assert_allclose(correlations(zb @ right, theirs), 1, atol=1e-5)


def test_a_model_agrees_with_itself_and_with_another_clip_only_by_position(jepa: Jepa, bank: Bank) -> None:
    for by in ("cca", "procrustes"):
        found = joint_features(jepa, jepa, bank.clips[0], bank, by=by, clips=len(bank))
        np.testing.assert_allclose(found.agreement, 1, atol=1e-6)
        assert found.position.mean() < 0.99
        assert np.abs(found.colours[0].astype(int) - found.colours[1]).max() <= 1
        assert (found.clips, found.held_out) == (6, 5)
    other = joint_features(jepa, twin_of(jepa), bank.clips[0], bank, clips=len(bank))
    assert (other.agreement < 1).all()


@pytest.mark.slow
def test_it_travels_and_its_lines_give_its_number_again() -> None:
    place = str(SHAPES.bank)
    asked = JointFeatures(ModelKey(str(SHAPES.checkpoint)), ModelKey(str(DIGITS.checkpoint)), ClipKey(place, 3), BankKey(place), clips=16)
    answer, said = codec.loads(codec.dumps(shared_shelf().answer(asked))), io.StringIO()
    assert read(written(asked), str).digest == asked.digest
    lines = reproduced(asked, answer, "shapes")
    assert "other = jw.load('digits')" in lines
    with contextlib.redirect_stdout(said):
        exec(lines, {})
    assert said.getvalue().split() == lines.rpartition("# ")[2].split()


def test_what_cannot_be_brought_together_is_refused_in_words(jepa: Jepa, bank: Bank) -> None:
    with pytest.raises(BadInput, match="no way"):
        joint_features(jepa, jepa, bank.clips[0], bank, by="eye")
    with pytest.raises(BadInput, match="4 or more"):
        joint_features(jepa, jepa, bank.clips[0], Bank(bank.clips[:4], "few"), clips=4)
    with pytest.raises(BadInput, match="vary in 0 directions"):
        together(np.ones((40, 4)), np.ones((40, 4)), "cca")
