"""Plans in a world and in a clip, and steps really made: the toy in two rooms for the bookkeeping, golden checkpoints for families without a world."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
import pytest

from tests.families.official import AC, GOLDEN, JEPA_WMS
from workbench.core import codec
from workbench.core.clip import Clip
from workbench.core.errors import BadInput, PartUnavailable
from workbench.families.load import load
from workbench.measures.bank import Bank
from workbench.measures.planning import drive, first_move, plan_view, world_ends, world_picture
from workbench.model.jepa import Jepa
from workbench.worlds import two_rooms

SMALL: dict[str, Any] = {"horizon": 3, "samples": 16, "iterations": 2, "elites": 4}
START, GOAL = (np.array(s, np.float32) for s in ((0.2, 0.5, 0.5, 0.5), (0.8, 0.4, 0.5, 0.5)))
ROOMS: dict[str, Any] = {"name": "two-rooms", "state": START, "goal": GOAL}


def test_a_plan_in_a_world_begins_where_the_film_does_and_ends_behind_the_wall() -> None:
    clip = two_rooms.clips(1, 3, moves=2)[0]
    found = world_ends("two-rooms", clip)
    start, goal = found.start.state, found.goal.state
    np.testing.assert_array_equal(start, np.asarray(clip.states)[0])
    assert (start[0] < start[2]) != (goal[0] < goal[2])
    assert (start[1] < start[3]) == (goal[1] < goal[3])
    assert found.near == 0.06
    for blind in (None, replace(clip, states=None)):
        assert not two_rooms.blocked(world_ends("two-rooms", blind).start.state)


def test_a_place_is_put_into_the_world() -> None:
    found = world_picture("two-rooms", START, 0.7, 0.25)
    assert found.place == pytest.approx((0.7, 0.25))
    np.testing.assert_array_equal(found.pixels, two_rooms.render(found.state))
    with pytest.raises(BadInput):
        world_picture("mars", START)


def test_a_plan_says_what_is_believed_and_what_is_true(rooms: Jepa, walks: Bank) -> None:
    found = plan_view(rooms, **ROOMS, bank=walks, **SMALL)
    paths, state = found.paths, START
    assert paths is not None
    for k, action in enumerate(found.trace.actions):
        np.testing.assert_allclose(paths.true[k], state[:2], atol=1e-6)
        state = two_rooms.step(state, action)
    assert [(r.label, r.kind, r.comes) for r in found.reels] == [
        ("ground truth, same actions", "real", 4),
        ("open loop from frame 0", "open loop", 4),
    ]
    assert {r.pixels.shape for r in found.reels} == {(4, *rooms.card.image_size, 3)}
    assert paths.believed is not None
    assert paths.believed.shape == (4, 2)
    assert paths.probe < 1
    assert paths.elites.shape == (2, 4, 4, 2)
    assert paths.samples.shape == (2, 16, 4, 2)
    assert paths.away == pytest.approx(np.linalg.norm(paths.true[-1] - GOAL[:2]), abs=1e-6)
    assert paths.reached == (paths.away <= 0.06)
    assert found.bounds == ""
    again = codec.loads(codec.dumps(found))
    np.testing.assert_array_equal(again.paths.elites, paths.elites)


def test_the_paths_of_elites_are_those_of_the_best_that_were_tried(rooms: Jepa) -> None:
    found = plan_view(rooms, **ROOMS, **SMALL)
    assert found.paths is not None
    best, state = int(found.trace.costs[1].argmin()), START
    for action in found.trace.samples[1, best]:
        state = two_rooms.step(state, action)
    np.testing.assert_allclose(found.paths.elites[1, 0, -1], state[:2], atol=1e-6)


def test_a_plan_of_the_twin_says_so_and_is_another_one(rooms: Jepa, walks: Bank) -> None:
    model, twin = (plan_view(rooms, **ROOMS, bank=walks, predictor=p, **SMALL) for p in ("model", "twin"))
    assert twin.reels[1].label.endswith("untrained")
    assert not np.array_equal(model.trace.costs, twin.trace.costs)


def test_a_goal_at_the_start_is_refused_with_both_places(rooms: Jepa) -> None:
    near = START + np.array([0.03, 0, 0, 0], np.float32)
    for ask in (plan_view, first_move):
        with pytest.raises(BadInput, match=r"0\.03 apart"):
            ask(rooms, name="two-rooms", state=START, goal=near)
    with pytest.raises(BadInput, match=r"0\.03 apart"):
        drive(rooms, "two-rooms", START, near)


def test_steps_really_made_are_the_first_actions_of_the_plan(rooms: Jepa, walks: Bank) -> None:
    found = drive(rooms, "two-rooms", START, GOAL, bank=walks, moves=2, **SMALL)
    state = START
    for picture, action in zip(found.pictures, found.done, strict=True):
        state = two_rooms.step(state, action)
        np.testing.assert_allclose(picture.state, state, atol=1e-6)
    assert len(found.pictures) == 2
    assert found.away == pytest.approx(np.linalg.norm(state[:2] - GOAL[:2]), abs=1e-5)
    assert found.believed is not None
    assert found.believed.shape == (4, 2)
    again = drive(rooms, "two-rooms", state, GOAL, warm=found.rest, **SMALL)
    assert again.rest.shape == (3, 2)
    assert len(again.pictures) == 1


def test_a_landscape_of_the_first_move_knows_no_true_action_in_a_world(rooms: Jepa) -> None:
    found = first_move(rooms, **ROOMS, steps=5)
    assert found.energy.shape == (5, 5)
    assert found.true is None
    x, y = (int(np.flatnonzero(v == low)[0]) for v, low in zip(found.values, found.lowest, strict=True))
    assert found.energy[x, y] == found.energy.min()


def lewm() -> tuple[Jepa, Clip]:
    given = np.load(GOLDEN / "lewm" / "inputs.npz")
    return load(GOLDEN / "lewm"), Clip(given["pixels_uint8"][0], actions=given["action"][0], source="lewm")


def arm() -> tuple[Jepa, Clip]:
    given = np.load(GOLDEN / "vjepa2_ac" / "inputs.npz")
    pixels = np.random.default_rng(0).integers(0, 256, (5, 32, 32, 3), dtype=np.uint8)
    return load(**AC), Clip(pixels, actions=given["actions"][0], states=given["states"][0], source="arm")


def wms() -> tuple[Jepa, Clip]:
    given = np.load(GOLDEN / "jepa_wms_adaln" / "inputs.npz")
    pixels = np.ascontiguousarray(given["visual_uint8"][0].transpose(0, 2, 3, 1))
    return load(**JEPA_WMS), Clip(pixels, actions=given["actions"][0], states=given["proprio"][0], source="wms")


@pytest.mark.parametrize("made", [lewm, arm, wms])
def test_families_without_a_world_plan_from_one_frame_of_a_clip_to_another(made: Any) -> None:
    jepa, clip = made()
    known = jepa.need_dynamics().history[0]
    ends: dict[str, Any] = {"clip": clip, "frames": (known - 1, clip.frames - 1)}
    found = plan_view(jepa, **ends, **SMALL)
    assert found.paths is None
    assert [r.label for r in found.reels][-1] == "goal"
    assert found.trace.actions.shape == (3, jepa.need_dynamics().action.width)
    free = np.flatnonzero(np.ptp(found.trace.samples, axis=(0, 1, 2)))  # the others are held by their bounds
    land = first_move(jepa, **ends, axes=(int(free[0]), int(free[1])), steps=3)
    assert land.true is not None
    assert np.isfinite(land.true_energy)


def test_bounds_that_nobody_knows_are_those_of_the_clips_own_actions_and_it_is_said() -> None:
    jepa, clip = lewm()
    actions = np.asarray(clip.actions)[: clip.frames - 1]
    found = plan_view(jepa, clip=clip, frames=(0, 3), **SMALL)
    assert "mean ± 3 deviations of this clip's own 3 actions" in found.bounds
    half = np.maximum(3 * actions.std(0), 1e-3)
    assert (np.abs(found.trace.samples - actions.mean(0)) <= half + 1e-5).all()
    assert [r.kind for r in found.reels] == ["real", "control"]  # no decoder and no bank: nothing draws what is imagined


@pytest.mark.parametrize(("frames", "words"), [((2, 2), "both are frame 2"), ((0, 9), "to 9 of a clip of 4"), ((-1, 2), "from frame -1")])
def test_frames_that_are_not_there_or_the_same_are_refused(frames: tuple[int, int], words: str) -> None:
    jepa, clip = lewm()
    with pytest.raises(BadInput, match=words):
        plan_view(jepa, clip=clip, frames=frames, **SMALL)


def test_a_budget_of_zero_is_refused_by_its_name(rooms: Jepa) -> None:
    for name in ("samples", "iterations", "horizon"):
        with pytest.raises(BadInput, match=f"{name} = 0 cannot sample anything"):
            plan_view(rooms, **ROOMS, **{**SMALL, name: 0})


def test_a_model_without_a_future_and_a_plan_without_ends_are_refused(rooms: Jepa) -> None:
    with pytest.raises(BadInput, match="neither a world"):
        plan_view(rooms)
    with pytest.raises(PartUnavailable):
        plan_view(replace(rooms, dynamics=None), **ROOMS)
