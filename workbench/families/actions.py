"""What the actions of a model mean: their statistics, how many lie in one step, and their way from raw to what the network takes."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from math import inf, isfinite
from typing import Any

import torch
from jaxtyping import Float
from torch import Tensor

from workbench.core.card import Origin
from workbench.core.errors import BadInput
from workbench.families.settings import Settings
from workbench.model.spec import ActionSpec

ACTION_OVERRIDES: Mapping[str, str] = {
    "action_mean": "mean of each number of one raw action in training; `workbench.data.action_statistics` estimates it",
    "action_std": "deviation of each number of one raw action in training",
    "frameskip": "raw actions in one step of the model",
}
_UNKNOWN = "the file holds no statistics: pass actions that are normalised already, or give action_mean= and action_std="
_FRAMESKIP = ("frameskip", "data.dataset.frameskip", "dataset.frameskip")


def settle_actions(settings: Settings, width: int, published: int = 1, why: str = "one action a step") -> ActionSpec:
    """The meaning of a step's vector, each value kept as a fact.

    Args:
        width: numbers in the vector of one step. published: raw actions per step in this family, where that is not stated. why: how that is known.

    Raises:
        BadInput: overrides that do not fit, or one of mean and deviation without the other.
    """
    given = {name: _said(settings, name) for name in ("action_mean", "action_std")}
    lone = [name for name, value in given.items() if value is None]
    if len(lone) == 1:
        raise BadInput("mean and deviation of the actions go together", where=f"{lone[0]}=", fix=f"give {lone[0]}= too, or leave both out")
    said: Any = given["action_mean"]
    table: tuple[int, Origin, str] = (
        (published, "assumed", why) if width % published == 0 else (1, "assumed", f"{width} is no multiple of {published}")
    )
    if hasattr(said, "__len__") and len(said) and width % len(said) == 0:
        table = (width // len(said), "inferred", f"action_mean has {len(said)} numbers, a step {width}")
    skip = settings.settle(
        "frameskip",
        parse=lambda value: _divisor(value, width),
        options=f"give how many raw actions lie in the {width} numbers of a step",
        standin=1,
        config=_FRAMESKIP,
        table=table,
    )
    n = width // skip
    options = f"give {n} numbers, one for each number of a raw action ({n} × {skip} = {width} in a step)"
    usual = (("action_mean", -inf, (0.0,) * n), ("action_std", 0.0, (1.0,) * n))
    mean, std = (
        settings.settle(name, parse=_numbers(n, above), options=options, standin=None, config=(name,), table=(values, "assumed", _UNKNOWN))
        for name, above, values in usual
    )
    unit = "raw" if said is not None else "normalised"
    return ActionSpec(tuple(f"action {i}" for i in range(n)), (unit,) * n, (-inf,) * n, (inf,) * n, mean, std, skip)


def normalised(spec: ActionSpec, actions: Float[Tensor, "batch moves action"]) -> Float[Tensor, "batch moves action"]:
    """(action − mean) / deviation; NaN, the mark of an episode's end, becomes 0."""
    mean, std = (torch.tensor(v * spec.frameskip, device=actions.device, dtype=torch.float32) for v in (spec.mean, spec.std))
    scaled = (actions.float() - mean) / std
    return scaled.masked_fill(scaled.isnan(), 0.0)


def checked(spec: ActionSpec, actions: Tensor | None, wanted: int) -> Tensor:
    """The actions, if there are as many as wanted.

    Raises:
        BadInput: with both numbers.
    """
    if actions is None or actions.ndim != 3 or tuple(actions.shape[1:]) != (wanted, spec.width):
        got = "none" if actions is None else f"{list(actions.shape[1:])}"
        fix = f"one leaves each tick: actions [batch, {wanted}, {spec.width}]"
        raise BadInput(f"{wanted} actions of {spec.width} numbers are needed, got {got}", where="actions", fix=fix)
    return actions


def _said(settings: Settings, name: str) -> Any:
    """By the caller, else by the file beside the checkpoint."""
    given = settings.request.overrides.get(name)
    return settings.request.checkpoint.setting(name) if given is None else given


def _divisor(value: Any, width: int) -> int:
    if isinstance(value, bool) or int(value) != value or value < 1 or width % int(value):
        raise ValueError(f"the {width} numbers of a step are not {value} actions of equal length")
    return int(value)


def _numbers(count: int, above: float) -> Callable[[Any], tuple[float, ...]]:
    def parse(value: Any) -> tuple[float, ...]:
        found = (value,) if isinstance(value, int | float) else tuple(value)
        if len(found) != count:
            raise ValueError(f"{count} numbers are needed, not {len(found)}")
        if any(isinstance(v, bool) or not isfinite(v) or v <= above for v in found):
            raise ValueError("each must be a finite number" + ("" if above == -inf else " above 0"))
        return tuple(float(v) for v in found)

    return parse
