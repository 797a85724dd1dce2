"""V-JEPA (arXiv 2404.08471): the official .pth.tar with encoder, target_encoder and predictor, and stored tables of positions.

Clips of other sizes and lengths get the table stretched, trilinear as in the official encoder. The official predictor has no way
to other sizes; here its table is stretched alike. Training served the two mask tokens by mask: 0 with short-range masks, 1 with
long-range ones; asked without a choice, the official predictor takes 1.
"""

from __future__ import annotations

from collections.abc import Sequence
from math import isqrt
from typing import Any

from workbench.checkpoints import Checkpoint
from workbench.core.card import Origin
from workbench.core.errors import CheckpointError
from workbench.families.parts import Names
from workbench.families.prepare import Preparation
from workbench.families.prepare_settings import VIDEO_OVERRIDES, settle_preparation
from workbench.families.registry import Request, register
from workbench.families.settings import Settings, size_parser
from workbench.families.video_family import (
    FRAMES,
    KERNEL,
    Trunk,
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

_PUBLISHED_FRAMES, _DEFAULT_TOKEN = 16, 1
_PREPARED = "as the official evaluation"
_MOST_PLACES = 1 << 20
_NEVER = ("vit_giant_xformers", "vit_gigantic_xformers")


def recognise(checkpoint: Checkpoint) -> bool:
    """Tables of positions for encoder and predictor, and at most two mask tokens; of a V-JEPA on stills, numbered mask tokens.

    Raises:
        AmbiguousModel: an encoder alone, which could be V-JEPA 2's.
    """
    return kind(checkpoint) == "vjepa"


def plan(request: Request) -> VitPlan:
    """Everything but the weights.

    Raises:
        CheckpointError: the tensors contradict each other. AmbiguousModel: the number of heads, or of frames per clip, is not stated.
    """
    request.one_file()
    found, settings = found_parts(request), Settings(request)
    names = encoder_names(request.checkpoint, found, KERNEL)
    c = trunk(settings, names, rotary=False, without=_NEVER, stills=True)
    note_single_encoder(settings, found, GROUPS)
    frames = _frames(settings, names, c)
    ticks, side = frames // c.tubelet, isqrt(_places(request.checkpoint, names, c) // (frames // c.tubelet))
    uniform = request.checkpoint.setting("model.uniform_power") is not False
    table = (side, side) if c.flat else (ticks, side, side)
    config = VitConfig(c.dim, c.depth, c.heads, c.hidden, c.patch, c.tubelet, table=table, uniform=uniform)
    size = _size(settings, c, (ticks, side, side))
    predictor = _predictor(request, found["masked"], settings, c) if "masked" in found and request.wants("masked") else None
    prepared = Preparation(size, c.patch, c.tubelet, video=not c.flat)
    preparation = settle_preparation(settings, prepared, why=_PREPARED, config={"fps": ("data.fps",)})
    notes = (
        ""
        if c.flat
        else f"Clips of other than {frames} frames get positions stretched in time. Mask token 0 was trained with short-range masks, 1 with long."
    )
    card = {"paper": "arXiv 2404.08471", "loss": "l1", "frames": frames, "samplers": masks(request.checkpoint), "notes": notes}
    facts = settings.close()
    return VitPlan("vjepa", "V-JEPA", request, found, config, predictor, preparation, facts, card, default_token=_DEFAULT_TOKEN)


def _places(checkpoint: Checkpoint, names: Names, c: Trunk) -> int:
    places = shape_of(checkpoint, names, "pos_embed")
    if places is None or len(places) != 3 or places[2] != c.dim or not _ticks(places[1], c.flat):
        wanted = f"(1, side², {c.dim})" if c.flat else f"(1, ticks·side², {c.dim})"
        fix = "open another file" if c.flat else "family='vjepa2' if its positions are rotary"
        raise CheckpointError(f"pos_embed is {places}, not {wanted}", where=str(checkpoint.path), fix=fix)
    return places[1]


def _ticks(places: int, flat: bool) -> list[int]:
    """Into how many ticks of a square of more than one place a table can be cut."""
    most = 1 if flat else places // 4
    return [t for t in range(1, most + 1) if places % t == 0 and isqrt(places // t) ** 2 == places // t] if 0 < places <= _MOST_PLACES else []


def _frames(settings: Settings, names: Names, c: Trunk) -> int:
    """Frames of a clip in training: they say how the table is cut."""
    places = _places(settings.request.checkpoint, names, c)
    fitting = _ticks(places, c.flat)
    told = "; ".join(f"frames={t * c.tubelet}: {t} of {isqrt(places // t)}×{isqrt(places // t)}" for t in fitting)

    def parse(value: Any) -> int:
        frames: Any = max(value) if isinstance(value, Sequence) and not isinstance(value, str) and value else value
        if isinstance(frames, bool) or int(frames) != frames or frames % c.tubelet or frames // c.tubelet not in fitting:
            raise ValueError(f"the table has {places} places, which are then no ticks of a square")
        return int(frames)

    ticks = _PUBLISHED_FRAMES // c.tubelet
    table: tuple[int, Origin, str] | None = None
    if c.flat:
        table = (1, "read", f"{KERNEL} has no duration")
    elif c.published is not None and ticks in fitting:
        side = isqrt(places // ticks)
        table = (_PUBLISHED_FRAMES, "assumed", f"as all published V-JEPA: {places} places are then {ticks} ticks of {side}×{side}")
    elif len(fitting) == 1:
        table = (fitting[0] * c.tubelet, "inferred", f"the only way to cut {places} places into ticks of a square")
    options = f"give frames=…, how many a clip had in training; the {places} places of pos_embed are ticks of a square: {told}"
    return settings.settle("frames", parse=parse, options=options, standin=fitting[0] * c.tubelet, config=() if c.flat else FRAMES, table=table)


def _size(settings: Settings, c: Trunk, table: tuple[int, int, int]) -> tuple[int, int]:
    native = (table[1] * c.patch, table[2] * c.patch)
    size = settings.settle(
        "image_size",
        parse=size_parser(c.patch),
        options=f"give (height, width) in multiples of {c.patch}",
        standin=native,
        table=(native, "inferred", f"pos_embed has {table[1]}×{table[2]} places of {c.patch} pixels a tick"),
    )
    if size != native:
        how = "bicubic" if c.flat else "trilinear"
        why = f"{how}, as the official encoder; the official predictor has no way to other sizes, here its table is stretched alike"
        settings.note("position table", f"resized from {table[1]}×{table[2]}", "assumed", why)
    return size


def _predictor(request: Request, names: Names, settings: Settings, c: Trunk) -> PredictorConfig:
    stack = predictor_tower(request, names)
    table: tuple[int, Origin, str] | None = None
    if stack.dim % c.heads == 0:
        table = (c.heads, "inferred", "V-JEPA's predictor has as many heads as its encoder")
    heads = predictor_heads(settings, stack.dim, rotary=False, table=table)
    tokens = max(count_mask_tokens(names), 1)
    why = "as the official predictor where nothing is asked for; training took 0 for the first kind of mask, 1 for the second"
    settings.note("mask_token", _DEFAULT_TOKEN % tokens, "assumed", why)
    return PredictorConfig(stack.dim, stack.depth, heads, stack.hidden, tokens)


register(
    "vjepa",
    signs="encoder or target_encoder with a 5-dimensional patch_embed.proj.weight and pos_embed; a predictor with predictor_pos_embed and at most two mask_tokens",
    telling=("patch_embed.proj.weight", "pos_embed", "blocks.0.attn.qkv.weight", "predictor_pos_embed", "mask_tokens.0"),
    recognise=recognise,
    plan=plan,
    overrides={
        "heads": "attention heads of the encoder",
        "predictor_heads": "attention heads of the predictor; the encoder's unless given",
        "frames": "frames of a clip in training, which say how the position table is cut; clips of other lengths are welcome",
        "image_size": "(height, width) in pixels to prepare clips at; other than trained stretches the position table",
        **VIDEO_OVERRIDES,
    },
)
