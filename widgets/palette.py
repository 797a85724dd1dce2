"""The colours that mean something: the same in views, charts and style sheets, and in the labels of saved videos."""

from __future__ import annotations

import json
from pathlib import Path

_SOURCE = (Path(__file__).parent / "_meanings.js").read_text("utf-8")
_MEANINGS: dict[str, list[str]] = json.loads(_SOURCE[_SOURCE.index("{") : _SOURCE.rindex("}") + 1])
_LISTED = (Path(__file__).parent / "_categories.js").read_text("utf-8").partition("=")[2]
_CATEGORIES: list[list[str]] = json.loads(_LISTED[: _LISTED.rindex("]") + 1])
_SCALED = (Path(__file__).parent / "_scales.js").read_text("utf-8")
_SCALES: dict[str, list[str]] = json.loads(_SCALED[_SCALED.index("{") : _SCALED.rindex("}") + 1])


def ink(meaning: str, dark: bool = False) -> str:
    """The colour of a meaning, as "#rrggbb".

    Args:
        meaning: "real", "context", "target", "predicted", "teacher-forced", "open loop", "impossible", "tried", "control" or "edit".
        dark: on a dark ground.
    """
    return _MEANINGS[meaning][dark]


def rgb(meaning: str, dark: bool = False) -> tuple[int, int, int]:
    """The same as red, green and blue, 0 to 255."""
    red, green, blue = bytes.fromhex(ink(meaning, dark)[1:])
    return red, green, blue


def categories(dark: bool = False) -> list[str]:
    """The eight colours of categories as "#rrggbb", then the one that all other categories share: the first eight categories as discs, up to eight more as rings."""
    return [pair[dark] for pair in _CATEGORIES]


def scale(name: str = "cividis", dark: bool = False) -> list[str]:
    """Colours of values as "#rrggbb", evenly from the low to the high end. name: "cividis" or "signed". dark: on a dark ground, where the lowest of cividis are lighter."""
    colours, last = _SCALES[name], len(_SCALES[name]) - 1
    lifts = [max(0.0, 0.4 - place / last) if dark and name == "cividis" else 0.0 for place in range(last + 1)]  # as in _scatter_look.js
    return [
        "#" + bytes(round(part + (255 - part) * lift) for part in bytes.fromhex(colour[1:])).hex()
        for colour, lift in zip(colours, lifts, strict=True)
    ]


def properties() -> str:
    """A style sheet that gives every view the colours as custom properties: `--jw-open-loop` for "open loop"."""
    rules = list[str]()
    for selector, dark in ((".jw-root", False), ('.jw-root[data-theme="dark"]', True)):
        lines = " ".join(f"--jw-{name.replace(' ', '-')}: {pair[dark]};" for name, pair in _MEANINGS.items())
        rules.append(f"{selector} {{ {lines} }}")
    return "\n".join(rules)
