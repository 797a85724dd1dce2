from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from workbench.core.errors import BadInput
from workbench.core.grid import TokenGrid

SIDE = st.integers(1, 9)
GRIDS = st.builds(
    TokenGrid,
    ticks=SIDE,
    rows=SIDE,
    cols=SIDE,
    patch=st.tuples(SIDE, SIDE),
    tubelet=st.integers(1, 4),
    scale=st.tuples(st.floats(0.1, 9.0), st.floats(0.1, 9.0)),
    offset=st.tuples(st.floats(0.0, 99.0), st.floats(0.0, 99.0)),
)


@given(GRIDS, st.data())
def test_a_position_and_its_number_name_the_same_token(grid: TokenGrid, data: st.DataObject) -> None:
    token = data.draw(st.integers(0, grid.tokens - 1))
    tick, row, col = grid.position(token)
    assert grid.index(tick, row, col) == token
    assert (tick < grid.ticks, row < grid.rows, col < grid.cols) == (True, True, True)


@given(GRIDS)
def test_tokens_are_numbered_row_major_without_gaps(grid: TokenGrid) -> None:
    ticks, rows, cols = grid.shape
    places = [(t, r, c) for t in range(ticks) for r in range(rows) for c in range(cols)]
    assert [grid.position(k) for k in range(grid.tokens)] == places


@given(GRIDS, st.data())
def test_every_pixel_of_a_box_belongs_to_its_token(grid: TokenGrid, data: st.DataObject) -> None:
    token = data.draw(st.integers(0, grid.tokens - 1))
    top, left, bottom, right = grid.box(token)
    frame = grid.position(token)[0] * grid.tubelet + data.draw(st.integers(0, grid.tubelet - 1))
    y, x = data.draw(st.integers(top, bottom - 1)), data.draw(st.integers(left, right - 1))
    assert grid.token_at(frame, y, x) == token


@given(GRIDS)
def test_the_boxes_of_a_tick_tile_the_prepared_picture(grid: TokenGrid) -> None:
    area = sum((b - t) * (r - le) for t, le, b, r in map(grid.box, range(grid.rows * grid.cols)))
    assert area == grid.size[0] * grid.size[1]
    assert grid.box(grid.rows * grid.cols - 1)[2:] == grid.size


@given(GRIDS, st.data())
def test_source_boxes_are_scaled_and_then_shifted(grid: TokenGrid, data: st.DataObject) -> None:
    token = data.draw(st.integers(0, grid.tokens - 1))
    top, left, bottom, right = grid.source_box(token)
    assert bottom - top == pytest.approx(grid.patch[0] * grid.scale[0], abs=1e-9)
    assert right - left == pytest.approx(grid.patch[1] * grid.scale[1], abs=1e-9)
    assert grid.source_box(0)[:2] == grid.offset
    inside = grid.box(token)
    assert (top - grid.offset[0]) / grid.scale[0] == pytest.approx(inside[0], abs=1e-6)
    assert (left - grid.offset[1]) / grid.scale[1] == pytest.approx(inside[1], abs=1e-6)


@pytest.mark.parametrize("token", [-1, 24])
def test_a_token_that_is_not_there_is_refused(token: int) -> None:
    with pytest.raises(BadInput, match=f"token {token} is not on a grid of 24"):
        TokenGrid(2, 3, 4).position(token)


@pytest.mark.parametrize("sides", [(0, 3, 4), (2, 0, 4), (2, 3, 0)])
def test_a_grid_without_tokens_is_refused(sides: tuple[int, int, int]) -> None:
    with pytest.raises(BadInput, match="at least one token each way"):
        TokenGrid(*sides)


def test_ticks_start_where_their_first_frame_does() -> None:
    assert TokenGrid(4, 1, 1, tubelet=2, frame_seconds=0.25).seconds(3) == 1.5
    assert TokenGrid(1, 1, 1).seconds(0) is None
