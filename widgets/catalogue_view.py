"""The published checkpoints: searchable, those that are here first, with the line that fetches each of the others."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import traitlets as t

from widgets._esm import css, esm
from widgets._schema import TEXT, check_dict, dicts
from widgets._traits import View

_ROW = {"name": TEXT, "title": TEXT}
_MORE = {key: TEXT for key in ("family", "role", "where", "input", "parameters", "size", "licence", "note", "path", "fetch")}


class CatalogueView(View):
    """A list of checkpoints with a search field. What is on this machine can be opened; for the rest the command is shown, and nothing is fetched.

    Attributes:
        on_open: called with the name of a row whose button was pressed.
    """

    _esm = esm("catalogue_view.js")
    _css = css("_controls.css", "catalogue_view.css")

    rows = t.List(
        t.Dict(),
        help="dicts of name, title, family, role, where, input, parameters, size, licence, note, path (on this machine, or empty), fetch (a command)",
    ).tag(sync=True)
    search = t.Unicode("", help="shows only rows that hold all these words").tag(sync=True)
    pressed = t.List(["", 0], minlen=2, maxlen=2, help="[name, n]: the last row that was to be opened; n grows with each press").tag(sync=True)

    def __init__(self, **values: Any) -> None:
        self.on_open: Callable[[str], None] | None = None
        super().__init__(**values)

    @t.validate("rows")
    def _check_rows(self, proposal: Any) -> Any:
        for item in dicts("CatalogueView.rows", proposal["value"]):
            check_dict(f"CatalogueView.rows ({item.get('name')})", item, _ROW, _MORE)
        return proposal["value"]

    @t.observe("pressed")
    def _tell(self, change: Any) -> None:
        if self.on_open is not None and change["new"][0]:
            self.on_open(change["new"][0])
