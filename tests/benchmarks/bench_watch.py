"""What watching a run costs: a folder of 1,000 checkpoints and a log of 1,000,000 rows.

    python tests/benchmarks/bench_watch.py [--checkpoints 1000] [--rows 1000000]

open     seconds until checkpoints and curves of all rows are there.
again    CPU milliseconds of a look at a folder in which nothing is new, and of one with a new row and a new checkpoint.
memory   MiB of the process after opening, and what 200 further looks add.
screen   seconds from when `jepa-workbench watch` listens, Chromium being open, until the board is laid out, and until the curves of all rows and the
         line over all checkpoints are on it. The checkpoints are empty: what is measured of them is not waited for.
"""

from __future__ import annotations

import argparse
import resource
import tempfile
import time
import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import _app
import _common as common
import numpy as np

from workbench.runs.run import Run, open_run

_LOOKS = 200


def main() -> None:
    """Write a run, watch it, report."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--checkpoints", type=int, default=1000)
    parser.add_argument("--rows", type=int, default=1_000_000)
    parser.add_argument("--runs", type=int, default=3)
    chosen = parser.parse_args()
    with tempfile.TemporaryDirectory() as place:
        folder = Path(place)
        for number in range(chosen.checkpoints):
            _checkpoint(folder, number)
        row = np.arange(chosen.rows)
        table = np.column_stack([row // 1000 + 1, row % 1000, 1 / (row + 1), row * 0 + 80, row * 0 + 44, row * 0 + 120])
        log = folder / "jepa_r0.csv"
        np.savetxt(log, table, "%d,%d,%.5f,%.5f,%.5f,%d", header="epoch,itr,loss,mask-A,mask-B,time (ms)", comments="")
        before = _memory()
        began = time.perf_counter()
        run = open_run(folder)
        curves = run.curves()
        opened = time.perf_counter() - began
        assert len(run.checkpoints) == chosen.checkpoints
        assert len(curves["loss"].steps) == chosen.rows
        common.report("watch: open", seconds=round(opened, 2), checkpoints=chosen.checkpoints, rows=chosen.rows)
        held = _memory()
        nothing = _looks(run, lambda k: None)

        def more(k: int) -> None:
            _checkpoint(folder, chosen.checkpoints + k)
            with log.open("a", encoding="utf-8") as file:
                file.write(f"{chosen.rows // 1000 + 1},{k},0.00001,80.0,44.0,120\n")

        new = _looks(run, more)
        common.report("watch: one look", nothing_new_ms=nothing, new_row_and_checkpoint_ms=new, looks=_LOOKS)
        common.report("watch: memory", opened_mib=round(held - before, 1), looks_mib=round(_memory() - held, 1))
        compared = f"jepa-workbench watch, {len(run.checkpoints)} checkpoints, {chosen.rows + _LOOKS} rows; headless Chromium, already open, 1280×800"
        common.report(
            "watch: screen", "panel", "playwright", compared=compared, seconds=_screens(folder, len(run.checkpoints), chosen.runs), n=chosen.runs
        )


def _checkpoint(folder: Path, number: int) -> None:
    with zipfile.ZipFile(folder / f"jepa-ep{number}.pth.tar", "w") as file:
        file.writestr("data.pkl", b"0")


def _looks(run: Run, change: Callable[[int], None]) -> float:
    spent = 0.0
    for k in range(_LOOKS):
        change(k)
        began = time.process_time()
        run.refresh()
        spent += time.process_time() - began
    return round(1000 * spent / _LOOKS, 2)


def _screens(folder: Path, checkpoints: int, runs: int) -> dict[str, dict[str, float]]:
    """Seconds until each thing is on the page, in servers of their own."""
    with _app.chromium() as browser:
        found = [_screen(browser, folder, checkpoints) for _ in range(runs)]
    return {what: common.spread([each[what] for each in found]) for what in found[0]}


def _screen(browser: Any, folder: Path, checkpoints: int) -> dict[str, float]:
    with _app.served(str(folder), command="watch") as app:
        app.wait()
        began, reached = time.perf_counter(), dict[str, float]()
        page = _app.new_page(browser)
        page.goto(app.url, wait_until="commit")
        page.locator(".jw-headline").wait_for(state="attached")
        reached["board is laid out"] = time.perf_counter() - began
        page.locator(f".jw-run-chart[data-checkpoints='{checkpoints}']").wait_for(state="attached")
        page.locator(".jw-run-chart:not([data-points='0'])[data-points]").wait_for(state="attached")
        reached["run is there"] = time.perf_counter() - began
        page.close()
        return reached


def _memory() -> float:
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024


if __name__ == "__main__":
    main()
