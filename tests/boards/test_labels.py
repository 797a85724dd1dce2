"""The Labels board without a browser: a sentence first, the untrained head beside it, and a reason where there is no head."""

from __future__ import annotations

import contextlib
import io
import re
import shutil
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from safetensors.torch import load_file, save_file

from tests.straight import Straight
from workbench.boards.every import sections
from workbench.boards.labels import LabelsBoard
from workbench.boards.labels.words import labels_detail, labels_sentence
from workbench.boards.workspace import Workspace, exported
from workbench.core import codec
from workbench.core.errors import WorkbenchError
from workbench.core.results import Classified, Provenance
from workbench.data import save_png
from workbench.jobs import now

HEAD = Path(__file__).parents[1] / "golden" / "hf_vjepa2_head"
HEADLESS = Path(__file__).parents[1] / "golden" / "hf_vjepa2"


@pytest.fixture
def board() -> LabelsBoard:
    told: list[WorkbenchError] = []
    board = LabelsBoard(Workspace(Straight(), deliver=now, notify=told.append))
    board.wake()
    return board


@pytest.fixture(scope="module")
def pictures(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("pictures")
    for name, shade in (("dark", 30), ("light", 220)):
        save_png(folder / f"{name}.png", np.random.default_rng(shade).integers(0, shade, (40, 40, 3), dtype=np.uint8))
    return folder


def found(*pairs: tuple[float, float], labels: Any = None) -> Classified:
    p, b = (np.array(v, np.float32) for v in zip(*pairs, strict=True))
    return Classified(labels or [f"l{i}" for i in range(len(p))], p, b, np.ones((1, 1, 1), np.float32), Provenance("classify", "m", {}, ""))


@pytest.mark.slow
def test_the_labels_of_the_clip_in_sight_stand_beside_the_untrained_heads_and_follow_the_clip(board: LabelsBoard, pictures: Path) -> None:
    board.space.open(str(HEAD), str(pictures))
    assert board.refusal() == ""
    first = board.headline.sentence
    assert board.labels.answer is not None
    best = board.labels.answer.best(1)[0]
    assert f"“{best[0]}”" in first
    assert f"{best[1]:.3f}" in first
    assert "untrained" in first
    figure: Any = board.bars.figure
    assert [bar.name for bar in figure.data] == ["head", "untrained head"]
    assert list(figure.data[1].x) == [b for _, _, b in board.labels.answer.best(5)]
    said = io.StringIO()
    with contextlib.redirect_stdout(said):
        exec(board.headline.code, {})
    assert re.search(r"jw\.load\(.*# weights [0-9a-f]{12}$", board.headline.code, re.MULTILINE)
    assert float(said.getvalue()) == round(best[1], 4)
    assert codec.loads(exported(board.space, board.results())[1])["labels"].labels == board.labels.answer.labels
    before = board.labels.answer
    board.space.choice.show(1)
    assert board.labels.answer is not before
    assert board.headline.code.splitlines()[-3].endswith("['light.png']")
    assert not board.bars.stale
    board.space.session.set(clip=None)
    assert board.bars.stale, "of a clip that is no longer open"


@pytest.mark.slow
def test_without_a_head_or_with_a_part_of_one_the_board_is_off_and_says_why(board: LabelsBoard, pictures: Path, tmp_path: Path) -> None:
    board.space.open(str(HEAD), str(pictures))
    assert board.labels.answer is not None
    board.space.open(str(HEADLESS))
    assert board.labels.answer is None
    assert not board.bars.figure.data
    assert board.headline.sentence.startswith("This board is off: ")
    assert "head" in board.refusal()
    shutil.copytree(HEAD, tmp_path, dirs_exist_ok=True)
    save_file({n: t for n, t in load_file(HEAD / "model.safetensors").items() if n != "classifier.bias"}, tmp_path / "model.safetensors")
    board.space.open(str(tmp_path))
    assert (board.headline.tone, "classifier.bias" in board.headline.sentence) == ("error", True)


def test_a_head_that_is_no_surer_than_untrained_is_said_to_be() -> None:
    sentence, tone = labels_sentence(found((0.5, 0.4), (0.5, 0.6)))
    assert (tone, "no surer than untrained" in sentence) == ("warn", True)
    sentence, tone = labels_sentence(found((0.9, 0.4), (0.1, 0.6)))
    assert (tone, sentence) == ("plain", "“l0”, probability 0.900; the untrained head gives it 0.400, and at most 0.600 to any.")
    assert labels_detail(found((0.9, 0.4), (0.1, 0.6))) == "Next: “l1” 0.100. Chance is 0.500 for each of 2 labels; the head knows no others."


def test_a_label_of_a_file_is_printable_and_short_in_the_sentence() -> None:
    sentence, _ = labels_sentence(found((0.9, 0.4), labels=["\x1b[2J\n" + "y" * 500]))
    assert "\x1b" not in sentence
    assert "\n" not in sentence
    assert len(sentence) < 200


def test_the_board_is_in_the_menu_of_every_host() -> None:
    assert LabelsBoard in sections()["LOOK"]
