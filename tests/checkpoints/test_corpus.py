"""A hundred hostile and broken files, opened one after another in one process: each is refused in words, and none of them is run.

That the process lives, with 400 megabytes to spare, is the rest of the claim.
"""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from tests.checkpoints.corpus import CORPUS, PARTIAL
from tests.families.official import GOLDEN
from workbench.core.errors import PartUnavailable
from workbench.families.load import load

_MOST_MEGABYTES = 400
pytestmark = [pytest.mark.slow, pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="makes a pipe")]


_GUARDED = """
import json, os, resource, sys
import torch
from workbench import families
from workbench.core.errors import WorkbenchError
from workbench.families.load import load
from workbench.checkpoints import open_checkpoint

import encodings.cp437  # names of zip entries

paths, most = json.loads(sys.stdin.read()), int(sys.argv[1]) << 20
load(sys.argv[2], heads=4)  # everything that a load imports is imported now
seen = []
WATCHED = ("socket.", "subprocess.", "os.system", "os.exec", "os.posix_spawn", "os.fork", "pickle.", "urllib.", "import", "ctypes.")

def watch(event, arguments):
    writes = event == "open" and (set(str(arguments[1] or "")) & set("wax+") or arguments[2] & (os.O_WRONLY | os.O_RDWR | os.O_CREAT))
    if writes or event.startswith(WATCHED):
        seen.append(f"{event} {arguments[:2]}")

sys.addaudithook(watch)
pages = int(open("/proc/self/statm").read().split()[0]) if sys.platform == "linux" else 0
if pages:
    resource.setrlimit(resource.RLIMIT_AS, (pages * 4096 + most, pages * 4096 + most))
answers = {}
for name, path in paths.items():
    try:
        load(path, **({"heads": 4} if name.startswith("layouts") else {}))
        answers[name] = {"class": "none: it loaded", "what": "", "where": "", "fix": ""}
    except WorkbenchError as error:
        kind = "MemoryError" if isinstance(error.__cause__, MemoryError) else type(error).__name__
        answers[name] = {"class": kind, "what": error.what, "where": error.where, "fix": error.fix}
print(json.dumps({"answers": answers, "seen": seen}))
"""


@pytest.fixture(scope="module")
def opened(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    """What one process said that opened them all, with little memory to spare and an audit hook; and where the files lay."""
    root = tmp_path_factory.mktemp("corpus")
    paths, home = {}, root / "home"
    home.mkdir()
    for i, (name, case) in enumerate(CORPUS.items()):
        (root / str(i)).mkdir()
        paths[name] = str(case.make(root / str(i)))
    command = [sys.executable, "-c", _GUARDED, str(_MOST_MEGABYTES), str(GOLDEN / "ijepa")]
    environment = {**os.environ, "PYTHONPATH": str(Path(__file__).parents[2]), "PYTHONDONTWRITEBYTECODE": "1"}
    given = json.dumps(paths)
    done = subprocess.run(command, input=given, cwd=home, env=environment, capture_output=True, text=True, timeout=300, check=False)
    assert done.returncode == 0, done.stderr[-2000:]
    return {**json.loads(done.stdout), "paths": paths, "left": [p.name for p in home.iterdir()]}


def test_nothing_of_the_corpus_is_run(opened: dict[str, Any]) -> None:
    """No sockets, programs, imports, unpicklers or writing."""
    assert len(CORPUS) > 80
    assert opened["seen"] == []
    assert opened["left"] == []


@pytest.mark.parametrize("name", CORPUS)
def test_a_hostile_or_broken_file_is_refused_in_words(opened: dict[str, Any], name: str) -> None:
    said = opened["answers"][name]
    assert said["class"] in ("CheckpointError", "UnsafeFile", "AmbiguousModel")
    assert re.search(CORPUS[name].words, f"{said['what']} {said['fix']}")
    assert 10 < len(said["what"]) < 1500
    assert said["what"].isprintable(), "what is shown must not steer a terminal"
    assert opened["paths"][name].startswith(said["where"]) or said["where"].startswith(str(Path(opened["paths"][name]).parent))
    assert said["fix"]


@pytest.mark.parametrize("name", PARTIAL)
def test_weights_that_are_broken_load_are_told_and_refused_to_a_measure(name: str, tmp_path: Path) -> None:
    make, part, words = PARTIAL[name]
    jepa = load(make(tmp_path), heads=4)
    assert words in jepa.report.part(part).sentence()
    assert jepa.report.part(part).status != "whole"
    with pytest.raises(PartUnavailable, match=words.partition(":")[0]):
        jepa.report.require(part)
