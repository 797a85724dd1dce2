"""Whether the weights loaded, as sentences."""

from __future__ import annotations

from pathlib import Path

from workbench.boards.parts import wrong_words
from workbench.core.card import PART_LABELS
from workbench.core.contents import Contents
from workbench.core.questions.checkpoint import ModelFacts


def status_sentence(facts: ModelFacts) -> tuple[str, str]:
    """Whether the weights loaded, and the tone."""
    parts = facts.report.parts
    bad = [p for p in parts if p.status == "partial"]
    if bad:
        return f"Not complete: {'; '.join(wrong_words(p) for p in bad)}.", "error"
    found = [PART_LABELS[p.name] for p in parts if p.status == "whole"]
    return f"{facts.card.name}: all {facts.matched} expected tensors matched; complete: {', '.join(found)}.", "plain"


def detail(facts: ModelFacts) -> str:
    """How many settings were read, inferred, given or assumed."""
    by = {o: sum(f.origin == o for f in facts.report.facts) for o in ("read", "inferred", "given", "assumed")}
    return "Settings: " + ", ".join(f"{n} {o}" for o, n in by.items() if n) + "."


def refusal_sentence(found: Contents) -> str:
    """Why a file of Python objects was not opened."""
    attack = "it holds Python objects that would run code, including some that no checkpoint needs: possibly an attack"
    return f"{Path(found.path).name} was not opened: {attack if found.alarming else f'it {found.what}'}."
