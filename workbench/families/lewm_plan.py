"""LeWM and PLDM as stable-worldmodel saves them: a state dict with config.json beside it, under the names of Transformers 4.x or 5.x.

config.json is a tree of `_target_` classes; it is read for its numbers, never followed. `*_object.ckpt` files are pickled
modules and are not read.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from functools import partial
from math import isqrt
from typing import cast

from torch import nn

from workbench.checkpoints import Checkpoint
from workbench.checkpoints.renamed import renamed
from workbench.core.card import ModelCard, Origin
from workbench.core.errors import BadInput, CheckpointError
from workbench.families.actions import ACTION_OVERRIDES, settle_actions
from workbench.families.gguf_pixels import stored_preparation
from workbench.families.lewm_names import lewm_names, target_of
from workbench.families.lewm_parts import LewmDynamics, LewmFrames
from workbench.families.net_plan import Built, NetPlan
from workbench.families.parts import Names
from workbench.families.prepare import Preparation
from workbench.families.prepare_settings import PREPARE_OVERRIDES, settle_preparation
from workbench.families.registry import Request
from workbench.families.settings import Settings, settle_side
from workbench.families.sizes import by_shape
from workbench.families.vit_family import shape_of, tower
from workbench.model.jepa import Jepa
from workbench.model.spec import ActionSpec
from workbench.nn.batch_norm import COUNTER
from workbench.nn.class_vit import ClassVitConfig
from workbench.nn.lewm import LewmEncoder, LewmPredictor, LewmPredictorConfig, Norm, ProjectionConfig

_EPS = 1e-12  # of Hugging Face's ViT, and of no other family here
_DIM_HEAD, _FRAMESKIP, _MOST_BLOCKS = 64, 5, 512
_HEADS = ("encoder.num_attention_heads", "model.encoder.num_attention_heads", "jepa.enc.n_head")
_SIZE = ("encoder.size", "model.encoder.size")
_PREDICTOR_HEADS = ("predictor.heads", "model.predictor.heads", "jepa.pred.n_head")
_PREDICTOR_DIM = ("predictor.dim_head", "model.predictor.dim_head", "jepa.pred.head_dim")
_SIZES = {"tiny": 3, "small": 6, "base": 12, "large": 16, "huge": 16}  # heads of `vit_hf`, by its names
_NORMS = ("projector.norm_fn._target_", "projector.norm_fn.path", "model.projector.norm_fn._target_", "model.projector.norm_fn.path")
_PUBLISHED_WIDTH, _PUBLISHED_INNER = 192, 1024  # of the predictor: 16 heads of 64
_IGNORE = {
    "encoder_context": {
        "projector.net.1.num_batches_tracked": COUNTER,
        "vit.embeddings.mask_token": "LeWM hides no patches",
        "vit.pooler.dense.weight": "LeWM takes the class token itself",
        "vit.pooler.dense.bias": "LeWM takes the class token itself",
    },
    "dynamics": {"pred_proj.net.1.num_batches_tracked": COUNTER},
}


class _Shapes:
    """Shapes of a part's tensors, with an error where one is not as expected."""

    def __init__(self, checkpoint: Checkpoint, names: Names) -> None:
        self.checkpoint, self.names = checkpoint, names

    def __call__(self, name: str, rank: int) -> tuple[int, ...]:
        shape = shape_of(self.checkpoint, self.names, name)
        if shape is None or len(shape) != rank or min(shape) < 1:
            what = "is missing" if shape is None else f"is {list(shape)}, not of {rank} dimensions"
            raise CheckpointError(f"{name} {what}", where=str(self.checkpoint.path), fix="save the model again, whole")
        return shape


@dataclass(frozen=True)
class Method:
    """One of the methods whose files have this layout.

    Args:
        family: registry name. title: for the reader. assumed: why it is taken for this one where nothing beside the file says so.
    """

    family: str
    title: str
    paper: str
    assumed: str


def plan(method: Method, request: Request) -> NetPlan:
    """Everything but the weights.

    Raises:
        CheckpointError: the tensors contradict each other. AmbiguousModel: the number of heads is not stated.
    """
    request.one_file()
    sources, other = lewm_names(request.checkpoint)
    request = replace(request, checkpoint=renamed(request.checkpoint, sources))
    found: dict[str, Names] = {}
    for name in sources:
        part, _, rest = name.partition(".")
        found.setdefault(part, {})[rest] = name
    settings = Settings(request)
    settings.note("encoder", "context", "read", f"the one trained encoder; {method.title} keeps no teacher and compares with its own embeddings")
    if target_of(request.checkpoint) is None:
        settings.note("training", method.title, "assumed", method.assumed)
    shapes = _Shapes(request.checkpoint, found.get("encoder_context", {}))
    vit = _vit(settings, shapes)
    projection = _projection(settings, shapes, "projector", vit.dim)
    dim = vit.dim if projection is None else projection.out
    preparation = _preparation(settings, vit)
    makers: dict[str, Callable[[], nn.Module]] = {"encoder_context": lambda: LewmEncoder(vit, projection)}
    predictor, action = None, None
    if "dynamics" in found and request.wants("dynamics"):
        predictor = _predictor(settings, _Shapes(request.checkpoint, found["dynamics"]), dim)
        action = settle_actions(settings, predictor.action, _FRAMESKIP, f"as all published {method.title}")
        makers["dynamics"] = partial(LewmPredictor, predictor)
    size = by_shape(vit.dim, vit.depth, vit.hidden)
    title = f"{method.title} {size.short if size else f'{vit.dim}×{vit.depth}'}/{vit.patch}"
    assemble = partial(_assemble, method, preparation, action, dim)
    return NetPlan(method.family, title, request, found, makers, assemble, settings.close(), _IGNORE, tuple(other))


def _vit(settings: Settings, shapes: _Shapes) -> ClassVitConfig:
    checkpoint = shapes.checkpoint
    kernel, places = shapes("vit.patch_embed.proj.weight", 4), shapes("vit.pos_embed", 3)
    side = isqrt(max(places[1] - 1, 0))
    if kernel[1] != 3 or kernel[2] != kernel[3] or places != (1, side * side + 1, kernel[0]) or not side:
        what = f"a patch kernel of {list(kernel)} and {list(places)} positions are none of a class token and a square of patches"
        raise CheckpointError(what, where=str(checkpoint.path), fix="open another file")
    dim, patch = kernel[0], kernel[2]
    for place, found in (("patch_size", patch), ("image_size", side * patch)):
        said = next((s for above in ("encoder", "model.encoder") if (s := checkpoint.setting(f"{above}.{place}")) is not None), found)
        if said not in (found, [found, found]):
            fix = "put the config.json of this very model there"
            raise CheckpointError(f"encoder.{place} is {said!r:.80}, the tensors say {found}", where=checkpoint.config_path, fix=fix)
    stack = tower(checkpoint, {n.removeprefix("vit."): full for n, full in shapes.names.items()}, "blocks", dim)
    for name, value in (("patch", patch), ("dim", dim), ("depth", stack.depth)):
        settings.note(name, value, "read", "the encoder's tensors")
    published, table = by_shape(dim, stack.depth, stack.hidden), None
    word = next((w for place in _SIZE if (w := checkpoint.setting(place)) is not None), None)
    if published is not None:
        table = cast(tuple[int, Origin, str], (published.heads, "inferred", f"published size {published.short}: {dim} wide, {stack.depth} deep"))
    elif word in _SIZES and dim % _SIZES[word] == 0:
        table = (_SIZES[word], "given", f"encoder.size {word} in {checkpoint.config_path.rpartition('/')[2]}")
    heads = settings.heads("heads", dim, rotary=False, config=_HEADS, table=table)
    return ClassVitConfig(dim, stack.depth, heads, stack.hidden, patch, (side, side), eps=_EPS)


def _preparation(settings: Settings, vit: ClassVitConfig) -> Preparation:
    size = settle_side(settings, vit.patch, vit.side, "position_embeddings", "bicubic, as the official encoder does")
    published = Preparation(size, size, rule="crop", short=min(size), resample="antialiased")
    return stored_preparation(settings, published) or settle_preparation(
        settings, published, why="as LeWM's training: the short side to the size; its frames are square"
    )


def _projection(settings: Settings, shapes: _Shapes, name: str, width: int) -> ProjectionConfig | None:
    """The projector as its tensors tell: with batch norm, layer norm or none between its layers; None where the file has no such tensors.

    Args:
        width: of what enters it.
    """
    first, norm = f"{name}.net.0.weight", f"{name}.net.1"
    if not any(n.startswith(f"{name}.") for n in shapes.names):
        settings.note(name, "none", "read", f"the file has no tensors {name}.*")
        return None
    hidden, entering = shapes(first, 2)
    if entering != width:
        what = f"{first} takes {entering} features, {width} enter it"
        raise CheckpointError(what, where=str(shapes.checkpoint.path), fix="open another file")
    counted = any(n.startswith((f"{norm}.running_", f"{norm}.num_batches")) for n in shapes.names)
    said = next((s for place in _NORMS if isinstance(s := shapes.checkpoint.setting(place), str)), "")
    kind: Norm = "batch" if counted or "BatchNorm" in said else "layer"
    if not counted and f"{norm}.weight" not in shapes.names:
        kind = "none"
    settings.note(f"{name} norm", kind, "read", f"{norm}.*" if kind != "none" else f"the file has no {norm}.weight")
    return ProjectionConfig(width, hidden, shapes(f"{name}.net.3.weight", 2)[0], kind)


def _predictor(settings: Settings, shapes: _Shapes, dim: int) -> LewmPredictorConfig:
    places, qkv = shapes("predictor.pos_embedding", 3), shapes("predictor.transformer.layers.0.attn.to_qkv.weight", 2)
    depth = 1 + max(int(n.split(".")[3]) for n in shapes.names if n.startswith("predictor.transformer.layers.") and n.split(".")[3].isdigit())
    if places[2] != dim or qkv[0] % 3 or depth > _MOST_BLOCKS:
        what = f"embeddings of {dim}, positions of {places[2]}, queries, keys and values of {qkv[0]} and {depth} blocks do not fit together"
        raise CheckpointError(what, where=str(shapes.checkpoint.path), fix="open another file")
    wide = "predictor.transformer.output_proj.weight" in shapes.names
    out = shapes("predictor.transformer.output_proj.weight", 2)[0] if wide else qkv[1]
    projection = _projection(settings, shapes, "pred_proj", out)
    if (out if projection is None else projection.out) != dim:
        what = f"predictions of {out if projection is None else projection.out} features are no embeddings of {dim}"
        raise CheckpointError(what, where=str(shapes.checkpoint.path), fix="open another file")
    heads, dim_head = _predictor_heads(settings, qkv[0] // 3, qkv[1])
    settings.note("history", places[1], "read", "predictor.pos_embedding: how many ticks a prediction looks back at")
    smoothed, width = _action(settings, shapes)
    return LewmPredictorConfig(
        embed=dim,
        width=qkv[1],
        out=out,
        history=places[1],
        depth=depth,
        heads=heads,
        dim_head=dim_head,
        hidden=shapes("predictor.transformer.layers.0.mlp.net.1.weight", 2)[0],
        action=width,
        smoothed=smoothed,
        action_hidden=shapes("action_encoder.embed.0.weight", 2)[0],
        projection=projection,
    )


def _action(settings: Settings, shapes: _Shapes) -> tuple[int, int]:
    """(features behind the first layer, numbers of an action); no features where that layer was folded into the next, as jepa.cpp does."""
    if "action_encoder.patch_embed.weight" in shapes.names:
        smoothed, width, _ = shapes("action_encoder.patch_embed.weight", 3)
        return smoothed, width
    settings.note("action encoder", "folded", "read", "its first layer is part of the second")
    return 0, shapes("action_encoder.embed.0.weight", 2)[1]


def _predictor_heads(settings: Settings, inner: int, width: int) -> tuple[int, int]:
    """(heads, features a head). The tensors tell their product only, and any wrong split of it would load whole."""
    given, checkpoint = settings.request.overrides, settings.request.checkpoint
    if given.get("predictor_heads") is not None:
        heads = settings.heads("predictor_heads", inner, rotary=False, config=(), table=None)
        if given.get("dim_head") not in (None, inner // heads):
            what = f"{heads} heads of {given['dim_head']} features are not the {inner} of the tensors"
            raise BadInput(what, where="dim_head=", fix=f"leave it out, or give {inner // heads}")
        return heads, inner // heads
    splits = ", ".join(f"{inner // size}×{size}" for size in range(1, inner + 1) if inner % size == 0)
    options = f"give predictor_heads=… or dim_head=…: their product is {inner}, so heads × features may be {splits}"
    published = (width, inner) == (_PUBLISHED_WIDTH, _PUBLISHED_INNER)
    usual = (_DIM_HEAD, "inferred", f"published predictor: {width} wide, {inner // _DIM_HEAD} heads of {_DIM_HEAD}") if published else None
    table = cast(tuple[int, Origin, str] | None, usual)
    size = settings.settle("dim_head", parse=partial(_divisor, inner), options=options, standin=inner, config=_PREDICTOR_DIM, table=table)
    said = next((s for place in _PREDICTOR_HEADS if (s := checkpoint.setting(place)) is not None), inner // size)
    if given.get("dim_head") is None and said != inner // size:
        what = f"{said} heads of {size} features, as {checkpoint.config_path.rpartition('/')[2]} has it, are not the {inner} of the tensors"
        raise CheckpointError(what, where=checkpoint.config_path, fix=options)
    return settings.note("predictor_heads", inner // size, "inferred", f"{inner} features in heads of {size}"), size


def _divisor(inner: int, value: object) -> int:
    if isinstance(value, bool) or not isinstance(value, int) or value < 1 or inner % value:
        raise ValueError(f"{inner} features cannot be cut into heads of {value}")
    return value


def _assemble(method: Method, preparation: Preparation, action: ActionSpec | None, dim: int, built: Built) -> Jepa:
    encoder = LewmFrames(cast(LewmEncoder, built.modules["encoder_context"]), preparation, f"context:{built.hashes['encoder_context'][:12]}")
    net = built.modules.get("dynamics")
    dynamics = LewmDynamics(encoder, net, action) if isinstance(net, LewmPredictor) and action is not None else None
    card = ModelCard(
        method.family,
        built.name,
        paper=method.paper,
        image_size=preparation.size,
        frames=1 if dynamics is None else dynamics.history[1] + 1,
        patch=preparation.size,
        dim=dim,
        hashes=dict(built.hashes),
        unit="class token" if encoder.net.projector is None else "projected class token",
        loss="l2",
        preprocessing=preparation.sentence(),
        notes="One vector a frame. Official costs are sums over its features, not means.",
    )
    return Jepa(card, built.report, encoder, built.untrained, dynamics=dynamics)


LEWM_OVERRIDES = {
    "heads": "attention heads of the encoder",
    "predictor_heads": "attention heads of the predictor",
    "dim_head": "features of one of the predictor's heads",
    "image_size": "(height, width) in pixels to prepare frames at; other than trained resizes the position table",
    **ACTION_OVERRIDES,
    **PREPARE_OVERRIDES,
}
