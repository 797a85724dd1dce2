"""Folders of Transformers against Transformers 5.23, number by number, and what is said of them.

Compared are all arrays of hf_ijepa and hf_vjepa2 but `hidden_state_0`, what the patch embedding gives before the first block:
the workbench counts layers from the first block's output. `other_8x48x48` and `other_4x40x24` agree only once positions are
counted as Transformers counts them, on the trained grid; the workbench counts true rows and columns, as the official code.
`predictor_last_hidden_state` is what the predictor makes of tokens that have seen everything, which the workbench never gives it.
"""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from safetensors.torch import load_file, save_file
from torch import Tensor

from tests.families.official import GOLDEN, at, close, mask_of, official
from workbench.boards.checkpoint.views import report_dict
from workbench.boards.masks.words import captions
from workbench.cli.reports import report_text
from workbench.core.card import Fact, LoadReport
from workbench.core.clip import Clip
from workbench.core.errors import AmbiguousModel, BadInput, CheckpointError, PartUnavailable
from workbench.core.mask import Mask
from workbench.families.load import inspect, load
from workbench.measures.prediction import masked_view
from workbench.nn.vit import Vit

IMAGE, VIDEO = GOLDEN / "hf_ijepa", GOLDEN / "hf_vjepa2"
Content = dict[str, Tensor]


@pytest.fixture(scope="module")
def ijepa():
    return official({"path": IMAGE})


@pytest.fixture(scope="module")
def vjepa2():
    jepa, given, expected = official({"path": VIDEO})
    return jepa, {k: v.transpose(1, 2) if v.ndim == 5 else v for k, v in given.items()}, expected


def copied(source: Path, folder: Path, change: Callable[[Content], Content | None] = lambda _: None, **settings: Any) -> Path:
    """A copy of a fixture with other tensors or other settings; a setting of None is taken out."""
    for file in source.glob("*config.json"):
        shutil.copy(file, folder / file.name)
    config = json.loads((folder / "config.json").read_text()) | settings
    (folder / "config.json").write_text(json.dumps({k: v for k, v in config.items() if v is not None}))
    content = load_file(source / "model.safetensors")
    save_file(change(content) or content, folder / "model.safetensors")
    return folder


def fact(report: LoadReport, name: str) -> Fact:
    return next(f for f in report.facts if f.name == name)


def encoded(jepa: Any, video: Tensor, **asked: Any) -> Tensor:
    return jepa.encoder.encode(video, weights="context", **asked).tokens.flatten(1, 3)


def test_ijepa_matches_at_every_size_and_layer(ijepa) -> None:
    jepa, given, expected = ijepa
    images = given["pixel_values"][:, :, None]
    close(encoded(jepa, images), expected["last_hidden_state"], 2e-5)
    for layer in range(3):
        close(encoded(jepa, images, layer=layer), expected[f"hidden_state_{layer + 1}"], 1e-4)
    for size in ("48x48", "40x24"):
        close(encoded(jepa, given[f"pixel_values_{size}"][:, :, None]), expected[f"last_hidden_state_{size}"], 2e-5)


def test_ijepa_prepares_images_of_its_size_as_the_processor(ijepa) -> None:
    jepa, given, _ = ijepa
    prepared = jepa.encoder.prepare([Clip(image[None].numpy()) for image in given["images_uint8"]])
    close(prepared.video[:, :, 0], given["pixel_values"], 1e-6)


def test_ijepa_has_one_encoder_and_says_which() -> None:
    jepa = load(IMAGE)
    assert jepa.encoder.weights == ("context",)
    assert jepa.masked is None
    assert fact(jepa.report, "encoder").value == "context"
    with pytest.raises(PartUnavailable, match="no target encoder"):
        jepa.encoder.encode(torch.zeros(1, 3, 1, 32, 32))
    with pytest.raises(PartUnavailable):
        jepa.need_masked()


def test_vjepa2_matches_at_every_length_and_layer(vjepa2) -> None:
    jepa, given, expected = vjepa2
    close(encoded(jepa, given["pixel_values_videos"]), expected["last_hidden_state"], 2e-5)
    close(encoded(jepa, given["other_4x32x32"]), expected["other_4x32x32_last_hidden_state"], 2e-5)
    close(encoded(jepa, given["single_frame"].repeat(1, 1, 2, 1, 1)), expected["single_frame_last_hidden_state"], 2e-5)
    for layer in range(2):
        close(encoded(jepa, given["pixel_values_videos"], layer=layer), expected[f"hidden_state_{layer + 1}"], 2e-4)


class OnTheTrainedGrid(Vit):
    """Counts rows and columns as Transformers does."""

    def turns(self, ids: Tensor, grid: tuple[int, int, int], dtype: torch.dtype) -> Any:
        return super().turns(ids, (grid[0], 4, 4), dtype)


@pytest.mark.parametrize("size", ["8x48x48", "4x40x24"])
def test_vjepa2_leaves_transformers_at_other_sizes_by_its_positions_alone(vjepa2, size: str) -> None:
    jepa, given, expected = vjepa2
    ours = jepa.encoder.vit("context")
    theirs = OnTheTrainedGrid(ours.config).eval()
    theirs.load_state_dict(ours.state_dict())
    video, wanted = given[f"other_{size}"], expected[f"other_{size}_last_hidden_state"]
    close(theirs(video).detach(), wanted, 2e-5)
    assert (encoded(jepa, video) - wanted).abs().max() > 1e-2


@pytest.mark.parametrize("case", [0, 1])
def test_vjepa2_predictor_matches_on_tokens_that_saw_everything(vjepa2, case: int) -> None:
    jepa, given, expected = vjepa2
    seen, asked = given[f"context_mask_{case}"], given[f"target_mask_{case}"]
    video, masked = given["pixel_values_videos"], jepa.need_masked()
    full = jepa.encoder.encode(video, weights="context").tokens
    close(at(full, seen), expected[f"masked_hidden_state_{case}"], 2e-5)
    close(at(full, asked), expected[f"predictor_target_hidden_state_{case}"], 2e-5)
    predicted = masked.predictor(at(full, seen), seen, asked, (4, 4), masked.default_token)
    close(predicted, expected[f"predictor_last_hidden_state_{case}"], 2e-5)
    close((predicted - at(masked.targets(video).tokens, asked)).abs().mean(-1), expected[f"l1_per_token_{case}"], 2e-5)
    honest = masked.predict(video, mask_of(seen, (4, 4, 4)), mask_of(asked, (4, 4, 4))[None])[0].tokens
    assert (at(honest, asked) - predicted).abs().max() > 1e-3, "hidden tokens must not have been seen"


def test_vjepa2_predictor_matches_where_everything_is_context_and_target(vjepa2) -> None:
    jepa, given, expected = vjepa2
    full = encoded(jepa, given["pixel_values_videos"])
    every = torch.arange(64).expand(2, -1)
    close(jepa.need_masked().predictor(full, every, every, (4, 4), 1), expected["fullmask_predictor_last_hidden_state"], 2e-5)


def test_vjepa2_prepares_frames_as_the_video_processor(vjepa2) -> None:
    jepa, given, expected = vjepa2
    prepared = jepa.encoder.prepare([Clip(given["frames_uint8"].numpy(), fps=4.0)])
    close(prepared.video, expected["frames_pixel_values"].transpose(1, 2), 0.02)


def test_the_same_weights_have_the_same_hash_and_predictions_in_the_official_layout(tmp_path: Path) -> None:
    theirs = load(VIDEO)
    state = {part: net.state_dict() for part, net in (("encoder", theirs.encoder.vit("context")), ("predictor", theirs.need_masked().predictor))}
    torch.save(state, tmp_path / "latest.pt")
    ours = load(tmp_path, heads=2, predictor_heads=2, frames=8, image_size=32)
    assert ours.card.family == "vjepa2"
    assert ours.card.hashes == theirs.card.hashes
    video, shape = torch.randn(1, 3, 8, 32, 32), (4, 4, 4)
    context = mask_of(torch.arange(20)[None], shape)
    for a, b in zip(*(m.need_masked().predict(video, context, ~context[None]) for m in (ours, theirs)), strict=True):
        torch.testing.assert_close(a.tokens, b.tokens, atol=0, rtol=0, equal_nan=True)


def test_the_encoder_stands_in_for_the_missing_teacher_and_measures_run(vjepa2) -> None:
    jepa, given, _ = vjepa2
    assert jepa.report.part("encoder_target").status == "missing"
    assert jepa.encoder.weights == ("context",)
    assert "EMA teacher" in fact(jepa.report, "targets").why
    assert "targets are the same encoder's own output, layer-normed" in jepa.card.notes
    target = next(p for p in report_dict(jepa.report)["parts"] if p["name"] == "encoder_target")
    assert target["refused"] == "Replaced by: encoder (context) (see the settings)."
    seen = np.zeros((4, 4, 4), bool)
    seen[:, :2] = True
    view = masked_view(jepa, Clip(given["frames_uint8"].numpy(), fps=4.0), Mask(seen, ~seen[None]))
    assert view.error.mean > 0
    assert captions(view, None)["target"].startswith("Output of the encoder itself (the file has no target encoder).")
    assert "replaced by: encoder (context)" in report_text(jepa.report)
    alone = load(VIDEO, parts=["encoder_context"])
    assert alone.masked is None
    with pytest.raises(PartUnavailable, match=r"encoder \(target\): missing"):
        alone.report.require("encoder_target")


LAYERS_5X = [
    ("encoder.layer.", "layers."),
    ("attention.attention.query", "attention.q_proj"),
    ("attention.attention.key", "attention.k_proj"),
    ("attention.attention.value", "attention.v_proj"),
    ("attention.output.dense", "attention.o_proj"),
    ("intermediate.dense", "mlp.fc1"),
    ("output.dense", "mlp.fc2"),
]


def in_5x(content: Content) -> Content:
    for old, new in LAYERS_5X:
        content = {k.replace(old, new): v for k, v in content.items()}
    return content


def test_names_of_transformers_5_in_memory_are_the_same_model(tmp_path: Path) -> None:
    folder = copied(IMAGE, tmp_path, in_5x)
    assert "layers.0.attention.q_proj.weight" in load_file(folder / "model.safetensors")
    assert load(folder).card.hashes == load(IMAGE).card.hashes
    assert load(folder).report.whole


@pytest.mark.parametrize(("source", "wrapper"), [(IMAGE, "ijepa."), (VIDEO, "vjepa2.")])
def test_a_classifier_opens_as_its_backbone_and_its_head_is_left_out_with_the_reason(tmp_path: Path, source: Path, wrapper: str) -> None:
    def head(content: Content) -> Content:
        more = {"classifier.weight": torch.zeros(5, 48), "classifier.bias": torch.zeros(5), "pooler.query_tokens": torch.zeros(1, 1, 48)}
        return {wrapper + k: v for k, v in content.items()} | more

    jepa = load(copied(source, tmp_path, head))
    assert jepa.card.hashes == load(source).card.hashes
    if source is IMAGE:
        ignored = dict(jepa.report.part("encoder_context").ignored)
        assert set(ignored) == {"classifier.weight", "classifier.bias", "pooler.query_tokens"}
        assert "a head for labels" in ignored["classifier.bias"]
    else:
        assert jepa.head is None
        assert "a head of another kind" in dict(jepa.report.part("head").ignored)["3 tensors"]
    assert jepa.report.whole


def test_a_model_spread_over_files_is_the_same_model(tmp_path: Path) -> None:
    content = load_file(copied(VIDEO, tmp_path) / "model.safetensors")
    (tmp_path / "model.safetensors").unlink()
    names = sorted(content)
    places = {n: f"model-0000{1 + i % 2}-of-00002.safetensors" for i, n in enumerate(names)}
    for place in set(places.values()):
        save_file({n: content[n] for n in names if places[n] == place}, tmp_path / place)
    (tmp_path / "model.safetensors.index.json").write_text(json.dumps({"metadata": {}, "weight_map": places}))
    assert load(tmp_path).card.hashes == load(VIDEO).card.hashes


def test_a_missing_third_of_an_attention_is_partial_and_named(tmp_path: Path) -> None:
    def cut(content: Content) -> None:
        del content["encoder.layer.1.attention.key.weight"]

    report = load(copied(VIDEO, tmp_path, cut)).report
    part = report.part("encoder_context")
    assert part.status == "partial"
    assert part.missing == ("blocks.1.attn.qkv.weight",)
    assert part.unexpected == ("blocks.1.attn.qkv.weight.query", "blocks.1.attn.qkv.weight.value")
    with pytest.raises(PartUnavailable, match="1 missing"):
        report.require("encoder_target")


def test_a_file_with_fewer_blocks_than_its_json_says_is_partial(tmp_path: Path) -> None:
    def cut(content: Content) -> Content:
        return {k: v for k, v in content.items() if ".layer.2." not in k}

    part = inspect(copied(IMAGE, tmp_path, cut)).part("encoder_context")
    assert part.status == "partial"
    assert "blocks.2.attn.qkv.weight" in part.missing


def test_the_epsilon_is_the_files_own_or_its_classs(tmp_path: Path) -> None:
    assert load(IMAGE).encoder.vit("context").norm.eps == 1e-6
    silent = load(copied(IMAGE, tmp_path, layer_norm_eps=None))
    assert {silent.encoder.vit("context").blocks[0].norm1.eps, silent.encoder.vit("context").norm.eps} == {1e-12}
    assert fact(silent.report, "layer_norm_eps") == Fact("layer_norm_eps", 1e-12, "inferred", "not in config.json: the default of IJepaConfig")
    assert load(tmp_path, layer_norm_eps=1e-6).encoder.vit("context").norm.eps == 1e-6
    with pytest.raises(BadInput, match="layer_norm_eps"):
        load(tmp_path, layer_norm_eps=0)


def test_without_a_json_everything_that_tensors_do_not_say_is_asked_for(tmp_path: Path) -> None:
    copied(VIDEO, tmp_path)
    (tmp_path / "config.json").unlink()
    with pytest.raises(AmbiguousModel, match="say heads and layer_norm_eps and predictor_heads and frames and image_size"):
        load(tmp_path)
    said = load(tmp_path, heads=2, layer_norm_eps=1e-6, predictor_heads=2, frames=8, image_size=32)
    assert said.card.hashes == load(VIDEO).card.hashes


def test_a_default_of_the_class_that_these_tensors_cannot_have_is_asked_for(tmp_path: Path) -> None:
    with pytest.raises(AmbiguousModel, match="say heads") as caught:
        load(copied(VIDEO, tmp_path, num_attention_heads=None))
    assert "heads=…: 1 and 2 divide 32" in caught.value.fix


@pytest.mark.parametrize(
    ("setting", "words"),
    [
        ({"num_attention_heads": float("inf")}, "num_attention_heads: inf"),
        ({"hidden_act": "gelu_new"}, "hidden_act is 'gelu_new'"),
        ({"qkv_bias": False}, "qkv_bias is False"),
        ({"hidden_size": 64}, "hidden_size 64, the tensors say 32"),
        ({"patch_size": 16}, "patch_size 16, the tensors say 8"),
        ({"tubelet_size": 1}, "tubelet_size 1, the tensors say 2"),
        ({"num_attention_heads": 3}, "num_attention_heads: 3"),
        ({"num_hidden_layers": 0}, "num_hidden_layers: 0"),
        ({"pred_num_hidden_layers": "many"}, "pred_num_hidden_layers: 'many'"),
        ({"layer_norm_eps": "small"}, "layer_norm_eps: 'small'"),
        ({"crop_size": 30}, "crop_size: 30"),
    ],
)
def test_a_json_of_another_model_is_refused(tmp_path: Path, setting: dict, words: str) -> None:
    with pytest.raises(CheckpointError, match=words):
        load(copied(VIDEO, tmp_path, **setting))


def test_a_model_in_the_cache_is_called_after_its_repository(tmp_path: Path) -> None:
    folder = tmp_path / "models--facebook--vjepa2-vitl-fpc64-256" / "snapshots" / "b576"
    folder.mkdir(parents=True)
    assert load(copied(VIDEO, folder)).card.name == "vjepa2-vitl-fpc64-256 (V-JEPA 2 32×2/8)"


def test_two_names_of_one_tensor_are_refused(tmp_path: Path) -> None:
    def twice(content: Content) -> None:
        content["layers.0.layernorm_before.weight"] = torch.ones(48)

    with pytest.raises(CheckpointError, match="under two names"):
        load(copied(IMAGE, tmp_path, twice))
