"""A sample's figures, from its file and fresh data."""

from __future__ import annotations

from typing import Any

import numpy as np
import torch
from jaxtyping import Float

from workbench.model.jepa import Jepa
from workbench.train import probes
from workbench.train.data import Bank
from workbench.train.figures import Embedded, prediction_figures, rankme
from workbench.train.sources import Source

_PREDICTED = 200
_EVERY_TOKEN = 7


def evaluate(jepa: Jepa, data: Source, seed: int) -> dict[str, Any]:
    """Figures of a sample on clips that it has not seen.

    Args:
        seed: of the fresh clips, the masks, the probes' choices and the untrained twin.

    Returns:
        centred_cosine and the same with another image's context, mse_over_mean, retrieval_rank (mean rank of the true hole
        among `retrieval_images`), rankme (of target tokens), probe and few_label for model, random_init and pixels, and more
        that depends on the world.
    """
    fresh, bank = data.fresh(seed), data.bank()
    seen, mean = Embedded.of(jepa, fresh), Embedded.of(jepa, bank).targets.mean(0)
    few = Embedded(seen.video[:_PREDICTED], seen.tokens[:_PREDICTED], seen.targets[:_PREDICTED])
    found: dict[str, Any] = prediction_figures(jepa, few, mean, data.recipe.samplers, seed)
    found["rankme"] = rankme(seen.tokens.flatten(0, 3)[::_EVERY_TOKEN])
    twin, pixels = Embedded.of(jepa.untrained(seed), fresh), pixel_features(fresh, jepa.card.tubelet)
    features = {"model": tick_features(seen.tokens), "random_init": tick_features(twin.tokens), "pixels": pixels}
    found = {"seed": seed, **found, **_probes(features, fresh, data, seed)}
    if data.probe == "position":
        # A mean over a tick forgets where: this probe reads all tokens of a tick side by side.
        whole = {"model": seen.tokens.flatten(2).double().numpy(), "random_init": twin.tokens.flatten(2).double().numpy(), "pixels": pixels}
        place = fresh.facts["position"]
        at = place.reshape(len(place), pixels.shape[1], -1, 2).mean(2)
        found |= {"class_probe": found["probe"], "probe": {who: _r2(x, at, data.known) for who, x in whole.items()}}
    return found


def tick_features(tokens: Float[torch.Tensor, "clips ticks rows cols dim"]) -> Float[np.ndarray, "clips ticks features"]:
    """One vector a tick: the mean over its tokens."""
    return tokens.mean((2, 3)).double().numpy()


def pixel_features(bank: Bank, tubelet: int) -> Float[np.ndarray, "clips ticks features"]:
    """Pixels averaged to 16 × 16, and over the frames of a tick."""
    n, frames = bank.pixels.shape[:2]
    small = probes.small_pixels(bank.pixels).reshape(n, frames // tubelet, tubelet, -1)
    return small.mean(2)


def _probes(features: dict[str, np.ndarray], fresh: Bank, data: Source, seed: int) -> dict[str, Any]:
    k, y = data.known, fresh.labels
    # Both halves ask and are asked, where the labels are as many on either side.
    turns = [np.arange(len(y)), np.roll(np.arange(len(y)), -k)] if 2 * k == len(y) else [np.arange(len(y))]
    classes: dict[str, dict[str, float]] = {}
    for who, x in features.items():
        pooled = x.mean(1) if who != "pixels" else _clip_pixels(x)
        turned = [probes.class_probe(pooled[o[:k]], y[o[:k]], pooled[o[k:]], y[o[k:]], seed=seed) for o in turns]
        classes[who] = {n: float(np.mean([t[n] for t in turned])) for n in turned[0]}
    found: dict[str, Any] = {
        "probe": {who: c["all"] for who, c in classes.items()},
        "few_label": {str(n): {who: c[str(n)] for who, c in classes.items()} for n in probes.FEW_LABELS},
        "probe_of": data.probe_of,
        "classes": list(fresh.classes),
    }
    for name, values in _true_values(fresh).items():
        found[f"{name}_r2"] = {who: _r2(x, values[:, None], k) for who, x in features.items()}
    return found


def _true_values(bank: Bank) -> dict[str, np.ndarray]:
    """What the shapes world knows, hues as points on a circle."""
    f = bank.facts
    if "hue" not in f:
        return {}
    circle = {n: 2 * np.pi * f[n].astype(np.float64) for n in ("hue", "ground_hue")}
    hues = {n: np.stack([np.cos(a), np.sin(a)], 1) for n, a in circle.items()}
    return {**hues, "place": np.stack([f["x"], f["y"]], 1).astype(np.float64), "size": f["size"][:, None].astype(np.float64)}


def _clip_pixels(x: Float[np.ndarray, "clips ticks features"]) -> Float[np.ndarray, "clips features"]:
    """A clip's pixels in one row: of stills all, of films every second pixel each way, tick by tick."""
    if x.shape[1] == 1:
        return x[:, 0]
    channels = x.shape[2] // 256
    return x.reshape(len(x), x.shape[1], 16, 16, channels)[:, :, ::2, ::2].reshape(len(x), -1)


def _r2(x: Float[np.ndarray, "clips ticks features"], values: Float[np.ndarray, "clips ticks values"], known: int) -> float:
    return probes.r2(*(a.reshape(-1, a.shape[-1]) for a in (x[:known], values[:known], x[known:], values[known:])))
