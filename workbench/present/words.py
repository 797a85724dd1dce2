"""Results in words. Every sentence is computed from the very objects that the pictures show, and carries its yardstick."""

from __future__ import annotations

from workbench.core.results import BankErrors, MaskedView, PredictionError, RetrievalRank, Yardsticks

HELD = {
    "twin": "the untrained twin: same architecture, published initialisation, its own targets",
    "other": "the same predictor, shown another image's context",
    "position": "position only: the bank's mean target at each place",
    "pixels": "raw pixels: the hole interpolated from the visible pixels, in pixel units",
}
UNITS = {"l1": "L1", "l2": "squared L2", "smooth-l1": "smooth-L1", "cosine": "1 − centred cosine"}
SHORT = {
    "model": "predictor",
    "copy": "copy nearest",
    "smooth": "smooth",
    "other": "other context",
    "position": "position mean",
    "twin": "untrained twin",
    "pixels": "raw pixels",
}


def number(value: float) -> str:
    """Two decimals with a true minus sign; no minus zero."""
    text = f"{value:.2f}"
    return "0.00" if text == "-0.00" else text.replace("-", "−")


def ordinal(n: int) -> str:
    """1st, 2nd, 3rd, 4th …"""
    ending = "th" if 10 <= n % 100 <= 20 else {1: "st", 2: "nd", 3: "rd"}.get(n % 10, "th")
    return f"{n}{ending}"


def over(error: PredictionError) -> str:
    """What the skill is measured over, in words."""
    if error.reference_n < 2:
        return f"the mean of {error.reference_name}"
    kind = "position median" if error.distance == "l1" else "position mean"
    return f"the {kind} ({error.reference_n} of {error.reference_name})"


def sentence(error: PredictionError, yard: Yardsticks | None) -> tuple[str, str]:
    """The finding of one mask problem and its tone.

    Returns:
        (sentence, "plain" or "warn"): warn where something simpler does as well.
    """
    skill = error.skill
    if error.predictor != "model":
        return f"Shown: {HELD[error.predictor]}. Skill {number(skill)} over {over(error)}.", "plain"
    rest = []
    best = ("", -1e9)
    for name, words in (
        ("copy", "copying the nearest visible patch"),
        ("smooth", "interpolating"),
        ("other", "the same predictor shown another image"),
    ):
        control = yard.control(name) if yard else None
        if control is not None:
            if name != "smooth":
                rest.append(f"{words} {number(control.skill)}")
            if control.skill > best[1]:
                best = (words, control.skill)
    tail = "; ".join([f"skill {number(skill)} over {over(error)}", *rest])
    if skill <= 0:
        return f"No better than knowing only the position: {tail}.", "warn"
    if yard is not None and best[0] and skill <= best[1]:
        simple = "copying" if best[0].startswith("copy") else best[0]
        return f"No better than {simple} ({number(best[1])}): {tail}.", "warn"
    return f"{tail[0].upper()}{tail[1:]}.", "plain"


def bank_line(found: BankErrors, error: PredictionError) -> str:
    """How this clip compares with the bank, and what the bank says."""
    low, high = found.interval()
    skill = found.skill()
    text = f"Over {found.clips} clips with this sampler {number(skill)} [{number(low)}–{number(high)}]"
    if error.predictor == "model":
        text += f"; this one is easier than {found.easier_than(error.skill):.0%}".replace("%", " %")
    copied = f"; copying {number(found.skill('copy'))}" if "copy" in found.predictors else ""
    return text + copied + ". One clip is an anecdote."


def counts(error: PredictionError) -> str:
    """Number, unit and how many tokens: `0.61 L1 · 28 tokens`."""
    tokens = int((error.tokens == error.tokens).sum())
    return f"{number(error.mean)} {UNITS[error.distance]} · {tokens} tokens"


def rank_line(rank: RetrievalRank | None) -> str:
    """The retrieval ranks in words, with chance."""
    if rank is None:
        return "Retrieval rank: needs a bank of clips"
    within = rank.within[rank.within == rank.within]
    middle = sorted(within.tolist())[len(within) // 2]
    return (
        f"Retrieval: {ordinal(rank.hole)} of {rank.images} images (chance {ordinal((rank.images + 1) // 2)}); "
        f"within this image, median token {ordinal(round(middle))} of {rank.positions}"
    )


def captions(view: MaskedView, yard: Yardsticks | None) -> dict[str, str]:
    """The yardstick under each picture of the large pane."""
    shares = " + ".join(f"{100 * v:.0f}" for v in view.explained)
    colours = f"3 directions of {view.basis}; {shares} % of the variance about the position mean"
    length = view.norms[1] / view.norms[0] if view.norms[0] else 0.0
    error = view.error
    return {
        "target": f"What the target encoder says. Colours: {colours}; grey = position mean.",
        "predicted": f"What is predicted, same colours. Length {length:.0%} of the target's about the mean: shorter is greyer.".replace("%", " %"),
        "error": f"{counts(error)}; the reference errs {number(error.mean / error.ratio)} at the same tokens.",
        "quilt": "Retrieved, not generated: real patches of " + (yard.quilt.bank if yard and yard.quilt else "the bank") + ".",
    }
