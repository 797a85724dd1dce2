"""From a recipe to the folder of a world-model sample: train, decode, evaluate several seeds, describe, write checksums."""

from __future__ import annotations

import io
import json
import shutil
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import torch

from workbench.core.clip import Clip
from workbench.core.results import versions
from workbench.families.load import load
from workbench.model.jepa import Jepa
from workbench.model.spec import ActionSpec
from workbench.nn.frame_conv import FramePainterConfig
from workbench.train import cards, evaluate_balls, evaluate_rooms, future_banks, painters
from workbench.train.data import Bank
from workbench.train.future_recipes import BALLS, TWO_ROOMS, balls_films, rooms_films
from workbench.train.futures import Films, FutureRecipe, Futures, Monitor
from workbench.train.futures import train as fit
from workbench.train.produce import BANK, CARD, LICENCE, one_thread, rounded, save_bank, seal, write
from workbench.train.save import replace
from workbench.train.save_futures import CONFIG, DECODER, MODEL, save, save_decoder
from workbench.worlds import two_rooms

SEEDS, TWINS = "seeds.json", "twins.npz"
_PAINTED_WALKS, _PAINTER = 600, (64, 32, 16, 8)


@dataclass(frozen=True)
class FutureSource:
    """The data of one sample.

    Args:
        recipe: how it is trained. films: how many of training -> films, and the deviation of their actions. training: how many.
        bank: the held-out films that ship with it. judge: figures on fresh data of a seed. merit: figures -> what seeds are ranked by.
        painted: a decoder is fitted. twins: impossible films of its world, as arrays.
    """

    recipe: FutureRecipe
    films: Callable[[int], tuple[Films, tuple[float, ...]]]
    training: int
    bank: Callable[[], Bank]
    judge: Callable[[Jepa, int], dict[str, Any]]
    merit: Callable[[dict[str, Any]], float]
    painted: bool = False
    twins: Callable[[], dict[str, np.ndarray]] | None = None


def train(name: str, folder: Path, *, quick: bool = False, seed: int = 0, monitor: Monitor | None = None) -> Path:
    """Train a sample and write its model, decoder and bank.

    Args:
        folder: made where it does not exist; what lies in it is replaced file by file, each when it is whole.
        quick: seconds instead of minutes; shows the machinery, the weights are worth nothing.

    Returns:
        The path of the model.

    Raises:
        MissingExtra: its films need pymunk. Cancelled: a listener wanted no more.
    """
    data = SOURCES[name]
    films, deviation = data.films(40 if quick else data.training)
    recipe, began = data.recipe.quick() if quick else data.recipe, time.process_time()
    with one_thread():
        nets = fit(recipe, films, seed=seed, monitor=monitor)
    about = {"seed": seed, "cpu_seconds": round(time.process_time() - began), "quick": quick, "films": len(films)}
    return finished(name, nets, deviation, folder, about, quick=quick)


def finished(name: str, nets: Futures, deviation: tuple[float, ...], folder: Path, training: dict[str, Any], *, quick: bool = False) -> Path:
    """Write trained networks with a decoder of their latents, and the bank."""
    data, rate = SOURCES[name], two_rooms.FPS
    recipe = data.recipe.quick() if quick else data.recipe
    spec = room_actions(deviation) if deviation else None
    about = {"world": name, "fps": rate, "licence": cards.MIT, "notes": cards.WORDS[name].cannot[0], "training": training}
    path = save(nets, recipe, folder, action=spec, about=about)
    if data.painted:
        with one_thread():
            paint(name, folder, steps=20 if quick else 700)
    save_bank(data.bank(), folder / BANK)
    save_twins(name, folder)
    return path


def save_twins(name: str, folder: Path) -> None:
    """Write the twins of a sample's world, where it has some; they know nothing of the weights."""
    twins = SOURCES[name].twins
    if twins is not None:
        arrays = twins()
        replace(folder / TWINS, lambda part: part.write_bytes(_packed(arrays)))


def _packed(arrays: dict[str, np.ndarray]) -> bytes:
    body = io.BytesIO()
    np.savez_compressed(body, allow_pickle=False, **arrays)
    return body.getvalue()


def room_actions(deviation: tuple[float, ...]) -> ActionSpec:
    """What an action in the two rooms means."""
    most = (two_rooms.MOVE,) * 2
    return ActionSpec(two_rooms.ACTIONS, ("sides of the picture",) * 2, tuple(-m for m in most), most, (0.0, 0.0), deviation)


def paint(name: str, folder: Path, *, steps: int = 700) -> Path:
    """Fit a decoder on the latents of the model in a folder, as it will be loaded."""
    jepa, recipe = load(folder / MODEL, parts=("encoder_context",)), SOURCES[name].recipe

    def embed(pixels: np.ndarray) -> torch.Tensor:
        video = jepa.encoder.prepare([Clip(pixels)]).video
        return jepa.encoder.encode(video, weights="context").tokens[0, :, 0, 0]

    films = SOURCES[name].films(_PAINTED_WALKS)[0].pixels
    config = FramePainterConfig(recipe.encoder.dim, recipe.encoder.size, _PAINTER)
    return save_decoder(painters.fit(config, embed, films.reshape(-1, *films.shape[2:]), steps=steps), folder)


def judge(name: str, folder: Path, seed: int) -> dict[str, Any]:
    """Figures of the model in a folder, on fresh data of this seed."""
    with one_thread():
        return SOURCES[name].judge(load(folder / MODEL), seed)


def choose(name: str, folders: Sequence[Path], out: Path, *, seed: int = 1) -> Path:
    """Judge trainings of several seeds, and write the median one with the figures of all: neither the best nor the worst ships.

    Args:
        folders: of `train`, one a training seed. seed: of the fresh data.

    Returns:
        The folder that was chosen.
    """
    rows = [{"training_seed": _training(f)["seed"], **judge(name, f, seed)} for f in folders]
    order = sorted(range(len(rows)), key=lambda i: SOURCES[name].merit(rows[i]))
    chosen = order[len(order) // 2]
    out.mkdir(parents=True, exist_ok=True)
    for file in (MODEL, CONFIG, DECODER, BANK, TWINS):
        source = folders[chosen] / file
        if source.is_file() and source.resolve() != (out / file).resolve():
            replace(out / file, lambda part, source=source: shutil.copyfile(source, part))
    text = json.dumps([{**row, "shipped": i == chosen} for i, row in enumerate(rounded(rows))], indent=1, ensure_ascii=False)
    write(out / SEEDS, text + "\n")
    return folders[chosen]


def finish(name: str, folder: Path, *, seed: int = 1) -> None:
    """Write card, licence and sums of a folder that holds a trained model.

    Args:
        seed: of the data that the card's figures are computed on.
    """
    figures = rounded(judge(name, folder, seed))
    command = f"jepa-workbench samples evaluate {name} --seed {seed} --json"
    content = cards.card(name, figures, command, {**_training(folder), **versions()})
    if (folder / SEEDS).is_file():
        content["seeds"] = json.loads((folder / SEEDS).read_text(encoding="utf-8"))
    write(folder / CARD, json.dumps(content, indent=1, ensure_ascii=False) + "\n")
    write(folder / LICENCE, cards.licence(name, cards.mit_text(Path(__file__).resolve().parents[1])))
    seal(folder)


def _training(folder: Path) -> dict[str, Any]:
    return dict(json.loads((folder / CONFIG).read_text(encoding="utf-8")).get("training", {}))


SOURCES = {
    "two-rooms": FutureSource(
        recipe=TWO_ROOMS,
        films=lambda count: rooms_films(count, 0),
        training=4000,
        bank=future_banks.rooms_bank,
        judge=evaluate_rooms.evaluate,
        merit=lambda f: f["planning"]["model"]["all"] - f["e16_over_copy"],
        painted=True,
    ),
    "balls": FutureSource(
        recipe=BALLS,
        films=lambda count: (balls_films(count, 0), ()),
        training=9000,
        bank=future_banks.balls_bank,
        twins=future_banks.balls_twins,
        judge=evaluate_balls.evaluate,
        merit=lambda f: sum(q["model"] for q in f["quads"].values()) + 0.1 * sum(p["model"] for p in f["pairs"].values()),
    ),
}
