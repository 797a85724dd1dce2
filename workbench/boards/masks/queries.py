"""What is asked about the mask on screen: the maps at once, then their controls, and the bank."""

from __future__ import annotations

from typing import Protocol, runtime_checkable

from workbench.boards.second import Second
from workbench.boards.workspace import Workspace
from workbench.core.errors import Cancelled, WorkbenchError
from workbench.core.questions.masked import Controls, MaskedMaps, OverBank
from workbench.core.results import PREDICTORS, BankErrors, MaskedView, Yardsticks
from workbench.masks import Sampler
from workbench.query import Query

_LARGE = 50_000_000  # parameters from which a bank is judged on fewer clips
_FEW = 16


@runtime_checkable
class Listener(Protocol):
    """Who shows the answers."""

    def started(self) -> None: ...

    def viewed(self, view: MaskedView) -> None: ...

    def measured(self, yard: Yardsticks) -> None: ...

    def judged(self, progress: str) -> None: ...

    def failed(self, error: WorkbenchError) -> None: ...


class MaskQueries:
    """Asks for the problem of the session's state. The maps come at once; their controls follow, unless those of the same problem are here or on their way.

    Args:
        second: the model that is asked; None: the one that is looked at.
    """

    def __init__(self, workspace: Workspace, listener: Listener, second: Second | None = None) -> None:
        self.space, self.listener, self.second = workspace, listener, second
        name = "" if second is None else "second."
        self.maps = Query[MaskedView](workspace, f"{name}masked", self._viewed, listener.failed)
        self.controls = Query[Yardsticks](workspace, f"{name}yardsticks", listener.measured, listener.failed)
        self.over_bank = Query[BankErrors](workspace, f"{name}bank", lambda _: listener.judged(""), self._not_judged, self._counted)
        self.mask_token: int | None = None

    def forget(self) -> None:
        """Another model: nothing of the old one is kept."""
        self.mask_token = None
        for query in (self.maps, self.controls, self.over_bank):
            query.forget()

    def problem(self) -> MaskedMaps | None:
        """What the session's state asks; None where something of it is missing.

        Raises:
            MaskError: the mask cannot be mapped onto the grid of the second model.
        """
        s = self.space.session.state
        if s.model is None or s.clip is None or s.mask is None:
            return None
        predictor = s.predictor if s.predictor in PREDICTORS else "model"
        asked = MaskedMaps(s.model, s.clip, s.mask, s.distance, predictor, s.bank, self.mask_token)
        return asked if self.second is None else self.second.ask(asked)

    def ask(self) -> None:
        """Show the maps of the state's problem, or ask for them; its controls follow when they are not known yet.

        Raises:
            MaskError: see `problem`.
        """
        maps = self.problem()
        if maps is None:
            return
        if self.maps.answer is not None and self.maps.answers(maps):
            self.maps.drop()
            self._viewed(self.maps.answer)
            return
        wanted = _controls_of(maps)
        self.listener.started()
        if not self.controls.awaits(wanted) and not self.controls.answers(wanted):  # the worker is not to finish with an old problem first
            self.controls.drop()
        self.maps.ask(maps)

    def judge(self, sampler: Sampler) -> None:
        """Ask how the bank fares with this sampler, unless that is known or there is no bank."""
        s, facts = self.space.session.state, self.space.facts if self.second is None or self.second.subject is None else self.second.subject.facts
        if s.model is None or s.bank is None or facts is None or OverBank.about.refusal(facts.report):
            self.over_bank.forget()
            return
        limit = _FEW if sum(p.parameters for p in facts.report.parts) > _LARGE else None
        own = tuple((p.name, getattr(sampler, p.name)) for p in sampler.parameters())
        wanted: OverBank | None = OverBank(s.model, s.bank, sampler.name, own, 0, s.distance, limit, self.mask_token)
        if self.second is not None and wanted is not None:
            wanted = self.second.ask(wanted)
        if wanted is not None and not self.over_bank.answers(wanted) and not self.over_bank.awaits(wanted):
            self.over_bank.forget()
            self.over_bank.ask(wanted)

    def cancel(self) -> None:
        """Stop everything that runs for this board."""
        for query in (self.maps, self.controls, self.over_bank):
            query.cancel()

    def idle(self) -> None:
        """The state holds no problem: what still runs is of no use."""
        self.maps.drop()
        self.controls.drop()

    @property
    def yard(self) -> Yardsticks | None:
        """The controls of the problem of the maps that are here; None until they come."""
        of, maps = self.controls.question, self.maps.question
        same = isinstance(of, Controls) and isinstance(maps, MaskedMaps) and of.digest == _controls_of(maps).digest
        return self.controls.answer if same else None

    def _viewed(self, view: MaskedView) -> None:
        self.listener.viewed(view)
        maps = self.maps.question
        if isinstance(maps, MaskedMaps):
            wanted = _controls_of(maps)
            if not self.controls.answers(wanted) and not self.controls.awaits(wanted):
                self.controls.ask(wanted)

    def _counted(self, done: int, total: int) -> None:
        self.listener.judged(f"Computing over the bank: {done} of {total} clips …")

    def _not_judged(self, error: WorkbenchError) -> None:
        self.listener.judged("Over the bank: cancelled." if isinstance(error, Cancelled) else f"Over the bank: {error.what}")


def _controls_of(maps: MaskedMaps) -> Controls:
    """The question for the controls of the same problem."""
    return Controls(maps.model, maps.clip, maps.mask, maps.distance, maps.bank, maps.mask_token)
