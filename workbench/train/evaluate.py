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
from workbench.train.masked import build
from workbench.train.sources import Source

_PREDICTED = 200
_EVERY_TOKEN = 7
_BATCH = 100


def evaluate(jepa: Jepa, data: Source, seed: int) -> dict[str, Any]:
    """Figures of a sample on clips that it has not seen.

    Args:
        seed: of the fresh clips, the masks, the probes' choices and the untrained model.

    Returns:
        centred_cosine and the same with another image's context, mse_over_mean, retrieval_rank (mean rank of the true hole
        among `retrieval_images`), rankme (of target tokens), probe and few_label for model, random_init and pixels, and more
        that depends on the world. `wide_init` is the untrained model that starts as this run did, where that is not as published.
    """
    fresh, bank = data.fresh(seed), data.bank()
    seen, mean = Embedded.of(jepa, fresh), Embedded.of(jepa, bank).targets.mean(0)
    few = Embedded(seen.video[:_PREDICTED], seen.tokens[:_PREDICTED], seen.targets[:_PREDICTED])
    found: dict[str, Any] = {"seed": seed, **prediction_figures(jepa, few, mean, data.recipe.samplers, seed)}
    found["rankme"] = rankme(seen.tokens.flatten(0, 3)[::_EVERY_TOKEN])
    tokens = {"model": seen.tokens, "random_init": Embedded.of(jepa.untrained(seed), fresh).tokens}
    if data.recipe.wide:
        tokens["wide_init"] = _wide_twin(data, seen, seed)
    return found | _probe_figures(tokens, fresh, data, seed)


def _probe_figures(tokens: dict[str, torch.Tensor], fresh: Bank, data: Source, seed: int) -> dict[str, Any]:
    pixels = pixel_features(fresh, data.recipe.encoder.tubelet)
    pooled = {who: tick_features(t) for who, t in tokens.items()}
    whole = {who: t.flatten(2).double().numpy() for who, t in tokens.items()} | {"pixels": pixels}
    labels, few = _class_probes({who: x.mean(1) for who, x in pooled.items()} | {"pixels": _clip_pixels(pixels)}, fresh, data, seed)
    found: dict[str, Any] = {"probe": labels, "few_label": few, "probe_of": data.probe_of, "classes": list(fresh.classes)}
    if data.side_by_side:
        side, few_side = _class_probes({who: x[:, 0] for who, x in whole.items()}, fresh, data, seed)
        found |= {"probe": side, "few_label": few_side, "probe_pooled": labels, "few_label_pooled": few}
    if data.probe == "position":
        # A mean over a tick forgets where: this probe reads all tokens of a tick side by side.
        place = fresh.facts["position"]
        at = place.reshape(len(place), pixels.shape[1], -1, 2).mean(2)
        found |= {"class_probe": labels, "probe": {who: _r2(x, at, data.known) for who, x in whole.items()}}
    for name, values in _true_values(fresh).items():
        found[f"{name}_r2"] = {who: _r2(x, values[:, None], data.known) for who, x in (pooled | {"pixels": pixels}).items()}
    return found


def tick_features(tokens: Float[torch.Tensor, "clips ticks rows cols dim"]) -> Float[np.ndarray, "clips ticks features"]:
    """One vector a tick: the mean over its tokens."""
    return tokens.mean((2, 3)).double().numpy()


def pixel_features(bank: Bank, tubelet: int) -> Float[np.ndarray, "clips ticks features"]:
    """Pixels averaged to 16 × 16, and over the frames of a tick."""
    n, frames = bank.pixels.shape[:2]
    small = probes.small_pixels(bank.pixels).reshape(n, frames // tubelet, tubelet, -1)
    return small.mean(2)


def _wide_twin(data: Source, seen: Embedded, seed: int) -> torch.Tensor:
    """Tokens of an untrained encoder that starts as the recipe does."""
    net, shape = build(data.recipe, seed).target, seen.tokens.shape
    with torch.inference_mode():
        return torch.cat([net(video) for video in seen.video.split(_BATCH)]).reshape(shape)


def _class_probes(
    features: dict[str, Float[np.ndarray, "clips features"]], fresh: Bank, data: Source, seed: int
) -> tuple[dict[str, float], dict[str, dict[str, float]]]:
    """Accuracy with every label, and with few: {"1": {who: …}, …}."""
    k, y = data.known, fresh.labels
    # Both halves ask and are asked, where the labels are as many on either side.
    turns = [np.arange(len(y)), np.roll(np.arange(len(y)), -k)] if 2 * k == len(y) else [np.arange(len(y))]
    classes: dict[str, dict[str, float]] = {}
    for who, x in features.items():
        turned = [probes.class_probe(x[o[:k]], y[o[:k]], x[o[k:]], y[o[k:]], seed=seed) for o in turns]
        classes[who] = {n: float(np.mean([t[n] for t in turned])) for n in turned[0]}
    few = {str(n): {who: c[str(n)] for who, c in classes.items()} for n in probes.FEW_LABELS}
    return {who: c["all"] for who, c in classes.items()}, few


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
