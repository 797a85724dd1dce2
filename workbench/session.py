"""What is selected, for every board at once: immutable states, an undo stack of them, and watchers that hear what changed."""

from __future__ import annotations

import itertools
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field, fields, replace
from typing import Any

from workbench.core.card import BankKey, ClipKey, ModelKey, VectorsKey
from workbench.core.errors import BadInput
from workbench.core.mask import Mask
from workbench.core.selection import Selection

_DEPTH = 200
_UNDONE = ("mask", "selection")  # fields that undo and redo restore


@dataclass(frozen=True)
class State:
    """Everything that boards share.

    Args:
        subject: which of the open models is looked at, "A" or "B"; model: its key. clip, bank: keys. mask: None until one is drawn. tick: the time cursor. selection: one set for all boards.
        hover: token under the pointer, −1 none. predictor: whose pictures are shown, a key of results.PREDICTORS, or "shuffled"
            (columns of vectors, on maps; elsewhere the model).
        distance: a key of results.DISTANCES. block: which target block, −1 all. layer: None = the output.
        vectors: of a file, opened in place of a model and its clips.
    """

    subject: str = "A"
    model: ModelKey | None = None
    clip: ClipKey | None = None
    bank: BankKey | None = None
    mask: Mask | None = None
    tick: int = 0
    selection: Selection = field(default_factory=Selection)
    hover: int = -1
    predictor: str = "model"
    distance: str = "l1"
    block: int = -1
    layer: int | None = None
    vectors: VectorsKey | None = None


Watcher = Callable[[State, State], None]


class Session:
    """One user's state. Changes go through `set`; nobody holds a copy that can drift."""

    _numbers = itertools.count(1)

    def __init__(self, state: State | None = None) -> None:
        self.id = f"s{next(self._numbers)}"
        self.state = state or State()
        self._watchers: list[tuple[frozenset[str], Watcher]] = []
        self._past: list[State] = []
        self._future: list[State] = []

    def watch(self, names: Iterable[str], watcher: Watcher) -> Callable[[], None]:
        """Call `watcher(old, new)` after any of these fields changed. Returns what ends it.

        Raises:
            BadInput: a field that the state does not have.
        """
        wanted = frozenset(names)
        unknown = wanted - {f.name for f in fields(State)}
        if unknown:
            raise BadInput(f"a session has no {sorted(unknown)[0]!r}", where="Session.watch")
        entry = (wanted, watcher)
        self._watchers.append(entry)
        return lambda: self._watchers.remove(entry) if entry in self._watchers else None

    def set(self, **changes: Any) -> None:
        """Change fields. A change of mask or selection on the same clip can be undone."""
        new = replace(self.state, **changes)
        touched = _changed(self.state, new)
        if any(name in _UNDONE for name in touched) and new.clip == self.state.clip and self.state.mask is not None:
            self._past = [*self._past[-_DEPTH + 1 :], self.state]
            self._future = []
        if "clip" in touched or "model" in touched:
            self._past, self._future = [], []
        self._go(new)

    def undo(self) -> None:
        """Back to the state before the last change of mask or selection."""
        if self._past:
            self._future.append(self.state)
            self._go(self._restored(self._past.pop()))

    def redo(self) -> None:
        """Forward again."""
        if self._future:
            self._past.append(self.state)
            self._go(self._restored(self._future.pop()))

    @property
    def can_undo(self) -> bool:
        """Whether there is something to go back to."""
        return bool(self._past)

    @property
    def can_redo(self) -> bool:
        """Whether something was undone."""
        return bool(self._future)

    def _restored(self, state: State) -> State:
        return replace(self.state, **{name: getattr(state, name) for name in _UNDONE})

    def _go(self, new: State) -> None:
        old, self.state = self.state, new
        touched = set(_changed(old, new))
        for wanted, watcher in list(self._watchers):
            if wanted & touched and self.state is new:
                watcher(old, new)


def _changed(old: State, new: State) -> list[str]:
    return [f.name for f in fields(State) if not _same(getattr(old, f.name), getattr(new, f.name))]


def _same(a: Any, b: Any) -> bool:
    if isinstance(a, Mask) and isinstance(b, Mask):
        return a is b or (a.digest == b.digest and a.sampler == b.sampler and a.shape == b.shape)
    return type(a) is type(b) and a == b
