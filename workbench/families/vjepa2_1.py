"""V-JEPA 2.1: the official .pt with an encoder of four levels, a patch kernel of its own for stills, and a predictor of all levels.

Students carry their EMA copy as `ema_encoder`; what they were taught by is another model, so that they have no targets here. Where
the file has no `encoder`, its EMA copy feeds the predictor, as in the official hub. Rows and columns are stretched to a grid of
256 pixels in the encoder; training did so in the predictor too, the official hub does not: `predictor_rope` says which. On a grid
that is not square the predictor gets the true places of its tokens, where the official one cuts rows from a square.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from functools import partial
from typing import Any

from workbench.checkpoints import Checkpoint
from workbench.core.card import Origin
from workbench.core.clip import Clip
from workbench.core.errors import CheckpointError
from workbench.families.parts import Names, names_by_group
from workbench.families.prepare import Preparation
from workbench.families.prepare_settings import VIDEO_OVERRIDES, settle_preparation
from workbench.families.registry import Request, register
from workbench.families.settings import Settings, frames_parser, size_parser
from workbench.families.video_family import (
    FRAMES,
    KERNEL,
    Trunk,
    count_mask_tokens,
    kind,
    masks,
    note_single_encoder,
    predictor_heads,
    predictor_tower,
    trunk,
)
from workbench.families.vit_family import VitPlan, encoder_names, found_parts, shape_of
from workbench.model.spec import Prepared
from workbench.nn.level_parts import LevelsEncoder, LevelsMasked
from workbench.nn.levels import LevelsConfig, LevelsPredictorConfig

_STILL_KERNEL = "patch_embed_img.proj.weight"
_PUBLISHED_FRAMES, _PUBLISHED_SIDE, _PUBLISHED_RATE = 64, 384, 4.0
_PREPARED = "as the official evaluation"
_TAPS = {12: (2, 5, 8, 11), 24: (5, 11, 17, 23), 40: (9, 19, 29, 39), 48: (11, 23, 37, 47)}
_REACH = {16: 16, 14: 18}  # patch -> side of the grid that places are stretched to
_IMAGE_MASKS = (("vjepa_multiblock", {"blocks": 10, "spatial_scale": (0.15, 0.15)}),)
_ROPES = ("interpolated", "plain")


@dataclass(frozen=True)
class StillsApart(Preparation):
    """As `Preparation`, but a still stays one frame: it has a branch of its own."""

    def sentence(self) -> str:
        """The same in one line, for the card."""
        frames = f"; frames beyond a multiple of {self.tubelet} are dropped" if self.tubelet > 1 else ""
        return f"{Preparation.sentence(replace(self, tubelet=1))}; a still stays one frame{frames}"

    def __call__(self, clips: Sequence[Clip]) -> Prepared:
        """See `Preparation`."""
        if self.tubelet > 1 and clips and all(c.frames == 1 for c in clips):
            return replace(self, tubelet=1)(clips)
        return super().__call__(clips)


def recognise(checkpoint: Checkpoint) -> bool:
    """An encoder with norms for its levels, or with a patch kernel for stills beside the one for video."""
    return kind(checkpoint) == "vjepa2_1"


def plan(request: Request) -> VitPlan:
    """Everything but the weights.

    Raises:
        CheckpointError: the tensors contradict each other. AmbiguousModel: heads, taps or the image size of training are not stated.
    """
    request.one_file()
    stored, settings = names_by_group(request.checkpoint), Settings(request)
    student = bool(stored.get("ema_encoder"))
    groups = {"encoder": "encoder_context", "ema_encoder" if student else "target_encoder": "encoder_target", "predictor": "masked"}
    found = found_parts(request, groups)
    names = encoder_names(request.checkpoint, found, KERNEL)
    c = trunk(settings, names, rotary=True, without=("vit_giant",))
    note_single_encoder(settings, found, groups)
    stand_ins = _stand_ins(settings, found, "ema_encoder" if student else "target_encoder")
    config = _encoder(settings, names, c)
    frames, size = _clip(settings, c)
    predictor = _predictor(settings, found["masked"], config) if "masked" in found and request.wants("masked") else None
    predicting = partial(LevelsMasked, teacher=_has_teacher(settings, predictor, c, student), normed=_normed(settings))
    prepare = StillsApart if config.stills else Preparation
    published = prepare(size, c.patch, c.tubelet, fps=_PUBLISHED_RATE if c.published else None)
    preparation = settle_preparation(settings, published, why=_PREPARED, config={"fps": ("data.fps",)})
    card = {
        "paper": "https://github.com/facebookresearch/vjepa2",
        "loss": "l1",
        "frames": frames,
        "samplers": (*masks(request.checkpoint), *masks(request.checkpoint, "img_mask", _IMAGE_MASKS if config.stills else ())),
        "unit": f"features of {predictor.levels if predictor else 1} levels, each layer-normed",
    }
    plain = VitPlan("vjepa2_1", "V-JEPA 2.1", request, found, config, predictor, preparation, settings.close(), card)
    return replace(plain, groups=groups, encoding=LevelsEncoder, predicting=predicting, stand_ins=stand_ins)


def _has_teacher(settings: Settings, predictor: LevelsPredictorConfig | None, c: Trunk, student: bool) -> bool:
    """The target encoder is what the predictor predicts."""
    if predictor is None or (not student and predictor.features == predictor.levels * c.dim):
        return predictor is not None
    told = "a student's predictor predicts its teacher" if student else f"the predictor gives {predictor.features} features, its levels have other"
    settings.note("teacher", "not in the file", "inferred", f"{told}: there are no targets to compare with")
    return False


def _normed(settings: Settings) -> bool:
    """Training compared layer-normed answers."""
    normed = settings.request.checkpoint.setting("model.normalize_predictor") is True
    if normed:
        settings.note("answers", "layer-normed", "given", "model.normalize_predictor in the yaml")
    return normed


def _stand_ins(settings: Settings, found: Mapping[str, Names], entry: str) -> tuple[tuple[str, str], ...]:
    """Where the file has a predictor and no `encoder`, the EMA copy feeds it."""
    if "masked" not in found or "encoder_context" in found:
        return ()
    settings.note("context encoder", entry, "assumed", "the file has no encoder; the official hub feeds the predictor with this one too")
    return (("encoder_context", "encoder_target"),)


def _encoder(settings: Settings, names: Names, c: Trunk) -> LevelsConfig:
    checkpoint = settings.request.checkpoint
    norms = len({n.split(".")[1] for n in names if n.startswith("norms_block.")})
    stills = shape_of(checkpoint, names, _STILL_KERNEL)
    if norms < 1 or (stills is not None and stills != (c.dim, 3, 1, c.patch, c.patch)):
        what = "it has no norms_block" if norms < 1 else f"{_STILL_KERNEL} is {stills}, not {(c.dim, 3, 1, c.patch, c.patch)}"
        raise CheckpointError(what, where=str(checkpoint.path), fix="open another file")
    known = _TAPS.get(c.depth)
    taps = settings.settle(
        "taps",
        parse=_taps_parser(norms, c.depth),
        options=f"give taps=…: the {norms} blocks of 0 to {c.depth - 1} whose outputs the norms_block are for, from shallow to deep",
        standin=tuple(range(norms)),
        table=(known, "inferred", f"published for {c.depth} blocks") if known and len(known) == norms else None,
    )
    rope = _rope(settings, "encoder_rope", c.patch, "as all published V-JEPA 2.1")
    marks = "video_mod_embed" in names
    sizes = (c.dim, c.depth, c.heads, c.hidden, c.patch, c.tubelet)
    return LevelsConfig(*sizes, taps=taps, reach=rope, stills=stills is not None, marks=marks)


def _taps_parser(norms: int, depth: int) -> Any:
    def parse(value: Any) -> tuple[int, ...]:
        taps = tuple(value)
        plain = all(isinstance(t, int) and not isinstance(t, bool) and 0 <= t < depth for t in taps)
        if not plain or len(taps) != norms or list(taps) != sorted(set(taps)):
            raise ValueError(f"{norms} rising numbers of 0 to {depth - 1} are needed")
        return taps

    return parse


def _rope(settings: Settings, name: str, patch: int, why: str) -> int | None:
    """The grid that rows and columns are stretched to; None: they are not."""
    reach = _REACH.get(patch)

    def parse(value: Any) -> str:
        word = {True: "interpolated", False: "plain"}[value] if isinstance(value, bool) else value
        if word not in _ROPES:
            raise ValueError(f"it is one of {', '.join(_ROPES)}")
        if word == "interpolated" and reach is None:
            raise ValueError(f"places are only stretched with patches of 14 and 16 pixels, not of {patch}")
        return word

    table: tuple[str, Origin, str] = ("interpolated", "assumed", why) if reach else ("plain", "inferred", f"patches of {patch} pixels have no other")
    options = '"interpolated": rows and columns are stretched to the grid of 256 pixels; "plain": they count from 0 up'
    chosen = settings.settle(name, parse=parse, options=options, standin="plain", config=("model.interpolate_rope",), table=table)
    return reach if chosen == "interpolated" else None


def _clip(settings: Settings, c: Trunk) -> tuple[int, tuple[int, int]]:
    """Frames and (height, width) of a clip in training."""
    frames = settings.settle(
        "frames",
        parse=frames_parser(c.tubelet),
        options=f"give frames=…, a multiple of {c.tubelet}: how many a clip had in training",
        standin=c.tubelet,
        config=FRAMES,
        table=(_PUBLISHED_FRAMES, "assumed", "as all published V-JEPA 2.1") if c.published else None,
    )
    size = settings.settle(
        "image_size",
        parse=size_parser(c.patch),
        options=f"give image_size=(height, width) in multiples of {c.patch}",
        standin=(c.patch, c.patch),
        config=("data.crop_size",),
        table=((_PUBLISHED_SIDE, _PUBLISHED_SIDE), "assumed", "as all published V-JEPA 2.1; the encoder takes any size") if c.published else None,
    )
    return frames, size


def _predictor(settings: Settings, names: Names, config: LevelsConfig) -> LevelsPredictorConfig:
    request = settings.request
    deep = shape_of(request.checkpoint, names, "predictor_embed.0.weight")
    stack = predictor_tower(request, names, "predictor_embed.weight" if deep is None else "predictor_embed.2.weight")
    out = shape_of(request.checkpoint, names, "predictor_proj.weight")
    taken = config.dim if deep is None else deep[-1] if len(deep) == 2 else 0
    levels = taken // config.dim
    if taken % config.dim or not (1 if deep is None else 2) <= levels <= len(config.taps) or out is None or len(out) != 2:
        what = f"predictor_embed takes {taken} features and predictor_proj.weight is {out}"
        fix = f"the encoder has {len(config.taps)} levels of {config.dim}; load with parts=('encoder_target',)"
        raise CheckpointError(what, where=str(request.checkpoint.path), fix=fix)
    settings.note("levels", levels, "read", "predictor_embed")
    table: tuple[int, Origin, str] | None = None
    if stack.dim == 384 and stack.depth in (12, 24):
        table = (12, "inferred", f"published predictor: 384 wide, {stack.depth} deep")
    heads = predictor_heads(settings, stack.dim, rotary=True, table=table)
    reach = _rope(
        settings, "predictor_rope", config.patch, "as trained; the official hub builds its predictor plain, which differs off a grid of 256 pixels"
    )
    return LevelsPredictorConfig(
        stack.dim,
        stack.depth,
        heads,
        stack.hidden,
        max(count_mask_tokens(names), 1),
        levels=levels,
        features=out[0],
        reach=reach,
        marks="video_mod_embed" in names,
        answers_context="predictor_proj_context.weight" in names,
    )


register(
    "vjepa2_1",
    signs="encoder, target_encoder or ema_encoder with norms_block or patch_embed_img",
    telling=("patch_embed.proj.weight", "patch_embed_img.proj.weight", "norms_block.0.weight", "blocks.0.attn.qkv.weight"),
    recognise=recognise,
    plan=plan,
    overrides={
        "heads": "attention heads of the encoder",
        "predictor_heads": "attention heads of the predictor",
        "image_size": "(height, width) in pixels to prepare clips at",
        "frames": "frames of a clip in training; others are welcome",
        "taps": "blocks whose outputs are the levels, as in (2, 5, 8, 11)",
        "encoder_rope": '"interpolated" (rows and columns stretched to the grid of 256 pixels, as published) or "plain"',
        "predictor_rope": '"interpolated" (as trained) or "plain" (as the official hub builds it)',
        **VIDEO_OVERRIDES,
    },
)
