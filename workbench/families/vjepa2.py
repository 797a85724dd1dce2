"""V-JEPA 2 (arXiv 2506.09985): the official .pt with encoder, target_encoder and predictor, and rotary positions as published.

Any resolution, also not square, and any number of frames. On a grid that is not square this predictor differs from the
official one on purpose: the official predictor takes rows and columns from a square of the configured height, so that
tokens get wrong places; here they get their true ones. On square grids the two agree.
"""

from __future__ import annotations

from collections.abc import Mapping
from math import isqrt
from typing import Any

from workbench.checkpoints import Checkpoint
from workbench.core.card import LoadReport, Origin
from workbench.core.errors import AmbiguousModel, CheckpointError
from workbench.families.parts import Names, names_by_group
from workbench.families.prepare import Preparation
from workbench.families.prepare_settings import VIDEO_OVERRIDES, settle_preparation
from workbench.families.registry import Request, register
from workbench.families.settings import Settings, frames_parser, renamed, size_parser
from workbench.families.sizes import Size, by_shape
from workbench.families.vit_family import VitPlan, encoder_names, found_parts, shape_of, tower
from workbench.model.jepa import Jepa
from workbench.nn.vit import PredictorConfig, VitConfig

_KERNEL = "patch_embed.proj.weight"
_HEADS = ("meta.num_heads", "model.num_heads")
_PREDICTOR_HEADS = ("model.pred_num_heads", "meta.pred_num_heads")
_FRAMES = ("data.num_frames", "data.dataset_fpcs")
_PUBLISHED_FRAMES, _PUBLISHED_SIDE, _PUBLISHED_RATE = 64, 256, 4.0
_PREPARED = "as the official evaluation"
_STRAY = "positions are rotary; the official loader drops this table too"
_IGNORE = {
    "encoder_context": {"pos_embed": _STRAY},
    "encoder_target": {"pos_embed": _STRAY},
    "masked": {"predictor_pos_embed": _STRAY},
}
_MASK_NAMES = {  # in params-pretrain.yaml -> of the sampler "vjepa_multiblock"
    "num_blocks": "blocks",
    "spatial_scale": "spatial_scale",
    "temporal_scale": "temporal_scale",
    "aspect_ratio": "aspect",
    "max_temporal_keep": "max_temporal_keep",
    "max_keep": "max_keep",
    "full_complement": "full_complement",
    "pred_full_complement": "context_complement",
    "inv_block": "inverted",
}
_PUBLISHED_MASKS = (
    ("vjepa_multiblock", {"blocks": 8, "spatial_scale": (0.15, 0.15)}),
    ("vjepa_multiblock", {"blocks": 2, "spatial_scale": (0.7, 0.7)}),
)


def recognise(checkpoint: Checkpoint) -> bool:
    """A patch kernel with a duration, and no sign of V-JEPA 1, of V-JEPA 2.1 or of an action-conditioned predictor.

    Raises:
        AmbiguousModel: an encoder alone with a position table, which V-JEPA 1 uses and V-JEPA 2 only carries along.
    """
    groups = names_by_group(checkpoint)
    encoder = next((n for g in ("encoder", "target_encoder") if len(shape_of(checkpoint, n := groups.get(g, {}), _KERNEL) or ()) == 5), None)
    predictor = groups.get("predictor", {})
    if encoder is None or "action_encoder.weight" in predictor or checkpoint.setting("model.use_rope") is False:
        return False
    if any(n.startswith(("norms_block.", "patch_embed_img.")) for n in encoder):
        return False
    if "pos_embed" not in encoder or checkpoint.setting("model.use_rope") is True:
        return True
    if not predictor:
        fix = "family='vjepa2' if its positions are rotary; V-JEPA 1 is not read"
        raise AmbiguousModel("an encoder alone with pos_embed may be V-JEPA 1 or V-JEPA 2", where=str(checkpoint.path), fix=fix)
    return "predictor_pos_embed" not in predictor or _mask_tokens(predictor) > 2


def plan(request: Request) -> VitPlan:
    """Everything but the weights.

    Raises:
        CheckpointError: the tensors contradict each other. AmbiguousModel: nobody says how many heads, or what size it was trained at.
    """
    request.one_file()
    found, settings = found_parts(request), Settings(request)
    names = encoder_names(request.checkpoint, found, _KERNEL)
    config, published = _encoder(request.checkpoint, names, settings)
    frames = settings.settle(
        "frames",
        parse=frames_parser(config.tubelet),
        options=f"give frames=…, a multiple of {config.tubelet}: how many a clip had in training",
        standin=config.tubelet,
        config=_FRAMES,
        table=(_PUBLISHED_FRAMES, "assumed", "as all published V-JEPA 2") if published else None,
    )
    size = settings.settle(
        "image_size",
        parse=size_parser(config.patch),
        options=f"give image_size=(height, width) in multiples of {config.patch}",
        standin=(config.patch, config.patch),
        config=("data.crop_size",),
        table=_trained_size(request.checkpoint, names, config, frames, published),
    )
    predictor = _predictor(request, found["masked"], settings) if "masked" in found and request.wants("masked") else None
    card = {"paper": "arXiv 2506.09985", "loss": "l1", "frames": frames, "samplers": _masks(request.checkpoint)}
    prepared = Preparation(size, config.patch, config.tubelet, fps=_PUBLISHED_RATE if published else None)
    preparation = settle_preparation(settings, prepared, why=_PREPARED, config={"fps": ("data.fps",)})
    facts = settings.close()
    return VitPlan("vjepa2", "V-JEPA 2", request, found, config, predictor, preparation, facts, card, _IGNORE, default_token=1)


def _encoder(checkpoint: Checkpoint, names: Names, settings: Settings) -> tuple[VitConfig, Size | None]:
    kernel = shape_of(checkpoint, names, _KERNEL) or ()
    if len(kernel) != 5 or kernel[1] != 3 or kernel[3] != kernel[4] or min(kernel) < 1:
        raise CheckpointError(f"{_KERNEL} is {kernel}, not (dim, 3, tubelet, patch, patch)", where=str(checkpoint.path), fix="open another file")
    dim, tubelet, patch = kernel[0], kernel[2], kernel[3]
    stack = tower(checkpoint, names, "blocks", dim)
    for name, value in (("patch", patch), ("tubelet", tubelet), ("dim", dim)):
        settings.note(name, value, "read", _KERNEL)
    settings.note("depth", stack.depth, "read", "blocks")
    named, size = settings.named_size(dim), by_shape(dim, stack.depth, stack.hidden, without=("vit_giant",))
    table: tuple[int, Origin, str] | None = None
    if named is not None:
        table = (named[0].heads, "given", named[1])
    elif size is not None:
        table = (size.heads, "inferred", f"published size {size.short}: {dim} wide, {stack.depth} deep")
    heads = settings.heads("heads", dim, rotary=True, config=_HEADS, table=table)
    return VitConfig(dim, stack.depth, heads, stack.hidden, patch, tubelet), size if patch == 16 else None


def _trained_size(
    checkpoint: Checkpoint, names: Names, config: VitConfig, frames: int, published: Size | None
) -> tuple[tuple[int, int], Origin, str] | None:
    places = shape_of(checkpoint, names, "pos_embed")
    ticks = frames // config.tubelet
    if places is not None and len(places) == 3 and places[1] % ticks == 0 and isqrt(places[1] // ticks) ** 2 == places[1] // ticks > 0:
        side = isqrt(places[1] // ticks)
        why = f"the unused pos_embed has {places[1]} places: {ticks} ticks of {side}×{side}"
        return (side * config.patch, side * config.patch), "inferred", why
    if published is None:
        return None
    if "384" in checkpoint.path.name:
        return (384, 384), "inferred", f"the file is named {checkpoint.path.name}"
    return (_PUBLISHED_SIDE, _PUBLISHED_SIDE), "assumed", "as most published V-JEPA 2; the encoder takes any size"


def _predictor(request: Request, names: Names, settings: Settings) -> PredictorConfig:
    embed = shape_of(request.checkpoint, names, "predictor_embed.weight")
    if embed is None or len(embed) != 2:
        raise CheckpointError(
            "the predictor has no predictor_embed.weight", where=str(request.checkpoint.path), fix='load with parts=("encoder_target",)'
        )
    stack = tower(request.checkpoint, names, "predictor_blocks", embed[0])
    published: tuple[int, Origin, str] | None = None
    if (embed[0], stack.depth) == (384, 12):
        published = (12, "inferred", "published predictor: 384 wide, 12 deep")
    heads = settings.heads("predictor_heads", embed[0], rotary=True, config=_PREDICTOR_HEADS, table=published)
    return PredictorConfig(embed[0], stack.depth, heads, stack.hidden, max(_mask_tokens(names), 1))


def _mask_tokens(names: Names) -> int:
    return sum(1 for n in names if n.startswith("mask_tokens.") and n.removeprefix("mask_tokens.").isdigit())


def _masks(checkpoint: Checkpoint) -> tuple[tuple[str, dict[str, Any]], ...]:
    said = checkpoint.setting("mask")
    if not isinstance(said, list) or not said:
        return _PUBLISHED_MASKS
    return tuple(("vjepa_multiblock", renamed(one, _MASK_NAMES)) for one in said if isinstance(one, Mapping))


def build(request: Request) -> Jepa:
    """The model with its weights."""
    return plan(request).build()


def inspect(request: Request) -> LoadReport:
    """The report without the weights."""
    return plan(request).report()


register(
    "vjepa2",
    signs="encoder or target_encoder with a 5-dimensional patch_embed.proj.weight; a predictor with more than two mask_tokens or no predictor_pos_embed",
    recognise=recognise,
    build=build,
    inspect=inspect,
    overrides={
        "heads": "attention heads of the encoder",
        "predictor_heads": "attention heads of the predictor",
        "image_size": "(height, width) in pixels to prepare clips at",
        "frames": "frames of a clip in training; others are welcome",
        **VIDEO_OVERRIDES,
    },
)
