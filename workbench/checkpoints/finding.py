"""Which file of a folder is the checkpoint, and which yaml or json beside it tells about it."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import yaml

from workbench.core.errors import CheckpointError

SUFFIXES = (".safetensors", ".pt", ".pth", ".pth.tar", ".tar", ".ckpt", ".bin")
# What trainers write beside a model; never the model itself.
_COMPANIONS = ("optimizer", "scheduler", "scaler", "rng_state", "training_args", "decoder")
_CONFIGS = ("params-ijepa.yaml", "params-pretrain.yaml", "config.yaml", "config.yml", "config.json")
_MAX_CONFIG_BYTES = 1 << 20


def find_file(path: Path) -> Path:
    """The file itself, or the one checkpoint of a folder.

    Raises:
        CheckpointError: nothing there, an empty folder, or several checkpoints.
    """
    if path.is_file():
        return path
    if not path.is_dir():
        what = "is neither a file nor a folder" if path.exists() else "does not exist"
        raise CheckpointError(f"{path.name or path} {what}", where=str(path), fix="give the path of a checkpoint file, or of the folder it lies in")
    names = sorted(p.name for p in path.iterdir() if p.is_file())
    found = [n for n in names if n.lower().endswith(SUFFIXES) and not n.lower().startswith(_COMPANIONS)]
    if len(found) == 1:
        return path / found[0]
    if found:
        listed = ", ".join(found[:12]) + (" …" if len(found) > 12 else "")
        raise CheckpointError(f"{len(found)} checkpoints lie in this folder: {listed}", where=str(path), fix=f"choose one, e.g. {path / found[0]}")
    inside = f"it holds {', '.join(names[:5])}" if names else "it is empty"
    raise CheckpointError(f"no checkpoint lies in this folder: {inside}", where=str(path), fix=f"a checkpoint ends in {', '.join(SUFFIXES)}")


def find_config(file: Path) -> tuple[Mapping[str, Any], str]:
    """The settings beside a checkpoint and where they are; ({}, "") without any. Files named after the checkpoint come first.

    Raises:
        CheckpointError: the file beside it is broken or too large.
    """
    stem = file.name
    for suffix in sorted(SUFFIXES, key=len, reverse=True):
        if stem.lower().endswith(suffix):
            stem = stem[: -len(suffix)]
            break
    own = [f"{base}{end}" for base in (file.name, stem) for end in (".yaml", ".yml", ".json")]
    for name in (*own, *_CONFIGS):
        candidate = file.parent / name
        if candidate != file and candidate.is_file():
            return _read_config(candidate), str(candidate)
    return {}, ""


def _read_config(file: Path) -> Mapping[str, Any]:
    size = file.stat().st_size
    if size > _MAX_CONFIG_BYTES:
        raise CheckpointError(f"{file.name} has {size} bytes, settings have at most {_MAX_CONFIG_BYTES}", where=str(file), fix="move it elsewhere")
    try:
        text = file.read_text(encoding="utf-8")
        content = json.loads(text) if file.suffix == ".json" else yaml.safe_load(text)
    except (ValueError, yaml.YAMLError, RecursionError, OSError) as err:
        reason = " ".join(str(err).split())[:200]
        raise CheckpointError(f"{file.name} beside the checkpoint cannot be read: {reason}", where=str(file), fix="mend it, or move it") from err
    if content is None:
        return {}
    if not isinstance(content, Mapping):
        raise CheckpointError(f"{file.name} holds a {type(content).__name__}, not named settings", where=str(file), fix="mend it, or move it")
    return content
