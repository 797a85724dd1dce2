"""Attempts at one mask problem: the trained predictor's, and those of the controls that it must beat."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from functools import partial
from weakref import WeakKeyDictionary

import torch
from jaxtyping import Bool, Float
from torch import Tensor

from workbench.core.clip import Clip
from workbench.core.errors import BadInput, ClipError, Incomparable, PartUnavailable
from workbench.core.mask import Mask
from workbench.core.results import PREDICTORS, PcaBasis, Reference
from workbench.measures.bank import Bank, neighbours, space, teacher
from workbench.measures.reference import fit_basis, shared_pca
from workbench.measures.twins import twin_of
from workbench.model.jepa import Jepa
from workbench.model.spec import Prepared

Grid = Float[Tensor, "ticks rows cols dim"]
_pixels: WeakKeyDictionary[Bank, WeakKeyDictionary[Jepa, tuple[Tensor, str, Reference]]] = WeakKeyDictionary()


@dataclass(frozen=True, eq=False)
class Problem:
    """A model, a clip and a mask on its grid, with its reference.

    Args:
        mask: usable, on the clip's grid. prepared: the clip as the model wants it. bank: None: the clip itself is the only reference.
        given: a reference to use in place of the bank's. distance: in which the reference answers best: L1 the median, else the mean.
    """

    jepa: Jepa
    clip: Clip
    mask: Mask
    prepared: Prepared
    bank: Bank | None = None
    given: Reference | None = None
    mask_token: int | None = None
    distance: str = "l1"

    @classmethod
    def of(
        cls,
        jepa: Jepa,
        clip: Clip,
        mask: Mask,
        bank: Bank | None = None,
        given: Reference | None = None,
        mask_token: int | None = None,
        distance: str = "l1",
    ) -> Problem:
        """Prepare the clip and check the mask against its grid.

        Raises:
            MaskError: wrong grid, no context or no target.
        """
        prepared = jepa.encoder.prepare([clip])
        return cls(jepa, clip, mask.on(prepared.grid.shape).usable(), prepared, bank, given, mask_token, distance)

    @property
    def context(self) -> Bool[Tensor, "1 ticks rows cols"]:
        """The context as a batch of one."""
        return torch.from_numpy(self.mask.context)[None]

    @property
    def blocks(self) -> Bool[Tensor, "blocks ticks rows cols"]:
        """The target blocks."""
        return torch.from_numpy(self.mask.targets)


@dataclass(frozen=True, eq=False)
class Attempt:
    """What one predictor answers, in its own space.

    Args:
        predicted: NaN off the block's targets. target: what it should have been. reference: of that space.
    """

    predictor: str
    predicted: Float[Tensor, "blocks ticks rows cols dim"]
    target: Grid
    reference: Reference
    basis: Callable[[], PcaBasis]


def attempt(problem: Problem, predictor: str = "model") -> Attempt:
    """The answer of the predictor of that name.

    Raises:
        PartUnavailable: this control needs a bank and there is none.
    """
    if predictor not in _ATTEMPTS:
        raise BadInput(f"there is no predictor {predictor!r}", fix=f"one of {', '.join(PREDICTORS)}")
    return _ATTEMPTS[predictor](problem)


def reference_of(problem: Problem, target: Grid) -> Reference:
    """The given reference, else the bank's without this clip, else the mean over this clip's own targets under a name that says so.

    Raises:
        Incomparable: the given reference belongs to another model or grid.
    """
    own = space(problem.jepa)
    if problem.given is not None:
        if problem.given.space != own or problem.given.mean.shape != tuple(target.shape):
            raise Incomparable(
                f"the reference is of {problem.given.space[:12]} {problem.given.mean.shape}, the targets of {own[:12]} {tuple(target.shape)}",
                where=problem.given.name,
                fix="compute it with this model: workbench.measures.reference",
            )
        return problem.given
    if problem.bank is not None and fits(problem):
        return problem.bank.reference(problem.jepa, without=problem.clip)
    return lone_reference(target, own)


def fits(problem: Problem) -> bool:
    """Whether the bank's clips lie on the same grid as this clip."""
    return problem.bank is not None and tuple(problem.bank.targets(problem.jepa).shape[1:4]) == problem.prepared.grid.shape


def lone_reference(target: Grid, space_id: str) -> Reference:
    """The mean and median over all tokens of one clip, the same at each position."""
    flat = target.reshape(-1, target.shape[-1])
    mean, median = (v.expand(target.shape).numpy() for v in (flat.mean(0), flat.median(0).values))
    return Reference(mean, median, 1, "this clip's own targets (no bank)", space_id)


def _model(problem: Problem, seen: Tensor | None = None, predictor: str = "model") -> Attempt:
    jepa = problem.jepa
    target = teacher(jepa, problem.prepared.video)[0]
    video = problem.prepared.video if seen is None else seen
    answers = jepa.need_masked().predict(video, problem.context, problem.blocks[:, None], mask_token=problem.mask_token)
    predicted = torch.stack([a.tokens[0].cpu() for a in answers])
    return Attempt(predictor, predicted, target, reference_of(problem, target), lambda: _basis(problem, target))


def _basis(problem: Problem, target: Grid) -> PcaBasis:
    if problem.bank is not None and fits(problem):
        return shared_pca(problem.jepa, problem.bank)
    return fit_basis(target[None], "this clip (no bank)", space(problem.jepa))


def _other(problem: Problem) -> Attempt:
    if problem.bank is None or not fits(problem):
        raise PartUnavailable("another image's context needs a bank of clips on the same grid", fix="open a folder of images or clips")
    stranger = neighbours(problem.bank.clips, problem.clip, 1)
    if not stranger:
        raise ClipError("every clip of the bank is this clip", where=problem.bank.name, fix="add other clips")
    return _model(problem, problem.jepa.encoder.prepare(stranger).video, "other")


def _position(problem: Problem) -> Attempt:
    target = teacher(problem.jepa, problem.prepared.video)[0]
    known = reference_of(problem, target)
    answer = known.median if problem.distance == "l1" else known.mean
    return Attempt("position", _fill(problem, torch.from_numpy(answer)), target, known, lambda: _basis(problem, target))


def _twin(problem: Problem) -> Attempt:
    bank = problem.bank if problem.bank is not None and fits(problem) else None
    return replace(_model(replace(problem, jepa=twin_of(problem.jepa), given=None, bank=bank)), predictor="twin")


def _context_only(problem: Problem, predictor: str, fill: Callable[[Mask, Grid], Grid]) -> Attempt:
    target = teacher(problem.jepa, problem.prepared.video)[0]
    seen = teacher(problem.jepa, problem.prepared.video, problem.context)[0]
    return Attempt(predictor, _fill(problem, fill(problem.mask, seen)), target, reference_of(problem, target), lambda: _basis(problem, target))


def copy_nearest(mask: Mask, seen: Grid) -> Grid:
    """Every token takes the value of the nearest context token; ties go to the first in row-major order."""
    return _spread(mask, seen, lambda d: torch.nn.functional.one_hot(d.argmin(1), d.shape[1]).float())


def smooth(mask: Mask, seen: Grid) -> Grid:
    """Every token takes the mean of the context tokens, weighted by 1 ÷ squared distance."""
    return _spread(mask, seen, lambda d: (w := 1 / d.clamp(min=1e-6)) / w.sum(1, keepdim=True))


def _spread(mask: Mask, seen: Grid, weights: Callable[[Tensor], Tensor]) -> Grid:
    visible = torch.from_numpy(mask.context)
    places, known = torch.ones(mask.shape, dtype=torch.bool).nonzero().float(), visible.nonzero().float()
    squared = torch.cdist(places, known, compute_mode="donot_use_mm_for_euclid_dist").square()
    return (weights(squared) @ seen[visible]).reshape(*mask.shape, -1)


def _fill(problem: Problem, values: Grid) -> Float[Tensor, "blocks ticks rows cols dim"]:
    return torch.where(problem.blocks[..., None], values[None], torch.tensor(torch.nan))


def pixel_tokens(prepared: Prepared) -> Float[Tensor, "batch ticks rows cols pixels"]:
    """The prepared pixels of each token as a vector, in units of the model's input."""
    g, v = prepared.grid, prepared.video.float().cpu()
    cut = v.reshape(v.shape[0], v.shape[1], g.ticks, g.tubelet, g.rows, g.patch[0], g.cols, g.patch[1])
    return cut.permute(0, 2, 4, 6, 1, 3, 5, 7).flatten(4)


def _pixel_reference(problem: Problem, bank: Bank) -> tuple[Float[Tensor, "clips ticks rows cols pixels"], Reference]:
    """The bank's pixels, and what is usual in them without this clip; both are kept, as the next mask is most often on the same clip."""
    kept = _pixels.setdefault(bank, WeakKeyDictionary())
    every, left_out, known = kept.get(problem.jepa, (None, "", None))
    if every is None:
        every = torch.cat([pixel_tokens(problem.jepa.encoder.prepare([c])) for c in bank.clips])
    if known is None or left_out != problem.clip.digest:
        rest = every[bank.without(problem.clip)]
        known = Reference(rest.mean(0).numpy(), rest.median(0).values.numpy(), len(rest), bank.name, "pixels")
        kept[problem.jepa] = every, problem.clip.digest, known
    return every, known


def _pixel(problem: Problem) -> Attempt:
    target = pixel_tokens(problem.prepared)[0]
    if problem.bank is not None and fits(problem):
        every, known = _pixel_reference(problem, problem.bank)
        basis = partial(fit_basis, every, known.name, "pixels")
    else:
        known = lone_reference(target, "pixels")
        basis = partial(fit_basis, target[None], known.name, "pixels")
    return Attempt("pixels", _fill(problem, smooth(problem.mask, target)), target, known, basis)


_ATTEMPTS: dict[str, Callable[[Problem], Attempt]] = {
    "model": _model,
    "copy": lambda p: _context_only(p, "copy", copy_nearest),
    "smooth": lambda p: _context_only(p, "smooth", smooth),
    "other": _other,
    "position": _position,
    "twin": _twin,
    "pixels": _pixel,
}
