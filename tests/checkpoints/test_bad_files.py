"""A file that cannot be read says what it is, where it lies and what to do; and none of its code is run."""

from __future__ import annotations

import io
import json
import pickle
import random
import socket
import struct
import zipfile
from pathlib import Path
from typing import Any

import pytest
import torch
from safetensors.torch import save_file

from workbench.checkpoints import open_checkpoint
from workbench.core.errors import CheckpointError, UnsafeFile

WEIGHTS = {"encoder": {"module.norm.weight": torch.arange(4.0), "module.norm.bias": torch.zeros(4)}, "epoch": 3}


@pytest.fixture(autouse=True)
def _no_sockets(monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*_: Any, **__: Any) -> None:
        raise ConnectionError("a checkpoint must not open a socket")

    monkeypatch.setattr(socket, "socket", refuse)
    monkeypatch.setattr(socket, "create_connection", refuse)


class Writes:
    """Would write a file when unpickled."""

    def __init__(self, target: Path) -> None:
        self.target = target

    def __reduce__(self) -> tuple:
        return (Path.write_text, (self.target, "pwned"))


def refusal(path: Path) -> CheckpointError:
    with pytest.raises(CheckpointError) as caught:
        open_checkpoint(path)
    assert str(caught.value.where).startswith(str(path.parent))
    assert caught.value.fix
    return caught.value


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (b"", "empty"),
        (b"these are not weights, but a note\n", "text: 'these are not weights"),
        (b"version https://git-lfs.github.com/spec/v1\noid sha256:0\nsize 12\n", "Git LFS"),
        (b"<!DOCTYPE html><html>404</html>", "web page"),
        (b'{"json": true}', "text"),
        (b"\x1f\x8b\x08\x00" + bytes(60), "gzip"),
        (b"\x89HDF\r\n\x1a\n" + bytes(60), "HDF5"),
        (bytes(range(1, 64)), "first bytes 01 02"),
    ],
)
def test_a_file_of_another_kind_is_named(tmp_path: Path, content: bytes, words: str) -> None:
    (tmp_path / "model.pt").write_bytes(content)
    assert words in str(refusal(tmp_path / "model.pt"))


@pytest.mark.parametrize("way", ["zip", "legacy", "pickle", "pickle 2"])
def test_a_pickled_object_is_named_and_not_run(tmp_path: Path, way: str) -> None:
    target, file = tmp_path / "written.txt", tmp_path / "model.pt"
    content = {**WEIGHTS, "config": Writes(target)}
    if way.startswith("pickle"):
        file.write_bytes(pickle.dumps(content["config"], protocol=2 if way.endswith("2") else 5))
    else:
        torch.save(content, file, _use_new_zipfile_serialization=way == "zip")
    with pytest.raises(UnsafeFile, match=r"write_text|getattr") as caught:
        open_checkpoint(file)
    assert "state_dict" in caught.value.fix
    assert not target.exists()


def test_a_pickled_class_of_ones_own_is_named(tmp_path: Path) -> None:
    torch.save({"model": torch.nn.Linear(2, 2), "args": random.Random(0)}, tmp_path / "model.pt")
    with pytest.raises(UnsafeFile, match=r"torch\.nn\.modules\.linear\.Linear, random\.Random"):
        open_checkpoint(tmp_path / "model.pt")


class OfAStranger(torch.nn.Module):
    """Pickled by its class; its bound method is pickled as a call of getattr."""

    def __init__(self) -> None:
        super().__init__()
        self.layer, self.way = torch.nn.Linear(2, 2), self.forward


def test_a_module_of_a_strangers_class_is_a_pickled_object_and_no_attack(tmp_path: Path) -> None:
    torch.save(OfAStranger(), tmp_path / "model.pt")
    with pytest.raises(UnsafeFile, match=r"is a pickled object, not weights: .*OfAStranger.*2 tensors can be seen") as alone:
        open_checkpoint(tmp_path / "model.pt")
    torch.save({"model": OfAStranger(), "epoch": 3}, tmp_path / "run.pt")
    with pytest.raises(UnsafeFile, match=r"holds pickled objects, not weights alone: .*OfAStranger.*2 tensors can be seen") as within:
        open_checkpoint(tmp_path / "run.pt")
    for refused in (alone.value, within.value):
        assert "attack" not in refused.what
        assert "convert" in refused.fix


def test_a_method_that_getattr_finds_and_that_is_called_looks_like_an_attack(tmp_path: Path) -> None:
    torch.save({**WEIGHTS, "config": Writes(tmp_path / "written.txt")}, tmp_path / "model.pt")
    with pytest.raises(UnsafeFile, match="may be an attack"):
        open_checkpoint(tmp_path / "model.pt")


@pytest.mark.parametrize("share", [0.02, 0.5, 0.9, 0.999])
@pytest.mark.parametrize("kind", ["pt", "legacy", "safetensors"])
def test_a_truncated_file_is_refused(tmp_path: Path, kind: str, share: float) -> None:
    whole, cut = tmp_path / "whole", tmp_path / "cut.pt"
    tensors = {f"w{i}": torch.randn(40) for i in range(20)}
    if kind == "safetensors":
        save_file(tensors, whole)
    else:
        torch.save(tensors, whole, _use_new_zipfile_serialization=kind == "pt")
    cut.write_bytes(whole.read_bytes()[: int(whole.stat().st_size * share)])
    assert "copy or download it again" in refusal(cut).fix


def _safetensors(header: dict, values: bytes, length: int | None = None) -> bytes:
    text = json.dumps(header).encode()
    return struct.pack("<Q", len(text) if length is None else length) + text + values


@pytest.mark.parametrize(
    "content",
    [
        _safetensors({"w": {"dtype": "F32", "shape": [1000], "data_offsets": [0, 4000]}}, bytes(16)),
        _safetensors({"w": {"dtype": "F32", "shape": [1000], "data_offsets": [0, 16]}}, bytes(16)),
        _safetensors({"w": {"dtype": "F32", "shape": [4], "data_offsets": [0, 16]}}, bytes(64)),
        _safetensors({"w": {"dtype": "F32", "shape": [2**40, 2**40], "data_offsets": [0, 16]}}, bytes(16)),
        _safetensors({"w": {"dtype": "F32", "shape": [4], "data_offsets": [0, 16]}}, bytes(16), length=2**60),
        _safetensors({"w": {"dtype": "F32", "shape": [-4], "data_offsets": [0, 16]}}, bytes(16)),
        _safetensors({"w": "not a tensor"}, bytes(16)),
    ],
    ids=["past the end", "shape too large", "values left over", "overflow", "header too long", "negative", "no entry"],
)
def test_a_header_that_lies_is_refused(tmp_path: Path, content: bytes) -> None:
    (tmp_path / "model.safetensors").write_bytes(content)
    assert "safetensors" in str(refusal(tmp_path / "model.safetensors"))


def test_archives_of_other_programs_are_refused(tmp_path: Path) -> None:
    with zipfile.ZipFile(tmp_path / "arrays.pt", "w") as archive:
        archive.writestr("weights.npy", b"\x93NUMPY")
    assert "weights.npy" in str(refusal(tmp_path / "arrays.pt"))
    whole = io.BytesIO()
    torch.save(WEIGHTS, whole)
    with zipfile.ZipFile(whole) as source, zipfile.ZipFile(tmp_path / "packed.pt", "w", zipfile.ZIP_DEFLATED) as packed:
        for name in source.namelist():
            packed.writestr(name, source.read(name))
    assert "another program" in str(refusal(tmp_path / "packed.pt"))
    with zipfile.ZipFile(tmp_path / "script.pt", "w") as archive:
        archive.writestr("m/data.pkl", b"\x80\x02.")
        archive.writestr("m/constants.pkl", b"\x80\x02.")
    with pytest.raises(UnsafeFile, match="TorchScript"):
        open_checkpoint(tmp_path / "script.pt")


def test_a_lone_tensor_and_a_list_are_refused(tmp_path: Path) -> None:
    for content in (torch.zeros(3), [torch.zeros(3)]):
        torch.save(content, tmp_path / "model.pt")
        assert "not named tensors" in str(refusal(tmp_path / "model.pt"))


@pytest.mark.slow
def test_nests_that_would_never_end_are_refused(tmp_path: Path) -> None:
    loop: dict[str, Any] = {"w": torch.zeros(1)}
    loop["again"] = loop
    bomb: list = []
    for _ in range(40):
        bomb = [bomb, bomb]
    for content in (loop, {"w": torch.zeros(1), "bomb": bomb}):
        torch.save(content, tmp_path / "model.pt")
        assert "nested" in str(refusal(tmp_path / "model.pt"))
    wide: list = []
    for _ in range(28):
        wide = [wide, wide]
    torch.save({"wide": wide}, tmp_path / "model.pt")
    assert "entries" in str(refusal(tmp_path / "model.pt"))


@pytest.mark.parametrize(
    "tensor",
    [torch.zeros(1).expand(10**6, 10**6), torch.empty(3, device="meta"), torch.eye(3).to_sparse()],
    ids=["larger than its values", "without values", "sparse"],
)
def test_a_tensor_that_is_no_plain_array_is_not_copied_out(tmp_path: Path, tensor: torch.Tensor) -> None:
    torch.save({"w": tensor}, tmp_path / "model.pt")
    checkpoint = open_checkpoint(tmp_path / "model.pt")
    with pytest.raises(CheckpointError, match="not a plain array"):
        checkpoint.read(["w"])


@pytest.mark.filterwarnings("ignore:Detected pickle protocol")
def test_damage_anywhere_is_a_checkpoint_error_or_harmless(tmp_path: Path) -> None:
    """Two hundred files, each with a few bytes changed."""
    rng, file = random.Random(0), tmp_path / "model.pt"
    sources = []
    for kind in ("pt", "legacy", "safetensors"):
        if kind == "safetensors":
            save_file({f"w{i}": torch.randn(3) for i in range(3)}, file)
        else:
            torch.save(WEIGHTS, file, _use_new_zipfile_serialization=kind == "pt")
        sources.append(file.read_bytes())
    refused = 0
    for _ in range(200):
        content = bytearray(rng.choice(sources))
        for _ in range(rng.randint(1, 4)):
            content[rng.randrange(len(content))] = rng.randrange(256)
        file.write_bytes(content)
        try:
            checkpoint = open_checkpoint(file)
            checkpoint.read(checkpoint.tensors)
        except CheckpointError:
            refused += 1
    assert refused > 20


def test_a_folder_must_hold_one_checkpoint(tmp_path: Path) -> None:
    with pytest.raises(CheckpointError, match="it is empty"):
        open_checkpoint(tmp_path)
    (tmp_path / "notes.txt").write_text("nothing")
    with pytest.raises(CheckpointError, match=r"notes\.txt"):
        open_checkpoint(tmp_path)
    torch.save(WEIGHTS, tmp_path / "e10.pt")
    torch.save({}, tmp_path / "optimizer.pt")
    assert open_checkpoint(tmp_path).path == tmp_path / "e10.pt"
    torch.save(WEIGHTS, tmp_path / "latest.pt")
    with pytest.raises(CheckpointError, match=r"2 checkpoints .* e10\.pt, latest\.pt"):
        open_checkpoint(tmp_path)
    with pytest.raises(CheckpointError, match="does not exist"):
        open_checkpoint(tmp_path / "nowhere.pt")


@pytest.mark.parametrize(
    ("name", "content", "words"),
    [
        ("config.json", "{", "cannot be read"),
        ("params-ijepa.yaml", "a: [", "cannot be read"),
        ("params-ijepa.yaml", "!!python/object/apply:os.system ['true']", "cannot be read"),
        ("config.yaml", "- a list", "not named settings"),
        ("config.json", '{"a": "' + "x" * (1 << 20) + '"}', "at most"),
        ("config.json", "[" * 100_000, "cannot be read"),
    ],
)
def test_broken_settings_beside_a_checkpoint_are_refused(tmp_path: Path, name: str, content: str, words: str) -> None:
    torch.save(WEIGHTS, tmp_path / "model.pt")
    (tmp_path / name).write_text(content)
    assert words in str(refusal(tmp_path / "model.pt"))
