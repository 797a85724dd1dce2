"""Results of masked prediction as sentences. Each is computed from the objects that the pictures show, and states its baselines."""

from __future__ import annotations

from collections.abc import Mapping

from workbench.core.numbers import UNITS, number, too_few
from workbench.core.results import FEWEST_CLIPS, BankErrors, MaskedView, PredictionError, RetrievalRank, Yardsticks

HELD = {
    "twin": "the untrained model: same architecture, published initialisation, its own targets",
    "other": "the same predictor, given the context of another image",
    "position": "the position mean: the bank's mean target at each position",
    "pixels": "raw pixels: the target region interpolated from the visible pixels; error in pixel units",
}
SHORT = {
    "model": "predictor",
    "copy": "copy nearest",
    "smooth": "smooth",
    "other": "other context",
    "position": "position mean",
    "twin": "untrained",
    "pixels": "raw pixels",
}


_BESIDE = ("copy", "other")
_SIMPLER = {"copy": "copying the nearest patch", "smooth": "interpolating", "other": "the context of another image"}


def over(error: PredictionError) -> str:
    """What the skill is measured over, in words."""
    if error.reference_n < 2:
        return f"the mean of {error.reference_name}"
    kind = "position median" if error.distance == "l1" else "position mean"
    return f"the {kind} ({error.reference_n} other clips)"


def sentence(error: PredictionError, yard: Yardsticks | None) -> tuple[str, str]:
    """The finding of one mask problem and its tone.

    Returns:
        (sentence, "plain" or "warn"): warn where something simpler does as well.
    """
    skill = error.skill
    if error.predictor != "model":
        return f"Shown: {HELD[error.predictor]}. {_against(error)}.", "plain"
    controls = [(name, yard.control(name) if yard else None) for name in ("copy", "smooth", "other")]
    known = {name: c.skill for name, c in controls if c is not None}
    best = max(known, key=lambda name: known[name], default="")
    if skill <= 0:
        return f"No better than {over(error)}: skill {number(skill)}{_beside(known)}.", "warn"
    if best and skill <= known[best]:
        rest = _beside({name: value for name, value in known.items() if name != best})
        return f"No better than {_SIMPLER[best]} ({number(known[best])}): skill {number(skill)} over {over(error)}{rest}.", "warn"
    return f"{_against(error)}{_beside(known)}.", "plain"


def _against(error: PredictionError) -> str:
    """The error relative to its reference, with the skill."""
    share = round(100 * error.skill)
    size = f"{share} % below that of" if share > 0 else f"{-share} % above that of" if share < 0 else "equal to that of"
    return f"Error is {size} {over(error)}: skill {number(error.skill)}"


def _beside(known: Mapping[str, float]) -> str:
    """The skill of the baselines that are known."""
    parts = [f"{SHORT[name]} {number(known[name])}" for name in _BESIDE if name in known]
    return f"; {', '.join(parts)}" if parts else ""


def bank_line(found: BankErrors, error: PredictionError) -> str:
    """How this clip compares with the bank, and what the bank says."""
    if found.clips < FEWEST_CLIPS:
        return f"Over {found.clips} clips of {found.bank} with this sampler: skill {number(found.skill())}; {too_few(found.clips)}."
    low, high = found.interval()
    text = f"Over {found.clips} clips of {found.bank} with this sampler: skill {number(found.skill())} [{number(low)} to {number(high)}]"
    if error.predictor != "model":
        return text + "."
    return text + f"; this clip is easier than {found.easier_than(error.skill):.0%}".replace("%", " %") + "."


def counts(error: PredictionError) -> str:
    """Number, unit and how many tokens: `0.61 L1 · 28 tokens`."""
    tokens = int((error.tokens == error.tokens).sum())
    return f"{number(error.mean)} {UNITS[error.distance]} · {tokens} tokens"


def rank_lines(rank: RetrievalRank | None) -> list[str]:
    """The retrieval ranks in short lines, with chance."""
    if rank is None:
        return ["retrieval rank: needs a bank"]
    if rank.images < FEWEST_CLIPS:
        return ["retrieval rank: none,", f"the bank has {rank.images} clips, {FEWEST_CLIPS} are needed"]
    within = sorted(rank.within[rank.within == rank.within].tolist())
    middle = round(within[len(within) // 2])
    return [
        "retrieval rank (1 = best)",
        f"target region: {rank.hole} of {rank.images} (chance {(rank.images + 1) // 2})",
        f"tokens: median {middle} of {rank.positions} (chance {(rank.positions + 1) // 2})",
    ]


def captions(view: MaskedView, yard: Yardsticks | None) -> dict[str, str]:
    """What is shown, and its baseline: the line under each picture of the large pane."""
    shares = " + ".join(f"{100 * v:.0f}" for v in view.explained)
    colours = f"3 principal components of {view.basis}; {shares} % of the variance about the position mean"
    length = view.norms[1] / view.norms[0] if view.norms[0] else 0.0
    error = view.error
    teacher = "the target encoder" if "encoder_target" in error.provenance.weights else "the encoder itself (the file has no target encoder)"
    return {
        "target": f"Output of {teacher}. Colours: {colours}; grey = position mean.",
        "predicted": f"Predicted latents, same colours. Centred norm: {length:.0%} of the target's; smaller is greyer.".replace("%", " %"),
        "error": f"{counts(error)}; reference {number(error.mean / error.ratio)} at the same tokens.",
        "quilt": f"Nearest-patch reconstruction: each token shows the patch of {yard.quilt.bank if yard and yard.quilt else 'the bank'} nearest in latent space.",
    }
