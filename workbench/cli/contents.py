"""A file of Python objects and its conversion, as plain text for the terminal."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from workbench.core.contents import Contents, TensorFacts
from workbench.core.numbers import size_text

_MOST_CLASSES, _MOST_TENSORS, _MOST_SETTINGS, _MOST_GROUPS = 20, 4, 12, 20


def contents_text(contents: Contents) -> str:
    """What the file would run, what can be seen in it without running it, and how to get at it."""
    lines = [contents.path, f"{contents.kind} file · {size_text(contents.bytes)} · described, not loaded: nothing of it was run", ""]
    if contents.classes:
        lines += [*([] if contents.alarming else [f"It {contents.what}.", ""]), *_classes(contents)]
    else:
        lines.append(contents.sentence())
    if contents.damage:
        lines += ["", contents.damage]
    if contents.tensors:
        numbers, seen = sum(_numbers(t) for t in contents.tensors), _count(len(contents.tensors), "tensor", "tensors")
        lines += ["", f"{seen} can be seen, {numbers / 1e6:.2f} M numbers, {size_text(contents.numbers)}:"]
        groups = _groups(contents.tensors)
        lines += [line for group in groups[:_MOST_GROUPS] for line in _group(group)]
        lines += _more(len(groups), _MOST_GROUPS)
    if contents.left_out:
        lines += ["", "Neither weights nor plain data, left out by a conversion:"]
        lines += [f"  {name or 'the file itself'}: {kind}" for name, kind in contents.left_out[:_MOST_CLASSES]]
        lines += _more(len(contents.left_out), _MOST_CLASSES)
    if contents.settings:
        lines += ["", "Plain data:"]
        lines += [f"  {name} = {_short(value)}" for name, value in list(contents.settings.items())[:_MOST_SETTINGS]]
        lines += _more(len(contents.settings), _MOST_SETTINGS)
    return "\n".join([*lines, "", f"→ {contents.advice()}"])


def contents_dict(contents: Contents) -> dict[str, Any]:
    """The same for scripts: kind, bytes, classes, alarming, tensors (name, shape, dtype, bytes), left_out, settings, damage."""
    tensors = [{"name": t.name, "shape": list(t.shape), "dtype": t.dtype, "bytes": t.bytes} for t in contents.tensors]
    left_out = [{"name": name, "class": kind} for name, kind in contents.left_out]
    what = {"kind": contents.kind, "bytes": contents.bytes, "classes": list(contents.classes), "alarming": list(contents.alarming)}
    return {**what, "tensors": tensors, "left_out": left_out, "settings": dict(contents.settings), "damage": contents.damage}


def warning_text(contents: Contents) -> str:
    """What `convert --trust` says before it begins."""
    classes = ", ".join(contents.classes[:5]) + (f" and {len(contents.classes) - 5} more" if len(contents.classes) > 5 else "")
    return (
        f"WARNING: {contents.path} holds Python objects ({classes}).\n"
        "None of their code is run: the tensors are taken from the file's own description, in a process without network.\n"
        "You trust that names and numbers mean what they appear to: code of these classes that would change them when loading is not run either."
    )


def converted_text(path: str, tensors: int, size: int, settings_path: str, left_out: Sequence[tuple[str, str]]) -> str:
    """What a conversion wrote, and what is not in it."""
    lines = [f"wrote {path}: {_count(tensors, 'tensor', 'tensors')}, {size_text(size)}"]
    lines += [f"wrote {settings_path}: the plain data"] if settings_path else []
    return "\n".join([*lines, *(f"left out {name or 'the file itself'}: {why}" for name, why in left_out)])


def _classes(contents: Contents) -> list[str]:
    alarming, ordered = set(contents.alarming), contents.ordered
    lines = [f"To be loaded it would have to call {_count(len(ordered), 'class or function', 'classes and functions')}:"]
    lines += [f"  {c}{'   ← no checkpoint needs this: possibly an attack' if c in alarming else ''}" for c in ordered[:_MOST_CLASSES]]
    return [*lines, *_more(len(ordered), _MOST_CLASSES)]


def _groups(tensors: Sequence[TensorFacts]) -> list[list[TensorFacts]]:
    groups: dict[str, list[TensorFacts]] = {}
    for tensor in tensors:
        groups.setdefault(tensor.name.partition(".")[0], []).append(tensor)
    return list(groups.values())


def _group(tensors: Sequence[TensorFacts]) -> list[str]:
    shown = [f"  {t.name}  {list(t.shape)} {t.dtype}" for t in tensors[:_MOST_TENSORS]]
    rest = tensors[_MOST_TENSORS:]
    return [*shown, f"    … and {len(rest)} more in {tensors[0].name.partition('.')[0]}, {size_text(sum(t.bytes for t in rest))}"] if rest else shown


def _numbers(tensor: TensorFacts) -> int:
    count = 1
    for side in tensor.shape:
        count *= side
    return count


def _more(count: int, most: int) -> list[str]:
    return [f"  … and {count - most} more"] if count > most else []


def _count(count: int, one: str, many: str) -> str:
    return f"{count} {one if count == 1 else many}"


def _short(value: object) -> str:
    text = ascii(value) if isinstance(value, str) and not value.isprintable() else repr(value)
    return text if len(text) <= 100 else f"{text[:100]}…"
