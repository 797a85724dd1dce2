"""The top of every board: one sentence in words, what is being shown, and the ways to doubt, copy and reset it."""

from __future__ import annotations

from typing import Any

import traitlets as t

from widgets._esm import css, esm
from widgets._schema import FLAG, TEXT, check_dict, dicts, one_of
from widgets._traits import Commanded, binary
from widgets.keys import key

MODEL = "model"
_COMMANDS = ("reset", "undo", "redo", "pin", "export")
SECOND = "second"
_SOURCES = ("twin", "other", "position", "pixels", "shuffled", SECOND)
_SOURCE_KEYS = {"key": TEXT, "label": TEXT, "enabled": FLAG, "reason": TEXT}
_INFO_KEYS = {"title": TEXT, "formula": TEXT, "source": TEXT, "cannot": TEXT}


def _default_sources() -> list[dict[str, Any]]:
    faces = {"twin": "untrained", "other": "other context", "position": "position mean", "pixels": "raw pixels"}
    return [{"id": name, "key": key(name), "label": label, "enabled": True, "reason": ""} for name, label in faces.items()]


class Headline(Commanded):
    """A board's sentence, with a gesture that shows what an untrained, blind or shuffled model would have given instead.

    `source` is what every picture on the board shows. It is "model" unless someone holds a key or a button, or has latched one with Space. "second" is another
    open model; the other sources are baselines of this one.

    Attributes:
        on_command: called with "cancel", "reset", "undo", "redo", "pin", "export" or "offer" when the user asks for it.
    """

    _esm = esm("headline.js")
    _css = css("headline.css", "_key_sheet.css")

    sentence = t.Unicode("", help="the finding as a sentence with its baseline; one or two lines").tag(sync=True)
    detail = t.Unicode("", help="the thin line under it: n, interval, how this clip compares").tag(sync=True)
    tone = t.Enum(["plain", "warn", "error"], "plain", help="how the sentence is to be taken").tag(sync=True)
    source = t.Enum([MODEL, *_SOURCES], MODEL, help="what every picture on the board shows now").tag(sync=True)
    sources = t.List(t.Dict(), help="what can be held: dicts of id, key, label, enabled, reason (why it is not enabled)").tag(sync=True)
    note = t.Unicode("", help="what is shown while a source is held, such as 'the untrained model'").tag(sync=True)
    code = t.Unicode("", help="Python lines that reproduce the number; empty: the button is off").tag(sync=True)
    info = t.Dict(help="about the number: title, formula, source, cannot (what it cannot tell); empty: the button is off").tag(sync=True)
    progress = t.Float(-1.0, help="share of the work that is done, 0 to 1; -1: not known").tag(sync=True)
    cancellable = t.Bool(False, help="work can be cancelled while busy").tag(sync=True)
    commands = t.List(t.Enum(_COMMANDS), ["reset", "export"], help="which of reset, undo, redo, pin, export have a button").tag(sync=True)
    offer = t.Unicode("", help="words of a button under the sentence that does what helps, as 'Open two-rooms'; empty: no button").tag(sync=True)
    can_undo = t.Bool(False, help="there is a state to go back to").tag(sync=True)
    can_redo = t.Bool(False, help="there is a state to go forward to").tag(sync=True)
    file = binary("bytes that the browser offers as a download when they change; set together with `file_name`")
    file_name = t.Unicode("", help="name of that download").tag(sync=True)

    @t.default("sources")
    def _sources_at_start(self) -> list[dict[str, Any]]:
        return _default_sources()

    @t.validate("sources")
    def _check_sources(self, proposal: Any) -> Any:
        seen: set[str] = set()
        for item in dicts("Headline.sources", proposal["value"]):
            check_dict("Headline.sources", item, {"id": one_of(*_SOURCES), "key": TEXT, "label": TEXT}, _SOURCE_KEYS)
            if item["id"] in seen or len(item["key"]) != 1:
                raise t.TraitError(f"Headline.sources: {item['id']!r} stands twice, or its key {item['key']!r} is not one character")
            seen.add(item["id"])
        return proposal["value"]

    @t.validate("info")
    def _check_info(self, proposal: Any) -> Any:
        check_dict("Headline.info", proposal["value"], {}, _INFO_KEYS)
        return proposal["value"]

    @t.validate("progress")
    def _check_progress(self, proposal: Any) -> float:
        value = proposal["value"]
        if value != -1 and not 0 <= value <= 1:
            raise t.TraitError(f"Headline.progress is {value}, a share from 0 to 1 was expected, or -1 when it is not known")
        return value
