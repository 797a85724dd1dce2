"""Questions are values: what they ask decides whether they are equal, and a written one is checked field by field before anything is done."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import Any, Literal

import numpy as np
import pytest
from jaxtyping import Bool, Float

from workbench.core import codec
from workbench.core.card import BankKey, ClipKey, ModelKey
from workbench.core.errors import BadInput
from workbench.core.questions import Question, base, question, questions, read, written
from workbench.core.questions.labels import Classify

MODEL = ModelKey("/data/m.pt", "ijepa", (("heads", 4), ("image_size", (64, 48))))
CLIP = ClipKey("/data/pictures", 3, frames=8, fps=12.5)


@question("answer_everything", version=3, needs=("dynamics",), number="number")
@dataclass(frozen=True, eq=False)
class Everything(Question[float]):
    """A field of every kind."""

    model: ModelKey
    clip: ClipKey
    bank: BankKey | None = None
    steps: int = 3
    share: float = 0.5
    who: Literal["model", "twin"] = "model"
    warm: bool = False
    contexts: tuple[int, ...] = ()
    pair: tuple[float, str] = (0.0, "")
    actions: Float[np.ndarray, "steps action"] | None = None
    seen: Bool[np.ndarray, "tokens"] | None = None


WHOLE = Everything(
    MODEL, CLIP, BankKey("/data/bank.npz"), 7, 0.1, "twin", True, (2, 4), (1.5, "a\u202eb"), np.arange(6.0).reshape(3, 2) / 7, np.array([True, False])
)


@pytest.fixture(autouse=True, scope="module")
def known() -> Iterator[None]:
    """The type above is forgotten after these tests."""
    yield
    base._types.pop("Everything", None)


def opened(path: str) -> str:
    return path


def test_a_question_survives_json_and_the_wire_bit_for_bit() -> None:
    for asked in (WHOLE, Everything(MODEL, CLIP), Classify(MODEL, CLIP, seed=2)):
        for again in (read(written(asked), opened), codec.loads(codec.dumps(asked))):
            assert type(again) is type(asked)
            assert again.digest == asked.digest
    again: Any = read(written(WHOLE), opened)
    assert again.model == MODEL
    np.testing.assert_array_equal(again.actions, WHOLE.actions)


@pytest.mark.parametrize(
    "other",
    [
        {"steps": 8},
        {"share": 0.1 + 1e-15},
        {"who": "model"},
        {"contexts": (24,)},
        {"bank": None},
        {"clip": replace(CLIP, index=4)},
        {"clip": replace(CLIP, start=0.5)},
        {"model": replace(MODEL, overrides=(("heads", 4), ("image_size", (64, 49))))},
        {"actions": None},
        {"actions": WHOLE.actions.astype(np.float32)},  # type: ignore[union-attr]
        {"actions": WHOLE.actions.reshape(2, 3)},  # type: ignore[union-attr]
        {"seen": np.array([False, True])},
    ],
    ids=str,
)
def test_what_asks_something_else_has_another_digest(other: dict[str, Any]) -> None:
    assert replace(WHOLE, **other).digest != WHOLE.digest
    assert replace(WHOLE).digest == WHOLE.digest


def test_questions_are_compared_by_digest_alone() -> None:
    assert Classify(MODEL, CLIP) != Classify(MODEL, CLIP)
    assert Classify(MODEL, CLIP).digest == Classify(MODEL, CLIP).digest


def test_the_keys_of_a_question_are_found() -> None:
    assert WHOLE.keys() == [MODEL, CLIP, BankKey("/data/bank.npz")]


def changed(**fields: Any) -> str:
    return json.dumps({**json.loads(written(WHOLE)), **fields})


def array(**parts: Any) -> dict[str, Any]:
    return {**json.loads(written(WHOLE))["actions"], **parts}


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("", "not a written question"),
        ("[1]", "no question None"),
        ("[" * 100_000, "not a written question"),
        ('{"question": ["Classify"]}', "no question"),
        ('{"question": "Delete"}', "no question 'Delete'"),
        (changed(version=2), "version 2; this program asks version 3"),
        (changed(colour="red"), "no field 'colour'"),
        (changed(model=None), "Everything.model is None"),
        (changed(model={"path": "/data/m.pt", "pickle": 1}), "no field 'pickle'"),
        (changed(model={"path": 3}), "Everything.model.path is 3"),
        (changed(model={"path": "m", "overrides": [["heads", {"a": 1}]]}), "no setting"),
        (changed(model={"path": "m", "overrides": [["heads", "DEEP"]]}).replace('"DEEP"', "[" * 600 + "]" * 600), "nested too deeply"),
        (
            changed(model={"path": "m", "overrides": [["heads", 4], ["encoder", "/etc/passwd"]]}),
            "Everything.model.encoder is '/etc/passwd', which is no setting",
        ),
        (changed(clip={"index": 1}), "lacks the field 'path'"),
        (changed(steps=1.5), "Everything.steps is 1.5"),
        (changed(steps=True), "Everything.steps is True"),
        (changed(share="0.5"), "Everything.share"),
        (changed(who="god"), "Everything.who is 'god'"),
        (changed(contexts=[1, "2"]), "Everything.contexts is '2'"),
        (changed(pair=[1.0]), "Everything.pair"),
        (changed(actions=array(shape=[2, 2])), "no written array"),
        (changed(actions=array(shape=[6])), r"shape \(6,\)"),
        (changed(actions=array(dtype="|O8")), "no written array"),
        (changed(actions=array(dtype="<i8")), "int64"),
        (changed(actions=array(base64="%%%")), "no written array"),
        (written(WHOLE).replace("0.1,", "NaN,"), "NaN is no JSON number"),
        (changed(pair=[1e999, "a"]), "no JSON number"),
        (changed(who="x" * (1 << 20)), "more than 1 MB"),
    ],
)
def test_a_written_question_that_is_wrong_is_refused_in_words(text: str, words: str) -> None:
    with pytest.raises(BadInput, match=words):
        read(text, opened)


def test_every_path_of_a_written_question_must_be_allowed() -> None:
    named: list[str] = []

    def allow(path: str) -> str:
        named.append(path)
        if path.endswith(".npz"):
            raise BadInput("it lies outside the folders", where=path)
        return "/allowed" + path

    with pytest.raises(BadInput, match="outside"):
        read(written(WHOLE), allow)
    found: Any = read(written(Everything(MODEL, CLIP)), allow)
    assert (found.model.path, found.clip.path) == ("/allowed/data/m.pt", "/allowed/data/pictures")


def test_every_type_says_what_it_means_and_needs_no_torch() -> None:
    for kind in questions().values():
        if kind.__module__.startswith("workbench."):
            assert kind.__doc__
            assert kind.about.formula
            assert kind.about.cannot
            assert kind.about.number
    code = "import sys; from workbench.core.questions import questions; assert questions(); print('torch' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout.strip() == "False"
