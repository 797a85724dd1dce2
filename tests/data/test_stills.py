"""Pictures of every listed format, held against Pillow's own conversion."""

from __future__ import annotations

import io
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from PIL import Image, ImageOps

from tests.data.pictures import GOLDEN, gradient, with_exif
from workbench.core.errors import ClipError
from workbench.data import decode_image, images, load_video, open_clips
from workbench.data.headers import image_format, kind_of

RGB = gradient(48, 64)
ALPHA = np.broadcast_to(np.arange(64, dtype=np.uint8) * 4, (48, 64))
FORMATS = {
    "PNG": {},
    "JPEG": {"quality": 95},
    "WEBP": {"lossless": True},
    "GIF": {},
    "BMP": {},
    "TIFF": {},
    "AVIF": {"quality": 90},
    "PPM": {},
    "JPEG2000": {},
    "TGA": {},
    "ICO": {},
}


def saved(image: Image.Image, name: str, **options: object) -> bytes:
    file = io.BytesIO()
    image.save(file, name, **options)
    return file.getvalue()


def by_pillow(data: bytes) -> np.ndarray:
    """RGB over white, turned upright: what Pillow itself makes of a file."""
    image = ImageOps.exif_transpose(Image.open(io.BytesIO(data)))
    rgba = image.convert("RGBA")
    return np.asarray(Image.alpha_composite(Image.new("RGBA", rgba.size, "white"), rgba).convert("RGB"))


def ours(data: bytes, name: str = "") -> np.ndarray:
    pixels = decode_image(data, name).pixels[0]
    return np.repeat(pixels, 3, axis=-1) if pixels.shape[-1] == 1 else pixels


def close(a: np.ndarray, b: np.ndarray) -> bool:
    return a.shape == b.shape and int(np.abs(a.astype(int) - b).max()) <= 1


@pytest.mark.parametrize("name", FORMATS)
def test_every_listed_format_is_read_as_pillow_reads_it(name: str, tmp_path: Path) -> None:
    data = saved(Image.fromarray(RGB), name, **FORMATS[name])
    assert image_format(data[:1024]) == name
    assert close(ours(data), by_pillow(data))
    (tmp_path / "a.bin").write_bytes(data)
    assert (open_clips(tmp_path / "a.bin").kind, open_clips(tmp_path / "a.bin")[0].frames) == ("image", 1)


@pytest.mark.parametrize("mode", ["1", "L", "LA", "P", "RGB", "RGBA", "I;16"])
@pytest.mark.parametrize("name", ["PNG", "TIFF"])
def test_every_mode_becomes_what_pillow_makes_of_it(name: str, mode: str) -> None:
    base = Image.fromarray(np.dstack([RGB, ALPHA]))
    image = Image.fromarray(RGB[..., 0].astype(np.uint16) * 257) if mode == "I;16" else base.convert(mode)
    data = saved(image, name)
    expected = np.repeat(RGB[..., :1], 3, axis=-1) if mode == "I;16" else by_pillow(data)
    assert close(ours(data), expected)


@pytest.mark.parametrize("name", ["JPEG", "TIFF"])
def test_cmyk_is_converted_by_pillow(name: str) -> None:
    data = saved(Image.fromarray(RGB).convert("CMYK"), name)
    assert close(ours(data), np.asarray(Image.open(io.BytesIO(data)).convert("RGB")))


def test_sixteen_bits_are_divided_by_257_and_rounded() -> None:
    deep = np.arange(48 * 64, dtype=np.uint16).reshape(48, 64) * 21 + 100
    data = saved(Image.fromarray(deep), "PNG")
    assert np.array_equal(decode_image(data, "").pixels[0, ..., 0], np.rint(deep / 257).astype(np.uint8))


@pytest.mark.parametrize("suffix", ["png", "tiff"])
def test_colours_of_sixteen_bits_are_divided_by_257_too(suffix: str) -> None:
    import cv2

    deep = np.random.default_rng(0).integers(0, 65536, (12, 16, 3), dtype=np.uint16)
    data = cv2.imencode(f".{suffix}", deep[..., ::-1])[1].tobytes()
    assert np.array_equal(decode_image(data, "").pixels[0], np.rint(deep / 257).astype(np.uint8))


def test_transparency_of_a_palette_or_of_one_colour_is_white() -> None:
    half = Image.fromarray(RGB).quantize(16)
    data = saved(half, "PNG", transparency=3)
    assert close(ours(data), by_pillow(data))
    grey = saved(Image.fromarray(RGB[..., 0]), "PNG", transparency=0)
    assert (decode_image(grey, "").pixels[0][RGB[..., 0] == 0] == 255).all()


@pytest.mark.parametrize("orientation", range(1, 9))
@pytest.mark.parametrize("name", ["JPEG", "PNG", "WEBP", "TIFF", "AVIF"])
def test_exif_turns_every_format_that_can_hold_it(name: str, orientation: int) -> None:
    exif = Image.Exif()
    exif[0x0112] = orientation
    data = saved(Image.fromarray(RGB), name, exif=exif, **FORMATS[name])
    assert close(ours(data), by_pillow(data))
    assert (ours(data).shape[:2] == (48, 64)) == (orientation < 5)


def test_an_exif_block_that_is_damaged_leaves_the_picture_as_it_is() -> None:
    data = with_exif(saved(Image.fromarray(RGB), "JPEG"), 6)
    broken = data.replace(b"MM\x00*", b"MM\xff\xff")
    assert ours(broken).shape == (48, 64, 3)


@pytest.mark.parametrize(
    "data",
    [
        b"%!PS-Adobe-3.0 EPSF-3.0\n%%BoundingBox: 0 0 8 8\n" + b" " * 200,
        b"8BPS\x00\x01" + bytes(200),
        b"<svg xmlns='http://www.w3.org/2000/svg' width='9' height='9'/>",
        b"%PDF-1.4\n" + b" " * 200,
        b"\xd7\xcd\xc6\x9a" + bytes(200),
        b"II\x2a\x00" + b"\xff" * 4,
    ],
    ids=["eps", "psd", "svg", "pdf", "wmf", "tiff of nothing"],
)
def test_what_is_not_on_the_list_never_reaches_pillow(data: bytes, tmp_path: Path) -> None:
    (tmp_path / "a.png").write_bytes(data)
    with pytest.raises(ClipError) as caught:
        open_clips(tmp_path / "a.png")[0]
    assert "video" not in caught.value.what.removeprefix("this is neither an image, nor a video, nor a bank")
    assert caught.value.fix


@pytest.mark.parametrize("name", FORMATS)
def test_no_picture_is_called_a_video(name: str, tmp_path: Path) -> None:
    data = saved(Image.fromarray(RGB), name, **FORMATS[name])
    assert kind_of(data[:1024]) == "image"
    (tmp_path / "a.mp4").write_bytes(data)
    assert open_clips(tmp_path / "a.mp4").kind == "image"
    with pytest.raises(ClipError, match="picture"):
        load_video(tmp_path / "a.mp4")


def test_heic_is_read_by_its_extra(tmp_path: Path) -> None:
    import pillow_heif

    file = io.BytesIO()
    pillow_heif.from_pillow(Image.fromarray(RGB)).save(file, quality=95)
    assert image_format(file.getvalue()[:1024]) == "HEIF"
    pixels = ours(file.getvalue())
    assert pixels.shape == RGB.shape
    assert np.abs(pixels.astype(int) - RGB).mean() < 12


def test_heic_names_its_extra_where_that_is_missing(tmp_path: Path) -> None:
    (tmp_path / "a.heic").write_bytes(b"\x00\x00\x00\x18ftypheic\x00\x00\x00\x00mif1heic" + bytes(100))
    code = f"""
import sys
sys.modules["pillow_heif"] = None
from workbench.core.errors import MissingExtra
from workbench.data import open_clips
try:
    open_clips({str(tmp_path / "a.heic")!r})[0]
except MissingExtra as err:
    sys.exit("pip install" not in err.fix or "heic" not in err.fix)
sys.exit("nothing was raised")
"""
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr


def moving(name: str, lasts: list[int], **options: object) -> bytes:
    frames = [Image.fromarray(np.full((24, 32, 3), 40 * k + 10, np.uint8)) for k in range(len(lasts))]
    return saved(frames[0], name, save_all=True, append_images=frames[1:], duration=lasts, **options)


@pytest.mark.parametrize(("name", "options"), [("GIF", {}), ("WEBP", {"lossless": True}), ("PNG", {})])
def test_an_animation_is_a_clip_of_all_its_frames_with_their_own_times(name: str, options: dict, tmp_path: Path) -> None:
    (tmp_path / "a.bin").write_bytes(moving(name, [100, 100, 300, 100, 500], **options))
    clips = open_clips(tmp_path / "a.bin")
    clip = clips[0]
    assert clips.kind == "video"
    assert [int(f.mean()) for f in clip.pixels] == pytest.approx([10, 50, 90, 130, 170], abs=2)
    assert clip.times is not None
    assert clip.times.tolist() == pytest.approx([0, 0.1, 0.2, 0.5, 0.6])
    sampled = open_clips(tmp_path / "a.bin", fps=5.0)[0]
    assert [int(f.mean()) for f in sampled.pixels] == pytest.approx([10, 90, 90, 170, 170, 170], abs=2)
    assert sampled.fps == 5


def test_the_animation_that_was_given_is_five_frames_at_ten_a_second() -> None:
    clip = open_clips(Path(__file__).parent / "media" / "anim.webp")[0]
    assert clip.frames == 5
    assert clip.fps == pytest.approx(10)


def test_a_still_in_front_of_an_animated_png_is_no_frame(tmp_path: Path) -> None:
    still = Image.fromarray(np.full((24, 32, 3), 250, np.uint8))
    frames = [Image.fromarray(np.full((24, 32, 3), 40 * k + 10, np.uint8)) for k in range(3)]
    (tmp_path / "a.png").write_bytes(saved(still, "PNG", save_all=True, append_images=frames, duration=100, default_image=True))
    assert [int(f.mean()) for f in open_clips(tmp_path / "a.png")[0].pixels] == pytest.approx([10, 50, 90], abs=2)


def test_a_gif_that_names_no_time_is_shown_at_ten_frames_a_second(tmp_path: Path) -> None:
    (tmp_path / "a.gif").write_bytes(moving("GIF", [0, 0, 0]))
    assert open_clips(tmp_path / "a.gif")[0].fps == pytest.approx(10)


def test_transparent_frames_of_an_animation_are_shown_over_white(tmp_path: Path) -> None:
    frames = [Image.fromarray(np.full((8, 8, 4), (0, 0, 0, a), np.uint8)) for a in (0, 255)]
    (tmp_path / "a.webp").write_bytes(saved(frames[0], "WEBP", save_all=True, append_images=frames[1:], duration=100, lossless=True))
    assert [int(f.mean()) for f in open_clips(tmp_path / "a.webp")[0].pixels] == [255, 0]


@pytest.mark.slow
def test_an_animation_of_a_huge_canvas_is_refused_before_it_is_decoded(tmp_path: Path) -> None:
    frames = [Image.new("P", (16000, 16000), k) for k in (0, 1)]
    (tmp_path / "a.gif").write_bytes(saved(frames[0], "GIF", save_all=True, append_images=frames[1:], duration=100))
    assert (tmp_path / "a.gif").stat().st_size < 1_000_000
    with pytest.raises(ClipError, match="16000×16000"):
        open_clips(tmp_path / "a.gif")[0]


def test_a_still_that_takes_too_much_memory_to_decode_is_refused_from_its_header(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(images, "MOST_BYTES", 48 * 64 * 7 - 1)
    with pytest.raises(ClipError, match="64×48"):
        decode_image(saved(Image.fromarray(RGB), "BMP"), "a.bmp")


def test_what_is_damaged_on_disk_is_told_without_the_folders_of_this_machine(tmp_path: Path) -> None:
    for name, data in {
        "a.png": b"\x89PNG\r\n\x1a\nnot a picture",
        "b.gif": b"GIF89a" + bytes(5),
        "c.webp": b"RIFF\x20\0\0\0WEBPVP8X" + bytes(16),
    }.items():
        (tmp_path / name).write_bytes(data)
        with pytest.raises(ClipError) as caught:
            open_clips(tmp_path / name)
        assert str(tmp_path) not in caught.value.what, name
        assert "<" not in caught.value.what, name


@pytest.mark.parametrize("name", FORMATS)
def test_half_a_file_is_refused_in_words(name: str) -> None:
    data = saved(Image.fromarray(RGB), name, **FORMATS[name])
    with pytest.raises(ClipError) as caught:
        decode_image(data[: len(data) // 2], "a")
    assert caught.value.fix


@pytest.mark.parametrize("name", sorted(p.name for p in GOLDEN.iterdir() if p.suffix in (".png", ".jpg", ".webp", ".tif", ".gif")))
def test_the_golden_pictures_are_as_pillow_reads_them(name: str) -> None:
    data = (GOLDEN / name).read_bytes()
    assert close(ours(data), by_pillow(data))
