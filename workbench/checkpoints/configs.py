"""The yaml or json beside a checkpoint. It comes from where the checkpoint comes from, so it is read with the same care."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import yaml

from workbench.core.errors import CheckpointError

_NAMES = ("params-ijepa.yaml", "params-pretrain.yaml", "config.yaml", "config.yml", "hydra.yaml", "config.json")
_ABOVE = ("checkpoints", "checkpoint", "ckpt", "ckpts")  # in a folder of this name the settings of the run lie one above
_MAX_BYTES = {".json": 1 << 20, ".yaml": 1 << 18, ".yml": 1 << 18}  # yaml is read some thirty times slower
_MAX_NODES, _MAX_LEVELS, _MAX_DIGITS = 100_000, 64, 400
_NUMBERS = ("tag:yaml.org,2002:int", "tag:yaml.org,2002:float")


def find_config(file: Path, stem: str) -> tuple[Mapping[str, Any], str]:
    """The settings beside a checkpoint and where they are; ({}, "") without any. Files named after the checkpoint come first.

    Args:
        stem: the name of the checkpoint without its ending.

    Raises:
        CheckpointError: the file beside it is broken or too large.
    """
    own = [file.parent / f"{base}{end}" for base in dict.fromkeys((file.name, stem)) for end in _MAX_BYTES]
    folders = (file.parent, file.parent.parent) if file.parent.name in _ABOVE else (file.parent,)
    for candidate in (*own, *(folder / name for folder in folders for name in _NAMES)):
        if candidate != file and candidate.is_file():
            return read_config(candidate), str(candidate)
    return {}, ""


def read_config(file: Path, max_bytes: int | None = None) -> Mapping[str, Any]:
    """What one yaml or json says. Aliases that would unfold to more than a hundred thousand values are refused, as are deep nests.

    Args:
        max_bytes: None = what suits settings.

    Raises:
        CheckpointError: broken, too large, or no named settings.
    """
    most = max_bytes or _MAX_BYTES.get(file.suffix.lower(), 1 << 18)
    try:
        size = file.stat().st_size
        if size > most:
            raise CheckpointError(f"{file.name} has {size} bytes, settings have at most {most}", where=str(file), fix="move it elsewhere")
        text = file.read_text(encoding="utf-8")
        content = parse_json(text) if file.suffix.lower() == ".json" else _yaml(text)
    except CheckpointError:
        raise
    except Exception as err:  # readers of foreign bytes raise many types; each becomes a CheckpointError with its cause
        reason = " ".join(str(err).split())[:200] or type(err).__name__
        raise CheckpointError(f"{file.name} beside the checkpoint cannot be read: {reason}", where=str(file), fix="mend it, or move it") from err
    if content is None:
        return {}
    if not isinstance(content, Mapping):
        raise CheckpointError(f"{file.name} holds a {type(content).__name__}, not named settings", where=str(file), fix="mend it, or move it")
    return content


def parse_json(text: str) -> Any:
    """What a JSON says, if it is not nested too deep and has not too many values.

    Raises:
        ValueError: it is, or has, or is no JSON.
    """
    content = json.loads(text)
    _measure(content, lambda value: (*value, *value.values()) if isinstance(value, dict) else value if isinstance(value, list) else (), {})
    return content


def _yaml(text: str) -> Any:
    """Measured before it is built: merges of merges would grow while they are built."""
    loader = yaml.SafeLoader(text)
    try:
        node = loader.get_single_node()
        if node is None:
            return None
        _measure(node, _children, {})
        return loader.construct_document(node)
    finally:
        loader.dispose()


def _children(node: yaml.Node) -> Any:
    if isinstance(node, yaml.ScalarNode) and node.tag in _NUMBERS and len(node.value) > _MAX_DIGITS:
        raise ValueError(f"a number of {len(node.value)} letters")
    if isinstance(node, yaml.MappingNode):
        return [part for pair in node.value for part in pair]
    return node.value if isinstance(node, yaml.SequenceNode) else ()


def _measure(value: Any, children: Any, known: dict[int, tuple[int, int]], level: int = 0) -> tuple[int, int]:
    """How many values it unfolds to, and how many levels deep; each shared part is visited once."""
    if level > _MAX_LEVELS:
        raise ValueError(f"it contains itself, or is nested more than {_MAX_LEVELS} levels deep")
    inner = children(value)
    if not inner:
        return 1, 1
    if id(value) not in known:
        each = [_measure(child, children, known, level + 1) for child in inner]
        known[id(value)] = count, height = 1 + sum(c for c, _ in each), 1 + max(h for _, h in each)
        if height > _MAX_LEVELS:
            raise ValueError(f"it is nested more than {_MAX_LEVELS} levels deep")
        if count > _MAX_NODES:
            raise ValueError(f"it unfolds to more than {_MAX_NODES} values")
    return known[id(value)]
