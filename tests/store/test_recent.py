"""What was opened lately: the latest first, only what is still there, and never a file that cannot be read."""

from __future__ import annotations

from pathlib import Path

import pytest

from workbench.store.places import VARIABLE
from workbench.store.recent import Opened, recent, remember


@pytest.fixture
def store(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv(VARIABLE, str(tmp_path / "store"))
    return tmp_path / "store"


def files(folder: Path, count: int) -> list[str]:
    paths = [folder / f"{k}.pt" for k in range(count)]
    for path in paths:
        path.write_bytes(b"x")
    return list(map(str, paths))


@pytest.mark.usefixtures("store")
def test_the_latest_comes_first_once_and_what_is_gone_is_left_out(tmp_path: Path) -> None:
    one, two, three = files(tmp_path, 3)
    for path in (one, two, three, one):
        remember(Opened("model", path, "heads=4"))
    remember(Opened("data", two))
    assert [each.path for each in recent("model")] == [one, three, two]
    assert recent("model")[0].settings == "heads=4"
    Path(three).unlink()
    assert [each.path for each in recent("model")] == [one, two]
    assert [each.path for each in recent("data")] == [two]


@pytest.mark.usefixtures("store")
def test_a_dozen_of_each_kind_is_kept(tmp_path: Path) -> None:
    paths = files(tmp_path, 15)
    for path in paths:
        remember(Opened("model", path))
    remember(Opened("data", paths[0]))
    assert [each.path for each in recent("model")] == paths[:2:-1]


@pytest.mark.parametrize("content", ["", "{", "[]", '{"version": 2, "opened": []}', '{"version": 1, "opened": [{"kind": 3}]}', "null"])
def test_a_list_that_cannot_be_read_is_none_and_is_written_anew(store: Path, tmp_path: Path, content: str) -> None:
    store.mkdir()
    (store / "recent.json").write_text(content)
    assert recent("model") == []
    (path,) = files(tmp_path, 1)
    remember(Opened("model", path))
    assert [each.path for each in recent("model")] == [path]
    assert (store / "recent.json").stat().st_mode & 0o777 == 0o600


def test_a_disk_that_refuses_loses_nothing(store: Path, tmp_path: Path) -> None:
    (path,) = files(tmp_path, 1)
    store.write_bytes(b"a file where the folder should be")
    remember(Opened("model", path))
    assert recent("model") == []
    assert store.read_bytes() == b"a file where the folder should be"
