"""Embed many clips and keep the vectors: streamed from disk, chunk by chunk, so that what is done stays done."""

from __future__ import annotations

import hashlib
import json
import time
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from jaxtyping import Float32, Int32

from workbench.core import progress
from workbench.core.card import FolderKey, ModelKey
from workbench.core.clip import Clip
from workbench.core.errors import BadInput, MissingExtra
from workbench.core.questions.embedding import Embed, Embedding, Level, Pool, Source
from workbench.core.results import Provenance
from workbench.data.ahead import ahead
from workbench.measures.base import answers
from workbench.measures.extracting import Batch, Extractor, Found
from workbench.measures.known import known_of, stamped
from workbench.model.jepa import Jepa
from workbench.store.embeddings import PLACES, SUFFIX, Entry, Plan, is_embedding, writing
from workbench.store.places import store_folder
from workbench.worlds.factors import ClipRow

_TASK, _CHUNK = 128, 32 << 20  # clips a task at most, and bytes of its vectors
Spread = Callable[[Entry, Extractor, "list[int]"], None]


@answers(Embed)
def embed(
    jepa: Jepa,
    data: ClipRow,
    *,
    what: Level = "clip",
    layer: int | None = None,
    pool: Pool = "mean",
    source: Source = "model",
    seed: int = 0,
    out: str | Path | None = None,
    store: str | Path | None = None,
    spread: Spread | None = None,
) -> Embedding:
    """Embed all clips and keep the vectors on disk. Asked again, it goes on where it stopped; what is complete is not computed again.

    Args:
        data: clips, of which one at a time is read. what, layer, pool, source, seed: see `Embed`.
        out: folder of this embedding; None: in the store, under its digest. store: folder of the store; see `store_folder`.
        spread: computes the tasks that are missing, in place of this process.

    Raises:
        BadInput: no clip can be read, no such layer, another process writes this embedding, or the disk refuses. PartUnavailable: no whole encoder.
        MissingExtra: zarr is not installed. Cancelled: a listener wanted no more; finished parts stay.
    """
    began = time.perf_counter()
    extractor = Extractor(jepa, what, layer, pool, source, seed)
    plan = planned(jepa, data, extractor, seed)
    place = Path(out) if out is not None else store_folder(store) / "embeddings" / f"{plan.key}{SUFFIX}"
    done = 0
    if not (is_embedding(place) and (there := Entry(place)).complete and there.plan.key == plan.key):
        with writing(place, plan, known_of(data)) as entry:
            if not entry.complete:
                missing = sorted(set(range(plan.tasks)) - set(entry.finished()))
                done = sum(len(entry.plan.of(task)) for task in missing)
                if spread is None:
                    compute(entry, extractor, data, missing)
                else:
                    spread(entry, extractor, missing)
                entry.finish()
    return _answer(Entry(place), jepa, done, time.perf_counter() - began, seed)


def planned(jepa: Jepa, data: ClipRow, extractor: Extractor, seed: int = 0) -> Plan:
    """What will be written. The first clip that can be read is embedded for it, which tells the sizes and shows that all settings can be used.

    Raises:
        BadInput: no clip can be read.
    """
    first, together = _first(data, extractor)
    rows, dim = first.values.shape
    each = max(1, min(_TASK, _CHUNK // (rows * dim * 4)))
    sampling = {k: v for k, v in getattr(data, "sampling", {}).items() if v is not None}
    place = str(Path(path).resolve()) if (path := getattr(data, "path", "")) else ""
    question = Embed(ModelKey(""), FolderKey(place, **sampling), extractor.what, extractor.layer, extractor.pool, extractor.source, seed)
    settings = {"what": extractor.what, "layer": extractor.layer, "pool": extractor.pool, "source": extractor.source, "seed": seed}
    hashes = {extractor.part: jepa.card.hashes.get(jepa.report.serving(extractor.part).name, "")}
    said = {
        "question": question.digest,
        "hashes": hashes,
        "model": [jepa.card.family, jepa.card.preprocessing, *sorted((f.name, str(f.value)) for f in jepa.report.facts)],
        "data": stamped(data),
        "sizes": [dim, each, together],
    }
    key = hashlib.blake2b(json.dumps(said, sort_keys=True).encode(), digest_size=16).hexdigest()
    return Plan(key, extractor.what, dim, len(data), each, together, jepa.card.name, question.digest, hashes, settings, place)


def compute(entry: Entry, extractor: Extractor, data: ClipRow, tasks: Sequence[int]) -> None:
    """Embed the clips of some tasks and write a part for each. Clips are read and prepared in a thread of their own meanwhile.

    Raises:
        BadInput: the disk refuses. Cancelled: a listener wanted no more; parts that are finished stay.
    """
    plan, found, skipped = entry.plan, dict[int, Found](), dict[int, str]()
    done = plan.clips - sum(len(plan.of(task)) for task in tasks)
    progress.report(done, plan.clips)
    with closing(ahead(_read(data, extractor, plan, tasks))) as read:
        for work in read:
            for batch in work.batches:
                found |= zip(batch.index, extractor.embed(batch), strict=True)
            skipped |= work.skipped
            if work.last:
                entry.write(work.task, *_together(found, plan.dim), skipped)
                found, skipped = {}, {}
            done += work.clips
            progress.report(done, plan.clips)


@dataclass(frozen=True, eq=False)
class _Work:
    """Clips that were read and prepared together.

    Args:
        task: that they belong to. skipped: index -> why a clip could not be read. clips: how many, with these. last: of its task.
    """

    task: int
    batches: list[Batch]
    skipped: dict[int, str]
    clips: int
    last: bool


def _read(data: ClipRow, extractor: Extractor, plan: Plan, tasks: Iterable[int]) -> Iterator[_Work]:
    """The clips of the tasks. The same clips always share a batch, so that a task that is done again gives the same bits."""
    for task in tasks:
        of = plan.of(task)
        for start in range(of.start, of.stop, plan.together):
            chosen = range(start, min(of.stop, start + plan.together))
            clips, skipped = list[tuple[int, Clip]](), dict[int, str]()
            for index in chosen:
                clip = _clip(data, index)
                if isinstance(clip, str):
                    skipped[index] = clip
                else:
                    clips.append((index, clip))
            batches, refused = extractor.prepare(clips) if clips else ([], {})
            yield _Work(task, batches, {**skipped, **refused}, len(chosen), chosen.stop == of.stop)


def _clip(data: ClipRow, index: int) -> Clip | str:
    """A clip, or why it cannot be read."""
    try:
        return data[index]
    except (BadInput, MissingExtra) as error:
        return error.what


def _first(data: ClipRow, extractor: Extractor) -> tuple[Found, int]:
    """The vectors of the first clip that can be read, and how many clips like it are encoded together."""
    why = list[str]()
    for index in range(len(data)):
        clip = _clip(data, index)
        if isinstance(clip, Clip):
            batches, refused = extractor.prepare([(index, clip)])
            if batches:
                return extractor.embed(batches[0])[0], extractor.size(batches[0])
            clip = refused[index]
        why.append(clip)
    what = f"none of {len(data)} clips can be read: {why[0]}" if why else "there are no clips"
    raise BadInput(what, where=getattr(data, "path", ""), fix="give images, videos, a folder of them, or a bank of clips")


def _together(found: Mapping[int, Found], dim: int) -> tuple[Float32[np.ndarray, "rows dim"], Int32[np.ndarray, "rows 5"]]:
    """The vectors of a task and the place of each, in the order of the clips."""
    if not found:
        return np.empty((0, dim), np.float32), np.empty((0, len(PLACES)), np.int32)
    order = sorted(found)
    clip = np.concatenate([np.full(len(found[i].values), i, np.int32) for i in order])
    places = np.concatenate([found[i].places for i in order])
    return np.concatenate([found[i].values for i in order]), np.column_stack([clip, places])


def _answer(entry: Entry, jepa: Jepa, done: int, seconds: float, seed: int) -> Embedding:
    rows, skipped = entry.manifest()
    plan, table = entry.plan, entry.clips()
    origin = Provenance("embed", jepa.card.name, dict(plan.hashes), plan.data, seed=seed, parameters=dict(plan.settings))
    columns = (*table.columns, *table.tracks)
    return Embedding(str(entry.path), plan.key, sum(rows), plan.dim, plan.clips, columns, skipped, done, seconds, origin)
