"""Maps, similarity and numbers by layer: they are what a slow count gives, baselines are what they say, and bad input is told in words."""

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
from workbench.core.card import BankKey, ClipKey, ModelKey
from workbench.core.clip import Clip
from workbench.core.errors import BadInput, OutOfMemory, PartUnavailable
from workbench.core.questions import Question, read, written
from workbench.core.questions.features import Attention, Features, ProfileLayers, Similarity
from workbench.families import toy
from workbench.measures.bank import Bank
from workbench.measures.features import features, layer_profile, similarity
from workbench.measures.features import tokens as tokens_of
from workbench.model.jepa import Encoder, Jepa
from workbench.model.latents import Latents
from workbench.nn.blocks import Attention as Layer
from workbench.nn.watching import attention_of

SAMPLE = samples.find("shapes")
MODEL, PLACE = ModelKey(str(SAMPLE.checkpoint)), str(SAMPLE.bank)
CLIP, BANK = ClipKey(PLACE, 3), BankKey(PLACE)
ASKED: list[Question[Any]] = [
    Features(MODEL, CLIP, BANK, centred=True, robust=True),
    ProfileLayers(MODEL, BANK, clips=16, halves=2),
    Similarity(MODEL, CLIP, 27, layer=2, bank=BANK),
    Attention(MODEL, CLIP, 27, rollout=True),
]


@pytest.mark.parametrize("question", ASKED, ids=lambda q: type(q).__name__)
def test_a_question_travels_and_its_lines_give_its_number_again(question: Question[Any]) -> None:
    answer, said = shared_shelf().answer(question), io.StringIO()
    assert read(written(question), str).digest == question.digest
    assert type(codec.loads(codec.dumps(answer))) is type(answer)
    lines = reproduced(question, answer, "shapes")
    with contextlib.redirect_stdout(said):
        exec(lines, {})
    assert said.getvalue().split() == lines.rpartition("# ")[2].split()


def tokens(jepa: Jepa, clip: Clip, layer: int | None) -> np.ndarray:
    return jepa.encoder.encode(jepa.encoder.prepare([clip]).video, layer=layer).tokens[0].double().numpy()


def test_one_basis_serves_all_time_steps_of_a_clip(jepa: Jepa, bank: Bank) -> None:
    clip = bank.clips[0]
    found = features(jepa, clip)
    assert found.layers == ("block 0", "block 1", "output")
    for k, layer in enumerate((0, 1, None)):
        values = tokens(jepa, clip, layer)
        rest = values.reshape(-1, values.shape[-1])
        rest = rest - rest.mean(0)
        _, sizes, axes = np.linalg.svd(rest, full_matrices=False)
        np.testing.assert_allclose(found.explained[k], sizes[:3] ** 2 / (sizes**2).sum(), atol=1e-6)
        np.testing.assert_allclose(np.abs(found.scores[k].reshape(-1, 3)), np.abs(rest @ axes[:3].T), atol=1e-4)
        np.testing.assert_allclose(found.norms[k], np.linalg.norm(values, axis=-1), rtol=1e-5)


def test_without_the_mean_at_each_position_position_alone_draws_one_colour(jepa: Jepa, bank: Bank) -> None:
    found = features(jepa, bank.clips[0], bank=bank, centred=True, source="position")
    assert np.ptp(found.scores.reshape(len(found.layers), -1, 3), axis=1).max() < 1e-4
    plain = features(jepa, bank.clips[0], bank=bank, source="position")
    assert np.ptp(plain.scores.reshape(len(plain.layers), -1, 3), axis=1).max() > 1e-2


def test_baselines_are_drawn_in_the_basis_of_the_model_but_for_those_of_other_spaces(jepa: Jepa, bank: Bank) -> None:
    clip, own = bank.clips[0], features(jepa, bank.clips[0], bank=bank)
    for source in ("other", "position", "shuffled"):
        found = features(jepa, clip, bank=bank, source=source)
        np.testing.assert_array_equal(found.explained, own.explained)
        assert (found.scores != own.scores).any()
    shuffled = features(jepa, clip, source="shuffled")
    np.testing.assert_allclose(np.sort(shuffled.scores[-1, ..., 0].ravel()), np.sort(own.scores[-1, ..., 0].ravel()), atol=1e-5)
    assert features(jepa, clip, source="pixels").layers == ("pixels",)
    assert (features(jepa, clip, source="untrained").explained != own.explained).any()


def test_a_basis_of_the_bank_leaves_the_clip_itself_out(jepa: Jepa, bank: Bank) -> None:
    found = features(jepa, bank.clips[0], bank=bank, basis="bank", clips=len(bank))
    values = np.concatenate([tokens(jepa, c, None).reshape(-1, jepa.card.dim) for c in bank.clips[1:]])
    sizes = np.linalg.svd(values - values.mean(0), compute_uv=False)
    np.testing.assert_allclose(found.explained[-1], sizes[:3] ** 2 / (sizes**2).sum(), atol=1e-5)
    assert found.tokens == len(values)
    assert "11 clips of noise" in found.fitted


def test_similarity_is_the_cosine_and_the_nearest_are_those_of_a_slow_count(jepa: Jepa, bank: Bank) -> None:
    clip, asked = bank.clips[0], 7
    found = similarity(jepa, clip, asked, bank=bank, clips=len(bank), count=5, layer=1)
    values = tokens(jepa, clip, 1)
    query = values.reshape(-1, values.shape[-1])[asked]
    np.testing.assert_allclose(found.map, values @ query / np.linalg.norm(values, axis=-1) / np.linalg.norm(query), atol=1e-6)
    assert found.map[found.token] == pytest.approx(1)
    every = list[tuple[float, tuple[int, ...]]]()
    for i, other in enumerate(bank.clips[1:], 1):
        rows = tokens(jepa, other, 1)
        for place in np.ndindex(*found.map.shape):
            every.append((float(rows[place] @ query / np.linalg.norm(rows[place]) / np.linalg.norm(query)), (i, *place)))
    best = sorted(every, reverse=True)[:5]
    np.testing.assert_allclose(found.cosines, [c for c, _ in best], atol=1e-5)
    assert [tuple(row) for row in found.nearest.tolist()] == [place for _, place in best]
    assert found.usual == pytest.approx(np.quantile([c for c, _ in every], 0.99), abs=1e-4)
    assert found.patches.shape[0] == 5


def test_numbers_by_layer_are_those_of_each_layer_alone(jepa: Jepa, bank: Bank) -> None:
    from workbench.measures.dimension import rank_me
    from workbench.measures.health.formulas import position_share

    found = layer_profile(jepa, bank, clips=len(bank), halves=2)
    for k, layer in enumerate((0, 1, None)):
        values = np.stack([tokens(jepa, c, layer) for c in bank.clips])
        flat = values.reshape(len(bank), -1, values.shape[-1])
        if flat.shape[1] <= 64:
            assert found.position[k].value == pytest.approx(position_share(flat), rel=1e-5)
        pooled = flat.mean(1)
        assert found.rank[k].value == pytest.approx(rank_me(pooled - pooled.mean(0)), rel=1e-5)
        assert found.similarity[k, 0] == pytest.approx(1)
        assert found.spectrum[k].sum() == pytest.approx(1)
    assert found.distances[0] == 0


class Strange(Encoder):
    """An encoder of which some tokens, or its size, are not as they should be."""

    def __init__(self, inner: Encoder, change: Any) -> None:
        self.inner, self.change, self.weights, self.layers = inner, change, inner.weights, inner.layers

    def prepare(self, clips: Any) -> Any:
        return self.inner.prepare(clips)

    def encode(self, video: Tensor, **asked: Any) -> Latents:
        found = self.inner.encode(video, **asked)
        return replace(found, tokens=self.change(found.tokens))


def test_bad_input_is_told_in_words(jepa: Jepa, bank: Bank) -> None:
    clip = bank.clips[0]
    broken = replace(jepa, encoder=Strange(jepa.encoder, lambda t: torch.where(torch.arange(t.shape[-1]) == 0, torch.nan, t)))
    with pytest.raises(BadInput, match="tokens of block 0 are NaN"):
        features(broken, clip)
    with pytest.raises(BadInput, match="no layer 9"):
        similarity(jepa, clip, 0, layer=9)
    with pytest.raises(BadInput, match="token 999"):
        similarity(jepa, clip, 999)
    with pytest.raises(PartUnavailable, match="need a bank"):
        features(jepa, clip, centred=True)
    with pytest.raises(BadInput, match="basis is clip or bank"):
        features(jepa, clip, basis="nothing")
    short = Bank([Clip(c.pixels[:1]) for c in bank.clips], "stills")
    with pytest.raises(BadInput, match="tokens, this one"):
        features(jepa, clip, bank=short, basis="bank")
    with pytest.raises(BadInput, match="8 clips or more"):
        layer_profile(jepa, Bank(bank.clips[:4], "few"))


def test_a_constant_image_has_maps_and_one_token_is_refused() -> None:
    made = toy.build(3)
    grey = Clip(np.full((1, 32, 32, 3), 90, np.uint8))
    assert np.isfinite(features(made, grey).explained).all()
    flat = replace(made, encoder=Strange(made.encoder, torch.ones_like))
    found = features(flat, grey)
    assert found.variance == 0
    assert (found.colours == 128).all()
    assert np.isfinite(similarity(flat, grey, 0).others).all()
    one = jw.load("two-rooms")
    with pytest.raises(BadInput, match="1 token to take components of"):
        features(one, jw.open_bank("two-rooms").clips[0].still(0))


def test_memory_is_asked_before_it_is_taken(jepa: Jepa, bank: Bank) -> None:
    huge = replace(jepa, card=replace(jepa.card, dim=10**12))
    with pytest.raises(OutOfMemory, match=r"3 layers of 1 clips of .* GiB are free"):
        tokens_of.of_clip(huge, jepa.encoder.prepare(bank.clips[:1]), "target")
    layer = nn.Sequential(Layer(4, 2))
    with pytest.raises(OutOfMemory, match="attention weights of 1 × 4000000 tokens in 2 heads"), attention_of(layer, lambda w: w):
        layer(torch.zeros(1, 1, 4).expand(1, 4_000_000, 4))


def test_another_clip_is_shown_by_its_number_with_its_pixels_in_the_basis_of_this_one(jepa: Jepa, bank: Bank) -> None:
    clip = bank.clips[0]
    found = features(jepa, clip, bank=bank, source="other", other=3)
    assert found.other == 3
    assert np.array_equal(found.pixels, jepa.encoder.prepare([bank.clips[3]]).shown[0].numpy())
    own, theirs = features(jepa, clip), features(jepa, bank.clips[3])
    np.testing.assert_array_equal(found.norms, theirs.norms)
    np.testing.assert_array_equal(found.explained, own.explained)
    following = features(jepa, clip, bank=bank, source="other")
    assert following.other > 0
    assert own.other == -1
    assert own.pixels.size == 0
    alike = similarity(jepa, clip, 5, bank=bank, other=3, layer=0)
    tokens = [jepa.encoder.encode(jepa.encoder.prepare([c]).video, layer=0).tokens[0].double().flatten(0, 2) for c in (clip, bank.clips[3])]
    units = [each / each.norm(dim=-1, keepdim=True) for each in tokens]
    np.testing.assert_allclose(alike.beside.ravel(), (units[1] @ units[0][5]).numpy(), atol=1e-5)
    with pytest.raises(BadInput, match="no clip 100"):
        features(jepa, clip, bank=bank, source="other", other=99)
    with pytest.raises(BadInput, match="no clip 100"):
        similarity(jepa, clip, 5, bank=bank, other=99)
