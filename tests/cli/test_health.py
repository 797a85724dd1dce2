"""`jepa-workbench health` gives one table, strict JSON for scripts, and a csv."""

from __future__ import annotations

import csv
import json
from pathlib import Path

import pytest

from workbench.cli import main
from workbench.core.questions.health import MEASURES

QUICK = ["--views", "0", "--predicted", "8", "--limit", "16", "--halves", "2", "--no-untrained"]


def test_json_and_csv_hold_every_measure(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["health", "digits", *QUICK, "--json", "--csv", str(tmp_path / "h.csv")]) == 0
    said = json.loads(capsys.readouterr().out)
    measures = [r["measure"] for r in said["readings"]]
    assert {*measures, *(a["measure"] for a in said["absent"])} == set(MEASURES)
    rank = said["readings"][0]
    assert (rank["measure"], rank["n"], rank["dim"], rank["n_limited"], rank["untrained"]) == ("rankme", 16, 96, True, None)
    assert said["weights"]
    assert "without replacement" in said["interval"]
    for each in (*said["readings"], *said["absent"]):
        assert all(each[key] for key in ("title", "needs", "collapse", "cannot", "formula", "source")), each["measure"]
    rows = list(csv.DictReader((tmp_path / "h.csv").open(encoding="utf-8")))
    assert [r["measure"] for r in rows] == measures
    assert float(rows[0]["centred"]) == pytest.approx(rank["centred"])
    assert rows[0]["untrained"] == ""


def test_the_table_says_what_is_missing(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["health", "digits", *QUICK, "--predicted", "0"]) == 0
    words = capsys.readouterr().out
    assert "RankMe" in words
    assert "n-limited" in words
    assert "LiDAR: 0 views a clip" in words


def test_refusals_are_in_words(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["health", "digits", "--limit", "2", "--json"]) == 2
    assert json.loads(capsys.readouterr().out)["error"]["fix"].startswith("limit 8 or more")
    assert main(["health", str(tmp_path / "none.pt")]) == 2
    assert "--data" in capsys.readouterr().err
