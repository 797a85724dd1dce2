"""Folders of Transformers: IJepa* (arXiv 2301.08243) and VJEPA2* (arXiv 2506.09985), read into the modules of the official layout.

Transformers encodes every token and then gathers the context, which has then seen what is to be predicted; here hidden tokens
never enter the encoder. It also counts rows and columns on the trained grid whatever the size; here they are the true ones.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from functools import partial
from math import isqrt
from typing import Any

from jaxtyping import Bool, Float
from torch import Tensor, nn

from workbench.checkpoints import Checkpoint
from workbench.core.card import LoadReport, Origin, PartReport
from workbench.core.errors import CheckpointError
from workbench.families.hf_head import OTHER_HEAD, HeadPlan, VideoHead, plan_head
from workbench.families.hf_names import IJEPA_KERNEL, VJEPA2_KERNEL, bare_names, official
from workbench.families.hf_processor import find_processor, processed, said_size
from workbench.families.parts import Names
from workbench.families.prepare import IMAGENET_MEAN, IMAGENET_STD, Preparation
from workbench.families.prepare_settings import VIDEO_OVERRIDES, settle_preparation
from workbench.families.registry import Request, register
from workbench.families.settings import Settings, frames_parser, settle_side, size_parser
from workbench.families.sizes import by_shape
from workbench.families.video_family import LONG, SHORT
from workbench.families.vit_family import GROUPS, VitPlan, found_parts, shape_of, tower
from workbench.model.jepa import Jepa
from workbench.model.latents import Latents, Space
from workbench.nn.head import AttentiveHead
from workbench.nn.parts import VitEncoder, VitMasked, layer_norm
from workbench.nn.vit import PredictorConfig, VitConfig

_KERNEL = "patch_embed.proj.weight"
_RATE = 4.0
_DEFAULTS = {  # of the classes of Transformers, where config.json leaves one out
    "ijepa": {"num_attention_heads": 12, "layer_norm_eps": 1e-12, "image_size": 224},
    "vjepa2": {"num_attention_heads": 16, "pred_num_attention_heads": 12, "layer_norm_eps": 1e-6, "crop_size": 256, "frames_per_clip": 64},
}
_CLASSES = {"ijepa": "IJepaConfig", "vjepa2": "VJEPA2Config"}
_MUST = {"hidden_act": "gelu", "qkv_bias": True, "num_channels": 3, "in_chans": 3}  # what the modules are built for, and all published models are
_ALONE = "The trained encoder alone: the folder holds neither its EMA copy nor the predictor."
_SELF_TAUGHT = (
    "The folder holds no EMA teacher: targets are the same encoder's own output, layer-normed. Hidden tokens never enter the encoder; "
    "Transformers gathers the context after it has seen everything, and so its error is smaller."
)
_HEAD = "a head for labels, trained on top: no part of a JEPA"
_GROUPS = {**GROUPS, "head": "head"}
_UNUSED = {"classifier.": _HEAD, "pooler.": _HEAD, "embeddings.mask_token": "a token for painted-out pixels, which a JEPA has no use for"}


def recognise(checkpoint: Checkpoint) -> bool:
    """The patch kernel of IJepa* without a class token, or that of VJEPA2*."""
    return _kind(checkpoint) is not None


def _kind(checkpoint: Checkpoint) -> str | None:
    names = bare_names(checkpoint)
    ranks = {n: len(checkpoint.tensors[names[n]].shape) for n in (IJEPA_KERNEL, VJEPA2_KERNEL) if n in names}
    if ranks.get(VJEPA2_KERNEL) == 5:
        return "vjepa2"
    return "ijepa" if ranks.get(IJEPA_KERNEL) == 4 and "embeddings.cls_token" not in names else None


@dataclass(frozen=True, eq=False)
class HuggingFacePlan(VitPlan):
    """A plan whose one encoder also makes the targets."""

    head: HeadPlan | None = None

    def makers(self) -> dict[str, Callable[[], nn.Module]]:
        """See `VitPlan.makers`; with the head for labels."""
        own = {"head": self.head.make} if self.head is not None and "head" in self.found and self.request.wants("head") else {}
        return super().makers() | own

    def _assemble(self, modules: Mapping[str, nn.Module], hashes: Mapping[str, str], report: LoadReport, name: str) -> Jepa:
        jepa, net = super()._assemble(modules, hashes, report, name), modules.get("head")
        fed = isinstance(jepa.encoder, VitEncoder) and "context" in jepa.encoder.weights
        if self.head is None or not isinstance(net, AttentiveHead) or not isinstance(jepa.encoder, VitEncoder) or not fed:
            return jepa
        return replace(jepa, head=VideoHead(jepa.encoder, net, self.head.labels))

    def report(self, parts: Mapping[str, PartReport] | None = None) -> LoadReport:
        """See `VitPlan.report`; the encoder of the file stands in for the teacher that it lacks."""
        report = self._served(super().report(parts))
        if self.head is not None or "head" not in self.found or not self.request.wants("head"):
            return report
        left = PartReport("head", ignored=((f"{len(self.found['head'])} tensors", OTHER_HEAD),))
        return replace(report, parts=tuple(left if p.name == "head" else p for p in report.parts))

    def untrained(self, seed: int) -> Jepa:
        """See `VitPlan.untrained`."""
        twin = super().untrained(seed)
        return replace(twin, report=self._served(twin.report))

    def _served(self, report: LoadReport) -> LoadReport:
        return replace(report, stand_ins=(("encoder_target", "encoder_context"),)) if self.predictor is not None else report


class OwnTeacher(VitMasked):
    """A predictor whose targets are its own encoder's, layer-normed: the files hold no EMA teacher."""

    def __init__(self, encoder: Any, predictor: Any, default_token: int = 0) -> None:
        super().__init__(encoder, predictor, default_token)
        self.space = encoder.spaces["context"] + "+layernorm"

    def targets(
        self, video: Float[Tensor, "batch channels frames height width"], visible: Bool[Tensor, "batch ticks rows cols"] | None = None
    ) -> Latents | None:
        """See `MaskedPredictor.targets`."""
        full = self.encoder.encode(video, weights="context", visible=visible)
        return Latents(layer_norm(full.tokens), full.grid, Space("target", self.space))


def plan(request: Request) -> HuggingFacePlan:
    """Everything but the weights.

    Raises:
        CheckpointError: tensors and json contradict each other. AmbiguousModel: the number of heads, or the image size, is not stated.
    """
    request.one_file()
    kind = _kind(request.checkpoint)
    if kind is None:
        raise CheckpointError(
            "it has no patch kernel of IJepa or VJEPA2", where=str(request.checkpoint.path), fix=f"looked for {IJEPA_KERNEL}, {VJEPA2_KERNEL}"
        )
    _check(request.checkpoint)
    seen = replace(request, checkpoint=official(request.checkpoint, video=kind == "vjepa2"))
    found, settings = found_parts(seen, _GROUPS if kind == "vjepa2" else GROUPS), Settings(seen)
    settings.note("encoder", "context", "assumed", "Transformers' conversion took the trained encoder, not its EMA copy")
    config = _encoder(seen.checkpoint, found["encoder_context"], settings, kind)
    ignore = {"encoder_context": {n: why for n in found["encoder_context"] for start, why in _UNUSED.items() if n.startswith(start)}}
    make = partial(HuggingFacePlan, "huggingface", request=seen, found=found, config=config, ignore=ignore, groups=_GROUPS)
    if kind == "ijepa":
        preparation = _image(seen.checkpoint, config, settings)
        card = {"paper": "arXiv 2301.08243", "notes": _notes(settings, _ALONE)}
        return make("I-JEPA", predictor=None, preparation=preparation, facts=settings.close(), card=card)
    predictor = _predictor(seen.checkpoint, found["masked"], settings) if "masked" in found and seen.wants("masked") else None
    frames, preparation = _video(seen.checkpoint, config, settings)
    if predictor is not None:
        settings.note("targets", "by the same encoder, layer-normed", "assumed", "the file has no EMA teacher; training compared with one")
        settings.note("masking", "before the blocks", "assumed", "as in training; Transformers gathers the context after it has seen everything")
    notes = _notes(settings, _SELF_TAUGHT if predictor is not None else "")
    card = {"paper": "arXiv 2506.09985", "loss": "l1", "frames": frames, "samplers": (SHORT, LONG), "notes": notes}
    head = plan_head(seen.checkpoint, found["head"], settings, config) if "head" in found and seen.wants("head") else None
    facts = settings.close()
    return make("V-JEPA 2", head=head, predictor=predictor, preparation=preparation, facts=facts, card=card, default_token=1, predicting=OwnTeacher)


def _notes(settings: Settings, first: str) -> str:
    """What the card says: of the encoder, and of pixels that are not normalised as in training."""
    odd = next((f for f in settings.facts if f.name == "normalisation"), None)
    return " ".join([first] * bool(first) + ([] if odd is None else [f"Its pixels are not normalised as in training: {odd.why}."]))


def _check(checkpoint: Checkpoint) -> None:
    """What would load whole and compute something else is refused."""
    for name, wanted in _MUST.items():
        said = checkpoint.setting(name)
        if said not in (None, wanted):
            raise CheckpointError(
                f"{name} is {said!r}, only {wanted!r} is read", where=checkpoint.config_path, fix="no published I-JEPA or V-JEPA 2 has it so"
            )


def _default(checkpoint: Checkpoint, kind: str, name: str) -> tuple[Any, Origin, str] | None:
    """What the class of Transformers takes where config.json is silent; None where there is no such json."""
    if checkpoint.setting("model_type") != kind:
        return None
    return _DEFAULTS[kind][name], "inferred", f"not in config.json: the default of {_CLASSES[kind]}"


def _encoder(checkpoint: Checkpoint, names: Names, settings: Settings, kind: str) -> VitConfig:
    kernel: tuple[int, ...] = shape_of(checkpoint, names, _KERNEL) or ()
    if len(kernel) < 4 or kernel[1] != 3 or kernel[-1] != kernel[-2] or min(kernel) < 1:
        raise CheckpointError(f"the patch kernel is {kernel}: not of 3 colours and square", where=str(checkpoint.path), fix="open another file")
    dim, patch, tubelet = kernel[0], kernel[-1], kernel[2] if kind == "vjepa2" else 1
    table = _table(checkpoint, names, dim) if kind == "ijepa" else None
    trained = [("image_size", table[0] * patch)] if table is not None else []
    for name, found in (("hidden_size", dim), ("patch_size", patch), ("tubelet_size", tubelet), *trained):
        said = checkpoint.setting(name)
        if said not in (None, found, [found, found]):
            fix = "put the config.json of this very model there"
            raise CheckpointError(f"config.json says {name} {said!r:.80}, the tensors say {found}", where=checkpoint.config_path, fix=fix)
    for name, value in (("patch", patch), ("tubelet", tubelet), ("dim", dim)):
        settings.note(name, value, "read", _KERNEL)
    stack = tower(checkpoint, names, "blocks", dim)
    depth = settings.settle(
        "depth", parse=_count, options="a number of blocks", standin=0, config=("num_hidden_layers",), table=(stack.depth, "read", "blocks")
    )
    size = by_shape(dim, stack.depth, stack.hidden, without=("vit_giant_xformers", "vit_gigantic_xformers") if kind == "ijepa" else ("vit_giant",))
    inferred: tuple[int, Origin, str] | None = None
    if size is not None:
        inferred = (size.heads, "inferred", f"published size {size.short}: {dim} wide, {stack.depth} deep")
    usual = _default(checkpoint, kind, "num_attention_heads") or inferred
    heads = settings.heads("heads", dim, rotary=kind == "vjepa2", config=("num_attention_heads",), table=usual)
    eps = _epsilon(checkpoint, settings, kind, published=size is not None)
    return VitConfig(dim, depth, heads, stack.hidden, patch, tubelet, table=table, eps=eps)


def _table(checkpoint: Checkpoint, names: Names, dim: int) -> tuple[int, int]:
    places = shape_of(checkpoint, names, "pos_embed") or ()
    if len(places) != 3 or isqrt(places[1]) ** 2 != places[1] or places[1] < 1 or places[2] != dim:
        what = f"position_embeddings is {places}, not (1, side², {dim}): a square of positions"
        raise CheckpointError(what, where=str(checkpoint.path), fix="open another file")
    return isqrt(places[1]), isqrt(places[1])


def _epsilon(checkpoint: Checkpoint, settings: Settings, kind: str, *, published: bool) -> float:
    usual: tuple[float, Origin, str] | None = (1e-6, "inferred", "as all published models") if published else None
    return settings.settle(
        "layer_norm_eps",
        parse=_epsilon_of,
        options="give layer_norm_eps=…: 1e-6 in what Meta trained, 1e-12 in an IJepaConfig that was not told otherwise",
        standin=1e-6,
        config=("layer_norm_eps",),
        table=_default(checkpoint, kind, "layer_norm_eps") or usual,
    )


def _predictor(checkpoint: Checkpoint, names: Names, settings: Settings) -> PredictorConfig:
    embed = shape_of(checkpoint, names, "predictor_embed.weight")
    if embed is None or len(embed) != 2:
        fix = 'load with parts=("encoder_context",)'
        raise CheckpointError("the predictor has no predictor.embeddings.predictor_embeddings.weight", where=str(checkpoint.path), fix=fix)
    stack = tower(checkpoint, names, "predictor_blocks", embed[0])
    options, place = "a number of blocks", ("pred_num_hidden_layers",)
    table = (stack.depth, "read", "predictor_blocks")
    depth = settings.settle("predictor_depth", parse=_count, options=options, standin=0, config=place, table=table)
    usual: tuple[int, Origin, str] | None = (12, "inferred", "published predictor: 384 wide, 12 deep") if (embed[0], depth) == (384, 12) else None
    known = _default(checkpoint, "vjepa2", "pred_num_attention_heads") or usual
    heads = settings.heads("predictor_heads", embed[0], rotary=True, config=("pred_num_attention_heads",), table=known)
    tokens = sum(1 for n in names if n.startswith("mask_tokens."))
    return PredictorConfig(embed[0], depth, heads, stack.hidden, max(tokens, 1))


def _image(checkpoint: Checkpoint, config: VitConfig, settings: Settings) -> Preparation:
    side = config.table[0] if config.table else 0
    size = settle_side(settings, config.patch, (side, side), "position_embeddings", "bicubic, as Transformers with interpolate_pos_encoding=True")
    return _prepared(checkpoint, settings, Preparation(size, config.patch, video=False, resample="antialiased"))


def _video(checkpoint: Checkpoint, config: VitConfig, settings: Settings) -> tuple[int, Preparation]:
    frames = settings.settle(
        "frames",
        parse=frames_parser(config.tubelet),
        options=f"give frames=…, a multiple of {config.tubelet}: how many a clip had in training",
        standin=config.tubelet,
        config=("frames_per_clip",),
        table=_default(checkpoint, "vjepa2", "frames_per_clip"),
    )
    parse, options = size_parser(config.patch), f"give image_size=(height, width) in multiples of {config.patch}"
    usual, standin = _default(checkpoint, "vjepa2", "crop_size"), (config.patch, config.patch)
    size = settings.settle("image_size", parse=parse, options=options, standin=standin, config=("crop_size",), table=usual)
    trained = checkpoint.setting("crop_size")
    if trained is not None and size != parse(trained):
        why = f"Transformers would count rows and columns on the grid of {trained} pixels, which is off at this size"
        settings.note("positions", "the true rows and columns", "assumed", why)
    return frames, _prepared(checkpoint, settings, Preparation(size, config.patch, config.tubelet, resample="antialiased", fps=_RATE))


def _prepared(checkpoint: Checkpoint, settings: Settings, published: Preparation) -> Preparation:
    """What the processor's json says, with a warning where it is not what the model was trained with."""
    said, name = find_processor(checkpoint, video=published.video)
    rate: tuple[Origin, str] = ("assumed", "as V-JEPA 2 was trained")
    if not name:
        return settle_preparation(settings, published, why="no processor's json: as trained", origin="assumed", origins={"fps": rate})
    asked = processed(said, str(checkpoint.path.parent / name), published)
    done = settle_preparation(settings, asked, why=name, origin="given", origins={"fps": rate})
    said_so = any(settings.request.overrides.get(n) is not None for n in ("mean", "std"))
    if not said_so and (done.mean, done.std) != (IMAGENET_MEAN, IMAGENET_STD):
        why = f"training used mean={IMAGENET_MEAN} std={IMAGENET_STD}: give these if the json was written by a converter's default"
        settings.note("normalisation", "not as trained", "assumed", why)
    made = said_size(said)
    if made is not None and made != done.size:
        settings.note("processor size", made, "given", f"in {name}; not used: clips are prepared at {done.size[0]}×{done.size[1]}")
    return done


def _count(value: Any) -> int:
    if isinstance(value, bool) or int(value) != value or not 0 < value <= 512:
        raise ValueError("a number of blocks is from 1 to 512")
    return int(value)


def _epsilon_of(value: Any) -> float:
    if isinstance(value, bool) or not 0 < float(value) < 0.1:
        raise ValueError("an epsilon is a small number above 0")
    return float(value)


register(
    "huggingface",
    signs=f"{IJEPA_KERNEL} of 4 dimensions without embeddings.cls_token, or {VJEPA2_KERNEL} of 5; also under ijepa. or vjepa2.",
    telling=(
        "embeddings.patch_embeddings.projection.weight",
        "embeddings.position_embeddings",
        "encoder.layer.0.layernorm_before.weight",
        "layernorm.weight",
    ),
    recognise=recognise,
    plan=plan,
    overrides={
        "heads": "attention heads of the encoder",
        "predictor_heads": "attention heads of the predictor",
        "image_size": "(height, width) in pixels to prepare clips at",
        "frames": "frames of a clip in training; others are welcome",
        "layer_norm_eps": "epsilon of every layer norm",
        **VIDEO_OVERRIDES,
    },
)
