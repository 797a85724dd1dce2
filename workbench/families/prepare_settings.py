"""How a user changes the preparation of any family: mean=, std=, resize=, resample= and fps=, each a fact with its origin."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from math import isfinite
from typing import Any, get_args

from workbench.core.card import Origin
from workbench.families.prepare import Channels, Preparation, Resample, Rule
from workbench.families.settings import Settings

PREPARE_OVERRIDES: Mapping[str, str] = {
    "mean": "3 numbers from 0 to 1, for red, green and blue: what is subtracted from the pixels",
    "std": "3 numbers above 0, for red, green and blue: what the pixels are then divided by",
    "resize": '"crop": cover the size and take the middle; "stretch": straight to the size',
    "resample": '"bilinear", "antialiased" (bilinear over all pixels it covers) or "bicubic": how pixels are resized',
}
IMAGE_OVERRIDES: Mapping[str, str] = {
    "heads": "attention heads of the encoder",
    "image_size": "(height, width) in pixels to prepare images at; other than trained resizes the position table",
    **PREPARE_OVERRIDES,
}
VIDEO_OVERRIDES: Mapping[str, str] = {**PREPARE_OVERRIDES, "fps": "frames a second in training; states what clips should have"}
_COLOURS = "for red, green and blue, as in (0.485, 0.456, 0.406)"
Origins = Mapping[str, tuple[Origin, str]]


def settle_preparation(
    settings: Settings,
    published: Preparation,
    *,
    why: str = "as this family was trained",
    origin: Origin = "inferred",
    origins: Origins | None = None,
    config: Mapping[str, Sequence[str]] | None = None,
) -> Preparation:
    """The preparation with what the user said of it, each value kept as a fact. Call it once size, patch and tubelet are known.

    Args:
        published: as the family was trained. why, origin: how that is known. origins: setting -> (origin, why), where they differ.
        config: setting -> its places in the yaml, as for `Settings.settle`.

    Raises:
        BadInput: an override that does not fit, with what would. CheckpointError: the yaml does not fit.
    """
    found: dict[str, Any] = {}
    values = {"mean": published.mean, "std": published.std, "resize": published.rule, "resample": published.resample, "fps": published.fps}
    for name, value in values.items():
        parse, options = _SETTINGS[name]
        places = (config or {}).get(name, ())
        said = settings.request.overrides.get(name) is not None or any(settings.request.checkpoint.setting(p) is not None for p in places)
        if name != "fps" or (published.video and (said or value is not None)):
            known = (origins or {}).get(name, (origin, why))
            found[name] = settings.settle(name, parse=parse, options=options, standin=value, config=places, table=(value, *known))
    short = published.short if found["resize"] == published.rule else None
    return replace(
        published, mean=found["mean"], std=found["std"], rule=found["resize"], resample=found["resample"], fps=found.get("fps"), short=short
    )


def parse_mean(value: Any) -> Channels:
    """Three numbers from 0 to 1.

    Raises:
        ValueError: they are not.
    """
    found = _three(value)
    if max(found) > 1 or min(found) < 0:
        raise ValueError("pixels go from 0 to 1 here: divide numbers for 0 to 255 by 255")
    return found


def parse_std(value: Any) -> Channels:
    """Three numbers above 0.

    Raises:
        ValueError: they are not.
    """
    found = _three(value)
    if min(found) <= 0:
        raise ValueError("pixels are divided by them: each must be above 0")
    if max(found) > 2:
        raise ValueError("pixels go from 0 to 1 here: divide numbers for 0 to 255 by 255")
    return found


def _three(value: Any) -> Channels:
    if not isinstance(value, list | tuple):
        raise ValueError(f"3 numbers are needed, for red, green and blue, not {value!r}")
    if len(value) != 3:
        raise ValueError(f"3 numbers are needed, for red, green and blue, not {len(value)}")
    if any(isinstance(v, bool) or not isinstance(v, int | float) or not isfinite(v) for v in value):
        raise ValueError("each must be a finite number")
    return float(value[0]), float(value[1]), float(value[2])


def _one_of(words: tuple[str, ...]) -> Callable[[Any], Any]:
    def parse(value: Any) -> Any:
        if value not in words:
            raise ValueError(f"it is one of {', '.join(words)}")
        return value

    return parse


def _rate(value: Any) -> float:
    if isinstance(value, bool) or not isinstance(value, int | float) or not 0 < value <= 1000:
        raise ValueError("frames a second are a number above 0, at most 1000")
    return float(value)


_SETTINGS: dict[str, tuple[Callable[[Any], Any], str]] = {
    "mean": (parse_mean, f"3 numbers from 0 to 1, {_COLOURS}"),
    "std": (parse_std, "3 numbers above 0, for red, green and blue, as in (0.229, 0.224, 0.225)"),
    "resize": (_one_of(get_args(Rule)), PREPARE_OVERRIDES["resize"]),
    "resample": (_one_of(get_args(Resample)), PREPARE_OVERRIDES["resample"]),
    "fps": (_rate, "frames a second, as in fps=4"),
}
