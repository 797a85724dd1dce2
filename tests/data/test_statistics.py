"""Statistics of actions, for models that are normalised by them and whose file does not hold them."""

from __future__ import annotations

import numpy as np
import pytest

from workbench.core.clip import Clip
from workbench.core.errors import BadInput
from workbench.data import action_statistics


def acting(*rows: tuple[float, ...]) -> Clip:
    return Clip(np.zeros((1, 4, 4, 3), np.uint8), actions=np.array(rows, np.float32))


def test_mean_and_deviation_are_over_all_actions_of_all_clips() -> None:
    mean, std = action_statistics([acting((1, 10), (2, 30)), acting((6, 20))])
    assert mean == pytest.approx((3.0, 20.0))
    assert std == pytest.approx((7**0.5, 10.0))


def test_steps_of_several_raw_actions_are_cut_into_them() -> None:
    steps, raw = acting((1, 10, 2, 30), (6, 20, 0, 0)), acting((1, 10), (2, 30), (6, 20), (0, 0))
    assert action_statistics([steps], frameskip=2) == action_statistics([raw])


def test_actions_after_an_episodes_end_do_not_count() -> None:
    ended = acting((1, 10), (2, 30), (float("nan"), 5))
    assert action_statistics([ended]) == action_statistics([acting((1, 10), (2, 30))])


@pytest.mark.parametrize(
    ("clips", "frameskip", "words"),
    [
        ([], 1, "none of these clips"),
        ([Clip(np.zeros((1, 4, 4, 3), np.uint8))], 1, "none of these clips"),
        ([acting((1, 2)), acting((1, 2, 3))], 1, "of 2 and of 3"),
        ([acting((1, 2, 3))], 2, "3 numbers are not 2 actions"),
        ([acting((1, 2))], 1, "1 actions have no deviation"),
        ([acting((1, 2), (1, 3))], 1, "number 0 of the actions never changes: 1"),
    ],
)
def test_clips_without_usable_actions_are_refused(clips: list[Clip], frameskip: int, words: str) -> None:
    with pytest.raises(BadInput, match=words):
        action_statistics(clips, frameskip)
