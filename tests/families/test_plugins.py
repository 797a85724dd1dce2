"""Families of other packages: found by their entry point; a broken one is told of and takes nothing with it."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

pytestmark = pytest.mark.slow

ROOT = Path(__file__).parents[2]
GOOD = """
from workbench.families import Request, register, toy

def recognise(checkpoint):
    return "guest" in checkpoint.tensors

def build(request: Request):
    return toy.build(5)

register("guest", signs="a tensor named guest", recognise=recognise, build=build)
"""


def installed(folder: Path, name: str, code: str) -> None:
    """A package as pip leaves it: a module, and the metadata that names it."""
    (folder / f"{name}.py").write_text(code)
    info = folder / f"{name}-1.2.dist-info"
    info.mkdir()
    (info / "METADATA").write_text(f"Metadata-Version: 2.1\nName: {name}\nVersion: 1.2\n")
    (info / "entry_points.txt").write_text(f"[jepa_workbench.families]\n{name} = {name}\n")


def run(folder: Path, script: str) -> str:
    """What a fresh Python says with the packages of that folder, its warnings included."""
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join((str(folder), str(ROOT)))}
    lines = "import torch, workbench as jw\nfrom safetensors.torch import save_file\nfrom workbench.families import FAMILIES\n" + script
    done = subprocess.run([sys.executable, "-c", lines], cwd=folder, env=environment, capture_output=True, text=True, timeout=120, check=False)
    assert done.returncode == 0, done.stderr
    assert "Traceback" not in done.stderr
    return done.stdout + done.stderr


LOAD = "save_file({'guest': torch.ones(1)}, 'g.safetensors')\nprint('loaded', jw.load('g.safetensors').card.name)\n"


def test_an_installed_package_brings_a_family_that_load_and_inspect_know(tmp_path: Path) -> None:
    installed(tmp_path, "jepa_guest", GOOD)
    said = run(tmp_path, LOAD + "print('inspected', jw.inspect('g.safetensors').whole)")
    assert "loaded toy (seed 5)" in said
    assert "inspected True" in said
    assert "Warning" not in said


@pytest.mark.parametrize(
    ("code", "words"),
    [
        ("import a_package_that_is_not_there", "could not be loaded: ModuleNotFoundError: No module named 'a_package_that_is_not_there'"),
        ("1 / 0", "could not be loaded: ZeroDivisionError"),
        ("def half(:", "could not be loaded: SyntaxError"),
        ("VALUE = 1", "registers no family"),
        (GOOD.replace('register("guest"', 'register("ijepa"'), "registers 'ijepa', which is a family already"),
    ],
)
def test_a_broken_plugin_is_told_of_and_the_others_work(code: str, words: str, tmp_path: Path) -> None:
    installed(tmp_path, "jepa_broken", code)
    installed(tmp_path, "jepa_guest", GOOD)
    said = run(tmp_path, LOAD + "print('signs', FAMILIES['ijepa'].signs)")
    assert "loaded toy (seed 5)" in said
    assert "signs encoder or target_encoder" in said
    assert "the family plugin 'jepa_broken' (jepa_broken, of jepa_broken 1.2)" in said
    assert words in said
    assert "→" in said


def test_a_plugin_that_fails_to_look_at_a_file_leaves_it_to_the_others(tmp_path: Path) -> None:
    installed(tmp_path, "jepa_blind", GOOD.replace('return "guest" in checkpoint.tensors', "return checkpoint.wings").replace('"guest"', '"blind"'))
    installed(tmp_path, "jepa_guest", GOOD)
    said = run(tmp_path, LOAD)
    assert "loaded toy (seed 5)" in said
    assert "failed to look at g.safetensors: AttributeError" in said


def test_a_plugin_that_fails_to_build_refuses_the_file_in_words(tmp_path: Path) -> None:
    installed(tmp_path, "jepa_guest", GOOD.replace("return toy.build(5)", "return toy.wings"))
    catch = LOAD.replace("print(", "try:\n    print(") + "except jw.core.errors.CheckpointError as error:\n    print('refused', error)\n"
    said = run(tmp_path, "import workbench.core.errors\n" + catch)
    assert "refused the family guest of jepa_guest 1.2 failed: AttributeError" in said
    assert "tell the authors" in said
