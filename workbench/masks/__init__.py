"""The published mask samplers. Numpy only.

mask = VJepaMultiblock.long().sample((8, 16, 16), np.random.default_rng(0))
mask = make("ijepa_multiblock", min_keep=4).sample((1, 14, 14), rng)
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np

from workbench.core.errors import MaskError
from workbench.core.mask import Mask
from workbench.masks.base import Dice, Parameter, Sampler, Shape
from workbench.masks.ijepa import IJepaMultiblock, RandomTokens
from workbench.masks.vjepa import RandomTube, VJepaMultiblock

SAMPLERS: Mapping[str, type[Sampler]] = {cls.name: cls for cls in (IJepaMultiblock, VJepaMultiblock, RandomTube, RandomTokens)}

__all__ = [
    "SAMPLERS",
    "Dice",
    "IJepaMultiblock",
    "Parameter",
    "RandomTokens",
    "RandomTube",
    "Sampler",
    "Shape",
    "VJepaMultiblock",
    "make",
    "sample_mask",
]


def sample_mask(name: str, shape: Shape, *, seed: int = 0, preset: str | None = None, **params: Any) -> Mask:
    """One mask from a sampler by its name; the same for the same seed.

    Args:
        shape: tokens of the grid (ticks, rows, cols). Others as in `make`.
    """
    return make(name, preset=preset, **params).sample(shape, np.random.default_rng(seed))


def make(name: str, *, preset: str | None = None, **params: Any) -> Sampler:
    """A sampler by its name, as cards and controls name it.

    Args:
        name: a key of SAMPLERS. preset: one of the sampler's presets, e.g. "long". params: over the preset; lists serve as pairs.

    Raises:
        MaskError: an unknown name, preset or parameter, or a value outside its limits.
    """
    if name not in SAMPLERS:
        raise MaskError(f"there is no mask sampler {name!r}", where="make()", fix=f"one of {', '.join(SAMPLERS)}")
    cls = SAMPLERS[name]
    if preset is not None and preset not in cls.presets:
        raise MaskError(f"{name} has no preset {preset!r}", where="make()", fix=f"one of {', '.join(cls.presets) or 'none'}")
    known = {p.name: p for p in cls.parameters()}
    unknown = [k for k in params if k not in known]
    if unknown:
        raise MaskError(f"{name} has no parameter {unknown[0]!r}", where="make()", fix=f"one of {', '.join(known)}")
    given = {**cls.presets.get(preset or "", {}), **params}
    return cls(**{k: _plain(known[k], v) for k, v in given.items()})


def _plain(parameter: Parameter, value: Any) -> Any:
    """The value as the sampler's field has it; what a slider, a yaml file or a card gives may be a list or a whole number."""
    try:
        if parameter.kind == "range":
            low, high = value
            return float(low), float(high)
        return {"int": int, "float": float, "bool": bool}[parameter.kind](value)
    except (TypeError, ValueError) as err:
        raise MaskError(f"{parameter.label}: {value!r} is not a {parameter.kind}", where=parameter.name, fix=f"e.g. {parameter.default!r}") from err
