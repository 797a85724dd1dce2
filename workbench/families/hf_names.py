"""The tensor names of Transformers, 4.x and 5.x, in the words of the official code."""

from __future__ import annotations

import re

from workbench.checkpoints import Checkpoint
from workbench.checkpoints.renamed import Joined, Row, Source, joinable, renamed
from workbench.core.errors import CheckpointError
from workbench.families.parts import strip

IJEPA_KERNEL = "embeddings.patch_embeddings.projection.weight"
VJEPA2_KERNEL = "encoder.embeddings.patch_embeddings.proj.weight"
_WRAPPERS = ("ijepa.", "vjepa2.")
_IN_A_BLOCK = {  # as saved by 4.x and 5.x, as held in memory by 5.x, as V-JEPA 2 has it
    **{"layernorm_before": "norm1", "layernorm_after": "norm2", "norm1": "norm1", "norm2": "norm2"},
    **{"attention.output.dense": "attn.proj", "attention.o_proj": "attn.proj", "attention.proj": "attn.proj"},
    **{"intermediate.dense": "mlp.fc1", "output.dense": "mlp.fc2", "mlp.fc1": "mlp.fc1", "mlp.fc2": "mlp.fc2"},
}
_THIRDS = ("query", "key", "value")
_THIRD = {
    **{f"attention.attention.{t}": t for t in _THIRDS},
    **{f"attention.{t}": t for t in _THIRDS},
    **{f"attention.{t[0]}_proj": t for t in _THIRDS},
}
_IJEPA = {
    "embeddings.position_embeddings": "encoder.pos_embed",
    "embeddings.patch_embeddings.projection.": "encoder.patch_embed.proj.",
    "layernorm.": "encoder.norm.",
}
_VJEPA2 = {
    "encoder.embeddings.patch_embeddings.proj.": "encoder.patch_embed.proj.",
    "encoder.layernorm.": "encoder.norm.",
    "predictor.embeddings.predictor_embeddings.": "predictor.predictor_embed.",
    "predictor.layernorm.": "predictor.predictor_norm.",
    "predictor.proj.": "predictor.predictor_proj.",
}
_HEAD = {
    "pooler.query_tokens": "head.query",
    "pooler.cross_attention_layer.layer_norm1.": "head.pool.norm1.",
    "pooler.cross_attention_layer.layer_norm2.": "head.pool.norm2.",
    "pooler.cross_attention_layer.cross_attn.q_proj.": "head.pool.q.",
    "pooler.cross_attention_layer.cross_attn.k_proj.": "head.pool.k.",
    "pooler.cross_attention_layer.cross_attn.v_proj.": "head.pool.v.",
    "pooler.cross_attention_layer.mlp.": "head.pool.mlp.",
    "pooler.": "head.pooler.",
    "classifier.": "head.classifier.",
}
_IN_A_HEAD = {
    **{"layer_norm1": "norm1", "layer_norm2": "norm2", "mlp.fc1": "mlp.fc1", "mlp.fc2": "mlp.fc2", "self_attn.out_proj": "attn.proj"},
    **{f"self_attn.{third[0]}_proj": third for third in _THIRDS},
}
_HEAD_BLOCK = re.compile(r"pooler\.self_attention_layers\.(\d+)\.(.+)\.(weight|bias)$")
_STACK = "predictor.embeddings.mask_tokens"
_MOST_TOKENS = 256
_BLOCK = re.compile(r"(?:(encoder|predictor)\.)?layers?\.(\d+)\.(.+)\.(weight|bias)$")


def bare_names(checkpoint: Checkpoint) -> dict[str, str]:
    """Name without the wrappers of training and of a classifier -> name in the file.

    Raises:
        CheckpointError: two names become one when their prefixes are dropped.
    """
    names: dict[str, str] = {}
    for stored in checkpoint.tensors:
        name = strip(stored)
        for wrapper in _WRAPPERS:
            name = strip(name.removeprefix(wrapper))
        if name in names:
            raise CheckpointError(
                f"{stored} and {names[name]} are the same tensor without their prefixes", where=str(checkpoint.path), fix="save one of them"
            )
        names[name] = stored
    return names


def official(checkpoint: Checkpoint, *, video: bool) -> Checkpoint:
    """The file under official names, query, key and value joined. Unknown names stay, so that a report can list them.

    Args:
        video: of VJEPA2, else of IJepa.

    Raises:
        CheckpointError: a tensor is there under two names.
    """
    pairs: list[tuple[str, Source]] = []
    thirds: dict[str, list[tuple[str, str]]] = {}
    for name, stored in bare_names(checkpoint).items():
        block = _BLOCK.match(name)
        third = _THIRD.get(block[3]) if block else None
        pooling = _HEAD_BLOCK.match(name) if video else None
        inner = _IN_A_HEAD.get(pooling[2], "") if pooling else ""
        rows = (checkpoint.tensors[stored].shape or (0,))[0]
        if block and third:
            thirds.setdefault(f"{_stack(block[1])}.{block[2]}.attn.qkv.{block[4]}", []).append((third, stored))
        elif block and block[3] in _IN_A_BLOCK:
            pairs.append((f"{_stack(block[1])}.{block[2]}.{_IN_A_BLOCK[block[3]]}.{block[4]}", stored))
        elif name == _STACK and 0 < rows <= _MOST_TOKENS:
            pairs += [(f"predictor.mask_tokens.{i}", Row(stored, i)) for i in range(rows)]
        elif pooling and inner in _THIRDS:
            thirds.setdefault(f"head.blocks.{pooling[1]}.attn.qkv.{pooling[3]}", []).append((inner, stored))
        elif pooling and inner:
            pairs.append((f"head.blocks.{pooling[1]}.{inner}.{pooling[3]}", stored))
        else:
            pairs.append((_renamed(name, _VJEPA2 | _HEAD if video else _IJEPA), stored))
    for name, pieces in thirds.items():
        names = tuple(stored for third in _THIRDS for t, stored in pieces if t == third)
        whole = {t for t, _ in pieces} == set(_THIRDS) and len(pieces) == len(_THIRDS) and joinable(checkpoint, names)
        pairs += [(name, Joined(names))] if whole else [(f"{name}.{third}", stored) for third, stored in pieces]
    found = dict(pairs)
    if len(found) < len(pairs):
        twice = next(n for i, (n, _) in enumerate(pairs) if n in dict(pairs[:i]))
        raise CheckpointError(f"{twice} is in the file under two names", where=str(checkpoint.path), fix="save one of them")
    return renamed(checkpoint, found)


def _stack(group: str | None) -> str:
    return "predictor.predictor_blocks" if group == "predictor" else "encoder.blocks"


def _renamed(name: str, table: dict[str, str]) -> str:
    for theirs, ours in table.items():
        if name == theirs or (theirs.endswith(".") and name.startswith(theirs)):
            return ours + name[len(theirs) :]
    return name if name.startswith("predictor.") else f"encoder.{name.removeprefix('encoder.')}"
