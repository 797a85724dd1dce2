"""Films of futures on the toy in two rooms; its pictures mean nothing, its bookkeeping must hold."""

from __future__ import annotations

import contextlib
import io
from dataclasses import replace
from typing import Any

import numpy as np
import pytest

from workbench import samples
from workbench.boards.code import reproduced
from workbench.core import codec
from workbench.core.card import BankKey, ClipKey, ModelKey
from workbench.core.errors import BadInput, PartUnavailable
from workbench.core.questions import Question, read, written
from workbench.core.questions.decoding import FITTED, FitDecoder
from workbench.core.questions.rollout import DriftOverBank, RolloutVideos
from workbench.families import toy
from workbench.measures.bank import Bank
from workbench.measures.rollout import film_view, rollout
from workbench.model.jepa import Jepa
from workbench.worker.shelf import Shelf
from workbench.worlds import two_rooms

ROOMS = samples.find("two-rooms")


@pytest.fixture(scope="module")
def true_walks() -> Bank:
    return Bank(two_rooms.clips(6, 0, moves=6), "walks")


@pytest.fixture(scope="module")
def rooms() -> Jepa:
    """A toy whose card names the world of the two rooms."""
    made = toy.build(3)
    return replace(made, card=replace(made.card, world="two-rooms"))


@pytest.fixture(scope="module")
def walks() -> Bank:
    """Walks through the two rooms, with states as the toy takes them."""
    return Bank([replace(c, states=np.asarray(c.states)[:, :2]) for c in two_rooms.clips(6, 0, moves=6)], "walks")


def test_films_are_of_equal_length_and_labelled_and_cross_the_wire(rooms: Jepa, walks: Bank) -> None:
    found = film_view(rooms, walks.clips[0], known=2, bank=walks)
    assert [r.label for r in found.reels] == ["ground truth", "teacher-forced", "open loop from frame 2"]
    assert {r.pixels.shape for r in found.reels} == {(7, *rooms.card.image_size, 3)}
    assert [r.comes for r in found.reels] == [7, 7, 7]
    assert (found.edited, found.simulated) == (-1, False)
    np.testing.assert_allclose(found.rollout.errors("open loop"), rollout(rooms, walks.clips[0], known=2).errors("open loop"), atol=1e-6)
    again = codec.loads(codec.dumps(found))
    np.testing.assert_array_equal(again.reels[1].pixels, found.reels[1].pixels)


def test_retrieved_films_say_where_they_are_further_than_real_frames_are(rooms: Jepa, walks: Bank) -> None:
    found = film_view(rooms, walks.clips[0], how="retrieved", bank=walks)
    assert "retrieved from walks" in found.reels[2].note
    with pytest.raises(BadInput, match="bank"):
        film_view(rooms, walks.clips[0], how="retrieved")


def test_edited_actions_change_the_future_after_them_and_nobody_knows_what_would_have_come(rooms: Jepa, true_walks: Bank) -> None:
    clip = true_walks.clips[1]
    actions = np.asarray(clip.actions).copy()
    actions[3] = (0.08, -0.08)
    short = replace(clip, states=np.asarray(clip.states)[:, :2])
    plain, edited = (
        film_view(rooms, short, known=2),
        film_view(replace(rooms, card=replace(rooms.card, world="")), short, known=2, actions=actions),
    )
    assert edited.edited == 3
    assert not edited.simulated
    assert edited.reels[0].comes == 4
    np.testing.assert_array_equal(edited.reels[2].pixels[:4], plain.reels[2].pixels[:4])
    assert np.isnan(edited.rollout.errors("open loop")[2:]).all()
    assert np.isfinite(edited.rollout.errors("open loop")[:2]).all()


def test_the_same_actions_count_as_unedited(rooms: Jepa, walks: Bank) -> None:
    assert film_view(rooms, walks.clips[0], actions=np.asarray(walks.clips[0].actions).copy()).edited == -1


def test_the_final_ratio_is_of_the_last_tick_that_can_be_compared(rooms: Jepa, true_walks: Bank) -> None:
    clip = replace(true_walks.clips[1], states=np.asarray(true_walks.clips[1].states)[:, :2])
    world = replace(rooms, card=replace(rooms.card, world=""))
    actions = np.asarray(clip.actions).copy()
    actions[3] = (0.08, -0.08)
    plain, edited = film_view(world, clip, known=1).rollout, film_view(world, clip, known=1, actions=actions).rollout
    assert plain.final_ratio == pytest.approx(plain.ratio("open loop")[-1])
    assert edited.final_ratio == pytest.approx(plain.ratio("open loop")[2])
    actions[0] = (0.08, -0.08)
    assert np.isnan(film_view(world, clip, known=1, actions=actions).final_ratio)


@pytest.fixture(scope="module")
def asked(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Question[Any]]:
    """A question of every type and kind, about six short walks."""
    path = tmp_path_factory.mktemp("walks") / "walks.npz"
    with np.load(ROOMS.bank) as bank:
        np.savez(path, **{k: bank[k][:6, :9] for k in ("pixels", "states")}, actions=bank["actions"][:6, :8], fps=bank["fps"])
        actions = bank["actions"][1, :8].copy()
    actions[2:4] = (0.0612345, -0.08)
    model, clip, bank_key = ModelKey(str(ROOMS.checkpoint)), ClipKey(str(path), 1), BankKey(str(path))
    return {
        "as it was": RolloutVideos(model, clip),
        "changed": RolloutVideos(model, clip, 2, actions, "retrieved", None, bank_key),
        "untrained": RolloutVideos(model, clip, how="latents", predictor="twin"),
        "fitted": RolloutVideos(model, clip, bank=bank_key, decoder=FitDecoder(model, bank_key, 5)),
        "drift": DriftOverBank(model, bank_key, 2, limit=3, predictor="twin"),
    }


@pytest.mark.slow
@pytest.mark.parametrize("name", ["as it was", "changed", "untrained", "fitted", "drift"])
def test_a_question_is_written_and_its_printed_lines_give_its_number(asked: dict[str, Question[Any]], name: str) -> None:
    question, shelf = asked[name], Shelf()
    again: Any = read(written(question), str)
    assert again.digest == question.digest
    if name == "fitted":
        shelf.answer(again.decoder)
    answer = shelf.answer(again)
    said, lines = io.StringIO(), reproduced(question, answer, "two-rooms")
    with contextlib.redirect_stdout(said):
        exec(lines, {})
    assert said.getvalue().strip() == lines.rpartition("# ")[2]
    assert float(said.getvalue()) == pytest.approx(answer.final_ratio, rel=1e-2)


@pytest.mark.slow
def test_what_a_fitted_decoder_drew_says_so_and_the_twin_is_not_drawn_by_it(asked: dict[str, Question[Any]]) -> None:
    question, shelf = asked["fitted"], Shelf()
    assert isinstance(question, RolloutVideos)
    with pytest.raises(PartUnavailable, match="was not done yet"):
        shelf.answer(question)
    shelf.answer(question.decoder)
    assert [r.note for r in shelf.answer(question).reels[1:]] == [FITTED, FITTED]
    assert all("retrieved from" in r.note for r in shelf.answer(replace(question, predictor="twin")).reels[1:])
