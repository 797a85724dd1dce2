"""The command line: exit codes that scripts can go by, and words instead of traces."""

from __future__ import annotations

import json
import os
import re
import signal
import socket
import subprocess
import sys
from collections.abc import Iterable
from contextlib import suppress
from pathlib import Path

import numpy as np
import pytest
import torch
from safetensors.torch import load_file, save_file

from workbench import samples
from workbench.cli import main
from workbench.families import toy

pytestmark = pytest.mark.slow

# The app as the command line starts it, with one more thread that tells when the server side begins to load.
_TELLS_WHEN_PANEL_LOADS = """
import sys, threading, time
from workbench.cli import main
def tell():
    while "panel" not in sys.modules:
        time.sleep(0.001)
    print("begun", flush=True)
threading.Thread(target=tell, daemon=True).start()
sys.exit(main(["app", "--port", "0"]))
"""


def run(*words: str, folder: Path) -> subprocess.CompletedProcess[str]:
    """What a command prints and ends with."""
    return subprocess.run([sys.executable, "-m", "workbench", *words], cwd=folder, capture_output=True, text=True, timeout=120)


def app(*words: str, folder: Path) -> subprocess.CompletedProcess[str]:
    """An app that is to be refused."""
    return run("app", *words, folder=folder)


def hello(lines: Iterable[str]) -> list[str]:
    """What an app prints until it serves, or ends."""
    heard = list[str]()
    for line in lines:
        heard.append(line)
        if line == "Press Ctrl+C to stop.\n":
            break
    return heard


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
    assert "● predictor" in said


def test_inspect_of_a_partial_file_ends_with_1_and_names_the_tensor(partial: tuple[Path, str], capsys: pytest.CaptureFixture[str]) -> None:
    path, gone = partial
    assert main(["inspect", str(path)]) == 1
    said = capsys.readouterr().out
    assert "◐ predictor" in said
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


def test_the_version_is_told(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as ended:
        main(["--version"])
    assert ended.value.code == 0
    assert re.fullmatch(r"jepa-workbench \d+\.\d+\.\d+\n", capsys.readouterr().out)


def test_the_samples_are_listed(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["samples", "list"]) == 0
    assert [line.split()[0] for line in capsys.readouterr().out.splitlines()] == [*samples.names(), *samples.run_names()]


def test_a_reader_that_has_read_enough_is_no_fault(whole: Path) -> None:
    with subprocess.Popen([sys.executable, "-m", "workbench", "inspect", str(whole)], stdout=subprocess.PIPE, stderr=subprocess.PIPE) as process:
        assert process.stdout is not None
        assert process.stderr is not None
        process.stdout.close()
        assert process.stderr.read() == b""
    assert process.returncode == 141


@pytest.mark.parametrize(
    "words",
    [["--help"], ["demo", "--help"], ["app", "--help"], ["inspect", "--help"], ["catalogue", "--help"], ["samples", "--help"], ["watch", "--help"]],
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


def test_a_run_that_is_not_there_is_not_watched(tmp_path: Path) -> None:
    command = [sys.executable, "-m", "workbench", "watch", "--port", "0", "nowhere"]
    done = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, timeout=60, check=False)
    assert done.returncode == 2
    assert "there is no nowhere" in done.stderr
    assert "Traceback" not in done.stderr


def test_a_board_that_is_not_there_is_told_with_those_there_are(tmp_path: Path) -> None:
    command = [sys.executable, "-m", "workbench", "app", "--board", "dance", "--port", "0"]
    done = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, timeout=60)
    assert done.returncode == 2
    assert "no board 'dance'" in done.stderr
    assert "plan" in done.stderr


def test_of_a_port_that_is_taken_the_next_free_one_is_told(tmp_path: Path) -> None:
    with socket.socket() as taken, socket.socket() as following:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        with suppress(OSError):  # another program has it: as good
            following.bind(("127.0.0.1", port + 1))
            following.listen()
        done = app("--port", str(port), folder=tmp_path)
    assert done.returncode == 2
    assert f"127.0.0.1:{port}: Address already in use" in done.stderr
    other = re.search(r"--port (\d+) is free", done.stderr)
    assert other is not None
    assert port + 1 < int(other.group(1)) <= port + 100
    assert "Traceback" not in done.stderr


@pytest.mark.parametrize("port", ["70000", "-1", "x"])
def test_a_port_that_is_none_is_told_in_words(port: str, capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as ended:
        main(["app", "--port", port])
    assert ended.value.code == 2
    assert f"'{port}' is not a port: 0 to 65535" in capsys.readouterr().err


@pytest.mark.parametrize("settings", ["", "wings=2"])
def test_the_app_refuses_what_inspect_refuses_in_the_same_words_before_it_serves(settings: str, whole: Path, tmp_path: Path) -> None:
    path = whole if settings else tmp_path / "notes.pt"
    if not settings:
        path.write_bytes(b"these are my notes")
    words = [str(path), "--settings", settings]
    inspected, served = run("inspect", *words, folder=tmp_path), app(*words, "--port", "0", folder=tmp_path)
    assert (served.returncode, served.stdout, served.stderr) == (2, "", inspected.stderr)
    assert inspected.returncode == 2


def test_the_app_describes_a_file_that_would_run_code_as_inspect_does(tmp_path: Path) -> None:
    torch.save({"model": torch.nn.Linear(3, 4)}, tmp_path / "objects.ckpt")
    inspected, served = run("inspect", "objects.ckpt", folder=tmp_path), app("objects.ckpt", "--port", "0", folder=tmp_path)
    assert (served.returncode, served.stdout, served.stderr) == (inspected.returncode, inspected.stdout, inspected.stderr)
    assert served.returncode == 2
    assert "torch.nn.modules.linear.Linear" in served.stdout


def test_the_app_says_where_it_is_what_can_be_opened_and_how_to_stop_and_stops_without_a_trace(whole: Path, tmp_path: Path) -> None:
    (tmp_path / "data").mkdir()
    command = [sys.executable, "-m", "workbench", "app", str(whole), "--data", "data", "--port", "0"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, cwd=tmp_path, start_new_session=True) as process:
        assert process.stdout is not None
        heard = hello(process.stdout)
        os.killpg(process.pid, signal.SIGINT)  # as a terminal does
        heard += process.stdout.read()
    told = "".join(heard)
    assert re.match(r"JEPA Workbench at http://127\.0\.0\.1:\d+/\n", told)
    assert str(whole.parent) in told
    assert str((tmp_path / "data").resolve()) in told
    assert told.endswith("\nStopped.\n")
    assert "Traceback" not in told
    assert process.returncode == 0


def test_ctrl_c_while_the_app_starts_leaves_no_trace(tmp_path: Path) -> None:
    heard = "import signal; signal.signal(signal.SIGINT, signal.default_int_handler)\n"  # a shell may have started the tests deaf to it
    command = [sys.executable, "-c", heard + _TELLS_WHEN_PANEL_LOADS]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, cwd=tmp_path, start_new_session=True) as process:
        assert process.stdout is not None
        assert process.stdout.readline() == "begun\n"
        os.killpg(process.pid, signal.SIGINT)
        assert process.stdout.read() == ""
    assert process.returncode == 130


def test_other_machines_are_let_in_with_a_warning_and_a_token(tmp_path: Path) -> None:
    command = [sys.executable, "-m", "workbench", "app", "--address", "0.0.0.0", "--prefix", "user/x", "--port", "0"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, cwd=tmp_path) as process:
        assert process.stdout is not None
        told = "".join(hello(process.stdout))
        process.terminate()
    assert re.match(r"WARNING: other machines can reach this app \(0\.0\.0\.0\)", told)
    tokens = re.findall(r"http://[\d.]+:\d+/user/x/\?token=(\S+)", told)
    assert len(set(tokens)) == 1
    assert len(tokens[0]) >= 43


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


def test_project_prints_one_object_writes_coordinates_and_refuses_in_words(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    vectors, out = tmp_path / "vectors.npy", tmp_path / "map.npy"
    points = np.random.default_rng(0).normal(size=(80, 6))
    np.save(vectors, points)
    words = ["project", str(vectors), "--method", "pca", "--seed", "3", "--k", "15", "--out", str(out), "--json"]
    assert main(words) == 0
    said = json.loads(capsys.readouterr().out)
    assert (said["method"], said["seed"], said["k"], said["n"]) == ("pca", 3, 15, 80)
    assert {"versions", "trustworthiness", "continuity", "knn_preservation", "shuffled", "pca"} <= set(said)
    good = out.read_bytes()
    assert np.load(out).shape == (80, 2)
    for bad, reason in (
        (np.where(points > 2, np.nan, points), "NaN"),
        (np.ones((80, 6)), "identical"),
        (points[:16], "16 points are too few for 15"),
        (np.array([None, 1], dtype=object), "Python objects"),
    ):
        np.save(vectors, bad, allow_pickle=True)
        assert main(words) == 2
        told = capsys.readouterr()
        assert reason in told.err
        assert reason in json.loads(told.out)["error"]["what"]
        assert out.read_bytes() == good
    np.save(vectors, points)
    assert main([*words[:-2], str(vectors)]) == 2
    assert "would replace the vectors" in capsys.readouterr().err
    assert main(["project", str(vectors), "--method", "pca", "--out", str(tmp_path / "map.csv")]) == 2
    assert "no .npy file" in capsys.readouterr().err
    assert main(["project", str(vectors), "--method", "pca"]) == 0
    assert "shuffled columns:" in capsys.readouterr().out
    assert [p.name for p in sorted(tmp_path.iterdir())] == ["map.npy", "vectors.npy"]
