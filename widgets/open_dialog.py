"""Opening a model, images or a bank: a button, and a dialog in which files are chosen and settings are given."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from typing import Any

import traitlets as t

from widgets._esm import css, esm
from widgets._schema import COUNT, FLAG, NUMBER, TEXT, Rule, check_dict, dicts, is_list_of, one_of
from widgets._traits import View
from widgets.controls import Control, checked, complete

TARGETS = ("model", "data", "bank")
KINDS = ("folder", "model", "image", "video", "bank", "file", "sample")
_PLACE: dict[str, Rule] = {"id": TEXT, "label": TEXT}
_ROW: dict[str, Rule] = {"path": TEXT, "name": TEXT, "kind": one_of(*KINDS)}
_MORE: dict[str, Rule] = {"note": TEXT, "bytes": COUNT, "changed": NUMBER}
_DICTS: Rule = ("a list of dicts", is_list_of(lambda item: isinstance(item, dict)))
_DICT: Rule = ("a dict", lambda value: isinstance(value, dict))
_LISTING: dict[str, Rule] = {"place": TEXT, "crumbs": _DICTS, "rows": _DICTS, "note": TEXT, "empty": TEXT}
_WISH: dict[str, Rule] = {"n": COUNT, "do": one_of("show", "target", "go", "choose", "open", "cancel", "clear"), "path": TEXT, "values": _DICT}
_PIECE: dict[str, Rule] = {
    **{"n": COUNT, "do": one_of("begin", "chunk", "end", "done", "stop", "folder")},
    **{"name": TEXT, "size": COUNT, "offset": COUNT, "data": TEXT, "files": COUNT},
}
_TAKEN: dict[str, Rule] = {"n": COUNT, "error": TEXT}
_SAID: dict[str, Rule] = {"sentence": TEXT, "detail": TEXT, "tone": one_of("plain", "good", "warn", "error")}


class OpenDialog(View):
    """A button that opens a dialog with three pages: what to open as model, as images or video, and as bank.

    The path in the field is what *Open* opens, whether it was typed or chosen in the list.

    Attributes:
        on_wish: called with what the user asks for, and a path: "show", the dialog was opened; "target", another page; "go", list a place or
            a folder; "choose", a path was chosen or typed but is not to be opened yet; "open"; "cancel", leave what is being opened; "clear", back to the sample's clips.
        on_piece: called with each piece of a file that the browser sends; what it returns is the error, "" where the next may come.
    """

    _esm = esm("open_dialog.js")
    _css = css("_controls.css", "_dialog.css", "open_dialog.css", "_open_list.css")

    shown = t.Bool(False, help="the dialog is on screen").tag(sync=True)
    target = t.Enum(TARGETS, "model", help="what is chosen: the page in sight").tag(sync=True)
    current = t.Dict(help="target to what is open, in words").tag(sync=True)
    places = t.List(t.Dict(), help="where to look, of the page in sight: dicts of id, label").tag(sync=True)
    listing = t.Dict(
        help="place (an id, or empty), crumbs (the folder and those above, dicts of id and label), rows (dicts of path, name, kind, note, bytes, "
        "changed in seconds since 1970), note, empty (what stands in place of rows)"
    ).tag(sync=True)
    path = t.Unicode("", help="what Open would open").tag(sync=True)
    about = t.Dict(help="what is known of the path: sentence, detail, tone; empty: nothing").tag(sync=True)
    controls = t.List(t.Dict(), help="settings of what is chosen, as `Control.plain` gives them").tag(sync=True)
    values = t.Dict(help="id to value of the settings").tag(sync=True)
    said = t.Dict(help="what is happening, or what went wrong, and what is next: sentence, detail, tone").tag(sync=True)
    opening = t.Bool(False, help="something is being opened and can be left").tag(sync=True)
    clearable = t.Unicode("", help="words of the button that brings the sample's clips back; empty: no button").tag(sync=True)
    piece = t.Dict(
        help="of a file that the browser sends: n, which grows; do; name, size, offset; data in base64; files, how many come together"
    ).tag(sync=True, echo_update=False)
    taken = t.Dict(help="the answer to a piece: its n, and error, empty where the next may come").tag(sync=True)
    wish = t.Dict(help="n, which grows with each; do; path; values of the settings").tag(sync=True, echo_update=False)

    def __init__(self, **values: Any) -> None:
        self.on_wish: Callable[[str, str], None] | None = None
        self.on_piece: Callable[[dict[str, Any]], str] | None = None
        super().__init__(**values)

    def settings(self, controls: Iterable[Control], values: Mapping[str, Any] | None = None) -> None:
        """Show other settings. values: by id; a control that none is given for has its first."""
        with self.together():
            self.controls = [each.plain() for each in controls]
            self.values = complete("OpenDialog", checked("OpenDialog", self.controls), dict(values or {}))

    @t.validate("places")
    def _check_places(self, proposal: Any) -> Any:
        for item in dicts("OpenDialog.places", proposal["value"]):
            check_dict("OpenDialog.places", item, _PLACE, {})
        return proposal["value"]

    @t.validate("listing")
    def _check_listing(self, proposal: Any) -> Any:
        found = proposal["value"]
        check_dict("OpenDialog.listing", found, {}, _LISTING)
        for item in found.get("rows", ()):
            check_dict(f"OpenDialog.listing ({item.get('name')})", item, _ROW, _MORE)
        for item in found.get("crumbs", ()):
            check_dict("OpenDialog.listing.crumbs", item, _PLACE, {"plain": FLAG})
        return found

    @t.validate("about", "said")
    def _check_said(self, proposal: Any) -> Any:
        check_dict(f"OpenDialog.{proposal['trait'].name}", proposal["value"], {}, _SAID)
        return proposal["value"]

    @t.validate("controls")
    def _check_controls(self, proposal: Any) -> Any:
        checked("OpenDialog", proposal["value"])
        return proposal["value"]

    @t.validate("wish", "piece", "taken")
    def _check_message(self, proposal: Any) -> Any:
        name = proposal["trait"].name
        if proposal["value"]:
            check_dict(f"OpenDialog.{name}", proposal["value"], {"wish": _WISH, "piece": _PIECE, "taken": _TAKEN}[name], {})
        return proposal["value"]

    @t.observe("wish")
    def _hear(self, change: Any) -> None:
        wish = change["new"]
        if not wish or self.on_wish is None:
            return
        valued = checked("OpenDialog", self.controls)
        self.values = complete("OpenDialog", valued, {name: value for name, value in wish["values"].items() if name in valued})
        self.path = wish["path"] if wish["do"] in ("choose", "open") else self.path
        self.on_wish(wish["do"], wish["path"])

    @t.observe("piece")
    def _take(self, change: Any) -> None:
        if change["new"]:
            error = "nothing can be sent here" if self.on_piece is None else self.on_piece(change["new"])
            self.taken = {"n": change["new"]["n"], "error": error}
