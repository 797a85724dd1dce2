"""axe-core on a page: what it finds that keeps someone out."""

from __future__ import annotations

from pathlib import Path
from typing import Any

_AXE = Path(__file__).parents[2] / "node_modules" / "axe-core" / "axe.min.js"
# The key that stands on a button beside its name is no part of the name; `aria-keyshortcuts` says it.
_RUN = """async () => {
  const rules = { "label-content-name-mismatch": { enabled: false } };
  const told = await axe.run(document, { resultTypes: ["violations"], rules, runOnly: ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa"] });
  const bad = told.violations.filter(({ impact }) => impact === "serious" || impact === "critical");
  return bad.flatMap(({ id, nodes }) => nodes.map((n) => `${id}: ${n.target.flat().join(" > ")} ${(n.any[0] ?? n.all[0] ?? n.none[0])?.message ?? ""}`.slice(0, 400)));
}"""


def violations(page: Any) -> list[str]:
    """Serious and critical findings by the rules of WCAG 2.1 A and AA, also within shadow roots: rule, place, and why."""
    if not page.evaluate("() => 'axe' in window"):
        page.add_script_tag(path=_AXE)
    return page.evaluate(_RUN)
