"""The views' own logic in node, and their types in tsc; the browser runs the same files."""

from __future__ import annotations

import shutil
import subprocess
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
needs_node = pytest.mark.skipif(shutil.which("npm") is None, reason="node is not installed")


def run(*command: str) -> None:
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=300, check=False)
    assert done.returncode == 0, done.stdout + done.stderr


@needs_node
def test_pure_modules_keep_their_claims() -> None:
    files = sorted(str(p.relative_to(ROOT)) for p in ROOT.glob("tests/widgets/*.test.mjs"))  # one by one: node 18 and 22 read a folder differently
    assert files
    run("node", "--test", *files)


@needs_node
def test_views_are_typed() -> None:
    if not (ROOT / "node_modules/.bin/tsc").exists():
        run("npm", "ci", "--no-audit", "--no-fund")
    run("npx", "--no-install", "tsc", "-p", "tsconfig.json")
