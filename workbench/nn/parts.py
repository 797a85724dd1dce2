"""Encoder and MaskedPredictor of `workbench.model` over a `Vit` and a `VitPredictor`."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import NamedTuple

import torch
from jaxtyping import Bool, Float, Int
from torch import Tensor
from torch.nn import functional as F

from workbench.core.clip import Clip
from workbench.core.errors import BadInput, PartUnavailable
from workbench.core.grid import TokenGrid
from workbench.model.jepa import Encoder, Look, MaskedPredictor
from workbench.model.latents import Latents, Space
from workbench.model.spec import Prepared
from workbench.nn.vit import Vit, VitPredictor
from workbench.nn.watching import attention_of, outputs_of

Video = Float[Tensor, "batch channels frames height width"]
Ids = Int[Tensor, "batch kept"]
Prepare = Callable[[Sequence[Clip]], Prepared]


def same_count(*wheres: Bool[Tensor, "batch tokens"]) -> Iterator[tuple[list[int], list[Int[Tensor, "rows kept"]]]]:
    """Rows of a batch that keep equally many tokens in every mask, with the ids kept: what one dense forward pass can serve."""
    groups: dict[tuple[int, ...], list[int]] = defaultdict(list)
    counts = [w.sum(1).tolist() for w in wheres]
    for row, key in enumerate(zip(*counts, strict=True)):
        groups[tuple(int(k) for k in key)].append(row)
    for key, rows in groups.items():
        yield rows, [w[rows].nonzero()[:, 1].reshape(len(rows), k) for w, k in zip(wheres, key, strict=True)]


def layer_norm(tokens: Float[Tensor, "... dim"]) -> Float[Tensor, "... dim"]:
    """Layer norm over the features without affine, ε = 1e-5: what the loss of these families compares with."""
    return F.layer_norm(tokens, tokens.shape[-1:])


def refuse_unknown(encoder: Encoder, weights: str, layer: int | None) -> None:
    """Refuse weights that the file does not hold and blocks that the encoder does not have.

    Raises:
        PartUnavailable: no such weights. BadInput: no such block.
    """
    if weights not in encoder.weights:
        what = f"this file has no {weights} encoder, only {' and '.join(encoder.weights)}"
        raise PartUnavailable(what, fix=f"ask for weights={encoder.weights[0]!r}")
    if layer is not None and not 0 <= layer < encoder.layers:
        raise BadInput(f"there is no block {layer}", where="layer", fix=f"0 to {encoder.layers - 1}, or None for the output")


def frame_vectors(
    run: Callable[[Float[Tensor, "count planes height width"]], Float[Tensor, "count dim"]],
    frames: Float[Tensor, "frames planes height width"],
    visible: Bool[Tensor, "batch ticks rows cols"] | None,
    grid: TokenGrid,
    space: Space,
) -> Latents:
    """Latents of one vector a frame: what `run` makes of the visible frames, NaN elsewhere.

    Args:
        frames: of all clips of a batch, one clip after another.
    """
    if visible is None:
        out = run(frames)
    else:
        seen = visible.to(frames.device).flatten()
        some = run(frames[seen])
        out = some.new_full((len(frames), some.shape[-1]), torch.nan)
        out[seen] = some
    return Latents(out.unflatten(0, (len(frames) // grid.ticks, grid.ticks))[:, :, None, None], grid, space)


class VitEncoder(Encoder):
    """One or two `Vit`s of one architecture, by the name of their weights."""

    def __init__(self, vits: Mapping[str, Vit], prepare: Prepare, spaces: Mapping[str, str]) -> None:
        self.vits, self._prepare, self.spaces = dict(vits), prepare, dict(spaces)
        self.weights = tuple(w for w in ("target", "context") if w in vits)
        self.layers = next(iter(vits.values())).config.depth

    def prepare(self, clips: Sequence[Clip]) -> Prepared:
        """See `Encoder.prepare`."""
        return self._prepare(clips)

    def vit(self, weights: str) -> Vit:
        """The encoder with these weights.

        Raises:
            PartUnavailable: the file does not hold them.
        """
        refuse_unknown(self, weights, None)
        return self.vits[weights]

    def grid(self, video: Video) -> TokenGrid:
        """The token grid of a prepared video, in prepared pixels."""
        c = self.vits[self.weights[0]].config
        tubelet = c.lasting(video)
        if video.shape[2] % tubelet or video.shape[3] % c.patch or video.shape[4] % c.patch:
            raise BadInput(
                f"a video of {video.shape[2]} frames of {video.shape[3]}×{video.shape[4]} cannot be cut into {tubelet}×{c.patch}×{c.patch} tokens",
                fix="use encoder.prepare(clips).video",
            )
        return TokenGrid(*c.grid(video), patch=(c.patch, c.patch), tubelet=tubelet)

    @torch.inference_mode()
    def encode(
        self, video: Video, *, weights: str = "target", visible: Bool[Tensor, "batch ticks rows cols"] | None = None, layer: int | None = None
    ) -> Latents:
        """See `Encoder.encode`."""
        refuse_unknown(self, weights, layer)
        space = Space("target" if weights == "target" else "context", self.spaces[weights] + ("" if layer is None else f"@{layer}"))
        return self.run(video, weights, visible, space, lambda vit, pixels, ids: vit(pixels, ids, layer))

    @torch.inference_mode()
    def layered(self, video: Video, *, weights: str = "target", visible: Bool[Tensor, "batch ticks rows cols"] | None = None) -> tuple[Latents, ...]:
        """See `Encoder.layered`: one forward pass."""
        refuse_unknown(self, weights, None)
        names = [*(f"@{layer}" for layer in range(self.layers)), ""]
        role = "target" if weights == "target" else "context"

        def forward(vit: Vit, pixels: Video, ids: Ids | None) -> Tensor:
            found = list(vit.outputs(pixels, ids))
            return torch.stack([*found, vit.final(found[-1])], 2).flatten(2)

        width = self.vit(weights).config.dim
        every = self.run(video, weights, visible, Space(role, ""), forward, width * len(names))
        parts = every.tokens.unflatten(-1, (len(names), width)).unbind(-2)
        return tuple(Latents(x, every.grid, Space(role, self.spaces[weights] + name)) for x, name in zip(parts, names, strict=True))

    @torch.inference_mode()
    def attention(
        self, video: Video, look: Look, *, weights: str = "target", visible: Bool[Tensor, "batch ticks rows cols"] | None = None
    ) -> list[Tensor]:
        """See `Encoder.attention`."""
        with attention_of(self.vit(weights), look) as found:
            self.encode(video, weights=weights, visible=visible)
        return found or super().attention(video, look)

    def run(
        self,
        video: Video,
        weights: str,
        visible: Bool[Tensor, "batch ticks rows cols"] | None,
        space: Space,
        forward: Callable[[Vit, Video, Ids | None], Tensor],
        features: int | None = None,
    ) -> Latents:
        """What `forward` makes of the visible tokens, NaN elsewhere; rows that see equally many tokens go together.

        Args:
            features: how many a token has then; None: as many as the encoder is wide.
        """
        vit, grid = self.vit(weights), self.grid(video)
        video = like(video, vit)
        if visible is None:
            return Latents(forward(vit, video, None).float().unflatten(1, grid.shape), grid, space)
        flat = visible.to(video.device).flatten(1)
        full = video.new_full((*flat.shape, features or vit.config.dim), torch.nan, dtype=torch.float32)
        for rows, (ids,) in same_count(flat):
            if ids.shape[1]:
                full[torch.tensor(rows, device=ids.device)[:, None], ids] = forward(vit, video[rows], ids).float()
        return Latents(full.unflatten(1, grid.shape), grid, space)


def like(video: Video, module: torch.nn.Module) -> Video:
    """The video with a module's dtype and on its device."""
    p = next(module.parameters())
    return video.to(device=p.device, dtype=p.dtype)


class Question(NamedTuple):
    """What a predictor is asked for rows that see and want equally many tokens.

    Args:
        context: tokens that were seen, at context_ids. grid: (ticks, rows, cols). still: of one frame. mask_token: which asks.
    """

    context: Float[Tensor, "rows kept features"]
    context_ids: Ids
    target_ids: Ids
    grid: tuple[int, int, int]
    still: bool
    mask_token: int


class VitMasked(MaskedPredictor):
    """The predictor over its context encoder, and the targets of its teacher."""

    def __init__(self, encoder: VitEncoder, predictor: VitPredictor, default_token: int = 0) -> None:
        self.encoder, self.predictor, self.default_token = encoder, predictor, default_token
        self.mask_tokens = max(predictor.config.mask_tokens, 1)
        self.feeds = "context" if "context" in encoder.weights else "target"
        self.space = encoder.spaces.get("target", "target") + "+layernorm"

    @torch.inference_mode()
    def targets(self, video: Video, visible: Bool[Tensor, "batch ticks rows cols"] | None = None) -> Latents | None:
        """See `MaskedPredictor.targets`: the teacher's output, layer-normed."""
        if "target" not in self.encoder.weights:
            return None
        full = self.encoder.encode(video, weights="target", visible=visible)
        return Latents(layer_norm(full.tokens), full.grid, Space("target", self.space))

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
        return self._filled(video, context, targets, mask_token, lambda q: (q.target_ids, self.ask(q)))

    @torch.inference_mode()
    def attention(
        self,
        video: Video,
        context: Bool[Tensor, "batch ticks rows cols"],
        targets: Bool[Tensor, "blocks batch ticks rows cols"],
        look: Look,
        *,
        mask_token: int | None = None,
    ) -> list[Tensor]:
        """See `MaskedPredictor.attention`."""
        with attention_of(self.predictor, look) as found:
            self.predict(video, context, targets, mask_token=mask_token)
        return found or super().attention(video, context, targets, look)

    @torch.inference_mode()
    def by_depth(
        self,
        video: Video,
        context: Bool[Tensor, "batch ticks rows cols"],
        targets: Bool[Tensor, "blocks batch ticks rows cols"],
        *,
        mask_token: int | None = None,
    ) -> list[tuple[Latents, ...]]:
        """See `MaskedPredictor.by_depth`: one forward pass."""
        depth = len(self.predictor.predictor_blocks)

        def every(q: Question) -> tuple[Ids, Tensor]:
            with outputs_of(self.predictor.predictor_blocks) as found:
                self.ask(q)
            return q.target_ids, torch.cat([self.said(x[:, q.context_ids.shape[1] :]) for x in found], -1)

        blocks = self._filled(video, context, targets, mask_token, every, depth)
        parts = [[Latents(x, b.grid, b.space) for x in b.tokens.unflatten(-1, (depth, -1)).unbind(-2)] for b in blocks]
        return list(zip(*parts, strict=True))

    def said(self, mixed: Float[Tensor, "rows asked width"]) -> Float[Tensor, "rows asked features"]:
        """What the predictor's last layers make of tokens behind a block."""
        return self.predictor.predictor_proj(self.predictor.predictor_norm(mixed))

    def seen(self, video: Video, context: Bool[Tensor, "batch ticks rows cols"]) -> Latents:
        """What the predictor is fed with: the context encoder's output, or that of the one that stands in for it."""
        return self.encoder.encode(video, weights=self.feeds, visible=context)

    def ask(self, question: Question) -> Float[Tensor, "rows asked features"]:
        """The predicted targets, in the order of their ids."""
        q = question
        return self.predictor(q.context, q.context_ids, q.target_ids, q.grid, q.mask_token)

    def _filled(
        self,
        video: Video,
        context: Bool[Tensor, "batch ticks rows cols"],
        targets: Bool[Tensor, "blocks batch ticks rows cols"],
        mask_token: int | None,
        answered: Callable[[Question], tuple[Ids, Tensor]],
        answers: int = 1,
    ) -> tuple[Latents, ...]:
        """Answers on the grid, one Latents a block; `answered` gives the ids that a question is answered for, and the answer, or several in its features."""
        if mask_token is not None and not 0 <= mask_token < self.mask_tokens:
            raise BadInput(f"there is no mask token {mask_token}", where="mask_token", fix=f"0 to {self.mask_tokens - 1}")
        seen = self.seen(video, context)
        values = seen.tokens.flatten(1, 3).to(next(self.predictor.parameters()).dtype)
        flat_c, flat_t = context.to(values.device).flatten(1), targets.to(values.device).flatten(2)
        blocks, batch, tokens = flat_t.shape
        width = answers * self.predictor.predictor_proj.out_features
        full = values.new_full((blocks * batch, tokens, width), torch.nan, dtype=torch.float32)
        token = self.default_token if mask_token is None else mask_token
        for rows, (c_ids, t_ids) in same_count(flat_c.repeat(blocks, 1), flat_t.flatten(0, 1)):
            if c_ids.shape[1] and t_ids.shape[1]:
                at = torch.tensor(rows, device=values.device)
                known = values[at % batch].gather(1, c_ids[..., None].expand(-1, -1, values.shape[-1]))
                ids, answer = answered(Question(known, c_ids, t_ids, seen.grid.shape, video.shape[2] == 1, token))
                full[at[:, None], ids] = answer.float()
        space = Space("predicted", self.space)
        return tuple(Latents(f.unflatten(1, seen.grid.shape), seen.grid, space) for f in full.unflatten(0, (blocks, batch)))
