"""The features of a layer as sentences, each with the same number of the untrained encoder, of raw pixels or of uniform attention."""

from __future__ import annotations

import numpy as np

from workbench.boards.features.drawn import MEAN, ROLLOUT, place
from workbench.core.numbers import number
from workbench.core.questions.features import AttentionResult, FeatureMaps, LayerProfile, SimilarityResult

HELD = {
    "twin": "the untrained encoder: same architecture, initial weights, a basis of its own",
    "other": "another clip's tokens, in this clip's basis, at these places",
    "position": "the bank's mean at each position, in this clip's basis",
    "pixels": "raw pixels of each patch, a basis of their own",
    "shuffled": "this clip's tokens at other places",
}
SHORT = {"untrained": "untrained", "other": "other clip", "position": "position", "pixels": "raw pixels", "shuffled": "shuffled"}
BLOCK = "block {}"


def percent(share: float) -> str:
    """A share as 34 %."""
    return f"{100 * share:.0f} %"


def layer_name(names: tuple[str, ...], layer: int) -> str:
    """A layer on screen: blocks are counted from 1."""
    if len(names) == 1:
        return "raw pixels"
    return "the output" if layer >= len(names) - 1 else f"block {layer + 1} of {len(names) - 1}"


def map_sentence(shown: FeatureMaps, layer: int, baselines: dict[str, FeatureMaps], *, held: str) -> tuple[str, str]:
    """How much of the variance the colours show, and of how many tokens the norm is unusual. held: the source that is shown; "model" else."""
    k = place(shown, layer)
    first = f"Shown: {HELD[held]}. " if held in HELD else ""
    beside = [f"{name} {percent(found.explained[place(found, layer)].sum())}" for name, found in baselines.items()]
    rest = f" ({', '.join(beside)})" if beside and not first else ""
    said = f"Three components show {percent(shown.explained[k].sum())} of the variance of {layer_name(shown.layers, layer)}{rest}"
    many = int(shown.outliers[k].sum())
    if not many:
        return f"{first}{said}; no outlier tokens.", "plain"
    return f"{first}{said}; {many} of {shown.outliers[k].size} tokens have an unusual norm (crossed).", "warn"


def norm_sentence(shown: FeatureMaps, layer: int, baselines: dict[str, FeatureMaps], *, held: str) -> tuple[str, str]:
    """The norms of a layer, and how many are unusual."""
    k = place(shown, layer)
    norms, many = shown.norms[k], int(shown.outliers[k].sum())
    first = f"Shown: {HELD[held]}. " if held in HELD else ""
    rest = "" if first else "".join(f"; {name} {_norms(found.norms[place(found, layer)])}" for name, found in baselines.items())
    unusual = f"{many} of {norms.size} tokens are outliers" if many else "no outlier tokens"
    return f"{first}Norm in {layer_name(shown.layers, layer)}: {_norms(norms)}{rest}; {unusual}.", "warn" if many else "plain"


def _norms(values: np.ndarray) -> str:
    return f"median {number(float(np.median(values)))} [{number(float(values.min()))} to {number(float(values.max()))}]"


def similar_sentence(found: SimilarityResult, layer: str) -> tuple[str, str]:
    """How similar a token is to the others of its clip and of other clips."""
    own, untrained, pixels = found.others
    said = f"Mean cosine of the token at {_at(found.token)} with the others of the clip, in {layer}: {number(own)}"
    known = [f"{name} {number(value)}" for name, value in (("untrained", untrained), ("raw pixels", pixels)) if value == value]
    rest = f" ({', '.join(known)})" if known else ""
    if not len(found.cosines):
        return f"{said}{rest}.", "plain"
    nearest = f"; nearest in other clips {number(float(found.cosines[0]))}, 99 % of their tokens are below {number(found.usual)}"
    return f"{said}{rest}{nearest}.", "plain"


def attention_sentence(found: AttentionResult, layer: int, head: int) -> tuple[str, str]:
    """How widely a token looks, beside the untrained model and uniform attention."""
    k = min(layer, len(found.entropy) - 1)
    if head == ROLLOUT:
        return f"Attention rollout of the token at {_at(found.token)} over {len(found.entropy)} layers, residual path counted as one half.", "plain"
    pick = (lambda rows: float(rows[k].mean())) if head == MEAN else (lambda rows: float(rows[k, min(head, rows.shape[1] - 1)]))
    who = "mean of heads" if head == MEAN else f"head {head + 1}"
    blind = pick(found.untrained_entropy)
    beside = f" (untrained {number(blind)}, uniform 1)" if blind == blind else " (uniform 1)"
    part = "predictor block" if found.part == "predictor" else "block"
    said = f"The token at {_at(found.token)} looks in {part} {k + 1} of {len(found.entropy)}, {who}, with an entropy of {number(pick(found.entropy))}{beside}"
    far = pick(found.distance)
    if found.part == "encoder":
        return f"{said}, over {number(far)} tokens of distance (uniform {number(found.uniform_distance)}).", "plain"
    return f"{said}; {percent(pick(found.context))} of it on context tokens.", "plain"


def _at(token: tuple[int, int, int]) -> str:
    tick, row, col = token
    return f"{f'time step {tick}, ' if tick else ''}row {row}, column {col}"


def profile_line(found: LayerProfile, layer: int) -> str:
    """Position and rank of a layer over the bank, beside the untrained model."""
    k = min(layer, len(found.layers) - 1)
    share, rank = found.position[k], found.rank[k]
    blind = float(found.untrained_position[k])
    other = "" if blind != blind else f" (untrained {percent(blind)})"
    flat = float(found.untrained_rank[k])
    same = "" if flat != flat else f" (untrained {flat:.1f})"
    return f"Over {found.clips} clips: {percent(share.value)} of the variance of its tokens is explained by position{other}; RankMe {rank.value:.1f}{same}."
