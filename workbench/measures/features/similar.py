"""How similar one token is to all others: in its frame, across the film, and in other clips, beside the untrained encoder and raw pixels."""

from __future__ import annotations

import numpy as np
from jaxtyping import Float, UInt8
from torch import Tensor

from workbench.core.clip import Clip
from workbench.core.errors import BadInput
from workbench.core.questions.features import Similarity, SimilarityResult, Weights
from workbench.core.results import Provenance
from workbench.measures.attempts import pixel_tokens
from workbench.measures.bank import Bank
from workbench.measures.base import answers, one_thread
from workbench.measures.features.tokens import asked_weights, fitting, index_of, names_of, numbered, of_bank, of_clip, others
from workbench.measures.retrieval import cut
from workbench.measures.twins import untrained_or_none
from workbench.model.jepa import Jepa

_USUAL = 0.99
_TINY = 1e-12


@answers(Similarity)
def similarity(
    jepa: Jepa,
    clip: Clip,
    token: int,
    *,
    layer: int | None = None,
    bank: Bank | None = None,
    weights: Weights = "",
    centred: bool = False,
    other: int | None = None,
    count: int = 12,
    clips: int = 32,
    seed: int = 0,
) -> SimilarityResult:
    """Cosine similarity of one token with all tokens of its clip and of other clips. Arguments as of `Similarity`.

    Raises:
        BadInput: no such token or layer, tokens that are NaN, or a bank on another grid. PartUnavailable: no whole encoder. OutOfMemory: they do not fit.
    """
    which, at, prepared = asked_weights(jepa, weights), index_of(jepa, layer), jepa.encoder.prepare([clip])
    grid = prepared.grid
    if count < 0:
        raise BadInput(f"{count} nearest tokens", where="count", fix="0 or more")
    place = grid.position(token)
    own, twin, pixels = of_clip(jepa, prepared, which), untrained_or_none(jepa, seed), pixel_tokens(prepared)
    blind = None if twin is None else of_clip(twin, prepared, which)[at]
    chosen, layers = ([], []) if bank is None else of_bank(jepa, bank, which, clips)
    theirs = None if bank is None or other is None else of_clip(jepa, jepa.encoder.prepare([bank.clips[numbered(bank, other)]]), which)
    nothing = np.full(grid.shape, np.nan)
    found: dict[str, np.ndarray] = {"nearest": np.empty((0, 4), np.int64), "cosines": np.empty(0), "position": nothing}
    patches, usual, mean, beside = np.empty((0, *grid.patch, 3), np.uint8), float("nan"), None, np.empty((0, 0, 0))
    with one_thread():
        if bank is not None:
            fitting(layers, own, bank)
            kept = others(bank, chosen, clip)
            mean = layers[at][kept].mean(0)
            found["position"] = _map(mean, token, mean.mean((0, 1, 2)) if centred else None)
            units = _unit_rows(layers[at], mean if centred else None)[kept].flatten(0, 3)
            query = _unit_rows(own[at][0], mean if centred else None).flatten(0, 2)[token]
            cosines = units @ query
            best = cosines.topk(min(count, len(cosines)))
            places = [(chosen[kept[i // grid.tokens]], *grid.position(i % grid.tokens)) for i in best.indices.tolist()]
            found["nearest"], found["cosines"] = np.array(places, np.int64).reshape(-1, 4), best.values.double().numpy()
            usual = float(np.quantile(cosines.numpy(), _USUAL))
            patches = _patches(jepa, bank, places, grid.shape)
            if theirs is not None:
                fitting(theirs, own, bank)
                beside = (_unit_rows(theirs[at][0], mean if centred else None) @ query).double().clamp(-1, 1).numpy()
        maps = {
            "map": _map(own[at][0], token, (own[at][0].mean((0, 1, 2)) if mean is None else mean) if centred else None),
            "untrained": nothing if blind is None else _map(blind[0], token, blind[0].mean((0, 1, 2)) if centred else None),
            "pixels": _map(pixels[0], token, pixels[0].mean((0, 1, 2)) if centred else None),
        }
    by = {"by_distance": by_distance(maps["map"], place), "untrained_by_distance": by_distance(maps["untrained"], place)}
    settings = {"layer": layer, "token": token, "centred": centred, "other": other, "weights": which}
    origin = Provenance("similarity", jepa.card.name, dict(jepa.card.hashes), f"{clip.digest} {clip.source}", seed=seed, parameters=settings)
    return SimilarityResult(names_of(jepa)[at], place, **maps, **by, **found, patches=patches, usual=usual, beside=beside, provenance=origin)


def _unit_rows(tokens: Tensor, mean: Tensor | None) -> Tensor:
    rest = tokens if mean is None else tokens - mean
    return rest / rest.norm(dim=-1, keepdim=True).clamp_min(_TINY)


def _map(tokens: Float[Tensor, "ticks rows cols dim"], token: int, mean: Tensor | None) -> Float[np.ndarray, "ticks rows cols"]:
    """Cosine of one token with all, in double precision; 0 with a token of length zero."""
    units = _unit_rows(tokens.double(), None if mean is None else mean.double())
    return (units @ units.flatten(0, 2)[token]).clamp(-1, 1).numpy()


def by_distance(values: Float[np.ndarray, "ticks rows cols"], place: tuple[int, int, int]) -> Float[np.ndarray, "distances"]:
    """Mean of the values at each whole distance from a token, within its time step; NaN at distances that no token has."""
    tick, row, col = place
    rows, cols = np.indices(values.shape[1:])
    away = np.round(np.hypot(rows - row, cols - col)).astype(int).ravel()
    counts = np.bincount(away)
    with np.errstate(invalid="ignore"):
        return np.bincount(away, values[tick].ravel()) / np.where(counts, counts, np.nan)


def _patches(
    jepa: Jepa, bank: Bank, places: list[tuple[int, int, int, int]], shape: tuple[int, int, int]
) -> UInt8[np.ndarray, "found height width 3"]:
    """The pixels of some tokens of the bank, of the first frame of their time step."""
    found, seen = list[np.ndarray](), dict[int, Tensor]()
    for clip, *place in places:
        if clip not in seen:
            seen[clip] = cut(jepa.encoder.prepare([bank.clips[clip]]).shown, shape)[0]
        found.append(seen[clip][int(np.ravel_multi_index(place, shape)), 0].numpy())
    return np.stack(found) if found else np.empty((0, 1, 1, 3), np.uint8)
