"""Surprise in words, with what it does not prove."""

from __future__ import annotations

import numpy as np

from workbench.core.numbers import UNITS, number
from workbench.core.questions.surprise import Accuracy, Covered, Judged, Peers, Surprise, SurpriseView

_SAME = 1e-6  # of a mean: less is rounding
WHO = {"model": "", "twin": "The untrained twin: ", "pixels": "Changes of pixels alone: "}
_CONFOUNDED = {
    "vanish": "less motion surprises less",
    "through": "a bounce surprises as well",
    "colour": "a picture may surprise by itself",
    "appear": "changes of pixels tell it as well",
}
_QUAD = {"vanish": "permanence", "appear": "permanence", "through": "solidity"}


def unit_of(found: Surprise) -> str:
    """What the numbers of a surprise are."""
    return "squared change of brightness" if found.protocol == "pixels" else UNITS[found.distance]


def surprise_sentence(view: SurpriseView, who: str = "model") -> tuple[str, str]:
    """Which film is the more surprising, by how much and where; "warn" where the impossible one is not.

    Args:
        who: a key of WHO.
    """
    first, last = view.found[0], view.found[-1]
    if not np.isfinite(last.curve()).any():
        return "Nothing was foretold: there is no surprise to show.", "warn"
    peak = int(np.nanargmax(last.curve()))
    if view.how == "alone":
        value, mean = float(first.curve()[peak]), first.mean()
        return _led(who, f"most surprising at frame {peak}: {small(value)} {unit_of(first)}, {small(mean)} on average."), "plain"
    right, wrong = view.means()
    name, other = _names(view)
    if wrong <= right * (1 + _SAME):
        verb = "are" if len(view.found) > 2 else "is"
        return _led(who, f"{name} {verb} not more surprising: {small(wrong)} {unit_of(last)} on average, {other} {small(right)}."), "warn"
    if len(view.found) > 2:
        return _led(
            who, f"{name} together are {times(wrong, right)} × as surprising on average as {other}; they part at frame {view.event}."
        ), "plain"
    at = f"; they part at frame {view.event}, the peak is at frame {peak}" if view.event >= 0 else ""
    return _led(who, f"{name} is {times(wrong, right)} × as surprising on average as {other}{at}."), "plain"


def _led(who: str, words: str) -> str:
    return WHO[who] + words if WHO[who] else words[0].upper() + words[1:]


def _names(view: SurpriseView) -> tuple[str, str]:
    if len(view.found) > 2:
        return "the two impossible films", "the two possible ones"
    return {
        "twins": ("the impossible film", "its possible twin"),
        "broken": ("the film broken by hand", "the film left alone"),
        "other": ("the other clip", "this one"),
    }[view.how]


def times(a: float, b: float) -> str:
    """A ratio, short."""
    ratio = a / max(b, 1e-12)
    return f"{ratio:.0f}" if ratio >= 10 else f"{ratio:.1f}" if ratio >= 2 else number(ratio)


def small(value: float) -> str:
    """A number that may be far below one."""
    return number(value) if abs(value) >= 0.1 or value == 0 else f"{value:.2g}"


def earned_line(view: SurpriseView) -> str:
    """Which frames earned the score of the last film."""
    first, last, share = view.found[-1].half()
    if not view.found[-1].sudden:
        return "Its surprise is spread over the film"
    where = f"frame {first}" if first == last else f"frames {first} to {last}"
    return f"{share:.0%} of its surprise at {where}".replace("%", " %", 1)


def peers_line(view: SurpriseView, peers: Peers) -> str:
    """How the last film compares with possible ones."""
    share = peers.share(view.found[-1], view.event)
    if not np.isfinite(share):
        return ""
    return f"Its largest surprise is above that of {share:.0%} of {peers.name}.".replace("%", " %", 1)


def peers_note(view: SurpriseView, peers: Peers | None) -> str:
    """The same in few words."""
    share = float("nan") if peers is None else peers.share(view.found[-1], view.event)
    return f"; above {share:.0%} of possible films".replace("%", " %", 1) if np.isfinite(share) else ""


def caution(kind: str) -> str:
    """What a single pair of this kind does not prove; "" where it does."""
    if kind not in _CONFOUNDED:
        return ""
    quad = f"See the {_QUAD[kind]} quads." if kind in _QUAD else "There is no balanced quad of it."
    return f"One pair proves nothing: {_CONFOUNDED[kind]}. {quad}"


def judged_line(found: Judged) -> str:
    """The headline of the accuracies: quads, with their yardsticks."""
    parts = [
        f"{quad} {_share(row['model'])} (untrained {number(row['random init'].value)}, pixels {number(row['pixels'].value)})"
        for quad, row in found.quads.items()
    ]
    return f"Quads told rightly, n = {found.count}: {'; '.join(parts)}."


def _share(accuracy: Accuracy) -> str:
    low, high = accuracy.interval()
    return f"{number(accuracy.value)} [{number(low)} to {number(high)}]"


def covered_line(found: Covered) -> str:
    """What covering found."""
    row, col = np.unravel_index(int(found.heat.argmax()), found.heat.shape)
    best = float(found.heat.max())
    if best <= 0.05:
        return f"Covering no cell of frame {found.frame} takes its surprise away; covering cannot show what is missing there."
    place = f"row {row + 1}, column {col + 1} of {found.heat.shape[0]} × {found.heat.shape[1]}"
    return f"Covering {place} takes {best:.0%} of the surprise at frame {found.frame} away.".replace("%", " %", 1)
