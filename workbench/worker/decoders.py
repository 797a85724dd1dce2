"""What a worker answers about pictures of latents: decoders that are fitted, kept, saved and opened, and one clip drawn in every way there is."""

from __future__ import annotations

from collections import OrderedDict
from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np
from jaxtyping import UInt8

from workbench.core.clip import Clip
from workbench.core.errors import PartUnavailable
from workbench.core.mask import Mask
from workbench.core.questions.decoding import DecoderFit, DecodeView
from workbench.fits.decoder import FittedDecoder, fitted
from workbench.fits.decoder_file import decoder_bytes, matching
from workbench.measures.bank import Bank
from workbench.measures.decoding import decode_clip
from workbench.model.jepa import Jepa

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
    """Fit a decoder on the latents of a bank and keep it; see `fits.decoder`."""
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
    drawn_by = shelf.decoders.get(model, bank) if how == "fitted" else model.decoder
    return decode_clip(replace(model, decoder=None if bank is not None else model.decoder), clip, bank, mask=mask, decoder=drawn_by)


DECODERS = {f.__name__: f for f in (fit_decoder, decoder_fit, decoder_file, read_decoder, decode_view)}
