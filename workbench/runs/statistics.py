"""Statistics of targets, predictions and features on a probe batch: what shows a collapse while a model is trained."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import torch
from jaxtyping import Float
from torch import Tensor

from workbench.measures.dimension import rank_me
from workbench.measures.health import formulas
from workbench.measures.health.predicting import judged

_MOST = 512  # vectors that a rank is taken of


def statistics(said: Mapping[str, Tensor]) -> dict[str, float]:
    """Numbers by name, as "features.rankme".

    Args:
        said: "features", "targets", "predictions" or others -> tensors of samples × dim, or samples × places × dim. Of predictions and targets place k
            should be the same position in every sample: then what is centred is held against the mean at the position.

    Returns:
        Of each tensor rankme, rankme_centred, std, dead and cosine, over samples (their mean over places); where there are predictions and
        targets of one shape also prediction.cosine, .cosine_centred and .mse_over_mean. NaN where there are fewer than two samples.
    """
    found = dict[str, float]()
    whole = {name: _placed(values) for name, values in said.items()}
    for name, values in whole.items():
        points = values.mean(1)[:: -(-len(values) // _MOST)].double().cpu().numpy()
        enough = len(points) > 1 and bool(np.isfinite(points).all())
        for key, of in _OF.items():
            found[f"{name}.{key}"] = float(of(points)) if enough else float("nan")
    predicted, target = whole.get("predictions"), whole.get("targets")
    if predicted is not None and target is not None and predicted.shape == target.shape:
        found |= _of_predictions(predicted, target)
    return found


def _placed(values: Tensor) -> Float[Tensor, "samples places dim"]:
    values = values.detach().float()
    if values.ndim < 2:
        raise ValueError(f"a tensor of shape {list(values.shape)}; samples × dim, or samples × places × dim, is needed")
    return values[:, None] if values.ndim == 2 else values.flatten(1, -2)


def _of_predictions(predicted: Tensor, target: Tensor) -> dict[str, float]:
    names = ("cosine", "cosine_centred", "mse_over_mean")
    if len(target) < 2:
        return {f"prediction.{name}": float("nan") for name in names}
    mean = (target.sum(0) - target) / (len(target) - 1)  # over the other samples
    raw, centred, error, usual = judged(*(each.flatten(0, 1).cpu() for each in (predicted, target, mean)))
    return dict(zip((f"prediction.{name}" for name in names), (raw, centred, error / usual if usual > 0 else float("nan")), strict=True))


_OF = {
    "rankme": rank_me,
    "rankme_centred": lambda points: rank_me(points - points.mean(0)),
    "std": formulas.feature_std,
    "dead": formulas.dead_dimensions,
    "cosine": formulas.mean_cosine,
}


def as_tensors(said: object) -> dict[str, Tensor]:
    """What a probe returned, by name; a single tensor is "features".

    Raises:
        TypeError: neither a tensor nor named tensors.
    """
    if isinstance(said, Tensor):
        return {"features": said}
    if isinstance(said, Mapping) and all(isinstance(v, torch.Tensor) for v in said.values()):
        return {str(name): value for name, value in said.items()}
    raise TypeError(f"a probe returns a tensor, or tensors by name; this one returned {type(said).__name__}")
