"""Rollouts: what is fed back, what is not, and what doing nothing clever would err."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
import torch

from workbench.core.clip import Clip
from workbench.core.errors import BadInput, ClipError, PartUnavailable
from workbench.families import toy
from workbench.measures.bank import Bank
from workbench.measures.futures import Future, apart, scale_note
from workbench.measures.rollout import drift, rollout
from workbench.model.jepa import Jepa
from workbench.model.latents import Latents
from workbench.model.spec import UNKNOWN, ActionSpec
from workbench.model.steps import steps_of

FRAMES = 6


def film(jepa: Jepa, seed: int, frames: int = FRAMES) -> Clip:
    """Noise with actions and states."""
    rng = np.random.default_rng(seed)
    h, w = jepa.card.image_size
    pixels = rng.integers(0, 256, (frames, h, w, 3), dtype=np.uint8)
    return Clip(pixels, 4.0, rng.normal(size=(frames - 1, 2)).astype(np.float32), rng.normal(size=(frames, 2)).astype(np.float32), f"film {seed}")


@pytest.fixture(scope="module")
def films(jepa: Jepa) -> Bank:
    return Bank([film(jepa, s) for s in range(6)], "films")


def test_open_loop_feeds_back_its_own_answers_one_by_one(jepa: Jepa) -> None:
    clip = film(jepa, 1)
    future = Future.of(jepa, [clip], known=2)
    dynamics, seen = jepa.need_dynamics(), future.real
    tokens, states = seen.tokens[:, :2], seen.states[:, :2] if seen.states is not None else None
    assert future.moves is not None
    for step in range(future.horizon):
        known = 2 + step
        first = max(0, known - dynamics.history[1])
        window = Latents(tokens[:, first:], replace(seen.grid, ticks=known - first), seen.space, states=None if states is None else states[:, first:])
        new = dynamics.predict(window, future.moves[:, first:known])
        tokens = torch.cat([tokens, new.tokens[:, -1:]], 1)
        states = None if states is None or new.states is None else torch.cat([states, new.states[:, -1:]], 1)
    wanted = (tokens[:, 2:] - seen.tokens[:, 2:]).abs().mean(-1)[0]
    found = rollout(jepa, clip, known=2, distance="l1")
    np.testing.assert_allclose(found.maps[found.kinds.index("open loop")], wanted.numpy(), atol=1e-5)


def test_one_step_of_open_loop_is_teacher_forced_and_later_ones_are_not(jepa: Jepa) -> None:
    found = rollout(jepa, film(jepa, 2))
    np.testing.assert_allclose(found.errors("open loop")[0], found.errors("teacher-forced")[0], atol=1e-5)
    assert abs(found.errors("open loop")[1:] - found.errors("teacher-forced")[1:]).max() > 1e-4


def test_copying_is_the_last_known_tick(jepa: Jepa) -> None:
    found, future = rollout(jepa, film(jepa, 3), known=2, distance="l2"), Future.of(jepa, [film(jepa, 3)], 2)
    wanted = (future.real.tokens[0, 1] - future.real.tokens[0, 2:]).square().mean((1, 2, 3))
    np.testing.assert_allclose(found.errors("copy last"), wanted.numpy(), rtol=1e-5)
    np.testing.assert_allclose(found.ratio("copy last"), 1)


def test_every_kind_of_future_is_named_and_states_are_foretold(jepa: Jepa, films: Bank) -> None:
    found = rollout(jepa, films.clips[0], bank=films)
    assert found.kinds == ("open loop", "teacher-forced", "copy last", "other actions", "twin")
    assert found.states is not None
    assert found.true_states is not None
    moved = films.clips[0].actions
    assert moved is not None
    np.testing.assert_allclose(found.states[0], films.clips[0].states[0] + np.cumsum(moved, 0), atol=1e-5)  # the toy adds its actions
    assert np.isnan(found.states[found.kinds.index("twin")]).all()


def test_other_actions_are_another_clips(jepa: Jepa, films: Bank) -> None:
    own = rollout(jepa, films.clips[0], bank=films)
    swapped = rollout(jepa, films.clips[0], actions=films.clips[1].actions)
    np.testing.assert_allclose(own.errors("other actions"), swapped.errors("open loop"), atol=1e-6)


def test_drift_over_a_bank_is_the_mean_of_single_clips(jepa: Jepa, films: Bank) -> None:
    found = drift(jepa, films)
    single = np.stack([rollout(jepa, c, twin=False).errors("open loop") for c in films.clips])
    np.testing.assert_allclose(found.errors[0], single, atol=1e-5)
    low, high = found.interval()
    assert (low <= found.ratio() + 1e-9).all()
    assert (high >= found.ratio() - 1e-9).all()
    assert (low < high).all()


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"actions": None}, "needs actions"),
        ({"actions": np.zeros((FRAMES - 1, 3), np.float32)}, "actions of 3 numbers, the model takes 2"),
        ({"actions": np.zeros((2, 2), np.float32)}, "2 actions for 6 frames"),
        ({"actions": np.full((FRAMES - 1, 2), np.nan, np.float32)}, "leaves frame 0 is not finite"),
        ({"actions": np.full((FRAMES - 1, 2), 57.3, np.float32)}, r"half of the steps move down by more than 57.3, and 1 \(px\) is usual"),
    ],
)
def test_actions_that_do_not_fit_are_refused(jepa: Jepa, change: dict, words: str) -> None:
    with pytest.raises(BadInput, match=words):
        rollout(jepa, replace(film(jepa, 0), **change))


def test_a_clip_shorter_than_the_context_is_refused(jepa: Jepa) -> None:
    with pytest.raises(ClipError, match="leaves none to predict"):
        rollout(jepa, film(jepa, 0, 3), known=3)
    with pytest.raises(BadInput, match="0 time steps of context"):
        rollout(jepa, film(jepa, 0), known=0)


def test_a_model_without_dynamics_is_refused() -> None:
    with pytest.raises(PartUnavailable, match="dynamics"):
        rollout(toy.build(0, parts=("encoder_context", "encoder_target", "masked")), film(toy.build(0), 0))


def test_latents_of_another_space_are_not_compared(jepa: Jepa) -> None:
    future = Future.of(jepa, [film(jepa, 0)])
    other = Future.of(toy.build(9), [film(jepa, 0)])
    with pytest.raises(Exception, match="means nothing"):
        apart(future.came, other.came, "l1")


def test_raw_actions_are_joined_where_one_step_lasts_several_frames() -> None:
    spec = ActionSpec(("x", "y"), ("m", "m"), (-1.0, -1.0), (1.0, 1.0), (0.0, 0.0), (1.0, 1.0), frameskip=2)
    clip = Clip(np.arange(7, dtype=np.uint8)[:, None, None, None].repeat(8, 1).repeat(8, 2), 10.0, np.arange(12, dtype=np.float32).reshape(6, 2))
    short, actions = steps_of(clip, spec)
    assert short.pixels[:, 0, 0, 0].tolist() == [0, 2, 4, 6]
    assert short.fps == 5.0
    assert actions is not None
    assert actions.tolist() == [[0, 1, 2, 3], [4, 5, 6, 7], [8, 9, 10, 11]]


def spec(units: tuple[str, str] = ("m", "m"), low: float = -1.0, std: float = 2.0) -> ActionSpec:
    return ActionSpec(("x", "y"), units, (low, low), (-low, -low), (0.5, 0.5), (std, std))


def test_usual_is_what_bounds_allow_else_three_deviations_and_without_a_unit_anything() -> None:
    unbounded, still = spec(low=-np.inf), spec(low=0.0)
    assert [v.tolist() for v in spec().usual] == [[0.0, 0.0], [1.0, 1.0]]
    assert [v.tolist() for v in unbounded.usual] == [[0.5, 0.5], [6.0, 6.0]]
    assert still.usual[1].tolist() == [np.inf, np.inf]
    assert spec((UNKNOWN, "m")).usual[1].tolist() == [np.inf, 1.0]


def test_actions_that_go_far_or_hardly_move_are_remarked_on() -> None:
    moves = np.tile(np.float32([0.5, -0.9]), (6, 1))
    assert scale_note(moves, spec()) == ""
    assert scale_note(0 * moves, spec()) == ""  # standing still is an action
    far = moves.copy()
    far[4, 1] = -7.2
    assert scale_note(far, spec()) == "One action is larger than usual for this model: largest at step 4, y −7.2 (m), 7 × the usual size."
    assert scale_note(20 * moves, spec()).startswith(
        "6 of 6 actions are larger than usual for this model: largest at step 0, y −18 (m), 18 × the usual size. Check the scale of the actions."
    )
    assert "Check the scale" in scale_note(moves / 1000, spec())
    assert scale_note(1000 * moves, spec((UNKNOWN, UNKNOWN))) == ""
