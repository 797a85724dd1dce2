from __future__ import annotations

from pathlib import Path

import cv2
import numpy as np
import pytest

from tests.data.pictures import GOLDEN, encoded, gradient, png_claiming, with_exif
from workbench.core.errors import ClipError
from workbench.data import decode_image, load_image
from workbench.data.headers import image_header

RGB = gradient()


def test_colours_come_back_in_red_green_blue_order() -> None:
    clip = decode_image(encoded(RGB), "a.png")
    assert np.array_equal(clip.pixels, RGB[None])
    assert clip.fps is None
    assert clip.source == "a.png"


@pytest.mark.parametrize("suffix", [".png", ".bmp", ".tif", ".jpg", ".webp"])
def test_every_format_that_the_error_names_is_read(suffix: str, tmp_path: Path) -> None:
    smooth = cv2.resize(RGB, (64, 48))
    path = tmp_path / f"a{suffix}"
    path.write_bytes(encoded(smooth, suffix))
    assert np.abs(load_image(path).pixels[0].astype(int) - smooth).mean() < 3


def test_grey_stays_one_channel() -> None:
    assert np.array_equal(decode_image(encoded(RGB[..., 0]), "").pixels[0, :, :, 0], RGB[..., 0])
    assert decode_image((GOLDEN / "one_bit.png").read_bytes(), "").pixels[0, 0, :4, 0].tolist() == [0, 255, 0, 255]


def test_a_single_pixel_is_an_image() -> None:
    assert decode_image(encoded(RGB[:1, :1]), "").pixels.shape == (1, 1, 1, 3)


def test_alpha_is_composited_on_white() -> None:
    alpha = np.broadcast_to(np.arange(16, dtype=np.uint8) * 17, (12, 16))
    rgba = np.dstack([RGB, alpha])
    expected = np.rint((RGB * (alpha[..., None] / 255)) + 255 * (1 - alpha[..., None] / 255))
    for file in (encoded(rgba), (GOLDEN / "alpha.webp").read_bytes()):
        assert np.abs(decode_image(file, "").pixels[0] - expected).max() <= 1
    assert (decode_image((GOLDEN / "palette_alpha.png").read_bytes(), "").pixels[0, :, 0] >= 254).all()


def test_grey_with_alpha_is_composited_too() -> None:
    pixels = decode_image((GOLDEN / "grey_alpha.png").read_bytes(), "").pixels[0]
    assert (pixels[:, 0] == 255).all()
    assert np.abs(pixels[:, 15, 0].astype(int) - 240).max() <= 1


def test_sixteen_bits_are_scaled_by_257() -> None:
    deep = (RGB.astype(np.uint16) * 257)[..., :3]
    assert np.array_equal(decode_image(encoded(deep), "").pixels[0], RGB)
    rgba = np.dstack([deep, np.full((12, 16), 65535, np.uint16)])
    assert np.array_equal(decode_image(encoded(rgba), "").pixels[0], RGB)


def test_a_palette_is_looked_up() -> None:
    assert np.abs(decode_image((GOLDEN / "palette.png").read_bytes(), "").pixels[0].astype(int) - RGB).mean() < 15


@pytest.mark.parametrize("name", ["cmyk.jpg", "cmyk.tif"])
def test_four_inks_become_rgb(name: str) -> None:
    pixels = decode_image((GOLDEN / name).read_bytes(), "").pixels[0]
    assert pixels.shape == RGB.shape
    assert np.abs(pixels.astype(int) - RGB).mean() < 8


@pytest.mark.parametrize("order", ["<", ">"])
@pytest.mark.parametrize(
    ("orientation", "turn"),
    [
        (1, lambda a: a),
        (2, np.fliplr),
        (3, lambda a: np.rot90(a, 2)),
        (4, np.flipud),
        (5, lambda a: a.swapaxes(0, 1)),
        (6, lambda a: np.rot90(a, -1)),
        (7, lambda a: np.rot90(a, 2).swapaxes(0, 1)),
        (8, np.rot90),
        (9, lambda a: a),
    ],
)
def test_exif_turns_are_applied(orientation: int, turn, order: str) -> None:
    flat = encoded(cv2.resize(RGB, (64, 48)), ".jpg")
    plain = decode_image(flat, "").pixels[0]
    assert np.array_equal(decode_image(with_exif(flat, orientation, order), "").pixels[0], turn(plain))


@pytest.mark.parametrize("name", ["turned.png", "turned.webp", "turned.tif"])
def test_exif_turns_are_applied_outside_jpeg(name: str) -> None:
    assert np.array_equal(decode_image((GOLDEN / name).read_bytes(), "").pixels[0], np.rot90(RGB, -1))


@pytest.mark.parametrize(
    ("data", "said"),
    [
        (b"", "empty"),
        (b"hello, this is text and no image", "not an image"),
        (b"\x89PNG\r\n\x1a\n", "not an image"),
        (encoded(RGB)[:-20], "cut short"),
        (encoded(RGB, ".jpg")[:-30], "cut short"),
        (encoded(RGB, ".jpg")[:200], "cut short"),
        (encoded(RGB, ".webp")[:-10], "cut short"),
        (encoded(RGB, ".bmp")[:-50], "cut short"),
        (encoded(RGB[..., 0].astype(np.float32), ".tiff"), "float32"),
        (png_claiming(0, 5), "0×5"),
        (png_claiming(40_000, 40_000), "1,600 megapixels"),
        (png_claiming(100_000, 3), "65536 pixels a side"),
        (png_claiming(64, 64), "damaged"),
    ],
)
def test_what_cannot_be_decoded_says_what_where_and_what_to_do(data: bytes, said: str) -> None:
    with pytest.raises(ClipError) as caught:
        decode_image(data, "holiday.png")
    assert said in caught.value.what
    assert caught.value.where == "holiday.png"
    assert caught.value.fix


def test_a_large_image_is_decoded_reduced_and_says_so() -> None:
    wide = np.tile(np.repeat(np.array([0, 255], np.uint8), 6000), (8, 1))
    for suffix in (".jpg", ".png"):
        clip = decode_image(encoded(wide, suffix), "wide")
        assert clip.pixels.shape == (1, 4, 6000, 3)
        assert clip.source == "wide (1/2 of 12000×8)"
        assert clip.pixels[0, 2, [100, -100], 0].tolist() == pytest.approx([0, 255], abs=2)


def test_a_large_turned_image_is_turned_after_reducing() -> None:
    wide = np.full((8, 12000), 128, np.uint8)
    assert decode_image(with_exif(encoded(wide, ".jpg"), 6), "").pixels.shape == (1, 6000, 4, 3)


@pytest.mark.parametrize("suffix", [".png", ".jpg", ".webp", ".bmp", ".tif"])
def test_the_header_knows_the_size_before_decoding(suffix: str) -> None:
    header = image_header(encoded(RGB, suffix))
    assert header is not None
    assert (header.width, header.height, header.orientation, header.complete) == (16, 12, 1, True)


@pytest.mark.parametrize("suffix", [".png", ".jpg", ".webp", ".bmp", ".tif"])
def test_no_prefix_of_a_file_raises_anything_else(suffix: str) -> None:
    whole = encoded(RGB, suffix)
    for end in range(0, len(whole) - 1, 7):
        try:
            clip = decode_image(whole[:end], "x")
        except ClipError:
            continue
        assert clip.pixels.shape == (1, 12, 16, 3)
        assert end > len(whole) * 0.8


def test_a_folder_or_a_missing_file_is_not_an_image(tmp_path: Path) -> None:
    with pytest.raises(ClipError, match="no such file"):
        load_image(tmp_path / "none.png")
    with pytest.raises(ClipError, match="a folder"):
        load_image(tmp_path)
