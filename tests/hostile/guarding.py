"""Runs files through every door in a process of its own, and starts another after a file that ends it."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import threading
import time
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from tests.families.official import GOLDEN

ROOT = Path(__file__).parents[2]
_PAGE = 4096


def through_doors(
    paths: Mapping[str, str], folder: Path, only: Mapping[str, Sequence[str]] | None = None, patience: float = 600.0
) -> dict[str, dict[str, Any]]:
    """What every door said of every file, by name. A file that ended its process has "died" in place of answers.

    Args:
        folder: for what is written. only: name -> the doors of that file, where not all. patience: seconds without an answer.
    """
    home, out = folder / "home", folder / "out"
    for place in (home, out):
        place.mkdir(exist_ok=True)
    warm = [str(GOLDEN / "ijepa"), str(GOLDEN / "lewm")]
    left, answers = dict(paths), dict[str, dict[str, Any]]()
    while left:
        given = {"paths": left, "out": str(out), "warm": warm, "only": {k: list(v) for k, v in (only or {}).items()}}
        begun, code = _run(given, home, answers, patience)
        left = {name: path for name, path in left.items() if name not in answers}
        if left:
            name = begun or next(iter(left))
            answers[name] = {"died": code, "doors": {}, "seen": [], "seconds": 0.0, "megabytes": 0.0}
            left.pop(name)
    for place in home.iterdir():  # whatever lies here was written by a file's own code
        answers.setdefault(place.name, {"doors": {}, "seen": [f"{place.name} was written"]})
    return answers


def _run(given: dict[str, Any], home: Path, answers: dict[str, dict[str, Any]], patience: float) -> tuple[str, int]:
    command = [sys.executable, "-m", "tests.hostile.doors"]
    environment = {
        **os.environ,
        "PYTHONPATH": f"{os.environ.get('PYTHONPATH', '')}{os.pathsep}{ROOT}",
        "PYTHONDONTWRITEBYTECODE": "1",
        "OMP_NUM_THREADS": "1",
    }
    process = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, cwd=home, env=environment)
    assert process.stdin is not None
    assert process.stdout is not None
    assert process.stderr is not None
    errors: list[str] = []
    threading.Thread(target=lambda: errors.extend(process.stderr or ()), daemon=True).start()
    ended = threading.Event()
    heard = [time.monotonic()]
    threading.Thread(target=_watch, args=(process, heard, ended, patience), daemon=True).start()
    process.stdin.write(json.dumps(given))
    process.stdin.close()
    begun = ""
    for line in process.stdout:
        heard[0] = time.monotonic()
        said = json.loads(line)
        begun = said["name"]
        if "begins" not in said:
            answers[said["name"]] = said
            begun = ""
    code = process.wait()
    ended.set()
    if code and not begun and not answers:
        raise AssertionError("the doors did not open:\n" + "".join(errors[-30:]))
    return begun, code


def _watch(process: subprocess.Popen[str], heard: list[float], ended: threading.Event, patience: float) -> None:
    """End the process when it fills the memory, or says nothing for too long."""
    while not ended.wait(0.2):
        try:
            used = int(Path(f"/proc/{process.pid}/statm").read_text().split()[1]) * _PAGE
        except (OSError, IndexError, ValueError):
            used = 0
        if used > 2 << 30 or time.monotonic() - heard[0] > patience:
            process.kill()
            return
