"""Hundreds of hostile files through every way in which a file is read: each is told in words, none is run, none hangs or fills the memory."""

from __future__ import annotations

import re
import sys
from pathlib import Path
from typing import Any

import pytest

from tests.hostile.bombs import BOMBS, FULL
from tests.hostile.doors import DOORS, MOST_MEGABYTES, MOST_SECONDS
from tests.hostile.files import corpus
from tests.hostile.guarding import through_doors

_FULL = "at full size:"
pytestmark = [pytest.mark.long, pytest.mark.skipif(sys.platform != "linux", reason="limits and measures a process as Linux does")]


def made(files: dict[str, Any], root: Path) -> dict[str, str]:
    """Where each file lies; every one in a folder of its own."""
    paths = {}
    for number, (name, make) in enumerate(files.items()):
        folder = root / f"f{number}"
        folder.mkdir()
        paths[name] = str(make(folder))
    return paths


def faults(answers: dict[str, dict[str, Any]]) -> list[str]:
    """What no file may bring about, in words."""
    found: list[str] = []
    for name, answer in answers.items():
        found += [f"{name}: {door}: {said}" for door, said in answer["doors"].items() if said.startswith("fault")]
        found += [f"{name}: {seen}" for seen in answer["seen"]]
        if "died" in answer:
            found.append(f"{name}: ended the process with {answer['died']}")
        if answer.get("megabytes", 0) > MOST_MEGABYTES or answer.get("seconds", 0) > MOST_SECONDS:
            found.append(f"{name}: took {answer['seconds']:.0f} s and {answer['megabytes']:.0f} MB")
    return found


@pytest.fixture(scope="module")
def everything(tmp_path_factory: pytest.TempPathFactory) -> dict[str, dict[str, Any]]:
    """What was said of every file, and of every bomb at full size by one door, in one process: its start takes as long as a hundred files."""
    root = tmp_path_factory.mktemp("hostile")
    large = {f"{_FULL} {name}": bomb(FULL) for name, bomb in BOMBS.items()}
    return through_doors(made(corpus() | large, root), root, {name: ["json"] for name in large})


@pytest.fixture(scope="module")
def answers(everything: dict[str, dict[str, Any]]) -> dict[str, dict[str, Any]]:
    return {name: answer for name, answer in everything.items() if not name.startswith(_FULL)}


def test_there_are_at_least_three_hundred_files_and_every_door_was_tried(answers: dict[str, dict[str, Any]]) -> None:
    assert len(answers) >= 300
    assert all(set(answer["doors"]) == set(DOORS) for answer in answers.values())


def test_no_file_is_run_ends_the_process_or_gives_anything_but_words(answers: dict[str, dict[str, Any]]) -> None:
    assert faults(answers) == []


def test_the_doors_agree_on_which_files_open(answers: dict[str, dict[str, Any]]) -> None:
    for name, answer in answers.items():
        doors = answer["doors"]
        refused = doors["load"][:1].isupper()
        assert (doors["app"] != "shown") == refused, name
        assert refused or re.match("exit [01]", doors["json"]), name


@pytest.mark.parametrize("name", BOMBS)
def test_a_bomb_at_full_size_is_read_within_bounds(everything: dict[str, dict[str, Any]], name: str) -> None:
    """Values of a file that are hashed, shown, copied or visited without a limit keep a reader busy for minutes, or fill the memory."""
    answer = everything[f"{_FULL} {name}"]
    assert "json" in answer["doors"], answer
    assert faults({name: answer}) == []
