"""Embedding on several processes or machines with Dask. Every worker process loads the model once and writes its own parts.

Dask sends pickled objects between its processes: use it on a trusted network, or with TLS. Nothing here is reached from a browser.
"""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import torch

from workbench.core import progress
from workbench.core.card import FolderKey, ModelKey
from workbench.core.errors import BadInput, MissingExtra, WorkbenchError, WorkerDied
from workbench.core.questions.embedding import Embed
from workbench.data import Clips, open_clips
from workbench.families.load import load
from workbench.measures.embedding import Spread, compute
from workbench.measures.extracting import Extractor
from workbench.model.jepa import Jepa
from workbench.store.embeddings import Entry

_AT_ONCE = 4  # tasks a worker process that are handed out, so that none waits for the next
_RETRIES = 3
_mine: dict[str, tuple[Jepa, Extractor, Clips]] = {}  # of this worker process, by the digest of the question
_opening = threading.Lock()


def over(cluster: Any, question: Embed) -> Spread:
    """What `embed` takes to compute on a cluster.

    Args:
        cluster: a number of processes on this machine, the address of a Dask scheduler, or a cluster object. question: with paths that every
            worker can read.
    """

    def spread(entry: Entry, extractor: Extractor, tasks: list[int]) -> None:
        with _client(cluster) as client:
            _hand_out(client, entry, question, tasks)

    return spread


@contextmanager
def _client(cluster: Any) -> Iterator[Any]:
    """A client of the cluster; one that is started here also ends here.

    Raises:
        MissingExtra: distributed is not installed. BadInput: the scheduler does not answer, or a number below 1.
    """
    try:
        from distributed import Client, LocalCluster
    except ModuleNotFoundError as err:
        raise MissingExtra("a cluster needs distributed", where="cluster", fix='pip install "jepa-workbench[cluster]"') from err
    if isinstance(cluster, int):
        if cluster < 1:
            raise BadInput(f"{cluster} processes", where="cluster", fix="give at least 1")
        how: dict[str, Any] = {"n_workers": cluster, "threads_per_worker": 1, "dashboard_address": None, "processes": True}
        with LocalCluster(**how) as own, Client(own) as client:
            yield client
        return
    try:
        client = Client(cluster, timeout=30)
    except (OSError, ValueError) as err:
        raise BadInput(f"the scheduler does not answer: {err}", where=f"{cluster}", fix="check the address, as tcp://host:8786") from err
    with client:
        yield client


def _hand_out(client: Any, entry: Entry, question: Embed, tasks: list[int]) -> None:
    """Have every task computed. A task whose worker was lost is done again by another.

    Raises:
        WorkerDied: a task whose workers were lost several times. BadInput: what a worker refused. Cancelled: a listener wanted no more.
    """
    from distributed import as_completed
    from distributed.scheduler import KilledWorker

    plan, waiting = entry.plan, list(reversed(tasks))
    done = plan.clips - sum(len(plan.of(task)) for task in tasks)
    progress.report(done, plan.clips)

    def submit() -> Any:
        task = waiting.pop()
        key = f"embed-{plan.key}-{task}"
        return client.submit(compute_task, str(entry.path), question, task, key=key, pure=False, retries=_RETRIES)

    workers = max(1, sum(client.nthreads().values()))
    running = as_completed([submit() for _ in range(min(len(waiting), workers * _AT_ONCE))])
    try:
        for future in running:
            refused = future.result()
            if refused:
                raise BadInput(refused["what"], where=refused["where"], fix=refused["fix"])
            done += len(plan.of(int(future.key.rpartition("-")[2])))
            if waiting:
                running.add(submit())
            progress.report(done, plan.clips)
    except KilledWorker as err:
        raise WorkerDied(
            f"several workers ended at one task: {err}", where="cluster", fix="look at their memory; a smaller model or more memory"
        ) from err
    finally:
        client.cancel(list(running.futures))


def compute_task(path: str, question: Embed, task: int) -> dict[str, str]:
    """Compute one task on a worker, and write its part.

    Args:
        path: of the embedding.

    Returns:
        Nothing, or what, where and fix of an error: those of this program are not pickled.
    """
    try:
        entry = Entry(path)
        if task not in entry.finished():  # its worker may have been lost after it had written
            extractor, data = _opened(entry, question)
            compute(entry, extractor, data, [task])
    except WorkbenchError as error:
        return {"what": error.what, "where": error.where, "fix": error.fix}
    return {}


def _opened(entry: Entry, question: Embed) -> tuple[Extractor, Clips]:
    """The model and the clips of this worker process, opened once.

    Raises:
        BadInput: the weights or the clips are not those that the embedding was begun with.
    """
    with _opening:
        if question.digest not in _mine:
            torch.set_num_threads(1)
            _mine.clear()
            _mine[question.digest] = _open(question)
        jepa, extractor, data = _mine[question.digest]
    hashes = {extractor.part: jepa.card.hashes.get(jepa.report.serving(extractor.part).name, "")}
    if hashes != dict(entry.plan.hashes) or len(data) != entry.plan.clips:
        what = f"a worker finds other weights or clips: {len(data)} clips, {entry.plan.clips} were there"
        raise BadInput(what, where=question.model.path, fix="give paths that lead to the same files on every worker")
    return extractor, data


def _open(question: Embed) -> tuple[Jepa, Extractor, Clips]:
    jepa, data = _model(question.model), _clips(question.data)
    return jepa, Extractor(jepa, question.what, question.layer, question.pool, question.source, question.seed), data


def _model(key: ModelKey) -> Jepa:
    options: dict[str, Any] = dict(key.overrides)
    return load(key.path, family=key.family, device=key.device, dtype=key.dtype, **options)


def _clips(key: FolderKey) -> Clips:
    return open_clips(key.path, frames=key.frames, fps=key.fps, start=key.start, length=key.length)
