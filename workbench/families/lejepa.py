"""LeJEPA (arXiv 2511.08544): image transformers in timm's tensor names, alone, with a projector, or in a Lightning file.

No LeJEPA weights were published; a bare timm state dict does not say how it was trained, and the report says so.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from functools import partial
from math import isqrt
from typing import Any, Literal, cast

import torch
from jaxtyping import Float
from torch import Tensor

from workbench.checkpoints import Checkpoint
from workbench.checkpoints.renamed import renamed
from workbench.core.card import ModelCard, Origin
from workbench.core.clip import Clip
from workbench.core.errors import CheckpointError
from workbench.families.lejepa_names import DINOV2, is_lejepa, lejepa_names, projector_of
from workbench.families.net_plan import Built, NetPlan
from workbench.families.parts import Names
from workbench.families.prepare import Preparation
from workbench.families.prepare_settings import IMAGE_OVERRIDES, settle_preparation
from workbench.families.registry import Request, register
from workbench.families.settings import Settings, settle_side
from workbench.families.sizes import by_shape
from workbench.families.vit_family import shape_of, tower
from workbench.model.jepa import Jepa
from workbench.model.spec import Prepared
from workbench.nn.batch_norm import COUNTER
from workbench.nn.class_vit import ClassVitConfig
from workbench.nn.frame_encoder import FrameEncoder
from workbench.nn.lejepa import LejepaNet, ProjectorConfig
from workbench.nn.parts import like

_PART = "encoder_context"
_HEADS = ("meta.num_heads", "model.num_heads", "num_heads")
_UNKNOWN = "a projector whose activations the names do not tell"


class LejepaEncoder(FrameEncoder):
    """The grid of an image; class and register tokens beside it, in `extra`. What the loss saw is in `projected`."""

    def __init__(self, net: LejepaNet, prepare: Callable[[Sequence[Clip]], Prepared], space: str) -> None:
        super().__init__(net.backbone, prepare, space, weights="context")
        self.whole = net

    @torch.inference_mode()
    def projected(self, video: Float[Tensor, "batch channels frames height width"]) -> Float[Tensor, "batch frames features"]:
        """One vector a frame, as the loss compares it between views: pooled, through the head and the projector, where the file has them."""
        frames = like(video, self.whole).transpose(1, 2).flatten(0, 1)
        return self.whole(frames).float().unflatten(0, (len(video), -1))


def plan(request: Request) -> NetPlan:
    """Everything but the weights.

    Raises:
        CheckpointError: the tensors contradict each other. AmbiguousModel: the number of heads is not stated.
    """
    request.one_file()
    names, other = lejepa_names(request.checkpoint)
    projection = projector_of(request.checkpoint, names)
    request = replace(request, checkpoint=renamed(request.checkpoint, {f"{_PART}.{n}": stored for n, stored in names.items()}))
    found = {_PART: {n: f"{_PART}.{n}" for n in names}}
    settings = Settings(request)
    settings.note("encoder", "context", "read", "the one trained encoder; LeJEPA keeps no teacher")
    settings.note("training", "LeJEPA", "assumed", "the names are those of any timm vision transformer")
    vit = _vit(settings, {n.removeprefix("backbone."): full for n, full in found[_PART].items() if n.startswith("backbone.")})
    preparation = _preparation(settings, vit)
    size = by_shape(vit.dim, vit.depth, vit.hidden)
    title = f"LeJEPA {size.short if size else f'{vit.dim}×{vit.depth}'}/{vit.patch}"
    makers = {_PART: partial(LejepaNet, vit, projection)}
    assemble = partial(_assemble, preparation, vit)
    return NetPlan("lejepa", title, request, found, makers, assemble, settings.close(), {_PART: _ignored(names, projection)}, tuple(other))


def _ignored(names: Names, projection: ProjectorConfig | None) -> dict[str, str]:
    counters = {n: COUNTER for n in names if n.endswith("num_batches_tracked")}
    strange = {n: _UNKNOWN for n in names if n.startswith("projector.")} if projection is None else {}
    return {"backbone.mask_token": "hides patches in DINOv2's training only", **counters, **strange}


def _vit(settings: Settings, names: Names) -> ClassVitConfig:
    checkpoint = settings.request.checkpoint
    kernel, places = shape_of(checkpoint, names, "patch_embed.proj.weight") or (), shape_of(checkpoint, names, "pos_embed") or ()
    if len(kernel) != 4 or kernel[1] != 3 or kernel[2] != kernel[3] or min(kernel) < 1 or len(places) != 3 or places[2] != kernel[0]:
        what = f"a patch kernel of {list(kernel)} and positions of {list(places)} are not (dim, 3, patch, patch) and (1, places, dim)"
        raise CheckpointError(what, where=str(checkpoint.path), fix="open another file")
    dim, patch, dino = kernel[0], kernel[2], any(sign in names for sign in DINOV2)
    stack = tower(checkpoint, names, "blocks", dim)
    for name, value, why in (("patch", patch, "patch_embed"), ("dim", dim, "patch_embed"), ("depth", stack.depth, "blocks")):
        settings.note(name, value, "read", why)
    kind = "register_tokens" if "register_tokens" in names else "reg_token"
    row = shape_of(checkpoint, names, kind) or ()
    registers = row[1] if len(row) == 3 else 0
    classes, size = "cls_token" in names, by_shape(dim, stack.depth, stack.hidden)
    table = (size.heads, cast(Origin, "inferred"), f"published size {size.short}: {dim} wide, {stack.depth} deep") if size else None
    placed, side = _positions(settings, places[1], int(classes), registers)
    if classes + registers:
        settings.note("tokens beside the grid", classes + registers, "read", f"{int(classes)} class, {registers} registers; {placed} with a position")
    return ClassVitConfig(
        dim,
        stack.depth,
        settings.heads("heads", dim, rotary=False, config=_HEADS, table=table),
        stack.hidden,
        patch,
        side,
        registers=registers,
        register_name=kind,
        layer_scale="blocks.0.ls1.gamma" in names,
        class_token=classes,
        placed=placed,
        resize="dinov2" if dino and not registers else "antialias",
        norm=_last_norm(settings, names),
        head=(shape_of(checkpoint, names, "head.weight") or (0,))[0],
    )


def _last_norm(settings: Settings, names: Names) -> Literal["norm", "fc_norm", ""]:
    if "norm.weight" in names:
        return "norm"
    where = "fc_norm" if "fc_norm.weight" in names else ""
    why = "stands behind the mean over patches: tokens are as they leave the last block" if where else "tokens are as they leave the last block"
    settings.note("last layer norm", where or "none", "read", why)
    return where


def _positions(settings: Settings, places: int, classes: int, registers: int) -> tuple[int, tuple[int, int]]:
    """How many class and register tokens the table has rows for, and its (rows, cols)."""
    options = "give table=(rows, cols) of the stored position table"

    def parse(value: Any) -> tuple[int, int]:
        rows, cols = value
        if any(isinstance(v, bool) or int(v) != v or v < 1 for v in (rows, cols)) or places - rows * cols not in (0, classes, classes + registers):
            raise ValueError(f"{places} rows are not {rows}×{cols} patches with or without {classes} class and {registers} register tokens")
        return int(rows), int(cols)

    squares = {n: isqrt(places - n) for n in {0, classes, classes + registers} if places > n and isqrt(places - n) ** 2 == places - n}
    sides = {(s, s) for s in squares.values()}
    table = (next(iter(sides)), cast(Origin, "read"), f"pos_embed has {places} rows") if len(sides) == 1 else None
    side = settings.settle("table", parse=parse, options=options, standin=(1, max(1, places - classes)), table=table)
    return places - side[0] * side[1], side


def _preparation(settings: Settings, vit: ClassVitConfig) -> Preparation:
    how = "as DINOv2: by a factor 0.1 patches too large" if vit.resize == "dinov2" else "antialiased, as timm"
    size = settle_side(settings, vit.patch, vit.side, "pos_embed", f"bicubic, {how}")
    published = Preparation(size, vit.patch, video=False, resample="antialiased")
    return settle_preparation(settings, published, why="as LeJEPA's evaluation", origin="assumed")


def _assemble(preparation: Preparation, vit: ClassVitConfig, built: Built) -> Jepa:
    net = cast(LejepaNet, built.modules[_PART])
    card = ModelCard(
        "lejepa",
        built.name,
        paper="arXiv 2511.08544",
        image_size=preparation.size,
        patch=(vit.patch, vit.patch),
        dim=vit.dim,
        hashes=dict(built.hashes),
        loss="l2",
        preprocessing=preparation.sentence(),
        notes="An encoder alone: LeJEPA compares views, and has no predictor.",
    )
    return Jepa(card, built.report, LejepaEncoder(net, preparation, f"context:{built.hashes[_PART][:12]}"), built.untrained)


def recognise(checkpoint: Checkpoint) -> bool:
    """See `is_lejepa`."""
    return is_lejepa(checkpoint)


register(
    "lejepa",
    signs="one image transformer in timm's names (patch_embed, pos_embed, blocks) with cls_token, reg_token or fc_norm, or a backbone beside a projector",
    telling=("patch_embed.proj.weight", "pos_embed", "cls_token", "blocks.0.attn.qkv.weight", "blocks.0.mlp.fc1.weight", "norm.weight"),
    recognise=recognise,
    plan=plan,
    overrides={"table": "(rows, cols) of the stored position table, where it is no square", **IMAGE_OVERRIDES},
)
