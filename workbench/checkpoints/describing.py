"""What a file that holds Python objects would give, without loading it: its classes, its tensors, its plain settings."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from workbench.checkpoints.meaning import Reader, attributes, children, scalar, walk
from workbench.checkpoints.source import Record
from workbench.checkpoints.symbolic import Made
from workbench.checkpoints.torch_file import TorchFile
from workbench.core.contents import Contents
from workbench.core.facts import TensorFacts

_MAX_NAME, _MAX_WORDS = 400, 10_000
_MAX_VALUES, _MAX_LEVELS = 20_000, 24
_PATHS = ("pathlib.PosixPath", "pathlib.WindowsPath", "pathlib.PurePosixPath", "pathlib._local.PosixPath")


def contents_of(found: TorchFile, file: Path) -> tuple[Contents, dict[str, Record], Mapping[str, bytes]]:
    """The description; its tensors, with the places of their numbers; the numbers that lie in the description itself."""
    records, left_out, damage, inline = seen(found)
    size = file.stat().st_size
    tensors = tuple(TensorFacts(name, r.shape, dtype_name(r), r.bytes) for name, r in records.items())
    return Contents(str(file), found.kind, size, found.strange, tensors, left_out, settings_of(found.root), found.damage or damage), records, inline


def seen(found: TorchFile) -> tuple[dict[str, Record], tuple[tuple[str, str], ...], str, Mapping[str, bytes]]:
    """Tensors by name, also those in modules; (name, class) of other objects; what stopped the search, ""; numbers that lie in the pickle."""
    records: dict[str, Record] = {}
    left_out: list[tuple[str, str]] = []
    reader, damage = Reader(), found.damage
    try:
        for name, value in walk(found.root, objects=True):
            record = reader.record(value)
            if record is None:
                if isinstance(value, Made) and not _is_plain(value):
                    left_out.append((name[:_MAX_NAME], value.kind))
            elif clean(name) != name or name in records:
                left_out.append((clean(name), "a tensor under a name that is used twice, or is no name"))
            else:
                records[name] = record
    except (ValueError, RecursionError) as err:
        damage = damage or f"its description ends early: {str(err)[:160]}"
    return records, tuple(left_out), damage, reader.inline


def dtype_name(record: Record) -> str:
    """As in "float32"."""
    return str(record.dtype).removeprefix("torch.")


def clean(text: str) -> str:
    """Words of a file as they may be shown on a terminal: printable, and not endless."""
    text = text if len(text) <= _MAX_NAME else f"{text[:_MAX_NAME]}…"
    return text if text.isprintable() else ascii(text)


def settings_of(root: Any) -> dict[str, object]:
    """The top-level entries that are plain data through and through, epoch and hyper-parameters; omegaconf's containers are unwrapped."""
    settings: dict[str, object] = {}
    inner = children(root, objects=False)
    for key, value in inner if inner is not None and not isinstance(root, list | tuple) else ():
        try:
            settings[clean(str(key))] = _Plain().of(value)
        except (LookupError, ValueError, TypeError, RecursionError):
            continue  # it holds tensors or objects, which are listed elsewhere
    return settings


class _Plain:
    """Turns described values into numbers, words, lists and dicts, up to a limit."""

    def __init__(self) -> None:
        self._left = _MAX_VALUES

    def of(self, value: Any, level: int = 0) -> Any:
        """The value.

        Raises:
            LookupError: it holds a tensor or an unknown object. ValueError: it is too large.
        """
        self._left -= 1
        if self._left < 0 or level > _MAX_LEVELS:
            raise ValueError("too large for settings")
        kind = value.kind if isinstance(value, Made) else ""
        if kind.startswith("omegaconf."):
            inside = attributes(value)
            return self.of(inside.get("_content", inside.get("_val")), level + 1)
        if kind in _PATHS and isinstance(value.args, tuple):
            return "/".join(str(a) for a in value.args)
        inner = attributes(value).items() if kind in ("argparse.Namespace", "types.SimpleNamespace") else children(value, objects=kind != "")
        if inner is None:
            found = scalar(value)
            if isinstance(found, str) and len(found) > _MAX_WORDS:
                raise ValueError("too large for settings")
            return found
        if isinstance(value, list | tuple) or (isinstance(value, Made) and value.members is not None):
            return [self.of(v, level + 1) for _, v in inner]
        return {str(k): self.of(v, level + 1) for k, v in inner}


def _is_plain(value: Made) -> bool:
    try:
        _Plain().of(value)
    except (LookupError, ValueError, TypeError, RecursionError):
        return False
    return True
