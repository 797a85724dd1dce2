"""`jepa-workbench probe CHECKPOINT --data D`."""

from __future__ import annotations

import argparse
from typing import TYPE_CHECKING, Any

from workbench.cli.measuring import add_reading_arguments, data_of, reported, share_of
from workbench.core.errors import BadInput

if TYPE_CHECKING:
    from workbench.core.questions.probes import ProbeResult, Score

WORDS = (
    "Linear and k-NN probes of every layer on labels, each beside the same probe on permuted labels, the same architecture untrained and raw pixels; and "
    "accuracy by number of labels. Exit 0: measured; 2: refused."
)


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """The arguments of the command."""
    parser.add_argument("checkpoint", help="checkpoint file or folder, or a sample's name")
    parser.add_argument("--data", metavar="D", help="folder of images or videos with one sub-folder a class, or a bank (default: the sample's own)")
    parser.add_argument("--labels", default="label", metavar="COLUMN", help="what is read of each clip (default label)")
    parser.add_argument("--weights", choices=("target", "context"), default="", help="which encoder (default: target, where the file has it)")
    parser.add_argument("--layer", type=int, help="whose label efficiency is measured, from 0 (default: the output)")
    parser.add_argument("--draws", type=int, default=50, help="of labels, for each number of labels (default 50)")
    parser.add_argument("--limit", type=int, default=2000, help="maximum number of clips, sampled evenly (default 2000)")
    parser.add_argument("--seed", type=int, default=0, help="of splits, labelled samples and untrained weights (default 0)")
    add_reading_arguments(parser)


def run(chosen: argparse.Namespace) -> int:
    """Measure and print."""
    return reported(chosen, lambda: _measured(chosen), plain, table_text, share_of("probing"))


def _measured(chosen: argparse.Namespace) -> ProbeResult:
    from workbench.core.card import parse_overrides
    from workbench.front import load, open_clips
    from workbench.measures.probes import probe

    data = data_of(chosen)
    if data is None:
        raise BadInput("there are no clips with labels", where="--data", fix="--data with a folder that has one sub-folder a class")
    jepa = load(chosen.checkpoint, device=chosen.device, **parse_overrides(chosen.settings))
    names = ("labels", "weights", "layer", "draws", "limit", "seed")
    return probe(jepa, open_clips(data, frames=chosen.frames, fps=chosen.fps), **{name: getattr(chosen, name) for name in names})


def plain(found: ProbeResult) -> dict[str, Any]:
    """The result for scripts. Keys stay as they are; new ones may come.

    model, weights (part -> sha256), labels, kind, classes, chance, clips; layers: layer, and for linear and knn: score, low, high, control, untrained, n;
    pixels: the same without untrained; efficiency: layer, counts, and for model, untrained and pixels: score, low, high of each count; skipped: name, why.
    """
    from workbench.core.questions.probes import SOURCES

    rows = [
        {"layer": name, "linear": _plain(linear), "knn": _plain(knn)} for name, linear, knn in zip(found.layers, found.linear, found.knn, strict=True)
    ]
    curves = {
        source: [dict(zip(("score", "low", "high"), map(float, row), strict=True)) for row in each]
        for source, each in zip(SOURCES, found.efficiency, strict=True)
    }
    return {
        "model": found.provenance.model,
        "weights": found.provenance.weights,
        **{name: getattr(found, name) for name in ("labels", "kind", "classes", "chance", "clips")},
        "layers": rows,
        "pixels": {"linear": _plain(found.pixels_linear), "knn": _plain(found.pixels_knn)},
        "efficiency": {"layer": found.efficiency_layer, "counts": found.counts.tolist(), **curves},
        "skipped": [{"name": name, "why": why} for name, why in found.skipped],
    }


def _plain(found: Score) -> dict[str, Any]:
    numbers = {"score": found.score.value, "low": found.score.low, "high": found.score.high, "control": found.control, "untrained": found.untrained}
    return {**{name: None if value != value else value for name, value in numbers.items()}, "n": found.n}


def table_text(found: ProbeResult) -> str:
    """Scores by layer, and by number of labels."""
    what = "R²" if found.kind == "numbers" else f"accuracy, {found.classes} classes, most frequent {found.chance:.2f}"
    head = f"{'':12}{'linear':>8}{'halves':>16}{'untrained':>11}{'permuted':>10}   {'k-NN':>6}{'untrained':>11}{'permuted':>10}"
    lines = [f"{found.provenance.model}: {found.labels} of {found.clips} clips, {what}", "", head]
    rows = [*zip(found.layers, found.linear, found.knn, strict=True), ("raw pixels", found.pixels_linear, found.pixels_knn)]
    for name, linear, knn in rows:
        halves = f"{linear.score.low:.2f} to {linear.score.high:.2f}"
        first = f"{linear.score.value:>8.2f}{halves:>16}{_short(linear.untrained):>11}{linear.control:>10.2f}"
        lines.append(f"{name:12}{first}   {knn.score.value:>6.2f}{_short(knn.untrained):>11}{knn.control:>10.2f}")
    lines += ["", f"{'labels':>12}{'model':>8}{'band':>16}{'untrained':>11}{'pixels':>10}   ({found.efficiency_layer})"]
    for k, count in enumerate(found.counts):
        (value, low, high), untrained, pixels = found.efficiency[0, k], found.efficiency[1, k, 0], found.efficiency[2, k, 0]
        lines.append(f"{count:>12}{value:>8.2f}{f'{low:.2f} to {high:.2f}':>16}{untrained:>11.2f}{pixels:>10.2f}")
    lines += [f"{len(found.skipped)} clips skipped, {found.skipped[0][0]}: {found.skipped[0][1]}"] if found.skipped else []
    return "\n".join([*lines, "", "halves: central 90 % over halves of the scored clips. permuted: the same probe on permuted labels."])


def _short(value: float) -> str:
    return "" if value != value else f"{value:.2f}"
