"""The page at three sizes of window: no text is cut or lies on other text, pictures grow with the room, the list of boards makes room, and F presents."""

from __future__ import annotations

import re
from typing import Any

import pytest
from playwright.sync_api import expect

from tests.app.measuring import misplaced
from tests.waiting import PATIENT, until
from workbench import samples

pytestmark = pytest.mark.browser
SIZES = ((1280, 800), (1920, 1080), (900, 800))
_DRAWN = "() => new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(() => requestAnimationFrame(done))))"
_LEAST_TEXT = """() => {
  const sizes = [];
  const walk = (root, zoom) => root.childNodes.forEach((node) => {
    if (node instanceof Element) {
      const inner = zoom * (parseFloat(getComputedStyle(node).zoom) || 1);
      walk(node, inner);
      if (node.shadowRoot) walk(node.shadowRoot, inner);
    } else if (node.nodeType === 3 && node.data.trim() && root instanceof HTMLElement && root.checkVisibility({ visibilityProperty: true }) && root.closest('.jw-headline-words, .jw-caption, .jw-control')) {
      sizes.push(parseFloat(getComputedStyle(root).fontSize) * zoom);
    }
  });
  walk(document.body, 1);
  return sizes;
}"""


def sized(page: Any, width: int, height: int) -> None:
    """The page in a window of this size, drawn."""
    page.set_viewport_size({"width": width, "height": height})
    expect(page.get_by_role("button", name=re.compile("drawer"))).to_have_accessible_name("Open drawer" if width < 1000 else "Close drawer")
    page.evaluate(_DRAWN)


def settled(page: Any) -> None:
    expect(page.locator(".jw-headline")).to_have_count(1)
    expect(page.locator(".jw-headline")).to_have_attribute("data-busy", "false", timeout=PATIENT)


def in_order(page: Any) -> None:
    """The board is drawn, and no text of it is cut or covered."""
    found = until(page, lambda: misplaced(page), lambda found: found["texts"] > 12 and not found["wrong"], "text, none of it cut or on other text")
    assert found["wide"] <= page.viewport_size["width"]


def test_masks_has_its_text_whole_at_every_size_and_pictures_grow_and_f_presents(board: Any) -> None:
    pictures = dict[int, float]()
    for width, height in SIZES:
        sized(board, width, height)
        in_order(board)
        boxes = [
            board.locator(css).bounding_box() for css in (".jw-patch-canvas .jw-stage", "[data-layer=truth]", ".jw-map-pane [data-layer=picture]")
        ]
        assert len({(round(b["width"]), round(b["y"])) for b in boxes}) == 1, boxes  # of one size, in one row
        pictures[width] = boxes[0]["width"]
        expect(board.get_by_role("button", name="Decode", exact=True)).to_be_visible(visible=width >= 1000)
    assert pictures[1920] > 1.3 * pictures[1280]
    board.get_by_role("button", name="Open drawer").click()
    board.get_by_role("button", name="Masks", exact=True).click()
    expect(board.get_by_role("button", name="Masks", exact=True)).to_be_hidden()  # the list closes over the board that was chosen

    sized(board, 1280, 720)
    board.get_by_role("spinbutton", name="seed").press("f")
    expect(board.get_by_role("button", name="Present")).to_have_attribute("aria-pressed", "false")
    board.locator(".jw-headline-sentence").click()
    for key in ("Escape", "f"):
        board.keyboard.press("f")
        expect(board.get_by_role("button", name="Decode", exact=True)).to_be_hidden()
        board.evaluate(_DRAWN)
        assert min(board.evaluate(_LEAST_TEXT)) >= 18
        in_order(board)
        board.keyboard.press(key)
        expect(board.get_by_role("button", name="Decode", exact=True)).to_be_visible()


def test_a_cut_label_and_one_on_another_are_found(page: Any) -> None:
    page.set_viewport_size({"width": 900, "height": 600})
    label = "<p style='position: absolute; top: {}px; left: 9px; {}'>{}</p>"
    page.set_content(label.format(9, "", "whole") + label.format(60, "width: 20px; overflow: hidden; white-space: nowrap", "too long for its room"))
    assert misplaced(page)["wrong"] == ["cut: too long for its room (by P)"]
    page.set_content(label.format(9, "", "one above") + label.format(14, "", "another"))
    assert misplaced(page)["wrong"] == ["overlap: one above | another"]


@pytest.mark.long
def test_no_board_of_a_sample_has_text_that_is_cut_or_covered(board: Any) -> None:
    of_shapes = ("Checkpoint", "Features", "Decode", "Sensitivity", "Embedding", "Catalogue")
    for sample, titles in (("shapes", of_shapes), ("balls", ("Rollout", "Surprise")), ("two-rooms", ("Plan",))):
        sized(board, *SIZES[0])  # where the list of models is in sight
        if sample != "shapes":
            board.get_by_label("model", exact=True).select_option(label=samples.find(sample).title)
            board.get_by_text(re.compile(rf"● {sample} \(")).wait_for(timeout=PATIENT)
        for title in titles:
            sized(board, *SIZES[0])
            board.get_by_role("button", name=title, exact=True).click()
            expect(board).to_have_url(re.compile(f"board={title}"))
            settled(board)
            for width, height in SIZES:
                sized(board, width, height)
                in_order(board)
