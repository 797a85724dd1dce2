"""PreJEPA of stable-worldmodel, its DINO-WM (arXiv 2411.04983): weights.pt with the whole image encoder in it, and config.json beside it.

Two generations of config.json: the resolved model (`_target_` … PreJEPA), and the whole training configuration. Both are read for their numbers;
no class that they name is imported.
"""

from __future__ import annotations

from collections.abc import Mapping
from math import isqrt
from typing import Any

from workbench.checkpoints import Checkpoint
from workbench.checkpoints.renamed import renamed
from workbench.core.card import Origin
from workbench.core.errors import AmbiguousModel, CheckpointError
from workbench.families.actions import ACTION_OVERRIDES
from workbench.families.frame_world import FrameFamily, RunConfig
from workbench.families.frozen_encoder import FrozenEncoder
from workbench.families.hf_names import IJEPA_KERNEL
from workbench.families.parts import Names
from workbench.families.prepare import Preparation
from workbench.families.prepare_settings import PREPARE_OVERRIDES, settle_preparation
from workbench.families.registry import Request, register
from workbench.families.settings import Settings, size_parser
from workbench.families.world_sizes import JOINED_SIGN, backbone_of, joined_plan, world_groups

_ACTION, _EXTRA = "action", "extra_encoders"
_ORDERS = ("extra_encoders.modules", "model.extra_encoders.modules", "wm.encoding")
_HISTORY = ("history_size", "model.history_size", "wm.history_size", "predictor.num_frames", "model.predictor.num_frames")
_PREDICTOR_HEADS = ("predictor.heads", "model.predictor.heads")
_HEADS = ("encoder.config.num_attention_heads", "model.encoder.config.num_attention_heads")
_PREPARED = "as in training: the ImageNet mean and deviation, also for DINOv2"


def recognise(checkpoint: Checkpoint) -> bool:
    """A whole encoder of Transformers under backbone., beside DINO-WM's predictor."""
    return backbone_of(checkpoint) is not None and JOINED_SIGN in world_groups(checkpoint)["predictor"]


def plan(request: Request) -> FrameFamily:
    """Everything but the weights.

    Raises:
        CheckpointError: the tensors contradict each other, or it takes what cannot be given. AmbiguousModel: the order of its extra inputs is open.
    """
    request.one_file()
    checkpoint, settings = request.checkpoint, Settings(request)
    prefix = backbone_of(checkpoint)
    if prefix is None:
        raise CheckpointError(f"it has no backbone.{IJEPA_KERNEL}", where=str(checkpoint.path), fix="open the whole weights.pt of a PreJEPA")
    extra = _extra(checkpoint)
    order = _order(settings, tuple(extra))
    others = [key for key in order if key != _ACTION]
    if len(others) > 1 or any("latent" in key for key in others):
        what = f"beside frames it takes {', '.join(order)}"
        raise CheckpointError(what, where=str(checkpoint.path), fix="read are those that take action, one state (proprio), both or neither")
    if others:
        settings.note("state", others[0], "read", f"{_EXTRA}.{others[0]}")
    groups = {
        "predictor": world_groups(checkpoint)["predictor"],
        "action_encoder": extra.get(_ACTION, {}),
        "proprio_encoder": extra[others[0]] if others else {},
    }
    first = order[:1] == (_ACTION,)
    world, places = joined_plan(checkpoint, groups, settings, _PREDICTOR_HEADS, passive=True, actions_first=first)
    own = renamed(checkpoint, {name.removeprefix(prefix): name for name in checkpoint.tensors if name.startswith(prefix)})
    notes = "" if world.actions else "It takes no actions: its future is the one that it expects."
    card = {"paper": "arXiv 2411.04983", "notes": notes}
    needed = f"an image encoder whose tokens have {world.features} features"

    def habits(encoder: FrozenEncoder) -> RunConfig:
        return _habits(settings, encoder, places)

    return FrameFamily("prejepa", request, settings, world, habits, needed, card, own, _HEADS, ported=True, normal=False)


def _extra(checkpoint: Checkpoint) -> dict[str, Names]:
    """Key of an extra input -> its encoder's tensors, in the order of the file."""
    found: dict[str, Names] = {}
    for name in checkpoint.tensors:
        group, _, rest = name.partition(".")
        key, _, inner = rest.partition(".")
        if group == _EXTRA and inner:
            found.setdefault(key, {})[inner] = name
    return found


def _order(settings: Settings, keys: tuple[str, ...]) -> tuple[str, ...]:
    """The order in which the features of extra inputs stand behind those of the frame; any other would load whole and compute something else.

    Raises:
        AmbiguousModel: neither config.json nor the file tells. CheckpointError: config.json speaks of other inputs.
    """
    checkpoint = settings.request.checkpoint
    for place in _ORDERS:
        said = checkpoint.setting(place)
        if isinstance(said, Mapping):
            order = tuple(str(key) for key in said)
            if set(order) != set(keys):
                what = f"{place} has {', '.join(order) or 'nothing'}, the file has {', '.join(keys) or 'nothing'}"
                raise CheckpointError(what, where=checkpoint.config_path, fix="put the config.json of this very model there")
            return settings.note("extra inputs", order, "given", f"{place} in config.json") if order else order
    if len(keys) < 2:
        return keys
    if not checkpoint.format.startswith("torch"):
        fix = "put its config.json beside it: safetensors files do not keep the order of names"
        raise AmbiguousModel(f"nothing says in which order {' and '.join(keys)} are used", where=str(checkpoint.path), fix=fix)
    return settings.note("extra inputs", keys, "read", "their order in the file")


def _habits(settings: Settings, encoder: FrozenEncoder, places: int) -> RunConfig:
    checkpoint, patch = settings.request.checkpoint, encoder.config.patch
    if encoder.video:
        raise CheckpointError("PreJEPA takes an image encoder, this one is V-JEPA 2", where=str(checkpoint.path), fix="open another file")
    most = settings.settle(
        "frames",
        parse=lambda value: _history(value, places),
        options=f"give frames=…: history_size of the training; the predictor has {places} places, a square of tokens for each frame",
        standin=1,
        config=_HISTORY,
    )
    side = max(isqrt(places // most), 1)
    table: tuple[Any, Origin, str] = ((side * patch,) * 2, "inferred", f"pos_embedding has {places} places: {most} frames of {side}×{side} tokens")
    size = settings.settle("image_size", parse=size_parser(patch), options=f"multiples of {patch}", standin=None, config=("image_size",), table=table)
    if (size[0] // patch, size[1] // patch) != (side, side):
        what = f"frames of {size[0]}×{size[1]} have {size[0] // patch}×{size[1] // patch} tokens, the predictor has places for {side}×{side}"
        raise CheckpointError(what, where="image_size", fix=f"its frames have {side * patch}×{side * patch} pixels")
    published = Preparation(size, patch, rule="crop", short=min(size), resample="antialiased")
    return RunConfig(settle_preparation(settings, published, why=_PREPARED, origin="assumed"), most, most)


def _history(value: Any, places: int) -> int:
    if isinstance(value, bool) or int(value) != value or value < 1 or places % int(value) or isqrt(places // int(value)) ** 2 != places // int(value):
        raise ValueError(f"{places} places are not {value} frames of a square of tokens")
    return int(value)


register(
    "prejepa",
    signs="an encoder of Transformers under backbone. beside a predictor with pos_embedding and transformer.layers.N.0.to_qkv",
    telling=(f"backbone.{IJEPA_KERNEL}", "predictor.pos_embedding", f"predictor.{JOINED_SIGN}", "extra_encoders.action.patch_embed.weight"),
    recognise=recognise,
    plan=plan,
    overrides={
        "heads": "attention heads of the encoder",
        "predictor_heads": "attention heads of the predictor",
        "image_size": "(height, width) in pixels of a frame",
        "frames": "frames that an answer looks back on (history_size)",
        "state_mean": "mean of each number of a state in training",
        "state_std": "deviation of each number of a state in training",
        **ACTION_OVERRIDES,
        **PREPARE_OVERRIDES,
    },
)
