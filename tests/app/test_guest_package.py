"""A package with a family, a question, a view and a board is installed, and works in the real app: no file of the workbench knows it."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import torch
from playwright.sync_api import expect
from safetensors.torch import save_file

import workbench as jw
from tests.app.serving import serving
from tests.waiting import PATIENT
from workbench import samples

HERE = Path(__file__).parent
ROOT = HERE.parents[1]
POINTS = {"families": "family", "questions": "questions", "boards": "board", "views": "views"}


@pytest.fixture(scope="module")
def place(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder of installed packages, as pip leaves it: the package, and the metadata that names its entry points."""
    folder = tmp_path_factory.mktemp("site")
    shutil.copytree(HERE / "guest" / "jepa_guest", folder / "jepa_guest", ignore=shutil.ignore_patterns("__pycache__"))
    info = folder / "jepa_guest-1.2.dist-info"
    info.mkdir()
    (info / "METADATA").write_text("Metadata-Version: 2.1\nName: jepa-guest\nVersion: 1.2\n")
    (info / "entry_points.txt").write_text("".join(f"[jepa_workbench.{group}]\nguest = jepa_guest.{module}\n" for group, module in POINTS.items()))
    save_file({"guest": torch.ones(1)}, folder / "g.safetensors")
    return folder


@pytest.fixture(scope="module")
def installed(place: Path) -> Iterator[Path]:
    before = os.environ.get("PYTHONPATH")
    os.environ["PYTHONPATH"] = os.pathsep.join((str(place), str(ROOT)))
    yield place
    if before is None:
        del os.environ["PYTHONPATH"]
    else:
        os.environ["PYTHONPATH"] = before


@pytest.mark.browser
def test_its_board_stands_in_the_menu_and_its_measure_answers_in_the_worker(installed: Path, page: Any) -> None:
    frames = jw.open_clips("digits")[samples.find("digits").opening[0]].pixels
    with serving("app", "digits", folder=installed) as (address, _):
        page.goto(address)
        page.locator(".jw-headline-sentence", has_text="Skill").first.wait_for(timeout=PATIENT)
        expect(page.get_by_text("GUESTS")).to_be_visible()
        page.get_by_role("button", name="Brightness").click()
        expect(page.locator(".guest-gauge output")).to_have_text(f"brightness {frames.mean():.2f}", timeout=PATIENT)
        expect(page.locator(".jw-headline-sentence:visible")).to_contain_text("mean length of the latents")


@pytest.mark.slow
def test_its_family_loads_its_view_is_shown_and_its_question_is_written_and_read(installed: Path) -> None:
    script = """
import workbench as jw, workbench.front
from workbench.core.card import ClipKey, ModelKey
from workbench.core.questions import read, written, questions
from workbench.worker.shelf import Shelf
asked = questions()["Brightness"](ModelKey("g.safetensors"), ClipKey(jw.front.bank_path("digits")))
again = read(written(asked), lambda path: path)
found = Shelf().answer(again)
print(again.digest == asked.digest, type(jw.show(found)).__name__, jw.load("g.safetensors").card.family)
"""
    done = subprocess.run([sys.executable, "-c", script], cwd=installed, capture_output=True, text=True, timeout=300, check=False)
    assert done.stdout.split() == ["True", "Gauge", "toy"], done.stdout + done.stderr
    assert "Warning" not in done.stderr
