"""VJEPA2ForVideoClassification against Transformers' own code."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import numpy as np
import pytest
import torch
from safetensors.torch import load_file, save_file
from torch import Tensor

import workbench as jw
from tests.families.official import GOLDEN, close, official
from workbench.boards.show import show
from workbench.core.clip import Clip
from workbench.core.codec import dumps, loads
from workbench.core.errors import PartUnavailable
from workbench.core.results import Classified
from workbench.families.hf_head import VideoHead
from workbench.families.load import inspect, load
from workbench.model import Jepa

HEAD = GOLDEN / "hf_vjepa2_head"
Case = tuple[Jepa, dict[str, Tensor], dict[str, Tensor]]


@pytest.fixture(scope="module")
def case() -> Case:
    return official({"path": HEAD})


def head_of(jepa: Jepa) -> VideoHead:
    head = jepa.need_head()
    assert isinstance(head, VideoHead)
    return head


@torch.inference_mode()
def test_logits_probabilities_and_attention_are_the_official_ones(case: Case) -> None:
    jepa, given, expected = case
    assert jepa.report.whole
    assert jepa.masked is not None
    video = given["pixel_values_videos"].transpose(1, 2)
    seen = jepa.encoder.encode(video, weights="context").tokens.flatten(1, 3)
    close(seen, expected["last_hidden_state"])
    head, tokens = head_of(jepa), seen
    for depth, block in enumerate(head.net.blocks):
        tokens = block(tokens)
        close(tokens, expected[f"pooler_self_{depth}"])
    pooled, weights = head.net.pool(head.net.query.expand(2, -1, -1), tokens)
    close(pooled, expected["pooler_output"])
    close(weights, expected["cross_attention"][:, :, 0], 3e-6)
    numbers, weights, shape = head.numbers(video)
    close(numbers, expected["logits"])
    assert shape == (4, 4, 4)
    probabilities, attention = head.classify(video)
    close(probabilities, expected["probabilities"], 1e-5)
    close(attention.flatten(1), expected["cross_attention"][:, :, 0].mean(1), 3e-6)


@pytest.mark.parametrize("frames", [4, 1])
def test_other_numbers_of_frames_are_classified_as_officially(case: Case, frames: int) -> None:
    jepa, given, expected = case
    video = given[f"other_{frames}x32x32"].transpose(1, 2)
    video = video if frames > 1 else video.repeat(1, 1, 2, 1, 1)
    close(head_of(jepa).numbers(video)[0], expected[f"other_{frames}x32x32_logits"])


def test_classify_gives_labels_probabilities_and_the_untrained_head_as_baseline(case: Case) -> None:
    jepa, given, expected = case
    clip = Clip(given["frames_uint8"][0].numpy(), fps=8.0)
    found = jw.classify(jepa, clip)
    assert isinstance(found, Classified)
    np.testing.assert_allclose(found.probabilities, expected["probabilities"][0], atol=1e-5)
    assert found.labels == list(json.loads((HEAD / "config.json").read_text())["id2label"].values())
    assert abs(found.baseline.sum() - 1) < 1e-5
    assert np.abs(found.baseline - found.probabilities).max() > 1e-3
    assert np.array_equal(found.baseline, jw.classify(jepa, clip).baseline)
    assert not np.array_equal(found.baseline, jw.classify(jepa, clip, seed=1).baseline)
    assert abs(found.attention.sum() - 1) < 1e-5
    best = found.best(3)
    assert best[0][0] == found.labels[int(expected["probabilities"][0].argmax())]
    assert best[0][1] >= best[1][1] >= best[2][1]
    again = loads(dumps(found))
    assert again.labels == found.labels
    assert np.array_equal(again.attention, found.attention)


def test_the_head_is_a_part_with_a_report_and_a_hash_and_can_be_left_out(case: Case) -> None:
    jepa, _, _ = case
    part = jepa.report.part("head")
    assert (part.status, part.unexpected) == ("whole", ())
    assert "head" in jepa.card.hashes
    assert {f.name: (f.value, f.origin) for f in jepa.report.facts}["labels"] == (12, "given")
    assert inspect(HEAD) == jepa.report
    without = load(HEAD, parts=("encoder_context", "masked"))
    assert without.head is None
    assert without.card.hashes["encoder_context"] == jepa.card.hashes["encoder_context"]
    with pytest.raises(PartUnavailable, match="head"):
        jw.classify(without, Clip(np.zeros((8, 32, 32, 3), np.uint8)))
    assert "head" not in load(GOLDEN / "hf_vjepa2").report.listed
    assert jepa.report.listed[-1] == "head"


def test_an_untrained_twin_has_an_untrained_head(case: Case) -> None:
    jepa, given, _ = case
    video = given["pixel_values_videos"].transpose(1, 2)
    twin = jepa.untrained(0)
    twin.report.require("head")
    assert not torch.equal(head_of(twin).numbers(video)[0], head_of(jepa).numbers(video)[0])
    trained_encoder = head_of(jepa).untrained(0)
    assert trained_encoder.encoder is jepa.encoder


def test_a_part_of_the_head_that_is_missing_refuses_labels_and_nothing_else(tmp_path: Path) -> None:
    shutil.copytree(HEAD, tmp_path, dirs_exist_ok=True)
    state = load_file(HEAD / "model.safetensors")
    del state["pooler.cross_attention_layer.cross_attn.v_proj.weight"]
    save_file(state, tmp_path / "model.safetensors")
    jepa = load(tmp_path)
    assert jepa.report.part("head").missing == ("pool.v.weight",)
    jepa.need_masked()
    with pytest.raises(PartUnavailable, match=r"pool\.v\.weight"):
        jepa.need_head()


@pytest.mark.parametrize("said", [{"0": "one"}, ["a"], {str(i): i for i in range(12)}])
def test_labels_that_no_json_tells_are_numbers(tmp_path: Path, said: object) -> None:
    shutil.copytree(HEAD, tmp_path, dirs_exist_ok=True)
    config = json.loads((HEAD / "config.json").read_text())
    (tmp_path / "config.json").write_text(json.dumps({**config, "id2label": said}))
    assert head_of(load(tmp_path)).labels == tuple(f"label {i}" for i in range(12))


def test_a_classifier_of_another_width_is_left_out_and_said(tmp_path: Path) -> None:
    shutil.copytree(HEAD, tmp_path, dirs_exist_ok=True)
    save_file({**load_file(HEAD / "model.safetensors"), "classifier.weight": torch.zeros(12, 32)}, tmp_path / "model.safetensors")
    jepa = load(tmp_path)
    assert jepa.head is None
    jepa.need_masked()
    assert "a head of another kind" in str(jepa.report.part("head").ignored)


def test_labels_are_shown_as_text_whatever_a_file_says(tmp_path: Path) -> None:
    shutil.copytree(HEAD, tmp_path, dirs_exist_ok=True)
    config = json.loads((HEAD / "config.json").read_text())
    labels = {str(i): f"<a href='x'>{i}</a>" + "y" * 500 for i in range(12)}
    (tmp_path / "config.json").write_text(json.dumps({**config, "id2label": labels}))
    figure = show(jw.classify(load(tmp_path), Clip(np.zeros((8, 32, 32, 3), np.uint8))))
    assert all("<" not in name and len(name) < 120 for name in figure.data[0].y)
    assert len(figure.data[0].y) == 5
