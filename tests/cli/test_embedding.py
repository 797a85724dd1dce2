"""`jepa-workbench embed` says what was done, what was there, and what could not be read."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from workbench.cli import main
from workbench.store import open_vectors


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    rng = np.random.default_rng(0)
    for i in range(4):
        place = tmp_path / "in" / ("a", "b")[i % 2] / f"{i}.png"
        place.parent.mkdir(parents=True, exist_ok=True)
        Image.fromarray(rng.integers(0, 256, (32, 32), dtype=np.uint8)).save(place)
    (tmp_path / "in" / "b" / "broken.png").write_bytes(b"nothing")
    return tmp_path / "in"


def test_it_says_what_was_done_and_writes_the_vectors(folder: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    store, out = tmp_path / "store", tmp_path / "v.npy"
    assert main(["embed", "digits", str(folder), "--store", str(store), "--out", str(out), "--json"]) == 0
    told = capsys.readouterr()
    said = json.loads(told.out)
    assert (said["rows"], said["clips"], said["computed"], said["columns"]) == (4, 5, 5, ["label"])
    assert [each["name"] for each in said["skipped"]] == ["b/broken.png"]
    assert "5 of 5 clips" in told.err
    np.testing.assert_array_equal(np.load(out), open_vectors(said["path"]).values)
    assert main(["embed", "digits", str(folder), "--store", str(store)]) == 0
    words = capsys.readouterr().out
    assert f"4 vectors of {said['dim']} numbers" in words
    assert "all were in the store" in words
    assert "1 skipped:\n  b/broken.png: " in words


def test_a_refusal_is_one_error_with_exit_code_two(folder: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    asked = ["embed", "digits", str(folder), "--store", str(tmp_path / "store"), "--layer", "99"]
    assert main([*asked, "--json"]) == 2
    assert json.loads(capsys.readouterr().out)["error"]["what"] == "there is no layer 99"
    assert main(asked) == 2
    assert "there is no layer 99" in capsys.readouterr().err
    (tmp_path / "empty").mkdir()
    assert main(["embed", "digits", str(tmp_path / "empty")]) == 2
    assert "this folder is empty" in capsys.readouterr().err
