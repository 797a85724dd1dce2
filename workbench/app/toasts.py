"""Toasts: what no headline says, in a corner of the page where it covers neither the inputs nor the sentence."""

from __future__ import annotations

import logging

import panel as pn

from workbench.core.errors import WorkbenchError

log = logging.getLogger("workbench")
_MOST = 2  # at once: a newer one takes the place of the oldest, so that they never reach up to the sentence
CSS = """
#notistack-container .MuiAlert-root { max-width: 420px; box-sizing: border-box; }
#notistack-container .MuiAlert-message { overflow-wrap: anywhere; }
"""


def toast(error: WorkbenchError) -> None:
    """Tell the user, with what to do. Text from files is shown as text."""
    show(_words(error))


def take_back(error: WorkbenchError) -> None:
    """The cause of an error is gone, and what was told of it goes too."""
    area = pn.state.notifications
    for up in list(area.notifications) if area is not None else ():
        if up.message == _words(error):
            up.destroy()


def _words(error: WorkbenchError) -> str:
    return f"{error.what}{f' ({error.where})' if error.where else ''} → {error.fix}"


def unexpected(error: BaseException) -> None:
    """An exception in a callback: to the log in full, to the user in words."""
    log.error("an exception in a callback", exc_info=error)
    words = error if isinstance(error, WorkbenchError) else f"{type(error).__name__}: {error}"
    show(f"{words} → this is a fault of ours; the log of the server has the trace")


def show(words: str, kind: str = "error") -> None:
    """Put words on the page until the user closes them, unless the same are still up. kind: "error" or "warning"."""
    area = pn.state.notifications
    if area is not None and all(up.message != words for up in area.notifications):
        area.max_notifications = _MOST
        area.send(words, duration=0, type=kind)
