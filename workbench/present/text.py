"""Reports as plain text, for the terminal."""

from __future__ import annotations

from workbench.core.card import PARTS, LoadReport, PartReport

_DOT = {"whole": "●", "partial": "◐", "missing": "○"}


def report_text(report: LoadReport) -> str:
    """The load report: parts, then what was read, inferred, given or assumed, then what else is in the file."""
    lines = [f"{report.path}", f"family {report.family} · {size_text(report.file_bytes)}", ""]
    lines += [line for name in PARTS for line in _part(report.part(name))]
    if report.facts:
        wide = max(len(f.name) for f in report.facts)
        lines += ["", *(f"{f.name:<{wide}}  {f.value}  ({f.origin}{f': {f.why}' if f.why else ''})" for f in report.facts)]
    if report.other:
        lines += ["", f"also in the file: {', '.join(report.other)}"]
    return "\n".join(lines)


def size_text(size: int) -> str:
    """Bytes for a reader: 1.2 MB."""
    value, unit = float(size), "bytes"
    for larger in ("KB", "MB", "GB"):
        if value < 1000:
            break
        value, unit = value / 1000, larger
    return f"{value:.0f} {unit}" if unit == "bytes" else f"{value:.1f} {unit}"


def _part(part: PartReport) -> list[str]:
    more = f" · {part.parameters / 1e6:.2f} M parameters · {size_text(part.bytes)} {part.dtype}" if part.matched else ""
    lines = [f"{_DOT[part.status]} {part.name:<16} {part.status:<8} {len(part.matched)} matched{more}"]
    for what, names in (("missing", part.missing), ("unexpected", part.unexpected)):
        lines += [f"    {what}: {name}" for name in names]
    lines += [f"    other shape: {name}: expected {list(want)}, found {list(got)}" for name, want, got in part.reshaped]
    lines += [f"    left out: {name} ({why})" for name, why in part.ignored]
    return lines
