"""Opening a training checkpoint for its encoder and predictor takes the memory of these two, not of the file."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest

BENCHMARKS = Path(__file__).parents[1] / "benchmarks"


@pytest.mark.slow
@pytest.mark.skipif(not Path("/proc/self/clear_refs").exists(), reason="reads the process's own memory from /proc")
def test_the_peak_is_at_most_115_percent_of_the_parts_used(tmp_path: Path) -> None:
    file = tmp_path / "latest.pt"
    make = f"import bench_load as b, pathlib; b.generate('tiny', pathlib.Path({str(file)!r}))"
    subprocess.run([sys.executable, "-c", make], cwd=BENCHMARKS, check=True, timeout=120)
    measure = [sys.executable, "bench_load.py", "--child", "ours", "--size", "tiny", "--file", str(file)]
    done = subprocess.run(measure, cwd=BENCHMARKS, check=True, timeout=120, capture_output=True, text=True)
    said = json.loads(done.stdout)
    assert file.stat().st_size > 3 * said["used"]
    assert said["peak"] <= 1.15 * said["used"]
