"""Memory of closed pages, and many browsers at once.

    python tests/benchmarks/bench_sessions.py [--pages 60] [--browsers 20] [--seconds 60]

sessions.closed    pages opened one after the other, answered and closed: MB that the server has grown by a page; aim: below 0.3.
sessions.dragging  browsers that all paint on the mask of one server at once, one stroke after the other without a pause: seconds from the end of a stroke
                   to the next redrawn map (strokes that end while an answer is due are not timed: the latest wins), answers, errors, and the memory of
                   server and worker before, meanwhile and after. Each stroke paints the left half of a row, in turn as target and as context, so that each
                   changes the mask; those of the first round may not, and are not timed.

Memory is the resident size (RSS). It is read when nothing is open any more and has stopped falling; the allocator keeps some of what was freed, so the
growth of a page is an upper bound of what is still referenced. The first ten pages are not counted: modules are loaded, arenas grow.
"""

from __future__ import annotations

import argparse
import re
import time
from pathlib import Path
from typing import Any

import _app
import _common as common

_AIM_MB, _WARM = 0.3, 10
_ROWS, _MOVES = 8, 5  # of the shapes model's tokens; of one stroke: 33 ms each
_FIND = """const find = (n, of) => n.querySelector?.(of) ?? [...(n.querySelectorAll?.('*') ?? [])].map((k) => k.shadowRoot && find(k.shadowRoot, of)).find(Boolean);"""
_START = (
    """() => { """
    + _FIND
    + """
  const pane = find(document, '.jw-map-pane'), canvas = find(document, '.jw-patch-canvas canvas'), box = canvas.getBoundingClientRect();
  const probe = (window.sessionProbe = { times: [], strokes: 0, errors: 0, stop: false });
  const tool = (name) => find(document, `.jw-patch-canvas [data-trait=tool][data-value=${name}]`).click();
  let asked = 0, moves = 0;
  canvas.setPointerCapture = () => {};
  new MutationObserver(() => { if (asked) probe.times.push(performance.now() - asked); asked = 0; }).observe(pane, { attributes: true, attributeFilter: ['data-version'] });
  window.addEventListener('error', () => probe.errors++);
  const point = (type, across, row) => canvas.dispatchEvent(new PointerEvent(type, { bubbles: true, composed: true, pointerId: 1, button: 0, buttons: type === 'pointerup' ? 0 : 1,
    clientX: box.left + box.width * across, clientY: box.top + box.height * (row + 0.5) / ROWS }));
  const step = () => {
    const row = probe.strokes % ROWS, at = 0.02 + 0.44 * moves / MOVES;
    if (moves === 0) tool(Math.floor(probe.strokes / ROWS) % 2 ? 'context' : 'target');
    point(moves === 0 ? 'pointerdown' : moves < MOVES ? 'pointermove' : 'pointerup', at, row);
    if (moves++ === MOVES) {
      if (!asked && probe.strokes >= ROWS) asked = performance.now();
      probe.strokes++;
      moves = 0;
      if (probe.stop) return;
    }
    setTimeout(step, 33);
  };
  step();
}""".replace("ROWS", str(_ROWS)).replace("MOVES", str(_MOVES))
)


def memory(pid: int) -> float:
    """Resident MB of a process."""
    found = re.search(r"VmRSS:\s+(\d+)", Path(f"/proc/{pid}/status").read_text())
    return int(found.group(1)) / 1024 if found else 0.0


def worker_of(pid: int) -> int:
    """The process id of the server's model lane."""
    children = [int(p) for task in Path(f"/proc/{pid}/task").iterdir() for p in (task / "children").read_text().split()]
    return next(p for p in children if "workbench.worker" in Path(f"/proc/{p}/cmdline").read_text())


def at_rest(pid: int) -> float:
    """Resident MB once it has not fallen for ten seconds: sessions have ended, and the garbage was collected."""
    least, since = memory(pid), time.monotonic()
    while time.monotonic() - since < 10:
        time.sleep(0.5)
        if (now := memory(pid)) < least - 0.1:
            least, since = now, time.monotonic()
    return memory(pid)


def closed_pages(app: Any, browser: Any, pages: int) -> dict[str, Any]:
    """Open and close pages. Resident MB of the server after every ten."""
    levels: list[float] = []
    for number in range(_WARM + pages):
        page = _app.new_page(browser)
        page.goto(app.url)
        _app.wait_for_map(page)
        page.close()
        if (number + 1) % 10 == 0:
            levels.append(round(at_rest(app.process.pid), 1))
    return {"mb_a_page": round((levels[-1] - levels[0]) / pages, 3), "mb_after_every_ten": levels, "n": pages}


def dragging(app: Any, browser: Any, browsers: int, seconds: float) -> dict[str, Any]:
    """Let so many pages drag at once."""
    server, worker = app.process.pid, worker_of(app.process.pid)
    sizes = {"before": [at_rest(server), memory(worker)]}
    pages, faults = [], list[str]()
    for _ in range(browsers):
        page = browser.new_context(viewport={"width": 1280, "height": 800}).new_page()
        page.set_default_timeout(300_000)
        page.on("pageerror", lambda error: faults.append(str(error)))
        page.goto(app.url)
        _app.wait_for_map(page)
        pages.append(page)
    for page in pages:
        page.evaluate(_START)
    pages[0].wait_for_timeout(seconds * 1000)  # the length of the measurement
    sizes["meanwhile"] = [memory(server), memory(worker)]
    times, strokes = list[float](), 0
    for page in pages:
        probe = page.evaluate("() => { sessionProbe.stop = true; return sessionProbe; }")
        times += [t / 1000 for t in probe["times"]]
        strokes += probe["strokes"]
        faults += ["an error on the page"] * probe["errors"]
        page.context.close()
    sizes["after"] = [at_rest(server), memory(worker)]
    mb = {when: {"server": round(s), "worker": round(w)} for when, (s, w) in sizes.items()}
    latency = {f"p{round(share * 100)}": round(common.percentile(times, share), 3) for share in (0.5, 0.95, 1.0)} if times else {}
    return {
        "seconds": latency,
        "answers_a_second": round(len(times) / seconds, 1),
        "strokes": strokes,
        "errors": len(faults),
        "mb": mb,
        "n": len(times),
    }


def main() -> None:
    """Open, close, drag, and report."""
    parser = argparse.ArgumentParser(description="Memory of closed pages, and many browsers at once.")
    parser.add_argument("--pages", type=int, default=60)
    parser.add_argument("--browsers", type=int, default=20)
    parser.add_argument("--seconds", type=float, default=60.0)
    chosen = parser.parse_args()
    packages = ("panel", "bokeh", "playwright")
    with _app.served("shapes") as app, _app.chromium() as browser:
        app.wait()
        if chosen.pages:
            words = f"{chosen.pages} pages of the shapes sample, each answered and closed, after {_WARM} others; RSS of the server"
            common.report("sessions.closed", *packages, compared=words, aim_mb=_AIM_MB, **closed_pages(app, browser, chosen.pages))
        if chosen.browsers:
            words = f"{chosen.browsers} pages of the shapes sample in headless Chromium on the same machine, all painting on the mask for {chosen.seconds:g} s"
            common.report("sessions.dragging", *packages, compared=words, **dragging(app, browser, chosen.browsers, chosen.seconds))


if __name__ == "__main__":
    main()
