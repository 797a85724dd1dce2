"""Answers about a checkpoint, kept on disk under its weights and the clips: a run is measured once, wherever its files are moved to."""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from dataclasses import replace
from typing import Any

from workbench.core.card import FolderKey, ModelKey
from workbench.core.questions.base import Answer, Question
from workbench.measures.known import stamped
from workbench.model.jepa import Jepa
from workbench.store.answers import kept
from workbench.worlds.factors import ClipRow


def by_content(kind: Callable[..., Question[Answer]], compute: Callable[[], Answer], clips: ClipRow, *models: Jepa, **settings: Any) -> Answer:
    """The stored answer to a question of this kind about these weights and these clips, else a computed one, which is then stored.

    Args:
        models: in the order of the fields of the question that name models. settings: its other fields.
    """
    keys = [weights_of(jepa) for jepa in models]
    if not all(keys):
        return compute()
    names = ("model", "reference")[: len(keys)]
    asked = kind(clips=FolderKey(f"clips {stamped(clips)}"), **dict(zip(names, map(ModelKey, keys), strict=True)), **settings)
    return kept(asked, compute).answer


def weights_of(jepa: Jepa) -> str:
    """A hash of the weights and of how clips are prepared for them; "" where the weights have no hash."""
    if not jepa.card.hashes:
        return ""
    card = replace(jepa.card, name="", notes="", licence="", paper="")
    said = (sorted(card.hashes.items()), repr(replace(card, hashes={})), [(p.name, p.status) for p in jepa.report.parts])
    return f"weights {hashlib.blake2b(repr(said).encode(), digest_size=16).hexdigest()}"
