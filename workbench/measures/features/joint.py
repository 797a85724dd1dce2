"""One basis for the tokens of two models: by canonical correlation, or by turning one onto the other. Fitted on clips that it is not judged on."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from jaxtyping import Float

from workbench.core.clip import Clip
from workbench.core.errors import BadInput
from workbench.core.questions.features import JointFeatures, JointMaps, Weights
from workbench.core.results import Provenance
from workbench.measures.bank import Bank
from workbench.measures.base import answers
from workbench.measures.features.components import Basis
from workbench.measures.features.tokens import asked_weights, flat, index_of, names_of, of_bank, of_clip, others
from workbench.model.jepa import Jepa

_EACH, _MOST = 10, 64  # tokens a direction, below which correlations come of themselves; directions kept
_ENDS = (0.02, 0.98)
_TINY = 1e-9
Points = Float[np.ndarray, "tokens _"]  # two models have different numbers of features
Axes = Float[np.ndarray, "_ 3"]


@answers(JointFeatures)
def joint_features(
    jepa: Jepa,
    other: Jepa,
    clip: Clip,
    bank: Bank,
    *,
    layer: int | None = None,
    other_layer: int | None = None,
    by: str = "cca",
    weights: Weights = "",
    clips: int = 32,
) -> JointMaps:
    """Tokens of one clip in two models, in one basis. Arguments as of `JointFeatures`.

    Raises:
        BadInput: models whose tokens do not lie on one grid, an unknown way, fewer than four other clips, no such layer, or tokens that are NaN or do not vary.
        PartUnavailable: no whole encoder. OutOfMemory: they do not fit.
    """
    if by not in ("cca", "procrustes"):
        raise BadInput(f"there is no way {by!r}", where="by", fix="'cca' or 'procrustes'")
    which, places = [asked_weights(m, weights) for m in (jepa, other)], [index_of(jepa, layer), index_of(other, other_layer)]
    models = list(zip((jepa, other), which, places, strict=True))
    own = [of_clip(m, m.encoder.prepare([clip]), w)[at][0] for m, w, at in models]
    banks = [of_bank(m, bank, w, clips) for m, w, _ in models]
    rows = [found[at] for (_, found), (_, _, at) in zip(banks, models, strict=True)]
    shapes = [tuple(tokens.shape[:-1]) for tokens in own]
    if shapes[0] != shapes[1] or {tuple(r.shape[1:4]) for r in rows} != {shapes[0]}:
        words = " and ".join("×".join(map(str, s)) for s in shapes)
        raise BadInput(
            f"the tokens of this clip lie on grids of {words}", where="other", fix="open models of one patch size, and a bank of such clips"
        )
    kept = others(bank, banks[0][0], clip)
    if len(kept) < 4:
        raise BadInput(f"{len(kept)} other clips", where="bank", fix="4 or more: half of them are held out")
    fitted, held = kept[::2], kept[1::2]
    a, b = (flat(r[fitted]) for r in rows)
    axes, dims = together(a, b, by)
    means = a.mean(0), b.mean(0)

    def scores(points: np.ndarray, k: int) -> np.ndarray:
        return (points - means[k]) @ axes[k]

    apart = [flat(r[held]) for r in rows]
    stranger = flat(rows[1][np.roll(held, 1)])
    agreement, position = (correlations(scores(apart[0], 0), scores(theirs, 1)) for theirs in (apart[1], stranger))
    shown = [scores(tokens.double().numpy(), k) for k, tokens in enumerate(own)]
    colours = [_coloured(scores(each, k), shown[k]) for k, each in enumerate((a, b))]
    origin = Provenance(
        "joint_features", jepa.card.name, dict(jepa.card.hashes), f"{clip.digest} {clip.source}", parameters={"other": other.card.name, "by": by}
    )
    names = names_of(jepa)[places[0]], names_of(other)[places[1]]
    return JointMaps(names, np.stack(colours), np.stack(shown), agreement, position, dims, by, len(fitted), len(held), origin)


def together(a: Points, b: Points, by: str) -> tuple[tuple[Axes, Axes], tuple[int, int]]:
    """Three directions in each of two sets of points, rows of which belong together; and how many principal components of each were used.

    Raises:
        BadInput: points that vary in fewer than three directions.
    """
    most = min(_MOST, len(a) // _EACH)
    parts = [_principal(points, most) for points in (a, b)]
    dims = len(parts[0][1]), len(parts[1][1])
    if min(dims) < 3:
        raise BadInput(f"tokens that vary in {min(dims)} directions", where="bank", fix="give more clips, or another layer")
    (left, left_sizes), (right, right_sizes) = parts
    za, zb = (a - a.mean(0)) @ left, (b - b.mean(0)) @ right
    way: Callable[..., tuple[Axes, Axes]] = _cca if by == "cca" else _procrustes
    first, second = way(za, zb, left_sizes, right_sizes)
    first, second = left @ first, right @ second
    loading = np.take_along_axis(first, np.abs(first).argmax(0)[None], 0)
    sign = np.where(loading < 0, -1.0, 1.0)
    return (first * sign, second * sign), dims


def _principal(points: Points, most: int) -> tuple[Float[np.ndarray, "_ kept"], Float[np.ndarray, "kept"]]:
    """Principal directions as columns, and the standard deviations along them; those that do not vary are left out."""
    rest = points - points.mean(0)
    values, vectors = np.linalg.eigh(rest.T @ rest / len(rest))
    order = np.argsort(values)[::-1][:most]
    order = order[values[order] > _TINY * max(values.max(), _TINY)]
    return vectors[:, order], np.sqrt(values[order])


def _cca(za: Points, zb: Points, left: np.ndarray, right: np.ndarray) -> tuple[Axes, Axes]:
    """Directions of the largest correlation, whose scores have deviation one."""
    u, _, v = np.linalg.svd((za / left).T @ (zb / right) / len(za))
    return u[:, :3] / left[:, None], v[:3].T / right[:, None]


def _procrustes(za: Points, zb: Points, left: np.ndarray, right: np.ndarray) -> tuple[Axes, Axes]:
    """The first three components of one, and what is turned onto them of the other, which is scaled to the same total variance."""
    scale = np.sqrt((left**2).sum() / (right**2).sum())
    u, _, v = np.linalg.svd(zb.T @ za, full_matrices=False)
    return np.eye(za.shape[1])[:, :3], scale * (u @ v)[:, :3]


def correlations(a: Float[np.ndarray, "tokens 3"], b: Float[np.ndarray, "tokens 3"]) -> Float[np.ndarray, "3"]:
    """Correlation of each column; 0 where one does not vary."""
    x, y = a - a.mean(0), b - b.mean(0)
    size = np.sqrt((x**2).sum(0) * (y**2).sum(0))
    return (x * y).sum(0) / np.where(size > _TINY, size, np.inf)


def _coloured(fitted: Float[np.ndarray, "tokens 3"], shown: Float[np.ndarray, "*any 3"]) -> np.ndarray:
    low, high = np.quantile(fitted, _ENDS, axis=0)
    return Basis(np.zeros(3), np.eye(3), np.zeros(3), low, high).colours(shown)
