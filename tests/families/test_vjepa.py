"""V-JEPA: ours against the official code, number by number, to 3e-5; and how its files are read.

Of intphys_surprise are compared `surprise` and `surprise_per_timestep_*`; `surprise_filtered`, `_avg`, `_max` and `metric_*` are
computed from these by measures.
"""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
import yaml
from torch import Tensor
from torch.nn import functional as F

from tests.families.official import GOLDEN, INTPHYS, VJEPA, VJEPA2, at, close, mask_of, official
from workbench.core.card import Fact
from workbench.core.clip import Clip
from workbench.core.errors import AmbiguousModel, BadInput, CheckpointError
from workbench.families.load import inspect, load
from workbench.nn.vit import PredictorConfig, VitConfig

GRID = (2, 5, 5)
Content = dict[str, Any]


@pytest.fixture(scope="module")
def vjepa():
    return official(VJEPA)


@pytest.fixture
def content() -> Content:
    """What the official file holds, to be changed and saved again."""
    return torch.load(GOLDEN / "vjepa1" / "vitl16.pth.tar", weights_only=True)


def saved(folder: Path, content: Content, settings: dict | None = None) -> Path:
    torch.save(content, folder / "latest.pth.tar")
    if settings is not None:
        (folder / "params-pretrain.yaml").write_text(yaml.safe_dump(settings))
    return folder


def fact(path: Path, name: str, **said: Any) -> Fact:
    return next(f for f in inspect(path, **said).facts if f.name == name)


def test_encoders_and_targets_match(vjepa) -> None:
    jepa, given, expected = vjepa
    clips = given["clips"]
    close(jepa.encoder.encode(clips).tokens.flatten(1, 3), expected["target_tokens"])
    close(jepa.masked.targets(clips).tokens.flatten(1, 3), expected["target_tokens_ln"])
    close(jepa.encoder.encode(clips, weights="context").tokens.flatten(1, 3), expected["encoder_tokens_full"])


def asked(vjepa, mask: int, **choice: Any) -> tuple[Tensor, Tensor, Tensor]:
    """Context tokens, predictions and targets of one of the two masks."""
    jepa, given, _ = vjepa
    clips, seen, wanted = given["clips"], given[f"masks_enc_{mask}"], given[f"masks_pred_{mask}"]
    context, targets = mask_of(seen, GRID), mask_of(wanted, GRID)
    tokens = at(jepa.encoder.encode(clips, weights="context", visible=context).tokens, seen)
    answer = at(jepa.masked.predict(clips, context, targets[None], **choice)[0].tokens, wanted)
    return tokens, answer, at(jepa.masked.targets(clips).tokens, wanted)


@pytest.mark.parametrize("mask", [0, 1])
def test_each_mask_has_its_own_mask_token(vjepa, mask: int) -> None:
    expected = vjepa[2]
    tokens, answer, targets = asked(vjepa, mask, mask_token=mask)
    close(tokens, expected[f"context_tokens_{mask}"])
    close(answer, expected[f"pred_{mask}"])
    close(targets, expected[f"targets_{mask}"])
    close((answer - targets).abs().mean(-1), expected[f"loss_per_token_{mask}"])


def test_without_a_choice_the_second_mask_token_asks(vjepa) -> None:
    close(asked(vjepa, 0)[1], vjepa[2]["pred_default_maskindex_0"])
    assert fact(**VJEPA, name="mask_token").value == 1


def test_the_losses_over_both_masks_match(vjepa) -> None:
    answers = [asked(vjepa, mask, mask_token=mask)[1:] for mask in (0, 1)]
    close(torch.stack([(a - t).abs().mean() for a, t in answers]).mean(), vjepa[2]["loss_jepa"])
    spread = torch.stack([(a.var(1) + 1e-4).sqrt() for a, _ in answers]).mean(0)
    close(F.relu(1 - spread).mean(), vjepa[2]["loss_reg"])


@pytest.mark.parametrize("size", ["8x40x40", "4x64x64", "2x40x40"])
def test_at_other_sizes_and_lengths_the_positions_are_stretched_as_officially(vjepa, size: str) -> None:
    jepa, given, expected = vjepa
    tokens = jepa.encoder.encode(given[f"other_clip_{size}"], weights="context").tokens
    close(tokens.flatten(1, 3), expected[f"other_tokens_{size}"])


def test_the_predictor_follows_to_other_sizes_too(vjepa) -> None:
    jepa, given, _ = vjepa
    clips = given["other_clip_8x40x40"]
    context = torch.zeros(2, 4, 5, 5, dtype=torch.bool)
    context[:, :2] = True
    answer = jepa.masked.predict(clips, context, ~context[None])[0].tokens
    assert torch.equal(answer.isfinite().all(-1), ~context)


@pytest.mark.parametrize("seconds", [2, 4, 6])
def test_surprise_at_intuitive_physics_matches(seconds: int) -> None:
    jepa, given, expected = official(INTPHYS)
    prepared = jepa.encoder.prepare([Clip(c.numpy()) for c in given["clips_uint8"]])
    close(prepared.video, given["clips"], 1e-6)
    windows = given["clips"].unfold(2, 8, 2).permute(0, 2, 1, 5, 3, 4).flatten(0, 1)
    context = torch.zeros(len(windows), 4, 4, 4, dtype=torch.bool)
    context[:, : seconds // 2] = True
    answer = jepa.need_masked().predict(windows, context, ~context[None], mask_token=0)[0].tokens
    targets = jepa.need_masked().targets(windows)
    assert targets is not None
    by_tick = (answer - targets.tokens).abs()[:, seconds // 2 :].mean((2, 3, 4)).unflatten(0, (2, -1))
    close(by_tick, expected[f"surprise_per_timestep_ctx{seconds}"], 1e-5)
    close(by_tick.mean(-1), expected["surprise"][:, seconds // 2 - 1], 1e-5)


def test_a_table_that_can_be_cut_in_several_ways_asks_for_the_frames() -> None:
    with pytest.raises(AmbiguousModel, match="say frames") as caught:
        load(**{**INTPHYS, "frames": None})
    assert "frames=8: 4 of 4×4" in caught.value.fix
    assert "frames=2: 1 of 8×8" in caught.value.fix
    for frames in (6, 128, 3, "four", True):
        with pytest.raises(BadInput, match="64 places"):
            load(**{**INTPHYS, "frames": frames})
    assert fact(**VJEPA, name="frames").value == 4


def test_the_yaml_beside_the_file_answers(tmp_path: Path, content: Content) -> None:
    masks = [{"num_blocks": 3, "spatial_scale": [0.2, 0.2], "max_keep": None}, {"num_blocks": 1}]
    settings = {"data": {"num_frames": 4}, "mask": masks, "meta": {"num_heads": 2}, "model": {"uniform_power": False, "pred_num_heads": 3}}
    jepa = load(saved(tmp_path, content, settings))
    assert jepa.card.frames == 4
    assert jepa.card.samplers == (("vjepa_multiblock", {"blocks": 3, "spatial_scale": [0.2, 0.2]}), ("vjepa_multiblock", {"blocks": 1}))
    found = {f.name: f.value for f in jepa.report.facts}
    assert (found["heads"], found["predictor_heads"]) == (2, 3)


def test_published_sizes_need_no_word(tmp_path: Path) -> None:
    """Shapes alone decide: the tensors are seen from far."""
    for dim, depth, hidden, places, size in ((1024, 24, 4096, 1568, 224), (1280, 32, 5120, 4608, 384), (1408, 40, 6144, 1568, 224)):
        config = VitConfig(dim, depth, 16, hidden, 16, 2, table=(8, size // 16, size // 16))
        with torch.device("meta"):
            parts = {"target_encoder": config.make().state_dict(), "predictor": PredictorConfig(384, 12, 16, 1536, 2).make(config).state_dict()}
        torch.save(parts, tmp_path / "vit.pth.tar")
        report = inspect(tmp_path)
        found = {f.name: f.value for f in report.facts}
        assert report.family == "vjepa"
        assert report.whole
        assert parts["target_encoder"]["pos_embed"].shape == (1, places, dim)
        assert (found["heads"], found["predictor_heads"], found["frames"], found["image_size"]) == (16, 16, 16, (size, size))
        assert found["encoder"] == "target_encoder"


def test_the_twin_of_a_file_has_the_published_table_of_positions() -> None:
    """What the file stores is what the formula gives, so that a twin differs in its weights alone."""
    stored = torch.load(GOLDEN / "vjepa1" / "vitl16.pth.tar", weights_only=True)
    config = VitConfig(32, 2, 4, 128, 8, 2, table=GRID)
    close(config.make().pos_embed, stored["encoder"]["module.backbone.pos_embed"], 1e-7)
    close(PredictorConfig(24, 2, 4, 96, 2).make(config).predictor_pos_embed, stored["predictor"]["module.backbone.predictor_pos_embed"], 1e-7)
    halves = replace(config, uniform=False).make().pos_embed[0]
    assert torch.equal(halves[0, :16], halves[24, :16])
    assert not torch.equal(halves[0, :16], halves[25, :16])


def test_a_model_of_stills_opens_too(tmp_path: Path) -> None:
    config = VitConfig(32, 2, 4, 128, 8, table=(4, 4))
    torch.manual_seed(0)
    networks = {"encoder": config.make(), "target_encoder": config.make(), "predictor": PredictorConfig(24, 2, 4, 96, 2).make(config)}
    torch.save({name: net.state_dict() for name, net in networks.items()}, tmp_path / "latest.pth.tar")
    jepa = load(tmp_path, heads=4)
    assert (jepa.card.family, jepa.card.frames, jepa.card.tubelet, jepa.card.image_size) == ("vjepa", 1, 1, (32, 32))
    video = jepa.encoder.prepare([Clip(np.zeros((1, 40, 50, 3), np.uint8))]).video
    half = torch.arange(16).reshape(1, 1, 4, 4) < 8
    answers = [jepa.need_masked().predict(video, half, ~half[None], mask_token=t)[0].tokens[~half] for t in (0, 1)]
    assert torch.equal(*answers), "mask tokens start at zero"


def test_an_encoder_alone_asks_whose_it_is_unless_its_table_is_of_a_published_size(tmp_path: Path, content: Content) -> None:
    with pytest.raises(AmbiguousModel, match="V-JEPA 1 or V-JEPA 2") as caught:
        load(saved(tmp_path, {"encoder": content["encoder"]}), heads=4)
    assert "family='vjepa'" in caught.value.fix
    jepa = load(tmp_path, heads=4, family="vjepa")
    assert (jepa.encoder.weights, jepa.masked) == (("context",), None)
    for places, family in ((1568, "vjepa"), (8192, "vjepa2"), (18432, "vjepa2"), (4608, None)):
        config = VitConfig(1024, 24, 16, 4096, 16, 2, table=(1, 2, places // 2))
        with torch.device("meta"):
            torch.save({"encoder": config.make().state_dict()}, tmp_path / "latest.pth.tar")
        if family is None:
            with pytest.raises(AmbiguousModel):
                inspect(tmp_path)
        else:
            assert inspect(tmp_path).family == family


def test_vjepa_1_and_2_are_told_apart_by_tables_mask_tokens_and_yaml(tmp_path: Path, content: Content) -> None:
    assert inspect(**VJEPA).family == "vjepa"
    assert inspect(**VJEPA2).family == "vjepa2"
    assert inspect(saved(tmp_path, content, {"model": {"use_rope": False}, "meta": {"num_heads": 4}})).family == "vjepa"
    rotary = {"model": {"use_rope": True}, "meta": {"num_heads": 2, "pred_num_heads": 2}, "data": {"num_frames": 4}}
    report = inspect(saved(tmp_path, content, rotary))
    assert report.family == "vjepa2"
    assert [n for n, _ in report.part("encoder_context").ignored] == ["pos_embed"]


@pytest.mark.parametrize("table", [torch.zeros(1, 50, 31), torch.zeros(1, 3, 32), torch.zeros(50, 32), torch.zeros(1).expand(1, 1 << 40, 32)])
def test_a_table_that_does_not_fit_is_refused(tmp_path: Path, content: Content, table: Tensor) -> None:
    content["target_encoder"]["module.backbone.pos_embed"] = table
    with pytest.raises(CheckpointError, match=r"pos_embed is \("):
        load(saved(tmp_path, content), heads=4)


def test_a_table_of_stills_that_is_no_square_is_refused(tmp_path: Path) -> None:
    config = VitConfig(32, 2, 4, 128, 8, table=(4, 2))
    networks = {"target_encoder": config.make(), "predictor": PredictorConfig(24, 2, 4, 96, 2).make(config)}
    torch.save({name: net.state_dict() for name, net in networks.items()}, tmp_path / "latest.pth.tar")
    with pytest.raises(CheckpointError, match=r"not \(1, side², 32\)"):
        load(tmp_path, heads=4)


def test_another_size_is_said(tmp_path: Path) -> None:
    jepa = load(**VJEPA, image_size=(64, 32))
    assert fact(**VJEPA, name="position table", image_size=(64, 32)).value == "resized from 5×5"
    video = jepa.encoder.prepare([Clip(np.zeros((4, 70, 50, 3), np.uint8), fps=5.0)]).video
    assert jepa.encoder.encode(video).tokens.shape[1:4] == (2, 8, 4)
