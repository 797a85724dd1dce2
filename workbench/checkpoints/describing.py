"""What a file that holds Python objects would give, without loading it: its classes, its tensors, its plain settings."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from contextlib import suppress
from pathlib import Path
from typing import Any

from workbench.checkpoints.meaning import Budget, Reader, attributes, children, is_name, is_plain, scalar, walk
from workbench.checkpoints.source import Record
from workbench.checkpoints.symbolic import MAX_NAME, Made
from workbench.checkpoints.torch_file import TorchFile
from workbench.core.contents import Contents, TensorFacts

_MAX_WORDS, _MAX_PARTS, _MAX_LISTED = 10_000, 64, 1_000
_MAX_VALUES, _MAX_LEVELS = 20_000, 24
_MAX_VALUES_IN_ALL = 5 * _MAX_VALUES  # over all settings of a file
_LETTERS = 64  # that count as one value
_PATHS = ("pathlib.PosixPath", "pathlib.WindowsPath", "pathlib.PurePosixPath", "pathlib._local.PosixPath")


def contents_of(found: TorchFile, file: Path) -> tuple[Contents, dict[str, Record], Mapping[str, bytes]]:
    """The description; its tensors, with the places of their numbers; the numbers that lie in the description itself."""
    records, left_out, damage, inline = seen(found)
    size = file.stat().st_size
    tensors = tuple(TensorFacts(name, r.shape, dtype_name(r), r.bytes) for name, r in records.items())
    contents = Contents(
        str(file),
        found.kind,
        size,
        found.strange,
        tensors,
        left_out,
        settings_of(found.root),
        found.damage or damage,
        single=isinstance(found.root, Made) and not is_plain(found.root.kind),
    )
    return contents, records, inline


def seen(found: TorchFile) -> tuple[dict[str, Record], tuple[tuple[str, str], ...], str, Mapping[str, bytes]]:
    """Tensors by name, also those in modules; (name, class) of other objects; what stopped the search, ""; numbers that lie in the pickle."""
    records: dict[str, Record] = {}
    left_out: list[tuple[str, str]] = []
    unlisted = 0
    reader, budget, damage = Reader(), Budget(_MAX_VALUES_IN_ALL), found.damage
    try:
        for name, value in walk(found.root, objects=True):
            record = reader.record(value)
            if record is not None and clean(name) == name and name not in records:
                records[name] = record
            elif record is None and not (isinstance(value, Made) and not _is_plain(value, budget)):
                continue
            elif len(left_out) < _MAX_LISTED:
                why = value.kind if record is None else "a tensor under a name that is used twice, or is no name"
                left_out.append((clean(name), why))
            else:
                unlisted += 1
    except (ValueError, RecursionError) as err:
        damage = damage or f"its description ends early: {str(err)[:160]}"
    if unlisted:
        left_out.append(("…", f"{unlisted} more objects"))
    return records, tuple(left_out), damage, reader.inline


def dtype_name(record: Record) -> str:
    """As in "float32"."""
    return str(record.dtype).removeprefix("torch.")


def clean(text: str) -> str:
    """Words of a file as they may be shown on a terminal: printable, and at most 1,000 letters long."""
    text = text if len(text) <= MAX_NAME else f"{text[: MAX_NAME - 1]}…"
    return text if text.isprintable() else ascii(text)


def settings_of(root: Any) -> dict[str, object]:
    """The top-level entries that are plain data through and through, epoch and hyper-parameters; omegaconf's containers are unwrapped."""
    settings: dict[str, object] = {}
    budget = Budget(_MAX_VALUES_IN_ALL)
    try:
        for key, value in _top_level(root):
            with suppress(LookupError, ValueError, TypeError, RecursionError):  # it holds tensors or objects, which are listed elsewhere
                settings[clean(str(key))] = _Plain(budget).of(value)
    except ValueError:
        return settings  # it has more entries than are read, which is told as damage
    return settings


def _top_level(root: Any) -> Iterable[tuple[Any, Any]]:
    inner = children(root, objects=False)
    return () if inner is None or isinstance(root, list | tuple) else inner


class _Plain:
    """Turns described values into numbers, words, lists and dicts, up to a limit.

    Args:
        budget: for all values of a file; letters count as well.
    """

    def __init__(self, budget: Budget) -> None:
        self._own, self._budget = Budget(_MAX_VALUES), budget

    def of(self, value: Any, level: int = 0) -> Any:
        """The value.

        Raises:
            LookupError: it holds a tensor or an unknown object. ValueError: it is too large.
        """
        self._spend(1)
        if level > _MAX_LEVELS:
            raise ValueError("too large for settings")
        kind = value.kind if isinstance(value, Made) else ""
        if kind.startswith("omegaconf."):
            inside = attributes(value)
            return self.of(inside.get("_content", inside.get("_val")), level + 1)
        if kind in _PATHS:
            return self._path(value.args)
        inner = attributes(value).items() if kind in ("argparse.Namespace", "types.SimpleNamespace") else self._inside(value, kind)
        if inner is None:
            found = scalar(value)
            return self._words(found) if isinstance(found, str) else found
        if isinstance(value, list | tuple) or (isinstance(value, Made) and value.members is not None):
            return [self.of(v, level + 1) for _, v in inner]
        return {self._words(str(k)): self.of(v, level + 1) for k, v in inner}

    def _inside(self, value: Any, kind: str) -> Iterable[tuple[Any, Any]] | None:
        return children(value, objects=kind != "", budget=self._budget)

    def _path(self, parts: Any) -> str:
        if not isinstance(parts, tuple) or len(parts) > _MAX_PARTS or not all(isinstance(part, str) and is_name(part) for part in parts):
            raise ValueError("a path that is not made of names")
        return self._words("/".join(parts))

    def _words(self, text: str) -> str:
        """The text, in which half a letter of UTF-16 is a question mark: no file and no page can hold it."""
        if len(text) > _MAX_WORDS:
            raise ValueError("too large for settings")
        self._spend(len(text) // _LETTERS)
        return text.encode("utf-8", "replace").decode("utf-8")

    def _spend(self, entries: int) -> None:
        self._own.spend(entries)
        self._budget.spend(entries)


def _is_plain(value: Made, budget: Budget) -> bool:
    try:
        _Plain(budget).of(value)
    except (LookupError, ValueError, TypeError, RecursionError):
        return False
    return True
