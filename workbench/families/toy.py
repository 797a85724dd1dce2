"""A family for trying things and for tests: tiny, seeded, meaningless, and with every signature that a Jepa can have.

One grey channel, registers beside the grid, hierarchical targets (all blocks' outputs, one after another), a teacher that
may be missing, actions, states, and a decoder.
"""

from __future__ import annotations

import copy
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from functools import partial
from math import isqrt
from pathlib import Path
from typing import cast

import cv2
import numpy as np
import torch
from jaxtyping import Bool, Float, UInt8
from safetensors.torch import save_file
from torch import Tensor, nn

from workbench.checkpoints import Checkpoint
from workbench.core.card import PARTS, Fact, LoadReport, ModelCard
from workbench.core.clip import Clip
from workbench.core.errors import BadInput, CheckpointError, ClipError, PartUnavailable
from workbench.core.grid import TokenGrid
from workbench.families.net_plan import NetPlan
from workbench.families.parts import module_hash, names_by_group, whole_report
from workbench.families.registry import Request, register
from workbench.families.toy_nets import ToyFuture, ToyNet, ToyPainter, ToyPredictor, ToyShape, Video
from workbench.model.jepa import Decoder, Dynamics, Encoder, Jepa, MaskedPredictor
from workbench.model.latents import Latents, Space
from workbench.model.spec import ActionSpec, Prepared
from workbench.nn.parts import layer_norm

_PARTS = PARTS[:5]  # it has no head for labels
_MAKERS: Mapping[str, Callable[[ToyShape], nn.Module]] = dict(zip(_PARTS, (ToyNet, ToyNet, ToyPredictor, ToyFuture, ToyPainter), strict=True))
_WEIGHTS = {"target": "encoder_target", "context": "encoder_context"}


class ToyEncoder(Encoder):
    """Each frame for itself, in grey."""

    def __init__(self, nets: Mapping[str, ToyNet], hashes: Mapping[str, str]) -> None:
        self.nets = dict(nets)
        self.weights, self.layers = tuple(nets), next(iter(nets.values())).shape.layers
        self.ids = {w: f"{w}:{hashes[_WEIGHTS[w]][:12]}" for w in nets}

    @property
    def shape(self) -> ToyShape:
        """The sizes of its networks."""
        return next(iter(self.nets.values())).shape

    def prepare(self, clips: Sequence[Clip]) -> Prepared:
        """See `Encoder.prepare`: grey, resized without cropping, −1 to 1."""
        if not clips or len({(c.frames, c.height, c.width, c.fps) for c in clips}) > 1:
            raise ClipError("clips of one call share a grid: equally long, large and fast", where="prepare", fix="prepare them one by one")
        s, c = self.shape, clips[0]
        height, width = s.rows * s.patch, s.cols * s.patch
        small = [[cv2.resize(f, (width, height), interpolation=cv2.INTER_LINEAR) for f in clip.rgb()] for clip in clips]
        grey = np.round(np.array(small, np.float32).mean(-1)).astype(np.uint8)
        scale, seconds = (c.height / height, c.width / width), 1 / c.fps if c.fps and c.frames > 1 else None
        grid = TokenGrid(c.frames, s.rows, s.cols, (s.patch, s.patch), scale=scale, frame_seconds=seconds)
        return Prepared(torch.from_numpy(grey).float()[:, None] / 127.5 - 1, grid, torch.from_numpy(np.repeat(grey[..., None], 3, -1)))

    def grid(self, video: Video) -> TokenGrid:
        """The grid of a prepared video."""
        s = self.shape
        if video.shape[1] != 1 or tuple(video.shape[3:]) != (s.rows * s.patch, s.cols * s.patch):
            size = f"{s.rows * s.patch}×{s.cols * s.patch}"
            raise BadInput(f"a toy sees one channel of {size} pixels, not {list(video.shape)}", fix="use encoder.prepare(clips).video")
        return TokenGrid(video.shape[2], s.rows, s.cols, (s.patch, s.patch))

    def outputs(self, video: Video, weights: str, visible: Bool[Tensor, "batch ticks rows cols"] | None) -> list[Tensor]:
        """Every block's output and the normed one: [batch, ticks, grid and registers, dim]."""
        if weights not in self.nets:
            raise PartUnavailable(f"this toy has no {weights} encoder, only {' and '.join(self.weights)}", fix=f"ask for weights={self.weights[0]!r}")
        net, shape = self.nets[weights], (video.shape[0], *self.grid(video).shape)
        return net(video.to(net.places), torch.ones(shape, dtype=torch.bool) if visible is None else visible)

    @torch.inference_mode()
    def encode(
        self, video: Video, *, weights: str = "target", visible: Bool[Tensor, "batch ticks rows cols"] | None = None, layer: int | None = None
    ) -> Latents:
        """See `Encoder.encode`."""
        if layer is not None and not 0 <= layer < self.layers:
            raise BadInput(f"there is no block {layer}", where="layer", fix=f"0 to {self.layers - 1}, or None for the output")
        return self._placed(video, self.outputs(video, weights, visible)[-1 if layer is None else layer], weights, visible, layer)

    @torch.inference_mode()
    def layered(self, video: Video, *, weights: str = "target", visible: Bool[Tensor, "batch ticks rows cols"] | None = None) -> tuple[Latents, ...]:
        """See `Encoder.layered`: one forward pass."""
        found = zip((*range(self.layers), None), self.outputs(video, weights, visible), strict=True)
        return tuple(self._placed(video, out, weights, visible, layer) for layer, out in found)

    def _placed(self, video: Video, out: Tensor, weights: str, visible: Tensor | None, layer: int | None) -> Latents:
        grid, out = self.grid(video), out.float()
        tokens, extra = out[:, :, : grid.rows * grid.cols].unflatten(2, (grid.rows, grid.cols)), out[:, :, grid.rows * grid.cols :]
        if visible is not None:
            tokens = tokens.masked_fill(~visible[..., None], torch.nan)
        space = Space("target" if weights == "target" else "context", self.ids[weights] + ("" if layer is None else f"@{layer}"))
        return Latents(tokens, grid, space, extra)


class ToyMasked(MaskedPredictor):
    """All blocks' outputs of the teacher, from the context encoder's last."""

    def __init__(self, encoder: ToyEncoder, net: ToyPredictor) -> None:
        self.encoder, self.net, self.mask_tokens = encoder, net, net.shape.mask_tokens
        self.id = encoder.ids.get("target", f"teacher of {encoder.ids.get('context')}") + "+layers"

    @torch.inference_mode()
    def targets(self, video: Video, visible: Bool[Tensor, "batch ticks rows cols"] | None = None) -> Latents | None:
        """See `MaskedPredictor.targets`: every block's output, layer-normed, one after another in the features."""
        if "target" not in self.encoder.weights:
            return None
        grid = self.encoder.grid(video)
        blocks = self.encoder.outputs(video, "target", visible)[:-1]
        flat = torch.cat([layer_norm(b[:, :, : grid.rows * grid.cols].float()) for b in blocks], -1)
        tokens = flat.unflatten(2, (grid.rows, grid.cols))
        if visible is not None:
            tokens = tokens.masked_fill(~visible[..., None], torch.nan)
        return Latents(tokens, grid, Space("target", self.id))

    @torch.inference_mode()
    def predict(
        self,
        video: Video,
        context: Bool[Tensor, "batch ticks rows cols"],
        targets: Bool[Tensor, "blocks batch ticks rows cols"],
        *,
        mask_token: int | None = None,
    ) -> tuple[Latents, ...]:
        """See `MaskedPredictor.predict`."""
        if mask_token is not None and not 0 <= mask_token < self.mask_tokens:
            raise BadInput(f"there is no mask token {mask_token}", where="mask_token", fix=f"0 to {self.mask_tokens - 1}")
        seen = self.encoder.encode(video, weights="context", visible=context)
        tokens = seen.tokens.to(self.net.places)
        answers = [self.net(tokens, context, t, mask_token or 0).float().masked_fill(~t[..., None], torch.nan) for t in targets]
        return tuple(Latents(a, seen.grid, Space("predicted", self.id)) for a in answers)


class ToyDynamics(Dynamics):
    """Tokens move on by a small network, states by the action itself."""

    history = (1, 3)
    action = ActionSpec(("down", "right"), ("px", "px"), (-1.0, -1.0), (1.0, 1.0), (0.0, 0.0), (1.0, 1.0))

    def __init__(self, encoder: ToyEncoder, net: ToyFuture) -> None:
        self.encoder, self.net = encoder, net
        self.id = encoder.ids[encoder.weights[-1]] + "+frames"

    def embed(self, video: Video, states: Float[Tensor, "batch frames state"] | None = None) -> Latents:
        """See `Dynamics.embed`: layer-normed."""
        seen = self.encoder.encode(video, weights=self.encoder.weights[-1])
        return replace(seen, tokens=layer_norm(seen.tokens), states=states, space=Space("context", self.id))

    @torch.inference_mode()
    def predict(self, context: Latents, actions: Float[Tensor, "batch moves action"] | None = None) -> Latents:
        """See `Dynamics.predict`: no answer looks further back than three ticks."""
        moves = self._moves(context, actions, context.grid.ticks)
        states = torch.zeros_like(moves) if context.states is None else context.states
        tokens = self.net(*(a.to(self.net.out.weight) for a in (context.tokens, moves, states)), self.history[1]).float()
        after = None if context.states is None else context.states + moves
        return Latents(tokens, context.grid, Space("predicted", self.id), states=after)

    @torch.inference_mode()
    def rollout(self, context: Latents, horizon: int, *, actions: Float[Tensor, "batch moves action"] | None = None) -> Latents:
        """See `Dynamics.rollout`: only the `horizon` predicted ticks, without the context."""
        known = context.grid.ticks
        moves = self._moves(context, actions, known - 1 + horizon)
        film = context
        for tick in range(known, known + horizon):
            start = max(0, tick - self.history[1])
            seen = Latents(film.tokens[:, start:], replace(film.grid, ticks=tick - start), film.space)
            if film.states is not None:
                seen = replace(seen, states=film.states[:, start:])
            new = self.predict(seen, moves[:, start:tick])
            states = None if film.states is None or new.states is None else torch.cat([film.states, new.states[:, -1:]], 1)
            film = Latents(torch.cat([film.tokens, new.tokens[:, -1:]], 1), replace(film.grid, ticks=tick + 1), new.space, states=states)
        after = None if film.states is None else film.states[:, known:]
        return Latents(film.tokens[:, known:], replace(film.grid, ticks=horizon), film.space, states=after)

    def _moves(self, context: Latents, actions: Tensor | None, wanted: int) -> Tensor:
        if context.space.id != self.id or context.grid.ticks < self.history[0]:
            raise BadInput(f"a context in space {context.space.id} is not one of this toy", where="context", fix="use dynamics.embed(video)")
        if actions is None or actions.shape[1] != wanted or actions.shape[2] != self.net.shape.actions:
            got = "none" if actions is None else f"{actions.shape[1]} of {actions.shape[2]} numbers"
            raise BadInput(f"{wanted} actions of {self.net.shape.actions} numbers are needed, got {got}", where="actions", fix="one leaves each tick")
        return actions


class ToyDecoder(Decoder):
    """Paints each token's patch."""

    def __init__(self, net: ToyPainter) -> None:
        self.net = net

    @torch.inference_mode()
    def decode(self, latents: Latents) -> UInt8[Tensor, "batch frames height width channels"]:
        """See `Decoder.decode`: grey."""
        pixels = self.net(latents.tokens.to(self.net.out.weight)).float().nan_to_num()
        side = isqrt(pixels.shape[-1])
        batch, ticks, rows, cols, _ = pixels.shape
        film = pixels.reshape(batch, ticks, rows, cols, side, side).permute(0, 1, 2, 4, 3, 5).reshape(batch, ticks, rows * side, cols * side, 1)
        return (film * 255).round().to(torch.uint8)


def build(seed: int = 0, *, teacher: bool = True, shape: ToyShape | None = None, parts: Sequence[str] = _PARTS) -> Jepa:
    """A toy without a file.

    Args:
        seed: of its weights. teacher: False: the target encoder is missing. parts: of _PARTS, which to have.
    """
    wanted = [p for p in _PARTS if p in parts and (teacher or p != "encoder_target")]
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(seed)
        modules = {p: make(shape or ToyShape()) for p, make in _MAKERS.items()}
    modules["encoder_target"] = copy.deepcopy(modules["encoder_context"])
    with torch.no_grad():
        for weight in modules["encoder_target"].parameters():
            weight.mul_(0.9)
    kept = {p: modules[p].eval().requires_grad_(False) for p in wanted}
    facts = (Fact("seed", seed, "given", "of toy.build"),)
    report = LoadReport(f"toy, seed {seed}", "toy", tuple(whole_report(p, m) for p, m in kept.items()), facts)
    return _assemble(kept, {p: module_hash(m) for p, m in kept.items()}, report, f"toy (seed {seed})")


def save(jepa: Jepa, path: str | Path) -> None:
    """Write a toy to a safetensors file that `load` reads."""
    nets: dict[str, nn.Module] = {_WEIGHTS[w]: n for w, n in cast(ToyEncoder, jepa.encoder).nets.items()}
    for part, holder in (("masked", jepa.masked), ("dynamics", jepa.dynamics), ("decoder", jepa.decoder)):
        if isinstance(holder, ToyMasked | ToyDynamics | ToyDecoder):
            nets[part] = holder.net
    save_file({f"{part}.{name}": t.contiguous() for part, net in nets.items() for name, t in net.state_dict().items()}, str(path))


def _assemble(modules: Mapping[str, nn.Module], hashes: Mapping[str, str], report: LoadReport, name: str) -> Jepa:
    nets = {w: cast(ToyNet, modules[p]) for w, p in _WEIGHTS.items() if p in modules}
    encoder, s = ToyEncoder(nets, hashes), next(iter(nets.values())).shape
    card = ModelCard(
        "toy",
        name,
        image_size=(s.rows * s.patch, s.cols * s.patch),
        frames=4,
        patch=(s.patch, s.patch),
        dim=s.dim,
        hashes=dict(hashes),
        unit="layer-normed features of every block",
        samplers=(("ijepa_multiblock", {"blocks": 4, "min_keep": 0}), ("random_tube", {})),
        preprocessing="grey, resized without cropping, −1 to 1",
        notes="Untrained on purpose; its pictures mean nothing.",
    )
    masked, future, painter = (modules.get(p) for p in ("masked", "dynamics", "decoder"))
    return Jepa(
        card,
        report,
        encoder,
        lambda seed: build(seed, shape=s, parts=tuple(modules)),
        ToyMasked(encoder, masked) if isinstance(masked, ToyPredictor) and "context" in nets else None,
        ToyDynamics(encoder, future) if isinstance(future, ToyFuture) else None,
        ToyDecoder(painter) if isinstance(painter, ToyPainter) else None,
    )


def recognise(checkpoint: Checkpoint) -> bool:
    """Groups named after the parts, and registers in an encoder."""
    return any("registers" in names_by_group(checkpoint).get(p, {}) for p in _WEIGHTS.values())


def _shape(checkpoint: Checkpoint) -> ToyShape:
    groups = names_by_group(checkpoint)

    def read(part: str, name: str, rank: int) -> tuple[int, ...] | None:
        stored = groups.get(part, {}).get(name)
        found = None if stored is None else checkpoint.tensors[stored].shape
        return found if found is not None and len(found) == rank else None

    for part in _WEIGHTS.values():
        places, pixels, registers = read(part, "places", 3), read(part, "embed.weight", 2), read(part, "registers", 2)
        if places and pixels and registers:
            layers = len({n.split(".")[1] for n in groups[part] if n.startswith("blocks.")})
            tokens, future = read("masked", "mask_tokens", 2) or (2,), read("dynamics", "hidden.weight", 2)
            actions = 2 if future is None else max(0, future[1] - 2 * places[2]) // 2
            return ToyShape(places[0], places[1], isqrt(pixels[1]), places[2], layers, registers[0], tokens[0], actions)
    raise CheckpointError("a toy needs an encoder with places, embed.weight and registers", where=str(checkpoint.path), fix="see toy.save")


def plan(request: Request) -> NetPlan:
    """Everything but the weights."""
    request.one_file()
    groups, shape = names_by_group(request.checkpoint), _shape(request.checkpoint)
    found = {p: groups[p] for p in _PARTS if p in groups}
    makers = {p: partial(_MAKERS[p], shape) for p in found}
    return NetPlan("toy", "toy", request, found, makers, lambda built: _assemble(built.modules, built.hashes, built.report, built.name), ())


register("toy", signs="encoder_context or encoder_target with registers", recognise=recognise, plan=plan)
