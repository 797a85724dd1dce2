from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from tests.data.pictures import GOLDEN, encoded, gradient, write_video
from workbench.core.card import ClipKey
from workbench.core.errors import BadInput, ClipError
from workbench.data import load_clip, open_clips, opening


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    place = tmp_path / "media"
    (place / "sub").mkdir(parents=True)
    for name in ("clip10.png", "clip2.PNG", "Clip1.png", "sub/b.png"):
        (place / name).write_bytes(encoded(gradient()))
    write_video(place / "clip3.avi", frames=6)
    (place / "notes.txt").write_text("hello")
    (place / ".hidden.png").write_bytes(b"")
    return place


def test_a_folder_is_sorted_as_a_reader_would(folder: Path) -> None:
    clips = open_clips(folder, frames=3)
    assert clips.names == ("Clip1.png", "clip2.PNG", "clip3.avi", "clip10.png", "sub/b.png")
    assert clips.kind == "folder"
    assert [c.frames for c in clips] == [1, 1, 3, 1, 1]


def test_nothing_is_decoded_before_it_is_looked_at(folder: Path) -> None:
    (folder / "clip2.PNG").write_bytes(b"broken")
    clips = open_clips(folder)
    assert clips[0].frames == 1
    with pytest.raises(ClipError, match="neither an image"):
        clips[1]


def test_indices_work_as_in_a_list(folder: Path) -> None:
    clips = open_clips(folder)
    assert len(clips) == 5
    assert clips[-1].source.endswith("b.png")
    assert [c.frames for c in clips[:2]] == [1, 1]
    with pytest.raises(IndexError):
        clips[5]


def test_the_contents_decide_and_not_the_name(tmp_path: Path) -> None:
    write_video(tmp_path / "a.avi", frames=6).rename(tmp_path / "a.png")
    clips = open_clips(tmp_path / "a.png", frames=2)
    assert (clips.kind, clips.names, clips[0].frames) == ("video", ("a.png",), 2)


def test_a_still_image_stays_one_frame(tmp_path: Path) -> None:
    (tmp_path / "a.png").write_bytes(encoded(gradient()))
    clips = open_clips(tmp_path / "a.png", frames=16, fps=4.0)
    assert (clips.kind, clips[0].frames) == ("image", 1)


def test_gifs_move_or_not(tmp_path: Path) -> None:
    assert open_clips(GOLDEN / "three.gif", frames=2)[0].frames == 2
    assert open_clips(GOLDEN / "one.gif", frames=2)[0].frames == 1


def test_a_key_names_a_clip(folder: Path) -> None:
    clip = load_clip(ClipKey(str(folder), 2, frames=2))
    assert clip.source.endswith("clip3.avi")
    assert clip.frames == 2
    for index in (5, -1):
        with pytest.raises(ClipError, match="there are 5"):
            load_clip(ClipKey(str(folder), index))


def test_an_empty_folder_is_refused(tmp_path: Path) -> None:
    with pytest.raises(ClipError, match="this folder is empty"):
        open_clips(tmp_path)


def test_a_folder_without_media_is_refused(tmp_path: Path) -> None:
    (tmp_path / "a.txt").write_text("hello")
    (tmp_path / "b.csv").write_text("hello")
    with pytest.raises(ClipError, match="none of the 2 files") as caught:
        open_clips(tmp_path)
    assert "PNG" in caught.value.fix


def test_a_huge_folder_is_refused(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(opening, "_MOST_FILES", 3)
    with pytest.raises(ClipError, match="more than 3 files"):
        open_clips(folder)


def test_folders_that_link_in_circles_are_walked_once(folder: Path) -> None:
    (folder / "sub" / "up").symlink_to(folder, target_is_directory=True)
    assert len(open_clips(folder)) == 5


def test_a_link_that_leads_to_itself_is_refused(tmp_path: Path) -> None:
    (tmp_path / "a.png").symlink_to(tmp_path / "b.png")
    (tmp_path / "b.png").symlink_to(tmp_path / "a.png")
    with pytest.raises(ClipError):
        open_clips(tmp_path / "a.png")
    with pytest.raises(ClipError, match="none of the 2 files"):
        open_clips(tmp_path)


def test_links_that_lead_out_of_a_folder_are_left_out(folder: Path, tmp_path: Path) -> None:
    (tmp_path / "secret.png").write_bytes(encoded(gradient()))
    (folder / "a.png").symlink_to(tmp_path / "secret.png")
    (folder / "again.png").symlink_to(folder / "clip10.png")
    names = open_clips(folder).names
    assert "a.png" not in names
    assert "again.png" in names


@pytest.mark.parametrize("path", ["none.png", "no/such/folder", "a\0b.png", "x" * 5000])
def test_a_path_that_leads_nowhere_is_refused(path: str, tmp_path: Path) -> None:
    with pytest.raises(ClipError) as caught:
        open_clips(tmp_path / path)
    assert caught.value.fix


@pytest.mark.parametrize(("data", "said"), [(b"", "empty"), (b"some text that is long enough", "neither an image")])
def test_a_file_of_another_kind_is_refused(tmp_path: Path, data: bytes, said: str) -> None:
    (tmp_path / "a.bin").write_bytes(data)
    with pytest.raises(BadInput, match=said):
        open_clips(tmp_path / "a.bin")


def test_a_pipe_is_not_waited_for(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "a.png")
    with pytest.raises(ClipError, match="neither a file nor a folder"):
        open_clips(tmp_path / "a.png")


def test_data_imports_neither_torch_nor_a_decoder() -> None:
    code = "import sys, workbench.data; sys.exit(bool({'torch', 'cv2', 'av', 'PIL'} & set(sys.modules)))"
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0


def test_one_unreadable_file_is_skipped_and_listed_with_name_and_reason(folder: Path) -> None:
    (folder / "clip2.PNG").write_bytes(encoded(gradient())[:-20])
    (folder / "clip4.mp4").write_text("ffconcat version 1.0\nfile clip3.avi\n")
    (folder / "clip5.jpg").write_bytes(b"")
    clips = open_clips(folder, frames=3)
    found = dict(clips.readable())
    assert [clips.names[k] for k in found] == ["Clip1.png", "clip3.avi", "clip10.png", "sub/b.png"]
    assert [c.frames for c in found.values()] == [1, 3, 1, 1]
    assert list(clips.skipped) == ["clip2.PNG", "clip4.mp4", "clip5.jpg"]
    assert "cut short" in clips.skipped["clip2.PNG"]
    assert "neither an image, nor a video" in clips.skipped["clip4.mp4"]
    assert "empty" in clips.skipped["clip5.jpg"]


def test_a_film_shorter_than_asked_is_skipped_with_that_reason(folder: Path) -> None:
    clips = open_clips(folder, frames=8)
    assert [c.frames for _, c in clips.readable([0, 2])] == [1]
    assert clips.skipped == {"clip3.avi": "8 frames were asked, 6 are there"}


def test_a_file_that_is_mended_is_no_longer_listed_as_skipped(folder: Path) -> None:
    (folder / "clip2.PNG").write_bytes(b"broken")
    clips = open_clips(folder)
    assert len(dict(clips.readable())) == 4
    (folder / "clip2.PNG").write_bytes(encoded(gradient()))
    assert len(dict(clips.readable())) == 5
    assert clips.skipped == {}


@pytest.mark.parametrize("name", ['it\'s "quoted".png', "two\nlines.png", "gpj.\u202egnp.png", "caf\udce9.png", "[b](c)<i>.png", " .png"])
def test_a_name_of_any_kind_is_opened_and_shown_without_marks_that_change_its_reading(tmp_path: Path, name: str) -> None:
    (tmp_path / name).write_bytes(encoded(gradient()))
    clips = open_clips(tmp_path)
    assert clips[0].frames == 1
    for shown in (clips.names[0], clips[0].source, open_clips(tmp_path / name).names[0]):
        shown.encode()
        assert not any(mark in shown for mark in "\n\u202e")


def test_a_link_that_is_changed_after_opening_leads_nowhere_else(folder: Path, tmp_path: Path) -> None:
    (tmp_path / "secret.png").write_bytes(encoded(gradient()))
    (folder / "again.png").symlink_to(folder / "clip10.png")
    clips = open_clips(folder)
    (folder / "again.png").unlink()
    (folder / "again.png").symlink_to(tmp_path / "secret.png")
    with pytest.raises(ClipError, match="leads out of"):
        clips[clips.names.index("again.png")]
