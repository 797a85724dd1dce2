"""Every way in which a file is read, one after another in one process that is watched: `python -m tests.hostile.doors`.

It reads {"paths": {name: path}, "out": folder, "only": {name: doors}} and writes one JSON line a file: {"name", "doors": {door: what it said}, "seconds", "megabytes"}.
A door that takes more than 20 seconds of computing ends the process, also where Python cannot be interrupted; so does one that fills the memory.
"""

from __future__ import annotations

import io
import json
import os
import re
import resource
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, redirect_stderr, redirect_stdout, suppress
from functools import cache
from pathlib import Path
from typing import Any

from tests.boards.asking import asked
from tests.straight import Straight
from workbench import cli, front
from workbench.boards.checkpoint import CheckpointBoard
from workbench.boards.opener import Opener
from workbench.boards.workspace import Workspace
from workbench.checkpoints import describe, open_checkpoint
from workbench.checkpoints.converting import refusal, write
from workbench.core.errors import WorkbenchError

MOST_SECONDS, MOST_MEGABYTES = 20, 1000
WATCHED = ("socket.", "subprocess.", "os.system", "os.exec", "os.posix_spawn", "os.fork", "pickle.find_class", "urllib.", "ctypes.dlopen", "pty.")
_WRITING = os.O_WRONLY | os.O_RDWR | os.O_CREAT


def command(*words: str) -> tuple[int, str, str]:
    """Exit code and what is printed, on streams that take UTF-8 and nothing else."""
    streams = [io.TextIOWrapper(io.BytesIO(), encoding="utf-8") for _ in range(2)]
    with redirect_stdout(streams[0]), redirect_stderr(streams[1]):
        code = cli.main(words)
    texts = []
    for stream in streams:
        stream.flush()
        texts.append(stream.buffer.getvalue().decode("utf-8"))  # type: ignore[attr-defined]
    return code, *texts


def inspected(path: str, out: Path) -> str:
    code, told, error = command("inspect", path)
    assert code in (0, 1, 2), code
    assert (told + error).strip(), "nothing is said"  # a file of pickled objects is refused and described
    assert not re.search(r"[\x00-\x08\x0b-\x1f\x7f]", told + error), "a terminal would be steered"
    return f"exit {code}"


def as_json(path: str, out: Path) -> str:
    code, told, _ = command("inspect", "--json", path)
    said = json.loads(told, parse_constant=_refuse)
    json.dumps(said, ensure_ascii=False).encode("utf-8")  # half a letter has no UTF-8
    assert ("error" in said) == (said.get("family") is None)
    return f"exit {code}"


def _refuse(word: str) -> Any:
    raise ValueError(f"{word} is no JSON")


def converted(path: str, out: Path) -> str:
    return _convert(path, out)


def trusted(path: str, out: Path) -> str:
    return _convert(path, out, "--trust")


def _convert(path: str, out: Path, *trust: str) -> str:
    """By the command where it refuses; what would go on to the process without rights is written here, as it would be there."""
    try:
        contents = describe(path)
    except WorkbenchError:
        contents = None
    if contents is None or refusal(contents) is not None or (contents.classes and not trust):
        code, _, error = command("convert", path, "-o", str(out / "x.safetensors"), *trust)
        assert code == 2
        assert error.startswith(("jepa-workbench: ", "WARNING: "))
        return "refused"
    drafts = out / "tensors", out / "settings"
    try:
        write(Path(contents.path), *drafts)
        open_checkpoint(drafts[0])
    except WorkbenchError as error:
        return f"{type(error).__name__}"
    finally:
        if drafts[1].exists():
            json.loads(drafts[1].read_text(encoding="utf-8"), parse_constant=_refuse)
        for draft in drafts:
            draft.unlink(missing_ok=True)
    return "written"


def loaded(path: str, out: Path) -> str:
    try:
        return front.load(path).card.family
    except WorkbenchError as error:
        found = error
    assert found.what
    assert found.fix, "it says nothing that the user can do"
    assert len(str(found)) < 6000, "it is longer than anyone reads"
    assert found.what.isprintable(), "a terminal would be steered"
    return type(found).__name__


@cache
def page() -> tuple[list[WorkbenchError], Workspace, Opener, CheckpointBoard]:
    """One page for all files, as a user who types one after another: making its views takes as long as reading a file."""
    told: list[WorkbenchError] = []
    space = Workspace(Straight(sent=True), notify=told.append)
    return told, space, Opener(space), CheckpointBoard(space)


def typed(path: str, out: Path) -> str:
    """The app's field: everything that the boards would send to the browser is looked at."""
    told, space, opener, board = page()
    told.clear()
    space.refused = None
    space.subjects.clear()
    dialog = asked(opener.picker.dialog, "show")
    for do in ("choose", "open"):
        asked(dialog, do, path)
    assert (space.facts is None) == bool(told), told
    assert not space.opening
    sent = [
        board.headline.sentence,
        board.headline.detail,
        board.model.model,
        *(getattr(dialog, name) for name in ("said", "about", "controls", "values", "listing", "current")),
    ]
    text = json.dumps(sent, allow_nan=False, ensure_ascii=False).encode("utf-8")
    assert len(text) < 64 << 20, "more than a page can take"
    return type(told[0]).__name__ if told else "shown"


DOORS: dict[str, Callable[[str, Path], str]] = {
    **{"inspect": inspected, "json": as_json, "convert": converted, "trust": trusted, "load": loaded, "app": typed}
}


@contextmanager
def limited() -> Iterator[None]:
    """At most 20 more seconds of computing; the system ends the process otherwise."""
    used = resource.getrusage(resource.RUSAGE_SELF)
    hard = resource.getrlimit(resource.RLIMIT_CPU)[1]
    resource.setrlimit(resource.RLIMIT_CPU, (int(used.ru_utime + used.ru_stime) + MOST_SECONDS + 1, hard))
    yield


def through(name: str, path: str, out: Path, doors: list[str]) -> dict[str, Any]:
    """One file through these doors; "fault: …" where one says anything but words."""
    said: dict[str, str] = {}
    _forget_peak()
    before = time.process_time()
    for door in doors:
        with limited():
            try:
                said[door] = DOORS[door](path, out)
            except Exception as fault:  # what a user would see as a trace
                said[door] = f"fault: {type(fault).__name__}: {str(fault)[:300]}"
    return {"name": name, "doors": said, "seconds": time.process_time() - before, "megabytes": _peak()}


def _forget_peak() -> None:
    with suppress(OSError):
        Path("/proc/self/clear_refs").write_text("5")


def _peak() -> float:
    try:
        found = re.search(r"VmHWM:\s+(\d+) kB", Path("/proc/self/status").read_text())
    except OSError:
        return 0.0
    return int(found.group(1)) / 1e3 if found else 0.0


def watch(seen: list[str], allowed: Path) -> None:
    """From here on note what a file must never make us do."""

    def hook(event: str, arguments: Any) -> None:
        if event.startswith(WATCHED):
            seen.append(f"{event} {str(arguments[:1])[:200]}")
        elif (
            event == "open"
            and isinstance(arguments[2], int)
            and arguments[2] & _WRITING
            and not str(arguments[0]).startswith(
                (str(allowed), "/proc", os.environ.get("JEPA_WORKBENCH_STORE", "/proc"))
            )  # the list of what was opened is ours
        ):
            seen.append(f"writes {str(arguments[0])[:200]}")

    sys.addaudithook(hook)


def main() -> int:
    """Read what is to be done, do it, and tell it line by line."""
    given = json.loads(sys.stdin.read())
    out, seen = Path(given["out"]), list[str]()
    report = os.fdopen(os.dup(1), "w", encoding="utf-8")
    doors = list(DOORS)
    for path in given["warm"]:
        through("warm", path, out, doors)  # what the doors import is imported now
    watch(seen, out)
    for name, path in given["paths"].items():
        report.write(json.dumps({"name": name, "begins": True}) + "\n")
        report.flush()
        answer = through(name, path, out, given["only"].get(name, doors))
        report.write(json.dumps({**answer, "seen": seen[:5]}) + "\n")
        report.flush()
        seen.clear()
    return 0


if __name__ == "__main__":
    sys.exit(main())
