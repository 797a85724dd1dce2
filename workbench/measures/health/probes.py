"""Probes of labels on frozen vectors, each beside the same probe on permuted labels and on the untrained model's vectors."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import torch
from jaxtyping import Float

from workbench.core.errors import BadInput
from workbench.core.questions.dimension import Estimate
from workbench.measures.halves import over_halves
from workbench.measures.neighbours import neighbour_labels
from workbench.measures.probing import Probe, fit

_NEIGHBOURS, _HELD_OUT, _FEWEST = 15, 4, 16  # of k-NN; one of so many clips is held out; clips at least
_RIDGES = (1e-3, 1e-2, 1e-1, 1.0)


@dataclass(frozen=True)
class Probed:
    """The score of a probe. control: on permuted labels. untrained: of the untrained model; NaN without one. n: points that were scored."""

    score: Estimate
    control: float
    untrained: float
    n: int


def nearest(vectors: Float[np.ndarray, "clips dim"], labels: np.ndarray, untrained: np.ndarray | None, seed: int) -> Probed:
    """The k-NN probe.

    Raises:
        BadInput: labels that are all the same or not finite, or fewer than two points.
    """
    k = min(_NEIGHBOURS, len(vectors) - 2)
    found = neighbour_labels(vectors, labels, k=k, seed=seed)
    other = float("nan") if untrained is None else neighbour_labels(untrained, labels, k=k, seed=seed).value
    return Probed(found.score, found.shuffled, other, found.n)


def linear(vectors: Float[np.ndarray, "clips dim"], labels: np.ndarray, untrained: np.ndarray | None, halves: int, seed: int) -> Probed:
    """The linear probe, fitted on three of four clips and scored on the others.

    Raises:
        BadInput: too few clips, or labels that are all the same or not finite.
    """
    if len(vectors) < _FEWEST:
        raise BadInput(f"{len(vectors)} clips with labels", where="labels", fix=f"give {_FEWEST} or more")
    numbers = labels.dtype.kind == "f"
    if (numbers and not np.isfinite(labels).all()) or (labels == labels[0]).all():
        raise BadInput("labels that are all the same, or not finite", where="labels", fix="give labels that differ")
    wanted = labels.astype(np.float64)[:, None] if numbers else np.eye(len(np.unique(labels)))[np.unique(labels, return_inverse=True)[1]]
    rng = np.random.default_rng(seed)
    order, mixed = rng.permutation(len(vectors)), wanted[rng.permutation(len(vectors))]
    asked, known = order[: len(order) // _HELD_OUT], order[len(order) // _HELD_OUT :]
    score = explained if numbers else right
    said, true = _read(vectors, wanted, known, asked), wanted[asked]
    found = over_halves(score(said, true), len(asked), lambda rows: score(said[rows], true[rows]), halves=halves, seed=seed)
    control = score(_read(vectors, mixed, known, asked), mixed[asked])
    other = float("nan") if untrained is None else score(_read(untrained, wanted, known, asked), true)
    return Probed(found, control, other, len(asked))


def _read(points: np.ndarray, wanted: np.ndarray, known: np.ndarray, asked: np.ndarray) -> np.ndarray:
    """What a ridge regression on `known` says of `asked`; its penalty is the best one for the last fifth of what is known."""
    values, numbers = torch.from_numpy(points), torch.from_numpy(wanted)

    def fitted(fit_on: np.ndarray, held_out: np.ndarray, ridge: float) -> Probe:
        rows = torch.from_numpy(np.concatenate([fit_on, held_out]))
        return fit(values[rows], numbers[rows], torch.arange(len(rows)) >= len(fit_on), ridge)

    cut = len(known) * 4 // 5
    best = max(_RIDGES, key=lambda ridge: fitted(known[:cut], known[cut:], ridge).r2)
    return fitted(known, asked, best).read(values[torch.from_numpy(asked)]).double().numpy()


def right(said: np.ndarray, true: np.ndarray) -> float:
    """Accuracy: the largest of each row is the same."""
    return float((said.argmax(1) == true.argmax(1)).mean())


def explained(said: np.ndarray, true: np.ndarray) -> float:
    """R²: 1 − Σ error² ÷ Σ deviation²."""
    spread = ((true - true.mean(0)) ** 2).sum()
    return float(1 - ((said - true) ** 2).sum() / spread) if spread > 0 else 0.0
