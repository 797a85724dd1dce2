"""What lies in a folder: in natural order, by names alone, and nothing that leads out of it."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from workbench.core.errors import BadInput
from workbench.data import folders
from workbench.data.folders import kind_by_name, list_folder


def names(folder: Path, inside: Path | None = None) -> list[str]:
    return [e.name for e in list_folder(folder, lambda real: inside is None or real.is_relative_to(inside)).entries]


def test_folders_come_first_and_numbers_in_their_order(tmp_path: Path) -> None:
    for name in ("clip 10.mp4", "clip 2.mp4", "Clip 1.png", ".hidden.png"):
        (tmp_path / name).write_bytes(b"x")
    (tmp_path / "run 9").mkdir()
    (tmp_path / "run 10").mkdir()
    assert names(tmp_path) == ["run 9", "run 10", "Clip 1.png", "clip 2.mp4", "clip 10.mp4"]


@pytest.mark.parametrize(
    ("name", "kind"),
    [
        ("a.PNG", "image"),
        ("a.mkv", "video"),
        ("a.npz", "bank"),
        ("a.pth.tar", "model"),
        ("model.safetensors", "model"),
        ("notes", "file"),
        ("a.txt", "file"),
    ],
)
def test_a_name_tells_what_a_file_is_taken_for(name: str, kind: str) -> None:
    assert kind_by_name(name) == kind


def test_links_that_lead_out_of_the_allowed_folders_or_nowhere_are_left_out_and_counted(tmp_path: Path) -> None:
    own, other = tmp_path / "own", tmp_path / "other"
    own.mkdir()
    other.mkdir()
    (other / "secret.png").write_bytes(b"x")
    (own / "a.png").write_bytes(b"x")
    (own / "out.png").symlink_to(other / "secret.png")
    (own / "out").symlink_to(other, target_is_directory=True)
    (own / "nowhere").symlink_to(own / "gone")
    (own / "circle").symlink_to(own / "circle")
    (own / "in.png").symlink_to(own / "a.png")
    found = list_folder(own, lambda real: real.is_relative_to(own))
    assert [e.name for e in found.entries] == ["a.png", "in.png"]
    assert found.hidden == 4


def test_a_name_that_is_no_text_is_left_out_and_one_with_control_characters_is_escaped(tmp_path: Path) -> None:
    Path(os.fsdecode(os.fsencode(tmp_path) + b"/\xff.png")).write_bytes(b"x")
    (tmp_path / "a\x1b[2J\u202e.png").write_bytes(b"x")
    found = list_folder(tmp_path, lambda real: True)
    assert [e.name for e in found.entries] == ["a\\x1b[2J\\u202e.png"]
    assert Path(found.entries[0].path).is_file()
    assert found.hidden == 1


def test_pipes_are_not_listed_and_more_than_can_be_looked_at_is_said(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    os.mkfifo(tmp_path / "pipe.png")
    assert names(tmp_path) == []
    for k in range(5):
        (tmp_path / f"{k}.png").write_bytes(b"x")
    monkeypatch.setattr(folders, "_MOST", 3)
    assert list_folder(tmp_path, lambda real: True).more


@pytest.mark.parametrize("path", ["gone", "file.png"])
def test_what_cannot_be_listed_is_told(tmp_path: Path, path: str) -> None:
    (tmp_path / "file.png").write_bytes(b"x")
    with pytest.raises(BadInput, match="cannot be listed"):
        list_folder(tmp_path / path, lambda real: True)
