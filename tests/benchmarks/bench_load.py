"""A training checkpoint of V-JEPA 2 on disk to a usable encoder and predictor, against `torch.load` and `load_state_dict`.

    python tests/benchmarks/bench_load.py [--size tiny] [--rounds 3] [--folder DIR]

load               time and peak memory of `workbench.load` for encoder and predictor, ours ÷ theirs; aim: peak ≤ 1.15 × the bytes of the parts used.
load.parts         the same for other wishes: half precision, the target encoder alone, everything, and the report without weights.

Each run is a process of its own; the file (five gigabytes for ViT-L: encoder, target encoder, predictor, two moments) is in the page cache for all of them.
Peak: resident memory at its highest, less what was resident before opening, in bytes of the parts used. Theirs fills ready-made empty modules.
Ours also computes a sha256 of every part and looks for NaN; theirs does not.
"""

from __future__ import annotations

import argparse
import json
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import _common as common
import torch
from torch import Tensor, nn

from workbench.families.sizes import SIZES
from workbench.nn.vit import PredictorConfig, Vit, VitConfig, VitPredictor

_PREFIX, _MASK_TOKENS = "module.backbone.", 10
_PARTS = ("encoder_context", "masked")
_SPARE = 1.3  # free disk, in sizes of the file


def modules(size: str) -> dict[str, nn.Module]:
    """Encoder and predictor, without values."""
    shape = next(s for s in SIZES if s.name == f"vit_{size}")
    config = VitConfig(shape.dim, shape.depth, shape.heads, shape.hidden, 16, 2)
    with torch.device("meta"):
        return {"encoder": Vit(config), "predictor": VitPredictor(PredictorConfig(384, 12, 12, 1536, _MASK_TOKENS), config)}


def generate(size: str, file: Path) -> int:
    """Write the checkpoint as the official training code would, and return its bytes."""
    parts = modules(size)

    def filled(module: nn.Module) -> dict[str, Tensor]:
        return {f"{_PREFIX}{n}": torch.empty(t.shape).normal_(std=0.02) for n, t in module.state_dict().items()}

    trained = [t for part in parts.values() for t in part.state_dict().values()]
    moments = {i: {"step": torch.tensor(9.0), "exp_avg": torch.zeros(t.shape), "exp_avg_sq": torch.zeros(t.shape)} for i, t in enumerate(trained)}
    content = {"encoder": filled(parts["encoder"]), "predictor": filled(parts["predictor"]), "target_encoder": filled(parts["encoder"])}
    groups = [{"lr": 1e-4, "params": list(moments)}]
    torch.save({**content, "opt": {"state": moments, "param_groups": groups}, "scaler": None, "epoch": 9, "loss": 0.5}, file)
    return file.stat().st_size


def ours(file: Path, **options: Any) -> list[nn.Module]:
    """What `workbench.load` gives; the modules that hold its weights."""
    from workbench.families.load import load

    jepa: Any = load(file, **options)
    found = list(jepa.encoder.vits.values())
    return [*found, jepa.masked.predictor] if jepa.masked is not None else found


def theirs(file: Path, size: str, *, mmap: bool) -> list[nn.Module]:
    """What one writes without us."""
    content = torch.load(file, map_location="cpu", weights_only=True, mmap=mmap)
    found = []
    for part, module in modules(size).items():
        state = {n.removeprefix(_PREFIX): t for n, t in content[part].items()}
        filled = module.to_empty(device="cpu")
        filled.load_state_dict(state, strict=True)
        found.append(filled.eval())
    return found


def inspected(file: Path) -> list[nn.Module]:
    """The report only."""
    from workbench.families.load import inspect

    inspect(file)
    return []


def runs(size: str) -> dict[str, Callable[[Path], list[nn.Module]]]:
    """What is measured, by name."""
    return {
        "ours": lambda file: ours(file, parts=_PARTS),
        "torch.load": lambda file: theirs(file, size, mmap=False),
        "torch.load, mapped": lambda file: theirs(file, size, mmap=True),
        "ours, bfloat16": lambda file: ours(file, parts=_PARTS, dtype="bfloat16"),
        "ours, float16": lambda file: ours(file, parts=_PARTS, dtype="float16"),
        "ours, target encoder": lambda file: ours(file, parts=("encoder_target",)),
        "ours, everything": lambda file: ours(file),
        "ours, inspect": inspected,
    }


def resident(what: str) -> int:
    """Bytes of this process in memory: "VmRSS" now, "VmHWM" at its highest."""
    lines = Path("/proc/self/status").read_text(encoding="utf-8").splitlines()
    return next(int(line.split()[1]) for line in lines if line.startswith(what)) * 1024


def child(name: str, size: str, file: Path) -> None:
    """One run, measured from within: everything is imported before."""
    import workbench.families.load  # noqa: F401

    torch.ones(1000).sum()
    Path("/proc/self/clear_refs").write_text("5")
    before, start = resident("VmRSS"), time.perf_counter()
    found = runs(size)[name](file)
    seconds, peak = time.perf_counter() - start, resident("VmHWM") - before
    used = sum(t.numel() * t.element_size() for module in found for t in module.state_dict().values())
    checked = sum(float(next(iter(module.state_dict().values())).float().abs().mean()) for module in found)
    print(json.dumps({"seconds": seconds, "peak": peak, "used": used, "checked": checked}))


def measured(names: list[str], size: str, file: Path, rounds: int) -> dict[str, list[dict[str, float]]]:
    """Every run in turn, round by round; the first round only warms up."""
    found: dict[str, list[dict[str, float]]] = {name: [] for name in names}
    for i in range(rounds + 1):
        for name in names:
            command = [sys.executable, __file__, "--child", name, "--size", size, "--file", str(file)]
            done = subprocess.run(command, cwd=common.ROOT, check=True, stdout=subprocess.PIPE, text=True)
            if i:
                found[name].append(json.loads(done.stdout))
    return found


def report(name: str, found: dict[str, list[dict[str, float]]], size: int, what: str) -> None:
    """One line: seconds, and peaks in bytes and in parts used."""
    seconds = {run: common.spread([m["seconds"] for m in each]) for run, each in found.items()}
    peaks = {run: round(statistics.median(m["peak"] for m in each) / 1e6, 1) for run, each in found.items()}
    shares = {run: round(statistics.median(m["peak"] / m["used"] for m in each), 3) for run, each in found.items() if each[0]["used"]}
    more = {}
    if "torch.load" in found:
        more = {
            f"ratio_to_{run}": common.ratio([m["seconds"] for m in found["ours"]], [m["seconds"] for m in found[run]])
            for run in found
            if run != "ours"
        }
    used = round(next(iter(found.values()))[0]["used"] / 1e6, 1)
    figures = {"seconds": seconds, "peak_megabytes": peaks, "peak_in_parts_used": shares, "megabytes_used": used, **more}
    common.report(name, "torch", compared=what, file_gigabytes=round(size / 1e9, 2), aim=1.15, n=len(next(iter(found.values()))), **figures)


def main() -> None:
    """Make the file, measure, and remove it."""
    parser = argparse.ArgumentParser(description="Time and memory from a training checkpoint to usable parts.")
    parser.add_argument("--size", choices=[s.name.removeprefix("vit_") for s in SIZES[:4]], default="large")
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--folder", help="where the file is made for a while (default: the system's temporary folder)")
    parser.add_argument("--child", help=argparse.SUPPRESS)
    parser.add_argument("--file", type=Path, help=argparse.SUPPRESS)
    chosen = parser.parse_args()
    if chosen.child:
        return child(chosen.child, chosen.size, chosen.file)
    needed = (
        _SPARE * 4 * sum(t.numel() * (4 if part == "encoder" else 3) for part, m in modules(chosen.size).items() for t in m.state_dict().values())
    )
    with tempfile.TemporaryDirectory(dir=chosen.folder) as folder:
        if shutil.disk_usage(folder).free < needed:
            return common.report("load", "torch", skipped=f"needs {needed / 1e9:.1f} GB of free disk in {folder}")
        file = Path(folder) / "latest.pt"
        make = [sys.executable, "-c", f"import bench_load as b, pathlib; b.generate({chosen.size!r}, pathlib.Path({str(file)!r}))"]
        subprocess.run(make, cwd=Path(__file__).parent, check=True)
        what, size, every = f"V-JEPA 2, vit_{chosen.size}, encoder and predictor in float32, warm file", file.stat().st_size, list(runs(chosen.size))
        report("load", measured(every[:3], chosen.size, file, chosen.rounds), size, what)
        report("load.parts", measured(every[3:], chosen.size, file, chosen.rounds), size, "the same file, other wishes")


if __name__ == "__main__":
    main()
