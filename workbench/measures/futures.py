"""Imagined futures beside real ones: teacher-forced, open loop, and what doing nothing clever would err."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
import torch
from jaxtyping import Float
from torch import Tensor

from workbench.core import progress
from workbench.core.clip import Clip
from workbench.core.errors import BadInput, ClipError
from workbench.core.futures import KINDS, Drift, Rollout
from workbench.core.results import Provenance
from workbench.measures.bank import Bank
from workbench.measures.base import measure
from workbench.measures.distance import token_distance
from workbench.measures.twins import asked, twin_of
from workbench.model.jepa import Jepa
from workbench.model.latents import Latents
from workbench.model.spec import ActionSpec
from workbench.model.steps import steps_of

_BATCH = 16
_SPOKEN = ("l1", "l2", "smooth-l1")
_FAR, _TINY = 3.0, 0.01  # times the usual reach of an action: worth a word; hardly an action


def span(latents: Latents, start: int, stop: int) -> Latents:
    """Some ticks of latents."""
    tokens, states = latents.tokens[:, start:stop], latents.states
    return Latents(tokens, replace(latents.grid, ticks=tokens.shape[1]), latents.space, states=None if states is None else states[:, start:stop])


def scale_note(actions: Float[np.ndarray, "steps action"], spec: ActionSpec) -> str:
    """A word on actions that go far beyond what is usual for the model, or that hardly do anything; "" where there is nothing to say."""
    middle, reach = spec.usual
    times = np.abs(actions - middle) / reach
    most = float(times.max(initial=0.0))
    if most > _FAR:
        step, number = np.unravel_index(int(times.argmax()), times.shape)
        name, unit = (v[number % len(spec.names)] for v in (spec.names, spec.units))
        far, value = int((times > 1).any(1).sum()), f"{actions[step, number]:.3g}".replace("-", "−")
        many = f"{far} of {len(times)} steps go" if far > 1 else "One step goes"
        scale = " Another scale?" if 2 * far > len(times) else ""
        return f"{many} further than is usual for this model: step {step} most, {name} {value} ({unit}), {most:.0f} × as far.{scale}"
    if 0 < most < _TINY and np.isfinite(reach).all():
        return f"No action reaches {_TINY:.0%} of what is usual for this model: another scale?"
    return ""


@dataclass(frozen=True, eq=False)
class Future:
    """Clips of one length as a model with dynamics sees them.

    Args:
        real: the latents that came. moves: the action that left each tick but the last. known: ticks of context.
    """

    jepa: Jepa
    real: Latents
    moves: Float[Tensor, "clips moves action"] | None
    known: int

    @classmethod
    def of(cls, jepa: Jepa, clips: Sequence[Clip], known: int | None = None) -> Future:
        """Prepare, embed, and check.

        Args:
            known: ticks of context; None: as few as the model takes.

        Raises:
            PartUnavailable: no dynamics. BadInput: actions or states do not fit. ClipError: too short to foretell anything.
        """
        dynamics = jepa.need_dynamics()
        least = dynamics.history[0]
        known = least if known is None else known
        if known < least:
            raise BadInput(f"{known} known ticks, this model needs {least}", where="known", fix=f"give at least {least}")
        pairs = [steps_of(c, dynamics.action) for c in clips]
        frames = {c.frames for c, _ in pairs}
        if len(frames) > 1:
            raise ClipError(f"clips of {min(frames)} to {max(frames)} frames", where="Future.of", fix="give clips of one length")
        prepared = jepa.encoder.prepare([c for c, _ in pairs])
        states = [c.states for c, _ in pairs]
        given = None if any(s is None for s in states) else torch.from_numpy(np.stack([np.asarray(s, np.float32) for s in states]))
        real = dynamics.embed(prepared.video, given)
        if real.grid.ticks <= known:
            raise ClipError(
                f"a clip of {real.grid.ticks} ticks has nothing left to foretell after {known} known ones",
                where=clips[0].source or "clip",
                fix="give a longer clip, or fewer known ticks",
            )
        moves = None if pairs[0][1] is None else torch.from_numpy(np.stack([a for _, a in pairs if a is not None]))
        return cls(jepa, real, moves, known)

    @property
    def horizon(self) -> int:
        """Ticks that can be compared with what came."""
        return self.real.grid.ticks - self.known

    @property
    def came(self) -> Latents:
        """The real latents after the context."""
        return span(self.real, self.known, self.real.grid.ticks)

    def foretold(self, kind: str, moves: Tensor | None = None) -> Latents:
        """The foretold ticks, by one of KINDS.

        Args:
            moves: other actions than those that were done.
        """
        dynamics, known = self.jepa.need_dynamics(), self.known
        moves = self.moves if moves is None else moves
        if kind == "copy last":
            last = span(self.real, known - 1, known)
            states = None if last.states is None else last.states.expand(-1, self.horizon, -1)
            tokens = last.tokens.expand(-1, self.horizon, -1, -1, -1)
            return Latents(tokens, self.came.grid, replace(last.space, role="predicted"), states=states)
        if kind == "teacher-forced":
            before = span(self.real, 0, self.real.grid.ticks - 1)
            return span(dynamics.predict(before, moves), known - 1, known - 1 + self.horizon)
        return dynamics.rollout(span(self.real, 0, known), self.horizon, actions=moves)


def chosen_distance(jepa: Jepa, distance: str | None) -> str:
    """The distance asked for, else that of the training loss.

    Raises:
        BadInput: not one that can be summed over tokens and features.
    """
    distance = distance or jepa.card.loss
    if distance not in _SPOKEN:
        raise BadInput(f"futures are not measured in {distance!r}", where="distance", fix=f"one of {', '.join(_SPOKEN)}")
    return distance


def plain_distance(a: Tensor, b: Tensor, distance: str) -> Tensor:
    """One number a token, about zero: futures have no position mean."""
    return token_distance(a.float().cpu(), b.float().cpu(), distance, torch.zeros(a.shape[-1]))


def apart(a: Latents, b: Latents, distance: str) -> Float[Tensor, "batch ticks rows cols"]:
    """The distance at every token.

    Raises:
        Incomparable: they live in different spaces.
    """
    a.comparable(b)
    return plain_distance(a.tokens, b.tokens, distance)


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
    """What the model foretells of one clip, tick by tick: open loop, teacher-forced, and beside its yardsticks.

    Args:
        known: ticks of context; None: as few as the model takes. distance: None: that of the training loss.
        actions: other actions than those that were done, one row a step; the real future is then no longer what should come.
        bank: gives the other clip's actions. twin: also roll out the untrained twin, in its own latents.

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
    """How far each foretold future of one clip is from what came, and those futures.

    Args:
        source: of the clip, as its provenance is to tell. others: actions that do not belong to the clip. twin: the same clip in the twin's latents.
    """
    jepa = future.jepa
    found = {k: future.foretold(k) for k in ("open loop", "teacher-forced", "copy last")}
    if others is not None:
        found["other actions"] = future.foretold("open loop", others)
    maps = {k: apart(f, future.came, distance)[0] for k, f in found.items()}
    if twin is not None:
        maps["twin"] = apart(twin.foretold("open loop"), twin.came, distance)[0]
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


@measure
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
        limit: at most so many clips. seed: of the intervals. predictor: "model", or "twin": its untrained twin, in the twin's own latents.
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
        foretold = {k: future.foretold(k) for k in kinds if k != "other actions"}
        if future.moves is not None:
            foretold["other actions"] = future.foretold("open loop", _next_clip(future.moves))
        rows.append(torch.stack([apart(foretold[k], future.came, distance).mean((2, 3)) for k in kinds]).numpy())
        progress.report(min(start + _BATCH, len(clips)), len(clips))
    origin = Provenance("drift", jepa.card.name, dict(jepa.card.hashes), bank.name, seed=seed, parameters={"known": first, "distance": distance})
    return Drift(first, kinds, np.concatenate(rows, 1), distance, bank.name, seed, origin)


def _next_clip(moves: Tensor) -> Tensor:
    """Every clip the actions of the next one; a clip that is alone gets its own in another order."""
    if len(moves) > 1:
        return moves.roll(1, 0)
    return moves[:, torch.randperm(moves.shape[1], generator=torch.Generator().manual_seed(0))]
