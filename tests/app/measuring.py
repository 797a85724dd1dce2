"""Finds text on a page that is cut off, or that lies on other text. What is drawn on a canvas is not seen."""

from __future__ import annotations

from typing import Any

_FIND = """() => {
  const texts = [], wrong = [], SLACK = 2;
  const near = (words) => words.trim().replace(/\\s+/g, ' ').slice(0, 60);
  const up = (node) => node.assignedSlot ?? node.parentElement ?? (node.getRootNode() instanceof ShadowRoot ? node.getRootNode().host : null);
  const cut = (rect, element) => {
    for (let at = element; at; at = up(at)) {
      const style = getComputedStyle(at);
      if (style.position === 'fixed' && at !== element) break;
      const box = at.getBoundingClientRect();
      const over = (value) => value === 'hidden' || value === 'clip';
      if (over(style.overflowX) && (rect.left < box.left - SLACK || rect.right > box.right + SLACK)) return at;
      if (over(style.overflowY) && (rect.top < box.top - SLACK || rect.bottom > box.bottom + SLACK)) return at;
      if (/auto|scroll/.test(style.overflowY + style.overflowX)) return null;  // what is beyond is reached by scrolling
    }
    return rect.right > innerWidth + SLACK ? document.documentElement : null;
  };
  const selected = (field) => {
    const style = getComputedStyle(field), pen = document.createElement('canvas').getContext('2d');
    pen.font = `${style.fontWeight} ${style.fontSize} ${style.fontFamily}`;
    const words = field.selectedOptions[0]?.text ?? '';
    const room = field.clientWidth - parseFloat(style.paddingLeft) - parseFloat(style.paddingRight);
    if (pen.measureText(words).width > room + SLACK && !field.title.includes(words)) wrong.push(`cut: ${near(words)} (chosen in a list)`);
  };
  const walk = (root) => {
    for (const node of root.childNodes) {
      if (node instanceof Element) {
        if (['STYLE', 'SCRIPT', 'OPTION'].includes(node.tagName)) continue;
        const style = getComputedStyle(node), without = style.display === 'contents';  // no box of its own
        if (!without && !node.checkVisibility({ opacityProperty: true, contentVisibilityAuto: true })) continue;
        if (style.clipPath === 'inset(50%)') continue;  // for screen readers
        if (node instanceof HTMLSelectElement) style.visibility === 'visible' && selected(node);
        else walk(node);
        if (node.shadowRoot) walk(node.shadowRoot);
      } else if (node.nodeType === 3 && node.data.trim() && root instanceof Element && getComputedStyle(root).visibility === 'visible') {
        const range = document.createRange();
        range.selectNodeContents(node);
        const rects = [...range.getClientRects()].filter((r) => r.width > 1 && r.height > 1);
        if (!rects.length) continue;
        const inSvg = root instanceof SVGElement;
        const by = inSvg ? null : rects.map((r) => cut(r, root)).find(Boolean);
        const whole = root.title || root.closest('[title]')?.title || '';
        const kept = whole.includes(node.data.trim()) && getComputedStyle(root).textOverflow === 'ellipsis';  // a name of any length: whole under the pointer
        if (by && !kept) wrong.push(`cut: ${near(node.data)} (by ${by.className || by.tagName})`);
        if (!kept && !by) texts.push({ words: near(node.data), rects, root });
      }
    }
  };
  walk(document.body);
  const meet = (a, b) => Math.min(a.right, b.right) - Math.max(a.left, b.left) > SLACK && Math.min(a.bottom, b.bottom) - Math.max(a.top, b.top) > 2 * SLACK;
  texts.forEach((one, i) => texts.slice(i + 1).forEach((other) => {
    if (one.root === other.root) return;
    if (one.rects.some((a) => other.rects.some((b) => meet(a, b)))) wrong.push(`overlap: ${one.words} | ${other.words}`);
  }));
  return { wrong: [...new Set(wrong)], texts: texts.length, wide: document.documentElement.scrollWidth };
}"""


def misplaced(page: Any) -> dict[str, Any]:
    """What is wrong with the text on screen, and how many pieces of text there are.

    Returns:
        wrong: a line for each text that is cut, and for each two that overlap. texts: how many were looked at. wide: of the page, CSS pixels.
    """
    return page.evaluate(_FIND)
