from __future__ import annotations

import pytest

from workbench.core.card import Fact, LoadReport, ModelKey, PartReport
from workbench.core.errors import PartUnavailable

WHOLE = PartReport("encoder_target", matched=("a", "b"), parameters=10)
LACKING = PartReport("masked", matched=("a",), missing=("b", "c", "d", "e"))
REPORT = LoadReport("model.pth", "ijepa", (WHOLE, LACKING), facts=(Fact("heads", 12, "assumed", "table"),))


@pytest.mark.parametrize(
    ("part", "status"),
    [
        (PartReport("p"), "missing"),
        (PartReport("p", missing=("a",)), "missing"),
        (PartReport("p", matched=("a",)), "whole"),
        (PartReport("p", matched=("a",), missing=("b",)), "partial"),
        (PartReport("p", matched=("a",), unexpected=("b",)), "partial"),
        (PartReport("p", matched=("a",), reshaped=(("b", (1,), (2,)),)), "partial"),
        (PartReport("p", matched=("a",), nonfinite=("a",)), "partial"),
        (PartReport("p", matched=("a",), ignored=(("b", "a buffer"),)), "whole"),
    ],
)
def test_a_part_is_whole_only_if_everything_matched_and_nothing_was_left(part: PartReport, status: str) -> None:
    assert part.status == status


def test_the_sentence_counts_and_names_up_to_three() -> None:
    assert LACKING.sentence() == "masked: partial, 1 tensors matched; 4 missing: b, c, d and 1 more"


def test_a_part_that_the_file_has_nothing_of_is_missing() -> None:
    assert REPORT.part("decoder").status == "missing"
    assert REPORT.part("masked") is LACKING


def test_no_part_is_used_that_did_not_load_whole() -> None:
    REPORT.require("encoder_target")
    for name, said in (("masked", "4 missing"), ("decoder", "decoder: missing")):
        with pytest.raises(PartUnavailable) as caught:
            REPORT.require("encoder_target", name)
        assert said in caught.value.what
        assert caught.value.where == "model.pth"


def test_a_report_is_whole_if_no_part_is_partial() -> None:
    assert not REPORT.whole
    assert LoadReport("m", "f", (WHOLE, PartReport("decoder"))).whole


def test_a_model_can_be_named_in_a_set() -> None:
    keys = {ModelKey("a"), ModelKey("a"), ModelKey("a", overrides=(("heads", 12),))}
    assert len(keys) == 2
