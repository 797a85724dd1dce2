"""From a checkpoint to a Jepa: what is read, what is asked for, and what is refused."""

from __future__ import annotations

import socket
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
import yaml
from safetensors.torch import save_file

from tests.families.official import GOLDEN, IJEPA, VJEPA2
from workbench.core.card import PARTS, Fact
from workbench.core.clip import Clip
from workbench.core.errors import AmbiguousModel, BadInput, CheckpointError, OutOfMemory, PartUnavailable
from workbench.families import toy
from workbench.families.load import inspect, load
from workbench.model.device import guard_memory

pytestmark = pytest.mark.slow

Content = dict[str, Any]
IMAGE = Clip(np.random.default_rng(0).integers(0, 256, (1, 64, 64, 3), dtype=np.uint8))


@pytest.fixture
def official() -> Content:
    """What the I-JEPA file holds, to be changed and saved again."""
    return torch.load(GOLDEN / "ijepa" / "jepa-latest.pth.tar", weights_only=True)


def saved(folder: Path, content: Content, settings: dict | None = None) -> Path:
    torch.save(content, folder / "jepa-latest.pth.tar")
    if settings is not None:
        (folder / "params-ijepa.yaml").write_text(yaml.safe_dump(settings))
    return folder


def fact(facts: tuple[Fact, ...], name: str) -> Fact:
    return next(f for f in facts if f.name == name)


def test_an_official_checkpoint_loads_whole_without_a_socket(monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*_: Any, **__: Any) -> None:
        raise ConnectionError("loading must not open a socket")

    monkeypatch.setattr(socket, "socket", refuse)
    jepa = load(**IJEPA)
    jepa.report.require("encoder_context", "encoder_target", "masked")
    assert jepa.card.family == "ijepa"
    assert jepa.encoder.weights == ("target", "context")
    assert "epoch = 3" in jepa.report.other
    assert "opt: 177 tensors" in jepa.report.other


def test_inspecting_says_what_loading_says() -> None:
    for arguments in (IJEPA, VJEPA2):
        assert inspect(**arguments) == load(**arguments).report


def test_tables_that_rotary_models_carry_along_are_ignored_with_the_reason() -> None:
    report = inspect(**VJEPA2)
    for part, name in (("encoder_context", "pos_embed"), ("encoder_target", "pos_embed"), ("masked", "predictor_pos_embed")):
        assert [n for n, _ in report.part(part).ignored] == [name]
        assert "rotary" in report.part(part).ignored[0][1]
        assert report.part(part).status == "whole"


def test_everything_that_tensors_do_not_say_is_asked_for_at_once_with_the_divisors() -> None:
    with pytest.raises(AmbiguousModel, match="say heads and frames and predictor_heads") as caught:
        load(GOLDEN / "vjepa2")
    assert "heads=…: 1 and 2 divide 32" in caught.value.fix
    assert "predictor_heads=…: 1 and 2 divide 24" in caught.value.fix
    with pytest.raises(AmbiguousModel, match="say heads") as caught:
        load(GOLDEN / "ijepa")
    assert "1, 2, 4, 8, 16 and 32 divide 32" in caught.value.fix


@pytest.mark.parametrize("heads", [3, 0, -4, 64, 2.5, "four", True, (4,)])
def test_heads_that_do_not_divide_are_refused_with_those_that_do(heads: Any) -> None:
    with pytest.raises(BadInput, match="heads=") as caught:
        load(GOLDEN / "ijepa", heads=heads)
    assert "1, 2, 4, 8, 16 and 32" in caught.value.fix


def test_rotary_heads_need_twelve_features() -> None:
    with pytest.raises(BadInput) as caught:
        load(**{**VJEPA2, "heads": 4})
    assert "1 and 2 divide 32 into heads of at least 12 features" in caught.value.fix


@pytest.mark.parametrize("size", [(60, 64), (0, 64), 7, (64,), "large", (64, 9000)])
def test_sizes_that_the_patch_does_not_divide_are_refused(size: Any) -> None:
    with pytest.raises(BadInput, match="image_size"):
        load(**IJEPA, image_size=size)


def test_unknown_arguments_are_refused_with_the_known() -> None:
    with pytest.raises(BadInput, match="takes no 'head'") as caught:
        load(GOLDEN / "ijepa", head=4)
    assert "predictor_heads" in caught.value.fix
    for arguments, words in (
        ({"family": "ijepa2"}, "no family 'ijepa2'"),
        ({"parts": ["encoder"]}, "no part 'encoder'"),
        ({"device": "gpu"}, "not a device"),
        ({"device": "cuda:99"}, "no cuda:99 here"),
        ({"dtype": "int8"}, "do not run in int8"),
        ({"decoder": "decoder.pt"}, "one file"),
    ):
        with pytest.raises(BadInput, match=words):
            load(**{**IJEPA, **arguments})
    with pytest.raises(BadInput, match="not a device") as caught:
        load(**IJEPA, device="gpu")
    assert "cpu" in caught.value.fix


def test_settings_beside_the_file_answer_and_overrides_win(tmp_path: Path, official: Content) -> None:
    settings = {
        "meta": {"num_heads": 4, "pred_num_heads": 2, "model_name": "vit_synthetic"},
        "mask": {"num_pred_masks": 3, "pred_mask_scale": [0.1, 0.2], "min_keep": 4, "enc_mask_scale": [0.8, 1.0], "aspect_ratio": [0.7, 1.4]},
    }
    jepa = load(saved(tmp_path, official, settings))
    assert fact(jepa.report.facts, "heads") == Fact("heads", 4, "given", "meta.num_heads in params-ijepa.yaml")
    assert fact(jepa.report.facts, "predictor_heads").value == 2
    (name, parameters), *_ = jepa.card.samplers
    assert name == "ijepa_multiblock"
    assert parameters == {"blocks": 3, "target_scale": [0.1, 0.2], "min_keep": 4, "context_scale": [0.8, 1.0], "aspect": [0.7, 1.4]}
    assert fact(inspect(tmp_path, heads=8).facts, "heads") == Fact("heads", 8, "given", "by the caller")
    with pytest.raises(CheckpointError, match=r"meta\.num_heads: 3"):
        load(saved(tmp_path, official, {"meta": {"num_heads": 3}}))
    with pytest.raises(CheckpointError, match="1280 wide, the tensors are 32"):
        load(saved(tmp_path, official, {"meta": {"model_name": "vit_huge"}}))


def test_video_settings_beside_the_file_answer(tmp_path: Path) -> None:
    torch.save(torch.load(GOLDEN / "vjepa2" / "vitl.pt", weights_only=True), tmp_path / "latest.pt")
    settings = {
        "meta": {"num_heads": 2},
        "model": {"pred_num_heads": 2},
        "data": {"crop_size": 48, "dataset_fpcs": [4, 8]},
        "mask": [{"num_blocks": 5, "spatial_scale": [0.2, 0.2], "max_keep": None, "inv_block": True}, {"num_blocks": 1}],
    }
    (tmp_path / "params-pretrain.yaml").write_text(yaml.safe_dump(settings))
    card = load(tmp_path).card
    assert (card.image_size, card.frames) == ((48, 48), 8)
    assert card.samplers[0] == ("vjepa_multiblock", {"blocks": 5, "spatial_scale": [0.2, 0.2], "inverted": True})
    assert card.samplers[1] == ("vjepa_multiblock", {"blocks": 1})
    assert card.name.startswith(tmp_path.name)


def test_published_sizes_need_no_word_and_say_that_they_were_inferred(tmp_path: Path) -> None:
    """Shapes alone decide: the tensors are one number, seen from far."""

    def tower(prefix: str, dim: int, depth: int, hidden: int) -> Content:
        tensors = {f"{prefix}.{i}.mlp.fc1.weight": torch.zeros(1).expand(hidden, dim) for i in range(depth)}
        return {name: torch.empty(t.shape, device="meta") for name, t in tensors.items()}

    for dim, depth, hidden, heads, kernel in ((1280, 32, 5120, 16, (14, 14)), (1408, 40, 6144, 16, (16, 16)), (1408, 40, 6144, 22, (2, 16, 16))):
        encoder = {"patch_embed.proj.weight": torch.empty(dim, 3, *kernel, device="meta"), **tower("blocks", dim, depth, hidden)}
        if len(kernel) == 2:
            encoder["pos_embed"] = torch.empty(1, 196, dim, device="meta")
        predictor = {"predictor_embed.weight": torch.empty(384, dim, device="meta"), **tower("predictor_blocks", 384, 12, 1536)}
        torch.save({"encoder": encoder, "predictor": predictor}, tmp_path / "vitx-384.pt")
        facts = inspect(tmp_path).facts
        assert (fact(facts, "heads").value, fact(facts, "heads").origin) == (heads, "inferred")
        if len(kernel) == 3:
            assert fact(facts, "predictor_heads").value == 12
            assert (fact(facts, "frames").value, fact(facts, "frames").origin) == (64, "assumed")
            assert fact(facts, "image_size").value == (384, 384)
        elif 384 % heads == 0:
            assert fact(facts, "predictor_heads").value == heads


def test_another_familys_file_is_refused_with_the_families_that_there_are(tmp_path: Path) -> None:
    torch.save(torch.nn.Sequential(torch.nn.Linear(4, 8), torch.nn.ReLU(), torch.nn.Linear(8, 2)).state_dict(), tmp_path / "mlp.pt")
    with pytest.raises(CheckpointError, match="no family fits") as caught:
        load(tmp_path / "mlp.pt")
    assert "ijepa" in caught.value.fix
    assert len(str(caught.value)) < 1000
    assert not isinstance(caught.value, AmbiguousModel)
    for family in ("ijepa", "vjepa2", "toy"):
        with pytest.raises(CheckpointError):
            load(tmp_path / "mlp.pt", family=family)


def test_a_file_that_two_families_claim_is_refused(tmp_path: Path, official: Content) -> None:
    both = {**official, "encoder_context": {"registers": torch.zeros(1, 1)}}
    with pytest.raises(AmbiguousModel, match="ijepa and toy both fit"):
        load(saved(tmp_path, both), heads=4)


def test_an_encoder_with_a_table_that_may_be_of_vjepa_1_asks_for_the_family(tmp_path: Path) -> None:
    content = torch.load(GOLDEN / "vjepa2" / "vitl.pt", weights_only=True)
    torch.save({"encoder": content["encoder"]}, tmp_path / "vitl.pt")
    with pytest.raises(AmbiguousModel, match="V-JEPA 1 or V-JEPA 2"):
        load(tmp_path, heads=2, frames=8)
    assert load(tmp_path, heads=2, frames=8, family="vjepa2").encoder.weights == ("context",)
    few = {k: v for k, v in content["predictor"].items() if "mask_tokens" not in k or k[-1] in "01"}
    torch.save({**content, "predictor": few}, tmp_path / "vitl.pt")
    assert inspect(tmp_path, heads=2, frames=8).family == "vjepa", "two mask tokens and tables for both"


@pytest.mark.parametrize(
    ("kept", "weights", "masked"),
    [
        (["encoder", "target_encoder"], ("target", "context"), False),
        (["encoder"], ("context",), False),
        (["target_encoder"], ("target",), False),
        (["encoder", "predictor"], ("context",), True),
        (["target_encoder", "predictor"], ("target",), False),
    ],
)
def test_missing_parts_are_said_and_the_rest_works(tmp_path: Path, official: Content, kept: list[str], weights: tuple, masked: bool) -> None:
    jepa = load(saved(tmp_path, {k: official[k] for k in kept}), heads=4)
    assert jepa.encoder.weights == weights
    assert (jepa.masked is not None) == masked
    assert jepa.report.whole
    assert jepa.report.part("encoder_target").status == ("whole" if "target" in weights else "missing")
    assert jepa.report.part("masked").status == ("whole" if "predictor" in kept else "missing")
    video = jepa.encoder.prepare([IMAGE]).video
    assert jepa.encoder.encode(video, weights=weights[0]).tokens.isfinite().all()
    assert jepa.untrained(0).encoder.weights == weights
    absent = next((w for w in ("target", "context") if w not in weights), None)
    if absent:
        with pytest.raises(PartUnavailable, match=f"no {absent} encoder"):
            jepa.encoder.encode(video, weights=absent)
    if masked:
        assert jepa.masked is not None
        assert jepa.masked.targets(video) is None
    else:
        with pytest.raises(PartUnavailable):
            jepa.need_masked()


def test_only_the_parts_asked_for_are_read() -> None:
    jepa = load(**IJEPA, parts=["encoder_target"])
    assert jepa.encoder.weights == ("target",)
    assert jepa.masked is None
    assert set(jepa.card.hashes) == {"encoder_target"}
    assert "not asked for" in jepa.report.part("masked").ignored[0][1]
    with pytest.raises(PartUnavailable):
        jepa.report.require("masked")
    with pytest.raises(BadInput, match="no Jepa without an encoder"):
        load(**IJEPA, parts=["decoder"])
    with pytest.raises(BadInput, match="works on the context encoder"):
        load(**IJEPA, parts=["encoder_target", "masked"])


def test_half_matching_tensors_are_partial_and_measures_are_refused(tmp_path: Path, official: Content) -> None:
    del official["encoder"]["module.blocks.1.attn.qkv.weight"]
    official["encoder"]["module.norm.weight"] = torch.ones(31)
    official["predictor"]["module.extra.weight"] = torch.ones(3)
    jepa = load(saved(tmp_path, official), heads=4)
    context, masked = jepa.report.part("encoder_context"), jepa.report.part("masked")
    assert (context.status, masked.status, jepa.report.part("encoder_target").status) == ("partial", "partial", "whole")
    assert context.missing == ("blocks.1.attn.qkv.weight",)
    assert context.reshaped == (("norm.weight", (32,), (31,)),)
    assert masked.unexpected == ("extra.weight",)
    with pytest.raises(PartUnavailable, match=r"1 missing: blocks\.1\.attn\.qkv\.weight"):
        jepa.need_masked()
    video = jepa.encoder.prepare([IMAGE]).video
    assert jepa.encoder.encode(video, weights="context").tokens.isnan().all(), "weights that were not loaded can draw no picture"
    assert jepa.encoder.encode(video).tokens.isfinite().all()


def test_weights_that_are_not_finite_are_said_and_measures_are_refused(tmp_path: Path, official: Content) -> None:
    official["target_encoder"]["module.blocks.0.mlp.fc1.bias"][3] = float("nan")
    jepa = load(saved(tmp_path, official), heads=4)
    assert jepa.report.part("encoder_target").nonfinite == ("blocks.0.mlp.fc1.bias",)
    with pytest.raises(PartUnavailable, match="1 with NaN or infinity"):
        jepa.report.require("encoder_target")
    jepa.report.require("encoder_context", "masked")


def test_prefixes_types_and_formats_do_not_change_the_model(tmp_path: Path, official: Content) -> None:
    reference = load(**IJEPA)
    flat = {}
    for group in ("encoder", "target_encoder", "predictor"):
        for name, tensor in official[group].items():
            flat[f"_orig_mod.{group}.module.backbone.{name.removeprefix('module.')}"] = tensor
    save_file(flat, tmp_path / "model.safetensors")
    again = load(tmp_path, heads=4)
    assert again.card.hashes == reference.card.hashes
    assert again.report.whole
    flat["encoder.norm.weight"] = torch.ones(32)
    save_file(flat, tmp_path / "model.safetensors")
    with pytest.raises(CheckpointError, match="the same tensor"):
        load(tmp_path, heads=4)


def test_half_precision_files_load_to_the_wanted_type(tmp_path: Path, official: Content) -> None:
    for group in ("encoder", "target_encoder", "predictor"):
        official[group] = {k: v.half() for k, v in official[group].items()}
    jepa, reference = load(saved(tmp_path, official), heads=4), load(**IJEPA)
    assert jepa.report.part("encoder_target").dtype == "float16"
    assert jepa.card.hashes != reference.card.hashes
    video = jepa.encoder.prepare([IMAGE]).video
    wanted = reference.encoder.encode(video).tokens
    torch.testing.assert_close(jepa.encoder.encode(video).tokens, wanted, atol=0.02, rtol=0)
    for dtype in ("bfloat16", torch.bfloat16):
        brief = load(**IJEPA, dtype=dtype).encoder.encode(video).tokens
        assert brief.dtype == torch.float32
        torch.testing.assert_close(brief, wanted, atol=0.1, rtol=0)
        assert not torch.equal(brief, wanted)


def test_whole_number_weights_are_refused(tmp_path: Path, official: Content) -> None:
    official["encoder"] = {k: v.to(torch.int8) if "qkv.weight" in k else v for k, v in official["encoder"].items()}
    with pytest.raises(CheckpointError, match="quantised"):
        load(saved(tmp_path, official), heads=4)


@pytest.mark.parametrize(
    ("name", "tensor", "words"),
    [
        ("module.pos_embed", torch.zeros(1, 60, 32), "a square of positions"),
        ("module.patch_embed.proj.weight", torch.zeros(32, 1, 8, 8), "not \\(dim, 3, patch, patch\\)"),
        ("module.blocks.999999999.mlp.fc1.weight", torch.zeros(128, 32), "no transformer blocks"),
    ],
)
def test_shapes_that_contradict_each_other_are_refused(tmp_path: Path, official: Content, name: str, tensor: torch.Tensor, words: str) -> None:
    official["target_encoder"][name] = tensor
    with pytest.raises(CheckpointError, match=words):
        load(saved(tmp_path, official), heads=4)


def test_a_size_other_than_trained_resizes_the_positions_and_says_so() -> None:
    jepa = load(**IJEPA, image_size=(32, 80))
    prepared = jepa.encoder.prepare([IMAGE])
    assert jepa.encoder.encode(prepared.video).tokens.shape[1:4] == (1, 4, 10)
    assert fact(jepa.report.facts, "position table").value == "resized from 8×8"


def test_a_toy_loads_the_parts_asked_for(tmp_path: Path) -> None:
    toy.save(toy.build(1), tmp_path / "toy.safetensors")
    assert tuple(p.name for p in inspect(tmp_path).parts) == tuple(p for p in PARTS if p != "head")
    jepa = load(tmp_path, parts=["encoder_context", "dynamics"])
    assert (jepa.masked, jepa.decoder) == (None, None)
    assert jepa.dynamics is not None
    with pytest.raises(BadInput, match="without an encoder"):
        load(tmp_path, parts=["decoder"])


def test_running_out_of_memory_says_how_much_was_needed() -> None:
    with pytest.raises(OutOfMemory, match=r"encoding: \d+ bytes more were needed, [\d.]+ GiB are free"), guard_memory("encoding"):
        torch.empty(1 << 52)
    with pytest.raises(RuntimeError, match="shape"), guard_memory("encoding"):
        torch.zeros(2, 3) @ torch.zeros(2, 3)
