"""What of a checkpoint loaded, in words: why a board is off, and what is wrong with a part."""

from __future__ import annotations

from collections.abc import Sequence

from workbench.core.card import PART_LABELS, LoadReport, PartReport

_IS = {"encoder_context": "context encoder", "encoder_target": "target encoder", "masked": "predictor of masked tokens", "dynamics": "dynamics"}


def off_words(report: LoadReport, needs: Sequence[str]) -> tuple[str, str]:
    """Why something that needs these parts is off: a sentence, and the report of each part that is not complete. Both "" where nothing is wrong."""
    bad = [part for name in needs if (part := report.serving(name)).status != "whole"]
    if not bad:
        return "", ""
    missing = [_IS.get(p.name, p.name) for p in bad if p.status == "missing"]
    partial = [_IS.get(p.name, p.name) for p in bad if p.status == "partial"]
    said = [f"the file holds no {' and no '.join(missing)}"] * bool(missing) + [f"the {' and the '.join(partial)} loaded only partially"] * bool(
        partial
    )
    whole = [PART_LABELS[p.name] for p in report.parts if p.status == "whole"]
    lines = [part_words(p) for p in bad]
    lines.append(f"Complete: {', '.join(whole)}." if whole else "No part is complete.")
    if partial:
        lines.append("Pictures from partly loaded weights would be meaningless, so none is shown.")
    return f"This board is off: {', and '.join(said)}.", "\n".join(lines)


def part_words(part: PartReport) -> str:
    """One part with what is wrong, by its name on screen, and up to three names each."""
    label = PART_LABELS[part.name].capitalize()
    if part.status == "missing":
        left = f", {part.ignored[0][1]}" if part.ignored and not part.missing else ""
        return f"{label}: not in the file{left}." if not left else f"{label}: left out{left}."
    found = [f"{len(part.matched)} tensors matched", *(f"{n} {what}: {few}" for what, n, few in wrong(part))]
    listed = ";\n".join(found)
    return f"{label}: {listed}."


def wrong_words(part: PartReport) -> str:
    """What is wrong with a part in numbers alone: 14 tensors missing, 1 left over."""
    counts = [f"{n} {what}" for what, n, _ in wrong(part)]
    return f"{PART_LABELS[part.name]} with {', '.join(counts)}" if counts else PART_LABELS[part.name]


def wrong(part: PartReport) -> list[tuple[str, int, str]]:
    """(what, how many, the first three names) of everything that did not match."""
    groups = (
        ("missing", part.missing),
        ("unexpected", part.unexpected),
        ("of another shape", tuple(r[0] for r in part.reshaped)),
        ("with NaN or infinity", part.nonfinite),
    )
    return [(what, len(names), _few(names)) for what, names in groups if names]


def _few(names: Sequence[str]) -> str:
    return ", ".join(names[:3]) + (f" and {len(names) - 3} more" if len(names) > 3 else "")
