"""GGUF files of jepa.cpp, read through the package gguf: I-JEPA's encoder and LeWM, stored as F32 and F16, under the names of their families.

Tensors are told from the file's own list and mapped from disk when they are asked for. What the header says of sizes, heads and pixels is the
checkpoint's config, under "jepa".
"""

from __future__ import annotations

import re
import struct
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
import torch
from torch import Tensor

from workbench.checkpoints.checkpoint import Checkpoint, TensorInfo
from workbench.checkpoints.source import AGAIN
from workbench.core.errors import CheckpointError, MissingExtra

MAGIC = b"GGUF"
_HEADER = struct.Struct("<4sIQQ")
_MOST_TENSORS, _MOST_KEYS, _MOST_TEXT = 10_000, 2_000, 1_000
_TYPES = {"F32": torch.float32, "F16": torch.float16}
_FAMILIES = {"ijepa": "encoder.", "lewm": ""}
_ACTIVATION = "gelu_erf"
_BLOCK = {
    **{"ln1": "norm1", "ln2": "norm2", "attn_qkv": "attn.qkv", "attn_out": "attn.proj"},
    **{"ffn_up": "mlp.fc1", "ffn_down": "mlp.fc2"},
}
_STEP = {
    **{"adaln": "adaLN_modulation.1", "ln1": "attn.norm", "ln2": "mlp.net.0", "attn_qkv": "attn.to_qkv", "attn_out": "attn.to_out.0"},
    **{"ffn_up": "mlp.net.1", "ffn_down": "mlp.net.4"},
}
_IJEPA = {"enc.patch_embed.": "encoder.patch_embed.proj.", "enc.pos_embed": "encoder.pos_embed", "enc.norm.": "encoder.norm."}
_LEWM = {
    "enc.patch_embed.": "encoder.embeddings.patch_embeddings.projection.",
    "enc.pos_embed": "encoder.embeddings.position_embeddings",
    "enc.cls_token": "encoder.embeddings.cls_token",
    "enc.norm.": "encoder.layernorm.",
    "enc.proj.0.": "projector.net.0.",
    "enc.proj.2.": "projector.net.3.",
    "pred.pos_embed": "predictor.pos_embedding",
    "pred.norm.": "predictor.transformer.norm.",
    "pred.proj.0.": "pred_proj.net.0.",
    "pred.proj.2.": "pred_proj.net.3.",
    "pred.action_embed.": "action_encoder.embed.",
}
_NUMBERED = re.compile(r"(enc|pred)\.blk\.(\d{1,4})\.(\w+)\.(weight|bias)$")


def open_gguf(file: Path) -> Checkpoint:
    """The tensors by the names of their family; values are read when asked for.

    Raises:
        CheckpointError: damaged, no file of jepa.cpp, or of a family or type that is not read. MissingExtra: the package gguf is not installed.
    """
    try:
        with file.open("rb") as stream:
            _, version, tensors, keys = _HEADER.unpack(stream.read(_HEADER.size))
        if version not in (2, 3) or tensors > _MOST_TENSORS or keys > _MOST_KEYS:
            raise CheckpointError(f"a GGUF of version {version} with {tensors} tensors and {keys} settings", where=str(file), fix=AGAIN)
        return _open(file)
    except (CheckpointError, MissingExtra):
        raise
    except Exception as err:  # readers of foreign bytes raise many types; each becomes a CheckpointError with its cause
        reason = " ".join(str(err).split())[:200]
        raise CheckpointError(f"a damaged GGUF: {type(err).__name__}: {reason}", where=str(file), fix=AGAIN) from err


def _open(file: Path) -> Checkpoint:
    try:
        from gguf import GGUFReader
    except ImportError as err:
        raise MissingExtra("GGUF files are read with the package gguf", where=str(file), fix="pip install gguf") from err
    reader = GGUFReader(file)
    said = {name: _setting(field) for name, field in reader.fields.items() if name.startswith(("jepa.", "general."))}
    family = _family(file, said)
    raw: dict[str, Any] = {}
    shapes: dict[str, tuple[int, ...]] = {}
    infos: dict[str, TensorInfo] = {}
    for tensor in reader.tensors:
        kind = tensor.tensor_type.name
        if kind not in _TYPES:
            fix = "convert it again with --type f32 or f16; quantised tensors would give other numbers than the model's"
            raise CheckpointError(f"{tensor.name[:80]} is stored as {kind}; read are {' and '.join(_TYPES)}", where=str(file), fix=fix)
        name = _named(tensor.name, family)
        shape = _shaped(name, tuple(int(s) for s in reversed(tensor.shape.tolist())), said)
        if name in raw:
            raise CheckpointError(f"two tensors are named {name[:80]}", where=str(file), fix=AGAIN)
        raw[name], shapes[name] = tensor.data, shape
        infos[name] = TensorInfo(name, shape, str(_TYPES[kind]).removeprefix("torch."), int(tensor.n_bytes), name.partition(".")[0])

    def stored(name: str) -> Tensor:
        return torch.from_numpy(np.array(raw[name])).reshape(shapes[name])

    scalars = {n.removeprefix("general."): v for n, v in said.items() if n in ("general.name", "general.license")}
    return Checkpoint(file, "gguf", file.stat().st_size, infos, stored, scalars, _nested(said), str(file))


def _setting(field: Any) -> Any:
    value = field.contents()
    if isinstance(value, str):
        return value[:_MOST_TEXT]
    return value[:_MOST_TEXT] if isinstance(value, list) else value


def _family(file: Path, said: Mapping[str, Any]) -> str:
    """Which family it is.

    Raises:
        CheckpointError: one that is not read, or one that was built otherwise than the families here.
    """
    architecture, family, where = said.get("general.architecture"), said.get("jepa.family"), str(file)
    if architecture != "jepa":
        what = f"a GGUF of the architecture {str(architecture)[:40]!a}, which is no JEPA of jepa.cpp"
        raise CheckpointError(what, where=where, fix="open a file of jepa.cpp, or the checkpoint that it was made of")
    if family not in _FAMILIES:
        what = f"a GGUF of jepa.cpp's family {str(family)[:40]!a}; read are {' and '.join(_FAMILIES)}"
        raise CheckpointError(what, where=where, fix="open the checkpoint that it was made of")
    wrong = [k for k in ("jepa.enc.act", "jepa.enc.proj_act", "jepa.pred.act", "jepa.pred.proj_act") if said.get(k, _ACTIVATION) != _ACTIVATION]
    eps = 1e-6 if family == "ijepa" else 1e-12
    stored = said.get("jepa.enc.ln_eps", eps)
    if (
        wrong
        or not isinstance(stored, int | float)
        or abs(stored - eps) > eps / 100
        or said.get("jepa.enc.layer_scale")
        or said.get("jepa.enc.n_registers")
    ):
        what = f"{wrong[0]} is {said[wrong[0]]!r}" if wrong else f"ln_eps {stored}, layer_scale {said.get('jepa.enc.layer_scale')}"
        raise CheckpointError(f"a {family} built otherwise than published: {what}", where=where, fix="open the checkpoint that it was made of")
    return str(family)


def _named(name: str, family: str) -> str:
    block = _NUMBERED.match(name)
    if block and block[1] == "enc" and block[3] in _BLOCK:
        return f"encoder.blocks.{block[2]}.{_BLOCK[block[3]]}.{block[4]}"
    if block and block[1] == "pred" and block[3] in _STEP:
        return f"predictor.transformer.layers.{block[2]}.{_STEP[block[3]]}.{block[4]}"
    table = _IJEPA if family == "ijepa" else _LEWM
    ours = next((o + name[len(t) :] for t, o in table.items() if name == t or (t.endswith(".") and name.startswith(t))), None)
    return ours or f"beside.{name[:200]}"


def _shaped(name: str, shape: tuple[int, ...], said: Mapping[str, Any]) -> tuple[int, ...]:
    """The shape that the families expect: kernels are stored as matrices, tables and tokens without their first axis."""
    if name.endswith(("patch_embed.proj.weight", "patch_embeddings.projection.weight")) and len(shape) == 2:
        patch, channels = said.get("jepa.enc.patch_size"), said.get("jepa.enc.in_chans", 3)
        if not isinstance(patch, int) or not isinstance(channels, int) or channels * patch * patch != shape[1]:
            raise ValueError(f"a patch kernel of {list(shape)} is none of {channels} colours and {patch}×{patch} pixels")
        return (shape[0], channels, patch, patch)
    if name.endswith("cls_token") and len(shape) == 1:
        return (1, 1, *shape)
    return (1, *shape) if name.endswith(("pos_embed", "position_embeddings", "pos_embedding")) and len(shape) == 2 else shape


def _nested(said: Mapping[str, Any]) -> dict[str, Any]:
    """ "jepa.enc.n_head" as {"jepa": {"enc": {"n_head": …}}}."""
    found: dict[str, Any] = {}
    for name, value in said.items():
        here = found
        *above, last = name.split(".")
        for step in above:
            inner = here.setdefault(step, {})
            if not isinstance(inner, dict):
                raise ValueError(f"{name[:80]} lies under a value")
            here = inner
        here[last] = value
    return found
