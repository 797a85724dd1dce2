"""The only two-way binding between session and views. It compares values and knows who changed what, so that nothing echoes."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Protocol, runtime_checkable

from workbench.core.errors import WorkbenchError
from workbench.session import Session, State


@runtime_checkable
class View(Protocol):
    """Anything with observable traits."""

    def observe(self, handler: Callable[[Any], None], names: Any = ...) -> None: ...

    def unobserve(self, handler: Callable[[Any], None], names: Any = ...) -> None: ...


def link(
    session: Session,
    field: str,
    view: View,
    trait: str,
    *,
    show: Callable[[State], Any] | None = None,
    take: Callable[[Any], dict[str, Any]] | None = None,
    refused: Callable[[WorkbenchError], None] = lambda e: None,
) -> Callable[[], None]:
    """Keep a field of the session and a trait of a view the same.

    Args:
        show: state -> trait value; default: the field. take: trait value -> changes of the session; default: the field.
        refused: told of a value that the session cannot take; the view then shows the accepted one again.

    Returns:
        What ends the link.
    """
    ends = _Ends(session, view, trait, show or (lambda state: getattr(state, field)), take or (lambda value: {field: value}), refused)
    stop = session.watch([field], ends.push)
    view.observe(ends.pull, names=[trait])
    ends.push(None, session.state)

    def end() -> None:
        stop()
        view.unobserve(ends.pull, names=[trait])

    return end


@dataclass(eq=False)
class _Ends:
    """Both ends of one link, and whether one of them is being brought to the other."""

    session: Session
    view: View
    trait: str
    to_view: Callable[[State], Any]
    to_session: Callable[[Any], dict[str, Any]]
    refused: Callable[[WorkbenchError], None]
    busy: bool = False

    def push(self, _old: State | None, state: State) -> None:
        value = self.to_view(state)
        if getattr(self.view, self.trait) != value:
            setattr(self.view, self.trait, value)

    def pull(self, _change: Any) -> None:
        value = getattr(self.view, self.trait)  # a notification that was held back may be older than the value
        if self.busy or value == self.to_view(self.session.state):
            return
        self.busy = True
        try:
            self.session.set(**self.to_session(value))
        except WorkbenchError as error:
            self.refused(error)
        finally:
            self.busy = False
        self.push(None, self.session.state)
