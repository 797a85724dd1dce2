from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from tests.data.pictures import GOLDEN, numbers, write_video
from workbench.core.errors import Cancelled, ClipError
from workbench.core.progress import listening
from workbench.data import load_video, videos


@pytest.fixture(scope="module")
def video(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """24 frames at 12 a second."""
    return write_video(tmp_path_factory.mktemp("videos") / "a.avi")


def test_all_frames_come_in_order(video: Path) -> None:
    clip = load_video(video)
    assert numbers(clip.pixels) == list(range(24))
    assert clip.pixels.shape == (24, 32, 48, 3)
    assert clip.fps == pytest.approx(12)
    assert clip.source == str(video)


@pytest.mark.parametrize(("suffix", "codec"), [(".avi", "MJPG"), (".webm", "VP80"), (".mp4", "mp4v")])
def test_usual_containers_are_read(tmp_path: Path, suffix: str, codec: str) -> None:
    clip = load_video(write_video(tmp_path / f"a{suffix}", frames=10, codec=codec), frames=4)
    assert numbers(clip.pixels) == [0, 3, 6, 9]
    assert clip.fps == pytest.approx(12 * 3 / 9)


@pytest.mark.parametrize(
    ("asked", "expected", "rate"),
    [
        ({"fps": 4.0}, list(range(0, 24, 3)), 4),
        ({"fps": 4.0, "frames": 5}, [0, 3, 6, 9, 12], 4),
        ({"fps": 5.0, "frames": 4}, [0, 2, 4, 6], 6),
        ({"fps": 30.0, "frames": 3}, [0, 1, 2], 12),
        ({"fps": 4.0, "frames": 2, "start": 1.0}, [12, 15], 4),
        ({"frames": 2}, [0, 23], 12 / 23),
        ({"frames": 24}, list(range(24)), 12),
        ({"start": 1.5}, list(range(18, 24)), 12),
    ],
)
def test_frames_are_sampled_in_time_as_asked(video: Path, asked: dict, expected: list[int], rate: float) -> None:
    clip = load_video(video, **asked)
    assert numbers(clip.pixels) == expected
    assert clip.fps == pytest.approx(rate)


def test_the_step_is_the_rounded_up_rate_over_the_asked_one(tmp_path: Path) -> None:
    clip = load_video(write_video(tmp_path / "a.avi", frames=22, fps=11.5), fps=4.0)
    assert numbers(clip.pixels) == list(range(0, 22, 3))
    assert clip.fps == pytest.approx(11.5 / 3)


def test_one_frame_has_no_rate(video: Path) -> None:
    assert load_video(video, frames=1).fps is None


@pytest.mark.parametrize(
    ("asked", "said"),
    [
        ({"frames": 25}, "24 are there"),
        ({"fps": 4.0, "frames": 9}, "8 are there"),
        ({"start": 2.0}, "frame 24 of 24"),
        ({"start": -1.0}, "frame -12 of 24"),
        ({"frames": 0}, "frames=0"),
        ({"fps": -1.0}, "fps=-1"),
        ({"fps": float("nan")}, "fps=nan"),
        ({"fps": float("inf")}, "fps=inf"),
    ],
)
def test_what_the_video_does_not_hold_is_refused(video: Path, asked: dict, said: str) -> None:
    with pytest.raises(ClipError) as caught:
        load_video(video, **asked)
    assert said in caught.value.what
    assert str(video) in caught.value.where
    assert caught.value.fix


def test_a_video_cut_short_gives_what_can_be_read_and_says_so(video: Path, tmp_path: Path) -> None:
    data = video.read_bytes()
    cut = tmp_path / "cut.avi"
    cut.write_bytes(data[: len(data) * 8 // 10])
    clip = load_video(cut)
    assert 5 < clip.frames < 24
    assert numbers(clip.pixels[:-1]) == list(range(clip.frames - 1))
    assert f"{clip.frames} of " in clip.source
    assert numbers(load_video(cut, frames=3).pixels[:2]) == [0, round((clip.frames - 1) / 2)]


@pytest.mark.parametrize("keep", [64, 3000])
def test_a_video_without_one_readable_frame_is_refused(video: Path, tmp_path: Path, keep: int) -> None:
    stub = tmp_path / "stub.avi"
    stub.write_bytes(video.read_bytes()[:keep])
    with pytest.raises(ClipError) as caught:
        load_video(stub)
    assert caught.value.where == str(stub)
    assert caught.value.fix


@pytest.mark.parametrize(
    "text",
    ["#EXTM3U\n#EXTINF:1,\nhttp://localhost/a.ts\n", "ffconcat version 1.0\nfile /etc/passwd\n", "not a video", ""],
    ids=["playlist", "concat", "text", "empty"],
)
def test_a_playlist_or_text_never_reaches_the_decoder(tmp_path: Path, text: str) -> None:
    path = tmp_path / "a.mp4"
    path.write_text(text)
    with pytest.raises(ClipError, match="not a video"):
        load_video(path)


def test_a_video_that_would_fill_the_memory_is_refused_before_decoding(video: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(videos, "MOST_BYTES", 24 * 32 * 48 * 3 - 1)
    with pytest.raises(ClipError, match="24 frames of 48×32"):
        load_video(video)
    assert load_video(video, frames=23).frames == 23


def test_too_many_frames_are_refused(video: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(videos, "MOST_FRAMES", 10)
    with pytest.raises(ClipError, match="at most 10 frames"):
        load_video(video)


def test_a_turn_written_in_the_file_is_applied(tmp_path: Path) -> None:
    upright = write_video(tmp_path / "a.mp4", frames=4, codec="mp4v")
    data = bytearray(upright.read_bytes())
    matrix = data.index(b"tkhd") + 4 + 40
    quarter = (0, 0x00010000, 0, 0xFFFF0000, 0, 0, 0, 0, 0x40000000)
    data[matrix : matrix + 36] = np.array(quarter, ">u4").tobytes()
    turned = tmp_path / "turned.mp4"
    turned.write_bytes(data)
    clip = load_video(turned)
    assert clip.pixels.shape == (4, 48, 32, 3)
    corners = [float(clip.pixels[0, y, x].mean()) for y in (2, -3) for x in (2, -3)]
    assert int(np.argmax(corners)) == 1, "a quarter turn takes the white corner to the upper right"


def test_reading_reports_progress_and_can_be_cancelled(video: Path) -> None:
    def stop(done: int, total: int) -> None:
        assert total == 24
        if done == 5:
            raise Cancelled

    with listening(stop), pytest.raises(Cancelled):
        load_video(video)


def test_a_moving_gif_is_a_video() -> None:
    clip = load_video(GOLDEN / "three.gif")
    assert [int(f.mean()) for f in clip.pixels] == pytest.approx([20, 120, 220], abs=4)
    assert clip.fps == pytest.approx(10)
