"""What a training loop writes about itself, so that it can be watched: metrics of every step, and statistics of a fixed probe batch."""

from __future__ import annotations

import json
import logging
import os
import random
import time
from collections.abc import Callable, Generator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Any

import numpy as np
import torch
from torch import Tensor, nn

from workbench.runs.statistics import as_tensors, statistics

_say = logging.getLogger(__name__)
_METRICS, _PROBE = "metrics.jsonl", "probe.jsonl"
_ROWS, _SECONDS, _HELD = 200, 1.0, 10_000  # rows and seconds after which is written; rows held at most while the disk refuses
_TRIES = 3  # failures of the probe in a row after which it is left out


class RunRecorder:
    """Records a training in a folder that `jw.open_run` reads.

        recorder = jw.RunRecorder("runs/a", probe=lambda model: {"features": model(images)}, models=[model], every=200)
        for step, batch in enumerate(loader):
            ...
            recorder.log(step, loss=loss)
        recorder.close()

    It never stops the training: whatever fails is logged once as a warning of the logger of this module, and counted in `failures`. Other ranks than 0
    do nothing. Tensors are not waited for at each step: they are brought to the CPU together, about once a second.

    Args:
        folder: to write metrics.jsonl and probe.jsonl to; a run that is resumed appends.
        probe: called with the models every so many steps, on rank 0, without gradients, in eval mode, not compiled, with a fixed seed; it gives tensors
            by name, as "features", "targets" and "predictions", of one fixed batch; see `runs.statistics`. None: metrics alone.
        models: handed to the probe without the wrappers of DDP and torch.compile, whose forward would wait for the other ranks or compile again.
            Their modes and the state of all random generators are as before afterwards.
        every: steps between two probes.

    Attributes:
        failures: how often something could not be computed or written.
    """

    def __init__(self, folder: str | Path, probe: Callable[..., Any] | None = None, models: Sequence[nn.Module] = (), every: int = 200) -> None:
        self.folder, self.every, self.failures = Path(folder), max(1, int(every)), 0
        self._probe, self._models = probe, tuple(models)
        self._rows: list[dict[str, Any]] = []
        self._probed: int | None = None
        self._failed, self._told = 0, set[str]()
        self._began = self._written = time.perf_counter()
        self._seconds = 0.0
        self._closed = not _first_rank()

    def log(self, step: int, **values: float | Tensor) -> None:
        """Record numbers of a step. Tensors of one number may lie on any device."""
        if self._closed:
            return
        began = time.perf_counter()
        with self._guarded("metrics"):
            self._rows.append({"step": int(step), **{k: v.detach().clone() if isinstance(v, Tensor) else float(v) for k, v in values.items()}})
            if self._probe is not None and (self._probed is None or step < self._probed or step // self.every != self._probed // self.every):
                self._probed = int(step)
                self._write_probe(int(step))
            if len(self._rows) >= _ROWS or began - self._written > _SECONDS:
                self._flush()
        self._seconds += time.perf_counter() - began

    @property
    def cost(self) -> float:
        """Share of the time since the start that went into recording."""
        return self._seconds / max(time.perf_counter() - self._began, 1e-9)

    def close(self) -> None:
        """Write what is left. `log` does nothing afterwards."""
        if not self._closed:
            with self._guarded("metrics"):
                self._flush()
            self._closed = True

    def __enter__(self) -> RunRecorder:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    @contextmanager
    def _guarded(self, what: str) -> Generator[None, None, None]:
        try:
            yield
        except Exception as error:  # any failure here must not stop the training; it is logged and counted
            self.failures += 1
            if what not in self._told:
                self._told.add(what)
                _say.warning("the %s of this run cannot be recorded, the training goes on: %s: %s", what, type(error).__name__, error)

    def _write_probe(self, step: int) -> None:
        if self._probe is None or self._failed >= _TRIES:
            return
        before, began = self.failures, time.perf_counter()
        with self._guarded("probe"):
            with _undisturbed(self._models):
                said = as_tensors(self._probe(*map(unwrapped, self._models)))
                found = statistics(said)
            row = {"step": step, **found, "recorder.seconds": time.perf_counter() - began, "recorder.cost": self.cost}
            self._append(_PROBE, [row])
        self._failed = self._failed + 1 if self.failures > before else 0

    def _flush(self) -> None:
        self._written = time.perf_counter()
        self._rows = _numbers(self._rows)[-_HELD:]  # numbers now, also should writing fail
        if self._rows:
            self._append(_METRICS, self._rows)
            self._rows = []

    def _append(self, name: str, rows: Sequence[Mapping[str, Any]]) -> None:
        """Append lines, or nothing. A line that a killed process cut off is ended first."""
        text = "".join(json.dumps(row) + "\n" for row in rows)
        self.folder.mkdir(parents=True, exist_ok=True)
        path = self.folder / name
        size = path.stat().st_size if path.exists() else 0
        if size:
            with path.open("rb") as file:
                file.seek(-1, os.SEEK_END)
                text = text if file.read(1) == b"\n" else "\n" + text
        try:
            with path.open("a", encoding="utf-8") as file:
                file.write(text)
        except OSError:
            os.truncate(path, size)  # the disk is full: no half line, and no line twice
            raise


def unwrapped(module: nn.Module) -> nn.Module:
    """The module within DDP, FSDP1, DataParallel and torch.compile."""
    while True:
        inner = getattr(module, "_orig_mod", None)
        if inner is None and type(module).__name__ in ("DistributedDataParallel", "DataParallel", "FullyShardedDataParallel"):
            inner = module.module
        if not isinstance(inner, nn.Module):
            return module
        module = inner


def _first_rank() -> bool:
    if torch.distributed.is_available() and torch.distributed.is_initialized():
        return torch.distributed.get_rank() == 0
    return os.environ.get("RANK", "0") == "0"


def _numbers(rows: Sequence[Mapping[str, Any]]) -> list[dict[str, float]]:
    """All tensors of many rows, brought to the CPU together: one wait a device."""
    held = [(row, name, value) for row, values in enumerate(rows) for name, value in values.items() if isinstance(value, Tensor)]
    found = [{name: value for name, value in values.items() if not isinstance(value, Tensor)} for values in rows]
    for device in {value.device for *_, value in held}:
        there = [(row, name, value) for row, name, value in held if value.device == device]
        numbers = torch.stack([value.float().mean() for *_, value in there]).tolist()
        for (row, name, _), number in zip(there, numbers, strict=True):
            found[row][name] = number
    return found


@contextmanager
def _undisturbed(models: Sequence[nn.Module]) -> Generator[None, None, None]:
    """Run in eval mode, without gradients, not compiled and with a fixed seed. Module modes and random generators are restored afterwards."""
    modes = [(module, module.training) for model in models for module in model.modules()]
    devices = [torch.cuda.current_device()] if torch.cuda.is_available() and torch.cuda.is_initialized() else []
    python, numpy = random.getstate(), np.random.get_state()
    with ExitStack() as stack:
        stack.callback(lambda: [setattr(module, "training", mode) for module, mode in modes])
        stack.callback(random.setstate, python)
        stack.callback(np.random.set_state, numpy)
        stack.enter_context(torch.random.fork_rng(devices=devices))
        stack.enter_context(torch.no_grad())
        if hasattr(torch.compiler, "set_stance"):
            stack.enter_context(torch.compiler.set_stance("force_eager"))
        torch.manual_seed(0)
        random.seed(0)
        np.random.seed(0)
        for model in models:
            model.eval()
        yield
