"""What a worker answers about surprise: films beside their impossible twins, films broken by hand, and how often a model is right."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from workbench import samples
from workbench.core import progress
from workbench.core.clip import Clip
from workbench.core.errors import BadInput
from workbench.core.films import Covered, Judged, Peers, Reel, SurpriseView
from workbench.core.futures import Accuracy, Surprise
from workbench.core.results import Provenance
from workbench.measures.bank import Bank
from workbench.measures.covering import cover
from workbench.measures.futures import chosen_distance, steps_of
from workbench.measures.pairs import pair_accuracy, quad_accuracy
from workbench.measures.surprise import pixel_surprise, surprise, surprises
from workbench.measures.twins import asked, twin_of
from workbench.model.jepa import Jepa
from workbench.worlds import kept_twins
from workbench.worlds.driven import scene
from workbench.worlds.physics import change
from workbench.worlds.twins import Twins

if TYPE_CHECKING:
    from workbench.worker.shelf import Shelf

_MOST_COMPARED = 64
HOME, FILE = "balls", "twins.npz"


def shipped() -> Mapping[str, Twins]:
    """The twins that come with the sample of their world."""
    return kept_twins.read(Path(samples.root()) / HOME / FILE)


@dataclass(frozen=True)
class _Films:
    """What stands on the board: (label, possible, clip), the frame at which twins part, and where things are."""

    films: list[tuple[str, bool, Clip]]
    event: int
    how: str
    places: tuple[np.ndarray, np.ndarray] | None


def surprise_view(
    shelf: Shelf,
    model: Jepa,
    clip: Clip,
    *,
    twins: tuple[str, int] | None = None,
    other: Clip | None = None,
    moved: tuple[int, float, float] | None = None,
    world: str = "",
    predictor: str = "model",
    **options: Any,
) -> SurpriseView:
    """The surprise of a film, beside its twin's: one that is impossible, another clip, or the same film broken by hand.

    Args:
        twins: (kind, number) of `kept_twins.CHOICES`, in place of the clip. other: a clip that stands in for the twin.
        moved: (frame, x, y): the thing that moves is suddenly there; needs a world. world: of worlds.driven.SCENES.
        predictor: "model", "twin" (untrained) or "pixels" (how much they change). options: of `surprise`.

    Raises:
        BadInput: no such twins, or nothing that can be moved. ClipError: too short to foretell anything. MissingExtra: pymunk is not installed.
    """
    made = _films(model, clip, twins, other, moved, world or model.card.world)
    found = tuple(_surprise(model, c, predictor, options) for _, _, c in made.films)
    reels = tuple(
        Reel(label, "real" if fine else "impossible", "", model.encoder.prepare([c]).shown[0].numpy(), c.frames) for label, fine, c in made.films
    )
    return SurpriseView(reels, found, made.event, made.how, made.places, made.films[0][2].fps)


def _surprise(model: Jepa, clip: Clip, predictor: str, options: Mapping[str, Any]) -> Surprise:
    if predictor == "pixels":
        return pixel_surprise(model, clip)
    return surprise(asked(model, predictor), clip, **options)


def _films(model: Jepa, clip: Clip, twins: tuple[str, int] | None, other: Clip | None, moved: tuple[int, float, float] | None, world: str) -> _Films:
    """The films that are asked for."""
    films, event, how = [("real", True, _own(model, clip))], -1, "alone"
    if twins is not None:
        pairs, event = kept_twins.look(shipped(), *twins)
        films, how = [(label, k == 0, pair[k]) for name, *pair in pairs for k, label in enumerate(kept_twins.LABELS[name])], "twins"
        world = HOME
    elif other is not None and moved is None:
        films.append(("another clip, in place of a twin", False, _own(model, other)))
        event, how = _parting(films[0][2], films[1][2]), "other"
    first = films[0][2]
    if moved is not None:
        broken = _broken(first, world, moved)
        films, event, how = [("left alone", True, first), ("broken by hand", False, broken)], _parting(first, broken), "broken"
    return _Films(films, event, how, _places(world, first, films[-1][2]))


def _own(model: Jepa, clip: Clip) -> Clip:
    """The frames that the model is shown, and its actions: one a step."""
    if model.dynamics is None or clip.actions is None:
        return clip
    own, used = steps_of(clip, model.dynamics.action)
    return clip if used is None else replace(own, actions=used)


def _places(world: str, *clips: Clip) -> tuple[np.ndarray, np.ndarray] | None:
    if not world or any(c.states is None for c in clips):
        return None
    first, last = (scene(world).where(np.asarray(c.states, np.float64)) for c in clips)
    return first, last


def _broken(clip: Clip, world: str, moved: tuple[int, float, float]) -> Clip:
    """The clip with the thing that moves suddenly elsewhere."""
    frame, x, y = moved
    if not world or clip.states is None:
        raise BadInput("this clip's world cannot be simulated: nothing in it can be moved", where="moved", fix="choose a twin instead")
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


def surprise_peers(shelf: Shelf, model: Jepa, *, twins: str = "", bank: Bank | None = None, predictor: str = "model", **options: Any) -> Peers:
    """How surprising possible films are: those of the same kind of twins at their own events, or the clips of a bank.

    Args:
        twins: a kind of `kept_twins.CHOICES`; "possible": possible films of every kind, wherever their largest surprise is. bank: else.

    Raises:
        BadInput: neither.
    """
    if twins and twins != "possible":
        kept = {name: shipped()[name] for name in kept_twins.CHOICES[twins]}
        some = [(c, int(e)) for name, t in kept.items() for (c, _), e in zip(kept_twins.clips(t[:_MOST_COMPARED], name), t.event, strict=False)]
        name = f"{len(some)} possible films at the same moment"
    elif twins:
        each = -(-_MOST_COMPARED // len(shipped()))
        some = [(c, -1) for name, t in shipped().items() for c, _ in kept_twins.clips(t[:each], name)]
        name = f"{len(some)} possible films"
    elif bank is not None:
        some = [(c, -1) for c in bank.clips[:_MOST_COMPARED]]
        name = f"{len(some)} clips of {bank.name}"
    else:
        raise BadInput("nothing to compare with", where="surprise_peers", fix="open a bank of clips")
    if twins and predictor != "pixels":  # of one length
        found = surprises(asked(model, predictor), [clip for clip, _ in some], **options)
    else:
        found = list[Surprise]()
        for k, (clip, _) in enumerate(some):
            with progress.part(k, len(some)):
                found.append(_surprise(model, clip, predictor, options))
    tops = [each.top(event) for each, (_, event) in zip(found, some, strict=True)]
    return Peers(name, np.array(tops, np.float64), bool(twins) and twins != "possible")


def judge_twins(shelf: Shelf, model: Jepa, *, count: int = 60, **options: Any) -> Judged:
    """How often possible films surprise less than impossible ones, over the shipped pairs and quads, beside an untrained twin and changes of pixels.

    Args:
        count: of each kind. options: of `surprise`; of several contexts the first counts.

    Raises:
        BadInput: not so many are shipped. Cancelled: nobody waits any more.
    """
    kept = shipped()
    most = min(len(t) for t in kept.values())
    if not 1 <= count <= most:
        raise BadInput(f"{count} pairs of each kind, {most} are shipped", where="count", fix=f"1 to {most}")
    who = {"model": model, "random init": twin_of(model)}
    scores: dict[str, dict[str, np.ndarray]] = {}
    contexts: tuple[int, ...] = (0,)
    for k, (name, twins) in enumerate(kept.items()):
        rows = kept_twins.clips(twins[:count], name)
        scores[name] = {"pixels": np.stack([change(np.stack([pair[side].pixels for pair in rows]), 1).sum(1) for side in (0, 1)])}
        for j, (label, jepa) in enumerate(who.items()):
            with progress.part(2 * k + j, 2 * len(kept)):
                found = surprises(jepa, [c for pair in rows for c in pair], **options)
            contexts = found[0].contexts
            scores[name][label] = np.array([s.mean() for s in found]).reshape(-1, 2).T
    order = (*who, "pixels")
    pairs = {name: {w: pair_accuracy(*scores[name][w]) for w in order} for name in kept_twins.CHOICES if name in scores}
    quads = {quad: {w: _quad(scores, names, w) for w in order} for quad, names in kept_twins.QUADS.items()}
    said: dict[str, object] = {"twins": f"{HOME}/{FILE}", **{k: v for k, v in options.items() if v is not None}}
    origin = Provenance("judge_twins", model.card.name, dict(model.card.hashes), f"{HOME}/{FILE}", seed=0, parameters=said)
    return Judged(pairs, quads, count, contexts, chosen_distance(model, options.get("distance")), origin)


def _quad(scores: Mapping[str, Mapping[str, np.ndarray]], names: tuple[str, ...], who: str) -> Accuracy:
    right, wrong = (np.stack([scores[name][who][side] for name in names], 1) for side in (0, 1))
    return quad_accuracy(right, wrong)


def cover_cells(
    shelf: Shelf,
    model: Jepa,
    clip: Clip,
    *,
    frame: int,
    twins: tuple[str, int] | None = None,
    other: Clip | None = None,
    moved: tuple[int, float, float] | None = None,
    world: str = "",
    predictor: str = "model",
    cells: int = 8,
    **options: Any,
) -> Covered:
    """Where in a frame of the last film the surprise is, by covering: for models of one vector a frame. Arguments as those of `surprise_view`.

    Raises:
        BadInput: the frame was not foretold, or it is asked of plain changes of pixels.
    """
    if predictor == "pixels":
        raise BadInput("changes of pixels say themselves where they are", where="cover_cells", fix="let go of P")
    films = _films(model, clip, twins, other, moved, world or model.card.world).films
    return cover(asked(model, predictor), films[-1][2], frame, cells=cells, film=len(films) - 1, **options)


SURPRISES = {f.__name__: f for f in (surprise_view, surprise_peers, judge_twins, cover_cells)}
