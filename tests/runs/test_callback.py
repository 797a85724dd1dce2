"""The callback of Lightning records what the loop of a Trainer does; without Lightning it says what to install."""

from __future__ import annotations

import importlib.util
import json
from pathlib import Path
from typing import Any

import pytest
import torch

import workbench as jw
from workbench.core.errors import MissingExtra
from workbench.runs.callback import numbers

_THERE = any(importlib.util.find_spec(name) for name in ("lightning", "pytorch_lightning"))


def test_the_loss_of_a_step_is_recorded_beside_what_is_logged() -> None:
    loss, wide = torch.tensor(2.0), torch.ones(3)
    assert numbers({"rate": torch.tensor(0.1), "wide": wide}, {"loss": loss}) == {"rate": torch.tensor(0.1), "loss": loss}
    assert numbers({"loss": 1.0}, loss) == {"loss": 1.0}
    assert numbers({}, None) == {}


@pytest.mark.skipif(_THERE, reason="Lightning is installed")
def test_without_lightning_the_callback_says_what_to_install(tmp_path: Path) -> None:
    with pytest.raises(MissingExtra, match="needs Lightning"):
        jw.run_callback(tmp_path)


@pytest.mark.slow
@pytest.mark.skipif(not _THERE, reason="Lightning is not installed")
def test_a_trainer_writes_a_run_that_opens(tmp_path: Path) -> None:
    import lightning.pytorch as pl

    class Module(pl.LightningModule):
        def __init__(self) -> None:
            super().__init__()
            self.net = torch.nn.Linear(4, 4)

        def training_step(self, batch: Any, index: int) -> Any:
            loss = self.net(batch).square().mean()
            self.log("train_loss", loss)
            return loss

        def configure_optimizers(self) -> Any:
            return torch.optim.SGD(self.parameters(), 0.1)

    images = torch.randn(16, 4)
    callback = jw.run_callback(tmp_path / "run", probe=lambda module: {"features": module.net(images)}, every=4)
    options = {"logger": False, "enable_checkpointing": False, "enable_progress_bar": False, "enable_model_summary": False, "accelerator": "cpu"}
    pl.Trainer(max_epochs=1, callbacks=[callback], default_root_dir=tmp_path, **options).fit(
        Module(), torch.utils.data.DataLoader(images, batch_size=2)
    )
    rows = [json.loads(line) for line in (tmp_path / "run" / "metrics.jsonl").read_text().splitlines()]
    assert [row["step"] for row in rows] == list(range(1, 9))
    assert rows[0]["loss"] == pytest.approx(rows[0]["train_loss"])
    run = jw.open_run(tmp_path / "run")
    assert {"metrics.jsonl: loss", "probe.jsonl: features.rankme"} <= set(run.curves())
    assert callback.recorder.failures == 0
