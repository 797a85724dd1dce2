"""What a predictor knows that knows only the position, and the colours in which tokens are shown."""

from __future__ import annotations

from weakref import WeakKeyDictionary

import torch

from workbench.core.clip import Clip
from workbench.core.results import PcaBasis
from workbench.core.results import Reference as ReferenceResult
from workbench.measures.bank import Bank, space
from workbench.measures.base import measure
from workbench.model.jepa import Jepa

_bases: WeakKeyDictionary[Bank, WeakKeyDictionary[Jepa, PcaBasis]] = WeakKeyDictionary()
_SAMPLED = 20_000


@measure
def reference(jepa: Jepa, bank: Bank, *, without: Clip | None = None) -> ReferenceResult:
    """Mean and median target at each position over a bank, leaving out `without`."""
    return bank.reference(jepa, without)


@measure
def shared_pca(jepa: Jepa, bank: Bank) -> PcaBasis:
    """One basis for every picture of this checkpoint and bank: position mean removed, signs fixed, variance printed."""
    known = _bases.setdefault(bank, WeakKeyDictionary())
    if jepa not in known:
        known[jepa] = fit_basis(bank.targets(jepa), bank.name, space(jepa))
    return known[jepa]


def fit_basis(targets: torch.Tensor, name: str, space_id: str) -> PcaBasis:
    """Principal directions of tokens [clips, ticks, rows, cols, dim] about their position mean."""
    mean = targets.mean(0) if len(targets) > 1 else targets.mean((0, 1, 2, 3)).expand(targets.shape[1:])
    rest = (targets - mean).reshape(-1, targets.shape[-1])
    rest = rest[:: max(len(rest) // _SAMPLED, 1)]
    _, values, rows = torch.linalg.svd(rest, full_matrices=False)
    components = torch.zeros(3, targets.shape[-1])
    components[: min(3, len(rows))] = rows[:3]
    sign = components.gather(1, components.abs().argmax(1, keepdim=True)).sign()
    components = components * torch.where(sign == 0, torch.ones_like(sign), sign)
    variance = torch.zeros(3)
    variance[: min(3, len(values))] = values[:3] ** 2
    spread = (variance / max(len(rest) - 1, 1)).sqrt()
    explained = variance / values.square().sum().clamp(min=1e-12)
    return PcaBasis(mean.numpy(), components.numpy(), spread.numpy(), explained.numpy(), len(targets), name, space_id)
