"""Surprise as sentences, each with its baseline and with what it does not show."""

from __future__ import annotations

import numpy as np

from workbench.core.numbers import UNITS, number, relative_to, share
from workbench.core.questions.surprise import Accuracy, Covered, Judged, Peers, Surprise, SurpriseView
from workbench.core.results import FEWEST_CLIPS

_SAME = 1e-6  # of a mean: less is rounding
WHO = {"model": "", "twin": "Untrained model: ", "pixels": "Pixel changes only: "}
_CONFOUNDED = {
    "vanish": "less motion gives less surprise",
    "through": "a bounce is surprising as well",
    "colour": "an image may be surprising by itself",
    "appear": "pixel changes alone give the same answer",
}
_QUAD = {"vanish": "permanence", "appear": "permanence", "through": "solidity"}


def unit_of(found: Surprise) -> str:
    """What the numbers of a surprise are."""
    return "squared brightness change" if found.protocol == "pixels" else UNITS[found.distance]


def surprise_sentence(view: SurpriseView, who: str = "model") -> tuple[str, str]:
    """Which video is the more surprising, by how much and where; "warn" where the impossible one is not.

    Args:
        who: a key of WHO.
    """
    first, last = view.found[0], view.found[-1]
    if not np.isfinite(last.curve()).any():
        return "No frame is predicted, so there is no surprise to show.", "warn"
    peak = int(np.nanargmax(last.curve()))
    if view.how == "alone":
        value, mean = float(first.curve()[peak]), first.mean()
        return _led(who, f"peak surprise {small(value)} {unit_of(first)} at frame {peak} (mean {small(mean)})."), "plain"
    right, wrong = view.means()
    name, other = _names(view)
    if wrong <= right * (1 + _SAME):
        return _led(who, f"mean surprise of {name} is not above that of {other}: {small(wrong)} and {small(right)} {unit_of(last)}."), "warn"
    ratio = relative_to(wrong / max(right, 1e-12), f"that of {other}")
    peaks = "" if len(view.found) > 2 else f", and surprise peaks at frame {peak}"
    at = f"; the videos differ from frame {view.event} on{peaks}" if view.event >= 0 else ""
    return _led(who, f"mean surprise of {name} is {ratio}{at}."), "plain"


def figure(view: SurpriseView) -> tuple[str, str]:
    """The number of a view in few words: what it is, and its value."""
    if view.how == "alone":
        return "Mean surprise, each in its own latents", f"{small(view.found[0].mean())} {unit_of(view.found[0])}"
    right, wrong = view.means()
    name, other = _names(view)
    return f"Mean surprise of {name}, relative to {other}", share(wrong / max(right, 1e-12))


def _led(who: str, words: str) -> str:
    return WHO[who] + words if WHO[who] else words[0].upper() + words[1:]


def _names(view: SurpriseView) -> tuple[str, str]:
    if len(view.found) > 2:
        return "the two impossible videos", "the two possible ones"
    return {
        "twins": ("the impossible video", "its possible counterpart"),
        "broken": ("the video edited by hand", "the unedited one"),
        "other": ("the other clip", "this clip"),
    }[view.how]


def small(value: float) -> str:
    """A number that may be far below one."""
    return number(value) if abs(value) >= 0.1 or value == 0 else f"{value:.2g}"


def earned_line(view: SurpriseView) -> str:
    """The frames with most of the surprise of the last video."""
    first, last, share = view.found[-1].half()
    if not view.found[-1].sudden:
        return "Its surprise is spread over the video"
    where = f"frame {first}" if first == last else f"frames {first} to {last}"
    return f"{share:.0%} of its surprise at {where}".replace("%", " %", 1)


def peers_line(view: SurpriseView, peers: Peers) -> str:
    """The rank of the last video among possible ones."""
    share = peers.share(view.found[-1], view.event)
    if not np.isfinite(share):
        return ""
    if len(peers.tops) < FEWEST_CLIPS:
        return f"It has no rank among fewer than {FEWEST_CLIPS} clips."
    return f"Its peak surprise is above that of {share:.0%} of {peers.name}.".replace("%", " %", 1)


def peers_note(view: SurpriseView, peers: Peers | None) -> str:
    """The same, short."""
    share = float("nan") if peers is None or len(peers.tops) < FEWEST_CLIPS else peers.share(view.found[-1], view.event)
    return f"; peak above {share:.0%} of possible videos".replace("%", " %", 1) if np.isfinite(share) else ""


def caution(kind: str) -> str:
    """What a single pair of this kind is confounded by; "" where it is not."""
    if kind not in _CONFOUNDED:
        return ""
    quad = f"See the {_QUAD[kind]} quads." if kind in _QUAD else "There is no counter-balanced quad of this kind."
    return f"A single pair is confounded: {_CONFOUNDED[kind]}. {quad}"


def judged_line(found: Judged) -> str:
    """The accuracies on quads, with their baselines."""
    parts = [
        f"{quad} {_share(row['model'])} (untrained {number(row['random init'].value)}, pixel changes {number(row['pixels'].value)})"
        for quad, row in found.quads.items()
    ]
    return f"Quad accuracy, n = {found.count}: {'; '.join(parts)}."


def _share(accuracy: Accuracy) -> str:
    low, high = accuracy.interval()
    return f"{number(accuracy.value)} [{number(low)} to {number(high)}]"


def covered_line(found: Covered) -> str:
    """What the occlusion map shows."""
    row, col = np.unravel_index(int(found.heat.argmax()), found.heat.shape)
    best = float(found.heat.max())
    if best <= 0.05:
        return f"No cell of frame {found.frame} removes its surprise when occluded; occlusion cannot show a missing object."
    place = f"row {row + 1}, column {col + 1} of {found.heat.shape[0]} × {found.heat.shape[1]}"
    return f"Occluding {place} removes {best:.0%} of the surprise at frame {found.frame}.".replace("%", " %", 1)
