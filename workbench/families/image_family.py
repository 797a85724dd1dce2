"""What the I-JEPAs share: the sizes of their encoder, and the size of their images."""

from __future__ import annotations

from math import isqrt

from workbench.checkpoints import Checkpoint
from workbench.core.card import Origin
from workbench.core.errors import CheckpointError
from workbench.families.parts import Names
from workbench.families.settings import Settings, settle_side
from workbench.families.sizes import by_shape
from workbench.families.vit_family import shape_of, tower
from workbench.nn.vit import VitConfig

KERNEL = "patch_embed.proj.weight"
_HEADS = ("meta.num_heads", "model.num_heads", "model_args.num_heads", "jepa.enc.n_head")


def image_encoder(checkpoint: Checkpoint, names: Names, settings: Settings) -> VitConfig:
    """The sizes of an image encoder without a class token, each a fact.

    Raises:
        CheckpointError: the tensors contradict each other.
    """
    kernel, places = shape_of(checkpoint, names, KERNEL), shape_of(checkpoint, names, "pos_embed")
    if kernel is None or len(kernel) != 4 or kernel[1] != 3 or kernel[2] != kernel[3] or min(kernel) < 1:
        raise CheckpointError(f"{KERNEL} is {kernel}, not (dim, 3, patch, patch)", where=str(checkpoint.path), fix="open another file")
    if places is None or len(places) != 3 or isqrt(places[1]) ** 2 != places[1] or places[2] != kernel[0]:
        raise CheckpointError(
            f"pos_embed is {places}, not (1, side², {kernel[0]}): a square of positions", where=str(checkpoint.path), fix="open another file"
        )
    dim, patch, side = kernel[0], kernel[2], isqrt(places[1])
    stack = tower(checkpoint, names, "blocks", dim)
    for name, value, why in (("patch", patch, KERNEL), ("dim", dim, KERNEL), ("depth", stack.depth, "blocks")):
        settings.note(name, value, "read", why)
    named = settings.named_size(dim)
    size = by_shape(dim, stack.depth, stack.hidden, without=("vit_giant_xformers", "vit_gigantic_xformers"))
    table: tuple[int, Origin, str] | None = None
    if named is not None:
        table = (named[0].heads, "given", named[1])
    elif size is not None:
        table = (size.heads, "inferred", f"published size {size.short}: {dim} wide, {stack.depth} deep")
    heads = settings.heads("heads", dim, rotary=False, config=_HEADS, table=table)
    return VitConfig(dim, stack.depth, heads, stack.hidden, patch, table=(side, side))


def settle_size(settings: Settings, config: VitConfig) -> tuple[int, int]:
    """(height, width) that images are prepared at: the trained one, or another with the position table resized."""
    side = config.table[0] if config.table else 0
    return settle_side(settings, config.patch, (side, side), "pos_embed", "bicubic, as the Hugging Face port; the official code has no way")
