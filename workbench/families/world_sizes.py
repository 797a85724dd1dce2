"""What the tensors of a predictor of frames say of its sizes: AdaLN of jepa-wms, and DINO-WM's with features side by side."""

from __future__ import annotations

from collections.abc import Mapping

from workbench.checkpoints import Checkpoint
from workbench.core.card import Origin
from workbench.core.errors import CheckpointError
from workbench.families.frame_world import WorldPlan
from workbench.families.hf_names import IJEPA_KERNEL
from workbench.families.parts import Names, names_by_group
from workbench.families.settings import Settings
from workbench.families.vit_family import shape_of, tower
from workbench.nn.adaln import AdaLnConfig
from workbench.nn.dino_wm import DinoWmConfig
from workbench.nn.worlds import AdaLnWorld, DinoWmWorld

ADALN_SIGN = "predictor_blocks.0.adaLN_modulation.1.weight"
JOINED_SIGN = "transformer.layers.0.0.to_qkv.weight"
_BACKBONES = tuple(f"{wrapper}{IJEPA_KERNEL}" for wrapper in ("backbone.", "backbone.backbone."))
_STEP = "patch_embed.weight"
_MASK = "which frames see which: computed here"
_PUBLISHED_HEADS, _PUBLISHED_HEAD = 16, 64
_MOST_BLOCKS, _MOST_NUMBERS, _MOST_WIDTH = 512, 4096, 1 << 16


def world_groups(checkpoint: Checkpoint) -> dict[str, Names]:
    """The entries of a world model, also where an older file calls the encoder of states otherwise."""
    groups = names_by_group(checkpoint)
    if "proprio_encoder" not in groups and _STEP in groups.get("state_encoder", {}):
        groups["proprio_encoder"] = groups["state_encoder"]
    return {group: groups.get(group, {}) for group in ("predictor", "action_encoder", "proprio_encoder")}


def backbone_of(checkpoint: Checkpoint) -> str | None:
    """What stands before the names of a whole encoder of Transformers beside a predictor, as PreJEPA saves it; None where there is none."""
    return next((k.removesuffix(IJEPA_KERNEL) for k in _BACKBONES if k in checkpoint.tensors), None)


def adaln_plan(checkpoint: Checkpoint, groups: Mapping[str, Names], settings: Settings, places: tuple[str, ...]) -> WorldPlan:
    """The sizes of an AdaLN predictor.

    Args:
        places: of the number of heads, in the yaml.

    Raises:
        CheckpointError: the tensors contradict each other, or the state is a token, which is not read.
    """
    names = groups["predictor"]
    embed, action, norm = (shape_of(checkpoint, names, n) for n in ("predictor_embed.weight", "action_encoder.weight", "predictor_norm.weight"))
    whole = embed is not None and action is not None and norm is not None and len(embed) == len(action) == len(norm) + 1 == 2
    if (
        embed is None
        or action is None
        or norm is None
        or not whole
        or not _MOST_WIDTH >= action[0] == norm[0] >= embed[0] > 0 < action[1] <= _MOST_NUMBERS
    ):
        what = f"predictor_embed {embed}, action_encoder {action} and predictor_norm {norm} do not make a predictor"
        raise CheckpointError(what, where=str(checkpoint.path), fix="open another file")
    states, features = _step(checkpoint, groups["proprio_encoder"])
    if any(n.startswith("proprio_encoder.") for n in names) or features != norm[0] - embed[0]:
        what = f"blocks of {norm[0]} features hold {embed[0]} of a token and {norm[0] - embed[0]} of a state, its encoder gives {features}"
        raise CheckpointError(what, where=str(checkpoint.path), fix="predictors that take the state as a token, or not from a file, are not read")
    stack = tower(checkpoint, names, "predictor_blocks", norm[0])
    heads = _adaln_heads(settings, norm[0], embed, stack.depth, places)
    config = AdaLnConfig(embed[1], embed[0], features, stack.depth, heads, stack.hidden, action[1])
    _note(settings, f"AdaLN, {stack.depth} blocks of {norm[0]} features", action[1], states)
    ignore = {"action_encoder.patch_embed.weight": "the predictor encodes actions itself"}
    return WorldPlan(
        _joined(groups), lambda: AdaLnWorld(config, states), embed[1], action[1], states, f"AdaLN predictor, {stack.depth} blocks", ignore
    )


def joined_plan(
    checkpoint: Checkpoint,
    groups: Mapping[str, Names],
    settings: Settings,
    places: tuple[str, ...],
    *,
    passive: bool = False,
    actions_first: bool = False,
) -> tuple[WorldPlan, int]:
    """The sizes of DINO-WM's predictor, and how many places its table has.

    Args:
        places: of the number of heads, in the yaml. passive: it may take no actions. actions_first: their features stand before those of a state.

    Raises:
        CheckpointError: the tensors contradict each other, or action and state are tokens, which is not read.
    """
    names = groups["predictor"]
    table, qkv, fc = (shape_of(checkpoint, names, n) for n in ("pos_embedding", JOINED_SIGN, "transformer.layers.0.1.net.1.weight"))
    whole = table is not None and qkv is not None and fc is not None and len(table) == 3 and len(qkv) == len(fc) == 2
    if table is None or qkv is None or fc is None or not whole or not table[2] == qkv[1] == fc[1] or qkv[0] % 3 or not 0 < qkv[0] <= _MOST_WIDTH:
        what = f"pos_embedding {table}, to_qkv {qkv} and the MLP's first layer {fc} do not make a predictor"
        raise CheckpointError(what, where=str(checkpoint.path), fix="open another file")
    (actions, moved), (states, felt) = (_step(checkpoint, groups[g]) for g in ("action_encoder", "proprio_encoder"))
    if not (actions or passive) or table[2] <= moved + felt:
        what = f"tokens of {table[2]} features cannot hold {moved} of an action and {felt} of a state beside those of the frame"
        raise CheckpointError(what, where=str(checkpoint.path), fix="predictors that take actions as tokens (concat_dim 0) are not read")
    depth = 1 + max(int(n.split(".")[2]) for n in names if n.startswith("transformer.layers.") and n.split(".")[2].isdecimal())
    if depth > _MOST_BLOCKS:
        raise CheckpointError(f"the predictor has a layer {depth - 1}, more than {_MOST_BLOCKS}", where=str(checkpoint.path), fix="open another file")
    heads = _joined_heads(settings, qkv[0] // 3, places)
    config = DinoWmConfig(table[2] - moved - felt, felt, moved, table[1], depth, heads, qkv[0] // 3 // heads, fc[0], actions_first)
    _note(settings, f"as DINO-WM's, {depth} blocks of {table[2]} features", actions, states)
    ignore = {f"predictor.transformer.layers.{i}.0.bias": _MASK for i in range(depth)}
    title = f"DINO-WM predictor, {depth} blocks"
    return WorldPlan(_joined(groups), lambda: DinoWmWorld(config, actions, states), config.features, actions, states, title, ignore), table[1]


def _adaln_heads(settings: Settings, width: int, embed: tuple[int, ...], depth: int, places: tuple[str, ...]) -> int:
    """Unlike elsewhere a head may have an odd number of features: 25 in the published ones."""
    fitting = [h for h in range(1, width + 1) if width % h == 0 and width // h >= 12]

    def parse(value: object) -> int:
        if isinstance(value, bool) or value not in fitting:
            raise ValueError(f"{width} features cannot be cut into {value} heads of at least 12")
        return int(str(value))

    table: tuple[int, Origin, str] | None = None
    if (embed[0], depth) in ((384, 6), (1024, 12)) and width % _PUBLISHED_HEADS == 0:
        table = (_PUBLISHED_HEADS, "inferred", f"published predictor: {depth} blocks, tokens of {embed[0]} features")
    options = f"give predictor_heads=…: {', '.join(map(str, fitting)) or 'no number'} cut {width} features into heads of at least 12"
    return settings.settle("predictor_heads", parse=parse, options=options, standin=(*fitting, 1)[0], config=places, table=table, choices=fitting)


def _joined_heads(settings: Settings, inner: int, places: tuple[str, ...]) -> int:
    fitting = [h for h in range(1, inner + 1) if inner % h == 0]

    def parse(value: object) -> int:
        if isinstance(value, bool) or value not in fitting:
            raise ValueError(f"{inner} features cannot be cut into {value} heads")
        return int(str(value))

    table: tuple[int, Origin, str] | None = None
    if inner == _PUBLISHED_HEADS * _PUBLISHED_HEAD:
        table = (_PUBLISHED_HEADS, "inferred", f"published predictor: {_PUBLISHED_HEADS} heads of {_PUBLISHED_HEAD} features")
    options = f"give predictor_heads=…: {', '.join(map(str, fitting))} divide {inner}"
    return settings.settle("predictor_heads", parse=parse, options=options, standin=1, config=places, table=table)


def _step(checkpoint: Checkpoint, names: Names) -> tuple[int, int]:
    """(numbers, features) of an encoder of actions or states; zeros where there is none."""
    kernel = shape_of(checkpoint, names, _STEP)
    if kernel is None:
        return 0, 0
    if len(kernel) != 3 or kernel[2] != 1 or min(kernel) < 1 or kernel[1] > _MOST_NUMBERS:
        what = f"an encoder of actions or states has {kernel}, not (features, numbers, 1) with at most {_MOST_NUMBERS} numbers"
        raise CheckpointError(what, where=str(checkpoint.path), fix="those over several frames are not read")
    return kernel[1], kernel[0]


def _note(settings: Settings, predictor: str, actions: int, states: int) -> None:
    settings.note("predictor", predictor, "read", "its tensors")
    if actions:
        settings.note("action width", actions, "read", "the encoder of actions")
    if states:
        settings.note("state width", states, "read", "the encoder of proprioception")


def _joined(groups: Mapping[str, Names]) -> Names:
    return {f"{group}.{name}": stored for group, names in groups.items() for name, stored in names.items()}
