"""Which tensors of an EB-JEPA file are which: its layouts, and what is left aside with the reason."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

from workbench.checkpoints import Checkpoint
from workbench.core.errors import CheckpointError
from workbench.families.parts import Names, strip
from workbench.families.vit_family import shape_of
from workbench.nn.batch_norm import COUNTER

Kind = Literal["image", "transformer", "video", "rooms"]
STATE = "model_state_dict"
_BACKBONE = "backbone."
_LOSS = "only the training loss uses it"
_ASIDE: Mapping[str, str] = {
    "regularizer.": _LOSS,
    "predcost.": _LOSS,
    "projector.": "the projector of the loss (VICReg or BCS); the model's answer is what goes into it",
}
_PROBE = "a probe that was trained beside the model, no part of it"
_AGAIN = "the encoder once more: this future takes no actions"
_VIT = {  # torchvision's names -> ours
    "class_token": "cls_token",
    "conv_proj.weight": "patch_embed.proj.weight",
    "conv_proj.bias": "patch_embed.proj.bias",
    "encoder.pos_embedding": "pos_embed",
    "encoder.ln.weight": "norm.weight",
    "encoder.ln.bias": "norm.bias",
}
_VIT_BLOCK = {
    "ln_1": "norm1",
    "ln_2": "norm2",
    "self_attention.in_proj_": "attn.qkv.",
    "self_attention.out_proj": "attn.proj",
    "mlp.0": "mlp.fc1",
    "mlp.3": "mlp.fc2",
    "mlp.linear_1": "mlp.fc1",
    "mlp.linear_2": "mlp.fc2",
}
_VIT_LAYER = "encoder.layers.encoder_layer_"


@dataclass(frozen=True, eq=False)
class Sorted:
    """The tensors of a file by part.

    Args:
        found: part -> canonical name -> name in the file. ignore: part -> canonical name -> why it is left out. other: the rest, in words.
    """

    found: Mapping[str, Names]
    ignore: Mapping[str, Mapping[str, str]]
    other: tuple[str, ...]


def eb_names(checkpoint: Checkpoint) -> Names:
    """The model's tensors without what trainers put before their names.

    Raises:
        CheckpointError: two names become one.
    """
    inside = [n for n in checkpoint.tensors if n.startswith(f"{STATE}.")]
    names: Names = {}
    for stored in inside or [n for n in checkpoint.tensors if "=" not in n]:
        name = strip(stored.removeprefix(f"{STATE}."))
        if name in names:
            raise CheckpointError(
                f"{stored} and {names[name]} are the same tensor without their prefixes", where=str(checkpoint.path), fix="save one of them"
            )
        names[name] = stored
    return names


def kind_of(checkpoint: Checkpoint, names: Names) -> Kind | None:
    """Which of the examples it is; None: none."""
    if "encoder.stack_blocks.0.initial_conv.weight" in names and "encoder.mlp.weight" in names:
        return "rooms"
    if {"encoder.conv1.weight", "encoder.layer1.conv1.weight", "encoder.layer3.conv2.weight"} <= names.keys():
        return "video"
    stem = shape_of(checkpoint, names, "conv1.weight") or ()
    backbone = any(_BACKBONE in names.get(n, "") for n in ("conv1.weight", "class_token"))
    if backbone and stem[2:] == (3, 3) and "layer1.0.conv1.weight" in names and not any(n.startswith("fc.") for n in names):
        return "image"
    return "transformer" if backbone and "conv_proj.weight" in names and f"{_VIT_LAYER}0.ln_1.weight" in names else None


def sorted_names(checkpoint: Checkpoint, kind: Kind, names: Names) -> Sorted:
    """The tensors of each part, and what is left aside."""
    encoder, future, aside = _split(kind, names)
    probes = {n: n for n in checkpoint.tensors if _is_probe(n)}
    ignore = {"encoder_context": {**aside, **dict.fromkeys(probes, _PROBE)}, "dynamics": dict[str, str]()}
    found = {"encoder_context": {**encoder, **{n: names[n] for n in aside}, **probes}, "dynamics": future}
    for part, of in found.items():
        ignore[part] |= {n: COUNTER for n in of if n.endswith("num_batches_tracked")}
    beside = checkpoint.groups().items() if STATE in checkpoint.groups() else ()
    other = tuple(f"{group}: {n} tensors" for group, n in beside if group != STATE and "=" not in group and not _is_probe(group))
    return Sorted({p: of for p, of in found.items() if of}, ignore, other)


def _split(kind: Kind, names: Names) -> tuple[Names, Names, dict[str, str]]:
    """The encoder's tensors, the predictor's, and the rest with the reasons why it is left aside."""
    aside = {n: why for n in names for prefix, why in _ASIDE.items() if n.startswith(prefix)}
    if kind == "transformer":
        return {_vit_name(n): full for n, full in names.items() if n not in aside}, {}, aside
    if kind == "image":
        return {n: full for n, full in names.items() if n not in aside}, {}, aside
    own = {n.removeprefix("encoder."): full for n, full in names.items() if n.startswith("encoder.")}
    before = "predictor.predictor." if kind == "video" else "predictor."
    future = {n.removeprefix(before): full for n, full in names.items() if n.startswith(before)}
    if kind == "video":
        aside |= {n: _AGAIN for n in names if n.startswith("action_encoder.") and n.removeprefix("action_encoder.") in own}
    elif future and "final_ln.weight" in own:
        # One norm under two names: a file that keeps tied tensors once has only the encoder's.
        future = {**{n: own[n] for n in ("final_ln.weight", "final_ln.bias") if n in own}, **future}
    left = {n: full for n, full in names.items() if n not in aside and not n.startswith(("encoder.", before))}
    told = {n: full for n, full in left.items() if n.startswith("action_encoder.")}
    return {**own, **{n: full for n, full in left.items() if n not in told}}, {**future, **told}, aside


def _is_probe(name: str) -> bool:
    """An entry of its own beside the model: a head or a probe, not its optimizer."""
    group = name.partition(".")[0]
    return group.endswith("_state_dict") and any(w in group for w in ("head", "probe")) and not any(w in group for w in ("optim", "sched"))


def _vit_name(name: str) -> str:
    if not name.startswith(_VIT_LAYER):
        return _VIT.get(name, name)
    number, _, rest = name.removeprefix(_VIT_LAYER).partition(".")
    ours = next((rest.replace(old, new, 1) for old, new in _VIT_BLOCK.items() if rest.startswith(old)), rest)
    return f"blocks.{number}.{ours}"
