"""Our own trainers' models: small convolutions to one vector a frame, and a predictor of the next vector.

A folder holds model.safetensors, config.json and, where one was fitted afterwards, decoder.safetensors.
Tensors: encoder_context.{convs,norms}.N, encoder_context.{hidden,out}, dynamics.*; in the decoder's file entry, convs.N and out.

config.json:
    family      "workbench"
    name        for the reader. world: of workbench.worlds.environments, where it can be driven. paper, licence, notes: words.
    frames      of a window in training. fps: frames a second.
    encoder     size [height, width], channels [...], hidden, dim, patch, groups: see nn.frame_conv.FrameConvConfig
    pixels      mean: taken from pixels between 0 and 1, of all channels
    dynamics    kind "action-step": features, hidden; kind "causal": width, depth, heads, hidden, ticks, least (frames before it may be asked)
    actions     names, units, low, high, mean, std: lists as long as an action; for "action-step" only
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from functools import partial
from math import isfinite
from pathlib import Path
from typing import Any, cast

from torch import nn

from workbench.checkpoints import Checkpoint, open_checkpoint
from workbench.checkpoints.merged import merge
from workbench.core.card import ModelCard
from workbench.core.errors import BadInput, CheckpointError
from workbench.core.questions.decoding import FITTED
from workbench.families.net_plan import Built, NetPlan
from workbench.families.parts import Names, names_by_group
from workbench.families.prepare import Preparation
from workbench.families.prepare_settings import PREPARE_OVERRIDES, settle_preparation
from workbench.families.registry import Request, register
from workbench.families.settings import Settings
from workbench.families.workbench_parts import ActionVectors, CausalVectors, ConvFrames
from workbench.model.jepa import Jepa
from workbench.model.spec import ActionSpec
from workbench.nn.frame_conv import FrameConv, FrameConvConfig, FramePainter, FramePainterConfig
from workbench.nn.frame_decoder import FrameDecoder
from workbench.nn.frame_future import ActionStep, ActionStepConfig, CausalStep, CausalStepConfig

NAME, DECODER = "workbench", "decoder.safetensors"
_SIGN, _MARK = "convs.0.weight", "decoder="
_MOST, _MOST_BLOCKS = 65536, 64
_FIELDS = ("low", "high", "mean", "std")


@dataclass(frozen=True)
class Layout:
    """What config.json says.

    Args:
        least: frames of context before a causal predictor may be asked.
    """

    encoder: FrameConvConfig
    mean: float
    frames: int
    fps: float | None
    future: ActionStepConfig | CausalStepConfig | None
    action: ActionSpec | None
    least: int
    words: Mapping[str, str]


class _Config:
    """config.json with an error where it is not as described."""

    def __init__(self, checkpoint: Checkpoint) -> None:
        self.checkpoint = checkpoint
        if checkpoint.setting("family") != NAME:
            what = f"config.json with family {NAME!r} is not beside this file"
            raise CheckpointError(what, where=str(checkpoint.path), fix="keep the two files of a trained model together")

    def wrong(self, place: str, why: str) -> CheckpointError:
        return CheckpointError(f"{place}: {self.checkpoint.setting(place)!r} {why}", where=self.checkpoint.config_path, fix="train or save it again")

    def whole(self, place: str, most: int = _MOST) -> int:
        value = self.checkpoint.setting(place)
        if isinstance(value, bool) or not isinstance(value, int) or not 1 <= value <= most:
            raise self.wrong(place, f"is no whole number from 1 to {most}")
        return value

    def wholes(self, place: str) -> tuple[int, ...]:
        value = self.checkpoint.setting(place)
        if not isinstance(value, list) or not value or any(isinstance(v, bool) or not isinstance(v, int) or not 1 <= v <= _MOST for v in value):
            raise self.wrong(place, f"is no list of whole numbers from 1 to {_MOST}")
        return tuple(value)

    def number(self, place: str) -> float:
        value = self.checkpoint.setting(place)
        if isinstance(value, bool) or not isinstance(value, int | float) or not isfinite(value):
            raise self.wrong(place, "is no number")
        return float(value)

    def words(self, place: str) -> str:
        value = self.checkpoint.setting(place)
        return value if isinstance(value, str) else ""


def layout(checkpoint: Checkpoint) -> Layout:
    """What config.json says of the model.

    Raises:
        CheckpointError: it is missing, or not as described above.
    """
    said = _Config(checkpoint)
    size = said.wholes("encoder.size")
    if len(size) != 2:
        raise said.wrong("encoder.size", "is not [height, width]")
    encoder = FrameConvConfig(
        (size[0], size[1]),
        said.wholes("encoder.channels"),
        said.whole("encoder.hidden"),
        said.whole("encoder.dim"),
        said.whole("encoder.patch"),
        said.whole("encoder.groups"),
    )
    if any(s % encoder.patch for s in size):
        raise said.wrong("encoder.patch", f"does not divide {size[0]}×{size[1]}")
    if any(c % encoder.groups for c in encoder.channels[1:]) or len(encoder.channels) > _MOST_BLOCKS:
        raise said.wrong("encoder.channels", f"cannot be normed in {encoder.groups} groups each")
    words = {name: said.words(name) for name in ("name", "world", "paper", "licence", "notes")}
    fps = None if checkpoint.setting("fps") is None else said.number("fps")
    future, action, least = _future(said, encoder.dim)
    return Layout(encoder, said.number("pixels.mean"), said.whole("frames", 4096), fps, future, action, least, words)


def _future(said: _Config, dim: int) -> tuple[ActionStepConfig | CausalStepConfig | None, ActionSpec | None, int]:
    kind = said.checkpoint.setting("dynamics.kind")
    if kind is None:
        return None, None, 1
    if kind == "action-step":
        action = _action(said)
        return ActionStepConfig(dim, action.width, said.whole("dynamics.features"), said.whole("dynamics.hidden")), action, 1
    if kind != "causal":
        raise said.wrong("dynamics.kind", "is neither 'action-step' nor 'causal'")
    width, heads, ticks = said.whole("dynamics.width"), said.whole("dynamics.heads"), said.whole("dynamics.ticks", 4096)
    if width % heads:
        raise said.wrong("dynamics.heads", f"heads cannot share {width} features")
    least = said.whole("dynamics.least", ticks)
    return CausalStepConfig(dim, width, said.whole("dynamics.depth", _MOST_BLOCKS), heads, said.whole("dynamics.hidden"), ticks), None, least


def _action(said: _Config) -> ActionSpec:
    found: dict[str, Any] = {}
    for name in ("names", "units", *_FIELDS):
        value, plain = said.checkpoint.setting(f"actions.{name}"), (int, float) if name in _FIELDS else (str,)
        if not isinstance(value, list) or not value or any(isinstance(v, bool) or not isinstance(v, plain) for v in value):
            raise said.wrong(f"actions.{name}", "is no list of " + ("numbers" if name in _FIELDS else "words"))
        found[name] = tuple(float(v) if name in _FIELDS else v for v in value)
    if len({len(v) for v in found.values()}) > 1 or min(found["std"]) <= 0:
        raise said.wrong("actions.std", "does not go with the other lists, or is not above 0")
    return ActionSpec(**found)


def plan(request: Request) -> NetPlan:
    """Everything but the weights.

    Raises:
        CheckpointError: config.json is missing, or does not say what it must. BadInput: an encoder file was given.
    """
    if request.encoder is not None:
        raise BadInput("this family keeps its encoder with the predictor", where="encoder=", fix="leave encoder= out")
    about = layout(request.checkpoint)
    request = _with_decoder(request)
    found = _found(request.checkpoint)
    settings = Settings(request)
    settings.note("encoder", "context", "read", "the one trained encoder; SIGReg keeps it from collapsing, there is no teacher")
    for name, value in (("image_size", about.encoder.size), ("dim", about.encoder.dim), ("pixels.mean", about.mean)):
        settings.note(name, value, "given", "config.json")
    published = Preparation(
        about.encoder.size, about.encoder.size, mean=(about.mean, about.mean, about.mean), std=(1.0, 1.0, 1.0), rule="stretch", fps=about.fps
    )
    preparation = settle_preparation(settings, published)
    makers: dict[str, Callable[[], nn.Module]] = {"encoder_context": partial(FrameConv, about.encoder)}
    if isinstance(about.future, ActionStepConfig):
        makers["dynamics"] = partial(ActionStep, about.future)
    elif about.future is not None:
        makers["dynamics"] = partial(CausalStep, about.future)
    if found.get("decoder"):
        settings.note("decoder", "fitted afterwards", "read", "on frozen latents: it was no part of the training")
        makers["decoder"] = partial(FramePainter, _painter(request.checkpoint, found["decoder"], about.encoder))
    other = tuple(n for n in request.checkpoint.tensors if not any(n in names.values() for names in found.values()))
    title = f"{about.encoder.dim} features a frame"
    return NetPlan(NAME, title, request, found, makers, partial(_assemble, about, preparation), settings.close(), other=other)


def _with_decoder(request: Request) -> Request:
    """The checkpoint with the decoder that was given, or lies beside it."""
    file = request.decoder
    if file is None:
        beside = Path(request.checkpoint.path).parent / DECODER
        file = beside if beside.is_file() and request.wants("decoder") and beside != Path(request.checkpoint.path) else None
    return request if file is None else replace(request, checkpoint=merge(request.checkpoint, decoder=open_checkpoint(file)))


def _found(checkpoint: Checkpoint) -> dict[str, Names]:
    groups = names_by_group(checkpoint)
    found = {part: groups.get(part, {}) for part in ("encoder_context", "dynamics")}
    return found | {"decoder": {n.removeprefix(_MARK): n for n in checkpoint.tensors if n.startswith(_MARK)}}


def _painter(checkpoint: Checkpoint, names: Names, encoder: FrameConvConfig) -> FramePainterConfig:
    """The decoder's channels, from its convolutions.

    Raises:
        CheckpointError: it has none.
    """
    shapes = []
    while (name := f"convs.{len(shapes)}.weight") in names and len(shapes) < _MOST_BLOCKS:
        shapes.append(checkpoint.tensors[names[name]].shape)
    if not shapes or any(len(s) != 4 for s in shapes):
        raise CheckpointError("this decoder has no convolutions: it is none of this family", where=str(checkpoint.path), fix="give another decoder=")
    return FramePainterConfig(encoder.dim, encoder.size, tuple(s[1] for s in shapes))


def _assemble(about: Layout, preparation: Preparation, built: Built) -> Jepa:
    space = f"context:{built.hashes['encoder_context'][:12]}"
    encoder = ConvFrames(cast(FrameConv, built.modules["encoder_context"]), preparation, space)
    net, painter = built.modules.get("dynamics"), built.modules.get("decoder")
    dynamics = None
    if isinstance(net, ActionStep) and about.action is not None:
        dynamics = ActionVectors(encoder, net, about.action)
    elif isinstance(net, CausalStep):
        dynamics = CausalVectors(encoder, net, about.least)
    decoder = FrameDecoder(painter, (0.0,) * 3, (1.0,) * 3, space) if isinstance(painter, FramePainter) else None
    if decoder is not None:
        decoder.note = FITTED  # on frozen latents: `train.painters`
    card = ModelCard(
        NAME,
        built.name,
        paper=about.words["paper"],
        licence=about.words["licence"],
        image_size=preparation.size,
        frames=about.frames,
        fps=about.fps,
        patch=preparation.size,
        dim=about.encoder.dim,
        hashes=dict(built.hashes),
        unit="features of a frame",
        loss="l2",
        preprocessing=preparation.sentence(),
        world=about.words["world"],
        notes=about.words["notes"],
    )
    return Jepa(card, built.report, encoder, built.untrained, dynamics=dynamics, decoder=decoder)


def recognise(checkpoint: Checkpoint) -> bool:
    """An encoder of convolutions under our own part names."""
    return _SIGN in names_by_group(checkpoint).get("encoder_context", {})


register(
    NAME,
    signs="encoder_context.convs.0.weight, with config.json beside it",
    recognise=recognise,
    plan=plan,
    overrides=dict(PREPARE_OVERRIDES),
)
