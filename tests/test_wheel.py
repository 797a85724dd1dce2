"""What pip installs is whole: built, put into a clean environment, and used from there."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import sysconfig
import zipfile
from pathlib import Path

import pytest

import widgets
from workbench import samples

pytestmark = pytest.mark.slow
ROOT = Path(__file__).parents[1]
_USE = """
import json, sys
import workbench as jw, widgets
from workbench import samples
models = {n: (jw.load(n).report.whole, len(jw.open_bank(n)), samples.find(n).licence.is_file()) for n in samples.names()}
views = {n: getattr(widgets, n)() for n in widgets.__all__ if n != "View"}
texts = {n: (len(str(v._esm)), len(str(v._css))) for n, v in views.items()}
print(json.dumps({"from": [jw.__file__, widgets.__file__, str(samples.root())], "models": models, "views": texts}))
"""


def run(*command: str | Path, cwd: Path, fine: tuple[int, ...] = (0,)) -> str:
    clean = {k: v for k, v in os.environ.items() if not k.startswith(("PYTHON", "PIP_", "VIRTUAL_ENV"))}
    done = subprocess.run(command, cwd=cwd, env=clean, capture_output=True, text=True, timeout=600, check=False)
    assert done.returncode in fine, done.stdout + done.stderr
    return done.stdout


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    out = tmp_path_factory.mktemp("wheel")
    run(sys.executable, "-m", "build", "--wheel", "--no-isolation", "--outdir", out, ROOT, cwd=out)
    (built,) = out.glob("*.whl")
    return built


@pytest.fixture(scope="module")
def programs(wheel: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The programs of a new environment with this wheel; torch and the like are those of the tests, not fetched again."""
    home = tmp_path_factory.mktemp("clean")
    run(sys.executable, "-m", "venv", "--without-pip", home / "venv", cwd=home)
    made = Path(sysconfig.get_path("scripts", "venv", {"base": str(home / "venv")}))
    python = next(made.glob("python*"))
    run(sys.executable, "-m", "pip", "--python", python, "install", "--quiet", "--no-deps", "--no-index", wheel, cwd=home)
    place = Path(sysconfig.get_path("purelib", "venv", {"base": str(home / "venv")}))
    (place / "others.pth").write_text(sysconfig.get_path("purelib"), encoding="utf-8")
    return made


def test_the_wheel_holds_both_packages_the_samples_and_nothing_else(wheel: Path) -> None:
    with zipfile.ZipFile(wheel) as archive:
        found = {n for n in archive.namelist() if not n.split("/")[0].endswith(".dist-info")}
    code = {p.relative_to(ROOT).as_posix() for f in ("workbench", "widgets") for p in (ROOT / f).rglob("*") if p.suffix in (".py", ".js", ".css")}
    data = {f"workbench/_sample_data/{p.relative_to(samples.root()).as_posix()}" for p in samples.root().rglob("*") if p.is_file()}
    assert found == code | data


def test_every_sample_and_every_view_works_from_the_wheel(programs: Path, tmp_path: Path) -> None:
    told = json.loads(run(next(programs.glob("python*")), "-c", _USE, cwd=tmp_path))
    assert all(Path(p).is_relative_to(programs.parent) for p in told["from"]), told["from"]
    assert set(told["models"]) == set(samples.names())
    assert all(whole and clips > 1 and licence for whole, clips, licence in told["models"].values()), told["models"]
    assert set(told["views"]) == set(widgets.__all__) - {"View"}
    assert all(min(sizes) > 0 for sizes in told["views"].values()), told["views"]


def test_the_command_is_installed(programs: Path, tmp_path: Path) -> None:
    first = samples.names()[0]
    assert "encoder (target)  complete" in run(programs / "jepa-workbench", "inspect", first, cwd=tmp_path)
    assert first in run(programs / "jepa-workbench", "samples", "list", cwd=tmp_path)
