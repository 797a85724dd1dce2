"""An encoder as people save it: alone, in containers, behind DDP, FSDP, torch.compile or Lightning."""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from safetensors.torch import save_file
from torch import Tensor

from tests.families.official import GOLDEN, IJEPA, VJEPA2, close
from workbench.core.card import Fact
from workbench.core.errors import AmbiguousModel, CheckpointError
from workbench.families.load import inspect, load

State = dict[str, Any]
LIGHTNING = {"epoch": 4, "global_step": 500, "pytorch-lightning_version": "2.5.0", "loops": {}, "callbacks": {}, "optimizer_states": []}


def prefixed(prefix: str, *containers: str, beside: State | None = None) -> Callable[[State], State]:
    """Put a prefix before every name, and the whole into containers, outermost first."""

    def wrap(state: State) -> State:
        held: State = {prefix + name: tensor for name, tensor in state.items()}
        for container in reversed(containers):
            held = {container: held}
        return held | (beside or {})

    return wrap


def fsdp_everywhere(state: State) -> State:
    return {"_fsdp_wrapped_module." + re.sub(r"(blocks\.\d+\.)", r"\1_fsdp_wrapped_module.", name): t for name, t in state.items()}


WRAPPED: dict[str, tuple[Callable[[State], State], str]] = {
    "alone": (prefixed(""), ""),
    "as a backbone": (prefixed("backbone."), ""),
    "DDP": (prefixed("module."), "module."),
    "DDP around a backbone": (prefixed("module.backbone."), "module."),
    "compiled": (prefixed("_orig_mod."), "_orig_mod."),
    "compiled around DDP": (prefixed("_orig_mod.module."), "_orig_mod.module."),
    "DDP around compiled": (prefixed("module._orig_mod."), "module._orig_mod."),
    "Lightning": (prefixed("model.encoder.", "state_dict", beside=LIGHTNING), "state_dict.model."),
    "Lightning around a backbone": (prefixed("backbone.", "state_dict", beside=LIGHTNING), "state_dict."),
    "under model": (prefixed("", "model", beside={"epoch": 3}), "model."),
    "under model, DDP": (prefixed("module.", "model", beside={"epoch": 3, "optimizer": {}}), "model.module."),
    "under state_dict, DDP": (prefixed("module.", "state_dict"), "state_dict.module."),
    "under checkpoint": (prefixed("", "checkpoint"), "checkpoint."),
    "under net": (prefixed("net."), "net."),
    "FSDP": (prefixed("_fsdp_wrapped_module."), "_fsdp_wrapped_module."),
    "FSDP in every block": (fsdp_everywhere, "_fsdp_wrapped_module."),
    "averaged weights": (prefixed("", "ema_state_dict"), "ema_state_dict."),
    "the target entry alone": (prefixed("module.", "target_encoder"), ""),
    "all at once": (prefixed("module._fsdp_wrapped_module.encoder._orig_mod.", "checkpoint", "model"), "checkpoint.model."),
}
SOURCES = {
    "ijepa": (GOLDEN / "ijepa" / "jepa-latest.pth.tar", "module.", "images", "target_tokens", {"heads": 4, "image_size": 64}),
    "vjepa2": (GOLDEN / "vjepa2" / "vitl.pt", "module.backbone.", "clips_8", "target_tokens_8", {"heads": 2, "image_size": (32, 32), "frames": 8}),
}


def bare(source: str) -> dict[str, Tensor]:
    """The target encoder of an official file, by its own names."""
    file, prefix, *_ = SOURCES[source]
    return {n.removeprefix(prefix): t for n, t in torch.load(file, weights_only=True)["target_encoder"].items()}


def fact(facts: tuple[Fact, ...], name: str) -> Fact | None:
    return next((f for f in facts if f.name == name), None)


@pytest.mark.parametrize("source", SOURCES)
@pytest.mark.parametrize("wrapper", WRAPPED)
def test_a_wrapped_encoder_gives_the_official_tokens(tmp_path: Path, source: str, wrapper: str) -> None:
    file, _, given, expected, told = SOURCES[source]
    wrap, removed = WRAPPED[wrapper]
    torch.save(wrap(bare(source)), tmp_path / "mine.pt")
    jepa = load(tmp_path / "mine.pt", **told, **({"family": source} if source == "vjepa2" else {}))
    assert (jepa.card.family, jepa.masked, jepa.dynamics, len(jepa.encoder.weights)) == (source, None, None, 1)
    assert jepa.report.whole
    assert [p.name for p in jepa.report.parts] == [f"encoder_{jepa.encoder.weights[0]}"]
    inputs, outputs = (np.load(file.parent / f"{name}.npz") for name in ("inputs", "expected"))
    video = torch.tensor(inputs[given])
    tokens = jepa.encoder.encode(video if video.ndim == 5 else video[:, :, None], weights=jepa.encoder.weights[0]).tokens
    close(tokens.flatten(1, 3), torch.tensor(outputs[expected]))
    noted = fact(jepa.report.facts, "wrapper")
    if removed:
        assert noted is not None
        assert noted.origin == "read"
        for word in removed.rstrip(".").split("."):
            assert f"{word}." in str(noted.value)
        assert "29 tensors" in noted.why
    assert inspect(tmp_path / "mine.pt", **told, family=source).facts == jepa.report.facts


def test_safetensors_are_looked_through_alike(tmp_path: Path) -> None:
    save_file({f"module.{n}": t.contiguous() for n, t in bare("ijepa").items()}, tmp_path / "mine.safetensors")
    assert load(tmp_path, heads=4).report.whole


@pytest.mark.parametrize("arguments", [IJEPA, VJEPA2])
@pytest.mark.parametrize("container", ["model", "state_dict", "checkpoint", "net"])
def test_a_whole_model_in_a_container_is_the_same_model(tmp_path: Path, arguments: dict, container: str) -> None:
    (file,) = (f for f in arguments["path"].iterdir() if f.name.endswith((".pt", ".tar")))
    content = torch.load(file, weights_only=True)
    torch.save({container: {n: content[n] for n in ("encoder", "target_encoder", "predictor")}, "epoch": 1}, tmp_path / "mine.pt")
    told = {k: v for k, v in arguments.items() if k != "path"}
    assert load(tmp_path, **told).card.hashes == load(**arguments).card.hashes


@pytest.mark.parametrize("prefix", ["state_dict.model.", "module.", "checkpoint.net._orig_mod."])
@pytest.mark.parametrize("folder", ["lewm", "hf_ijepa", "hf_vjepa2", "jepa_wms_dinowm", "eb_jepa_ac_video", "vjepa1", "vjepa2_1", "vjepa2_ac"])
def test_every_family_is_found_behind_wrappers(tmp_path: Path, folder: str, prefix: str) -> None:
    from workbench.checkpoints import open_checkpoint
    from workbench.families.load import recognise

    (file,) = (f for f in (GOLDEN / folder).iterdir() if f.name.endswith((".pt", ".tar", ".safetensors")))
    original = open_checkpoint(file)
    save_file({prefix + n: original.value(n).contiguous().clone() for n in original.tensors}, tmp_path / "model.safetensors")
    for beside in ("config.json", "config.yaml", "preprocessor_config.json"):
        if (file.parent / beside).is_file():
            (tmp_path / beside).write_bytes((file.parent / beside).read_bytes())
    assert recognise(open_checkpoint(tmp_path)).name == recognise(original).name


def test_two_models_in_one_file_are_refused_by_name(tmp_path: Path) -> None:
    state = bare("ijepa")
    torch.save({"model": state, "model_ema": state}, tmp_path / "both.pt")
    with pytest.raises(AmbiguousModel, match=r"two models lie in it: model \(29 tensors\) and model_ema \(29 tensors\)") as caught:
        load(tmp_path, heads=4)
    assert "torch.save(torch.load(FILE, weights_only=True)['model'], NEW)" in caught.value.fix


def test_flattened_parameters_of_fsdp_are_named_with_a_way_out(tmp_path: Path) -> None:
    torch.save({"_fsdp_wrapped_module._flat_param": torch.zeros(100)}, tmp_path / "rank0.pt")
    with pytest.raises(CheckpointError, match="flattened parameter of FSDP") as caught:
        load(tmp_path)
    assert "FULL_STATE_DICT" in caught.value.fix


def test_a_folder_of_distributed_checkpoint_is_named_with_the_command_that_joins_it(tmp_path: Path) -> None:
    for name in (".metadata", "__0_0.distcp", "__1_0.distcp"):
        (tmp_path / name).write_bytes(b"\x80\x02.")
    for path in (tmp_path, tmp_path / "__0_0.distcp"):
        with pytest.raises(CheckpointError, match=r"torch\.distributed\.checkpoint") as caught:
            load(path)
        assert "python -m torch.distributed.checkpoint.format_utils dcp_to_torch" in caught.value.fix
        assert str(tmp_path) in caught.value.fix


def test_one_shard_of_several_is_named_with_what_completes_it(tmp_path: Path) -> None:
    save_file({"encoder.layer.0.norm.weight": torch.zeros(3)}, tmp_path / "model-00002-of-00006.safetensors")
    for path in (tmp_path, tmp_path / "model-00002-of-00006.safetensors"):
        with pytest.raises(CheckpointError, match="file 2 of 6 of one checkpoint") as caught:
            load(path)
        assert "model.safetensors.index.json" in caught.value.fix


def test_a_file_of_no_family_names_the_nearest_and_what_it_lacks_on_one_screen(tmp_path: Path) -> None:
    state = {n: t for n, t in bare("ijepa").items() if n != "pos_embed"}
    torch.save(state, tmp_path / "mine.pt")
    with pytest.raises(CheckpointError, match="no family fits") as caught:
        load(tmp_path)
    assert "nearest is ijepa: it lacks pos_embed" in caught.value.fix
    assert len(str(caught.value)) < 1000
    torch.save({f"{'x' * 100}{i}": torch.zeros(1) for i in range(200)}, tmp_path / "mine.pt")
    with pytest.raises(CheckpointError, match="and 194 more") as caught:
        load(tmp_path)
    assert len(str(caught.value)) < 1000
