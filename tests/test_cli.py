"""The command line: exit codes that scripts can go by, and words instead of traces."""

from __future__ import annotations

import json
import socket
import subprocess
import sys
from pathlib import Path

import pytest
from safetensors.torch import load_file, save_file

from workbench import samples
from workbench.cli import main
from workbench.families import toy

pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def whole(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("whole") / "toy.safetensors"
    toy.save(toy.build(seed=3), path)
    return path


@pytest.fixture
def partial(whole: Path, tmp_path: Path) -> tuple[Path, str]:
    """A file that lacks one tensor of its predictor, and the name of that tensor."""
    tensors = load_file(whole)
    gone = next(n for n in reversed(tensors) if n.startswith("masked.") and n.endswith("bias"))
    path = tmp_path / "partial.safetensors"
    save_file({n: t for n, t in tensors.items() if n != gone}, path)
    return path, gone


def test_inspect_of_a_whole_file_ends_with_0(whole: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["inspect", str(whole)]) == 0
    said = capsys.readouterr().out
    assert "family toy" in said
    assert "● masked" in said


def test_inspect_of_a_partial_file_ends_with_1_and_names_the_tensor(partial: tuple[Path, str], capsys: pytest.CaptureFixture[str]) -> None:
    path, gone = partial
    assert main(["inspect", str(path)]) == 1
    said = capsys.readouterr().out
    assert "◐ masked" in said
    assert gone.removeprefix("masked.") in said


@pytest.mark.parametrize("content", [None, b"these are my notes"])
def test_inspect_of_what_is_no_checkpoint_ends_with_2_and_words(content: bytes | None, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = tmp_path / "notes.pt"
    if content is not None:
        path.write_bytes(content)
    assert main(["inspect", str(path)]) == 2
    told = capsys.readouterr()
    assert told.out == ""
    assert told.err.startswith("jepa-workbench: ")
    assert "notes.pt" in told.err
    assert "→" in told.err
    assert "Traceback" not in told.err


def test_settings_that_cannot_be_read_or_that_nothing_takes_end_with_2(whole: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["inspect", str(whole), "--settings", "__import__('os')"]) == 2
    assert "settings" in capsys.readouterr().err
    assert main(["inspect", str(whole), "--settings", "wings=2"]) == 2
    assert "wings" in capsys.readouterr().err


def test_inspect_takes_a_sample_by_name(capsys: pytest.CaptureFixture[str]) -> None:
    first = samples.names()[0]
    assert main(["inspect", first]) == 0
    assert str(samples.find(first).checkpoint) in capsys.readouterr().out


def test_the_samples_are_listed(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["samples", "list"]) == 0
    assert [line.split()[0] for line in capsys.readouterr().out.splitlines()] == list(samples.names())


def test_a_reader_that_has_read_enough_is_no_fault(whole: Path) -> None:
    with subprocess.Popen([sys.executable, "-m", "workbench", "inspect", str(whole)], stdout=subprocess.PIPE, stderr=subprocess.PIPE) as process:
        assert process.stdout is not None
        assert process.stderr is not None
        process.stdout.close()
        assert process.stderr.read() == b""
    assert process.returncode == 141


@pytest.mark.parametrize(
    "words", [["--help"], ["demo", "--help"], ["app", "--help"], ["inspect", "--help"], ["catalogue", "--help"], ["samples", "--help"]]
)
def test_help_explains_every_command(words: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as ended:
        main(words)
    assert ended.value.code == 0
    assert "usage: jepa-workbench" in capsys.readouterr().out


def test_a_command_that_does_not_exist_ends_with_2() -> None:
    with pytest.raises(SystemExit) as ended:
        main(["dance"])
    assert ended.value.code == 2


@pytest.mark.parametrize("words", [["nowhere.pt"], ["--data", "nowhere"]])
def test_the_app_does_not_start_on_what_is_not_there(words: list[str], tmp_path: Path) -> None:
    done = subprocess.run([sys.executable, "-m", "workbench", "app", "--port", "0", *words], cwd=tmp_path, capture_output=True, text=True, timeout=60)
    assert done.returncode == 2
    assert "nowhere" in done.stderr
    assert samples.names()[0] in done.stderr
    assert "Traceback" not in done.stderr


def test_a_board_that_is_not_there_is_told_with_those_there_are(tmp_path: Path) -> None:
    command = [sys.executable, "-m", "workbench", "app", "--board", "dance", "--port", "0"]
    done = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, timeout=60)
    assert done.returncode == 2
    assert "no board 'dance'" in done.stderr
    assert "plan" in done.stderr


def test_a_port_that_is_taken_is_told_in_words(tmp_path: Path) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        command = [sys.executable, "-m", "workbench", "app", "--port", str(taken.getsockname()[1])]
        done = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, timeout=60)
    assert done.returncode == 2
    assert "--port 0" in done.stderr
    assert "Traceback" not in done.stderr


def test_without_panel_the_app_tells_what_to_install() -> None:
    blind = "import sys; sys.modules['panel'] = None; from workbench.cli import main; sys.exit(main(['app']))"
    done = subprocess.run([sys.executable, "-c", blind], capture_output=True, text=True, timeout=60)
    assert done.returncode == 2
    assert 'pip install "jepa-workbench[app]"' in done.stderr


def test_inspect_as_json_gives_every_part_and_the_same_exit_codes(whole: Path, partial: tuple[Path, str], capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["inspect", str(whole), "--json"]) == 0
    report = json.loads(capsys.readouterr().out)
    assert set(report) == {"path", "family", "file_bytes", "whole", "parts", "facts", "other", "stand_ins"}
    assert (report["path"], report["family"], report["whole"]) == (str(whole), "toy", True)
    assert [p["name"] for p in report["parts"]] == ["encoder_context", "encoder_target", "masked", "dynamics", "decoder"]
    counted = {"matched", "missing", "unexpected", "nonfinite"}
    plain = {"name", "status", "reshaped", "ignored", "parameters", "bytes", "dtype", "sentence"}
    assert all(set(p) == plain | counted for p in report["parts"])
    assert all(p[k]["count"] == len(p[k]["names"]) for p in report["parts"] for k in counted)
    path, gone = partial
    assert main(["inspect", str(path), "--json"]) == 1
    masked = json.loads(capsys.readouterr().out)["parts"][2]
    assert (masked["status"], masked["missing"]) == ("partial", {"count": 1, "names": [gone.removeprefix("masked.")]})


def test_inspect_as_json_of_a_sample_gives_facts_with_their_origin(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["inspect", samples.names()[0], "--json"]) == 0
    facts = {f["name"]: f for f in json.loads(capsys.readouterr().out)["facts"]}
    assert facts["heads"]["origin"] == "given"
    assert all(set(f) == {"name", "value", "origin", "why"} for f in facts.values())


@pytest.mark.parametrize("settings", ["", "wings=2"])
def test_inspect_as_json_of_what_is_refused_is_an_error_and_2(settings: str, whole: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = whole if settings else tmp_path / "notes.pt"
    if not settings:
        path.write_bytes(b"these are my notes")
    assert main(["inspect", str(path), "--json", "--settings", settings]) == 2
    told = capsys.readouterr()
    error = json.loads(told.out)["error"]
    assert set(error) == {"kind", "what", "where", "fix"}
    assert error["kind"] == ("BadInput" if settings else "CheckpointError")
    assert told.err == ""
