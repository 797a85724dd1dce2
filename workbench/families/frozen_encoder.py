"""Image encoders that were trained elsewhere and lie in files of their own: DINOv2 and DINOv3 (also of Transformers), V-JEPA 2 frame by frame."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from math import isqrt
from typing import cast

from torch import nn

from workbench.checkpoints import Checkpoint
from workbench.checkpoints.renamed import renamed
from workbench.core.card import Origin
from workbench.core.errors import CheckpointError
from workbench.families.hf_dinov3 import check_act, is_ported_dinov3, official_dinov3
from workbench.families.hf_names import IJEPA_KERNEL, official
from workbench.families.parts import Names
from workbench.families.settings import Settings
from workbench.families.sizes import by_shape
from workbench.families.vit_family import shape_of, tower
from workbench.nn.class_vit import ClassVit, ClassVitConfig
from workbench.nn.rope_vit import RopeVit, RopeVitConfig
from workbench.nn.vit import Vit, VitConfig

_KERNEL = "patch_embed.proj.weight"
_FIX = "give encoder= a backbone of DINOv2 or DINOv3 as published (dinov2_vits14_pretrain.pth), or a V-JEPA 2 checkpoint"
_UNUSED, _POOLER = "of its own training; nothing is masked here", "a layer on the class token, which is not used"
_EPS, _EPS_VIT = 1e-6, 1e-12  # of DINOv2; of Transformers' ViT, unless its config says otherwise
_MOST_BLOCKS = 512
_SCALE = re.compile(r"^encoder\.layers?\.(\d+)\.layer_scale([12])\.lambda1$")
_PREFERRED = ("target_encoder.", "teacher.", "encoder.", "")  # where a file holds several


@dataclass(frozen=True)
class FrozenEncoder:
    """An encoder before its weights are read.

    Args:
        file: as it was opened, or seen under official names. names: canonical -> in the file. title: for the reader. ignore: canonical name -> why it is left out.
    """

    file: Checkpoint
    names: Names
    config: ClassVitConfig | RopeVitConfig | VitConfig
    title: str
    ignore: Mapping[str, str]

    @property
    def make(self) -> Callable[[], nn.Module]:
        """Builds it empty."""
        config = self.config
        if isinstance(config, RopeVitConfig):
            return lambda: RopeVit(config)
        return (lambda: ClassVit(config)) if isinstance(config, ClassVitConfig) else (lambda: Vit(config))

    @property
    def video(self) -> bool:
        """Its tokens last several frames."""
        return isinstance(self.config, VitConfig)


def find_encoder(checkpoint: Checkpoint, settings: Settings, *, places: tuple[str, ...] = (), ported: bool = False) -> FrozenEncoder:
    """What image encoder a file holds.

    Args:
        places: of its heads in the settings beside the file. ported: it is run as Transformers runs it.

    Raises:
        CheckpointError: none that can be run here, with what is missing.
    """
    checkpoint = _in_official_words(checkpoint)
    names = encoder_names(checkpoint)
    kernel = shape_of(checkpoint, names, _KERNEL)
    if kernel is None or len(kernel) not in (4, 5) or kernel[1] != 3 or kernel[-1] != kernel[-2] or min(kernel) < 1:
        raise _unfit(checkpoint, f"holds no image encoder: its {_KERNEL} is {kernel}, not (dim, 3, patch, patch)")
    settings.note("patch", kernel[-1], "read", _KERNEL)
    settings.note("dim", kernel[0], "read", _KERNEL)
    if len(kernel) == 5:
        return _vjepa2(checkpoint, names, kernel, settings)
    if "blocks.0.attn.q.weight" in names and "storage_tokens" in names:
        return _ported_dinov3(checkpoint, names, kernel, settings, places)
    if any(n.startswith(("rope_embed.", "storage_tokens")) for n in names):
        return _dinov3(checkpoint, names, kernel, settings)
    return _dinov2(checkpoint, names, kernel, settings, places, ported=ported)


def encoder_names(checkpoint: Checkpoint) -> Names:
    """The tensors beside the patch kernel, by their names there; of several encoders the target, else the teacher."""
    prefixes = [stored.removesuffix(_KERNEL) for stored in checkpoint.tensors if stored == _KERNEL or stored.endswith(f".{_KERNEL}")]
    chosen = next((p for start in _PREFERRED for p in prefixes if p.startswith(start)), None)
    return {} if chosen is None else {s.removeprefix(chosen): s for s in checkpoint.tensors if s.startswith(chosen)}


def _in_official_words(checkpoint: Checkpoint) -> Checkpoint:
    """A DINOv2 or DINOv3 of Transformers under the official names; any other file as it is."""
    if is_ported_dinov3(checkpoint):
        return official_dinov3(checkpoint)
    if not any(stored.endswith(IJEPA_KERNEL) for stored in checkpoint.tensors):
        return checkpoint
    seen = official(checkpoint, video=False)
    words = {n: _SCALE.sub(r"encoder.blocks.\1.ls\2.gamma", n).replace("encoder.embeddings.", "encoder.") for n in seen.tensors}
    return renamed(seen, {ours: theirs for theirs, ours in words.items()})


def _dinov2(
    checkpoint: Checkpoint, names: Names, kernel: tuple[int, ...], settings: Settings, said: tuple[str, ...], *, ported: bool
) -> FrozenEncoder:
    if any(".mlp.w12." in n for n in names):
        raise _unfit(checkpoint, "is a DINOv2 of the largest size: its gated MLP (mlp.w12) is not built here")
    places = shape_of(checkpoint, names, "pos_embed")
    if "cls_token" not in names or places is None or len(places) != 3 or places[1] < 2 or isqrt(places[1] - 1) ** 2 != places[1] - 1:
        raise _unfit(checkpoint, f"is no DINOv2: it needs cls_token and a pos_embed for it and a square of patches, which is {places}")
    stack, side = tower(checkpoint, names, "blocks", kernel[0]), isqrt(places[1] - 1)
    tokens = shape_of(checkpoint, names, "register_tokens") or (1, 0, kernel[0])
    if len(tokens) != 3:
        raise _unfit(checkpoint, f"is no DINOv2: register_tokens is {tokens}, not (1, count, {kernel[0]})")
    registers, scaled = tokens[1], "blocks.0.ls1.gamma" in names
    eps = _ported_eps(settings, *((_EPS, "DINOv2") if scaled else (_EPS_VIT, "a plain ViT"))) if ported else _EPS
    config = ClassVitConfig(
        stack.dim,
        stack.depth,
        _heads(settings, kernel[0], stack.depth, stack.hidden, rotary=False, places=said),
        stack.hidden,
        kernel[2],
        (side, side),
        registers=registers,
        layer_scale=scaled,
        eps=eps,
        resize="antialias" if registers else "bicubic" if ported else "dinov2",
        register_name="register_tokens",
    )
    size = by_shape(stack.dim, stack.depth, stack.hidden)
    title = f"{'DINOv2' if scaled or not ported else 'ViT'} {size.short if size else f'{stack.dim}×{stack.depth}'}/{kernel[2]}" + (
        " with registers" if registers else ""
    )
    return FrozenEncoder(checkpoint, names, config, title, {"mask_token": _UNUSED, "pooler.dense.weight": _POOLER, "pooler.dense.bias": _POOLER})


def _ported_eps(settings: Settings, usual: float, whose: str) -> float:
    """Of every layer norm of an encoder of Transformers: as its config says, else the default of its class."""

    def parse(value: object) -> float:
        if isinstance(value, bool) or not isinstance(value, int | float) or not 0 < value < 1:
            raise ValueError("it is a number above 0, below 1")
        return float(value)

    places = ("layer_norm_eps", "encoder.config.layer_norm_eps", "model.encoder.config.layer_norm_eps")
    table = cast(tuple[float, Origin, str], (usual, "inferred", f"the default of {whose} in Transformers"))
    return settings.settle("layer_norm_eps", parse=parse, options="give a number, as 1e-6", standin=usual, config=places, table=table)


def _ported_dinov3(checkpoint: Checkpoint, names: Names, kernel: tuple[int, ...], settings: Settings, places: tuple[str, ...]) -> FrozenEncoder:
    """A DINOv3 of Transformers: its file stores neither its heads nor the periods of its rotation."""
    dim, tokens, gate = kernel[0], shape_of(checkpoint, names, "storage_tokens") or (), shape_of(checkpoint, names, "blocks.0.mlp.w1.weight")
    if len(tokens) != 3 or tokens[2] != dim:
        raise _unfit(checkpoint, f"is no DINOv3 of {dim} features: register_tokens is {tokens}")
    check_act(checkpoint, gated=gate is not None)
    depth, hidden = _gated_tower(checkpoint, names, gate) if gate is not None else ((s := tower(checkpoint, names, "blocks", dim)).depth, s.hidden)
    heads = _heads(settings, dim, depth, hidden, rotary=False, places=places)
    if dim // heads % 4:
        raise _unfit(checkpoint, f"is no DINOv3 of {heads} heads: {dim // heads} features a head are no multiple of 4")
    biased = {letter: f"blocks.0.attn.{letter}.bias" in names for letter in "qkv"}
    config = RopeVitConfig(
        dim,
        depth,
        heads,
        hidden,
        kernel[2],
        tokens[1],
        split=(biased["q"], biased["k"], biased["v"]),
        gated=gate is not None,
        eps=_ported_eps(settings, 1e-5, "DINOv3"),
        base=_base(settings),
    )
    size = by_shape(dim, depth, hidden)
    title = f"DINOv3 {size.short if size else f'{dim}×{depth}'}/{kernel[2]}"
    return FrozenEncoder(checkpoint, names, config, title, {"mask_token": _UNUSED})


def _gated_tower(checkpoint: Checkpoint, names: Names, gate: tuple[int, ...]) -> tuple[int, int]:
    """Depth and width of blocks with gated MLPs."""
    found = {int(n.split(".")[1]) for n in names if n.startswith("blocks.") and n.split(".")[1].isdecimal()}
    if not gate or max(found) >= _MOST_BLOCKS:
        raise _unfit(checkpoint, f"holds no gated MLPs of DINOv3: {len(found)} blocks, the first with mlp.gate_proj of {gate}")
    return max(found) + 1, gate[0]


def _base(settings: Settings) -> float:
    def parse(value: object) -> float:
        if isinstance(value, bool) or not isinstance(value, int | float) or not 1 < value <= 1e9:
            raise ValueError("it is a number above 1")
        return float(value)

    table = cast(tuple[float, Origin, str], (100.0, "inferred", "the default of DINOv3 in Transformers"))
    places = ("rope_theta", "rope_parameters.rope_theta")
    return settings.settle("rope_theta", parse=parse, options="give a number, as 100", standin=100.0, config=places, table=table)


def _dinov3(checkpoint: Checkpoint, names: Names, kernel: tuple[int, ...], settings: Settings) -> FrozenEncoder:
    """The stored periods of its rotation tell the width of a head."""
    if any(".mlp.w1." in n or ".mlp.w12." in n for n in names):
        raise _unfit(checkpoint, "is a DINOv3 with gated MLPs (mlp.w1), which are not built here")
    periods, storage = shape_of(checkpoint, names, "rope_embed.periods"), shape_of(checkpoint, names, "storage_tokens")
    dim = kernel[0]
    whole = periods is not None and len(periods) == 1 and periods[0] > 0 and dim % (4 * periods[0]) == 0
    if periods is None or storage is None or not whole or len(storage) != 3 or storage[2] != dim:
        raise _unfit(checkpoint, f"is no DINOv3 of {dim} features: rope_embed.periods is {periods}, storage_tokens {storage}")
    stack, heads = tower(checkpoint, names, "blocks", dim), dim // (4 * periods[0])
    settings.note("heads", heads, "read", f"rope_embed.periods has {periods[0]} for each direction")
    config = RopeVitConfig(dim, stack.depth, heads, stack.hidden, kernel[2], storage[1], "blocks.0.attn.qkv.bias_mask" in names)
    size = by_shape(dim, stack.depth, stack.hidden)
    title = f"DINOv3 {size.short if size else f'{dim}×{stack.depth}'}/{kernel[2]}"
    unused = {n: _UNUSED for n in names if n == "mask_token" or n.startswith("local_cls_norm.")}
    return FrozenEncoder(checkpoint, names, config, title, unused)


def _vjepa2(checkpoint: Checkpoint, names: Names, kernel: tuple[int, ...], settings: Settings) -> FrozenEncoder:
    if any(n.startswith(("norms_block.", "patch_embed_img.")) for n in names):
        raise _unfit(checkpoint, "is a V-JEPA 2.1: no published predictor of this family was trained on it")
    if "pos_embed" in names and not any(".mask_tokens.2" in n for n in checkpoint.tensors):
        raise _unfit(checkpoint, "has a position table and no predictor of V-JEPA 2: it may be V-JEPA 1, whose positions are not rotary")
    stack = tower(checkpoint, names, "blocks", kernel[0])
    config = VitConfig(
        stack.dim, stack.depth, _heads(settings, kernel[0], stack.depth, stack.hidden, rotary=True), stack.hidden, kernel[3], kernel[2]
    )
    size = by_shape(stack.dim, stack.depth, stack.hidden, without=("vit_giant",))
    title = f"V-JEPA 2 {size.short if size else f'{stack.dim}×{stack.depth}'}/{kernel[3]}, frame by frame"
    return FrozenEncoder(checkpoint, names, config, title, {"pos_embed": "positions are rotary; the official loader drops this table too"})


def _heads(settings: Settings, dim: int, depth: int, hidden: int, *, rotary: bool, places: tuple[str, ...] = ()) -> int:
    size = by_shape(dim, depth, hidden, without=("vit_giant",))
    table: tuple[int, Origin, str] | None = None
    if size is not None:
        table = (size.heads, "inferred", f"published size {size.short}: {dim} wide, {depth} deep")
    return settings.heads("heads", dim, rotary=rotary, config=places, table=table)


def _unfit(checkpoint: Checkpoint, what: str) -> CheckpointError:
    return CheckpointError(f"{checkpoint.path.name} {what}", where=str(checkpoint.path), fix=_FIX)
