"""A button that counts what is pinned, and the sheet behind it in which pinned results stand side by side."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import traitlets as t

from widgets._esm import css, esm
from widgets._schema import COUNT, FLAG, TEXT, Rule, check_dict, dicts, is_list_of, is_text
from widgets._traits import Commanded, binary, proposed, whole_numbers

_FIGURES: Rule = ("a list of [name, value]", is_list_of(is_list_of(is_text)))
_KEYS = {"id": COUNT, "title": TEXT, "of": TEXT, "sentence": TEXT, "detail": TEXT, "note": TEXT, "closed": FLAG, "figures": _FIGURES}


class TrayView(Commanded):
    """Pinned results: hidden while there are none. Commands are "json", "csv", "png" and "clear" of all, "png 3" and "remove 3" of the one with the id 3."""

    _esm = esm("tray_view.js")
    _css = css("_dialog.css", "tray_view.css")

    pins = t.List(
        t.Dict(),
        help="from the oldest: id, title, of (model and clip), sentence, detail, note (what may be wrong with it now), closed, figures as [name, text]",
    ).tag(sync=True)
    pictures = binary("PNG files, one after another")
    ends = whole_numbers([], "the byte behind the last one of each picture")
    file = binary("bytes to offer as a download")
    file_name = t.Unicode("", help="its name").tag(sync=True)

    def show(self, pins: Sequence[dict[str, Any]], pictures: Sequence[bytes]) -> None:
        """Show other pins. pictures: the PNG of each; b"" where there is none."""
        ends = [sum(map(len, pictures[: k + 1])) for k in range(len(pictures))]
        with self.together():
            self.pins, self.pictures, self.ends = list(pins), b"".join(pictures), ends

    def offer(self, name: str, data: bytes) -> None:
        """Offer a file as a download."""
        with self.together():
            self.file_name, self.file = name, b""  # the bytes start the download, also of the same bytes again
        self.file = data

    @t.validate("pins")
    def _check_pins(self, proposal: Any) -> Any:
        for item in dicts("TrayView.pins", proposal["value"]):
            check_dict("TrayView.pins", item, _KEYS, {})
        return proposal["value"]

    @t.validate("pictures", "ends")
    def _check_pictures(self, proposal: dict[str, Any]) -> Any:
        pictures, ends = proposed(proposal, "pictures", "ends")
        if list(ends) != sorted(ends) or (ends[-1] if ends else 0) != len(pictures):
            raise t.TraitError(f"TrayView.ends is {ends}, which does not end at the {len(pictures)} bytes of its pictures")
        return proposal["value"]
