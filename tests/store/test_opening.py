"""Vectors made elsewhere: every format gives the same rows, and what is no vector is refused in words."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from workbench.core import codec
from workbench.core.errors import BadInput
from workbench.core.vectors import Vectors
from workbench.store import open_vectors, save_vectors

RANDOM = np.random.default_rng(3)
VALUES = RANDOM.standard_normal((20, 5)).astype(np.float32)
NAMES = [f"cats/{i}.png" for i in range(20)]
LABEL = np.array(["cat", "dog <b>"] * 10)


def tokens() -> Vectors:
    """Two clips of 2 frames of 1×5 tokens."""
    frame, col = np.tile(np.repeat([0, 2], 5), 2), np.tile(np.arange(5), 4)
    return Vectors(VALUES, np.array(["a.mp4", "b.mp4"]), np.repeat([0, 1], 10), frame, np.stack([0 * col, col], 1), {"label": LABEL})


def parquet(path: Path, columns: dict) -> Path:
    import pyarrow as pa
    from pyarrow import parquet as pq

    pq.write_table(pa.table(columns), path, row_group_size=7)
    return path


@pytest.mark.parametrize("kind", ["npy", "npz", "safetensors", "parquet", "floats"])
def test_the_same_vectors_come_from_every_format(tmp_path: Path, kind: str) -> None:
    path = tmp_path / f"v.{'parquet' if kind == 'floats' else kind}"
    if kind == "npy":
        np.save(path, VALUES.astype(np.float64))
    elif kind == "npz":
        np.savez(path, features=VALUES, names=NAMES, label=LABEL, fps=4.0)
    elif kind == "safetensors":
        from safetensors.numpy import save_file

        save_file({"vectors": VALUES, "more": VALUES[:, :2].copy(), "label": np.arange(20)}, path)
    elif kind == "parquet":
        parquet(path, {"path": NAMES, "emb": list(VALUES), "label": LABEL, "box": [{"x": 1}] * 20})
    else:
        parquet(path, {"path": NAMES, **{f"x{k}": VALUES[:, k] for k in range(5)}, "label": LABEL, "n": np.arange(20)})
    found = open_vectors(path)
    np.testing.assert_array_equal(found.values, VALUES)
    assert found.origin.made == "made elsewhere"
    assert found.level == "clip"
    if kind in ("npz", "parquet", "floats"):
        assert found.names.tolist() == NAMES
        assert found.columns["label"].tolist() == LABEL.tolist()
    assert found.origin.settings == ({"left_out": ("box",)} if kind == "parquet" else {})


def test_float32_files_are_mapped_and_not_read(tmp_path: Path) -> None:
    np.save(tmp_path / "v.npy", VALUES)
    assert isinstance(open_vectors(tmp_path / "v.npy", most_bytes=1).values, np.memmap)


def test_trajectories_become_frames_of_clips(tmp_path: Path) -> None:
    np.savez(tmp_path / "v.npz", vectors=VALUES.reshape(4, 5, 5), names=list("abcd"), speed=RANDOM.random((4, 5)), kind=np.arange(4))
    found = open_vectors(tmp_path / "v.npz")
    assert len(found) == 20
    assert found.name(7) == "b frame 2"
    assert found.columns["kind"].tolist() == np.repeat(np.arange(4), 5).tolist()
    assert found.columns["speed"].shape == (20,)


@pytest.mark.parametrize("suffix", [".npz", ".parquet"])
def test_what_is_saved_is_read_again_with_the_place_of_every_row(tmp_path: Path, suffix: str) -> None:
    wanted = tokens()
    found = open_vectors(save_vectors(wanted, tmp_path / f"v{suffix}"))
    np.testing.assert_array_equal(found.values, wanted.values)
    for name in ("names", "clip", "frame", "token"):
        np.testing.assert_array_equal(getattr(found, name), getattr(wanted, name))
    assert found.columns["label"].tolist() == LABEL.tolist()
    assert found.name(19) == "b.mp4 frame 2 token 0,4"
    assert [p.name for p in tmp_path.iterdir()] == [f"v{suffix}"]


def test_vectors_cross_to_another_process() -> None:
    found = codec.loads(codec.dumps(tokens()))
    np.testing.assert_array_equal(found.values, VALUES)
    assert found.columns["label"].tolist() == LABEL.tolist()
    assert found.level == "token"


def test_rows_that_are_no_numbers_are_kept_and_counted(tmp_path: Path) -> None:
    values = VALUES.copy()
    values[3, 1], values[5] = np.nan, np.inf
    np.save(tmp_path / "v.npy", values)
    found = open_vectors(tmp_path / "v.npy")
    assert (len(found), found.nonfinite, len(found.usable())) == (20, 2, 18)
    assert found.usable().clip.tolist() == [i for i in range(20) if i not in (3, 5)]
    both = parquet(tmp_path / "v.parquet", {"v": [None, [1.0, 2.0], None]})
    assert open_vectors(both).finite.tolist() == [False, True, False]


def _objects(path: Path) -> None:
    np.save(path, np.array([[{}]], object), allow_pickle=True)


def _short(path: Path) -> None:
    np.save(path, VALUES)
    path.write_bytes(path.read_bytes()[:-8])


REFUSED = {
    "objects.npy": (_objects, "Python objects"),
    "objects.npz": (lambda p: np.savez(p, allow_pickle=True, v=VALUES, o=np.array([{}] * 20, object)), "Python objects"),
    "short.npy": (_short, "cut short"),
    "flat.npy": (lambda p: np.save(p, VALUES[0]), "no vectors"),
    "text.npy": (lambda p: np.save(p, LABEL[:, None]), "no vectors"),
    "empty.npy": (lambda p: np.save(p, VALUES[:0]), "holds no vectors"),
    "flat.npz": (lambda p: np.savez(p, a=VALUES[0]), "no 2-D array"),
    "two.npz": (lambda p: np.savez(p, a=VALUES, b=VALUES), "2 arrays have 2 axes"),
    "unequal.npz": (lambda p: np.savez(p, vectors=VALUES, label=LABEL[:7]), "7 entries"),
    "nothing.safetensors": (lambda p: p.write_bytes(b"nothing of that kind"), "cannot be read"),
    "nothing.parquet": (lambda p: p.write_bytes(b"PAR1 nothing of that kind PAR1"), "cannot be read"),
    "words.parquet": (lambda p: parquet(p, {"a": ["x"]}), "no column holds vectors"),
    "lengths.parquet": (lambda p: parquet(p, {"a": [[1.0], [1.0, 2.0]]}), "vectors of 1, 2 numbers"),
    "rows.parquet": (lambda p: parquet(p, {"a": [[1.0]][:0] or np.zeros(0)}), "no rows"),
    "v.csv": (lambda p: p.write_text("a,b"), "cannot be read from .csv"),
}


@pytest.mark.parametrize("name", REFUSED)
def test_what_is_no_vector_is_refused_in_words(tmp_path: Path, name: str) -> None:
    write, words = REFUSED[name]
    write(tmp_path / name)
    with pytest.raises(BadInput, match=words) as caught:
        open_vectors(tmp_path / name)
    assert caught.value.fix


@pytest.mark.parametrize("kind", ["npy", "npz", "safetensors", "parquet"])
def test_more_bytes_than_allowed_are_refused_before_they_are_read(tmp_path: Path, kind: str) -> None:
    from safetensors.numpy import save_file

    path = tmp_path / f"v.{kind}"
    write = {
        "npy": lambda: np.save(path, VALUES.astype(np.float16)),
        "npz": lambda: np.savez(path, VALUES),
        "safetensors": lambda: save_file({"v": VALUES}, path),
        "parquet": lambda: parquet(path, {"v": list(VALUES)}),
    }
    write[kind]()
    with pytest.raises(BadInput, match="GiB"):
        open_vectors(path, most_bytes=399)
    assert len(open_vectors(path, most_bytes=400)) == 20


def test_reading_needs_neither_torch_nor_a_model(tmp_path: Path) -> None:
    for suffix in (".npz", ".parquet"):
        save_vectors(tokens(), tmp_path / f"v{suffix}")
    (tmp_path / "t.csv").write_text("file,kind\na.mp4,1\n")
    from safetensors.numpy import save_file

    save_file({"v": VALUES}, tmp_path / "v.safetensors")
    lines = f"""
import sys
import workbench as jw
for suffix in (".npz", ".parquet", ".safetensors"):
    found = jw.open_vectors(r"{tmp_path}/v" + suffix)
jw.join(jw.open_vectors(r"{tmp_path}/v.npz"), r"{tmp_path}/t.csv")
print([m for m in ("torch", "umap", "numba", "cv2") if m in sys.modules])
"""
    done = subprocess.run([sys.executable, "-c", lines], capture_output=True, text=True, check=True, timeout=120)
    assert done.stdout.strip() == "[]"


def test_a_file_that_was_replaced_is_opened_anew_by_the_worker(tmp_path: Path) -> None:
    from workbench.core.card import VectorsKey
    from workbench.worker.shelf import Shelf

    shelf, path = Shelf(), tmp_path / "v.npy"
    np.save(path, VALUES)
    first = shelf.vectors(VectorsKey(str(path)))
    assert shelf.vectors(VectorsKey(str(path))) is first
    np.save(path, VALUES[:7])
    assert len(shelf.vectors(VectorsKey(str(path)))) == 7
