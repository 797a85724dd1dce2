"""Rules for tests that drive a browser: nothing is read that was not waited for, and nothing waits for a length of time."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

HERE = Path(__file__).parent
FILES = sorted(p for folder in ("app", "lab", "widgets") for p in (HERE / folder).glob("*.py"))
_READ_AT_ONCE = re.compile(
    r"\bassert\b.*\.(inner_text|text_content|input_value|get_attribute|is_visible|is_hidden|is_disabled|is_enabled|is_checked)\("
)
_WAITS_FOR_TIME = re.compile(r"wait_for_timeout|networkidle|\bsleep\((?!.*# between two looks)")


def found(pattern: re.Pattern[str], path: Path) -> list[str]:
    lines = path.read_text("utf-8").splitlines()
    return [f"{path.relative_to(HERE)}:{i}: {line.strip()}" for i, line in enumerate(lines, 1) if pattern.search(line)]


@pytest.mark.parametrize("path", FILES, ids=lambda p: f"{p.parent.name}/{p.name}")
def test_no_assertion_reads_the_page_at_once(path: Path) -> None:
    assert found(_READ_AT_ONCE, path) == [], "use expect(…) of Playwright, or `until` of tests/waiting.py"


@pytest.mark.parametrize("path", FILES, ids=lambda p: f"{p.parent.name}/{p.name}")
def test_no_test_waits_for_a_length_of_time(path: Path) -> None:
    assert found(_WAITS_FOR_TIME, path) == [], "wait for the state that the test needs"
