"""V-JEPA 2 (arXiv 2506.09985): the official .pt with encoder, target_encoder and predictor, and rotary positions as published.

Any resolution, also not square, and any number of frames. On a grid that is not square this predictor differs from the
official one on purpose: the official predictor takes rows and columns from a square of the configured height, so that
tokens get wrong places; here they get their true ones. On square grids the two agree.
"""

from __future__ import annotations

from math import isqrt

from workbench.checkpoints import Checkpoint
from workbench.core.card import Origin
from workbench.families.parts import Names
from workbench.families.prepare import Preparation
from workbench.families.prepare_settings import VIDEO_OVERRIDES, settle_preparation
from workbench.families.registry import Request, register
from workbench.families.settings import Settings, frames_parser, size_parser
from workbench.families.sizes import Size
from workbench.families.video_family import (
    FRAMES,
    KERNEL,
    count_mask_tokens,
    kind,
    masks,
    note_single_encoder,
    predictor_heads,
    predictor_tower,
    trunk,
)
from workbench.families.vit_family import GROUPS, VitPlan, encoder_names, found_parts, shape_of
from workbench.nn.vit import PredictorConfig, VitConfig

_PUBLISHED_FRAMES, _PUBLISHED_SIDE, _PUBLISHED_RATE = 64, 256, 4.0
_PREPARED = "as the official evaluation"
_STRAY = "positions are rotary; the official loader drops this table too"
_IGNORE = {
    "encoder_context": {"pos_embed": _STRAY},
    "encoder_target": {"pos_embed": _STRAY},
    "masked": {"predictor_pos_embed": _STRAY},
}


def recognise(checkpoint: Checkpoint) -> bool:
    """A patch kernel with a duration, and no sign of V-JEPA 1, of V-JEPA 2.1 or of an action-conditioned predictor.

    Raises:
        AmbiguousModel: an encoder alone with a position table, which V-JEPA 1 uses and V-JEPA 2 only carries along.
    """
    return kind(checkpoint) == "vjepa2"


def plan(request: Request) -> VitPlan:
    """Everything but the weights.

    Raises:
        CheckpointError: the tensors contradict each other. AmbiguousModel: the number of heads, or the image size of training, is not stated.
    """
    request.one_file()
    found, settings = found_parts(request), Settings(request)
    names = encoder_names(request.checkpoint, found, KERNEL)
    c = trunk(settings, names, rotary=True, without=("vit_giant",))
    config, published = VitConfig(c.dim, c.depth, c.heads, c.hidden, c.patch, c.tubelet), c.published
    note_single_encoder(settings, found, GROUPS)
    frames = settings.settle(
        "frames",
        parse=frames_parser(config.tubelet),
        options=f"give frames=…, a multiple of {config.tubelet}: how many a clip had in training",
        standin=config.tubelet,
        config=FRAMES,
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
    card = {"paper": "arXiv 2506.09985", "loss": "l1", "frames": frames, "samplers": masks(request.checkpoint)}
    prepared = Preparation(size, config.patch, config.tubelet, fps=_PUBLISHED_RATE if published else None)
    preparation = settle_preparation(settings, prepared, why=_PREPARED, config={"fps": ("data.fps",)})
    facts = settings.close()
    return VitPlan("vjepa2", "V-JEPA 2", request, found, config, predictor, preparation, facts, card, _IGNORE, default_token=1)


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
    stack = predictor_tower(request, names)
    published: tuple[int, Origin, str] | None = None
    if (stack.dim, stack.depth) == (384, 12):
        published = (12, "inferred", "published predictor: 384 wide, 12 deep")
    heads = predictor_heads(settings, stack.dim, rotary=True, table=published)
    return PredictorConfig(stack.dim, stack.depth, heads, stack.hidden, max(count_mask_tokens(names), 1))


register(
    "vjepa2",
    signs="encoder or target_encoder with a 5-dimensional patch_embed.proj.weight; a predictor with more than two mask_tokens or no predictor_pos_embed",
    telling=(
        "patch_embed.proj.weight",
        "blocks.0.attn.qkv.weight",
        "blocks.0.mlp.fc1.weight",
        "predictor_embed.weight",
        "mask_tokens.0",
        "predictor_blocks.0.attn.qkv.weight",
    ),
    recognise=recognise,
    plan=plan,
    overrides={
        "heads": "attention heads of the encoder",
        "predictor_heads": "attention heads of the predictor",
        "image_size": "(height, width) in pixels to prepare clips at",
        "frames": "frames of a clip in training; others are welcome",
        **VIDEO_OVERRIDES,
    },
)
