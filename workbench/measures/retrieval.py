"""Does a prediction find its true target, and which real patches are nearest to it?"""

from __future__ import annotations

import torch
from jaxtyping import Float, Int
from torch import Tensor

from workbench.core.errors import PartUnavailable
from workbench.core.results import Quilt, RetrievalRank
from workbench.measures.attempts import Attempt, Problem, fits
from workbench.measures.bank import Bank
from workbench.measures.distance import token_distance
from workbench.measures.prediction import provenance


def _bank(problem: Problem) -> Bank:
    if problem.bank is None or not fits(problem):
        raise PartUnavailable("retrieval needs a bank of clips on the same grid", fix="open a folder of images or clips")
    return problem.bank


def rank_of(closer: Tensor, tied: Tensor) -> Tensor:
    """1 + how many candidates are closer, ties counted half."""
    return 1 + closer.float() + tied.float() / 2


def retrieval_rank(problem: Problem, answer: Attempt, distance: str) -> RetrievalRank:
    """Rank of the true target among other images at the same position, and among the hole's other positions of this image.

    Every vector has its position's mean removed first, so that knowing the position helps nobody.
    """
    bank = _bank(problem)
    others = bank.targets(problem.jepa)[bank.without(problem.clip)]
    asked = problem.blocks.any(0)
    centre = torch.from_numpy(answer.reference.mean)[asked]
    zero = torch.zeros(centre.shape[-1])
    predicted, true = answer.predicted.nanmean(0)[asked] - centre, answer.target[asked] - centre
    rest = others[:, asked] - centre
    own = token_distance(predicted, true, distance, zero)
    theirs = token_distance(predicted.expand_as(rest), rest, distance, zero)
    across = rank_of((theirs < own).sum(0), (theirs == own).sum(0))
    hole = rank_of((theirs.mean(1) < own.mean()).sum(), (theirs.mean(1) == own.mean()).sum())
    pair = torch.stack([token_distance(p.expand_as(true), true, distance, zero) for p in predicted])
    same = pair.diagonal()[:, None]
    within = rank_of((pair < same).sum(1), (pair == same).sum(1) - 1)

    def on_grid(values: Tensor) -> Tensor:
        return torch.full(asked.shape, torch.nan).masked_scatter(asked, values)

    return RetrievalRank(
        int(hole),
        len(others) + 1,
        on_grid(across).numpy(),
        on_grid(within).numpy(),
        int(asked.sum()),
        provenance("retrieval_rank", problem, distance=distance),
    )


def nearest_tokens(
    queries: Float[Tensor, "asked dim"], candidates: Float[Tensor, "found dim"], count: int
) -> tuple[Float[Tensor, "asked count"], Int[Tensor, "asked count"]]:
    """Euclidean distances and indices of the nearest candidates."""
    nearest = torch.cdist(queries, candidates).topk(min(count, len(candidates)), dim=1, largest=False)
    return nearest.values, nearest.indices


def quilt(problem: Problem, answer: Attempt) -> Quilt:
    """Fill the hole with the real patches, of other images, whose targets are nearest to what was predicted."""
    bank = _bank(problem)
    keep = bank.without(problem.clip)
    centre = torch.from_numpy(answer.reference.mean)
    asked = problem.blocks.any(0)
    pool = (bank.targets(problem.jepa)[keep] - centre).reshape(-1, centre.shape[-1])
    grid = problem.prepared.grid
    far, chosen = nearest_tokens((answer.predicted.nanmean(0) - centre)[asked], pool, 3)
    _, best = nearest_tokens((answer.target - centre)[asked], pool, 1)
    clips = torch.tensor(keep)[chosen // grid.tokens]
    names = torch.full((*asked.shape, 3, 2), -1, dtype=torch.int64)
    names[asked] = torch.stack([clips, chosen % grid.tokens], -1)
    apart = torch.full((*asked.shape, 3), torch.nan)
    apart[asked] = far
    shown = bank.shown(problem.jepa)[keep]
    return Quilt(
        _sew(problem, shown, asked, chosen[:, 0]).numpy(),
        _sew(problem, shown, asked, best[:, 0]).numpy(),
        names.numpy(),
        apart.numpy(),
        cut(shown, grid.shape).flatten(0, 1)[chosen, 0].numpy(),
        f"{bank.name}, {len(keep)} other clips",
        provenance("quilt", problem),
    )


def cut(shown: Tensor, grid_shape: tuple[int, int, int]) -> Tensor:
    """Prepared pixels [clips, frames, height, width, 3] as patches [clips, tokens, tubelet, patch height, patch width, 3]."""
    n, f, h, w, _ = shown.shape
    t, r, c = grid_shape
    return shown.reshape(n, t, f // t, r, h // r, c, w // c, 3).permute(0, 1, 3, 5, 2, 4, 6, 7).flatten(1, 3)


def _sew(problem: Problem, shown: Tensor, asked: Tensor, chosen: Tensor) -> Tensor:
    shape = problem.prepared.grid.shape
    own = cut(problem.prepared.shown, shape)[0].clone()
    own[asked.flatten()] = cut(shown, shape).flatten(0, 1)[chosen]
    t, r, c = shape
    u, p, q, _ = own.shape[1:]
    return own.reshape(t, r, c, u, p, q, 3).permute(0, 3, 1, 4, 2, 5, 6).reshape(t * u, r * p, c * q, 3)
