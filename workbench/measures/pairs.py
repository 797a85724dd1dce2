"""Possible against impossible: how often a model is less surprised by what can happen. Numpy only."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
from jaxtyping import Float, Int

from workbench.core.errors import BadInput
from workbench.core.questions.surprise import Accuracy

Scores = Float[np.ndarray, "pairs"]


def pair_accuracy(possible: Float[np.ndarray, "possible"], impossible: Float[np.ndarray, "impossible"]) -> Accuracy:
    """Share of pairs whose possible clip is the less surprising one. A tie is a failure, as published.

    Raises:
        BadInput: not as many of both, or none.
    """
    a, b = np.asarray(possible, float), np.asarray(impossible, float)
    if a.shape != b.shape or a.ndim != 1 or not len(a):
        raise BadInput(f"{a.shape} possible and {b.shape} impossible scores", where="pair_accuracy", fix="one of each a pair, at least one pair")
    return Accuracy(float((a < b).sum()), len(a))


def quad_accuracy(possible: Float[np.ndarray, "quads possible"], impossible: Float[np.ndarray, "quads impossible"]) -> Accuracy:
    """Share of counter-balanced quads whose two possible clips together are less surprising than the two impossible ones.

    Both halves of a quad hold the same motions and the same pictures in another order, so that neither much motion nor a strange
    picture decides. A tie counts half: a detector that sees only what is balanced answers 0.5.
    """
    a, b = np.asarray(possible, float), np.asarray(impossible, float)
    if a.shape != b.shape or a.ndim != 2 or a.shape[1] != 2:
        raise BadInput(f"{a.shape} possible and {b.shape} impossible scores", where="quad_accuracy", fix="two of each a quad")
    left, right = a.sum(1), b.sum(1)
    tie = np.isclose(left, right, rtol=1e-9, atol=1e-12)
    return Accuracy(float(((left < right) & ~tie).sum() + 0.5 * tie.sum()), len(a))


def percentile(value: float, possible: Scores) -> float:
    """Share of possible clips, at matched events, that are less surprising than this."""
    scores = np.asarray(possible, float)
    if not len(scores):
        raise BadInput("a percentile needs possible clips to compare with", where="percentile", fix="give at least one")
    return float((scores < value).mean())


def intuition_scores(losses: Float[np.ndarray, "videos windows"], labels: Int[np.ndarray, "videos"]) -> Mapping[str, float]:
    """The published scores of one context length: percentages, thresholds, and areas under curves.

    Args:
        losses: surprise of each window. labels: 1 = possible, 0 = impossible; pairs are matched in order.

    jepa-intuitive-physics (arXiv 2502.11831): relative and absolute accuracy, AUROC and AUPRC, of the mean and the largest window.
    """
    losses, labels = np.asarray(losses, float), np.asarray(labels)
    if not ((labels == 1).sum() == (labels == 0).sum() > 0):
        raise BadInput(f"{(labels == 1).sum()} possible and {(labels == 0).sum()} impossible videos", where="labels", fix="one of each a pair")
    found: dict[str, float] = {}
    for name, score in (("avg", losses.mean(1)), ("max", losses.max(1))):
        found[f"Relative_Accuracy_{name}"] = 100 * pair_accuracy(score[labels == 1], score[labels == 0]).value
        found[f"AUROC_{name}"] = auroc(-score, labels)
        found[f"AUPRC_{name}"] = auprc(-score, labels)
    top = losses.max(1)
    possible, impossible = np.sort(top[labels == 1]), top[labels == 0]
    threshold = float(possible[min(int(np.ceil(0.9 * len(possible))), len(possible) - 1)])
    found["Absolute_Accuracy_max"], found["Classifier_threshold"] = _accuracy(possible, impossible, threshold), threshold
    tried = np.linspace(possible.min(), impossible.max(), 100)
    scores = [_accuracy(possible, impossible, t) for t in tried]
    best = int(np.argmax(scores))
    found["Best_Absolute_Accuracy_max"], found["Best_Classifier_threshold"] = scores[best], float(tried[best])
    return found


def _accuracy(possible: np.ndarray, impossible: np.ndarray, threshold: float) -> float:
    right = (possible < threshold).sum() + (impossible > threshold).sum()
    return float(100 * right / (len(possible) + len(impossible)))


def auroc(score: Scores, labels: Int[np.ndarray, "videos"]) -> float:
    """Chance that a video with label 1 scores above one with label 0; ties count half."""
    ones, zeros = score[labels == 1], score[labels == 0]
    return float(((ones[:, None] > zeros).sum() + 0.5 * (ones[:, None] == zeros).sum()) / (len(ones) * len(zeros)))


def auprc(score: Scores, labels: Int[np.ndarray, "videos"]) -> float:
    """Area under precision over recall, by trapezes, from recall 0 at precision 1."""
    order = np.argsort(-score, kind="stable")
    hits = np.cumsum(labels[order] == 1)
    last = np.r_[np.diff(score[order]) != 0, True]  # equal scores are one threshold
    precision, recall = (hits / np.arange(1, len(hits) + 1))[last], (hits / hits[-1])[last]
    precision, recall = np.r_[1.0, precision], np.r_[0.0, recall]
    return float((np.diff(recall) * (precision[1:] + precision[:-1]) / 2).sum())
