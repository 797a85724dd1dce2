from __future__ import annotations

import os
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import numpy as np
import pytest

from workbench.core.errors import BadInput, MaskError, WorkbenchError
from workbench.core.wire import Wire, pack_error, unpack_error


def written(path: Path, *messages: dict) -> Path:
    with path.open("wb") as out, Path(os.devnull).open("rb") as nothing:
        wire = Wire(nothing, out)
        for message in messages:
            wire.send(message)
    return path


def received(path: Path) -> list[dict]:
    with path.open("rb") as incoming, Path(os.devnull).open("wb") as nowhere:
        wire = Wire(incoming, nowhere)
        return list(iter(wire.receive, None))


def test_messages_arrive_in_order_and_the_end_is_told(tmp_path: Path) -> None:
    first, second = received(written(tmp_path / "pipe", {"n": 1}, {"n": 2, "a": np.arange(3)}))
    assert first == {"n": 1}
    assert second["a"].tolist() == [0, 1, 2]


@pytest.mark.parametrize("keep", [3, 8, 40])
def test_a_message_cut_short_is_the_end(keep: int, tmp_path: Path) -> None:
    path = written(tmp_path / "pipe", {"n": 1})
    path.write_bytes(path.read_bytes()[:keep])
    assert received(path) == []


def test_messages_of_several_threads_are_not_mixed() -> None:
    reading, writing = os.pipe()
    with os.fdopen(reading, "rb") as incoming, os.fdopen(writing, "wb") as outgoing, ThreadPoolExecutor(5) as pool:
        wire = Wire(incoming, outgoing)
        for k in range(40):
            pool.submit(wire.send, {"n": k, "a": np.full(200, k)})
        got = [wire.receive() for _ in range(40)]
    assert sorted(m["n"] for m in got if m) == list(range(40))
    assert all((m["a"] == m["n"]).all() for m in got if m)


def test_our_errors_arrive_as_themselves() -> None:
    again = unpack_error(pack_error(MaskError("no context", where="painted", fix="paint some")))
    assert type(again) is MaskError
    assert (again.what, again.where, again.fix) == ("no context", "painted", "paint some")


def test_foreign_errors_keep_their_name_and_words() -> None:
    again = unpack_error(pack_error(ZeroDivisionError("by zero")))
    assert type(again) is WorkbenchError
    assert again.what == "ZeroDivisionError: by zero"


def test_nothing_else_can_be_made_of_an_error() -> None:
    assert isinstance(unpack_error({"class": "BadInput", "what": "a", "where": "b", "fix": "c"}), BadInput)
    assert type(unpack_error({"class": "annotations", "what": "a", "where": "b", "fix": "c"})) is WorkbenchError
