"""Models and files as the Checkpoint view takes them."""

from __future__ import annotations

import dataclasses
from pathlib import Path
from typing import Any

from widgets import ModelView
from workbench.boards.show import show
from workbench.core.card import PART_LABELS, LoadReport
from workbench.core.contents import Contents
from workbench.core.questions import questions
from workbench.core.questions.checkpoint import ModelFacts, TensorHistogram


@show.register(ModelFacts)
def _(result: ModelFacts) -> ModelView:
    return ModelView(model=model_dict(result))


@show.register(LoadReport)
def _(result: LoadReport) -> ModelView:
    return ModelView(model={"name": Path(result.path).name, "family": result.family, **report_dict(result)})


def model_dict(facts: ModelFacts) -> dict[str, object]:
    """A model as the Checkpoint view takes it."""
    used = {name: p.name for p in facts.report.parts for name in p.matched}
    return {
        **{k: getattr(facts.card, k) for k in ("name", "family", "paper", "licence", "notes", "preprocessing")},
        **report_dict(facts.report),
        "tensors": [{**dataclasses.asdict(t), "shape": list(t.shape), "part": used.get(t.name, "")} for t in facts.tensors],
    }


def contents_dict(found: Contents) -> dict[str, object]:
    """A file that was described but not loaded, as the Checkpoint view takes it."""
    alarming = set(found.alarming)
    settings = [f"{name} = {value}" for name, value in found.settings.items()]
    return {
        "name": Path(found.path).name,
        "family": f"{found.kind} file",
        "notes": f"Described from its opcodes; none of it was loaded or run. To open it: {found.advice()}.",
        "path": found.path,
        "file_bytes": found.bytes,
        "wants": [{"name": c, "alarming": c in alarming} for c in found.classes],
        "other": [*settings, *(f"{name} (a {kind})" for name, kind in found.left_out)],
        "tensors": [{**dataclasses.asdict(t), "shape": list(t.shape), "part": ""} for t in found.tensors],
    }


def report_dict(report: LoadReport) -> dict[str, object]:
    """A load report as the Checkpoint view takes it."""
    parts = [
        {
            "name": p.name,
            "label": PART_LABELS[p.name],
            "status": p.status,
            "matched": len(p.matched),
            "missing": list(p.missing),
            "unexpected": list(p.unexpected),
            "reshaped": [[n, list(a), list(b)] for n, a, b in p.reshaped],
            "ignored": [list(i) for i in p.ignored],
            "parameters": p.parameters,
            "bytes": p.bytes,
            "dtype": p.dtype,
            "refused": refusals(report, p.name),
        }
        for p in (report.part(n) for n in report.listed)
    ]
    return {
        "path": report.path,
        "file_bytes": report.file_bytes,
        "facts": [{"name": f.name, "value": _plain(f.value), "origin": f.origin, "why": f.why} for f in report.facts],
        "parts": parts,
        "other": list(report.other),
    }


def refusals(report: LoadReport, part: str) -> str:
    """Which questions have no answer because of one part, or which part replaces it; "" when it is complete."""
    if report.part(part).status == "whole":
        return ""
    if report.serving(part).status == "whole":
        return f"Replaced by: {PART_LABELS[report.serving(part).name]} (see the settings)."
    off = dict.fromkeys(kind.about.title for kind in questions().values() if part in kind.about.needs)
    return f"Not available without it: {', '.join(off)}." if off else ""


def histogram_dict(found: TensorHistogram) -> dict[str, object]:
    """A histogram as the Checkpoint view takes it."""
    numbers = {"mean": found.mean, "std": found.std, "min": found.low, "max": found.high}
    return {"name": found.name, "counts": found.counts.tolist(), "edges": found.edges.tolist(), **numbers, "nan": found.odd}


def _plain(value: object) -> Any:
    return list(value) if isinstance(value, tuple) else value
