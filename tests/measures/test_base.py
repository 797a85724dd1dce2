"""What every measure has in common."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

import pytest
import torch

from workbench.families import toy
from workbench.measures.base import threads_for
from workbench.model.jepa import Jepa


@pytest.fixture
def two_threads() -> Iterator[None]:
    before = torch.get_num_threads()
    torch.set_num_threads(2)
    yield
    torch.set_num_threads(before)


def grown(jepa: Jepa, parameters: int) -> Jepa:
    """The same model, said to hold more."""
    parts = tuple(replace(p, parameters=parameters) for p in jepa.report.parts)
    return replace(jepa, report=replace(jepa.report, parts=parts))


@pytest.mark.usefixtures("two_threads")
def test_a_small_model_computes_in_one_thread_and_leaves_the_others_as_they_were() -> None:
    with threads_for(toy.build(seed=0)):
        assert torch.get_num_threads() == 1
    assert torch.get_num_threads() == 2


@pytest.mark.usefixtures("two_threads")
def test_a_large_model_computes_in_as_many_threads_as_torch_was_told() -> None:
    with threads_for(grown(toy.build(seed=0), 10**9)):
        assert torch.get_num_threads() == 2
