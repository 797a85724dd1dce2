"""What a browser is sent before its page is made: a line of text, and the way past the menu. The page follows in the same answer, its scripts after its words.

Bokeh's server answers when the whole page is there, and its template has the scripts first: a browser shows nothing for as long as both take.
"""

from __future__ import annotations

from functools import wraps
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
        await made(self, *args, **kwargs)

    DocHandler.get = get  # type: ignore[method-assign]  # Bokeh offers no hook before the page is made
    DocHandler._workbench_first_words = True  # type: ignore[attr-defined]  # our mark
