"""The headline of the map: its sentence, the thin line under it, and the lines that reproduce it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from workbench.boards import code
from workbench.boards.embedding import words
from workbench.boards.embedding.columns import Colouring
from workbench.boards.embedding.ends import AXIS_DETAIL, axis_sentence
from workbench.boards.embedding.made import CONTROLS, Made
from workbench.core.questions import Question
from workbench.core.questions.axis import AxisResult
from workbench.core.questions.embedding import Embed
from workbench.core.questions.projection import TrustResult
from workbench.core.questions.rows import RowTable


def of_map(made: Made, own: TrustResult | None, table: RowTable, detail: str, sample: str | None) -> dict[str, Any]:
    """Traits of the headline for a map.

    Args:
        made: whose map it is. own: trust of the model's map. table: of the rows. detail: the thin line. sample: the name of the sample that the model is.
    """
    found, trust = made.drawn, made.judged
    if found is None or trust is None:
        sentence, tone, lines = "The trust of this map is being computed …", "plain", ""
    else:
        sentence, tone = words.trust_sentence(trust, found.method, made.source, table.count)
        if made.source == "position":
            sentence, tone = words.position_sentence(trust), "plain"
        elif made.source == "shuffled":
            sentence, tone = words.shuffled_sentence(trust, own), "plain"
        lines = _lines(made, made.projection(), trust, sample)
    return {"sentence": sentence, "tone": tone, "detail": detail, "code": lines, "note": words.HELD[made.source], "stale": False}


def of_axis(said: dict[str, Any], found: AxisResult, made: Made, asked: Question[Any] | None, sample: str | None) -> dict[str, Any]:
    """The same for the axis that colours a map. said: of the map. asked: the question of the axis."""
    sentence, tone = axis_sentence(found)
    lines = _lines(made, asked, found, sample)
    return {**said, "sentence": words.WHO[made.source] + sentence, "tone": tone, "detail": f"{AXIS_DETAIL} {said['sentence']}", "code": lines}


def detail(made: Made, every: Mapping[str, Made], table: RowTable, told: Colouring | None, doing: str) -> str:
    """The thin line under a map.

    Args:
        every: what is made of each source. told: the column that neighbours tell. doing: what is being computed, first in the line.
    """
    labels = {source: found for source, each in every.items() if (found := each.known) is not None}
    said = "" if told is None else words.labels_words(told.name, labels)
    if table.frame is not None:
        said = words.ALIKE
    if made.source in CONTROLS:
        said = words.POSITION if made.source == "position" else words.SHUFFLED
    judged = "" if made.judged is None else words.judged_words(made.judged)
    return " ".join(part for part in (doing, said, made.told, judged) if part)


def _lines(made: Made, asked: Question[Any] | None, found: TrustResult | AxisResult, sample: str | None) -> str:
    embed, vectors = made.vectors.question, made.vectors.answer
    if asked is None or made.key is None:
        return ""
    known = {vectors.path: (embed, vectors)} if isinstance(embed, Embed) and vectors is not None else {}
    return code.reproduced(asked, found, sample, made=known)
