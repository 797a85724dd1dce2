"""What a GGUF of jepa.cpp says of its pixels, as a Preparation."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from math import isfinite

from workbench.core.errors import CheckpointError
from workbench.families.prepare import Preparation, Resample
from workbench.families.prepare_settings import settle_preparation
from workbench.families.settings import Settings

_WAYS: dict[str, Resample] = {"bilinear": "antialiased", "bicubic": "bicubic"}
_PLACES = {"mean": ("jepa.pre.mean",), "std": ("jepa.pre.std",)}


def stored_preparation(settings: Settings, published: Preparation) -> Preparation | None:
    """The preparation that the header describes, each value a fact; None where there is none.

    Raises:
        CheckpointError: it describes what this workbench cannot do.
    """
    checkpoint = settings.request.checkpoint
    said = checkpoint.setting("jepa.pre")
    if not isinstance(said, Mapping):
        return None
    way, mode, scale = _WAYS.get(str(said.get("resample", "bilinear"))), said.get("resize_mode", "crop"), said.get("rescale", 1 / 255)
    short = said.get("resize_short", min(published.size))
    whole = isinstance(short, int) and not isinstance(short, bool) and 0 < short <= 1 << 16
    scaled = isinstance(scale, int | float) and isfinite(scale) and abs(scale * 255 - 1) < 1e-3
    if way is None or not whole or not scaled or not isinstance(mode, str):
        what = f"jepa.pre has resample {said.get('resample')!r}, resize_short {short!r}, rescale {scale!r}"
        raise CheckpointError(
            what[:300], where=checkpoint.config_path, fix="give mean=, std=, resize= and resample= for the checkpoint that it was made of"
        )
    stretched = mode == "squash"
    described = replace(
        published, resample=way, rule="stretch" if stretched else "crop", short=None if stretched else max(short, min(published.size))
    )
    return settle_preparation(settings, described, why="jepa.pre in the file", origin="read", config=_PLACES)
