"""Which files hold vectors: told by their headers from checkpoints and banks of clips, which use the same formats."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest

from workbench import samples
from workbench.core.errors import BadInput
from workbench.store.recognising import found_in, may_hold

FLAT, DEEP = np.zeros((6, 3), np.float32), np.zeros((2, 3, 4), np.float32)
BANK = np.zeros((2, 1, 8, 8, 3), np.uint8)
FILES: list[tuple[str, Any, str]] = [
    ("v.npy", FLAT, "the array (6 × 3) of v.npy"),
    ("v.npy", FLAT.astype(np.int32), "the array (6 × 3) of v.npy"),
    ("v.npy", DEEP, "the array (2 × 3 × 4) of v.npy"),
    ("v.npy", BANK, ""),
    ("v.npy", np.zeros((2, 3, 4), np.uint8), ""),
    ("v.npz", {"x": FLAT, "label": np.arange(6)}, "the array 'x' (6 × 3) of v.npz"),
    ("v.npz", {"vectors": FLAT, "more": FLAT}, "the array 'vectors' (6 × 3) of v.npz; not used: more"),
    ("v.npz", {"x": DEEP}, "the array 'x' (2 × 3 × 4) of v.npz"),
    ("v.npz", {"pixels": BANK, "states": FLAT}, ""),
    ("v.npz", {"config": np.zeros(3, np.uint8), "w": FLAT}, ""),
    ("v.npz", {"x": np.arange(5)}, ""),
    ("v.safetensors", {"x": FLAT}, "the array 'x' (6 × 3) of v.safetensors"),
    ("v.safetensors", {"x": FLAT, "b": np.zeros(6, np.float32)}, ""),
    ("v.safetensors", {"x": DEEP}, ""),
    ("v.parquet", {"a": np.zeros(4), "b": np.ones(4)}, "the columns 'a', 'b' of v.parquet"),
]


def saved(path: Path, content: Any) -> Path:
    if path.suffix == ".npy":
        np.save(path, content)
    elif path.suffix == ".npz":
        np.savez(path, **content)
    elif path.suffix == ".safetensors":
        from safetensors.numpy import save_file

        save_file(content, path)
    else:
        import pyarrow as pa
        from pyarrow import parquet

        parquet.write_table(pa.table(content), path)
    return path


@pytest.mark.parametrize(("name", "content", "words"), FILES)
def test_vectors_are_told_by_the_header(tmp_path: Path, name: str, content: Any, words: str) -> None:
    path = saved(tmp_path / name, content)
    assert may_hold(path)
    assert found_in(path) == words


@pytest.mark.parametrize("name", ["v.npy", "v.npz", "v.safetensors"])
def test_a_damaged_file_is_left_to_who_opens_it_as_something_else(tmp_path: Path, name: str) -> None:
    (tmp_path / name).write_bytes(b"\x93NUMPY\x01\x00nonsense")
    assert found_in(tmp_path / name) == ""


def test_two_arrays_that_could_be_the_vectors_are_not_guessed_between(tmp_path: Path) -> None:
    with pytest.raises(BadInput, match="2 arrays have 2 axes: a, b"):
        found_in(saved(tmp_path / "v.npz", {"a": FLAT, "b": FLAT}))


def test_the_shipped_samples_hold_no_vectors() -> None:
    for name in samples.names():
        sample = samples.find(name)
        assert found_in(sample.bank) == ""
        assert not may_hold(sample.checkpoint) or found_in(sample.checkpoint) == ""
