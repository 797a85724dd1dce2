"""A worker embeds by keys; what it answers is a handle, and the lines under `</>` give the same."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from workbench.boards.code import reproduced
from workbench.core.card import FolderKey, ModelKey, VectorsKey
from workbench.core.questions.embedding import Embed
from workbench.store.places import VARIABLE
from workbench.worker.shelf import Shelf


def test_a_worker_embeds_by_keys_and_the_lines_of_python_give_the_same_vectors(
    checkpoint: Path, bank_file: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(VARIABLE, str(tmp_path))
    shelf, question = Shelf(), Embed(ModelKey(str(checkpoint)), FolderKey(str(bank_file)), what="frames", layer=0)
    found = shelf.answer(question)
    assert Path(found.path).is_relative_to(tmp_path)
    lines = reproduced(question, found, None)
    assert f"data = jw.open_clips('{bank_file}')" in lines
    assert "found = jw.embed(jepa, data, what='frames', layer=0)" in lines
    said: dict[str, object] = {}
    exec(lines, said)
    again = said["found"]
    assert (again.path, again.computed, again.rows) == (found.path, 0, found.rows)
    vectors = shelf.vectors(VectorsKey(found.path))
    assert vectors.values.shape == (found.rows, found.dim)
    np.testing.assert_array_equal(np.unique(vectors.clip), np.arange(12))
