"""Probes of every layer on labels, each beside permuted labels, the untrained encoder and raw pixels; and how many labels they take."""

from __future__ import annotations

import contextlib
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
import torch
from jaxtyping import Float, Int

from workbench.core import progress
from workbench.core.errors import BadInput
from workbench.core.questions.features import Weights
from workbench.core.questions.probes import LabelColumns, ListColumns, ProbeLayers, ProbeResult, Score
from workbench.core.results import Provenance
from workbench.measures.bank import Bank
from workbench.measures.base import answers
from workbench.measures.extracting import Batch, Extractor
from workbench.measures.features.tokens import asked_weights, index_of, names_of, refuse_nan
from workbench.measures.health import probes
from workbench.measures.health.gathering import evenly, read_clips
from workbench.measures.known import known_of, labels_of
from workbench.measures.twins import untrained_or_none
from workbench.model.jepa import Jepa
from workbench.worlds.factors import ClipRow

_TOGETHER, _HELD_OUT, _PENALTY, _STEPS = 8, 4, 0.1, 10  # clips read at once; one of so many is scored; per label; numbers of labels
_BAND = (5, 95)  # per cent


@answers(ProbeLayers)
def probe(
    jepa: Jepa,
    clips: ClipRow | Bank,
    *,
    labels: Any = "label",
    weights: Weights = "",
    layer: int | None = None,
    draws: int = 50,
    limit: int = 2000,
    halves: int = 20,
    seed: int = 0,
) -> ProbeResult:
    """Linear and k-NN probes of every layer, and label efficiency. Arguments as of `ProbeLayers`.

    Raises:
        BadInput: no labels, labels of one class, fewer labels than classes, fewer than 16 clips, no such layer, or tokens that are NaN. PartUnavailable:
            no whole encoder.
    """
    if draws < 2 or halves < 2 or limit < 1:
        raise BadInput(f"draws={draws}, halves={halves}, limit={limit}", where="probe", fix="draws and halves 2 or more")
    which, at = asked_weights(jepa, weights), index_of(jepa, layer)
    data = clips.clips if isinstance(clips, Bank) else clips
    named, known = labels_of(data, labels)
    if known is None:
        raise BadInput(
            "the clips have no labels", where="labels", fix=f"name a column: {', '.join(known_of(data).columns) or 'these clips have none'}"
        )
    with progress.part(0, 2):
        found = _gathered(jepa, untrained_or_none(jepa, seed), data, evenly(range(len(data)), limit), which)
    wanted = _usable(known[found.index])
    numbers = wanted.dtype.kind == "f"
    linear, knn = list[Score](), list[Score]()
    with progress.part(1, 2):
        for k, own in enumerate(found.model):
            twin = found.twin[k] if found.twin else None
            linear.append(_score(probes.linear(own, wanted, twin, halves, seed)))
            knn.append(_score(probes.nearest(own, wanted, twin, seed)))
            progress.report(k + 1, len(found.model) + 1)
        pixels = _score(probes.linear(found.pixels, wanted, None, halves, seed)), _score(probes.nearest(found.pixels, wanted, None, seed))
        split = _Split.of(len(wanted), seed)
        sources = (found.model[at], found.twin[at] if found.twin else None, found.pixels)
        efficiency = np.stack([_efficiency(each, wanted, split, draws, seed) for each in sources])
    settings = {"labels": named, "weights": which, "layer": layer, "draws": draws}
    origin = Provenance("probe", jepa.card.name, dict(jepa.card.hashes), str(getattr(data, "path", "")), seed=seed, parameters=settings)
    kinds, each = np.unique(wanted, return_counts=True)
    names = known_of(data).names
    skipped = tuple((names[i], why) for i, why in sorted(found.skipped.items()))
    classes, chance = (0, 0.0) if numbers else (len(kinds), float(each.max() / each.sum()))
    kind = "numbers" if numbers else "labels"
    layers = names_of(jepa)
    return ProbeResult(
        named, kind, classes, chance, layers, tuple(linear), tuple(knn), *pixels, split.counts, efficiency, layers[at], len(wanted), skipped, origin
    )


@answers(ListColumns)
def label_columns(clips: ClipRow | Bank) -> LabelColumns:
    """The columns that are known of clips and can be probed."""
    data = clips.clips if isinstance(clips, Bank) else clips
    rows = list[tuple[str, str, int]]()
    for name, column in known_of(data).columns.items():
        with contextlib.suppress(BadInput):
            rows.append((name, "numbers" if _usable(column).dtype.kind == "f" else "labels", len(np.unique(column))))
    good = [row for row in rows if row[2] > 1]
    return LabelColumns(tuple(r[0] for r in good), tuple(r[1] for r in good), tuple(r[2] for r in good), len(data))


def _usable(labels: np.ndarray) -> np.ndarray:
    """Labels that a probe can be fitted on.

    Raises:
        BadInput: one class, or fewer than two clips a class.
    """
    if labels.dtype.kind == "f":
        if not np.isfinite(labels).all():
            raise BadInput(
                f"{int((~np.isfinite(labels)).sum())} of {len(labels)} numbers are not finite", where="labels", fix="leave these clips out"
            )
        return labels
    classes = len(np.unique(labels))
    if classes < 2:
        raise BadInput(f"all {len(labels)} clips have the same label", where="labels", fix="give clips of two classes or more")
    if len(labels) < 2 * classes:
        what = f"{len(labels)} clips of {classes} classes: fewer than two a class"
        raise BadInput(what, where="labels", fix="give more clips, or numbers as floats: they are then read as such")
    return labels


def _score(found: probes.Probed) -> Score:
    return Score(found.score, found.control, found.untrained, found.n)


@dataclass(frozen=True, eq=False)
class _Gathered:
    """Vectors of clips: of each layer of the model and of the untrained one (empty where there is none), and of raw pixels. index: in the data. skipped: index -> why not."""

    model: list[Float[np.ndarray, "clips _"]]
    twin: list[Float[np.ndarray, "clips _"]]
    pixels: Float[np.ndarray, "clips _"]
    index: list[int]
    skipped: dict[int, str]


def _gathered(jepa: Jepa, twin: Jepa | None, data: ClipRow, chosen: list[int], weights: str) -> _Gathered:
    extractor = Extractor(jepa, "clip", None, "mean", "pixels", 0)
    rows: dict[str, list[list[np.ndarray]]] = {"model": [], "twin": [], "pixels": []}
    index, skipped = list[int](), dict[int, str]()
    for start in range(0, len(chosen), _TOGETHER):
        clips = list(read_clips(data, chosen[start : start + _TOGETHER], skipped))
        batches, refused = extractor.prepare(clips) if clips else ([], {})
        skipped.update(refused)
        for batch in batches:
            rows["model"].append(_pooled(jepa, batch, weights))
            rows["twin"].append([] if twin is None else _pooled(twin, batch, weights))
            rows["pixels"].append([np.concatenate([one.values for one in extractor.embed(batch)]).astype(np.float64)])
            index += batch.index
        progress.report(min(start + _TOGETHER, len(chosen)), len(chosen))
    if not index:
        raise BadInput(
            f"no clip can be used: {next(iter(skipped.values()), 'there are none')}", where=str(getattr(data, "path", "")), fix="give others"
        )
    order = np.argsort(index)
    whole = {name: [np.concatenate(parts)[order] for parts in zip(*batches, strict=True)] for name, batches in rows.items()}
    return _Gathered(whole["model"], whole["twin"], whole["pixels"][0], [index[i] for i in order], skipped)


def _pooled(jepa: Jepa, batch: Batch, weights: str) -> list[Float[np.ndarray, "clips _"]]:
    with torch.inference_mode():
        found = [latents.tokens.float().cpu() for latents in jepa.encoder.layered(batch.video, weights=weights)]
    refuse_nan(found, names_of(jepa))
    return [tokens.flatten(1, 3).double().mean(1).numpy() for tokens in found]


@dataclass(frozen=True, eq=False)
class _Split:
    """Clips whose labels may be known, clips that are scored, and how many labels are drawn."""

    known: Int[np.ndarray, "known"]
    asked: Int[np.ndarray, "asked"]
    counts: Int[np.ndarray, "counts"]

    @classmethod
    def of(cls, clips: int, seed: int) -> _Split:
        order = np.random.default_rng(seed).permutation(clips)
        asked, known = order[: clips // _HELD_OUT], order[clips // _HELD_OUT :]
        counts = np.unique(np.round(np.geomspace(1, len(known), _STEPS)).astype(np.int64))
        return cls(known, asked, counts)


def _efficiency(
    vectors: Float[np.ndarray, "clips dim"] | None, labels: np.ndarray, split: _Split, draws: int, seed: int
) -> Float[np.ndarray, "counts 3"]:
    """Score by number of labels: its mean over draws, and the band of draws whose scored clips are resampled."""
    if vectors is None:
        return np.full((len(split.counts), 3), np.nan)
    spread = vectors[split.known].std(0)
    scaled = (vectors - vectors[split.known].mean(0)) / np.where(spread > 1e-9, spread, 1)
    numbers = labels.dtype.kind == "f"
    wanted = labels[:, None].astype(np.float64) if numbers else (labels[:, None] == np.unique(labels)).astype(np.float64)
    score: Callable[[np.ndarray, np.ndarray], float] = probes.explained if numbers else probes.right
    rng, found = np.random.default_rng([seed, 2]), list[tuple[float, float, float]]()
    true = wanted[split.asked]
    for count in split.counts:
        plain, resampled = list[float](), list[float]()
        for _ in range(draws):
            some = rng.choice(split.known, count, replace=False)
            said = ridge(scaled[some], wanted[some], scaled[split.asked], _PENALTY)
            again = rng.integers(len(true), size=len(true))
            plain.append(score(said, true))
            resampled.append(score(said[again], true[again]))
        low, high = np.percentile(resampled, _BAND)
        found.append((float(np.mean(plain)), float(low), float(high)))
        progress.report(0, 0)
    return np.array(found)


def ridge(
    known: Float[np.ndarray, "known dim"], wanted: Float[np.ndarray, "known values"], asked: Float[np.ndarray, "asked dim"], penalty: float
) -> Float[np.ndarray, "asked values"]:
    """What a ridge regression with an intercept says of `asked`. penalty: of the squared weights, a row of `known`."""
    centre, mean = known.mean(0), wanted.mean(0)
    z = known - centre
    gram = z @ z.T + penalty * len(z) * np.eye(len(z))
    return (asked - centre) @ (z.T @ np.linalg.solve(gram, wanted - mean)) + mean
