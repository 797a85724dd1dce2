"""`jepa-workbench catalogue`: what it lists, what it says of one, and that it fetches nothing by itself."""

from __future__ import annotations

import json

import pytest

from workbench.cli import main
from workbench.families import FAMILIES
from workbench.published import PUBLISHED, search
from workbench.published.caches import torch_folder


def said(capsys: pytest.CaptureFixture[str], *words: str, code: int = 0) -> str:
    assert main(["catalogue", *words]) == code
    return capsys.readouterr().out


def test_all_are_listed_with_size_resolution_and_licence(capsys: pytest.CaptureFixture[str]) -> None:
    lines = said(capsys).splitlines()
    assert len(lines) == len(PUBLISHED) + 2
    (line,) = [x for x in lines if " vjepa_vitl16 " in x]
    assert "224 px × 16 frames" in line
    assert "about 5.1 GB" in line
    assert "CC BY-NC 4.0" in line
    assert "None of them is on this machine" in lines[-1]


def test_words_and_family_narrow_the_list_whatever_their_case(capsys: pytest.CaptureFixture[str]) -> None:
    found = said(capsys, "VIT-L", "256px", "--family", "vjepa2")
    assert "vjepa2_vit_large" in found
    assert "vith" not in found
    assert {p.name for p in search(["push-t"])} == {"quentinll/lewm-pusht", "jepa_wm_pusht", "dino_wm_pusht"}


def test_what_is_here_is_marked_and_one_alone_says_its_path(capsys: pytest.CaptureFixture[str]) -> None:
    torch_folder().mkdir(parents=True)
    (torch_folder() / "vitl.pt").write_bytes(b"weights")
    (line,) = [x for x in said(capsys, "--family", "vjepa2").splitlines() if "vjepa2_vit_large" in x]
    assert line.startswith("●")
    assert f"on this machine: {torch_folder() / 'vitl.pt'}" in said(capsys, "vitl.pt")
    assert "--download" in said(capsys, "vith.pt")
    assert said(capsys, "vjepa2_vit_large", "--download").strip().endswith("vitl.pt")  # and asks no server


def test_json_holds_everything_that_is_known_of_each(capsys: pytest.CaptureFixture[str]) -> None:
    rows = json.loads(said(capsys, "--json"))
    assert [r["name"] for r in rows] == [p.name for p in PUBLISHED]
    needed = {
        "name",
        "family",
        "title",
        "url",
        "repo",
        "files",
        "resolution",
        "frames",
        "parameters",
        "bytes",
        "measured",
        "licence",
        "where",
        "path",
    }
    assert all(needed <= set(r) for r in rows)
    assert all(r["path"] is None for r in rows)


def test_nothing_found_ends_with_1_and_words(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["catalogue", "unicorn"]) == 1
    assert "'unicorn'" in capsys.readouterr().err
    assert main(["catalogue", "unicorn", "--json"]) == 1
    assert json.loads(capsys.readouterr().out) == []


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (["vjepa2", "--download"], "name one"),
        (["unicorn", "--download"], "0 published checkpoints fit"),
        (["--family", "unicorns"], "nothing is listed for a family"),
    ],
)
def test_what_cannot_be_chosen_ends_with_2_and_what_would_do(words: list[str], message: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["catalogue", *words]) == 2
    assert message in capsys.readouterr().err


def test_every_row_is_of_a_family_that_can_open_it() -> None:
    assert {p.family for p in PUBLISHED} <= set(FAMILIES)
    names = {p.name for p in PUBLISHED}
    assert all(need in names or " " in need for p in PUBLISHED for need in p.needs)
