from __future__ import annotations

import pytest
import traitlets as t
from ipywidgets import Layout, Widget

from widgets import ActionPad, Headline, MapPane, PatchCanvas, View


@pytest.mark.parametrize("kind", [PatchCanvas, MapPane])
def test_a_misspelt_keyword_is_an_error_that_names_the_right_one(kind: type[View]) -> None:
    with pytest.raises(TypeError, match=r"no trait 'gird'; did you mean 'grid'"):
        kind(gird=[1, 2, 2])


@pytest.mark.parametrize("kind", [PatchCanvas, MapPane])
def test_every_trait_says_what_it_is(kind: type[View]) -> None:
    for name in kind.view_traits():
        assert kind.class_traits()[name].help, name


def test_bytes_from_the_browser_arrive_whatever_they_are_wrapped_in() -> None:
    canvas = PatchCanvas(pixels_shape=[1, 1, 2])
    canvas.set_state({"pixels": memoryview(bytes(range(6)))})
    assert canvas.pixels == bytes(range(6))


def test_together_checks_at_the_end_and_takes_all_back_when_it_does_not_fit() -> None:
    canvas = PatchCanvas(pixels=bytes(12), pixels_shape=[1, 2, 2])
    change(canvas, [1, 1, 1], bytes(3))
    assert canvas.pixels_shape == [1, 1, 1]
    with pytest.raises(t.TraitError, match="holds 5 bytes"):
        change(canvas, [2, 1, 1], bytes(5))
    assert (canvas.pixels_shape, canvas.pixels) == ([1, 1, 1], bytes(3))


def test_a_shape_that_leaves_its_bytes_behind_is_refused() -> None:
    canvas = PatchCanvas(pixels=bytes(12), pixels_shape=[1, 2, 2])
    with pytest.raises(t.TraitError, match="pixels holds 12 bytes"):
        canvas.pixels_shape = [1, 2, 3]
    pane = MapPane(grid=[1, 2, 2], asked=bytes(4))
    with pytest.raises(t.TraitError, match="asked holds 4 bytes"):
        pane.grid = [1, 2, 3]


def change(canvas: PatchCanvas, shape: list[int], pixels: bytes) -> None:
    with canvas.together():
        canvas.pixels_shape, canvas.pixels = shape, pixels


def test_view_traits_are_what_a_host_has_to_mirror() -> None:
    names = PatchCanvas.view_traits()
    assert {"pixels", "mask", "hover", "theme", "busy"} <= set(names)
    assert not {"layout", "tooltip", "comm", "_esm"} & set(names)


def test_what_is_to_be_done_afterwards_is_done_once_after_the_outermost_change() -> None:
    canvas, done = PatchCanvas(), list[list[int]]()
    with canvas.together():
        canvas.afterwards(lambda: done.append(canvas.grid))
        with canvas.together():
            canvas.grid = [1, 2, 2]
        canvas.grid = [1, 3, 3]
        assert done == []
    assert done == [[1, 3, 3]]
    canvas.afterwards(lambda: done.append([]))
    assert done == [[1, 3, 3], []]


@pytest.mark.parametrize("kind", [ActionPad, Headline])
def test_a_step_back_that_was_asked_for_twice_in_one_message_is_made_twice(kind: type[ActionPad | Headline]) -> None:
    view, asked = kind(), list[str]()
    view.on_command = asked.append
    with view.hold_trait_notifications():  # as a host that is busy passes on two presses
        view.command = ["undo", 1]
        view.command = ["undo", 2]
    view.command = ["reset", 5]
    assert asked == ["undo", "undo", "reset"]


def test_views_of_one_kind_share_a_class_and_nothing_else() -> None:
    one, other, third = Headline(sentence="one"), Headline(sentence="two"), PatchCanvas()
    assert type(one) is type(other)
    assert type(one) is not type(third)
    heard: list[str] = []
    one.observe(lambda change: heard.append(change["new"]), names=["sentence"])
    other.sentence = "three"
    assert (one.sentence, other.sentence, heard) == ("one", "three", [])
    for view in (one, other, third):
        state = view.get_state()
        assert state["_esm"] == type(view)._esm.default_value == view._esm  # pyright: ignore[reportAttributeAccessIssue]
        assert len(view.keys) == len(set(view.keys)) == len(state)
    one.add_traits(mine=t.Int(3).tag(sync=True))
    assert one.mine == 3  # pyright: ignore[reportAttributeAccessIssue]
    assert not other.has_trait("mine")
    assert not Headline().has_trait("mine")


def test_a_view_that_a_host_mirrors_opens_no_comm() -> None:
    before = len(Widget.widgets)
    with View.without_comm():
        views = [Headline(), PatchCanvas(layout=Layout(width="50%"))]
    assert [view.comm for view in views] == [None, None]
    assert len(Widget.widgets) == before
