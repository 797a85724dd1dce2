"""Encoders that are no JEPA, in Transformers' layout, against Transformers' own numbers."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import numpy as np
import pytest
import torch
from safetensors.torch import load_file, save_file
from torch import Tensor

from tests.families.official import GOLDEN, close
from tests.families.vit_folder import DINOV2, VIT, cut
from workbench.core.clip import Clip
from workbench.core.errors import AmbiguousModel, CheckpointError, PartUnavailable
from workbench.families.load import inspect, load
from workbench.model import Jepa

LEWM = {"4.x": "lewm_variants/transformers4/weights.pt", "5.x": "lewm_variants/weights.pt"}


def arrays(folder: str, name: str) -> dict[str, Tensor]:
    return {k: torch.tensor(v) for k, v in np.load(GOLDEN / folder / f"{name}.npz").items()}


def tokens(jepa: Jepa, frames: Tensor) -> Tensor:
    """[batch, frames, class token and grid, dim] of frames [batch, frames, 3, height, width]."""
    seen = jepa.encoder.encode(frames.transpose(1, 2), weights="context")
    assert seen.extra is not None
    return torch.cat([seen.extra, seen.tokens.flatten(2, 3)], 2)


def test_a_dinov2_gives_transformers_tokens_also_at_another_size_than_its_table(tmp_path: Path) -> None:
    jepa = load(cut(tmp_path, "swm_prejepa/weights_epoch_10.pt", "backbone.", DINOV2), image_size=56)
    assert (jepa.card.family, jepa.card.paper, jepa.report.whole) == ("comparison", "arXiv 2304.07193", True)
    given, expected = arrays("swm_prejepa", "inputs"), arrays("swm_prejepa", "expected")
    close(tokens(jepa, given["pixels"])[:, :, 1:], expected["pixels_emb"])
    assert {f.name: f.value for f in jepa.report.facts}["position table"] == "resized from 5×5"


@pytest.mark.parametrize("layout", LEWM)
@pytest.mark.parametrize("prefix", ["", "vit.", "model.vit."])
def test_a_vit_gives_transformers_tokens_in_both_spellings_and_behind_its_class_name(tmp_path: Path, layout: str, prefix: str) -> None:
    jepa = load(cut(tmp_path, LEWM[layout], "encoder.", VIT, prefix))
    assert (jepa.card.family, jepa.card.paper, jepa.report.whole) == ("comparison", "arXiv 2010.11929", True)
    given, expected = arrays("lewm_variants", "inputs"), arrays("lewm_variants", "expected")
    close(tokens(jepa, given["pixels"]), expected["encoder_tokens"])


def test_it_is_said_to_be_no_jepa_and_has_no_predictor(tmp_path: Path) -> None:
    jepa = load(cut(tmp_path, LEWM["5.x"], "encoder.", {**VIT, "model_type": "vit_mae"}, "vit."))
    assert (jepa.masked, jepa.dynamics, jepa.decoder) == (None, None, None)
    assert "no JEPA: it has no predictor" in jepa.card.notes
    assert (jepa.card.paper, "MAE" in jepa.card.name) == ("arXiv 2111.06377", True)
    with pytest.raises(PartUnavailable):
        jepa.need_masked()


def test_a_decoder_of_mae_is_left_aside_and_said(tmp_path: Path) -> None:
    cut(tmp_path, LEWM["5.x"], "encoder.", VIT, "vit.")
    state = load_file(tmp_path / "model.safetensors")
    save_file({**state, "decoder.decoder_embed.weight": torch.zeros(8, 48)}, tmp_path / "model.safetensors")
    facts = {f.name: f.value for f in load(tmp_path).report.facts}
    assert facts["left aside"] == f"1 of {len(state) + 1} tensors"


def test_the_processors_json_tells_how_images_are_prepared(tmp_path: Path) -> None:
    cut(tmp_path, LEWM["5.x"], "encoder.", VIT)
    assert "assumed" in {f.name: f.origin for f in inspect(tmp_path).facts}["mean"]
    said = {"image_processor_type": "ViTImageProcessor", "do_resize": True, "size": {"height": 32, "width": 32}, "resample": 2}
    (tmp_path / "preprocessor_config.json").write_text(json.dumps(said))
    jepa = load(tmp_path)
    assert "stretched to 32×32 (bilinear, antialiased)" in jepa.card.preprocessing
    assert "mean (0.5, 0.5, 0.5)" in jepa.card.preprocessing
    assert jepa.encoder.prepare([Clip(np.zeros((3, 40, 50, 3), np.uint8), fps=5.0)]).grid.shape == (3, 4, 4)


def test_heads_that_nobody_tells_are_asked_for_and_other_networks_refused(tmp_path: Path) -> None:
    cut(tmp_path, LEWM["5.x"], "encoder.", None)
    with pytest.raises(AmbiguousModel, match="say heads"):
        load(tmp_path)
    assert {f.name: f.origin for f in load(tmp_path, heads=4).report.facts}["kind"] == "assumed"
    for wrong, words in (
        ({"hidden_act": "relu"}, "hidden_act is 'relu'"),
        ({"layer_norm_eps": "x"}, "layer_norm_eps"),
        ({"layer_norm_eps": -1}, "does not fit"),
    ):
        (tmp_path / "config.json").write_text(json.dumps({**VIT, **wrong}))
        with pytest.raises(CheckpointError, match=words):
            load(tmp_path)


DINOV3 = {"plain": "hf_dinov3", "gated": "hf_dinov3_gated"}


@pytest.mark.parametrize("kind", DINOV3)
def test_a_dinov3_gives_transformers_tokens_with_plain_and_with_gated_mlps(kind: str) -> None:
    jepa = load(GOLDEN / DINOV3[kind])
    assert (jepa.card.family, jepa.card.paper, jepa.report.whole) == ("comparison", "arXiv 2508.10104", True)
    given, expected = arrays(DINOV3[kind], "inputs")["images"], arrays(DINOV3[kind], "expected")["tokens"]
    close(tokens(jepa, given[:, None])[:, 0], expected)
    facts = {f.name: f for f in jepa.report.facts}
    assert (facts["kind"].value, facts["heads"].origin) == ("DINOv3", "given")


@pytest.mark.parametrize("prefix", ["backbone.", "dinov3_vit."])
def test_a_dinov3_opens_behind_a_prefix_and_as_transformers_5_holds_it(prefix: str, tmp_path: Path) -> None:
    state = load_file(GOLDEN / "hf_dinov3" / "model.safetensors")
    held = {prefix + (f"model.{n}" if n.startswith("layer.") else n): t for n, t in state.items()}
    save_file(held, tmp_path / "model.safetensors")
    (tmp_path / "config.json").write_text((GOLDEN / "hf_dinov3" / "config.json").read_text())
    assert load(tmp_path).card.hashes == load(GOLDEN / "hf_dinov3").card.hashes


def test_a_dinov3_without_its_json_asks_for_heads_and_one_of_another_network_is_refused(tmp_path: Path) -> None:
    shutil.copy(GOLDEN / "hf_dinov3" / "model.safetensors", tmp_path)
    with pytest.raises(AmbiguousModel, match="say heads"):
        load(tmp_path)
    facts = {f.name: f for f in load(tmp_path, heads=4).report.facts}
    assert (facts["image_size"].value, facts["rope_theta"].origin, facts["mean"].origin) == ((224, 224), "inferred", "assumed")
    said = json.loads((GOLDEN / "hf_dinov3" / "config.json").read_text())
    for wrong in ({"hidden_act": "silu"}, {"use_gated_mlp": True}):
        (tmp_path / "config.json").write_text(json.dumps({**said, **wrong}))
        with pytest.raises(CheckpointError, match=f"{next(iter(wrong))} is "):
            load(tmp_path)
    (tmp_path / "config.json").write_text(json.dumps({**said, "rope_theta": "x"}))
    with pytest.raises(CheckpointError, match="rope_theta"):
        load(tmp_path)


def test_the_contract_of_frames_holds_for_a_dinov3() -> None:
    jepa = load(GOLDEN / "hf_dinov3")
    video = arrays("hf_dinov3", "inputs")["images"][:, :, None]
    shown = torch.zeros(2, 1, 4, 5, dtype=torch.bool)
    shown[0, :, 1:3], shown[1, :, :, 2:] = True, True
    pixels = shown.repeat_interleave(8, 2).repeat_interleave(8, 3)[:, None]
    seen = jepa.encoder.encode(video, weights="context", visible=shown)
    painted = jepa.encoder.encode(video.masked_fill(~pixels, float("nan")), weights="context", visible=shown)
    assert torch.equal(seen.tokens.isfinite().all(-1), shown)
    assert torch.equal(painted.tokens[shown], seen.tokens[shown])
    twin = jepa.untrained(1)
    assert twin.report.whole
    assert not torch.allclose(twin.encoder.encode(video, weights="context").tokens, jepa.encoder.encode(video, weights="context").tokens)
