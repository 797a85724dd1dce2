"""The tokens of clips, of every layer: what maps, similarities and numbers by layer start from. Memory is asked before."""

from __future__ import annotations

from collections.abc import Sequence
from weakref import WeakKeyDictionary

import numpy as np
import torch
from jaxtyping import Float
from torch import Tensor

from workbench.core import progress
from workbench.core.clip import Clip
from workbench.core.errors import BadInput, PartUnavailable
from workbench.measures.bank import Bank
from workbench.measures.base import one_thread
from workbench.measures.extracting import whole_weights
from workbench.measures.health.gathering import evenly
from workbench.measures.preparing import prepare_together
from workbench.model.device import ask_memory
from workbench.model.jepa import Jepa
from workbench.model.spec import Prepared

Layers = list[Float[Tensor, "_ _ _ _ _"]]  # of each layer [clips, ticks, rows, cols, dim]; of some families the last layer has another dim
_TOGETHER = 8
_kept: WeakKeyDictionary[Bank, WeakKeyDictionary[Jepa, dict[tuple[str, int], tuple[list[int], Layers]]]] = WeakKeyDictionary()


def asked_weights(jepa: Jepa, weights: str) -> str:
    """Which encoder is meant: a given one that loaded whole, or for "" the target encoder where the file has it.

    Raises:
        PartUnavailable: it did not load whole. BadInput: no such encoder.
    """
    if weights == "":
        return whole_weights(jepa)
    if weights not in jepa.encoder.weights:
        raise BadInput(f"there is no {weights} encoder", where="weights", fix=f"one of {', '.join(jepa.encoder.weights)}, or '' for either")
    jepa.report.require(f"encoder_{weights}")
    return weights


def names_of(jepa: Jepa) -> tuple[str, ...]:
    """How the layers are called: of blocks before the final norm, and the output after it."""
    return (*(f"block {k}" for k in range(jepa.encoder.layers)), "output")


def index_of(jepa: Jepa, layer: int | None) -> int:
    """The place of a layer among those of `names_of`.

    Raises:
        BadInput: it is not there.
    """
    if layer is None:
        return jepa.encoder.layers
    if not 0 <= layer < jepa.encoder.layers:
        raise BadInput(f"there is no layer {layer}", where="layer", fix=f"0 to {jepa.encoder.layers - 1}, or None for the output of the encoder")
    return layer


def room(jepa: Jepa, prepared: Prepared, clips: int) -> None:
    """Ask for the memory that all layers of some clips take.

    Raises:
        OutOfMemory: more is needed than is free.
    """
    layers, tokens = jepa.encoder.layers + 1, prepared.grid.tokens
    wanted = 8 * layers * clips * tokens * max(jepa.card.dim, 1)  # as computed, and once more where they are put together
    what = f"{layers} layers of {clips} clips of {tokens} tokens with {jepa.card.dim} features"
    ask_memory(wanted, what, fix="use fewer clips, fewer frames, or a smaller image_size")


def of_clip(jepa: Jepa, prepared: Prepared, weights: str) -> Layers:
    """All layers of one clip.

    Raises:
        BadInput: a token is NaN or infinite. OutOfMemory: they do not fit.
    """
    room(jepa, prepared, 1)
    found = [latents.tokens.float().cpu() for latents in jepa.encoder.layered(prepared.video, weights=weights)]
    refuse_nan(found, names_of(jepa))
    return found


def refuse_nan(found: Sequence[Tensor], names: Sequence[str]) -> None:
    """Refuse tokens that are not finite.

    Raises:
        BadInput: with the layer and how many.
    """
    with one_thread():
        for tokens, name in zip(found, names, strict=True):
            if tokens.sum().isfinite():  # one pass, where looking at each value takes several; a sum that overflows is looked at below
                continue
            bad = int((~tokens.isfinite()).any(-1).sum())
            if bad:
                what = f"{bad} of {tokens[..., 0].numel()} tokens of {name} are NaN or infinite"
                raise BadInput(what, where="encoder", fix="look at the weights on the Checkpoint board, or load with dtype='float32'")


def of_bank(jepa: Jepa, bank: Bank, weights: str, clips: int) -> tuple[list[int], Layers]:
    """All layers of the clips of a bank, evenly taken, and which these are; kept while model and bank live.

    Raises:
        BadInput: fewer than two clips are asked for, a token is not finite. OutOfMemory: they do not fit.
    """
    if clips < 2:
        raise BadInput(f"{clips} clips of the bank", where="clips", fix="2 or more")
    known = _kept.setdefault(bank, WeakKeyDictionary()).setdefault(jepa, {})
    if (weights, clips) not in known:
        known.clear()  # one at a time: they are large
        known[weights, clips] = gathered(jepa, bank, weights, clips)
    return known[weights, clips]


def gathered(jepa: Jepa, bank: Bank, weights: str, clips: int) -> tuple[list[int], Layers]:
    """The same, computed now."""
    chosen = evenly(range(len(bank)), clips)
    parts = list[list[Tensor]]()
    for start in range(0, len(chosen), _TOGETHER):
        prepared = prepare_together(jepa.encoder, [bank.clips[i] for i in chosen[start : start + _TOGETHER]])
        if not parts:
            room(jepa, prepared, len(chosen))
        parts.append([latents.tokens.float().cpu() for latents in jepa.encoder.layered(prepared.video, weights=weights)])
        progress.report(min(start + _TOGETHER, len(chosen)), len(chosen))
    if len({part[0].shape[1:4] for part in parts}) > 1:
        raise BadInput(f"the clips of {bank.name} have different lengths", where="bank", fix="choose a number of frames that every clip has")
    found = [torch.cat(layer) for layer in zip(*parts, strict=True)]
    refuse_nan(found, names_of(jepa))
    return chosen, found


def others(bank: Bank, chosen: Sequence[int], clip: Clip) -> list[int]:
    """Places among the chosen clips of those that are not this clip.

    Raises:
        PartUnavailable: there is none.
    """
    kept = [k for k, i in enumerate(chosen) if bank.clips[i].digest != clip.digest]
    if not kept:
        raise PartUnavailable("every clip of the bank is this clip", where=bank.name, fix="open a folder with other clips")
    return kept


def numbered(bank: Bank, number: int) -> int:
    """The number of a clip of a bank.

    Raises:
        BadInput: there is none.
    """
    if not 0 <= number < len(bank):
        raise BadInput(f"there is no clip {number + 1} in {bank.name}", where="other", fix=f"1 to {len(bank)}; in Python 0 to {len(bank) - 1}")
    return number


def fitting(found: Layers, own: Layers, bank: Bank) -> None:
    """Refuse a bank whose clips lie on another grid than a clip.

    Raises:
        BadInput: with both grids.
    """
    theirs, ours = tuple(found[0].shape[1:4]), tuple(own[0].shape[1:4])
    if theirs != ours:
        what = f"the clips of {bank.name} have {'×'.join(map(str, theirs))} tokens, this one {'×'.join(map(str, ours))}"
        raise BadInput(what, where="bank", fix="open a bank of clips of the same length and shape")


def flat(tokens: Tensor) -> Float[np.ndarray, "tokens dim"]:
    """Tokens of any arrangement as rows, in double precision."""
    return tokens.reshape(-1, tokens.shape[-1]).double().numpy()
