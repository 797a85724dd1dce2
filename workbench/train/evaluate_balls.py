"""The figures of `balls`, from its file and fresh twins: what surprises it, beside the untrained model and plain changes of pixels."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import torch
from jaxtyping import Float
from torch import Tensor

from workbench.core.clip import Clip
from workbench.core.progress import part, report
from workbench.measures.base import threads_for
from workbench.measures.pairs import pair_accuracy, quad_accuracy
from workbench.model.jepa import Jepa
from workbench.train import probes
from workbench.worlds import balls, physics, twins

COUNT, TWINS, FILMS, JUDGED = 200, 10, 300, 3
_FRESH, _BATCH = 1000, 50
Frames = Float[np.ndarray, "films frames"]


def evaluate(jepa: Jepa, seed: int, *, count: int = COUNT, untrained: int = TWINS, films: int = FILMS) -> dict[str, Any]:
    """Figures on films that the model has not seen.

    Args:
        seed: of the films and the untrained models. count: pairs a kind, and quads. untrained: how many twins are averaged.

    Returns:
        pairs: kind -> share of pairs in which the impossible film surprises more, by the mean over frames from the fourth on;
        quads: the same for quads; both for model, random_init (mean over the twins) and pixels. pairs_by_peak: by the highest frame.
        quads_random_init: each twin for itself. probe: R² of the ball's place, read from the latents of a frame.
        e1_over_copy: error of the next latent over that of repeating the last one.
    """
    models = {"model": jepa} | {f"twin {k}": jepa.untrained(seed * 100 + k) for k in range(untrained)}
    found: dict[str, Any] = {"seed": seed, "count": count, "pairs": {}, "pairs_by_peak": {}, "quads": {}, "quads_random_init": {}}
    parts = len(twins.KINDS) + 2 * len(twins.QUADS) + 1
    for number, kind in enumerate(twins.KINDS):
        with part(number, parts):
            right, wrong = _seen(models, twins.pairs(kind, count, _FRESH * (number + 2) + seed))
        for key, reduce in (("pairs", _total), ("pairs_by_peak", _peak)):
            found[key][kind] = _averaged({who: pair_accuracy(reduce(right[who]), reduce(wrong[who])).value for who in right})
    for number, name in enumerate(twins.QUADS):
        pairs = []
        for half, pair in enumerate(twins.quads(name, count, _FRESH * (number + 20) + seed)):
            with part(len(twins.KINDS) + 2 * number + half, parts):
                pairs.append([{who: _total(frames) for who, frames in seen.items()} for seen in _seen(models, pair)])
        (a, a_wrong), (b, b_wrong) = pairs
        scores = {who: quad_accuracy(np.stack([a[who], b[who]], 1), np.stack([a_wrong[who], b_wrong[who]], 1)).value for who in a}
        found["quads"][name] = _averaged(scores)
        found["quads_random_init"][name] = [v for who, v in scores.items() if who.startswith("twin")]
    with part(parts - 1, parts):
        return found | _latents(jepa, models, seed, films)


def _seen(models: Mapping[str, Jepa], pairs: twins.Twins) -> list[dict[str, Frames]]:
    """The possible films and the impossible ones, each as `watched`."""
    found = []
    for half, pixels in enumerate(pairs.render()):
        with part(half, 2):
            found.append(watched(models, pixels))
    return found


def watched(models: Mapping[str, Jepa], pixels: np.ndarray) -> dict[str, Frames]:
    """How surprising each frame from the fourth on is to each model, and how much the pixels change at it."""
    videos, found = _prepared(models["model"], pixels), {}
    for number, (who, jepa) in enumerate(models.items()):
        with part(number, len(models)):
            found[who] = surprises(jepa, videos)
    return found | {"pixels": physics.change(pixels, JUDGED)}


def surprises(jepa: Jepa, videos: Sequence[Tensor]) -> Frames:
    """The squared error of the predicted latent, teacher-forced. The first frames are left out: a speed must be seen first."""
    return (_foretold(jepa, videos)[0].square().mean(-1)).double().numpy()[:, JUDGED - 1 :]


def _prepared(jepa: Jepa, pixels: np.ndarray) -> list[Tensor]:
    """Batches of films as the model and its twins, which share its preparation, take them."""
    return [jepa.encoder.prepare([Clip(p, fps=balls.FPS) for p in pixels[at : at + _BATCH]]).video for at in range(0, len(pixels), _BATCH)]


@torch.inference_mode()
def _foretold(jepa: Jepa, videos: Sequence[Tensor]) -> tuple[Tensor, Tensor]:
    """Errors of the predicted latents of frames 1, 2, …, and the latents of all frames."""
    dynamics, errors, latents = jepa.need_dynamics(), [], []
    with threads_for(jepa):
        for at, video in enumerate(videos):
            report(at, len(videos))
            seen = dynamics.embed(video)
            errors.append((dynamics.predict(seen).tokens[:, :-1] - seen.tokens[:, 1:])[:, :, 0, 0])
            latents.append(seen.tokens[:, :, 0, 0])
    return torch.cat(errors), torch.cat(latents)


def _latents(jepa: Jepa, models: Mapping[str, Jepa], seed: int, films: int) -> dict[str, Any]:
    true = physics.draw(films, _FRESH + seed)
    true = true[np.flatnonzero(true.position[:, 0, 0] != balls.ABSENT)]
    pixels = balls.render(true)
    videos = _prepared(jepa, pixels)
    errors, z = _foretold(jepa, videos)
    steps = z[:, 1:] - z[:, :-1]
    ratio = errors[:, JUDGED - 1 :].square().mean() / steps[:, JUDGED - 1 :].square().mean()
    small = probes.small_pixels(pixels).reshape(*pixels.shape[:2], -1)
    features = {"model": z.double().numpy(), "random_init": _foretold(models["twin 0"], videos)[1].double().numpy(), "pixels": small}
    half = len(true) // 2
    parts = {who: (x[:half], true.position[:half], x[half:], true.position[half:]) for who, x in features.items()}
    return {"e1_over_copy": float(ratio), "probe": {who: probes.r2(*(a.reshape(-1, a.shape[-1]) for a in p)) for who, p in parts.items()}}


def _total(frames: Frames) -> Float[np.ndarray, "films"]:
    """A sum ranks as a mean does; sums of whole numbers are exact."""
    return frames.sum(1)


def _peak(frames: Frames) -> Float[np.ndarray, "films"]:
    return frames.max(1)


def _averaged(scores: Mapping[str, float]) -> dict[str, float]:
    twin = [v for who, v in scores.items() if who.startswith("twin")]
    return {"model": scores["model"], "random_init": float(np.mean(twin)), "pixels": scores["pixels"]}
