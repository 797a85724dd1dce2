"""Predicted futures beside real ones: the errors of one clip, the same as videos, and the errors over a bank."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
import torch
from jaxtyping import Bool, Float
from torch import Tensor

from workbench.core import progress
from workbench.core.clip import Clip
from workbench.core.errors import BadInput
from workbench.core.films import Reel
from workbench.core.questions.rollout import KINDS, Drift, DriftOverBank, FilmView, Rollout, RolloutVideos
from workbench.core.results import Provenance
from workbench.measures.bank import Bank
from workbench.measures.base import answers, measure
from workbench.measures.drawing import draw, note_of
from workbench.measures.futures import Future, apart, chosen_distance, scale_note, span, steps_of
from workbench.measures.latent_colours import Palette
from workbench.measures.twins import asked, twin_of
from workbench.model.jepa import Decoder, Jepa
from workbench.model.latents import Latents
from workbench.worlds.environments import followed, world

_BATCH = 16


@measure
def rollout(
    jepa: Jepa,
    clip: Clip,
    *,
    known: int | None = None,
    distance: str | None = None,
    actions: np.ndarray | None = None,
    bank: Bank | None = None,
    twin: bool = True,
) -> Rollout:
    """What the model predicts of one clip, tick by tick: open loop, teacher-forced, with baselines.

    Args:
        known: ticks of context; None: as few as the model takes. distance: None: that of the training loss.
        actions: other actions than those that were done, one row a step; the real future is then no longer what should come.
        bank: gives the other clip's actions. twin: also roll out the untrained model, in its own latents.

    Raises:
        PartUnavailable: no dynamics. BadInput: actions or states do not fit. ClipError: the clip is too short.
    """
    future = Future.of(jepa, [clip if actions is None else replace(clip, actions=actions)], known)
    other = Future.of(twin_of(jepa), [clip], known) if twin else None
    source = f"{clip.digest} {clip.source}".strip()
    return compared(future, source, chosen_distance(jepa, distance), other_moves(future, clip, bank), other)[0]


def compared(
    future: Future, source: str, distance: str, others: Float[Tensor, "1 moves action"] | None, twin: Future | None = None
) -> tuple[Rollout, dict[str, Latents]]:
    """How far each predicted future of one clip is from what came, and those futures.

    Args:
        source: of the clip, as its provenance is to tell. others: actions that do not belong to the clip. twin: the same clip in the twin's latents.
    """
    jepa = future.jepa
    found = {k: future.predicted(k) for k in ("open loop", "teacher-forced", "copy last")}
    if others is not None:
        found["other actions"] = future.predicted("open loop", others)
    maps = {k: apart(f, future.came, distance)[0] for k, f in found.items()}
    if twin is not None:
        maps["twin"] = apart(twin.predicted("open loop"), twin.came, distance)[0]
    kinds = tuple(k for k in KINDS if k in maps)
    true = future.came.states
    states = None if true is None else np.stack([_states(found.get(k), true) for k in kinds])
    origin = Provenance("rollout", jepa.card.name, dict(jepa.card.hashes), source, parameters={"known": future.known})
    errors = torch.stack([maps[k] for k in kinds]).numpy()
    return Rollout(future.known, kinds, errors, distance, future.real.grid, origin, states, None if true is None else true[0].numpy()), found


def _states(latents: Latents | None, true: Tensor) -> np.ndarray:
    if latents is None or latents.states is None:
        return np.full(tuple(true.shape[1:]), np.nan, np.float32)
    return latents.states[0].float().numpy()


def other_moves(future: Future, clip: Clip, bank: Bank | None) -> Float[Tensor, "1 moves action"] | None:
    """Actions that do not belong to this clip: another clip's, else its own in another order. None where the model needs none."""
    spec, moves = future.jepa.need_dynamics().action, future.moves
    if moves is None:
        return None
    for other in [] if bank is None else (bank.clips[i] for i in bank.without(clip)):
        if other.actions is not None and other.frames >= clip.frames:
            return torch.from_numpy(steps_of(other, spec)[1])[None, : moves.shape[1]]
    order = torch.randperm(moves.shape[1], generator=torch.Generator().manual_seed(0))
    return moves[:, order]


@answers(DriftOverBank)
def drift(
    jepa: Jepa,
    bank: Bank,
    *,
    known: int | None = None,
    distance: str | None = None,
    limit: int | None = None,
    seed: int = 0,
    predictor: str = "model",
) -> Drift:
    """How the same errors grow with the horizon, over a bank, beside copying the last tick and other clips' actions.

    Args:
        limit: at most so many clips. seed: of the intervals. predictor: "model", or "twin": the untrained model, in the twin's own latents.
    """
    jepa = asked(jepa, predictor)
    distance = chosen_distance(jepa, distance)
    clips = bank.clips[:limit]
    acting = jepa.need_dynamics().action is not None
    kinds = ("open loop", "teacher-forced", "copy last", *(("other actions",) if acting else ()))
    rows: list[np.ndarray] = []
    first = 0
    for start in range(0, len(clips), _BATCH):
        future = Future.of(jepa, clips[start : start + _BATCH], known)
        first = future.known
        predicted = {k: future.predicted(k) for k in kinds if k != "other actions"}
        if future.moves is not None:
            predicted["other actions"] = future.predicted("open loop", _next_clip(future.moves))
        rows.append(torch.stack([apart(predicted[k], future.came, distance).mean((2, 3)) for k in kinds]).numpy())
        progress.report(min(start + _BATCH, len(clips)), len(clips))
    origin = Provenance("drift", jepa.card.name, dict(jepa.card.hashes), bank.name, seed=seed, parameters={"known": first, "distance": distance})
    return Drift(first, kinds, np.concatenate(rows, 1), distance, bank.name, seed, origin)


def _next_clip(moves: Tensor) -> Tensor:
    """Every clip the actions of the next one; a clip that is alone gets its own in another order."""
    if len(moves) > 1:
        return moves.roll(1, 0)
    return moves[:, torch.randperm(moves.shape[1], generator=torch.Generator().manual_seed(0))]


@answers(RolloutVideos)
def film_view(
    model: Jepa,
    clip: Clip,
    *,
    known: int | None = None,
    actions: Sequence[Sequence[float]] | np.ndarray | None = None,
    how: str = "decoded",
    decoder: Decoder | None = None,
    bank: Bank | None = None,
    predictor: str = "model",
) -> FilmView:
    """A clip's future as videos: ground truth, teacher-forced, and open loop.

    Args:
        actions: other actions than the clip's own; in a world that can be simulated, so is the ground truth.
        how: "decoded", "retrieved", or "latents" (as colours): the ground truth is then given as pixels and as latents.
        decoder: that was fitted; None: the model's own. Latents of the untrained model are shown by the nearest real frame instead.
        predictor: "model" or "twin".

    Raises:
        PartUnavailable: no dynamics, or no decoder where one is asked for. BadInput: actions that do not fit, or nothing to retrieve from.
    """
    jepa = asked(model, predictor)
    spec = jepa.need_dynamics().action
    own, used = steps_of(clip, spec)
    changes = np.zeros(1, bool)
    if actions is not None and used is not None:
        changes, used = _changes(used, actions), np.asarray(actions, np.float32)
    edited = int(changes.argmax()) if changes.any() else -1
    seen, simulated = _seen(model, own, used, edited)
    future = Future.of(jepa, [seen], known)
    numbers, found = compared(future, f"{seen.digest} {seen.source}".strip(), chosen_distance(jepa, None), other_moves(future, own, bank))
    ticks = future.real.grid.ticks
    comes = ticks if edited < 0 or simulated else edited + 1
    way = "retrieved" if decoder is not None and predictor == "twin" else how
    films = _Drawer(jepa, way, bank, clip, ", untrained" if predictor == "twin" else "", decoder)
    reels = [_real(jepa, seen, simulated, comes), *films.reels(future, found, comes)]
    caution = "" if used is None or spec is None else scale_note(used, spec)
    return FilmView(tuple(reels), _until(numbers, comes), None if used is None else used.copy(), edited, simulated, int(changes.sum()), caution)


def _until(numbers: Rollout, comes: int) -> Rollout:
    """The same numbers, with NaN where there is no ground truth."""
    maps = numbers.maps.copy()
    maps[:, max(0, comes - numbers.known) :] = np.nan
    return replace(numbers, maps=maps)


@dataclass(frozen=True)
class _Drawer:
    """How latents become films, and what is added to their labels."""

    jepa: Jepa
    how: str
    bank: Bank | None
    clip: Clip
    more: str
    decoder: Decoder | None = None

    def reels(self, future: Future, found: dict[str, Latents], comes: int) -> list[Reel]:
        """Teacher-forced, which ends with the ground truth, and open loop; before them the real latents where latents are shown as colours."""
        made = list[Reel]()
        palette = Palette.of(future.real) if self.how == "latents" else None
        if palette is not None:
            made.append(Reel("ground truth, latents" + self.more, "real", palette.note, palette.drawn(future.real).pixels, comes))
        open_loop = f"open loop from frame {future.known}"
        for kind, label, upto in (("teacher-forced", "teacher-forced", comes), ("open loop", open_loop, future.real.grid.ticks)):
            latents = _with_past(future, found[kind])
            drawn = draw(self.jepa, latents, self.how, self.bank, self.clip, self.decoder) if palette is None else palette.drawn(latents)
            made.append(Reel(label + self.more, kind, note_of(drawn), drawn.pixels, upto))
        return made


def _real(jepa: Jepa, clip: Clip, simulated: bool, comes: int) -> Reel:
    pixels = jepa.encoder.prepare([clip]).shown[0].numpy()
    label, note = ("ground truth (simulated)", "simulated with these actions") if simulated else ("ground truth", "")
    return Reel(label, "real", note, pixels, comes)


def _changes(own: np.ndarray, actions: Sequence[Sequence[float]] | np.ndarray) -> Bool[np.ndarray, "steps"]:
    """The steps whose action is another one.

    Raises:
        BadInput: of another shape, or not finite.
    """
    wanted = np.asarray(actions, np.float32)
    if wanted.shape != own.shape:
        fix = f"{own.shape[0]} rows of {own.shape[1]} numbers: one for each frame but the last"
        raise BadInput(f"actions of shape {list(wanted.shape)} for a clip with {list(own.shape)}", where="actions", fix=fix)
    if not np.isfinite(wanted).all():
        raise BadInput(f"the action of step {int((~np.isfinite(wanted)).any(1).argmax())} is not finite", where="actions", fix="give numbers")
    return (own != wanted).any(1)


def _seen(model: Jepa, own: Clip, actions: np.ndarray | None, edited: int) -> tuple[Clip, bool]:
    """The clip with these actions; where they were edited in a world that can be simulated, with the simulated pixels and states."""
    seen = replace(own, actions=actions)
    if edited < 0 or actions is None or not model.card.world or own.states is None:
        return seen, False
    states, film = followed(world(model.card.world), own.states[edited], actions[edited:])
    states = np.concatenate([own.states[:edited], states]).astype(np.float32)  # until then it is the film that was
    return replace(seen, states=states, pixels=np.concatenate([own.pixels[:edited], film])), True


def _with_past(future: Future, predicted: Latents) -> Latents:
    past = span(future.real, 0, future.known)
    return replace(predicted, tokens=torch.cat([past.tokens, predicted.tokens], 1), grid=future.real.grid, states=None, extra=None)
