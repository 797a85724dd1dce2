"""Pictures of latents in the app: a decoder is fitted, cancelled and fitted again, saved, and draws the films of a future."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import expect

from tests.waiting import PATIENT
from workbench import samples
from workbench.fits.decoder_file import read_decoder

pytestmark = pytest.mark.browser


def said(page: Any) -> Any:
    return page.locator(".jw-headline-sentence")


@pytest.fixture
def decode(board: Any) -> Any:
    """The Decode board of digits, with another bank than other tests fit on."""
    board.get_by_label("model", exact=True).select_option(label=samples.find("digits").title)
    board.get_by_role("button", name="Decode", exact=True).click()
    board.get_by_text(re.compile(r"of \d+ · digits bank")).wait_for(timeout=PATIENT)  # its clips are open, not only the model
    expect(said(board)).to_contain_text("Nearest real frame: ", timeout=PATIENT)
    expect(board.locator(".jw-clip-player").first).to_have_attribute("data-busy", "false", timeout=PATIENT)
    return board


def test_a_decoder_is_cancelled_fitted_saved_and_what_it_draws_for_nothing_stands_beside(decode: Any, tmp_path: Path) -> None:
    expect(said(decode)).to_contain_text("No decoder is fitted yet", timeout=PATIENT)
    steps = decode.get_by_role("spinbutton", name="steps")
    steps.fill("20000")
    steps.press("Enter")
    decode.get_by_role("button", name="fit a decoder").dblclick()
    decode.get_by_role("button", name="Cancel", exact=True).click(timeout=PATIENT)
    expect(decode.locator(".jw-headline-detail")).to_contain_text("cancelled", timeout=PATIENT)
    expect(said(decode)).to_contain_text("No decoder is fitted yet")
    steps.fill("40")
    steps.press("Enter")
    decode.get_by_role("button", name="fit a decoder").click()
    expect(said(decode)).to_have_text(re.compile(r"\d+\.\d dB on held-out frames; baselines: decoded mean latent"), timeout=PATIENT)
    expect(decode.locator(".jw-clip-player canvas[aria-label]")).to_have_count(5 + 3 + 3, timeout=PATIENT)
    with decode.expect_download(timeout=PATIENT) as waiting:
        decode.get_by_role("button", name="save", exact=True).click()
    assert waiting.value.suggested_filename == "jepa-workbench-digits-decoder.safetensors"
    path = tmp_path / "decoder.safetensors"
    waiting.value.save_as(path)
    assert read_decoder(path).fit.steps == 40


@pytest.mark.long
def test_films_of_rollout_are_drawn_by_a_decoder_fitted_there(board: Any) -> None:
    board.get_by_label("model", exact=True).select_option(label=samples.find("balls").title)
    board.get_by_role("button", name="Rollout", exact=True).click()
    expect(said(board)).to_contain_text("copy-last-frame", timeout=PATIENT)
    board.get_by_role("button", name="fit a decoder").click()
    expect(board.get_by_label("decoder", exact=True).locator("option:checked")).to_have_text("fitted on these clips", timeout=PATIENT)
    expect(board.locator(".jw-headline-detail")).to_contain_text("dB", timeout=PATIENT)
    for film in ("teacher-forced", "open loop from frame 2"):
        expect(board.get_by_role("img", name=f"{film}; decoded by a decoder fitted afterwards")).to_be_visible(timeout=PATIENT)
