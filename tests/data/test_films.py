"""Videos as people have them. What each shows is stored in media/shown.npz, decoded by Debian's ffmpeg (media/make.sh)."""

from __future__ import annotations

import io
from pathlib import Path

import numpy as np
import pytest

from workbench.core.errors import ClipError
from workbench.data import limits, load_video, open_clips, videos
from workbench.data.containers import FixedSize
from workbench.data.headers import kind_of

MEDIA = Path(__file__).parent / "media"
PLAYLISTS = {
    "ffconcat": "ffconcat version 1.0\nfile plain.mp4\n",
    "m3u8": "#EXTM3U\n#EXT-X-TARGETDURATION:2\n#EXTINF:2,\nplain.mp4\n#EXT-X-ENDLIST\n",
    "sdp": "v=0\no=- 0 0 IN IP4 127.0.0.1\ns=x\nc=IN IP4 127.0.0.1\nt=0 0\nm=video 5004 RTP/AVP 96\na=rtpmap:96 H264/90000\n",
    "mpd": '<?xml version="1.0"?>\n<MPD xmlns="urn:mpeg:dash:schema:mpd:2011" type="static"><Period><BaseURL>plain.mp4</BaseURL></Period></MPD>\n',
    "asx": '<asx version="3.0"><entry><ref href="plain.mp4"/></entry></asx>\n',
    "G": "G #EXTM3U, a text that begins with the byte of a transport stream\n" * 20,
}


@pytest.fixture(scope="module")
def shown() -> dict[str, np.ndarray]:
    return dict(np.load(MEDIA / "shown.npz"))


def left_edge(frame: np.ndarray) -> int:
    """Where the white block begins."""
    return int(np.flatnonzero(frame[43, :, 0] > 150)[0])


@pytest.mark.parametrize(
    "name",
    [
        "av1.mp4",
        "vp9.webm",
        "inter.mp4",
        "inter.mpg",
        "trimmed_editlist.mp4",
        "uneven.mp4",
        "turned.mp4",
        "hdr.mp4",
        "order.avi",
        "packets.ts",
        "sar.mp4",
    ],
)
def test_frames_are_those_that_ffmpeg_shows(name: str, shown: dict[str, np.ndarray]) -> None:
    clip = load_video(MEDIA / name)
    assert clip.pixels.shape == shown[name].shape
    assert np.abs(clip.pixels.astype(int) - shown[name]).max() <= 2


def test_a_film_with_an_edit_list_is_whole_and_begins_where_the_list_says() -> None:
    clip = load_video(MEDIA / "trimmed_editlist.mp4")
    assert (clip.frames, left_edge(clip.pixels[0])) == (37, 26)
    assert "can be read" not in clip.source


@pytest.mark.parametrize("name", ["inter.mp4", "inter.mpg"])
def test_interlaced_frames_show_the_block_where_it_belongs_and_say_that_they_are_woven(name: str) -> None:
    clip = load_video(MEDIA / name)
    assert [left_edge(f) for f in clip.pixels] == pytest.approx(np.arange(50) * 2, abs=2)
    assert "interlaced" in clip.source
    assert "woven" in clip.source


def test_pixels_that_are_not_square_are_made_square_and_it_is_said() -> None:
    clip = load_video(MEDIA / "sar.mp4")
    assert (clip.width, clip.height) == (213, 96)
    assert "213×96" in clip.source


def test_the_transfer_of_hdr_is_named() -> None:
    assert "HDR (PQ)" in load_video(MEDIA / "hdr.mp4").source


@pytest.mark.parametrize("name", ["uneven.mp4", "uneven.mkv"])
def test_frames_at_uneven_times_are_chosen_by_their_time_stamps(name: str, shown: dict[str, np.ndarray]) -> None:
    stamps = np.where(np.arange(50) < 25, np.arange(50) / 25, 1 + (np.arange(50) - 25) / 5)
    clip = load_video(MEDIA / name, fps=4.0)
    moments = np.arange(24) / 4
    expected = [int((stamps <= t + 1e-9).sum()) - 1 for t in moments]
    assert clip.frames == 24
    assert clip.fps == 4
    assert np.abs(clip.pixels.astype(int) - shown["uneven.mp4"][expected]).max() <= 2
    assert clip.times is not None
    assert clip.times.tolist() == pytest.approx(stamps[expected])
    later = load_video(MEDIA / name, fps=4.0, start=1.5, frames=3)
    assert later.times is not None
    assert later.times.tolist() == pytest.approx([1.4, 1.6, 2.0])


def test_uneven_times_are_kept_and_said() -> None:
    clip = load_video(MEDIA / "uneven.mp4")
    assert clip.times is not None
    assert np.diff(clip.times).tolist() == pytest.approx([0.04] * 25 + [0.2] * 24)
    assert "uneven" in clip.source


def test_start_length_and_rate_are_options_of_open_clips() -> None:
    clip = open_clips(MEDIA / "plain.mp4", fps=5.0, start=0.4, length=1.0)[0]
    assert [left_edge(f) for f in clip.pixels] == [20, 30, 40, 50, 60]
    assert clip.fps == 5
    assert clip.times is not None
    assert clip.times.tolist() == pytest.approx([0.4, 0.6, 0.8, 1.0, 1.2])
    with pytest.raises(ClipError, match="length=0"):
        open_clips(MEDIA / "plain.mp4", length=0.0)[0]


def test_seeking_gives_the_frames_that_decoding_from_the_start_gives(shown: dict[str, np.ndarray]) -> None:
    every = load_video(MEDIA / "plain.mp4").pixels
    for start in (0.0, 0.44, 0.48, 0.52, 1.0, 1.92):
        k = round(start * 25)
        assert np.array_equal(load_video(MEDIA / "plain.mp4", start=start).pixels, every[k:])
    assert np.array_equal(load_video(MEDIA / "plain.mp4", frames=5).pixels, every[[0, 12, 24, 37, 49]])


@pytest.mark.parametrize("text", PLAYLISTS.values(), ids=PLAYLISTS)
@pytest.mark.parametrize("name", ["c.mp4", "c.ts", "c.mkv", "c.m3u8", "c.sdp", "c.mpd"])
def test_a_list_of_other_files_in_disguise_is_refused(tmp_path: Path, text: str, name: str) -> None:
    (tmp_path / "plain.mp4").write_bytes((MEDIA / "plain.mp4").read_bytes())
    (tmp_path / name).write_text(text)
    assert kind_of(text.encode()) == ""
    for read in (load_video, open_clips):
        with pytest.raises(ClipError) as caught:
            read(tmp_path / name)
        assert caught.value.fix


@pytest.mark.parametrize(
    "mark", [b"\x00\x00\x00\x18ftypmp42", b"\x1aE\xdf\xa3", b"RIFF\0\0\0\0AVI LIST", b"OggS", b"FLV\x01", b"G" + bytes(187) + b"G"]
)
@pytest.mark.parametrize("text", PLAYLISTS.values(), ids=PLAYLISTS)
def test_a_list_behind_the_mark_of_a_container_is_refused(tmp_path: Path, mark: bytes, text: str) -> None:
    (tmp_path / "c.mp4").write_bytes(mark + text.encode())
    (tmp_path / "plain.mp4").write_bytes((MEDIA / "plain.mp4").read_bytes())
    with pytest.raises(ClipError):
        load_video(tmp_path / "c.mp4")


def test_what_a_container_is_its_bytes_say_and_not_its_name(tmp_path: Path, shown: dict[str, np.ndarray]) -> None:
    for name in ("av1.mp4", "packets.ts", "order.avi", "vp9.webm"):
        (tmp_path / "c.mov").write_bytes((MEDIA / name).read_bytes())
        assert np.abs(load_video(tmp_path / "c.mov", frames=2).pixels[0].astype(int) - shown[name][0]).max() <= 2


def test_a_film_cut_short_gives_what_can_be_read_and_says_so(tmp_path: Path) -> None:
    data = (MEDIA / "packets.ts").read_bytes()
    (tmp_path / "cut.ts").write_bytes(data[: len(data) // 188 // 2 * 188])
    clip = load_video(tmp_path / "cut.ts")
    assert 5 < clip.frames < 50
    assert [left_edge(f) for f in clip.pixels] == list(range(0, 2 * clip.frames, 2))


def test_a_film_with_damaged_frames_leaves_them_out_and_says_so(tmp_path: Path) -> None:
    data = bytearray((MEDIA / "vp9.webm").read_bytes())
    middle = len(data) // 2
    data[middle : middle + 60] = bytes(60)
    (tmp_path / "a.webm").write_bytes(data)
    clip = load_video(tmp_path / "a.webm")
    assert 1 <= clip.frames < 25
    assert f"{clip.frames} of 25 frames can be read" in clip.source


def test_a_file_without_a_picture_is_refused_in_words() -> None:
    with pytest.raises(ClipError, match="sound and no picture"):
        load_video(MEDIA / "sound.m4a")


def test_of_two_video_streams_the_first_is_shown_and_it_is_said() -> None:
    clip = load_video(MEDIA / "two.mp4")
    assert clip.width == 160
    assert "first of 2 video streams" in clip.source


def test_frames_are_scaled_as_they_are_decoded(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(limits, "KEPT_SIDE", 80)
    clip = load_video(MEDIA / "plain.mp4")
    assert (clip.width, clip.height) == (80, 48)
    assert "scaled down from 160×96" in clip.source


def test_a_film_that_would_fill_the_memory_is_scaled_down_until_it_fits(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(limits, "_SMALLEST_SIDE", 24)
    monkeypatch.setattr(videos, "MOST_BYTES", 50 * 80 * 48 * 3)
    clip = load_video(MEDIA / "plain.mp4")
    assert clip.pixels.nbytes <= 50 * 80 * 48 * 3
    assert clip.height >= 24
    monkeypatch.setattr(limits, "_SMALLEST_SIDE", 90)
    with pytest.raises(ClipError, match=r"50 frames of 1\d\d×9\d are"):
        load_video(MEDIA / "plain.mp4")


def test_frames_too_large_to_decode_are_refused_from_the_header(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(limits, "MOST_FRAME_PIXELS", 160 * 96 - 1)
    with pytest.raises(ClipError, match="160×96"):
        load_video(MEDIA / "plain.mp4", frames=1)


def test_a_file_that_grows_while_it_is_read_ends_where_it_ended_when_opened(tmp_path: Path) -> None:
    path = tmp_path / "a.bin"
    path.write_bytes(b"0123456789")
    with path.open("rb") as file:
        fixed = FixedSize(file)
        with path.open("ab") as more:
            more.write(b"abcdef")
        assert fixed.read(4) == b"0123"
        assert fixed.read() == b"456789"
        assert fixed.read(10) == b""
        assert fixed.seek(-2, io.SEEK_END) == 8
        assert fixed.read() == b"89"
        assert fixed.seek(100) == 100
        assert fixed.read(5) == b""
