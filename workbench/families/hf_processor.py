"""What the processor's json beside a Transformers model says of sizes, mean and deviation, as a Preparation."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from workbench.checkpoints import Checkpoint
from workbench.core.errors import CheckpointError
from workbench.families.prepare import IMAGENET_MEAN, IMAGENET_STD, Preparation, Resample
from workbench.families.prepare_settings import parse_mean, parse_std

_IMAGE_FILES = ("preprocessor_config.json", "processor_config.json")
_VIDEO_FILES = ("video_preprocessor_config.json", "preprocessor_config.json", "processor_config.json")
_INNER = (("image_processor",), ("video_processor", "image_processor"))  # in processor_config.json each processor has an entry of its own
_CLASS_DEFAULTS: dict[str, dict[str, Any]] = {
    "ViTImageProcessor": {"size": {"height": 224, "width": 224}, "image_mean": (0.5, 0.5, 0.5), "image_std": (0.5, 0.5, 0.5)},
    "DINOv3ViTImageProcessor": {"size": {"height": 224, "width": 224}, "image_mean": IMAGENET_MEAN, "image_std": IMAGENET_STD},
    "VJEPA2VideoProcessor": {"do_center_crop": True, "crop_size": 256, "image_mean": IMAGENET_MEAN, "image_std": IMAGENET_STD},
}
_WAYS: dict[Any, Resample] = {2: "antialiased", 3: "bicubic"}  # PIL's numbers; both go over all pixels that they cover


def find_processor(checkpoint: Checkpoint, *, video: bool) -> tuple[Mapping[str, Any], str]:
    """What the processor's json says, with the defaults of its class, and the file's name; ({}, "") without one.

    Raises:
        CheckpointError: it is there and cannot be read.
    """
    for name in _VIDEO_FILES if video else _IMAGE_FILES:
        said = checkpoint.beside(name)
        inner = next((said[i] for i in _INNER[video] if isinstance(said.get(i), Mapping)), said)
        if inner:
            return _with_defaults(inner), name
    return {}, ""


def _with_defaults(said: Mapping[str, Any]) -> Mapping[str, Any]:
    named = next((str(said[k]) for k in ("image_processor_type", "video_processor_type", "feature_extractor_type") if k in said), "")
    full = {**next((d for c, d in _CLASS_DEFAULTS.items() if named.startswith(c)), {}), **{k: v for k, v in said.items() if v is not None}}
    if named.startswith("VJEPA2"):  # the class replaces what the json says of it
        crop = full["crop_size"].get("height") if isinstance(full["crop_size"], Mapping) else full["crop_size"]
        full["size"] = {"shortest_edge": int(crop * 256 / 224) if isinstance(crop, int) else crop}
    return full


def processed(said: Mapping[str, Any], where: str, published: Preparation) -> Preparation:
    """The preparation that the json describes; `published` for what it does not say.

    Raises:
        CheckpointError: it describes what this workbench cannot do.
    """
    try:
        return _processed(said, published)
    except (ValueError, TypeError, ArithmeticError) as err:
        fix = 'mend the json, or move it away and give mean=, std=, resize="crop" or "stretch", resample= yourself'
        raise CheckpointError(f"the processor's settings do not fit: {err}", where=where, fix=fix) from err


def _processed(said: Mapping[str, Any], published: Preparation) -> Preparation:
    unit = 255.0 * float(said.get("rescale_factor", 1 / 255)) if said.get("do_rescale", True) else 255.0
    unit = 1.0 if abs(unit - 1) < 1e-4 else unit
    mean, std = (0.0,) * 3, (1.0,) * 3
    if said.get("do_normalize", True):
        mean, std = parse_mean(said.get("image_mean")), parse_std(said.get("image_std"))
    way = _WAYS.get(said.get("resample", 2))
    if way is None:
        raise ValueError(f"resample {said.get('resample')} is none of {', '.join(f'{k} ({v})' for k, v in _WAYS.items())}")
    if not 1e-3 < unit < 1e3:
        raise ValueError(f"pixels times {said.get('rescale_factor')} are no colours")
    changed = replace(published, mean=parse_mean(_scaled(mean, unit)), std=parse_std(_scaled(std, unit)), resample=way)
    return changed if not said.get("do_resize", True) else _sized(said, changed)


def _scaled(values: tuple[float, ...], unit: float) -> tuple[float, float, float]:
    return values[0] / unit, values[1] / unit, values[2] / unit


def _sized(said: Mapping[str, Any], published: Preparation) -> Preparation:
    size, crops = said.get("size"), bool(said.get("do_center_crop", False))
    if isinstance(size, Mapping) and "shortest_edge" in size:
        crop = _sides(said.get("crop_size")) if crops else None
        if crop is None:
            raise ValueError("a shortest_edge without a crop gives frames of any shape")
        short = _number(size["shortest_edge"])
        usual = short == int(min(crop) * 256 / 224)
        return replace(published, rule="crop", short=None if usual else max(round(short * min(published.size) / min(crop)), min(published.size)))
    stretched = _sides(size)
    if crops and stretched is not None and _sides(said.get("crop_size")) not in (None, stretched):
        raise ValueError(f"stretched to {stretched} and then cropped to {said.get('crop_size')}")
    return replace(published, rule="stretch", short=None) if stretched is not None else published


def said_size(said: Mapping[str, Any]) -> tuple[int, int] | None:
    """(height, width) that the processor makes; None where its json does not say."""
    try:
        crops = bool(said.get("do_center_crop", False))
        return _sides(said.get("crop_size")) if crops else _sides(said.get("size"))
    except (ValueError, TypeError, ArithmeticError):
        return None


def _sides(value: Any) -> tuple[int, int] | None:
    if isinstance(value, Mapping):
        return (_number(value["height"]), _number(value["width"])) if "height" in value and "width" in value else None
    return None if value is None else (_number(value), _number(value))


def _number(value: Any) -> int:
    if isinstance(value, bool) or int(value) != value or not 0 < value <= 1 << 16:
        raise ValueError(f"{value!r} is no number of pixels")
    return int(value)
