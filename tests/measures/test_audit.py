"""The audit of a sampler finds by itself what was reported about I-JEPA's, and its counts are those of the draws."""

from __future__ import annotations

import contextlib
import io

import numpy as np
import pytest

import workbench as jw
from tests.straight import shared_shelf
from workbench.boards.code import reproduced
from workbench.core import codec
from workbench.core.errors import BadInput, MaskError
from workbench.core.questions import read, written
from workbench.core.questions.audit import AuditFinding, AuditMasks, MaskAudit
from workbench.masks import make

GRID = (1, 14, 14)
# What `MaskCollator()` is made with where nothing is said, as in ijepa issue 60.
PLAIN = {"blocks": 2, "target_scale": (0.2, 0.8), "aspect": (0.3, 3.0), "context_scale": (0.2, 0.8), "min_keep": 4}


@pytest.fixture(scope="module")
def published() -> MaskAudit:
    return shared_shelf().answer(AuditMasks("ijepa_multiblock", GRID))


def finding(found: MaskAudit, kind: str) -> AuditFinding:
    return next(f for f in found.findings if f.kind == kind)


@pytest.mark.slow
def test_it_finds_that_the_last_row_and_column_are_never_used_as_in_pull_request_40(published: MaskAudit) -> None:
    border = finding(published, "border")
    assert "Row 14 of 14 and column 14 of 14" in border.sentence
    assert border.known == "facebookresearch/ijepa, pull request 40"
    assert border.value == pytest.approx(27 / 196)
    used = published.context + published.target > 0
    assert used[0, :13, :13].all()
    assert not used[0, 13].any()
    assert not used[0, :, 13].any()
    assert published.draws == 10_000


@pytest.mark.slow
def test_it_finds_that_the_middle_is_hardly_ever_context_as_in_issue_60(published: MaskAudit) -> None:
    middle = finding(published, "middle")
    assert middle.known == "facebookresearch/ijepa, issue 60"
    assert middle.value < 0.15 < 0.7 < middle.baseline
    found = jw.audit_masks("ijepa_multiblock", GRID, parameters=PLAIN, draws=1280)
    batch = finding(found, "batch")
    assert batch.known == "facebookresearch/ijepa, issue 60"
    assert batch.value > 0.2 > 0.01 > batch.baseline
    assert found.unseen[0, 6:8, 6:8].mean() > 0.5
    assert "In a batch of 128 masks" in batch.sentence


@pytest.mark.slow
def test_the_context_that_the_paper_prints_is_that_of_cut_batches(published: MaskAudit) -> None:
    amount = published["context in batches"]
    assert amount.said == (0.25,)
    assert amount.mean == pytest.approx(0.25, abs=0.02)
    assert published["context"].mean > 0.4
    cut = finding(published, "cut")
    assert cut.value < 0.4 < 0.8 < cut.baseline


def test_samplers_without_these_faults_have_no_findings() -> None:
    for name, shape in (("random_tokens", GRID), ("random_tube", (4, 14, 14))):
        assert jw.audit_masks(name, shape, draws=600, batch=32).findings == ()


def test_counts_are_those_of_the_draws() -> None:
    found = jw.audit_masks("ijepa_multiblock", (1, 8, 8), parameters={"min_keep": 4}, draws=100, batch=10, seed=5)
    draw, rng = make("ijepa_multiblock", min_keep=4), np.random.default_rng([5, 0])
    masks = [draw.sample((1, 8, 8), rng) for _ in range(100)]
    np.testing.assert_allclose(found.context, np.mean([m.context for m in masks], 0))
    np.testing.assert_allclose(found.target, np.mean([m.target for m in masks], 0))
    twice = sum(int((m.targets.sum(0) > 1).sum()) for m in masks)
    assert found.overlap == pytest.approx(twice / sum(int(m.target.sum()) for m in masks))
    areas = [b.sum() / 64 for m in masks for b in m.targets]
    assert found["block area"].mean == pytest.approx(np.mean(areas))
    assert found["block area"].said == (0.15, 0.2)
    assert found.sampler == draw.spec


def test_it_travels_and_its_lines_give_its_number_again() -> None:
    asked, said = AuditMasks("ijepa_multiblock", (1, 8, 8), parameters=(("min_keep", 4),), draws=200, batch=20), io.StringIO()
    answer = codec.loads(codec.dumps(shared_shelf().answer(asked)))
    assert read(written(asked), str).digest == asked.digest
    lines = reproduced(asked, answer, None)
    with contextlib.redirect_stdout(said):
        exec(lines, {})
    assert said.getvalue().split() == lines.rpartition("# ")[2].split()


def test_bad_input_is_told_in_words() -> None:
    with pytest.raises(MaskError, match="no mask sampler"):
        jw.audit_masks("none", GRID)
    with pytest.raises(BadInput, match="100 draws or more"):
        jw.audit_masks("ijepa_multiblock", GRID, draws=5)
    with pytest.raises(MaskError, match="no mask with both context and targets"):
        jw.audit_masks("ijepa_multiblock", (1, 4, 4))
