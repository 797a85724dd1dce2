"""What a worker has evicted is freed: no memory of a measure or a service keeps it."""

from __future__ import annotations

import gc
import os
import weakref
from pathlib import Path

import numpy as np
import pytest

from workbench.core.card import BankKey, ClipKey, ModelKey, SceneKey
from workbench.core.questions.decoding import DecodeClip
from workbench.core.questions.masked import MaskedMaps
from workbench.core.questions.sensitivity import Changeable
from workbench.core.wire import Wire
from workbench.families import toy
from workbench.masks import sample_mask
from workbench.worker import lane, shelf
from workbench.worker.shelf import Shelf

pytestmark = pytest.mark.slow


def test_evicted_folders_are_freed_with_the_scenes_that_were_made_of_them(tmp_path: Path) -> None:
    held, first = Shelf(), None
    for number in range(shelf._FOLDERS + 1):
        path = str(tmp_path / f"{number}.npz")
        np.savez(path, pixels=np.zeros((3, 2, 8, 8, 3), np.uint8))
        held.answer(Changeable(SceneKey(path)))
        first = first or weakref.ref(held.clips(path))
    gc.collect()
    assert first is not None
    assert first() is None


@pytest.mark.parametrize("name", ["masked_view", "decode_clip"])
def test_evicted_models_are_freed_with_all_that_was_measured_on_them(tmp_path: Path, bank_file: Path, name: str) -> None:
    held, first = Shelf(), None
    mask = sample_mask("vjepa_multiblock", (4, 4, 5), seed=1, blocks=2, spatial_scale=(0.2, 0.2))
    for number in range(shelf._MODELS + 1):
        path = tmp_path / f"{number}.safetensors"
        toy.save(toy.build(seed=number), path)
        key = ModelKey(str(path))
        clip, bank = ClipKey(str(bank_file), 2), BankKey(str(bank_file))
        if name == "masked_view":
            held.answer(MaskedMaps(key, clip, mask, bank=bank))
        else:
            held.answer(DecodeClip(key, clip, bank, mask))
        first = first or weakref.ref(held.model(key))
    gc.collect()
    assert first is not None
    assert first() is None


def test_a_lane_keeps_no_number_of_a_job_that_was_cancelled_after_its_answer() -> None:
    read, write = os.pipe()
    worker = lane.Lane(Wire(os.fdopen(read, "rb"), os.fdopen(write, "wb")), Shelf())
    worker.take({"op": "run", "id": 1, "question": Changeable(SceneKey("nowhere"))})
    worker.run(worker.next(urgent_only=True) or {})
    worker.take({"op": "cancel", "id": 1})
    assert worker.cancelled == worker.known == set()
