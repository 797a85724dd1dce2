"""PLDM (arXiv 2502.14819), as stable-worldmodel saves it: the tensors of LeWM; only config.json tells which of the two it is."""

from __future__ import annotations

from functools import partial

from workbench.checkpoints import Checkpoint
from workbench.families.lewm_names import is_lewm, is_pldm
from workbench.families.lewm_plan import LEWM_OVERRIDES, Method, plan
from workbench.families.registry import register

_METHOD = Method("pldm", "PLDM", "arXiv 2502.14819", "no config.json names its class; LeWM has the same tensors and the same arithmetic")


def recognise(checkpoint: Checkpoint) -> bool:
    """The tensors of LeWM, with a config.json that names PLDM."""
    return is_lewm(checkpoint) and is_pldm(checkpoint)


register(
    "pldm",
    signs="the tensors of lewm, and a config.json whose _target_ is a PLDM",
    recognise=recognise,
    plan=partial(plan, _METHOD),
    overrides=LEWM_OVERRIDES,
)
