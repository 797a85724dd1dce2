"""The Embedding board in the app: from the digits sample to a map that is linked to the pixels, lassoed, filtered and recoloured."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from playwright.sync_api import expect
from scipy.spatial import KDTree

import workbench as jw
from tests.app.opening import enter, opened, show_dialog
from tests.waiting import PATIENT, at_rest, until
from workbench import samples

pytestmark = pytest.mark.browser
_DARK, _LIGHT = 60, 200  # of a picture of a digit: ground and stroke


@pytest.fixture
def digits(board: Any) -> Any:
    """The Embedding board of the digits, with the map of clips."""
    board.get_by_label("model", exact=True).select_option(label=samples.find("digits").title)
    board.locator("header").get_by_text(re.compile("^● digits")).wait_for(timeout=PATIENT)
    board.get_by_role("button", name="Embedding", exact=True).click()
    settled(board, re.compile("^Map trustworthiness 0"))
    return board


def settled(page: Any, words: Any) -> None:
    expect(page.locator(".jw-headline-sentence")).to_have_text(words, timeout=PATIENT)
    expect(page.locator(".jw-headline")).to_have_attribute("data-busy", "false", timeout=PATIENT)
    expect(page.locator(".jw-map")).to_have_attribute("data-complete", "true", timeout=PATIENT)


def places(page: Any, points: np.ndarray) -> np.ndarray:
    """Page coordinates of points of the map, all of which fit into the picture with 28 px to spare."""
    box = at_rest(page.locator(".jw-map-plot"))
    low, high = points.min(0), points.max(0)
    unit = max((high - low) / (np.array([box["width"], box["height"]]) - 56))
    return np.array([box["x"] + box["width"] / 2, box["y"] + box["height"] / 2]) + (points - (low + high) / 2) / unit * [1, -1]


def alone(spots: np.ndarray) -> int:
    """The row that is farthest from any other on the screen."""
    apart = KDTree(spots).query(spots, 2)[0][:, 1]
    assert apart.max() > 6, "nobody could point at it alone"
    return int(apart.argmax())


def pixels_of(canvas: Any, side: int) -> np.ndarray:
    """The grey values of a canvas, averaged over side × side cells."""
    read = (
        """(node) => { const { width, height } = node; return [width, height, [...node.getContext("2d").getImageData(0, 0, width, height).data]]; }"""
    )
    width, height, data = canvas.evaluate(read)
    grey = np.array(data, float).reshape(height, width, 4)[..., 0]
    rows, cols = np.arange(height) * side // height, np.arange(width) * side // width
    total = np.zeros((side, side))
    np.add.at(total, (rows[:, None], cols[None]), grey)
    return total / (np.bincount(rows)[:, None] * np.bincount(cols)[None])


def exported(page: Any, folder: Path) -> dict[str, Any]:
    with page.expect_download(timeout=PATIENT) as waiting:
        page.locator(".jw-headline").get_by_role("button", name="Export").click()
    waiting.value.save_as(folder / "embedding.npz")
    return jw.read_results(folder / "embedding.npz")


def inside(points: np.ndarray, corners: np.ndarray) -> np.ndarray:
    """Which points lie in a polygon: the slow way, by the angles under which they see its corners."""
    around = np.zeros(len(points))
    for a, b in zip(corners, np.roll(corners, -1, axis=0), strict=True):
        u, v = a - points, b - points
        around += np.arctan2(u[:, 0] * v[:, 1] - u[:, 1] * v[:, 0], (u * v).sum(axis=1))
    return np.abs(around) > np.pi


def test_digits_become_a_map_linked_to_their_pixels_and_a_lasso_gives_exactly_the_rows_that_are_seen(digits: Any, tmp_path: Path) -> None:
    stored = exported(digits, tmp_path)
    points, labels = stored["map"].coordinates.astype(float), stored["rows"].columns["label"]
    spots = places(digits, points)

    row = alone(spots)
    digits.mouse.move(*spots[row])
    tip = digits.locator(".jw-tip")
    name = str(stored["rows"].names[row])
    expect(tip).to_contain_text(name)
    expect(tip.locator("canvas")).to_be_visible(timeout=PATIENT)
    truth = np.load(samples.find("digits").bank)["pixels"][row, 0, ..., 0].astype(float)
    until(digits, lambda: np.abs(pixels_of(tip.locator("canvas"), 32) - truth).mean(), lambda off: off < 12, "the picture of the point")
    digits.mouse.click(*spots[row])
    expect(digits.locator(".jw-gallery").nth(0)).to_contain_text("this")
    expect(digits.locator(".jw-gallery").nth(0)).to_contain_text(name)
    expect(digits.locator("header")).to_contain_text(f"clip {row + 1} of 200", timeout=PATIENT)

    legend = digits.locator(".jw-map-legend")
    legend.get_by_role("checkbox", name=re.compile("^7")).click()
    expect(digits.locator(".jw-map-status")).to_contain_text(f"{int((labels != '7').sum())} of 200 points shown")
    digits.get_by_label("colour by").select_option(label="false neighbours")
    expect(legend).to_contain_text("false neighbours")
    expect(digits.locator(".jw-map-status")).to_contain_text(f"{int((labels != '7').sum())} of 200 points shown")

    spots = places(digits, points)
    low, high = np.quantile(spots, 0.3, axis=0), np.quantile(spots, 0.85, axis=0)
    digits.locator(".jw-map-plot").focus()
    digits.keyboard.press("l")
    corners = [low, [high[0], low[1]], high, [low[0], high[1]], low]
    digits.mouse.move(*corners[0])
    digits.mouse.down()
    for corner in corners[1:]:
        digits.mouse.move(*corner, steps=4)
    digits.mouse.up()
    expect(digits.locator(".jw-map-status")).to_contain_text("selected")
    found = exported(digits, tmp_path)
    wanted = np.flatnonzero(inside(points, found["region"].astype(float)) & (labels != "7"))
    np.testing.assert_array_equal(found["selected"], wanted)
    assert 5 < len(wanted) < 150
    about = ((spots > low) & (spots < high)).all(1) & (labels != "7")
    assert abs(len(wanted) - int(about.sum())) <= 3, "the region is where it was drawn"
    expect(digits.locator(".jw-map-status")).to_contain_text(f"{len(wanted)} selected")
    expect(digits.locator(".jw-gallery").nth(1).locator("button:visible")).to_have_count(min(24, len(wanted)), timeout=PATIENT)


def test_a_token_selected_on_the_map_is_marked_on_the_pixels_and_the_other_way(digits: Any, tmp_path: Path) -> None:
    digits.get_by_label("a point is a").select_option(label="token")
    expect(digits.locator(".jw-map-status")).to_contain_text("12,800 points", timeout=PATIENT)
    settled(digits, re.compile("rustworthiness 0"))
    stored = exported(digits, tmp_path)
    table, points = stored["rows"], stored["map"].coordinates.astype(float)
    canvas = digits.locator(".jw-patch-canvas:visible")
    picture = canvas.locator("[data-layer=picture]")
    before = pixels_of(canvas.locator("[data-layer=marks]"), 8)
    box = at_rest(picture)
    cell = np.array([box["width"], box["height"]]) / 8
    digits.mouse.click(box["x"] + 5.5 * cell[0], box["y"] + 2.5 * cell[1])
    expect(digits.locator(".jw-map-status")).to_contain_text("1 selected")
    chosen = exported(digits, tmp_path)["selected"]
    assert table.token[chosen].tolist() == [[2, 5]]

    spots = places(digits, points)
    row = alone(spots)
    digits.mouse.click(*spots[row])
    clip, token = int(table.clip[row]), table.token[row]
    expect(digits.locator("header")).to_contain_text(f"clip {clip + 1} of 200", timeout=PATIENT)
    expect(digits.locator(".jw-map-status")).to_contain_text("1 selected")

    def marked() -> list[list[int]]:
        now = pixels_of(canvas.locator("[data-layer=marks]"), 8)
        return np.argwhere(now - before > 4).tolist()

    digits.mouse.move(5, 5)
    until(digits, marked, lambda cells: cells == [token.tolist()], "the ring of the token")


@pytest.mark.long
def test_a_group_is_projected_alone_two_groups_span_an_axis_and_the_time_cursor_runs_along_a_path(board: Any, tmp_path: Path) -> None:
    board.get_by_label("model", exact=True).select_option(label=samples.find("two-rooms").title)
    board.locator("header").get_by_text(re.compile("^● two-rooms")).wait_for(timeout=PATIENT)
    board.get_by_role("button", name="Embedding", exact=True).click()
    settled(board, re.compile("rustworthiness 0"))
    group = board.locator(".jw-map-legend").get_by_role("checkbox")

    def select_only(label: str) -> None:
        group.filter(has_text=label).click(modifiers=["Shift"])
        expect(board.locator(".jw-map-status")).to_contain_text("40 of 80 points shown")
        board.locator(".jw-map-plot").press("Control+a")
        expect(board.locator(".jw-map-status")).to_contain_text("40 selected")

    select_only("stays")
    board.get_by_role("button", name="Map of selected").click()
    settled(board, re.compile("^Map of 40 of 80 points"))
    board.get_by_role("button", name="Whole map").click()
    settled(board, re.compile("^(Map t|The map)"))
    board.get_by_role("button", name="Set A").click()
    select_only("changes rooms")
    board.get_by_role("button", name="Set B").click()
    settled(board, re.compile(r"^Axis from A \(40 points\) to B \(40\)"))
    board.get_by_role("button", name="Clear axis").click()
    board.get_by_role("button", name="Show all categories").click()

    board.get_by_label("a point is a").select_option(label="frame")
    expect(board.locator(".jw-map-title")).to_have_text("PCA of 2,000 frames", timeout=PATIENT)
    settled(board, re.compile("rustworthiness 0"))
    stored = exported(board, tmp_path)
    table, points = stored["rows"], stored["map"].coordinates.astype(float)
    path = np.flatnonzero(table.clip == 0)[np.argsort(table.frame[table.clip == 0])]
    marks, box = board.locator(".jw-map-plot [data-layer=marks]"), at_rest(board.locator(".jw-map-plot"))
    spots = places(board, points)[path] - [box["x"], box["y"]]
    far = int(np.argmax(np.linalg.norm(spots - spots[0], axis=1)))

    def ringed() -> list[bool]:
        """Whether the accent of the ring is about the first frame of the path, and about the one that is farthest from it."""
        read = """(node, spots) => spots.map(([x, y]) => [...node.getContext("2d").getImageData(x - 8, y - 8, 16, 16).data])"""
        drawn = marks.evaluate(read, [spots[0].round().tolist(), spots[far].round().tolist()])
        colours = [np.array(data).reshape(-1, 4) for data in drawn]
        return [bool(((each[:, 2] > each[:, 0] + 80) & (each[:, 3] > 128)).any()) for each in colours]

    until(board, ringed, lambda found: found == [True, False], "the ring at the first frame")
    board.locator(".jw-patch-canvas:visible").get_by_role("slider").fill(str(far))
    until(board, ringed, lambda found: found == [False, True], "the ring where the time cursor is")


def test_vectors_of_a_file_open_from_the_data_field_without_a_model_and_a_model_comes_back(board: Any, folder: Path) -> None:
    group = np.repeat(np.arange(3), 30)
    values = np.random.default_rng(0).normal(size=(90, 5)).astype(np.float32) + 5 * np.eye(5, dtype=np.float32)[group]
    np.savez(folder / "elsewhere.npz", features=values, names=[f"row <b>{k}" for k in range(90)])
    (folder / "kinds.csv").write_text("name,kind\n" + "".join(f"row <b>{k},kind {group[k]}\n" for k in range(90)))
    enter(board, "images or video", "elsewhere.npz")
    settled(board, re.compile("rustworthiness 0"))
    expect(board.locator(".jw-map-title")).to_have_text("PCA of 90 vectors")
    expect(board.locator(".jw-map-note")).to_contain_text("the array 'features' (90 × 5) of elsewhere.npz")
    expect(board.locator("header")).to_contain_text("elsewhere.npz: 90 × 5 vectors")
    opened(board)
    labels = show_dialog(board, "images or video").get_by_label("labels of vectors")
    labels.fill("kinds.csv")
    labels.press("Enter")
    opened(board)
    expect(board.locator(".jw-map-legend")).to_contain_text("kind 2", timeout=PATIENT)
    expect(board.locator(".jw-map-note")).to_contain_text("90 of 90 clips matched by name in column 'name'")
    board.locator(".jw-map-plot").press("Control+a")
    expect(board.locator(".jw-gallery").nth(1)).to_contain_text("row <b>0 · kind kind 0")
    board.get_by_role("button", name="Masks", exact=True).click()
    expect(board.locator(".jw-headline-sentence")).to_have_text(
        "This board is off: it needs a model; what is open are vectors, which come without one."
    )
    board.get_by_label("model", exact=True).select_option(label=samples.find("shapes").title)
    expect(board.locator(".jw-headline-sentence")).to_contain_text("skill", timeout=PATIENT)
