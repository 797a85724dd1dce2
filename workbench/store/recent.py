"""What was opened lately on this machine, so that it can be chosen again."""

from __future__ import annotations

import json
import logging
from contextlib import suppress
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from workbench.store.places import partial, settle, store_folder

log = logging.getLogger("workbench")
_MOST = 12  # of each kind
_MOST_BYTES = 1 << 20
_VERSION = 1


@dataclass(frozen=True)
class Opened:
    """Something that was opened. kind: "model", "data" or "bank". settings: what the user said of a model, as `parse_overrides` reads it."""

    kind: str
    path: str
    settings: str = ""


def recent(kind: str) -> list[Opened]:
    """What was opened of a kind and is still there, the latest first."""
    return [each for each in _read() if each.kind == kind and Path(each.path).exists()]


def remember(opened: Opened) -> None:
    """Put something at the front of the list. Where the disk refuses, the list stays as it was, and the log says so."""
    rest = [each for each in _read() if (each.kind, each.path) != (opened.kind, opened.path)]
    kept = [opened, *(each for each in rest if each.kind == opened.kind)][:_MOST] + [each for each in rest if each.kind != opened.kind]
    place = _place()
    draft = partial(place)
    try:
        place.parent.mkdir(parents=True, exist_ok=True)
        draft.write_text(json.dumps({"version": _VERSION, "opened": [asdict(each) for each in kept]}, ensure_ascii=True), encoding="utf-8")
        draft.chmod(0o600)
        settle(draft, place)
    except OSError as error:
        with suppress(OSError):
            draft.unlink(missing_ok=True)
        log.warning("what was opened is not remembered: %s", error)


def _place() -> Path:
    return store_folder() / "recent.json"


def _read() -> list[Opened]:
    """The list; empty where there is none, or none that can be read."""
    try:
        place = _place()
        said: Any = json.loads(place.read_text(encoding="utf-8")) if place.stat().st_size <= _MOST_BYTES else {}
        return [Opened(str(each["kind"]), str(each["path"]), str(each["settings"])) for each in said["opened"]] if said["version"] == _VERSION else []
    except (OSError, ValueError, LookupError, TypeError):
        return []
