"""LeVJEPA: the folder of its video encoder (galilai-group/LeVJEPA-VideoMix-Large), with a class token and attention that is causal over frames.

Its own modelling code was not read. Layout and forward pass are those of jepa.cpp and of a re-implementation, which agree with each other;
what rests on them alone is reported as assumed.
"""

from __future__ import annotations

from typing import Any

from workbench.checkpoints import Checkpoint
from workbench.core.card import Origin
from workbench.core.errors import CheckpointError
from workbench.families.parts import Names, names_by_group
from workbench.families.prepare import Preparation
from workbench.families.prepare_settings import VIDEO_OVERRIDES, settle_preparation
from workbench.families.registry import Request, register
from workbench.families.settings import Settings, frames_parser, size_parser
from workbench.families.sizes import by_shape
from workbench.families.video_family import is_levjepa
from workbench.families.vit_family import GROUPS, VitPlan, found_parts, shape_of, tower
from workbench.nn.levjepa import LevjepaConfig, LevjepaEncoder

_KERNEL = "patch_embed.proj.weight"
_MUST: dict[str, Any] = {"use_rope": True, "qkv_bias": True, "in_chans": 3}
_MODES = {"block_causal": True, "full": False}
_CODE = "LeVJEPA's own code was not read: as jepa.cpp and a re-implementation have it"
_PREPARED = "short side to the size, bicubic, middle: the model card, as jepa.cpp cites it"
_NOTES = (
    "A video encoder alone: the file has no predictor, so masks and predictions cannot be shown. "
    "Its own code was not read; the numbers agree with two other implementations."
)


def recognise(checkpoint: Checkpoint) -> bool:
    """An encoder with a patch kernel of one frame and a class token, without a predictor."""
    groups = names_by_group(checkpoint)
    return is_levjepa(checkpoint, groups.get("encoder", {})) and "predictor" not in groups


def plan(request: Request) -> VitPlan:
    """Everything but the weights.

    Raises:
        CheckpointError: the tensors contradict each other or the json. AmbiguousModel: the number of heads, frames or pixels is not stated.
    """
    request.one_file()
    found, settings = found_parts(request, {"encoder": "encoder_context"}), Settings(request)
    config = _config(settings, found["encoder_context"])
    size = settings.settle(
        "image_size",
        parse=size_parser(config.patch),
        options=f"give image_size=(height, width) in multiples of {config.patch}",
        standin=(config.patch, config.patch),
        config=("img_size",),
        table=((224, 224), "assumed", "as the published LeVJEPA; the encoder takes any size") if _published(config) else None,
    )
    prepared = Preparation(size, config.patch, config.tubelet, short=min(size), resample="bicubic")
    preparation = settle_preparation(settings, prepared, why=_PREPARED, origin="assumed")
    card = {"loss": "l2", "frames": config.frames, "notes": _NOTES, "unit": "features"}
    return VitPlan(
        "levjepa",
        "LeVJEPA",
        request,
        found,
        config,
        None,
        preparation,
        settings.close(),
        card,
        groups={"encoder": GROUPS["encoder"]},
        encoding=LevjepaEncoder,
    )


def _config(settings: Settings, names: Names) -> LevjepaConfig:
    checkpoint = settings.request.checkpoint
    for name, wanted in _MUST.items():
        said = checkpoint.setting(name)
        if said not in (None, wanted):
            what = f"{name} is {said!r:.80}, only {wanted!r} is read"
            raise CheckpointError(what, where=checkpoint.config_path, fix="no other LeVJEPA is known; if the json is not its own, move it")
    kernel = shape_of(checkpoint, names, _KERNEL) or ()
    if len(kernel) != 5 or kernel[1:3] != (3, 1) or kernel[3] != kernel[4] or min(kernel) < 1:
        what = f"{_KERNEL} is {list(kernel)}, not (dim, 3, 1, patch, patch)"
        raise CheckpointError(what, where=str(checkpoint.path), fix="open another file")
    dim, patch, stack = kernel[0], kernel[3], tower(checkpoint, names, "blocks", kernel[0])
    for name, value, why in (("patch", patch, _KERNEL), ("dim", dim, _KERNEL), ("depth", stack.depth, "blocks")):
        settings.note(name, value, "read", why)
    settings.note(
        "encoder", "context", "read", "the only encoder; the published one is an average over the training, and nothing is predicted from it"
    )
    size = by_shape(dim, stack.depth, stack.hidden, without=("vit_giant",))
    table: tuple[int, Origin, str] | None = None
    if size is not None:
        table = (size.heads, "inferred", f"published size {size.short}: {dim} wide, {stack.depth} deep")
    heads = settings.heads("heads", dim, rotary=True, config=("num_heads",), table=table)
    causal = settings.settle(
        "attention",
        parse=_mode,
        options='give attention="block_causal" or "full"',
        standin=True,
        config=("attn_mode",),
        table=("block_causal", "assumed", "as the published LeVJEPA"),
    )
    settings.note("positions", "rotary, as V-JEPA 2; none for the class token", "assumed", _CODE)
    settings.note("layer_norm_eps", 1e-6, "assumed", _CODE)
    frames = settings.settle(
        "frames",
        parse=frames_parser(1),
        options="give frames=…: how many a clip had in training",
        standin=1,
        config=("num_frames",),
        table=(16, "assumed", "as the published LeVJEPA") if size is not None and patch == 16 else None,
    )
    return LevjepaConfig(dim, stack.depth, heads, stack.hidden, patch, causal=causal, frames=frames)


def _mode(value: Any) -> bool:
    if not isinstance(value, str) or value not in _MODES:
        raise ValueError(f"attention is one of {', '.join(_MODES)}")
    return _MODES[value]


def _published(config: LevjepaConfig) -> bool:
    return config.patch == 16 and by_shape(config.dim, config.depth, config.hidden, without=("vit_giant",)) is not None


register(
    "levjepa",
    signs="encoder with cls_token and a patch_embed.proj.weight of (dim, 3, 1, patch, patch); no predictor",
    telling=("encoder.cls_token", f"encoder.{_KERNEL}", "encoder.blocks.0.attn.qkv.weight", "encoder.norm.weight"),
    recognise=recognise,
    plan=plan,
    overrides={
        "heads": "attention heads",
        "image_size": "(height, width) in pixels to prepare clips at",
        "frames": "frames of a clip in training; others are welcome",
        "attention": '"block_causal": a patch sees no later frame and not the class token; "full": everything sees everything',
        **VIDEO_OVERRIDES,
    },
)
