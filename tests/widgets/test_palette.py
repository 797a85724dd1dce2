"""Words can be read in every colour in which they are written, on every ground on which they stand."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

import widgets
from widgets.palette import categories, contrast, ink, legible

_MEANINGS = ("real", "context", "target", "predicted", "teacher-forced", "open loop", "impossible", "tried", "control", "edit")
_GROUNDS = ("ground", "raised", "well")
_WORDS = ("text", "quiet", "faint", "bad", "warn", "accent")
_LEAST = 4.5  # WCAG 2.1 AA


def tones(dark: bool) -> dict[str, str]:
    """The plain colours of the style sheet of all views, by name."""
    sheet = (Path(widgets.__file__).parent / "_kit.css").read_text("utf-8")
    block = sheet.partition('.jw-root[data-theme="dark"] {' if dark else ".jw-root {")[2].partition("}")[0]
    return dict(re.findall(r"--jw-([\w-]+): (#\w{6});", block))


def test_contrast_is_counted_as_wcag_counts_it() -> None:
    assert contrast("#000000", "#ffffff") == contrast("#ffffff", "#000000") == pytest.approx(21)
    assert contrast("#767676", "#ffffff") == pytest.approx(4.54, abs=0.01)


@pytest.mark.parametrize("dark", [False, True])
def test_words_can_be_read_on_every_ground(dark: bool) -> None:
    found = tones(dark)
    inks = [*(legible(ink(m, dark), dark) for m in _MEANINGS), *(legible(c, dark) for c in categories(dark)), *(found[w] for w in _WORDS)]
    low = [(i, g) for i in inks for g in _GROUNDS if contrast(i, found[g]) < _LEAST]
    assert low == []
    assert contrast(found["on-accent"], found["accent"]) >= _LEAST


def test_a_colour_that_can_be_read_stays_as_it_is() -> None:
    assert legible(ink("real")) == ink("real")
    assert legible(ink("open loop", True), True) == ink("open loop", True)
    assert legible(ink("predicted")) != ink("predicted")
