"""What the Features board asks of a model: maps and their baselines, similarity, attention, and numbers over the bank."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Protocol, runtime_checkable

import numpy as np

from workbench.boards.features.drawn import ROLLOUT
from workbench.boards.workspace import Workspace
from workbench.core.errors import WorkbenchError
from workbench.core.questions.features import (
    Attention,
    AttentionResult,
    FeatureMaps,
    Features,
    LayerProfile,
    ProfileLayers,
    Similarity,
    SimilarityResult,
)
from workbench.query import Query

SOURCES = {
    "model": "model",
    "twin": "untrained",
    "other": "other",
    "position": "position",
    "pixels": "pixels",
    "shuffled": "shuffled",
}  # of a session -> of `Features`
_BANKED = ("other", "position")


@runtime_checkable
class Hears(Protocol):
    """Who is told."""

    def answered(self) -> None:
        """Something came that the pictures show."""
        ...

    def came(self) -> None:
        """A baseline or a number beside the pictures came."""
        ...

    def failed(self, error: WorkbenchError) -> None:
        """What the pictures show was not answered."""
        ...


class FeatureQueries:
    """Questions of the board by what they show. What is needed for the large pictures comes first; baselines follow one by one.

    Attributes:
        maps: of every source, by its name in `Features`. lacking: why a baseline could not be computed.
    """

    def __init__(self, space: Workspace, board: Hears) -> None:
        self.space, self.board = space, board
        self.maps = {name: self._query(name) for name in SOURCES.values()}
        self.similar = Query[SimilarityResult](space, "features.similar", lambda _: self._shown(), self._refused)
        self.attention = Query[AttentionResult](space, "features.attention", lambda _: self._shown(), self._refused)
        self.profile = Query[LayerProfile](space, "features.profile", lambda _: board.came(), self._no_profile)
        self.lacking: dict[str, str] = {}
        self.no_profile: WorkbenchError | None = None
        self.refusal: WorkbenchError | None = None  # of similarity or attention, as asked last
        self._awaited = ""  # the source whose map is large
        self._tried: dict[str, str] = {}  # what was asked by itself last: digests
        self._hopeless: set[str] = set()  # digests of what was not answered, and is not asked by itself again
        self._rest: list[Features] = []

    def _query(self, name: str) -> Query[FeatureMaps]:
        return Query[FeatureMaps](self.space, f"features.{name}", lambda _: self._came(name), lambda error: self._missed(name, error))

    def forget(self) -> None:
        """Another model."""
        for query in (*self.maps.values(), self.similar, self.attention, self.profile):
            query.forget()
        self.lacking, self.no_profile, self.refusal, self._rest = {}, None, None, []
        self._hopeless.clear()

    def cancel(self) -> None:
        """Stop all of it."""
        self._rest = []
        for query in (*self.maps.values(), self.similar, self.attention, self.profile):
            query.cancel()

    @property
    def busy(self) -> bool:
        """Whether something is awaited."""
        return any(query.busy for query in (*self.maps.values(), self.similar, self.attention, self.profile))

    def features(self, values: Mapping[str, Any], source: str) -> Features | None:
        """The question for the maps of a source; None where it needs a bank and there is none."""
        s = self.space.session.state
        banked = source in _BANKED or values["centred"] or values["basis"] == "bank"
        if s.model is None or s.clip is None or (banked and s.bank is None):
            return None
        return Features(
            s.model,
            s.clip,
            s.bank if banked else None,
            values["encoder"],
            source,  # type: ignore[arg-type]  # one of SOURCES
            values["other"] - 1 if source == "other" and values["other"] > 0 else None,
            values["basis"],
            values["centred"],
            values["robust"],
            values["foreground"],
        )

    def similarity(self, values: Mapping[str, Any]) -> Similarity | None:
        """The question what is similar to the chosen token."""
        s, shown = self.space.session.state, self.space.shown
        if s.model is None or s.clip is None or shown is None or not 0 <= values["token"] < shown.grid.tokens:
            return None
        return Similarity(
            s.model,
            s.clip,
            values["token"],
            self._layer(values),
            s.bank,
            values["encoder"],
            values["centred"],
            self._number(values) if s.bank else None,
        )

    def attending(self, values: Mapping[str, Any]) -> Attention | None:
        """The question where the chosen token looks; None also where the predictor is not asked for this token."""
        s, shown = self.space.session.state, self.space.shown
        if s.model is None or s.clip is None or shown is None or not 0 <= values["token"] < shown.grid.tokens:
            return None
        if values["map"] == "attention":
            return Attention(s.model, s.clip, values["token"], rollout=values["head"] == ROLLOUT, weights=values["encoder"])
        if s.mask is None or s.mask.shape != shown.grid.shape or not s.mask.target.ravel()[values["token"]]:
            return None
        return Attention(s.model, s.clip, values["token"], "predictor", s.mask)

    def layered(self, values: Mapping[str, Any]) -> ProfileLayers | None:
        """The question for the numbers of all layers."""
        s = self.space.session.state
        return None if s.model is None or s.bank is None else ProfileLayers(s.model, s.bank, values["encoder"])

    def ask(self, values: Mapping[str, Any], source: str, *, baselines: bool, profile: bool, follow: bool = False) -> bool:
        """Ask what is not known yet; whether the large pictures wait for it.

        Args:
            source: what is held. baselines, profile: these are wanted too. follow: the layer or the token is being dragged.
        """
        self._awaited, self.refusal = source, None
        large = self._large(values, source)
        for query, question in large:
            if question is not None and not query.answers(question) and not query.awaits(question):
                (query.follow if follow else query.ask)(question)
        waits = any(query.busy for query, _ in large)
        others = [self.features(values, name) for name in self.maps if name != "model"] if baselines else []
        self._rest = [each for each in others if each is not None and not self._known(each)]
        if not waits:
            self._go_on()
        if profile:
            self.measure(values)
        return waits

    def measure(self, values: Mapping[str, Any], *, pressed: bool = False) -> None:
        """Ask for the numbers of all layers, once for a model and its bank. pressed: also where they were not answered."""
        wanted = self.layered(values)
        if wanted is None:
            self.profile.forget()
        elif (pressed or wanted.digest not in self._hopeless) and not self.profile.answers(wanted) and not self.profile.awaits(wanted):
            self.no_profile = None
            self._tried["profile"] = wanted.digest
            self.profile.forget()
            self.profile.ask(wanted)

    def _large(self, values: Mapping[str, Any], source: str) -> list[tuple[Query[Any], Any]]:
        """What the large pictures show: queries and their questions."""
        kind = values["map"]
        found: list[tuple[Query[Any], Any]] = []
        if kind in ("pca", "norm"):
            found.append((self.maps[source], self.features(values, source)))
        elif kind == "similarity":
            found.append((self.similar, self.similarity(values)))
        else:
            found.append((self.attention, self.attending(values)))
        if values["beside"] == "clip" and kind not in ("attention", "predictor"):
            found.append((self.maps["other"], self.features(values, "other")))
        return found

    def _known(self, question: Features) -> bool:
        query = self.maps[question.source]
        return query.answers(question) or query.awaits(question) or question.digest in self._hopeless

    def _layer(self, values: Mapping[str, Any]) -> int | None:
        blocks = 0 if self.space.facts is None else self.space.facts.layers
        return None if values["layer"] >= blocks else values["layer"]

    def _number(self, values: Mapping[str, Any]) -> int | None:
        """Of the clip beside, in the bank: what was asked for, else what was shown."""
        if values["other"] > 0:
            return values["other"] - 1
        shown = self.maps["other"].answer
        return None if shown is None else shown.other

    def _shown(self) -> None:
        self.board.answered()
        self._go_on()

    def _came(self, name: str) -> None:
        self.lacking.pop(name, None)
        (self.board.answered if name in ("model", "other", self._awaited) else self.board.came)()
        self._go_on()

    def _missed(self, name: str, error: WorkbenchError) -> None:
        """A baseline that cannot be computed leaves the rest as it is; what is large says so."""
        self.lacking[name] = error.what
        self._give_up(name)
        if name in ("model", self._awaited):
            self.board.failed(error)
        else:
            self.board.came()
        self._go_on()

    def _refused(self, error: WorkbenchError) -> None:
        self.refusal = error
        self.board.failed(error)

    def _no_profile(self, error: WorkbenchError) -> None:
        self.no_profile = error
        self._give_up("profile")
        self.board.came()

    def _go_on(self) -> None:
        """The next baseline, when nothing that is large waits."""
        if any(query.busy for query in (*self.maps.values(), self.similar, self.attention)):
            return
        while self._rest:
            following = self._rest.pop(0)
            if not self._known(following):
                self._tried[following.source] = following.digest
                self.maps[following.source].ask(following)
                return

    def _give_up(self, name: str) -> None:
        """What was asked by itself and was not answered is not asked by itself again."""
        tried = self._tried.pop(name, None)
        if tried is not None:
            self._hopeless.add(tried)


def heads(found: AttentionResult | None) -> int:
    """How many heads the attention has."""
    return 0 if found is None else int(np.shape(found.maps)[1])
