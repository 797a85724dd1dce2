"""A bank's targets are computed once, whatever interrupts it."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest
import torch

from workbench.core import progress
from workbench.core.clip import Clip
from workbench.core.errors import Cancelled
from workbench.measures.bank import Bank
from workbench.model.jepa import Jepa


@pytest.fixture
def large(jepa: Jepa) -> Bank:
    """Three batches of clips."""
    height, width = jepa.card.image_size
    rng = np.random.default_rng(1)
    return Bank([Clip(rng.integers(0, 256, (max(jepa.card.frames, 1), height, width, 3), dtype=np.uint8)) for _ in range(40)], "noise")


def counts(told: list[int]) -> Callable[[int, int], None]:
    """Keeps how many clips were done at every report."""
    return lambda done, total: told.append(done) if total else None


def test_targets_are_carried_on_where_a_cancelled_call_stopped(jepa: Jepa, large: Bank) -> None:
    def stop(done: int, total: int) -> None:
        if done == 16 and total:
            raise Cancelled

    with pytest.raises(Cancelled), progress.listening(stop):
        large.targets(jepa)
    told: list[int] = []
    with progress.listening(counts(told)):
        targets = large.targets(jepa)
    assert told == [32, 40]
    torch.testing.assert_close(targets, Bank(large.clips, "again").targets(jepa), atol=0, rtol=0)


def test_a_call_that_overtakes_another_shares_its_work(jepa: Jepa, large: Bank) -> None:
    inner: list[int] = []
    outer: list[int] = []

    def overtaken(done: int, total: int) -> None:
        if total:
            outer.append(done)
            with progress.listening(counts(inner)):
                large.targets(jepa)

    with progress.listening(overtaken):
        targets = large.targets(jepa)
    assert inner == [32, 40]
    assert outer == [16]
    torch.testing.assert_close(targets, Bank(large.clips, "again").targets(jepa), atol=0, rtol=0)
    assert large.shown(jepa).shape[0] == 40
