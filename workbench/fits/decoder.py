"""A decoder fitted on the frozen latents of any model, from a user's own frames. It changes nothing of the model and is never in its checkpoint."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol, runtime_checkable

import numpy as np
import torch
from jaxtyping import Float, Int, UInt8
from torch import Tensor
from torch.nn import functional as F

from workbench.core.clip import Clip
from workbench.core.errors import BadInput, Incomparable
from workbench.core.progress import report
from workbench.core.questions.decoding import FITTED, DecoderFit
from workbench.fits.frame_latents import evenly, frames_a_tick, seen
from workbench.fits.picture_decoder import PictureDecoder, PictureDecoderConfig
from workbench.model.jepa import Decoder, Jepa
from workbench.model.latents import Latents

LEAST_CLIPS, LEAST_FRAMES = 5, 20
_HELD, _MOST_CLIPS, _MOST_VALUES = 5, 256, 1 << 26  # one clip in five; values of latents that are held in memory
_BATCH, _RATE, _ZOOM, _BASE, _SIDE = 32, 3e-3, 8, 8, 128


@runtime_checkable
class Footage(Protocol):
    """What a decoder is fitted on: clips with a name. A bank is some."""

    @property
    def name(self) -> str: ...

    @property
    def clips(self) -> Sequence[Clip]: ...


class FittedDecoder(Decoder):
    """Draws the latents of one space. `fit` says how well it draws what it has not seen."""

    def __init__(self, net: PictureDecoder, fit: DecoderFit) -> None:
        self.net, self.fit = net.eval(), fit
        self.note = FITTED

    @property
    def psnr(self) -> float:
        """Of held-out frames, in decibels."""
        return self.fit.psnr

    def decode(self, latents: Latents) -> UInt8[Tensor, "batch frames height width 3"]:
        """See `Decoder.decode`.

        Raises:
            Incomparable: latents of another space. BadInput: on another grid than it was fitted on.
        """
        if latents.space.id != self.fit.space:
            what = f"this decoder was fitted on latents of {self.fit.space}, these are of {latents.space.id}"
            raise Incomparable(what, fix="fit one on the latents of this model")
        c, shape = self.net.config, latents.tokens.shape
        if tuple(shape[2:]) != (*c.grid, c.dim):
            raise BadInput(
                f"a grid of {list(shape[2:])}, this decoder was fitted on {[*c.grid, c.dim]}", where="latents", fix="fit one on such clips"
            )
        tokens = latents.tokens.float().cpu().flatten(0, 1)
        with torch.inference_mode():
            drawn = torch.cat([self.net(part) for part in tokens.split(_BATCH)])
        return _bytes(drawn).unflatten(0, tuple(shape[:2])).flatten(1, 2)


def fitted(jepa: Jepa, bank: Footage, *, steps: int = 400, seed: int = 0) -> FittedDecoder:
    """A decoder of the latents of these clips; see `measures.decoding.fit_decoder`."""
    if steps < 1:
        raise BadInput(f"{steps} steps fit nothing", where="steps", fix="ask for a few hundred")
    frames = sum(c.frames for c in bank.clips)
    if len(bank.clips) < LEAST_CLIPS or frames < LEAST_FRAMES:
        what = f"a decoder cannot be fitted on {frames} frames of {len(bank.clips)} clips: it would memorise them and could not be evaluated"
        raise BadInput(what, where=bank.name, fix=f"open a folder or bank with at least {LEAST_FRAMES} frames of {LEAST_CLIPS} clips")
    data = _looked_at(jepa, bank, seed, steps)
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(seed)
        net = PictureDecoder(data.config)
    _measure_up(net, data)
    _train(net, data, steps, seed)
    return FittedDecoder(net, _judged(net, data, bank, steps, seed))


@dataclass(frozen=True, eq=False)
class _Data:
    """Latents and pictures, one row a tick; `held` are the rows to judge on."""

    config: PictureDecoderConfig
    values: Float[Tensor, "rows grid_rows grid_cols dim"]
    pictures: UInt8[Tensor, "rows frames height width 3"]
    known: Int[Tensor, "known"]
    held: Int[Tensor, "held"]
    clips: tuple[int, int]
    space: str


def _looked_at(jepa: Jepa, bank: Footage, seed: int, steps: int) -> _Data:
    clips = evenly(bank.clips, _MOST_CLIPS)
    first, shown = seen(jepa, clips[0])
    room = max(LEAST_CLIPS, _MOST_VALUES // max(first.tokens[0].numel(), 1))
    clips = evenly(clips, room)
    config = _config(first, frames_a_tick(first, shown))
    values, pictures, of = list[Tensor](), list[Tensor](), list[int]()
    for number, clip in enumerate(clips):
        report(number, len(clips) + steps)
        latents, shown = seen(jepa, clip)
        values.append(latents.tokens[0].float().cpu().clone())
        pictures.append(_sized(frames_a_tick(latents, shown), config.size))
        of += [number] * latents.grid.ticks
    order = np.random.default_rng(seed).permutation(len(clips))
    away = np.isin(of, order[: max(1, len(clips) // _HELD)])
    rows = torch.cat(pictures)
    held = _unlike(rows, np.flatnonzero(away), np.flatnonzero(~away))
    if not len(held):
        raise BadInput("every held-out frame is also among the others: nothing is left for evaluation", where=bank.name, fix="give clips that differ")
    count = max(1, len(clips) // _HELD)
    return _Data(config, torch.cat(values), rows, torch.from_numpy(np.flatnonzero(~away)), held, (len(clips) - count, count), first.space.id)


def _config(latents: Latents, pictures: UInt8[Tensor, "ticks frames height width 3"]) -> PictureDecoderConfig:
    """Sizes that suit these latents: each place of the map becomes at most 8 × 8 pixels, a picture at most about 128."""
    _, _, rows, cols, dim = latents.tokens.shape
    frames, height, width = pictures.shape[1:4]
    if (rows, cols) != (1, 1):
        zoom = max(1, min(_ZOOM, height // rows, max(1, _SIDE // max(rows, cols))))
        return PictureDecoderConfig(dim, (rows, cols), (rows, cols), zoom, frames)
    small = min(1.0, _SIDE / max(height, width))
    base = (max(1, round(height * small / _ZOOM)), max(1, round(width * small / _ZOOM)))
    return PictureDecoderConfig(dim, (1, 1), base if max(base) else (_BASE, _BASE), _ZOOM, frames)


def _sized(pictures: UInt8[Tensor, "ticks frames height width 3"], size: tuple[int, int]) -> UInt8[Tensor, "ticks frames small narrow 3"]:
    """The real frames at the size that is drawn."""
    ticks, frames = pictures.shape[:2]
    if tuple(pictures.shape[2:4]) == size:
        return pictures.clone()
    flat = pictures.flatten(0, 1).permute(0, 3, 1, 2).float()
    small = F.interpolate(flat, size, mode="area")
    return small.round().clamp(0, 255).to(torch.uint8).permute(0, 2, 3, 1).unflatten(0, (ticks, frames))


def _unlike(pictures: UInt8[Tensor, "rows frames height width 3"], held: np.ndarray, known: np.ndarray) -> Int[Tensor, "held"]:
    """The held-out rows that look like none of the known ones: twins share frames, and a score on these would be remembered, not drawn."""

    def look(row: int) -> bytes:
        return hashlib.blake2b(pictures[row].numpy().tobytes(), digest_size=16).digest()

    seen_before = {look(int(r)) for r in known}
    return torch.tensor([int(r) for r in held if look(int(r)) not in seen_before], dtype=torch.long)


def _measure_up(net: PictureDecoder, data: _Data) -> None:
    """Fill the buffers from the known rows."""
    values = data.values[data.known]
    spread = values.flatten(0, 2).std(0, unbiased=False) if len(values) > 1 else torch.ones(values.shape[-1])
    net.mean.copy_(values.mean(0))
    net.spread.copy_(spread.clamp(min=1e-4 * max(float(spread.max()), 1e-6)))
    net.picture.copy_(_mean_picture(data))


def _mean_picture(data: _Data) -> Float[Tensor, "frames height width 3"]:
    total = torch.zeros(data.pictures.shape[1:])
    for part in data.known.split(256):
        total += data.pictures[part].float().sum(0)
    return total / len(data.known) / 255


def _train(net: PictureDecoder, data: _Data, steps: int, seed: int) -> None:
    draw = torch.Generator().manual_seed(seed)
    optimizer = torch.optim.Adam(net.parameters(), _RATE)
    schedule = torch.optim.lr_scheduler.OneCycleLR(optimizer, _RATE, total_steps=steps + 1, pct_start=0.1)
    looked, batch = data.clips[0] + data.clips[1], min(_BATCH, max(4, len(data.known) // 2))
    for step in range(steps):
        report(looked + step, looked + steps)
        chosen = data.known[torch.randint(len(data.known), (batch,), generator=draw)]
        loss = F.mse_loss(net(data.values[chosen]), data.pictures[chosen].float() / 255)
        optimizer.zero_grad(set_to_none=True)
        loss.backward()
        optimizer.step()
        schedule.step()
    report(looked + steps, looked + steps)


def _judged(net: PictureDecoder, data: _Data, bank: Footage, steps: int, seed: int) -> DecoderFit:
    net.eval()
    errors = torch.zeros(3, dtype=torch.float64)
    with torch.inference_mode():
        nothing = net(net.mean[None])
        for part in data.held.split(_BATCH):
            real = data.pictures[part].float() / 255
            for k, drawn in enumerate((net(data.values[part]), nothing, net.picture[None])):
                errors[k] += (_bytes(drawn).float() / 255 - real).square().mean((1, 2, 3, 4)).sum()
    mse, mean_latent, mean_picture = (errors / len(data.held)).tolist()
    frames = data.config.frames
    counts = (data.clips[0], data.clips[1], len(data.known) * frames, len(data.held) * frames)
    return DecoderFit(bank.name, *counts, data.config.size, steps, seed, data.space, mse, mean_latent, mean_picture)


def _bytes(drawn: Float[Tensor, "ticks frames height width 3"]) -> UInt8[Tensor, "ticks frames height width 3"]:
    return (drawn * 255).round().clamp(0, 255).to(torch.uint8)
