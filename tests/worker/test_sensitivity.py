"""What a worker answers about what a model ignores: on samples whose truth is stored, and on clips of which nothing is known."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest

from workbench import samples
from workbench.core import codec, progress
from workbench.core.card import ModelKey, SceneKey, ScenesKey
from workbench.core.errors import BadInput, Cancelled
from workbench.core.questions.sensitivity import Changeable, Sensitivity, Survey
from workbench.data import save_png
from workbench.worker.shelf import Shelf

pytestmark = pytest.mark.slow

ROOMS = samples.find("two-rooms")
MODEL, PATH = ModelKey(str(ROOMS.checkpoint)), str(ROOMS.bank)


@pytest.fixture(scope="module")
def shelf() -> Shelf:
    return Shelf()


def view(shelf: Shelf, changes: list[str], amounts: list[float], index: int = 0) -> Any:
    return shelf.answer(Sensitivity(MODEL, SceneKey(PATH, index), tuple(changes), tuple(amounts)))


def test_the_rooms_model_ignores_texture_and_keeps_the_place_where_pixels_do_the_opposite(shelf: Shelf) -> None:
    found = view(shelf, ["texture", "position"], [1.0, 1.0], index=3)
    again = codec.loads(codec.dumps(found))
    moves = again.moves
    assert moves.of("model", "position") > 2 * moves.of("model", "texture")
    assert moves.of("pixels", "position") < moves.of("pixels", "texture")
    assert [r.label for r in again.reels] == ["real", "texture, full strength", "position, full strength"]
    assert {r.pixels.shape for r in again.reels} == {(25, 64, 64, 3)}


def test_nothing_moves_where_nothing_is_changed(shelf: Shelf) -> None:
    found = view(shelf, ["noise", "size"], [0.0, 0.5])
    assert (found.moves.moved[:, 0] == 0).all()
    assert (found.moves.moved[:, 1] > 0).all()


def test_the_survey_agrees_with_the_single_clips(shelf: Shelf) -> None:
    heard: list[tuple[int, int]] = []
    with progress.listening(lambda d, t: heard.append((d, t)) if t else None):
        table = shelf.answer(Survey(MODEL, ScenesKey(PATH)))
    assert heard[-1] == (39, 40)
    assert set(table.kind) == {"nuisance", "structure"}
    chosen = shelf.answer(Changeable(SceneKey(PATH))).clips
    assert table.moved.shape == (3, 10, 4, chosen)
    one = view(shelf, ["background"], [0.5], index=0)
    at = table.factors.index("background")
    np.testing.assert_allclose(table.moved[:, at, 1, 0], one.moves.moved[:, 0], rtol=1e-3)
    np.testing.assert_allclose(table.unit, one.moves.unit, rtol=1e-4)


def test_a_survey_can_be_cancelled(shelf: Shelf) -> None:
    def stop(done: int, total: int) -> None:
        if done:
            raise Cancelled()

    with pytest.raises(Cancelled), progress.listening(stop):
        shelf.answer(Survey(MODEL, ScenesKey(PATH), seed=1))


def test_a_survey_is_computed_once_while_its_model_and_clips_are_open(shelf: Shelf) -> None:
    asked = Survey(MODEL, ScenesKey(PATH))
    first = shelf.answer(asked)
    assert shelf.answer(asked) is first
    assert Shelf().answer(asked) is not first, "of the same question, but of clips that were opened anew"


def test_own_pictures_have_noise_but_no_structure_and_one_alone_has_no_unit(shelf: Shelf, tmp_path: Path) -> None:
    rng = np.random.default_rng(0)
    for name in ("a", "b", "c"):
        save_png(tmp_path / f"{name}.png", rng.integers(0, 256, (70, 70, 3), dtype=np.uint8))
    shapes = ModelKey(str(samples.find("shapes").checkpoint))
    known = shelf.answer(Changeable(SceneKey(str(tmp_path))))
    assert (known.world, {f.kind for f in known.factors}) == ("", {"nuisance"})
    found = shelf.answer(Sensitivity(shapes, SceneKey(str(tmp_path)), ("noise",), (1.0,)))
    assert found.moves.of("model", "noise") > 0
    with pytest.raises(BadInput, match="cannot be changed"):
        shelf.answer(Sensitivity(shapes, SceneKey(str(tmp_path)), ("size",), (1.0,)))
    with pytest.raises(BadInput, match="two clips"):
        shelf.answer(Sensitivity(shapes, SceneKey(str(tmp_path / "a.png")), ("noise",), (1.0,)))
