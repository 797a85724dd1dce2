"""The controls of a mask problem as data: samplers with their parameters, distance, block and mask token."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

from widgets.controls import Button, Control, Int, Option, Range, Select, Slider, Toggle
from workbench.boards.masks.anatomy_words import outside_training
from workbench.core.card import ModelCard
from workbench.core.errors import MaskError
from workbench.core.mask import Mask
from workbench.core.numbers import UNITS
from workbench.masks import SAMPLERS, Parameter, Sampler, make

_FIRST = ("blocks", "target_scale", "spatial_scale", "ratio")  # the rest only with "more": rarely touched


@dataclass(frozen=True)
class Choice:
    """A sampler on offer. value: of its option. label: of it. name: in `workbench.masks`. parameters: that differ from its defaults."""

    value: str
    label: str
    name: str
    parameters: Mapping[str, Any]


def choices(card: ModelCard) -> list[Choice]:
    """The samplers on offer, those that the model was trained with first."""
    found = list[tuple[str, str, Mapping[str, Any]]]()
    for name, parameters in card.samplers:
        if name in SAMPLERS:
            found.append((f"{_label(name, parameters)} (as trained)", name, parameters))
    for name, cls in SAMPLERS.items():
        if name == "ijepa_multiblock" and card.frames > 1:
            continue
        for preset in cls.presets or ("",):
            found.append((f"{cls.label}, {preset}" if preset else cls.label, name, cls.presets.get(preset, {})))
    return [Choice(str(i), *each) for i, each in enumerate(found)]


def _label(name: str, parameters: Mapping[str, Any]) -> str:
    blocks = parameters.get("blocks")
    return f"{SAMPLERS[name].label}, {blocks} blocks" if name == "vjepa_multiblock" and blocks else SAMPLERS[name].label


def sampler(choice: Choice, values: Mapping[str, Any]) -> Sampler:
    """The sampler of a choice, with what the controls changed.

    Raises:
        MaskError: a value that it cannot take.
    """
    known = {p.name for p in SAMPLERS[choice.name].parameters()}
    changed = {k: v for k, v in values.items() if k in known}
    return make(choice.name, **{**choice.parameters, **changed})


def draw(chosen: Sampler, shape: tuple[int, int, int], seed: int) -> Mask:
    """One mask; the same for the same seed."""
    return chosen.sample(shape, np.random.default_rng(seed))


def _shown(choice: Choice, more: bool) -> list[Parameter]:
    return [p for p in SAMPLERS[choice.name].parameters() if more or p.name in _FIRST]


def row(card: ModelCard, choice: Choice, blocks: int, mask_tokens: int, *, more: bool) -> list[Control]:
    """The controls of the toolbar, from left to right."""
    options = tuple(Option(c.value, c.label) for c in choices(card))
    found: list[Control] = [Select("sampler", "sampler", options=options, help="Distribution that masks are sampled from.", width=262)]
    found += [_control(p) for p in _shown(choice, more)]
    if any(p.name not in _FIRST for p in SAMPLERS[choice.name].parameters()):
        found.append(Toggle("more", "more", help="Show every parameter of this sampler."))
    found += [
        Int("seed", "seed", min=0, max=99999, help="The same seed gives the same mask."),
        Button("again", "⟳ sample", help="Sample a mask with the next seed."),
        Select("distance", "distance", options=tuple(Option(k, v) for k, v in UNITS.items()), width=116),
    ]
    if blocks > 1:
        each = (Option(-1, "all"), *(Option(i, str(i + 1)) for i in range(blocks)))
        found.append(Select("block", "block", options=each, help="I-JEPA predicts each target block on its own."))
    if mask_tokens > 1:
        tokens = (Option(-1, "default"), *(Option(i, str(i)) for i in range(mask_tokens)))
        found.append(Select("mask_token", "mask token", options=tokens, help="Which of the learned mask tokens the predictor is given."))
    return found


def values(choice: Choice, old: Mapping[str, Any]) -> dict[str, Any]:
    """Values for the controls of a choice: its own parameters, the rest as before."""
    own = make(choice.name, **choice.parameters)
    same = old.get("sampler") == choice.value
    shown = {p.name: old[p.name] if same and p.name in old else _plain(getattr(own, p.name)) for p in _shown(choice, bool(old.get("more")))}
    found = {"sampler": choice.value, "seed": old.get("seed", 0), **shown}
    if "distance" in old:
        found["distance"] = old["distance"]
    if any(p.name not in _FIRST for p in own.parameters()):
        found["more"] = bool(old.get("more"))
    return found


def hint(chosen: Sampler, mask: Mask, card: ModelCard) -> str:
    """Whether a painted mask is one that the sampler could give, and whether any mask is one that the model was trained on."""
    try:
        words = chosen.in_range(mask) if mask.sampler == "painted" else ""
    except MaskError as error:
        return error.what
    if words:
        return f"Painted, outside this sampler's range: {words}"
    return outside_training(card, mask) or ("Painted, within this sampler's range." if mask.sampler == "painted" else "")


def _control(p: Parameter) -> Control:
    if p.kind == "bool":
        return Toggle(p.name, p.label, help=p.help)
    kind = {"int": Int, "float": Slider, "range": Range}[p.kind]
    return kind(p.name, p.label, min=p.low, max=p.high, step=p.step, help=f"{p.help} ({p.unit})")


def _plain(value: Any) -> Any:
    return list(value) if isinstance(value, tuple) else value
