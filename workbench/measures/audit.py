"""Thousands of draws of a mask sampler, counted: what it covers, how large its blocks are, and what truncation takes away."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import numpy as np
from jaxtyping import Bool, Float

from workbench.core import progress
from workbench.core.errors import BadInput
from workbench.core.mask import Mask
from workbench.core.questions.audit import Amount, AuditFinding, AuditMasks, MaskAudit
from workbench.core.results import Provenance
from workbench.masks import Sampler, make
from workbench.measures.base import answers

_IJEPA, _VJEPA = "I-JEPA, arXiv 2301.08243", "V-JEPA, arXiv 2404.08471"
# Average share of the grid that is context in training, as papers print it for their published settings: (sampler, preset) -> (value, source).
# I-JEPA prints 0.25 for Block(0.15, 0.2) × 4 and Block(0.85, 1.0); V-JEPA an "average masking ratio of ∼90 %" for its two presets together, and
# random-tube[0.9] as an ablation.
_PRINTED: Mapping[tuple[str, str], tuple[float, str]] = {
    ("ijepa_multiblock", ""): (0.25, f"{_IJEPA}, Table 6"),
    ("vjepa_multiblock", "short"): (0.1, f"{_VJEPA}, section 3.2, over both presets,"),
    ("vjepa_multiblock", "long"): (0.1, f"{_VJEPA}, section 3.2, over both presets,"),
    ("random_tube", ""): (0.1, f"{_VJEPA}, Table 4"),
}
_UNPRINTED = {"min_keep"}  # parameters that change nothing of what is printed
# Ranges that parameters name: quantity -> parameter of the sampler.
_NAMED = {"block area": ("target_scale", "spatial_scale"), "block aspect": ("aspect",)}
_CUT = "context in batches"
_TOLD = 200  # draws between two reports of progress
_RARE, _UNSEEN, _BEYOND = 0.5, 0.01, 0.01  # of the border's share; of tokens above what chance leaves; of the grid
_REPORTED = {
    "border": "facebookresearch/ijepa, pull request 40",
    "middle": "facebookresearch/ijepa, issue 60",
    "batch": "facebookresearch/ijepa, issue 60",
}


@answers(AuditMasks)
def audit_masks(
    sampler: str,
    shape: tuple[int, int, int],
    *,
    preset: str = "",
    parameters: Mapping[str, Any] | Sequence[tuple[str, Any]] = (),
    draws: int = 10_000,
    batch: int = 128,
    seed: int = 0,
) -> MaskAudit:
    """Coverage, overlap and sizes of the masks of a sampler on a grid. Arguments as of `AuditMasks`.

    Raises:
        MaskError: an unknown sampler, preset or parameter, or a grid that it cannot mask. BadInput: fewer than 100 draws, or a batch of fewer than 2.
    """
    if draws < 100 or batch < 2 or batch > draws:
        raise BadInput(f"draws={draws}, batch={batch}", where="audit_masks", fix="100 draws or more, in batches of 2 to as many")
    own = dict(parameters)
    draw, shape = make(sampler, preset=preset or None, **own), (int(shape[0]), int(shape[1]), int(shape[2]))
    single, sizes = _Counted(shape), _Sizes()
    for mask in _one_by_one(draw, shape, draws, seed):
        single.add(mask)
        sizes.add(mask)
    cut, unseen, batches = _Counted(shape), np.zeros(shape), draws // batch
    rng = np.random.default_rng([seed, 1])
    for k in range(batches):
        masks = draw.sample_batch(shape, batch, rng, truncate=True)
        for mask in masks:
            cut.add(mask)
            sizes.put(_CUT, float(mask.context.mean()))
        unseen += ~np.any([mask.context for mask in masks], 0)
        progress.report(draws + (k + 1) * batch, 2 * draws)
    unseen /= batches
    amounts = sizes.amounts(draw, _PRINTED.get((sampler, preset)) if own.keys() <= _UNPRINTED else None)
    findings = [*_border(single, draws), *_middle(single), *_in_batches(cut, single, unseen, batch), *_cut(single, cut), *_sizes(amounts)]
    settings = {"sampler": draw.spec, "shape": list(shape), "draws": draws, "batch": batch}
    origin = Provenance("audit_masks", "", mask=draw.spec, seed=seed, parameters=settings)
    overlap = sizes.twice / max(sizes.covered, 1)
    return MaskAudit(
        draw.spec,
        shape,
        draws,
        batch,
        single.context,
        single.target,
        cut.context,
        cut.target,
        unseen,
        overlap,
        amounts,
        tuple(findings),
        origin,
    )


def _one_by_one(draw: Sampler, shape: tuple[int, int, int], draws: int, seed: int) -> Iterator[Mask]:
    rng = np.random.default_rng([seed, 0])
    for k in range(draws):
        if k % _TOLD == 0:
            progress.report(k, 2 * draws)
        yield draw.sample(shape, rng)


class _Counted:
    """How often each token was context, and target."""

    def __init__(self, shape: tuple[int, int, int]) -> None:
        self.masks, self._context, self._target = 0, np.zeros(shape), np.zeros(shape)

    def add(self, mask: Mask) -> None:
        """Count a mask."""
        self.masks += 1
        self._context += mask.context
        self._target += mask.target

    @property
    def context(self) -> Float[np.ndarray, "ticks rows cols"]:
        """Share of the masks."""
        return self._context / self.masks

    @property
    def target(self) -> Float[np.ndarray, "ticks rows cols"]:
        """Share of the masks."""
        return self._target / self.masks


class _Sizes:
    """Sizes of contexts, targets and blocks. covered: target tokens so far. twice: those in two blocks or more."""

    def __init__(self) -> None:
        self.covered = self.twice = 0
        self._found: dict[str, list[float]] = {}

    def add(self, mask: Mask) -> None:
        """Measure a mask. The sides of a block are those of one time step."""
        held = mask.targets.sum(0)
        self.covered += int((held > 0).sum())
        self.twice += int((held > 1).sum())
        tokens = mask.context.size
        said = {"context": mask.context.sum() / tokens, "target": (held > 0).sum() / tokens}
        for name, value in said.items():
            self.put(name, float(value))
        if len(mask.targets) > 1:
            frame = tokens // mask.shape[0]
            for block in mask.targets:
                high, wide = int(block.any((0, 2)).sum()), int(block.any((0, 1)).sum())
                self.put("block area", high * wide / frame)
                self.put("block aspect", high / wide)

    def put(self, name: str, value: float) -> None:
        """One value of a quantity."""
        self._found.setdefault(name, []).append(value)

    def amounts(self, draw: Sampler, printed: tuple[float, str] | None) -> tuple[Amount, ...]:
        """Mean and percentiles of each, beside what is said of it."""
        rows = list[Amount]()
        for name, values in self._found.items():
            low, high = np.percentile(values, (1, 99))
            said, source = tuple[float, ...](), ""
            parameter = next((p for p in _NAMED.get(name, ()) if hasattr(draw, p)), None)
            if parameter is not None:
                said, source = tuple(getattr(draw, parameter)), f"its parameter {parameter}"
            elif name == _CUT and printed is not None:
                said, source = printed[:1], printed[1]
            rows.append(Amount(name, float(np.mean(values)), float(low), float(high), said, source))
        return tuple(rows)


def _border(single: _Counted, draws: int) -> list[AuditFinding]:
    """Whole rows and columns that are used in no draw."""
    used = _used(single)
    rows, cols = np.flatnonzero(~used.any(1)), np.flatnonzero(~used.any(0))
    if not len(rows) + len(cols):
        return []
    places = [f"{word} {_listed(where)} of {n}" for word, where, n in (("row", rows, used.shape[0]), ("column", cols, used.shape[1])) if len(where)]
    value = float((~used).mean())
    sentence = f"{' and '.join(places).capitalize()}: neither context nor target in any of {draws:,} draws ({value:.1%} of the tokens)".replace(
        "%", " %"
    )
    return [AuditFinding("border", value, 0.0, sentence, _REPORTED["border"])]


def _used(single: _Counted) -> Bool[np.ndarray, "rows cols"]:
    """Places of the frame that are context or target in any draw."""
    return np.asarray((single.context + single.target > 0).any(0))


def _listed(where: np.ndarray) -> str:
    return ", ".join(str(k + 1) for k in where[:4]) + (f" and {len(where) - 4} more" if len(where) > 4 else "")


def _parts(shape: tuple[int, ...]) -> tuple[np.ndarray, np.ndarray]:
    """The central third of a frame, and its outermost rows and columns."""
    middle, border = np.zeros(shape, bool), np.ones(shape, bool)
    (top, bottom), (left, right) = ((n // 3, n - n // 3) for n in shape)
    middle[top:bottom, left:right] = True
    border[1:-1, 1:-1] = False
    return middle, border


def _middle(single: _Counted) -> list[AuditFinding]:
    """The middle of a frame against its border, of the tokens that are used at all."""
    if min(single.context.shape[1:]) < 4:
        return []
    share, used = np.asarray(single.context.mean(0)), _used(single)
    rows, cols = np.flatnonzero(used.any(1)), np.flatnonzero(used.any(0))
    share = share[rows[0] : rows[-1] + 1, cols[0] : cols[-1] + 1]
    middle, border = (float(share[part].mean()) for part in _parts(share.shape))
    if middle >= _RARE * border:
        return []
    sentence = f"A token in the middle third of the frame is context in {middle:.1%} of draws, one on the border in {border:.0%}".replace("%", " %")
    return [AuditFinding("middle", middle, border, sentence, _REPORTED["middle"])]


def _in_batches(cut: _Counted, single: _Counted, unseen: np.ndarray, batch: int) -> list[AuditFinding]:
    """Tokens that a whole batch never shows, beside as many visible tokens at random places."""
    used = single.context + single.target > 0
    value, chance = float(unseen[used].mean()), float((1 - cut.context[used].mean()) ** batch)
    if value <= chance + _UNSEEN:
        return []
    middle, _ = _parts(unseen.shape[1:])
    inside = float(unseen[:, middle].mean())
    sentence = (
        f"In a batch of {batch} masks {value:.1%} of the tokens are context in none ({inside:.1%} of those in the middle third); "
        f"at random places {chance:.1%} would be"
    ).replace("%", " %")
    return [AuditFinding("batch", value, chance, sentence, _REPORTED["batch"])]


def _cut(single: _Counted, cut: _Counted) -> list[AuditFinding]:
    """What truncation to the shortest of a batch takes from the first and from the last tokens."""
    half = single.context.size // 2
    before, after = single.context.ravel(), cut.context.ravel()
    kept = [float(after[part].sum() / max(before[part].sum(), 1e-12)) for part in (slice(None, half), slice(half, None))]
    if kept[1] >= kept[0] - 0.05:
        return []
    where = "time steps" if single.context.shape[0] > 1 else "rows"
    sentence = (
        f"Cutting a batch to its shortest context keeps {min(kept[0], 1):.0%} of the context in the first half of the {where}, {kept[1]:.0%} in the last"
    ).replace("%", " %")
    return [AuditFinding("cut", kept[1], kept[0], sentence)]


def _sizes(amounts: Sequence[Amount]) -> list[AuditFinding]:
    """Mean shares of the grid that lie away from what is printed, and blocks beyond the range that a parameter names."""
    found = list[AuditFinding]()
    for a in amounts:
        if len(a.said) == 1 and not math.isclose(a.mean, a.said[0], abs_tol=0.05):
            sentence = f"{a.name.capitalize()}: {a.mean:.0%} of the tokens on average; {a.source} prints {a.said[0]:.0%}".replace("%", " %")
            found.append(AuditFinding("size", a.mean, a.said[0], sentence))
        elif len(a.said) == 2 and (a.low < a.said[0] * 0.9 or a.high > a.said[1] * 1.1):
            sentence = f"{a.name.capitalize()}: {a.low:.2f} to {a.high:.2f} on this grid; {a.source} says {a.said[0]:g} to {a.said[1]:g}"
            found.append(AuditFinding("size", a.mean, float(np.mean(a.said)), sentence))
    return found
