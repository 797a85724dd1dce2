"""What a linear reader finds in latents: places in a world, with a held-out score beside every answer."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from weakref import WeakKeyDictionary

import numpy as np
import torch
from jaxtyping import Float
from torch import Tensor

from workbench.core.errors import BadInput
from workbench.measures.bank import Bank
from workbench.measures.drawing import frames_of
from workbench.model.jepa import Jepa

_RIDGE = 1e-3


@dataclass(frozen=True, eq=False)
class Probe:
    """A ridge regression from a frame's latent to numbers.

    Args:
        weights, mean: of the standardised latent and of the answer. centre, spread: of the latents. r2: on held-out clips, mean over the numbers.
    """

    weights: Float[Tensor, "values numbers"]
    mean: Float[Tensor, "numbers"]
    centre: Float[Tensor, "values"]
    spread: Float[Tensor, "values"]
    r2: float

    def read(self, latents: Float[Tensor, "frames values"]) -> Float[Tensor, "frames numbers"]:
        """The numbers that the latents hold for a linear reader."""
        return ((latents.float().cpu() - self.centre) / self.spread) @ self.weights + self.mean


def fit(values: Float[Tensor, "frames values"], numbers: Float[Tensor, "frames numbers"], held_out: Tensor, ridge: float = _RIDGE) -> Probe:
    """Fit on the frames that are not held out, score on those that are. ridge: weight of the penalty, a frame.

    Raises:
        BadInput: nothing to fit on, or nothing to score on.
    """
    if not bool(held_out.any()) or not bool((~held_out).any()):
        raise BadInput("a probe needs frames to fit on and others to score on", where="probe", fix="give more clips")
    x, y = values[~held_out].double(), numbers[~held_out].double()
    centre, spread, mean = x.mean(0), x.std(0).clamp(min=1e-6), y.mean(0)
    z = (x - centre) / spread
    gram = z.T @ z + ridge * len(z) * torch.eye(z.shape[1], dtype=z.dtype)
    weights = torch.linalg.solve(gram, z.T @ (y - mean))
    probe = Probe(weights.float(), mean.float(), centre.float(), spread.float(), 0.0)
    true = numbers[held_out].float()
    left = (probe.read(values[held_out]) - true).square().sum(0)
    total = (true - true.mean(0)).square().sum(0).clamp(min=1e-12)
    return Probe(probe.weights, probe.mean, probe.centre, probe.spread, float((1 - left / total).mean()))


_known: WeakKeyDictionary[Bank, WeakKeyDictionary[Jepa, Probe]] = WeakKeyDictionary()


def places_probe(jepa: Jepa, bank: Bank, where: Callable[[np.ndarray], np.ndarray]) -> Probe:
    """A probe of places, fitted on three of four clips of a bank and scored on the others; fitted once.

    Args:
        where: true states to places.

    Raises:
        BadInput: the bank has no states, or too few clips.
    """
    found = _known.setdefault(bank, WeakKeyDictionary())
    if jepa not in found:
        frames = frames_of(jepa, bank)
        states = [c.states for c in bank.clips]
        if any(s is None for s in states):
            raise BadInput("the clips of this bank have no true states", where=bank.name, fix="give a bank with states")
        places = np.stack([where(np.asarray(states[c]))[t] for c, t in zip(frames.clip.tolist(), frames.tick.tolist(), strict=True)])
        found[jepa] = fit(frames.values, torch.from_numpy(places).float(), frames.clip % 4 == 3)
    return found[jepa]
