"""Results in words. Every sentence is computed from the very objects that the pictures show, and carries its yardstick."""

from __future__ import annotations

from workbench.core.numbers import UNITS, number, ordinal, too_few
from workbench.core.results import FEWEST_CLIPS, BankErrors, MaskedView, PredictionError, RetrievalRank, Yardsticks

HELD = {
    "twin": "the untrained twin: same architecture, published initialisation, its own targets",
    "other": "the same predictor, shown another image's context",
    "position": "position only: the bank's mean target at each place",
    "pixels": "raw pixels: the hole interpolated from the visible pixels, in pixel units",
}
SHORT = {
    "model": "predictor",
    "copy": "copy nearest",
    "smooth": "smooth",
    "other": "other context",
    "position": "position mean",
    "twin": "untrained twin",
    "pixels": "raw pixels",
}


_BESIDE = {"copy": "copying the nearest patch", "other": "shown another image"}
_SIMPLER = {"copy": "copying", "smooth": "interpolating", "other": "another image's context"}


def over(error: PredictionError) -> str:
    """What the skill is measured over, in words."""
    if error.reference_n < 2:
        return f"the mean of {error.reference_name}"
    kind = "position median" if error.distance == "l1" else "position mean"
    return f"the {kind} of {error.reference_n} other clips"


def sentence(error: PredictionError, yard: Yardsticks | None) -> tuple[str, str]:
    """The finding of one mask problem and its tone.

    Returns:
        (sentence, "plain" or "warn"): warn where something simpler does as well.
    """
    skill = error.skill
    if error.predictor != "model":
        return f"Shown: {HELD[error.predictor]}. Skill {number(skill)} over {over(error)}.", "plain"
    controls = [(name, yard.control(name) if yard else None) for name in ("copy", "smooth", "other")]
    known = {name: c.skill for name, c in controls if c is not None}
    tail = "".join(f"; {words} {number(known[name])}" for name, words in _BESIDE.items() if name in known)
    best = max(known, key=lambda name: known[name], default="")
    if skill <= 0 and error.reference_n < 2:
        return f"No better than {over(error)} (skill {number(skill)}){tail}.", "warn"
    if skill <= 0:
        return f"No better than knowing only the position (skill {number(skill)}, {error.reference_n} other clips){tail}.", "warn"
    if best and skill <= known[best]:
        rest = "".join(f"; {words} {number(known[name])}" for name, words in _BESIDE.items() if name in known and name != best)
        return f"No better than {_SIMPLER[best]} ({number(known[best])}): skill {number(skill)} over {over(error)}{rest}.", "warn"
    return f"Skill {number(skill)} over {over(error)}{tail}.", "plain"


def bank_line(found: BankErrors, error: PredictionError) -> str:
    """How this clip compares with the bank, and what the bank says."""
    if found.clips < FEWEST_CLIPS:
        return f"Over {found.clips} clips of {found.bank} with this sampler {number(found.skill())}; {too_few(found.clips)}."
    low, high = found.interval()
    text = f"Over {found.clips} clips of {found.bank} with this sampler {number(found.skill())} [{number(low)} to {number(high)}]"
    if error.predictor != "model":
        return text + "."
    return text + f"; this one is easier than {found.easier_than(error.skill):.0%}".replace("%", " %") + "."


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
        "retrieval rank, 1st = found",
        f"hole: {ordinal(rank.hole)} of {rank.images}, chance {ordinal((rank.images + 1) // 2)}",
        f"tokens: median {ordinal(middle)} of {rank.positions} here",
    ]


def captions(view: MaskedView, yard: Yardsticks | None) -> dict[str, str]:
    """The yardstick under each picture of the large pane."""
    shares = " + ".join(f"{100 * v:.0f}" for v in view.explained)
    colours = f"3 directions of {view.basis}; {shares} % of the variance about the position mean"
    length = view.norms[1] / view.norms[0] if view.norms[0] else 0.0
    error = view.error
    teacher = "the target encoder" if "encoder_target" in error.provenance.weights else "the encoder itself, as the file has no target encoder,"
    return {
        "target": f"What {teacher} says. Colours: {colours}; grey = position mean.",
        "predicted": f"What is predicted, same colours. Length {length:.0%} of the target's about the mean: shorter is greyer.".replace("%", " %"),
        "error": f"{counts(error)}; the reference errs {number(error.mean / error.ratio)} at the same tokens.",
        "quilt": f"Real patches of {yard.quilt.bank if yard and yard.quilt else 'the bank'}, nearest in feature space.",
    }
