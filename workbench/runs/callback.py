"""The recorder as a callback of Lightning, which is imported only when one is made."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import torch

from workbench.core.errors import MissingExtra
from workbench.runs.recorder import RunRecorder


def run_callback(folder: str | Path, probe: Callable[..., Any] | None = None, every: int = 200) -> Any:
    """A callback for Lightning's `Trainer(callbacks=[…])` that records as `RunRecorder` does.

    Every number that the module logs, and the loss that `training_step` gives, is written after each batch, under the trainer's global step. Only rank 0 records,
    and nothing that fails here stops the training.

    Args:
        folder, every: as of `RunRecorder`. probe: called with the LightningModule as it is without the wrappers of its strategy.

    Raises:
        MissingExtra: neither lightning nor pytorch_lightning is installed.
    """

    class RunCallback(_callback_class()):
        """Records while the trainer fits."""

        recorder: RunRecorder | None = None

        def on_train_start(self, trainer: Any, pl_module: Any) -> None:
            self.recorder = RunRecorder(folder, probe, [pl_module], every)

        def on_train_batch_end(self, trainer: Any, pl_module: Any, outputs: Any, batch: Any, batch_idx: int) -> None:
            if self.recorder is not None:
                self.recorder.log(trainer.global_step, **numbers(trainer.callback_metrics, outputs))

        def on_train_end(self, trainer: Any, pl_module: Any) -> None:
            self._close()

        def on_exception(self, trainer: Any, pl_module: Any, exception: BaseException) -> None:
            self._close()

        def _close(self) -> None:
            if self.recorder is not None:
                self.recorder.close()

    return RunCallback()


def numbers(logged: Any, outputs: Any) -> dict[str, Any]:
    """What a batch gave as numbers by name: what was logged, and the loss under its own name where nothing was logged under it."""
    found = {str(name): value for name, value in dict(logged).items() if not isinstance(value, torch.Tensor) or value.numel() == 1}
    loss = outputs.get("loss") if isinstance(outputs, dict) else outputs
    if isinstance(loss, torch.Tensor) and loss.numel() == 1:
        found.setdefault("loss", loss)
    return found


def _callback_class() -> Any:
    try:
        from lightning.pytorch.callbacks import Callback  # type: ignore[import-not-found]  # an extra
    except ImportError:
        try:
            from pytorch_lightning.callbacks import Callback  # type: ignore[import-not-found]  # the older name of the same
        except ImportError as error:
            raise MissingExtra("the callback needs Lightning", where="run_callback", fix='pip install "jepa-workbench[lightning]"') from error
    return Callback
