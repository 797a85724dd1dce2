"""I-JEPA (arXiv 2301.08243): the official .pth.tar with encoder, target_encoder and predictor, timm's folder of the encoder alone, and pyjepa's files."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from math import floor
from typing import Any, cast

from workbench.checkpoints import Checkpoint
from workbench.core.card import Origin
from workbench.core.errors import CheckpointError
from workbench.families.gguf_pixels import stored_preparation
from workbench.families.image_family import KERNEL, image_encoder, settle_size
from workbench.families.parts import Names, names_by_group
from workbench.families.prepare import Preparation, Resample
from workbench.families.prepare_settings import IMAGE_OVERRIDES, settle_preparation
from workbench.families.registry import Request, register
from workbench.families.settings import Settings, renamed
from workbench.families.video_family import count_mask_tokens, says_ijepa
from workbench.families.vit_family import VitPlan, encoder_names, found_parts, shape_of, tower
from workbench.nn.vit import PredictorConfig, VitConfig

_PREDICTOR_HEADS = ("meta.pred_num_heads", "model.pred_num_heads")
_ALONE = "An encoder alone: the file has no predictor, so masks and predictions cannot be shown."
_HEAD = "a head for labels, trained on top: no part of a JEPA"
_PREPARED = "as trained: torchvision on Pillow images; for evaluation nothing is published, 256/224 is the custom of ImageNet"
_MASK_NAMES = {  # in params-ijepa.yaml -> of the sampler "ijepa_multiblock"
    "num_pred_masks": "blocks",
    "pred_mask_scale": "target_scale",
    "aspect_ratio": "aspect",
    "enc_mask_scale": "context_scale",
    "min_keep": "min_keep",
}


def recognise(checkpoint: Checkpoint) -> bool:
    """A flat patch kernel with a position table and without a class token.

    Numbered mask tokens are those of V-JEPA on stills, unless the config.json of pyjepa says that it is an I-JEPA.
    """
    groups = names_by_group(checkpoint)
    if count_mask_tokens(groups.get("predictor", {})) and not says_ijepa(checkpoint):
        return False
    for group in ("encoder", "target_encoder"):
        names = groups.get(group, {})
        kernel = shape_of(checkpoint, names, KERNEL)
        if kernel is not None and len(kernel) == 4 and "pos_embed" in names and "cls_token" not in names:
            return True
    return False


def plan(request: Request) -> VitPlan:
    """Everything but the weights.

    Raises:
        CheckpointError: the tensors contradict each other. AmbiguousModel: the number of heads is not stated.
    """
    request.one_file()
    found, settings = found_parts(request), Settings(request)
    names = encoder_names(request.checkpoint, found, KERNEL)
    config = image_encoder(request.checkpoint, names, settings)
    size = settle_size(settings, config)
    alone = "masked" not in found
    card = {
        "paper": "arXiv 2301.08243",
        "loss": "smooth-l1",
        "notes": _ALONE if alone else "",
        "samplers": (("ijepa_multiblock", _mask(request.checkpoint)),),
    }
    predictor = _predictor(request, found, config, settings) if "masked" in found and request.wants("masked") else None
    tag = request.checkpoint.setting("pretrained_cfg.tag")
    if isinstance(tag, str) and tag:
        settings.note("training", tag[:80], "given", "pretrained_cfg.tag in config.json")
    elif alone and len(found) == 1:
        settings.note("training", "I-JEPA", "assumed", "an encoder alone has the names of any timm vision transformer without class token")
    preparation = _preparation(settings, size, config.patch)
    numbered = predictor is not None and predictor.mask_tokens > 1
    ignore: dict[str, dict[str, str]] = {part: {"head.weight": _HEAD, "head.bias": _HEAD} for part in found if part.startswith("encoder")}
    facts = settings.close()
    return VitPlan("ijepa", "I-JEPA", request, found, config, predictor, preparation, facts, card, ignore, default_token=int(numbered))


def _preparation(settings: Settings, size: tuple[int, int], patch: int) -> Preparation:
    """As published, or as timm's pretrained_cfg beside the file says.

    Raises:
        CheckpointError: it says what cannot be done.
    """
    checkpoint = settings.request.checkpoint
    said = checkpoint.setting("pretrained_cfg")
    published = Preparation(size, patch, video=False, resample="antialiased")
    if not isinstance(said, Mapping):
        return stored_preparation(settings, published) or settle_preparation(settings, published, why=_PREPARED)
    way = {"bicubic": "bicubic", "bilinear": "antialiased"}.get(str(said.get("interpolation", "bicubic")))
    share, mode = said.get("crop_pct", 0.875), said.get("crop_mode", "center")
    if way is None or mode not in ("center", None) or isinstance(share, bool) or not isinstance(share, int | float) or not 0.1 <= share <= 1:
        what = f"pretrained_cfg has interpolation {said.get('interpolation')!r}, crop_mode {mode!r} and crop_pct {share!r}"
        fix = "read are bicubic and bilinear, center, and 0.1 to 1; mend the json, or move it and give resize= and resample="
        raise CheckpointError(what[:300], where=checkpoint.config_path, fix=fix)
    short = max(floor(min(size) / share), min(size))
    timm = replace(published, rule="crop", short=short, resample=cast(Resample, way))
    places = {"mean": ("pretrained_cfg.mean",), "std": ("pretrained_cfg.std",)}
    return settle_preparation(settings, timm, why="pretrained_cfg in config.json", origin="given", config=places)


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
    return PredictorConfig(embed[0], stack.depth, heads, stack.hidden, count_mask_tokens(names))


def _mask(checkpoint: Checkpoint) -> dict[str, Any]:
    said = checkpoint.setting("mask")
    return renamed(said, _MASK_NAMES) if isinstance(said, Mapping) else {}


register(
    "ijepa",
    signs="encoder or target_encoder with a 4-dimensional patch_embed.proj.weight and pos_embed, no cls_token",
    telling=("patch_embed.proj.weight", "pos_embed", "blocks.0.attn.qkv.weight", "blocks.0.mlp.fc1.weight", "norm.weight"),
    recognise=recognise,
    plan=plan,
    overrides={"predictor_heads": "attention heads of the predictor; the encoder's unless given", **IMAGE_OVERRIDES},
)
