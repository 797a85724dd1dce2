"""What the worker says of the mask problem on screen: the view at once, then its yardsticks, then the bank. Answers to old problems are dropped."""

from __future__ import annotations

from typing import Any, Protocol, runtime_checkable

from workbench.boards.workspace import Workspace
from workbench.core.errors import Cancelled, WorkbenchError
from workbench.core.results import BankErrors, MaskedView, Yardsticks
from workbench.masks import Sampler
from workbench.measures.catalogue import entry

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


class MaskWork:
    """Asks for the problem of the session's state and keeps the latest answers: `view`, `yard`, `bank`; None until they come."""

    def __init__(self, workspace: Workspace, listener: Listener) -> None:
        self.space, self.listener = workspace, listener
        self.forget()

    def forget(self) -> None:
        """Another model: nothing of the old one is kept."""
        self.view: MaskedView | None = None
        self.yard: Yardsticks | None = None
        self.bank: BankErrors | None = None
        self.mask_token: int | None = None
        self._yard_of: Any = None
        self._bank_of: Any = None
        self._drop("masked", "yardsticks", "bank")

    def ask(self) -> None:
        """Ask for the view of the state's problem; its yardsticks follow when they are not known yet."""
        self.listener.started()
        if self._yard_of != self._problem():  # the worker is not to finish with an old problem first
            self._drop("yardsticks")
            self._yard_of = None
        predictor = self.space.session.state.predictor
        self.space.submit("masked_view", "masked", self._viewed, self.listener.failed, predictor=predictor, **self._arguments())

    def judge(self, sampler: Sampler) -> None:
        """Ask how the bank fares with this sampler, unless that is known or there is no bank."""
        s, facts = self.space.session.state, self.space.facts
        if s.bank is None or facts is None or entry("bank_errors").refusal(facts.report):
            self.bank = self._bank_of = None
            self._drop("bank")
            return
        problem = (s.model, s.bank, sampler, s.distance, self.mask_token)
        if problem == self._bank_of:
            return
        self.bank, self._bank_of = None, problem
        large = sum(p.parameters for p in facts.report.parts) > _LARGE
        self.space.submit(
            "bank_errors",
            "bank",
            self._judged,
            self._not_judged,
            progress=lambda done, total: self.listener.judged(f"Over the bank: {done} of {total} clips …"),
            model=s.model,
            bank=s.bank,
            sampler=sampler.name,
            parameters={p.name: getattr(sampler, p.name) for p in sampler.parameters()},
            seed=0,
            distance=s.distance,
            limit=_FEW if large else None,
            mask_token=self.mask_token,
        )

    def cancel(self) -> None:
        """Stop everything that runs for this board."""
        for view in ("masked", "yardsticks", "bank"):
            self.space.jobs.cancel((self.space.session.id, view))

    def idle(self) -> None:
        """The state holds no problem: what still runs is of no use."""
        self._drop("masked", "yardsticks")
        if self.yard is None:
            self._yard_of = None

    def _drop(self, *views: str) -> None:
        for view in views:
            self.space.jobs.drop((self.space.session.id, view))

    def _problem(self) -> Any:
        s = self.space.session.state
        return (s.model, s.clip, s.mask.digest if s.mask else "", s.bank, s.distance, self.mask_token)

    def _arguments(self) -> dict[str, Any]:
        s = self.space.session.state
        return {"model": s.model, "clip": s.clip, "mask": s.mask, "bank": s.bank, "distance": s.distance, "mask_token": self.mask_token}

    def _viewed(self, view: MaskedView) -> None:
        self.view = view
        known = self._yard_of == self._problem()
        if not known:
            self.yard = None
        self.listener.viewed(view)
        if not known:
            problem = self._yard_of = self._problem()
            self.space.submit("yardsticks", "yardsticks", lambda yard: self._measured(yard, problem), self._not_measured, **self._arguments())

    def _measured(self, yard: Yardsticks, problem: Any) -> None:
        if problem == self._problem():
            self.yard = yard
            self.listener.measured(yard)

    def _not_measured(self, error: WorkbenchError) -> None:
        self._yard_of = None
        self.listener.failed(error)

    def _judged(self, found: BankErrors) -> None:
        self.bank = found
        self.listener.judged("")

    def _not_judged(self, error: WorkbenchError) -> None:
        self.bank = self._bank_of = None
        self.listener.judged("Over the bank: cancelled." if isinstance(error, Cancelled) else f"Over the bank: {error.what}")
