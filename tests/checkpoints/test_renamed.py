"""A file under other names: nothing is read before it is asked for, and what does not fit is refused."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest
import torch
from safetensors.torch import save_file
from torch import Tensor

from workbench.checkpoints import Checkpoint, open_checkpoint
from workbench.checkpoints.renamed import Joined, Row, Source, renamed
from workbench.core.errors import CheckpointError

STORED = {
    "query": torch.arange(6.0).reshape(2, 3),
    "key": torch.arange(6.0, 12.0).reshape(2, 3),
    "short": torch.zeros(2, 2),
    "half": torch.zeros(2, 3, dtype=torch.float16),
    "tokens": torch.arange(8.0).reshape(4, 1, 1, 2),
    "number": torch.tensor(1.0),
}


@pytest.fixture
def file(tmp_path: Path) -> Checkpoint:
    save_file(STORED, tmp_path / "model.safetensors")
    return open_checkpoint(tmp_path)


def test_tensors_go_by_their_new_names_alone(file: Checkpoint) -> None:
    seen = renamed(file, {"part.weight": "query"})
    assert list(seen.tensors) == ["part.weight"]
    assert (seen.tensors["part.weight"].shape, seen.tensors["part.weight"].group) == ((2, 3), "part")
    assert torch.equal(seen.value("part.weight"), STORED["query"])
    with pytest.raises(CheckpointError, match="no tensor 'query'"):
        seen.value("query")


def test_tensors_are_joined_below_each_other_and_rows_are_cut_out(file: Checkpoint) -> None:
    seen = renamed(file, {"a.qk": Joined(("query", "key")), "a.token.2": Row("tokens", 2)})
    qk, token = seen.tensors["a.qk"], seen.tensors["a.token.2"]
    assert (qk.shape, qk.bytes) == ((4, 3), 48)
    assert (token.shape, token.bytes) == ((1, 1, 2), 8)
    assert torch.equal(seen.value("a.qk"), torch.arange(12.0).reshape(4, 3))
    assert torch.equal(seen.read(["a.token.2"], torch.float64)["a.token.2"], torch.tensor([[[4.0, 5.0]]], dtype=torch.float64))


def test_nothing_is_read_before_it_is_asked_for(file: Checkpoint) -> None:
    asked: list[str] = []

    def stored(name: str) -> Tensor:
        asked.append(name)
        return file.stored(name)

    seen = renamed(replace(file, stored=stored), {"a.qk": Joined(("query", "key")), "a.token": Row("tokens", 0), "a.number": "number"})
    assert asked == []
    seen.value("a.qk")
    assert asked == ["query", "key"]


@pytest.mark.parametrize(
    ("source", "words"),
    [
        ("value", "no tensor 'value' to make a.x of"),
        (Joined(("query", "value")), "no tensor 'value'"),
        (Joined(()), "no tensor None"),
        (Joined(("query", "short")), r"do not fit below each other: query of \[2, 3\], short of \[2, 2\]"),
        (Joined(("query", "half")), "do not fit below each other"),
        (Joined(("number", "number")), "do not fit below each other"),
        (Row("tokens", 4), r"tokens of \[4, 1, 1, 2\] has no row 4"),
        (Row("number", 0), "has no row 0"),
        (Row("value", 0), "no tensor 'value'"),
    ],
)
def test_what_the_file_does_not_have_is_refused(file: Checkpoint, source: Source, words: str) -> None:
    with pytest.raises(CheckpointError, match=words):
        renamed(file, {"a.x": source})
