"""The only two-way binding between session and views. It compares values and knows who changed what, so that nothing echoes."""

from __future__ import annotations

from collections.abc import Callable
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
    to_view = show or (lambda state: getattr(state, field))
    to_session = take or (lambda value: {field: value})
    busy = False

    def push(_old: State | None, state: State) -> None:
        value = to_view(state)
        if getattr(view, trait) != value:
            setattr(view, trait, value)

    def pull(_change: Any) -> None:
        nonlocal busy
        value = getattr(view, trait)  # a notification that was held back may be older than the value
        if busy or value == to_view(session.state):
            return
        busy = True
        try:
            session.set(**to_session(value))
        except WorkbenchError as error:
            refused(error)
        finally:
            busy = False
        push(None, session.state)

    stop = session.watch([field], push)
    view.observe(pull, names=[trait])
    push(None, session.state)

    def end() -> None:
        stop()
        view.unobserve(pull, names=[trait])

    return end
