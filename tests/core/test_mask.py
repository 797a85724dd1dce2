from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis.extra.numpy import arrays

from workbench.core.errors import MaskError
from workbench.core.mask import Mask

SHAPE = (1, 2, 3)
CONTEXT = np.array([[[1, 1, 0], [1, 0, 0]]], bool)
TARGETS = np.array([[[[0, 0, 1], [0, 0, 0]]], [[[0, 0, 1], [0, 0, 1]]]], bool)


def test_a_token_may_be_neither_and_blocks_may_overlap() -> None:
    mask = Mask(CONTEXT, TARGETS)
    assert mask.shape == SHAPE
    assert mask.target.tolist() == [[[False, False, True], [False, False, True]]]
    assert int((~mask.context & ~mask.target).sum()) == 1


@given(arrays(bool, SHAPE), arrays(bool, (2, *SHAPE)))
def test_context_and_targets_never_overlap(context: np.ndarray, targets: np.ndarray) -> None:
    leaking = int((context & targets.any(0)).sum())
    if leaking:
        with pytest.raises(MaskError, match=f"{leaking} tokens are context and target at once"):
            Mask(context, targets)
    assert not (Mask(context & ~targets.any(0), targets).target & context & ~targets.any(0)).any()


def test_arrays_that_do_not_fit_together_are_refused() -> None:
    with pytest.raises(MaskError, match="do not fit together"):
        Mask(CONTEXT, TARGETS[:0])


def test_a_mask_is_used_without_its_empty_blocks() -> None:
    padded = np.concatenate([TARGETS, np.zeros((1, *SHAPE), bool)])
    assert len(Mask(CONTEXT, padded).usable().targets) == 2
    whole = Mask(CONTEXT, TARGETS)
    assert whole.usable() is whole


def test_a_mask_without_context_or_target_is_refused_in_use_only() -> None:
    nothing = np.zeros(SHAPE, bool)
    with pytest.raises(MaskError, match="no token is context"):
        Mask(nothing, TARGETS).usable()
    with pytest.raises(MaskError, match="no token is target"):
        Mask(CONTEXT, nothing[None]).usable()


def test_a_mask_on_another_grid_is_refused_with_both_shapes() -> None:
    mask = Mask(CONTEXT, TARGETS, "ijepa_multiblock")
    assert mask.on(SHAPE) is mask
    with pytest.raises(MaskError) as caught:
        mask.on((2, 2, 3))
    assert "(1, 2, 3)" in caught.value.what
    assert "(2, 2, 3)" in caught.value.what
    assert caught.value.where == "ijepa_multiblock"


def test_the_digest_tells_masks_apart() -> None:
    masks = [
        Mask(CONTEXT, TARGETS),
        Mask(CONTEXT, TARGETS[:1]),
        Mask(CONTEXT, TARGETS[::-1].copy()),
        Mask(CONTEXT & (np.arange(6).reshape(SHAPE) > 0), TARGETS),
        Mask(CONTEXT.reshape(1, 3, 2), TARGETS.reshape(2, 1, 3, 2)),
    ]
    assert len({m.digest for m in masks}) == len(masks)
    assert Mask(CONTEXT.copy(), TARGETS.copy(), "other").digest == masks[0].digest


@given(arrays(bool, SHAPE), arrays(bool, (2, *SHAPE)))
def test_a_mask_in_words_is_the_same_mask(context: np.ndarray, targets: np.ndarray) -> None:
    mask = Mask(context & ~targets.any(0), targets)
    assert Mask.of(SHAPE, *mask.ranges()).digest == mask.digest


@pytest.mark.parametrize("words", ["6", "0-6", "one", "-1", "1-x"])
def test_words_that_are_no_tokens_are_refused(words: str) -> None:
    with pytest.raises(MaskError, match="not a range of tokens below 6"):
        Mask.of(SHAPE, words, ["0"])
