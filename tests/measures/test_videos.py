"""Films out: an MP4 that holds every frame with its words, as another decoder reads it."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import cv2
import numpy as np
import pytest

from workbench.core.errors import BadInput
from workbench.core.films import Reel
from workbench.core.questions import read, written
from workbench.core.questions.videos import VideoFile
from workbench.data import load_video
from workbench.measures.videos import labelled, video_file


def reels(frames: int = 6) -> list[Reel]:
    pixels = np.zeros((frames, 33, 47, 3), np.uint8)
    for k in range(frames):
        pixels[k, :, 5 * k : 5 * k + 10] = (250, 240, 20 * k)
    return [Reel("real", "real", "", pixels, frames), Reel("open loop from frame 2", "open loop", "drawn by the decoder", pixels[:, :, ::-1], 4)]


@pytest.mark.parametrize(("kind", "codec"), [("mp4", "h264"), ("webm", "vp8")])
def test_a_film_file_holds_every_frame_with_its_words(tmp_path: Path, kind: str, codec: str) -> None:
    import av

    path = tmp_path / f"film.{kind}"
    path.write_bytes(video_file(reels(), fps=7.5, context_frames=2, kind=kind).tobytes())
    with av.open(str(path)) as container:
        stream = container.streams.video[0]
        assert stream.codec_context.name == codec
        assert stream.codec_context.pix_fmt == "yuv420p"
    clip = load_video(path)
    assert clip.frames == 6
    assert clip.fps == pytest.approx(7.5, rel=0.01)
    for k, frame in enumerate(clip.pixels):
        left = 0
        for reel in reels():
            wanted = labelled(reel, k, known=2)
            part = frame[: wanted.shape[0], left : left + wanted.shape[1]].astype(float)
            assert np.abs(part - wanted).mean() < 8
            left += wanted.shape[1] + 8


def test_where_there_is_no_ground_truth_the_label_says_so_and_no_more() -> None:
    blank, known = (labelled(reels()[1], k, known=2) for k in (5, 3))
    middle = blank[46 + 20 : 46 + 150]
    assert set(np.unique(middle)) - {40}  # words on an even ground
    assert (middle == 40).mean() > 0.8
    assert not (known[46 + 20 : 46 + 150] == 40).mean() > 0.8


def test_an_unknown_kind_of_film_is_refused() -> None:
    with pytest.raises(BadInput, match="as avi"):
        video_file(reels(), kind="avi")


def test_an_mp4_is_read_by_opencv_too(tmp_path: Path) -> None:
    path = tmp_path / "film.mp4"
    path.write_bytes(video_file(reels(), fps=8.0, kind="mp4").tobytes())
    reader, count = cv2.VideoCapture(str(path)), 0
    while reader.read()[0]:
        count += 1
    assert count == 6


def test_the_question_names_the_videos_themselves_and_survives_json() -> None:
    asked = VideoFile(tuple(reels()), 7.5, 2, 3, "mp4")
    assert read(written(asked), str).digest == asked.digest
    other = replace(reels()[0], pixels=255 - reels()[0].pixels)
    assert VideoFile((other,)).digest != VideoFile((reels()[0],)).digest
