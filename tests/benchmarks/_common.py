"""What the benchmarks share: runs that alternate, one JSON line a figure, and the circumstances of both."""

from __future__ import annotations

import json
import os
import platform
import statistics
import sys
import time
from collections.abc import Callable, Mapping, Sequence
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT))  # a benchmark is run as a script


def alternate(runs: Mapping[str, Callable[[], object]], rounds: int) -> dict[str, list[float]]:
    """Seconds of each run, taken in turn (A B C, A B C, …), so that a slow minute of the machine hits all of them. The first round only warms up.

    Args:
        runs: name -> what to time. rounds: how often each counts.
    """
    seconds: dict[str, list[float]] = {name: [] for name in runs}
    for i in range(rounds + 1):
        for name, run in runs.items():
            start = time.perf_counter()
            run()
            if i:
                seconds[name].append(time.perf_counter() - start)
    return seconds


def ratio(ours: Sequence[float], theirs: Sequence[float]) -> dict[str, float]:
    """Ours ÷ theirs, round by round: the median, and the lowest and highest round."""
    each = sorted(a / b for a, b in zip(ours, theirs, strict=True))
    return {"median": round(statistics.median(each), 3), "low": round(each[0], 3), "high": round(each[-1], 3)}


def spread(seconds: Sequence[float]) -> dict[str, float]:
    """Median, lowest and highest, in seconds."""
    return {"median": round(statistics.median(seconds), 4), "low": round(min(seconds), 4), "high": round(max(seconds), 4)}


def medians(seconds: Mapping[str, Sequence[float]]) -> dict[str, float]:
    """The median of each run, in seconds."""
    return {name: statistics.median(each) for name, each in seconds.items()}


def percentile(values: Sequence[float], share: float) -> float:
    """The smallest value that at least this share of all values does not exceed."""
    ranked = sorted(values)
    return ranked[max(0, -(-len(ranked) * round(share * 1000) // 1000) - 1)]


def report(name: str, *packages: str, **figures: Any) -> None:
    """Print one figure as one line of JSON, with versions and machine.

    Args:
        name: of the figure. packages: whose versions count.
    """
    around = {"versions": {p: _version(p) for p in ("jepa-workbench", *packages)}, "python": platform.python_version(), "machine": machine()}
    print(json.dumps({"name": name, **figures, **around}, ensure_ascii=False), flush=True)


def machine() -> dict[str, Any]:
    """What else speed depends on: processor, cores, and how busy the machine was in the last minute."""
    load = round(os.getloadavg()[0], 2) if hasattr(os, "getloadavg") else None
    return {"processor": _processor(), "cores": os.cpu_count(), "load": load}


def _version(package: str) -> str:
    try:
        return version(package)
    except PackageNotFoundError:
        return "not installed"


def _processor() -> str:
    info = Path("/proc/cpuinfo")
    lines = info.read_text(encoding="utf-8").splitlines() if info.exists() else []
    named = next((line.partition(":")[2].strip() for line in lines if line.startswith("model name")), "")
    return named or platform.processor() or platform.machine()
