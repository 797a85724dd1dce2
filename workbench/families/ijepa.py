"""I-JEPA (arXiv 2301.08243): the official .pth.tar with encoder, target_encoder and predictor."""

from __future__ import annotations

from collections.abc import Mapping
from math import isqrt
from typing import Any

from workbench.checkpoints import Checkpoint
from workbench.core.card import LoadReport, Origin
from workbench.core.errors import CheckpointError
from workbench.families.parts import Names, names_by_group
from workbench.families.prepare import Preparation
from workbench.families.prepare_settings import PREPARE_OVERRIDES, settle_preparation
from workbench.families.registry import Request, register
from workbench.families.settings import Settings, renamed, size_parser
from workbench.families.sizes import by_shape
from workbench.families.vit_family import VitPlan, encoder_names, found_parts, shape_of, tower
from workbench.model.jepa import Jepa
from workbench.nn.vit import PredictorConfig, VitConfig

_KERNEL = "patch_embed.proj.weight"
_HEADS = ("meta.num_heads", "model.num_heads")
_PREDICTOR_HEADS = ("meta.pred_num_heads", "model.pred_num_heads")
_PREPARED = "as trained: torchvision on Pillow images; for evaluation nothing is published, 256/224 is the custom of ImageNet"
_MASK_NAMES = {  # in params-ijepa.yaml -> of the sampler "ijepa_multiblock"
    "num_pred_masks": "blocks",
    "pred_mask_scale": "target_scale",
    "aspect_ratio": "aspect",
    "enc_mask_scale": "context_scale",
    "min_keep": "min_keep",
}


def recognise(checkpoint: Checkpoint) -> bool:
    """A flat patch kernel with a position table and without a class token, and no numbered mask tokens, which V-JEPA on stills has."""
    groups = names_by_group(checkpoint)
    if any(n.startswith("mask_tokens.") for n in groups.get("predictor", {})):
        return False
    for group in ("encoder", "target_encoder"):
        names = groups.get(group, {})
        kernel = shape_of(checkpoint, names, _KERNEL)
        if kernel is not None and len(kernel) == 4 and "pos_embed" in names and "cls_token" not in names:
            return True
    return False


def plan(request: Request) -> VitPlan:
    """Everything but the weights.

    Raises:
        CheckpointError: the tensors contradict each other. AmbiguousModel: nobody says how many heads.
    """
    request.one_file()
    found, settings = found_parts(request), Settings(request)
    names = encoder_names(request.checkpoint, found, _KERNEL)
    config = _encoder(request.checkpoint, names, settings)
    side = config.table[0] if config.table else 0
    native = (side * config.patch, side * config.patch)
    size = settings.settle(
        "image_size",
        parse=size_parser(config.patch),
        options=f"give (height, width) in multiples of {config.patch}",
        standin=native,
        table=(native, "read", f"pos_embed has {side}×{side} places of {config.patch} pixels"),
    )
    if size != native:
        settings.note("position table", f"resized from {side}×{side}", "assumed", "bicubic, as the Hugging Face port; the official code has no way")
    card = {"paper": "arXiv 2301.08243", "loss": "smooth-l1", "samplers": (("ijepa_multiblock", _mask(request.checkpoint)),)}
    predictor = _predictor(request, found, config, settings) if "masked" in found and request.wants("masked") else None
    preparation = settle_preparation(settings, Preparation(size, config.patch, video=False, resample="antialiased"), why=_PREPARED)
    return VitPlan("ijepa", "I-JEPA", request, found, config, predictor, preparation, settings.close(), card)


def _encoder(checkpoint: Checkpoint, names: Names, settings: Settings) -> VitConfig:
    kernel, places = shape_of(checkpoint, names, _KERNEL), shape_of(checkpoint, names, "pos_embed")
    if kernel is None or len(kernel) != 4 or kernel[1] != 3 or kernel[2] != kernel[3] or min(kernel) < 1:
        raise CheckpointError(f"{_KERNEL} is {kernel}, not (dim, 3, patch, patch)", where=str(checkpoint.path), fix="open another file")
    if places is None or len(places) != 3 or isqrt(places[1]) ** 2 != places[1] or places[2] != kernel[0]:
        raise CheckpointError(
            f"pos_embed is {places}, not (1, side², {kernel[0]}): a square of positions", where=str(checkpoint.path), fix="open another file"
        )
    dim, patch, side = kernel[0], kernel[2], isqrt(places[1])
    stack = tower(checkpoint, names, "blocks", dim)
    for name, value, why in (("patch", patch, _KERNEL), ("dim", dim, _KERNEL), ("depth", stack.depth, "blocks")):
        settings.note(name, value, "read", why)
    named = settings.named_size(dim)
    size = by_shape(dim, stack.depth, stack.hidden, without=("vit_giant_xformers", "vit_gigantic_xformers"))
    table: tuple[int, Origin, str] | None = None
    if named is not None:
        table = (named[0].heads, "given", named[1])
    elif size is not None:
        table = (size.heads, "inferred", f"published size {size.short}: {dim} wide, {stack.depth} deep")
    heads = settings.heads("heads", dim, rotary=False, config=_HEADS, table=table)
    return VitConfig(dim, stack.depth, heads, stack.hidden, patch, table=(side, side))


def _predictor(request: Request, found: Mapping[str, Names], config: VitConfig, settings: Settings) -> PredictorConfig:
    names = found["masked"]
    embed = shape_of(request.checkpoint, names, "predictor_embed.weight")
    if embed is None or len(embed) != 2:
        raise CheckpointError(
            "the predictor has no predictor_embed.weight", where=str(request.checkpoint.path), fix='load with parts=("encoder_target",)'
        )
    stack = tower(request.checkpoint, names, "predictor_blocks", embed[0])
    table: tuple[int, Origin, str] | None = None
    if embed[0] % config.heads == 0:
        table = (config.heads, "inferred", "I-JEPA's predictor has as many heads as its encoder")
    heads = settings.heads("predictor_heads", embed[0], rotary=False, config=_PREDICTOR_HEADS, table=table)
    return PredictorConfig(embed[0], stack.depth, heads, stack.hidden)


def _mask(checkpoint: Checkpoint) -> dict[str, Any]:
    said = checkpoint.setting("mask")
    return renamed(said, _MASK_NAMES) if isinstance(said, Mapping) else {}


def build(request: Request) -> Jepa:
    """The model with its weights."""
    return plan(request).build()


def inspect(request: Request) -> LoadReport:
    """The report without the weights."""
    return plan(request).report()


register(
    "ijepa",
    signs="encoder or target_encoder with a 4-dimensional patch_embed.proj.weight and pos_embed, no cls_token",
    telling=("patch_embed.proj.weight", "pos_embed", "blocks.0.attn.qkv.weight", "blocks.0.mlp.fc1.weight", "norm.weight"),
    recognise=recognise,
    build=build,
    inspect=inspect,
    overrides={
        "heads": "attention heads of the encoder",
        "predictor_heads": "attention heads of the predictor; the encoder's unless given",
        "image_size": "(height, width) in pixels to prepare clips at; other than trained resizes the position table",
        **PREPARE_OVERRIDES,
    },
)
