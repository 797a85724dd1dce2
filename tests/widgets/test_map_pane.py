from __future__ import annotations

import numpy as np
import pytest
import traitlets as t

from widgets import MapPane

GRID = (2, 3, 4)


def test_an_answer_replaces_all_maps_in_one_message() -> None:
    pane = MapPane(grid=list(GRID))
    sent: list[set[str]] = []
    pane.send_state = lambda key=None: sent.append(set(key or ()))
    asked = np.zeros(GRID, bool)
    asked[0] = True
    pane.set_maps(target=np.full((*GRID, 3), 7, np.uint8), asked=asked, error=np.full(GRID, np.nan))
    assert pane.target == bytes([7]) * 72
    assert (pane.predicted, pane.asked, len(pane.error)) == (b"", bytes([1] * 12 + [0] * 12), 96)
    pane.set_maps(error=np.zeros(GRID, np.float32))
    assert (pane.target, pane.asked, pane.error) == (b"", b"", bytes(96))


def test_maps_of_another_grid_are_refused_and_the_old_answer_stays() -> None:
    pane = MapPane(grid=list(GRID), error=bytes(96))
    with pytest.raises(t.TraitError, match=r"MapPane.error holds 4 bytes, but its shape \[2, 3, 4\] × 4"):
        pane.set_maps(error=np.zeros((1, 1, 1)))
    assert pane.error == bytes(96)


def test_a_grid_may_change_with_its_maps() -> None:
    pane = MapPane(grid=list(GRID), error=bytes(96))
    pane.set_maps(error=np.zeros((1, 2, 2)), grid=(1, 2, 2))
    assert (pane.grid, len(pane.error)) == ([1, 2, 2], 16)


def test_both_quilts_share_one_shape() -> None:
    pane = MapPane()
    pane.set_quilts(np.zeros((1, 4, 6, 3), np.uint8), np.ones((1, 4, 6, 3), np.uint8))
    assert pane.pixels_shape == [1, 4, 6]
    with pytest.raises(t.TraitError, match="quilt_ceiling holds 12 bytes"):
        pane.set_quilts(np.zeros((1, 4, 6, 3), np.uint8), np.ones((1, 2, 2, 3), np.uint8))


def test_nearest_patches_need_three_a_token() -> None:
    pane = MapPane(grid=list(GRID))
    pane.set_nearest([0, 5], np.zeros((2, 3, 4, 6, 3), np.uint8), [["a", "b", "c"], ["d", "e", "f"]])
    assert pane.nearest_shape == [4, 6]
    with pytest.raises(t.TraitError, match=r"nearest_pixels .* \[1, 3, 4, 6, 3\]"):
        pane.set_nearest([0], np.zeros((2, 3, 4, 6, 3), np.uint8), [["a", "b", "c"]])


@pytest.mark.parametrize("name", ["captions", "missing", "labels"])
def test_words_for_a_mode_that_does_not_exist_are_refused(name: str) -> None:
    with pytest.raises(t.TraitError, match=r"speaks of \['predictd'\]"):
        MapPane(**{name: {"predictd": "x"}})


def test_a_mask_off_the_grid_is_refused() -> None:
    with pytest.raises(t.TraitError, match="names tokens 24"):
        MapPane(grid=list(GRID), mask={"context": [24], "blocks": [[]]})
