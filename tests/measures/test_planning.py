"""Plans and landscapes: against brute force, within bounds, and honest about where nothing is to be planned."""

from __future__ import annotations

from dataclasses import replace
from typing import get_type_hints

import numpy as np
import pytest
import torch

from tests.measures.test_futures import film
from workbench.core import progress
from workbench.core.clip import Clip
from workbench.core.errors import BadInput
from workbench.core.planner import Searching
from workbench.measures.planning import Planner, Task, bounds, costs, energy_landscape, interpolation, optimiser, plan, search, task_of
from workbench.model.jepa import Jepa

SMALL = {"horizon": 2, "samples": 64, "iterations": 6, "elites": 8, "knots": 1}


@pytest.fixture(scope="module")
def ends(jepa: Jepa) -> tuple[Clip, Clip]:
    return film(jepa, 5), film(jepa, 6)


def test_the_cost_of_a_sequence_is_the_distance_where_its_rollout_ends(jepa: Jepa, ends: tuple[Clip, Clip]) -> None:
    task, dynamics = task_of(jepa, *ends), jepa.need_dynamics()
    actions = torch.rand(1, 3, 2, 2)
    found = costs(dynamics, task, actions, Planner(horizon=2, mean=0.5, best=0.25))
    for k in range(3):
        away = (dynamics.rollout(task.context, 2, actions=actions[:, k]).tokens - task.goal.tokens).square().mean((0, 2, 3, 4))
        assert float(found[0, k]) == pytest.approx(float(away[-1] + 0.5 * away.mean() + 0.25 * away.min()), rel=1e-4)


def test_rolling_out_a_few_at_a_time_costs_the_same(jepa: Jepa, ends: tuple[Clip, Clip], monkeypatch: pytest.MonkeyPatch) -> None:
    task, dynamics, actions = task_of(jepa, *ends), jepa.need_dynamics(), torch.rand(1, 5, 2, 2)
    at_once, stops = costs(dynamics, task, actions, Planner(horizon=2)), list[int]()
    monkeypatch.setattr(optimiser, "_MOST_VALUES", 2 * 3 * task.context.tokens[0, 0].numel())
    with progress.listening(lambda done, total: stops.append(total)):
        torch.testing.assert_close(costs(dynamics, task, actions, Planner(horizon=2)), at_once)
    assert stops == [0, 0, 0], "between them it can be cancelled"


@pytest.mark.parametrize("method", ["cem", "mppi"])
def test_a_search_comes_near_the_best_of_a_dense_grid(jepa: Jepa, ends: tuple[Clip, Clip], method: str) -> None:
    dynamics, task = jepa.need_dynamics(), task_of(jepa, *ends)
    low, high = bounds(dynamics)
    line = torch.linspace(0, 1, 41)
    grid = low + torch.cartesian_prod(line, line) * (high - low)
    how = Planner(**{**SMALL, "horizon": 1, "method": method, "temperature": 0.1})
    every = costs(dynamics, task, grid[None, :, None], how)[0]
    found = search(dynamics, task, how)
    assert float(found.cost[0]) <= float(every.min()) + 0.05 * float(every.max() - every.min())


def test_everything_tried_is_on_record_and_within_the_bounds(jepa: Jepa, ends: tuple[Clip, Clip]) -> None:
    found = plan(jepa, *ends, **SMALL)
    assert found.samples.shape == (6, 64, 2, 2)
    assert found.costs.shape == (6, 64)
    assert found.elites.shape == (6, 8)
    assert found.mean.shape == found.spread.shape == (6, 2, 2)
    assert (np.abs(found.samples) <= 1).all()
    assert found.cost == pytest.approx(min(found.costs.min(), found.cost))
    assert (np.take_along_axis(found.costs, found.elites, 1).max(1) <= np.quantile(found.costs, 8 / 64, axis=1) + 1e-6).all()
    tight = plan(jepa, *ends, limits=((-0.1, 0.0), (0.1, 0.2)), **SMALL)
    assert (tight.actions >= np.array([-0.1, 0.0]) - 1e-6).all()
    assert (tight.actions <= np.array([0.1, 0.2]) + 1e-6).all()


def test_two_tasks_are_planned_together_as_alone(jepa: Jepa, ends: tuple[Clip, Clip]) -> None:
    dynamics, how = jepa.need_dynamics(), Planner(**SMALL)
    one, other = task_of(jepa, *ends), task_of(jepa, ends[1], ends[0])
    context = replace(one.context, tokens=torch.cat([one.context.tokens, other.context.tokens]), states=None, extra=None)
    both = Task(context, replace(one.goal, tokens=torch.cat([one.goal.tokens, other.goal.tokens]), states=None, extra=None))
    together = search(dynamics, both, how)
    tried = together.samples[:, 0]
    again = torch.stack([costs(dynamics, Task(replace(one.context, states=None), one.goal), t[None], how)[0] for t in tried])
    torch.testing.assert_close(together.costs[:, 0], again, atol=1e-5, rtol=1e-5)
    assert float(together.cost[0]) <= float(together.costs[:, 0].min())


def test_the_same_seed_gives_the_same_plan(jepa: Jepa, ends: tuple[Clip, Clip]) -> None:
    a, b, c = plan(jepa, *ends, **SMALL), plan(jepa, *ends, **SMALL), plan(jepa, *ends, **SMALL, seed=1)
    np.testing.assert_array_equal(a.actions, b.actions)
    assert not np.array_equal(a.samples, c.samples)


def test_knots_are_met_at_the_ends_and_interpolated_between() -> None:
    weights = interpolation(3, 5)
    assert weights.tolist() == [[1, 0, 0], [0.5, 0.5, 0], [0, 1, 0], [0, 0.5, 0.5], [0, 0, 1]]
    assert interpolation(1, 3).tolist() == [[1], [1], [1]]


def test_a_landscape_is_a_slice_through_the_true_action(jepa: Jepa, ends: tuple[Clip, Clip]) -> None:
    true = (0.5, -0.5)
    found = energy_landscape(jepa, *ends, steps=5, true=true)
    dynamics, task = jepa.need_dynamics(), task_of(jepa, *ends)
    for i, x in enumerate(found.values[0]):
        for j, y in enumerate(found.values[1]):
            end = dynamics.rollout(task.context, 1, actions=torch.tensor([[[x, y]]])).tokens
            assert found.energy[i, j] == pytest.approx(float((end - task.goal.tokens).square().mean()), rel=1e-4)
    assert found.true_energy == pytest.approx(found.energy[3, 1], rel=1e-4)
    assert found.axes == ("down", "right")


@pytest.mark.parametrize(
    "wrong", [{"horizon": 0}, {"samples": 0}, {"iterations": 0}, {"elites": 65}, {"knots": 3}, {"method": "random"}, {"budget": 1}]
)
def test_a_planner_that_can_try_nothing_is_refused(jepa: Jepa, ends: tuple[Clip, Clip], wrong: dict) -> None:
    with pytest.raises(BadInput):
        plan(jepa, *ends, **{**SMALL, **wrong})


def test_the_options_of_a_plan_are_the_fields_of_a_planner() -> None:
    assert get_type_hints(Searching) == get_type_hints(Planner)


def test_a_goal_where_the_clip_already_is_is_refused(jepa: Jepa, ends: tuple[Clip, Clip]) -> None:
    with pytest.raises(BadInput, match="already is"):
        plan(jepa, ends[0], ends[0].still(0), **SMALL)


def test_axes_and_limits_that_do_not_exist_are_refused(jepa: Jepa, ends: tuple[Clip, Clip]) -> None:
    for wrong in ({"axes": (0, 0)}, {"axes": (0, 2)}, {"others": "sum"}, {"true": (1.0,)}, {"limits": ((0.0, 0.0), (0.0, 0.0))}):
        with pytest.raises(BadInput):
            energy_landscape(jepa, *ends, **{"steps": 3, **wrong})


def test_a_warm_start_is_where_the_search_begins(jepa: Jepa, ends: tuple[Clip, Clip]) -> None:
    warm = np.array([[0.3, -0.2], [0.3, -0.2]], np.float32)
    found = plan(jepa, *ends, warm=warm, **SMALL)
    np.testing.assert_allclose(found.samples[0, 0], warm, atol=1e-5)


def test_a_component_whose_bounds_are_equal_is_held_and_has_no_landscape(jepa: Jepa, ends: tuple[Clip, Clip]) -> None:
    found = plan(jepa, *ends, limits=((-0.1, 0.3), (0.1, 0.3)), **SMALL)
    np.testing.assert_allclose(found.samples[..., 1], 0.3, atol=1e-6)
    with pytest.raises(BadInput, match=r"held at 0\.3"):
        energy_landscape(jepa, *ends, limits=((-0.1, 0.3), (0.1, 0.3)))


def test_a_search_can_begin_from_what_is_left_of_an_older_plan(jepa: Jepa, ends: tuple[Clip, Clip]) -> None:
    warm = np.array([[0.25, -0.5]], np.float32)
    found = plan(jepa, *ends, warm=warm, **{**SMALL, "knots": None, "iterations": 1})
    np.testing.assert_allclose(found.samples[0, 0], np.repeat(warm, 2, 0), atol=1e-5)
    with pytest.raises(BadInput, match="none to begin from"):
        plan(jepa, *ends, warm=np.zeros((0, 2)), **SMALL)
