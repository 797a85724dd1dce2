"""EB-JEPA (facebookresearch/eb_jepa): its three examples, told apart by their tensors.

Image: a small ResNet-18 or a small transformer, trained on CIFAR-10. Video: an encoder that keeps the pixels' grid and a U-Net
that predicts the next frame of Moving MNIST. Actions: an IMPALA encoder and a GRU that predicts where a dot in two rooms goes.
What only the losses use, and heads that were trained beside the model, is named in the report and not read.
"""

from __future__ import annotations

from dataclasses import replace

from workbench.checkpoints import Checkpoint, open_checkpoint
from workbench.checkpoints.merged import merge
from workbench.core.errors import BadInput, CheckpointError
from workbench.families.eb_names import STATE, Sorted, eb_names, kind_of, sorted_names
from workbench.families.eb_plans import Plans, plan_image, plan_rooms, plan_transformer, plan_video
from workbench.families.net_plan import NetPlan
from workbench.families.parts import Names
from workbench.families.prepare_planes import PLANE_OVERRIDES
from workbench.families.registry import Request, register
from workbench.families.settings import Settings
from workbench.families.vit_family import shape_of

_PLANS = {"image": plan_image, "transformer": plan_transformer, "video": plan_video, "rooms": plan_rooms}
_SAYS = {
    "image": "a ResNet with a 3 × 3 stem",
    "transformer": "a torchvision transformer",
    "video": "residual blocks at full size",
    "rooms": "stacks of IMPALA",
}
_FIRST, _LAST = "net.0.weight", "net.2.weight"


def recognise(checkpoint: Checkpoint) -> bool:
    """The encoder of one of the three examples."""
    return kind_of(checkpoint, eb_names(checkpoint)) is not None


def plan(request: Request) -> NetPlan:
    """Everything but the weights.

    Raises:
        CheckpointError: the tensors contradict each other. AmbiguousModel: they leave settings open that are not stated.
        BadInput: an encoder file, or a decoder file for an example that has none.
    """
    kind = kind_of(request.checkpoint, eb_names(request.checkpoint))
    if kind is None:
        raise CheckpointError("none of EB-JEPA's encoders is in it", where=str(request.checkpoint.path), fix="open another file")
    if request.encoder is not None:
        raise BadInput("this family keeps its encoder with the predictor", where="encoder=", fix="leave encoder= out")
    if request.decoder is not None and kind != "video":
        raise BadInput("only EB-JEPA's video example has a decoder", where="decoder=", fix="leave decoder= out")
    if request.decoder is not None:
        request = replace(request, checkpoint=merge(request.checkpoint, decoder=open_checkpoint(request.decoder)))
    names, settings = eb_names(request.checkpoint), Settings(request)
    settings.note("example", kind, "inferred", _SAYS[kind])
    settings.note("encoder", "context", "read", "the one trained encoder; the losses keep it from collapsing, there is no teacher")
    found = sorted_names(request.checkpoint, kind, names)
    if kind == "video":
        found = _with_decoder(request, found)
    return _PLANS[kind](Plans(request, settings, found))


def _with_decoder(request: Request, found: Sorted) -> Sorted:
    """The painter of its own file, or of an entry of this one that is named a decoder.

    Raises:
        CheckpointError: a file was given, and there is none in it.
    """
    checkpoint = request.checkpoint
    own = request.decoder is not None
    for name in checkpoint.tensors:
        group = name.partition(".")[0]
        marked = name.startswith("decoder=") if own else "decoder" in group and "optim" not in group and not name.startswith(f"{STATE}.")
        prefix = name.removesuffix(_FIRST)
        if marked and prefix != name and len(shape_of(checkpoint, {"": name}, "") or ()) == 4 and prefix + _LAST in checkpoint.tensors:
            painter: Names = {n.removeprefix(prefix): n for n in checkpoint.tensors if n.startswith(prefix)}
            used = f"{prefix.partition('.')[0]}:"
            return replace(found, found={**found.found, "decoder": painter}, other=tuple(o for o in found.other if not o.startswith(used)))
    if own:
        fix = f"give the state of an ImageDecoder: {_FIRST} and {_LAST}, both convolutions"
        raise CheckpointError("no decoder of EB-JEPA lies in this file", where=str(request.decoder), fix=fix)
    return found


register(
    "eb_jepa",
    signs="in model_state_dict, encoder.stack_blocks and encoder.mlp, encoder.layer1.conv1, or a backbone with a 3 × 3 conv1 or conv_proj",
    telling=("encoder.layer1.conv1.weight", "encoder.mlp.0.weight", "predictor.rnn.weight_ih_l0"),
    recognise=recognise,
    plan=plan,
    overrides={
        "image_size": "(height, width) in pixels to prepare clips at",
        "frames": "frames of a clip in training; others are welcome",
        "heads": "attention heads of a transformer",
        **PLANE_OVERRIDES,
    },
)
