"""The actions of a clip on an `ActionPad`, with undo and redo."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from jaxtyping import Float

from widgets import ActionPad
from workbench.boards.layout import fill
from workbench.boards.undo import Edits
from workbench.core.card import ClipKey, ModelKey
from workbench.core.questions.checkpoint import ActionFacts

_ROOM = 1.5  # times the largest action of the clip: the range of the pad where bounds are not known


class Actions:
    """An ActionPad with undo and redo.

    Args:
        acted: called after the user changed an action, or went back or forward.

    Attributes:
        of: the model and clip whose actions can be changed; None: what is on the pad is of something that is no longer open.
    """

    def __init__(self, acted: Callable[[], None]) -> None:
        self.pad, self.acted = ActionPad(history=False), acted
        self.of: tuple[ModelKey, ClipKey] | None = None
        self._edits: Edits[Float[np.ndarray, "steps action"] | None] = Edits(None)
        self._past = 0  # steps before this one lie in the context: there the actions of the clip apply, and changes are kept but not used
        self._coming: Float[np.ndarray, "steps action"] | None = None  # to be put on the pad once the actions of the clip are there
        self.pad.on_change = self._dragged

    @property
    def value(self) -> Float[np.ndarray, "steps action"] | None:
        """As they are now; None where there are none."""
        edited = self._edits.value
        return edited if edited is None or not self._past else np.concatenate([self._original[: self._past], edited[self._past :]])

    @property
    def changed(self) -> Float[np.ndarray, "steps action"] | None:
        """As they are now; None where they are those of the clip."""
        value = self.value
        return None if value is None or np.array_equal(value, self._original) else value

    @property
    def _original(self) -> Float[np.ndarray, "steps action"]:
        return np.asarray(self.pad.original, np.float32)

    @property
    def can(self) -> dict[str, bool]:
        """Whether there is a way back, and a way forward."""
        return {"can_undo": self._edits.can_undo, "can_redo": self._edits.can_redo}

    def put(self, actions: Float[np.ndarray, "steps action"]) -> bool:
        """Change the actions to these: now, or once those of the clip are on the pad. False where they are of another number; nothing is changed then."""
        if self._edits.value is None or self.of is None:
            self._coming = actions
            return True
        self._coming = None
        if actions.shape != self._edits.value.shape:
            return False
        low, high = np.asarray(self.pad.low, np.float32), np.asarray(self.pad.high, np.float32)
        self._edits.set(np.clip(actions.astype(np.float32), low, high))
        self._show()
        self.acted()
        return True

    def forget(self) -> None:
        """Another clip is opening: the actions on the pad stay visible, and can no longer be changed."""
        self.of = self._coming = None
        self._edits.restart(None)
        self._show()

    def clear(self, of: tuple[ModelKey, ClipKey] | None) -> None:
        """An empty pad, for this model and clip."""
        self.of = of
        self._edits.restart(None)
        fill(self.pad, {"actions": [], "original": []})
        self._show()

    def start(self, actions: Float[np.ndarray, "steps action"], spec: ActionFacts, known: int) -> None:
        """The actions of the clip.

        Args:
            spec: bounds, names and units of one; where a model acts once in several frames, each step joins those of all of them.
            known: ticks of context: what led to them is past.
        """
        skip = spec.frameskip
        names = [f"{k + 1}: {n}" if skip > 1 else n for k in range(skip) for n in spec.names]
        low, high = (np.tile(np.asarray(v, float), skip) for v in (spec.low, spec.high))
        seen = np.abs(actions).max(0) * _ROOM + 1e-3
        low, high = np.where(np.isfinite(low), low, -seen), np.where(np.isfinite(high), high, seen)
        low, high = np.minimum(low, actions.min(0)), np.maximum(high, actions.max(0))
        self._edits.restart(actions)
        self._past = known - 1
        fill(self.pad, {"low": [], "high": []})
        fill(self.pad, {"names": names, "units": list(spec.units) * skip, "axes": [0, min(1, len(names) - 1)]})
        fill(self.pad, {"low": low.tolist(), "high": high.tolist(), "step": known - 1, "known": known - 1})
        self.pad.set_actions(actions, actions)  # before what is past is read from them
        self._show()
        if self._coming is not None:
            self.put(self._coming)

    def know(self, ticks: int) -> None:
        """Set the number of context ticks. Changes within the context are not used, and apply again when it shrinks."""
        if self._edits.value is None:
            return
        self._past = max(0, min(ticks, len(self._edits.value)) - 1)
        fill(self.pad, {"known": self._past, "step": max(self._past, self.pad.step)})
        self._show()

    def back(self, name: str) -> None:
        """Take back a change: "undo", "redo", or "reset" to the actions of the clip."""
        edited = self._edits.value
        if edited is None:
            return
        if name == "reset":
            if np.array_equal(self._original, edited):
                return
            self._edits.set(self._original)
        else:
            getattr(self._edits, name)()
        self._show()
        self.acted()

    def _dragged(self) -> None:
        kept = self._edits.value
        if kept is not None and len(self.pad.actions) == len(kept):
            changed = np.concatenate([kept[: self._past], self.pad.table()[self._past :]])
            self._edits.set(changed, self.pad.step, self.pad.gesture or None)
            fill(self.pad, self.can)
            self.acted()

    def _show(self) -> None:
        if self.value is not None:
            self.pad.set_actions(self.value, self._original)
        fill(self.pad, self.can)
