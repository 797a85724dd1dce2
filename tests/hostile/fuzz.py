"""Good files of nine sources with bytes changed, by seed: `python -m tests.hostile.fuzz SEED COUNT` tells in one JSON line what came of them."""

from __future__ import annotations

import io
import json
import pickle
import pickletools
import random
import shutil
import sys
import tempfile
import zipfile
from collections import Counter
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import torch
from safetensors.torch import save_file

from tests.checkpoints import pickled
from tests.families.official import GOLDEN
from tests.hostile.building import opcode
from tests.hostile.guarding import through_doors

_AT_ONCE = 500
_OPCODES = [opcode(code.name) for code in pickletools.opcodes]
_INTERESTING = (
    b"\x00",
    b"\xff",
    b"\x7f",
    b"\x80",
    b"\xff\xff\xff\xff",
    b"\x00\x00\x00\x80",
    b"\xff" * 8,
    b"PK\x01\x02",
    b'"',
    b"{",
    b"\\ud800",
    b"-1",
    b"1e999",
)


def plain(path: Path) -> None:
    torch.save(
        {"encoder": {"norm.weight": torch.arange(4.0), "norm.bias": torch.zeros(4)}, "epoch": 3, "args": {"lr": 0.1, "names": ["a", "b"]}}, path
    )


def older(path: Path) -> None:
    torch.save({"encoder": {"norm.weight": torch.arange(4.0)}, "epoch": 3}, path, _use_new_zipfile_serialization=False)


def arrays(path: Path) -> None:
    torch.save({"w": np.arange(6.0).reshape(2, 3), "step": np.float32(3), "t": torch.zeros(2, dtype=torch.bfloat16)}, path)


def bare(path: Path) -> None:
    path.write_bytes(pickle.dumps({"model": random.Random(0), "epoch": 3}, protocol=0))


def headed(path: Path) -> None:
    save_file({"a.weight": torch.zeros(3, 2), "a.bias": torch.ones(2).half(), "n": torch.tensor(3)}, path, {"format": "pt"})


def golden(path: Path) -> None:
    """With its settings beside it, which are changed as well."""
    shutil.copy(GOLDEN / "lewm" / "weights.pt", path)
    shutil.copy(GOLDEN / "lewm" / "config.json", path.parent)


SOURCES: dict[str, Callable[[Path], Any]] = {
    **{"plain": plain, "older": older, "arrays": arrays, "bare": bare, "safetensors": headed, "golden": golden},
    **{"lightning": pickled.lightning, "dino_wm": pickled.dino_wm, "lewm, older": lambda path: pickled.lewm_object(path, legacy=True)},
}


def changed(content: bytes, rng: random.Random) -> bytes:
    """The same bytes with one to four changes: bits turned, bytes put in, left out, repeated, or cut off."""
    data = bytearray(content)
    for _ in range(rng.randint(1, 4)):
        if not data:
            break
        at = rng.randrange(len(data))
        match rng.randrange(7):
            case 0:
                data[at] ^= 1 << rng.randrange(8)
            case 1:
                data[at] = rng.randrange(256)
            case 2:
                new = rng.choice(_INTERESTING)
                data[at : at + len(new)] = new
            case 3:
                data[at:at] = rng.choice(_OPCODES)
            case 4:
                del data[at : at + rng.randint(1, 40)]
            case 5:
                data[at:at] = data[rng.randrange(len(data)) :][: rng.randint(1, 200)]
            case _:
                data[at : at + 1] = rng.choice(_OPCODES)
    return bytes(data if rng.random() > 0.05 else data[: rng.randrange(len(data) + 1)])


def mutated(content: bytes, rng: random.Random) -> bytes:
    """Of an archive mostly its pickle is changed, and the archive written anew, so that the damage is not seen at once."""
    if not content.startswith(b"PK") or rng.random() < 0.25:
        return changed(content, rng)
    out = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(content)) as source, zipfile.ZipFile(out, "w") as target:
        for entry in source.infolist():
            inside = source.read(entry)
            target.writestr(entry.filename, changed(inside, rng) if entry.filename.endswith("data.pkl") else inside)
    return out.getvalue()


def made(seed: int, count: int, root: Path) -> dict[str, str]:
    """Files of every source in turn, each in a folder of its own."""
    whole: dict[str, Path] = {}
    for number, (name, make) in enumerate(SOURCES.items()):
        folder = root / f"source{number}"
        folder.mkdir()
        make(folder / "model.pt")
        whole[name] = folder
    paths: dict[str, str] = {}
    for number in range(count):
        rng = random.Random(f"{seed} {number}")
        name = list(SOURCES)[number % len(SOURCES)]
        folder = root / f"f{number}"
        shutil.copytree(whole[name], folder)
        beside = sorted(p for p in folder.iterdir() if p.name != "model.pt")
        chosen = rng.choice(beside) if beside and rng.random() < 0.5 else folder / "model.pt"
        chosen.write_bytes(mutated(chosen.read_bytes(), rng))
        paths[f"{name} {seed}:{number}"] = str(folder / "model.pt")
    return paths


def fuzz(seed: int, count: int, root: Path) -> dict[str, dict[str, Any]]:
    """What every door said of so many files."""
    answers: dict[str, dict[str, Any]] = {}
    paths = list(made(seed, count, root).items())
    for start in range(0, len(paths), _AT_ONCE):
        answers |= through_doors(dict(paths[start : start + _AT_ONCE]), root)
    return answers


def main() -> int:
    """Tell what came of so many files of a seed."""
    from tests.hostile.test_doors import faults

    seed, count = int(sys.argv[1]), int(sys.argv[2])
    with tempfile.TemporaryDirectory() as folder:
        answers = fuzz(seed, count, Path(folder))
    opened = Counter("refused" if a["doors"].get("load", "?")[:1].isupper() else "opened" for a in answers.values())
    died, found = sum("died" in a for a in answers.values()), faults(answers)
    most = {what: round(max(a.get(what, 0) for a in answers.values()), 1) for what in ("seconds", "megabytes")}
    print(json.dumps({"seed": seed, "files": len(answers), **opened, "died": died, "most": most, "faults": found}, indent=None))
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main())
