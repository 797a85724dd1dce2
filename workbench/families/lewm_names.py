"""The two key layouts of LeWM files, as saved under Transformers 4.x and 5.x, in one set of words."""

from __future__ import annotations

import re

from workbench.checkpoints import Checkpoint
from workbench.checkpoints.renamed import Joined, Source, joinable
from workbench.core.errors import CheckpointError

_KERNEL = "encoder.embeddings.patch_embeddings.projection.weight"
_SIGNS = ("action_encoder.patch_embed.weight", "predictor.transformer.layers.0.adaLN_modulation.1.weight")
_FOLDED = ("action_encoder.embed.0.weight", _SIGNS[1])  # in a GGUF
_THIRDS = ("query", "key", "value")
_BLOCK = re.compile(r"encoder\.(?:encoder\.)?layers?\.(\d+)\.(.+)\.(weight|bias)$")
_IN_A_BLOCK = {  # 4.x, 5.x -> ours
    **{"layernorm_before": "norm1", "layernorm_after": "norm2"},
    **{"attention.output.dense": "attn.proj", "attention.o_proj": "attn.proj"},
    **{"intermediate.dense": "mlp.fc1", "output.dense": "mlp.fc2", "mlp.fc1": "mlp.fc1", "mlp.fc2": "mlp.fc2"},
}
_THIRD = {**{f"attention.attention.{t}": t for t in _THIRDS}, **{f"attention.{t[0]}_proj": t for t in _THIRDS}}
_OUTSIDE = {
    "encoder.embeddings.cls_token": "vit.cls_token",
    "encoder.embeddings.position_embeddings": "vit.pos_embed",
    "encoder.embeddings.patch_embeddings.projection.weight": "vit.patch_embed.proj.weight",
    "encoder.embeddings.patch_embeddings.projection.bias": "vit.patch_embed.proj.bias",
    "encoder.layernorm.weight": "vit.norm.weight",
    "encoder.layernorm.bias": "vit.norm.bias",
}
_PARTS = {"encoder": "encoder_context", "projector": "encoder_context"} | dict.fromkeys(("predictor", "action_encoder", "pred_proj"), "dynamics")


def prefixes(checkpoint: Checkpoint) -> list[str]:
    """What stands before the names of each LeWM encoder in the file: "", "model.", "state_dict.model."."""
    return [name.removesuffix(_KERNEL) for name in checkpoint.tensors if name.endswith(_KERNEL) and name.removesuffix(_KERNEL)[-1:] in ("", ".")]


def is_lewm(checkpoint: Checkpoint) -> bool:
    """Beside the encoder lie an action encoder and a predictor that actions modulate."""
    return any(_whole(checkpoint, prefix) for prefix in prefixes(checkpoint))


def _whole(checkpoint: Checkpoint, prefix: str) -> bool:
    signs = _FOLDED if checkpoint.format == "gguf" else _SIGNS
    return all(prefix + sign in checkpoint.tensors for sign in signs)


def is_pldm(checkpoint: Checkpoint) -> bool:
    """The class that config.json names is PLDM's."""
    said = target_of(checkpoint)
    return said is not None and ("pldm" in said.lower().split(".") or said.endswith(".PLDM"))


def target_of(checkpoint: Checkpoint) -> str | None:
    """The class that config.json names at its root, or of its model; None where it names none."""
    said = next((s for place in ("_target_", "model._target_", "jepa.family") if isinstance(s := checkpoint.setting(place), str)), None)
    return None if said is None else said[:200]


def lewm_names(checkpoint: Checkpoint) -> tuple[dict[str, Source], list[str]]:
    """ "part.name" in our words -> what it stands for in the file; and what else lies in the file, in words.

    Raises:
        CheckpointError: no encoder or several, or two tensors of one meaning.
    """
    found, thirds, other = {}, {}, {}
    prefix = _one_prefix(checkpoint)
    for stored in checkpoint.tensors:
        name = stored.removeprefix(prefix).replace("_orig_mod.", "")
        part = _PARTS.get(name.partition(".")[0]) if stored.startswith(prefix) else None
        block = _BLOCK.match(name)
        third = _THIRD.get(block[2]) if block else None
        if part is None:
            group = (name if stored.startswith(prefix) else stored).removeprefix("state_dict.").partition(".")[0]
            other[group] = other.get(group, 0) + 1
        elif block and third:
            thirds.setdefault(f"{part}.vit.blocks.{block[1]}.attn.qkv.{block[3]}", {})[third] = stored
        else:
            ours = f"{part}.{_ours(name, block)}"
            if ours in found:
                why = f"{stored} and {found[ours]} both are {ours}"
                raise CheckpointError(why, where=str(checkpoint.path), fix="save one of them")
            found[ours] = stored
    for name, pieces in thirds.items():
        names = tuple(pieces[t] for t in _THIRDS if t in pieces)
        whole = len(names) == len(_THIRDS) and joinable(checkpoint, names)
        found.update({name: Joined(names)} if whole else {f"{name}.{third}": stored for third, stored in pieces.items()})
    return found, [f"{group}: {count} tensors" for group, count in other.items()]


def _ours(name: str, block: re.Match[str] | None) -> str:
    if block and block[2] in _IN_A_BLOCK:
        return f"vit.blocks.{block[1]}.{_IN_A_BLOCK[block[2]]}.{block[3]}"
    return _OUTSIDE.get(name) or (f"vit.{name.removeprefix('encoder.')}" if name.startswith("encoder.") else name)


def _one_prefix(checkpoint: Checkpoint) -> str:
    found = prefixes(checkpoint)
    whole = [p for p in found if _whole(checkpoint, p)] or found
    if len(whole) == 1:
        return whole[0]
    what = f"{len(whole)} LeWM encoders lie in it: {', '.join(whole)}" if whole else f"it has no {_KERNEL}"
    raise CheckpointError(what, where=str(checkpoint.path), fix="save one model alone: torch.save(model.state_dict(), …)")
