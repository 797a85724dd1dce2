"""What the V-JEPA families share: how they are told apart, what kernel and blocks say, and the masks of their yaml."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal

from workbench.checkpoints import Checkpoint
from workbench.core.card import Origin
from workbench.core.errors import AmbiguousModel, CheckpointError
from workbench.families.parts import Names, names_by_group
from workbench.families.registry import Request
from workbench.families.settings import Settings, renamed
from workbench.families.sizes import Size, by_shape
from workbench.families.vit_family import Tower, shape_of, tower

Kind = Literal["vjepa", "vjepa2", "vjepa2_1"]
Masks = tuple[tuple[str, dict[str, Any]], ...]
KERNEL = "patch_embed.proj.weight"
FRAMES = ("data.num_frames", "data.dataset_fpcs")
SHORT = ("vjepa_multiblock", {"blocks": 8, "spatial_scale": (0.15, 0.15)})
LONG = ("vjepa_multiblock", {"blocks": 2, "spatial_scale": (0.7, 0.7)})
_HEADS = ("meta.num_heads", "model.num_heads")
_PREDICTOR_HEADS = ("model.pred_num_heads", "meta.pred_num_heads")
# Places of the tables at published sizes: 16 frames of 224 pixels; 64 frames of 256 and of 384. V-JEPA's 16 of 384 could be either's.
_PUBLISHED_PLACES: Mapping[int, Kind] = {8 * 14 * 14: "vjepa", 32 * 16 * 16: "vjepa2", 32 * 24 * 24: "vjepa2"}
_MASK_NAMES = {  # in params-pretrain.yaml -> of the sampler "vjepa_multiblock"
    "num_blocks": "blocks",
    "spatial_scale": "spatial_scale",
    "temporal_scale": "temporal_scale",
    "aspect_ratio": "aspect",
    "max_temporal_keep": "max_temporal_keep",
    "max_keep": "max_keep",
    "full_complement": "full_complement",
    "pred_full_complement": "context_complement",
    "inv_block": "inverted",
}


def kind(checkpoint: Checkpoint) -> Kind | None:
    """Which V-JEPA this is; None where it is none, or one with actions.

    V-JEPA 2.1 has norms of its own for levels, or a patch kernel for stills. V-JEPA has tables of positions for encoder and
    predictor; some files of V-JEPA 2 carry them along unused, beside more than two mask tokens.

    Raises:
        AmbiguousModel: an encoder alone with a table of positions, which V-JEPA uses and V-JEPA 2 only carries along.
    """
    groups = names_by_group(checkpoint)
    found = [
        (g, groups[g]) for g in ("encoder", "target_encoder", "ema_encoder") if len(shape_of(checkpoint, groups.get(g, {}), KERNEL) or ()) in (4, 5)
    ]
    predictor = groups.get("predictor", {})
    if not found or "action_encoder.weight" in predictor:
        return None
    group, encoder = found[0]
    if any(n.startswith(("norms_block.", "patch_embed_img.")) for n in encoder):
        return "vjepa2_1"
    if group == "ema_encoder" or is_levjepa(checkpoint, encoder):
        return None
    if len(shape_of(checkpoint, encoder, KERNEL) or ()) == 4:
        if says_ijepa(checkpoint):
            return None
        return "vjepa" if "pos_embed" in encoder and count_mask_tokens(predictor) else None
    rotary = checkpoint.setting("model.use_rope")
    if isinstance(rotary, bool) or "pos_embed" not in encoder:
        return "vjepa" if rotary is False else "vjepa2"
    if not predictor:
        return _by_places(checkpoint, encoder)
    return "vjepa2" if "predictor_pos_embed" not in predictor or count_mask_tokens(predictor) > 2 else "vjepa"


def is_levjepa(checkpoint: Checkpoint, encoder: Names) -> bool:
    """A class token beside a patch kernel of one frame: LeVJEPA's. Read as V-JEPA 2 it would give other numbers."""
    kernel = shape_of(checkpoint, encoder, KERNEL) or ()
    return len(kernel) == 5 and kernel[2] == 1 and "cls_token" in encoder


def says_ijepa(checkpoint: Checkpoint) -> bool:
    """The config.json that pyjepa writes beside a model says that it is an I-JEPA, whose predictor has numbered mask tokens there."""
    said = (checkpoint.setting("family"), checkpoint.setting("model_class"), checkpoint.setting("kind"))
    return any(isinstance(s, str) and s.lower() == "ijepa" for s in said)


def _by_places(checkpoint: Checkpoint, encoder: Names) -> Kind:
    kernel, table = shape_of(checkpoint, encoder, KERNEL) or (), shape_of(checkpoint, encoder, "pos_embed") or ()
    known = _PUBLISHED_PLACES.get(table[1]) if len(table) == 3 and kernel[2:] == (2, 16, 16) else None
    if known is None:
        fix = "family='vjepa2' if its positions are rotary, family='vjepa' if they are this table"
        what, choices = "an encoder alone with pos_embed may be V-JEPA 1 or V-JEPA 2", {"family": ("vjepa2", "vjepa")}
        raise AmbiguousModel(what, where=str(checkpoint.path), fix=fix, choices=choices)
    return known


# Switches of the official trainers that leave no trace in the tensors and change the numbers.
_UNREAD = {
    "model.is_causal": "causal attention in the encoder",
    "model.pred_is_causal": "causal attention in the predictor",
    "model.has_cls_first": "a class token before the others",
    "loss.shift_by_n": "a predictor that looks ahead",
}


def refuse_unread(checkpoint: Checkpoint) -> None:
    """Nothing that only the yaml tells may change the numbers unseen.

    Raises:
        CheckpointError: it tells of such a network.
    """
    for place, what in _UNREAD.items():
        if checkpoint.setting(place):
            fix = "there is no way to read it; if the file beside it is not its own, move that file"
            raise CheckpointError(f"{place} is {checkpoint.setting(place)}: {what} is not read", where=checkpoint.config_path, fix=fix)


@dataclass(frozen=True)
class Trunk:
    """What kernel and blocks of an encoder say, and its heads.

    Args:
        published: the published size, None where the shapes are of none. flat: a kernel without duration, for stills.
    """

    dim: int
    depth: int
    heads: int
    hidden: int
    patch: int
    tubelet: int
    published: Size | None
    flat: bool


def trunk(settings: Settings, names: Names, *, rotary: bool, without: Sequence[str], stills: bool = False) -> Trunk:
    """The sizes of an encoder, each a fact.

    Args:
        rotary: its positions are, which limits the heads. without: names of sizes that this family never had. stills: a kernel without duration will do.

    Raises:
        CheckpointError: the tensors contradict each other, or the yaml tells of a network that is not read.
    """
    checkpoint = settings.request.checkpoint
    refuse_unread(checkpoint)
    kernel = shape_of(checkpoint, names, KERNEL)
    if kernel is None or len(kernel) not in ((4, 5) if stills else (5,)) or kernel[1] != 3 or kernel[-2] != kernel[-1] or min(kernel) < 1:
        raise CheckpointError(f"{KERNEL} is {kernel}, not (dim, 3, tubelet, patch, patch)", where=str(checkpoint.path), fix="open another file")
    flat = len(kernel) == 4
    dim, tubelet, patch = kernel[0], 1 if flat else kernel[2], kernel[-1]
    stack = tower(checkpoint, names, "blocks", dim)
    for name, value in (("patch", patch), ("tubelet", tubelet), ("dim", dim)):
        settings.note(name, value, "read", KERNEL)
    settings.note("depth", stack.depth, "read", "blocks")
    named, size = settings.named_size(dim), by_shape(dim, stack.depth, stack.hidden, without=tuple(without))
    table: tuple[int, Origin, str] | None = None
    if named is not None:
        table = (named[0].heads, "given", named[1])
    elif size is not None:
        table = (size.heads, "inferred", f"published size {size.short}: {dim} wide, {stack.depth} deep")
    heads = settings.heads("heads", dim, rotary=rotary, config=_HEADS, table=table)
    return Trunk(dim, stack.depth, heads, stack.hidden, patch, tubelet, size if patch == 16 else None, flat)


def predictor_tower(request: Request, names: Names, entry: str = "predictor_embed.weight") -> Tower:
    """Width, depth and MLP of a predictor; `entry` is the layer whose rows are its width.

    Raises:
        CheckpointError: it has no such layer, or no blocks.
    """
    embed = shape_of(request.checkpoint, names, entry)
    if embed is None or len(embed) != 2:
        raise CheckpointError(f"the predictor has no {entry}", where=str(request.checkpoint.path), fix='load with parts=("encoder_target",)')
    return tower(request.checkpoint, names, "predictor_blocks", embed[0])


def predictor_heads(settings: Settings, dim: int, *, rotary: bool, table: tuple[int, Origin, str] | None) -> int:
    """The attention heads of a predictor: `table` is the last resort."""
    return settings.heads("predictor_heads", dim, rotary=rotary, config=_PREDICTOR_HEADS, table=table)


def count_mask_tokens(names: Names) -> int:
    """How many learned mask tokens a predictor has."""
    return sum(1 for n in names if n.startswith("mask_tokens.") and n.removeprefix("mask_tokens.").isdigit())


def masks(checkpoint: Checkpoint, place: str = "mask", published: Masks = (SHORT, LONG)) -> Masks:
    """The samplers that the yaml tells of, else the published ones."""
    said = checkpoint.setting(place)
    if not isinstance(said, list) or not said:
        return published
    return tuple(("vjepa_multiblock", renamed(one, _MASK_NAMES)) for one in said if isinstance(one, Mapping))


def note_single_encoder(settings: Settings, found: Mapping[str, Names], groups: Mapping[str, str]) -> None:
    """Say which encoder it is where the file has only one."""
    entries = [g for g, part in groups.items() if part in found and part.startswith("encoder")]
    if len(entries) == 1:
        settings.note("encoder", entries[0], "read", "the only encoder of the file")
