"""DINO-WM (arXiv 2411.04983): what `jepa-workbench convert` makes of its pickled files, with DINOv2 as encoder=.

Names are "<entry>.<parameter>": predictor.pos_embedding, action_encoder.patch_embed.weight, decoder.dec.blocks.0.weight. Frames are prepared
at 16 pixels a token, as its decoder draws them, and resized on their way into the encoder.
"""

from __future__ import annotations

from math import isqrt
from typing import Any

from workbench.checkpoints import Checkpoint
from workbench.core.card import Origin
from workbench.core.errors import CheckpointError
from workbench.families.actions import ACTION_OVERRIDES
from workbench.families.environments import ENVIRONMENT_OVERRIDES
from workbench.families.frame_decoders import DECODER_OVERRIDES
from workbench.families.frame_world import FrameFamily, RunConfig
from workbench.families.frozen_encoder import FrozenEncoder, encoder_names
from workbench.families.prepare import Preparation
from workbench.families.prepare_settings import PREPARE_OVERRIDES, settle_preparation
from workbench.families.registry import Request, register
from workbench.families.settings import Settings, size_parser
from workbench.families.world_sizes import JOINED_SIGN, backbone_of, joined_plan, world_groups

_CELL, _HISTORY = 16, 3  # pixels a token, of the decoder; frames a predictor was trained on, as published
_HALF = (0.5, 0.5, 0.5)
_PREPARED = "as in training: torchvision, pixels from −1 to 1"
_NOTES = "Its states are the features of proprioception that the predictor predicts, in every token; they are not turned back into numbers."


def recognise(checkpoint: Checkpoint) -> bool:
    """DINO-WM's predictor as its own code makes it: neither wrapped nor with its mask beside the weights."""
    predictor = world_groups(checkpoint)["predictor"]
    stored = predictor.get(JOINED_SIGN, "")
    return (
        bool(stored)
        and backbone_of(checkpoint) is None
        and not stored.startswith("predictor.module.")
        and "transformer.layers.0.0.bias" not in predictor
    )


def plan(request: Request) -> FrameFamily:
    """Everything but the weights and the encoder.

    Raises:
        CheckpointError: the tensors contradict each other.
    """
    settings, groups = Settings(request), world_groups(request.checkpoint)
    world, places = joined_plan(request.checkpoint, groups, settings, ("predictor.heads",))
    card = {"paper": "arXiv 2411.04983", "notes": _NOTES if world.states else ""}
    own = request.checkpoint if encoder_names(request.checkpoint) else None
    needed = (
        "DINOv2 ViT-S/14 (dinov2_vits14_pretrain.pth)" if world.features == 384 else f"an image encoder whose tokens have {world.features} features"
    )
    return FrameFamily("dino_wm", request, settings, world, lambda encoder: _habits(settings, encoder, places), needed, card, own)


def _habits(settings: Settings, encoder: FrozenEncoder, places: int) -> RunConfig:
    checkpoint = settings.request.checkpoint
    if encoder.video:
        raise CheckpointError("DINO-WM was trained on image encoders, this one is V-JEPA 2", where="encoder=", fix="give a DINOv2 backbone")
    most = settings.settle(
        "frames",
        parse=_count,
        options="give frames=…: num_hist of the training",
        standin=1,
        config=("num_hist",),
        table=(_HISTORY, "assumed", "as published (num_hist)"),
    )
    tokens, rest = divmod(places, most)
    side = isqrt(tokens)
    if rest or side**2 != tokens or side < 1:
        what = f"the predictor has {places} places: not {most} frames of a square of tokens"
        raise CheckpointError(what, where=str(checkpoint.path), fix="give frames=…, num_hist of the training")
    table: tuple[Any, Origin, str] = ((side * _CELL,) * 2, "inferred", f"pos_embedding has {places} places: {most} frames of {side}×{side} tokens")
    size = settings.settle("image_size", parse=size_parser(_CELL), options="multiples of 16", standin=None, config=("img_size",), table=table)
    if (size[0] // _CELL, size[1] // _CELL) != (side, side):
        what = f"frames of {size[0]}×{size[1]} have {size[0] // _CELL}×{size[1] // _CELL} tokens, the predictor has places for {side}×{side}"
        raise CheckpointError(what, where="image_size", fix=f"its frames have {side * _CELL}×{side * _CELL} pixels")
    inner = side * encoder.config.patch
    settings.note("encoder's pixels", f"{inner}×{inner}", "inferred", f"{side} patches of {encoder.config.patch}: frames are resized on their way in")
    published = Preparation(size, _CELL, mean=_HALF, std=_HALF, rule="crop", short=min(size), resample="antialiased")
    window = settings.settle(
        "window", parse=_count, options="give a number of frames", standin=1, table=(most, "inferred", "as the official rollout")
    )
    if window > most:
        what = f"a rollout that looks back on {window} frames asks more than the {most} of training"
        raise CheckpointError(what, where="window", fix=f"at most {most}")
    return RunConfig(settle_preparation(settings, published, why=_PREPARED), window, most, cell=_CELL)


def _count(value: Any) -> int:
    if isinstance(value, bool) or int(value) != value or not 1 <= value <= 4096:
        raise ValueError("it is a whole number of frames, at least 1")
    return int(value)


register(
    "dino_wm",
    signs="a predictor with pos_embedding and transformer.layers.N.0.to_qkv, neither wrapped nor beside its mask",
    telling=("predictor.pos_embedding", "predictor.transformer.layers.0.0.to_qkv.weight", "action_encoder.patch_embed.weight"),
    recognise=recognise,
    plan=plan,
    overrides={
        "heads": "attention heads of the encoder",
        "predictor_heads": "attention heads of the predictor",
        "image_size": "(height, width) in pixels to prepare clips at, 16 a token",
        "frames": "frames of a clip in training (num_hist): what an answer looks back on",
        "window": "frames that a rollout looks back on",
        **ACTION_OVERRIDES,
        **ENVIRONMENT_OVERRIDES,
        **DECODER_OVERRIDES,
        **PREPARE_OVERRIDES,
    },
)
