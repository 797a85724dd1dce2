"""Encoder, predictor and dynamics around somebody's own functions, each answer checked against the token grid."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace

import torch
from jaxtyping import Bool, Float
from torch import Tensor, nn

from workbench.core import progress
from workbench.core.clip import Clip
from workbench.core.errors import BadInput, PartUnavailable
from workbench.core.grid import TokenGrid
from workbench.families.prepare import Preparation
from workbench.model.jepa import Dynamics, Encoder, MaskedPredictor
from workbench.model.latents import Latents, Space
from workbench.model.spec import ActionSpec, Prepared
from workbench.nn.parts import same_count

Call = Callable[..., Tensor]
Video = Float[Tensor, "batch channels frames height width"]
Visible = Bool[Tensor, "batch ticks rows cols"]
Tokens = Float[Tensor, "batch ticks rows cols dim"]
Film = Float[Tensor, "batch known rows cols dim"]


@contextmanager
def quiet(module: nn.Module) -> Iterator[None]:
    """Evaluation mode without gradients; what was in training goes on with it afterwards."""
    training = [m for m in module.modules() if m.training]
    module.eval()
    try:
        with torch.inference_mode():
            yield
    finally:
        for each in training:
            each.training = True


def placed(values: Tensor, module: nn.Module) -> Tensor:
    """On the device and in the type of a module's weights."""
    first = next((t for t in (*module.parameters(), *module.buffers()) if t.is_floating_point()), values)
    return values.to(device=first.device, dtype=first.dtype)


@dataclass(frozen=True)
class Cells:
    """How somebody's encoder cuts a clip.

    Args:
        ticks, rows, cols: of a clip of the usual length. dim: features. patch: (height, width) pixels, tubelet: frames a token.
        video: it takes whole clips; else frame by frame.
    """

    ticks: int
    rows: int
    cols: int
    dim: int
    patch: tuple[int, int]
    tubelet: int
    video: bool

    @property
    def shape(self) -> tuple[int, int, int]:
        """(ticks, rows, cols) of a clip of the usual length."""
        return self.ticks, self.rows, self.cols

    @classmethod
    def of(
        cls,
        out: Tensor,
        given: tuple[int, ...],
        grid: tuple[int, int, int] | None,
        size: tuple[int, int],
        frames: int,
        *,
        video: bool,
    ) -> Cells:
        """From what the encoder answered.

        Args:
            given: shape of the frames it was given. grid: as the user says; None: as the answer says.

        Raises:
            BadInput: the answer, the grid and the pixels do not fit together.
        """
        ticks, rows, cols = grid if grid is not None else _read_grid(out, given, frames, video=video)
        if min(ticks, rows, cols) < 1 or frames % ticks or (not video and ticks != frames):
            per = "one tick a frame" if not video else "ticks that divide the frames"
            raise BadInput(f"a grid of {ticks}×{rows}×{cols} for clips of {frames} frames", where="grid=", fix=f"(ticks, rows, cols) with {per}")
        if size[0] % rows or size[1] % cols:
            words = f"{rows}×{cols} tokens do not divide {size[0]}×{size[1]} pixels"
            raise BadInput(words, where="grid=, image_size=", fix="give the size that the module was built for")
        known = cls(ticks, rows, cols, int(out.shape[-1]), (size[0] // rows, size[1] // cols), frames // ticks, video)
        known.fold(out, "encode", 1, ticks if video else 1, given)
        return known

    def fold(self, out: Tensor, name: str, batch: int, ticks: int, given: Sequence[int], where: Visible | None = None) -> Tokens:
        """An answer on the grid; with `where` it may be of these tokens alone, the same number in every row.

        Raises:
            BadInput: it fits neither, with the shapes.
        """
        whole = (batch, ticks, self.rows, self.cols)
        tokens = ticks * self.rows * self.cols
        allowed = [whole, (batch, tokens)]
        allowed += [(batch, self.rows, self.cols)] * (ticks == 1) + [(batch,)] * (tokens == 1)
        shape = tuple(out.shape[:-1])
        if shape in allowed and out.is_floating_point():
            return out.float().reshape(*whole, -1)
        kept = 0 if where is None else int(where[0].sum())
        if where is not None and shape == (batch, kept) and out.is_floating_point():
            full = out.new_zeros((batch, tokens, out.shape[-1]), dtype=torch.float32)
            full[where.flatten(1)] = out.float().flatten(0, 1)
            return full.reshape(*whole, -1)
        alone = f", or [{batch}, {kept}, dim] for the tokens asked for" if where is not None else ""
        raise BadInput(
            f"{name} gave {_words(out)} for an input of {list(given)}; the grid of {ticks}×{self.rows}×{self.cols} tokens "
            f"asks for {[*whole, 'dim']} or {[batch, tokens, 'dim']}{alone}".replace("'", ""),
            where=f"{name}=",
            fix="drop class and register tokens, or say another grid=(ticks, rows, cols)",
        )

    def grid(self, video: Tensor) -> TokenGrid:
        """The grid of a prepared video, in prepared pixels.

        Raises:
            BadInput: it is of another size.
        """
        height, width = self.rows * self.patch[0], self.cols * self.patch[1]
        if tuple(video.shape[3:]) != (height, width) or video.shape[1] != 3 or video.shape[2] % self.tubelet:
            words = f"this encoder takes [batch, 3, frames, {height}, {width}] with frames in steps of {self.tubelet}, not {list(video.shape)}"
            raise BadInput(words, where="video", fix="use encoder.prepare(clips).video")
        return TokenGrid(video.shape[2] // self.tubelet, self.rows, self.cols, self.patch, self.tubelet)


def _read_grid(out: Tensor, given: tuple[int, ...], frames: int, *, video: bool) -> tuple[int, int, int]:
    sizes = tuple(int(n) for n in out.shape[1:-1])
    if video and len(sizes) == 3:
        return sizes[0], sizes[1], sizes[2]
    if not video and len(sizes) in (0, 2):
        return (frames, *(sizes or (1, 1)))  # type: ignore[return-value]
    if not video and len(sizes) == 3 and sizes[0] == 1:
        return frames, sizes[1], sizes[2]
    raise BadInput(
        f"encode gave {_words(out)} for an input of {list(given)}: which tokens are rows and columns?",
        where="grid=",
        fix="say grid=(ticks, rows, cols), and leave class and register tokens out of the answer",
    )


def _words(out: object) -> str:
    return f"{str(out.dtype).removeprefix('torch.')} {list(out.shape)}" if isinstance(out, Tensor) else f"a {type(out).__name__}"


def _takes(call: Call, name: str) -> bool:
    """The function has a parameter of that name."""
    function = call.forward if isinstance(call, nn.Module) else call
    try:
        return name in inspect.signature(function).parameters
    except (TypeError, ValueError):  # some functions written in C tell nobody
        return False


class WrappedEncoder(Encoder):
    """Somebody's encoder; `target` is the same one unless another was given."""

    weights = ("target", "context")

    def __init__(
        self, module: nn.Module, encode: Call, target: Call | None, cells: Cells, preparation: Preparation, hashes: Mapping[str, str], layers: int
    ) -> None:
        self.module, self.cells, self.layers, self._prepare = module, cells, layers, preparation
        self.calls = {"context": encode, "target": target or encode}
        own = hashes["encoder_context"]
        self.spaces = {"target": f"target:{hashes.get('encoder_target', own)[:12]}", "context": f"context:{own[:12]}"}
        self.takes_visible = _takes(encode, "visible")

    def prepare(self, clips: Sequence[Clip]) -> Prepared:
        """See `Encoder.prepare`."""
        return self._prepare(clips)

    def encode(
        self, video: Video, *, weights: str = "target", visible: Bool[Tensor, "batch ticks rows cols"] | None = None, layer: int | None = None
    ) -> Latents:
        """See `Encoder.encode`: hidden pixels are blank before the module sees them."""
        if weights not in self.calls:
            raise PartUnavailable(f"a wrapped model has no {weights} encoder, only target and context", fix='ask for weights="target"')
        if layer is not None and not 0 <= layer < self.layers:
            fix = f"0 to {self.layers - 1}, or None for the output" if self.layers else "None; wrap(…, layers=n) with encode(frames, layer=None)"
            raise BadInput(f"there is no block {layer}", where="layer", fix=fix)
        grid, call = self.cells.grid(video), self.calls[weights]
        batch = video.shape[0]
        frames, seen = video, visible
        if not self.cells.video:  # every frame is an image of its own
            frames = video.transpose(1, 2).flatten(0, 1)
            seen = None if visible is None else visible.flatten(0, 1)[:, None]
        with quiet(self.module):
            tokens = self._whole(call, frames, layer) if seen is None else self._visible(call, frames, seen, layer)
        space = Space("target" if weights == "target" else "context", self.spaces[weights] + ("" if layer is None else f"@{layer}"))
        return Latents(tokens.reshape(batch, *grid.shape, -1), grid, space)

    def _whole(self, call: Call, frames: Tensor, layer: int | None) -> Tokens:
        ticks = frames.shape[2] // self.cells.tubelet if self.cells.video else 1
        out = call(self.placed(frames), **({} if layer is None else {"layer": layer}))
        return self.cells.fold(out, "encode", frames.shape[0], ticks, frames.shape)

    def _visible(self, call: Call, frames: Tensor, visible: Visible, layer: int | None) -> Tokens:
        """Rows that see equally many tokens in one call; NaN where nothing is seen."""
        options = {} if layer is None else {"layer": layer}
        blank = torch.where(self._pixels(visible, frames), frames, torch.zeros_like(frames))
        full: Tensor | None = None
        for rows, (ids,) in same_count(visible.flatten(1)):
            if not ids.shape[1]:
                continue
            some = visible[rows]
            told = {"visible": some} if _takes(call, "visible") else {}
            out = call(self.placed(blank[rows]), **told, **options)
            found = self.cells.fold(out, "encode", len(rows), visible.shape[1], blank[rows].shape, some if told else None)
            if full is None:
                full = found.new_full((*visible.shape, found.shape[-1]), torch.nan)
            full[rows] = found.masked_fill(~some[..., None], torch.nan)
        return frames.new_full((*visible.shape, self.cells.dim), torch.nan, dtype=torch.float32) if full is None else full

    def _pixels(self, visible: Visible, frames: Tensor) -> Bool[Tensor, "..."]:
        """True at the pixels of visible tokens, as wide as the frames."""
        down, across = self.cells.patch
        wide = visible.repeat_interleave(down, 2).repeat_interleave(across, 3)
        if self.cells.video:
            wide = wide.repeat_interleave(self.cells.tubelet, 1)
        return wide[:, None].expand_as(frames) if self.cells.video else wide.expand_as(frames)

    def placed(self, values: Tensor) -> Tensor:
        """On the device and in the type of the module's weights."""
        return placed(values, self.module)


class WrappedMasked(MaskedPredictor):
    """Somebody's predictor: it is given latents of the context, and asked for those of the targets."""

    mask_tokens = 1

    def __init__(self, encoder: WrappedEncoder, call: Call) -> None:
        self.encoder, self.call = encoder, call

    def targets(self, video: Video, visible: Bool[Tensor, "batch ticks rows cols"] | None = None) -> Latents:
        """See `MaskedPredictor.targets`: what `target` answers."""
        return self.encoder.encode(video, weights="target", visible=visible)

    def predict(
        self,
        video: Video,
        context: Bool[Tensor, "batch ticks rows cols"],
        targets: Bool[Tensor, "blocks batch ticks rows cols"],
        *,
        mask_token: int | None = None,
    ) -> tuple[Latents, ...]:
        """See `MaskedPredictor.predict`."""
        if mask_token not in (None, 0):
            raise BadInput(f"there is no mask token {mask_token}", where="mask_token", fix="a wrapped model has one: 0")
        seen = self.encoder.encode(video, weights="context", visible=context)
        latents = torch.where(context[..., None], seen.tokens, torch.zeros_like(seen.tokens))
        blocks, cells, full = targets.shape[0], self.encoder.cells, None
        known, asked = context.repeat(blocks, 1, 1, 1), targets.flatten(0, 1)
        with quiet(self.encoder.module):
            for rows, (_, ids) in same_count(known.flatten(1), asked.flatten(1)):
                if ids.shape[1]:
                    given, want = latents[[r % len(latents) for r in rows]], asked[rows]
                    out = self.call(self.encoder.placed(given), known[rows], want)
                    found = cells.fold(out, "predict", len(rows), seen.grid.ticks, given.shape, want)
                    full = found.new_full((*asked.shape, found.shape[-1]), torch.nan) if full is None else full
                    full[rows] = found.masked_fill(~want[..., None], torch.nan)
        full = latents.new_full((*asked.shape, latents.shape[-1]), torch.nan) if full is None else full
        space = Space("predicted", self.encoder.spaces["target"])
        return tuple(Latents(f, seen.grid, space) for f in full.unflatten(0, (blocks, -1)))


class WrappedDynamics(Dynamics):
    """Somebody's predictor of what comes next, one tick at a time or all at once."""

    def __init__(self, encoder: WrappedEncoder, calls: Mapping[str, Call], action: ActionSpec | None, history: tuple[int, int]) -> None:
        self.encoder, self.calls, self.action, self.history = encoder, dict(calls), action, history
        self.id = encoder.spaces["context"] + "+time"

    def embed(self, video: Video, states: Float[Tensor, "batch frames state"] | None = None) -> Latents:
        """See `Dynamics.embed`. A wrapped model takes no states; those given are left out."""
        seen = self.encoder.encode(video, weights="context")
        return replace(seen, space=Space("context", self.id))

    def predict(self, context: Latents, actions: Float[Tensor, "batch moves action"] | None = None) -> Latents:
        """See `Dynamics.predict`: no answer looks further back than `history`."""
        ticks, most = context.grid.ticks, self.history[1]
        moves = self._moves(context, actions, ticks)
        if "step" in self.calls:
            ends = [most, *range(most + 1, ticks + 1)] if ticks > most else [ticks]
            parts = [self._step(context.tokens, moves, end)[:, -1 if i else None :] for i, end in enumerate(ends)]
        else:
            parts = [self._roll(context.tokens, moves, end, 1) for end in range(1, ticks + 1)]
        return Latents(torch.cat(parts, 1), context.grid, Space("predicted", self.id))

    def rollout(self, context: Latents, horizon: int, *, actions: Float[Tensor, "batch moves action"] | None = None) -> Latents:
        """See `Dynamics.rollout`: only the `horizon` predicted ticks."""
        known = context.grid.ticks
        moves = self._moves(context, actions, known - 1 + horizon)
        if "rollout" in self.calls:
            film = self._roll(context.tokens, moves, known, horizon)
        else:
            film = context.tokens
            for tick in range(known, known + horizon):
                film = torch.cat([film, self._step(film, moves, tick)[:, -1:]], 1)
            film = film[:, known:]
        return Latents(film, replace(context.grid, ticks=horizon), Space("predicted", self.id))

    def _step(self, tokens: Film, moves: Tensor | None, end: int) -> Tokens:
        """What follows each of the last ticks before `end`."""
        start = max(0, end - self.history[1])
        given = () if moves is None else (self.encoder.placed(moves[:, start:end]),)
        return self._ask("step", tokens[:, start:end], end - start, given)

    def _roll(self, tokens: Film, moves: Tensor | None, end: int, horizon: int) -> Tokens:
        """What follows the last ticks before `end`, open loop."""
        start = max(0, end - self.history[1])
        given = () if moves is None else (self.encoder.placed(moves[:, start : end - 1 + horizon]),)
        return self._ask("rollout", tokens[:, start:end], horizon, (horizon, *given))

    def _ask(self, name: str, tokens: Film, ticks: int, given: tuple[object, ...]) -> Tokens:
        progress.report(0, 0)
        with quiet(self.encoder.module):
            out = self.calls[name](self.encoder.placed(tokens), *given)
        return self.encoder.cells.fold(out, name, tokens.shape[0], ticks, tokens.shape).to(tokens.device)

    def _moves(self, context: Latents, actions: Tensor | None, wanted: int) -> Tensor | None:
        if context.space.id != self.id or context.grid.ticks < self.history[0]:
            words = f"{context.grid.ticks} ticks in space {context.space.id}; wanted are {self.history[0]} or more of {self.id}"
            raise BadInput(words, where="context", fix="use dynamics.embed(video)")
        if self.action is None:
            if actions is not None:
                raise BadInput("this model takes no actions", where="actions", fix="leave them out, or wrap it with actions=")
            return None
        width = self.action.width
        if actions is None or actions.shape[1] != wanted or actions.shape[2] != width:
            got = "none" if actions is None else f"{actions.shape[1]} of {actions.shape[2]} numbers"
            raise BadInput(f"{wanted} actions of {width} numbers are needed, got {got}", where="actions", fix="one leaves each tick")
        return actions
