"""What looks into the future has its view too: films with curves, plans over their world, charts."""

from __future__ import annotations

from typing import Any

import numpy as np
import plotly.graph_objects as go
import pytest

import workbench as jw
from widgets import ClipPlayer, Timeline, WorldStage
from workbench.core.errors import BadInput
from workbench.core.numbers import share

START, GOAL = np.array([0.2, 0.25, 0.5, 0.5]), np.array([0.8, 0.2, 0.5, 0.5])
QUICK = {"horizon": 6, "samples": 16, "iterations": 3, "elites": 4}


@pytest.fixture(scope="module")
def rooms() -> dict[str, Any]:
    jepa, bank = jw.load("two-rooms"), jw.open_bank("two-rooms")
    plan = jw.plan_view(jepa, name="two-rooms", state=START, goal=GOAL, bank=bank, **QUICK)
    return {"jepa": jepa, "bank": bank, "clip": bank.clips[0], "plan": plan}


def test_films_are_played_beside_each_other_with_their_errors_and_say_where_they_were_changed(rooms: dict[str, Any]) -> None:
    actions = np.array(rooms["clip"].actions)
    actions[5] = -actions[5]
    view = jw.film_view(rooms["jepa"], rooms["clip"], bank=rooms["bank"], actions=actions)
    player = jw.show(view)
    assert isinstance(player, ClipPlayer)
    assert [f["name"] for f in player.films] == ["ground truth (simulated)", "teacher-forced", "open loop from frame 1"]
    curves = np.frombuffer(player.curve_values, np.float32).reshape(len(player.curves), -1)
    names = [c["name"] for c in player.curves]
    assert np.allclose(curves[names.index("open loop"), 1:], view.rollout.errors("open loop"))
    assert np.isnan(curves[:, 0]).all()
    assert player.marks == [{"frame": 5, "label": "changed by hand", "kind": "edit"}]


def test_a_rollout_without_films_is_curves(rooms: dict[str, Any]) -> None:
    found = jw.rollout(rooms["jepa"], rooms["clip"], known=2, bank=rooms["bank"])
    line = jw.show(found)
    assert isinstance(line, Timeline)
    assert line.known == 2
    assert [c["name"] for c in line.curves] == ["untrained" if kind == "twin" else kind for kind in found.kinds]


def test_a_plan_lies_over_its_world_with_what_truly_comes(rooms: dict[str, Any]) -> None:
    stage = jw.show(rooms["plan"])
    assert isinstance(stage, WorldStage)
    true = next(p for p in stage.paths if p["name"] == "ground truth")
    assert np.allclose(true["xy"][0], START[:2], atol=1e-3)
    assert len(true["xy"]) == QUICK["horizon"] + 1
    first = jw.show(rooms["plan"], iteration=0)
    assert [p for p in first.paths if p["kind"] == "sample"] != [p for p in stage.paths if p["kind"] == "sample"]
    assert sum(p["kind"] == "elite" for p in stage.paths) == QUICK["elites"]
    assert isinstance(jw.show(rooms["plan"], mode="films"), ClipPlayer)
    line = jw.show(rooms["plan"], mode="costs")
    assert (line.frames, line.word) == (QUICK["iterations"], "iteration")
    with pytest.raises(BadInput, match="paths, films, costs"):
        jw.show(rooms["plan"], mode="path")


def test_surprise_is_a_curve_and_twins_part_where_they_part(rooms: dict[str, Any]) -> None:
    line = jw.show(jw.surprise(rooms["jepa"], rooms["clip"]))
    assert isinstance(line, Timeline)
    assert len(line.curves) == 1
    view = jw.surprise_view(rooms["jepa"], rooms["clip"], moved=(9, 0.9, 0.9))
    player = jw.show(view)
    assert [f["kind"] for f in player.films] == ["real", "impossible"]
    assert player.spans[0]["from"] == view.event == 9
    assert player.spans[0]["kind"] == "violation"


def test_windows_with_several_contexts_are_a_curve_each() -> None:
    jepa, bank = jw.load("balls-masked"), jw.open_bank("balls-masked")
    line = jw.show(jw.surprise(jepa, bank.clips[0], contexts=(4, 8), window=12))
    assert [c["name"] for c in line.curves] == ["surprise, 4 frames of context", "surprise, 8 frames of context"]


def test_drift_and_landscape_are_charts(rooms: dict[str, Any]) -> None:
    jepa, clip = rooms["jepa"], rooms["clip"]
    land = jw.energy_landscape(jepa, clip.still(0), clip.still(5), steps=5)
    assert isinstance(jw.show(land, chosen=rooms["plan"].trace.actions[0]), go.Figure)
    assert isinstance(jw.show(jw.drift(jepa, rooms["bank"], limit=8)), go.Figure)


@pytest.mark.parametrize(
    ("ratio", "said"),
    [
        (0.0034, "0.34 %"),
        (0.00002, "< 0.01 %"),
        (0.03, "3 %"),
        (0.524, "52 %"),
        (1.018, "1.02 ×"),
        (3.25, "3.2 ×"),
        (17.06, "17 ×"),
        (36210.0, "> 100 ×"),
    ],
)
def test_a_ratio_has_as_many_digits_as_can_be_read_and_none_where_its_baseline_is_near_zero(ratio: float, said: str) -> None:
    assert share(ratio) == said
