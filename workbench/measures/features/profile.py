"""Numbers of every layer over a bank: how much is position, how many directions, and how similarity falls with distance, beside the untrained model."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
from jaxtyping import Float, Int
from torch import Tensor

from workbench.core import progress
from workbench.core.errors import BadInput
from workbench.core.questions.dimension import Estimate
from workbench.core.questions.features import LayerProfile, ProfileLayers, Weights
from workbench.core.results import FEWEST_CLIPS, Provenance
from workbench.measures.bank import Bank
from workbench.measures.base import answers
from workbench.measures.dimension import rank_me
from workbench.measures.features.tokens import asked_weights, gathered, names_of
from workbench.measures.halves import over_halves
from workbench.measures.health.formulas import position_share, spectrum
from workbench.measures.twins import untrained_or_none
from workbench.model.jepa import Jepa

_PLACES, _FILMS = 64, 16  # positions that the share is taken over; clips that similarities are taken of


@answers(ProfileLayers)
def layer_profile(jepa: Jepa, bank: Bank, *, weights: Weights = "", clips: int = 64, halves: int = 10, seed: int = 0) -> LayerProfile:
    """Position, rank, spectrum and similarity by distance of every layer, beside the untrained model. Arguments as of `ProfileLayers`.

    Raises:
        BadInput: fewer than 8 clips, clips of different lengths, or tokens that are NaN. PartUnavailable: no whole encoder. OutOfMemory: they do not fit.
    """
    if min(clips, len(bank)) < FEWEST_CLIPS:
        raise BadInput(f"{min(clips, len(bank))} clips", where="clips", fix=f"give a bank of {FEWEST_CLIPS} clips or more")
    which = asked_weights(jepa, weights)
    with progress.part(0, 3):
        chosen, own = gathered(jepa, bank, which, clips)
    with progress.part(1, 3):
        untrained = untrained_or_none(jepa, seed)
        twin = None if untrained is None else gathered(untrained, bank, which, clips)[1]
    places = np.random.default_rng(seed).permutation(own[0][0, ..., 0].numel())[:_PLACES]
    found: dict[str, list[Any]] = {
        name: [] for name in ("position", "untrained_position", "rank", "untrained_rank", "spectrum", "similarity", "untrained")
    }
    distances = _distances((own[0].shape[2], own[0].shape[3]))
    with progress.part(2, 3):
        for k, ours in enumerate(own):
            some, pooled = _drawn(ours, places), _pooled(ours)
            found["position"].append(_over(some, position_share, halves, seed))
            found["rank"].append(_over(pooled, _rank, halves, seed))
            values = spectrum(pooled)
            found["spectrum"].append(values / max(values.sum(), 1e-300))
            found["similarity"].append(_by_distance(ours, distances))
            theirs = None if twin is None else twin[k]
            found["untrained_position"].append(float("nan") if theirs is None else position_share(_drawn(theirs, places)))
            found["untrained_rank"].append(float("nan") if theirs is None else _rank(_pooled(theirs)))
            found["untrained"].append(np.full(len(np.unique(distances)), np.nan) if theirs is None else _by_distance(theirs, distances))
            progress.report(k + 1, len(own))
    origin = Provenance("layer_profile", jepa.card.name, dict(jepa.card.hashes), bank.name, seed=seed, parameters={"weights": which})
    return LayerProfile(
        names_of(jepa),
        tuple(found["position"]),
        np.array(found["untrained_position"]),
        tuple(found["rank"]),
        np.array(found["untrained_rank"]),
        tuple(found["spectrum"]),
        np.unique(distances),
        np.stack(found["similarity"]),
        np.stack(found["untrained"]),
        len(chosen),
        origin,
    )


def _drawn(layer: Tensor, places: np.ndarray) -> Float[np.ndarray, "clips places dim"]:
    return layer.flatten(1, 3)[:, places].double().numpy()


def _pooled(layer: Tensor) -> Float[np.ndarray, "clips dim"]:
    return layer.flatten(1, 3).double().mean(1).numpy()


def _over(values: np.ndarray, of: Callable[[np.ndarray], float], halves: int, seed: int) -> Estimate:
    return over_halves(of(values), len(values), lambda rows: of(values[rows]), halves=halves, seed=seed)


def _rank(points: Float[np.ndarray, "clips dim"]) -> float:
    return rank_me(points - points.mean(0))


def _distances(shape: tuple[int, int]) -> Int[np.ndarray, "tokens tokens"]:
    """Whole distances between the tokens of one time step."""
    places = np.indices(shape).reshape(2, -1).T
    return np.round(np.linalg.norm(places[:, None] - places[None], axis=-1)).astype(np.int64)


def _by_distance(layer: Float[Tensor, "clips ticks rows cols dim"], distances: Int[np.ndarray, "tokens tokens"]) -> Float[np.ndarray, "distances"]:
    """Mean cosine of two tokens of one time step, about the mean of their clip, at each distance; NaN where tokens do not differ."""
    sums, counts = np.zeros(distances.max() + 1), np.zeros(distances.max() + 1)
    for clip in layer[:: -(-len(layer) // _FILMS)].double():
        rest = clip - clip.mean((0, 1, 2))
        lengths = rest.norm(dim=-1, keepdim=True)
        for tick, length in zip((rest / lengths.clamp_min(1e-12)).flatten(1, 2), lengths.flatten(1), strict=True):
            usable = (length > 1e-9).numpy()
            both = usable[:, None] & usable[None]
            cosine = (tick @ tick.T).numpy()
            sums += np.bincount(distances[both], cosine[both], len(sums))
            counts += np.bincount(distances[both], minlength=len(sums))
    known = np.unique(distances)
    return np.where(counts[known] > 0, sums[known] / np.maximum(counts[known], 1), np.nan)
