"""Files that are dropped on the page: taken piece by piece, opened when all are there, and nothing opened where one is refused."""

from __future__ import annotations

import base64
import io
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from safetensors.numpy import save

from tests.own_clips import film
from tests.store.test_uploads import png
from tests.straight import Straight
from widgets import OpenDialog
from workbench.boards.masks import MasksBoard
from workbench.boards.opening import Picker
from workbench.boards.workspace import Workspace
from workbench.core.errors import WorkbenchError
from workbench.store.uploads import Limits, Room

STEP = 4000


@pytest.fixture
def told() -> list[WorkbenchError]:
    return []


@pytest.fixture
def space(tmp_path: Path, told: list[WorkbenchError]) -> Workspace:
    room = Room(Limits(file=200_000, session=400_000), tmp_path)
    return Workspace(Straight(), notify=told.append, uploads=room.session())


@pytest.fixture
def dialog(space: Workspace) -> OpenDialog:
    return Picker(space).dialog


def piece(dialog: OpenDialog, do: str, **more: Any) -> str:
    """Send a piece as a browser does; the error that it is answered with."""
    blank = {"name": "", "size": 0, "offset": 0, "data": "", "files": 1}
    dialog.piece = {"n": int(dialog.piece.get("n", 0)) + 1, "do": do, **blank, **more}
    assert dialog.taken["n"] == dialog.piece["n"]
    return dialog.taken["error"]


def drop(dialog: OpenDialog, files: dict[str, bytes]) -> str:
    for name, data in files.items():
        if error := piece(dialog, "begin", name=name, size=len(data), files=len(files)):
            return error
        for offset in range(0, len(data), STEP):
            if error := piece(dialog, "chunk", name=name, offset=offset, data=base64.b64encode(data[offset : offset + STEP]).decode()):
                return error
        if error := piece(dialog, "end", name=name):
            return error
    return piece(dialog, "done")


def left(space: Workspace) -> list[str]:
    assert space.uploads is not None
    return sorted(p.suffix for p in space.uploads.room.folder().rglob("*") if p.is_file() and p.name != "in-use")


def test_a_dropped_picture_is_looked_at_under_the_name_that_its_user_gave_it(dialog: OpenDialog, space: Workspace) -> None:
    board = MasksBoard(space)
    space.open("shapes")
    assert drop(dialog, {"my cat.png": png()}) == ""
    assert space.clips is not None
    assert space.clips.title == "my cat.png"
    assert dialog.current["data"] == "my cat.png · 1 clip"
    assert not dialog.shown
    assert "jw.open_clips('my cat.png'" in board.headline.code
    assert "# sent from your computer, sha256" in board.headline.code
    space.close()
    assert left(space) == []


def test_several_dropped_files_are_the_clips_of_one_folder_and_one_that_cannot_be_read_is_named(
    dialog: OpenDialog, space: Workspace, tmp_path: Path
) -> None:
    space.open("shapes")
    walk = film(tmp_path / "walk.mp4", frames=20, fps=10).read_bytes()
    broken = png()[:40] + bytes(400)
    assert drop(dialog, {"a.png": png(), "b <b>.png": broken, "walk.mp4": walk}) == ""
    assert space.clips is not None
    assert (space.clips.title, len(space.clips.names)) == ("3 dropped files", 3)
    assert set(space.choice.skipped) == {"b <b>.png"}


def parquet(rows: int = 40) -> bytes:
    body, values = io.BytesIO(), np.random.default_rng(0).standard_normal((rows, 4)).astype(np.float32)
    names = [f"clip {k}" for k in range(rows)]
    pq.write_table(pa.table({"vector": pa.array(list(values)), "name": names}), body)
    return body.getvalue()


def tensors(name: str = "vectors") -> bytes:
    return save({name: np.random.default_rng(0).standard_normal((40, 4)).astype(np.float32)})


NUMBERS = ("size,kind\n" + "".join(f"{k},{k % 2}\n" for k in range(40))).encode()
LABELS = ("name,kind\n" + "".join(f"clip {k},{'ab'[k % 2]}\n" for k in range(40))).encode()


@pytest.mark.parametrize(("name", "data"), [("mine.parquet", parquet()), ("mine.safetensors", tensors())])
def test_dropped_vectors_are_opened_without_a_model_and_their_labels_are_joined_later(
    dialog: OpenDialog, space: Workspace, told: list[WorkbenchError], name: str, data: bytes
) -> None:
    assert drop(dialog, {name: data}) == ""
    assert (told, dialog.shown) == ([], False)
    assert space.vectors.facts is not None
    assert (space.vectors.facts.rows, space.vectors.facts.dim) == (40, 4)
    assert drop(dialog, {"labels.csv": LABELS if name.endswith("parquet") else NUMBERS}) == ""
    assert told == []
    assert space.session.state.vectors is not None
    assert space.session.state.vectors.labels.endswith(".csv")


def test_vectors_and_a_table_of_labels_that_are_dropped_together_are_joined(dialog: OpenDialog, space: Workspace, told: list[WorkbenchError]) -> None:
    assert drop(dialog, {"labels.csv": LABELS, "mine.parquet": parquet()}) == ""
    assert told == []
    assert space.session.state.vectors is not None
    assert space.session.state.vectors.labels.endswith(".csv")


def test_a_checkpoint_that_is_dropped_is_no_file_of_vectors(dialog: OpenDialog, space: Workspace) -> None:
    space.open("shapes")
    before = space.session.state.clip
    drop(dialog, {"model.safetensors": save({"a": np.zeros((4, 4), np.float32), "b": np.zeros((4, 4), np.float32)})})
    assert dialog.said["tone"] == "error"
    assert space.session.state.clip == before
    assert space.vectors.facts is None


@pytest.mark.parametrize(
    ("files", "words"),
    [
        ({"mine.parquet": png()}, "its first bytes say an image"),
        ({"mine.parquet": tensors()}, "its first bytes say tensors"),
        ({"mine.safetensors": b"PK" + bytes(100)}, "its first bytes say none that is read"),
        ({"labels.csv": parquet()}, "its first bytes say columns"),
        ({"labels.csv": bytes(range(256))}, "its first bytes say none that is read"),
        ({"labels.csv": LABELS}, "belongs to one file of vectors"),
        ({"labels.csv": LABELS, "more.csv": LABELS, "mine.parquet": parquet()}, "belongs to one file of vectors"),
        ({"labels.csv": LABELS, "a.png": png()}, "belongs to one file of vectors"),
        ({"a.png": png(), "film.mp4": png()}, "its first bytes say an image"),
        ({"a.png": png(), "huge.png": bytes(200_001)}, "too large"),
        ({"a.png": png(), "notes.txt": b"x"}, "only images, videos, and vectors"),
        ({"a.png": png(), "none.png": b""}, "empty"),
    ],
)
def test_where_one_file_is_refused_nothing_is_opened_and_nothing_is_kept(
    dialog: OpenDialog, space: Workspace, told: list[WorkbenchError], files: dict[str, bytes], words: str
) -> None:
    space.open("shapes")
    before = space.session.state.clip
    assert words in drop(dialog, files)
    assert words in dialog.said["sentence"].lower()
    assert (dialog.shown, dialog.opening, dialog.said["tone"]) == (True, False, "error")
    assert space.session.state.clip == before
    assert left(space) == []
    assert len(told) == 1


def test_an_upload_can_be_left_and_the_browser_hears_of_it(dialog: OpenDialog, space: Workspace) -> None:
    space.open("shapes")
    data = png(100)
    piece(dialog, "begin", name="a.png", size=len(data))
    assert dialog.shown
    piece(dialog, "chunk", name="a.png", data=base64.b64encode(data[:STEP]).decode())
    assert dialog.said["sentence"].startswith("Receiving a.png: ")
    assert dialog.opening
    dialog.wish = {"n": 1, "do": "cancel", "path": "", "values": {}}
    assert not dialog.opening
    assert piece(dialog, "chunk", name="a.png", offset=STEP, data="") == "cancelled"
    assert left(space) == []


@pytest.mark.parametrize("wrong", [{"do": "chunk", "data": "%%%"}, {"do": "chunk", "offset": 9, "data": "AAAA"}, {"do": "stop"}, {"do": "end"}])
def test_what_a_broken_browser_sends_ends_the_upload(dialog: OpenDialog, space: Workspace, wrong: dict[str, Any]) -> None:
    space.open("shapes")
    assert piece(dialog, "begin", name="a.png", size=5000) == ""
    assert piece(dialog, name="a.png", **wrong)
    assert left(space) == []
    assert drop(dialog, {"a.png": png()}) == ""


def test_nothing_is_taken_before_a_model_is_open_and_no_folder(dialog: OpenDialog, space: Workspace) -> None:
    assert "no model is open" in drop(dialog, {"a.png": png()})
    space.open("shapes")
    assert "a folder cannot be dropped" in piece(dialog, "folder")


def test_without_a_place_for_them_files_are_refused() -> None:
    dialog = Picker(Workspace(Straight(), notify=lambda error: None)).dialog
    assert drop(dialog, {"a.png": png()}) == "nothing can be sent here"
