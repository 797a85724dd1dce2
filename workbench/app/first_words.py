"""What a browser is sent before its page is made: a line of text, the way past the menu, and the scripts. The page follows in the same answer.

Bokeh's server answers when the whole page is there, and its template has the scripts first: a browser shows nothing for as long as both take. Here the browser
runs the scripts while the server makes the page. They are the same for all pages of a server, which finds them once: Panel searches its classes for each page.

Panel loads modules through a shim that parses and rewrites each of them, for browsers without import maps. The modules of a page import nothing by name, so
the browser's own `import` loads them.
"""

from __future__ import annotations

import asyncio
from functools import wraps
from html import escape
from typing import Any

FIRST = """<!DOCTYPE html>
<html lang="en" data-theme-managed="true"><head><meta charset="utf-8"><title>JEPA Workbench</title>
<meta name="viewport" content="width=device-width, initial-scale=1.0">
<style>
html, body { display: flow-root; box-sizing: border-box; height: 100%; margin: 0; padding: 0; }
.jw-starting { position: fixed; top: 20vh; right: 24px; left: 24px; margin: 0; color: #5a6375; font: 16px/1.5 system-ui, sans-serif; text-align: center; }
.jw-skip { position: fixed; z-index: 10000; top: -60px; left: 8px; padding: 8px 14px; border: 0; border-radius: 6px;
  background: #1c2230; color: #fff; font: 14px/1.4 system-ui, sans-serif; }
.jw-skip:focus { top: 8px; outline: 2px solid #8fb0ff; outline-offset: 2px; }
</style></head><body>
<button type="button" class="jw-skip" onclick="document.dispatchEvent(new Event('jw-skip'))">Skip to the board</button>
<p class="jw-starting" role="status">JEPA Workbench is starting …</p>
"""
REST = """{% from macros import embed %}
<link rel="icon" href="{{ dist_url }}images/favicon.ico">
{{ bokeh_css if bokeh_css }}
{% for css in resources.css.values() %}<link rel="stylesheet" href="{{ css }}">{% endfor %}
{% for raw_css in resources.raw_css %}<style>{{ raw_css }}</style>{% endfor %}
<style id="template-styles">
html, body { color: var(--mui-palette-text-primary); background-color: var(--mui-palette-background-default); font: var(--mui-font-body1); }
</style>
{% for doc in docs %}{{ embed(doc) if doc.elementid }}{% for root in doc.roots %}{{ embed(root) }}{% endfor %}{% endfor %}
{{ bokeh_js if bokeh_js }}
{% for src in resources.js.values() %}<script src="{{ src }}"></script>{% endfor %}
{% for src in resources.js_modules.values() %}<script src="{{ src }}" type="module"></script>{% endfor %}
{{ plot_script }}
<script>
{
  const line = document.querySelector(".jw-starting");
  const look = (left) => {
    const root = window.Bokeh?.index?.roots?.[0];
    if (root?.is_idle) {
      line.remove();
      const handles = root.shadow_el?.querySelectorAll('[aria-label^="Resize "]') ?? [];
      for (const handle of handles) handle.setAttribute("role", "separator"); // MUI names it, and says not what it is
    }
    else if (left) setTimeout(look, 100, left - 1);
    else line.textContent = "JEPA Workbench has not answered for a minute. Load the page again.";
  };
  look(600);
}
</script>
</body></html>
"""


_ASKED = 0.02  # seconds that a server gives a browser to ask for the scripts, before it makes the page and answers nothing else
_SHIM = "es-module-shims"
_IMPORT = """<script>window.importShim = Object.assign((place) => import(place), { addImportMap() {} });</script>"""
_ahead: list[str] = []  # the scripts of every page, once they are known


def look_up(server: Any) -> None:
    """Find the scripts and styles that the pages of a server need, for all of them."""
    import panel_material_ui as pmui
    from panel.io import server as host
    from panel.io.resources import Resources, bundle_resources

    bundle = bundle_resources((), Resources.from_bokeh(server._tornado.resources()))
    scripts = [str(file) for file in bundle.js_files if _SHIM not in str(file)]
    module = pmui.Page._render_esm(True, server=True)
    tags = [
        _IMPORT,
        *(f'<script src="{escape(file)}"></script>' for file in scripts),
        f'<script type="module" async src="{escape(str(module))}"></script>',
    ]
    _ahead[:] = ["\n".join(tags)]
    bundle.js_files = []
    host.bundle_resources = lambda *_args, **_options: bundle  # type: ignore[assignment]  # found once, as nothing of it changes


def apply() -> None:
    """Send the first words at once. Safe to call twice."""
    from panel.io.server import DocHandler

    if getattr(DocHandler, "_workbench_first_words", False):
        return
    made: Any = DocHandler.get

    @wraps(made)
    async def get(self: Any, *args: Any, **kwargs: Any) -> None:
        if self.request.path != self.application.prefix or not self.application.prefix:  # else it redirects
            self.set_header("Cache-Control", "no-store")
            self.set_header("Content-Type", "text/html")
            self.write(FIRST)
            await self.flush()
            for tags in _ahead:
                self.write(tags)
                await self.flush()
                await asyncio.sleep(_ASKED)
        await made(self, *args, **kwargs)

    DocHandler.get = get  # type: ignore[method-assign]  # Bokeh offers no hook before the page is made
    DocHandler._workbench_first_words = True  # type: ignore[attr-defined]  # our mark
