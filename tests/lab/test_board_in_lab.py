"""The main job in JupyterLab: every sample opens, is painted by mouse and keys, its controls are held, and Lab takes no key for itself."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

import pytest
from playwright.sync_api import expect

from tests.waiting import PATIENT, at_rest, until
from workbench import samples

pytestmark = pytest.mark.lab
BOARD = "import workbench as jw\njw.board({!r})"


@pytest.fixture
def board(notebook: Callable[..., Any]) -> Any:
    """A page with the board of the shapes sample, settled: no answer is due."""
    return settled(notebook("empty.ipynb", BOARD.format("shapes")))


def settled(page: Any) -> Any:
    expect(page.locator(".jw-headline-sentence")).to_contain_text(re.compile("skill", re.I), timeout=PATIENT)
    expect(page.locator(".jw-headline-sentence")).to_contain_text(re.compile("copying|other context"))  # its controls are in
    expect(page.locator(".jw-headline-detail")).to_contain_text(re.compile(r"Over \d+ clips"))
    expect(page.locator(".jw-headline")).to_have_attribute("data-busy", "false")
    page.locator(".jw-chart-view[data-version]").wait_for(timeout=PATIENT)
    page.locator(".jw-map-pane").evaluate("(node) => node.scrollIntoView({ block: 'center' })")
    return page


def sentence(page: Any) -> str:
    return page.locator(".jw-headline-sentence").inner_text()


def versions(page: Any) -> tuple[int, ...]:
    """Which answers are on screen: the map's, and the first chart's; the others are shown when they are asked for."""
    return tuple(int(page.locator(css).first.get_attribute("data-version") or 0) for css in (".jw-map-pane", ".jw-chart-view"))


def until_answered(page: Any, before: tuple[int, ...]) -> None:
    script = """(old) => [".jw-map-pane", ".jw-chart-view"].every((css, i) => Number(document.querySelector(css)?.dataset.version) > old[i])"""
    page.wait_for_function(script, arg=list(before), timeout=PATIENT)


def picture(page: Any) -> str:
    return page.locator(".jw-map-pane canvas[data-layer=picture]").evaluate("(canvas) => canvas.toDataURL()")


def clear(page: Any) -> None:
    """Everything context, so that a stroke of targets surely changes the mask."""
    page.locator(".jw-patch-canvas").get_by_role("button", name=re.compile("Clear")).click()
    expect(page.locator(".jw-headline-sentence")).to_contain_text("No token is target", timeout=PATIENT)


def paint_a_hole(page: Any) -> None:
    """One stroke of targets across the middle."""
    clear(page)
    box = at_rest(page.locator(".jw-patch-canvas .jw-stage"))
    y = box["y"] + box["height"] * 0.55
    page.mouse.move(box["x"] + box["width"] * 0.3, y)
    page.mouse.down()
    page.mouse.move(box["x"] + box["width"] * 0.8, y, steps=6)
    page.mouse.up()


def notebook_state(page: Any) -> dict[str, Any]:
    """What a stolen key would change: kinds of cells, how many, dialogs."""
    return page.evaluate(
        """() => ({
          kinds: jupyterapp.shell.currentWidget.content.widgets.map((cell) => cell.model.type),
          dialogs: document.querySelectorAll(".jp-Dialog").length,
          mode: jupyterapp.shell.currentWidget.content.mode,
        })"""
    )


@pytest.mark.parametrize("name", [n if n == "digits" else pytest.param(n, marks=pytest.mark.long) for n in samples.names() if samples.find(n).masked])
def test_each_sample_opens_and_painting_changes_sentence_map_and_chart(notebook: Callable[..., Any], name: str) -> None:
    page = settled(notebook("empty.ipynb", BOARD.format(name)))
    words, shown, before = sentence(page), picture(page), versions(page)
    assert re.search(r"−?\d\.\d\d", words)
    paint_a_hole(page)
    until_answered(page, before)
    expect(page.locator(".jw-headline-sentence")).not_to_have_text(words, timeout=PATIENT)
    until(page, lambda: picture(page), lambda now: now != shown, "another map")


def test_painting_with_keys_holding_r_and_undo_leave_the_notebook_alone(board: Any) -> None:
    page, alone = board, notebook_state(board)
    first, shown, before = sentence(page), picture(page), versions(page)
    clear(page)
    page.locator(".jw-patch-canvas [role=grid]").focus()
    for key in ("t", "ArrowDown", "ArrowRight", "Space"):
        page.keyboard.press(key)
    until_answered(page, before)
    expect(page.locator(".jw-headline-sentence")).not_to_have_text(first, timeout=PATIENT)
    until(page, lambda: picture(page), lambda now: now != shown, "another map")
    page.locator(".jw-headline-sentence", has_text=re.compile("copying|other context")).wait_for(timeout=PATIENT)  # its controls are in
    painted = sentence(page)
    page.keyboard.down("r")
    expect(page.locator(".jw-headline-badge")).to_contain_text("Not the model", timeout=PATIENT)
    expect(page.locator(".jw-headline-sentence")).to_contain_text("untrained model", timeout=PATIENT)
    page.keyboard.up("r")
    expect(page.locator(".jw-headline-sentence")).to_have_text(painted, timeout=PATIENT)
    for key in ("0", "0", "o", "p", "1", "3"):
        page.keyboard.press(key)
    expect(page.locator("[data-mode=error]")).to_have_attribute("aria-selected", "true", timeout=PATIENT)
    page.keyboard.press("Control+z")
    expect(page.locator(".jw-headline-sentence")).to_contain_text("No token is target", timeout=PATIENT)
    page.keyboard.press("Control+z")
    expect(page.locator(".jw-headline-sentence")).to_have_text(first, timeout=PATIENT)
    assert alone == {"kinds": ["code", "code"], "dialogs": 0, "mode": "command"}
    assert notebook_state(page) == alone


def test_a_press_beside_the_views_still_keeps_the_keys(board: Any) -> None:
    alone = notebook_state(board)
    for css in (".jw-headline-sentence", ".jw-chart-view"):
        board.locator(css).first.click()
        board.keyboard.down("o")
        expect(board.locator(".jw-headline-sentence")).to_contain_text("another image", timeout=PATIENT)
        board.keyboard.up("o")
        expect(board.locator(".jw-headline-sentence")).not_to_contain_text("context of another image.", timeout=PATIENT)
    assert notebook_state(board) == alone


@pytest.mark.long
def test_a_wrong_path_is_told_in_words_and_the_board_stays(board: Any) -> None:
    before = sentence(board)
    board.get_by_role("button", name="Open …", exact=True).click()
    field = board.get_by_role("textbox", name="Path", exact=True)
    field.fill("<i>none</i>.pt")
    field.press("Enter")
    expect(board.locator(".jw-open-said[data-tone=error]")).to_contain_text("does not exist", timeout=PATIENT)
    board.keyboard.press("Escape")
    expect(board.locator(".jw-open-dialog")).to_be_hidden(timeout=PATIENT)
    expect(board.locator(".jw-headline-sentence")).to_have_text(before)


@pytest.mark.long
def test_views_and_chart_follow_labs_theme_and_survive_a_reload(board: Any) -> None:
    page = board
    page.evaluate("() => jupyterapp.commands.execute('apputils:change-theme', { theme: 'JupyterLab Dark' })")
    expect(page.locator(".jw-patch-canvas")).to_have_attribute("data-theme", "dark", timeout=PATIENT)
    page.wait_for_function(
        """() => {
          const text = document.querySelector(".jw-chart-view .ytick text");
          const rgb = text && getComputedStyle(text).fill.match(/\\d+/g);
          return rgb && Math.min(...rgb.slice(0, 3).map(Number)) > 180;
        }""",
        timeout=PATIENT,
    )
    first = sentence(page)
    page.evaluate("() => jupyterapp.commands.execute('docmanager:save')")
    page.wait_for_function("() => !jupyterapp.shell.currentWidget.context.model.dirty", timeout=PATIENT)
    page.reload()
    settled(page)
    expect(page.locator(".jw-headline-sentence")).to_have_text(first, timeout=PATIENT)
    after = versions(page)
    paint_a_hole(page)
    until_answered(page, after)
    page.evaluate("() => jupyterapp.commands.execute('apputils:change-theme', { theme: 'JupyterLab Light' })")
    expect(page.locator(".jw-patch-canvas")).to_have_attribute("data-theme", "light", timeout=PATIENT)


def test_results_show_themselves_in_a_cell(notebook: Callable[..., Any]) -> None:
    code = """import workbench as jw
jepa, bank = jw.load("shapes"), jw.open_bank("shapes")
mask = jw.sample_mask("random_tokens", jw.shown_clip(jepa, bank.clips[0]).grid.shape, seed=0)
view = jw.masked_view(jepa, bank.clips[0], mask, bank=bank)
display(jw.show(view, mask=mask), jw.show(jepa.report), jw.show(view.error))"""
    page = notebook("empty.ipynb", code)
    page.locator(".jw-map-pane[data-drawn]").wait_for(timeout=PATIENT)
    page.get_by_text("tensors matched").first.wait_for(timeout=PATIENT)
    page.locator(".jp-RenderedPlotly .plot-img").dispatch_event("mouseenter", timeout=PATIENT)  # Lab's extension shows the saved picture until then
    page.locator(".js-plotly-plot .bars").first.wait_for(timeout=PATIENT)


@pytest.mark.long
def test_the_first_notebook_shows_its_views_and_a_board_that_answers(notebook: Callable[..., Any]) -> None:
    page = notebook("00_first_look.ipynb")
    settled(page)
    expect(page.locator(".jw-headline-detail")).to_contain_text(re.compile(r"Over \d+ clips"), timeout=PATIENT)
    expect(page.locator(".jw-model-view")).to_contain_text("tensors matched", timeout=PATIENT)
    expect(page.locator(".jw-patch-canvas[data-drawn]")).to_have_count(2, timeout=PATIENT)
    page.locator(".jp-RenderedPlotly .plot-img").first.dispatch_event("mouseenter", timeout=PATIENT)  # the saved picture, until it is pointed at
    expect(page.locator(".jp-RenderedPlotly .js-plotly-plot, .js-plotly-plot:not(.jw-plot)").first).to_be_attached(timeout=PATIENT)
    expect(page.locator(".jp-OutputArea-output[data-mime-type='application/vnd.jupyter.stderr']")).to_have_count(0)
    said = page.locator(".jp-OutputArea-output", has_text="95 % interval").first.inner_text()
    skill = re.search(r"skill over \d+ images: (-?\d\.\d\d)", said)
    assert skill is not None
    expect(page.locator(".jw-headline-detail")).to_contain_text(skill.group(1).replace("-", "−"))
