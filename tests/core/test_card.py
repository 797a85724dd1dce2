from __future__ import annotations

import pytest

from workbench.core.card import Fact, LoadReport, ModelKey, PartReport, parse_overrides
from workbench.core.errors import BadInput, PartUnavailable

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
    assert LACKING.sentence() == "predictor: partial, 1 tensors matched; 4 missing: b, c, d and 1 more"


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


def test_a_part_that_is_not_there_may_be_stood_in_for_by_one_that_is_whole() -> None:
    encoder = PartReport("encoder_context", matched=("a",))
    report = LoadReport("model", "huggingface", (encoder,), stand_ins=(("encoder_target", "encoder_context"),))
    assert report.serving("encoder_target") is encoder
    report.require("encoder_target")
    with pytest.raises(PartUnavailable, match="decoder: missing"):
        report.require("decoder")
    broken = LoadReport("model", "huggingface", (PartReport("encoder_context", missing=("a",), matched=("b",)),), stand_ins=report.stand_ins)
    with pytest.raises(PartUnavailable, match="1 missing: a"):
        broken.require("encoder_target")


def test_a_part_that_is_there_is_not_stood_in_for() -> None:
    report = LoadReport("model", "toy", (LACKING, WHOLE), stand_ins=(("masked", "encoder_target"),))
    assert report.serving("masked") is LACKING


def test_settings_are_read_as_they_are_typed() -> None:
    wanted = {"heads": 4, "image_size": (64, 48), "resize": "stretch", "family": "ijepa"}
    assert parse_overrides("heads=4 image_size=(64, 48), resize=stretch family='ijepa'") == wanted
    assert parse_overrides("  ") == {}


@pytest.mark.parametrize(
    "words", ["mean=0.5, 0.5, 0.5", "4", "heads", "heads=", "heads=four(4)", "heads=(4", "**{'heads': 4}", "name=__import__('os').name"]
)
def test_what_cannot_be_read_as_settings_is_refused_with_an_example(words: str) -> None:
    with pytest.raises(BadInput, match="cannot be read as settings") as caught:
        parse_overrides(words)
    assert "several numbers in brackets" in caught.value.fix
