"""Every question about surprise: its printed lines give its number again, and it survives JSON."""

from __future__ import annotations

import contextlib
import io
from typing import Any

import numpy as np
import pytest

from workbench import samples
from workbench.boards.code import reproduced
from workbench.boards.surprise.words import peers_line, peers_note
from workbench.core.card import BankKey, ClipKey, ModelKey
from workbench.core.questions import Question, questions, read, written
from workbench.core.questions.surprise import ClipSurprise, Leak, OcclusionMap, PairAccuracies, PairSurprise, Peers, PossibleSurprise, SurpriseView
from workbench.worker.shelf import Shelf

pytestmark = pytest.mark.slow

BALLS, MASKED, ROOMS = (samples.find(name) for name in ("balls", "balls-masked", "two-rooms"))
MODEL, TUBES, AGENT = (ModelKey(str(s.checkpoint)) for s in (BALLS, MASKED, ROOMS))
CLIP, WALK = ClipKey(str(BALLS.bank), 2), ClipKey(str(ROOMS.bank), 1)
ASKED: dict[str, tuple[str, Question[Any]]] = {
    "a clip": ("balls", ClipSurprise(model=MODEL, clip=CLIP, distance="l2")),
    "windows": ("balls-masked", ClipSurprise(model=TUBES, clip=CLIP, contexts=(2, 4), window=8, stride=4, mask_token=None)),
    "a pair": ("balls", PairSurprise(model=MODEL, clip=CLIP, twins=("teleport", 3), world="balls", predictor="twin")),
    "another clip": ("balls", PairSurprise(model=MODEL, clip=CLIP, other=ClipKey(str(BALLS.bank), 5), predictor="pixels")),
    "broken by hand": ("two-rooms", PairSurprise(model=AGENT, clip=WALK, moved=(9, 0.9, 0.8), world="two-rooms")),
    "possible pairs": ("balls", PossibleSurprise(model=MODEL, twins="freeze")),
    "possible clips": ("two-rooms", PossibleSurprise(model=AGENT, bank=BankKey(str(ROOMS.bank)))),
    "accuracies": ("balls", PairAccuracies(model=MODEL, count=5)),
    "occlusion": ("balls", OcclusionMap(model=MODEL, clip=CLIP, twins=("teleport", 0), frame=9, cells=3)),
    "a leak": ("balls", Leak(MODEL, CLIP, cuts=(4, 8))),
}


@pytest.fixture(scope="module")
def shelf() -> Shelf:
    return Shelf()


def test_every_question_about_surprise_is_asked_here() -> None:
    known = {kind for kind in questions().values() if kind.__module__ == PairSurprise.__module__}
    assert {type(asked) for _, asked in ASKED.values()} == known


@pytest.mark.parametrize("name", ASKED)
def test_the_printed_lines_give_the_number_again(shelf: Shelf, name: str) -> None:
    sample, asked = ASKED[name]
    if isinstance(asked, PairSurprise) and asked.moved is not None:
        pytest.importorskip("pymunk")
    code = reproduced(asked, shelf.answer(asked), sample)
    said = io.StringIO()
    with contextlib.redirect_stdout(said):
        exec(code, {})
    promised = code.splitlines()[-1].partition("# ")[2]
    assert said.getvalue().strip() == promised
    assert any(c.isdigit() for c in promised)


@pytest.mark.parametrize("name", ASKED)
def test_a_question_about_surprise_survives_json(name: str) -> None:
    asked = ASKED[name][1]
    again = read(written(asked), lambda path: path)
    assert type(again) is type(asked)
    assert again.digest == asked.digest


@pytest.mark.parametrize(
    ("clips", "said"), [(3, "It has no rank among fewer than 8 clips."), (8, "Its peak surprise is above that of 100 % of possible clips.")]
)
def test_a_rank_is_told_from_eight_clips_on(clips: int, said: str, shelf: Shelf) -> None:
    found: Any = shelf.answer(ASKED["a clip"][1])
    peers = Peers("possible clips", np.full(clips, -1.0), False, found.provenance)
    view = SurpriseView((), (found,), -1, "alone")
    assert peers_line(view, peers) == said
    assert bool(peers_note(view, peers)) == (clips >= 8)
