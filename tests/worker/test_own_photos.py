"""A folder of somebody's own photos: of any sizes, one of them damaged, few or many."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from workbench.boards.masks.words import bank_line, rank_lines
from workbench.core.card import BankKey, ClipKey
from workbench.core.clip import Clip
from workbench.core.errors import BadInput
from workbench.core.questions.sensitivity import SensitivityView
from workbench.data import open_clips
from workbench.data.scaling import scaled_down
from workbench.families import toy
from workbench.front import scenes
from workbench.masks import sample_mask
from workbench.measures.bank import Bank
from workbench.measures.factors import latent_moves
from workbench.measures.preparing import prepare_together
from workbench.measures.sensitivity import sensitivity
from workbench.measures.yardsticks import bank_errors, yardsticks
from workbench.model.jepa import Jepa
from workbench.worker.shelf import Shelf

SIZES = [(40, 30), (64, 64), (90, 31), (33, 200), (700, 900), (64, 64), (50, 51), (48, 64), (64, 48), (128, 96)]
SETTINGS = {"blocks": 2, "spatial_scale": (0.2, 0.2)}


@pytest.fixture(scope="module")
def jepa() -> Jepa:
    return toy.build(seed=3)


@pytest.fixture(scope="module")
def photos(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("photos")
    rng = np.random.default_rng(0)
    for k, (height, width) in enumerate(SIZES):
        small = rng.integers(0, 256, (5, 5, 3), dtype=np.uint8)
        Image.fromarray(small).resize((width, height)).save(folder / f"{k}.png")
    (folder / "3b.png").write_bytes((folder / "3.png").read_bytes()[:-30])
    return folder


def test_a_bank_of_photos_of_any_sizes_works_and_lists_the_one_that_is_damaged(jepa: Jepa, photos: Path) -> None:
    bank = Shelf().bank(BankKey(str(photos)))
    assert len(bank) == len(SIZES)
    assert list(bank.skipped) == ["3b.png"]
    assert "cut short" in bank.skipped["3b.png"]
    assert "1 skipped" in bank.name
    targets = bank.targets(jepa)
    alone = Bank(bank.clips[3:5], "two").targets(jepa)
    np.testing.assert_allclose(targets[3:5].numpy(), alone.numpy(), atol=1e-5)


def test_masks_compare_photos_of_different_sizes(jepa: Jepa, photos: Path) -> None:
    shelf = Shelf()
    bank, clip = shelf.bank(BankKey(str(photos))), shelf.clip(ClipKey(str(photos), 0))
    mask = sample_mask("vjepa_multiblock", jepa.encoder.prepare([clip]).grid.shape, seed=1, **SETTINGS)
    found = yardsticks(jepa, clip, mask, bank=bank)
    assert [c.predictor for c in found.controls] == ["copy", "smooth", "other", "twin", "pixels"]
    assert found.rank is not None
    assert found.rank.images == len(SIZES)
    survey = bank_errors(jepa, bank, sampler="vjepa_multiblock", parameters=SETTINGS)
    assert np.isfinite(survey.errors).all()


def test_sensitivity_compares_photos_of_different_sizes(jepa: Jepa, photos: Path) -> None:
    whole = open_clips(photos)
    others = [clip for _, clip in whole.readable()]
    moves = latent_moves(jepa, others[0], {"brighter": Clip(others[0].pixels // 2)}, others)
    assert np.isfinite(moves.moved).all()
    view = sensitivity(jepa, scenes(photos)[0], changes=["brightness"], amounts=[1.0])
    assert isinstance(view, SensitivityView)
    assert view.moves.others == len(SIZES)


def test_a_photo_is_known_in_a_bank_that_keeps_it_smaller(photos: Path) -> None:
    shelf = Shelf()
    bank = shelf.bank(BankKey(str(photos)))
    large = next(clip for _, clip in shelf.clips(str(photos)).readable() if clip.height == 700)
    assert max(c.height for c in bank.clips) < 700
    assert len(bank.without(large)) == len(bank) - 1
    assert scaled_down(large, 9000) is large


def test_figures_over_too_few_photos_say_so_in_place_of_a_rank_or_an_interval(jepa: Jepa, photos: Path) -> None:
    few = Bank(Shelf().bank(BankKey(str(photos))).clips[:2], "two photos")
    mask = sample_mask("vjepa_multiblock", jepa.encoder.prepare(few.clips[:1]).grid.shape, seed=1, **SETTINGS)
    yard = yardsticks(jepa, few.clips[0], mask, bank=few)
    assert "of 2" not in " ".join(rank_lines(yard.rank))
    assert "8 are needed" in " ".join(rank_lines(yard.rank))
    survey = bank_errors(jepa, few, sampler="vjepa_multiblock", parameters=SETTINGS)
    line = bank_line(survey, yard.controls[0])
    assert "fewer than 8 clips" in line
    assert "[" not in line
    assert "easier" not in line


def test_clips_of_other_lengths_than_most_are_left_out_of_a_bank_with_that_reason(tmp_path: Path) -> None:
    frames = [Image.fromarray(np.full((8, 8, 3), 40 * k, np.uint8)) for k in range(3)]
    frames[0].save(tmp_path / "film.gif", save_all=True, append_images=frames[1:], duration=100)
    for k in range(3):
        frames[k].save(tmp_path / f"{k}.png")
    bank = Shelf().bank(BankKey(str(tmp_path)))
    assert len(bank) == 3
    assert bank.skipped == {"film.gif": "3 frames, where most have 1"}


def test_a_bank_of_which_nothing_can_be_read_says_why(tmp_path: Path) -> None:
    (tmp_path / "a.png").write_bytes(b"")
    (tmp_path / "b.png").write_bytes(b"no picture at all")
    with pytest.raises(BadInput, match=r"a\.png: this file is empty"):
        Shelf().bank(BankKey(str(tmp_path)))


def test_clips_of_different_lengths_are_refused_in_words(jepa: Jepa) -> None:
    rng = np.random.default_rng(0)
    clips = [Clip(rng.integers(0, 256, (n, 32, 32, 3), dtype=np.uint8)) for n in (2, 8)]
    with pytest.raises(BadInput, match="of 2 and of 8 frames"):
        prepare_together(jepa.encoder, clips)
