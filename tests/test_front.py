"""The front door: a sample's name works wherever a path does."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

import workbench as jw
from workbench import front, samples
from workbench.core.errors import BadInput, CheckpointError
from workbench.data import save_png
from workbench.families import toy

NAMES = samples.names()


@pytest.fixture(scope="module")
def pictures(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("pictures")
    rng = np.random.default_rng(0)
    for i in range(5):
        save_png(folder / f"{i}.png", rng.integers(0, 256, (40, 50, 3), dtype=np.uint8))
    return folder


@pytest.mark.parametrize("name", NAMES)
def test_a_sample_opens_by_its_name_whole_and_with_its_bank(name: str) -> None:
    jepa, bank = jw.load(name), jw.open_bank(name)
    assert jepa.report.whole
    assert jepa.card.family == samples.find(name).family
    assert jw.inspect(name).whole
    clips = jw.open_clips(name)
    assert len(bank) == sum("impossible" not in label for label in clips.names) > 1
    assert bank.clips[3].digest == clips[3].digest


def test_a_path_stays_a_path() -> None:
    assert front.resolve(Path("models") / "mine.pt") == str(Path("models") / "mine.pt")
    assert front.bank_path("clips") == "clips"
    assert front.resolve(NAMES[0]) == str(samples.find(NAMES[0]).checkpoint)


def test_a_folder_of_pictures_is_clips_and_bank(pictures: Path) -> None:
    clips, bank = jw.open_clips(pictures), jw.open_bank(pictures)
    assert clips.names == tuple(f"{i}.png" for i in range(5))
    assert [c.digest for c in bank.clips] == [c.digest for c in clips]


def test_one_picture_is_a_clip_and_no_bank(pictures: Path) -> None:
    assert jw.open_clips(pictures / "0.png")[0].pixels.shape == (1, 40, 50, 3)
    with pytest.raises(BadInput, match="at least 2 clips"):
        jw.open_bank(pictures / "0.png")


def test_a_long_folder_gives_an_even_bank_of_at_most_256_clips(tmp_path: Path) -> None:
    numbered = np.broadcast_to((np.arange(600) % 256).astype(np.uint8)[:, None, None, None, None], (600, 1, 8, 8, 1))
    np.savez(tmp_path / "many.npz", pixels=numbered)
    bank = jw.open_bank(tmp_path / "many.npz")
    assert [int(c.pixels.flat[0]) for c in bank.clips] == [i % 256 for i in range(0, 600, 3)]


def test_what_is_no_checkpoint_is_refused_in_words(pictures: Path, tmp_path: Path) -> None:
    with pytest.raises(CheckpointError):
        jw.load(pictures)
    with pytest.raises(CheckpointError, match="nothing-here"):
        jw.load(tmp_path / "nothing-here.pt")


def test_options_reach_the_family(tmp_path: Path) -> None:
    toy.save(toy.build(seed=3), tmp_path / "toy.safetensors")
    assert jw.load(tmp_path / "toy.safetensors", parts="encoder_target").masked is None
    with pytest.raises(BadInput, match="wings"):
        jw.load(tmp_path / "toy.safetensors", wings=2)


def test_the_verbs_give_a_number_with_its_yardstick(tmp_path: Path) -> None:
    toy.save(toy.build(seed=3), tmp_path / "toy.safetensors")
    jepa = jw.load(tmp_path / "toy.safetensors")
    rng = np.random.default_rng(0)
    bank = jw.Bank([jw.Clip(rng.integers(0, 256, (4, *jepa.card.image_size, 3), dtype=np.uint8)) for _ in range(3)], "noise")
    mask = jw.sample_mask("vjepa_multiblock", (4, 4, 5), seed=1, blocks=2, spatial_scale=(0.2, 0.2))
    error = jw.predict(jepa, bank.clips[0], mask, bank=bank)
    assert error.skill == pytest.approx(1 - error.ratio)
    assert error.reference_n == 2
    assert jw.show(error).data


def test_scenes_change_one_thing_in_pictures_of_any_folder(pictures: Path) -> None:
    scenes = jw.scenes(pictures)
    assert "brightness" in [f.name for f in scenes.factors(0)]
    assert scenes.changed(0, "brightness", 1.0).pixels.mean() < scenes.clips[0].pixels.mean()


def test_vectors_of_a_sample_are_kept_and_written_where_one_says(tmp_path: Path) -> None:
    bank = jw.open_bank("digits")
    found = jw.embed("digits", bank, store=tmp_path, out=tmp_path / "v.parquet")
    again = jw.embed("digits", bank, out=tmp_path / "mine.zarr")
    assert (found.rows, again.path) == (len(bank), str(tmp_path / "mine.zarr"))
    exported = jw.open_vectors(tmp_path / "v.parquet").values
    np.testing.assert_array_equal(exported, jw.open_vectors(again.path).values)
    known = jw.embed("digits", "digits", store=tmp_path)
    assert known.columns == ("label",)
    joined = jw.join(jw.open_vectors(known.path), {"name": jw.open_clips("digits").names, "rank": range(200)})
    assert (joined.matched, joined.unmatched) == (200, ())
