"""Where one token looks: attention weights of encoder and predictor by layer and head, rollout, and the untrained model's."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import torch
from jaxtyping import Bool, Float, Int
from torch import Tensor

from workbench.core.clip import Clip
from workbench.core.errors import BadInput, MaskError
from workbench.core.grid import TokenGrid
from workbench.core.mask import Mask
from workbench.core.questions.features import Attention, AttentionResult, Weights
from workbench.core.results import Provenance
from workbench.measures.base import answers
from workbench.measures.features.tokens import asked_weights
from workbench.measures.twins import untrained_or_none
from workbench.model.device import ask_memory
from workbench.model.jepa import Jepa
from workbench.model.spec import Prepared


@answers(Attention)
def attention(
    jepa: Jepa,
    clip: Clip,
    token: int,
    *,
    part: str = "encoder",
    mask: Mask | None = None,
    rollout: bool = False,
    weights: Weights = "",
    mask_token: int | None = None,
    seed: int = 0,
) -> AttentionResult:
    """Attention of one token in every layer and head. Arguments as of `Attention`.

    Raises:
        BadInput: no such token or part, or weights that are NaN. MaskError: the token does not take part, or the mask does not fit. PartUnavailable: the
            part is missing, or its attention cannot be read. OutOfMemory: the weights do not fit.
    """
    prepared = jepa.encoder.prepare([clip])
    place = prepared.grid.position(token)
    asked = _Asked.of(jepa, prepared.grid, token, part, mask, asked_weights(jepa, weights), mask_token)
    found, twin = asked.weights(jepa, prepared, rollout), untrained_or_none(jepa, seed)
    grid = prepared.grid
    maps, entropy = asked.measured(found, grid.shape)
    blind = np.full_like(maps, np.nan), np.full_like(entropy, np.nan)
    untrained, other = blind if twin is None else asked.measured(asked.weights(twin, prepared, False), grid.shape)
    distance, uniform = _distance(maps, place)
    inside = mask.context if mask is not None else np.ones(grid.shape, bool)
    context = np.where(inside, np.nan_to_num(maps), 0).sum((2, 3, 4))
    rolled = None if found.rolled is None else asked.on_grid(found.rolled.numpy()[None], grid.shape)[0]
    rest = np.maximum(1 - np.nan_to_num(maps).sum((2, 3, 4)), 0) if found.prefix else np.zeros(maps.shape[:2])
    settings = {"part": part, "token": token, "rollout": rollout, "weights": asked.which, "mask_token": mask_token}
    said = "" if mask is None else f"{mask.digest} {mask.sampler}"
    origin = Provenance("attention", jepa.card.name, dict(jepa.card.hashes), f"{clip.digest} {clip.source}", said, seed, settings)
    whole = np.ones_like(context) if part == "encoder" else context
    return AttentionResult(part, place, maps, rest, untrained, rolled, entropy, other, distance, uniform, whole, origin)


@dataclass(frozen=True, eq=False)
class _Found:
    """rows: of each layer the weights of the asking token [heads, keys]. prefix: keys before those of the grid. rolled: rollout over the keys of the grid."""

    rows: list[Tensor]
    prefix: int
    rolled: Tensor | None


@dataclass(frozen=True, eq=False)
class _Asked:
    """One token, and the tokens of the grid that it may look at.

    Args:
        keys: their numbers in the grid, in the order of the keys. at: the place of the asking token among them. visible, block: of the encoder and of
            the predictor, as they take them.
    """

    part: str
    keys: Int[np.ndarray, "keys"]
    at: int
    which: str
    visible: Bool[Tensor, "1 ticks rows cols"] | None
    block: Bool[Tensor, "1 1 ticks rows cols"] | None
    mask_token: int | None

    @classmethod
    def of(cls, jepa: Jepa, grid: TokenGrid, token: int, part: str, mask: Mask | None, which: str, mask_token: int | None) -> _Asked:
        mask = None if mask is None else mask.on(grid.shape).usable()
        if part == "encoder":
            seen = np.ones(grid.shape, bool) if mask is None else mask.context
            if not seen.ravel()[token]:
                raise MaskError(
                    f"token {token} is not context: the encoder does not see it", where="token", fix="ask a context token, or leave out the mask"
                )
            keys = np.flatnonzero(seen)
            visible = None if mask is None else torch.from_numpy(mask.context)[None]
            return cls(part, keys, int(np.searchsorted(keys, token)), which, visible, None, mask_token)
        if part != "predictor":
            raise BadInput(f"there is no part {part!r}", where="part", fix="'encoder' or 'predictor'")
        jepa.need_masked()
        if mask is None:
            raise MaskError("the predictor needs a mask: what it sees, and what it must predict", where="mask", fix="sample or paint one")
        block = next((b for b in mask.targets if b.ravel()[token]), None)
        if block is None:
            raise MaskError(f"token {token} is no target: the predictor is not asked for it", where="token", fix="ask one of the mask's targets")
        context, targets = np.flatnonzero(mask.context), np.flatnonzero(block)
        at = len(context) + int(np.searchsorted(targets, token))
        given, wanted = torch.from_numpy(mask.context)[None], torch.from_numpy(block)[None, None]
        return cls(part, np.concatenate([context, targets]), at, which, given, wanted, mask_token)

    def weights(self, jepa: Jepa, prepared: Prepared, rollout: bool) -> _Found:
        """The weights of the asking token in every layer."""
        rows, means, prefix = list[Tensor](), list[Tensor](), 0

        def look(weights: Tensor) -> Tensor:
            """A row is a clip, or a frame of it; where it is a frame, the tokens of the grid are shared out among the rows."""
            nonlocal prefix
            each = len(self.keys) // len(weights)
            prefix = weights.shape[-1] - each
            row, at = divmod(self.at, each)
            if rollout and not rows:
                wanted = 4 * jepa.encoder.layers * weights[0, 0].numel()
                ask_memory(
                    wanted, f"rollout over {jepa.encoder.layers} layers of {weights.shape[-1]} tokens", fix="ask without rollout, or a shorter clip"
                )
            rows.append(self._shared(weights[row, :, prefix + at].cpu(), row, each, prefix))
            if rollout:
                means.append(weights[row].mean(0).cpu())
            return rows[-1]

        if self.part == "encoder":
            jepa.encoder.attention(prepared.video, look, weights=self.which, visible=self.visible)
        else:
            masked = jepa.need_masked()
            masked.attention(prepared.video, self.visible, self.block, look, mask_token=self.mask_token)  # type: ignore[arg-type]  # both are given here
        if not all(bool(r.nan_to_num(nan=0.0).isfinite().all()) for r in rows) or any(bool(r.isnan().all()) for r in rows):
            raise BadInput("attention weights are NaN", where=self.part, fix="look at the weights on the Checkpoint board")
        return _Found(rows, prefix, self._rolled(means, prefix) if rollout else None)

    def _shared(self, row: Float[Tensor, "heads keys"], frame: int, each: int, prefix: int) -> Float[Tensor, "heads all"]:
        """Weights on all keys of the grid, behind those off it: NaN on tokens of other frames, which are encoded for themselves."""
        full = row.new_full((len(row), prefix + len(self.keys)), torch.nan)
        full[:, :prefix] = row[:, :prefix]
        full[:, prefix + frame * each : prefix + (frame + 1) * each] = row[:, prefix:]
        return full

    def _rolled(self, means: list[Float[Tensor, "keys keys"]], prefix: int) -> Float[Tensor, "_"]:
        each = means[0].shape[-1] - prefix
        frame, at = divmod(self.at, each)
        found = torch.zeros(means[0].shape[-1])
        found[prefix + at] = 1
        for mean in reversed(means):
            found = 0.5 * (found @ mean + found)
        full = torch.full((len(self.keys),), torch.nan)
        full[frame * each : (frame + 1) * each] = found[prefix:]
        return full

    def measured(
        self, found: _Found, shape: tuple[int, int, int]
    ) -> tuple[Float[np.ndarray, "layers heads ticks rows cols"], Float[np.ndarray, "layers heads"]]:
        """The weights on the grid, and their entropy."""
        maps = np.stack([self.on_grid(row.numpy(), shape) for row in found.rows])
        return maps, np.stack([_entropy(row.double().numpy()) for row in found.rows])

    def on_grid(self, rows: Float[np.ndarray, "heads keys"], shape: tuple[int, int, int]) -> Float[np.ndarray, "heads ticks rows cols"]:
        """Weights on the grid, NaN at tokens that are no keys."""
        full = np.full((len(rows), int(np.prod(shape))), np.nan)
        full[:, self.keys] = rows[:, rows.shape[1] - len(self.keys) :]
        return full.reshape(len(rows), *shape)


def _entropy(weights: Float[np.ndarray, "heads keys"]) -> Float[np.ndarray, "heads"]:
    """Entropy of the weights ÷ that of uniform ones; 1 where there is one key."""
    keys = weights.shape[1] - int(np.isnan(weights[0]).sum())
    if keys < 2:
        return np.ones(len(weights))
    sure = np.nan_to_num(weights)
    return -(sure * np.log(np.maximum(sure, 1e-300))).sum(1) / np.log(keys)


def _distance(
    maps: Float[np.ndarray, "layers heads ticks rows cols"], place: tuple[int, int, int]
) -> tuple[Float[np.ndarray, "layers heads"], float]:
    """Mean distance in the grid that is looked over within the time step of the asking token, and that of uniform weights."""
    tick, row, col = place
    rows, cols = np.indices(maps.shape[3:])
    away, here = np.hypot(rows - row, cols - col), np.nan_to_num(maps[:, :, tick])
    total = here.sum((2, 3))
    there = ~np.isnan(maps[0, 0, tick])
    with np.errstate(invalid="ignore", divide="ignore"):
        return (here * away).sum((2, 3)) / total, float(away[there].mean())
