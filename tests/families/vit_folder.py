"""Image encoders of Transformers as folders of their own, cut out of the golden models that hold one."""

from __future__ import annotations

import json
import tempfile
from pathlib import Path
from typing import Any

import torch
from safetensors.torch import save_file

from tests.families.official import GOLDEN
from workbench.families.load import load
from workbench.model import Jepa

DINOV2 = {"model_type": "dinov2", "num_attention_heads": 3, "hidden_act": "gelu", "layer_norm_eps": 1e-6, "image_size": 70, "patch_size": 14}
VIT = {"model_type": "vit", "num_attention_heads": 4, "hidden_act": "gelu", "layer_norm_eps": 1e-12, "image_size": 32, "patch_size": 8}


def cut(folder: Path, source: str, inner: str, config: dict[str, Any] | None, prefix: str = "") -> Path:
    """One encoder of a golden model, with its config.json.

    Args:
        source: file under tests/golden. inner: what stands before the encoder's names there. prefix: what shall stand there.
    """
    state = torch.load(GOLDEN / source, weights_only=True)
    save_file({prefix + n.removeprefix(inner): t.contiguous() for n, t in state.items() if n.startswith(inner)}, folder / "model.safetensors")
    if config is not None:
        (folder / "config.json").write_text(json.dumps(config))
    return folder


def tiny_dinov2() -> Jepa:
    """A DINOv2 of two blocks, in a folder of the system's own."""
    with tempfile.TemporaryDirectory() as folder:
        return load(cut(Path(folder), "swm_prejepa/weights_epoch_10.pt", "backbone.", DINOV2), image_size=56)
