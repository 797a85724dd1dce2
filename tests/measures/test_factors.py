"""What a model ignores: against a count by hand."""

from __future__ import annotations

import numpy as np
import pytest

from workbench.core.clip import Clip
from workbench.core.errors import BadInput
from workbench.measures.bank import Bank
from workbench.measures.factors import factor_table, latent_moves
from workbench.model.jepa import Jepa

STEPS = (0.0, 1.0)


def brighter(clips: tuple[Clip, ...], by: int) -> list[Clip]:
    return [Clip((c.pixels.astype(int) // 2 + by).clip(0, 255).astype(np.uint8)) for c in clips]


@pytest.fixture(scope="module")
def plain(bank: Bank) -> list[Clip]:
    return brighter(bank.clips, 0)


def test_nothing_moves_where_nothing_changed_and_everything_where_all_did(jepa: Jepa, plain: list[Clip]) -> None:
    varied = {"brightness": [plain, brighter(tuple(plain), 60)], "identity": [plain, plain[1:] + plain[:1]]}
    found = factor_table(jepa, plain, varied, kinds={"brightness": "nuisance", "identity": "structure"}, steps=STEPS)
    for source in found.sources:
        assert (found.mean(source, "brightness")[0], found.mean(source, "identity")[0]) == (0, 0)
        assert found.mean(source, "identity")[1] == pytest.approx(1, abs=0.1)  # other clips are as far as other clips are
        low, high = found.interval(source, "identity")
        assert low[1] <= found.mean(source, "identity")[1] <= high[1]


def test_the_unit_and_the_moves_are_root_mean_squares(jepa: Jepa, plain: list[Clip]) -> None:
    moved = brighter(tuple(plain), 60)
    found = factor_table(jepa, plain, {"brightness": [moved]}, kinds={"brightness": "nuisance"}, steps=(1.0,))
    a, b = (jepa.encoder.encode(jepa.encoder.prepare(c).video).tokens.flatten(1) for c in (plain, moved))
    by_hand = (a - b).square().mean(1).sqrt().numpy() / found.unit[0]
    np.testing.assert_allclose(found.moved[0, 0, 0], by_hand, rtol=1e-4)


def test_variations_that_do_not_match_are_refused(jepa: Jepa, plain: list[Clip]) -> None:
    for varied, kinds in (({"x": [plain]}, {}), ({"x": [plain[1:]]}, {"x": "nuisance"}), ({}, {})):
        with pytest.raises(BadInput):
            factor_table(jepa, plain, varied, kinds=kinds, steps=(1.0,))
    with pytest.raises(BadInput):
        factor_table(jepa, plain[:1], {"x": [plain[:1]]}, kinds={"x": "nuisance"}, steps=(1.0,))


def test_one_clip_moves_as_it_does_in_the_table(jepa: Jepa, plain: list[Clip]) -> None:
    moved = brighter(tuple(plain), 60)
    table = factor_table(jepa, plain, {"brightness": [moved]}, kinds={"brightness": "nuisance"}, steps=(1.0,))
    one = latent_moves(jepa, plain[3], {"brightness": moved[3], "nothing": plain[3]}, plain)
    np.testing.assert_allclose(one.moved[:, 0], table.moved[:, 0, 0, 3], rtol=1e-4)
    assert [one.of(s, "nothing") for s in one.sources] == [0, 0, 0]
    for changed, others in (({}, plain), ({"x": moved[0]}, plain[:1])):
        with pytest.raises(BadInput, match="at least one change"):
            latent_moves(jepa, plain[0], changed, others)
