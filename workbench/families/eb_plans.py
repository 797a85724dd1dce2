"""How each of EB-JEPA's examples is built: sizes from its tensors, the rest from config.yaml, from the caller, or as published."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import partial
from math import isqrt
from typing import Any, cast

from torch import nn

from workbench.core.card import ModelCard, Origin
from workbench.core.errors import CheckpointError
from workbench.families.eb_names import Sorted
from workbench.families.eb_parts import GruDynamics, PixelDecoder, PixelDynamics, PixelEncoder, VectorEncoder
from workbench.families.net_plan import Built, NetPlan
from workbench.families.parts import Names
from workbench.families.prepare import Preparation
from workbench.families.prepare_planes import PlanePreparation, settle_planes
from workbench.families.prepare_settings import settle_preparation
from workbench.families.registry import Request
from workbench.families.settings import Settings, frames_parser, size_parser
from workbench.families.sizes import by_shape
from workbench.families.vit_family import shape_of, tower
from workbench.model.jepa import Dynamics, Jepa
from workbench.model.spec import UNKNOWN, ActionSpec
from workbench.nn.class_vit import ClassVit, ClassVitConfig
from workbench.nn.frame_encoder import FrameEncoder
from workbench.nn.residual import GruStep, Impala, ImpalaConfig, PixelNet, PixelNetConfig, PixelPainter, ResNet, ResNetConfig, ResUNet

_CIFAR_MEAN, _CIFAR_STD, _CIFAR = (0.4914, 0.4822, 0.4465), (0.2023, 0.1994, 0.2010), 32
_ROOMS_MEAN, _ROOMS_STD, _ROOMS = (0.0026, 0.0989), (0.0369, 0.2986), 65
_DIGITS, _STEPS, _FRAMES = 64, 4, 17
_REACH = 2.45
_MOST = 64  # stages, stacks or blocks that a file may claim


@dataclass(frozen=True, eq=False)
class Plans:
    """A file whose tensors are sorted, on its way to a plan."""

    request: Request
    settings: Settings
    sorted: Sorted

    def shape(self, part: str, name: str, rank: int) -> tuple[int, ...]:
        """The shape of a tensor.

        Raises:
            CheckpointError: it is missing, or of another rank.
        """
        checkpoint = self.request.checkpoint
        shape = shape_of(checkpoint, self.names(part), name)
        if shape is None or len(shape) != rank or min(shape) < 1:
            what = "is missing" if shape is None else f"is {list(shape)}, not of {rank} dimensions"
            raise CheckpointError(f"{name} {what}", where=str(checkpoint.path), fix="save the model again, whole")
        return shape

    def names(self, part: str) -> Names:
        """The tensors of a part."""
        return self.sorted.found.get(part, {})

    def count(self, part: str, pattern: str) -> int:
        """How many of "layer1.{}.conv1.weight" there are, from 0 or 1 up.

        Raises:
            CheckpointError: none.
        """
        names = self.names(part)
        start = 0 if pattern.format(0) in names else 1
        number = start
        while pattern.format(number) in names and number < _MOST:
            number += 1
        if number == start:
            raise CheckpointError(f"there is no {pattern.format(start)}", where=str(self.request.checkpoint.path), fix="save the model again, whole")
        return number - start

    def wants_future(self) -> bool:
        """The file has a predictor, and `load` was asked for it."""
        return "dynamics" in self.sorted.found and self.request.wants("dynamics")

    def size(self, parse: Callable[[Any], tuple[int, int]], options: str, table: tuple[int, Origin, str] | None, config: str = "") -> tuple[int, int]:
        """(height, width) to prepare clips at."""
        places = (config,) if config else ()
        return self.settings.settle("image_size", parse=parse, options=options, standin=(1, 1), config=places, table=table)

    def frames(self, table: tuple[int, Origin, str], config: tuple[str, ...] = ()) -> int:
        """Frames of a clip in training."""
        return self.settings.settle("frames", parse=frames_parser(1), options="give frames=…", standin=1, config=config, table=table)

    def plan(self, title: str, makers: Mapping[str, Callable[[], nn.Module]], assemble: Callable[[Built], Jepa]) -> NetPlan:
        """The plan, once everything is settled."""
        s = self.sorted
        return NetPlan("eb_jepa", title, self.request, s.found, makers, assemble, self.settings.close(), s.ignore, s.other)


def _card(built: Built, prepare: Preparation | PlanePreparation, dim: int, **more: Any) -> ModelCard:
    words = {"paper": "github.com/facebookresearch/eb_jepa", "loss": "l2", "patch": prepare.size, **more}
    return ModelCard("eb_jepa", built.name, image_size=prepare.size, dim=dim, hashes=dict(built.hashes), preprocessing=prepare.sentence(), **words)


def _space(built: Built) -> str:
    return f"context:{built.hashes['encoder_context'][:12]}"


def plan_image(plans: Plans) -> NetPlan:
    """A ResNet of basic blocks for small images."""
    part = "encoder_context"
    stem, stages = plans.shape(part, "conv1.weight", 4), plans.count(part, "layer{}.0.conv1.weight")
    widths = tuple(plans.shape(part, f"layer{s}.0.conv1.weight", 4)[0] for s in range(1, stages + 1))
    depths = tuple(plans.count(part, f"layer{s}.{{}}.conv1.weight") for s in range(1, stages + 1))
    config = ResNetConfig(stem[1], widths, depths)
    if stem[1] != 3 or stem[0] != widths[0] or any(".conv3." in n for n in plans.names(part)):
        raise CheckpointError(
            f"a stem of {list(stem)} before {widths[0]} channels, or bottleneck blocks, are not of this ResNet",
            where=str(plans.request.checkpoint.path),
            fix="open a ResNet of basic blocks",
        )
    plans.settings.note("blocks", depths, "read", f"stages of {', '.join(map(str, widths))} channels")
    size = plans.size(size_parser(1), "give (height, width)", (_CIFAR, "assumed", "as CIFAR-10; the convolutions take any size"))
    prepare = _colours(plans, size, size)

    def assemble(built: Built) -> Jepa:
        net = cast(ResNet, built.modules["encoder_context"])
        encoder = VectorEncoder(net, prepare, _space(built), lambda _: True)
        notes = "One vector an image, before the projector of the loss."
        return Jepa(_card(built, prepare, widths[-1], notes=notes), built.report, encoder, built.untrained)

    return plans.plan(f"EB-JEPA image, ResNet-{2 * sum(depths) + 2}", {part: partial(ResNet, config)}, assemble)


def plan_transformer(plans: Plans) -> NetPlan:
    """A torchvision transformer for small images."""
    part, checkpoint = "encoder_context", plans.request.checkpoint
    kernel, places = plans.shape(part, "patch_embed.proj.weight", 4), plans.shape(part, "pos_embed", 3)
    side, dim, patch = isqrt(max(places[1] - 1, 0)), kernel[0], kernel[2]
    if kernel[1:] != (3, patch, patch) or not side or places != (1, side * side + 1, dim):
        what = f"a patch kernel of {list(kernel)} and {list(places)} positions are none of a class token and a square of patches"
        raise CheckpointError(what, where=str(checkpoint.path), fix="open another file")
    stack = tower(checkpoint, plans.names(part), "blocks", dim)
    published = by_shape(dim, stack.depth, stack.hidden)
    table: tuple[int, Origin, str] | None = None
    if published is not None:
        table = (published.heads, "inferred", f"published size {published.short}: {dim} wide, {stack.depth} deep")
    heads = plans.settings.heads("heads", dim, rotary=False, config=("model.num_heads",), table=table)
    config = ClassVitConfig(dim, stack.depth, heads, stack.hidden, patch, (side, side), resize="antialias")
    native: tuple[int, Origin, str] = (side * patch, "read", f"pos_embed has {side}×{side} places of {patch} pixels")
    size = plans.size(size_parser(patch), f"give (height, width) in multiples of {patch}", native)
    prepare = _colours(plans, size, (patch, patch))

    def assemble(built: Built) -> Jepa:
        net = cast(ClassVit, built.modules["encoder_context"])
        encoder = FrameEncoder(net, prepare, _space(built), weights="context")
        notes = "Training uses the class token, which is beside the grid; a projector of the loss follows it."
        return Jepa(_card(built, prepare, dim, patch=(patch, patch), notes=notes), built.report, encoder, built.untrained)

    title = f"EB-JEPA image, {published.short if published else f'{dim}×{stack.depth}'}/{patch}"
    return plans.plan(title, {part: partial(ClassVit, config)}, assemble)


def _colours(plans: Plans, size: tuple[int, int], cell: tuple[int, int]) -> Preparation:
    short = min(size) if max(size) <= _CIFAR else None
    published = Preparation(size, cell, video=False, mean=_CIFAR_MEAN, std=_CIFAR_STD, short=short)
    return settle_preparation(plans.settings, published, why="as on CIFAR-10, the published example")


def plan_video(plans: Plans) -> NetPlan:
    """An encoder that keeps the pixels' grid, and a U-Net over two frames."""
    part, where = "encoder_context", str(plans.request.checkpoint.path)
    stem, dim = plans.shape(part, "conv1.weight", 4), plans.shape(part, "layer3.conv2.weight", 4)[0]
    config = PixelNetConfig(stem[1], stem[0], dim)
    if config.channels != 1:
        raise CheckpointError(f"the encoder sees {config.channels} channels, not one grey plane", where=where, fix="open another file")
    for name, value in (("dim", dim), ("channels", config.channels)):
        plans.settings.note(name, value, "read", "the encoder's convolutions")
    makers: dict[str, Callable[[], nn.Module]] = {part: partial(PixelNet, config)}
    if plans.wants_future():
        hidden, inside = plans.shape("dynamics", "conv1.weight", 4)[:2]
        outside = plans.shape("dynamics", "head.weight", 4)[0]
        if (inside, outside) != (2 * dim, dim):
            what = f"the predictor takes {inside} channels and gives {outside}, not {2 * dim} of two frames and {dim} of one"
            raise CheckpointError(what, where=where, fix='load with parts=("encoder_context",)')
        makers["dynamics"] = partial(ResUNet, inside, hidden, outside)
    if "decoder" in plans.sorted.found:
        makers["decoder"] = partial(PixelPainter, dim, 1)
    size = plans.size(size_parser(1), "give (height, width)", (_DIGITS, "assumed", "as Moving MNIST; the convolutions take any size"))
    steps = plans.request.checkpoint.setting("model.steps")
    frames = plans.frames(
        (2 + (steps if isinstance(steps, int) and steps > 0 else _STEPS), "assumed", "two frames, and the steps unrolled in training")
    )
    planes = PlanePreparation(Preparation(size, 1, mean=(0, 0, 0), std=(1, 1, 1), rule="stretch"), (0.0,), (1.0,))
    prepare = settle_planes(plans.settings, planes, "as on Moving MNIST, the published example")
    return plans.plan(f"EB-JEPA video, {dim} features a pixel", makers, partial(_video, prepare, frames, dim))


def _video(prepare: PlanePreparation, frames: int, dim: int, built: Built) -> Jepa:
    future, painter = built.modules.get("dynamics"), built.modules.get("decoder")
    encoder = PixelEncoder(cast(PixelNet, built.modules["encoder_context"]), prepare, _space(built))
    notes = "One vector a pixel. Training compares the outputs of a projector, distances here are between the vectors themselves."
    card = _card(built, prepare, dim, patch=(1, 1), frames=frames, notes=notes)
    dynamics = PixelDynamics(encoder, future) if isinstance(future, ResUNet) else None
    decoder = PixelDecoder(painter) if isinstance(painter, PixelPainter) else None
    return Jepa(card, built.report, encoder, built.untrained, dynamics=dynamics, decoder=decoder)


def plan_rooms(plans: Plans) -> NetPlan:
    """An IMPALA encoder, and a GRU that is told how a dot moves."""
    part, where = "encoder_context", str(plans.request.checkpoint.path)
    stacks = plans.count(part, "stack_blocks.{}.initial_conv.weight")
    widths = tuple(plans.shape(part, f"stack_blocks.{s}.initial_conv.weight", 4)[0] for s in range(stacks))
    blocks = tuple(plans.count(part, f"stack_blocks.{s}.blocks.{{}}.conv1.weight") for s in range(stacks))
    channels, (dim, flat) = plans.shape(part, "stack_blocks.0.initial_conv.weight", 4)[1], plans.shape(part, "mlp.weight", 2)
    config = ImpalaConfig(channels, widths, blocks, flat, dim, normed="final_ln.weight" in plans.names(part))
    if channels != 2 or flat % widths[-1]:
        what = f"an encoder of {channels} channels whose last layer takes {flat} numbers, not 2 and a multiple of {widths[-1]}"
        raise CheckpointError(what, where=where, fix="open another file")
    for name, value in (("dim", dim), ("stacks", widths)):
        plans.settings.note(name, value, "read", "the encoder's tensors")
    fits = partial(_fits, stacks, flat // widths[-1])
    size = _rooms_size(plans, fits, stacks, flat // widths[-1])
    makers: dict[str, Callable[[], nn.Module]] = {part: partial(Impala, config)}
    action = None
    if plans.wants_future():
        gates, width = plans.shape("dynamics", "rnn.weight_ih_l0", 2)
        if gates != 3 * dim or "rnn.weight_ih_l1" in plans.names("dynamics"):
            raise CheckpointError(f"the predictor is no GRU of one layer over {dim} numbers", where=where, fix='load with parts=("encoder_context",)')
        makers["dynamics"] = partial(GruStep, dim, width, normed="final_ln.weight" in plans.names("dynamics"))
        action = _moves(plans.settings, width)
    frames = plans.frames((_FRAMES, "assumed", "as the published training"), ("data.sample_length",))
    planes = PlanePreparation(Preparation(size, size, mean=(0, 0, 0), std=(1, 1, 1), rule="stretch"), _ROOMS_MEAN, _ROOMS_STD, spread=True)
    prepare = settle_planes(plans.settings, planes, "the published Normalizer of the two rooms")
    return plans.plan("EB-JEPA two rooms", makers, partial(_rooms, prepare, frames, dim, fits, action))


def _rooms(
    prepare: PlanePreparation, frames: int, dim: int, fits: Callable[[tuple[int, int]], bool], action: ActionSpec | None, built: Built
) -> Jepa:
    future = built.modules.get("dynamics")
    encoder = VectorEncoder(cast(Impala, built.modules["encoder_context"]), prepare, _space(built), fits)
    dynamics: Dynamics | None = None
    if isinstance(future, GruStep) and action is not None:
        dynamics = GruDynamics(encoder, future, action)
    notes = "One vector a frame. Channel 0 of a clip is the agent's dot, channel 1 the walls."
    return Jepa(_card(built, prepare, dim, frames=frames, notes=notes), built.report, encoder, built.untrained, dynamics=dynamics)


def _moves(settings: Settings, width: int) -> ActionSpec:
    """What an action means: not stated; the published example moves a dot by pixels."""
    zeros, ones = (0.0,) * width, (1.0,) * width
    if width != 2 or settings.request.checkpoint.setting("data.env_name") not in (None, "two_rooms"):
        names = tuple(f"action {i}" for i in range(width))
        settings.note("action", f"{width} numbers", "assumed", "raw, as they were recorded; what they mean is not in the file")
        return ActionSpec(names, (UNKNOWN,) * width, tuple(-v for v in ones), ones, zeros, ones)
    settings.note("action", "(dx, dy) in pixels", "assumed", f"as the published two rooms; its planner moves by at most {_REACH}")
    return ActionSpec(("dx", "dy"), ("px", "px"), (-_REACH,) * 2, (_REACH,) * 2, zeros, ones)


def _halved(side: int, times: int) -> int:
    """A side after max-poolings of stride 2 with a border."""
    for _ in range(times):
        side = (side + 1) // 2
    return side


def _fits(stacks: int, cells: int, size: tuple[int, int]) -> bool:
    return _halved(size[0], stacks) * _halved(size[1], stacks) == cells


def _rooms_size(plans: Plans, fits: Callable[[tuple[int, int]], bool], stacks: int, cells: int) -> tuple[int, int]:
    """The size that the linear layer was made for: only a range of sizes leaves so many numbers."""
    side, step = isqrt(cells), 2**stacks
    ranged = f"squares of {(side - 1) * step + 1} to {side * step} pixels leave {side}×{side} cells" if side * side == cells else f"{cells} cells"
    options = f"give image_size=(height, width): {ranged}"

    def parse(value: Any) -> tuple[int, int]:
        size = size_parser(1)(value)
        if not fits(size):
            raise ValueError(f"it leaves {_halved(size[0], stacks)}×{_halved(size[1], stacks)} cells, and the linear layer takes {cells}")
        return size

    table: tuple[int, Origin, str] | None = None
    if fits((_ROOMS, _ROOMS)) and stacks == 3:
        table = (_ROOMS, "assumed", f"as the published two rooms; {ranged}")
    return plans.size(parse, options, table, "data.img_size")
