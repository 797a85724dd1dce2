"""I-JEPA as stable-pretraining trains it (arXiv 2301.08243): a Lightning .ckpt with student, teacher and a predictor of its own.

Its transformers of timm have a class token that the method never uses: tokens are patches alone. Its predictor has positions with the row
first, and layer norms of torch's own ε.
"""

from __future__ import annotations

from dataclasses import replace

from workbench.checkpoints import Checkpoint
from workbench.checkpoints.renamed import Rest, Source, renamed
from workbench.core.errors import CheckpointError
from workbench.families.image_family import KERNEL, image_encoder, settle_size
from workbench.families.parts import Names
from workbench.families.prepare import Preparation
from workbench.families.prepare_settings import IMAGE_OVERRIDES, settle_preparation
from workbench.families.registry import Request, register
from workbench.families.settings import Settings
from workbench.families.vit_family import VitPlan, encoder_names, found_parts, shape_of, tower
from workbench.nn.vit import PredictorConfig

_ENCODERS = {"encoder.student.": "encoder.", "encoder.teacher.": "target_encoder."}
_PREDICTOR = {
    **{"context_proj": "predictor_embed", "output_proj": "predictor_proj", "final_norm": "predictor_norm"},
    **{"blocks": "predictor_blocks", "pos_embed": "predictor_pos_embed"},
}
_EPS, _HEAD_WIDTH = 1e-5, 64
_UNUSED = "a token that this method leaves out"
_TWICE = "the same layer, listed twice"
_REPLACED = "computed and replaced by the mask token"
_HEADS = ("meta.pred_num_heads", "predictor.num_heads")
_PREPARED = "stable-pretraining leaves it to the user's transform; ImageNet's mean and deviation are the custom"


def recognise(checkpoint: Checkpoint) -> bool:
    """A student or teacher of timm beside a predictor with context_proj."""
    return any(f"{who}vit.{KERNEL}" in checkpoint.tensors for who in _ENCODERS) and "predictor.context_proj.weight" in checkpoint.tensors


def plan(request: Request) -> VitPlan:
    """Everything but the weights.

    Raises:
        CheckpointError: the tensors contradict each other. AmbiguousModel: the number of heads is not stated.
    """
    request.one_file()
    request = replace(request, checkpoint=renamed(request.checkpoint, _official(request.checkpoint)))
    found, settings = found_parts(request), Settings(request)
    config = image_encoder(request.checkpoint, encoder_names(request.checkpoint, found, KERNEL), settings)
    size = settle_size(settings, config)
    predictor = _predictor(request, found["masked"], settings) if "masked" in found and request.wants("masked") else None
    published = Preparation(size, config.patch, video=False, resample="antialiased")
    preparation = settle_preparation(settings, published, why=_PREPARED, origin="assumed")
    beside = {"cls_token": _UNUSED, "again.weight": _TWICE, "again.bias": _TWICE}
    ignore = {
        "encoder_context": beside,
        "encoder_target": beside,
        "masked": {"query_proj.weight": _REPLACED, "query_proj.bias": _REPLACED},
    }
    card = {"paper": "arXiv 2301.08243", "loss": "smooth-l1", "samplers": (("ijepa_multiblock", {}),)}
    return VitPlan("spt_ijepa", "I-JEPA", request, found, config, predictor, preparation, settings.close(), card, ignore)


def _official(checkpoint: Checkpoint) -> dict[str, Source]:
    """Official name -> what it stands for in the file; what is no part of the model stands under "beside"."""
    read = (*_ENCODERS, "predictor.")
    found: dict[str, Source] = {f"beside.{name}": name for name in checkpoint.tensors if not name.startswith(read)}
    for theirs, ours in _ENCODERS.items():
        skip = int(f"{theirs}vit.cls_token" in checkpoint.tensors)
        for name in (n for n in checkpoint.tensors if n.startswith(theirs)):
            inner = name.removeprefix(theirs)
            if inner == "vit.pos_embed" and skip:
                found[f"{ours}pos_embed"] = Rest(name, skip)
            elif inner.startswith("vit."):
                found[ours + inner.removeprefix("vit.")] = name
            else:
                found[ours + inner.replace("patch_embed.proj.", "again.")] = name
    for name in (n for n in checkpoint.tensors if n.startswith("predictor.")):
        first, dot, rest = name.removeprefix("predictor.").partition(".")
        found[f"predictor.{_PREDICTOR.get(first, first)}{dot}{rest}"] = name
    return found


def _predictor(request: Request, names: Names, settings: Settings) -> PredictorConfig:
    embed = shape_of(request.checkpoint, names, "predictor_embed.weight")
    if embed is None or len(embed) != 2:
        fix = 'load with parts=("encoder_target",)'
        raise CheckpointError("the predictor has no context_proj.weight", where=str(request.checkpoint.path), fix=fix)
    stack = tower(request.checkpoint, names, "predictor_blocks", embed[0])
    table = (max(1, embed[0] // _HEAD_WIDTH), "inferred", "stable-pretraining's predictor has a head for each 64 features")
    heads = settings.heads("predictor_heads", embed[0], rotary=False, config=_HEADS, table=table)
    return PredictorConfig(embed[0], stack.depth, heads, stack.hidden, eps=_EPS, rows_first=True)


register(
    "spt_ijepa",
    signs="encoder.student.vit and encoder.teacher.vit in timm's names beside predictor.context_proj",
    telling=(f"encoder.student.vit.{KERNEL}", f"encoder.teacher.vit.{KERNEL}", "predictor.context_proj.weight", "predictor.query_proj.weight"),
    recognise=recognise,
    plan=plan,
    overrides={"predictor_heads": "attention heads of the predictor; one for each 64 features unless given", **IMAGE_OVERRIDES},
)
