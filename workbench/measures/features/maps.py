"""Maps of the features of a clip: principal components and norms of every layer, and their baselines."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor

from workbench.core import progress
from workbench.core.clip import Clip
from workbench.core.errors import BadInput, PartUnavailable
from workbench.core.questions.features import FeatureMaps, Features, Shown, Weights, shuffled_places
from workbench.core.results import Provenance
from workbench.measures.attempts import pixel_tokens
from workbench.measures.bank import Bank
from workbench.measures.bank import neighbours as next_clips
from workbench.measures.base import answers
from workbench.measures.features import components
from workbench.measures.features.tokens import Layers, asked_weights, fitting, flat, names_of, numbered, of_bank, of_clip, others
from workbench.measures.twins import twin_of
from workbench.model.jepa import Jepa
from workbench.model.spec import Prepared

_SOURCES = ("model", "untrained", "other", "position", "pixels", "shuffled")
_FITTED = 20_000  # tokens that a basis is fitted on at most


@answers(Features)
def features(
    jepa: Jepa,
    clip: Clip,
    *,
    bank: Bank | None = None,
    weights: Weights = "",
    source: Shown = "model",
    other: int | None = None,
    basis: str = "clip",
    centred: bool = False,
    robust: bool = False,
    foreground: bool = False,
    clips: int = 32,
    seed: int = 0,
) -> FeatureMaps:
    """Principal components and norms of the tokens of a clip, of every layer. Arguments as of `Features`.

    Raises:
        BadInput: an unknown setting, a clip of one token, tokens that are NaN, or a bank on another grid. PartUnavailable: no whole encoder, or a bank is
            needed. OutOfMemory: all layers do not fit.
    """
    if source not in _SOURCES or basis not in ("clip", "bank"):
        raise BadInput(f"source={source!r}, basis={basis!r}", where="features", fix=f"source is one of {', '.join(_SOURCES)}; basis is clip or bank")
    if bank is None and (basis == "bank" or centred or source in ("other", "position")):
        raise PartUnavailable(
            "the mean at each position, another clip and a basis of the bank need a bank", where="bank", fix="open a folder of clips"
        )
    which, prepared = asked_weights(jepa, weights), jepa.encoder.prepare([clip])
    model = twin_of(jepa, seed) if source == "untrained" else jepa
    names = ("pixels",) if source == "pixels" else names_of(jepa)
    needed = bank if basis == "bank" or centred or source == "position" else None
    whole = _Tokens.of(model, clip, prepared, which, needed, clips, pixels=source == "pixels")
    stranger = _stranger(jepa, clip, bank, other) if source == "other" and bank is not None else None
    shown = _shown(jepa, which, whole, source, bank, stranger, seed)
    made = list[_Map]()
    for k in range(len(names)):
        made.append(_map(whole, k, shown[k], basis, centred, robust, foreground))
        progress.report(k + 1, len(names))
    said = f"{len(whole.rest)} clips of {bank.name}" if basis == "bank" and bank is not None else "this clip"
    settings = {"source": source, "other": other, "basis": basis, "centred": centred, "robust": robust, "foreground": foreground, "weights": which}
    origin = Provenance("features", jepa.card.name, dict(jepa.card.hashes), f"{clip.digest} {clip.source}", seed=seed, parameters=settings)
    stacked = {name: np.stack([getattr(m, name) for m in made]) for name in ("colours", "scores", "explained", "norms", "outliers", "foreground")}
    number, pixels = (-1, np.empty((0, 0, 0, 3), np.uint8)) if stranger is None else (stranger[0], stranger[1].shown[0].numpy())
    return FeatureMaps(layers=names, **stacked, fitted=said, tokens=made[-1].tokens, other=number, pixels=pixels, provenance=origin)


@dataclass(frozen=True, eq=False)
class _Tokens:
    """own: layers of the clip, [1, ticks, rows, cols, dim]. rest: which clips of the bank were taken. every: their layers. mean: at each position; None
    where no bank was needed."""

    own: Layers
    rest: list[int]
    every: Layers
    mean: Layers | None

    @classmethod
    def of(cls, jepa: Jepa, clip: Clip, prepared: Prepared, weights: str, bank: Bank | None, clips: int, *, pixels: bool) -> _Tokens:
        own = [pixel_tokens(prepared)] if pixels else of_clip(jepa, prepared, weights)
        if bank is None:
            return cls(own, [], [], None)
        if pixels:
            chosen = list(range(0, len(bank), max(1, len(bank) // max(clips, 1))))[:clips]
            found = [torch.cat([pixel_tokens(jepa.encoder.prepare([bank.clips[i]])) for i in chosen])]
        else:
            chosen, found = of_bank(jepa, bank, weights, clips)
        fitting(found, own, bank)
        kept = others(bank, chosen, clip)
        every = [layer[kept] for layer in found]
        return cls(own, [chosen[k] for k in kept], every, [layer.mean(0, keepdim=True) for layer in every])


@dataclass(frozen=True, eq=False)
class _Map:
    """One layer of `FeatureMaps`."""

    colours: np.ndarray
    scores: np.ndarray
    explained: np.ndarray
    norms: np.ndarray
    outliers: np.ndarray
    foreground: np.ndarray
    tokens: int


def _map(whole: _Tokens, k: int, shown: Tensor, basis: str, centred: bool, robust: bool, foreground: bool) -> _Map:
    centre = whole.mean[k] if centred and whole.mean is not None else torch.zeros(1)
    on = whole.every[k] if basis == "bank" else whole.own[k]
    norms, lengths = (each.norm(dim=-1).numpy().astype(np.float64) for each in (shown[0], on))
    far = components.outlying(lengths)
    far_here = components.outlying(norms)
    points = flat(on - centre)
    if robust:
        points = points[~far.ravel()]
    points = points[:: -(-len(points) // _FITTED)]
    found = components.fit(points)
    tokens = (shown - centre)[0].double().numpy()
    scores = found.scores(tokens)
    inside = np.ones(norms.shape, bool)
    if foreground:
        inside = components.foreground(scores[..., 0])
        found = components.fit(tokens[inside]) if inside.sum() > 1 else found
        scores = np.where(inside[..., None], found.scores(tokens), np.nan)
    return _Map(found.colours(scores), scores.astype(np.float32), found.explained, norms, far_here, inside, len(points))


def _stranger(jepa: Jepa, clip: Clip, bank: Bank, other: int | None) -> tuple[int, Prepared]:
    """Another clip of the bank: its number, and what the encoder is given of it."""
    found = next_clips(bank.clips, clip, 1) if other is None else [bank.clips[numbered(bank, other)]]
    if not found:
        raise PartUnavailable("every clip of the bank is this clip", where=bank.name, fix="open a folder with other clips")
    return next(k for k, each in enumerate(bank.clips) if each is found[0]), jepa.encoder.prepare(found)


def _shown(jepa: Jepa, weights: str, whole: _Tokens, source: str, bank: Bank | None, stranger: tuple[int, Prepared] | None, seed: int) -> Layers:
    """The tokens that are drawn, in the basis of the clip's own."""
    own = whole.own
    if source == "position":
        return [layer.expand_as(mine) for layer, mine in zip(whole.mean or [], own, strict=True)]
    if stranger is not None and bank is not None:
        found = of_clip(jepa, stranger[1], weights)
        fitting(found, own, bank)
        return found
    if source == "shuffled":
        order = torch.from_numpy(shuffled_places(own[0][0, ..., 0].numel(), seed))
        return [layer.flatten(1, 3)[:, order].unflatten(1, layer.shape[1:4]) for layer in own]
    return own
