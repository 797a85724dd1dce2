"""Reports as plain text for the terminal, and as JSON for scripts."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from workbench.core.card import PART_LABELS, STATUS_LABELS, LoadReport, PartReport
from workbench.core.errors import WorkbenchError
from workbench.core.numbers import size_text
from workbench.core.strict import strict_json

_DOT = {"whole": "●", "partial": "◐", "missing": "○"}


def report_text(report: LoadReport) -> str:
    """The load report: parts, then what was read, inferred, given or assumed, then what else is in the file."""
    lines = [f"{report.path}", f"family {report.family} · {size_text(report.file_bytes)}", ""]
    for name in report.listed:
        lines += _part(report.part(name))
        if report.serving(name).name != name:
            lines.append(f"    replaced by: {PART_LABELS[report.serving(name).name]}")
    if report.facts:
        wide = max(len(f.name) for f in report.facts)
        lines += ["", *(f"{f.name:<{wide}}  {f.value}  ({f.origin}{f': {f.why}' if f.why else ''})" for f in report.facts)]
    if report.other:
        lines += ["", f"also in the file: {', '.join(report.other)}"]
    return "\n".join(lines)


def report_json(report: LoadReport) -> str:
    """The load report as JSON, every part included. Keys stay as they are; new ones may come.

    path, family, file_bytes, whole; parts: name, status, matched, missing, unexpected and nonfinite as {count, names}, reshaped
    as {name, expected, found}, ignored as {name, reason}, parameters, bytes, dtype, sentence; facts: name, value, origin, why; other;
    stand_ins: part, by.
    """
    parts = [_part_dict(report.part(name)) for name in report.listed]
    facts = [{"name": f.name, "value": f.value, "origin": f.origin, "why": f.why} for f in report.facts]
    top = {"path": report.path, "family": report.family, "file_bytes": report.file_bytes, "whole": report.whole}
    rest = {"other": list(report.other), "stand_ins": [{"part": part, "by": by} for part, by in report.stand_ins]}
    return strict_json({**top, "parts": parts, "facts": facts, **rest})


def error_json(error: WorkbenchError, **more: object) -> str:
    """Why there is no report, as JSON: error: {kind, what, where, fix}, and what else is known."""
    said = {"kind": type(error).__name__, "what": error.what, "where": error.where, "fix": error.fix}
    return strict_json({"error": said, **more})


def _part_dict(part: PartReport) -> dict[str, Any]:
    counted = {k: _counted(getattr(part, k)) for k in ("matched", "missing", "unexpected", "nonfinite")}
    return {
        "name": part.name,
        "status": part.status,
        **counted,
        "reshaped": [{"name": name, "expected": list(want), "found": list(got)} for name, want, got in part.reshaped],
        "ignored": [{"name": name, "reason": why} for name, why in part.ignored],
        "parameters": part.parameters,
        "bytes": part.bytes,
        "dtype": part.dtype,
        "sentence": part.sentence(),
    }


def _counted(names: Sequence[str]) -> dict[str, Any]:
    return {"count": len(names), "names": list(names)}


def _part(part: PartReport) -> list[str]:
    more = f" · {part.parameters / 1e6:.2f} M parameters · {size_text(part.bytes)} {part.dtype}" if part.matched else ""
    lines = [f"{_DOT[part.status]} {PART_LABELS[part.name]:<17} {STATUS_LABELS[part.status]:<8} {len(part.matched)} matched{more}"]
    for what, names in (("missing", part.missing), ("unexpected", part.unexpected)):
        lines += [f"    {what}: {name}" for name in names]
    lines += [f"    other shape: {name}: expected {list(want)}, found {list(got)}" for name, want, got in part.reshaped]
    lines += [f"    left out: {name} ({why})" for name, why in part.ignored]
    return lines
