"""The address of the page as the place of what is on screen, and the buttons that copy it and save it as a file."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import traitlets as t

from widgets._esm import css, esm
from widgets._traits import Commanded, binary


class AddressBar(Commanded):
    """Keeps the fragment of the page's address. Python says what it is; the browser says what it was when the page opened, and after back, forward or an edit.

    Its buttons copy the address without the server's token, and ask for a file by the command "save".

    Attributes:
        on_seen: called with the fragment when the page has opened, and after the user went to another one.
    """

    _esm = esm("address_bar.js")
    _css = css("address_bar.css")

    address = t.List(
        ["", 0, 0],
        minlen=3,
        maxlen=3,
        help="[fragment, n, m]: what it is to be; a larger n makes a new entry of the history, 0 = as it is; m: of `seen` that it follows",
    ).tag(sync=True)
    seen = t.List(["", 0], minlen=2, maxlen=2, help="[fragment, n]: as the browser found it; n grows each time").tag(sync=True)
    due = t.Bool(False, help="what is on screen has changed, and the address follows soon").tag(sync=True)
    without = t.Unicode("", help="what is on screen and not in the link, told when it is copied").tag(sync=True)
    refusal = t.Unicode("", help="why there is no link; empty = there is one").tag(sync=True)
    file = binary("bytes to offer as a download")
    file_name = t.Unicode("view.json", help="its name").tag(sync=True)

    def __init__(self, **values: Any) -> None:
        self.on_seen: Callable[[str], None] | None = None
        super().__init__(**values)

    def show(self, fragment: str, *, push: bool) -> None:
        """Put a fragment into the address. push: as a new entry of the history, to which Back returns; else in place of the one that is there."""
        count = max(1, int(self.address[1]))
        self.address = [fragment, count + 1 if push else count, self.seen[1]]

    def offer(self, name: str, data: bytes) -> None:
        """Offer a file as a download."""
        with self.together():
            self.file_name, self.file = name, b""  # the bytes start the download, also of the same bytes again
        self.file = data

    @t.observe("seen")
    def _tell(self, change: Any) -> None:
        if self.on_seen is not None and change["new"][1]:
            self.on_seen(str(change["new"][0]))
