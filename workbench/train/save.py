"""Trained networks in the official file layouts of I-JEPA and V-JEPA 2, half precision, with the yaml beside them."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import torch
import yaml
from torch import nn

from workbench.masks import IJepaMultiblock, Sampler, VJepaMultiblock
from workbench.train.masked import Masked
from workbench.train.recipes import Recipe

FILES = {"ijepa": ("jepa-latest.pth.tar", "params-ijepa.yaml"), "vjepa2": ("latest.pt", "params-pretrain.yaml")}
_PREFIX = {"ijepa": "module.", "vjepa2": "module.backbone."}


def save(
    nets: Masked, recipe: Recipe, folder: Path, *, clips: int, fps: float | None = None, extra: dict[str, Any] | None = None, step: int | None = None
) -> Path:
    """Write checkpoint and yaml; a half-written file never replaces a good one.

    Args:
        folder: made where it does not exist. clips: how many it was trained on. fps: of the training clips. extra: kept in the yaml under `workbench`.
        step: of a checkpoint within a training, which is named after it; None: the end.

    Returns:
        The path of the checkpoint.
    """
    folder.mkdir(parents=True, exist_ok=True)
    name, settings = FILES[recipe.layout]
    name = name if step is None else name.replace("latest", f"step{step}")
    epochs = max(round(recipe.steps * recipe.batch / clips), 1)
    encoder = _half(nets.context, recipe)
    content = {
        "encoder": encoder,
        "predictor": _half(nets.predictor, recipe),
        "target_encoder": encoder if recipe.teacher == "online" else _half(nets.target, recipe),  # the same tensors are written once
        "opt": None,
        "scaler": None,
        "epoch": epochs if step is None else step * recipe.batch // clips,
        "loss": float(np.mean(nets.losses[-100:])) if nets.losses else 0.0,
        "batch_size": recipe.batch,
        "world_size": 1,
        "lr": recipe.final_lr,
        **({} if step is None else {"step": step}),
    }
    config = _ijepa_config(recipe, epochs) if recipe.layout == "ijepa" else _vjepa2_config(recipe, epochs, fps)
    config["workbench"] = {
        "steps": recipe.steps,
        "spread": recipe.spread,
        "shift": recipe.shift,
        "turn": recipe.turn,
        "wide": recipe.wide,
        **(extra or {}),
    }
    text = yaml.safe_dump(config, sort_keys=True, default_flow_style=None)
    replace(folder / settings, lambda part: part.write_text(text, encoding="utf-8"))  # first: who sees the checkpoint can read it
    replace(folder / name, lambda part: torch.save(content, part))
    return folder / name


def replace(path: Path, write: Callable[[Path], object]) -> None:
    """Let `write` fill a file beside `path`, then swap; where it fails, the old file stays and the new one goes."""
    part = path.with_name(f"{path.name}.{os.getpid()}.part")
    try:
        write(part)
        part.replace(path)
    finally:
        part.unlink(missing_ok=True)


def _half(net: nn.Module, recipe: Recipe) -> dict[str, torch.Tensor]:
    prefix = _PREFIX[recipe.layout]
    return {prefix + k: v.detach().to(torch.float16).contiguous().clone() for k, v in net.state_dict().items()}


def _meta(recipe: Recipe) -> dict[str, Any]:
    """What the tensors do not say; the names of the first two are ours."""
    return {"num_heads": recipe.encoder.heads, "pred_num_heads": recipe.predictor.heads, "model_name": None, "use_bfloat16": False}


def _optimization(recipe: Recipe, epochs: int) -> dict[str, Any]:
    decay = recipe.weight_decay
    return {
        "ema": list(recipe.ema),
        "epochs": epochs,
        "final_lr": recipe.final_lr,
        "final_weight_decay": decay[1],
        "ipe_scale": 1.0,
        "lr": recipe.lr,
        "start_lr": recipe.start_lr,
        "warmup": round(recipe.warmup * epochs, 2),
        "weight_decay": decay[0],
    }


def _ijepa_config(recipe: Recipe, epochs: int) -> dict[str, Any]:
    sampler = next(s for s in recipe.samplers if isinstance(s, IJepaMultiblock))
    mask = {
        "allow_overlap": False,
        "aspect_ratio": list(sampler.aspect),
        "enc_mask_scale": list(sampler.context_scale),
        "min_keep": sampler.min_keep,
        "num_enc_masks": 1,
        "num_pred_masks": sampler.blocks,
        "patch_size": recipe.encoder.patch,
        "pred_mask_scale": list(sampler.target_scale),
    }
    return {
        "data": {"batch_size": recipe.batch, "crop_size": recipe.image_size[0], "crop_scale": [1.0, 1.0], "use_horizontal_flip": False},
        "mask": mask,
        "meta": {**_meta(recipe), "pred_depth": recipe.predictor.depth, "pred_emb_dim": recipe.predictor.dim},
        "optimization": _optimization(recipe, epochs),
    }


def _vjepa2_config(recipe: Recipe, epochs: int, fps: float | None) -> dict[str, Any]:
    rate = None if fps is None else int(fps) if float(fps).is_integer() else float(fps)
    data = {
        "batch_size": recipe.batch,
        "crop_size": recipe.image_size[0],
        "dataset_fpcs": [recipe.frames],
        "fps": rate,
        "num_frames": recipe.frames,
        "patch_size": recipe.encoder.patch,
        "tubelet_size": recipe.encoder.tubelet,
    }
    model = {"pred_depth": recipe.predictor.depth, "pred_embed_dim": recipe.predictor.dim, "use_rope": True, "use_mask_tokens": True}
    return {
        "app": "vjepa",
        "data": data,
        "loss": {"loss_exp": 1.0},
        "mask": [_block_mask(s, recipe) for s in recipe.samplers],
        "meta": {**_meta(recipe), "mask_token": recipe.mask_token},
        "model": {**model, "num_mask_tokens": recipe.predictor.mask_tokens, "zero_init_mask_tokens": True},
        "optimization": _optimization(recipe, epochs),
    }


def _block_mask(sampler: Sampler, recipe: Recipe) -> dict[str, Any]:
    if not isinstance(sampler, VJepaMultiblock):
        return {"sampler": sampler.spec}
    return {
        "aspect_ratio": list(sampler.aspect),
        "full_complement": sampler.full_complement,
        "max_keep": sampler.max_keep or None,
        "max_temporal_keep": sampler.max_temporal_keep,
        "num_blocks": sampler.blocks,
        "spatial_scale": list(sampler.spatial_scale),
        "temporal_scale": list(sampler.temporal_scale),
    }
