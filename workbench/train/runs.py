"""The shipped training runs: a small I-JEPA on shapes, and the same one without a teacher, which collapses."""

from __future__ import annotations

import json
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
from torch import Tensor

from workbench.core.results import versions
from workbench.masks import IJepaMultiblock
from workbench.nn.parts import layer_norm
from workbench.nn.vit import PredictorConfig, VitConfig
from workbench.runs.recorder import RunRecorder
from workbench.train import cards, masked
from workbench.train.data import normalise, shapes_bank
from workbench.train.produce import LICENCE, one_thread, seal, write
from workbench.train.recipes import Recipe
from workbench.train.save import save

RUN_CARD = "run.json"
_CLIPS, _PROBED, _PROBE_SEED, _EVERY, _LOGGED = 8000, 64, 2, 20, 5


@dataclass(frozen=True)
class RunRecipe:
    """A training whose checkpoints are kept. kept: the steps after which one is written. title, what: for the reader."""

    recipe: Recipe
    kept: tuple[int, ...]
    title: str
    what: str


_HEALTHY = Recipe(
    name="shapes-run",
    layout="ijepa",
    encoder=VitConfig(dim=32, depth=3, heads=4, hidden=128, patch=8, table=(8, 8)),
    predictor=PredictorConfig(dim=24, depth=2, heads=4, hidden=96),
    image_size=(64, 64),
    samplers=(IJepaMultiblock(min_keep=4),),
    steps=1500,
    batch=64,
    spread=0.02,
    wide=True,
)
RUNS = {
    "shapes-run": RunRecipe(
        _HEALTHY,
        (0, 20, 50, 100, 200, 300, 450, 600, 800, 1000, 1250, 1500),
        "Shapes: a training run of a small I-JEPA",
        "1,500 steps on 8,000 images of the shapes world; the loss holds the prediction error and a variance–covariance term on the context tokens.",
    ),
    "shapes-collapse": RunRecipe(
        replace(_HEALTHY, name="shapes-collapse", teacher="online", spread=0.0, steps=250),
        (0, 10, 20, 40, 250),
        "Shapes: the same run without a teacher, which collapses",
        "250 steps of the same model with its own context encoder as the teacher, gradient on both sides and nothing that keeps features apart.",
    ),
}


def train(name: str, folder: Path, *, quick: bool = False, seed: int = 0) -> Path:
    """Train a run and write its checkpoints, its logs and its settings; returns the folder. Files of an earlier training of the same folder go.

    Args:
        quick: seconds instead of minutes; three checkpoints, whose weights are worth nothing.
    """
    run = RUNS[name]
    recipe = run.recipe.quick() if quick else run.recipe
    kept = (0, recipe.steps // 2, recipe.steps) if quick else run.kept
    pixels, video = shapes_bank(256 if quick else _CLIPS, 0).pixels, normalise(shapes_bank(_PROBED, _PROBE_SEED).pixels)
    mask = recipe.samplers[0].sample(recipe.grid, np.random.default_rng(seed))
    folder.mkdir(parents=True, exist_ok=True)
    for old in (*folder.glob("jepa-step*.pth.tar"), *folder.glob("*.jsonl")):
        old.unlink()
    held: dict[str, Any] = {}

    def probe() -> dict[str, Tensor]:
        answer, ids, _seen = masked.predict(held["nets"], recipe, video, [mask] * len(video))
        tokens = held["nets"].target(video)
        wanted = layer_norm(tokens).expand(len(ids), -1, -1, -1).gather(2, ids[..., None].expand(-1, -1, -1, tokens.shape[-1]))
        return {"features": tokens, "predictions": answer.transpose(0, 1), "targets": wanted.transpose(0, 1)}

    def monitor(step: int, nets: masked.Masked, loss: float) -> None:
        if not held:
            held["nets"] = nets
            held["recorder"] = RunRecorder(folder, probe, [], every=_EVERY)
        if step in kept:
            save(nets, recipe, folder, clips=len(pixels), extra={"seed": seed, "quick": quick, "teacher": recipe.teacher}, step=step)
        if step % _LOGGED == 0 and step:
            held["recorder"].log(step, loss=loss, **nets.terms)

    with one_thread():
        masked.train(recipe, pixels, seed=seed, monitor=monitor)
    held["recorder"].close()
    return folder


def finish(name: str, folder: Path) -> None:
    """Write card, licence and sums of a run's folder."""
    run = RUNS[name]
    about = {"title": run.title, "what": run.what, "data": "shapes", "labels": "hue", "licence": "MIT"}
    said = {**about, "made_by": f"jepa-workbench samples train {name}", **versions()}
    write(folder / RUN_CARD, json.dumps(said, indent=1, ensure_ascii=False) + "\n")
    write(folder / LICENCE, cards.licence("shapes", cards.mit_text(Path(__file__).resolve().parents[1])))
    seal(folder)
