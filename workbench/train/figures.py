"""The figures on a sample's card, computed through the same doors as any other checkpoint."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import torch
from jaxtyping import Float
from torch import Tensor
from torch.nn import functional as F

from workbench.core.clip import Clip
from workbench.core.progress import report
from workbench.masks import Sampler
from workbench.model.jepa import Jepa
from workbench.train.data import Bank

_BATCH = 32


def clips(bank: Bank) -> list[Clip]:
    """The bank's clips one by one."""
    return [Clip(p, fps=bank.fps, source=name) for p, name in zip(bank.pixels, bank.names, strict=True)]


@dataclass(frozen=True, eq=False)
class Embedded:
    """A bank as a model sees it: prepared video, raw tokens of the target encoder, and layer-normed targets."""

    video: Float[Tensor, "clips channels frames height width"]
    tokens: Float[Tensor, "clips ticks rows cols dim"]
    targets: Float[Tensor, "clips ticks rows cols dim"]

    @classmethod
    def of(cls, jepa: Jepa, bank: Bank) -> Embedded:
        """Run the target encoder over a bank."""
        masked, found = jepa.need_masked(), []
        every = clips(bank)
        for start in range(0, len(every), _BATCH):
            report(start, len(every))
            video = jepa.encoder.prepare(every[start : start + _BATCH]).video
            targets = masked.targets(video)
            if targets is not None:
                found.append((video, jepa.encoder.encode(video, weights="target").tokens, targets.tokens))
        jepa.report.require("encoder_target")
        video, tokens, targets = (torch.cat(part) for part in zip(*found, strict=True))
        return cls(video, tokens, targets)


def prediction_figures(
    jepa: Jepa, seen: Embedded, mean: Float[Tensor, "ticks rows cols dim"], samplers: Sequence[Sampler], seed: int
) -> dict[str, float]:
    """How well hidden targets are predicted, one fresh mask a clip.

    Args:
        mean: target mean at each position over another bank; what a predictor knows that knows only the position.
        samplers: taken in turn. seed: of the masks.
    """
    rng, masked = np.random.default_rng(seed), jepa.need_masked()
    ticks, rows, cols = seen.targets.shape[1:4]
    cosines, others, errors, plain, ranks = [], [], 0.0, 0.0, []
    for i in range(len(seen.video)):
        report(i, len(seen.video))
        mask = samplers[i % len(samplers)].sample((ticks, rows, cols), rng)
        context, targets = torch.from_numpy(mask.context)[None], torch.from_numpy(mask.targets)[:, None]
        true, away = seen.targets[i], seen.targets - mean
        for is_own, k in ((True, i), (False, (i + 1) % len(seen.video))):
            predicted = masked.predict(seen.video[k : k + 1], context, targets)
            for block, latents in zip(targets[:, 0], predicted, strict=True):
                p, t = (latents.tokens[0] - mean)[block], (true - mean)[block]
                (cosines if is_own else others).append(F.cosine_similarity(p, t, dim=-1))
                if is_own:
                    errors += float((p - t).square().sum())
                    plain += float(t.square().sum())
                    far = (away[:, block] - p).square().sum((1, 2))
                    ranks.append(1 + int((far < far[i]).sum()))
    return {
        "centred_cosine": float(torch.cat(cosines).mean()),
        "centred_cosine_other_image": float(torch.cat(others).mean()),
        "mse_over_mean": errors / plain,
        "retrieval_rank": float(np.mean(ranks)),
        "retrieval_images": len(seen.video),
    }


def rankme(tokens: Float[Tensor, "samples dim"]) -> float:
    """Effective number of dimensions: e to the entropy of the normalised singular values (RankMe, arXiv 2210.02885)."""
    values = torch.linalg.svdvals(tokens.double())
    share = values / values.sum() + 1e-7
    return float(torch.exp(-(share * share.log()).sum()))


def pooled(tokens: Float[Tensor, "clips ticks rows cols dim"]) -> Float[np.ndarray, "clips dim"]:
    """One vector a clip: the mean over its tokens."""
    return tokens.mean((1, 2, 3)).double().numpy()
