"""Scatter in Python: what crosses, what is refused, and which rows its filters let through."""

from __future__ import annotations

import base64
from typing import Any

import numpy as np
import pytest
import traitlets as t

from widgets import Scatter, palette

POINTS = np.array([[0, 0], [1, 0], [np.nan, 1], [2, 2], [3, np.inf], [4, 4]], np.float32)


def filled() -> Scatter:
    view = Scatter()
    view.set_points(POINTS, names=["a rose", "b", "c", "Rosemary", "e", "f"])
    view.set_category(np.array([0, 1, 0, -1, 1, 1]), ["left", "right"], name="side")
    return view


def test_columns_cross_once_and_in_one_message() -> None:
    view = filled()
    sent: list[set[str]] = []
    view.send_state = lambda key=None: sent.append({key} if isinstance(key, str) else set(key or ()))
    view.set_value(np.arange(6.0), name="distortion", unit="ranks")
    assert "points" not in sent[0]
    assert {"value", "value_name", "colour"} <= sent[0]
    view.select([1, 3])
    assert sent[-1] == {"selected"}
    assert len(base64.b64decode(view.selected)) == 1


def test_bytes_are_little_endian() -> None:
    view = filled()
    assert view.points[8:16] == np.array([1, 0], "<f4").tobytes()
    assert view.category == np.array([0, 1, 0, 65535, 1, 1], "<u2").tobytes()


def test_rows_without_coordinates_are_counted_and_never_visible() -> None:
    view = filled()
    assert view.dropped == 2
    assert view.visible().tolist() == [True, True, False, True, False, True]


def test_a_selection_comes_back_as_ids() -> None:
    view = filled()
    view.select(np.array([5, 1]))
    assert view.selection.tolist() == [1, 5]
    view.select([])
    assert (view.selected, view.selection.tolist()) == ("", [])
    with pytest.raises(t.TraitError, match="row 6, but the rows are 0 to 5"):
        view.select([6])
    with pytest.raises(t.TraitError, match="row -1"):
        view.select([-1])


@pytest.mark.parametrize(
    ("traits", "words"),
    [
        ({"points": bytes(12)}, r"points holds 12 bytes, but its shape \[6, 2\] × 4"),
        ({"category": bytes(6)}, r"category holds 6 bytes, but its shape \[6\] × 2"),
        ({"value": bytes(25)}, r"value holds 25 bytes, but its shape \[6\] × 4"),
        ({"labels": ["left"]}, "category has the code 1, but Scatter.labels holds 1 texts"),
        ({"category": np.full(6, 2, "<u2").tobytes()}, "category has the code 2, but Scatter.labels holds 2 texts"),
        ({"names": ["one"]}, "names holds 1 texts, but there are 6 rows"),
        ({"selected": "AAAA"}, "selected holds 3 bytes, but 6 rows are 1 bytes"),
        ({"selected": "§"}, "selected is not base64"),
        ({"window": [2.0, 1.0]}, "window is"),
        ({"window": [0.0, float("nan")]}, "window is"),
        ({"neighbours": [1]}, "each row needs one kind"),
        ({"paths": bytes(8)}, "paths holds 8 bytes"),
        ({"hover_picture": bytes(5)}, "hover_picture holds 5 bytes"),
        ({"still": bytes(5)}, "still holds 5 bytes"),
        ({"filters": [{"column": "x", "text": "x", "rows": "AAAA"}]}, "3 bytes, but 6 rows"),
        ({"filters": [{"column": "x", "rows": ""}]}, "lacks text"),
    ],
)
def test_what_does_not_fit_is_refused_and_nothing_changes(traits: dict[str, Any], words: str) -> None:
    view = filled()
    before = {name: getattr(view, name) for name in traits}
    with pytest.raises(t.TraitError, match=words):
        view.set_trait(*next(iter(traits.items())))
    assert {name: getattr(view, name) for name in traits} == before


def test_codes_need_labels_and_there_are_not_a_million_categories() -> None:
    view = filled()
    with pytest.raises(t.TraitError, match="the code 2, but there are 2 labels"):
        view.set_category(np.array([0, 1, 2, 0, 0, 0]), ["a", "b"])
    with pytest.raises(t.TraitError, match="1,000,000 categories; at most 65,535"):
        view.set_category(np.zeros(6, int), ["x"] * 1_000_000)
    with pytest.raises(t.TraitError, match="category holds 6 bytes"):
        view.set_category(np.zeros(3, int), ["a"])
    assert view.labels == ["left", "right"]


def test_names_of_many_rows_stay_in_python() -> None:
    view = Scatter()
    with pytest.raises(t.TraitError, match="60,000 texts, at most 50,000 cross"):
        view.set_points(np.zeros((60_000, 2)), names=["x"] * 60_000)


def test_paths_name_rows_that_are_there() -> None:
    view = filled()
    view.set_paths([[0, 1], [3]])
    assert (view.path_lengths, np.frombuffer(view.paths, "<u4").tolist()) == ([2, 1], [0, 1, 3])
    with pytest.raises(t.TraitError, match="names row 9"):
        view.set_paths([[0, 9]])


def test_another_map_of_the_same_rows_keeps_columns_filters_and_selection() -> None:
    view = filled()
    view.hidden = [0]
    view.select([1])
    view.set_points(np.zeros((6, 2)))
    assert (view.hidden, view.selection.tolist(), view.labels, view.dropped) == ([0], [1], ["left", "right"], 0)
    view.set_points(np.zeros((4, 2)))
    assert (view.count, view.hidden, view.selected, view.labels, view.category, view.names) == (4, [], "", [], b"", [])


def test_a_filter_survives_a_recolour_and_comes_back_with_its_column() -> None:
    view = filled()
    view.hidden = [1]
    assert view.visible().tolist() == [True, False, False, True, False, False]
    view.set_category(np.zeros(6, int), ["same"], name="class")
    assert view.hidden == []
    assert [each["text"] for each in view.filters] == ["side: without right"]
    assert view.visible().tolist() == [True, False, False, True, False, False]
    view.set_category(np.array([0, 1, 0, -1, 1, 1]), ["left", "right"], name="side")
    assert (view.hidden, view.filters) == ([1], [])


def test_a_window_of_values_survives_too_and_unknown_values_pass_none() -> None:
    view = filled()
    view.set_value(np.array([0.1, 0.2, 0.3, np.nan, 0.5, 0.6]), name="first", unit="px")
    assert view.visible()[3]
    view.window = [0.15, 0.7]
    assert view.visible().tolist() == [False, True, False, False, False, True]
    view.set_value(np.zeros(6), name="second")
    assert (view.window, view.filters[0]["text"]) == ([], "first: 0.15 to 0.7 px")
    assert view.visible().tolist() == [False, True, False, False, False, True]


def test_a_search_finds_names_and_labels_in_any_case() -> None:
    view = filled()
    view.query = "ROSE"
    assert view.visible().tolist() == [True, False, False, True, False, False]
    view.query = "right"
    assert view.visible().tolist() == [False, True, False, False, False, True]
    view.search, view.query = "python", "something"
    assert view.visible().sum() == 4
    view.show_found("something", np.array([False, True, True, False, False, False]))
    assert view.visible().tolist() == [False, True, False, False, False, False]


def test_a_hover_is_said_with_its_picture_and_box() -> None:
    view = filled()
    view.show_hover(3, "digit 7", np.zeros((8, 6, 3), np.uint8), (1, 2, 3, 4))
    assert (view.hover_row, view.hover_shape, view.hover_box, len(view.hover_picture)) == (3, [8, 6], [1, 2, 3, 4], 144)
    view.show_hover(-1)
    assert (view.hover_picture, view.hover_box) == (b"", [])
    view.show_neighbours(0, [1, 3], ["true", "torn"])
    assert view.neighbours == [1, 3]


def test_no_points_and_points_without_coordinates_are_no_error() -> None:
    view = Scatter()
    view.set_points(np.zeros((0, 2)))
    assert view.visible().shape == (0,)
    view.set_points(np.full((3, 2), np.nan))
    assert (view.dropped, view.visible().sum()) == (3, 0)


@pytest.mark.parametrize("dark", [False, True])
def test_the_eight_colours_of_categories_and_the_shared_one_differ(dark: bool) -> None:
    assert len(set(palette.categories(dark))) == 9
