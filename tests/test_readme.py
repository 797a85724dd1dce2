"""What the README promises: its Python runs, its commands and make targets exist, its links lead somewhere."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

import workbench as jw
from workbench import samples
from workbench.boards.every import kinds
from workbench.cli import main

pytestmark = pytest.mark.slow

ROOT = Path(__file__).parents[1]
BOARDS = ROOT / "docs" / "boards.md"
PAGES = [ROOT / "README.md", ROOT / ".github" / "CONTRIBUTING.md"]
README = PAGES[0].read_text(encoding="utf-8")


def fenced(text: str, language: str) -> list[str]:
    return re.findall(rf"^```{language}\n(.*?)^```", text, re.MULTILINE | re.DOTALL)


def test_the_python_lines_run(tmp_path: Path) -> None:
    for lines in fenced(README, "python"):
        done = subprocess.run([sys.executable, "-c", lines], cwd=tmp_path, capture_output=True, text=True, timeout=120, check=False)
        assert done.returncode == 0, done.stderr
        assert re.match(r"skill -?\d\.\d\d over \d+ other clips", done.stdout)


def test_a_module_of_ones_own_is_wrapped_in_under_40_lines() -> None:
    (lines,) = (block for block in fenced(README, "python") if "jw.wrap(" in block)
    assert len(lines.splitlines()) < 40


def test_the_package_with_a_family_of_ones_own_opens_its_files(tmp_path: Path) -> None:
    (example,) = (block for block in fenced(README, "python") if "jw.wrap(" in block)
    (family,) = fenced(README, "py")
    (tmp_path / "mine.py").write_text(example[: example.index("\nmodel = ")])
    (tmp_path / "mine_family.py").write_text(family)
    info = tmp_path / "mine-0.1.dist-info"
    info.mkdir()
    (info / "METADATA").write_text("Metadata-Version: 2.1\nName: mine\nVersion: 0.1\n")
    (info / "entry_points.txt").write_text("[jepa_workbench.families]\nmine = mine_family\n")
    script = (
        "import torch, workbench as jw; from mine import MyJepa\n"
        "torch.save(MyJepa().state_dict(), 'mine.pt'); jepa = jw.load('mine.pt'); print(jepa.report.whole, jepa.masked is not None)"
    )
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join((str(tmp_path), str(ROOT)))}
    done = subprocess.run([sys.executable, "-c", script], cwd=tmp_path, env=environment, capture_output=True, text=True, timeout=120, check=False)
    assert done.stdout == "True True\n", done.stderr


def test_the_commands_exist_with_their_options(capsys: pytest.CaptureFixture[str]) -> None:
    commands = re.findall(r"jepa-workbench (\w+)", README)
    assert {"app", "catalogue", "inspect", "samples"} <= set(commands)
    for name in set(commands):
        with pytest.raises(SystemExit):
            main([name, "--help"])
        told = capsys.readouterr().out
        used = re.findall(rf"jepa-workbench {name}[^#`\n]*", README)
        assert all(option in told for line in used for option in re.findall(r"--\w+", line)), told


def test_the_make_targets_exist() -> None:
    makefile = (ROOT / "Makefile").read_text(encoding="utf-8")
    named = {t for p in PAGES for t in re.findall(r"^make (\w+)|`make (\w+)`", p.read_text(encoding="utf-8"), re.MULTILINE) for t in t if t}
    assert {"app", "test"} <= named
    assert all(re.search(rf"^{t}:", makefile, re.MULTILINE) for t in named)


@pytest.mark.parametrize("document", PAGES, ids=lambda p: p.name)
def test_every_link_and_every_path_leads_somewhere(document: Path) -> None:
    text = document.read_text(encoding="utf-8")
    links = [t for t in re.findall(r"\]\(([^)#]+)", text) if "://" not in t]
    paths = [t for t in re.findall(r"`([\w./-]+/[\w./-]*)`", text) if not t.isupper() and "NAME" not in t]
    assert links
    missing = [t for t in links if not (document.parent / t).exists()]
    missing += [t for t in paths if not any(list(place.glob(t)) for place in (ROOT, ROOT / "workbench"))]
    assert not missing


def test_every_board_is_told_of_and_no_other() -> None:
    titles = [kind.title for kind in kinds()]
    assert re.findall(r"^\| \*\*(\w{2,})\*\* ", README, re.MULTILINE) == titles
    assert re.findall(r"^## (\w+)$", BOARDS.read_text(encoding="utf-8"), re.MULTILINE) == [*titles, "Baselines"]


def test_every_verb_that_is_named_exists() -> None:
    named = {verb for page in (*PAGES, BOARDS) for verb in re.findall(r"`jw\.(\w+)", page.read_text(encoding="utf-8"))}
    assert named
    assert all(hasattr(jw, verb) for verb in named)


@pytest.mark.parametrize("name", samples.names())
def test_every_sample_is_told_of_with_the_figures_of_its_card(name: str) -> None:
    (row,) = re.findall(rf"^\| `{name}` .*$", README, re.MULTILINE)
    figures = samples.find(name).card["figures"]
    if not samples.find(name).masked:
        shown = figures["planning"]["model"]["cross_room"] if "planning" in figures else figures["quads"]["permanence"]["model"]
        assert f"{shown:.2f}" in row
        return
    assert f"({figures['centred_cosine']:.2f}; {figures['centred_cosine_other_image']:.2f})".replace("-", "−") in row


def test_what_opencv_needs_is_named_and_installed_in_ci() -> None:
    assert "libgl1 libglib2.0-0" in README
    assert "libgl1 libglib2.0-0" in (ROOT / ".ci" / "run").read_text(encoding="utf-8")
