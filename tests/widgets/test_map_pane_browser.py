"""MapPane in Chromium: swapping in place, words, quilts, nearest patches, and what it shares with the canvas."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from playwright.sync_api import expect

from tests.waiting import at_rest
from widgets import MapPane, PatchCanvas

pytestmark = pytest.mark.browser
GRID = (1, 4, 4)
RED, GREEN = (200, 0, 0), (0, 200, 0)


def pane(**traits: Any) -> MapPane:
    """Targets red, predictions green at the upper half, errors 0.5 there, quilts dark and bright."""
    asked = np.zeros(GRID, bool)
    asked[:, :2] = True
    view = MapPane(grid=list(GRID), aspect=[32, 32], error_unit="smooth-L1", **traits)
    view.set_maps(
        target=np.broadcast_to(np.array(RED, np.uint8), (*GRID, 3)),
        predicted=np.broadcast_to(np.array(GREEN, np.uint8), (*GRID, 3)),
        asked=asked,
        error=np.where(asked, 0.5, np.nan),
    )
    view.set_quilts(np.full((1, 32, 32, 3), 30, np.uint8), np.full((1, 32, 32, 3), 220, np.uint8))
    return view


def colour(root: Any, row: int, col: int) -> tuple[int, ...]:
    """RGB in the middle of a cell of the picture."""
    return tuple(
        root.locator("canvas[data-layer=picture]").evaluate(
            "(c, [y, x]) => [...c.getContext('2d').getImageData(Math.floor(x * c.width), Math.floor(y * c.height), 1, 1).data].slice(0, 3)",
            [(row + 0.5) / 4, (col + 0.5) / 4],
        )
    )


def ready(bench: Any, root: Any) -> None:
    bench.wait(lambda: root.get_attribute("data-drawn") is not None, "a picture")


def test_the_number_keys_swap_the_picture_in_place(bench: Any) -> None:
    view = pane()
    root = bench.show(view)
    ready(bench, root)
    box = root.bounding_box()
    shown = {}
    for key in "2341":
        bench.page.keyboard.press(key)
        bench.wait(lambda key=key: view.mode == ("target", "predicted", "error", "quilt")[int(key) - 1], f"mode {key}")
        bench.page.evaluate("() => new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(done)))")
        shown[key] = colour(root, 0, 0)
        assert root.bounding_box() == box
    assert shown == {"2": GREEN, "3": (255, 233, 69), "4": (30, 30, 30), "1": RED}


def test_number_keys_are_left_alone_while_someone_types(bench: Any) -> None:
    view = pane()
    root = bench.show(view)
    ready(bench, root)
    bench.page.evaluate("() => { const input = document.createElement('input'); input.id = 'field'; document.body.append(input); input.focus(); }")
    bench.page.keyboard.press("3")
    expect(bench.page.locator("#field")).to_have_value("3")
    assert view.mode == "target"
    bench.page.evaluate("() => { window.hosts.view0.close(); document.activeElement.blur(); }")
    bench.page.keyboard.press("2")
    assert view.mode == "target"


def test_tabs_work_by_pointer_and_by_arrow(bench: Any) -> None:
    view = pane(labels={"target": "true target"})
    root = bench.show(view)
    root.get_by_role("tab", name="error").click()
    bench.wait(lambda: view.mode == "error", "the error")
    bench.page.keyboard.press("ArrowRight")
    bench.page.keyboard.press("ArrowRight")
    bench.wait(lambda: view.mode == "target", "around to the first")
    chosen = root.locator("[role=tab][aria-selected=true]")
    expect(chosen).to_contain_text("true target")  # after the echo of the keys
    assert chosen.evaluate("(tab) => tab.getRootNode().activeElement === tab")


def test_tokens_without_a_prediction_are_quiet_not_a_colour(bench: Any) -> None:
    view = pane(mode="predicted")
    root = bench.show(view)
    ready(bench, root)
    assert colour(root, 1, 1) == GREEN
    for mode in ("predicted", "error"):
        view.mode = mode
        bench.push()
        red, green, blue = colour(root, 3, 3)
        assert max(red, green, blue) - min(red, green, blue) < 16
    expect(root.get_by_text("not predicted")).to_be_visible()


def test_a_mode_without_a_picture_says_why(bench: Any) -> None:
    view = pane(missing={"quilt": "No bank of patches for this checkpoint"}, mode="quilt")
    root = bench.show(view)
    expect(root.get_by_text("No bank of patches for this checkpoint")).to_be_visible()
    view.mode = "error"
    view.error = b""
    bench.push()
    bench.page.wait_for_function(
        "() => document.querySelector('#view0').shadowRoot.querySelector('.jw-empty').textContent === 'Nothing computed yet'"
    )


def test_the_caption_follows_the_mode(bench: Any) -> None:
    view = pane(captions={"target": "<i>PCA</i> of the bank", "error": "0.41, copying 0.66"})
    root = bench.show(view)
    expect(root.get_by_text("<i>PCA</i> of the bank")).to_be_visible()
    bench.page.keyboard.press("3")
    expect(root.get_by_text("0.41, copying 0.66")).to_be_visible()


def test_the_quilt_says_what_it_is_and_shows_its_ceiling(bench: Any) -> None:
    view = pane(mode="quilt")
    root = bench.show(view)
    ready(bench, root)
    expect(root.get_by_text("retrieved from the bank, not generated")).to_be_visible()
    assert colour(root, 2, 2) == (30, 30, 30)
    root.get_by_role("button", name="by the true target").click()
    bench.wait(lambda: view.quilt_source == "target" and colour(root, 2, 2) == (220, 220, 220), "the ceiling")
    expect(root.get_by_role("button", name="by the true target")).to_have_attribute("aria-pressed", "true")


def test_a_token_pointed_at_shows_its_error_and_nearest_patches(bench: Any) -> None:
    view = pane(mode="error", source=[1.0, 1.0, 0.0, 0.0])
    patches = np.zeros((2, 3, 4, 4, 3), np.uint8)
    patches[1, 0] = 250
    view.set_nearest([2, 5], patches, [["a", "b", "c"], ["<u>first</u>", "second", "third"]])
    root = bench.show(view)
    ready(bench, root)
    expect(root.get_by_text("Point at a target token")).to_be_visible()
    before = root.bounding_box()
    view.hover = 5
    bench.push()
    bench.wait(lambda: root.get_by_text("<u>first</u>").is_visible(), "the nearest patches")
    expect(root.get_by_role("status")).to_have_text("token 5 · row 1, column 1 · source px x 8–16, y 8–16 · error 0.5 smooth-L1")
    lightness = [root.locator("canvas.jw-thumb").nth(i).evaluate("(c) => c.getContext('2d').getImageData(5, 5, 1, 1).data[0]") for i in range(3)]
    assert lightness == [250, 0, 0]
    assert root.bounding_box() == before


def test_pointing_and_selecting_are_told(bench: Any) -> None:
    view = pane()
    root = bench.show(view)
    ready(bench, root)
    box = at_rest(root.locator(".jw-stage"))
    bench.page.mouse.move(box["x"] + box["width"] * 0.4, box["y"] + box["height"] * 0.6)
    bench.wait(lambda: view.hover == 9, "the token is told")
    bench.page.mouse.click(box["x"] + box["width"] * 0.4, box["y"] + box["height"] * 0.6)
    bench.wait(lambda: view.selection == [9], "it is selected")
    root.locator(".jw-stage").press("ArrowRight")
    bench.page.keyboard.press("Enter")
    bench.wait(lambda: view.selection == [9, 10], "its neighbour, too")


@pytest.mark.parametrize("width", [370, 480, 521])
def test_the_pane_has_the_geometry_of_the_canvas(bench: Any, width: int) -> None:
    bench.page.add_style_tag(content="body { display: flex; gap: 24px; }")
    canvas = PatchCanvas.show(np.zeros((1, 28, 42, 3), np.uint8), (1, 4, 6))
    other = MapPane(grid=[1, 4, 6], aspect=[28, 42])
    boxes = []
    for view in (canvas, other):
        root = bench.show(view, width=f"{width}px")
        bench.wait(lambda root=root: bool(root.locator(".jw-stage").get_attribute("style")), "a size")
        boxes.append(root.locator(".jw-stage").bounding_box())
    assert [boxes[0][side] for side in ("y", "width", "height")] == [boxes[1][side] for side in ("y", "width", "height")]


def test_an_answer_counts_once_on_screen(bench: Any) -> None:
    view = pane(mode="error")
    root = bench.show(view)
    ready(bench, root)
    first = int(root.get_attribute("data-drawn"))
    view.set_maps(error=np.zeros(GRID))
    view.version = 3
    bench.push()
    bench.wait(lambda: root.get_attribute("data-version") == "3", "the answer")
    expect(root).to_have_attribute("data-drawn", str(first + 1))


def test_bytes_that_come_before_their_shape_wait_for_it(bench: Any) -> None:
    view = pane(mode="quilt")
    root = bench.show(view)
    ready(bench, root)
    view.set_quilts(np.full((1, 8, 8, 3), 90, np.uint8))
    changes = bench.pending()
    bench.send("view0", {"quilt": changes["quilt"]})
    assert colour(root, 1, 1) == (30, 30, 30)
    bench.send("view0", changes)
    bench.wait(lambda: colour(root, 1, 1) == (90, 90, 90), "the new quilt")
