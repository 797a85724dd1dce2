from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from workbench.core.errors import BadInput
from workbench.core.grid import TokenGrid
from workbench.core.selection import Level, Selection

GRIDS = {0: TokenGrid(2, 2, 3), 1: TokenGrid(1, 1, 2)}
TOKENS = st.frozensets(st.one_of(st.tuples(st.just(0), st.integers(0, 11)), st.tuples(st.just(1), st.integers(0, 1))))


def test_tokens_widen_to_the_frames_and_clips_that_hold_them() -> None:
    some = Selection.tokens(0, [5, 6, 11])
    assert some.widen("frames", GRIDS) == Selection("frames", frozenset({(0, 0), (0, 1)}))
    assert some.widen("clips", GRIDS) == Selection("clips", frozenset({(0,)}))


def test_frames_and_clips_narrow_to_every_token_inside() -> None:
    assert Selection("frames", frozenset({(0, 1)})).narrow("tokens", GRIDS).of(0) == [6, 7, 8, 9, 10, 11]
    both = Selection("clips", frozenset({(0,), (1,)})).narrow("tokens", GRIDS)
    assert (both.of(0), both.of(1)) == (list(range(12)), [0, 1])


@given(TOKENS)
def test_widening_and_narrowing_again_only_adds(items: frozenset[tuple[int, ...]]) -> None:
    some = Selection("tokens", items)
    for level in ("frames", "clips"):
        around = some.widen(level, GRIDS)
        assert items <= around.narrow("tokens", GRIDS).items
        assert around.narrow("tokens", GRIDS).widen(level, GRIDS) == around


@given(TOKENS)
def test_widening_in_two_steps_is_widening_in_one(items: frozenset[tuple[int, ...]]) -> None:
    some = Selection("tokens", items)
    assert some.widen("frames", GRIDS).widen("clips", GRIDS) == some.widen("clips", GRIDS)


@pytest.mark.parametrize("level", ["clips", "frames", "tokens"])
def test_the_same_level_changes_nothing(level: Level) -> None:
    some = Selection(level, frozenset({(0,) if level == "clips" else (0, 1)}))
    assert some.widen(level, GRIDS) is some
    assert some.narrow(level, GRIDS) is some


def test_the_wrong_direction_is_refused_with_the_right_one() -> None:
    with pytest.raises(BadInput, match="narrow"):
        Selection("clips").widen("tokens", GRIDS)
    with pytest.raises(BadInput, match="narrow"):
        Selection("frames").widen("tokens", GRIDS)
    with pytest.raises(BadInput, match="widen"):
        Selection("tokens").narrow("clips", GRIDS)


def test_what_names_nothing_of_the_level_is_refused() -> None:
    with pytest.raises(BadInput, match="does not name one of the tokens"):
        Selection("tokens", frozenset({(1,)}))
