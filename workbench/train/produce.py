"""From a recipe to a sample folder: train, write in the official layout, judge, describe, seal."""

from __future__ import annotations

import hashlib
import json
import time
from collections.abc import Generator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import numpy as np
import torch
import yaml

from workbench.core import codec
from workbench.core.results import versions
from workbench.families.load import load
from workbench.measures.bank import Bank as MeasureBank
from workbench.train import cards, evaluate
from workbench.train.data import Bank
from workbench.train.figures import clips
from workbench.train.masked import Monitor
from workbench.train.masked import train as fit
from workbench.train.save import FILES, replace, save
from workbench.train.sources import source

BANK, REFERENCE, CARD, LICENCE, SUMS = "bank.npz", "reference.npz", "card.json", "LICENSE", "SHA256SUMS"


def train(name: str, folder: Path, *, quick: bool = False, seed: int = 0, monitor: Monitor | None = None) -> Path:
    """Train a sample and write its checkpoint, yaml and bank.

    Args:
        folder: made where it does not exist; what lies in it is replaced file by file, each when it is whole.
        quick: seconds instead of minutes; shows the machinery, the weights are worth nothing.
        monitor: see `masked.train`.

    Returns:
        The path of the checkpoint.

    Raises:
        BadInput: there is no such sample. MissingExtra: its data needs a package. Cancelled: a listener wanted no more.
    """
    data = source(name)
    recipe = data.recipe.quick() if quick else data.recipe
    training, began = data.training(quick), time.process_time()
    with one_thread():
        nets = fit(recipe, training.pixels, seed=seed, monitor=monitor)
    seconds = time.process_time() - began
    path = save(nets, recipe, folder, clips=len(training), fps=training.fps, extra={"seed": seed, "cpu_seconds": round(seconds), "quick": quick})
    save_bank(data.bank(), folder / BANK)
    return path


@contextmanager
def one_thread() -> Generator[None, None, None]:
    """Several threads add in another order and train other weights; models this small gain little from them."""
    threads = torch.get_num_threads()
    torch.set_num_threads(1)
    try:
        yield
    finally:
        torch.set_num_threads(threads)


def save_bank(bank: Bank, path: Path) -> None:
    """Write clips, their labels and true values as an npz without pickles."""
    extra = {} if bank.fps is None else {"fps": np.float64(bank.fps)}
    arrays = {"pixels": bank.pixels, "labels": bank.labels, "classes": np.array(bank.classes), "names": np.array(bank.names), **extra, **bank.facts}

    def fill(part: Path) -> None:
        with part.open("wb") as file:
            np.savez_compressed(file, allow_pickle=False, **arrays)

    replace(path, fill)


def judge(name: str, folder: Path, seed: int) -> dict[str, Any]:
    """Figures of the file in a folder, on fresh data of this seed."""
    data = source(name)
    return evaluate.evaluate(load(folder / FILES[data.recipe.layout][0]), data, seed)


def finish(name: str, folder: Path, *, seed: int = 1) -> None:
    """Write reference, card, licence and sums of a folder that holds a trained checkpoint.

    Args:
        seed: of the data that the card's figures are computed on.
    """
    data = source(name)
    path = folder / FILES[data.recipe.layout][0]
    jepa = load(path)
    codec.save(MeasureBank(clips(data.bank()), data.reference_name).reference(jepa), folder / REFERENCE)
    trained = torch.load(path, weights_only=True, map_location="cpu")
    training = {k: trained[k] for k in ("epoch", "loss", "batch_size")} | _about(folder, data.recipe.layout)
    figures = evaluate.evaluate(jepa, data, seed)
    content = cards.card(name, rounded(figures), f"jepa-workbench samples evaluate {name} --seed {seed} --json", {**training, **versions()})
    write(folder / CARD, json.dumps(content, indent=1, ensure_ascii=False) + "\n")
    write(folder / LICENCE, cards.licence(name, cards.mit_text(Path(__file__).resolve().parents[1])))
    seal(folder)


def seal(folder: Path) -> None:
    """Write the sha256 of every file of a folder, as `sha256sum -c` reads it."""
    lines = [f"{hashlib.sha256(p.read_bytes()).hexdigest()}  {p.name}" for p in sorted(folder.iterdir()) if p.is_file() and p.name != SUMS]
    write(folder / SUMS, "\n".join(lines) + "\n")


def _about(folder: Path, layout: str) -> dict[str, Any]:
    said = yaml.safe_load((folder / FILES[layout][1]).read_text(encoding="utf-8"))
    return dict(said.get("workbench", {}))


def rounded(value: Any) -> Any:
    """Figures with four digits after the point, however nested."""
    if isinstance(value, dict):
        return {k: rounded(v) for k, v in value.items()}
    if isinstance(value, list):
        return [rounded(v) for v in value]
    return round(value, 4) if isinstance(value, float) else value


def write(path: Path, text: str) -> None:
    """Write a text; a half-written one never replaces a good one."""
    replace(path, lambda part: part.write_text(text, encoding="utf-8"))
