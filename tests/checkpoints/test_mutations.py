"""Good files of every golden family with bytes flipped: they load or are refused, and never raise anything else. And none of the good ones needs a socket."""

from __future__ import annotations

import io
import json
import os
import random
import shutil
import subprocess
import sys
import zipfile
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.families.official import GOLDEN
from workbench.core.errors import WorkbenchError
from workbench.families.load import load

pytestmark = pytest.mark.slow

ENDINGS = (".pt", ".pth", ".tar", ".safetensors")
FILES = sorted(p for p in GOLDEN.rglob("*") if p.name.endswith(ENDINGS) and "dinov2" not in p.name)
# What these files do not say of themselves.
SAID: dict[str, dict[str, Any]] = {
    "ijepa": {"heads": 4},
    "spt_ijepa": {"heads": 4},
    "spt_lejepa": {"heads": 4},
    "swm_prejepa_plain": {"heads": 4},
    "timm_ijepa": {"heads": 4},
    "vjepa1": {"heads": 4},
    "intphys_surprise": {"heads": 2, "frames": 8},
    "vjepa2": {"heads": 2, "predictor_heads": 2, "frames": 8},
    "vjepa2_nonsquare": {"heads": 2, "predictor_heads": 2, "frames": 4, "image_size": (32, 48)},
    "vjepa2_1": {"heads": 2, "predictor_heads": 2, "frames": 6, "image_size": 48},
    "vjepa2_ac": {"heads": 2, "predictor_heads": 2, "image_size": 32},
}
_EDGE = 6000  # names, shapes and lists of contents lie at the ends; the rest is numbers


def said(file: Path) -> dict[str, Any]:
    name = file.relative_to(GOLDEN).parts[0]
    if not name.startswith("jepa_wms"):
        return SAID.get(name, {})
    return {"encoder": file.parent / "dinov2_tiny14_pretrain.pth", "heads": 2, "predictor_heads": 2, "image_size": 42}


def flipped(content: bytes, seed: int, count: int, where: str) -> bytes:
    """The same bytes with some bits turned. "index": within the pickle of an archive, whose checksum is mended, so that the damage is not seen at once."""
    rng = random.Random(seed)
    if where == "index" and content.startswith(b"PK"):
        out = io.BytesIO()
        with zipfile.ZipFile(io.BytesIO(content)) as source, zipfile.ZipFile(out, "w") as target:
            for entry in source.infolist():
                inside = source.read(entry)
                target.writestr(entry.filename, turned(inside, rng, count, 0, len(inside)) if entry.filename.endswith("data.pkl") else inside)
        return out.getvalue()
    low, high = {"index": (0, min(_EDGE, len(content))), "end": (max(0, len(content) - _EDGE), len(content))}.get(where, (0, len(content)))
    return turned(content, rng, count, low, high)


def turned(content: bytes, rng: random.Random, count: int, low: int, high: int) -> bytes:
    changed = bytearray(content)
    for _ in range(count):
        changed[rng.randrange(low, high)] ^= 1 << rng.randrange(8)
    return bytes(changed)


@pytest.mark.parametrize("file", FILES, ids=lambda p: str(p.relative_to(GOLDEN)))
def test_a_file_with_flipped_bytes_loads_or_is_refused(file: Path, tmp_path: Path) -> None:
    for beside in file.parent.glob("*"):
        if beside.suffix in (".json", ".yaml"):
            shutil.copy(beside, tmp_path)
    whole, target = file.read_bytes(), tmp_path / file.name

    @settings(max_examples=6, deadline=None, database=None, derandomize=True, suppress_health_check=list(HealthCheck))
    @given(st.integers(0, 1 << 30), st.integers(1, 4), st.sampled_from(("index", "index", "end", "anywhere")))
    def load_or_refuse(seed: int, count: int, where: str) -> None:
        target.write_bytes(flipped(whole, seed, count, where))
        try:
            load(target, **said(file))
        except WorkbenchError as error:
            if not (error.what and error.fix):
                raise AssertionError(f"a refusal without words: {error!r}") from error

    load_or_refuse()


_OFFLINE = """
import sys, json
from workbench.families.load import load
import socket

def refuse(event, arguments):
    if event.startswith(("socket.", "urllib.", "http.", "pickle.", "subprocess.", "os.system")):
        raise SystemExit(f"{event} while loading")

sys.addaudithook(refuse)
for path, options in json.loads(sys.stdin.read()):
    jepa = load(path, **options)
    print(jepa.card.family, sum(p.status == "whole" for p in jepa.report.parts))
"""


def test_loading_needs_no_socket_no_unpickler_and_no_other_program() -> None:
    given = json.dumps([(str(f), {k: str(v) if isinstance(v, Path) else v for k, v in said(f).items()}) for f in FILES])
    environment = {**os.environ, "PYTHONPATH": str(Path(__file__).parents[2])}
    done = subprocess.run([sys.executable, "-c", _OFFLINE], input=given, env=environment, capture_output=True, text=True, timeout=120, check=False)
    assert done.returncode == 0, done.stderr[-2000:]
    found = [line.split() for line in done.stdout.splitlines()]
    assert len(found) == len(FILES)
    assert all(int(whole) > 0 for _, whole in found)
