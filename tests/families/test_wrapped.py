"""Bring your own: what `wrap` takes, what it refuses with both shapes, and that measures run on it."""

from __future__ import annotations

import re

import numpy as np
import pytest
import torch
from torch import Tensor, nn

from tests.families.own_module import DIM, OwnJepa, build
from workbench import wrap
from workbench.core.clip import Clip
from workbench.core.errors import BadInput, PartUnavailable
from workbench.masks import sample_mask
from workbench.measures.bank import Bank
from workbench.measures.prediction import prediction_error
from workbench.measures.yardsticks import yardsticks
from workbench.model import Jepa


def video(frames: int = 1, batch: int = 2) -> Tensor:
    return torch.randn(batch, 3, frames, 16, 24, generator=torch.Generator().manual_seed(1))


def answers(*shape: int) -> type[nn.Module]:
    """A module that answers noise of this shape an image, whatever it is shown."""

    class Noise(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.weight = nn.Parameter(torch.ones(1))

        def forward(self, frames: Tensor) -> Tensor:
            return self.weight * torch.ones(frames.shape[0], *shape)

    return Noise


@pytest.mark.parametrize(
    ("shape", "grid", "found"),
    [
        ((2, 3, 5), None, (1, 2, 3)),
        ((1, 2, 3, 5), None, (1, 2, 3)),
        ((6, 5), (1, 2, 3), (1, 2, 3)),
        ((5,), None, (1, 1, 1)),
    ],
)
def test_the_grid_is_read_from_the_answer_or_said(shape: tuple[int, ...], grid: tuple[int, int, int] | None, found: tuple[int, int, int]) -> None:
    jepa = wrap(answers(*shape)(), image_size=(16, 24), grid=grid)
    assert jepa.encoder.encode(video()).tokens.shape == (2, *found, 5)
    assert jepa.card.image_size == (16, 24)
    assert jepa.card.dim == 5


@pytest.mark.parametrize(
    ("shape", "grid", "words"),
    [
        ((7, 5), None, r"float32 \[1, 7, 5\] for an input of \[1, 3, 16, 24\]"),
        ((7, 5), (1, 2, 3), r"\[1, 7, 5\] for an input of \[1, 3, 16, 24\]; the grid of 1×2×3 tokens asks for \[1, 1, 2, 3, dim\] or \[1, 6, dim\]"),
        ((3, 2, 5), (1, 2, 3), r"\[1, 3, 2, 5\] for .* 1×2×3"),
        ((5, 3, 5), None, "5×3 tokens do not divide 16×24 pixels"),
        ((2, 3, 5), (2, 2, 3), "grid of 2×2×3 for clips of 1 frames"),
    ],
)
def test_shapes_that_do_not_fit_are_told_with_both(shape: tuple[int, ...], grid: tuple[int, int, int] | None, words: str) -> None:
    with pytest.raises(BadInput, match=words):
        wrap(answers(*shape)(), image_size=(16, 24), grid=grid)


def test_an_encoder_of_whole_clips_has_ticks_of_its_own() -> None:
    class Film(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.embed = nn.Conv3d(3, DIM, (2, 8, 8), (2, 8, 8))

        def forward(self, frames: Tensor) -> Tensor:
            return self.embed(frames).permute(0, 2, 3, 4, 1)

    jepa = wrap(Film(), image_size=(16, 24), frames=4, video=True)
    clip = Clip(np.zeros((4, 16, 24, 3), np.uint8), fps=8.0)
    assert jepa.encoder.prepare([clip]).grid.shape == (2, 2, 3)
    assert jepa.card.tubelet == 2
    assert jepa.encoder.encode(video(6)).tokens.shape == (2, 3, 2, 3, DIM)


def test_an_encoder_that_is_told_what_is_visible_may_answer_these_tokens_alone() -> None:
    class Dropping(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.embed = nn.Conv2d(3, DIM, 8, 8)
            self.told: list[Tensor] = []

        def forward(self, frames: Tensor, visible: Tensor | None = None) -> Tensor:
            tokens = self.embed(frames).flatten(2).transpose(1, 2)
            if visible is None:
                return tokens
            self.told.append(visible)
            return tokens[visible.flatten(1)].unflatten(0, (len(frames), -1))

    module = Dropping()
    jepa = wrap(module, image_size=(16, 24), grid=(1, 2, 3))
    visible = torch.zeros(3, 1, 2, 3, dtype=torch.bool)
    visible[0, 0, 0, 0] = visible[1, 0, 0, :2] = visible[2, 0, 1, 2] = True
    found = jepa.encoder.encode(video(batch=3), visible=visible).tokens
    assert torch.equal(found.isfinite().all(-1), visible)
    torch.testing.assert_close(found[visible], jepa.encoder.encode(video(batch=3)).tokens[visible])
    assert all(len(set(told.flatten(1).sum(1).tolist())) == 1 for told in module.told)


def test_a_module_in_training_goes_on_training_and_keeps_its_gradients() -> None:
    module = OwnJepa().train()
    module.embed.eval()
    jepa = wrap(module, image_size=(16, 24), encode=module.encode, predict=module.predict)
    first = jepa.encoder.encode(video()).tokens
    assert torch.equal(first, jepa.encoder.encode(video()).tokens)  # without dropout
    assert not first.requires_grad
    assert module.training
    assert module.encoder.training
    assert not module.embed.training
    assert all(p.requires_grad for p in module.parameters())


def test_the_hash_names_the_weights() -> None:
    module = OwnJepa()
    first = wrap(module, image_size=(16, 24), encode=module.encode).card.hashes
    assert first == wrap(module, image_size=(16, 24), encode=module.encode).card.hashes
    with torch.no_grad():
        module.place.add_(1)
    assert first != wrap(module, image_size=(16, 24), encode=module.encode).card.hashes


def test_parts_that_are_modules_of_their_own_are_counted_apart_and_shared_weights_once() -> None:
    class Halves(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.eye, self.guess = answers(2, 3, 5)(), nn.Linear(5, 5)

        def predict(self, latents: Tensor, context: Tensor, targets: Tensor) -> Tensor:
            return self.guess(latents)

    module = Halves()
    report = wrap(module, image_size=(16, 24), encode=module.eye, predict=module.predict).report
    assert report.part("encoder_context").matched == ("weight",)
    assert report.part("masked").parameters == 30
    assert sum(p.parameters for p in report.parts) == sum(p.numel() for p in module.parameters())
    assert report.serving("encoder_target").name == "encoder_context"


def test_without_a_factory_the_twin_is_refused_with_the_way_to_one() -> None:
    module = OwnJepa()
    jepa = wrap(module, image_size=(16, 24), encode=module.encode)
    with pytest.raises(PartUnavailable, match="no untrained model") as refused:
        jepa.untrained(0)
    assert "untrained=" in refused.value.fix


def test_a_function_that_is_not_the_modules_own_cannot_be_moved_to_its_twin() -> None:
    module = OwnJepa()
    jepa = wrap(module, image_size=(16, 24), encode=lambda frames: module.encode(frames), untrained=lambda seed: OwnJepa())
    with pytest.raises(BadInput, match="still means the trained one"):
        jepa.untrained(0)


def test_a_factory_may_wrap_the_twin_itself() -> None:
    def wrapped(seed: int) -> Jepa:
        module = OwnJepa()
        return wrap(module, image_size=(16, 24), encode=lambda frames: module.encode(frames), untrained=wrapped)

    jepa = wrapped(0)
    torch.manual_seed(9)
    drawn = torch.rand(1)
    torch.manual_seed(9)
    twin = jepa.untrained(3)
    assert torch.equal(torch.rand(1), drawn)
    assert torch.equal(twin.encoder.encode(video()).tokens, jepa.untrained(3).encoder.encode(video()).tokens)
    assert not torch.equal(twin.encoder.encode(video()).tokens, jepa.untrained(4).encoder.encode(video()).tokens)


def test_a_rollout_of_ones_own_gives_also_the_teacher_forced_answer() -> None:
    module = OwnJepa()

    def rollout(latents: Tensor, horizon: int, actions: Tensor) -> Tensor:
        film = latents
        for tick in range(latents.shape[1], latents.shape[1] + horizon):
            start = max(0, tick - 4)
            film = torch.cat([film, module.step(film[:, start:], actions[:, start:tick])[:, -1:]], 1)
        return film[:, latents.shape[1] :]

    common = {"image_size": (16, 24), "encode": module.encode, "frames": 4, "actions": ["down", "right"]}
    stepwise, whole = wrap(module, step=module.step, **common).need_dynamics(), wrap(module, rollout=rollout, **common).need_dynamics()
    actions = torch.rand(2, 5, 2)
    for horizon, moves in ((3, actions[:, :5]), (1, actions[:, :3])):
        answers = [d.rollout(d.embed(video(3)), horizon, actions=moves).tokens for d in (stepwise, whole)]
        torch.testing.assert_close(*answers)
    torch.testing.assert_close(*[d.predict(d.embed(video(3)), actions[:, :3]).tokens for d in (stepwise, whole)])


def test_a_future_that_needs_no_actions_is_asked_without_and_takes_none() -> None:
    module = OwnJepa()
    jepa = wrap(module, image_size=(16, 24), encode=module.encode, frames=2, step=lambda latents: latents + 1)
    dynamics = jepa.need_dynamics()
    context = dynamics.embed(video(2))
    torch.testing.assert_close(dynamics.rollout(context, 2).tokens[:, 1], context.tokens[:, -1] + 2)
    with pytest.raises(BadInput, match="takes no actions"):
        dynamics.rollout(context, 2, actions=torch.rand(2, 3, 1))


@pytest.mark.parametrize(
    ("options", "words"),
    [
        ({"wings": 2}, "takes no 'wings'"),
        ({"resize": "tile"}, "'tile' is no rule"),
        ({"actions": 2}, "nothing that takes them"),
        ({"step": lambda x, a: x, "actions": 0}, "no numbers"),
    ],
)
def test_options_that_make_no_sense_are_refused(options: dict, words: str) -> None:
    module = OwnJepa()
    with pytest.raises(BadInput, match=re.escape(words)):
        wrap(module, **{"image_size": (16, 24), "encode": module.encode, **options})


def test_answers_that_leave_the_grid_later_are_told_with_the_functions_name() -> None:
    module = OwnJepa()
    jepa = wrap(module, image_size=(16, 24), encode=module.encode, predict=lambda latents, context, targets: latents[:, :, :1])
    mask = sample_mask("random_tube", (1, 2, 3), seed=0, ratio=0.5)
    context, targets = torch.from_numpy(mask.context)[None], torch.from_numpy(mask.targets)[:, None]
    with pytest.raises(BadInput, match=r"predict gave float32 \[1, 1, 1, 3, 16\].* 1×2×3"):
        jepa.need_masked().predict(video(batch=1), context, targets)


def test_measures_and_their_yardsticks_run_on_a_wrapped_module() -> None:
    jepa = build(0)
    rng = np.random.default_rng(0)
    clips = [Clip(rng.integers(0, 256, (4, 40, 60, 3), dtype=np.uint8), fps=4.0) for _ in range(4)]
    bank = Bank(clips, "noise")
    mask = sample_mask("random_tube", (4, 2, 3), seed=0, ratio=0.5)
    error = prediction_error(jepa, clips[0], mask, bank=bank)
    assert np.isfinite(error.skill)
    assert error.reference_n == 3
    found = {e.predictor for e in yardsticks(jepa, clips[0], mask, bank=bank).controls}
    assert {"copy", "smooth", "other", "twin", "pixels"} <= found
