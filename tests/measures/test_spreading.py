"""On several processes the vectors are the same, also when one of them is killed."""

from __future__ import annotations

import os
import signal
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

import workbench as jw
from workbench.core.errors import BadInput
from workbench.core.progress import listening
from workbench.families import toy

CHECKPOINT = Path(__file__).parents[2] / "sample_data" / "digits" / "jepa-latest.pth.tar"


@pytest.mark.long
@pytest.mark.skipif(os.name == "nt", reason="there is no SIGKILL")
def test_two_workers_of_which_one_is_killed_give_the_same_vectors(tmp_path: Path) -> None:
    from distributed import LocalCluster

    rng, folder = np.random.default_rng(0), tmp_path / "in"
    folder.mkdir()
    for i in range(640):
        Image.fromarray(rng.integers(0, 256, (32, 32), dtype=np.uint8)).save(folder / f"{i}.png")
    (folder / "broken.png").write_bytes(b"nothing")
    alone = jw.embed(CHECKPOINT, folder, store=tmp_path / "alone")
    killed = list[int]()
    with LocalCluster(n_workers=2, threads_per_worker=1, dashboard_address=None, processes=True) as cluster:

        def kill(done: int, total: int) -> None:
            if done and not killed:
                killed.append(next(iter(cluster.workers.values())).pid)
                os.kill(killed[0], signal.SIGKILL)

        with listening(kill):
            both = jw.embed(CHECKPOINT, folder, store=tmp_path / "both", cluster=cluster)
        assert killed
        assert killed[0] not in [nanny.pid for nanny in cluster.workers.values()]
    assert (both.digest, both.rows, both.skipped, both.computed) == (alone.digest, 640, alone.skipped, 641)
    np.testing.assert_allclose(jw.open_vectors(both.path).values, jw.open_vectors(alone.path).values, atol=1e-5)
    assert jw.embed(CHECKPOINT, folder, store=tmp_path / "both").computed == 0


def test_what_came_from_no_file_cannot_be_given_to_a_cluster() -> None:
    with pytest.raises(BadInput, match="a model that is open already"):
        jw.embed(toy.build(seed=3), [], cluster=2)
    with pytest.raises(BadInput, match="clips that came from no file"):
        jw.embed(CHECKPOINT, [], cluster=2)
