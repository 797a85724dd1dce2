"""The store: one writer at a time, no foreign folder taken for one of ours, and plain Zarr for everybody else."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
import zarr

from workbench.core.errors import BadInput, MissingExtra
from workbench.store import open_vectors, save_vectors
from workbench.store.embeddings import ClipTable, Entry, Plan, writing
from workbench.store.places import VARIABLE, store_folder

PLAN = Plan("k", "clip", 3, 4, 2, 1, settings={"what": "clip"})
TABLE = ClipTable(("a", "b <i>", "c", "d"), {"label": np.array(["x", "y", "x", "y"])})


def fill(entry: Entry, tasks: range = range(2)) -> None:
    for task in tasks:
        places = np.array([[i, -1, -1, -1, -1] for i in entry.plan.of(task)], np.int32)
        entry.write(task, np.zeros((2, 3), np.float32), places)


def made(place: Path) -> Path:
    with writing(place, PLAN, TABLE) as entry:
        fill(entry)
        entry.finish()
    return place


def test_chunks_of_zeros_are_written_too_and_anybody_can_read_them(tmp_path: Path) -> None:
    place = made(tmp_path / "e.zarr")
    assert (place / "parts" / "000001" / "values" / "c.0.0").stat().st_size == 2 * 3 * 4
    group = zarr.open_group(str(place), mode="r")
    assert group.metadata.zarr_format == 3
    np.testing.assert_array_equal(group["parts/000001/values"][:], np.zeros((2, 3)))
    assert group["parts/000001/values"].chunks == (2, 3)


def test_a_chunk_that_was_cut_or_removed_by_hand_is_not_read_as_zeros(tmp_path: Path) -> None:
    place = made(tmp_path / "e.zarr")
    chunk = place / "parts" / "000001" / "values" / "c.0.0"
    chunk.write_bytes(chunk.read_bytes()[:-4])
    with pytest.raises(BadInput, match="part 1 of this embedding is damaged"):
        open_vectors(place)
    chunk.unlink()
    with pytest.raises(BadInput, match="part 1 of this embedding is damaged"):
        open_vectors(place)
    assert np.isnan(zarr.open_group(str(place), mode="r")["parts/000001/values"][:]).all()


def test_it_is_read_with_names_and_columns_and_exported(tmp_path: Path) -> None:
    found = open_vectors(made(tmp_path / "e.zarr"))
    assert [found.name(k) for k in range(4)] == list(TABLE.names)
    for suffix in (".npy", ".npz", ".parquet"):
        again = open_vectors(save_vectors(found, tmp_path / f"v{suffix}"))
        np.testing.assert_array_equal(again.values, found.values)
    assert again.columns["label"].tolist() == ["x", "y", "x", "y"]


def test_two_writers_are_kept_apart_and_what_a_dead_one_left_is_removed(tmp_path: Path) -> None:
    place = tmp_path / "e.zarr"
    lines = f"""
import sys
from tests.store.test_embeddings import PLAN, TABLE
from workbench.store.embeddings import writing
with writing(r"{place}", PLAN, TABLE):
    print("writing", flush=True)
    sys.stdin.readline()
"""
    other = subprocess.Popen([sys.executable, "-c", lines], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, cwd=Path(__file__).parents[2])
    assert other.stdout is not None
    assert other.stdout.readline() == "writing\n"
    half = place / "parts" / "000000.1-ab.partial"
    half.mkdir()
    beside = tmp_path / "other.zarr.1-ab.partial"
    beside.mkdir()
    with pytest.raises(BadInput, match=f"another process is writing this embedding: process {other.pid}, since 20"), writing(place, PLAN, TABLE):
        pass
    assert half.is_dir()  # of a living writer
    other.kill()
    other.wait()
    with writing(place, PLAN, TABLE) as entry:
        assert not half.exists()
        assert not beside.exists()
        fill(entry)


def test_a_part_that_is_there_stays_as_it_is(tmp_path: Path) -> None:
    with writing(tmp_path / "e.zarr", PLAN, TABLE) as entry:
        fill(entry)
        entry.write(1, np.ones((2, 3), np.float32), np.zeros((2, 5), np.int32))
        assert not list(tmp_path.rglob("0*.partial"))
        entry.finish()
    assert not open_vectors(tmp_path / "e.zarr").values.any()


def test_another_embedding_another_version_and_foreign_folders_are_refused(tmp_path: Path) -> None:
    place = made(tmp_path / "e.zarr")
    with pytest.raises(BadInput, match="another embedding lies here"), writing(place, Plan("other", "clip", 3, 4, 2, 1), TABLE):
        pass
    head = place / "zarr.json"
    said = json.loads(head.read_text())
    said["attributes"]["jepa_workbench"]["format"] = 2
    head.write_text(json.dumps(said))
    for attempt in (lambda: open_vectors(place), lambda: made(place)):
        with pytest.raises(BadInput, match="format 2; this program reads format 1"):
            attempt()
    zarr.open_group(str(tmp_path / "theirs"), mode="w", zarr_format=3).create_group("parts")
    with pytest.raises(BadInput, match="no embedding"):
        open_vectors(tmp_path / "theirs")
    with pytest.raises(BadInput, match="from a folder"):
        open_vectors(tmp_path)


def test_it_is_not_called_complete_while_parts_are_missing(tmp_path: Path) -> None:
    with writing(tmp_path / "e.zarr", PLAN, TABLE) as entry:
        fill(entry, range(1))
        with pytest.raises(BadInput, match="1 of 2 parts are missing"):
            entry.finish()
    with pytest.raises(BadInput, match="not complete: 1 of 2"):
        open_vectors(tmp_path / "e.zarr")


def test_the_folder_of_the_store_is_said_by_option_variable_or_cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    monkeypatch.delenv(VARIABLE, raising=False)
    assert store_folder() == tmp_path / "cache" / "jepa-workbench"
    monkeypatch.setenv(VARIABLE, str(tmp_path / "said"))
    assert store_folder() == tmp_path / "said"
    assert store_folder(tmp_path / "given") == tmp_path / "given"


def test_a_store_without_its_library_says_what_to_install(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    place = made(tmp_path / "e.zarr")
    monkeypatch.setitem(sys.modules, "zarr", None)  # as where it is not installed
    with pytest.raises(MissingExtra, match="the store needs zarr") as caught:
        open_vectors(place)
    assert caught.value.fix == 'pip install "jepa-workbench[maps]"'
