"""Where a timm vision transformer lies in a file, and the projector beside it."""

from __future__ import annotations

import re
from collections.abc import Iterable

from workbench.checkpoints import Checkpoint
from workbench.core.errors import AmbiguousModel, CheckpointError
from workbench.nn.lejepa import ProjectorConfig

_KERNEL = "patch_embed.proj.weight"
_REST = ("pos_embed", "blocks.0.attn.qkv.weight")
_OWN = ("cls_token", "reg_token", "fc_norm.weight")  # what I-JEPA's encoder, otherwise alike, has none of
_OTHERS = ("encoder", "target_encoder", "ema_encoder", "predictor")
DINOV2 = ("mask_token", "register_tokens")
_LAYER = re.compile(r"(\d+)\.(weight|bias|running_mean|running_var|num_batches_tracked)$")


def backbones(checkpoint: Checkpoint) -> list[str]:
    """What stands before the names of each image transformer in the file: "", "backbone.", "state_dict.model.backbone."."""
    found = []
    for name, info in checkpoint.tensors.items():
        prefix = name.removesuffix(_KERNEL)
        if name.endswith(_KERNEL) and prefix[-1:] in ("", ".") and len(info.shape) == 4 and all(prefix + r in checkpoint.tensors for r in _REST):
            found.append(prefix)
    return found


def is_lejepa(checkpoint: Checkpoint) -> bool:
    """One image transformer in timm's layout, with class token, registers or fc_norm, or a backbone beside a projector; and not DINOv2.

    Raises:
        AmbiguousModel: the file is a DINOv2 encoder and nothing else.
    """
    found = backbones(checkpoint)
    if len(found) != 1:
        return False
    prefix = found[0]
    if any(prefix + sign in checkpoint.tensors for sign in DINOV2):
        if all(name.startswith(prefix) for name in checkpoint.tensors):
            fix = "open it as encoder= of a jepa-wms model, or say family='lejepa' to look at its features"
            raise AmbiguousModel("this is a DINOv2 encoder alone, which is no JEPA", where=str(checkpoint.path), fix=fix)
        return False
    beside = prefix.removesuffix("backbone.")
    projected = any(name.startswith((f"{beside}projector.", f"{beside}proj.")) for name in checkpoint.tensors)
    named = prefix.endswith("backbone.") and prefix.partition(".")[0] not in _OTHERS
    return (named and projected) or any(prefix + sign in checkpoint.tensors for sign in _OWN)


def lejepa_names(checkpoint: Checkpoint) -> tuple[dict[str, str], list[str]]:
    """Name in our words, "backbone.…" or "projector.…" -> name in the file; and what else lies in the file, in words.

    Raises:
        CheckpointError: no image transformer or several.
    """
    found = backbones(checkpoint)
    if len(found) != 1:
        what = f"{len(found)} image transformers lie in it: {', '.join(found)}" if found else f"it has no {_KERNEL} with pos_embed and blocks"
        raise CheckpointError(what, where=str(checkpoint.path), fix="save one alone: torch.save(backbone.state_dict(), …)")
    backbone = found[0]
    beside = backbone.removesuffix("backbone.")
    projectors = (f"{beside}projector.", f"{beside}proj.") if backbone.endswith("backbone.") else ()
    names, other = {}, {}
    for stored in checkpoint.tensors:
        projector = next((p for p in projectors if stored.startswith(p)), None)
        if stored.startswith(backbone):
            names[f"backbone.{stored.removeprefix(backbone)}"] = stored
        elif projector:
            names[f"projector.{stored.removeprefix(projector)}"] = stored
        else:
            group = stored.removeprefix(beside).removeprefix("state_dict.").partition(".")[0]
            other[group] = other.get(group, 0) + 1
    words = [f"{group}: {count} tensors" for group, count in other.items()]
    if "pytorch-lightning_version" in checkpoint.scalars:
        words.append("hyper_parameters, loops and callbacks of Lightning: not used")
    return names, words


def projector_of(checkpoint: Checkpoint, names: dict[str, str]) -> ProjectorConfig | None:
    """The widths of the projector, if it is one of the two known builds; None where there is none, or one whose activations nobody knows.

    Args:
        names: as `lejepa_names` gives them.
    """
    layers = {n.removeprefix("projector.") for n in names if n.startswith("projector.")}
    nested = any(n.startswith("1.0.") for n in layers)
    inner = {n.removeprefix("1.") for n in layers if n.startswith("1.")} if nested else layers
    widths = _widths(checkpoint, {n: names[f"projector.{'1.' if nested else ''}{n}"] for n in inner})
    lead = _shape(checkpoint, names, "projector.0.weight") if nested else None
    strangers = {n for n in layers if nested and not n.startswith("1.")} - {"0.weight", "0.bias"}
    if not widths or strangers or (nested and lead is None):
        return None
    return ProjectorConfig(widths, None if lead is None else (lead[1], lead[0]))


def _widths(checkpoint: Checkpoint, layers: dict[str, str]) -> tuple[int, ...]:
    """Of torchvision's MLP: a linear layer at every fourth number, batch norm behind all but the last; () for any other."""
    numbers = {int(m[1]) for n in layers if (m := _LAYER.match(n))}
    count = len(numbers) // 2
    wanted = {4 * i + k for i in range(count) for k in (0, 1)} | {4 * count}
    if not layers or numbers != wanted or not all(_LAYER.match(n) for n in layers):
        return ()
    shapes = [_shape(checkpoint, layers, f"{4 * i}.weight") for i in range(count + 1)]
    normed = all(f"{4 * i + 1}.running_mean" in layers for i in range(count))
    return _chain(s for s in shapes if s) if normed and all(shapes) else ()


def _chain(shapes: Iterable[tuple[int, int]]) -> tuple[int, ...]:
    widths: tuple[int, ...] = ()
    for after, before in shapes:
        if widths and widths[-1] != before:
            return ()
        widths = (*(widths or (before,)), after)
    return widths


def _shape(checkpoint: Checkpoint, names: dict[str, str], name: str) -> tuple[int, int] | None:
    shape = checkpoint.tensors[names[name]].shape if name in names else ()
    return (shape[0], shape[1]) if len(shape) == 2 else None
