"""One pass over many clips: the vectors, tokens and masked views that health measures are computed of, for a model and for the untrained model."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field

import numpy as np
import torch
from jaxtyping import Float

from workbench.core import progress
from workbench.core.clip import Clip
from workbench.core.errors import BadInput, MissingExtra, WorkbenchError
from workbench.core.grid import TokenGrid
from workbench.core.mask import Mask
from workbench.core.questions.embedding import Level
from workbench.data.scaling import scaled_down
from workbench.masks import Sampler, make
from workbench.measures.extracting import Batch, Extractor
from workbench.model.jepa import Jepa
from workbench.worlds.factors import ClipRow

_TOGETHER, _PLACES, _POINTS = 8, 64, 4096  # clips, positions of which tokens are kept, and vectors of tokens at most
_KEPT_SIDE = 512  # pixels of the short side of clips that are kept for predictions


@dataclass(frozen=True, eq=False)
class Seen:
    """What one model makes of the clips.

    Args:
        vectors: that measures are taken of. pooled: one a clip. tokens: at some positions. context: the same of the context encoder. views: of masked
            encodings. The last two are None where there are none.
    """

    vectors: Float[np.ndarray, "clips each dim"]
    pooled: Float[np.ndarray, "clips dim"]
    tokens: Float[np.ndarray, "clips places dim"]
    context: Float[np.ndarray, "clips places dim"] | None
    views: Float[np.ndarray, "clips views dim"] | None


@dataclass(frozen=True, eq=False)
class Gathered:
    """What was seen by the model, and by the others. index: in the data, of the clips that were used. skipped: index -> why not. kept: clips for
    predictions. no_views: why there are none."""

    seen: list[Seen]
    index: list[int]
    skipped: dict[int, str]
    kept: list[Clip]
    no_views: str


def sampler_of(jepa: Jepa) -> Sampler:
    """The mask sampler that the model was trained with; random tokens where its card names none.

    Raises:
        BadInput: it has no masked predictor.
    """
    if not jepa.card.samplers and jepa.masked is not None:
        return make("random_tokens")
    if not jepa.card.samplers:
        raise BadInput("this model was not trained with masks", where=jepa.card.name, fix="open a masked model")
    name, parameters = jepa.card.samplers[0]
    return make(name, **parameters)


def gather(models: Sequence[Jepa], data: ClipRow, chosen: Sequence[int], *, what: Level, views: int, kept: int, seed: int) -> Gathered:
    """Read each chosen clip once and show it to every model. Clips that cannot be read, or of another number of tokens than the first, are skipped.

    Args:
        models: of one architecture; the first decides how clips are prepared and which masks are drawn. views: masked encodings a clip.
        kept: clips that are kept, evenly taken.

    Raises:
        BadInput: no clip can be used. PartUnavailable: the encoder did not load whole.
    """
    extractor = Extractor(models[0], what, None, "mean", "model", seed)
    found = [_Collected(model, extractor.weights, what) for model in models]
    whole = Gathered([], [], {}, [], "")
    draw, no_views = _drawing(models[0], views)
    wanted = set(evenly(chosen, kept))
    grid: TokenGrid | None = None
    for start in range(0, len(chosen), _TOGETHER):
        clips = list(read_clips(data, chosen[start : start + _TOGETHER], whole.skipped))
        batches, refused = extractor.prepare(clips) if clips else ([], {})
        whole.skipped.update(refused)
        used = set[int]()
        for batch in batches:
            grid = batch.grid if grid is None else grid
            if batch.grid.shape != grid.shape:
                whole.skipped.update({i: f"{batch.grid.shape} tokens, where the first clip has {grid.shape}" for i in batch.index})
                continue
            visible = []
            if draw is not None:
                try:
                    visible = [_masks(draw, grid, batch, v, seed) for v in range(views)]
                except WorkbenchError as error:
                    draw, no_views = None, error.what
            for one in found:
                one.add(batch, visible, len(chosen), seed)
            whole.index.extend(batch.index)
            used |= set(batch.index)
        whole.kept.extend(scaled_down(clip, _KEPT_SIDE) for i, clip in clips if i in wanted & used)
        progress.report(min(start + _TOGETHER, len(chosen)), len(chosen))
    if not whole.index:
        why = next(iter(whole.skipped.values()), "there are none")
        raise BadInput(f"no clip can be used: {why}", where=str(getattr(data, "path", "")), fix="give images or videos that can be read")
    return Gathered([one.seen(draw is not None) for one in found], whole.index, whole.skipped, whole.kept, no_views)


def evenly(row: Sequence[int], most: int) -> list[int]:
    """At most so many of a row, evenly taken."""
    return [row[k * len(row) // most] for k in range(most)] if most < len(row) else list(row)


@dataclass(eq=False)
class _Collected:
    """The parts of what one model makes of the clips, batch by batch."""

    jepa: Jepa
    weights: str
    what: Level
    parts: dict[str, list[np.ndarray]] = field(default_factory=dict[str, list[np.ndarray]])

    def add(self, batch: Batch, visible: Sequence[torch.Tensor], clips: int, seed: int) -> None:
        """Encode a batch."""
        with torch.inference_mode():
            tokens = self._encoded(batch, self.weights).flatten(1, 3)
            places = _places(tokens.shape[1], _PLACES, seed)
            self._put("tokens", tokens[:, places])
            self._put("pooled", tokens.mean(1))
            if self.what == "frames":
                self._put("vectors", tokens.unflatten(1, (batch.grid.ticks, -1)).mean(2))
            elif self.what == "tokens":
                self._put("vectors", tokens[:, places[: max(1, _POINTS // clips)]])
            if self._both():
                self._put("context", self._encoded(batch, "context").flatten(1, 3)[:, places])
            if visible:
                views = [self._encoded(batch, self.weights, mask).flatten(1, 3).nanmean(1) for mask in visible]
                self._put("views", torch.stack(views, 1))

    def seen(self, views: bool) -> Seen:
        """All of it, in double precision."""
        whole = {name: np.concatenate(each).astype(np.float64) for name, each in self.parts.items()}
        vectors = whole["pooled"][:, None] if self.what == "clip" else whole["vectors"]
        return Seen(vectors, whole["pooled"], whole["tokens"], whole.get("context"), whole.get("views") if views else None)

    def _both(self) -> bool:
        return self.weights == "target" and "context" in self.jepa.encoder.weights and self.jepa.report.serving("encoder_context").status == "whole"

    def _encoded(self, batch: Batch, weights: str, visible: torch.Tensor | None = None) -> torch.Tensor:
        return self.jepa.encoder.encode(batch.video, weights=weights, visible=visible).tokens.float()

    def _put(self, name: str, values: torch.Tensor) -> None:
        self.parts.setdefault(name, []).append(values.cpu().numpy())


def read_clips(data: ClipRow, chosen: Sequence[int], skipped: dict[int, str]) -> Iterator[tuple[int, Clip]]:
    """The chosen clips that can be read; why others cannot is put into `skipped`."""
    for index in chosen:
        try:
            yield index, data[index]
        except (BadInput, MissingExtra) as error:
            skipped[index] = error.what


def _drawing(jepa: Jepa, views: int) -> tuple[Sampler | None, str]:
    """Who draws the masks of views, or why there are none."""
    if views < 2:
        return None, f"{views} views a clip; 2 are needed"
    try:
        return sampler_of(jepa), ""
    except WorkbenchError as error:
        return None, error.what


def drawn(draw: Sampler, shape: tuple[int, int, int], seed: int, index: int, view: int) -> Mask:
    """The same mask for the same clip and view, whichever clips are measured with it."""
    return draw.sample(shape, np.random.default_rng([seed, index, view]))


def _masks(draw: Sampler, grid: TokenGrid, batch: Batch, view: int, seed: int) -> torch.Tensor:
    return torch.from_numpy(np.stack([drawn(draw, grid.shape, seed, index, view).context for index in batch.index]))


def _places(tokens: int, most: int, seed: int) -> np.ndarray:
    """Positions of which tokens are kept, the same ones of every clip."""
    return np.random.default_rng(seed).permutation(tokens)[:most]
