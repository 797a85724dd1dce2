"""The recorder writes what a run shows, changes nothing of the training, and never stops it."""

from __future__ import annotations

import json
import logging
import os
import random
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
import torch
from torch import Tensor, nn

import workbench as jw
from workbench.measures.dimension import rank_me
from workbench.runs.recorder import RunRecorder, unwrapped
from workbench.runs.statistics import statistics


def rows(path: Path) -> list[dict]:
    return [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines()]


def net() -> nn.Sequential:
    torch.manual_seed(1)
    return nn.Sequential(nn.Linear(8, 16), nn.BatchNorm1d(16), nn.Dropout(0.5), nn.Linear(16, 4))


def trained(folder: Path | None, images: Tensor) -> tuple[list[float], nn.Module]:
    model, losses = net(), list[float]()
    optimizer = torch.optim.SGD(model.parameters(), 0.05)
    recorder = (
        RunRecorder(folder, probe=lambda m: {"features": m(images) + torch.rand(1) + random.random() + np.random.rand()}, models=[model], every=3)
        if folder
        else None
    )
    for step in range(10):
        loss = model(torch.randn(16, 8)).square().mean() + random.random() * 0 + np.random.rand() * 0
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        losses.append(float(loss))
        if recorder is not None:
            recorder.log(step, loss=loss, lr=0.05)
    if recorder is not None:
        recorder.close()
    return losses, model


def test_three_lines_write_a_run_that_opens_and_the_training_is_the_same(tmp_path: Path) -> None:
    images = torch.randn(12, 8, generator=torch.Generator().manual_seed(0))
    bare, _ = trained(None, images)
    recorded, model = trained(tmp_path / "run", images)
    assert recorded == bare
    assert all(module.training for module in model.modules())
    run = jw.open_run(tmp_path / "run")
    curves = run.curves()
    assert curves["metrics.jsonl: loss"].values.tolist() == pytest.approx(bare, rel=1e-6)
    assert curves["probe.jsonl: features.rankme"].steps.tolist() == [0, 3, 6, 9]
    assert set(rows(tmp_path / "run" / "probe.jsonl")[0]) >= {"features.std", "features.cosine", "features.dead", "recorder.cost"}


def test_statistics_are_those_of_the_measures_and_tell_a_collapse() -> None:
    rng = torch.Generator().manual_seed(0)
    target = torch.randn(16, 5, 8, generator=rng)
    found = statistics({"features": target, "targets": target, "predictions": target + 0.1 * torch.randn(16, 5, 8, generator=rng)})
    assert found["features.rankme"] == pytest.approx(rank_me(target.mean(1).double().numpy()))
    assert found["prediction.cosine_centred"] > 0.9
    assert found["prediction.mse_over_mean"] < 0.1
    dead = torch.ones(16, 5, 8) + 1e-4 * torch.randn(16, 5, 8, generator=rng)
    gone = statistics({"targets": dead, "predictions": torch.ones(16, 5, 8) + 1e-4 * torch.randn(16, 5, 8, generator=rng)})
    assert gone["prediction.cosine"] == pytest.approx(1, abs=1e-3)
    assert gone["prediction.cosine_centred"] < 0.2
    assert gone["targets.dead"] == 1
    assert gone["targets.cosine"] == pytest.approx(1, abs=1e-3)
    odd = statistics({"features": torch.full((4, 3), torch.nan), "targets": torch.ones(1, 3), "predictions": torch.ones(1, 3)})
    assert np.isnan(list(odd.values())).all()


@pytest.mark.parametrize("said", [lambda m: None, lambda m: torch.ones(3), lambda m: {"features": 3}, lambda m: 1 / 0])
def test_a_probe_that_fails_is_told_once_given_up_and_stops_nothing(tmp_path: Path, caplog: pytest.LogCaptureFixture, said: Callable) -> None:
    recorder = RunRecorder(tmp_path, probe=said, models=[net()], every=1)
    with caplog.at_level(logging.WARNING):
        for step in range(6):
            recorder.log(step, loss=1.0)
    recorder.close()
    assert recorder.failures == 3
    assert len(caplog.records) == 1
    assert len(rows(tmp_path / "metrics.jsonl")) == 6


def test_a_full_disk_stops_nothing_and_what_was_held_is_written_when_there_is_room(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    if not Path("/dev/full").exists():
        pytest.skip("there is no /dev/full here")
    (tmp_path / "metrics.jsonl").symlink_to("/dev/full")
    recorder = RunRecorder(tmp_path)
    for step in range(400):
        recorder.log(step, loss=torch.tensor(float(step)))
    assert recorder.failures
    assert len(caplog.records) == 1
    (tmp_path / "metrics.jsonl").unlink()
    recorder.close()
    assert [r["loss"] for r in rows(tmp_path / "metrics.jsonl")] == list(range(400))


def test_a_folder_that_cannot_be_written_stops_nothing(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("", encoding="utf-8")
    recorder = RunRecorder(tmp_path / "file" / "run", probe=lambda: torch.ones(3, 2))
    recorder.log(0, loss=float("nan"), what="no number")  # type: ignore[arg-type]  # a user's mistake
    recorder.log(1, loss=1.0)
    recorder.close()
    recorder.log(2, loss=1.0)
    assert recorder.failures == 3


def test_a_resumed_run_appends_after_a_line_that_was_cut_off(tmp_path: Path) -> None:
    with RunRecorder(tmp_path) as recorder:
        for step in range(3):
            recorder.log(step, loss=1.0 + step)
    with (tmp_path / "metrics.jsonl").open("a", encoding="utf-8") as file:
        file.write('{"step": 3, "lo')
    with RunRecorder(tmp_path) as recorder:
        recorder.log(1, loss=5.0)
    run = jw.open_run(tmp_path)
    assert run.curves()["loss"].values.tolist() == [1, 5]
    assert any("no JSON: 1" in n for n in run.notes)


def test_only_rank_zero_records(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("RANK", "1")
    with RunRecorder(tmp_path / "run", probe=lambda: 1 / 0) as recorder:
        recorder.log(0, loss=1.0)
    assert not (tmp_path / "run").exists()
    assert recorder.failures == 0


def test_under_ddp_the_probe_sees_the_module_and_waits_for_nobody(tmp_path: Path) -> None:
    os.environ |= {"MASTER_ADDR": "127.0.0.1"}
    torch.distributed.init_process_group("gloo", init_method=f"file://{tmp_path / 'store'}", rank=0, world_size=1)
    try:
        model = nn.parallel.DistributedDataParallel(net())
        seen = list[nn.Module]()
        recorder = RunRecorder(tmp_path / "run", probe=lambda m: seen.append(m) or m(torch.ones(4, 8)), models=[model], every=2)
        for step in range(4):
            with torch.autocast("cpu", torch.bfloat16):
                loss = model(torch.randn(4, 8)).mean()
                recorder.log(step, loss=loss)
        recorder.close()
    finally:
        torch.distributed.destroy_process_group()
    assert seen == [model.module, model.module]
    assert recorder.failures == 0
    assert len(rows(tmp_path / "run" / "metrics.jsonl")) == 4


def test_a_compiled_model_is_probed_as_it_was_written() -> None:
    model = net()
    compiled = torch.compile(model)
    assert unwrapped(compiled) is model
    assert unwrapped(model) is model


def test_its_cost_is_measured(tmp_path: Path) -> None:
    with RunRecorder(tmp_path, probe=lambda: torch.randn(16, 8), every=1) as recorder:
        recorder.log(0, loss=1.0)
        assert 0 < recorder.cost < 1
    assert rows(tmp_path / "probe.jsonl")[0]["recorder.seconds"] > 0
