"""Image encoders that are no JEPA, in Transformers' layout: ViT, MAE, DINOv2 with and without registers, DINOv3. They open so that a JEPA can be held against them.

There is no predictor: boards that need only an encoder work, frame by frame.
"""

from __future__ import annotations

from dataclasses import replace
from functools import partial
from typing import Any, cast

from workbench.checkpoints import Checkpoint
from workbench.core.card import ModelCard
from workbench.core.errors import CheckpointError
from workbench.families.frozen_encoder import FrozenEncoder, find_encoder
from workbench.families.hf_dinov3 import DINOV3_KERNEL, DINOV3_TOKENS, is_ported_dinov3
from workbench.families.hf_names import IJEPA_KERNEL
from workbench.families.hf_processor import find_processor, processed, said_size
from workbench.families.net_plan import Built, NetPlan
from workbench.families.prepare import Preparation
from workbench.families.prepare_settings import IMAGE_OVERRIDES, settle_preparation
from workbench.families.registry import Request, register
from workbench.families.settings import Settings, size_parser
from workbench.model.jepa import Jepa
from workbench.nn.class_vit import ClassVit, ClassVitConfig
from workbench.nn.frame_encoder import FrameEncoder
from workbench.nn.rope_vit import RopeVit, RopeVitConfig

_PART, _CLASS = "encoder_context", "embeddings.cls_token"
_PAPERS = {
    "dinov3_vit": "arXiv 2508.10104",
    "dinov2": "arXiv 2304.07193",
    "dinov2_with_registers": "arXiv 2309.16588",
    "vit": "arXiv 2010.11929",
    "vit_mae": "arXiv 2111.06377",
}
_TITLES = {"dinov3_vit": "DINOv3", "dinov2": "DINOv2", "dinov2_with_registers": "DINOv2 with registers", "vit": "ViT", "vit_mae": "MAE"}
_MUST = {"hidden_act": "gelu", "qkv_bias": True, "num_channels": 3, "use_swiglu_ffn": False}
_ROTARY_SIDE = 224
_NOTES = "An encoder alone, and no JEPA: it has no predictor. It is here to hold a JEPA against."


def recognise(checkpoint: Checkpoint) -> bool:
    """The patch kernel of Transformers' image encoders with a class token, and nothing in front of it."""
    kernel = checkpoint.tensors.get(IJEPA_KERNEL)
    return _CLASS in checkpoint.tensors and (is_ported_dinov3(checkpoint) or (kernel is not None and len(kernel.shape) == 4))


def plan(request: Request) -> NetPlan:
    """Everything but the weights.

    Raises:
        CheckpointError: the tensors contradict each other or the json. AmbiguousModel: the number of heads is not stated.
    """
    request.one_file()
    checkpoint, settings = request.checkpoint, Settings(request)
    for name, wanted in ({} if is_ported_dinov3(checkpoint) else _MUST).items():
        said = checkpoint.setting(name)
        if said not in (None, wanted):
            what = f"{name} is {said!r:.80}, only {wanted!r} is read"
            raise CheckpointError(what, where=checkpoint.config_path, fix="no other network of this kind is built here")
    settings.note("encoder", "context", "read", "the only encoder; nothing was trained to predict it")
    encoder = find_encoder(checkpoint, settings, places=("num_attention_heads",), ported=True)
    kind = str(checkpoint.setting("model_type"))
    if kind in _TITLES:
        settings.note("kind", _TITLES[kind], "given", "model_type in config.json")
    else:
        settings.note("kind", encoder.title, "assumed", "by its tensors; no config.json names a model_type that is known")
    preparation = _preparation(settings, encoder)
    request = replace(request, checkpoint=encoder.file)
    title = f"MAE, {encoder.title}" if kind == "vit_mae" else encoder.title
    assemble = partial(_assemble, preparation, encoder, _PAPERS.get(kind, ""))
    ignore = {_PART: dict(encoder.ignore)}
    return NetPlan("comparison", title, request, {_PART: encoder.names}, {_PART: encoder.make}, assemble, settings.close(), ignore)


def _preparation(settings: Settings, encoder: FrozenEncoder) -> Preparation:
    """As the processor's json says, else ImageNet's custom; at the size that the json makes, else at that of the position table."""
    checkpoint, config = settings.request.checkpoint, encoder.config
    said, name = find_processor(checkpoint, video=False)
    side = None if isinstance(config, RopeVitConfig) else cast(ClassVitConfig, config).side
    if side is None:
        native, known = (_ROTARY_SIDE // config.patch * config.patch,) * 2, ("inferred", "the default of DINOv3 in Transformers; it takes any size")
    else:
        native = (side[0] * config.patch, side[1] * config.patch)
        known = ("read", f"position_embeddings has {side[0]}×{side[1]} places of {config.patch} pixels")
    made = said_size(said)
    fits = made is not None and made[0] % config.patch == 0 and made[1] % config.patch == 0
    table = (made, "given", name) if fits else (native, *known)
    options = f"give (height, width) in multiples of {config.patch}"
    places = () if side is not None or fits else ("image_size",)
    size = settings.settle("image_size", parse=size_parser(config.patch), options=options, standin=native, config=places, table=cast(Any, table))
    if side is not None and size != native:
        settings.note("position table", f"resized from {side[0]}×{side[1]}", "assumed", "bicubic, as Transformers with interpolate_pos_encoding=True")
    published = Preparation(size, config.patch, resample="bicubic")
    if not name:
        return settle_preparation(settings, published, why="no processor's json: the custom of ImageNet", origin="assumed")
    asked = processed(said, str(checkpoint.path.parent / name), published)
    return settle_preparation(settings, asked, why=name, origin="given")


def _assemble(preparation: Preparation, encoder: FrozenEncoder, paper: str, built: Built) -> Jepa:
    net = cast(ClassVit | RopeVit, built.modules[_PART])
    card = ModelCard(
        "comparison",
        built.name,
        paper=paper,
        image_size=preparation.size,
        patch=(encoder.config.patch, encoder.config.patch),
        dim=encoder.config.dim,
        hashes=dict(built.hashes),
        loss="l2",
        preprocessing=preparation.sentence(),
        notes=_NOTES,
    )
    return Jepa(card, built.report, FrameEncoder(net, preparation, f"context:{built.hashes[_PART][:12]}", weights="context"), built.untrained)


register(
    "comparison",
    signs=f"an image encoder of Transformers with embeddings.cls_token: ViT, MAE, DINOv2; or, with {DINOV3_KERNEL} and {DINOV3_TOKENS}, DINOv3",
    telling=(IJEPA_KERNEL, _CLASS, "embeddings.position_embeddings", "layernorm.weight"),
    recognise=recognise,
    plan=plan,
    overrides=IMAGE_OVERRIDES,
)
