"""Labels and metadata find their files, and what finds none is counted."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from workbench.core.errors import BadInput
from workbench.core.vectors import Vectors
from workbench.store import join

VECTORS = Vectors(np.eye(6, dtype=np.float32), np.array(["a/1.png", "a/2.png", "b/3.png"]), np.repeat([0, 1, 2], 2), np.tile([0, 1], 3))


def table(path: Path, text: str) -> Path:
    path.write_text(text, encoding="utf-8-sig")
    return path


def test_rows_are_joined_by_name_and_the_rest_is_counted(tmp_path: Path) -> None:
    found = join(VECTORS, table(tmp_path / "t.csv", 'path;label;size\na/1.png;"cat; <b>";3\nb\\3.png;dog;\nc/9.png;cow;4\n'))
    assert found.vectors.columns["label"].tolist() == ["cat; <b>", "cat; <b>", "", "", "dog", "dog"]
    np.testing.assert_array_equal(found.vectors.columns["size"], [3, 3, np.nan, np.nan, np.nan, np.nan])
    assert (found.on, found.by, found.matched, found.unmatched, found.unused) == ("path", "name", 2, ("a/2.png",), ("c/9.png",))
    assert "1 without a row: a/2.png" in found.sentence()


@pytest.mark.parametrize(("names", "by"), [(["1.png", "2.png", "3.png"], "file"), (["1", "2", "3"], "stem"), (["/else/a/1.png", "/x/2.png"], "file")])
def test_names_without_their_folders_or_suffixes_are_found(names: list[str], by: str) -> None:
    found = join(VECTORS, {"image": names, "label": np.arange(len(names))})
    assert (found.by, found.matched) == (by, len(names))
    assert found.vectors.columns["label"][:4].tolist() == [0, 0, 1, 1]


def test_two_files_of_one_name_in_two_folders_are_not_mixed_up() -> None:
    same = Vectors(np.eye(3, dtype=np.float32), np.array(["a/1.png", "b/1.png", "b/2.png"]), np.arange(3))
    found = join(same, {"file": ["1.png", "2.png"], "label": [7, 8]})
    assert (found.matched, found.unmatched) == (1, ("a/1.png", "b/1.png"))


def test_a_column_of_the_table_never_replaces_one_that_is_there() -> None:
    found = join(VECTORS.with_columns({"label": np.zeros(6)}), {"file": ["1.png"], "label": ["x"]}).vectors.columns
    assert found["label"].tolist() == [0] * 6
    assert found["label (table)"].tolist() == ["x", "x", "", "", "", ""]


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("path,label\nzzz.png,1\n", "no name matches"),
        ("path,label\na/1.png,1\na/1.png,2\n", "stands in 2 rows"),
        ("path,label\n", "no rows"),
        ("path,label\na/1.png\n", "row 2 has 1 entries"),
        ("path,path\na,b\n", "two columns"),
        ("size,label\n1,2\n", "no column names files"),
    ],
)
def test_a_table_that_does_not_fit_is_refused_in_words(tmp_path: Path, text: str, words: str) -> None:
    with pytest.raises(BadInput, match=words):
        join(VECTORS, table(tmp_path / "t.csv", text))


def test_foreign_bytes_and_missing_files_are_refused_in_words(tmp_path: Path) -> None:
    (tmp_path / "t.csv").write_bytes(b"\xff\xfe\x00name\n")
    for name in ("t.csv", "t.xls", "none.csv"):
        with pytest.raises(BadInput, match=r"read|no such file"):
            join(VECTORS, tmp_path / name)


def test_where_neither_side_has_names_rows_are_joined_by_their_order() -> None:
    rows = Vectors.of(np.eye(4, dtype=np.float32))
    found = join(rows, {"label": ["a", "b", "a", "c"]})
    assert (found.by, found.vectors.columns["label"].tolist()) == ("order", ["a", "b", "a", "c"])
    assert found.sentence() == "4 rows matched by their order: neither the vectors nor the table have names"
    assert join(rows, {"id": [2, 0], "label": ["x", "y"]}).vectors.columns["label"].tolist() == ["y", "", "x", ""], "names are looked at first"
    with pytest.raises(BadInput, match="no name matches"):
        join(rows, {"label": ["a", "b", "a"]})
    with pytest.raises(BadInput, match="no name matches"):
        join(Vectors.of(np.eye(4, dtype=np.float32), names=list("wxyz")), {"label": ["a", "b", "a", "c"]})
