"""A second model in JupyterLab: held by mouse and by key on four boards of one notebook, and Lab takes no key for itself."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import expect

from tests.boards.second_models import save_another
from tests.waiting import PATIENT, at_rest

pytestmark = pytest.mark.lab
CODE = """import ipywidgets, workbench as jw
ipywidgets.VBox([
    jw.board("shapes", other=jw.load("digits")),
    jw.board("two-rooms", "rollout", other={path!r}),
    jw.board("two-rooms", "plan", other={path!r}),
    jw.board("balls", "surprise", other="balls-masked"),
])"""


@pytest.mark.long
def test_b_is_held_by_key_and_mouse_on_four_boards_in_lab(notebook: Callable[..., Any], tmp_path: Path) -> None:
    page = notebook("empty.ipynb", CODE.format(path=str(save_another("two-rooms", tmp_path))))
    for number, name in enumerate(("digits (I-JEPA 96×4/4)", "ep20.safetensors", "ep20.safetensors", "balls-masked")):
        headline = page.locator(".jw-headline").nth(number)
        sentence, button = headline.locator(".jw-headline-sentence"), headline.locator("button[data-source=second]")
        expect(button).not_to_have_attribute("aria-disabled", "true", timeout=PATIENT)
        expect(headline).to_have_attribute("data-busy", "false")
        button.evaluate("(node) => node.scrollIntoView({ block: 'center' })")
        button.focus()
        page.keyboard.down("b")
        expect(sentence).to_contain_text(f"· B {name} ", timeout=PATIENT)
        page.keyboard.up("b")
        expect(sentence).not_to_contain_text(f"· B {name} ")
        box = at_rest(button)
        page.mouse.move(box["x"] + box["width"] / 2, box["y"] + box["height"] / 2)
        page.mouse.down()
        expect(sentence).to_contain_text(f"· B {name} ", timeout=PATIENT)
        page.mouse.up()
        expect(sentence).not_to_contain_text(f"· B {name} ")
    kinds = page.evaluate("() => jupyterapp.shell.currentWidget.content.widgets.map((cell) => cell.model.type)")
    assert kinds == ["code", "code"]
