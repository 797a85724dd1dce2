"""What a worker answers about pictures of latents: decoders that are fitted, kept, saved and opened, and one clip drawn in every way there is."""

from __future__ import annotations

from collections import OrderedDict
from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np
import torch
from jaxtyping import UInt8
from torch import Tensor

from workbench.core.clip import Clip
from workbench.core.decoding import DecoderFit, DecodeView
from workbench.core.errors import PartUnavailable
from workbench.core.films import Reel
from workbench.core.futures import Drawn
from workbench.core.mask import Mask
from workbench.measures.bank import Bank
from workbench.measures.drawing import decoded, frames_of, note_of, patched, retrieved
from workbench.measures.seeing import predicts, seen
from workbench.model.jepa import Jepa
from workbench.model.latents import Latents
from workbench.train.fitted import FittedDecoder, fitted
from workbench.train.fitted_file import decoder_bytes, matching

if TYPE_CHECKING:
    from workbench.worker.shelf import Shelf

_KEPT = 8
FIX = "press Fit: it takes a minute or two, and can be cancelled"


class Decoders:
    """Fitted decoders by model and bank, by what is in them; the last few. They are no part of a model."""

    def __init__(self) -> None:
        self._kept: OrderedDict[tuple[object, ...], FittedDecoder] = OrderedDict()

    def get(self, jepa: Jepa, bank: Bank | None) -> FittedDecoder | None:
        """The decoder that was fitted on, or opened for, these latents."""
        return None if bank is None else self._kept.get(_key(jepa, bank))

    def put(self, jepa: Jepa, bank: Bank, decoder: FittedDecoder) -> None:
        """Keep a decoder; an older one of the same latents goes."""
        self._kept[_key(jepa, bank)] = decoder
        self._kept.move_to_end(_key(jepa, bank))
        while len(self._kept) > _KEPT:
            self._kept.popitem(last=False)

    def need(self, jepa: Jepa, bank: Bank | None) -> FittedDecoder:
        """The same.

        Raises:
            PartUnavailable: none was fitted.
        """
        found = self.get(jepa, bank)
        if found is None:
            raise PartUnavailable("no decoder was fitted on these clips yet", where="" if bank is None else bank.name, fix=FIX)
        return found


def _key(jepa: Jepa, bank: Bank) -> tuple[object, ...]:
    return (jepa.card.family, *sorted(jepa.card.hashes.items()), jepa.card.preprocessing, bank.digest)


def fit_decoder(shelf: Shelf, model: Jepa, bank: Bank, *, steps: int = 400, seed: int = 0) -> DecoderFit:
    """Fit a decoder on the latents of a bank and keep it; see `train.fitted`."""
    decoder = fitted(model, bank, steps=steps, seed=seed)
    shelf.decoders.put(model, bank, decoder)
    return decoder.fit


def decoder_fit(shelf: Shelf, model: Jepa, bank: Bank) -> DecoderFit | None:
    """The score of the decoder that is kept for these latents; None where there is none."""
    found = shelf.decoders.get(model, bank)
    return None if found is None else found.fit


def decoder_file(shelf: Shelf, model: Jepa, bank: Bank) -> UInt8[np.ndarray, "bytes"]:
    """The kept decoder as a safetensors file.

    Raises:
        PartUnavailable: none was fitted.
    """
    return np.frombuffer(decoder_bytes(shelf.decoders.need(model, bank)), np.uint8)


def read_decoder(shelf: Shelf, model: Jepa, bank: Bank, path: str) -> DecoderFit:
    """Keep a decoder that was saved; its score is that of its own held-out clips.

    Raises:
        CheckpointError: not such a file. Incomparable: it draws latents of another model.
    """
    decoder = matching(model, path, bank)
    shelf.decoders.put(model, bank, decoder)
    return decoder.fit


def decode_view(shelf: Shelf, model: Jepa, clip: Clip, bank: Bank | None = None, *, mask: Mask | None = None, how: str = "fitted") -> DecodeView:
    """One clip as the nearest real frames of a bank, and as a decoder draws it.

    Args:
        bank: None: only the model's own decoder draws, where it has one. mask: of the tokens whose predictions are drawn too, where the model
            predicts under masks. how: "fitted" or "decoded", whose decoder.
    """
    latents, shown = seen(model, clip)
    if bank is None:
        return _alone(model, latents, shown)
    near = retrieved(model, latents, bank, without=clip)
    reels = [Reel("real", "real", "", shown.numpy(), len(shown)), _reel("nearest real frame", near, len(shown))]
    if latents.grid.rows * latents.grid.cols > 1:
        reels.append(_reel("nearest real patches", patched(model, latents, bank, without=clip), len(shown)))
    decoder = shelf.decoders.get(model, bank) if how == "fitted" else model.decoder
    if decoder is not None:
        reels.append(_reel("decoder", decoded(model, latents, decoder), len(shown)))
        predicted = None if mask is None else _predicted(model, clip, mask, bank)
        if predicted is not None:
            reels.append(_reel("from predicted tokens", decoded(model, predicted, decoder), len(shown)))
    distance = np.zeros(0) if near.distance is None else near.distance
    fit = decoder.fit if isinstance(decoder, FittedDecoder) else None
    return DecodeView(tuple(reels), distance, near.usual, bank.name, fit)


def _alone(model: Jepa, latents: Latents, shown: UInt8[Tensor, "frames height width 3"]) -> DecodeView:
    """A clip without a bank."""
    reels = [Reel("real", "real", "", shown.numpy(), len(shown))]
    if model.decoder is not None:
        reels.append(_reel("decoder", decoded(model, latents, model.decoder), len(shown)))
    return DecodeView(tuple(reels), np.zeros(0), float("nan"), "", None)


def _reel(label: str, drawn: Drawn, frames: int) -> Reel:
    """What was drawn, a frame for each frame that came."""
    each = max(1, frames // len(drawn.pixels))
    kind = "predicted" if "predicted" in label else "control"
    return Reel(label, kind, note_of(drawn), drawn.pixels.repeat(each, 0), frames)


def _predicted(model: Jepa, clip: Clip, mask: Mask, bank: Bank) -> Latents | None:
    """Predicted tokens in the holes; around them the teacher's on the visible tokens alone, which has not seen the holes; else the mean.

    None where the model predicts under no masks, or the mask is of another grid.
    """
    if model.masked is None or not predicts(model):
        return None
    prepared = model.encoder.prepare([clip])
    if mask.shape != prepared.grid.shape:
        return None
    context, targets = torch.from_numpy(mask.context)[None], torch.from_numpy(mask.targets)[:, None]
    around = model.masked.targets(prepared.video, visible=context)
    if around is None or not mask.targets.any():
        return None
    mean = frames_of(model, bank).values.mean(0).reshape(1, 1, *around.tokens.shape[2:])
    tokens = torch.where(context[..., None], around.tokens.cpu(), mean)
    for block, asked in zip(model.masked.predict(prepared.video, context, targets), targets, strict=True):
        tokens = torch.where(asked[..., None], block.tokens.cpu(), tokens)
    return replace(around, tokens=tokens)


DECODERS = {f.__name__: f for f in (fit_decoder, decoder_fit, decoder_file, read_decoder, decode_view)}
