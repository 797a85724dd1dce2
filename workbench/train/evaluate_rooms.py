"""The figures of `two-rooms`, from its file and fresh walks."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import torch
from jaxtyping import Float
from torch import Tensor

from workbench.core.clip import Clip
from workbench.core.progress import part, report
from workbench.model.jepa import Jepa
from workbench.model.latents import Latents
from workbench.train import probes
from workbench.train.plan_rooms import planning
from workbench.worlds import two_rooms

WALKS, MOVES, HORIZONS = 300, 24, (1, 4, 8, 16, 24)
_FRESH, _BATCH, _PIXELS_SIDE = 1000, 50, 16


@dataclass(frozen=True, eq=False)
class Seen:
    """Fresh walks as a model sees them."""

    pixels: np.ndarray
    walks: two_rooms.Walks
    latents: Latents

    @classmethod
    def of(cls, jepa: Jepa, walks: two_rooms.Walks, pixels: np.ndarray) -> Seen:
        """Embed all frames."""
        dynamics, found = jepa.need_dynamics(), []
        for at in range(0, len(walks), _BATCH):
            report(at, len(walks))
            found.append(dynamics.embed(jepa.encoder.prepare([Clip(p) for p in pixels[at : at + _BATCH]]).video))
        return cls(pixels, walks, replace(found[0], tokens=torch.cat([f.tokens for f in found])))

    @property
    def vectors(self) -> Float[Tensor, "walks frames dim"]:
        """One vector a frame."""
        return self.latents.tokens[:, :, 0, 0]


def evaluate(jepa: Jepa, seed: int, *, varied: bool = False, walks: int = WALKS, tasks: int = 100) -> dict[str, Any]:
    """Figures on walks and tasks that the model has not seen.

    Args:
        seed: of walks, shuffles, tasks and the untrained model. varied: every walk and task has a wall and a door of its own.

    Returns:
        e16_over_copy: error of a 16-step open-loop rollout over that of repeating the first latent; shuffled_e16_over_copy: the same
        under another walk's actions; by_horizon: both for more horizons, with the place that a linear probe reads from the
        predicted latent, in pixels; probe_r2: of the place, read from latents; probe: the same beside an untrained encoder and
        16 × 16 pixels; planning: share of tasks solved; decoded_pixels: how far the drawn point is from the true one after 16 steps.
    """
    true = two_rooms.walks(walks, MOVES, _FRESH + seed, varied=varied)
    pixels = two_rooms.render(true.states)
    with part(0, 3):
        seen = Seen.of(jepa, true, pixels)
    found: dict[str, Any] = {"seed": seed, **_rollouts(jepa, seen, seed)}
    with part(1, 3):
        twin = Seen.of(jepa.untrained(seed), true, pixels)
    small = probes.small_pixels(pixels, _PIXELS_SIDE).reshape(*pixels.shape[:2], -1)
    features = {"model": seen.vectors.double().numpy(), "random_init": twin.vectors.double().numpy(), "pixels": small}
    found["probe"] = {who: _place_r2(x, true.states[..., :2]) for who, x in features.items()}
    found["probe_r2"] = found["probe"]["model"]
    with part(2, 3):
        return found | {"planning": planning(jepa, _FRESH + seed, count=tasks, varied=varied)}


def _rollouts(jepa: Jepa, seen: Seen, seed: int) -> dict[str, Any]:
    """Open-loop errors over those of repeating the first latent."""
    z, actions = seen.vectors, torch.from_numpy(seen.walks.actions)
    other = actions[torch.from_numpy(np.random.default_rng(seed).permutation(len(actions)))]
    first = replace(seen.latents, tokens=seen.latents.tokens[:, :1], grid=replace(seen.latents.grid, ticks=1))
    dynamics, frames = jepa.need_dynamics(), z.shape[1] - 1
    film = dynamics.rollout(first, frames, actions=actions)
    rolled, lost = film.tokens[:, :, 0, 0], dynamics.rollout(first, frames, actions=other).tokens[:, :, 0, 0]
    copy = (z[:, :1] - z[:, 1:]).square().mean((0, 2))
    errors, lost_errors = ((r - z[:, 1:]).square().mean((0, 2)) / copy for r in (rolled, lost))
    half, true = len(z) // 2, seen.walks.states[:, 1:, :2]
    read = _linear(z[:half, 1:], true[:half])
    away = np.linalg.norm(read(rolled[half:]) - true[half:], axis=-1).mean(0) * two_rooms.SIDE
    table = {
        str(k): {"over_copy": float(errors[k - 1]), "shuffled_over_copy": float(lost_errors[k - 1]), "probed_pixels": float(away[k - 1])}
        for k in HORIZONS
        if k <= frames
    }
    found: dict[str, Any] = {"e16_over_copy": float(errors[15]), "shuffled_e16_over_copy": float(lost_errors[15]), "by_horizon": table}
    if jepa.decoder is not None:
        at = replace(film, tokens=film.tokens[:, 15:16], grid=replace(film.grid, ticks=1))
        drawn = middle(jepa.decoder.decode(at)[:, 0].numpy())
        found["decoded_pixels"] = float(np.median(np.linalg.norm(drawn - seen.walks.states[:, 16, :2], axis=-1)) * two_rooms.SIDE)
    return found


def middle(pictures: np.ndarray) -> Float[np.ndarray, "pictures 2"]:
    """Where the orange point is, in sides of the picture: the middle of what is more red than blue."""
    values = pictures.astype(np.float64) / 255
    orange = np.clip(values[..., 0] - values[..., 2] - 0.15, 0, None) + 1e-9
    axis = (np.arange(pictures.shape[1]) + 0.5) / pictures.shape[1]
    total = orange.sum((1, 2))
    return np.stack([(orange * axis).sum((1, 2)) / total, (orange * axis[:, None]).sum((1, 2)) / total], -1)


def _place_r2(x: Float[np.ndarray, "walks frames features"], place: Float[np.ndarray, "walks frames 2"]) -> float:
    half = len(x) // 2
    return probes.r2(*(a.reshape(-1, a.shape[-1]) for a in (x[:half], place[:half], x[half:], place[half:])))


def _linear(z: Float[Tensor, "walks frames dim"], place: Float[np.ndarray, "walks frames 2"]):
    """A least-squares reading of the place."""
    known = np.concatenate([z.flatten(0, 1).double().numpy(), np.ones((z.shape[0] * z.shape[1], 1))], 1)
    weights, *_ = np.linalg.lstsq(known, place.reshape(-1, 2), rcond=None)
    return lambda latents: latents.double().numpy() @ weights[:-1] + weights[-1]
