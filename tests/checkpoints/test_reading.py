"""What an opened checkpoint tells, and that it reads only what is asked for."""

from __future__ import annotations

import gc
from pathlib import Path

import pytest
import torch
from safetensors.torch import save_file

from workbench.checkpoints import open_checkpoint
from workbench.core.errors import CheckpointError

STATUS = Path("/proc/self/status")
TENSORS = {
    "encoder": {"module.blocks.0.norm1.weight": torch.arange(6.0).half(), "module.mask": torch.tensor([True, False])},
    "opt": {"state": {0: {"exp_avg": torch.ones(3, 2)}}, "param_groups": [{"params": [0], "lr": 0.1}]},
    "epoch": 3,
    "loss": 0.25,
    "name": "run",
    "scaler": None,
}


@pytest.mark.parametrize("zipped", [True, False])
def test_nested_names_have_dots_and_numbers_are_kept_apart(tmp_path: Path, zipped: bool) -> None:
    torch.save(TENSORS, tmp_path / "model.pth.tar", _use_new_zipfile_serialization=zipped)
    checkpoint = open_checkpoint(tmp_path)
    assert sorted(checkpoint.tensors) == ["encoder.module.blocks.0.norm1.weight", "encoder.module.mask", "opt.state.0.exp_avg"]
    info = checkpoint.tensors["encoder.module.blocks.0.norm1.weight"]
    assert (info.shape, info.dtype, info.bytes, info.group) == ((6,), "float16", 12, "encoder")
    assert checkpoint.scalars == {"epoch": 3, "loss": 0.25, "name": "run"}
    assert checkpoint.groups() == {"encoder": 2, "opt": 1}
    assert checkpoint.bytes == (tmp_path / "model.pth.tar").stat().st_size


@pytest.mark.parametrize("kind", ["torch", "torch (legacy)", "safetensors"])
def test_the_three_formats_give_the_same_values_in_the_wanted_type(tmp_path: Path, kind: str) -> None:
    tensors = {"a.w": torch.randn(5, 4).bfloat16(), "a.n": torch.tensor(7), "b.w": torch.randn(2)}
    file = tmp_path / "model"
    if kind == "safetensors":
        save_file(tensors, file)
    else:
        torch.save(tensors, file, _use_new_zipfile_serialization=kind == "torch")
    checkpoint = open_checkpoint(file)
    assert checkpoint.format == kind
    read = checkpoint.read(["a.w", "a.n"], torch.float32)
    assert list(read) == ["a.w", "a.n"]
    assert torch.equal(read["a.w"], tensors["a.w"].float())
    assert read["a.n"].dtype == torch.int64
    assert checkpoint.read(["a.w"])["a.w"].dtype == torch.bfloat16
    with pytest.raises(CheckpointError, match="no tensor 'c'"):
        checkpoint.read(["c"])


def test_what_was_read_outlives_a_change_of_the_file(tmp_path: Path) -> None:
    torch.save({"w": torch.ones(1000)}, tmp_path / "model.pt")
    read = open_checkpoint(tmp_path / "model.pt").read(["w"])["w"]
    with (tmp_path / "model.pt").open("r+b") as f:
        f.write(bytes((tmp_path / "model.pt").stat().st_size))
    assert bool((read == 1).all())


@pytest.mark.skipif(not STATUS.exists(), reason="reads the process's own memory from /proc")
@pytest.mark.parametrize("kind", ["torch", "safetensors"])
def test_a_large_optimizer_is_never_read(tmp_path: Path, kind: str) -> None:
    large = 96 << 20
    tensors = {"encoder.w": torch.randn(256, 256), "opt.exp_avg": torch.ones(large // 4)}
    (torch.save if kind == "torch" else save_file)(tensors, tmp_path / "model.pt")
    del tensors
    gc.collect()
    Path("/proc/self/clear_refs").write_text("5")
    before = _kilobytes("VmHWM")
    checkpoint = open_checkpoint(tmp_path / "model.pt")
    checkpoint.read(["encoder.w"])
    assert checkpoint.tensors["opt.exp_avg"].bytes == large
    assert (_kilobytes("VmHWM") - before) * 1024 < large / 4


def _kilobytes(name: str) -> int:
    return next(int(line.split()[1]) for line in STATUS.read_text().splitlines() if line.startswith(name))


def test_settings_beside_the_file_are_found_its_own_first(tmp_path: Path) -> None:
    torch.save(TENSORS, tmp_path / "jepa-latest.pth.tar")
    assert open_checkpoint(tmp_path).config == {}
    (tmp_path / "params-ijepa.yaml").write_text("data:\n  crop_size: 64\nmeta: null\n")
    checkpoint = open_checkpoint(tmp_path)
    assert checkpoint.setting("data.crop_size") == 64
    assert checkpoint.setting("data.crop_size.more") is None
    assert checkpoint.setting("meta.model_name") is None
    assert checkpoint.config_path.endswith("params-ijepa.yaml")
    (tmp_path / "jepa-latest.yaml").write_text("data: {crop_size: 96}")
    assert open_checkpoint(tmp_path).setting("data.crop_size") == 96


def test_the_contents_of_an_odd_checkpoint_are_still_listed(tmp_path: Path) -> None:
    torch.save({}, tmp_path / "empty.pt")
    assert open_checkpoint(tmp_path / "empty.pt").tensors == {}
