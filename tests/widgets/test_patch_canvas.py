from __future__ import annotations

import numpy as np
import pytest
import traitlets as t

from widgets import PatchCanvas

GRID = (1, 4, 4)
PIXELS = np.zeros((1, 32, 32, 3), np.uint8)


def canvas() -> PatchCanvas:
    return PatchCanvas.show(PIXELS, GRID)


def ids(*tokens: int) -> dict[str, list[int] | list[list[int]]]:
    return {"context": [i for i in range(16) if i not in tokens], "blocks": [list(tokens)]}


def test_a_picture_without_a_mask_is_all_context() -> None:
    context, targets = canvas().mask_arrays()
    assert context.all()
    assert targets.shape == (1, *GRID)
    assert not targets.any()


def test_an_image_may_come_without_a_frame_axis() -> None:
    assert PatchCanvas.show(PIXELS[0], GRID).pixels_shape == [1, 32, 32]


def test_masks_survive_the_way_to_numbers_and_back() -> None:
    rng = np.random.default_rng(0)
    targets = rng.random((3, 2, 4, 5)) < 0.3
    context = ~targets.any(0) & (rng.random((2, 4, 5)) < 0.8)
    view = PatchCanvas.show(np.zeros((4, 8, 10, 3), np.uint8), (2, 4, 5), context=context, targets=targets)
    back, blocks = view.mask_arrays()
    np.testing.assert_array_equal(back, context)
    np.testing.assert_array_equal(blocks, targets)


@pytest.mark.parametrize(
    ("mask", "reason"),
    [
        ({"context": [1], "blocks": [[1]]}, "1 tokens that are context and target at once, the first is 1"),
        ({"context": [16], "blocks": [[]]}, "names tokens 16…16, but grid .* has 0…15"),
        ({"context": [-1], "blocks": []}, "names tokens -1"),
        ({"context": ["a"], "blocks": []}, "where token numbers belong"),
        ({"context": 3, "blocks": []}, "where a list of token numbers belongs"),
        ({"visible": []}, "has the keys"),
    ],
)
def test_a_mask_that_cannot_be_is_refused_with_the_reason(mask: dict[str, object], reason: str) -> None:
    view = canvas()
    with pytest.raises(t.TraitError, match=reason):
        view.mask = mask
    assert len(view.mask["context"]) == 16


def test_a_mask_of_another_grid_is_refused() -> None:
    with pytest.raises(t.TraitError, match="do not lie on grid"):
        canvas().set_mask(np.ones((1, 4, 5), bool), np.zeros((1, 1, 4, 5), bool))


def test_pixels_and_overlay_must_fit_their_shapes() -> None:
    view = canvas()
    with pytest.raises(t.TraitError, match=r"pixels holds 7 bytes, but its shape \[1, 32, 32, 3\]"):
        view.pixels = bytes(7)
    with pytest.raises(t.TraitError, match=r"overlay holds 16 bytes, but its shape \[1, 4, 4\] × 4"):
        view.overlay = bytes(16)
    view.set_overlay(np.zeros(GRID))
    assert len(view.overlay) == 64
    view.set_overlay(None)
    assert view.overlay == b""


def test_undo_takes_each_change_back_and_redo_makes_it_again() -> None:
    view = canvas()
    assert not view.can_undo
    view.mask = ids(1)
    view.mask = ids(1, 2)
    view.undo()
    assert view.mask == ids(1)
    view.undo()
    assert view.mask == ids()
    assert (view.can_undo, view.can_redo) == (False, True)
    view.redo()
    view.redo()
    assert view.mask == ids(1, 2)
    assert (view.can_undo, view.can_redo) == (True, False)


def test_a_new_stroke_ends_what_could_be_made_again() -> None:
    view = canvas()
    view.mask = ids(1)
    view.undo()
    view.mask = ids(5)
    assert not view.can_redo
    view.redo()
    assert view.mask == ids(5)


def test_clear_and_invert_are_steps_of_the_history() -> None:
    view = canvas()
    view.mask = {"context": [0, 1, 2], "blocks": [[4, 5]]}
    view.invert()
    assert view.mask == {"context": [4, 5], "blocks": [[0, 1, 2]]}
    view.clear()
    assert view.mask == ids()
    view.undo()
    view.undo()
    assert view.mask == {"context": [0, 1, 2], "blocks": [[4, 5]]}


def test_invert_fills_the_active_block_and_keeps_the_others_empty() -> None:
    view = canvas()
    view.block = 0
    view.mask = {"context": [0], "blocks": [[4], [4, 5]]}
    view.invert()
    assert view.mask == {"context": [4, 5], "blocks": [[0], []]}


def test_presses_that_a_busy_host_passed_on_as_one_are_all_obeyed() -> None:
    view = canvas()
    asked: list[str] = []
    view.on_command = asked.append
    for value in (["undo", 3], ["undo", 4], ["redo", 6], ["redo", 8]):
        view.command = value
    assert asked == ["undo"] * 4 + ["redo"] * 3  # of the two presses before the first "redo" nobody can tell which the first was


def test_buttons_reach_the_own_methods_until_a_session_takes_over() -> None:
    view = canvas()
    view.mask = ids(3)
    view.command = ["undo", 1]
    assert view.mask == ids()
    heard: list[str] = []
    view.on_command = heard.append
    view.mask = ids(4)
    view.command = ["undo", 2]
    view.command = ["undo", 3]
    assert heard == ["undo", "undo"]
    assert view.mask == ids(4)
    view.can_undo = True
    view.mask = ids(6)
    assert view.can_undo


def test_a_command_that_is_not_known_is_refused() -> None:
    with pytest.raises(t.TraitError, match="a name of undo, redo, clear, invert"):
        canvas().command = ["forget", 1]


def test_another_clip_on_the_same_grid_keeps_the_mask_and_on_another_clears_it() -> None:
    view = canvas()
    view.mask = ids(3)
    view.set_pixels(PIXELS + 9, GRID)
    assert view.mask == ids(3)
    assert view.can_undo
    view.hover, view.selection, view.tick = 15, [3], 0
    view.set_pixels(np.zeros((4, 16, 16, 3), np.uint8), (2, 2, 2), tubelet=2)
    assert view.mask == {"context": list(range(8)), "blocks": [[]]}
    assert (view.hover, view.selection, view.can_undo) == (-1, [], False)


def test_a_large_mask_is_checked_within_a_slider_step() -> None:
    view = PatchCanvas.show(np.zeros((64, 2, 2, 3), np.uint8), (32, 24, 24))
    targets = np.zeros((2, 32, 24, 24), bool)
    targets[:, :, 5:20, 5:20] = True
    view.set_mask(~targets.any(0), targets)
    assert len(view.mask["blocks"][1]) == 32 * 225
