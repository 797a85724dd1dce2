"""`jepa-workbench health CHECKPOINT --data D`."""

from __future__ import annotations

import argparse
import csv
import io
from pathlib import Path
from typing import TYPE_CHECKING, Any

from workbench.cli.measuring import add_reading_arguments, data_of, reported, share_of
from workbench.core.errors import BadInput
from workbench.core.questions.health import MEASURES, HealthResult, Reading

if TYPE_CHECKING:
    from workbench.core.questions.dimension import Estimate

WORDS = (
    "Measure the health of the representation of a checkpoint: rank, spread, position, predictions, and probes where there are labels, each beside the "
    "same architecture untrained. Exit 0: measured; 2: refused."
)
_ESTIMATE = ("value", "low", "high", "half")
INTERVAL = "low and high: central 90 % of halves of the clips, drawn without replacement; half: their mean. Half as many clips alone lower a rank"
COLUMNS = (
    "measure",
    *_ESTIMATE,
    *(f"centred_{n}".removesuffix("_value") for n in _ESTIMATE),
    "untrained",
    "untrained_centred",
    "control",
    "n",
    "dim",
    "n_limited",
)


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """The arguments of the command."""
    parser.add_argument("checkpoint", help="checkpoint file or folder, or a sample's name")
    parser.add_argument(
        "--data", help="image, video, folder of them (one sub-folder per class gives labels) or bank (default: the sample's own clips)"
    )
    parser.add_argument("--what", choices=("clip", "frames", "tokens"), default="clip", help="what a vector stands for (default clip)")
    parser.add_argument("--labels", default="label", metavar="COLUMN", help="column that the probes predict (default label)")
    parser.add_argument("--views", type=int, default=10, help="masked encodings per clip, for LiDAR and alignment (default 10; 0: none)")
    parser.add_argument("--predicted", type=int, default=64, help="clips whose predictions are evaluated (default 64; 0: none)")
    parser.add_argument("--limit", type=int, default=512, help="maximum number of clips, sampled evenly (default 512)")
    parser.add_argument("--halves", type=int, default=20, help="number of random halves of the clips for the intervals (default 20)")
    parser.add_argument("--seed", type=int, default=0, help="random seed of masks, directions, untrained weights and halves (default 0)")
    parser.add_argument("--no-untrained", dest="untrained", action="store_false", help="do not measure the untrained model; halves the time")
    parser.add_argument("--csv", metavar="FILE", help="write the readings to this file, one per line")
    add_reading_arguments(parser)


def run(chosen: argparse.Namespace) -> int:
    """Measure, write, print."""
    return reported(chosen, lambda: _written(chosen), plain, table_text, share_of("measuring"))


def _written(chosen: argparse.Namespace) -> HealthResult:
    from workbench.data.export import replacing

    found = _measured(chosen)
    if chosen.csv:
        with replacing(Path(chosen.csv)) as file:
            file.write(csv_text(found).encode())
    return found


def _measured(chosen: argparse.Namespace) -> HealthResult:
    from workbench.core.card import parse_overrides
    from workbench.front import load, open_clips
    from workbench.measures.health import health

    data = data_of(chosen)
    if data is None:
        raise BadInput(
            "there are no clips to measure with", where="--data", fix="--data with a folder of images or videos like those it was trained on"
        )
    jepa = load(chosen.checkpoint, device=chosen.device, **parse_overrides(chosen.settings))
    clips = open_clips(data, frames=chosen.frames, fps=chosen.fps)
    names = ("what", "labels", "views", "predicted", "limit", "halves", "seed", "untrained")
    return health(jepa, clips, **{name: getattr(chosen, name) for name in names})


def plain(found: HealthResult) -> dict[str, Any]:
    """The result for scripts. Keys stay as they are; new ones may come.

    model, weights (part -> sha256), what, clips, dim, labels, interval (what low, high and half are); readings: measure, value, low, high, half, the same as
    centred_…, untrained, control, n, dim, n_limited, and of the measure: title, needs, collapse, cannot (tell), formula, source, control_is; absent: measure,
    why, and the same of the measure; skipped: name, why.
    """
    top = {"model": found.provenance.model, "weights": found.provenance.weights, "what": found.what, "clips": found.clips, "dim": found.dim}
    top["interval"] = INTERVAL
    readings = [{**dict(zip(COLUMNS, _row(r), strict=True)), "control_is": r.against, **_about(r.name)} for r in found.readings]
    absent = [{"measure": name, "why": why, **_about(name)} for name, why in found.absent]
    return {**top, "labels": found.labels, "readings": readings, "absent": absent, "skipped": [{"name": n, "why": w} for n, w in found.skipped]}


def _about(name: str) -> dict[str, str]:
    """What is said about a measure, whatever it gave."""
    meaning = MEASURES[name]
    return {key: getattr(meaning, key) for key in ("title", "needs", "collapse", "cannot", "formula", "source")}


def csv_text(found: HealthResult) -> str:
    """The readings as csv, one a line; empty where there is no number."""
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(COLUMNS)
    writer.writerows(["" if value is None else value for value in _row(reading)] for reading in found.readings)
    return text.getvalue()


def table_text(found: HealthResult) -> str:
    """The readings as a table, and what is missing with the reason."""
    head = f"{'':36}{'value':>9}  {'halves':>17}  {'centred':>9}  {'untrained':>9}  {'control':>9}  n"
    lines = [f"{found.provenance.model}: {found.clips} clips, {found.dim} features, one vector per {found.what.rstrip('s')}", "", head]
    for reading in found.readings:
        value, halves = reading.value, f"{_short(reading.value.low)} to {_short(reading.value.high)}"
        centred = "" if reading.centred is None else _short(reading.centred.value)
        beside = f"{centred:>9}  {_short(reading.untrained):>9}  {_short(reading.control):>9}"
        title = MEASURES[reading.name].title
        lines.append(f"{title:36}{_short(value.value):>9}  {halves:>17}  {beside}  {reading.n}{' n-limited' if reading.limited else ''}")
    lines += ["", *(f"{MEASURES[name].title}: {why}. It needs {MEASURES[name].needs}" for name, why in found.absent)] if found.absent else []
    lines += [f"{len(found.skipped)} clips skipped, {found.skipped[0][0]}: {found.skipped[0][1]}"] if found.skipped else []
    return "\n".join(
        [
            *lines,
            "",
            "halves: central 90 % over halves of the clips; half as many clips alone lower a rank. n-limited: fewer than 4 vectors per feature; compare at equal n.",
        ]
    )


def _row(reading: Reading) -> list[Any]:
    other = [*_numbers(reading.value), *_numbers(reading.centred), reading.untrained, reading.untrained_centred, reading.control]
    return [reading.name, *(None if v is None or v != v else v for v in other), reading.n, reading.dim, reading.limited]


def _numbers(estimate: Estimate | None) -> list[float | None]:
    return [None] * 4 if estimate is None else [estimate.value, estimate.low, estimate.high, estimate.half]


def _short(value: float) -> str:
    return "" if value != value else f"{value:.3g}"
