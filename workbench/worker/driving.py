"""What a worker answers about futures: films beside what came, and what is drawn for nothing."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np
import torch
from jaxtyping import Bool

from workbench.core.clip import Clip
from workbench.core.errors import BadInput
from workbench.core.films import FilmView, Reel
from workbench.core.futures import Rollout
from workbench.measures.bank import Bank
from workbench.measures.decoding import decoder_prior
from workbench.measures.drawing import draw, note_of
from workbench.measures.futures import Future, chosen_distance, compared, other_moves, scale_note, span, steps_of
from workbench.measures.latent_colours import Palette
from workbench.measures.twins import asked
from workbench.model.jepa import Decoder, Jepa
from workbench.model.latents import Latents
from workbench.worlds.driven import followed, world

if TYPE_CHECKING:
    from workbench.worker.shelf import Shelf

_MOST_COMPARED = 64


def film_view(
    shelf: Shelf,
    model: Jepa,
    clip: Clip,
    *,
    known: int | None = None,
    actions: np.ndarray | None = None,
    how: str = "decoded",
    bank: Bank | None = None,
    predictor: str = "model",
    decoder: Decoder | None = None,
) -> FilmView:
    """A clip's future as films: what came, teacher-forced, and open loop.

    Args:
        actions: other actions than the clip's own; in a world that can be driven, what would come is simulated.
        how: "decoded", "fitted" (by a decoder of ours), "retrieved", or "latents": as
        colours, in which case what came is there twice, as pixels and as its latents. predictor: "model" or "twin".

    Raises:
        PartUnavailable: no dynamics, or no decoder where one is asked for. BadInput: actions that do not fit, or nothing to retrieve from.
    """
    jepa = asked(model, predictor)
    spec = jepa.need_dynamics().action
    own, used = steps_of(clip, spec)
    changes = np.zeros(1, bool)
    if actions is not None and used is not None:
        changes, used = _changes(used, actions), np.asarray(actions, np.float32)
    edited = int(changes.argmax()) if changes.any() else -1
    seen, simulated = _seen(model, own, used, edited)
    future = Future.of(jepa, [seen], known)
    numbers, found = compared(future, f"{seen.digest} {seen.source}".strip(), chosen_distance(jepa, None), other_moves(future, own, bank))
    ticks = future.real.grid.ticks
    comes = ticks if edited < 0 or simulated else edited + 1
    way, decoder = drawer(how, predictor, decoder)
    films = _Drawer(jepa, way, bank, clip, ", untrained twin" if predictor == "twin" else "", decoder)
    reels = [_real(jepa, seen, simulated, comes), *films.reels(future, found, comes)]
    caution = "" if used is None or spec is None else scale_note(used, spec)
    return FilmView(tuple(reels), _until(numbers, comes), None if used is None else used.copy(), edited, simulated, int(changes.sum()), caution)


def _until(numbers: Rollout, comes: int) -> Rollout:
    """The same numbers; where nobody knows what would have come there is no error."""
    maps = numbers.maps.copy()
    maps[:, max(0, comes - numbers.known) :] = np.nan
    return replace(numbers, maps=maps)


@dataclass(frozen=True)
class _Drawer:
    """How latents become films, and what is added to their labels."""

    jepa: Jepa
    how: str
    bank: Bank | None
    clip: Clip
    more: str
    decoder: Decoder | None = None

    def reels(self, future: Future, found: dict[str, Latents], comes: int) -> list[Reel]:
        """Teacher-forced, which ends where nobody knows what comes, and open loop; before them the real latents where those are shown as they are."""
        made = list[Reel]()
        palette = Palette.of(future.real) if self.how == "latents" else None
        if palette is not None:
            made.append(Reel("real, its latents" + self.more, "real", palette.note, palette.drawn(future.real).pixels, comes))
        open_loop = f"open loop from frame {future.known}"
        for kind, label, upto in (("teacher-forced", "teacher-forced", comes), ("open loop", open_loop, future.real.grid.ticks)):
            latents = _with_past(future, found[kind])
            drawn = draw(self.jepa, latents, self.how, self.bank, self.clip, self.decoder) if palette is None else palette.drawn(latents)
            made.append(Reel(label + self.more, kind, note_of(drawn), drawn.pixels, upto))
        return made


def _real(jepa: Jepa, clip: Clip, simulated: bool, comes: int) -> Reel:
    pixels = jepa.encoder.prepare([clip]).shown[0].numpy()
    label, note = ("real, simulated", "by the world itself, with these actions") if simulated else ("real", "")
    return Reel(label, "real", note, pixels, comes)


def _changes(own: np.ndarray, actions: np.ndarray) -> Bool[np.ndarray, "steps"]:
    """The steps whose action is another one.

    Raises:
        BadInput: of another shape, or not finite.
    """
    wanted = np.asarray(actions, np.float32)
    if wanted.shape != own.shape:
        fix = f"{own.shape[0]} rows of {own.shape[1]} numbers: one for each frame but the last"
        raise BadInput(f"actions of shape {list(wanted.shape)} for a clip with {list(own.shape)}", where="actions", fix=fix)
    if not np.isfinite(wanted).all():
        raise BadInput(f"the action of step {int((~np.isfinite(wanted)).any(1).argmax())} is not finite", where="actions", fix="give numbers")
    return (own != wanted).any(1)


def _seen(model: Jepa, own: Clip, actions: np.ndarray | None, edited: int) -> tuple[Clip, bool]:
    """The clip with these actions; where they were edited in a world that can be driven, what truly comes of them."""
    seen = replace(own, actions=actions)
    if edited < 0 or actions is None or not model.card.world or own.states is None:
        return seen, False
    states, film = followed(world(model.card.world), own.states[edited], actions[edited:])
    states = np.concatenate([own.states[:edited], states]).astype(np.float32)  # until then it is the film that was
    return replace(seen, states=states, pixels=np.concatenate([own.pixels[:edited], film])), True


def _with_past(future: Future, foretold: Latents) -> Latents:
    past = span(future.real, 0, future.known)
    return replace(foretold, tokens=torch.cat([past.tokens, foretold.tokens], 1), grid=future.real.grid, states=None, extra=None)


def drawer(how: str, predictor: str, decoder: Decoder | None) -> tuple[str, Decoder | None]:
    """How to draw, and by which decoder. A decoder fitted on the model's latents cannot draw the twin's: there the nearest real frame stands for it.

    Args:
        how: "decoded", "fitted" or "retrieved".
    """
    if how != "fitted":
        return how, None
    return ("retrieved", None) if predictor == "twin" else ("decoded", decoder)


def honesty_strip(
    shelf: Shelf, model: Jepa, bank: Bank, how: str = "decoded", predictor: str = "model", decoder: Decoder | None = None
) -> list[Reel]:
    """What is drawn for the mean latent, for noise and for another clip's latent: whatever looks like these is the drawer's invention."""
    way, decoder = drawer(how, predictor, decoder)
    weights = "trained" if predictor == "model" else "untrained"
    return list(decoder_prior(model, bank, how=way, decoder=decoder, weights=weights).reels)


FUTURES = {f.__name__: f for f in (film_view, honesty_strip)}
