"""A file of Python objects becomes safetensors without being run, in a process that could not do harm."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest
import torch
from safetensors.torch import load_file

from tests.checkpoints import pickled
from workbench.checkpoints import convert, describe, open_checkpoint
from workbench.checkpoints.converting import put
from workbench.cli import main
from workbench.core.errors import BadInput, CheckpointError, UnsafeFile

pytestmark = pytest.mark.slow

MAKERS = {
    "dino_wm": pickled.dino_wm,
    "lewm": pickled.lewm_object,
    "lewm, legacy": lambda file: pickled.lewm_object(file, legacy=True),
    "lightning": pickled.lightning,
}
CLASSES = {"dino_wm": "models.vit.ViTPredictor", "lightning": "omegaconf.dictconfig.DictConfig"}


@pytest.mark.filterwarnings("ignore:Couldn.t retrieve source code")
@pytest.mark.parametrize("kind", MAKERS)
def test_a_file_of_objects_is_refused_with_its_classes_and_tensors_and_converts_to_the_same_numbers(tmp_path: Path, kind: str) -> None:
    file = tmp_path / "model_latest.pth"
    weights = MAKERS[kind](file)
    first = CLASSES.get(kind, "stable_worldmodel.wm.lewm.LeWM")
    with pytest.raises(UnsafeFile, match=f"{first}.*tensors can be seen") as refused:
        open_checkpoint(file)
    assert "convert" in refused.value.fix
    contents = describe(file)
    assert contents.classes[0] == first
    assert {t.name: t.shape for t in contents.tensors} == {n: tuple(t.shape) for n, t in weights.items()}
    done = convert(file, trust=True)
    assert done.path == str(tmp_path / "model_latest.safetensors")
    written = load_file(done.path)  # also the official reader takes it
    assert set(written) == set(weights)
    assert all(written[n].dtype == t.dtype and torch.equal(written[n], t) for n, t in weights.items())
    checkpoint = open_checkpoint(done.path)
    assert all(torch.equal(checkpoint.value(n), t) for n, t in weights.items())
    assert not list(tmp_path.glob(".*"))


def test_the_modules_of_the_file_need_not_exist(tmp_path: Path) -> None:
    pickled.dino_wm(tmp_path / "m.pth")
    with pytest.raises(ModuleNotFoundError):
        torch.load(tmp_path / "m.pth", weights_only=False)


def test_settings_that_are_plain_data_lie_beside_the_weights_with_those_found_beside_the_file(tmp_path: Path) -> None:
    (tmp_path / "config.json").write_text('{"dim": 8, "epoch": "from the config"}')
    pickled.lightning(tmp_path / "run.ckpt")
    done = convert(tmp_path / "run.ckpt", trust=True)
    said = json.loads(Path(done.settings_path).read_text())
    assert said["hyper_parameters"] == {"model": {"dim": 192, "heads": [3, 4]}, "lr": 0.001}
    assert (said["dim"], said["epoch"]) == (8, 3)
    checkpoint = open_checkpoint(done.path)
    assert checkpoint.setting("hyper_parameters.model.dim") == 192
    assert checkpoint.scalars["pytorch-lightning_version"] == "2.5"


def test_optimizers_are_left_out_and_said(tmp_path: Path) -> None:
    pickled.dino_wm(tmp_path / "m.pth")
    assert convert(tmp_path / "m.pth", trust=True).left_out == (("predictor_optimizer", "torch.optim.adamw.AdamW"),)


def test_without_trust_nothing_is_converted_and_the_description_is_shown(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    pickled.dino_wm(tmp_path / "m.pth")
    assert main(["convert", str(tmp_path / "m.pth")]) == 2
    told = capsys.readouterr()
    assert "models.proprio.ProprioceptiveEmbedding" in told.out
    assert "predictor.pos_embedding  [1, 6, 8] float32" in told.out
    assert "--trust" in told.err
    assert [p.name for p in tmp_path.iterdir()] == ["m.pth"]


def test_with_trust_a_warning_comes_first(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    pickled.dino_wm(tmp_path / "m.pth")
    assert main(["convert", str(tmp_path / "m.pth"), "--trust", "-o", str(tmp_path / "out.safetensors")]) == 0
    told = capsys.readouterr()
    assert told.err.startswith("WARNING")
    assert "models.vit.ViTPredictor" in told.err
    assert "12 tensors" in told.out
    assert "left out predictor_optimizer" in told.out


def test_inspect_of_a_file_of_objects_describes_it_and_ends_with_2(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    pickled.lewm_object(tmp_path / "pusht_object.ckpt")
    assert main(["inspect", str(tmp_path / "pusht_object.ckpt")]) == 2
    told = capsys.readouterr().out
    assert "a pickled object, not weights" in told
    assert "attack" not in told
    assert "nothing of it was run" in told
    assert "stable_worldmodel.wm.lewm.LeWM" in told
    assert "convert" in told
    assert main(["inspect", "--json", str(tmp_path / "pusht_object.ckpt")]) == 2
    said = json.loads(capsys.readouterr().out)
    assert said["error"]["kind"] == "UnsafeFile"
    assert said["contents"]["tensors"][0] == {"name": "pos_embedding", "shape": [1, 6, 8], "dtype": "float32", "bytes": 192}


def test_a_plain_torch_file_converts_without_trust(tmp_path: Path) -> None:
    weights = {"a": torch.randn(3, 2).t(), "b": torch.tensor([True, False]), "c": torch.randn(4).bfloat16(), "d": torch.tensor(3)}
    torch.save({"encoder": weights, "epoch": 2}, tmp_path / "m.pt")
    written = load_file(convert(tmp_path / "m.pt").path)
    assert all(torch.equal(written[f"encoder.{n}"], t) for n, t in weights.items())


def test_what_exists_is_not_written_over(tmp_path: Path) -> None:
    torch.save({"w": torch.ones(1), "epoch": 1}, tmp_path / "m.pt")
    convert(tmp_path / "m.pt")
    with pytest.raises(BadInput, match=r"m\.safetensors exists"):
        convert(tmp_path / "m.pt")


@pytest.mark.parametrize(
    ("out", "words"),
    [
        *((".", "is a folder"), ("", "is a folder"), ("there", "is a folder"), ("x.json", "tensors are not"), ("gone/x", "cannot be written")),
        *(("m.pt/x.safetensors", "cannot be written"), ("n" * 300, "cannot be written"), ("x\0.safetensors", "cannot be written")),
    ],
)
def test_a_target_that_cannot_be_written_is_told_in_words(tmp_path: Path, out: str, words: str, monkeypatch: pytest.MonkeyPatch) -> None:
    torch.save({"w": torch.ones(1)}, tmp_path / "m.pt")
    (tmp_path / "there").mkdir()
    monkeypatch.chdir(tmp_path)
    with pytest.raises(BadInput, match=words) as caught:
        convert("m.pt", out)
    assert caught.value.fix
    assert sorted(p.name for p in tmp_path.iterdir()) == ["m.pt", "there"]


def test_links_are_neither_followed_nor_written_over(tmp_path: Path) -> None:
    torch.save({"w": torch.ones(1), "epoch": 1}, tmp_path / "m.pt")
    (tmp_path / "kept").write_text("kept")
    for name in (f".m.safetensors.{os.getpid()}.part", f".m.json.{os.getpid()}.part"):
        (tmp_path / name).symlink_to(tmp_path / "kept")  # where a draft of a name that can be guessed would lie
    (tmp_path / "x.json").symlink_to(tmp_path / "nowhere")
    with pytest.raises(BadInput, match=r"x\.json exists"):
        convert(tmp_path / "m.pt", tmp_path / "x.safetensors")
    convert(tmp_path / "m.pt")
    assert (tmp_path / "kept").read_text() == "kept"
    assert not (tmp_path / "nowhere").exists()


def test_a_draft_does_not_take_the_place_of_what_was_written_meanwhile(tmp_path: Path) -> None:
    (tmp_path / "draft").write_text("draft")
    (tmp_path / "target").write_text("kept")
    with pytest.raises(FileExistsError):
        put(tmp_path / "draft", tmp_path / "target")
    assert (tmp_path / "target").read_text() == "kept"


class Runs:
    """Would run a command when unpickled."""

    def __reduce__(self) -> tuple:
        import os

        return (os.system, ("true",))


def test_a_file_that_wants_to_run_commands_is_not_converted_even_with_trust(tmp_path: Path) -> None:
    torch.save({"w": torch.ones(1), "x": Runs()}, tmp_path / "m.pt")
    with pytest.raises(UnsafeFile, match="may be an attack") as caught:
        convert(tmp_path / "m.pt", trust=True)
    assert "not converted" in caught.value.fix


@pytest.mark.parametrize("damage", [lambda b: b[: len(b) // 2], lambda b: b"notes"])
def test_a_damaged_file_is_not_converted(tmp_path: Path, damage: Callable[[bytes], bytes]) -> None:
    torch.save({"w": torch.ones(100)}, tmp_path / "m.pt")
    (tmp_path / "m.pt").write_bytes(damage((tmp_path / "m.pt").read_bytes()))
    with pytest.raises(CheckpointError):
        convert(tmp_path / "m.pt", trust=True)
    assert [p.name for p in tmp_path.iterdir()] == ["m.pt"]


def test_the_converting_process_can_neither_reach_out_nor_write_elsewhere(tmp_path: Path) -> None:
    tries = """
import sys, socket, subprocess, os, pickle
from workbench.worker import quarantine
alone = quarantine.leave_network()
quarantine.limit(0)
quarantine.forbid(sys.argv[1])
open(sys.argv[1], "w").close()
held = 0
for harm in (lambda: socket.socket(), lambda: subprocess.run(["true"]), lambda: os.system("true"), lambda: os.fork(),
             lambda: open(sys.argv[1] + "2", "w"), lambda: pickle.loads(pickle.dumps(os.getcwd)), lambda: os.remove(sys.argv[1])):
    try:
        harm()
    except PermissionError:
        held += 1
try:
    bytearray(64 << 30)
except MemoryError:
    held += 1
print(held, alone, sorted(os.listdir("/sys/class/net")) if alone and os.path.isdir("/sys/class/net") else "")
"""
    done = subprocess.run([sys.executable, "-c", tries, str(tmp_path / "draft")], capture_output=True, text=True, timeout=60, check=True)
    assert done.stdout.split()[0] == ("8" if sys.platform == "linux" else "7")
    assert [p.name for p in tmp_path.iterdir()] == ["draft"]
