"""`jepa-workbench probe`: JSON and table say the same, and what is refused is told."""

from __future__ import annotations

import json

import pytest

from workbench.cli import main

QUICK = ["--limit", "40", "--draws", "2", "--labels", "shape"]


@pytest.mark.slow
def test_json_gives_every_layer_with_its_baselines_and_the_table_says_the_same(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["probe", "shapes", *QUICK, "--json"]) == 0
    said = json.loads(capsys.readouterr().out)
    assert [row["layer"] for row in said["layers"]] == ["block 0", "block 1", "block 2", "block 3", "output"]
    for row in said["layers"]:
        for kind in ("linear", "knn"):
            assert set(row[kind]) == {"score", "low", "high", "control", "untrained", "n"}
    assert said["pixels"]["linear"]["untrained"] is None
    assert len(said["efficiency"]["model"]) == len(said["efficiency"]["counts"])
    assert (said["labels"], said["kind"], said["classes"], said["clips"]) == ("shape", "labels", 6, 40)
    assert main(["probe", "shapes", *QUICK]) == 0
    table = capsys.readouterr().out
    assert f"{said['layers'][0]['linear']['score']:.2f}" in table
    assert "raw pixels" in table


def test_what_cannot_be_probed_ends_with_2_and_words(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["probe", "shapes", "--labels", "colour", "--json"]) == 2
    assert "nothing called 'colour'" in json.loads(capsys.readouterr().out)["error"]["what"]
    assert main(["probe", "nowhere.pt"]) == 2
    assert "no clips with labels" in capsys.readouterr().err
