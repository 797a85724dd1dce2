"""Several files seen as one checkpoint: for models whose parts were published apart."""

from __future__ import annotations

from dataclasses import replace

from torch import Tensor

from workbench.checkpoints.checkpoint import Checkpoint


def merge(main: Checkpoint, **others: Checkpoint) -> Checkpoint:
    """The main file and, under names like "encoder=cls_token", what lies in the others. Settings are those beside the main file.

    Args:
        others: what a file is for -> the file.
    """
    tensors, homes = dict(main.tensors), {name: (main, name) for name in main.tensors}
    for purpose, other in others.items():
        for inner, info in other.tensors.items():
            name = f"{purpose}={inner}"
            tensors[name], homes[name] = replace(info, name=name), (other, inner)

    def stored(name: str) -> Tensor:
        home, inner = homes[name]
        return home.value(inner)

    size = sum({file.path: file.bytes for file in (main, *others.values())}.values())
    return replace(main, tensors=tensors, stored=stored, bytes=size)
