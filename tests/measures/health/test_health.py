"""Health of a checkpoint: every measure is there or says why not, beside the untrained model, and is printed and written as it was asked."""

from __future__ import annotations

import contextlib
import io
from dataclasses import replace
from typing import Any

import numpy as np
import pytest
import torch
from torch import Tensor, nn

import workbench as jw
from tests.straight import shared_shelf
from workbench import samples
from workbench.boards.code import reproduced
from workbench.core import codec
from workbench.core.card import FolderKey, ModelKey
from workbench.core.clip import Clip
from workbench.core.errors import BadInput
from workbench.core.questions import read, written
from workbench.core.questions.health import MEASURES, Health, HealthResult
from workbench.measures.bank import Bank
from workbench.measures.dimension import rank_me
from workbench.measures.health import health, probes
from workbench.measures.health.gathering import drawn, sampler_of
from workbench.measures.health.predicting import predictions
from workbench.measures.prediction import prediction_error
from workbench.model.jepa import Jepa

SAMPLE = samples.find("digits")
ASKED = Health(ModelKey(str(SAMPLE.checkpoint)), FolderKey(str(SAMPLE.bank)), views=2, predicted=8, limit=25, halves=2)


@pytest.fixture(scope="module")
def found() -> HealthResult:
    return shared_shelf().answer(ASKED)


def test_every_measure_is_there_or_says_why_not(found: HealthResult) -> None:
    assert {r.name for r in found.readings} | {name for name, _ in found.absent} == set(MEASURES)
    assert not found.absent
    assert (found.clips, found.labels, found.dim) == (25, "label", 96)
    assert all(m.title and m.formula and m.source and m.needs and m.collapse and m.cannot for m in MEASURES.values())
    for reading in found.readings:
        assert np.isfinite([reading.value.value, reading.value.low, reading.value.high, reading.untrained]).all(), reading.name
        assert (reading.centred is not None) == MEASURES[reading.name].centred
        assert reading.value.low <= reading.value.high
    assert found["rankme"].limited
    assert np.isfinite(found["knn"].control)


def test_it_crosses_to_a_worker_and_its_question_is_written(found: HealthResult) -> None:
    again = codec.loads(codec.dumps(found))
    assert again["rankme"].value == found["rankme"].value
    assert again.headline == found.headline
    assert read(written(ASKED), str).digest == ASKED.digest


def test_the_printed_lines_give_the_numbers(found: HealthResult) -> None:
    lines, said = reproduced(ASKED, found, "digits"), io.StringIO()
    with contextlib.redirect_stdout(said):
        exec(lines, {})
    assert said.getvalue().split() == lines.rpartition("# ")[2].split()
    assert len(found.headline) == 4


def test_a_world_model_is_measured_by_its_next_step() -> None:
    sample = samples.find("two-rooms")
    jepa, clips = shared_shelf().model(ModelKey(str(sample.checkpoint))), shared_shelf().clips(str(sample.bank))
    found = health(jepa, clips, what="frames", limit=10, halves=2)
    assert {name for name, _ in found.absent} == {"lidar", "alignment", "encoder_distance", "linear_probe"}
    mse = found["predicted_mse"]
    assert mse.value.value < mse.control < 1 < mse.untrained
    assert found["rankme"].n == found["feature_std"].n > found.clips


def test_rank_is_that_of_the_means_over_tokens(jepa: Jepa, bank: Bank) -> None:
    found = health(jepa, bank, views=0, predicted=0, halves=2, untrained=False)
    latents = [jepa.encoder.encode(jepa.encoder.prepare([c]).video).tokens.flatten(1, 3).mean(1) for c in bank.clips]
    assert found["rankme"].value.value == pytest.approx(rank_me(torch.cat(latents).double().numpy()), rel=1e-4)
    assert np.isnan(found["rankme"].untrained)
    reasons = dict(found.absent)
    assert reasons["lidar"] == reasons["alignment"] == "0 views a clip; 2 are needed"
    assert reasons["knn"] == "the clips have no labels"
    assert reasons["predicted_mse"] == "no clips were to be predicted"


def test_a_model_that_names_no_masks_is_asked_with_random_tokens(jepa: Jepa, bank: Bank) -> None:
    bare = replace(jepa, card=replace(jepa.card, samplers=()))
    found = health(bare, bank, views=2, predicted=8, halves=2)
    assert {name for name, _ in found.absent} == {"knn", "linear_probe"}
    assert np.isfinite(found.headline).all()


def test_predictions_are_judged_as_on_the_board() -> None:
    jepa = shared_shelf().model(ASKED.model)
    clips = [shared_shelf().clips(ASKED.clips.path)[i] for i in range(8)]
    own, bank = predictions(jepa, clips, False, 5)["model"], Bank(clips, "these")
    mask = drawn(sampler_of(jepa), jepa.encoder.prepare(clips[:1]).grid.shape, 5, 3, 0)
    error = {name: prediction_error(jepa, clips[3], mask, distance=name, bank=bank) for name in ("l2", "cosine")}
    assert own.error[3] == pytest.approx(error["l2"].mean, rel=1e-5)
    assert own.mean_error[3] == pytest.approx(float(np.nanmean(error["l2"].reference)), rel=1e-5)
    assert own.centred[3] == pytest.approx(1 - error["cosine"].mean, rel=1e-4)


@pytest.mark.parametrize(
    ("options", "words"),
    [
        ({"limit": 3}, "limit=3"),
        ({"halves": 1}, "halves=1"),
        ({"labels": "colour"}, "nothing called 'colour'"),
        ({"labels": np.zeros(3, int)}, "are no labels of 12 clips"),
    ],
)
def test_what_cannot_be_asked_is_refused_in_words(jepa: Jepa, bank: Bank, options: dict[str, Any], words: str) -> None:
    with pytest.raises(BadInput, match=words):
        health(jepa, bank, **options)


def test_too_few_clips_are_refused_and_odd_ones_skipped(jepa: Jepa, bank: Bank) -> None:
    with pytest.raises(BadInput, match="7 clips can be used"):
        health(jepa, bank.clips[:7])
    long = Clip(np.repeat(bank.clips[0].pixels, 2, 0))
    found = health(jepa, [*bank.clips, long], views=0, predicted=0, halves=2, untrained=False)
    assert found.clips == 12
    assert "where the first clip has" in found.skipped[0][1]


def test_labels_that_say_nothing_leave_out_the_probes(jepa: Jepa, bank: Bank) -> None:
    found = health(jepa, bank, labels=np.zeros(12, int), views=0, predicted=0, halves=2, untrained=False)
    reasons = dict(found.absent)
    assert reasons["knn"] == "all points have the same label"
    assert reasons["linear_probe"] == "12 clips with labels"


@pytest.mark.parametrize("kind", ["numbers", "labels"])
def test_a_linear_probe_reads_what_is_there_and_nothing_of_permuted_labels(kind: str) -> None:
    rng = np.random.default_rng(0)
    points = rng.standard_normal((120, 6))
    told = points @ rng.standard_normal(6)
    found = probes.linear(points, told if kind == "numbers" else (told > 0).astype(int), rng.standard_normal((120, 6)), 5, 0)
    assert found.score.value > 0.85
    assert found.control < 0.75
    assert found.untrained < 0.75
    assert found.n == 30


class Collapsing(nn.Module):
    """An encoder that says nearly the same of everything, and a predictor that says just that: what the loss rewards in a collapsed run."""

    def __init__(self, left: float) -> None:
        super().__init__()
        torch.manual_seed(0)
        self.patches, self.said, self.left = nn.Conv2d(3, 16, 8, stride=8), nn.Parameter(torch.randn(16)), left

    def encode(self, frames: Tensor) -> Tensor:
        return self.said + self.left * self.patches(frames).permute(0, 2, 3, 1)

    def predict(self, latents: Tensor, context: Tensor, targets: Tensor) -> Tensor:
        return self.said.expand(latents.shape)


def test_a_collapsed_model_is_told_from_one_that_is_not() -> None:
    rng = np.random.default_rng(0)
    clips = [Clip(rng.integers(0, 256, (1, 64, 64, 3), dtype=np.uint8)) for _ in range(16)]
    found = {}
    for name, left in (("alive", 1.0), ("dead", 1e-3)):
        model = Collapsing(left)
        jepa = jw.wrap(model, image_size=64, encode=model.encode, predict=model.predict)
        found[name] = health(jepa, clips, views=2, halves=2, untrained=False)
    dead, alive = found["dead"], found["alive"]
    assert dead["predicted_cosine"].value.value > 0.99
    assert dead["predicted_cosine"].centred is not None
    assert abs(dead["predicted_cosine"].centred.value) < 0.3
    assert dead["predicted_mse"].value.value > 0.8
    assert dead["feature_std"].value.value < alive["feature_std"].value.value / 100
    assert dead["dead_dimensions"].value.value == 1
    assert dead["cosine"].value.value > 0.999
    assert dead["rankme"].value.value < 1.1 < alive["rankme"].value.value
