"""The vectors of one source, their map, and what is known of both: each step is asked once the one before is answered."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Any, Literal

import numpy as np

from workbench.boards.embedding.columns import Colouring, stratum
from workbench.boards.embedding.controls import Drawing
from workbench.boards.embedding.places import Chosen
from workbench.core.card import VectorsKey
from workbench.core.errors import Cancelled, WorkbenchError
from workbench.core.questions import Question
from workbench.core.questions.embedding import Embed, Embedding
from workbench.core.questions.neighbours import LabelsResult, NeighbourLabels
from workbench.core.questions.projection import FitProjection, JudgeProjection, MapResult, Projection, RefitProjection, TrustResult
from workbench.core.questions.rows import DescribeRows, RowTable
from workbench.query import Asks, Query

_LABEL_K = 10
_SAMPLED = 20_000  # points above which a method may fit a sample of them
_FEW, _CROWD = 500, 200_000  # points whose trust is judged, and of how many: against a million, those of the default would take minutes
LEAST = 4  # points of a map
CONTROLS: Mapping[str, Literal["by_position", "shuffled"]] = {"position": "by_position", "shuffled": "shuffled"}  # made of the model's own vectors


class Made:
    """What is made of one source.

    Args:
        asks: where questions go. source: "model", "untrained", "pixels", or a control of the model's vectors. changed: called after each answer. failed: told of errors of the vectors
            and the map. counted: steps that are done of the embedding, all, and seconds that they took.

    Attributes:
        told: why labels or trust could not be computed; "" when they could.
    """

    def __init__(
        self,
        asks: Asks,
        source: str,
        changed: Callable[[Made], None],
        failed: Callable[[WorkbenchError], None],
        counted: Callable[[int, int, float], None],
    ) -> None:
        self.source, self._changed, self._counted = source, changed, counted
        name = f"embedding.{source}"
        self.vectors = Query[Embedding](asks, f"{name}.vectors", self._answered, failed, self._progress)
        self.rows = Query[RowTable](asks, f"{name}.rows", self._answered, failed)
        self.map = Query[MapResult](asks, f"{name}.map", self._answered, failed)
        self.trust = Query[TrustResult](asks, f"{name}.trust", self._answered, lambda error: self._refused("trust", error))
        self.labels = Query[LabelsResult](asks, f"{name}.labels", self._answered, lambda error: self._refused("labels", error))
        self.told = ""
        self._tried: dict[str, str] = {}  # view -> digest of what was asked last
        self._given_up: set[str] = set()
        self._anew: dict[str, int] = {}  # digest of the question of a map -> how often it was computed anew
        self._of: Embed | VectorsKey | None = None
        self._drawing: Drawing | None = None
        self._colour: Colouring | None = None
        self._alone: Chosen | None = None
        self._began, self._first = 0.0, 0

    @property
    def queries(self) -> tuple[Query[Embedding], Query[RowTable], Query[MapResult], Query[TrustResult], Query[LabelsResult]]:
        """All of them, in the order in which they are asked."""
        return self.vectors, self.rows, self.map, self.trust, self.labels

    @property
    def busy(self) -> bool:
        """Whether something is awaited."""
        return any(q.busy for q in self.queries)

    @property
    def settled(self) -> bool:
        """Whether the map that is here is the one that was wanted last, of the vectors that were wanted last."""
        return self.map.answer is not None and self.map.question is not None and not self.vectors.busy and not self.map.busy and not self.rows.busy

    @property
    def done(self) -> bool:
        """Whether everything that is wanted is here, or could not be had."""
        key = self.key
        if key is None or self.judged is None or self.busy:
            return False
        labels = self._labels(key)
        return labels is None or self.labels.answers(labels) or labels.digest in self._given_up

    @property
    def drawn(self) -> MapResult | None:
        """The map, where it is one of the vectors that are here."""
        of, key = self.map.question, self.key
        return self.map.answer if isinstance(of, FitProjection) and key is not None and of.vectors == key else None

    @property
    def among(self) -> Chosen | None:
        """The rows of the vectors that the map is of; None: all."""
        return self.map.question.rows if isinstance(self.map.question, FitProjection) else None

    @property
    def judged(self) -> TrustResult | None:
        """How far the map that is here can be trusted, once that is known."""
        of, found = self.trust.question, self.map.answer
        if not isinstance(of, JudgeProjection) or found is None:
            return None
        same = of.coordinates is found.coordinates or np.array_equal(of.coordinates, found.coordinates)  # computed anew, the same may come out
        return self.trust.answer if same else None

    @property
    def known(self) -> LabelsResult | None:
        """How well neighbours tell the column that is wanted, once that is known."""
        of, colour = self.labels.question, self._colour
        right = isinstance(of, NeighbourLabels) and colour is not None and of.vectors == self.key and np.array_equal(of.labels, colour.values)
        return self.labels.answer if right else None

    @property
    def key(self) -> VectorsKey | None:
        """The vectors, where they are there."""
        control: Literal["", "by_position", "shuffled"] = CONTROLS.get(self.source, "")
        if isinstance(self._of, VectorsKey):
            return replace(self._of, finite=True, control=control)
        return None if self.vectors.answer is None else VectorsKey(self.vectors.answer.path, True, control)

    def want(self, of: Embed | VectorsKey, drawing: Drawing | None, colour: Colouring | None, alone: Chosen | None = None) -> None:
        """Have these made, as far as they are not.

        Args:
            of: how the vectors come about, or the file that holds them. drawing: of the map; None: no map. colour: what neighbours are to tell; None: nothing.
            alone: the rows that are projected; None: all.
        """
        self._of, self._drawing, self._colour, self._alone, self.told = of, drawing, colour, alone, ""
        self._go_on()

    def again(self) -> None:
        """Have the map that is wanted computed anew; it replaces that of the store."""
        if (fit := self.fit()) is not None:
            fields = fit.fields()
            fields.pop("times", None)
            plain = FitProjection(**fields).digest
            self._anew[plain] = self._anew.get(plain, 0) + 1
            self._go_on()

    def cancel(self) -> None:
        """Stop all; what is there stays."""
        for query in self.queries:
            query.cancel()

    def forget(self) -> None:
        """Nothing is wanted, and nothing is there."""
        self._of = self._drawing = self._colour = self._alone = None
        for query in self.queries:
            query.forget()

    def fit(self) -> FitProjection | None:
        """The question of the map that is wanted; None before the rows are known."""
        key, drawing, table = self.key, self._drawing, self.rows.answer
        if key is None or drawing is None or table is None or table.count < LEAST:
            return None
        count = table.count if self._alone is None else len(self._alone)
        labels = stratum(table) if count > _SAMPLED and drawing.method != "pca" else None
        found = FitProjection(key, drawing.method, drawing.seed, min(drawing.k, count - 2), drawing.min_dist, rows=self._alone, labels=labels)
        times = self._anew.get(found.digest, 0)
        return RefitProjection(**found.fields(), times=times) if times else found

    def projection(self) -> Projection | None:
        """The question that gives this map with its trust at once: what `</>` prints."""
        question = self.map.question
        if not isinstance(question, FitProjection):
            return None
        same: dict[str, Any] = {"rows": question.rows, "labels": question.labels, "judge": self._judge}
        return Projection(question.vectors, question.method, question.seed, question.k, question.min_dist, **same)

    @property
    def _judge(self) -> int | None:
        """How many points of the map that is here are judged; None: as many as usual."""
        return _FEW if self.map.answer is not None and self.map.answer.n > _CROWD else None

    def _go_on(self) -> None:
        of = self._of
        if of is None or (isinstance(of, Embed) and not self._has("vectors", self.vectors, of)) or (key := self.key) is None:
            return
        if not self._has("rows", self.rows, DescribeRows(key)):
            return
        fit = self.fit()
        if fit is not None:
            if not self._has("map", self.map, fit) or self.map.answer is None:
                return
            same: dict[str, Any] = {"rows": fit.rows, "coordinates": self.map.answer.coordinates, "judge": self._judge}
            if not self._has("trust", self.trust, JudgeProjection(key, fit.method, fit.seed, fit.k, fit.min_dist, **same)):
                return
        labels = self._labels(key)
        if labels is None:
            self.labels.forget()
        else:
            self._has("labels", self.labels, labels)

    def _labels(self, key: VectorsKey) -> NeighbourLabels | None:
        table, colour = self.rows.answer, self._colour
        if table is None or colour is None or table.frame is not None or not colour.tells or len(colour.values) != table.count:
            return None
        if table.count < LEAST:
            return None
        values = colour.values if colour.kind == "category" else colour.values.astype(np.float64)
        return NeighbourLabels(key, values, min(_LABEL_K, table.count - 2))

    def _has(self, view: str, query: Query[Any], question: Question[Any]) -> bool:
        """Whether the answer is here, or can not be had; asks for it where nobody has."""
        if query.answers(question) or question.digest in self._given_up:
            return True
        if not query.awaits(question):
            self._tried[view], self._began, self._first = question.digest, time.monotonic(), -1
            query.ask(question)
        return False

    def _answered(self, _answer: object) -> None:
        self._changed(self)
        self._go_on()

    def _progress(self, done: int, total: int) -> None:
        if self._first < 0:  # what was there already, of an embedding that goes on
            self._began, self._first = time.monotonic(), done
        self._counted(done, total, time.monotonic() - self._began)

    def _refused(self, view: str, error: WorkbenchError) -> None:
        """Trust or labels could not be computed; the map stands."""
        if not isinstance(error, Cancelled):
            self.told = error.what
            self._given_up.add(self._tried[view])
        self._changed(self)
        if self.told:
            self._go_on()
