"""The Catalogue board and the opener: what this machine has is offered, the rest is only told of."""

from __future__ import annotations

import queue
import shutil
from collections.abc import Callable
from pathlib import Path

import pytest

from workbench import samples
from workbench.app.server import allowing
from workbench.boards.catalogue import CatalogueBoard
from workbench.boards.opener import Opener
from workbench.boards.workspace import Workspace
from workbench.core.errors import BadInput
from workbench.published import PUBLISHED
from workbench.published.caches import torch_folder
from workbench.thread_jobs import ThreadJobs
from workbench.worker.shelf import Shelf


@pytest.fixture(autouse=True)
def cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A torch hub cache with a small I-JEPA under the name of a published one, and nothing of Hugging Face."""
    monkeypatch.setenv("TORCH_HOME", str(tmp_path / "torch"))
    monkeypatch.setenv("HF_HUB_CACHE", str(tmp_path / "face"))
    torch_folder().mkdir(parents=True)
    sample = samples.find("shapes")
    path = torch_folder() / "IN1K-vit.h.14-300e.pth.tar"
    shutil.copy(sample.checkpoint, path)
    shutil.copy(sample.folder / "params-ijepa.yaml", torch_folder())
    return path


def workspace(**options: object) -> Workspace:
    return Workspace(ThreadJobs(Shelf().answer), notify=lambda error: None, **options)


Calls = queue.SimpleQueue[Callable[[], None]]


def settle(space: Workspace, calls: Calls) -> None:
    """Hand out answers in this thread until none is due: one answer may ask for the next."""
    while space.jobs.waiting(space.session.id):
        calls.get(timeout=120)()


def test_the_sentence_counts_what_is_here_and_rows_say_where(cache: Path) -> None:
    board = CatalogueBoard(workspace())
    assert board.headline.sentence == f"1 of {len(PUBLISHED)} published checkpoints are on this machine."
    rows = {r["name"]: r for r in board.list.rows}
    assert rows["ijepa_vith14_in1k"]["path"] == str(cache)
    assert rows["vjepa_vitl16"]["path"] == ""
    assert rows["vjepa_vitl16"]["fetch"] == "jepa-workbench catalogue vjepa_vitl16 --download"


def test_reset_looks_again(cache: Path) -> None:
    board = CatalogueBoard(workspace())
    cache.unlink()
    assert board.headline.on_command is not None
    board.headline.on_command("reset")
    assert board.headline.sentence.startswith("0 of")


@pytest.mark.slow
def test_a_cached_checkpoint_opens_from_its_row_and_from_the_list_of_models(cache: Path) -> None:
    calls = Calls()
    space = workspace(deliver=calls.put)
    board, opener = CatalogueBoard(space), Opener(space)
    options = opener.files.controls[0]["options"]
    assert str(cache) in [o["value"] for o in options]
    assert board.list.on_open is not None
    board.list.on_open("ijepa_vith14_in1k")
    settle(space, calls)
    assert space.facts is not None
    assert space.facts.report.path == str(cache)
    assert opener.files.values["sample"] == str(cache)
    opener.files.values = {**opener.files.values, "sample": "shapes"}
    settle(space, calls)
    assert space.sample == "shapes"
    opener.files.values = {**opener.files.values, "sample": str(cache)}
    settle(space, calls)
    assert space.sample is None
    assert space.facts.report.path == str(cache)


def test_a_published_file_in_a_folder_that_may_be_opened_is_here_too(cache: Path, tmp_path: Path) -> None:
    own = tmp_path / "own"
    own.mkdir()
    moved = cache.rename(own / cache.name)
    paths = {row["name"]: row["path"] for row in CatalogueBoard(workspace(roots=[own])).list.rows}
    assert paths["ijepa_vith14_in1k"] == str(moved)
    assert not any(row["path"] for row in CatalogueBoard(workspace()).list.rows)


def test_a_page_may_open_what_is_in_the_caches_and_nothing_beside_it(cache: Path, tmp_path: Path) -> None:
    (tmp_path / "open").mkdir()
    allow = allowing([tmp_path / "open"])
    assert allow(str(cache)) == str(cache)
    secret = torch_folder() / "secret.pt"
    secret.write_bytes(b"mine")
    with pytest.raises(BadInput, match="outside"):
        allow(str(secret))
