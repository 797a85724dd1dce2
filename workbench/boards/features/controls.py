"""The controls of the Features board: which map, of which layer, in which basis, and what stands beside it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from widgets.controls import Button, Control, Int, Option, Select, Slider, Toggle
from workbench.boards.features.drawn import MEAN, ROLLOUT

MAPS: Mapping[str, str] = {
    "pca": "PCA",
    "norm": "token norm",
    "similarity": "similarity to a token",
    "attention": "attention of a token",
    "predictor": "attention in the predictor",
}
VALUES: Mapping[str, Any] = {
    "map": "pca",
    "encoder": "",
    "basis": "clip",
    "centred": False,
    "robust": False,
    "foreground": False,
    "head": MEAN,
    "beside": "clip",
    "other": 0,  # number of the clip beside, from 1; 0 = another one, always the same for a clip
    "layer": -1,  # counted from the last
    "token": -1,  # none
}
NO_BANK = "needs other clips: open a folder, or choose a bank beside the clip"


@dataclass(frozen=True)
class Offered:
    """What can be chosen.

    Args:
        bank: there are other clips. ticks: time steps of the clip. heads: of the attention that was answered last; 0: none was. predictor: why its
            attention cannot be asked; "" where it can. encoders: that loaded whole. numbers: the button that measures all layers is wanted.
    """

    bank: bool
    ticks: int
    heads: int
    predictor: str
    encoders: tuple[str, ...]
    numbers: bool = False


def row(values: Mapping[str, Any], offered: Offered) -> list[Control]:
    """The controls above the pictures."""
    options = tuple(
        Option(name, words, disabled=name == "predictor" and bool(offered.predictor), reason=offered.predictor if name == "predictor" else "")
        for name, words in MAPS.items()
    )
    found: list[Control] = [
        Select("map", "map", options=options, width=190, help="What is laid over the picture. Click a token to see what is similar to it.")
    ]
    if len(offered.encoders) > 1 and values["map"] != "predictor":
        each = (Option("", f"{offered.encoders[0]}"), Option(offered.encoders[1], offered.encoders[1]))
        found.append(
            Select("encoder", "encoder", options=each, help="The target encoder makes what is to be predicted; the context encoder is trained.")
        )
    found += _of_map(values, offered)
    if offered.numbers:
        found.append(Button("numbers", "Measure layers", help="position, rank and spectrum of every layer, over clips of the bank"))
    return found


def _of_map(values: Mapping[str, Any], offered: Offered) -> list[Control]:
    """What this kind of map has."""
    alone = "" if offered.bank else NO_BANK
    centred = Toggle("centred", "position removed", help="The bank's mean at each position is subtracted from every token first.").off(alone)
    if values["map"] == "pca":
        each = (Option("clip", "this clip"), Option("bank", "the bank", disabled=bool(alone), reason=alone))
        return [
            Select("basis", "basis", options=each, help="The tokens that the components are fitted on."),
            centred,
            Toggle("robust", "without outliers", help="Tokens of an unusual norm (crossed) do not enter the basis."),
            Toggle("foreground", "foreground", help="One side of the first component; its own components are drawn, the rest is grey."),
        ]
    if values["map"] == "similarity":
        return [centred]
    if values["map"] in ("attention", "predictor"):
        each = (Option(MEAN, "mean"), *(Option(k, str(k + 1)) for k in range(offered.heads)))
        rolled = (Option(ROLLOUT, "rollout"),) if values["map"] == "attention" else ()
        return [
            Select("head", "head", options=(*each, *rolled), help="Rollout multiplies the attention of all layers, the residual path as one half.")
        ]
    return []


def below(values: Mapping[str, Any], offered: Offered, count: int) -> list[Control]:
    """The controls under the pictures: the layer, and what the second picture shows. count: layers, the output of the encoder included."""
    help = "Output of a block before the final norm; at the right end, the output of the encoder after it."
    found: list[Control] = [Slider("layer", "layer", min=1, max=max(count, 2), step=1, help=help)]
    if offered.ticks > 1:
        each = (
            Option("clip", "another clip", disabled=not offered.bank, reason="" if offered.bank else NO_BANK),
            Option("time", "another time step"),
        )
        found.append(Select("beside", "beside", options=each, help="What the second picture shows."))
    if values["beside"] == "clip" and offered.bank and values["map"] not in ("attention", "predictor"):
        found.append(
            Int(
                "other",
                "clip beside (0: any other)",
                min=0,
                help="Number of the clip in the bank; 0: another one, always the same for this clip. Its map is drawn in the basis of this clip.",
            )
        )
    return found


def taken(name: str, value: Any) -> bool:
    """Whether a setting of this name could have this value."""
    kinds = {"layer": int, "token": int, "other": int, "head": int, "centred": bool, "robust": bool, "foreground": bool}
    if name in kinds:
        return type(value) is kinds[name] and (kinds[name] is bool or -2 <= value < 2**31)
    return name in VALUES and isinstance(value, str)
