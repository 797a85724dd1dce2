"""A family: files with a tensor named guest."""

from __future__ import annotations

from workbench.checkpoints import Checkpoint
from workbench.families import Request, register, toy
from workbench.model.jepa import Jepa


def recognise(checkpoint: Checkpoint) -> bool:
    """Whether this is a file of ours."""
    return "guest" in checkpoint.tensors


def build(request: Request) -> Jepa:
    """The toy model, whatever the file holds."""
    return toy.build(5)


register("guest", signs="a tensor named guest", recognise=recognise, build=build)
