"""Questions about files and clips: their printed lines give the same number, and they survive JSON."""

from __future__ import annotations

import contextlib
import io
import shutil
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch

from tests.straight import Straight, shared_shelf
from workbench.boards.checkpoint import CheckpointBoard
from workbench.boards.code import reproduced
from workbench.boards.workspace import Workspace
from workbench.checkpoints import open_checkpoint
from workbench.core.card import BankKey, ClipKey, FileKey, FolderKey, ModelKey, stamp
from workbench.core.errors import CheckpointError, ClipError, WorkbenchError
from workbench.core.questions import Question, questions, read, written
from workbench.core.questions.checkpoint import CheckFile, DescribeFile, DescribeModel, Histogram, Inspect
from workbench.core.questions.clips import DescribeBank, LookAt, ShowClip, Warm
from workbench.data import save_png
from workbench.families import toy
from workbench.jobs import now
from workbench.worker.shelf import Shelf

OUR_TOPICS = ("checkpoint", "clips")


@pytest.fixture(scope="module")
def place(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A toy checkpoint, a file of Python objects, a folder of pictures."""
    folder = tmp_path_factory.mktemp("open")
    toy.save(toy.build(seed=3), folder / "toy.safetensors")
    torch.save({"model": torch.nn.Linear(3, 4)}, folder / "objects.ckpt")
    (folder / "pictures").mkdir()
    for k, name in enumerate("abc"):
        picture(folder / "pictures" / f"{name}.png", k)
    return folder


def picture(path: Path, seed: int) -> None:
    save_png(path, np.random.default_rng(seed).integers(0, 256, (40, 50, 3), np.uint8))


def asked(place: Path) -> dict[str, Question[Any]]:
    model, pictures = ModelKey(str(place / "toy.safetensors")), str(place / "pictures")
    file = FileKey(model.path)
    every = (
        DescribeModel(model),
        Inspect(file, "toy"),
        CheckFile(file, "toy"),
        DescribeFile(FileKey(str(place / "objects.ckpt"))),
        Histogram(file, next(iter(open_checkpoint(model.path).tensors))),
        ShowClip(model, ClipKey(pictures, 1, 4, name="b.png")),
        LookAt(model, FolderKey(pictures), 2, step=1, listed=True),
        DescribeBank(BankKey(pictures, 4)),
        Warm(model, BankKey(pictures, 4)),
    )
    return {type(question).__name__: question for question in every}


NAMES = [name for name, kind in questions().items() if kind.__module__.rpartition(".")[2] in OUR_TOPICS]


@pytest.mark.parametrize("name", NAMES)
def test_the_printed_lines_give_the_number_and_the_question_survives_json(name: str, place: Path) -> None:
    question = asked(place)[name]
    assert read(written(question), lambda path: path).digest == question.digest
    lines = reproduced(question, shared_shelf().answer(question), None)
    said = io.StringIO()
    with contextlib.redirect_stdout(said):
        exec(lines, {})
    assert said.getvalue().strip() == lines.rpartition("# ")[2]


def test_an_overwritten_checkpoint_is_another_model_and_an_unchanged_one_is_not_loaded_anew(place: Path, tmp_path: Path) -> None:
    told = list[WorkbenchError]()
    space, latest = Workspace(Straight(), deliver=now, notify=told.append), tmp_path / "latest.safetensors"
    board = CheckpointBoard(space)
    shutil.copy(place / "toy.safetensors", latest)

    def opened() -> tuple[ModelKey, float]:
        space.open(str(latest), str(place / "pictures"))
        key = space.session.state.model
        assert key is not None
        return key, sum(float(p.abs().sum()) for p in parameters(key))

    first, weights = opened()
    model = shared_shelf().model(first)
    again, same = opened()
    assert (again, same) == (first, weights)
    assert shared_shelf().model(again) is model
    before = board.headline.code
    toy.save(toy.build(seed=4), latest)
    other, others = opened()
    assert other.path == first.path
    assert others != weights
    assert board.headline.code != before  # the hash of the weights
    assert told == []
    with pytest.raises(CheckpointError, match="overwritten since"):
        Shelf().model(first)


def parameters(key: ModelKey) -> list[torch.Tensor]:
    encoder: Any = shared_shelf().model(key).encoder
    clip = shared_shelf().clip(ClipKey(samples_of(key)))
    return [encoder.encode(encoder.prepare([clip]).video).tokens]


def samples_of(key: ModelKey) -> str:
    path = Path(key.path).parent / "one.png"
    if not path.exists():
        picture(path, 5)
    return str(path)


def test_the_stamp_of_a_model_is_not_written(place: Path) -> None:
    key = ModelKey(str(place / "toy.safetensors"), stamp=stamp(str(place / "toy.safetensors")))
    assert key != ModelKey(key.path)
    assert DescribeModel(key).digest != DescribeModel(ModelKey(key.path)).digest
    assert "stamp" not in written(DescribeModel(key))
    assert read(written(DescribeModel(key)), lambda path: path).digest == DescribeModel(ModelKey(key.path)).digest


def test_a_file_that_is_added_to_a_folder_shifts_no_clip(place: Path, tmp_path: Path) -> None:
    shutil.copytree(place / "pictures", tmp_path / "mine")
    told = list[WorkbenchError]()
    space, shelf = Workspace(Straight(), deliver=now, notify=told.append), shared_shelf()
    space.open(str(place / "toy.safetensors"), str(tmp_path / "mine"), 1)
    key = space.session.state.clip
    assert key is not None
    assert key.name == "b.png"
    before = shelf.clip(key).digest
    picture(tmp_path / "mine" / "aa.png", 9)
    assert shelf.clip(key).digest == before
    space.open_data(str(tmp_path / "mine"), 2)
    assert space.clips is not None
    assert space.clips.names == ("a.png", "aa.png", "b.png", "c.png")
    assert space.session.state.clip is not None
    assert space.session.state.clip.digest == key.digest
    assert space.shown is not None
    assert space.shown.digest == before
    (tmp_path / "mine" / "b.png").unlink()
    with pytest.raises(ClipError, match=r"no 'b\.png'"):
        shelf.clip(key)
    assert told == []
