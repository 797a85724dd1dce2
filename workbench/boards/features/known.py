"""What of the answers belongs to what the controls say now: maps, the sentence, and the lines of Python that reproduce its number."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from workbench.boards import code
from workbench.boards.features import drawn, words
from workbench.boards.features.drawn import ROLLOUT, TokenMap
from workbench.boards.features.queries import SOURCES, FeatureQueries
from workbench.core.questions.features import AttentionResult, FeatureMaps, LayerProfile, SimilarityResult

FLAT = ("pca", "norm")  # maps of all tokens, which need none to be chosen


@dataclass(frozen=True)
class Told:
    """The headline. tone: as of `Headline.tone`. lines: Python."""

    sentence: str
    tone: str
    detail: str
    lines: str


@dataclass(frozen=True, eq=False)
class Known:
    """Answers to what is asked now.

    Args:
        asked: the questions. value: of the controls. held: what is shown in place of the model, as a session names it.
    """

    asked: FeatureQueries
    value: Mapping[str, Any]
    held: str

    @property
    def source(self) -> str:
        """What is shown, as of `Features.source`."""
        return SOURCES.get(self.held, "model")

    def features(self, source: str) -> FeatureMaps | None:
        """Maps of a source; None while they are not known."""
        query, wanted = self.asked.maps[source], self.asked.features(self.value, source)
        return query.answer if wanted is not None and query.answers(wanted) else None

    def similar(self) -> SimilarityResult | None:
        """What is similar to the token."""
        query, wanted = self.asked.similar, self.asked.similarity(self.value)
        return query.answer if wanted is not None and query.answers(wanted) else None

    def attention(self) -> AttentionResult | None:
        """Where the token looks."""
        query, wanted = self.asked.attention, self.asked.attending(self.value)
        return query.answer if wanted is not None and query.answers(wanted) else None

    def profile(self) -> LayerProfile | None:
        """Numbers of all layers."""
        query, wanted = self.asked.profile, self.asked.layered(self.value)
        return query.answer if wanted is not None and query.answers(wanted) else None

    def map(self, source: str) -> TokenMap | None:
        """The chosen map of a source; None while it is not known, and where that source has none."""
        kind, layer = self.value["map"], self.value["layer"]
        if kind in FLAT:
            found = self.features(source)
            return None if found is None else (drawn.components if kind == "pca" else drawn.norms)(found, layer)
        if kind == "similarity":
            similar = self.similar()
            return None if similar is None else drawn.cosines(similar, source)
        attention = self.attention()
        if attention is None or source not in ("model", "untrained"):
            return None
        return drawn.attended(attention, layer, self.value["head"], untrained=source == "untrained")

    def told(self, sample: str | None) -> Told | None:
        """What the headline says; None while the large map is not known. sample: the name of the sample that the model is."""
        said = self._flat(sample) if self.value["map"] in FLAT else self._of_token(sample)
        if said is None:
            return None
        profile = self.profile()
        return Told(*said[:2], "" if profile is None else words.profile_line(profile, self.value["layer"]), said[2])

    def _flat(self, sample: str | None) -> tuple[str, str, str] | None:
        shown, query = self.features(self.source), self.asked.maps[self.source]
        if shown is None or query.question is None:
            return None
        names = {"untrained": "untrained", "pixels": "raw pixels"} if self.source == "model" else {}
        baselines = {said: found for name, said in names.items() if (found := self.features(name)) is not None}
        pca, layer = self.value["map"] == "pca", self.value["layer"]
        sentence, tone = (words.map_sentence if pca else words.norm_sentence)(shown, layer, baselines, held=self.held)
        k = drawn.place(shown, layer)
        lines = code.reproduced(query.question, shown, sample)
        if pca and k < len(shown.layers) - 1:  # the number on screen is of this layer
            lines += f"\nprint(f'{{found.explained[{k}].sum():.4g}}')  # {shown.explained[k].sum():.4g}: {shown.layers[k]}"
        elif not pca:
            middle = float(sorted(shown.norms[k].ravel())[shown.norms[k].size // 2])
            lines += f"\nprint(f'{{sorted(found.norms[{k}].ravel())[{shown.norms[k].size // 2}]:.4g}}')  # {middle:.4g}: norm in {shown.layers[k]}"
        return sentence, tone, lines

    def _of_token(self, sample: str | None) -> tuple[str, str, str] | None:
        layer = self.value["layer"]
        first = f"Shown: {words.HELD[self.held]}. " if self.held in words.HELD else ""
        similar, attention = self.similar(), self.attention()
        if self.value["map"] == "similarity" and similar is not None and self.asked.similar.question is not None:
            blocks = 0 if self.asked.space.facts is None else self.asked.space.facts.layers
            sentence, tone = words.similar_sentence(similar, words.layer_name(("",) * (blocks + 1), layer))
            return first + sentence, tone, code.reproduced(self.asked.similar.question, similar, sample)
        if attention is None or self.asked.attention.question is None or self.value["map"] == "similarity":
            return None
        sentence, tone = words.attention_sentence(attention, layer, self.value["head"])
        lines = code.reproduced(self.asked.attention.question, attention, sample)
        if self.value["head"] != ROLLOUT:
            k = min(layer, len(attention.entropy) - 1)
            lines += f"\nprint(f'{{found.entropy[{k}].mean():.4g}}')  # {attention.entropy[k].mean():.4g}: {words.BLOCK.format(k)}"
        return first + sentence, tone, lines
