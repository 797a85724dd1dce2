"""What recording costs a training loop: seconds of a loop with `RunRecorder` ÷ those of the bare loop.

    python tests/benchmarks/bench_recorder.py [--steps 400] [--rounds 5]

A transformer of 0.8 M parameters on the CPU, batch 16, a probe of 64 samples at the default interval of 200 steps; the loops alternate. On a GPU a step takes longer or the
model is larger, and the share of recording is smaller. "metrics" records without a probe.
"""

from __future__ import annotations

import argparse
import tempfile
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
    parser.add_argument("--rounds", type=int, default=5)
    chosen = parser.parse_args()
    torch.manual_seed(0)
    layer = nn.TransformerEncoderLayer(_DIM, 4, _DIM * 4, batch_first=True)
    model = nn.TransformerEncoder(layer, 4, enable_nested_tensor=False)
    optimizer = torch.optim.AdamW(model.parameters(), 1e-4)
    data, probe = torch.randn(_BATCH, _TOKENS, _DIM), torch.randn(_PROBED, _TOKENS, _DIM)
    costs = list[float]()

    def step() -> torch.Tensor:
        loss = (model(data) - data).square().mean()
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        return loss

    def probed(module: nn.Module) -> dict[str, torch.Tensor]:
        found = module(probe)
        return {"features": found, "predictions": found, "targets": probe}

    def bare() -> None:
        for _ in range(chosen.steps):
            step()

    def recorded(with_probe: bool) -> None:
        with tempfile.TemporaryDirectory() as folder:
            recorder = RunRecorder(Path(folder), probed if with_probe else None, [model])
            for number in range(chosen.steps):
                recorder.log(number, loss=step())
            recorder.close()
            costs.append(recorder.cost)

    seconds = common.alternate({"bare": bare, "metrics": lambda: recorded(False), "probe": lambda: recorded(True)}, chosen.rounds)
    for name in ("metrics", "probe"):
        common.report(f"recorder: loop with {name} ÷ bare loop", "torch", ratio=common.ratio(seconds[name], seconds["bare"]), steps=chosen.steps)
    step_ms = 1000 * common.medians(seconds)["bare"] / chosen.steps
    common.report("recorder: share of the time that it says itself", share=round(max(costs), 4), step_ms=round(step_ms, 2))


if __name__ == "__main__":
    main()
