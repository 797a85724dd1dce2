"""What is measured of the checkpoints of a run, ahead of whoever looks: one after another, and what was measured stays."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from workbench.boards.workspace import Workspace, checked
from workbench.core.card import FolderKey, ModelKey
from workbench.core.errors import Cancelled, WorkbenchError
from workbench.core.questions import Question
from workbench.core.questions.health import HealthResult
from workbench.core.questions.runs import MapsOfRun, RunHealth, RunMaps
from workbench.query import Query

_AGAIN = 2  # times as many checkpoints as when the reference was chosen: it is chosen anew
AHEAD = 200  # checkpoints that are measured unasked, evenly taken; others when the line stands on them


class Series:
    """Health and maps of checkpoints, by their keys.

    Args:
        changed: called after an answer, a failure, or a pause. told: called when the share of the present work that is done has changed.

    Attributes:
        health, maps: answers. errors: key -> why a checkpoint could not be measured. paused: nothing is computed until `go_on`. now: what is being measured.
    """

    def __init__(self, space: Workspace, changed: Callable[[], None], told: Callable[[], None]) -> None:
        self.space, self._changed = space, changed
        self.health: dict[ModelKey, HealthResult] = {}
        self.maps: dict[ModelKey, RunMaps] = {}
        self.errors: dict[ModelKey, WorkbenchError] = {}
        self.paused = False
        self.now: ModelKey | None = None
        self.data: FolderKey | None = None
        self.reference: ModelKey | None = None
        self._labels, self._models, self._first, self._chosen = "", tuple[ModelKey, ...](), -1, 0
        self._health = Query[HealthResult](space, "run.health", self._measured, self._failed, lambda done, total: told())
        self._maps = Query[RunMaps](space, "run.maps", self._mapped, self._failed)

    def forget(self) -> None:
        """Another run, or other clips: nothing of it holds any more."""
        for query in (self._health, self._maps):
            query.forget()
        for known in (self.health, self.maps, self.errors):
            known.clear()
        self.data = self.reference = self.now = None
        self.paused = False

    def follow(self, models: Sequence[ModelKey], data: FolderKey, labels: str, first: int) -> None:
        """Measure these checkpoints; what is known of them stays.

        Args:
            models: in the order of training. data: the clips. labels: the column that probes read. first: the checkpoint to begin with.
        """
        if (data, labels) != (self.data, self._labels):
            self.forget()
        self.data, self._labels, self._models, self._first = data, labels, tuple(models), first
        if self.reference is not None and len(models) >= _AGAIN * self._chosen:
            self.reference = None
        self._next()

    def prefer(self, number: int) -> None:
        """The line stands on this checkpoint: it is next."""
        self._first = number
        if self.now is None:
            self._next()

    def pause(self) -> None:
        """Measure nothing further; what is being measured is left."""
        self.paused = True
        for query in (self._health, self._maps):
            query.cancel()
        self.space.stop("run.check", tell=False)
        self.now = None
        self._changed()

    def go_on(self) -> None:
        """Measure on; what failed is tried again."""
        self.paused = False
        self.errors.clear()
        self._next()
        self._changed()

    @property
    def share(self) -> float:
        """Of the measuring of the present checkpoint that is done; -1: not known."""
        return self._health.share

    @property
    def left(self) -> tuple[int, int]:
        """How many of the checkpoints that are measured unasked still lack their measures, and how many their maps. Those that failed are not among them."""
        wanted = [model for model in self.wanted() if model not in self.errors]
        return sum(model not in self.health for model in wanted), sum(model not in self.maps for model in wanted)

    def question(self, model: ModelKey) -> RunHealth | None:
        """What is asked of a checkpoint."""
        return None if self.data is None else RunHealth(model, self.data, self._labels)

    def wanted(self) -> list[ModelKey]:
        """The checkpoints that are measured unasked, and the one under the line."""
        count = len(self._models)
        ahead = list(range(count)) if count <= AHEAD else sorted({k * (count - 1) // (AHEAD - 1) for k in range(AHEAD)})
        order = [*([self._first] if 0 <= self._first < count else []), *reversed(ahead)]
        return [self._models[k] for k in dict.fromkeys(order)]

    def _next(self) -> None:
        if self.now is not None or self.paused or self.data is None:
            return
        ends = self._ends()
        left = ends or [m for m in self.wanted() if m not in self.errors and (m not in self.health or m not in self.maps)]
        if not left:
            return
        self.now = model = left[0]
        self._changed()
        checked(self.space, model, None, "run.check", self._failed, lambda: self._measure(model))

    def _ends(self) -> list[ModelKey]:
        """What must be measured before a reference can be chosen: the last checkpoint and the first. Of both, that with the higher RankMe becomes it: a collapsed
        checkpoint has no directions to turn others onto.
        """
        if self.reference is not None:
            return []
        usable = [m for m in self._models if m not in self.errors]
        ends = list(dict.fromkeys((usable[-1], usable[0]))) if usable else []
        left = [m for m in ends if m not in self.health]
        if ends and not left:
            self.reference, self._chosen = max(ends, key=lambda m: self.health[m]["rankme"].value.value), len(self._models)
            self.maps.clear()
        return left

    def _measure(self, model: ModelKey) -> None:
        asked = self.question(model)
        if model != self.now or asked is None:
            return
        if model not in self.health:
            self._health.ask(asked)
        else:
            self._map(model)

    def _map(self, model: ModelKey) -> None:
        if self.data is not None and self.reference is not None:
            self._maps.ask(MapsOfRun(model, self.data, self.reference))
        else:
            self._ended()

    def _measured(self, found: HealthResult) -> None:
        if self.now is not None:
            self.health[self.now] = found
            self._changed()
            self._map(self.now)

    def _mapped(self, found: RunMaps) -> None:
        if self.now is not None:
            self.maps[self.now] = found
        self._ended()

    def _failed(self, error: WorkbenchError) -> None:
        if isinstance(error, Cancelled) or self.now is None:
            return
        self.errors[self.now] = error
        if self.reference == self.now:
            self.reference = None  # its health is known, its maps are not: another one is chosen
        self._ended()

    def _ended(self) -> None:
        self.now = None
        self._next()
        if self.now is None:
            self._changed()

    def asked(self) -> Question[HealthResult] | None:
        """The latest question of health that was answered."""
        return self._health.question
