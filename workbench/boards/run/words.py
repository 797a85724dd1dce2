"""What is said of a run in words: evidence of the checkpoint under the line, each number beside its baseline."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np

from workbench.boards.run.curves import interval, is_term
from workbench.boards.run.evidence import FEWEST, Agreement
from workbench.boards.run.series import AHEAD
from workbench.core.errors import WorkbenchError
from workbench.core.numbers import number, relative_to, share
from workbench.core.questions.health import HealthResult, Reading
from workbench.core.questions.runs import CheckpointDifference, RunMaps, RunNews, RunStep

_ALIVE = 0.1  # share of the untrained deviation below which features are said to have shrunk
_NOTES, _CLOSE = 3, 1.05


@dataclass(frozen=True)
class Measuring:
    """How far the measuring of a run has come.

    Args:
        measured, checkpoints: how many of how many. clips: over which. failed: that could not be measured. unmapped: that were, and have no maps.
        measures, maps: checkpoints whose measures and whose maps are still to be computed. paused: nothing is computed at present.
    """

    measured: int
    checkpoints: int
    clips: int
    failed: int = 0
    unmapped: int = 0
    measures: int = 0
    maps: int = 0
    paused: bool = False


def not_open(opens: Literal["", "model", "clips"], refused: WorkbenchError | None, *, clips: bool) -> str:
    """Why there is nothing to measure with yet.

    Args:
        opens: what is being opened. refused: why a checkpoint or clips could not be opened. clips: some are open, and no checkpoint of this run as the model.
    """
    if opens:
        return "a checkpoint is being opened as the model …" if opens == "model" else "the clips are being opened …"
    if refused is not None:
        return f"not measured: {refused.what}" + (f" ({refused.fix})" if refused.fix else "")
    if clips:
        return "not measured: no checkpoint of this run is open as the model. Choose one on the curves"
    return "no clips to measure with: open images or videos"


def run_sentence(news: RunNews, number_: int, found: HealthResult | None, why: str) -> tuple[str, str]:
    """The sentence about the checkpoint under the line, and its tone.

    Args:
        number_: of the checkpoint; -1: there is none. found: what was measured of it. why: nothing was.
    """
    if number_ < 0:
        rows = max((curve.rows for curve in news.curves), default=0)
        return f"{news.name}: {len(news.curves)} columns of {rows:,} logged steps, no complete checkpoint yet.", "plain"
    head = _place(news.checkpoints, number_)
    if found is None:
        return f"{head}: {why}", "plain"
    known = {reading.name: reading for reading in found.readings}
    said, tone = list[str](), "plain"
    predicted, beats = _predicted(known)
    if predicted:
        said.append(predicted)
        tone = "plain" if beats else "warn"
    rank = known["rankme"]
    said.append(f"RankMe {rank.value.value:.1f} of {found.dim}, untrained {rank.untrained:.1f}")
    deviation = known.get("feature_std")
    if deviation is not None and deviation.untrained > 0 and deviation.value.value < _ALIVE * deviation.untrained:
        tone = "warn"
        said.append("standard deviation of the features " + relative_to(deviation.value.value / deviation.untrained, "that of the untrained model"))
    return f"{head}: {'; '.join(said)}.", tone


def _predicted(known: Mapping[str, Reading]) -> tuple[str, bool]:
    """Centred cosine and error of the predictions against the position mean, and whether both say that they beat it. ("", False) where there are none."""
    cosine, error = known.get("predicted_cosine"), known.get("predicted_mse")
    if cosine is None:
        return "", False
    value, low, high = interval(cosine, centred=True)
    said = f"centred cosine {number(value)} [{number(low)}, {number(high)}]"
    if error is not None:
        said = f"error {share(error.value.value)}, {said}"
    if low > 0 and (error is None or interval(error)[2] < 1):
        return f"predictions beat the position mean ({said})", True
    worse = error is not None and interval(error)[1] > 1
    return f"predictions {'worse' if worse else 'no better'} than the position mean ({said})", False


def run_detail(news: RunNews, number_: int, measuring: Measuring | None, maps: RunMaps | None, reference: str) -> str:
    """The thin line: the loss, how far the measuring has come, how far the map fits, and what was left out."""
    loss = _loss(news, news.checkpoints[number_].at) if number_ >= 0 else ""
    said = [loss] if loss else []
    if measuring is not None:
        said.append(measuring_words(measuring))
    if 0 < len(news.checkpoints) < FEWEST:
        said.append(f"{len(news.checkpoints)} checkpoint{'s give' if len(news.checkpoints) > 1 else ' gives'} no trend: compare with untrained.")
    if maps is not None:
        said.append(
            f"Rotated onto those of {reference}, the features agree with them in {share(maps.fit)} of the variance (shuffled {share(maps.shuffled)})."
        )
    if news.waiting:
        said.append(f"Still being written: {', '.join(news.waiting[:_NOTES])}.")
    if news.resumed:
        said.append(f"Resumed at {news.axis} {', '.join(f'{s:,.0f}' for s in news.resumed[:_NOTES])}.")
    notes = [*news.notes[:_NOTES], *([f"{len(news.notes) - _NOTES} more notes"] if len(news.notes) > _NOTES else [])]
    return " ".join([*said, *(f"{note}." for note in notes)])


def measuring_words(found: Measuring) -> str:
    """How many checkpoints were measured, what failed, and what is still to be computed."""
    said = [f"Measured {found.measured:,} of {found.checkpoints:,} checkpoints over {found.clips} clips"]
    if found.failed:
        said.append(f"{found.failed} could not be measured")
    if found.unmapped:
        said.append(f"no maps of {found.unmapped}")
    left = [f"{what} of {count}" for what, count in (("measures", found.measures), ("maps", found.maps)) if count]
    if left:
        said.append(f"{'paused, missing' if found.paused else 'still computing'}: {', '.join(left)}")
    elif found.checkpoints > AHEAD:
        said.append(f"at most {AHEAD} ahead, others when they are chosen")
    return f"{'; '.join(said)}."


def difference_words(found: CheckpointDifference, first: str, second: str) -> str:
    """Whether two checkpoints are the same, and where they differ most."""
    if found.same:
        return f"{first} and {second} hold the same parameters, bit for bit."
    equal = [part for part, same in found.parts.items() if same and part]
    finite = [layer for layer in found.layers if np.isfinite(layer.relative)]
    most = max(finite or found.layers, key=lambda layer: layer.relative)
    odd = [
        f"{len(names)} tensors {what}"
        for names, what in ((found.only_first, f"only in {first}"), (found.only_second, f"only in {second}"), (found.reshaped, "of another shape"))
        if names
    ]
    place = f"{most.part} {most.layer}".strip()
    words = f"From {first} to {second} the parameters move by {relative_to(found.total, 'their length')}, most in {place} ({share(most.relative)}; numbers permuted {share(most.shuffled)})."
    return " ".join([words, *([f"The same: {', '.join(equal)}."] if equal else []), *([f"{'; '.join(odd)}."] if odd else [])])


def evidence_words(probe: str, labels: str, found: Sequence[Agreement], measured: int) -> str:
    """How far the measures agree with the probe; where they cannot be compared, why."""
    if not found:
        return f"Agreement with a probe needs labels and 5 measured checkpoints (there are {measured}). The bands above are the evidence."
    beyond = [a.title for a in found if abs(a.rho) > a.chance]
    if not beyond:
        return f"Over {found[0].checkpoints} checkpoints no measure follows the {_PROBES[probe]} of {labels} more closely than chance."
    return (
        f"Over {found[0].checkpoints} checkpoints of one run, beyond chance with the {_PROBES[probe]} of {labels}: {', '.join(beyond)}. Both may follow the steps alone: "
        "this ranks no checkpoint."
    )


_PROBES: Mapping[str, str] = {"linear_probe": "linear probe", "knn": "k-NN probe"}


def _place(checkpoints: Sequence[RunStep], number_: int) -> str:
    step, last = checkpoints[number_], checkpoints[-1]
    if step.step is not None and last.step is not None:
        return f"Step {step.step:,} of {last.step:,}"
    if step.epoch is not None and last.epoch is not None:
        return f"Epoch {step.epoch} of {last.epoch}"
    return f"{step.name} ({number_ + 1} of {len(checkpoints)})"


def _loss(news: RunNews, at: float) -> str:
    """Where the loss stands, and when it was least; a loss that is not finite is said to be."""
    curve = next((c for c in news.curves if is_term(c) and "loss" in c.name.lower()), next((c for c in news.curves if is_term(c)), None))
    if curve is None or curve.minimum is None:
        return f"The {curve.name} is never finite." if curve is not None else ""
    if curve.first_bad is not None and curve.first_bad <= at:
        return f"The {curve.name} is not finite from step {curve.first_bad:,.0f}."
    before = np.flatnonzero(curve.steps <= at)
    if not len(before):
        return ""
    value, (step, least) = float(curve.values[before[-1]]), curve.minimum
    near = " (near its least of the run)" if least > 0 and value <= _CLOSE * least else f" (least {least:.3g} at {news.axis} {step:,.0f})"
    return f"The {curve.name} is {value:.3g}{near}: alone it says nothing of the representation."
