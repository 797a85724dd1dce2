"""The published sizes: what width, depth and MLP say about the number of heads."""

from __future__ import annotations

from dataclasses import dataclass

from workbench.core.errors import CheckpointError


@dataclass(frozen=True)
class Size:
    """One published vision transformer; `name` as in the yaml files, `short` for the reader."""

    name: str
    short: str
    dim: int
    depth: int
    heads: int
    hidden: int


SIZES = (
    Size("vit_tiny", "ViT-Ti", 192, 12, 3, 768),
    Size("vit_small", "ViT-S", 384, 12, 6, 1536),
    Size("vit_base", "ViT-B", 768, 12, 12, 3072),
    Size("vit_large", "ViT-L", 1024, 24, 16, 4096),
    Size("vit_huge", "ViT-H", 1280, 32, 16, 5120),
    Size("vit_giant", "ViT-g", 1408, 40, 16, 6144),
    Size("vit_giant_xformers", "ViT-g", 1408, 40, 22, 6144),
    Size("vit_gigantic_xformers", "ViT-G", 1664, 48, 26, 8192),
)


def by_shape(dim: int, depth: int, hidden: int, *, without: tuple[str, ...] = ()) -> Size | None:
    """The published size with exactly this width, depth and MLP; None where none was published."""
    return next((s for s in SIZES if (s.dim, s.depth, s.hidden) == (dim, depth, hidden) and s.name not in without), None)


def by_name(name: object, dim: int, where: str) -> Size | None:
    """The published size of a yaml's `model_name`, with or without "_rope"; None where the name is not in the table.

    Raises:
        CheckpointError: the yaml speaks of another width than the tensors have.
    """
    size = next((s for s in SIZES if s.name == str(name).removesuffix("_rope")), None)
    if size is not None and size.dim != dim:
        raise CheckpointError(
            f"model_name {name} is {size.dim} wide, the tensors are {dim} wide", where=where, fix="give heads= yourself, or put the right yaml there"
        )
    return size


def head_options(dim: int, *, rotary: bool) -> tuple[int, ...]:
    """How many heads a width can have. Rotary positions need heads of at least 12 features, an even number."""
    return tuple(h for h in range(1, dim + 1) if dim % h == 0 and (not rotary or (dim // h >= 12 and dim // h % 2 == 0)))
