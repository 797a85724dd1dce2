"""Another checkpoint of a shipped sample, as a training would have saved it: every matrix a little elsewhere."""

from __future__ import annotations

import shutil
from pathlib import Path

import numpy as np
from safetensors import safe_open
from safetensors.numpy import save_file

from workbench import samples


def save_another(sample: str, folder: Path, name: str = "ep20.safetensors") -> Path:
    """Write it, with the settings that lie beside the sample's file."""
    folder.mkdir(parents=True, exist_ok=True)
    source, draws = samples.find(sample).checkpoint, np.random.default_rng(0)
    for beside in source.parent.glob("*.json"):
        shutil.copy(beside, folder)
    with safe_open(source, "np") as file:
        said, tensors = file.metadata(), {key: file.get_tensor(key) for key in file.keys()}  # noqa: SIM118  # it is no dict
    moved = {k: (v + 0.05 * np.abs(v).mean() * draws.standard_normal(v.shape)).astype(v.dtype) if v.ndim > 1 else v for k, v in tensors.items()}
    save_file(moved, folder / name, metadata=said)
    return folder / name
