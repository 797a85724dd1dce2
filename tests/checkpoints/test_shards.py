"""A checkpoint spread over several files opens as one; an index that lies is refused."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
import torch
from safetensors.torch import save_file

from workbench.checkpoints import open_checkpoint
from workbench.core.errors import CheckpointError

FIRST, SECOND = "model-00001-of-00002.safetensors", "model-00002-of-00002.safetensors"
TENSORS = {"encoder.a": torch.arange(6.0), "encoder.b": torch.ones(2, 3), "decoder.c": torch.zeros(4)}


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    save_file({n: TENSORS[n] for n in ("encoder.a", "decoder.c")}, tmp_path / FIRST, metadata={"format": "pt"})
    save_file({"encoder.b": TENSORS["encoder.b"]}, tmp_path / SECOND)
    (tmp_path / "config.json").write_text('{"model_type": "vjepa2"}')
    write(tmp_path, {"encoder.a": FIRST, "encoder.b": SECOND, "decoder.c": FIRST})
    return tmp_path


def write(folder: Path, places: object) -> None:
    (folder / "model.safetensors.index.json").write_text(json.dumps({"metadata": {"total_size": 64}, "weight_map": places}))


def test_the_shards_of_a_folder_open_as_one_checkpoint(folder: Path) -> None:
    for path in (folder, folder / "model.safetensors.index.json"):
        checkpoint = open_checkpoint(path)
        assert set(checkpoint.tensors) == set(TENSORS)
        assert all(torch.equal(value, TENSORS[name]) for name, value in checkpoint.read(TENSORS).items())
        assert checkpoint.bytes == sum((folder / f).stat().st_size for f in (FIRST, SECOND))
        assert checkpoint.format == "safetensors in 2 files"
        assert checkpoint.setting("model_type") == "vjepa2"
        assert checkpoint.scalars == {"format": "pt"}


def test_shards_of_torch_files_open_too(tmp_path: Path) -> None:
    torch.save({"a": torch.ones(2)}, tmp_path / "pytorch_model-00001-of-00002.bin")
    torch.save({"b": torch.zeros(2)}, tmp_path / "pytorch_model-00002-of-00002.bin")
    places = {"a": "pytorch_model-00001-of-00002.bin", "b": "pytorch_model-00002-of-00002.bin"}
    (tmp_path / "pytorch_model.bin.index.json").write_text(json.dumps({"weight_map": places}))
    assert set(open_checkpoint(tmp_path).tensors) == {"a", "b"}


def test_a_shard_may_be_opened_alone(folder: Path) -> None:
    assert set(open_checkpoint(folder / SECOND).tensors) == {"encoder.b"}


@pytest.mark.parametrize(
    ("places", "words"),
    [
        ({"encoder.a": FIRST, "decoder.c": FIRST, "encoder.b": FIRST}, "which lacks it"),
        ({"encoder.a": FIRST, "encoder.b": SECOND}, "leaves out 'decoder.c'"),
        ({"encoder.a": FIRST, "encoder.b": SECOND, "decoder.c": FIRST, "more": "model-00003-of-00003.safetensors"}, "no checkpoint of this folder"),
        ({"encoder.a": "../outside.safetensors"}, "no checkpoint of this folder"),
        ({"encoder.a": "model.safetensors.index.json"}, "no checkpoint of this folder"),
        ({"encoder.a": {"file": FIRST}}, "no weight_map"),
        ({}, "no weight_map"),
        ([FIRST], "no weight_map"),
        ({f"w{i}": f"{i}.safetensors" for i in range(1001)}, "1001 files"),
    ],
)
def test_an_index_that_lies_is_refused(folder: Path, places: object, words: str) -> None:
    save_file({"encoder.a": torch.ones(1)}, folder.parent / "outside.safetensors")
    write(folder, places)
    with pytest.raises(CheckpointError, match=words) as caught:
        open_checkpoint(folder)
    assert "index" in caught.value.where
    assert "download" in caught.value.fix


def test_a_folder_of_shards_and_another_model_is_not_guessed(folder: Path) -> None:
    save_file({"w": torch.ones(1)}, folder / "other.safetensors")
    with pytest.raises(CheckpointError, match="2 checkpoints"):
        open_checkpoint(folder)


def test_another_settings_file_of_the_folder_is_read_with_the_same_care(folder: Path) -> None:
    checkpoint = open_checkpoint(folder)
    assert checkpoint.beside("preprocessor_config.json") == {}
    (folder / "preprocessor_config.json").write_text('{"size": 224}')
    assert checkpoint.beside("preprocessor_config.json") == {"size": 224}
    (folder / "preprocessor_config.json").write_text("[" * 5000)
    with pytest.raises(CheckpointError, match="preprocessor_config"):
        checkpoint.beside("preprocessor_config.json")
