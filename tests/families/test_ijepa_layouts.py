"""I-JEPA and LeJEPA as stable-pretraining and timm save them, against their own code; and pyjepa's files."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import numpy as np
import pytest
import torch
from torch import Tensor
from torch.nn import functional as F

from tests.families.official import GOLDEN, SPT_IJEPA, at, close, mask_of, official
from workbench.core.clip import Clip
from workbench.core.errors import AmbiguousModel, CheckpointError
from workbench.families.lejepa import LejepaEncoder
from workbench.families.load import inspect, load

SPT_LEJEPA = {"path": GOLDEN / "spt_lejepa", "heads": 4}
TIMM = GOLDEN / "timm_ijepa"


def still(images: Tensor) -> Tensor:
    return images[:, :, None]


@pytest.mark.parametrize("case", ["", "long_"])
def test_tokens_predictions_and_loss_of_stable_pretrainings_ijepa_are_its_own(case: str) -> None:
    jepa, given, expected = official(SPT_IJEPA)
    assert (jepa.card.family, jepa.report.whole) == ("spt_ijepa", True)
    video, masked = still(given["images"]), jepa.need_masked()
    for weights, name in (("context", "student_tokens"), ("target", "teacher_tokens")):
        close(jepa.encoder.encode(video, weights=weights).tokens.flatten(1, 3), expected[name])
    targets = masked.targets(video)
    assert targets is not None
    close(targets.tokens.flatten(1, 3), expected["teacher_tokens_ln"])
    context_ids, target_ids = given[f"{case}context_idx"], given[f"{case}target_idx"]
    context, target = (mask_of(ids, (1, 4, 4)) for ids in (context_ids, target_ids))
    seen = jepa.encoder.encode(video, weights="context", visible=context)
    close(at(seen.tokens, context_ids), expected[f"{case}context_tokens"])
    (answer,) = masked.predict(video, context, target[None])
    predicted = at(answer.tokens, target_ids)
    close(predicted, expected[f"{case}predictions"])
    close(at(targets.tokens, target_ids), expected[f"{case}targets"])
    close(F.smooth_l1_loss(predicted, expected[f"{case}targets"]), expected[f"{case}loss"])


def test_the_class_token_and_what_is_listed_twice_are_left_out_with_the_reason() -> None:
    report = inspect(**SPT_IJEPA)
    ignored = dict(report.part("encoder_context").ignored)
    assert ignored == {
        "cls_token": "a token that this method leaves out",
        "again.weight": "the same layer, listed twice",
        "again.bias": "the same layer, listed twice",
    }
    assert set(dict(report.part("masked").ignored)) == {"query_proj.weight", "query_proj.bias"}
    facts = {f.name: f for f in report.facts}
    assert (facts["mean"].origin, "user's transform" in facts["mean"].why) == ("assumed", True)


def test_its_files_open_also_where_the_method_is_an_attribute_and_without_a_class_token(tmp_path: Path) -> None:
    content = torch.load(GOLDEN / "spt_ijepa" / "ijepa.ckpt", weights_only=True)
    content["state_dict"] = {f"model.{n}": t for n, t in content["state_dict"].items()}
    torch.save(content, tmp_path / "last.ckpt")
    jepa = load(tmp_path, heads=4)
    assert jepa.card.hashes == load(**SPT_IJEPA).card.hashes
    state = {n.removeprefix("model."): t for n, t in content["state_dict"].items() if not n.endswith("cls_token")}
    state = {n: t[:, 1:] if n.endswith("vit.pos_embed") else t for n, t in state.items()}
    torch.save(state, tmp_path / "last.ckpt")
    assert load(tmp_path, heads=4).card.hashes == jepa.card.hashes
    with pytest.raises(AmbiguousModel, match="say heads"):
        load(tmp_path)


def test_the_twins_predictor_has_positions_with_the_row_first() -> None:
    jepa, (_, _, expected) = load(**SPT_IJEPA), official(SPT_IJEPA)
    del expected
    stored, fresh = (m.need_masked().predictor.predictor_pos_embed for m in (jepa, jepa.untrained(0)))  # type: ignore[attr-defined]
    close(fresh, stored, 1e-5)


def test_embedding_and_projection_of_stable_pretrainings_lejepa_are_its_own() -> None:
    jepa, given, expected = official(SPT_LEJEPA)
    encoder = jepa.encoder
    assert isinstance(encoder, LejepaEncoder)
    assert (jepa.card.family, jepa.report.whole, jepa.masked) == ("lejepa", True, None)
    for size in ("", "48", "24"):
        images, prefix = given[f"other_{size}" if size else "images"], f"other_{size}_" if size else ""
        seen = encoder.encode(still(images), weights="context")
        assert seen.extra is not None
        close(torch.cat([seen.extra[:, 0], seen.tokens.flatten(1, 3)], 1), expected[f"{prefix}tokens"])
        close(seen.extra[:, 0, 0], expected[f"{prefix}embedding"])
    close(encoder.projected(still(given["images"]))[:, 0], expected["projection"])
    views = torch.stack([encoder.projected(still(view))[:, 0] for view in given["views"]])
    close(views, expected["views_projection"])
    blocks = [encoder.encode(still(given["images"]), weights="context", layer=layer).tokens.flatten(1, 3) for layer in (0, 1)]
    close(torch.stack(blocks), expected["last_two_blocks"])


def test_timms_folder_of_ijepa_is_its_encoder_alone() -> None:
    jepa, given, expected = official({"path": TIMM})
    assert (jepa.card.family, jepa.report.whole, jepa.masked, jepa.encoder.weights) == ("ijepa", True, None, ("context",))
    assert "no predictor" in jepa.card.notes
    tokens = jepa.encoder.encode(still(given["images"]), weights="context").tokens.flatten(1, 3)
    close(tokens, expected["tokens"])
    close(tokens.mean(1), expected["pooled"])
    for layer, wanted in enumerate(expected["block_outputs"]):
        close(jepa.encoder.encode(still(given["images"]), weights="context", layer=layer).tokens.flatten(1, 3), wanted)
    facts = {f.name: f for f in jepa.report.facts}
    assert (facts["heads"].value, facts["heads"].origin) == (4, "given")
    assert (facts["training"].value, facts["training"].origin) == ("in1k_ijepa", "given")


def test_timms_folder_tells_how_images_are_prepared(tmp_path: Path) -> None:
    prepare = load(TIMM).encoder.prepare
    shown = prepare([Clip(np.zeros((1, 90, 124, 3), np.uint8))]).shown
    assert shown.shape[1:4] == (1, 56, 56)
    assert "cover 62×62 (bicubic, antialiased), middle 56×56" in load(TIMM).card.preprocessing
    shutil.copytree(TIMM, tmp_path, dirs_exist_ok=True)
    config = json.loads((TIMM / "config.json").read_text())
    config["pretrained_cfg"] |= {"mean": [0.5, 0.5, 0.5], "std": [0.5, 0.5, 0.5], "crop_pct": 1.0}
    (tmp_path / "config.json").write_text(json.dumps(config))
    sentence = load(tmp_path).card.preprocessing
    assert "cover 56×56" in sentence
    assert "mean (0.5, 0.5, 0.5)" in sentence
    for wrong in ({"crop_pct": "many"}, {"interpolation": "lanczos"}, {"crop_mode": "border"}, {"mean": [1, 2]}):
        (tmp_path / "config.json").write_text(json.dumps({**config, "pretrained_cfg": {**config["pretrained_cfg"], **wrong}}))
        with pytest.raises(CheckpointError, match="pretrained_cfg"):
            load(tmp_path)


def test_a_head_of_timm_is_left_out_with_the_reason(tmp_path: Path) -> None:
    encoder = torch.load(GOLDEN / "ijepa" / "jepa-latest.pth.tar", weights_only=True)["encoder"]
    state = {n.removeprefix("module."): t for n, t in encoder.items()} | {"head.weight": torch.zeros(5, 32), "head.bias": torch.zeros(5)}
    torch.save(state, tmp_path / "mine.pt")
    jepa = load(tmp_path, heads=4)
    assert jepa.report.whole
    assert [n for n, _ in jepa.report.parts[0].ignored] == ["head.weight", "head.bias"]
    assert {f.name: f.origin for f in jepa.report.facts}["training"] == "assumed"


def test_pyjepas_ijepa_is_no_vjepa_where_its_config_says_so(tmp_path: Path) -> None:
    content = torch.load(GOLDEN / "ijepa" / "jepa-latest.pth.tar", weights_only=True)
    state = {f"{part}.{n.removeprefix('module.')}": t for part in ("encoder", "target_encoder", "predictor") for n, t in content[part].items()}
    token = state.pop("predictor.mask_token")
    state |= {"predictor.mask_tokens.0": torch.zeros_like(token), "predictor.mask_tokens.1": token}
    torch.save(state, tmp_path / "pytorch_model.bin")
    assert inspect(tmp_path, heads=4, predictor_heads=4, frames=1).family == "vjepa"
    (tmp_path / "config.json").write_text(json.dumps({"pyjepa_version": "0.3.0", "model_class": "IJEPA", "model_id": None, "family": "ijepa"}))
    ours, theirs = load(tmp_path, heads=4), load(GOLDEN / "ijepa", heads=4)
    assert (ours.card.family, ours.card.paper, ours.report.whole) == ("ijepa", "arXiv 2301.08243", True)
    given = np.load(GOLDEN / "ijepa" / "inputs.npz")
    video, shape = still(torch.tensor(given["images"])), (1, 8, 8)
    context, target = (mask_of(torch.tensor(given[name][0]), shape) for name in ("masks_enc", "masks_pred"))
    (a,), (b,) = (m.need_masked().predict(video, context, target[None]) for m in (ours, theirs))
    torch.testing.assert_close(a.tokens, b.tokens, equal_nan=True)
