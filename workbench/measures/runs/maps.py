"""Maps of one checkpoint, turned onto a reference checkpoint, so that points move only when the representation does."""

from __future__ import annotations

from dataclasses import dataclass
from weakref import WeakKeyDictionary

import numpy as np
import torch
from jaxtyping import Float, UInt8

from workbench.core import progress
from workbench.core.clip import Clip
from workbench.core.errors import BadInput, Incomparable, WorkbenchError
from workbench.core.questions.runs import MapsOfRun, RunMaps
from workbench.core.results import PcaBasis, Provenance
from workbench.data.scaling import scaled_down
from workbench.measures.attempts import Problem
from workbench.measures.bank import Bank, teacher
from workbench.measures.base import answers
from workbench.measures.extracting import Extractor
from workbench.measures.health.gathering import drawn, evenly, sampler_of
from workbench.measures.known import known_of
from workbench.measures.reference import fit_basis
from workbench.measures.runs.keeping import by_content
from workbench.model.jepa import Jepa
from workbench.worlds.factors import ClipRow

_TOGETHER, _NUMBERS = 8, 8_000_000  # clips that are read together; numbers of tokens that are kept of a model
_SIDE, _KEPT_SIDE, _MOST_LABELS = 64, 256, 24


@dataclass(frozen=True, eq=False)
class _Series:
    """What one model makes of the clips: pooled vectors of all, and the tokens of the middle time step of some."""

    index: list[int]
    pooled: Float[np.ndarray, "clips dim"]
    tokens: Float[torch.Tensor, "some rows cols dim"]
    pictures: list[np.ndarray]
    shown: list[Clip]
    what: str


_known: WeakKeyDictionary[Jepa, tuple[object, _Series]] = WeakKeyDictionary()


@answers(MapsOfRun)
def run_maps(jepa: Jepa, clips: ClipRow | Bank, reference: Jepa, *, limit: int = 256, shown: int = 5, seed: int = 0) -> RunMaps:
    """Embedding map, token maps, masked predictions and spectrum of a checkpoint, turned onto a reference checkpoint.

    Args:
        clips: images or videos, as of `jw.open_clips`, or a bank. reference: another checkpoint of the same sizes, or this one. limit, shown, seed: see
            `MapsOfRun`.

    Raises:
        BadInput: fewer than 4 clips can be used. Incomparable: the checkpoints have other numbers of features or tokens. PartUnavailable: no whole encoder.
    """
    if limit < 4 or not 1 <= shown <= 24:
        raise BadInput(f"limit={limit}, shown={shown}", where="run_maps", fix="limit 4 or more, shown 1 to 24")
    data = clips.clips if isinstance(clips, Bank) else clips
    settings = {"limit": limit, "shown": shown, "seed": seed}
    return by_content(MapsOfRun, lambda: _maps(jepa, data, reference, **settings), data, jepa, reference, **settings)


def _maps(jepa: Jepa, data: ClipRow, reference: Jepa, limit: int, shown: int, seed: int) -> RunMaps:
    with progress.part(0, 2):
        other = _seen_before(reference, data, limit, shown)
    with progress.part(1, 2):
        mine = other if jepa.card.hashes == reference.card.hashes and jepa.card.hashes else _gather(jepa, data, limit, shown)
    if mine.pooled.shape[1] != other.pooled.shape[1] or mine.tokens.shape[1:] != other.tokens.shape[1:]:
        what = f"{mine.pooled.shape[1]} features, tokens {list(mine.tokens.shape[1:3])}; the reference has {other.pooled.shape[1]}, {list(other.tokens.shape[1:3])}"
        raise Incomparable(what, where=jepa.report.path, fix="choose a reference of the same training")
    both = [i for i in mine.index if i in set(other.index)]
    x, y = (s.pooled[[s.index.index(i) for i in both]] for s in (mine, other))
    x, y = x - x.mean(0), y - y.mean(0)
    turned, axes = x @ turn(x, y), np.linalg.svd(y, full_matrices=False)[2][:2]
    axes = axes * np.sign(axes[np.arange(len(axes)), np.abs(axes).argmax(1)])[:, None]
    unit = float((y @ axes[0]).std()) or 1.0
    points = _two(turned @ axes.T / unit)
    mixed = x[np.random.default_rng(seed).permutation(len(x))]
    names, codes, labels = _labels(data, both)
    colours, target, predicted, asked, context, why = _coloured(jepa, mine, other, seed)
    return RunMaps(
        names,
        np.array(both, np.int64),
        codes,
        labels,
        points,
        float(np.abs(_two(y @ axes.T / unit)).max()),
        explained(turned, y),
        explained(mixed @ turn(mixed, y), y),
        _spectrum(x),
        np.array(mine.index[: len(mine.shown)], np.int64),
        np.stack(mine.pictures),
        target,
        predicted,
        asked,
        context,
        float(colours.explained.sum()),
        mine.what,
        why,
        Provenance("run_maps", jepa.card.name, dict(jepa.card.hashes), str(getattr(data, "path", "")), seed=seed, parameters={"limit": limit}),
    )


def turn(x: Float[np.ndarray, "points dim"], y: Float[np.ndarray, "points dim"]) -> Float[np.ndarray, "dim dim"]:
    """The orthogonal matrix R for which ‖xR − y‖ is least (Procrustes). Both are centred."""
    left, _, right = np.linalg.svd(x.T @ y)
    return left @ right


def explained(turned: Float[np.ndarray, "points dim"], y: Float[np.ndarray, "points dim"]) -> float:
    """Share of the variance of y that a multiple of the turned points explains: the squared cosine of both as long vectors; 0 where one does not vary."""
    size = float((turned**2).sum() * (y**2).sum())
    return float((turned * y).sum()) ** 2 / size if size > 0 else 0.0


def _two(points: Float[np.ndarray, "points axes"]) -> np.ndarray:
    """Points on two axes, also where there is one feature."""
    return np.pad(points, ((0, 0), (0, 2 - points.shape[1]))).astype(np.float32)


def _spectrum(x: Float[np.ndarray, "points dim"]) -> np.ndarray:
    return (np.linalg.svd(x, compute_uv=False) / max(len(x) - 1, 1) ** 0.5).astype(np.float32)


def _seen_before(jepa: Jepa, data: ClipRow, limit: int, shown: int) -> _Series:
    """As `_gather`, remembered while the model lives: all checkpoints of a run have the same reference."""
    known = _known.get(jepa)
    if known is None or known[0] != (id(data), limit, shown):
        _known[jepa] = known = (id(data), limit, shown), _gather(jepa, data, limit, shown)
    return known[1]


def _gather(jepa: Jepa, data: ClipRow, limit: int, shown: int) -> _Series:
    extractor = Extractor(jepa, "clip", None, "mean", "model", 0)
    chosen = evenly(range(len(data)), limit)
    pictured = set(evenly(chosen, shown))
    chosen.sort(key=lambda i: i not in pictured)  # the pictured ones first; else in order
    found = _Series([], np.empty((0, 0)), torch.empty(0, 0, 0, 0), [], [], "")
    pooled, tokens, numbers, shape, what = list[np.ndarray](), list[torch.Tensor](), 0, None, "targets of the predictor"
    for start in range(0, len(chosen), _TOGETHER):
        clips = [(i, data[i]) for i in chosen[start : start + _TOGETHER]]
        for batch in extractor.prepare(clips)[0]:
            shape = shape or batch.grid.shape
            if batch.grid.shape != shape:
                continue
            with torch.inference_mode():
                own = jepa.encoder.encode(batch.video, weights=extractor.weights).tokens.float().cpu()
                pooled.append(own.flatten(1, 3).mean(1).double().numpy())
                if numbers < _NUMBERS:
                    try:
                        latents = teacher(jepa, batch.video).float()
                    except WorkbenchError:
                        latents, what = own, "tokens of the encoder"
                    tokens.append(latents[:, latents.shape[1] // 2])
                    numbers += tokens[-1].numel()
            found.index.extend(batch.index)
            whole = dict(clips)
            for i in batch.index:
                if i in pictured:
                    found.shown.append(scaled_down(whole[i], _KEPT_SIDE))
                    found.pictures.append(_picture(extractor, whole[i]))
        progress.report(min(start + _TOGETHER, len(chosen)), len(chosen))
    if len(found.index) < 4:
        raise BadInput(f"{len(found.index)} clips can be used", where=str(getattr(data, "path", "")), fix="give 4 or more")
    return _Series(found.index, np.concatenate(pooled), torch.cat(tokens), found.pictures, found.shown, what)


def _picture(extractor: Extractor, clip: Clip) -> UInt8[np.ndarray, "side side 3"]:
    """The middle frame as the model is shown it, on a square."""
    import cv2

    frames = extractor.encoder.prepare([clip]).shown[0].numpy()
    return np.ascontiguousarray(cv2.resize(frames[len(frames) // 2], (_SIDE, _SIDE), interpolation=cv2.INTER_AREA))


def _coloured(jepa: Jepa, mine: _Series, other: _Series, seed: int) -> tuple[PcaBasis, np.ndarray, np.ndarray, np.ndarray, np.ndarray, str]:
    """The basis, colours of targets and predictions of the pictured clips, where there is a prediction and a context, and why there is none."""
    count = min(len(mine.tokens), len(other.tokens))
    mean = mine.tokens.mean(0)
    x, y = ((s.tokens[:count] - s.tokens[:count].mean(0)).flatten(0, 2).double().numpy() for s in (mine, other))
    basis, turned = fit_basis(other.tokens[:, None], "", ""), torch.from_numpy(turn(x, y)).float()
    shown = len(mine.shown)

    def paint(tokens: torch.Tensor) -> np.ndarray:
        return basis.colours(((tokens - mean) @ turned).numpy()[None] + basis.mean)[0]

    target = np.stack([paint(tokens) for tokens in mine.tokens[:shown]])
    predicted, asked, context = np.full_like(target, 128), np.zeros(target.shape[:3], bool), np.zeros(target.shape[:3], bool)
    try:
        masked, draw = jepa.need_masked(), sampler_of(jepa)
        for k, clip in enumerate(mine.shown):
            shape = jepa.encoder.prepare([clip]).grid.shape
            problem = Problem.of(jepa, clip, drawn(draw, shape, seed, k, 0))
            with torch.inference_mode():
                said = masked.predict(problem.prepared.video, problem.context, torch.from_numpy(problem.mask.targets)[:, None])
            answer = torch.stack([each.tokens[0].float().cpu() for each in said]).nanmean(0)[shape[0] // 2]
            asked[k], context[k] = np.any(problem.mask.targets, axis=0)[shape[0] // 2], problem.mask.context[shape[0] // 2]
            predicted[k][asked[k]] = paint(answer.nan_to_num())[asked[k]]
    except WorkbenchError as error:
        return basis, target, predicted, np.zeros_like(asked), np.zeros_like(context), error.what
    return basis, target, predicted, asked, context, ""


def _labels(data: ClipRow, index: list[int]) -> tuple[np.ndarray, np.ndarray, tuple[str, ...]]:
    known = known_of(data)
    names = np.array([str(known.names[i]) for i in index])
    column = known.columns.get("label")
    if column is None:
        return names, np.full(len(index), -1, np.int64), ()
    texts = [str(column[i]) for i in index]
    labels = sorted(set(texts))
    if len(labels) > _MOST_LABELS:
        return names, np.full(len(index), -1, np.int64), ()
    return names, np.array([labels.index(text) for text in texts], np.int64), tuple(labels)
