"""A small real-layout model with other weights in each part, a bank of noise, and a mask."""

from __future__ import annotations

import numpy as np
import pytest
import torch

from tests.worker.conftest import rooms, walks  # noqa: F401  # fixtures
from workbench.core.clip import Clip
from workbench.core.mask import Mask
from workbench.families import toy
from workbench.masks import sample_mask
from workbench.measures.bank import Bank
from workbench.model.jepa import Jepa


@pytest.fixture(scope="session", autouse=True)
def one_thread() -> None:
    torch.set_num_threads(1)


@pytest.fixture(scope="session")
def jepa() -> Jepa:
    return toy.build(seed=3)


@pytest.fixture(scope="session")
def bank(jepa: Jepa) -> Bank:
    h, w = jepa.card.image_size
    rng = np.random.default_rng(0)
    return Bank([Clip(rng.integers(0, 256, (max(jepa.card.frames, 1), h, w, 3), dtype=np.uint8)) for _ in range(12)], "noise")


@pytest.fixture(scope="session")
def mask(jepa: Jepa, bank: Bank) -> Mask:
    shape = jepa.encoder.prepare(bank.clips[:1]).grid.shape
    return sample_mask("vjepa_multiblock", shape, seed=1, blocks=2, spatial_scale=(0.2, 0.2))
