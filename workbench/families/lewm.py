"""LeWM, LeWorldModel (arXiv 2603.19312), as stable-worldmodel saves it."""

from __future__ import annotations

from functools import partial

from workbench.checkpoints import Checkpoint
from workbench.families.lewm_names import is_lewm, is_pldm
from workbench.families.lewm_plan import LEWM_OVERRIDES, Method, plan
from workbench.families.registry import register

_METHOD = Method("lewm", "LeWM", "arXiv 2603.19312", "no config.json names its class; PLDM has the same tensors and the same arithmetic")


def recognise(checkpoint: Checkpoint) -> bool:
    """See `is_lewm`; and no config.json that names PLDM."""
    return is_lewm(checkpoint) and not is_pldm(checkpoint)


register(
    "lewm",
    signs="encoder.embeddings with action_encoder.patch_embed and predictor.transformer.layers.0.adaLN_modulation beside it",
    telling=(
        "encoder.embeddings.patch_embeddings.projection.weight",
        "action_encoder.patch_embed.weight",
        "predictor.pos_embedding",
        "predictor.transformer.layers.0.adaLN_modulation.1.weight",
    ),
    recognise=recognise,
    plan=partial(plan, _METHOD),
    overrides=LEWM_OVERRIDES,
)
