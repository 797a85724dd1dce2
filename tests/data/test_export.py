from __future__ import annotations

from pathlib import Path
from typing import BinaryIO

import numpy as np
import pytest

from tests.data.pictures import gradient
from workbench.core.errors import BadInput
from workbench.data import load_bank, load_image, save_bank, save_png
from workbench.data.export import replacing

BANK = np.zeros((2, 3, 4, 5, 3), np.uint8)


@pytest.mark.parametrize("pixels", [gradient(), gradient()[..., :1], gradient()[..., 0]], ids=["rgb", "one channel", "flat"])
def test_a_png_comes_back_pixel_by_pixel(tmp_path: Path, pixels: np.ndarray) -> None:
    path = save_png(tmp_path / "a.png", pixels)
    assert np.array_equal(load_image(path).pixels[0].squeeze(), pixels.squeeze())


def test_nothing_is_left_beside_the_file(tmp_path: Path) -> None:
    save_png(tmp_path / "a.png", gradient())
    save_png(tmp_path / "a.png", gradient(4, 4))
    save_bank(tmp_path / "b.npz", BANK)
    assert sorted(p.name for p in tmp_path.iterdir()) == ["a.png", "b.npz"]
    assert load_image(tmp_path / "a.png").height == 4


def test_a_failed_write_leaves_the_old_file(tmp_path: Path) -> None:
    path = save_bank(tmp_path / "b.npz", BANK)
    with pytest.raises(BadInput, match="objects"):
        save_bank(path, BANK, labels=np.array([{}, {}], dtype=object))
    assert len(load_bank(path)) == 2
    assert [p.name for p in tmp_path.iterdir()] == ["b.npz"]


def break_off(file: BinaryIO) -> None:
    file.write(b"half")
    raise OSError(28, "No space left on device")


def test_a_write_that_breaks_off_leaves_the_old_file(tmp_path: Path) -> None:
    path = save_bank(tmp_path / "b.npz", BANK)
    with pytest.raises(BadInput, match="No space"), replacing(path) as file:
        break_off(file)
    assert len(load_bank(path)) == 2
    assert [p.name for p in tmp_path.iterdir()] == ["b.npz"]


def test_a_file_may_be_named_without_a_suffix(tmp_path: Path) -> None:
    assert len(load_bank(save_bank(tmp_path / "bank", BANK))) == 2


def test_places_that_cannot_be_written_are_refused(tmp_path: Path) -> None:
    with pytest.raises(BadInput, match="cannot be written") as caught:
        save_png(tmp_path / "none" / "a.png", gradient())
    assert caught.value.fix
    (tmp_path / "a.png").mkdir()
    with pytest.raises(BadInput, match="cannot be written"):
        save_png(tmp_path / "a.png", gradient())
    assert [p.name for p in tmp_path.iterdir()] == ["a.png"]


def test_what_is_not_a_picture_or_a_bank_is_refused(tmp_path: Path) -> None:
    with pytest.raises(BadInput, match="not a picture"):
        save_png(tmp_path / "a.png", np.zeros((4, 4, 2), np.uint8))
    with pytest.raises(BadInput, match="not a picture"):
        save_png(tmp_path / "a.png", np.zeros((0, 4, 3), np.uint8))
    with pytest.raises(BadInput, match="not clips"):
        save_bank(tmp_path / "a.npz", np.zeros((0, 4, 4, 4, 3), np.uint8))
