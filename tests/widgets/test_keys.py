"""A key means one thing, wherever it is pressed."""

from __future__ import annotations

import re
from collections import Counter
from pathlib import Path

import pytest

from widgets import Headline
from widgets.keys import KEYS, key
from workbench.boards.embedding.board import _HELD
from workbench.boards.second import SOURCE

ROOT = Path(__file__).parents[2]
VIEWS = sorted((ROOT / "widgets").glob("*.js"))
BOARDS = sorted((ROOT / "workbench" / "boards").rglob("*.py"))
_CHORDS = {"z", "y", " ", "="}  # Ctrl+Z and Ctrl+Y as browsers have them, Space, which presses what has the focus, and + without Shift


def test_no_key_stands_for_two_actions() -> None:
    faces = Counter(face for group in KEYS.values() for keys, _ in group.values() for face in keys.split(" "))
    assert [face for face, count in faces.items() if count > 1] == []
    names = Counter(name for group in KEYS.values() for name in group)
    assert set(names.values()) == {1}
    assert len(names) > 30


@pytest.mark.parametrize("path", BOARDS, ids=lambda p: str(p.relative_to(ROOT)))
def test_boards_take_their_keys_from_the_list(path: Path) -> None:
    assert re.findall(r"""key=["'].["']|["']key["']: ["'].["']""", path.read_text("utf-8")) == []


@pytest.mark.parametrize("path", VIEWS, ids=lambda p: p.name)
def test_views_take_their_keys_from_the_list(path: Path) -> None:
    compared = re.findall(r"""key(?:\.toLowerCase\(\))? === "(.)\"""", path.read_text("utf-8"))
    own = {key("present").lower()} if path.name == "presenting.js" else set[str]()
    assert set(compared) - _CHORDS - own == set()


def test_what_is_held_is_named_by_its_key() -> None:
    held = [*Headline().sources, *_HELD, SOURCE]
    assert {source["id"]: source["key"] for source in held} == {name: face for name, (face, _) in KEYS["Hold to show instead of the model"].items()}
    assert key("second") == "B"
    with pytest.raises(KeyError):
        key("juggle")
