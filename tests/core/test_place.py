"""A mask of one grid on another: the same places of the picture, or a refusal in words."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from workbench.core.errors import MaskError
from workbench.core.grid import TokenGrid
from workbench.core.mask import Mask
from workbench.core.place import alike, mapped

COARSE = TokenGrid(1, 4, 4, patch=(16, 16))  # both are of a picture of 64 × 64
FINE = TokenGrid(1, 8, 8, patch=(8, 8))
CROP = TokenGrid(1, 4, 4, patch=(8, 8), offset=(16.0, 16.0))  # the middle 32 × 32


def hole(grid: TokenGrid, rows: slice, cols: slice) -> Mask:
    target = np.zeros(grid.shape, bool)
    target[:, rows, cols] = True
    return Mask(~target, target[None])


def test_a_finer_grid_takes_a_hole_at_the_same_place_and_gives_it_back() -> None:
    mask = hole(COARSE, slice(1, 3), slice(0, 2))
    fine = mapped(mask, COARSE, FINE)
    expected = hole(FINE, slice(2, 6), slice(0, 4))
    assert (fine.digest, mapped(fine, FINE, COARSE).digest) == (expected.digest, mask.digest)


def test_a_crop_takes_the_part_of_the_hole_that_it_sees() -> None:
    found = mapped(hole(FINE, slice(0, 4), slice(0, 4)), FINE, CROP)
    assert found.digest == hole(CROP, slice(0, 2), slice(0, 2)).digest


def test_tokens_outside_what_the_first_model_sees_are_neither_context_nor_target() -> None:
    found = mapped(hole(CROP, slice(0, 2), slice(0, 4)), CROP, FINE)
    seen = found.context[0] | found.target[0]
    assert seen[2:6, 2:6].all()
    assert seen.sum() == 16


def test_the_same_grid_keeps_the_mask_itself_with_its_sampler() -> None:
    mask = replace(hole(FINE, slice(0, 2), slice(0, 2)), sampler="ijepa_multiblock")
    assert alike(FINE, replace(FINE))
    assert mapped(mask, FINE, replace(FINE)) is mask
    assert not alike(FINE, replace(FINE, offset=(4.0, 0.0)))


def test_a_still_mask_goes_through_all_time_and_ticks_are_matched_by_seconds() -> None:
    video = TokenGrid(4, 8, 8, patch=(8, 8), tubelet=2, frame_seconds=0.125)
    assert mapped(hole(FINE, slice(0, 4), slice(0, 4)), FINE, video).target.sum() == 4 * 16
    late = np.zeros(video.shape, bool)
    late[2:] = True
    slow = TokenGrid(2, 8, 8, patch=(8, 8), tubelet=1, frame_seconds=0.5)  # the same second in two ticks
    assert mapped(Mask(~late, late[None]), video, slow).target.any((1, 2)).tolist() == [False, True]


@pytest.mark.parametrize(("here", "there", "rows", "what"), [(FINE, CROP, slice(0, 1), "target"), (FINE, COARSE, slice(0, 1), "target")])
def test_a_hole_that_the_other_grid_cannot_hold_is_refused_in_words(here: TokenGrid, there: TokenGrid, rows: slice, what: str) -> None:
    with pytest.raises(MaskError, match=f"no {what} of the mask covers half a token") as caught:
        mapped(hole(here, rows, slice(0, 1)), here, there)
    assert "both models see" in caught.value.fix
