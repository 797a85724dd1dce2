"""Maps run in the heavy lane, beside the model lane; what was fitted stays there, and takes new points."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from workbench.core.card import VectorsKey
from workbench.core.errors import BadInput, PartUnavailable
from workbench.core.questions.neighbours import Neighbours
from workbench.core.questions.projection import FitProjection, JudgeProjection, Place, Projection
from workbench.jobs import WorkerJobs
from workbench.thread_jobs import ThreadJobs

POINTS = np.random.default_rng(0).normal(size=(150, 8))


@pytest.fixture
def key(tmp_path: Path) -> VectorsKey:
    np.save(tmp_path / "v.npy", POINTS)
    return VectorsKey(str(tmp_path / "v.npy"))


@pytest.mark.slow
def test_a_map_is_made_in_a_process_of_its_own_and_that_takes_new_points(processes: WorkerJobs, key: VectorsKey, ask: Any) -> None:
    found = ask(processes, Projection, vectors=key, seed=4).wait()
    assert found.trustworthiness > found.shuffled.trustworthiness - 0.2
    pids = processes.pids()
    assert os.getpriority(os.PRIO_PROCESS, pids["heavy"]) == 10
    fit = FitProjection(key, seed=4)
    drawn = ask(processes, FitProjection, **fit.fields()).wait()
    np.testing.assert_array_equal(drawn.coordinates, found.coordinates)
    placed = ask(processes, Place, projection=fit, vectors=POINTS[:3]).wait()
    np.testing.assert_allclose(placed, found.coordinates[:3], atol=1e-5)
    told = ask(processes, JudgeProjection, vectors=key, coordinates=drawn.coordinates, seed=4).wait()
    assert told.trustworthiness == found.trustworthiness
    assert processes.pids()["heavy"] == pids["heavy"]


@pytest.mark.slow
def test_a_map_is_not_made_again_until_the_file_is_written_again(thread: ThreadJobs, key: VectorsKey, ask: Any) -> None:
    first = ask(thread, Projection, vectors=key).wait()
    assert ask(thread, Projection, vectors=key).wait() is first
    fit = ask(thread, FitProjection, vectors=key).wait()
    assert ask(thread, FitProjection, vectors=key).wait() is fit
    np.save(key.path, POINTS[::-1] * 2)
    again = ask(thread, Projection, vectors=key).wait()
    assert again is not first
    assert again.vectors != first.vectors


@pytest.mark.slow
def test_what_cannot_be_projected_is_said_by_the_worker(thread: ThreadJobs, key: VectorsKey, ask: Any) -> None:
    with pytest.raises(PartUnavailable, match="was not done yet"):
        ask(thread, Place, projection=FitProjection(key, seed=99), vectors=POINTS).wait()
    with pytest.raises(BadInput, match="too few for 149"):
        ask(thread, FitProjection, vectors=POINTS, k=149).wait()
    near = ask(thread, Neighbours, vectors=key, rows=np.array([0]), k=3).wait()
    assert near.ids.shape == (1, 3)
