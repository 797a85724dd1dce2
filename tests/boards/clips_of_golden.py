"""Small clips with actions, and states where they are needed, for the golden models whose future can be driven."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np

from tests.families.official import AC, EB_ROOMS, GOLDEN, JEPA_WMS

LEWM: dict[str, Any] = {"path": GOLDEN / "lewm"}
MODELS: dict[str, dict[str, Any]] = {"vjepa2-ac": AC, "lewm": LEWM, "jepa-wms": JEPA_WMS, "eb-jepa": EB_ROOMS}
_SHAPES = {"vjepa2-ac": (2, 5, 32, 3), "lewm": (2, 16, 32, 3), "jepa-wms": (2, 5, 42, 3), "eb-jepa": (2, 6, 33, 2)}


def arrays_for(name: str) -> dict[str, np.ndarray]:
    """Pixels of a spot that moves, and what the model of that name needs beside them."""
    clips, frames, side, channels = _SHAPES[name]
    dice, (y, x) = np.random.default_rng(0), np.mgrid[:side, :side]
    pixels = np.zeros((clips, frames, side, side, channels), np.uint8)
    for clip in range(clips):
        start, speed = dice.uniform(0.3, 0.7, 2) * side, dice.uniform(-0.3, 0.3, 2) * side / frames
        for frame in range(frames):
            cx, cy = start + speed * frame
            pixels[clip, frame] = (200 * np.exp(-((x - cx) ** 2 + (y - cy) ** 2) / (0.15 * side) ** 2) + 30)[..., None]
    if name == "vjepa2-ac":
        given = np.load(AC["path"] / "inputs.npz")
        return {"pixels": pixels, "actions": given["actions"], "states": given["states"], "fps": np.array(4.0)}
    width = 10 if name == "jepa-wms" else 2
    made = {"pixels": pixels, "actions": dice.uniform(-1, 1, (clips, frames, width)).astype(np.float32), "fps": np.array(4.0)}
    if name == "jepa-wms":
        made["states"] = dice.uniform(-1, 1, (clips, frames, 4)).astype(np.float32)
    return made


def save_clips(folder: Path, name: str, **changed: Any) -> Path:
    """The clips as a file; arrays may be changed, or left out by None."""
    path = folder / f"{name}.npz"
    np.savez(path, **{k: v for k, v in {**arrays_for(name), **changed}.items() if v is not None})
    return path
