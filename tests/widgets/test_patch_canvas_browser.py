"""PatchCanvas in Chromium: painting, keys, scrubbing, words."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from playwright.sync_api import expect

from tests.waiting import point_in
from widgets import PatchCanvas

pytestmark = pytest.mark.browser
GRID = (1, 8, 8)


def clip(frames: int = 1) -> np.ndarray:
    """Frames of 64 × 64, each one grey that tells it from the others."""
    return np.stack([np.full((64, 64, 3), 40 + 20 * i, np.uint8) for i in range(frames)])


def targets(view: PatchCanvas) -> set[int]:
    return {token for block in view.mask["blocks"] for token in block}


def centre(root: Any, row: int, col: int, grid: tuple[int, int, int] = GRID) -> tuple[float, float]:
    return point_in(root.locator(".jw-stage"), (col + 0.5) / grid[2], (row + 0.5) / grid[1])


def drag(root: Any, page: Any, *cells: tuple[int, int]) -> None:
    first, *rest = [centre(root, *cell) for cell in cells]
    page.mouse.move(*first)
    page.mouse.down()
    for place in rest:
        page.mouse.move(*place)
    page.mouse.up()


def drawn(root: Any) -> int:
    return int(root.get_attribute("data-drawn") or 0)


def grey(page: Any, root: Any) -> int:
    """The red of the middle of the picture layer."""
    return root.locator("canvas[data-layer=picture]").evaluate(
        "(c) => c.getContext('2d').getImageData(Math.floor(c.width / 2), Math.floor(c.height / 2), 1, 1).data[0]"
    )


@pytest.mark.parametrize("shadow", [True, False], ids=["panel", "lab"])
def test_a_drag_paints_without_gaps_and_is_told_once_on_release(bench: Any, shadow: bool) -> None:
    view = PatchCanvas.show(clip(), GRID)
    told: list[dict[str, Any]] = []
    view.observe(lambda change: told.append(change["new"]), "mask")
    root = bench.show(view, shadow=shadow)
    page = bench.page
    page.mouse.move(*centre(root, 2, 1))
    page.mouse.down()
    page.mouse.move(*centre(root, 2, 6))
    assert told == []
    page.mouse.up()
    bench.wait(lambda: len(told) == 1, "the stroke was told")
    assert targets(view) == set(range(17, 23))
    assert not targets(view) & set(view.mask["context"])


def test_context_and_neither_take_tokens_out_of_the_target(bench: Any) -> None:
    view = PatchCanvas.show(clip(), GRID, targets=np.arange(64).reshape(1, 1, 8, 8) < 8)
    root = bench.show(view)
    root.get_by_role("button", name="Context: the").click()
    drag(root, bench.page, (0, 0), (0, 3))
    bench.wait(lambda: targets(view) == {4, 5, 6, 7}, "four are context again")
    root.get_by_role("button", name="Ignored: neither").click()
    drag(root, bench.page, (0, 3), (0, 5))
    bench.wait(lambda: targets(view) == {6, 7}, "two more are neither")
    assert not {3, 4, 5} & set(view.mask["context"])


def test_a_wide_brush_paints_a_square(bench: Any) -> None:
    view = PatchCanvas.show(clip(), GRID)
    root = bench.show(view)
    root.get_by_role("button", name="Brush 3 tokens wide").click()
    drag(root, bench.page, (3, 3))
    bench.wait(lambda: targets(view) == {18, 19, 20, 26, 27, 28, 34, 35, 36}, "nine tokens")


def test_a_rectangle_paints_what_lies_between_two_corners(bench: Any) -> None:
    view = PatchCanvas.show(clip(), GRID)
    root = bench.show(view)
    root.get_by_role("button", name="Rectangle").click()
    drag(root, bench.page, (5, 6), (4, 5), (3, 4))
    bench.wait(lambda: targets(view) == {28, 29, 30, 36, 37, 38, 44, 45, 46}, "nine tokens")


def test_escape_takes_back_a_stroke_that_is_under_way(bench: Any) -> None:
    view = PatchCanvas.show(clip(), GRID)
    root = bench.show(view)
    page = bench.page
    page.mouse.move(*centre(root, 1, 1))
    page.mouse.down()
    page.mouse.move(*centre(root, 4, 4))
    root.locator(".jw-stage").press("Escape")
    page.mouse.up()
    drag(root, page, (7, 7))
    bench.wait(lambda: bool(targets(view)), "a later stroke was told")
    assert targets(view) == {63}


def test_a_double_click_paints_one_token(bench: Any) -> None:
    view = PatchCanvas.show(clip(), GRID)
    root = bench.show(view)
    bench.page.mouse.dblclick(*centre(root, 2, 2))
    bench.wait(lambda: targets(view) == {18}, "one token")


def test_undo_and_redo_work_by_button_and_by_key(bench: Any) -> None:
    view = PatchCanvas.show(clip(), GRID)
    root = bench.show(view)
    undo = root.get_by_role("button", name="Undo")
    expect(undo).to_be_disabled()
    drag(root, bench.page, (0, 0))
    drag(root, bench.page, (7, 7))
    bench.wait(lambda: targets(view) == {0, 63}, "two strokes")
    undo.click()
    bench.wait(lambda: targets(view) == {0}, "one step back")
    root.locator(".jw-stage").press("Control+z")
    bench.wait(lambda: not targets(view), "two steps back")
    root.locator(".jw-stage").press("Control+Shift+Z")
    root.get_by_role("button", name="Redo").click()
    bench.wait(lambda: targets(view) == {0, 63}, "both made again")


def test_everything_can_be_painted_from_the_keyboard(bench: Any) -> None:
    view = PatchCanvas.show(clip(), GRID)
    root = bench.show(view)
    stage = root.locator(".jw-stage")
    stage.focus()
    for key in ("ArrowDown", "ArrowRight", " ", "Shift+ArrowRight", "d", "ArrowDown", "Enter"):
        bench.page.keyboard.press(key)
    bench.wait(lambda: len(view.mask["context"]) == 61, "two targets and one neither")
    assert targets(view) == {9, 10}
    assert 18 not in view.mask["context"]
    assert view.hover == 18
    for key in ("t", "m", "Enter", "ArrowDown", "ArrowRight", "Enter"):
        bench.page.keyboard.press(key)
    bench.wait(lambda: targets(view) == {9, 10, 18, 19, 26, 27}, "a rectangle by its corners")
    bench.page.keyboard.press("i")
    bench.wait(lambda: set(view.mask["context"]) == {9, 10, 18, 19, 26, 27}, "inverted")


def test_keys_of_the_board_pass_through(bench: Any) -> None:
    root = bench.show(PatchCanvas.show(clip(4), (2, 8, 8), tubelet=2))
    bench.page.evaluate("() => { window.kept = []; document.addEventListener('keydown', (e) => e.defaultPrevented || window.kept.push(e.key)); }")
    root.locator(".jw-stage").focus()
    for key in "ro01234pbsc":
        bench.page.keyboard.press(key)
    assert bench.page.evaluate("() => window.kept.join('')") == "ro01234pbs"


def test_the_active_block_is_the_one_that_is_painted(bench: Any) -> None:
    view = PatchCanvas.show(clip(), GRID, targets=np.zeros((3, *GRID), bool), block=1)
    root = bench.show(view)
    drag(root, bench.page, (0, 0), (0, 1))
    bench.wait(lambda: view.mask["blocks"] == [[], [0, 1], []], "the middle block has two")


def test_painting_a_clip_reaches_all_ticks_or_only_the_one_shown(bench: Any) -> None:
    view = PatchCanvas.show(clip(4), (2, 8, 8), tubelet=2, tick=1)
    root = bench.show(view)
    drag(root, bench.page, (0, 3))
    bench.wait(lambda: targets(view) == {3, 67}, "both ticks")
    view.through_time = False
    bench.push()
    drag(root, bench.page, (0, 5))
    bench.wait(lambda: targets(view) == {3, 67, 69}, "the second tick only")


def test_selecting_toggles_tokens_and_paints_nothing(bench: Any) -> None:
    view = PatchCanvas.show(clip(), GRID, read_only=True)
    root = bench.show(view)
    expect(root.locator(".jw-palette")).to_be_hidden()
    drag(root, bench.page, (1, 1), (1, 3))
    bench.wait(lambda: view.selection == [9, 10, 11], "three selected")
    drag(root, bench.page, (1, 2))
    bench.wait(lambda: view.selection == [9, 11], "the middle one let go")
    assert not targets(view)


def test_the_status_says_what_is_pointed_at(bench: Any) -> None:
    error = np.full(GRID, np.nan, np.float32)
    error[0, 3, 3] = 0.41
    blocks = np.zeros((2, *GRID), bool)
    blocks[1, 0, 3, 3] = True
    view = PatchCanvas.show(clip(), GRID, targets=blocks, overlay_label="error", overlay_unit="smooth-L1")
    view.set_overlay(error)
    root = bench.show(view)
    status = root.get_by_role("status")
    expect(status).to_have_text("64 tokens · 63 context · 1 target · 0 ignored")
    bench.page.mouse.move(*centre(root, 3, 3))
    bench.wait(lambda: view.hover == 27, "the token is told")
    expect(status).to_have_text("token 27 · row 3, column 3 · source px x 24–32, y 24–32 · target (block 2) · error 0.41 smooth-L1")
    bench.page.mouse.move(1, 1)
    bench.wait(lambda: view.hover == -1, "nothing is pointed at")
    view.hover = 5
    bench.push()
    bench.page.wait_for_function(
        "() => document.querySelector('#view0').shadowRoot.querySelector('[role=status]').textContent.startsWith('token 5 ')"
    )


def test_where_a_stroke_ends_is_told_at_its_end_and_nothing_before(bench: Any) -> None:
    view = PatchCanvas.show(clip(), GRID)
    heard: list[int] = []
    view.observe(lambda change: heard.append(change["new"]), names=["hover"])
    root = bench.show(view)
    mouse = bench.page.mouse
    mouse.move(*centre(root, 1, 1))
    bench.wait(lambda: view.hover == 9, "the token is told")
    mouse.down()
    mouse.move(*centre(root, 1, 5), steps=8)
    mouse.up()
    bench.wait(lambda: view.hover == 13, "the token at its end is told")
    assert heard == [9, 13]
    expect(root.get_by_role("status")).to_contain_text("token 13")


def test_screen_readers_hear_the_cell_under_the_cursor(bench: Any) -> None:
    view = PatchCanvas.show(clip(), GRID)
    root = bench.show(view)
    stage = root.get_by_role("grid")
    stage.focus()
    bench.page.keyboard.press("ArrowDown")
    bench.wait(lambda: view.hover == 8, "the cursor is told")
    cell = root.get_by_role("gridcell")
    expect(cell).to_have_text("token 8 · row 1, column 0 · source px x 0–8, y 8–16 · context")
    expect(stage).to_have_attribute("aria-activedescendant", cell.get_attribute("id"))
    expect(cell).to_have_attribute("aria-rowindex", "2")
    expect(cell).to_have_attribute("aria-colindex", "1")


def test_scrubbing_swaps_the_frame_at_once_and_tells_the_tick(bench: Any) -> None:
    view = PatchCanvas.show(clip(8), (4, 8, 8), tubelet=2, fps=4)
    root = bench.show(view)
    bench.wait(lambda: grey(bench.page, root) == 40, "the first frame")
    slider = root.get_by_role("slider", name="Time step")
    slider.press("ArrowRight")
    bench.wait(lambda: grey(bench.page, root) == 80 and view.tick == 1, "the second tick")
    expect(slider).to_have_attribute("aria-valuetext", "time step 1 · 0.50 s")
    root.locator(".jw-stage").press(".")
    root.get_by_role("button", name="Next time step").click()
    bench.wait(lambda: grey(bench.page, root) == 160 and view.tick == 3, "the last tick")
    expect(root.get_by_role("button", name="Next time step")).to_be_disabled()
    view.tick = 0
    bench.push()
    bench.wait(lambda: grey(bench.page, root) == 40, "the tick that Python set")


def test_playing_shows_every_frame_and_tells_the_tick_on_the_pause(bench: Any) -> None:
    view = PatchCanvas.show(clip(8), (4, 8, 8), tubelet=2, fps=30)
    ticks: list[int] = []
    view.observe(lambda change: ticks.append(change["new"]), "tick")
    root = bench.show(view)
    root.get_by_role("button", name="Play").click()
    bench.wait(lambda: view.playing, "it plays")
    seen: set[int] = set()
    bench.wait(lambda: seen.add(grey(bench.page, root)) or len(seen) >= 6, "frames go by")
    assert ticks == []
    root.get_by_role("button", name="Pause").click()
    bench.wait(lambda: not view.playing, "it stands")
    bench.wait(lambda: grey(bench.page, root) == 40 + 40 * view.tick, "the tick on screen is the one told")


def test_a_still_has_no_scrubber(bench: Any) -> None:
    root = bench.show(PatchCanvas.show(clip(), GRID))
    expect(root.get_by_role("slider", name="Time step")).to_be_hidden()


def test_the_root_says_which_answer_is_on_screen(bench: Any) -> None:
    view = PatchCanvas.show(clip(), GRID)
    root = bench.show(view)
    bench.wait(lambda: drawn(root) == 1, "the first picture")
    view.set_overlay(np.ones(GRID, np.float32))
    view.version = 7
    bench.push()
    bench.wait(lambda: root.get_attribute("data-version") == "7", "the answer is on screen")
    assert drawn(root) == 2
    bench.page.mouse.move(*centre(root, 0, 0))
    bench.wait(lambda: view.hover == 0, "hovering is told")
    assert drawn(root) == 2


def test_busy_and_new_answers_move_nothing(bench: Any) -> None:
    view = PatchCanvas.show(clip(), GRID, overlay_label="error", overlay_unit="L1")
    root = bench.show(view)
    bench.wait(lambda: drawn(root) == 1, "the first picture")
    before = (root.bounding_box(), root.locator(".jw-stage").bounding_box())
    view.busy = True
    view.set_overlay(np.random.default_rng(0).random(GRID))
    view.hint = "outside the sampler's range"
    bench.push()
    bench.wait(lambda: drawn(root) == 2 and root.get_attribute("aria-busy") == "true", "busy with an overlay")
    assert (root.bounding_box(), root.locator(".jw-stage").bounding_box()) == before


def test_an_empty_canvas_says_what_to_do_as_text(bench: Any) -> None:
    root = bench.show(PatchCanvas(message="No clip: <b>choose</b> one in the header"))
    expect(root.get_by_text("No clip: <b>choose</b> one in the header")).to_be_visible()
    expect(root.locator("b")).to_have_count(0)


@pytest.mark.parametrize(("shape", "width"), [((30, 60), 400), ((60, 30), 260)])
def test_a_clip_that_is_not_square_keeps_its_aspect(bench: Any, shape: tuple[int, int], width: int) -> None:
    root = bench.show(PatchCanvas.show(np.zeros((1, *shape, 3), np.uint8), (1, shape[0] // 10, shape[1] // 10)), width="400px")
    bench.wait(lambda: drawn(root) == 1, "the picture")
    box = root.locator(".jw-stage").bounding_box()
    assert box["width"] / box["height"] == pytest.approx(shape[1] / shape[0], rel=0.01)
    assert width - 6 <= box["width"] <= width


def test_the_three_roles_differ_without_colour(bench: Any) -> None:
    blocks = np.zeros((1, *GRID), bool)
    blocks[..., :4, :] = True
    context = np.zeros(GRID, bool)
    context[..., 4:6, :] = True
    root = bench.show(PatchCanvas.show(clip(), GRID, context=context, targets=blocks))
    bench.wait(lambda: drawn(root) == 1, "the mask")
    lightness = root.locator("canvas[data-layer=mask]").evaluate(
        """(c) => [1.5, 4.5, 6.5].map((row) => {
          const side = Math.floor(c.height / 8);
          const { data } = c.getContext('2d').getImageData(side * 2, Math.floor(row * side), side * 2, Math.floor(side / 2));
          const seen = new Set();
          for (let i = 0; i < data.length; i += 4) seen.add(Math.round((data[i] + data[i + 1] + data[i + 2]) * data[i + 3] / 255 / 60));
          return seen.size;
        })"""
    )
    target, visible, neither = lightness
    assert visible == 1
    assert target > neither > 1


def test_theme_follows_the_trait_and_the_lab(bench: Any) -> None:
    view = PatchCanvas.show(clip(), GRID)
    root = bench.show(view)
    bench.page.evaluate("() => { document.body.dataset.jpThemeLight = 'false'; }")
    bench.wait(lambda: root.get_attribute("data-theme") == "dark", "dark as the Lab")
    view.theme = "light"
    bench.push()
    bench.wait(lambda: root.get_attribute("data-theme") == "light", "light as the trait")


def test_closing_leaves_no_listener_behind(bench: Any) -> None:
    bench.show(PatchCanvas.show(clip(4), (2, 8, 8), tubelet=2, playing=True, fps=30))
    listening = bench.page.evaluate("() => { const host = window.hosts.view0; return [host.listening(), (host.close(), host.listening())]; }")
    assert listening[0] > 20
    assert listening[1] == 0
