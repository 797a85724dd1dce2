"""Decoders that draw a frame from its tokens: the transformer of jepa-wms, and DINO-WM's convolutions."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from math import isqrt

from torch import nn

from workbench.checkpoints import Checkpoint
from workbench.core.card import Origin
from workbench.core.errors import BadInput, CheckpointError
from workbench.families.parts import Names
from workbench.families.prepare import IMAGENET_MEAN, IMAGENET_STD, Channels, Preparation
from workbench.families.settings import Settings
from workbench.families.vit_family import shape_of, tower
from workbench.nn.conv_decoder import ConvDecoder, ConvDecoderConfig
from workbench.nn.vit_decoder import VitDecoder, VitDecoderConfig

DECODER_OVERRIDES = {"decoder_heads": "attention heads of a transformer decoder"}
_EMBED, _FIRST = "decoder_embed.weight", "upsample_b.blocks.0.weight"
_HALF = (0.5, 0.5, 0.5)
_MOST_WIDTH = 1 << 16
_PUBLISHED_HEADS, _PUBLISHED_DIMS = 16, (384, 768, 1024)


@dataclass(frozen=True)
class DrawPlan:
    """A decoder before its weights are read.

    Args:
        names: canonical -> in the file. features: of a token that it takes. mean, std: of the pixels that it gives.
        ignore: canonical name -> why it is left out.
    """

    names: Names
    make: Callable[[], nn.Module]
    features: int
    mean: Channels
    std: Channels
    ignore: dict[str, str]


def find_decoder(checkpoint: Checkpoint, settings: Settings, preparation: Preparation, features: int) -> DrawPlan | None:
    """The decoder in a file, its own or the one of the predictor; None where there is none.

    Args:
        preparation: of the frames that the encoder sees. features: of a token of the encoder.

    Raises:
        CheckpointError: its tensors contradict each other. BadInput: it draws tokens of another width.
    """
    for first, find in ((_EMBED, _transformer), (_FIRST, _convolutions)):
        stored = next((s for s in checkpoint.tensors if s == first or s.endswith(f".{first}")), None)
        if stored is not None:
            prefix = stored.removesuffix(first)
            names = {s.removeprefix(prefix): s for s in checkpoint.tensors if s.startswith(prefix)}
            plan = find(checkpoint, names, settings)
            if plan.features != features:
                what = f"the decoder takes tokens of {plan.features} features, the encoder gives {features}"
                raise BadInput(what, where=str(checkpoint.path), fix="give decoder= one that was trained on this encoder")
            mean, std = _pixels(checkpoint, settings, preparation)
            return replace(plan, mean=mean, std=std)
    return None


def _transformer(checkpoint: Checkpoint, names: Names, settings: Settings) -> DrawPlan:
    embed, places, views, proj = (shape_of(checkpoint, names, n) for n in (_EMBED, "decoder_pos_embed", "view_tokens", "decoder_proj.weight"))
    side = isqrt(places[1]) if places is not None and len(places) == 3 else 0
    patch = isqrt(proj[0] // 3) if proj is not None else 0
    whole = embed is not None and len(embed) == 2 and places == (1, side**2, embed[0]) and proj == (3 * patch**2, embed[0])
    if embed is None or not whole or min(side, patch) < 1:
        what = f"decoder_embed {embed}, decoder_pos_embed {places} and decoder_proj {proj} do not make a decoder of square frames"
        raise CheckpointError(what, where=str(checkpoint.path), fix="open another file")
    if views != (1, 1, embed[0]):
        raise CheckpointError(f"view_tokens is {views}: only decoders of one view are read", where=str(checkpoint.path), fix="open another file")
    stack = tower(checkpoint, names, "decoder_blocks", embed[0])
    table: tuple[int, Origin, str] | None = None
    if embed[0] in _PUBLISHED_DIMS:
        table = (_PUBLISHED_HEADS, "inferred", "all published decoders of jepa-wms have 16")
    heads = settings.heads("decoder_heads", embed[0], rotary=False, config=(), table=table)
    config = VitDecoderConfig(embed[1], embed[0], stack.depth, heads, stack.hidden, side, patch)
    settings.note("decoder", f"{stack.depth} blocks of {embed[0]} features, {side * patch}×{side * patch} pixels", "read", checkpoint.path.name)
    return DrawPlan(names, lambda: VitDecoder(config), embed[1], _HALF, _HALF, {})


def _convolutions(checkpoint: Checkpoint, names: Names, settings: Settings) -> DrawPlan:
    first = shape_of(checkpoint, names, _FIRST)
    inner = [n for n in names if n.startswith("upsample_b.blocks.") and n.endswith(".conv.1.weight")]
    hidden = shape_of(checkpoint, names, inner[0]) if inner else (1,)
    if first is None or len(first) != 4 or not hidden or not 0 < min(*first, *hidden) <= max(*first, *hidden) <= _MOST_WIDTH:
        raise CheckpointError(
            f"{_FIRST} is {first}, not (channels, features, 3, 3) of at most {_MOST_WIDTH}", where=str(checkpoint.path), fix="open another file"
        )
    config = ConvDecoderConfig(first[1], first[0], len(inner), hidden[0])
    settings.note("decoder", f"convolutions with {first[0]} channels and {len(inner)} residual blocks a half", "read", checkpoint.path.name)
    unused = {n: "the codebook; DINO-WM trains without it" for n in names if n.startswith("quantize_b.")}
    return DrawPlan(names, lambda: ConvDecoder(config), first[1], _HALF, _HALF, unused)


def _pixels(checkpoint: Checkpoint, settings: Settings, preparation: Preparation) -> tuple[Channels, Channels]:
    """Mean and deviation of what it draws: as the published names say, else those of the frames the encoder sees."""
    name = checkpoint.path.name
    if "05norm" in name or "INet" in name:
        mean, std = (_HALF, _HALF) if "05norm" in name else (IMAGENET_MEAN, IMAGENET_STD)
        settings.note("decoded pixels", f"mean {mean}, deviation {std}", "inferred", f"the file is named {name}")
        return mean, std
    settings.note("decoded pixels", f"mean {preparation.mean}, deviation {preparation.std}", "assumed", "as those that the encoder is shown")
    return preparation.mean, preparation.std
