"""Every key and what it does: the text that the views read, read by Python."""

from __future__ import annotations

import json
from pathlib import Path

_SOURCE = (Path(__file__).parent / "_keys.js").read_text("utf-8").partition("export const KEYS =")[2].partition(";\n")[0]
KEYS: dict[str, dict[str, list[str]]] = json.loads(_SOURCE)
"""Group → action → the key as it is written on screen, and what it does."""


def key(action: str) -> str:
    """The key of an action, as it is written on screen.

    Raises:
        KeyError: there is no such action.
    """
    return {name: face for group in KEYS.values() for name, (face, _) in group.items()}[action]
