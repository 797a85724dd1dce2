"""Answers to the questions about surprise: a clip, possible beside impossible videos, how often a model tells them apart, and where in a frame."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Unpack

import numpy as np
import torch
from torch import Tensor

from workbench.core import progress
from workbench.core.clip import Clip
from workbench.core.errors import BadInput, ClipError
from workbench.core.films import Reel
from workbench.core.questions.surprise import (
    Accuracy,
    ClipSurprise,
    Covered,
    FutureLeak,
    Judged,
    Leak,
    OcclusionMap,
    PairAccuracies,
    PairSurprise,
    Peers,
    PossibleSurprise,
    Surprise,
    SurpriseView,
)
from workbench.core.results import Provenance
from workbench.measures.bank import Bank
from workbench.measures.base import answers
from workbench.measures.futures import chosen_distance, plain_distance, steps_of
from workbench.measures.occlusion import cover
from workbench.measures.pairs import pair_accuracy, quad_accuracy
from workbench.measures.twins import asked, twin_of
from workbench.measures.windows import Looking, pixel_surprise, surprises
from workbench.model.jepa import Jepa
from workbench.worlds import stored_pairs
from workbench.worlds.environments import scene
from workbench.worlds.physics import change
from workbench.worlds.stored_pairs import shipped

Places = tuple[np.ndarray, np.ndarray]
_MOST_COMPARED = 64


@answers(ClipSurprise)
def surprise(
    jepa: Jepa,
    clip: Clip,
    *,
    contexts: Sequence[int] | None = None,
    window: int | None = None,
    stride: int = 2,
    distance: str | None = None,
    mask_token: int | None = 0,
) -> Surprise:
    """The distance between prediction and ground truth, for each frame and token of a clip.

    A model with dynamics predicts every tick from the real ones before it. A masked predictor is given the first frames of a
    sliding window and predicts the rest of it.

    Args:
        contexts: frames of context, several at once; masked predictors only; None: a quarter, a half and three quarters of the window.
        window: frames; None: as in training. stride: frames between windows. distance: None: that of the training loss.
        mask_token: which learned mask token predicts, as published the first; None: the family's default.

    Raises:
        PartUnavailable: neither dynamics nor a masked predictor. BadInput: a context that is no whole number of ticks. ClipError: too short.

    jepa-intuitive-physics (arXiv 2502.11831): their loss of window and context is `windows`; the curve is the mean over windows.
    """
    return surprises(jepa, [clip], contexts=contexts, window=window, stride=stride, distance=distance, mask_token=mask_token)[0]


@dataclass(frozen=True)
class _Films:
    """What is watched: (label, possible, clip), the frame at which the videos part, and where things are."""

    films: list[tuple[str, bool, Clip]]
    event: int
    how: str
    places: Places | None


@answers(PairSurprise)
def surprise_view(
    jepa: Jepa,
    clip: Clip,
    *,
    twins: tuple[str, int] | None = None,
    other: Clip | None = None,
    moved: tuple[int, float, float] | None = None,
    world: str = "",
    predictor: str = "model",
    **how: Unpack[Looking],
) -> SurpriseView:
    """The surprise of a clip, beside its counterpart's: one that is impossible, another clip, or the same video broken by hand.

    Args:
        twins: (kind, number) of `stored_pairs.CHOICES`, in place of the clip. other: a clip that stands in for the impossible one.
        moved: (frame, x, y): the thing that moves is suddenly there; needs a world. world: of worlds.environments.SCENES.
        predictor: "model", "twin" (untrained) or "pixels" (how much they change). how: options of `surprise`.

    Raises:
        BadInput: no such twins, or nothing that can be moved. ClipError: too short to predict anything. MissingExtra: pymunk is not installed.
    """
    made = _films(jepa, clip, twins, other, moved, world or jepa.card.world)
    found = tuple(_surprise(jepa, c, predictor, how) for _, _, c in made.films)
    reels = tuple(
        Reel(label, "real" if fine else "impossible", "", jepa.encoder.prepare([c]).shown[0].numpy(), c.frames) for label, fine, c in made.films
    )
    return SurpriseView(reels, found, made.event, made.how, made.places, made.films[0][2].fps)


def _surprise(jepa: Jepa, clip: Clip, predictor: str, how: Looking) -> Surprise:
    return pixel_surprise(jepa, clip) if predictor == "pixels" else surprises(asked(jepa, predictor), [clip], **how)[0]


def _films(jepa: Jepa, clip: Clip, twins: tuple[str, int] | None, other: Clip | None, moved: tuple[int, float, float] | None, world: str) -> _Films:
    """The films that are asked for."""
    films, event, how = [("real", True, _own(jepa, clip))], -1, "alone"
    if twins is not None:
        pairs, event = stored_pairs.look(shipped(), *twins)
        films, how = [(label, k == 0, pair[k]) for name, *pair in pairs for k, label in enumerate(stored_pairs.LABELS[name])], "twins"
        world = stored_pairs.HOME
    elif other is not None and moved is None:
        films.append(("another clip, as counterpart", False, _own(jepa, other)))
        event, how = _parting(films[0][2], films[1][2]), "other"
    first = films[0][2]
    if moved is not None:
        broken = _broken(first, world, moved)
        films, event, how = [("unedited", True, first), ("edited by hand", False, broken)], _parting(first, broken), "broken"
    return _Films(films, event, how, _places(world, first, films[-1][2]))


def _own(jepa: Jepa, clip: Clip) -> Clip:
    """The frames that the model is shown, and its actions: one a step."""
    if jepa.dynamics is None or clip.actions is None:
        return clip
    own, used = steps_of(clip, jepa.dynamics.action)
    return clip if used is None else replace(own, actions=used)


def _places(world: str, *clips: Clip) -> Places | None:
    if not world or any(c.states is None for c in clips):
        return None
    first, last = (scene(world).where(np.asarray(c.states, np.float64)) for c in clips)
    return first, last


def _broken(clip: Clip, world: str, moved: tuple[int, float, float]) -> Clip:
    """The clip with the thing that moves suddenly elsewhere."""
    frame, x, y = moved
    if not world or clip.states is None:
        raise BadInput("this clip's world cannot be simulated, so no object in it can be moved", where="moved", fix="choose a shipped pair instead")
    if not 0 <= frame < clip.frames or not np.isfinite([x, y]).all():
        raise BadInput(f"frame {frame} of {clip.frames}, place ({x}, {y})", where="moved", fix="a frame of the clip, and a place in the picture")
    within = scene(world)
    states = within.moved(np.asarray(clip.states), clip.actions, int(frame), float(x), float(y)).astype(np.float32)
    pixels = within.render(states)
    pixels[:frame] = clip.pixels[:frame]
    return replace(clip, pixels=pixels, states=states, source=f"{clip.source}, broken at frame {frame}")


def _parting(a: Clip, b: Clip) -> int:
    """The first frame in which two films differ; −1 where they do not."""
    if a.pixels.shape[1:] != b.pixels.shape[1:]:
        return 0
    frames = min(a.frames, b.frames)
    differ = (a.pixels[:frames] != b.pixels[:frames]).any((1, 2, 3))
    return int(differ.argmax()) if differ.any() else -1


@answers(PossibleSurprise)
def possible_surprise(jepa: Jepa, *, twins: str = "", bank: Bank | None = None, predictor: str = "model", **how: Unpack[Looking]) -> Peers:
    """The peak surprise of possible videos: those of the same kind of pairs at their own events, or the clips of a bank.

    Args:
        twins: a kind of `stored_pairs.CHOICES`; "possible": possible films of every kind, wherever their largest surprise is. bank: else.

    Raises:
        BadInput: neither.
    """
    if twins and twins != "possible":
        kept = {name: shipped()[name] for name in stored_pairs.CHOICES[twins]}
        some = [(c, int(e)) for name, t in kept.items() for (c, _), e in zip(stored_pairs.clips(t[:_MOST_COMPARED], name), t.event, strict=False)]
        name = f"{len(some)} possible videos of this kind, each at the frame where its impossible counterpart departs"
    elif twins:
        each = -(-_MOST_COMPARED // len(shipped()))
        some = [(c, -1) for name, t in shipped().items() for c, _ in stored_pairs.clips(t[:each], name)]
        name = f"{len(some)} possible videos"
    elif bank is not None:
        some = [(c, -1) for c in bank.clips[:_MOST_COMPARED]]
        name = f"{len(some)} clips of {bank.name}"
    else:
        raise BadInput("nothing to compare with", where="possible_surprise", fix="open a bank of clips")
    if twins and predictor != "pixels":  # of one length
        found = surprises(asked(jepa, predictor), [clip for clip, _ in some], **how)
    else:
        found = list[Surprise]()
        for k, (clip, _) in enumerate(some):
            with progress.part(k, len(some)):
                found.append(_surprise(jepa, clip, predictor, how))
    tops = [each.top(event) for each, (_, event) in zip(found, some, strict=True)]
    return Peers(name, np.array(tops, np.float64), bool(twins) and twins != "possible", found[0].provenance)


@answers(PairAccuracies)
def judge_twins(jepa: Jepa, *, count: int = 60, **how: Unpack[Looking]) -> Judged:
    """Accuracy (possible scored lower than impossible) on the shipped pairs and quads, beside the untrained model and pixel changes.

    Args:
        count: of each kind. how: options of `surprise`; of several contexts the first counts.

    Raises:
        BadInput: not so many are shipped. Cancelled: the question was withdrawn.
    """
    kept = shipped()
    most = min(len(t) for t in kept.values())
    if not 1 <= count <= most:
        raise BadInput(f"{count} pairs of each kind, {most} are shipped", where="count", fix=f"1 to {most}")
    who = {"model": jepa, "random init": twin_of(jepa)}
    scores: dict[str, dict[str, np.ndarray]] = {}
    contexts: tuple[int, ...] = (0,)
    for k, (name, twins) in enumerate(kept.items()):
        rows = stored_pairs.clips(twins[:count], name)
        scores[name] = {"pixels": np.stack([change(np.stack([pair[side].pixels for pair in rows]), 1).sum(1) for side in (0, 1)])}
        for j, (label, each) in enumerate(who.items()):
            with progress.part(2 * k + j, 2 * len(kept)):
                found = surprises(each, [c for pair in rows for c in pair], **how)
            contexts = found[0].contexts
            scores[name][label] = np.array([s.mean() for s in found]).reshape(-1, 2).T
    order = (*who, "pixels")
    pairs = {name: {w: pair_accuracy(*scores[name][w]) for w in order} for name in stored_pairs.CHOICES if name in scores}
    quads = {quad: {w: _quad(scores, names, w) for w in order} for quad, names in stored_pairs.QUADS.items()}
    said: dict[str, object] = {"twins": stored_pairs.FILE, **{k: v for k, v in how.items() if v is not None}}
    origin = Provenance("judge_twins", jepa.card.name, dict(jepa.card.hashes), stored_pairs.FILE, seed=0, parameters=said)
    return Judged(pairs, quads, count, contexts, chosen_distance(jepa, how.get("distance")), origin)


def _quad(scores: Mapping[str, Mapping[str, np.ndarray]], names: tuple[str, ...], who: str) -> Accuracy:
    right, wrong = (np.stack([scores[name][who][side] for name in names], 1) for side in (0, 1))
    return quad_accuracy(right, wrong)


@answers(OcclusionMap)
def occlusion_map(
    jepa: Jepa,
    clip: Clip,
    *,
    frame: int,
    twins: tuple[str, int] | None = None,
    other: Clip | None = None,
    moved: tuple[int, float, float] | None = None,
    world: str = "",
    predictor: str = "model",
    cells: int = 8,
    **how: Unpack[Looking],
) -> Covered:
    """Where in a frame of the last video the surprise is, by occlusion: for models of one vector a frame. Arguments as those of `surprise_view`.

    Raises:
        BadInput: the frame was not predicted, or it is asked of plain changes of pixels.
    """
    if predictor == "pixels":
        raise BadInput("changes of pixels say themselves where they are", where="occlusion_map", fix="let go of P")
    films = _films(jepa, clip, twins, other, moved, world or jepa.card.world).films
    return cover(asked(jepa, predictor), films[-1][2], frame, cells=cells, film=len(films) - 1, **how)


@answers(Leak)
def future_leak(jepa: Jepa, clip: Clip, *, cuts: Sequence[int] | None = None, distance: str | None = None, seed: int = 0) -> FutureLeak:
    """Does the past change when the future frames change? Frames after each cut are replaced by noise.

    Args:
        cuts: frames; None: up to eight, evenly spread. seed: of the noise.

    Raises:
        ClipError: a clip of one tick has no future.
    """
    distance = chosen_distance(jepa, distance)
    prepared = jepa.encoder.prepare([clip])
    grid, video = prepared.grid, prepared.video
    if grid.ticks < 2:
        raise ClipError("a clip of one tick has no future", where=clip.source, fix="give a clip of several frames")
    where = range(1, grid.ticks)
    asked = tuple(cuts) if cuts is not None else tuple(t * grid.tubelet for t in list(where)[:: max(1, len(where) // 8)][:8])

    def latents(v: Tensor) -> Tensor:
        answer = jepa.dynamics.embed(v) if jepa.dynamics is not None else jepa.encoder.encode(v, weights=jepa.encoder.weights[0])
        return answer.tokens.float().cpu()

    real = latents(video)[0]
    unit = float(plain_distance(real, real.roll(1, 0), distance).mean())
    noise = torch.randn(video.shape, generator=torch.Generator().manual_seed(seed))
    change = np.full((len(asked), grid.ticks), np.nan)
    for row, frame in enumerate(asked):
        progress.report(row, len(asked))
        if not 0 < frame < video.shape[2] or frame % grid.tubelet:
            raise BadInput(f"a cut at frame {frame}", where="cuts", fix=f"multiples of {grid.tubelet} between 1 and {video.shape[2] - 1}")
        other = torch.cat([video[:, :, :frame], noise[:, :, frame:].to(video)], 2)
        past = frame // grid.tubelet
        moved = plain_distance(latents(other)[0, :past], real[:past], distance)
        change[row, :past] = moved.mean((1, 2)).numpy() / max(unit, 1e-12)
    origin = Provenance("future_leak", jepa.card.name, dict(jepa.card.hashes), f"{clip.digest} {clip.source}".strip(), seed=seed)
    return FutureLeak(asked, change, unit, distance, origin)
