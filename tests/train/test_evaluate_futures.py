"""What `samples evaluate` tells of models that foresee: every figure that is asked for, each beside its baselines."""

from __future__ import annotations

from pathlib import Path

import pytest

from workbench import samples
from workbench.core.progress import listening
from workbench.families.load import load
from workbench.train import evaluate_balls, evaluate_rooms
from workbench.worlds import twins

pytestmark = pytest.mark.slow

WHO = ["model", "random_init", "pixels"]


def shipped(name: str) -> Path:
    return samples.find(name).checkpoint


def test_balls_are_judged_by_every_pair_and_quad_beside_twin_and_pixels() -> None:
    pytest.importorskip("pymunk")
    heard: list[float] = []
    with listening(lambda done, total: heard.append(done / total) if total else None):
        found = evaluate_balls.evaluate(load(shipped("balls")), 5, count=4, untrained=2, films=12)
    assert list(found["pairs"]) == list(twins.KINDS)
    assert list(found["quads"]) == ["permanence", "solidity"]
    for scores in (*found["pairs"].values(), *found["pairs_by_peak"].values(), *found["quads"].values()):
        assert list(scores) == WHO
        assert all(0 <= v <= 1 for v in scores.values())
    assert all(scores["pixels"] == 0.5 for scores in found["quads"].values())
    assert all(len(of_twins) == 2 for of_twins in found["quads_random_init"].values())
    assert found["pairs"]["teleport"]["model"] == 1.0
    assert heard == sorted(heard)
    assert heard[-1] > 0.9


def test_two_rooms_are_judged_by_rollouts_a_probe_and_plans_beside_their_baselines() -> None:
    heard: list[float] = []
    with listening(lambda done, total: heard.append(done / total) if total else None):
        found = evaluate_rooms.evaluate(load(shipped("two-rooms")), 5, walks=12, tasks=2)
    assert found["e16_over_copy"] < 0.2 < 0.5 < found["shuffled_e16_over_copy"]
    assert found["probe_r2"] == found["probe"]["model"]
    assert list(found["probe"]) == WHO
    assert list(found["planning"]) == ["model", "random", "untrained", "greedy"]
    assert all(list(shares) == ["all", "cross_room"] for shares in found["planning"].values())
    assert heard == sorted(heard)
