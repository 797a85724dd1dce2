"""Maps are kept with their seed and versions: what was computed once is read again and says so, and nothing half-written counts."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import workbench as jw
from workbench.cli import main
from workbench.core import codec
from workbench.core.errors import BadInput
from workbench.fits.layouts import LAYOUTS, Pca
from workbench.store import answers
from workbench.store.places import VARIABLE

POINTS = np.random.default_rng(0).normal(size=(40, 5)).astype(np.float32)


@pytest.fixture
def store(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv(VARIABLE, str(tmp_path / "store"))
    return tmp_path / "store" / "answers"


@pytest.fixture
def fits(monkeypatch: pytest.MonkeyPatch) -> list[int]:
    """Points of every fit of PCA."""
    told = list[int]()

    class Counted(Pca):
        def fit(self, points: Any) -> Any:
            told.append(len(points))
            return super().fit(points)

    monkeypatch.setitem(LAYOUTS, "pca", Counted)
    return told


def test_a_map_and_its_trust_are_computed_once(store: Path, fits: list[int], tmp_path: Path) -> None:
    first = jw.project(POINTS, k=5)
    count = len(fits)
    np.save(tmp_path / "v.npy", POINTS)
    again = jw.project(tmp_path / "v.npy", k=5)
    assert len(fits) == count > 0
    assert (first.stored, again.stored) == (False, True)
    np.testing.assert_array_equal(again.coordinates, first.coordinates)
    assert again.figures() == {**first.figures(), "stored": True}
    assert again.origin == f"computed {first.computed[:10]} with numpy {np.__version__}, seed 0"
    others: list[dict[str, Any]] = [{"seed": 1}, {"k": 6}, {"dims": 3}, {"rows": np.arange(30)}]
    for other in others:
        assert not jw.project(POINTS, **{"k": 5, **other}).stored
    assert not jw.fit_projection(POINTS * 2, k=5).result.stored
    before = len(fits)
    anew = jw.project(POINTS, k=5, anew=True)
    assert not anew.stored
    assert len(fits) > before
    assert not list(store.glob("*.partial"))


def test_a_file_that_was_cut_or_left_half_written_is_no_map(store: Path, fits: list[int]) -> None:
    first = jw.fit_projection(POINTS, k=5).result
    (file,) = store.iterdir()
    whole = file.read_bytes()
    file.rename(file.with_name(f"{file.name}.1-ab.partial"))  # a writer that died before it gave the file its name
    assert not jw.fit_projection(POINTS, k=5).result.stored
    file.write_bytes(whole[: len(whole) // 2])
    found = jw.fit_projection(POINTS, k=5).result
    assert found.notes == (f"computed again, for the stored answer is damaged: {file}",)
    np.testing.assert_array_equal(found.coordinates, first.coordinates)
    assert len(fits) == 3
    last = jw.fit_projection(POINTS, k=5).result
    assert (last.stored, last.notes) == (True, ())
    (left,) = store.glob("*.partial")
    os.utime(left, (0, 0))
    jw.fit_projection(POINTS, k=6)
    assert not left.exists()


def rewritten(file: Path, change: Callable[[dict[str, Any]], dict[str, Any]]) -> None:
    codec.save(change(codec.load(file)), file)


def test_a_map_of_other_versions_is_opened_and_says_which(store: Path, capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    jw.project(POINTS, k=5)
    for file in store.glob("fit_projection-*"):
        rewritten(file, lambda said: {**said, "answer": replace(said["answer"], versions={"numpy": "1.0.0"}, computed="2019-01-02T03:04:05+00:00")})
    found = jw.fit_projection(POINTS, k=5)
    assert found.result.stored
    assert found.result.notes == (f"computed with numpy 1.0.0 (here {np.__version__})",)
    np.save(tmp_path / "v.npy", POINTS)
    assert main(["project", str(tmp_path / "v.npy"), "--method", "pca", "--k", "5"]) == 0
    said = capsys.readouterr().out
    assert "computed 2019-01-02 with numpy 1.0.0, seed 0; read from the store, --anew computes it again" in said
    np.testing.assert_allclose(found.transform(POINTS[:3]), found.result.coordinates[:3], atol=1e-5)


def test_further_points_have_no_place_in_a_map_that_comes_out_otherwise_now(store: Path) -> None:
    jw.fit_projection(POINTS, k=5)
    (file,) = store.iterdir()
    rewritten(file, lambda said: {**said, "answer": replace(said["answer"], coordinates=said["answer"].coordinates[::-1].copy())})
    found = jw.fit_projection(POINTS, k=5)
    with pytest.raises(BadInput, match="comes out otherwise on this machine") as caught:
        jw.place(POINTS[:2], found)
    assert "anew=True" in caught.value.fix
    jw.place(POINTS[:2], jw.fit_projection(POINTS, k=5, anew=True))


def test_a_store_of_another_format_is_left_as_it_is(store: Path) -> None:
    jw.fit_projection(POINTS, k=5)
    (file,) = store.iterdir()
    rewritten(file, lambda said: {**said, "format": 99})
    before = file.read_bytes()
    found = jw.fit_projection(POINTS, k=5).result
    assert "is of format 99, this program reads 1" in found.notes[0]
    assert file.read_bytes() == before


@pytest.mark.skipif(os.name == "nt", reason="files have no size limit there")
def test_a_store_that_cannot_be_written_or_is_full_does_not_lose_the_map(store: Path, tmp_path: Path) -> None:
    import resource

    limits = resource.getrlimit(resource.RLIMIT_FSIZE)
    try:
        resource.setrlimit(resource.RLIMIT_FSIZE, (200, limits[1]))
        full = jw.fit_projection(POINTS, k=5).result
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, limits)
    (tmp_path / "file").write_text("")
    no_folder = jw.fit_projection(POINTS, k=5, store=tmp_path / "file").result
    assert full.notes[0].startswith("not kept: the store cannot be written: File too large")
    assert no_folder.notes[0].startswith("not kept: the store cannot be written: Not a directory")
    np.testing.assert_array_equal(full.coordinates, no_folder.coordinates)
    assert not list(store.iterdir())


def test_two_who_write_one_map_at_once_leave_one_whole_file(store: Path) -> None:
    code = "import numpy as np, workbench as jw; print(jw.fit_projection(np.arange(40.0).reshape(10, 4) ** 0.5, k=3).result.coordinates.sum())"
    both = [subprocess.Popen([sys.executable, "-c", code], stdout=subprocess.PIPE, text=True) for _ in range(2)]
    sums = {each.communicate()[0] for each in both}
    assert len(sums) == 1
    (file,) = store.iterdir()
    assert codec.load(file)["format"] == answers.FORMAT


@pytest.mark.slow
def test_a_sample_is_drawn_by_a_column_of_the_vectors_and_says_so(store: Path, tmp_path: Path) -> None:
    labels = np.array(["rare"] * 4 + ["usual"] * 36)
    np.savez(tmp_path / "v.npz", vectors=POINTS, label=labels)
    found = jw.fit_projection(tmp_path / "v.npz", method="tsne", k=3, sample=20, labels="label").result
    assert (labels[found.fitted] == "rare").sum() == 2
    assert (len(found.fitted), found.n) == (20, 40)
    assert "the points that were fitted hold every label in proportion" in found.notes
    assert jw.fit_projection(POINTS, method="tsne", k=3, sample=20, labels=labels).result.stored
    with pytest.raises(BadInput, match="no column 'kind'") as caught:
        jw.fit_projection(tmp_path / "v.npz", labels="kind")
    assert caught.value.fix == "one of label"


def test_vectors_made_elsewhere_are_shown_with_their_labels_and_without_torch(store: Path, tmp_path: Path) -> None:
    values = POINTS.copy()
    values[3, 1] = np.nan
    np.savez(tmp_path / "v.npz", vectors=values, name=np.char.mod("<b>%d</b>", np.arange(40)))
    (tmp_path / "labels.csv").write_text("name,kind\n" + "\n".join(f"<b>{k}</b>,{'xy'[k % 2]}" for k in range(40)))
    code = (
        "import sys, workbench as jw; v = jw.join(jw.open_vectors('v.npz'), 'labels.csv').vectors; m = jw.show(v, seed=2); "
        "print(m.title, '|', m.category_name, m.labels, m.count, '|', m.note, '|', sorted({'torch', 'umap', 'numba'} & {*sys.modules}))"
    )
    done = subprocess.run([sys.executable, "-c", code], cwd=tmp_path, capture_output=True, text=True, check=True)
    title, drawn, note, loaded = done.stdout.strip().split(" | ")
    assert (title, drawn, loaded) == ("PCA of 39 vectors", "kind ['x', 'y'] 39", "[]")
    assert note.endswith("seed 2; rows with NaN or infinity, left out: 1")
    with pytest.raises(BadInput, match="no name matches"):
        jw.join(jw.open_vectors(tmp_path / "v.npz"), {"name": ["z"], "kind": ["x"]})


def test_six_maps_are_computed_once_too(store: Path, fits: list[int]) -> None:
    settings: dict[str, Any] = {"method": "pca", "ks": (4, 5), "seeds": (0,), "sample": 30}
    first = jw.sweep_projection(POINTS, **settings)
    count = len(fits)
    again = jw.sweep_projection(POINTS, **settings)
    assert (len(fits), first.stored, again.stored, again.computed) == (count, False, True, first.computed)
    np.testing.assert_array_equal(again.maps, first.maps)
    assert not jw.sweep_projection(POINTS, **settings, anew=True).stored
    assert not jw.sweep_projection(POINTS, **{**settings, "ks": (4, 6)}).stored


def test_a_map_that_is_computed_anew_replaces_that_of_the_store(store: Path, fits: list[int]) -> None:
    first = jw.fit_projection(POINTS, k=5).result
    assert not jw.refit_projection(POINTS, k=5).result.stored
    assert len(fits) == 2
    again = jw.fit_projection(POINTS, k=5).result
    assert again.stored
    assert again.computed >= first.computed
