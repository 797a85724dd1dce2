"""DINOv3 in the layout of Transformers (DINOv3ViTModel): its tensor names in the words of the official code, and what its config.json says."""

from __future__ import annotations

import re
from typing import Any

from workbench.checkpoints import Checkpoint
from workbench.checkpoints.renamed import renamed
from workbench.core.errors import CheckpointError

DINOV3_KERNEL, DINOV3_TOKENS = "embeddings.patch_embeddings.weight", "embeddings.register_tokens"
_LAYER = re.compile(r"(?:model\.)?layer\.(\d+)\.(.+)$")  # Transformers 5 holds them under "model.", and saves them without
_ENTRY = {
    **{"embeddings.cls_token": "cls_token", "embeddings.mask_token": "mask_token", DINOV3_TOKENS: "storage_tokens"},
    **{"embeddings.patch_embeddings.weight": "patch_embed.proj.weight", "embeddings.patch_embeddings.bias": "patch_embed.proj.bias"},
    **{"norm.weight": "norm.weight", "norm.bias": "norm.bias"},
}
_INNER = {
    **{f"attention.{letter}_proj.": f"attn.{letter}." for letter in "qkv"},
    **{"attention.o_proj.": "attn.proj.", "layer_scale1.lambda1": "ls1.gamma", "layer_scale2.lambda1": "ls2.gamma"},
    **{"mlp.gate_proj.": "mlp.w1.", "norm1.": "norm1.", "norm2.": "norm2."},
}
_PLAIN = {"mlp.up_proj.": "mlp.fc1.", "mlp.down_proj.": "mlp.fc2."}
_GATED = {"mlp.up_proj.": "mlp.w2.", "mlp.down_proj.": "mlp.w3."}


def is_ported_dinov3(checkpoint: Checkpoint) -> bool:
    """A patch kernel and register tokens under the names of DINOv3ViTModel, with nothing in front of them."""
    return DINOV3_KERNEL in checkpoint.tensors and DINOV3_TOKENS in checkpoint.tensors


def official_dinov3(checkpoint: Checkpoint) -> Checkpoint:
    """The file under the names of the official code, "blocks.0.attn.q.weight"; unknown names stay, so that a report can list them."""
    gated = any(".mlp.gate_proj." in name for name in checkpoint.tensors)
    inner = _INNER | (_GATED if gated else _PLAIN)
    names: dict[str, str] = {}
    for stored in checkpoint.tensors:
        layer = _LAYER.match(stored)
        name = _ENTRY.get(stored, stored) if layer is None else f"blocks.{layer[1]}.{_renamed(layer[2], inner)}"
        if name in names:
            what = f"{stored} and {names[name]} are the same tensor without their prefixes"
            raise CheckpointError(what, where=str(checkpoint.path), fix="save one of them")
        names[name] = stored
    return renamed(checkpoint, names)


def check_act(checkpoint: Checkpoint, *, gated: bool) -> None:
    """Refuse an activation that is not built.

    Raises:
        CheckpointError: config.json names another than GELU or, of gated MLPs, SiLU; or the tensors contradict it.
    """
    wanted: dict[str, Any] = {"hidden_act": "silu" if gated else "gelu", "use_gated_mlp": gated, "num_channels": 3}
    for name, value in wanted.items():
        said = checkpoint.setting(name)
        if said not in (None, value):
            what = f"{name} is {said!r:.80}, only {value!r} is read with these tensors"
            raise CheckpointError(what, where=checkpoint.config_path, fix="no other network of this kind is built here")


def _renamed(name: str, table: dict[str, str]) -> str:
    return next((ours + name[len(theirs) :] for theirs, ours in table.items() if name.startswith(theirs)), name)
