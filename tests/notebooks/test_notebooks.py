"""Every notebook runs top to bottom in a fresh kernel, its boards compute, and it keeps the rules of the house."""

from __future__ import annotations

import base64
import re
from pathlib import Path
from typing import Any

import numpy as np
import pytest

FOLDER = Path(__file__).parents[2] / "notebooks"
NOTEBOOKS = sorted(FOLDER.glob("*.ipynb"))
WAIT = """
boards = [box for box in Out.values() if hasattr(box, "wait")]
for box in boards:
    box.wait(300)
    print(box.board.headline.sentence)
"""
VIEW = "application/vnd.jupyter.widget-view+json"
LIVE = {VIEW, "application/vnd.plotly.v1+json"}
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
    where = {"metadata": {"path": str(tmp_path)}}
    client = NotebookClient(notebook, timeout=600, kernel_name="python3", store_widget_state=False, resources=where)
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
    said = "".join(o.data["text/plain"] for o in outputs if VIEW in o.get("data", {}))
    assert all(s in said for s in sentences), "the text of a board that was waited for is what the board said"
    shows_what_was_seen(notebook)


def shows_what_was_seen(notebook: Any) -> None:
    """Converted to HTML, each output that was a live view or chart is a picture with something on it. Nothing is asked of the network: pictures lie in the page."""
    import cv2
    from nbconvert import HTMLExporter

    page = HTMLExporter().from_notebook_node(notebook)[0]
    seen = [o for c in notebook.cells if c.cell_type == "code" for o in c.outputs if LIVE & o.get("data", {}).keys()]
    found = re.findall(r'<img[^>]*src="data:image/png;base64,([^"]+)"', page)
    assert len(found) == len(seen) > 0
    assert "Error displaying widget" not in page
    assert VIEW not in page, "no view that needs JavaScript from elsewhere"
    for encoded in found:
        image = cv2.imdecode(np.frombuffer(base64.b64decode(encoded), np.uint8), cv2.IMREAD_COLOR)
        assert image is not None
        assert (image.min(axis=-1) < 200).sum() > 300, "a blank picture"
