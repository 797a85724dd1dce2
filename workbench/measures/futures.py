"""Clips as a model with dynamics steps through them, and the futures that it predicts: teacher-forced and open loop."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
import torch
from jaxtyping import Float
from torch import Tensor

from workbench.core.clip import Clip
from workbench.core.errors import BadInput, ClipError
from workbench.measures.distance import token_distance
from workbench.model.jepa import Jepa
from workbench.model.latents import Latents
from workbench.model.spec import ActionSpec
from workbench.model.steps import steps_of

_SPOKEN = ("l1", "l2", "smooth-l1")
_FAR, _TINY = 3.0, 0.01  # in units of the usual size of an action: above the first and below the second, a note is given


def span(latents: Latents, start: int, stop: int) -> Latents:
    """Some ticks of latents."""
    tokens, states = latents.tokens[:, start:stop], latents.states
    return Latents(tokens, replace(latents.grid, ticks=tokens.shape[1]), latents.space, states=None if states is None else states[:, start:stop])


def scale_note(actions: Float[np.ndarray, "steps action"], spec: ActionSpec) -> str:
    """A note on actions that are far larger or far smaller than those the model was trained on; "" where they are not."""
    middle, reach = spec.usual
    times = np.abs(actions - middle) / reach
    most = float(times.max(initial=0.0))
    if most > _FAR:
        step, number = np.unravel_index(int(times.argmax()), times.shape)
        name, unit = (v[number % len(spec.names)] for v in (spec.names, spec.units))
        far, value = int((times > 1).any(1).sum()), f"{actions[step, number]:.3g}".replace("-", "−")
        many = f"{far} of {len(times)} actions are" if far > 1 else "One action is"
        scale = " Check the scale of the actions." if 2 * far > len(times) else ""
        return f"{many} larger than usual for this model: largest at step {step}, {name} {value} ({unit}), {most:.0f} × the usual size.{scale}"
    if 0 < most < _TINY and np.isfinite(reach).all():
        return f"All actions are smaller than {_TINY:.0%} of the usual size for this model. Check the scale of the actions."
    return ""


@dataclass(frozen=True, eq=False)
class Future:
    """Clips of one length as a model with dynamics takes them.

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
            PartUnavailable: no dynamics. BadInput: actions or states do not fit. ClipError: too short to predict anything.
        """
        dynamics = jepa.need_dynamics()
        least = dynamics.history[0]
        known = least if known is None else known
        if known < least:
            raise BadInput(f"{known} time steps of context; this model needs {least}", where="known", fix=f"give at least {least}")
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
                f"a clip of {real.grid.ticks} time steps leaves none to predict after {known} of context",
                where=clips[0].source or "clip",
                fix="give a longer clip, or less context",
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

    def predicted(self, kind: str, moves: Tensor | None = None) -> Latents:
        """The predicted ticks, by one of KINDS.

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
        raise BadInput(f"future errors cannot be measured in {distance!r}", where="distance", fix=f"one of {', '.join(_SPOKEN)}")
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
