"""What recording costs a training loop: CPU seconds of a loop with `RunRecorder` ÷ those of the bare loop.

    python tests/benchmarks/bench_recorder.py [--steps 400] [--rounds 7]

A transformer of 0.8 M parameters on one thread, batch 16, a probe of 64 samples at the default interval of 200 steps; the loops alternate. Seconds of the process, not of the
clock, so that a busy machine does not count. On a GPU the model is larger and the share of recording smaller. "metrics" records without a probe.
"""

from __future__ import annotations

import argparse
import tempfile
import time
from pathlib import Path

import _common as common
import torch
from torch import nn

from workbench.runs.recorder import RunRecorder

_DIM, _TOKENS, _BATCH, _PROBED = 128, 32, 16, 64


def main() -> None:
    """Time the loops and report."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--steps", type=int, default=400)
    parser.add_argument("--rounds", type=int, default=7)
    chosen = parser.parse_args()
    torch.manual_seed(0)
    torch.set_num_threads(1)
    layer = nn.TransformerEncoderLayer(_DIM, 4, _DIM * 4, batch_first=True)
    model = nn.TransformerEncoder(layer, 4, enable_nested_tensor=False)
    optimizer = torch.optim.AdamW(model.parameters(), 1e-4)
    data, probe = torch.randn(_BATCH, _TOKENS, _DIM), torch.randn(_PROBED, _TOKENS, _DIM)
    costs = list[float]()

    def probed(module: nn.Module) -> dict[str, torch.Tensor]:
        found = module(probe)
        return {"features": found, "predictions": found, "targets": probe}

    def loop(recorder: RunRecorder | None) -> float:
        began = time.process_time()
        for number in range(chosen.steps):
            loss = (model(data) - data).square().mean()
            optimizer.zero_grad()
            loss.backward()
            optimizer.step()
            if recorder is not None:
                recorder.log(number, loss=loss)
        if recorder is not None:
            recorder.close()
            costs.append(recorder.cost)
        return time.process_time() - began

    seconds: dict[str, list[float]] = {"bare": [], "metrics": [], "probe": []}
    for round_ in range(chosen.rounds + 1):
        for name, each in seconds.items():
            with tempfile.TemporaryDirectory() as folder:
                took = loop(None if name == "bare" else RunRecorder(Path(folder), probed if name == "probe" else None, [model]))
            if round_:  # the first warms up
                each.append(took)
    for name in ("metrics", "probe"):
        common.report(f"recorder: loop with {name} ÷ bare loop", "torch", ratio=common.ratio(seconds[name], seconds["bare"]), steps=chosen.steps)
    step_ms = 1000 * common.medians(seconds)["bare"] / chosen.steps
    common.report("recorder: share of the time that it says itself", share=round(max(costs), 4), step_ms=round(step_ms, 2))


if __name__ == "__main__":
    main()
