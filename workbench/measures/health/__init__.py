"""Health of a representation: every measure of `core.questions.health.MEASURES` on one set of clips, beside the untrained model."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from functools import partial
from typing import Any

import numpy as np

from workbench.core import progress
from workbench.core.errors import BadInput, WorkbenchError
from workbench.core.questions.dimension import Estimate
from workbench.core.questions.embedding import Level
from workbench.core.questions.health import MEASURES, Health, HealthResult, Reading
from workbench.core.results import FEWEST_CLIPS, Provenance
from workbench.measures.bank import Bank
from workbench.measures.base import answers
from workbench.measures.dimension import rank_me
from workbench.measures.halves import over_halves
from workbench.measures.health import formulas, probes
from workbench.measures.health.gathering import Gathered, Seen, evenly, gather
from workbench.measures.health.predicting import Predicted, by_time, predictions, ratio
from workbench.measures.known import known_of, labels_of
from workbench.measures.twins import twin_of
from workbench.model.jepa import Jepa
from workbench.worlds.factors import ClipRow

__all__ = ["health"]

_SLICES = 64


@answers(Health)
def health(
    jepa: Jepa,
    clips: ClipRow | Bank,
    *,
    what: Level = "clip",
    labels: Any = "label",
    views: int = 10,
    predicted: int = 64,
    limit: int = 512,
    halves: int = 20,
    seed: int = 0,
    untrained: bool = True,
) -> HealthResult:
    """Every health measure of a checkpoint on the same clips, each with its interval and beside the untrained model.

    Args:
        clips: images or videos, as of `jw.open_clips`, or a bank. what: a vector stands for: "clip", "frames" or "tokens". labels: a column that is
            known of the clips, or one label or number a clip, for the probes. views, predicted, limit, halves, seed, untrained: see `Health`.

    Raises:
        BadInput: fewer than 8 clips can be used, an unknown setting, or labels that are not one a clip. PartUnavailable: no whole encoder.
    """
    data = clips.clips if isinstance(clips, Bank) else clips
    if limit < FEWEST_CLIPS or halves < 2 or views < 0 or predicted < 0:
        said = f"limit={limit}, halves={halves}, views={views}, predicted={predicted}"
        raise BadInput(said, where="health", fix=f"limit {FEWEST_CLIPS} or more, halves 2 or more, the others 0 or more")
    named, known = labels_of(data, labels)
    chosen = evenly(range(len(data)), limit)
    models = [jepa, *([twin_of(jepa, seed)] if untrained else [])]
    with progress.part(0, 2):
        found = gather(models, data, chosen, what=what, views=views, kept=predicted, seed=seed)
    if len(found.index) < FEWEST_CLIPS:
        raise BadInput(f"{len(found.index)} clips can be used", where=str(getattr(data, "path", "")), fix=f"give {FEWEST_CLIPS} or more")
    table = _Table(found.seen[0], found.seen[1] if untrained else None, halves, seed)
    _of_vectors(table)
    _of_views(table, found)
    _of_tokens(table)
    with progress.part(1, 2):
        _of_predictions(table, jepa, found, untrained)
    _of_labels(table, None if known is None else known[found.index])
    ordered = sorted(table.readings, key=lambda r: list(MEASURES).index(r.name))
    origin = Provenance("health", jepa.card.name, dict(jepa.card.hashes), str(getattr(data, "path", "")), seed=seed, parameters={"what": what})
    names = known_of(data).names
    skipped = tuple((names[i], why) for i, why in sorted(found.skipped.items()))
    read = named if known is not None else ""
    return HealthResult(tuple(ordered), tuple(table.absent), what, len(found.index), skipped, found.seen[0].pooled.shape[1], read, origin)


@dataclass(eq=False)
class _Table:
    """Readings as they are found, and why others are not."""

    seen: Seen
    twin: Seen | None
    halves: int
    seed: int
    readings: list[Reading] = field(default_factory=list[Reading])
    absent: list[tuple[str, str]] = field(default_factory=list[tuple[str, str]])

    def over(self, values: np.ndarray, of: Callable[[np.ndarray], float]) -> Estimate:
        """A number of rows of clips, with its interval."""
        return over_halves(of(values), len(values), lambda rows: of(values[rows]), halves=self.halves, seed=self.seed)

    def miss(self, names: Sequence[str], why: str) -> None:
        """These cannot be computed."""
        self.absent += [(name, why) for name in names]


def _of_vectors(table: _Table) -> None:
    vectors, twin = table.seen.vectors, table.twin.vectors if table.twin is not None else None
    directions = formulas.unit_directions(vectors.shape[2], _SLICES, table.seed)
    measures: dict[str, Callable[[np.ndarray], float]] = {
        "rankme": rank_me,
        "participation_ratio": formulas.participation_ratio,
        "alpha_req": formulas.alpha_req,
        "vicreg_variance": formulas.vicreg_variance,
        "vicreg_covariance": formulas.vicreg_covariance,
        "sigreg": partial(formulas.sigreg, directions=directions),
        "feature_std": formulas.feature_std,
        "dead_dimensions": formulas.dead_dimensions,
        "cosine": formulas.mean_cosine,
        "uniformity": formulas.uniformity,
    }
    for name, of in measures.items():
        value = table.over(vectors, lambda v, of=of: of(_flat(v)))
        if np.isnan(value.value):
            table.miss([name], f"{len(_flat(vectors))} vectors of {vectors.shape[2]} features have too few eigenvalues")
            continue
        reading = Reading(name, value, len(_flat(vectors)), vectors.shape[2], untrained=float("nan") if twin is None else of(_flat(twin)))
        if MEASURES[name].centred:
            centred = table.over(vectors, lambda v, of=of: of(_centred(_flat(v))))
            reading = replace(reading, centred=centred, untrained_centred=float("nan") if twin is None else of(_centred(_flat(twin))))
        table.readings.append(reading)


def _of_views(table: _Table, found: Gathered) -> None:
    views = table.seen.views
    if views is None:
        table.miss(["lidar", "alignment"], found.no_views)
        return
    for name, of in (("lidar", formulas.lidar), ("alignment", formulas.alignment)):
        twin = table.twin.views if table.twin is not None else None
        other = float("nan") if twin is None else of(twin)
        reading = Reading(name, table.over(views, of), len(views) * views.shape[1], views.shape[2], untrained=other)
        if MEASURES[name].centred:
            centred = table.over(views, lambda v, of=of: of(_views_centred(v)))
            reading = replace(reading, centred=centred, untrained_centred=float("nan") if twin is None else of(_views_centred(twin)))
        table.readings.append(reading)


def _of_tokens(table: _Table) -> None:
    tokens, context, twin = table.seen.tokens, table.seen.context, table.twin
    n, dim = tokens.shape[0] * tokens.shape[1], tokens.shape[2]
    share = formulas.position_share(tokens) if tokens.shape[1] > 1 else float("nan")
    if np.isnan(share):
        table.miss(["position_share"], "a clip is one token here" if tokens.shape[1] == 1 else "all tokens are the same")
    else:
        other = float("nan") if twin is None else formulas.position_share(twin.tokens)
        table.readings.append(Reading("position_share", table.over(tokens, formulas.position_share), n, dim, untrained=other))
    if context is None:
        table.miss(["encoder_distance"], "the file does not hold both encoders whole")
        return
    both = np.stack([context, tokens], 1)
    value = table.over(both, lambda v: formulas.encoder_distance(v[:, 0], v[:, 1]))
    if np.isnan(value.value):
        table.miss(["encoder_distance"], "all tokens are the same")
        return
    other = float("nan") if twin is None or twin.context is None else formulas.encoder_distance(twin.context, twin.tokens)
    table.readings.append(Reading("encoder_distance", value, n, dim, untrained=other))


def _of_predictions(table: _Table, jepa: Jepa, found: Gathered, untrained: bool) -> None:
    names = ["predicted_cosine", "predicted_mse"]
    try:
        if not found.kept:
            raise BadInput("no clips were to be predicted", where="predicted")
        said = predictions(jepa, found.kept, untrained, table.seed)
    except WorkbenchError as error:
        table.miss(names, error.what)
        return
    own, none, against = said["model"], float("nan"), "previous time step" if by_time(jepa) else "other context"
    twin: Predicted | None = said.get("untrained")
    rows = np.stack([own.cosine, own.centred, own.error, own.mean_error], 1)
    n, dim = own.tokens, jepa.card.dim or table.seen.pooled.shape[1]
    cosine, centred = (table.over(rows[:, k], lambda v: float(v.mean())) for k in (0, 1))
    others = (float(twin.cosine.mean()), float(twin.centred.mean())) if twin is not None else (none, none)
    table.readings.append(Reading(names[0], cosine, n, dim, centred, *others, control=float(said["control"].centred.mean()), against=against))
    if np.isnan(own.ratio):
        table.miss(names[1:], "all targets are the same")
        return
    error = table.over(rows, lambda v: ratio(v[:, 2], v[:, 3]))
    table.readings.append(
        Reading(names[1], error, n, dim, untrained=none if twin is None else twin.ratio, control=said["control"].ratio, against=against)
    )


def _of_labels(table: _Table, labels: np.ndarray | None) -> None:
    if labels is None:
        table.miss(["knn", "linear_probe"], "the clips have no labels")
        return
    vectors, other = table.seen.pooled, None if table.twin is None else table.twin.pooled
    probing: dict[str, Callable[[], probes.Probed]] = {
        "knn": lambda: probes.nearest(vectors, labels, other, table.seed),
        "linear_probe": lambda: probes.linear(vectors, labels, other, table.halves, table.seed),
    }
    for name, probe in probing.items():
        try:
            found = probe()
        except BadInput as error:
            table.miss([name], error.what)
            continue
        table.readings.append(
            Reading(name, found.score, found.n, vectors.shape[1], untrained=found.untrained, control=found.control, against="shuffled labels")
        )


def _flat(vectors: np.ndarray) -> np.ndarray:
    return vectors.reshape(-1, vectors.shape[-1])


def _centred(points: np.ndarray) -> np.ndarray:
    return points - points.mean(0)


def _views_centred(views: np.ndarray) -> np.ndarray:
    return views - views.mean((0, 1))
