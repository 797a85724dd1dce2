"""A run is read once or watched: checkpoints in order, logs read on, what is not whole waited for, and clear words for what is odd."""

from __future__ import annotations

import os
import shutil
import time
import zipfile
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch
from safetensors.torch import save_file

import workbench as jw
from workbench.core.errors import BadInput, CheckpointError, Incomparable
from workbench.families import toy
from workbench.model.jepa import Jepa
from workbench.runs.listing import named
from workbench.runs.run import open_run

GOLDEN = Path(__file__).parents[1] / "golden"
IJEPA = GOLDEN / "ijepa" / "jepa-latest.pth.tar"


def zipped(path: Path) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    with zipfile.ZipFile(path, "w") as file:
        file.writestr("data.pkl", b"0" * 100)
    return path


@pytest.mark.parametrize(
    ("name", "step", "epoch"),
    [
        ("jepa-ep50.pth.tar", None, 50),
        ("vith14.224-bs.2048-ep.300-ep100.pth.tar", None, 100),
        ("jepa-e10.pth.tar", None, 10),
        ("e120.pt", None, 120),
        ("e-40.pth.tar", None, 40),
        ("IN1K-vit.h.14-300e.pth.tar", None, 300),
        ("weights_epoch_7.pt", None, 7),
        ("epoch=3-step=400.ckpt", 400, 3),
        ("checkpoint-500/model.safetensors", 500, None),
        ("step_0001000.safetensors", 1000, None),
        ("global_step2500/model.pt", 2500, None),
        ("model_12.pth", 12, None),
        ("iter_30.pt", 30, None),
        ("latest.pt", None, None),
        ("best-v2.ckpt", None, None),
    ],
)
def test_steps_and_epochs_are_read_from_names(name: str, step: int | None, epoch: int | None) -> None:
    found = named(Path("/run") / name, Path("/run"), (1, 2, 3))
    assert (found.step, found.epoch) == (step, epoch)


def test_checkpoints_come_in_natural_order_and_companions_are_left_out(tmp_path: Path) -> None:
    for name in ("e10.pt", "e2.pt", "e1.pt", "optimizer.pt", "notes.txt", "deep/a/e30.pt"):
        zipped(tmp_path / name)
    run = open_run(tmp_path)
    assert [c.name for c in run.checkpoints] == ["e1.pt", "e2.pt", "e10.pt", "deep/a/e30.pt"]
    assert [c.epoch for c in run.checkpoints] == [1, 2, 10, 30]
    assert jw.open_run(tmp_path / "e2.pt").path == run.path


def test_a_file_without_a_number_says_its_step_itself(tmp_path: Path) -> None:
    torch.save({"encoder": {"w": torch.zeros(2)}, "epoch": 7, "step": 700, "loss": 0.5}, tmp_path / "latest.pt")
    zipped(tmp_path / "step_300.pt")
    run = open_run(tmp_path)
    assert [(c.name, c.step, c.epoch) for c in run.checkpoints] == [("step_300.pt", 300, None), ("latest.pt", 700, 7)]


def test_an_empty_folder_is_no_error_and_fills_while_it_is_watched(tmp_path: Path) -> None:
    run = open_run(tmp_path)
    assert (run.checkpoints, run.curves()) == ((), {})
    assert run.notes == ("there are neither checkpoints nor logs in this folder yet",)
    zipped(tmp_path / "e1.pt")
    (tmp_path / "log_r0.csv").write_text("epoch,itr,loss\n1,0,0.5\n", encoding="utf-8")
    assert run.refresh()
    assert len(run.checkpoints) == 1
    assert run.curves()["loss"].values.tolist() == [0.5]
    assert run.notes == ()
    assert not run.refresh()


def test_what_is_still_being_written_is_waited_for(tmp_path: Path) -> None:
    run = open_run(tmp_path)
    whole = zipped(tmp_path / "of.pt").read_bytes()
    (tmp_path / "of.pt").unlink()
    (tmp_path / "e1.pt").write_bytes(whole[:60])
    save_file({"w": torch.zeros(100)}, tmp_path / "full.safetensors")
    (tmp_path / "e2.safetensors").write_bytes((tmp_path / "full.safetensors").read_bytes()[:-8])
    (tmp_path / "full.safetensors").unlink()
    (tmp_path / "e3.bin").write_bytes(b"no format says where this ends")
    run.refresh()
    assert (run.checkpoints, run.waiting) == ((), ("e1.pt", "e2.safetensors", "e3.bin"))
    (tmp_path / "e1.pt").write_bytes(whole)
    run.refresh()  # e3.bin has rested since
    assert [c.name for c in run.checkpoints] == ["e1.pt", "e3.bin"]
    assert run.waiting == ("e2.safetensors",)


def test_a_checkpoint_that_is_overwritten_is_listed_anew(tmp_path: Path) -> None:
    torch.save({"epoch": 1}, tmp_path / "latest.pt")
    run = open_run(tmp_path)
    torch.save({"epoch": 2}, tmp_path / "next")
    os.replace(tmp_path / "next", tmp_path / "latest.pt")
    assert run.refresh()
    assert run.checkpoints[0].epoch == 2


def test_a_run_that_is_deleted_while_watched_keeps_what_was_read(tmp_path: Path) -> None:
    folder = tmp_path / "run"
    zipped(folder / "e1.pt")
    (folder / "a.csv").write_text("step,loss\n0,1\n", encoding="utf-8")
    run = open_run(folder)
    (folder / "a.csv").unlink()
    assert run.refresh()
    assert "a.csv: deleted; what was read stays" in run.notes
    shutil.rmtree(folder)
    assert run.refresh()
    assert run.gone
    assert run.curves()["loss"].values.tolist() == [1]
    assert not run.refresh()
    zipped(folder / "e2.pt")
    assert run.refresh()
    assert [c.name for c in run.checkpoints] == ["e2.pt"]


def test_clocks_that_differ_change_nothing(tmp_path: Path) -> None:
    """Times of files are compared with themselves, never with this machine's clock."""
    log = tmp_path / "a.csv"
    log.write_text("step,loss\n0,1\n", encoding="utf-8")
    zipped(tmp_path / "e1.pt")
    future = time.time_ns() + 10**15
    os.utime(log, ns=(future, future))
    os.utime(tmp_path / "e1.pt", ns=(0, 0))
    run = open_run(tmp_path)
    with log.open("a", encoding="utf-8") as file:
        file.write("1,0.5\n")
    os.utime(log, ns=(0, 0))
    assert run.refresh()
    assert run.curves()["loss"].values.tolist() == [1, 0.5]
    assert len(run.checkpoints) == 1


@pytest.mark.slow
def test_ten_thousand_checkpoints_are_listed_once_and_looked_at_again_in_no_time(tmp_path: Path) -> None:
    for k in range(10_000):
        (tmp_path / f"step_{k}.bin").write_bytes(b"x")
    run = open_run(tmp_path)
    assert [c.step for c in run.checkpoints] == list(range(10_000))
    began = time.process_time()
    assert not run.refresh()
    assert time.process_time() - began < 2


def test_several_logs_are_told_apart_and_terms_have_their_own_minima(tmp_path: Path) -> None:
    (tmp_path / "lightning_logs" / "version_0").mkdir(parents=True)
    (tmp_path / "lightning_logs" / "version_0" / "metrics.csv").write_text("step,pred_loss,reg_loss\n0,1,3\n10,0.5,1\n20,0.2,2\n", encoding="utf-8")
    (tmp_path / "log_r0.csv").write_text("epoch,itr,loss\n1,0,0.5\n", encoding="utf-8")
    (tmp_path / "run-x.wandb").write_bytes(b"\0")
    run = open_run(tmp_path)
    curves = run.curves()
    assert set(curves) == {"lightning_logs/version_0/metrics.csv: pred_loss", "lightning_logs/version_0/metrics.csv: reg_loss", "log_r0.csv: loss"}
    assert curves["lightning_logs/version_0/metrics.csv: pred_loss"].minimum == (20, 0.2)
    assert curves["lightning_logs/version_0/metrics.csv: reg_loss"].minimum == (10, 1)
    assert any("wandb sync" in n for n in run.notes)


def test_settings_are_bounded(tmp_path: Path) -> None:
    run = open_run(tmp_path)
    assert run.settings == {}
    (tmp_path / "params-ijepa.yaml").write_text("meta:\n  model_name: vit_tiny\n", encoding="utf-8")
    assert run.settings["meta"]["model_name"] == "vit_tiny"
    bomb = "a: &a [x, x, x, x, x, x, x, x, x, x]\n" + "".join(
        f"{n}: &{n} [{', '.join(['*' + p] * 10)}]\n" for p, n in zip("abcdef", "bcdefg", strict=True)
    )
    (tmp_path / "params-ijepa.yaml").write_text(bomb, encoding="utf-8")
    with pytest.raises(CheckpointError):
        _ = run.settings


def test_a_single_checkpoint_loads_and_one_that_is_not_there_is_refused(tmp_path: Path) -> None:
    shutil.copy(IJEPA, tmp_path / "jepa-ep3.pth.tar")
    run = open_run(tmp_path, heads=2)
    assert run.checkpoints[0].epoch == 3
    assert run.load(-1).card.family == "ijepa"
    for wrong in (5, "e9.pt"):
        with pytest.raises(BadInput, match="there is no checkpoint"):
            run.load(wrong)
    with pytest.raises(BadInput, match="no such folder"):
        open_run(tmp_path / "nothing")


def test_checkpoints_of_another_family_or_size_are_not_mixed(tmp_path: Path) -> None:
    for name in ("e1.pt", "e2.pt"):
        zipped(tmp_path / name)
    jepa = toy.build()

    def model(path: str) -> Jepa:
        return replace(jepa, card=replace(jepa.card, dim=999)) if path.endswith("e2.pt") else jepa

    run = open_run(tmp_path, model)
    run.load(0)
    with pytest.raises(Incomparable, match=r"e2\.pt is toy with 999 features"):
        run.load(1)
    assert run.load("e1.pt") is jepa


def test_steps_of_a_run_are_finite_numbers(tmp_path: Path) -> None:
    (tmp_path / "a.csv").write_text("step,loss\n,1\n5,2\n,3\n", encoding="utf-8")
    curve = open_run(tmp_path).curves()["loss"]
    assert np.isfinite(curve.steps).all()
    assert curve.steps.tolist() == [5, 5, 5]
