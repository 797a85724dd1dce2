"""What users met: a trace in place of words, and JSON that no parser takes."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from tests.checkpoints.corpus import Make, named, tensor
from tests.hostile.building import changed, good, streamed, with_entry, word, zipped
from tests.hostile.files import central
from workbench.checkpoints import describe
from workbench.cli import main

NAN = zipped(with_entry((word("loss"), b"G\x7f\xf8" + bytes(6)), (word("o"), b"cfoo\nBar\n)R")))
HALF = zipped(with_entry((word("note"), word("\ud800x")), (word("o"), b"cfoo\nBar\n)R")))


def strict(text: str) -> Any:
    """The value of a JSON text, read as other languages read it."""

    def refuse(constant: str) -> Any:
        raise AssertionError(f"{constant} is no JSON")

    value = json.loads(text, parse_constant=refuse)
    json.dumps(value, ensure_ascii=False).encode("utf-8")
    return value


@pytest.mark.parametrize(("make", "name", "shown"), [(NAN, "loss", "NaN"), (HALF, "note", "?x")], ids=["NaN", "half a letter"])
def test_json_of_a_file_is_strict_json_whatever_its_settings_hold(
    make: Make, name: str, shown: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["inspect", "--json", str(make(tmp_path))]) == 2
    assert strict(capsys.readouterr().out)["contents"]["settings"][name] == shown


@pytest.mark.slow
def test_settings_written_by_a_conversion_are_strict_json(tmp_path: Path) -> None:
    path = zipped(with_entry((word("loss"), b"G\x7f\xf8" + bytes(6)), (word("note"), word("\ud800x"))))(tmp_path)
    assert main(["convert", str(path)]) == 0
    assert strict((tmp_path / "model.json").read_text(encoding="utf-8")) == {"loss": "NaN", "note": "?x"}


LISTED = streamed(named(w=tensor("0", 4)), b"\x80\x02](]e.")
NEWER = changed(good(), central(6, b"\xff\x00"))


@pytest.mark.parametrize("command", [["inspect"], ["inspect", "--json"], ["convert"], ["convert", "--trust"]], ids=" ".join)
@pytest.mark.parametrize("make", [LISTED, NEWER, lambda folder: folder / ("n" * 300)], ids=["a list as a key", "a newer archive", "a name too long"])
def test_a_file_that_cannot_be_read_is_told_in_words_by_every_command(
    make: Make, command: list[str], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main([*command, str(make(tmp_path))]) == 2
    told = capsys.readouterr()
    assert "Traceback" not in told.err
    assert "→" in told.err or strict(told.out)["error"]["fix"]


def test_a_name_that_would_steer_the_terminal_is_shown_as_plain_letters(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = zipped(with_entry((word("\x1b[2J"), b"]" + b"cfoo\nBar\n)Ra")))(tmp_path)
    assert main(["inspect", str(path)]) == 2
    assert "\x1b" not in capsys.readouterr().out
    assert "\x1b" not in "".join(name for name, _ in describe(path).left_out)
