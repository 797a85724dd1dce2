"""Pictures of latents in JupyterLab: a decoder is fitted by a press, and stands beside the nearest real frame."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

import pytest
from playwright.sync_api import expect

from tests.waiting import PATIENT

pytestmark = [pytest.mark.lab, pytest.mark.long]


def test_a_decoder_is_fitted_and_says_its_score(notebook: Callable[..., Any]) -> None:
    page = notebook("empty.ipynb", "import workbench as jw\njw.board('digits', 'decode')")
    said = page.locator(".jw-headline-sentence")
    expect(said).to_contain_text("Nearest real frame: ", timeout=PATIENT)
    steps = page.get_by_role("spinbutton", name="steps")
    steps.fill("40")
    steps.press("Enter")
    page.get_by_role("button", name="fit a decoder").click()
    expect(said).to_have_text(re.compile(r"\d+\.\d dB on held-out frames; baselines: decoded mean latent"), timeout=PATIENT)
    expect(page.locator(".jw-clip-player canvas[aria-label]")).to_have_count(5 + 3 + 3, timeout=PATIENT)
