"""Attention is that of Transformers, and of a slow count in the predictor; it sums to one, and what cannot be asked is refused in words."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
import torch

from tests.families.official import GOLDEN, IJEPA, VJEPA2, close, official
from workbench.core.clip import Clip
from workbench.core.errors import BadInput, MaskError, PartUnavailable
from workbench.core.mask import Mask
from workbench.families import toy
from workbench.families.load import load
from workbench.masks import make, sample_mask
from workbench.measures.features import attention
from workbench.model.jepa import Jepa
from workbench.nn.parts import VitMasked


@pytest.mark.parametrize(("name", "pixels"), [("hf_ijepa", "pixel_values"), ("hf_vjepa2", "pixel_values_videos")])
def test_attention_is_that_of_transformers(name: str, pixels: str) -> None:
    """`attentions.npz`: output_attentions of Transformers 5.24 on the first input of the fixture, [layers, heads, queries, keys]."""
    jepa, given, _ = official({"path": GOLDEN / name})
    theirs = torch.tensor(np.load(GOLDEN / name / "attentions.npz")["attentions"])
    video = given[pixels][:1]
    video = video[:, :, None] if video.ndim == 4 else video.transpose(1, 2)
    ours = jepa.encoder.attention(video, lambda w: w[0], weights=jepa.encoder.weights[0])
    close(torch.stack(ours), theirs, 1e-5)


@pytest.fixture(scope="module", params=["image", "video"])
def model(request: pytest.FixtureRequest) -> tuple[Jepa, Clip, Mask]:
    image = request.param == "image"
    jepa = load(**(IJEPA if image else VJEPA2))
    height, width = jepa.card.image_size
    clip = Clip(np.random.default_rng(1).integers(0, 256, (jepa.card.frames, height, width, 3), dtype=np.uint8))
    shape = jepa.encoder.prepare([clip]).grid.shape
    sampler = "ijepa_multiblock" if image else "vjepa_multiblock"
    options: dict[str, Any] = {"min_keep": 1} if image else {"blocks": 1}
    mask = sample_mask(sampler, shape, seed=2, **options)
    return jepa, clip, mask


def slow(jepa: Jepa, clip: Clip, mask: Mask, block: np.ndarray) -> np.ndarray:
    """Attention of the predictor [layers, heads, queries, keys], in double precision, from its weights and what enters each block."""
    masked: Any = jepa.masked
    assert isinstance(masked, VitMasked)
    entered: list[tuple[torch.Tensor, Any]] = []
    layers: Any = masked.predictor.predictor_blocks
    hooks = [b.register_forward_pre_hook(lambda _, given: entered.append(given)) for b in layers]
    video = jepa.encoder.prepare([clip]).video
    masked.predict(video, torch.from_numpy(mask.context)[None], torch.from_numpy(block)[None, None])
    for hook in hooks:
        hook.remove()
    found = []
    for layer, given in zip(layers, entered, strict=True):
        x, rotary = given[0].double(), given[1]
        norm, attn = layer.norm1, layer.attn
        centred = x - x.mean(-1, keepdim=True)
        x = centred / (centred.square().mean(-1, keepdim=True) + norm.eps).sqrt() * norm.weight.double() + norm.bias.double()
        qkv = x @ attn.qkv.weight.double().T + attn.qkv.bias.double()
        n, heads, wide = x.shape[1], attn.heads, x.shape[2] // attn.heads
        weights = np.zeros((heads, n, n))
        for head in range(heads):
            q, k = (qkv[0, :, part * heads * wide + head * wide :][:, :wide].clone() for part in (0, 1))
            if rotary is not None:
                cos, sin = (r[0, :, 0, 0].double() for r in rotary)
                swapped = [t.reshape(n, -1, 2).flip(-1).reshape(n, -1) for t in (q, k)]
                q, k = (t * cos + s * sin for t, s in zip((q, k), swapped, strict=True))
            scores = (q @ k.T / wide**0.5).numpy()
            for row in range(n):
                e = np.exp(scores[row] - scores[row].max())
                weights[head, row] = e / e.sum()
        found.append(weights)
    return np.stack(found)


def test_the_predictors_attention_is_that_of_a_slow_count(model: tuple[Jepa, Clip, Mask]) -> None:
    jepa, clip, mask = model
    block = mask.targets[0]
    token = int(np.flatnonzero(block)[1])
    found = attention(jepa, clip, token, part="predictor", mask=mask)
    expected = slow(jepa, clip, mask, block)
    context, asked = np.flatnonzero(mask.context), np.flatnonzero(block)
    row = expected[:, :, len(context) + 1]
    flat = found.maps.reshape(*found.maps.shape[:2], -1)
    np.testing.assert_allclose(flat[..., context], row[..., : len(context)], atol=1e-5)
    np.testing.assert_allclose(flat[..., asked], row[..., len(context) :], atol=1e-5)
    neither = np.setdiff1d(np.arange(flat.shape[-1]), [*context, *asked])
    assert np.isnan(flat[..., neither]).all()
    np.testing.assert_allclose(found.context, row[..., : len(context)].sum(-1), atol=1e-5)


def test_attention_sums_to_one_and_rollout_is_the_product_of_the_layers(model: tuple[Jepa, Clip, Mask]) -> None:
    jepa, clip, mask = model
    found = attention(jepa, clip, 5, rollout=True)
    np.testing.assert_allclose(found.maps.sum((2, 3, 4)) + found.rest, 1, atol=1e-5)
    each = jepa.encoder.attention(jepa.encoder.prepare([clip]).video, lambda w: w[0].mean(0))
    product = np.eye(len(each[0]))
    for layer in each:
        product = (0.5 * layer.double().numpy() + 0.5 * np.eye(len(product))) @ product
    assert found.rollout is not None
    np.testing.assert_allclose(found.rollout.ravel(), product[5], atol=1e-5)
    assert ((found.entropy > 0) & (found.entropy <= 1 + 1e-6)).all()
    seen = attention(jepa, clip, int(np.flatnonzero(mask.context)[0]), mask=mask)
    assert np.array_equal(np.isfinite(seen.maps[0, 0]), mask.context)


def test_of_frames_that_are_encoded_alone_a_token_looks_at_its_own_frame_and_at_the_class_token() -> None:
    jepa = load(GOLDEN / "hf_dinov3")
    height, width = jepa.card.image_size
    clip = Clip(np.random.default_rng(0).integers(0, 256, (1, height, width, 3), dtype=np.uint8))
    found = attention(jepa, clip, 3, rollout=True)
    assert (found.rest > 0).all()
    np.testing.assert_allclose(found.maps.sum((2, 3, 4)) + found.rest, 1, atol=1e-5)


def test_reading_attention_changes_no_bit_of_the_output(model: tuple[Jepa, Clip, Mask]) -> None:
    jepa, clip, _ = model
    video = jepa.encoder.prepare([clip]).video
    before = jepa.encoder.encode(video).tokens
    jepa.encoder.attention(video, lambda w: w[0, 0, :1])
    assert torch.equal(jepa.encoder.encode(video).tokens, before)


def test_what_cannot_be_asked_is_refused_in_words(model: tuple[Jepa, Clip, Mask]) -> None:
    jepa, clip, mask = model
    target, context = int(np.flatnonzero(mask.target)[0]), int(np.flatnonzero(mask.context)[0])
    with pytest.raises(MaskError, match="is no target"):
        attention(jepa, clip, context, part="predictor", mask=mask)
    with pytest.raises(MaskError, match="needs a mask"):
        attention(jepa, clip, target, part="predictor")
    with pytest.raises(MaskError, match="is not context"):
        attention(jepa, clip, target, mask=mask)
    with pytest.raises(BadInput, match="no part"):
        attention(jepa, clip, target, part="decoder")
    made = toy.build(3)
    still = Clip(np.zeros((1, 16, 20, 3), np.uint8))
    with pytest.raises(PartUnavailable, match="attention of this encoder cannot be read"):
        attention(made, still, 0)
    shape = made.encoder.prepare([still]).grid.shape
    drawn = make("random_tokens").sample(shape, np.random.default_rng(0))
    with pytest.raises(PartUnavailable, match="attention of this predictor cannot be read"):
        attention(made, still, int(np.flatnonzero(drawn.target)[0]), part="predictor", mask=drawn)
