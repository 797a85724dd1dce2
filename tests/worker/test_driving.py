"""Films of futures on the toy in two rooms; its pictures mean nothing, its bookkeeping must hold."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from workbench.core import codec
from workbench.core.errors import BadInput
from workbench.measures.bank import Bank
from workbench.measures.futures import rollout
from workbench.model.jepa import Jepa
from workbench.worker.driving import film_view, honesty_strip
from workbench.worker.shelf import Shelf
from workbench.worlds import two_rooms


@pytest.fixture(scope="module")
def true_walks() -> Bank:
    return Bank(two_rooms.clips(6, 0, moves=6), "walks")


@pytest.fixture(scope="module")
def shelf() -> Shelf:
    return Shelf()


def test_films_are_of_equal_length_and_labelled_and_cross_the_wire(shelf: Shelf, rooms: Jepa, walks: Bank) -> None:
    found = film_view(shelf, rooms, walks.clips[0], known=2, bank=walks)
    assert [r.label for r in found.reels] == ["real", "teacher-forced", "open loop from frame 2"]
    assert {r.pixels.shape for r in found.reels} == {(7, *rooms.card.image_size, 3)}
    assert [r.comes for r in found.reels] == [7, 7, 7]
    assert (found.edited, found.simulated) == (-1, False)
    np.testing.assert_allclose(found.rollout.errors("open loop"), rollout(rooms, walks.clips[0], known=2).errors("open loop"), atol=1e-6)
    again = codec.loads(codec.dumps(found))
    np.testing.assert_array_equal(again.reels[1].pixels, found.reels[1].pixels)


def test_retrieved_films_say_where_they_are_further_than_real_frames_are(shelf: Shelf, rooms: Jepa, walks: Bank) -> None:
    found = film_view(shelf, rooms, walks.clips[0], how="retrieved", bank=walks)
    assert "retrieved from walks" in found.reels[2].note
    with pytest.raises(BadInput, match="bank"):
        film_view(shelf, rooms, walks.clips[0], how="retrieved")


def test_edited_actions_change_the_future_after_them_and_nobody_knows_what_would_have_come(shelf: Shelf, rooms: Jepa, true_walks: Bank) -> None:
    clip = true_walks.clips[1]
    actions = np.asarray(clip.actions).copy()
    actions[3] = (0.08, -0.08)
    short = replace(clip, states=np.asarray(clip.states)[:, :2])
    plain, edited = (
        film_view(shelf, rooms, short, known=2),
        film_view(shelf, replace(rooms, card=replace(rooms.card, world="")), short, known=2, actions=actions),
    )
    assert edited.edited == 3
    assert not edited.simulated
    assert edited.reels[0].comes == 4
    np.testing.assert_array_equal(edited.reels[2].pixels[:4], plain.reels[2].pixels[:4])
    assert np.isnan(edited.rollout.errors("open loop")[2:]).all()
    assert np.isfinite(edited.rollout.errors("open loop")[:2]).all()


def test_the_same_actions_count_as_unedited(shelf: Shelf, rooms: Jepa, walks: Bank) -> None:
    assert film_view(shelf, rooms, walks.clips[0], actions=np.asarray(walks.clips[0].actions).copy()).edited == -1


def test_the_honesty_strip_has_three_pictures(shelf: Shelf, rooms: Jepa, walks: Bank) -> None:
    assert [r.label for r in honesty_strip(shelf, rooms, walks)] == ["the mean latent", "noise", "another clip's latent"]
