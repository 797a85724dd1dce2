"""Files that a browser sends: the limits hold while they arrive, nobody else can open them, and nothing of them stays."""

from __future__ import annotations

import hashlib
import io
import os
import stat
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from workbench.core.errors import BadInput
from workbench.data.folders import list_folder
from workbench.data.paths import confine
from workbench.store.uploads import PREFIX, Given, Limits, Room, Uploads, sweep


def png(side: int = 40) -> bytes:
    body = io.BytesIO()
    Image.fromarray(np.random.default_rng(0).integers(0, 255, (side, side, 3), np.uint8)).save(body, "PNG")
    return body.getvalue()


@pytest.fixture
def room(tmp_path: Path) -> Room:
    return Room(Limits(file=20_000, session=30_000, server=40_000, files=4), tmp_path)


def send(uploads: Uploads, data: bytes, name: str = "cat.png", *, size: int | None = None, step: int = 3000) -> Path:
    upload = uploads.begin(uploads.batch(), name, len(data) if size is None else size)
    for offset in range(0, len(data), step):
        uploads.add(upload, offset, data[offset : offset + step])
    return uploads.finish(upload)


def everything(room: Room) -> list[Path]:
    return [p for p in room.folder().rglob("*") if p.is_file() and p.name != "in-use"]


def test_a_file_arrives_whole_under_a_name_of_ours_where_only_its_user_can_enter(room: Room) -> None:
    uploads, data = room.session(), png()
    place = send(uploads, data, "../../my \x1b cat.PNG")
    assert place.read_bytes() == data
    assert place.name == "00001.png"
    assert uploads.given == {str(place): Given("../../my \\x1b cat.PNG", hashlib.sha256(data).hexdigest())}
    for folder in (room.folder(), place.parent, place.parent.parent):
        assert stat.S_IMODE(folder.stat().st_mode) == 0o700
    assert stat.S_IMODE(place.stat().st_mode) == 0o600
    assert room.folder().name.startswith(PREFIX)


def test_a_file_that_is_announced_as_too_large_is_refused_before_a_byte_arrives(room: Room) -> None:
    uploads = room.session()
    with pytest.raises(BadInput, match="too large: at most 20000 bytes of one file"):
        uploads.begin(uploads.batch(), "a.png", 20_001)
    assert everything(room) == []


def test_a_file_that_is_larger_than_announced_is_refused_while_it_arrives(room: Room) -> None:
    uploads, data = room.session(), png(60)
    upload = uploads.begin(uploads.batch(), "a.png", 4000)
    uploads.add(upload, 0, data[:3000])
    with pytest.raises(BadInput, match="were due"):
        uploads.add(upload, 3000, data[3000:6000])
    assert everything(room) == []
    assert (uploads.bytes, room.bytes) == (0, 0)


def test_the_limit_of_a_session_and_of_the_server_hold_while_chunks_arrive(room: Room) -> None:
    data = png(60)
    assert 10_000 < len(data) < 15_000
    one, two = room.session(), room.session()
    slow = [one.begin(one.batch(), f"{k}.png", len(data)) for k in range(3)]
    for upload in slow[:2]:
        one.add(upload, 0, data)
    with pytest.raises(BadInput, match="30000 bytes of files are taken in one session"):
        one.add(slow[2], 0, data)
    with pytest.raises(BadInput, match="in one session"):
        one.begin(one.batch(), "d.png", len(data))
    send(two, data)
    with pytest.raises(BadInput, match="40000 bytes of files are taken by this server"):
        send(two, data)
    one.close()
    send(two, data)  # what the other held was given back


def test_the_number_of_files_of_a_session_is_limited(room: Room) -> None:
    uploads, data = room.session(), png(8)
    for _ in range(4):
        send(uploads, data)
    with pytest.raises(BadInput, match="4 files were dropped"):
        send(uploads, data)


@pytest.mark.parametrize(
    ("name", "data", "words"),
    [
        ("film.mp4", png(), "its name says a video, its first bytes say an image"),
        ("cat.png", b"\x00\x00\x00\x18ftypmp42" + bytes(2000), "its name says an image, its first bytes say a video"),
        ("cat.png", b"<html>" + bytes(20), "its first bytes say none that is read"),
        ("vectors.npy", png(), "its name says arrays"),
        ("cat.png", b"", "empty"),
        ("model.pt", png(), "only images, videos, and vectors"),
        ("page.html", png(), "only images, videos, and vectors"),
        ("noname", png(), "only images, videos, and vectors"),
    ],
)
def test_what_is_of_another_type_than_its_name_is_refused_and_removed(room: Room, name: str, data: bytes, words: str) -> None:
    uploads = room.session()
    with pytest.raises(BadInput, match=words):
        send(uploads, data, name)
    assert everything(room) == []
    assert uploads.given == {}


def test_an_upload_that_stops_in_the_middle_leaves_nothing(room: Room) -> None:
    uploads, data = room.session(), png()
    upload = uploads.begin(uploads.batch(), "a.png", len(data))
    uploads.add(upload, 0, data[:2000])
    with pytest.raises(BadInput, match=f"stopped after 2000 of {len(data)} bytes"):
        uploads.finish(upload)
    with pytest.raises(BadInput, match="no longer taken"):
        uploads.add(upload, 2000, data[2000:])
    assert everything(room) == []
    assert room.bytes == 0


def test_chunks_that_do_not_follow_each_other_are_refused(room: Room) -> None:
    uploads, data = room.session(), png()
    for offset in (1, 500, 4000):
        upload = uploads.begin(uploads.batch(), "a.png", len(data))
        uploads.add(upload, 0, data[:1000])
        with pytest.raises(BadInput, match="were due"):
            uploads.add(upload, offset, data[1000:2000])


def test_a_session_owns_its_own_files_and_they_go_with_it(room: Room) -> None:
    one, two = room.session(), room.session()
    mine, other = send(one, png()), send(two, png())
    assert one.owns(mine)
    assert not one.owns(other)
    assert not one.owns(mine.parent.parent.parent)
    assert room.holds(other)
    one.close()
    assert not mine.exists()
    assert other.exists()
    with pytest.raises(BadInput, match="has ended"):
        one.batch()
    room.close()
    assert not other.exists()
    assert not any(p.name.startswith(PREFIX) for p in room.parent.iterdir())


def test_a_session_may_open_its_own_files_and_none_of_another_wherever_the_server_may_look(room: Room, tmp_path: Path) -> None:
    one, two = room.session(), room.session()
    mine, other = send(one, png()), send(two, png())
    own = tmp_path / "own.png"
    own.write_bytes(png())
    allow = one.allowing(lambda path: str(confine(path, [tmp_path])))  # the folder of all uploads lies in it
    assert allow(str(mine)) == str(mine)
    assert allow(str(own)) == str(own)
    (tmp_path / "link.png").symlink_to(other)
    for path in (
        other,
        other.parent,
        other.parent.parent,
        room.folder(),
        tmp_path / "link.png",
        mine.parent / ".." / ".." / other.parent.parent.name,
    ):
        with pytest.raises(BadInput, match="outside the folders"):
            allow(str(path))
    for wrong in ("a\0b", "", "~/x"):
        with pytest.raises(BadInput):
            allow(wrong)
    assert [e.name for e in list_folder(tmp_path, lambda real: True).entries] == ["link.png", "own.png"]


def test_what_a_killed_process_has_left_is_removed_at_the_next_start_and_what_is_in_use_stays(room: Room, tmp_path: Path) -> None:
    used = room.folder()
    script = (
        "import os, sys; from pathlib import Path; from workbench.store.uploads import Room; r = Room(parent=Path(sys.argv[1])); u = r.session();"
    )
    script += " b = u.batch(); (b / 'left.png').write_bytes(b'x'); print(r.folder(), flush=True); os._exit(9)"
    left = Path(subprocess.run([sys.executable, "-c", script, str(tmp_path)], capture_output=True, text=True, check=False).stdout.strip())
    assert left.is_dir()
    (tmp_path / f"{PREFIX}link").symlink_to(tmp_path)
    (tmp_path / f"{PREFIX}file").write_bytes(b"x")
    Room(parent=tmp_path)
    assert not left.exists()
    assert used.is_dir()
    assert os.path.lexists(tmp_path / f"{PREFIX}link")
    assert (tmp_path / f"{PREFIX}file").exists()
    assert sweep(tmp_path) == 0
