"""A saved view in JupyterLab: what is written of one board is shown by another."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from playwright.sync_api import expect

from tests.waiting import PATIENT

pytestmark = [pytest.mark.lab, pytest.mark.long]
_CODE = """import workbench as jw
first = jw.board("shapes", clip=3)
first.wait()
first.board.toolbar.values = {**first.board.toolbar.values, "seed": 41}
first.wait()
first.save_view("view.json")
jw.open_view("view.json")"""


def test_a_saved_view_opens_in_a_notebook_as_it_was(notebook: Callable[..., Any]) -> None:
    page = notebook("empty.ipynb", _CODE)
    expect(page.get_by_role("spinbutton", name="seed")).to_have_value("41", timeout=PATIENT)
    expect(page.get_by_role("spinbutton", name="clip")).to_have_value("4", timeout=PATIENT)
    expect(page.locator(".jw-headline-sentence")).to_contain_text("other context", timeout=PATIENT)
