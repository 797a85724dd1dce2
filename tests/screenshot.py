"""`make screenshot`: the picture of the README, taken of the app on its first sample as anybody would see it."""

from __future__ import annotations

import sys
from pathlib import Path

HERE = Path(__file__).resolve().parent
sys.path.insert(0, str(HERE / "benchmarks"))  # they know how to start the app and a browser

import _app  # noqa: E402

PICTURE = HERE.parent / "docs" / "app.png"


def main() -> None:
    """Start, wait until every figure stands, take light 1280 × 800."""
    PICTURE.parent.mkdir(exist_ok=True)
    with _app.served() as app, _app.chromium() as browser:
        app.wait()
        page = _app.new_page(browser)
        page.emulate_media(color_scheme="light", reduced_motion="reduce")
        page.goto(app.url)
        _app.wait_for_map(page)
        _app.wait_for_bank(page)
        page.locator(".jw-headline-sentence", has_text="other context").wait_for()
        page.locator(".jw-map-pane[data-busy=false]").wait_for()
        page.locator(".js-plotly-plot .bars").first.wait_for()
        page.evaluate("() => document.fonts.ready")
        page.screenshot(path=PICTURE, animations="disabled")
    print(PICTURE.relative_to(HERE.parent))


if __name__ == "__main__":
    main()
