"""jepa-wms (arXiv 2512.24497): the official .pth.tar with a predictor of frames; its image encoder and its decoder lie in files of their own.

`load(path, encoder="dinov2_vits14_pretrain.pth", decoder=…)`. Predictors with AdaLN (JEPA-WM) and those of DINO-WM's shape. One step of a
rollout is one of the official `unroll` from one frame on; with more frames of context each goes with its own action, where the official
code pairs the first action with the last frame.
"""

from __future__ import annotations

from math import isqrt
from typing import Any

from workbench.checkpoints import Checkpoint
from workbench.core.card import Origin
from workbench.core.errors import BadInput, CheckpointError
from workbench.families.actions import ACTION_OVERRIDES
from workbench.families.environments import ENVIRONMENT_OVERRIDES
from workbench.families.frame_decoders import DECODER_OVERRIDES
from workbench.families.frame_world import FrameFamily, RunConfig
from workbench.families.frozen_encoder import FrozenEncoder
from workbench.families.prepare import IMAGENET_MEAN, IMAGENET_STD, Preparation
from workbench.families.prepare_settings import PREPARE_OVERRIDES, parse_mean, parse_std, settle_preparation
from workbench.families.registry import Request, register
from workbench.families.settings import Settings, size_parser
from workbench.families.world_sizes import ADALN_SIGN, JOINED_SIGN, adaln_plan, backbone_of, joined_plan, world_groups
from workbench.model.jepa import Jepa

_HALF = (0.5, 0.5, 0.5)
_WINDOW, _MOST = 2, 4
_SIDES = {14: 224, 16: 256}  # of the published models, by the patch of their encoder


def recognise(checkpoint: Checkpoint) -> bool:
    """Blocks with their own modulation; or DINO-WM's predictor as this code saves it: wrapped, or with its mask beside the weights."""
    predictor = world_groups(checkpoint)["predictor"]
    if backbone_of(checkpoint) is not None:
        return False  # PreJEPA's
    if ADALN_SIGN in predictor:
        return True
    wrapped = predictor.get(JOINED_SIGN, "").startswith("predictor.module.")
    return JOINED_SIGN in predictor and (wrapped or "transformer.layers.0.0.bias" in predictor)


def plan(request: Request) -> FrameFamily:
    """Everything but the weights and the encoder.

    Raises:
        CheckpointError: the tensors contradict each other.
    """
    settings, groups = Settings(request), world_groups(request.checkpoint)
    heads = _model("predictor.pred_num_heads")
    adaln = ADALN_SIGN in groups["predictor"]
    if adaln:
        world, places = adaln_plan(request.checkpoint, groups, settings, heads), 0
        _causal(request.checkpoint)
    else:
        world, places = joined_plan(request.checkpoint, groups, settings, heads)
    card = {"paper": "arXiv 2512.24497", "notes": _NOTES if world.states else ""}
    needed = _needed(world.features, adaln=adaln)
    return FrameFamily("jepa_wms", request, settings, world, lambda encoder: _habits(settings, encoder, places, adaln=adaln), needed, card)


_NOTES = "Its states are the features of proprioception that the predictor predicts, in every token; they are not turned back into numbers."


def _habits(settings: Settings, encoder: FrozenEncoder, places: int, *, adaln: bool) -> RunConfig:
    window = settings.settle("window", parse=_count, options="give a number of frames", standin=1, config=_WINDOWS, table=(_WINDOW, "assumed", _PLAN))
    most = _MOST if places == 0 else 0
    patch = encoder.config.patch
    size = settings.settle(
        "image_size",
        parse=size_parser(patch),
        options=f"give image_size=(height, width) in multiples of {patch}",
        standin=(patch, patch),
        config=_data("img_size"),
        table=_size(places, patch),
    )
    if places:
        tokens = (size[0] // patch) * (size[1] // patch)
        if places % tokens:
            what = f"the predictor has {places} places, frames of {size[0]}×{size[1]} have {tokens} tokens: that is no whole number of frames"
            raise CheckpointError(what, where=str(settings.request.checkpoint.path), fix="give image_size= as it was in training")
        most = settings.note("frames", places // tokens, "read", f"pos_embedding has {places} places, a frame {tokens} tokens")
        if settings.request.overrides.get("frames") not in (None, most):
            what = f"frames={settings.request.overrides['frames']!r} does not fit: the table of positions is for {most}"
            raise BadInput(what, where="frames=", fix=f"leave it out, or give {most}")
    else:
        most = settings.settle(
            "frames",
            parse=_count,
            options="give a number of frames",
            standin=1,
            config=_model("num_frames_pred"),
            table=(_MOST, "assumed", "as all published jepa-wms"),
        )
    if window > most:
        what = f"a rollout that looks back on {window} frames asks more than the {most} of training"
        raise CheckpointError(what, where=str(settings.request.checkpoint.path), fix=f"give window= at most {most}")
    return RunConfig(_preparation(settings, size, patch, adaln=adaln), window, most, _normed(settings, encoder))


def _preparation(settings: Settings, size: tuple[int, int], patch: int, *, adaln: bool) -> Preparation:
    mean, std = (IMAGENET_MEAN, IMAGENET_STD) if adaln else (_HALF, _HALF)
    origin: Origin = "inferred"
    why = "as the published JEPA-WMs" if adaln else "as the published DINO-WMs of jepa-wms"
    checkpoint = settings.request.checkpoint
    for place in ("data_aug.normalize", "model_kwargs.data_aug.normalize"):
        said = checkpoint.setting(place)
        if isinstance(said, list) and len(said) == 2:
            try:
                mean, std = parse_mean(said[0]), parse_std(said[1])
            except ValueError as err:
                raise CheckpointError(f"{place}: {said!r} does not fit: {err}", where=checkpoint.config_path, fix="mend it, or move it") from err
            origin, why = "given", f"{place} in {checkpoint.config_path.rpartition('/')[2]}"
    published = Preparation(size, patch, mean=mean, std=std, rule="crop", short=min(size))
    return settle_preparation(settings, published, why=why, origin=origin)


def _normed(settings: Settings, encoder: FrozenEncoder) -> bool:
    """Whether tokens are layer-normed: published ones on DINOv2 are not; on a V-JEPA it must be said."""
    table: tuple[bool, Origin, str] | None = (
        None if encoder.video else (False, "inferred", "published predictors on DINOv2 take its features as they are")
    )
    return settings.settle(
        "layer_norm", parse=_flag, options="give layer_norm=True or False", standin=False, config=_model("wm_encoding.normalize_reps"), table=table
    )


def _size(places: int, patch: int) -> tuple[tuple[int, int], Origin, str] | None:
    if places and places % _MOST == 0 and isqrt(places // _MOST) ** 2 == places // _MOST:
        side = isqrt(places // _MOST)
        return (side * patch, side * patch), "inferred", f"pos_embedding has {places} places: {_MOST} frames, as published, of {side}×{side}"
    if places == 0 and patch in _SIDES:
        return (_SIDES[patch], _SIDES[patch]), "assumed", f"as published with patches of {patch} pixels"
    return None


def _causal(checkpoint: Checkpoint) -> None:
    """The blocks see no later frame unless the settings switched the mask off.

    Raises:
        CheckpointError: they did.
    """
    for place in ("attn", "model.attn", "model_kwargs.pretrain_kwargs.attn"):
        said = checkpoint.setting(place)
        if isinstance(said, dict) and said and all(isinstance(v, int) and v <= 0 for v in said.values()):
            what = f"{place} switches the mask over time off: this predictor sees later frames"
            raise CheckpointError(what, where=checkpoint.config_path, fix="predictors without it are not read")


def _needed(features: int, *, adaln: bool) -> str:
    known = {
        384: "DINOv2 ViT-S/14 (dinov2_vits14_pretrain.pth)" + (", or DINOv3 ViT-S/16 if it was trained at 256 pixels" if adaln else ""),
        768: "DINOv2 ViT-B/14 (dinov2_vitb14_pretrain.pth)",
        1024: "DINOv3 ViT-L/16 (dinov3_vitl16_pretrain_lvd1689m-….pth)" if adaln else "DINOv2 ViT-L/14 (dinov2_vitl14_pretrain.pth)",
        1408: "V-JEPA 2 ViT-g/16 (vitg.pt)",
    }
    return known.get(features, f"an image encoder whose tokens have {features} features")


def _model(name: str) -> tuple[str, ...]:
    return f"model.{name}", f"model_kwargs.pretrain_kwargs.{name}"


def _data(name: str) -> tuple[str, ...]:
    return f"data.{name}", f"model_kwargs.data.{name}"


_WINDOWS, _PLAN = ("model_kwargs.wrapper_kwargs.ctxt_window",), "as the published planning (ctxt_window)"


def _count(value: Any) -> int:
    if isinstance(value, bool) or int(value) != value or not 1 <= value <= 4096:
        raise ValueError("it is a whole number of frames, at least 1")
    return int(value)


def _flag(value: Any) -> bool:
    if not isinstance(value, bool):
        raise ValueError("it is True or False")
    return value


def _own_mask(checkpoint: Checkpoint, jepa: Jepa) -> None:
    """Where the mask over time is stored, it tells how many tokens a frame has.

    Raises:
        CheckpointError: it has another number than the frames that were settled.
    """
    stored = world_groups(checkpoint)["predictor"].get("transformer.layers.0.0.bias")
    if stored is not None and jepa.dynamics is not None:
        (height, width), (tall, wide) = jepa.card.image_size, jepa.card.patch
        ours, theirs = (height // tall) * (width // wide), int(checkpoint.value(stored).flatten(0, -2)[0].sum())
        if ours != theirs:
            what = f"frames of {height}×{width} have {ours} tokens, by its own mask the predictor was trained on {theirs} a frame"
            raise CheckpointError(what, where=str(checkpoint.path), fix="give image_size= as it was in training")


def build(request: Request) -> Jepa:
    """The model with its weights."""
    jepa = plan(request).build()
    _own_mask(request.checkpoint, jepa)
    return jepa


register(
    "jepa_wms",
    signs="a predictor with predictor_blocks.N.adaLN_modulation, or with transformer.layers.N.0.to_qkv behind module. or beside its mask",
    telling=("predictor.predictor_blocks.0.adaLN_modulation.1.weight", "action_encoder.patch_embed.weight"),
    recognise=recognise,
    plan=plan,
    build=build,
    overrides={
        "heads": "attention heads of the encoder",
        "predictor_heads": "attention heads of the predictor",
        "image_size": "(height, width) in pixels to prepare clips at",
        "frames": "frames of a clip in training: what a teacher-forced answer looks back on",
        "window": "frames that a rollout looks back on",
        "layer_norm": "True: tokens are layer-normed before and after the predictor",
        **ACTION_OVERRIDES,
        **ENVIRONMENT_OVERRIDES,
        **DECODER_OVERRIDES,
        **PREPARE_OVERRIDES,
    },
)
