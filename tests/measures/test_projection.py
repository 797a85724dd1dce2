"""`jw.project`: a map with its trust, beside shuffled columns and PCA; and the parts of it."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from sklearn.manifold import trustworthiness

import workbench as jw
from workbench.boards.code import reproduced
from workbench.core import codec
from workbench.core.card import VectorsKey
from workbench.core.errors import BadInput
from workbench.core.questions import read, written
from workbench.core.questions.dimension import Dimension
from workbench.core.questions.neighbours import NeighbourLabels, Neighbours
from workbench.core.questions.projection import FitProjection, JudgeProjection, Place, Projection
from workbench.core.questions.stability import Sweep
from workbench.fits.projection import shuffled
from workbench.worker.shelf import Shelf

RNG = np.random.default_rng(0)
POINTS = RNG.normal(size=(300, 3)) @ RNG.normal(size=(3, 20)) + 0.1 * RNG.normal(size=(300, 20))
KEYS = ["method", "seed", "k", "versions", "n", "trustworthiness", "continuity", "knn_preservation", "shuffled", "pca"]


def test_a_map_is_held_against_shuffled_columns_and_pca() -> None:
    found = jw.project(POINTS, seed=2, k=10)
    assert found.trustworthiness == pytest.approx(trustworthiness(POINTS, found.coordinates, n_neighbors=10), abs=1e-6)
    assert found.continuity == pytest.approx(trustworthiness(found.coordinates, POINTS, n_neighbors=10), abs=1e-6)
    mixed = jw.project(shuffled(POINTS, 2), seed=2, k=10)
    assert dict(found.shuffled) == pytest.approx(dict(mixed.told.trust))
    assert found.shuffled.trustworthiness < found.trustworthiness - 0.1
    assert found.pca.trustworthiness == found.trustworthiness
    assert len(found.pca.explained_variance) == 2
    assert found.distortion.trustworthiness.shape == (300,)


def test_what_is_printed_is_what_the_result_says() -> None:
    found = jw.project(POINTS, seed=2, k=10)
    said = json.loads(json.dumps(found.figures(), allow_nan=False))
    assert set(KEYS) <= set(said)
    assert all(found[key] == getattr(found, key) for key in ("method", "seed", "k", "n", "trustworthiness", "shepard"))
    assert said["shuffled"]["continuity"] == found.shuffled["continuity"]
    assert said["pca"]["explained_variance"] == list(found.pca.explained_variance)
    np.testing.assert_array_equal(found["coordinates"], found.coordinates)
    again = codec.loads(codec.dumps(found))
    assert again.figures() == found.figures()


def test_a_map_that_is_there_is_judged_as_a_new_one_is() -> None:
    whole = jw.project(POINTS, seed=1)
    fit = jw.fit_projection(POINTS, seed=1)
    told = jw.judge_projection(POINTS, fit.result.coordinates, seed=1)
    np.testing.assert_array_equal(fit.result.coordinates, whole.coordinates)
    assert (told.trust, told.shuffled, told.pca) == (whole.told.trust, whole.shuffled, whole.pca)
    other = jw.judge_projection(POINTS, RNG.normal(size=(300, 2)), seed=1)
    assert other.trustworthiness < 0.6
    assert other.pca == whole.pca
    with pytest.raises(BadInput, match=r"299, 2\] for 300 points"):
        jw.judge_projection(POINTS, fit.result.coordinates[1:])
    np.testing.assert_allclose(jw.place(POINTS[:7], fit), fit.result.coordinates[:7], atol=1e-5)


def test_vectors_are_read_from_a_file_and_what_is_none_is_refused(tmp_path: Path) -> None:
    np.save(tmp_path / "v.npy", POINTS)
    np.testing.assert_array_equal(jw.project(tmp_path / "v.npy").coordinates, jw.project(POINTS).coordinates)
    np.save(tmp_path / "objects.npy", np.array([{}, {}], dtype=object), allow_pickle=True)
    (tmp_path / "cut.npy").write_bytes((tmp_path / "v.npy").read_bytes()[:900])
    (tmp_path / "text.npy").write_text("1 2 3")
    (tmp_path / "empty.npy").write_bytes(b"")
    for name, words in (
        ("objects.npy", "Python objects"),
        ("cut.npy", "cut short"),
        ("text.npy", "cannot be read"),
        ("empty.npy", "cannot be read"),
        ("gone.npy", "no such file"),
        (".", "folder"),
    ):
        with pytest.raises(BadInput, match=words) as caught:
            jw.project(tmp_path / name)
        assert caught.value.fix


def test_measures_of_vectors_need_neither_torch_nor_umap_before_they_are_asked_for(tmp_path: Path) -> None:
    np.save(tmp_path / "v.npy", POINTS)
    code = (
        "import sys; from workbench.cli import main; ended = main(['project', 'v.npy', '--method', 'pca']); "
        "print(ended, sorted({'torch', 'umap', 'numba'} & {*sys.modules}))"
    )
    done = subprocess.run([sys.executable, "-c", code], cwd=tmp_path, capture_output=True, text=True, check=True)
    assert done.stdout.splitlines()[-1] == "0 []"


def test_some_rows_are_projected_as_if_they_were_all_and_others_may_be_broken() -> None:
    rows = np.arange(280, 20, -2)
    broken = POINTS.copy()
    broken[1] = np.nan
    found, wanted = jw.project(broken, rows=rows, seed=3), jw.project(POINTS[rows], seed=3, anew=True)
    np.testing.assert_array_equal(found.coordinates, wanted.coordinates)
    assert {**found.figures(), "computed": ""} == {**wanted.figures(), "computed": ""}
    assert found.vectors == wanted.vectors
    told = jw.judge_projection(broken, found.coordinates, rows=rows, seed=3)
    assert (told.trust, told.shuffled) == (wanted.told.trust, wanted.shuffled)
    with pytest.raises(BadInput, match="not there"):
        jw.project(POINTS, rows=np.array([300]))
    with pytest.raises(BadInput, match="1 of 300 rows hold NaN"):
        jw.project(broken)


def test_the_baseline_that_trust_is_held_against_can_be_looked_at() -> None:
    whole, baseline = jw.project(POINTS, seed=5), jw.fit_projection(POINTS, seed=5, shuffle=True).result
    told = jw.judge_projection(shuffled(POINTS, 5), baseline.coordinates, seed=5)
    assert told.trust == whole.shuffled


@pytest.mark.parametrize("asked", [FitProjection, Projection, JudgeProjection, Place, Neighbours, NeighbourLabels, Dimension, Sweep])
def test_the_lines_that_are_copied_reproduce_the_number(asked: type, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = tmp_path / "v.npy"
    np.save(path, POINTS.astype(np.float32))
    key, labels = VectorsKey(str(path)), (POINTS[:, 0] > 0).astype(int)
    more: dict[type, dict[str, Any]] = {
        JudgeProjection: {"coordinates": POINTS[:, :2].astype(np.float32), "k": 10},
        Place: {"projection": FitProjection(key, seed=2)},
        Neighbours: {"rows": np.array([1, 5])},
        NeighbourLabels: {"labels": labels},
        Sweep: {"method": "fastumap", "ks": (5,), "sample": 40},
    }
    question, shelf = asked(key, **more.get(asked, {})), Shelf()
    if asked is Place:
        shelf.answer(question.projection)
    lines = reproduced(read(written(question), str), shelf.answer(question), None)
    exec(lines, {})
    assert capsys.readouterr().out.strip() == lines.rpartition("# ")[2]
