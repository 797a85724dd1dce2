"""Media that are damaged, empty, odd or hostile: refused in words, and nothing else falls with them."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import av
import numpy as np
import pytest

from tests.data.pictures import encoded, gradient
from workbench.core.errors import ClipError
from workbench.data import load_video, open_clips, opening

ROOT = Path(__file__).parents[2]
MEDIA = Path(__file__).parent / "media"


def film(path: Path, stamps: list[int], *, size: tuple[int, int] = (32, 24), codec: str = "mpeg4", streams: int = 1, rate: int = 25) -> Path:
    """A film whose frame k is grey of 10 k, shown at these ticks of 1/100 s."""
    from fractions import Fraction

    with av.open(str(path), "w") as container:
        made = [container.add_stream(codec, rate=rate) for _ in range(streams)]
        for stream in made:
            stream.width, stream.height, stream.pix_fmt = *size, "yuv420p"
            stream.codec_context.time_base = Fraction(1, 100)
            stream.codec_context.max_b_frames = 0
        for k, stamp in enumerate(stamps):
            for stream in made:
                frame = av.VideoFrame.from_ndarray(np.full((size[1], size[0], 3), 10 * k + 20, np.uint8), format="rgb24")
                frame.pts, frame.time_base = stamp, Fraction(1, 100)
                container.mux(stream.encode(frame))
        for stream in made:
            container.mux(stream.encode(None))
    return path


def numbers(pixels: np.ndarray) -> list[int]:
    return [round((float(f.mean()) - 20) / 10) for f in pixels]


def test_damaged_media_crash_nothing_and_are_refused_in_words() -> None:
    fuzzed(1, 40)


@pytest.mark.long
def test_five_hundred_damaged_media_crash_nothing_and_are_refused_in_words() -> None:
    fuzzed(2, 500)


def fuzzed(seed: int, count: int) -> None:
    command = [sys.executable, "-m", "tests.data.mutate_media", str(seed), str(count)]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False, env={**os.environ, "PYTHONPATH": str(ROOT)})
    assert done.returncode == 0, done.stderr[-2000:]
    found = json.loads(done.stdout)
    assert found["failed"] == []
    assert found["read"] + found["refused"] == count
    assert found["refused"] > count // 10
    assert found["read"] > count // 20
    assert found["peak"] < 1000


def test_a_film_of_one_frame_is_a_still() -> None:
    clip = load_video(MEDIA / "plain.mp4", frames=1)
    assert (clip.frames, clip.fps) == (1, None)


def test_a_film_without_frames_is_refused(tmp_path: Path) -> None:
    path = film(tmp_path / "a.mkv", [0])
    data = path.read_bytes()
    path.write_bytes(data[: data.index(b"\x1f\x43\xb6\x75")])
    with pytest.raises(ClipError, match=r"no frames|cannot be opened"):
        load_video(path)


@pytest.mark.parametrize("size", [(1, 1), (10_000, 2)])
def test_frames_of_odd_sizes_are_read(tmp_path: Path, size: tuple[int, int]) -> None:
    from PIL import Image

    frames = [Image.new("RGB", size, (60 * k, 0, 0)) for k in range(3)]
    frames[0].save(tmp_path / "a.png", save_all=True, append_images=frames[1:], duration=40)
    clip = open_clips(tmp_path / "a.png")[0]
    assert clip.frames == 3
    assert (clip.width, clip.height) == ((1, 1) if size == (1, 1) else (1920, 1))
    frames[0].save(tmp_path / "b.bmp")
    assert open_clips(tmp_path / "b.bmp")[0].pixels.size


def test_times_that_begin_below_zero_are_counted_from_the_first_frame(tmp_path: Path) -> None:
    clip = load_video(film(tmp_path / "a.mkv", [-20, -16, -12, -8, -4, 0]))
    assert clip.times is not None
    assert clip.times[0] == 0
    assert np.diff(clip.times).tolist() == pytest.approx([0.04] * (clip.frames - 1), abs=2e-3)


def test_times_that_go_back_are_not_used_and_it_is_said(tmp_path: Path) -> None:
    one, two = (film(tmp_path / f"{k}.ts", [0, 4, 8, 12], codec="mpeg2video").read_bytes() for k in (1, 2))
    (tmp_path / "both.ts").write_bytes(one + two)
    clip = load_video(tmp_path / "both.ts")
    assert numbers(clip.pixels) == [0, 1, 2, 3, 0, 1, 2, 3]
    assert "times go back" in clip.source


def test_a_film_without_a_rate_is_sampled_by_its_time_stamps(tmp_path: Path) -> None:
    clip = load_video(film(tmp_path / "a.mkv", [0, 10, 50, 100]), fps=2.0)
    assert numbers(clip.pixels)[:2] == [1 - 1, 2]
    assert clip.fps == 2


def test_a_file_that_is_cut_while_it_is_open_is_refused_or_shorter(tmp_path: Path) -> None:
    path = tmp_path / "a.ts"
    path.write_bytes((MEDIA / "packets.ts").read_bytes())
    clips = open_clips(path)
    os.truncate(path, 188 * 4)
    with pytest.raises(ClipError):
        clips[0]


def test_the_rest_of_a_folder_works_beside_every_kind_of_bad_file(tmp_path: Path) -> None:
    for k, data in enumerate(
        (b"", b"ffconcat version 1.0\n", encoded(gradient())[:60], (MEDIA / "sound.m4a").read_bytes(), b"\x00\x00\x00\x18ftypmp42")
    ):
        (tmp_path / f"bad{k}.mp4").write_bytes(data)
    (tmp_path / "good.png").write_bytes(encoded(gradient()))
    (tmp_path / "film.mp4").write_bytes((MEDIA / "av1.mp4").read_bytes())
    clips = open_clips(tmp_path)
    assert [clips.names[k] for k, _ in clips.readable()] == ["film.mp4", "good.png"]
    assert sorted(clips.skipped) == [f"bad{k}.mp4" for k in range(5)]
    assert all(clips.skipped.values())


def test_a_folder_of_a_hundred_thousand_files_is_listed_without_opening_one(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for k in range(2000):
        (tmp_path / f"{k}.png").touch()
    monkeypatch.setattr(opening, "_MOST_FILES", 2000)
    assert len(open_clips(tmp_path)) == 2000
    (tmp_path / "one more.png").touch()
    with pytest.raises(ClipError, match="more than 2,000 files"):
        open_clips(tmp_path)
