"""A bare page that hosts views as both real hosts do: the portable part of the model, and every value checked by the real Python traits."""

from __future__ import annotations

import base64
from collections.abc import Callable, Iterator
from typing import Any

import pytest

from tests.waiting import until
from widgets import View

_HOST = """
async ({ name, esm, css, state, width, shadow }) => {
  const unpack = (v) => (v && typeof v === "object" && "base64" in v ? new DataView(Uint8Array.from(atob(v.base64), (c) => c.charCodeAt(0)).buffer) : v);
  const values = new Map(Object.entries(state).map(([k, v]) => [k, unpack(v)]));
  const listeners = new Map();
  const unsaved = new Set();
  const change = (k, v) => {
    if (JSON.stringify(values.get(k)) === JSON.stringify(v) && !(v instanceof DataView)) return;
    values.set(k, v);
    [...(listeners.get(`change:${k}`) ?? [])].forEach((fn) => fn());
  };
  const model = {
    get: (k) => values.get(k),
    set: (k, v) => { unsaved.add(k); change(k, v); },
    save_changes: () => {
      const sent = Object.fromEntries([...unsaved].map((k) => [k, values.get(k)]));
      unsaved.clear();
      window.toPython(name, sent).then((back) => host.receive(back));
    },
    on: (event, fn) => listeners.set(event, (listeners.get(event) ?? new Set()).add(fn)),
    off: (event, fn) => listeners.get(event)?.delete(fn),
  };
  const listening = () => [...listeners.values()].reduce((sum, fns) => sum + fns.size, 0);
  const host = { get: model.get, listening, receive: (back) => Object.entries(back).forEach(([k, v]) => change(k, unpack(v))) };
  const outer = document.createElement("div");
  outer.id = name;
  outer.style.width = width;
  document.body.append(outer);
  const place = shadow ? outer.attachShadow({ mode: "open" }) : outer;
  const style = document.createElement("style");
  style.textContent = css;
  const el = document.createElement("div");
  place.append(style, el);
  const url = URL.createObjectURL(new Blob([esm], { type: "text/javascript" }));
  const cleanup = await (await import(url)).default.render({ model, el });
  host.close = () => { if (outer.isConnected) cleanup(); outer.remove(); };
  (window.hosts ??= {})[name] = host;
}
"""


class Bench:
    """Views on a bare page.

    Args:
        page: the browser page.
    """

    def __init__(self, page: Any) -> None:
        self.page = page
        self._views: dict[str, View] = {}
        self._pending: dict[str, dict[str, Any]] = {}
        page.expose_function("toPython", self._receive)

    def show(self, view: View, *, width: str = "560px", shadow: bool = True) -> Any:
        """Puts a view on the page and gives its locator.

        Args:
            view: any view.
            width: CSS width of the room it gets.
            shadow: within a shadow root, as in Panel; else directly, as in JupyterLab.
        """
        name = f"view{len(self._views)}"
        names = type(view).view_traits()
        self._views[name] = view
        self._pending[name] = {}
        view.observe(lambda change: self._pending[name].update({change["name"]: _pack(change["new"])}), names)
        state = {trait: _pack(getattr(view, trait)) for trait in names}
        texts = {"esm": getattr(view, "_esm"), "css": getattr(view, "_css")}  # noqa: B009
        self.page.evaluate(_HOST, {"name": name, **texts, "state": state, "width": width, "shadow": shadow})
        self.page.wait_for_function("(name) => window.hosts?.[name]", arg=name)
        return self.page.locator(f"#{name} .jw-root")

    def push(self) -> None:
        """Sends what changed in Python to the page."""
        for name in self._views:
            self.send(name, self.pending(name))

    def pending(self, name: str = "view0") -> dict[str, Any]:
        """What changed in Python and was not sent yet; it counts as sent from here on."""
        sent, self._pending[name] = self._pending[name], {}
        return sent

    def send(self, name: str, changes: dict[str, Any]) -> None:
        """Sends some changes, for views that must bear a part of them coming first; returns after the next two display frames."""
        script = """([name, sent]) => new Promise((done) => {
          window.hosts[name].receive(sent);
          requestAnimationFrame(() => requestAnimationFrame(done));
        })"""
        self.page.evaluate(script, [name, changes])

    def wait(self, claim: Callable[[], bool], what: str) -> None:
        """Waits until something holds in Python.

        Args:
            claim: what has to become true.
            what: the same in words, for the failure.
        """
        until(self.page, claim, bool, what)

    def _receive(self, name: str, sent: dict[str, Any]) -> dict[str, Any]:
        """Sets what the browser wrote; gives back what Python made of it."""
        self._pending[name] = {}
        view = self._views[name]
        for trait, value in sent.items():
            setattr(view, trait, value)
        back, self._pending[name] = self._pending[name], {}
        return {trait: value for trait, value in back.items() if trait not in sent or getattr(view, trait) != sent[trait]}  # no host echoes


@pytest.fixture
def bench(page: Any) -> Iterator[Bench]:
    """An empty page of 1280 × 800 that can host views."""
    page.set_viewport_size({"width": 1280, "height": 800})
    page.set_content("<!doctype html><body style='margin:16px'></body>")
    made = Bench(page)
    yield made
    page.evaluate("() => Object.values(window.hosts ?? {}).forEach((host) => host.close())")


def _pack(value: Any) -> Any:
    return {"base64": base64.b64encode(value).decode()} if isinstance(value, bytes) else value
