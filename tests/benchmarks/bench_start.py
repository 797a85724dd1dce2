"""From the command to the first usable screen, from nothing: no server, no worker, no page.

    python tests/benchmarks/bench_start.py [--runs 3]

start            `jepa-workbench app` to the first painted prediction in Chromium, which is already open; and what happens on the way.
import           `import workbench`, less an empty start of Python.
inspect          `jepa-workbench inspect shapes`.
"""

from __future__ import annotations

import argparse
import subprocess
import sys
import time
from collections.abc import Callable

import _app
import _common as common


def start(browser: object, sample: str) -> dict[str, float]:
    """Seconds from the command until each thing on the way."""
    with _app.served(sample) as app:
        reached = {}

        def note(what: str) -> None:
            reached[what] = time.perf_counter() - app.started

        app.wait()
        note("server listens")
        page = _app.new_page(browser)
        page.goto(app.url, wait_until="commit")
        page.locator(".jw-headline").wait_for(state="attached")
        note("board is laid out")
        page.locator(".jw-patch-canvas[data-drawn]").wait_for(state="attached")
        note("canvas is there")
        _app.wait_for_map(page)
        note("prediction is painted")
        _app.wait_for_bank(page)
        note("bank is judged")
        page.close()
        return reached


def command(*arguments: str) -> Callable[[], object]:
    """A Python process, start to end."""
    return lambda: subprocess.run([sys.executable, *arguments], cwd=common.ROOT, check=True, stdout=subprocess.DEVNULL)


def main() -> None:
    """Start things, and report."""
    parser = argparse.ArgumentParser(description="Time to the first usable screen.")
    parser.add_argument("--runs", type=int, default=3)
    parser.add_argument("--sample", default="shapes")
    chosen = parser.parse_args()
    with _app.chromium() as browser:
        runs = [start(browser, chosen.sample) for _ in range(chosen.runs)]
    stations = {what: common.spread([r[what] for r in runs]) for what in runs[0]}
    compared = f"jepa-workbench app {chosen.sample}; headless Chromium, already open, 1280×800"
    common.report("start", "panel", "torch", "playwright", compared=compared, seconds=stations, n=chosen.runs)
    small = {"empty": command("-c", ""), "import": command("-c", "import workbench"), "inspect": command("-m", "workbench", "inspect", chosen.sample)}
    seconds = common.alternate(small, chosen.runs)
    imported = [a - b for a, b in zip(seconds["import"], seconds["empty"], strict=True)]
    common.report("import", compared="import workbench, less an empty start of Python", seconds=common.spread(imported), n=chosen.runs)
    common.report("inspect", "torch", compared=f"jepa-workbench inspect {chosen.sample}", seconds=common.spread(seconds["inspect"]), n=chosen.runs)


if __name__ == "__main__":
    main()
