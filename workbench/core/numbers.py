"""Numbers as they are written everywhere: on boards, in charts and in the terminal."""

from __future__ import annotations

from workbench.core.results import FEWEST_CLIPS

_FAR = 100  # ratio beyond which only its being large is stated
UNITS = {"l1": "L1", "l2": "squared L2", "smooth-l1": "smooth-L1", "cosine": "1 − centred cosine"}


def number(value: float) -> str:
    """Two decimals with a true minus sign; no minus zero."""
    text = f"{value:.2f}"
    return "0.00" if text == "-0.00" else text.replace("-", "−")


def share(ratio: float) -> str:
    """A number relative to a baseline: 0.34 %, 52 %, 1.8 ×. Beyond 100 × only that: the baseline is then near 0, and the ratio means nothing."""
    if not ratio < _FAR:
        return "–" if ratio != ratio else f"> {_FAR} ×"
    percent = 100 * ratio
    if percent >= 99.5:
        return f"{ratio:.2f} ×" if ratio < 2 else f"{ratio:.1f} ×" if ratio < 10 else f"{ratio:.0f} ×"
    if percent < 0.01:
        return "< 0.01 %" if percent > 0 else "0 %"
    return f"{percent:.0f} %" if percent >= 9.95 else f"{percent:.2g} %"


def relative_to(ratio: float, baseline: str) -> str:
    """The same with the name of the baseline: "52 % of the baseline", "1.8 × the baseline", "far above the baseline, which is near 0"."""
    if ratio >= _FAR:
        return f"far above {baseline}, which is near 0"
    said = share(ratio)
    return f"{said} of {baseline}" if said.endswith("%") else f"{said} {baseline}"


def strength(amount: float) -> str:
    """The size of a change relative to its full step."""
    return {1.0: "full strength", 0.5: "half strength"}.get(amount, f"{100 * amount:.0f} % strength")


def too_few(clips: int) -> str:
    """Why no rank and no interval is stated over so few clips."""
    return f"no rank and no interval over fewer than {FEWEST_CLIPS} clips (there {'is' if clips == 1 else 'are'} {clips})"


def size_text(size: int) -> str:
    """Bytes for a reader: 1.2 MB."""
    value, unit = float(size), "bytes"
    for larger in ("KB", "MB", "GB"):
        if value < 1000:
            break
        value, unit = value / 1000, larger
    return f"{value:.0f} {unit}" if unit == "bytes" else f"{value:.1f} {unit}"
