"""What a mask sampler really draws: coverage, overlap and sizes over thousands of draws, beside what its authors say."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Literal

import numpy as np
from jaxtyping import Float

from workbench.core.codec import portable
from workbench.core.questions.base import Question, question
from workbench.core.results import Provenance

Finding = Literal["border", "middle", "batch", "cut", "size"]


@portable
@dataclass(frozen=True)
class Amount:
    """One quantity over all draws.

    Args:
        name: of the quantity. mean: over draws, and over blocks where there are several. low, high: 1st and 99th percentile. said: the range that the
            parameters name, or the number in the paper; empty: nobody says. source: who says it.
    """

    name: str
    mean: float
    low: float
    high: float
    said: tuple[float, ...] = ()
    source: str = ""


@portable
@dataclass(frozen=True)
class AuditFinding:
    """Something that the audit found by itself.

    Args:
        kind: "border": rows or columns that are never used; "middle": the middle is context far less often than the border; "batch": tokens that are
            context in no mask of a whole batch; "cut": truncation takes context away from the last rows; "size": sizes beyond what is said.
        value: what was measured. baseline: what it would be without the finding. sentence: both in words. known: where it was reported.
    """

    kind: Finding
    value: float
    baseline: float
    sentence: str
    known: str = ""


@portable
@dataclass(frozen=True, eq=False)
class MaskAudit:
    """What a sampler draws on a grid.

    Args:
        sampler: with what differs from its published values. draws: masks, drawn one by one and once more in batches of `batch`, whose contexts are cut to the shortest.
        context, target: share of single draws in which each token is seen, and predicted. cut_context, cut_target: the same in batches.
        unseen: share of batches in which each token is context in no mask. overlap: share of the target tokens that two or more blocks hold.
        amounts: sizes. findings: what stands out; empty where nothing does.
    """

    sampler: str
    shape: tuple[int, int, int]
    draws: int
    batch: int
    context: Float[np.ndarray, "ticks rows cols"]
    target: Float[np.ndarray, "ticks rows cols"]
    cut_context: Float[np.ndarray, "ticks rows cols"]
    cut_target: Float[np.ndarray, "ticks rows cols"]
    unseen: Float[np.ndarray, "ticks rows cols"]
    overlap: float
    amounts: tuple[Amount, ...]
    findings: tuple[AuditFinding, ...]
    provenance: Provenance

    def __getitem__(self, name: str) -> Amount:
        """The amount of that name.

        Raises:
            KeyError: this sampler has none.
        """
        return {a.name: a for a in self.amounts}[name]

    @property
    def shares(self) -> tuple[float, ...]:
        """Mean share of tokens that are context, that are target, and that are context once batches are cut."""
        return float(self.context.mean()), float(self.target.mean()), float(self.cut_context.mean())


@question(
    "audit_masks",
    title="Audit of a mask sampler",
    formula="counts over draws on one grid. unseen: 1 − share of batches in which any mask has the token as context; its baseline is (1 − mean context share)^batch. "
    "Middle: the central third of rows and columns. Said: the sampler's own parameters, and the average context in the paper",
    source="I-JEPA (arXiv 2301.08243), V-JEPA (arXiv 2404.08471); what was reported: facebookresearch/ijepa issue 60 and pull request 40",
    cannot="Says what is drawn, not whether training is better with it: published weights were trained with these samplers.",
    urgent=False,
    kept=True,
    number="shares",
)
@dataclass(frozen=True, eq=False)
class AuditMasks(Question[MaskAudit]):
    """Coverage, overlap and sizes of a sampler's masks.

    Args:
        sampler: a name in workbench.masks. shape: tokens of the grid (ticks, rows, cols). preset: of the sampler; "": none. parameters: as (name, value).
        draws: how many. batch: masks that are cut to the shortest together. seed: of all draws.
    """

    sampler: str
    shape: tuple[int, int, int]
    preset: str = ""
    parameters: tuple[tuple[str, Any], ...] = ()
    draws: int = 10_000
    batch: int = 128
    seed: int = 0
