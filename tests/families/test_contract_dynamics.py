"""What every dynamics must keep: the future depends on what came before it, and on nothing else."""

from __future__ import annotations

from dataclasses import replace

import pytest
import torch
from torch import Tensor

from tests.families.tiny import TINY, clips, same
from workbench.core.errors import BadInput
from workbench.model import Dynamics, Jepa, Latents

HORIZON = 4
FAMILIES = sorted(name for name, tiny in TINY.items() if tiny.dynamics)
Case = tuple[Jepa, Dynamics, Latents, Tensor | None]


def future(name: str, batch: int = 2) -> Case:
    """A model, its dynamics, a short context, and the actions of a rollout of HORIZON; None where it takes none."""
    jepa = TINY[name].build()
    dynamics = jepa.need_dynamics()
    known = max(dynamics.history[0], min(2, dynamics.history[1]))
    draw = torch.Generator().manual_seed(3)
    video = jepa.encoder.prepare(clips(jepa, batch)).video[:, :, :known]
    states = torch.rand(batch, known, TINY[name].states, generator=draw) if TINY[name].states else None
    width = None if dynamics.action is None else dynamics.action.width
    actions = None if width is None else torch.rand(batch, known - 1 + HORIZON, width, generator=draw)
    return jepa, dynamics, dynamics.embed(video, states), actions


@pytest.fixture(scope="module", params=FAMILIES)
def case(request: pytest.FixtureRequest) -> Case:
    return future(request.param)


@pytest.fixture(scope="module", params=[n for n in FAMILIES if TINY[n].actions])
def acting(request: pytest.FixtureRequest) -> Case:
    return future(request.param)


def first(latents: Latents, rows: slice, ticks: slice = slice(None)) -> Latents:
    """Some rows and ticks of latents."""
    tokens, states = latents.tokens[rows, ticks], latents.states
    return Latents(tokens, replace(latents.grid, ticks=tokens.shape[1]), latents.space, states=None if states is None else states[rows, ticks])


def test_a_rollout_has_the_ticks_that_were_asked_for_and_is_the_same_twice(case: Case) -> None:
    _, dynamics, context, actions = case
    film = dynamics.rollout(context, HORIZON, actions=actions)
    assert film.tokens.shape == (2, HORIZON, *context.tokens.shape[2:])
    assert film.grid.ticks == HORIZON
    assert film.tokens.isfinite().all()
    assert film.space.role == "predicted"
    film.comparable(context)
    assert (film.states is None) == (context.states is None)
    same(film, dynamics.rollout(context, HORIZON, actions=actions))


def test_a_batch_of_two_rolls_out_as_two_batches_of_one(case: Case) -> None:
    _, dynamics, context, actions = case
    both = dynamics.rollout(context, HORIZON, actions=actions)
    for row in (slice(0, 1), slice(1, 2)):
        alone = dynamics.rollout(first(context, row), HORIZON, actions=None if actions is None else actions[row])
        same(first(both, row), alone, 1e-5)


def test_a_rollout_of_one_is_the_last_teacher_forced_answer(case: Case) -> None:
    _, dynamics, context, actions = case
    moves = None if actions is None else actions[:, : context.grid.ticks]
    rolled, forced = dynamics.rollout(context, 1, actions=moves), dynamics.predict(context, moves)
    torch.testing.assert_close(rolled.tokens[:, 0], forced.tokens[:, -1], atol=1e-5, rtol=0)
    if rolled.states is not None and forced.states is not None:
        torch.testing.assert_close(rolled.states[:, 0], forced.states[:, -1], atol=1e-5, rtol=0)


def test_a_teacher_forced_answer_does_not_see_later_frames(case: Case) -> None:
    _, dynamics, context, actions = case
    if context.grid.ticks < 2 or dynamics.history[0] > 1:
        pytest.skip("this predictor needs all of the shortest context")
    moves = None if actions is None else actions[:, : context.grid.ticks]
    later = context.tokens.clone()
    later[:, -1] = 0
    answers = [dynamics.predict(Latents(t, context.grid, context.space, states=context.states), moves) for t in (context.tokens, later)]
    assert torch.equal(answers[0].tokens[:, 0], answers[1].tokens[:, 0])
    assert not torch.equal(answers[0].tokens[:, 1], answers[1].tokens[:, 1])


def test_an_action_changes_nothing_before_it_and_something_after(acting: Case) -> None:
    _, dynamics, context, actions = acting
    assert actions is not None
    before = dynamics.rollout(context, HORIZON, actions=actions)
    for k in range(actions.shape[1]):
        changed = actions.clone()
        changed[:, k] += 1
        after = dynamics.rollout(context, HORIZON, actions=changed)
        start = max(0, k - (context.grid.ticks - 1))
        assert torch.equal(after.tokens[:, :start], before.tokens[:, :start])
        assert (after.tokens[:, start:] - before.tokens[:, start:]).abs().max() > 1e-6
        if before.states is not None and after.states is not None:
            assert torch.equal(after.states[:, :start], before.states[:, :start])


def test_the_wrong_number_of_actions_is_refused(acting: Case) -> None:
    _, dynamics, context, actions = acting
    assert actions is not None
    for wrong in (None, actions[:, :-1], actions[..., :-1]):
        with pytest.raises(BadInput, match=rf"{actions.shape[1]} actions of {actions.shape[2]}"):
            dynamics.rollout(context, HORIZON, actions=wrong)


@pytest.mark.parametrize("name", [n for n in FAMILIES if TINY[n].decoder])
def test_decoded_frames_have_the_size_of_the_prepared_ones(name: str) -> None:
    jepa, dynamics, context, actions = future(name)
    assert jepa.decoder is not None
    drawn = jepa.decoder.decode(dynamics.rollout(context, HORIZON, actions=actions))
    assert drawn.shape[:4] == (2, HORIZON, *jepa.card.image_size)
    assert drawn.shape[4] in (1, 3)
    assert drawn.dtype == torch.uint8
