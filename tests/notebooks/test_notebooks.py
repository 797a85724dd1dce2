"""Every notebook runs top to bottom in a fresh kernel, its boards compute, and it keeps the rules of the house."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pytest

FOLDER = Path(__file__).parents[2] / "notebooks"
NOTEBOOKS = sorted(FOLDER.glob("*.ipynb"))
WAIT = """
boards = [box for box in Out.values() if hasattr(box, "wait")]
for box in boards:
    box.wait(300)
    print(box.board.headline.sentence)
"""
named = pytest.mark.parametrize("path", NOTEBOOKS, ids=lambda p: p.stem)


def read(path: Path) -> Any:
    import nbformat  # not above: it takes two seconds, which every other run would spend too

    return nbformat.read(path, as_version=4)


def test_there_are_notebooks_and_they_are_numbered() -> None:
    assert NOTEBOOKS
    assert all(re.fullmatch(r"\d\d_[a-z_]+", p.stem) for p in NOTEBOOKS)


@named
def test_a_notebook_keeps_the_rules(path: Path) -> None:
    cells = read(path).cells
    assert cells[0].cell_type == "markdown"
    assert re.search(r"\b(seconds|minutes?)\b", cells[0].source), "the first cell says how long it takes"
    for cell in cells:
        assert len(cell.source.splitlines()) <= 15, cell.source
        if cell.cell_type == "code":
            assert not re.search(r"^\s*(async )?def |\blambda\b|panel|holoviews", cell.source, re.MULTILINE), cell.source
            assert cell.outputs == [], "outputs are stripped"
            assert cell.execution_count is None


@pytest.mark.long
@pytest.mark.notebook
@named
def test_a_notebook_runs_top_to_bottom_and_its_boards_compute(path: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    import nbformat
    from nbclient import NotebookClient

    for name in ("IPYTHONDIR", "JUPYTER_CONFIG_DIR", "JUPYTER_RUNTIME_DIR"):
        monkeypatch.setenv(name, str(tmp_path / name))
    notebook = read(path)
    client = NotebookClient(notebook, timeout=600, kernel_name="python3", resources={"metadata": {"path": str(tmp_path)}})
    with client.setup_kernel():
        for i, cell in enumerate(list(notebook.cells)):
            client.execute_cell(cell, i)
        last = nbformat.v4.new_code_cell(WAIT)
        notebook.cells.append(last)
        client.execute_cell(last, len(notebook.cells) - 1)
    code = [c for c in notebook.cells if c.cell_type == "code"]
    outputs = [output for cell in code for output in cell.outputs]
    assert [o for o in outputs if o.output_type == "error" or o.get("name") == "stderr"] == []
    sentences = "".join(o.get("text", "") for o in last.outputs).strip().splitlines()
    assert len(sentences) == sum("jw.board(" in c.source for c in code) > 0
    assert all(re.search(r"\d", s) for s in sentences), "a board says a number, not an error"
