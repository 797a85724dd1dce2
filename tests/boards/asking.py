"""What the browser sends when a user asks something of the Open dialog."""

from __future__ import annotations

from typing import Any

from widgets import OpenDialog


def asked(dialog: OpenDialog, do: str, path: str = "", *, page: str = "", **values: Any) -> OpenDialog:
    """Ask it.

    Args:
        page: to be turned to first: "model", "data" or "bank". values: of the settings, as they stand in the form.
    """
    if page and page != dialog.target:
        dialog.target = page
        asked(dialog, "target", page)
    dialog.wish = {"n": int(dialog.wish.get("n", 0)) + 1, "do": do, "path": path, "values": {**dialog.values, **values}}
    return dialog
