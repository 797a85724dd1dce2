"""A map of 10,000, 100,000 and 1,000,000 points in a real browser, beside jupyter-scatter with the same points where it is installed.

    python tests/benchmarks/bench_map.py [--sizes 10000 100000 1000000] [--views scatter jscatter]

first    from the module being there to the first frame with points.
all      until every point is drawn, as the graphics driver says.
pan      ms between display frames while the map is dragged: median and 95 %.
hover    from the pointer's move to the row being told to Python's side of the model: median of 20.
lasso    from letting go of the mouse to the row ids being in Python, as a numpy array.

Both views run in one bare page that hosts their modules as a notebook would, with columns fetched as binary from this machine, so that neither pays for a
server's way of doing things. Headless Chromium without a graphics card draws in software (SwiftShader): drawing figures are far above those of any GPU.
"""

from __future__ import annotations

import argparse
import base64
import json
import statistics
import time
from collections.abc import Callable
from functools import partial
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread
from typing import Any

import _app
import _common as common
import numpy as np
from playwright.sync_api import TimeoutError as PlaywrightTimeout

from widgets import Scatter

_SIZE = (1000, 560)
_GROUPS = 12
_HOST = """
async ({ ready }) => {
  const unpack = async (v) => {
    if (v && typeof v === "object" && "blob" in v) return new DataView(await (await fetch(v.blob)).arrayBuffer());
    if (Array.isArray(v) || !v || typeof v !== "object") return v;
    return Object.fromEntries(await Promise.all(Object.entries(v).map(async ([k, x]) => [k, await unpack(x)])));
  };
  const values = new Map(Object.entries(await unpack(await (await fetch("/state")).json())));
  const listeners = new Map();
  const unsaved = new Set();
  const pack = (v) => {
    if (!(v && v.view)) return v;
    const bytes = new Uint8Array(v.view.buffer, v.view.byteOffset, v.view.byteLength);
    let text = "";
    for (let i = 0; i < bytes.length; i += 32768) text += String.fromCharCode(...bytes.subarray(i, i + 32768));
    return { base64: btoa(text) };
  };
  const probe = (window.probe = { moved: 0, hovers: [], gaps: [], released: 0, told: 0, first: 0, all: 0, begun: 0 });
  const change = (k, v) => { values.set(k, v); (listeners.get(`change:${k}`) ?? []).forEach((fn) => fn()); };
  const model = {
    get: (k) => values.get(k),
    set: (k, v) => { unsaved.add(k); change(k, v); },
    save_changes: () => {
      if ([...unsaved].some((k) => k === "hover" || k === "hovering") && probe.moved) { probe.hovers.push(performance.now() - probe.moved); probe.moved = 0; }
      const name = [...unsaved].find((k) => k === "selected" || k === "selection");
      unsaved.clear();
      if (name && probe.released) window.toPython(pack(values.get(name))).then(() => (probe.told = performance.now()));
    },
    on: (event, fn) => listeners.set(event, (listeners.get(event) ?? new Set()).add(fn)),
    off: (event, fn) => listeners.get(event)?.delete(fn),
    send: () => {},
  };
  document.addEventListener("pointermove", (e) => (probe.moved = e.timeStamp), true);
  document.addEventListener("pointerup", (e) => (probe.released = e.timeStamp), true);
  let last = 0;
  const tick = (now) => { if (probe.count && last) probe.gaps.push(now - last); last = now; requestAnimationFrame(tick); };
  requestAnimationFrame(tick);
  const style = document.createElement("style");
  style.textContent = await (await fetch("/css")).text();
  const el = document.createElement("div");
  document.body.append(style, el);
  const made = (await import("/esm")).default;
  const view = typeof made === "function" ? await made() : made;
  probe.begun = performance.now();
  await view.initialize?.({ model });
  await view.render({ model, el });
  const test = new Function("el", `return (${ready})(el)`);
  while (!probe.all) {
    await new Promise((done) => requestAnimationFrame(done));
    const [some, all] = test(el);
    if (some && !probe.first) probe.first = performance.now();
    if (all) probe.all = performance.now();
  }
}
"""
# Whether some, and whether all points are on screen. Reading a pixel makes the driver finish first.
_OURS = """(el) => {
  const [root, canvas] = [el.querySelector(".jw-map"), el.querySelector("canvas[data-layer=gl]")];
  if (!root?.dataset.drawn) return [false, false];
  canvas.getContext("webgl2").readPixels(0, 0, 1, 1, 6408, 5121, new Uint8Array(4));
  return [true, root.dataset.complete === "true"];
}"""
_THEIRS = """(el) => {
  const canvas = [...el.querySelectorAll("canvas")].sort((a, b) => b.width * b.height - a.width * a.height)[0];
  if (!canvas?.width) return [false, false];
  const pen = (window.small ??= new OffscreenCanvas(200, 112).getContext("2d", { willReadFrequently: true }));
  pen.clearRect(0, 0, 200, 112);
  pen.drawImage(canvas, 0, 0, 200, 112);
  const data = pen.getImageData(0, 0, 200, 112).data;
  let drawn = 0;
  for (let i = 0; i < data.length; i += 4) if (data[i + 3] && (data[i] < 235 || data[i + 1] < 235 || data[i + 2] < 235)) drawn++;
  return [drawn > 300, drawn > 300];
}"""


def cloud(n: int) -> tuple[np.ndarray, np.ndarray]:
    """Points of twelve groups, and the group of each."""
    dice = np.random.default_rng(0)
    group = dice.integers(0, _GROUPS, n)
    return (dice.normal(size=(_GROUPS, 2))[group] * 5 + dice.normal(size=(n, 2))).astype(np.float32), group


def ours(n: int) -> tuple[dict[str, Any], str, str, Callable[[Any], np.ndarray]]:
    """State, module, style, and how a selection is read."""
    points, group = cloud(n)
    view = Scatter(plot_height=_SIZE[1] - 60)
    view.set_points(points)
    view.set_category(group, [f"group {i}" for i in range(_GROUPS)], name="group")

    def read(told: Any) -> np.ndarray:
        view.selected = told
        return view.selection

    state = {name: getattr(view, name) for name in type(view).view_traits()}
    return state, view._esm, view._css, read  # type: ignore[attr-defined]


def theirs(n: int) -> tuple[dict[str, Any], str, str, Callable[[Any], np.ndarray]]:
    """The same of jupyter-scatter, at its defaults, coloured by the group."""
    import jscatter
    import pandas

    points, group = cloud(n)
    table = pandas.DataFrame({"x": points[:, 0], "y": points[:, 1], "group": pandas.Categorical([f"group {i}" for i in group])})
    scatter = jscatter.Scatter(data=table, x="x", y="y", color_by="group", height=_SIZE[1] - 60)
    state = {k: v for k, v in scatter.widget.get_state().items() if not k.startswith("_") and k != "layout"}
    module = scatter.widget
    return state, module._esm, module._css, lambda told: np.frombuffer(base64.b64decode(told["base64"]), "<u4")


class _Answers(BaseHTTPRequestHandler):
    """The page, its module and its columns."""

    files: dict[str, tuple[str, bytes]]

    def do_GET(self) -> None:
        """Answer with one of the files."""
        kind, body = self.files.get(self.path, ("text/html", b"<!doctype html><body style='margin:8px'></body>"))
        self.send_response(200)
        self.send_header("Content-Type", kind)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_: Any) -> None:
        """Keep quiet."""


def files_of(state: dict[str, Any], module: str, style: str) -> dict[str, tuple[str, bytes]]:
    """What the page fetches."""
    files: dict[str, tuple[str, bytes]] = {"/esm": ("text/javascript", module.encode()), "/css": ("text/css", style.encode())}

    def plain(value: Any) -> Any:
        if isinstance(value, bytes | memoryview):
            name = f"/blob{len(files)}"
            files[name] = ("application/octet-stream", bytes(value))
            return {"blob": name}
        if isinstance(value, dict):
            return {k: plain(v) for k, v in value.items()}
        if isinstance(value, list | tuple):
            return [plain(v) for v in value]
        return value.item() if isinstance(value, np.generic) else value

    files["/state"] = ("application/json", json.dumps({k: plain(v) for k, v in state.items()}).encode())
    return files


def measure(page: Any, base: str, ready: str, read: Callable[[Any], np.ndarray], lasso: Callable[[Any], None]) -> dict[str, Any]:
    """All figures of one view, in ms."""
    got: list[tuple[float, np.ndarray]] = []

    def receive(told: Any) -> None:
        rows = read(told)
        got.append((time.perf_counter(), rows))

    page.expose_function("toPython", receive)
    page.goto(base)
    page.evaluate(_HOST, {"ready": ready})
    figures = page.evaluate("() => ({ first: probe.first - probe.begun, all: probe.all - probe.begun })")
    box = page.evaluate(
        "() => { const c = [...document.querySelectorAll('canvas')].sort((a, b) => b.width * b.height - a.width * a.height)[0].getBoundingClientRect();"
        " return [c.x, c.y, c.width, c.height]; }"
    )
    middle = (box[0] + box[2] / 2, box[1] + box[3] / 2)
    mouse = page.mouse
    hovers = _hovered(page, middle)
    page.evaluate("() => { probe.gaps = []; probe.count = true; }")
    mouse.move(*middle)
    mouse.down()
    for i in range(40):
        mouse.move(middle[0] + 3 * i, middle[1] + 2 * (i % 20))
        page.wait_for_timeout(16)
    mouse.up()
    gaps = page.evaluate("() => { probe.count = false; return probe.gaps; }")
    page.wait_for_timeout(3000)
    lasso(page)
    got.clear()
    mouse.move(middle[0] - 150, middle[1] - 120)
    page.evaluate("() => { probe.released = probe.told = 0; }")
    mouse.down()
    for i in range(25):
        turn = 2 * np.pi * i / 25
        mouse.move(middle[0] - 150 * np.cos(turn), middle[1] - 120 * np.cos(turn) * (1 - 0.2 * np.sin(turn)) + 140 * np.sin(turn))
        page.wait_for_timeout(16)
    mouse.up()
    try:
        page.wait_for_function("() => probe.told > 0", timeout=60_000)
        told = round(page.evaluate("() => probe.told - probe.released"))
    except PlaywrightTimeout:
        told = "not within 60 s"
    spread = {"median": round(statistics.median(gaps)), "p95": round(common.percentile(gaps, 0.95))} if gaps else "no frame"
    figures = {name: round(value) for name, value in figures.items()}
    return {
        **figures,
        "pan": spread,
        "hover": round(statistics.median(hovers), 1) if hovers else "not told",
        "hovers": len(hovers),
        "lasso": told,
        "rows": len(got[-1][1]) if got else 0,
    }


def _hovered(page: Any, middle: tuple[float, float]) -> list[float]:
    """Milliseconds until each of some points that are pointed at is told."""
    page.mouse.move(*middle)
    page.evaluate("() => { probe.hovers = []; }")
    for i in range(20):
        page.mouse.move(middle[0] + (i * 37) % 200 - 100, middle[1] + (i * 53) % 160 - 80)
        page.wait_for_timeout(60)
    page.wait_for_timeout(500)
    return page.evaluate("() => probe.hovers")


def _lasso_of_ours(page: Any) -> None:
    page.locator("[data-tool=lasso]").first.click()


def _lasso_of_theirs(page: Any) -> None:
    page.locator("button[aria-label*=asso], button[title*=asso]").first.click()


def main() -> None:
    """Measure each view at each size, in turn, and report."""
    parser = argparse.ArgumentParser(description="A map of points, beside jupyter-scatter.")
    parser.add_argument("--sizes", type=int, nargs="+", default=[10_000, 100_000, 1_000_000])
    parser.add_argument("--views", nargs="+", default=["scatter", "jscatter"], choices=["scatter", "jscatter"])
    chosen = parser.parse_args()
    kinds = {"scatter": (ours, _OURS, _lasso_of_ours), "jscatter": (theirs, _THEIRS, _lasso_of_theirs)}
    for n in chosen.sizes:
        for name in chosen.views:
            make, ready, lasso = kinds[name]
            try:
                state, module, style, read = make(n)
            except ImportError as error:
                print(f"{name} is left out: {error}")
                continue
            answers = type("Answers", (_Answers,), {"files": files_of(state, module, style)})
            server = ThreadingHTTPServer(("127.0.0.1", 0), answers)
            Thread(target=partial(server.serve_forever, 0.05), daemon=True).start()
            with _app.chromium() as browser:
                page = browser.new_page(viewport={"width": 1280, "height": 800})
                page.set_default_timeout(180_000)
                figures = measure(page, f"http://127.0.0.1:{server.server_port}/", ready, read, lasso)
            server.shutdown()
            compared = "bare page, headless Chromium 1280×800, software WebGL (SwiftShader)"
            common.report(f"map.{name}.{n}", "jupyter-scatter", "playwright", compared=compared, ms=figures, points=n)


if __name__ == "__main__":
    main()
