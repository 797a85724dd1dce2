"""What a notebook asks of views: keys that stay with the board that has the focus, charts that change in place, room that comes late."""

from __future__ import annotations

from typing import Any

import pytest
from playwright.sync_api import expect
from plotly.offline import get_plotlyjs

from widgets import ChartView, Frame, Headline, MapPane, PatchCanvas

pytestmark = pytest.mark.browser
FRAMES = "() => new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(done)))"


def board(bench: Any, name: str, heading: Headline) -> Any:
    """A headline with a frame in a box of its own, as a notebook has them. Returns the box."""
    places = [bench.show(view, shadow=False) for view in (heading, Frame(name=name))]
    for place in places:
        place.evaluate(
            """(root, name) => {
              const box = document.getElementById(name) ?? document.body.appendChild(Object.assign(document.createElement("div"), { id: name }));
              box.className = "jw-board";
              box.append(root.parentElement.parentElement);
            }""",
            name,
        )
    box = bench.page.locator(f"#{name}")
    bench.wait(lambda: box.get_attribute("tabindex") == "-1", "the frame's claim on its box")
    return box


def test_a_key_reaches_only_the_board_with_the_focus(bench: Any) -> None:
    first, second = Headline(sentence="one"), Headline(sentence="two")
    board(bench, "one", first)
    board(bench, "two", second).locator(".jw-headline-sentence").click()
    bench.page.keyboard.down("r")
    bench.wait(lambda: second.source == "twin", "the twin on the second board")
    assert first.source == "model"
    bench.page.keyboard.up("r")
    bench.wait(lambda: second.source == "model", "the model again")


def test_a_press_anywhere_on_a_board_gives_it_the_keys(bench: Any) -> None:
    box = board(bench, "only", Headline(sentence="one"))
    box.locator(".jw-headline-sentence").click()
    bench.page.wait_for_function("() => document.activeElement.id === 'only'")


def test_plain_keys_and_undo_are_kept_from_the_notebook_and_its_own_chords_are_not(bench: Any) -> None:
    bench.show(PatchCanvas(), shadow=False)
    bench.page.locator("[role=grid]").focus()
    bench.page.evaluate(
        """() => { window.kept = {}; document.addEventListener("keydown", (e) => {
          const held = [e.ctrlKey && "Control", e.key].filter(Boolean).join("+");
          window.kept[held] = e.target.hasAttribute("data-lm-suppress-shortcuts");
          if (e.ctrlKey) e.preventDefault();
        }); }"""
    )
    for key in ("r", "0", "Enter", "Control+z", "Control+s"):
        bench.page.keyboard.press(key)
    kept = bench.page.evaluate("() => window.kept")
    assert {k: kept[k] for k in ("r", "0", "Enter", "Control+z", "Control+s")} == {
        "r": True,
        "0": True,
        "Enter": True,
        "Control+z": True,
        "Control+s": False,
    }


def test_the_frame_tells_when_the_page_turns_dark(bench: Any) -> None:
    frame = Frame()
    bench.show(frame, shadow=False)
    bench.page.evaluate("() => { document.body.dataset.jpThemeLight = 'false'; }")
    bench.wait(lambda: frame.dark, "dark")
    bench.page.evaluate("() => { document.body.dataset.jpThemeLight = 'true'; }")
    bench.wait(lambda: not frame.dark, "light again")


def test_a_picture_that_had_no_room_for_one_frame_is_drawn_in_the_next(bench: Any) -> None:
    """As while JupyterLab swaps its themes: too short for a ResizeObserver to tell."""
    root = bench.show(MapPane(grid=[1, 2, 2], mode="target", target=bytes(12)), shadow=False)
    bench.wait(lambda: root.get_attribute("data-drawn") == "1", "the first picture")
    bench.page.evaluate(
        """async () => {
          const outer = document.getElementById("view0");
          outer.style.display = "none";
          document.body.dataset.jpThemeLight = "false";
          await Promise.resolve();
          await new Promise((done) => requestAnimationFrame(() => { outer.style.display = ""; done(); }));
        }"""
    )
    bench.wait(lambda: root.get_attribute("data-drawn") != "1", "the picture in the dark")


def bars(*heights: list[float]) -> dict[str, Any]:
    return {"data": [{"type": "bar", "y": one, "name": str(i)} for i, one in enumerate(heights)], "layout": {"showlegend": False}}


def chart(figure: dict[str, Any]) -> ChartView:
    view = ChartView(chart_height=120, figure=figure, version=1)
    view.read_library = get_plotlyjs
    return view


def change(view: ChartView, figure: dict[str, Any]) -> None:
    with view.together():
        view.figure, view.version = figure, view.version + 1


def test_a_new_figure_replaces_the_old_one_in_place(bench: Any) -> None:
    view = chart(bars([1, 2]))
    root = bench.show(view, shadow=False)
    bench.wait(lambda: root.get_attribute("data-version") == "1", "the first figure")
    root.locator(".plot-container").evaluate("(node) => { node.dataset.first = 'yes'; }")
    for version, heights in ((2, [[2.0, 1.0], [1.0, 1.0], [3.0, 1.0]]), (3, [[1.0]])):
        change(view, bars(*heights))
        bench.push()
        bench.wait(lambda version=version: root.get_attribute("data-version") == str(version), f"figure {version}")
        expect(root.locator(".trace.bars")).to_have_count(len(heights))
    expect(root.locator(".plot-container")).to_have_count(1)
    expect(root.locator(".plot-container")).to_have_attribute("data-first", "yes")
    assert root.bounding_box()["height"] == 120


def test_the_library_goes_to_a_page_once_and_not_before_there_is_a_figure(bench: Any) -> None:
    sent: list[str] = []
    first, second = chart({}), chart(bars([1, 2]))
    for view in (first, second):
        view.read_library = lambda: sent.append("once") or get_plotlyjs()
    bench.show(first, shadow=False)
    bench.page.evaluate(FRAMES)
    assert not first.wanted
    root = bench.show(second, shadow=False)
    bench.wait(lambda: root.get_attribute("data-version") == "1", "the second chart")
    change(first, bars([1]))
    bench.push()
    bench.wait(lambda: bench.page.locator("#view0 .jw-root").get_attribute("data-version") == "2", "the first chart")
    assert sent == ["once"]
    assert first.library == second.library == ""
