"""tiny-jepa (PyPI): a world model in plain NumPy. Grey frames of 32 × 32 to one vector, five moves, and the frame that belongs to a vector.

Its file holds heads for the reward and for two positions, too; they are named in the report and not read.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from functools import partial
from typing import Any, cast

import torch
from jaxtyping import Bool, Float, UInt8
from torch import Tensor, nn

from workbench.checkpoints import Checkpoint
from workbench.checkpoints.renamed import renamed
from workbench.core import progress
from workbench.core.card import ModelCard
from workbench.core.clip import Clip
from workbench.core.errors import BadInput, CheckpointError, Incomparable
from workbench.core.grid import TokenGrid
from workbench.families.actions import checked
from workbench.families.net_plan import Built, NetPlan
from workbench.families.parts import Names
from workbench.families.prepare import Preparation
from workbench.families.prepare_planes import PLANE_OVERRIDES, PlanePreparation, settle_planes
from workbench.families.registry import Request, register
from workbench.families.settings import Settings
from workbench.families.vit_family import shape_of
from workbench.model.jepa import Decoder, Dynamics, Encoder, Jepa
from workbench.model.latents import Latents, Space
from workbench.model.spec import ActionSpec, Prepared
from workbench.nn.parts import frame_vectors, like, refuse_unknown
from workbench.nn.tiny_jepa import SIDE, RowMlp, from_patches, to_patches

Video = Float[Tensor, "batch channels frames height width"]
_NETS = {"enc": "encoder_context", "pred": "dynamics", "dec": "decoder"}
_MOVES = ("stay", "up", "down", "left", "right")
_MOST_LAYERS = 64


class TinyFrames(Encoder):
    """One vector a frame."""

    weights = ("context",)

    def __init__(self, net: RowMlp, prepare: Callable[[Sequence[Clip]], Prepared], space: str) -> None:
        self.net, self._prepare, self.space = net, prepare, space
        self.layers = len(net) - 1

    def prepare(self, clips: Sequence[Clip]) -> Prepared:
        """See `Encoder.prepare`."""
        return self._prepare(clips)

    @torch.inference_mode()
    def encode(
        self, video: Video, *, weights: str = "target", visible: Bool[Tensor, "batch ticks rows cols"] | None = None, layer: int | None = None
    ) -> Latents:
        """See `Encoder.encode`; with `layer` what that hidden layer gives, behind its ReLU."""
        refuse_unknown(self, weights, layer)
        if video.shape[1] != 1 or tuple(video.shape[3:]) != (SIDE, SIDE):
            what = f"one grey plane of {SIDE}×{SIDE} is needed, got {list(video.shape[1:2])} of {list(video.shape[3:])}"
            raise BadInput(what, where="video", fix="use encoder.prepare(clips).video")
        frames = like(video, self.net).transpose(1, 2).flatten(0, 1)
        grid = TokenGrid(video.shape[2], 1, 1, (SIDE, SIDE))
        space = Space("context", self.space + ("" if layer is None else f"@{layer}"))
        return frame_vectors(lambda some: self.net(to_patches(some[:, 0]), layer).float(), frames, visible, grid, space)


class TinyDynamics(Dynamics):
    """The next vector from the last and one of five moves."""

    def __init__(self, encoder: TinyFrames, net: RowMlp, action: ActionSpec) -> None:
        self.encoder, self.net, self.action, self.spec = encoder, net, action, action
        self.history = (1, 1)

    def embed(self, video: Video, states: Float[Tensor, "batch frames state"] | None = None) -> Latents:
        """See `Dynamics.embed`; states are not used."""
        return self.encoder.encode(video, weights="context")

    @torch.inference_mode()
    def predict(self, context: Latents, actions: Float[Tensor, "batch moves action"] | None = None) -> Latents:
        """See `Dynamics.predict`."""
        film, moves = self._given(context, actions, context.grid.ticks)
        return self._latents(self.net(torch.cat([film, moves], -1)), context)

    @torch.inference_mode()
    def rollout(self, context: Latents, horizon: int, *, actions: Float[Tensor, "batch moves action"] | None = None) -> Latents:
        """See `Dynamics.rollout`; only the last tick of the context matters."""
        if horizon < 1:
            raise BadInput(f"a rollout of {horizon} ticks predicts nothing", where="horizon", fix="give 1 or more")
        film, moves = self._given(context, actions, context.grid.ticks - 1 + horizon)
        now, answers = film[:, -1], []
        for move in moves[:, context.grid.ticks - 1 :].unbind(1):
            progress.report(0, 0)
            now = self.net(torch.cat([now, move], -1))
            answers.append(now)
        return self._latents(torch.stack(answers, 1), context)

    def _given(
        self, context: Latents, actions: Tensor | None, wanted: int
    ) -> tuple[Float[Tensor, "batch ticks dim"], Float[Tensor, "batch moves action"]]:
        if context.space.id != self.encoder.space:
            raise BadInput(f"a context in space {context.space.id} is none of this model's", where="context", fix="use dynamics.embed(video)")
        moves = checked(self.spec, actions, wanted)
        if len(moves) != len(context.tokens):
            what = f"{len(context.tokens)} contexts and {len(moves)} series of actions"
            raise BadInput(what, where="actions", fix="give as many of the one as of the other")
        first = next(self.net.parameters())
        return context.tokens[:, :, 0, 0].to(first), moves.to(first)

    def _latents(self, vectors: Float[Tensor, "batch ticks dim"], context: Latents) -> Latents:
        grid = replace(context.grid, ticks=vectors.shape[1])
        return Latents(vectors.float()[:, :, None, None], grid, Space("predicted", self.encoder.space))


class TinyDecoder(Decoder):
    """The grey frame that belongs to a vector."""

    def __init__(self, net: RowMlp, space: str) -> None:
        self.net, self.space = net, space

    @torch.inference_mode()
    def decode(self, latents: Latents) -> UInt8[Tensor, "batch frames height width channels"]:
        """See `Decoder.decode`."""
        if latents.space.id != self.space:
            what = f"this decoder takes latents of {self.space}, not of {latents.space.id}"
            raise Incomparable(what, fix="give it what dynamics.embed, predict or rollout answered")
        if not bool(latents.tokens.isfinite().all()):
            raise BadInput("a frame cannot be decoded from a masked vector", where="latents", fix="encode without visible=")
        frames = self.drawn(latents.tokens[:, :, 0, 0].flatten(0, 1))
        grey = (frames * 255).round().to(torch.uint8).unflatten(0, latents.tokens.shape[:2])
        return grey[..., None].expand(-1, -1, -1, -1, 3)

    def drawn(self, vectors: Float[Tensor, "count dim"]) -> Float[Tensor, "count 32 32"]:
        """Grey values from 0 to 1, cut off there."""
        return from_patches(self.net(vectors.to(next(self.net.parameters()))).float()).clamp(0, 1)


def recognise(checkpoint: Checkpoint) -> bool:
    """A NumPy archive with the layers of an encoder and a predictor."""
    return checkpoint.format == "npz" and {"enc.0.W", "pred.0.W"} <= set(checkpoint.tensors)


def plan(request: Request) -> NetPlan:
    """Everything but the weights.

    Raises:
        CheckpointError: the arrays contradict each other.
    """
    request.one_file()
    checkpoint = request.checkpoint
    found: dict[str, Names] = {}
    for name in checkpoint.tensors:
        net, _, rest = name.partition(".")
        if net in _NETS:
            found.setdefault(_NETS[net], {})[rest] = f"{_NETS[net]}.{rest}"
    sources = {f"{_NETS[n.partition('.')[0]]}.{n.partition('.')[2]}": n for n in checkpoint.tensors if n.partition(".")[0] in _NETS}
    sizes = {part: _sizes(checkpoint, net) for net, part in _NETS.items() if part in found}
    settings = Settings(replace(request, checkpoint=renamed(checkpoint, sources)))
    encoder = sizes.get("encoder_context")
    if encoder is None or encoder[0] != SIDE * SIDE:
        what = f"an encoder of {encoder[0] if encoder else 'no'} numbers sees no frames of {SIDE}×{SIDE}"
        raise CheckpointError(what, where=str(checkpoint.path), fix="open another file")
    dim, moves = encoder[-1], 0
    if "dynamics" in sizes:
        moves = sizes["dynamics"][0] - dim
        if moves < 1 or sizes["dynamics"][-1] != dim:
            what = f"a predictor from {sizes['dynamics'][0]} to {sizes['dynamics'][-1]} does not go on from vectors of {dim}"
            raise CheckpointError(what, where=str(checkpoint.path), fix="open another file")
    if "decoder" in sizes and (sizes["decoder"][0], sizes["decoder"][-1]) != (dim, SIDE * SIDE):
        what = f"a decoder from {sizes['decoder'][0]} to {sizes['decoder'][-1]} gives no frames of {SIDE}×{SIDE} from vectors of {dim}"
        raise CheckpointError(what, where=str(checkpoint.path), fix='leave it out: parts=("encoder_context", "dynamics")')
    settings.note("dim", dim, "read", "the encoder's last layer")
    settings.note("encoder", "context", "read", "the one trained encoder")
    inner = Preparation((SIDE, SIDE), (SIDE, SIDE), rule="crop", short=SIDE, resample="antialiased")
    preparation = settle_planes(settings, PlanePreparation(inner, (0.0,), (1.0,)), "grey values from 0 to 1, not normalised")
    makers: dict[str, Callable[[], nn.Module]] = {part: partial(RowMlp, layers) for part, layers in sizes.items()}
    other = tuple(f"{net}: {count} arrays" for net, count in checkpoint.groups().items() if net not in _NETS)
    assemble = partial(_assemble, preparation, _spec(moves) if moves else None, dim)
    return NetPlan("tiny_jepa", f"tiny-jepa, {dim} numbers a frame", settings.request, found, makers, assemble, settings.close(), {}, other)


def _sizes(checkpoint: Checkpoint, net: str) -> tuple[int, ...]:
    """What enters the first layer, and what each layer gives."""
    names = {n: n for n in checkpoint.tensors}
    found: list[int] = []
    for layer in range(_MOST_LAYERS):
        shape = shape_of(checkpoint, names, f"{net}.{layer}.W")
        if shape is None:
            break
        if len(shape) != 2 or min(shape) < 1 or (found and found[-1] != shape[0]):
            raise CheckpointError(
                f"{net}.{layer}.W of {list(shape)} does not go on from the layer before", where=str(checkpoint.path), fix="save it again"
            )
        found += [*([] if found else [shape[0]]), shape[1]]
    if not found:
        raise CheckpointError(f"{net} has no layer {net}.0.W", where=str(checkpoint.path), fix="save it again")
    return tuple(found)


def _spec(moves: int) -> ActionSpec:
    names = _MOVES if moves == len(_MOVES) else tuple(f"move {i}" for i in range(moves))
    return ActionSpec(names, ("chosen",) * moves, (0.0,) * moves, (1.0,) * moves, (0.0,) * moves, (1.0,) * moves)


def _assemble(preparation: PlanePreparation, action: ActionSpec | None, dim: int, built: Built) -> Jepa:
    space = f"context:{built.hashes['encoder_context'][:12]}"
    encoder = TinyFrames(cast(RowMlp, built.modules["encoder_context"]), preparation, space)
    dynamics, decoder = built.modules.get("dynamics"), built.modules.get("decoder")
    parts: dict[str, Any] = {}
    if isinstance(dynamics, RowMlp) and action is not None:
        parts["dynamics"] = TinyDynamics(encoder, dynamics, action)
    if isinstance(decoder, RowMlp):
        parts["decoder"] = TinyDecoder(decoder, space)
    card = ModelCard(
        "tiny_jepa",
        built.name,
        paper="https://pypi.org/project/tiny-jepa",
        licence="MIT",
        image_size=preparation.size,
        frames=2 if "dynamics" in parts else 1,
        patch=preparation.size,
        dim=dim,
        hashes=dict(built.hashes),
        unit="features of a frame",
        loss="l2",
        preprocessing=preparation.sentence(),
        notes="An action is one of five moves: 1 for the move that is made, 0 for the others.",
    )
    return Jepa(card, built.report, encoder, built.untrained, **parts)


register(
    "tiny_jepa",
    signs="a NumPy archive with config, enc.0.W and pred.0.W",
    recognise=recognise,
    plan=plan,
    overrides=dict(PLANE_OVERRIDES),
    telling=("enc.0.W", "pred.0.W"),
)
