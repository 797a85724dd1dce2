"""Trained encoders, predictors and decoders in the layout of the family "workbench": half-precision safetensors and config.json."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import asdict
from pathlib import Path
from typing import Any

import torch
from safetensors.torch import save_file
from torch import nn

from workbench.model.spec import ActionSpec
from workbench.nn.frame_conv import FramePainter
from workbench.nn.frame_future import ActionStepConfig
from workbench.train.futures import FutureRecipe, Futures
from workbench.train.save import replace

MODEL, CONFIG, DECODER = "model.safetensors", "config.json", "decoder.safetensors"


def save(nets: Futures, recipe: FutureRecipe, folder: Path, *, action: ActionSpec | None = None, about: Mapping[str, Any] | None = None) -> Path:
    """Write model.safetensors and config.json; a half-written file never replaces a good one.

    Args:
        folder: made where it does not exist. action: what the actions mean, where the predictor takes them.
        about: name, world, fps, licence, notes, and what else is to be kept in config.json.

    Returns:
        The path of the model.
    """
    folder.mkdir(parents=True, exist_ok=True)
    tensors = half("encoder_context.", nets.encoder) | half("dynamics.", nets.future)
    text = json.dumps(_config(recipe, action, dict(about or {})), indent=1, ensure_ascii=False) + "\n"
    replace(folder / MODEL, lambda part: save_file(tensors, str(part)))
    replace(folder / CONFIG, lambda part: part.write_text(text, encoding="utf-8"))
    return folder / MODEL


def save_decoder(net: FramePainter, folder: Path) -> Path:
    """Write decoder.safetensors beside the model whose latents it draws."""
    replace(folder / DECODER, lambda part: save_file(half("", net), str(part)))
    return folder / DECODER


def half(prefix: str, net: nn.Module) -> dict[str, torch.Tensor]:
    """A network's tensors in half precision, by name."""
    return {prefix + k: v.detach().to(torch.float16).contiguous().clone() for k, v in net.state_dict().items()}


def _config(recipe: FutureRecipe, action: ActionSpec | None, about: dict[str, Any]) -> dict[str, Any]:
    future = {k: v for k, v in asdict(recipe.future).items() if k not in ("dim", "actions")}
    if isinstance(recipe.future, ActionStepConfig):
        future = {"kind": "action-step", **future}
    else:
        future = {"kind": "causal", **future, "least": recipe.unjudged + 1}
    spec = {} if action is None else {"actions": {k: v for k, v in asdict(action).items() if k != "frameskip"}}
    return {
        "family": "workbench",
        "name": recipe.name,
        **about,
        "frames": recipe.frames,
        "encoder": asdict(recipe.encoder),
        "pixels": {"mean": recipe.mean},
        "dynamics": future,
        **spec,
        "training": {k: v for k, v in asdict(recipe).items() if k not in ("name", "encoder", "future", "mean", "frames")} | about.get("training", {}),
    }
