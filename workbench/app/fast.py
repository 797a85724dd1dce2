"""Small patches of the host: five for speed, two so that nothing is lost, two for a quiet log, three so that closed pages give their memory back, one so that
styles come from this server.
Private names of panel and bokeh are touched here and in `first_words` only.

Panel waits 50 ms before it sends what the browser changed, and the operating system holds back small packets for about 15 ms more. Together a slider
answers after 70 ms; without both after 20. And before its first chart Panel asks Plotly for its notebook class, which loads Jupyter's validators: a
second and a half of every start, where Jupyter is installed. And a page follows whether the server is busy, twice a message, also where it shows
nothing of it. And Bokeh reads the signatures of the 800 functions that Panel registers for a page.

What cannot be written at once Panel keeps for later. When that is written just as more is kept, Panel forgets that something waits, and it stays unsent until
the next change: an answer that is not shown.

What changes before a browser says that it is ready Panel drops, because the browser is sent the whole page once it connects. But it is sent the page first, and
says later that it is ready: seconds later, on a busy machine. A board that is chosen in between never came, and the page took no further news of it. Panel also
counts on every page to have the kinds of views that were made before any page was ready. Here it is noted which kinds a page was sent.

When one of several toasts goes, the browser tells which are left, and tells them in full, though the server knows them. Bokeh then takes those it knows, as it
should, and warns of each. Panel keeps this warning out of the logs of some hosts (`_ignore_bokeh_warnings`), not of its own server.

What a page had sent before it was closed may be read after that. Bokeh logs an error for each such message: two thousand, where twenty browsers close at once.

Bokeh keeps the session of a closed page for up to 32 seconds. Here it is destroyed after `LINGER` seconds, unless the page connects again. A session whose
page has not connected yet keeps Bokeh's lifetime of 15 seconds: a browser may load the scripts over a slow network. Two lists in Panel keep destroyed
pages for ever: the watchers of its busy state (`quiet`) and its views (`forget`).
"""

from __future__ import annotations

import warnings
from functools import partial
from typing import Any
from weakref import WeakKeyDictionary

LINGER = 2.0  # seconds between the closing of a page and the end of its session
_sent: WeakKeyDictionary[Any, set[str]] = (
    WeakKeyDictionary()
)  # names of the models that the browser of a page can read, from when it is sent the page


def apply() -> None:
    """Send changes at once, in both directions, end sessions soon after their pages, and leave Jupyter out of the server. Safe to call twice."""
    import plotly.graph_objs
    from bokeh.server.views.ws import WSHandler
    from bokeh.util import callback_manager
    from bokeh.util.warnings import BokehUserWarning
    from panel.reactive import Syncable
    from plotly.missing_anywidget import FigureWidget

    if "FigureWidget" not in vars(plotly.graph_objs):
        plotly.graph_objs.FigureWidget = FigureWidget  # type: ignore[attr-defined, misc]  # plotly's own stand-in
    Syncable._debounce = 1
    callback_manager._check_callback = lambda *_args, **_options: None
    _lose_nothing()
    warnings.filterwarnings("ignore", "reference already known", BokehUserWarning)
    if getattr(WSHandler, "_workbench_nodelay", False):
        return
    opened = WSHandler.open

    def open_now(self: Any, *args: Any, **kwargs: Any) -> Any:
        self.set_nodelay(True)
        return opened(self, *args, **kwargs)

    WSHandler.open = open_now  # type: ignore[method-assign]
    WSHandler._workbench_nodelay = True  # type: ignore[attr-defined]
    _end_soon(WSHandler)


def _end_soon(handler: Any) -> None:
    """A session whose last page was closed ends after `LINGER` seconds, and what that page had sent before is dropped."""
    from tornado.ioloop import IOLoop

    closed, handled = handler.on_close, handler._handle

    async def handle_while_open(self: Any, message: Any) -> Any:
        return None if getattr(self.connection, "_session", None) is None else await handled(self, message)

    def close_and_end(self: Any) -> None:
        session = getattr(self.connection, "_session", None)
        if self.connection is None or session is not None:  # else it was closed before, by a write that failed
            closed(self)
        if session is not None:
            session.request_expiration()
            IOLoop.current().call_later(LINGER, self.application_context._cleanup_sessions, self.application._unused_session_lifetime_milliseconds)

    handler.on_close, handler._handle = close_and_end, handle_while_open


def _lose_nothing() -> None:
    """Send the messages that wait, also where the flag that says so was cleared by other code, and what changes between the page and its being ready."""
    from bokeh.document.events import DocumentPatchedEvent, MessageSentEvent
    from bokeh.model import Model
    from bokeh.protocol.messages.pull_doc_reply import pull_doc_reply
    from panel.io import document

    if getattr(document, "_workbench_loses_nothing", False):
        return
    dispatch = document._dispatch_msgs

    async def dispatch_all(doc: Any) -> None:
        if doc in document._WRITE_MSGS:
            document._WRITE_BLOCK[doc] = True
        await dispatch(doc)

    document._dispatch_msgs = dispatch_all
    replied, drain = pull_doc_reply.create, document._drain_unconnected_events

    def reply(request: Any, doc: Any, **metadata: Any) -> Any:
        _sent[doc] = set(Model.model_class_reverse_map)
        return replied(request, doc, **metadata)

    def drain_what_was_not_sent(doc: Any, lock: Any) -> list[Any]:
        held = list(doc.callbacks._held_events) if doc in _sent else []
        changes: list[Any] = [e for e in held if isinstance(e, DocumentPatchedEvent) and not isinstance(e, MessageSentEvent)]
        events = drain(doc, lock)
        if changes and doc.session_context.session._pending_writes is None:  # another thread has the page
            doc.add_next_tick_callback(partial(document.retrigger_events, doc, changes))
            return events
        return [*changes, *events]

    pull_doc_reply.create = staticmethod(reply)  # type: ignore[assignment, method-assign]  # Panel offers no hook here
    document._drain_unconnected_events = drain_what_was_not_sent
    document._workbench_loses_nothing = True  # type: ignore[attr-defined]  # our mark, so that it is patched once


def define(kind: Any, document: Any) -> None:
    """Have a kind of view define its model where it is next shown on a page, unless the browser of that page has the definition or will get it with the page."""
    known, name = None if document is None else _sent.get(document), kind._data_model.__qualified_model__
    kind._data_model__initialized = known is None or name in known
    if known is not None:
        known.add(name)


def quiet(page: Any) -> None:
    """A page that does not follow whether the server is busy: boards tell what they wait for.

    Setting the value alone leaves param's watcher on Panel's state, which would keep every page that was ever opened.
    """
    from panel.io.state import state
    from panel.util.parameters import edit_readonly

    with edit_readonly(page):
        page.busy = False
    followed = page._param__private.ref_watchers
    for _names, watcher in followed:
        if watcher.inst is state:
            state.param.unwatch(watcher)
    page._param__private.ref_watchers = [kept for kept in followed if kept[1].inst is not state]


def forget(document: Any) -> None:
    """Take what Panel still lists of a page that was closed off its list: the area of its notifications, which holds the document."""
    from panel.io.state import state

    for ref, (view, root, owner, _comm) in list(state._views.items()):
        if owner is document:
            view._cleanup(root)
            state._views.pop(ref, None)


def own_styles(document: Any) -> None:
    """Load styles from this server also where Panel renders no HTML for a page.

    Panel notes where its styles are only while it renders HTML, and otherwise names its authors' server. Bokeh drops the session of a page that takes more
    than 15 s to open its socket and builds the page anew for the socket, without HTML.
    """
    from panel.io.resources import LOCAL_DIST

    if document is not None:
        document._template_variables.setdefault("dist_url", LOCAL_DIST)
