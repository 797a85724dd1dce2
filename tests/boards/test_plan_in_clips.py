"""The Plan board knows no family: golden checkpoints of three plan from one frame of a clip to another, and nothing is executed."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from tests.boards.opened import Opened
from tests.families.official import AC, GOLDEN, JEPA_WMS
from workbench.boards.code import WRAPPED
from workbench.families.load import load

pytestmark = pytest.mark.slow


def lewm() -> tuple[dict[str, Any], dict[str, np.ndarray]]:
    given = np.load(GOLDEN / "lewm" / "inputs.npz")
    return {"path": GOLDEN / "lewm"}, {"pixels": given["pixels_uint8"][0], "actions": given["action"][0]}


def arm() -> tuple[dict[str, Any], dict[str, np.ndarray]]:
    given = np.load(GOLDEN / "vjepa2_ac" / "inputs.npz")
    pixels = np.random.default_rng(0).integers(0, 256, (5, 32, 32, 3), dtype=np.uint8)
    return AC, {"pixels": pixels, "actions": given["actions"][0], "states": given["states"][0]}


def wms() -> tuple[dict[str, Any], dict[str, np.ndarray]]:
    given = np.load(GOLDEN / "jepa_wms_adaln" / "inputs.npz")
    pixels = np.ascontiguousarray(given["visual_uint8"][0].transpose(0, 2, 3, 1))
    return JEPA_WMS, {"pixels": pixels, "actions": given["actions"][0], "states": given["proprio"][0]}


def in_clip(folder: Path, made: Callable[[], tuple[dict[str, Any], dict[str, np.ndarray]]]) -> Opened:
    """The board on a checkpoint of official layout, with a bank of two clips: its fixture's, and the same pixels upside down."""
    options, clip = made()
    both = {name: np.stack([value, value[:, ::-1] if name == "pixels" else value]) for name, value in clip.items()}
    np.savez(folder / "clips.npz", **both)
    found = Opened()
    found.space.jobs.shelf.keep(f"{WRAPPED}given", load(**options))
    found.space.open(f"{WRAPPED}given", str(folder / "clips.npz"))
    return found


@pytest.mark.parametrize("made", [lewm, arm, wms])
def test_other_families_plan_from_one_frame_of_a_clip_to_another(tmp_path: Path, made: Any) -> None:
    found = in_clip(tmp_path, made)
    assert found.told == []
    assert found.screen.left.shown == 1
    last = len(found.ground.found.film) - 1
    assert (found.route.value.goal, found.toolbar.values["horizon"]) == (last, last - found.route.value.start)
    assert "No ground truth: this world cannot be simulated" in found.sentence or "No sampled plan" in found.sentence
    names = [f["name"] for f in found.player.films]
    assert (names[0], names[-1]) == ("ground truth, actions of the clip", "goal")
    assert "open loop from frame 0" in names  # retrieved from the bank
    assert {m["label"]: m["frame"] for m in found.clip.marks} == {"start": found.route.value.start, "goal": last}
    land = found.sheet.land
    assert land is not None
    assert land.true is not None
    assert np.isfinite(land.energy).all()
    execute = found.button("execute")
    assert execute["disabled"]
    assert "cannot be simulated" in execute["reason"]
    assert found.button("why")["label"] == execute["reason"]
    assert found.button("ends")["label"] == f"frame {found.route.value.start} → {last}"
    found.press("execute")
    assert found.sheet.walk.count == 0


def test_frames_under_the_cursor_become_start_and_goal_and_the_same_frame_is_refused(tmp_path: Path) -> None:
    found = in_clip(tmp_path, lewm)
    found.clip.tick = 1
    found.press("goal")
    assert found.route.value.goal == 1
    np.testing.assert_array_equal(found.screen.reels[-1].pixels[0], found.ground.found.film[1])
    found.clip.tick = 0
    found.press("goal")
    assert found.sentence == "start and goal are the same frame, 0"
    assert found.route.value.goal == 1
    found.command("undo")
    assert found.route.value.goal == len(found.ground.found.film) - 1


def test_an_action_of_many_components_offers_pairs_for_the_landscape(tmp_path: Path) -> None:
    found = in_clip(tmp_path, arm)
    control = next(c for c in found.toolbar.controls if c["id"] == "axes")
    other = control["options"][1]["value"]
    found.toolbar.values = {**found.toolbar.values, "axes": other}
    assert other == ",".join(map(str, found.sheet.land.components))


def test_the_copied_lines_of_a_clip_name_its_frames(tmp_path: Path) -> None:
    found = in_clip(tmp_path, lewm)
    assert "frames=(0, 3)" in found.headline.code
    assert f"clip = jw.open_clips({str(tmp_path / 'clips.npz')!r})[0]" in found.headline.code
