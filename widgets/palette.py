"""The colours that mean something: the same in views, charts and style sheets, and in the labels of saved videos."""

from __future__ import annotations

import json
from functools import cache
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


_GROUNDS = ("#f4f5f7", "#1d222b")  # the darkest that stands under words in light, the lightest in dark
_LEGIBLE = 4.5  # contrast of words at least, as WCAG 2.1 AA


@cache
def legible(colour: str, dark: bool = False) -> str:
    """A colour for words: the same, darker or in dark lighter as far as they need it to be read."""
    parts, end = bytes.fromhex(colour[1:]), 255 if dark else 0
    tried = ("#" + bytes(round(p + (end - p) * k / 50) for p in parts).hex() for k in range(51))
    return next(c for c in tried if contrast(c, _GROUNDS[dark]) >= _LEGIBLE)


def contrast(one: str, other: str) -> float:
    """The contrast of two colours, from 1 to 21, as WCAG 2.1 counts it."""
    high, low = sorted((_luminance(one), _luminance(other)), reverse=True)
    return (high + 0.05) / (low + 0.05)


def _luminance(colour: str) -> float:
    red, green, blue = ((p / 255 / 12.92) if p <= 10 else ((p / 255 + 0.055) / 1.055) ** 2.4 for p in bytes.fromhex(colour[1:]))
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


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
