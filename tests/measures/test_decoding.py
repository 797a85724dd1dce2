"""Questions about pictures of latents: written and read they ask the same, and their printed lines give the number that was answered."""

from __future__ import annotations

import contextlib
import io
from typing import Any

import numpy as np
import pytest

from workbench import samples
from workbench.boards.code import reproduced
from workbench.core.card import BankKey, ClipKey, FileKey, ModelKey
from workbench.core.mask import Mask
from workbench.core.questions import Question, questions, read, written
from workbench.core.questions.decoding import DecodeClip, DecoderFile, DecoderPrior, FitDecoder, OpenDecoder
from workbench.worker.shelf import Shelf

pytestmark = pytest.mark.slow
DIGITS = samples.find("digits")
MODEL = ModelKey(str(DIGITS.checkpoint))


@pytest.fixture(scope="module")
def asked(tmp_path_factory: pytest.TempPathFactory) -> tuple[Shelf, dict[str, Question[Any]]]:
    """A question of every type, on a bank of thirty clips; what they name is fitted and saved."""
    folder = tmp_path_factory.mktemp("decoding")
    np.savez(folder / "some.npz", pixels=np.load(DIGITS.bank)["pixels"][:30])
    shelf, bank, clip = Shelf(), BankKey(str(folder / "some.npz")), ClipKey(str(folder / "some.npz"), 3)
    fit = FitDecoder(MODEL, bank, 25, seed=1)
    shelf.answer(fit)
    file = folder / "d.safetensors"
    file.write_bytes(shelf.answer(DecoderFile(fit)).data.tobytes())
    opened = OpenDecoder(MODEL, FileKey(str(file)), bank)
    shelf.answer(opened)
    shape = shelf.model(MODEL).encoder.prepare([shelf.clip(clip)]).grid.shape
    mask = Mask.of(shape, "0-7", ["8-15"])
    every = (fit, opened, DecoderFile(opened), DecodeClip(MODEL, clip, bank, mask, fit), DecoderPrior(MODEL, bank, "retrieved", weights="untrained"))
    return shelf, {type(q).__name__: q for q in every}


def test_every_type_of_the_topic_is_asked_here(asked: tuple[Shelf, dict[str, Question[Any]]]) -> None:
    assert set(asked[1]) == {name for name, kind in questions().items() if kind.__module__.endswith(".decoding")}


@pytest.mark.parametrize("name", ["FitDecoder", "OpenDecoder", "DecoderFile", "DecodeClip", "DecoderPrior"])
def test_a_question_is_written_and_its_printed_lines_give_its_number(asked: tuple[Shelf, dict[str, Question[Any]]], name: str) -> None:
    shelf, every = asked
    question = every[name]
    assert read(written(question), lambda path: path).digest == question.digest
    answer = shelf.answer(question)
    said, lines = io.StringIO(), reproduced(question, answer, "digits")
    with contextlib.redirect_stdout(said):
        exec(lines, {})
    assert said.getvalue().strip() == lines.rpartition("# ")[2]


def test_a_decoder_that_was_fitted_draws_in_place_of_the_models_own(asked: tuple[Shelf, dict[str, Question[Any]]]) -> None:
    shelf, every = asked
    view = shelf.answer(every["DecodeClip"])
    assert (view.decoded, view.fit) == (True, shelf.answer(every["FitDecoder"]))
    assert [r.kind for r in view.reels] == ["real", "control", "control", "control", "predicted"]
    assert view.measured[1] == view.fit.psnr
