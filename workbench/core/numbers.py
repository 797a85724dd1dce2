"""Numbers as they are written everywhere: on boards, in charts and in the terminal."""

from __future__ import annotations

from workbench.core.results import FEWEST_CLIPS

UNITS = {"l1": "L1", "l2": "squared L2", "smooth-l1": "smooth-L1", "cosine": "1 − centred cosine"}


def number(value: float) -> str:
    """Two decimals with a true minus sign; no minus zero."""
    text = f"{value:.2f}"
    return "0.00" if text == "-0.00" else text.replace("-", "−")


def times(ratio: float) -> str:
    """A ratio with as many digits as can be read: 0.0034, 0.03, 0.52, 180, 36,000."""
    size = abs(ratio)
    if size >= 100:
        return f"{ratio:.0f}" if size < 1000 else f"{ratio:,.0f}"
    return f"{ratio:.2g}".replace("-", "−") if 1e-4 <= size < 0.01 else number(ratio)


def ordinal(n: int) -> str:
    """1st, 2nd, 3rd, 4th …"""
    ending = "th" if 10 <= n % 100 <= 20 else {1: "st", 2: "nd", 3: "rd"}.get(n % 10, "th")
    return f"{n}{ending}"


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
