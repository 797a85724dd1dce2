"""A fitted decoder as a safetensors file: its tensors, and in the header its sizes, its score and which latents it draws."""

from __future__ import annotations

import json
from dataclasses import asdict
from pathlib import Path
from typing import Any

import torch
from safetensors import SafetensorError, safe_open
from safetensors.torch import save as to_bytes

from workbench.core.errors import BadInput, CheckpointError, Incomparable, PartUnavailable
from workbench.core.questions.decoding import DecoderFit
from workbench.data.export import replacing
from workbench.fits.decoder import FittedDecoder, Footage
from workbench.fits.frame_latents import seen
from workbench.fits.picture_decoder import PictureDecoder, PictureDecoderConfig
from workbench.model.jepa import Decoder, Jepa

_KEY, _LAYOUT = "jepa-workbench fitted decoder", 1
_MOST = 1 << 28  # bytes


def decoder_bytes(decoder: FittedDecoder) -> bytes:
    """The file as bytes."""
    about = {"layout": _LAYOUT, "config": asdict(decoder.net.config), "fit": asdict(decoder.fit)}
    tensors = {k: v.detach().contiguous() for k, v in decoder.net.state_dict().items()}
    return to_bytes(tensors, {_KEY: json.dumps(about)})


def save_decoder(decoder: Decoder | None, path: str | Path) -> Path:
    """Write a fitted decoder to a file of its own; a half-written one never replaces a good one.

    Args:
        decoder: what `fit_decoder` gave.

    Raises:
        PartUnavailable: the decoder is a model's own, or there is none.
    """
    if not isinstance(decoder, FittedDecoder):
        raise PartUnavailable("this is no fitted decoder: fit one with jw.fit_decoder(jepa, bank)", where=str(path))
    with replacing(Path(path)) as file:
        file.write(decoder_bytes(decoder))
    return Path(path)


def read_decoder(path: str | Path) -> FittedDecoder:
    """A decoder from its file. Nothing in it can run code.

    Raises:
        CheckpointError: not such a file, or damaged.
    """
    path = Path(path)
    where, fix = str(path), "give a decoder that was fitted and saved here"
    try:
        if path.stat().st_size > _MOST:
            raise CheckpointError(f"{path.stat().st_size} bytes are no fitted decoder", where=where, fix=fix)
        with safe_open(str(path), "pt") as file:
            about = json.loads((file.metadata() or {}).get(_KEY, "null"))
            tensors = {name: file.get_tensor(name) for name in file.keys()}  # noqa: SIM118  it is no dict
    except OSError as err:
        raise CheckpointError(f"this is not a fitted decoder: {err.strerror or err}", where=where, fix=fix) from err
    except (SafetensorError, ValueError) as err:
        raise CheckpointError("this is not a fitted decoder: no safetensors file, or a damaged one", where=where, fix=fix) from err
    if about is None:
        raise CheckpointError("this is not a fitted decoder: a safetensors file of something else", where=where, fix=fix)
    return FittedDecoder(*_checked(about, tensors, where, fix))


def _checked(about: Any, tensors: dict[str, torch.Tensor], where: str, fix: str) -> tuple[PictureDecoder, DecoderFit]:
    try:
        if about["layout"] != _LAYOUT:
            raise ValueError(f"layout {about['layout']}, this version reads {_LAYOUT}")
        sizes: dict[str, Any] = {k: tuple(map(int, v)) if isinstance(v, list) else int(v) for k, v in about["config"].items()}
        fit = DecoderFit(**{**about["fit"], "size": tuple(map(int, about["fit"]["size"]))})
        with torch.device("meta"):
            net = PictureDecoder(PictureDecoderConfig(**sizes))
        wanted = {k: tuple(v.shape) for k, v in net.state_dict().items()}
        if {k: tuple(v.shape) for k, v in tensors.items()} != wanted:
            raise ValueError("its tensors are not of the sizes that it says")
        if not all(v.is_floating_point() and bool(torch.isfinite(v).all()) for v in tensors.values()):
            raise ValueError("some of its numbers are not finite")
    except (KeyError, TypeError, ValueError, AttributeError, RuntimeError, BadInput) as err:
        raise CheckpointError(f"this is not a fitted decoder: {err}", where=where, fix=fix) from err
    net.load_state_dict({k: v.float() for k, v in tensors.items()}, assign=True)
    return net, fit


def matching(jepa: Jepa, path: str | Path, bank: Footage) -> FittedDecoder:
    """A decoder from its file, for the latents of this model.

    Args:
        bank: clips to see which latents the model has.

    Raises:
        CheckpointError: not such a file. Incomparable: it was fitted on latents of another model.
    """
    decoder = read_decoder(path)
    latents, _ = seen(jepa, bank.clips[0])
    if latents.space.id != decoder.fit.space or tuple(latents.tokens.shape[2:]) != (*decoder.net.config.grid, decoder.net.config.dim):
        what = f"this decoder was fitted on latents of {decoder.fit.space}, the open model has {latents.space.id}"
        raise Incomparable(what, where=str(path), fix="open the model that it was fitted on, or fit another one")
    return decoder
