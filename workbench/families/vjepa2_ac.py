"""V-JEPA 2-AC (arXiv 2506.09985): a frozen V-JEPA 2 encoder, and a predictor that is told what an arm does.

Each frame is encoded alone and layer-normed. The predictor sees actions, poses and frames of the past; its answer at a
frame is the next one, layer-normed again before it is used. Their (x_t, a_t, s_t) are our tokens, actions and states.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from functools import partial
from typing import cast

from workbench.checkpoints import Checkpoint, open_checkpoint
from workbench.checkpoints.checkpoint import Fingerprint
from workbench.checkpoints.merged import merge
from workbench.core.card import Fact, ModelCard, Origin
from workbench.core.errors import BadInput, CheckpointError
from workbench.families.action_dynamics import ActionDynamics, action_spec
from workbench.families.net_plan import Built, NetPlan
from workbench.families.parts import Names, names_by_group
from workbench.families.prepare import Preparation
from workbench.families.prepare_aspect import ASPECT_OVERRIDES, AspectPreparation, settle_aspect
from workbench.families.registry import Request, register
from workbench.families.settings import Settings, frames_parser, size_parser
from workbench.families.sizes import Size, by_shape
from workbench.families.vit_family import shape_of, tower
from workbench.model.jepa import Jepa
from workbench.nn.action_predictor import ActionPredictor, ActionPredictorConfig
from workbench.nn.frame_encoder import FrameEncoder
from workbench.nn.vit import Vit, VitConfig

_KERNEL = "patch_embed.proj.weight"
_HEADS = ("meta.num_heads", "model.num_heads")
_PREDICTOR_HEADS = ("model.pred_num_heads", "meta.pred_num_heads")
_PUBLISHED_SIDE, _PUBLISHED_FRAMES, _PUBLISHED_TICKS, _FPS = 256, 8, 32, 4.0
_STRAY = "positions are rotary; the official loader drops this table too"
_UNUSED = "always stored, and not used by a model without camera poses"
_ASPECT = (0.75, 1.35)
_SMALL = 1 << 16  # bytes of a tensor that is worth reading twice to compare two copies
_PLANNER = "the official planner: at most 0.05 m each way, no turn, the gripper by at most 0.75; other moves are welcome"


def recognise(checkpoint: Checkpoint) -> bool:
    """A predictor with encoders of actions and of states, and without modulated blocks."""
    predictor = names_by_group(checkpoint).get("predictor", {})
    told = "action_encoder.weight" in predictor and "state_encoder.weight" in predictor
    return told and any(n.startswith("predictor_blocks.") for n in predictor) and not any("adaLN" in n for n in predictor)


def _encoder_group(checkpoint: Checkpoint, groups: Mapping[str, Names]) -> str:
    """The entry that the predictor was trained on: of the two copies of a training checkpoint the one named target."""
    return next((g for g in ("target_encoder", "encoder") if len(shape_of(checkpoint, groups.get(g, {}), _KERNEL) or ()) == 5), "")


def plan(request: Request) -> NetPlan:
    """Everything but the weights.

    Raises:
        CheckpointError: the tensors contradict each other. AmbiguousModel: the number of heads, or the image size of training, is not stated.
    """
    request, found, other, why = _sorted(request)
    checkpoint, settings = request.checkpoint, Settings(request)
    settings.note("encoder", *why)
    config, published = _encoder(checkpoint, found["encoder_target"], settings)
    size, native = _sizes(settings, config, published)
    predictor = _predictor(request, found["dynamics"], settings, config, native)
    frames = settings.settle(
        "frames",
        parse=frames_parser(1),
        options="give frames=…: how many a clip had in training",
        standin=1,
        config=("data.dataset_fpcs", "data.num_frames"),
        table=(_PUBLISHED_FRAMES, "assumed", "as in the published training; others are welcome"),
    )
    preparation = settle_aspect(settings, Preparation(size, config.patch, rule="stretch", fps=_FPS), _ASPECT)
    if predictor is not None:
        settings.note("action bounds", "0.05 m, 0 rad, 0.75", "assumed", _PLANNER)
        settings.note("history", _PUBLISHED_TICKS, "assumed", "ticks of the published mask; longer rollouts are computed, at places no training saw")
    facts = settings.close()
    makers = {"encoder_target": partial(Vit, config)} | ({"dynamics": partial(ActionPredictor, predictor)} if predictor else {})
    ignore = {"encoder_target": {"pos_embed": _STRAY}, "dynamics": _unused(found["dynamics"], predictor)}
    assemble = partial(_assemble, config, predictor, preparation, frames)
    named = f"V-JEPA 2-AC {published.short if published else f'{config.dim}×{config.depth}'}/{config.patch}"
    return NetPlan("vjepa2_ac", named, request, found, makers, assemble, facts, ignore, other)


def _sorted(request: Request) -> tuple[Request, dict[str, Names], tuple[str, ...], tuple[str, Origin, str]]:
    """The request with both files as one, the tensors of the parts, the rest in words, and which encoder it is.

    Raises:
        BadInput: no encoder is there, or one too many. CheckpointError: the file given has none.
    """
    checkpoint, groups = request.checkpoint, names_by_group(request.checkpoint)
    group, where = _encoder_group(checkpoint, groups), str(checkpoint.path)
    predictor = groups.get("predictor", {})
    if request.decoder is not None:
        raise BadInput("this family has no decoder", where="decoder=", fix="leave decoder= out")
    if group:
        if request.encoder is not None:
            raise BadInput(f"the file holds its own encoder, as {group}", where="encoder=", fix="leave encoder= out")
        found = {"encoder_target": groups[group], "dynamics": predictor}
        return request, found, _others(checkpoint, group), (group, "read", "frozen in training; what the predictor was trained on")
    if request.encoder is None:
        fix = 'load(path, encoder="vitg.pt"): the V-JEPA 2 checkpoint that it was trained on'
        raise BadInput("the file holds a predictor and no encoder", where=where, fix=fix)
    beside = open_checkpoint(request.encoder)
    inside = names_by_group(beside)
    group = _encoder_group(beside, inside)
    if not group:
        what = f"neither encoder nor target_encoder has a {_KERNEL} of 5 dimensions"
        raise CheckpointError(what, where=str(request.encoder), fix="give a V-JEPA 2 checkpoint")
    found = {"encoder_target": {n: f"encoder={full}" for n, full in inside[group].items()}, "dynamics": predictor}
    other = tuple(f"{g}: {n} tensors" for g, n in checkpoint.groups().items() if g != "predictor")
    why = f"of {beside.path.name}, which the caller says the predictor was trained on"
    return replace(request, checkpoint=merge(checkpoint, encoder=beside)), found, other, (group, "given", why)


def _others(checkpoint: Checkpoint, group: str) -> tuple[str, ...]:
    """What the file has beside the parts, in words."""
    twin = {"target_encoder": "encoder", "encoder": "target_encoder"}[group]
    counts = {g: n for g, n in checkpoint.groups().items() if g not in (group, "predictor")}
    return tuple(f"{g}: {n} tensors" + (f", the frozen weights of {group} once more" if g == twin else "") for g, n in counts.items())


def _unused(names: Names, predictor: ActionPredictorConfig | None) -> dict[str, str]:
    stray = {"predictor_pos_embed": _STRAY}
    return stray if predictor and predictor.extrinsics else {**stray, **{n: _UNUSED for n in names if n.startswith("extrinsics_encoder.")}}


def _encoder(checkpoint: Checkpoint, names: Names, settings: Settings) -> tuple[VitConfig, Size | None]:
    kernel = shape_of(checkpoint, names, _KERNEL) or ()
    if len(kernel) != 5 or kernel[1] != 3 or kernel[3] != kernel[4] or min(kernel) < 1:
        raise CheckpointError(f"{_KERNEL} is {kernel}, not (dim, 3, tubelet, patch, patch)", where=str(checkpoint.path), fix="open another file")
    dim, tubelet, patch = kernel[0], kernel[2], kernel[3]
    stack = tower(checkpoint, names, "blocks", dim)
    for name, value, why in (("patch", patch, _KERNEL), ("tubelet", tubelet, _KERNEL), ("dim", dim, _KERNEL), ("depth", stack.depth, "blocks")):
        settings.note(name, value, "read", why)
    named, size = settings.named_size(dim), by_shape(dim, stack.depth, stack.hidden, without=("vit_giant",))
    table: tuple[int, Origin, str] | None = None
    if named is not None:
        table = (named[0].heads, "given", named[1])
    elif size is not None:
        table = (size.heads, "inferred", f"published size {size.short}: {dim} wide, {stack.depth} deep")
    heads = settings.heads("heads", dim, rotary=True, config=_HEADS, table=table)
    return VitConfig(dim, stack.depth, heads, stack.hidden, patch, tubelet), size if patch == 16 else None


def _sizes(settings: Settings, config: VitConfig, published: Size | None) -> tuple[tuple[int, int], tuple[int, int]]:
    """What clips are prepared at, and what the predictor counts its places by."""
    options = f"give {{}}=(height, width) in multiples of {config.patch}"
    usual: tuple[int, Origin, str] | None = (_PUBLISHED_SIDE, "assumed", "as the published V-JEPA 2-AC") if published else None
    size = settings.settle(
        "image_size",
        parse=size_parser(config.patch),
        options=options.format("image_size"),
        standin=(config.patch, config.patch),
        config=("data.crop_size",),
        table=usual,
    )
    native = settings.settle(
        "native_size",
        parse=size_parser(config.patch),
        options=options.format("native_size"),
        standin=size,
        config=("data.crop_size",),
        table=usual or (size, "assumed", "trained at image_size"),
    )
    return size, native


def _predictor(request: Request, names: Names, settings: Settings, encoder: VitConfig, native: tuple[int, int]) -> ActionPredictorConfig | None:
    """The sizes of the predictor; None where `load` was not asked for it."""
    if not names or not request.wants("dynamics"):
        return None
    checkpoint = request.checkpoint
    told = ("predictor_embed", "action_encoder", "state_encoder")
    embed, action, state = (_shape(checkpoint, names, f"{n}.weight") for n in told)
    if any(len(s) != 2 or s[:1] != embed[:1] for s in (embed, action, state)) or embed[1] != encoder.dim:
        raise CheckpointError(
            f"{', '.join(told[:2])} and {told[2]} are {embed}, {action} and {state}, the encoder is {encoder.dim} wide",
            where=str(checkpoint.path),
            fix='load with parts=("encoder_target",)',
        )
    stack = tower(checkpoint, names, "predictor_blocks", embed[0])
    published: tuple[int, Origin, str] | None = None
    if (embed[0], stack.depth) == (1024, 24):
        published = (16, "inferred", "published predictor: 1024 wide, 24 deep")
    heads = settings.heads("predictor_heads", embed[0], rotary=True, config=_PREDICTOR_HEADS, table=published)
    extrinsics = settings.settle(
        "extrinsics",
        parse=_yes_or_no,
        options="extrinsics=True: each state goes on with the camera's place, 6 numbers",
        standin=False,
        config=("model.use_extrinsics",),
        table=(False, "assumed", "as published: its weights for camera poses are not used"),
    )
    grid = (native[0] // encoder.patch, native[1] // encoder.patch)
    return ActionPredictorConfig(embed[0], stack.depth, heads, stack.hidden, encoder.dim, grid, action[1], state[1], extrinsics)


def _shape(checkpoint: Checkpoint, names: Names, name: str) -> tuple[int, ...]:
    return shape_of(checkpoint, names, name) or ()


def _yes_or_no(value: object) -> bool:
    if not isinstance(value, bool):
        raise ValueError("it is True or False")
    return value


def _assemble(
    config: VitConfig,
    predictor: ActionPredictorConfig | None,
    preparation: AspectPreparation,
    frames: int,
    built: Built,
) -> Jepa:
    vit, net = cast(Vit, built.modules["encoder_target"]), built.modules.get("dynamics")
    card = ModelCard(
        "vjepa2_ac",
        built.name,
        paper="arXiv 2506.09985",
        image_size=preparation.size,
        frames=frames,
        fps=preparation.inner.fps,
        patch=(config.patch, config.patch),
        dim=config.dim,
        hashes=dict(built.hashes),
        unit="layer-normed features",
        loss="l1",
        preprocessing=preparation.sentence(),
        notes="Each frame is encoded alone. Actions and poses in metres and radians; the gripper from 0 to 1.",
    )
    encoder = FrameEncoder(vit, preparation, f"target:{built.hashes['encoder_target'][:12]}")
    dynamics = None
    if isinstance(net, ActionPredictor) and predictor is not None:
        dynamics = ActionDynamics(encoder, net, action_spec(predictor), (1, _PUBLISHED_TICKS))
    return Jepa(card, built.report, encoder, built.untrained, dynamics=dynamics)


def build(request: Request) -> Jepa:
    """The model with its weights."""
    planned = plan(request)
    return replace(planned, facts=(*planned.facts, *_copies(request.checkpoint))).build()


def _copies(checkpoint: Checkpoint) -> tuple[Fact, ...]:
    """A fact where a file holds both encoders and they are not the same, as they are in the published training."""
    groups = names_by_group(checkpoint)
    online, frozen = groups.get("encoder", {}), groups.get("target_encoder", {})
    small = [n for n in online if n in frozen and checkpoint.tensors[online[n]].bytes <= _SMALL]
    prints = []
    for names in (online, frozen):
        hashed = Fingerprint()
        for name in sorted(small):
            hashed.add(name, checkpoint.value(names[name]))
        prints.append(hashed.hex())
    if prints[0] == prints[1]:
        return ()
    why = "encoder and target_encoder differ, so the encoder was trained too; target_encoder is used, which the predictor saw"
    return (Fact("copies", "different", "read", why),)


register(
    "vjepa2_ac",
    signs="a predictor with action_encoder, state_encoder and predictor_blocks without adaLN",
    telling=("action_encoder.weight", "state_encoder.weight", "predictor_embed.weight", "predictor_blocks.0.attn.qkv.weight"),
    recognise=recognise,
    plan=plan,
    build=build,
    overrides={
        "heads": "attention heads of the encoder",
        "predictor_heads": "attention heads of the predictor",
        "image_size": "(height, width) in pixels to prepare clips at",
        "native_size": "(height, width) in pixels of the training; the predictor's places are scaled to it",
        "frames": "frames of a clip in training; others are welcome",
        "extrinsics": "True: trained with the camera's place, 6 numbers behind each state",
        **ASPECT_OVERRIDES,
    },
)
