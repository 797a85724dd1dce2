"""Pictures of latents, in two honest ways: the nearest real frame, or what a decoder draws."""

from __future__ import annotations

from dataclasses import dataclass, replace
from weakref import WeakKeyDictionary

import numpy as np
import torch
from jaxtyping import Float, Int, UInt8
from torch import Tensor

from workbench.core import progress
from workbench.core.clip import Clip
from workbench.core.errors import BadInput, PartUnavailable
from workbench.core.futures import Drawn
from workbench.fits.frame_latents import frames_a_tick, seen
from workbench.measures.bank import Bank
from workbench.model.jepa import Decoder, Jepa
from workbench.model.latents import Latents

_BATCH, _MOST_FRAMES, _MOST_VALUES = 16, 4096, 1 << 27
_USUAL = 0.95
_MOST_PATCHES, _MOST_PATCH_VALUES = 1 << 15, 1 << 23


@dataclass(frozen=True, eq=False)
class Frames:
    """Every frame of a bank as a model sees it; see `seeing.seen`.

    Args:
        values: one latent a frame. shown: its prepared pixels. clip, tick: where it lies. usual: the distance within which 95 % of the
            frames have their nearest frame of another clip.
    """

    values: Float[Tensor, "frames values"]
    shown: UInt8[Tensor, "frames height width 3"]
    clip: Int[Tensor, "frames"]
    tick: Int[Tensor, "frames"]
    usual: float
    space: str

    def nearest(self, wanted: Float[Tensor, "asked values"], without: int = -1) -> tuple[Int[Tensor, "asked"], Float[Tensor, "asked"]]:
        """The nearest frame of each latent, and the root mean square distance to it.

        Args:
            without: a clip that is left out.
        """
        far = torch.cdist(wanted, self.values) / self.values.shape[1] ** 0.5
        far[:, self.clip == without] = torch.inf
        distance, at = far.min(1)
        return at, distance


_known: WeakKeyDictionary[Bank, WeakKeyDictionary[Jepa, Frames]] = WeakKeyDictionary()


def frames_of(jepa: Jepa, bank: Bank) -> Frames:
    """The frames of a bank, as many as memory holds; computed once a model, and kept while both live.

    Raises:
        PartUnavailable: no encoder that is whole.
    """
    found = _known.setdefault(bank, WeakKeyDictionary())
    if jepa not in found:
        found[jepa] = _embedded(jepa, bank)
    return found[jepa]


def _embedded(jepa: Jepa, bank: Bank) -> Frames:
    values, shown, clip, tick = list[Tensor](), list[Tensor](), list[int](), list[int]()
    space = ""
    for number, each in enumerate(bank.clips):
        progress.report(number, len(bank))
        if len(clip) >= _MOST_FRAMES or sum(v.numel() for v in values) > _MOST_VALUES:
            break
        latents, pixels = seen(jepa, each)
        values.append(latents.tokens[0].flatten(1).float().cpu())
        shown.append(frames_a_tick(latents, pixels)[:, 0])
        clip += [number] * latents.grid.ticks
        tick += range(latents.grid.ticks)
        space = latents.space.id
    frames = Frames(torch.cat(values), torch.cat(shown), torch.tensor(clip), torch.tensor(tick), 0.0, space)
    own = torch.cdist(frames.values, frames.values) / frames.values.shape[1] ** 0.5
    own[frames.clip[:, None] == frames.clip[None]] = torch.inf
    return replace(frames, usual=float(own.amin(1).quantile(_USUAL)))


def retrieved(jepa: Jepa, latents: Latents, bank: Bank, without: Clip | None = None) -> Drawn:
    """The nearest real frame of a bank for each tick. Retrieved, not generated.

    Args:
        latents: one row. without: a clip whose frames are left out, so that a film is not answered with itself.

    Raises:
        Incomparable: the latents live in another space than the bank's.
    """
    frames = frames_of(jepa, bank)
    latents.comparable(replace(latents, space=replace(latents.space, id=frames.space)))
    own = -1 if without is None else next((i for i, c in enumerate(bank.clips) if c.digest == without.digest), -1)
    at, distance = frames.nearest(latents.tokens[0].flatten(1).float().cpu(), own)
    note = f"retrieved from {bank.name}: nearest real frame"
    return Drawn(frames.shown[at].numpy(), "retrieved", note, distance.numpy(), frames.usual, (frames.clip[at].numpy(), frames.tick[at].numpy()))


def patched(jepa: Jepa, latents: Latents, bank: Bank, without: Clip | None = None) -> Drawn:
    """For each token the nearest real patch of a bank, wherever in a frame it lies. Retrieved, not generated.

    Args:
        latents: one row, with several tokens a tick. without: a clip whose patches are left out.
    """
    frames, tokens = frames_of(jepa, bank), latents.tokens[0].float().cpu()
    rows, cols, dim = tokens.shape[1:]
    own = -1 if without is None else next((i for i, c in enumerate(bank.clips) if c.digest == without.digest), -1)
    others = torch.nonzero(frames.clip != own)[:, 0]
    most = max(1, min(_MOST_PATCHES, _MOST_PATCH_VALUES // dim) // (rows * cols))
    chosen = others[:: -(-len(others) // most)]
    values = frames.values[chosen].reshape(-1, dim)
    height, width = frames.shown.shape[1] // rows, frames.shown.shape[2] // cols
    cut = frames.shown[chosen][:, : rows * height, : cols * width].unflatten(1, (rows, height)).unflatten(3, (cols, width))
    patches = cut.permute(0, 1, 3, 2, 4, 5).flatten(0, 2)
    film, away = list[Tensor](), list[Tensor]()
    for tick in tokens:
        progress.report(0, 0)
        distance, at = (torch.cdist(tick.flatten(0, 1), values) / dim**0.5).min(1)
        film.append(patches[at].unflatten(0, (rows, cols)).permute(0, 2, 1, 3, 4).flatten(2, 3).flatten(0, 1))
        away.append(distance)
    note = f"retrieved from {bank.name}: nearest real patch of each token, mean latent distance {float(torch.cat(away).mean()):.2f}"
    return Drawn(torch.stack(film).numpy(), "retrieved", note)


def decoded(jepa: Jepa, latents: Latents, decoder: Decoder | None = None) -> Drawn:
    """The decoded frame of each time step.

    Args:
        decoder: None = the model's own.

    Raises:
        PartUnavailable: the model has no decoder.
    """
    decoder = decoder or jepa.decoder
    if decoder is None:
        raise PartUnavailable("this model has no decoder", where=jepa.report.path, fix="fit one, or look at the nearest real frames instead")
    film = decoder.decode(latents)[0].cpu().numpy()
    return Drawn(_rgb(film), "decoded", decoder.note)


def _rgb(film: UInt8[np.ndarray, "frames height width channels"]) -> UInt8[np.ndarray, "frames height width 3"]:
    return Clip(np.ascontiguousarray(film)).rgb()


def draw(jepa: Jepa, latents: Latents, how: str, bank: Bank | None, clip: Clip, decoder: Decoder | None = None) -> Drawn:
    """Latents as pictures: "decoded" by a decoder, None = the model's own, or "retrieved"."""
    if how == "decoded":
        return decoded(jepa, latents, decoder)
    if bank is None:
        raise BadInput("real frames are retrieved from a bank, and none is open", where="how", fix="open a folder or bank of clips")
    return retrieved(jepa, latents, bank, without=clip)


def note_of(drawn: Drawn) -> str:
    """How a video was decoded, and how far that can be trusted."""
    if drawn.distance is None or drawn.within is None:
        return drawn.note
    outside = int((~drawn.within).sum())
    return drawn.note + (f"; {outside} of {len(drawn.within)} frames are farther from it than 95 % of the bank's own frames" if outside else "")
