"""Scatter in Chromium: selecting exactly the rows that are seen, pointing, the legend, keys, and what happens without WebGL."""

from __future__ import annotations

import base64
from collections.abc import Callable, Sequence
from io import BytesIO
from typing import Any
from xml.etree import ElementTree

import numpy as np
import pytest
from PIL import Image
from playwright.sync_api import expect

from tests.waiting import at_rest
from widgets import Scatter, palette

pytestmark = pytest.mark.browser
N = 900
CENTRES = np.array([[-10.0, 0.0], [0.0, 8.0], [9.0, -6.0]])


def cloud(**traits: Any) -> Scatter:
    """Three groups of 300 points; the category is the group, the value runs from left to right; two rows have no coordinates."""
    dice = np.random.default_rng(5)
    group = np.arange(N) % 3
    points = CENTRES[group] + dice.normal(size=(N, 2))
    points[[7, 15]] = np.nan
    view = Scatter(title="Map", plot_height=400, **traits)
    view.set_points(points, names=[f"image {i}" for i in range(N)])
    view.set_category(group, ["<b>left</b>", "top", "right"], name="group")
    return view


def ready(bench: Any, root: Any) -> None:
    bench.wait(lambda: root.get_attribute("data-complete") == "true" and root.get_attribute("data-drawn") is not None, "a picture")


def screen_of(view: Scatter, root: Any, points: np.ndarray) -> np.ndarray:
    """Page coordinates of places in data, by arithmetic of its own: all points fit into the picture, with 28 px to spare."""
    box = at_rest(root.locator(".jw-map-plot"))
    known = view.coordinates()[np.isfinite(view.coordinates()).all(axis=1)].astype(float)
    low, high = known.min(axis=0), known.max(axis=0)
    unit = max((high - low) / (np.array([box["width"], box["height"]]) - 56))
    middle = np.array([box["x"] + box["width"] / 2, box["y"] + box["height"] / 2])
    return middle + (points - (low + high) / 2) / unit * [1, -1]


def inside(points: np.ndarray, corners: np.ndarray) -> np.ndarray:
    """Which points lie in a polygon: the slow way, by the angles under which they see its corners."""
    around = np.zeros(len(points))
    for a, b in zip(corners, np.roll(corners, -1, axis=0), strict=True):
        u, v = a - points, b - points
        around += np.arctan2(u[:, 0] * v[:, 1] - u[:, 1] * v[:, 0], (u * v).sum(axis=1))
    return np.abs(around) > np.pi


def drag(bench: Any, corners: Sequence[Sequence[float]], keys: str = "") -> None:
    mouse = bench.page.mouse
    if keys:
        bench.page.keyboard.down(keys)
    mouse.move(*corners[0])
    mouse.down()
    for corner in corners[1:]:
        mouse.move(*corner, steps=4)
    mouse.up()
    if keys:
        bench.page.keyboard.up(keys)


def told(bench: Any, view: Scatter, act: Callable[[], None]) -> np.ndarray:
    """The selection that comes of an action."""
    before = view.region, view.selected
    act()
    bench.wait(lambda: (view.region, view.selected) != before, "a selection")
    return view.selection


def reference(view: Scatter) -> list[int]:
    """What the last region selects, computed here in double precision from the same points and filters."""
    corners = np.array(view.region).reshape(-1, 2)
    points = np.nan_to_num(view.coordinates().astype(np.float64), nan=1e9)
    return np.flatnonzero(inside(points, corners) & view.visible()).tolist()


def test_a_lasso_selects_exactly_the_rows_within_also_after_a_filter_and_a_recolour(bench: Any) -> None:
    view = cloud(tool="lasso")
    root = bench.show(view, width="900px")
    ready(bench, root)
    star = [[-13, -4], [-3, 9], [3, 11], [0, 7.8], [11, -5.8], [9, -9], [4, -3], [-9, 0.3]]
    path = screen_of(view, root, np.array(star)).tolist()
    first = told(bench, view, lambda: drag(bench, path))
    assert first.tolist() == reference(view)
    assert np.allclose(screen_of(view, root, np.array(view.region).reshape(-1, 2))[0], path[0], atol=1.5)
    assert 100 < len(first) < N - 100
    assert {0, 1, 2} == set(first % 3)

    root.get_by_role("checkbox", name="top").click()
    bench.wait(lambda: view.hidden == [1], "the filter")
    second = told(bench, view, lambda: drag(bench, path))
    assert second.tolist() == reference(view) == [row for row in first if row % 3 != 1]

    view.set_value(np.linspace(0, 1, N), name="place", ends=(0, 1))
    view.window = [0.25, 1.0]
    bench.push()
    bench.wait(lambda: view.shown == int(view.visible().sum()), "the other filter")
    view.set_category(np.arange(N) % 2, ["even", "odd"], name="parity")
    bench.push()
    expect(root.locator(".jw-chip")).to_have_text(["group: without top", "place: 0.25 to 1"])
    third = told(bench, view, lambda: drag(bench, path))
    assert third.tolist() == reference(view) == [row for row in second if row / (N - 1) >= 0.25]


def test_shift_adds_alt_removes_and_rows_that_are_not_seen_keep_what_they_are(bench: Any) -> None:
    view = cloud(tool="rectangle")
    root = bench.show(view, width="900px")
    ready(bench, root)
    around = [screen_of(view, root, np.array([centre - 4.5, centre + 4.5])).tolist() for centre in CENTRES]
    drawn = np.isfinite(view.coordinates()).all(axis=1)
    members = [set(np.flatnonzero(drawn & (np.arange(N) % 3 == group))) for group in range(3)]
    assert set(told(bench, view, lambda: drag(bench, around[0]))) == members[0]
    assert set(told(bench, view, lambda: drag(bench, around[1], "Shift"))) == members[0] | members[1]
    assert set(told(bench, view, lambda: drag(bench, around[0], "Alt"))) == members[1]
    view.hidden = [1]
    bench.push()
    expect(root.get_by_role("status")).to_contain_text("299 of them not shown")
    assert set(told(bench, view, lambda: drag(bench, around[1], "Alt"))) == members[1]
    assert set(told(bench, view, lambda: drag(bench, around[2]))) == members[2]


def test_pointing_names_the_row_and_python_says_more(bench: Any) -> None:
    view = cloud()
    root = bench.show(view, width="900px")
    ready(bench, root)
    known = view.coordinates().astype(float)
    row = int(np.nanargmax(known[:, 0]))
    place = screen_of(view, root, known[row])
    bench.page.mouse.move(*place)
    bench.wait(lambda: view.hover == row, "the row")
    expect(root.locator(".jw-tip-text")).to_have_text(f"image {row}\ngroup right")
    picture = np.zeros((4, 4, 3), np.uint8)
    picture[:, :2] = [250, 0, 0]
    view.show_hover(row, "<i>digit</i> 7", picture, (0, 2, 4, 2))
    view.show_neighbours(row, [3, 4], ["true", "torn"])
    bench.push()
    expect(root.locator(".jw-tip-text")).to_have_text("<i>digit</i> 7")
    canvas = root.locator(".jw-tip-picture")
    assert canvas.evaluate("(c) => [...c.getContext('2d').getImageData(8, c.height / 2, 1, 1).data].slice(0, 3)") == [250, 0, 0]
    expect(root.get_by_text("near in full, torn apart here")).to_be_visible()
    expect(root.get_by_text("near in the map only")).to_have_count(0)
    view.hidden = [row % 3]
    bench.push()
    bench.page.mouse.move(place[0] + 1, place[1])
    bench.wait(lambda: view.hover != row, "a hidden row is not pointed at")
    bench.page.mouse.move(2, 2)
    bench.wait(lambda: view.hover == -1, "nothing")
    expect(root.locator(".jw-tip")).to_be_hidden()


def test_the_legend_counts_filters_and_shows_labels_as_text(bench: Any) -> None:
    view = cloud()
    root = bench.show(view, width="900px")
    ready(bench, root)
    left = root.get_by_role("checkbox", name="<b>left</b>")
    expect(left.locator(".jw-map-count")).to_have_text("299")
    root.get_by_role("checkbox", name="top").click()
    expect(root.get_by_role("checkbox", name="top").locator(".jw-map-count")).to_have_text("0 / 299")
    expect(root.get_by_role("checkbox", name="top")).to_have_attribute("aria-checked", "false")
    left.click(modifiers=["Shift"])
    bench.wait(lambda: view.hidden == [1, 2] and view.shown == 299, "only the left")
    expect(root.get_by_role("status")).to_have_text("299 of 898 points shown · 2 without coordinates are left out")
    root.get_by_role("button", name="Show all categories").click()
    bench.wait(lambda: view.hidden == [] and view.shown == 898, "all")
    view.select([0, 3, 6])
    bench.push()
    expect(left.locator(".jw-map-count")).to_have_text("3 / 299")
    view.colour = "none"
    view.hidden = [2]
    bench.push()
    root.get_by_role("button", name="Remove the filter group: 1 hidden").click()
    bench.wait(lambda: view.hidden == [], "the chip removes it")


def test_of_many_categories_the_largest_have_a_look_and_the_rest_is_counted(bench: Any) -> None:
    view = cloud()
    codes = np.concatenate([np.arange(500), np.arange(400) % 20])
    view.set_category(codes, [f"kind {code}" for code in range(500)], name="kind")
    root = bench.show(view, width="900px")
    ready(bench, root)
    rows = root.get_by_role("checkbox")
    expect(rows).to_have_count(200)
    expect(rows.first).to_contain_text("kind 0")
    expect(root.get_by_text("484 of 500 share grey: point at one to see it; 300 more are found by the search.")).to_be_visible()
    expect(rows.nth(8).locator(".jw-map-swatch")).to_have_attribute("data-ring", "true")
    root.get_by_role("searchbox").fill("kind 499")
    bench.wait(lambda: view.shown == int(view.visible().sum()) == 1, "one of the rest")


def test_pointing_at_a_label_lets_its_points_stand_out(bench: Any) -> None:
    view = cloud(place_labels=False)
    view.select([0])
    root = bench.show(view, width="900px")
    ready(bench, root)
    middle = screen_of(view, root, CENTRES[2]) - [at_rest(root.locator(".jw-map-plot"))[side] for side in ("x", "y")]
    seen = [strength(root, *middle)]
    for label in ("right", "top"):
        root.get_by_role("checkbox", name=label).hover()
        bench.page.evaluate("() => new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(done)))")
        seen.append(strength(root, *middle))
    assert seen[1] > 1.4 * max(seen[0], seen[2])
    assert view.selection.tolist() == [0]


def strength(root: Any, left: float, top: float) -> float:
    """How far from white the map is around a place."""
    picture = np.asarray(Image.open(BytesIO(root.locator(".jw-map-plot").screenshot())).convert("L"), float)
    return float(255 - picture[int(top) - 10 : int(top) + 10, int(left) - 10 : int(left) + 10].mean())


def test_trajectories_are_drawn_and_the_time_cursor_marks_their_step(bench: Any) -> None:
    view = cloud(place_labels=False)
    root = bench.show(view, width="900px")
    ready(bench, root)
    frames = "() => new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(done)))"
    empty = ink(root, "marks")
    view.set_paths([[0, 1, 2], [3, 4, 5]])
    bench.push()
    bench.page.evaluate(frames)
    thin = ink(root, "marks")
    view.path = 0
    bench.push()
    bench.page.evaluate(frames)
    lines = ink(root, "marks")
    view.tick = 1
    bench.push()
    bench.page.evaluate(frames)
    assert empty == 0 < thin < lines < ink(root, "marks")
    view.tick = 3
    bench.push()
    bench.page.evaluate(frames)
    assert ink(root, "marks") == lines


def test_values_are_filtered_by_their_ends(bench: Any) -> None:
    view = cloud()
    view.set_value(np.linspace(0, 10, N), name="distortion", unit="ranks")
    root = bench.show(view, width="900px")
    ready(bench, root)
    least = root.get_by_role("slider", name="Least distortion shown")
    least.focus()
    for _ in range(3):
        bench.page.keyboard.press("PageUp")
    bench.wait(lambda: bool(view.window) and view.shown == int(view.visible().sum()) < 700, "fewer points")
    expect(least).to_have_attribute("aria-valuetext", "3 ranks")
    root.get_by_role("button", name="Show all values").click()
    bench.wait(lambda: view.window == [] and view.shown == 898, "all points")


def test_a_search_shows_and_takes_what_it_finds(bench: Any) -> None:
    view = cloud()
    root = bench.show(view, width="900px")
    ready(bench, root)
    field = root.get_by_role("searchbox")
    field.fill("IMAGE 89")
    bench.wait(lambda: view.query == "IMAGE 89" and view.shown == 11, "eleven names")
    field.press("Enter")
    bench.wait(lambda: view.selection.tolist() == [89, *range(890, 900)], "they are selected")
    field.press("Escape")
    bench.wait(lambda: view.query == "" and view.shown == 898, "all again")
    view.search = "python"
    bench.push()
    field.fill("far")
    bench.wait(lambda: view.query == "far", "Python hears it")
    view.show_found("far", np.arange(N) < 5)
    bench.push()
    bench.wait(lambda: view.shown == 5, "Python's answer")


def test_keys_move_zoom_walk_and_select(bench: Any) -> None:
    view = cloud()
    root = bench.show(view, width="900px")
    ready(bench, root)
    plot = root.locator(".jw-map-plot")
    expect(plot).to_have_role("application")
    plot.focus()
    plot.press("+")
    bench.wait(lambda: len(view.camera) == 3, "the camera")
    closer = view.camera[2]
    plot.press("ArrowRight")
    bench.wait(lambda: view.camera[0] > 0.5 and view.camera[2] == closer, "moved right")
    plot.press("w")
    bench.wait(lambda: view.camera == [], "all points")
    view.hover = 0
    bench.push()
    far = np.nansum((view.coordinates().astype(float) - view.coordinates()[0]) ** 2, axis=1)
    far[[7, 15]] = np.inf
    order = np.lexsort((np.arange(N), far))
    for step in (1, 2, 3):
        plot.press("]")
        bench.wait(lambda step=step: view.hover == order[step], f"neighbour {step}")
    plot.press("[")
    bench.wait(lambda: view.hover == order[2], "back")
    plot.press("Enter")
    bench.wait(lambda: view.selection.tolist() == [order[2]] and view.pressed == [int(order[2]), 1], "selected")
    plot.press("Control+a")
    bench.wait(lambda: len(view.selection) == 898, "all that are shown")
    plot.press("Escape")
    bench.wait(lambda: view.selected == "", "none")
    plot.press("l")
    bench.wait(lambda: view.tool == "lasso", "the lasso")
    bench.page.keyboard.press("Tab")
    expect(root.get_by_role("checkbox", name="<b>left</b>")).to_be_focused()


def test_zooming_keeps_what_is_under_the_pointer_and_a_selection_can_be_zoomed_to(bench: Any) -> None:
    view = cloud()
    root = bench.show(view, width="900px")
    ready(bench, root)
    row = int(np.nanargmin(view.coordinates()[:, 0]))
    place = screen_of(view, root, view.coordinates()[row].astype(float))
    bench.page.mouse.move(*place)
    bench.wait(lambda: view.hover == row, "the row")
    for _ in range(3):
        bench.page.mouse.wheel(0, -200)
    bench.wait(lambda: len(view.camera) == 3, "closer")
    bench.page.mouse.move(place[0] + 1, place[1])
    bench.wait(lambda: view.hover == row, "still the row")
    view.select(np.flatnonzero(np.arange(N) % 3 == 1))
    bench.push()
    root.get_by_role("button", name="Zoom to the selection").click()
    bench.wait(lambda: np.allclose(view.camera[:2], CENTRES[1], atol=1), "the group")
    bench.page.mouse.move(*[side + 150 for side in (at_rest(root)["x"], at_rest(root)["y"])])
    before = view.camera
    drag(bench, [[300, 300], [360, 320]])
    bench.wait(lambda: view.camera != before, "dragged")
    assert np.allclose([view.camera[0] - before[0], view.camera[1] - before[1]], [-60 * before[2], 20 * before[2]], rtol=1e-6)


def test_without_webgl_a_canvas_draws_and_says_what_it_leaves_out(bench: Any) -> None:
    bench.page.evaluate(
        "() => { const get = HTMLCanvasElement.prototype.getContext;"
        " HTMLCanvasElement.prototype.getContext = function (kind, ...rest) { return kind === 'webgl2' ? null : get.call(this, kind, ...rest); }; }"
    )
    view = cloud(tool="rectangle")
    root = bench.show(view, width="900px")
    ready(bench, root)
    expect(root).to_have_attribute("data-renderer", "canvas")
    expect(root.get_by_role("status")).to_contain_text("drawn without WebGL")
    assert ink(root, "flat") > 500
    corners = screen_of(view, root, np.array([CENTRES[2] - 4.5, CENTRES[2] + 4.5])).tolist()
    assert set(told(bench, view, lambda: drag(bench, corners)) % 3) == {2}
    view.set_points(np.random.default_rng(0).normal(size=(60_000, 2)))
    bench.push()
    expect(root.get_by_role("status")).to_contain_text("60,000 points · without WebGL only 50,000 points are drawn; selections and counts are of all")
    bench.wait(lambda: len(view.sight) == 6, "what a picture is wanted of")
    (left, right, bottom, top, width, height), points = view.sight, view.coordinates()
    assert ((points > [left, bottom]) & (points < [right, top])).all()
    upper = np.full((int(height), int(width), 4), [255, 0, 0, 255], np.uint8)
    upper[int(height) // 2 :] = 0
    view.show_still(upper, view.sight[:4])
    bench.push()
    expect(root.get_by_role("status")).to_contain_text("shown as one picture by Datashader")
    assert ink(root, "flat") == pytest.approx(width * height / 2, rel=0.02), "the upper half is red"
    view.set_points(points[:900])
    bench.push()
    bench.wait(lambda: view.sight == [], "no picture is wanted any more")


def ink(root: Any, layer: str) -> int:
    """How many pixels of a canvas are not empty."""
    return root.locator(f"canvas[data-layer={layer}]").evaluate(
        "(c) => { const flat = new OffscreenCanvas(c.width, c.height).getContext('2d'); flat.drawImage(c, 0, 0);"
        " return flat.getImageData(0, 0, c.width, c.height).data.filter((v, i) => i % 4 === 3 && v).length; }"
    )


def test_a_lost_context_leaves_a_picture_and_comes_back(bench: Any) -> None:
    view = cloud()
    root = bench.show(view, width="900px")
    ready(bench, root)
    expect(root).to_have_attribute("data-renderer", "webgl")
    bench.page.evaluate(
        "() => { const c = document.querySelector('#view0').shadowRoot.querySelector('canvas[data-layer=gl]');"
        " window.lose = c.getContext('webgl2').getExtension('WEBGL_lose_context'); window.lose.loseContext(); }"
    )
    bench.wait(lambda: root.get_attribute("data-renderer") != "webgl" and ink(root, "flat") > 500, "a picture without it")
    bench.page.evaluate("() => window.lose.restoreContext()")
    expect(root).to_have_attribute("data-renderer", "webgl")


def test_of_many_maps_the_one_used_longest_ago_gives_its_context_up_and_keeps_its_picture(bench: Any) -> None:
    roots = [bench.show(cloud(), width="300px") for _ in range(10)]
    for root in roots:
        ready(bench, root)
    renderers = lambda: [root.get_attribute("data-renderer") for root in roots]  # noqa: E731
    bench.wait(lambda: renderers() == ["still"] * 2 + ["webgl"] * 8, "eight contexts")
    assert ink(roots[0], "flat") > 200
    roots[0].locator(".jw-map-plot").hover()
    bench.wait(lambda: renderers() == ["webgl", "still", "still"] + ["webgl"] * 7, "the one that is used has one")


def test_many_points_become_a_picture_of_their_density(bench: Any) -> None:
    view = Scatter(plot_height=300)
    view.set_points(np.random.default_rng(0).normal(size=(40_000, 2)))
    root = bench.show(view)
    ready(bench, root)
    bench.page.evaluate("() => new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(done)))")

    assert strength(root, 280, 150) > strength(root, 40, 40) + 40


def test_the_picture_is_saved_as_it_is_seen(bench: Any) -> None:
    view = cloud(place_labels=False, theme="light")
    root = bench.show(view, width="900px")
    ready(bench, root)
    with bench.page.expect_download() as saved:
        root.get_by_role("button", name="Save this picture as png").click()
    assert saved.value.suggested_filename == "jepa-workbench-map.png"
    bench.page.mouse.move(2, 2)
    file = np.asarray(Image.open(saved.value.path()).convert("RGB"), int)
    seen = np.asarray(Image.open(BytesIO(root.locator(".jw-map-plot").screenshot())).convert("RGB"), int)
    assert file.shape == seen.shape
    assert (file.min(axis=2) < 200).sum() > 2000
    assert np.abs(file - seen)[20:-20, 20:-20].mean() < 1


def test_small_maps_side_by_side_have_no_controls(bench: Any) -> None:
    root = bench.show(cloud(bare=True), width="300px")
    ready(bench, root)
    expect(root.get_by_text("Map", exact=True)).to_be_visible()
    expect(root.get_by_role("toolbar")).to_be_hidden()
    expect(root.get_by_role("checkbox", name="top")).to_be_hidden()


def test_nothing_to_draw_says_so(bench: Any) -> None:
    view = Scatter(message="Open a folder first", plot_height=200)
    root = bench.show(view)
    expect(root.get_by_text("Open a folder first")).to_be_visible()
    view.set_points(np.full((3, 2), np.nan))
    bench.push()
    expect(root.get_by_role("status")).to_contain_text("3 without coordinates are left out")
    view.set_points(np.ones((5, 2)))
    bench.push()
    expect(root.get_by_text("Open a folder first")).to_be_hidden()
    expect(root.get_by_role("status")).to_have_text("5 points")


@pytest.mark.parametrize("width", [340, 900, 1240])
def test_the_map_fits_its_room(bench: Any, width: int) -> None:
    view = cloud()
    root = bench.show(view, width=f"{width}px")
    ready(bench, root)
    assert root.evaluate("(e) => e.scrollWidth <= e.clientWidth")
    plot, legend = at_rest(root.locator(".jw-map-plot")), at_rest(root.locator(".jw-map-legend"))
    assert (legend["y"] >= plot["y"] + plot["height"]) == (width < 700)
    assert (legend["x"] >= plot["x"] + plot["width"]) == (width >= 700)


def test_closing_frees_the_context_and_the_listeners(bench: Any) -> None:
    root = bench.show(cloud())
    ready(bench, root)
    lost = bench.page.evaluate(
        "() => { const gl = document.querySelector('#view0').shadowRoot.querySelector('canvas[data-layer=gl]').getContext('webgl2');"
        " window.hosts.view0.close(); return [gl.isContextLost(), window.hosts.view0.listening()]; }"
    )
    assert lost == [True, 0]


def test_for_papers_points_are_shapes_and_many_are_a_picture_beside_names_axes_and_legend_as_text(bench: Any) -> None:
    view = cloud(theme="light", x_label="component 1 <1 %>")
    view.title = "A & B"
    root = bench.show(view, width="900px")
    ready(bench, root)

    def saved() -> ElementTree.Element:
        with bench.page.expect_download() as offered:
            root.get_by_role("button", name="Save this picture as svg").click()
        assert offered.value.suggested_filename == "jepa-workbench-a-b.svg"
        return ElementTree.parse(offered.value.path()).getroot()

    few, shape = saved(), "{http://www.w3.org/2000/svg}"
    circles = [each for each in few.iter(f"{shape}path") if "a" in each.get("d", "")]
    assert len(circles) >= view.visible().sum()
    words = [each.text or "" for each in few.iter(f"{shape}text")]
    assert "→ component 1 <1 %>" in words
    assert all(any(word.startswith(label) for word in words) for label in view.labels)
    inks = {each.get("fill") for each in circles}
    own = {"rgb({},{},{})".format(*bytes.fromhex(ink[1:])) for ink in palette.categories()[: len(view.labels)]}
    assert own <= inks
    assert not list(few.iter(f"{shape}image"))
    crowd = Scatter(plot_height=400, title="A & B", theme="light", x_label="component 1 <1 %>")
    crowd.set_points(np.random.default_rng(0).normal(size=(20_001, 2)).astype(np.float32))
    root = bench.show(crowd, width="900px")
    ready(bench, root)
    many = saved()
    (picture,) = many.iter(f"{shape}image")
    pixels = np.asarray(Image.open(BytesIO(base64.b64decode(picture.get("href", "").partition(",")[2]))))
    assert (pixels[..., 3] > 0).mean() > 0.05
    assert "→ component 1 <1 %>" in [each.text for each in many.iter(f"{shape}text")]
