"""What a worker owns: banks are yardsticks, so they hold only what can happen."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from workbench import samples
from workbench.core.card import BankKey
from workbench.worker.shelf import Shelf


def test_impossible_films_are_no_yardstick_and_the_name_says_so() -> None:
    path = samples.find("balls").bank
    shelf = Shelf()
    bank, every = shelf.bank(BankKey(str(path))), shelf.clips(str(path))
    assert len(bank) == int(np.load(path)["possible"].sum()) < len(every)
    assert not any("impossible" in clip.source for clip in bank.clips)
    assert "possible videos" in bank.name


def test_of_a_large_bank_every_so_manieth_clip_is_taken(tmp_path: Path) -> None:
    path = tmp_path / "many.npz"
    np.savez(path, pixels=np.arange(300, dtype=np.uint16).astype(np.uint8).reshape(300, 1, 1, 1, 1).repeat(3, -1))
    bank = Shelf().bank(BankKey(str(path)))
    assert len(bank) == 150
    assert "1 in 2" in bank.name
