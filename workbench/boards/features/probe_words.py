"""Probes of the layers as sentences, each beside permuted labels, the untrained encoder and raw pixels."""

from __future__ import annotations

import numpy as np

from workbench.core.numbers import number
from workbench.core.questions.probes import ProbeResult, Score


def layer_of(names: tuple[str, ...], place: int) -> str:
    """A layer on screen: blocks are counted from 1."""
    return "the output" if place == len(names) - 1 else f"block {place + 1}"


def probe_words(found: ProbeResult) -> list[str]:
    """The linear probe at the output and where it is best, the k-NN probe, and how many labels the model saves."""
    what = "R²" if found.kind == "numbers" else "accuracy"
    of = "" if found.kind == "numbers" else f", {found.classes} classes, the most frequent {number(found.chance)}"
    last, best = found.linear[-1], int(np.argmax([s.score.value for s in found.linear]))
    pixels = found.pixels_linear.score.value
    better = "" if last.score.low > max(pixels, last.untrained if last.untrained == last.untrained else -np.inf) else _no_better(last, pixels)
    said = f"{better}Linear probe of {found.labels} ({found.clips} clips{of}): {what} {_span(last)} at the output"
    if best != len(found.linear) - 1:
        said += f"; highest in {layer_of(found.layers, best)}, {number(found.linear[best].score.value)}"
    lines = [f"{said}. At the output: {_beside(last, found.pixels_linear)}."]
    near = found.knn[-1]
    lines.append(f"k-NN: {what} {_span(near)} at the output ({_beside(near, found.pixels_knn)}).")
    return [*lines, label_words(found)]


def _no_better(last: Score, pixels: float) -> str:
    simpler = "raw pixels" if not last.untrained > pixels else "the untrained encoder"
    return f"Not clearly better than {simpler}. "


def _span(score: Score) -> str:
    return f"{number(score.score.value)} [{number(score.score.low)} to {number(score.score.high)}]"


def _beside(score: Score, pixels: Score) -> str:
    untrained = f"untrained {number(score.untrained)}, " if score.untrained == score.untrained else ""
    return f"permuted labels {number(score.control)}, {untrained}raw pixels {number(pixels.score.value)}"


def label_words(found: ProbeResult) -> str:
    """With how many labels the model reaches what raw pixels, or the untrained encoder, reach with all of them."""
    model, untrained, pixels = found.efficiency[:, :, 0]
    every = int(found.counts[-1])
    simple, name = max(
        [(float(pixels[-1]), "raw pixels")] + ([(float(untrained[-1]), "the untrained encoder")] if untrained[-1] == untrained[-1] else [])
    )
    enough = np.flatnonzero(model >= simple)
    at = found.layers.index(found.efficiency_layer)
    if not len(enough):
        return f"Labels: with all {every}, {layer_of(found.layers, at)} reaches {number(float(model[-1]))}, {name} {number(simple)}."
    few = int(found.counts[enough[0]])
    return f"Labels: {layer_of(found.layers, at)} reaches with {few} what {name} reaches with all {every} ({number(simple)}); with all, {number(float(model[-1]))}."
