"""The family of our own trainers: what a folder says is what is loaded, and nothing else is."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from safetensors.torch import load_file, save_file

from tests.families.small_future import BALLS, ROOMS, SPEC, tiny, write
from workbench.checkpoints import open_checkpoint
from workbench.core.clip import Clip
from workbench.core.errors import BadInput, CheckpointError, ClipError, Incomparable, PartUnavailable
from workbench.families.load import inspect, load, recognise
from workbench.families.workbench_parts import CausalVectors
from workbench.model import Jepa, Latents
from workbench.nn.frame_future import ActionStep
from workbench.train.futures import build, centred


def film(count: int, frames: int, seed: int = 0) -> list[Clip]:
    pixels = np.random.default_rng(seed).integers(0, 256, (count, frames, 16, 24, 3), dtype=np.uint8)
    return [Clip(p, fps=8.0) for p in pixels]


@pytest.fixture(scope="module")
def balls() -> Jepa:
    return tiny(BALLS)


def test_a_folder_is_recognised_and_all_of_it_is_loaded(tmp_path: Path) -> None:
    path = write(tmp_path)
    assert recognise(open_checkpoint(path)).name == "workbench"
    jepa = load(tmp_path)
    assert jepa.report.whole
    assert [p.name for p in jepa.report.parts] == ["encoder_context", "dynamics", "decoder"]
    assert [p.dtype for p in jepa.report.parts] == ["float16"] * 3
    assert not jepa.report.other
    assert (jepa.card.world, jepa.card.fps, jepa.card.frames, jepa.card.notes) == ("two-rooms", 8.0, 4, "Untrained.")
    assert jepa.need_dynamics().action == SPEC
    assert [p.matched for p in inspect(tmp_path).parts] == [p.matched for p in jepa.report.parts]


def test_latents_and_futures_are_those_of_the_trained_networks(tmp_path: Path) -> None:
    write(tmp_path)
    nets, jepa, clips = build(ROOMS, 0), load(tmp_path), film(2, 4)
    for net in (nets.encoder, nets.future):
        net.load_state_dict({k: v.half().float() for k, v in net.state_dict().items()})
    dynamics = jepa.need_dynamics()
    seen = dynamics.embed(jepa.encoder.prepare(clips).video)
    moves = torch.rand(2, 3, 2) * 0.1
    normal = (moves - torch.tensor(SPEC.mean)) / torch.tensor(SPEC.std)
    assert isinstance(nets.future, ActionStep)
    with torch.no_grad():
        expected = nets.embed(centred(np.stack([c.pixels for c in clips]), ROOMS.mean))
        forced, rolled = nets.future(expected[:, :3], normal), nets.future.roll(expected[:, 0], normal)
    torch.testing.assert_close(seen.tokens[:, :, 0, 0], expected, atol=1e-5, rtol=0)
    first = Latents(seen.tokens[:, :1], replace(seen.grid, ticks=1), seen.space)
    torch.testing.assert_close(dynamics.rollout(first, 3, actions=moves).tokens[:, :, 0, 0], rolled, atol=1e-5, rtol=0)
    three = Latents(seen.tokens[:, :3], replace(seen.grid, ticks=3), seen.space)
    torch.testing.assert_close(dynamics.predict(three, moves).tokens[:, :, 0, 0], forced, atol=1e-5, rtol=0)


def test_a_causal_answer_sees_no_later_frame(balls: Jepa) -> None:
    dynamics = balls.need_dynamics()
    seen = dynamics.embed(balls.encoder.prepare(film(2, 5)).video)
    later = seen.tokens.clone()
    later[:, 3:] = 0
    before, after = (dynamics.predict(Latents(t, seen.grid, seen.space)).tokens for t in (seen.tokens, later))
    assert torch.equal(before[:, :3], after[:, :3])
    assert not torch.equal(before[:, 3], after[:, 3])


def test_a_causal_rollout_slides_its_window_over_what_it_foretold(balls: Jepa) -> None:
    dynamics = balls.need_dynamics()
    assert isinstance(dynamics, CausalVectors)
    assert dynamics.history == (2, 5)
    seen = dynamics.embed(balls.encoder.prepare(film(2, 7)).video)
    rolled, tokens = dynamics.rollout(seen, 3), seen.tokens
    for tick in range(3):
        window = tokens[:, -5:]
        answer = dynamics.predict(Latents(window, replace(seen.grid, ticks=5), seen.space)).tokens[:, -1:]
        torch.testing.assert_close(rolled.tokens[:, tick : tick + 1], answer, atol=1e-5, rtol=0)
        tokens = torch.cat([tokens, answer], 1)
    forced = dynamics.predict(seen).tokens
    assert forced.shape == seen.tokens.shape
    torch.testing.assert_close(forced[:, -1:], rolled.tokens[:, :1], atol=1e-5, rtol=0)


def test_a_causal_future_needs_a_speed_and_takes_no_actions(balls: Jepa) -> None:
    dynamics = balls.need_dynamics()
    one = dynamics.embed(balls.encoder.prepare(film(1, 1)).video)
    with pytest.raises(BadInput, match="shorter than 2"):
        dynamics.rollout(one, 2)
    two = dynamics.embed(balls.encoder.prepare(film(1, 2)).video)
    with pytest.raises(BadInput, match="needs no actions"):
        dynamics.rollout(two, 2, actions=torch.zeros(1, 3, 2))
    with pytest.raises(BadInput, match="0 ticks"):
        dynamics.rollout(two, 0)


def test_the_decoder_is_the_one_beside_or_the_one_given(tmp_path: Path) -> None:
    write(tmp_path / "with")
    path = write(tmp_path / "without", decoder=False)
    assert load(path).decoder is None
    given = load(path, decoder=tmp_path / "with" / "decoder.safetensors")
    assert given.decoder is not None
    seen = given.need_dynamics().embed(given.encoder.prepare(film(1, 2)).video)
    assert given.decoder.decode(seen).shape == (1, 2, 16, 24, 3)
    with pytest.raises(Incomparable):
        given.decoder.decode(given.untrained(1).need_dynamics().embed(given.encoder.prepare(film(1, 2)).video))
    assert load(tmp_path / "with", parts=("encoder_context",)).decoder is None


def test_another_files_clips_are_refused_only_where_they_cannot_be_shown(balls: Jepa) -> None:
    with pytest.raises(BadInput, match="16×24"):
        balls.encoder.encode(torch.zeros(1, 3, 2, 16, 16), weights="context")
    with pytest.raises(PartUnavailable, match="target"):
        balls.encoder.encode(torch.zeros(1, 3, 2, 16, 24))
    with pytest.raises(ClipError):
        balls.encoder.prepare([])


def test_a_file_without_its_config_is_refused(tmp_path: Path) -> None:
    path = write(tmp_path)
    (tmp_path / "config.json").unlink()
    with pytest.raises(CheckpointError, match=r"config\.json"):
        load(path)


@pytest.mark.parametrize(
    ("place", "value"),
    [
        ("encoder.size", [16]),
        ("encoder.size", [18, 24]),
        ("encoder.channels", [4, 7]),
        ("encoder.channels", "many"),
        ("encoder.hidden", 0),
        ("encoder.dim", True),
        ("pixels.mean", float("inf")),
        ("dynamics.kind", "magic"),
        ("dynamics.features", None),
        ("actions.std", [0.0, 1.0]),
        ("actions.low", [-1.0]),
        ("actions.names", "right"),
        ("frames", -1),
    ],
)
def test_a_config_that_says_nonsense_is_refused_with_its_place(tmp_path: Path, place: str, value: Any) -> None:
    path = write(tmp_path)
    config = json.loads((tmp_path / "config.json").read_text())
    *above, last = place.split(".")
    here = config
    for name in above:
        here = here[name]
    here[last] = value
    (tmp_path / "config.json").write_text(json.dumps(config))
    with pytest.raises(CheckpointError, match=place.split(".")[0]):
        load(path)


def test_tensors_of_other_sizes_than_the_config_says_are_no_whole_model(tmp_path: Path) -> None:
    path = write(tmp_path)
    tensors = load_file(path)
    tensors["dynamics.fc1.weight"] = tensors["dynamics.fc1.weight"][:, :-1].contiguous()
    del tensors["encoder_context.out.bias"]
    save_file(tensors, path)
    jepa = load(path)
    assert not jepa.report.whole
    with pytest.raises(PartUnavailable, match=r"out\.bias"):
        jepa.need_dynamics()
