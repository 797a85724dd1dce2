"""The controls of a mask problem as data: samplers with their parameters, distance, block and mask token."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np

from workbench.core.card import ModelCard
from workbench.core.errors import MaskError
from workbench.core.mask import Mask
from workbench.masks import SAMPLERS, Parameter, Sampler, make
from workbench.present.words import UNITS

_FIRST = ("blocks", "target_scale", "spatial_scale", "ratio")  # the rest only with "more": rarely touched


def choices(card: ModelCard) -> list[dict[str, Any]]:
    """The samplers on offer, those that the model was trained with first: value, label, name, parameters."""
    found = []
    for name, parameters in card.samplers:
        if name in SAMPLERS:
            found.append({"label": f"{_label(name, parameters)} (as trained)", "name": name, "parameters": dict(parameters)})
    for name, cls in SAMPLERS.items():
        if name == "ijepa_multiblock" and card.frames > 1:
            continue
        for preset in cls.presets or ("",):
            label = f"{cls.label}, {preset}" if preset else cls.label
            found.append({"label": label, "name": name, "parameters": dict(cls.presets.get(preset, {}))})
    return [{"value": f"{i}", **c} for i, c in enumerate(found)]


def _label(name: str, parameters: Mapping[str, Any]) -> str:
    blocks = parameters.get("blocks")
    return f"{SAMPLERS[name].label}, {blocks} blocks" if name == "vjepa_multiblock" and blocks else SAMPLERS[name].label


def sampler(choice: Mapping[str, Any], values: Mapping[str, Any]) -> Sampler:
    """The sampler of a choice, with what the controls changed.

    Raises:
        MaskError: a value that it cannot take.
    """
    known = {p.name for p in SAMPLERS[choice["name"]].parameters()}
    changed = {k: v for k, v in values.items() if k in known}
    return make(choice["name"], **{**choice["parameters"], **changed})


def draw(chosen: Sampler, shape: tuple[int, int, int], seed: int) -> Mask:
    """One mask; the same for the same seed."""
    return chosen.sample(shape, np.random.default_rng(seed))


def _shown(choice: Mapping[str, Any], more: bool) -> list[Parameter]:
    return [p for p in SAMPLERS[choice["name"]].parameters() if more or p.name in _FIRST]


def schema(card: ModelCard, choice: Mapping[str, Any], blocks: int, mask_tokens: int, *, more: bool) -> list[dict[str, Any]]:
    """The controls of the toolbar, from left to right."""
    options = [{"value": c["value"], "label": c["label"]} for c in choices(card)]
    row: list[dict[str, Any]] = [
        {"kind": "select", "id": "sampler", "label": "sampler", "options": options, "help": "Who draws the mask.", "width": 225}
    ]
    row += [_control(p) for p in _shown(choice, more)]
    if any(p.name not in _FIRST for p in SAMPLERS[choice["name"]].parameters()):
        row.append({"kind": "toggle", "id": "more", "label": "more", "help": "Show every parameter of this sampler."})
    row += [
        {"kind": "int", "id": "seed", "label": "seed", "min": 0, "max": 99999, "help": "The same seed draws the same mask."},
        {"kind": "button", "id": "again", "label": "⟳ draw", "help": "Draw with the next seed."},
        {"kind": "select", "id": "distance", "label": "distance", "options": [{"value": k, "label": v} for k, v in UNITS.items()], "width": 116},
    ]
    if blocks > 1:
        each = [{"value": -1, "label": "all"}, *({"value": i, "label": str(i + 1)} for i in range(blocks))]
        row.append({"kind": "select", "id": "block", "label": "block", "options": each, "help": "I-JEPA predicts each target block on its own."})
    if mask_tokens > 1:
        tokens = [{"value": -1, "label": "default"}, *({"value": i, "label": str(i)} for i in range(mask_tokens))]
        row.append({"kind": "select", "id": "mask_token", "label": "mask token", "options": tokens, "help": "Which learned mask token asks."})
    return row


def values(choice: Mapping[str, Any], old: Mapping[str, Any]) -> dict[str, Any]:
    """Values for the controls of a choice: its own parameters, the rest as before."""
    own = make(choice["name"], **choice["parameters"])
    same = old.get("sampler") == choice["value"]
    shown = {p.name: old[p.name] if same and p.name in old else _plain(getattr(own, p.name)) for p in _shown(choice, bool(old.get("more")))}
    found = {"sampler": choice["value"], "seed": old.get("seed", 0), **shown}
    if "distance" in old:
        found["distance"] = old["distance"]
    if any(p.name not in _FIRST for p in own.parameters()):
        found["more"] = bool(old.get("more"))
    return found


def hint(chosen: Sampler, mask: Mask) -> str:
    """Whether a painted mask is one that the sampler could have drawn."""
    if mask.sampler != "painted":
        return ""
    try:
        words = chosen.in_range(mask)
    except MaskError as error:
        return error.what
    return f"Painted, outside this sampler's range: {words}" if words else "Painted, within this sampler's range."


def _control(p: Parameter) -> dict[str, Any]:
    kind = {"int": "int", "float": "slider", "range": "range", "bool": "toggle"}[p.kind]
    if kind == "toggle":
        return {"kind": kind, "id": p.name, "label": p.label, "help": p.help}
    return {"kind": kind, "id": p.name, "label": p.label, "min": p.low, "max": p.high, "step": p.step, "help": f"{p.help} ({p.unit})"}


def _plain(value: Any) -> Any:
    return list(value) if isinstance(value, tuple) else value
