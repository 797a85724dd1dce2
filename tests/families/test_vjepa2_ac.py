"""V-JEPA 2-AC against the official numbers.

Every array of expected.npz is compared. `pred_teacher_forced_raw`, which the model never gives out, is asked of the
network itself; losses and energies are computed here from what the model gives out.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
import yaml
from torch import Tensor
from torch.nn import functional as F

from tests.families.official import AC, GOLDEN, close, official
from tests.families.ruled import agrees, inp, ruled
from workbench.core.clip import Clip
from workbench.core.errors import AmbiguousModel, BadInput, CheckpointError
from workbench.families import action_dynamics
from workbench.families.action_dynamics import ActionDynamics
from workbench.families.load import inspect, load
from workbench.families.prepare import Preparation
from workbench.families.prepare_aspect import AspectPreparation
from workbench.model import Jepa, Latents
from workbench.nn.action_predictor import ActionPredictor, ActionPredictorConfig
from workbench.nn.poses import pose_moves
from workbench.nn.vit import Vit, VitConfig

Arrays = dict[str, Tensor]
Case = tuple[Jepa, Arrays, Arrays]


@pytest.fixture(scope="module")
def case() -> Case:
    return official(AC)


def future(jepa: Jepa) -> ActionDynamics:
    dynamics = jepa.need_dynamics()
    assert isinstance(dynamics, ActionDynamics)
    return dynamics


def flat(latents: Latents) -> Tensor:
    """[batch, ticks·tokens, dim], as the official code lays them out."""
    return latents.tokens.flatten(1, 3)


def first(latents: Latents, ticks: int, rows: slice = slice(None)) -> Latents:
    assert latents.states is not None
    return replace(latents, tokens=latents.tokens[rows, :ticks], states=latents.states[rows, :ticks], grid=replace(latents.grid, ticks=ticks))


def repeated(latents: Latents, count: int) -> Latents:
    """The first clip, once for each of `count` candidates."""
    assert latents.states is not None
    return replace(latents, tokens=latents.tokens[:1].expand(count, -1, -1, -1, -1), states=latents.states[:1].expand(count, -1, -1))


def test_frames_are_encoded_alone_and_layer_normed_as_the_official_code(case: Case) -> None:
    jepa, given, expected = case
    close(jepa.encoder.encode(given["clips"]).tokens.flatten(2, 3), expected["frame_tokens_raw"])
    close(future(jepa).embed(given["clips"]).tokens.flatten(2, 3), expected["frame_tokens_ln"])


def test_teacher_forced_answers_and_losses_match(case: Case) -> None:
    jepa, given, expected = case
    film = future(jepa).embed(given["clips"], given["states"])
    past = first(film, 4)
    assert past.states is not None
    forced = future(jepa).predict(past, given["actions"])
    close(flat(forced), expected["pred_teacher_forced"])
    close(future(jepa).net(past.tokens, given["actions"], past.states).flatten(1, 3), expected["pred_teacher_forced_raw"])
    wanted = film.tokens[:, 1:].flatten(1, 3)
    lost = (flat(forced) - wanted).abs()
    close(lost.mean(-1), expected["loss_per_token_teacher_forced"])
    close(lost.mean(), expected["loss_teacher_forced"])


def test_training_rolls_out_two_steps_on_the_given_poses(case: Case) -> None:
    jepa, given, expected = case
    dynamics, film = future(jepa), future(jepa).embed(given["clips"], given["states"])
    one = dynamics.predict(first(film, 1), given["actions"][:, :1])
    both = replace(first(film, 2), tokens=torch.cat([film.tokens[:, :1], one.tokens], 1))
    rolled = torch.cat([one.tokens, dynamics.predict(both, given["actions"][:, :2]).tokens[:, 1:]], 1).flatten(1, 3)
    close(rolled, expected["pred_autoregressive_train"])
    loss = (rolled - film.tokens[:, 1:3].flatten(1, 3)).abs().mean()
    close(loss, expected["loss_autoregressive"])
    close(loss + expected["loss_teacher_forced"], expected["loss"])


def test_one_step_and_three_steps_with_poses_match(case: Case) -> None:
    jepa, given, expected = case
    dynamics = future(jepa)
    start = first(dynamics.embed(given["clips"], given["states"]), 1)
    one = dynamics.rollout(start, 1, actions=given["actions"][:, :1])
    close(flat(one), expected["pred_one_step"])
    three = dynamics.rollout(start, 3, actions=given["actions"][:, :3])
    close(three.tokens.flatten(2, 3), expected["rollout3_tokens"], 1e-4)
    assert three.states is not None
    close(torch.cat([given["states"][:, :1], three.states], 1), expected["rollout3_poses"], 1e-5)


def test_candidates_of_a_planner_match_with_their_energies(case: Case) -> None:
    jepa, given, expected = case
    dynamics = future(jepa)
    film = dynamics.embed(given["clips"], given["states"])
    start = repeated(first(film, 1), 5)
    one = dynamics.rollout(start, 1, actions=given["candidates"][:, None])
    close(flat(one), expected["candidates_pred"])
    assert one.states is not None
    close(one.states, expected["candidates_pose"], 1e-5)
    goal = film.tokens[:1, -1:]
    close((one.tokens - goal).abs().flatten(1).mean(1), expected["energy_1step"], 1e-4)
    three = dynamics.rollout(start, 3, actions=given["candidates_3step"])
    close((three.tokens[:, -1:] - goal).abs().flatten(1).mean(1), expected["energy_3step"], 1e-4)
    assert three.states is not None
    assert start.states is not None
    close(torch.cat([start.states, three.states], 1), expected["candidates_3step_poses"], 1e-5)


def test_moves_between_poses_are_the_official_actions(case: Case) -> None:
    _, given, _ = case
    close(pose_moves(given["states"]), given["actions"], 1e-5)


def test_a_large_batch_in_pieces_gives_the_same(case: Case, monkeypatch: pytest.MonkeyPatch) -> None:
    jepa, given, _ = case
    start = repeated(first(future(jepa).embed(given["clips"], given["states"]), 2), 5)
    moves = torch.cat([given["candidates_3step"], given["candidates_3step"]], 1)
    whole = future(jepa).rollout(start, 5, actions=moves)
    monkeypatch.setattr(action_dynamics, "_MOST_PAST", 1)
    pieces = future(jepa).rollout(start, 5, actions=moves)
    close(pieces.tokens, whole.tokens, 1e-5)
    assert whole.states is not None
    assert pieces.states is not None
    assert torch.equal(pieces.states, whole.states)


def test_a_rollout_longer_than_the_published_mask_is_the_same_as_one_step_at_a_time(case: Case) -> None:
    jepa, given, _ = case
    dynamics = future(jepa)
    horizon = dynamics.history[1] + 3
    moves = (given["actions"][:, :1] * 0.1).expand(-1, horizon, -1)
    film = dynamics.rollout(first(dynamics.embed(given["clips"], given["states"]), 1), horizon, actions=moves)
    assert film.tokens.isfinite().all()
    assert film.states is not None
    so_far = replace(film, tokens=film.tokens[:, :-1], states=film.states[:, :-1], grid=replace(film.grid, ticks=horizon - 1))
    start = first(dynamics.embed(given["clips"], given["states"]), 1)
    assert start.states is not None
    assert so_far.states is not None
    seen = replace(
        so_far,
        tokens=torch.cat([start.tokens, so_far.tokens], 1),
        states=torch.cat([start.states, so_far.states], 1),
        grid=replace(film.grid, ticks=horizon),
    )
    close(dynamics.predict(seen, moves).tokens[:, -1], film.tokens[:, -1], 1e-4)


def test_places_of_patches_are_scaled_to_the_size_of_training(case: Case) -> None:
    _, given, _ = case
    scaled, plain = future(load(**{**AC, "image_size": 64, "native_size": 32})), future(load(**{**AC, "image_size": 64}))
    assert scaled.net.config.native == (4, 4)
    assert plain.net.config.native == (8, 8)
    frame = given["clips"][:1, :, :1].repeat_interleave(2, -1).repeat_interleave(2, -2)
    answers = [d.predict(d.embed(frame, given["states"][:1, :1]), given["actions"][:1, :1]).tokens for d in (scaled, plain)]
    assert (answers[0] - answers[1]).abs().max() > 1e-3


def test_the_predictor_is_told_where_the_arm_is(case: Case) -> None:
    jepa, given, _ = case
    dynamics = future(jepa)
    with pytest.raises(BadInput, match="the pose at each frame"):
        dynamics.predict(dynamics.embed(given["clips"][:, :, :1]), given["actions"][:, :1])
    with pytest.raises(BadInput, match="not 2 × 5 × 7"):
        dynamics.embed(given["clips"], given["states"][..., :4])
    film = dynamics.embed(given["clips"], given["states"])
    with pytest.raises(BadInput, match="repeat the context"):
        dynamics.predict(first(film, 1), given["candidates"][:, None])
    with pytest.raises(BadInput, match="at least 1"):
        dynamics.rollout(film, 0, actions=given["actions"])
    with pytest.raises(BadInput, match="not one of this model"):
        dynamics.predict(jepa.encoder.encode(given["clips"]), given["actions"])


def test_actions_are_moves_in_metres_and_radians_with_the_planners_bounds(case: Case) -> None:
    spec = future(case[0]).action
    assert spec.names == ("dx", "dy", "dz", "droll", "dpitch", "dyaw", "gripper")
    assert spec.units[:6] == ("m",) * 3 + ("rad",) * 3
    assert spec.high == (0.05, 0.05, 0.05, 0.0, 0.0, 0.0, 0.75)
    assert spec.mean == (0.0,) * 7
    told = next(f for f in case[0].report.facts if f.name == "action bounds")
    assert (told.origin, "planner" in told.why) == ("assumed", True)


@pytest.fixture
def content() -> dict[str, Any]:
    return torch.load(GOLDEN / "vjepa2_ac" / "vjepa2-ac-vitg.pt", weights_only=True)


Saved = Callable[..., Path]


@pytest.fixture
def saved(tmp_path: Path) -> Saved:
    def save(content: dict[str, Any], settings: dict | None = None) -> Path:
        torch.save(content, tmp_path / "latest.pt")
        if settings is not None:
            (tmp_path / "params-pretrain.yaml").write_text(yaml.safe_dump(settings))
        return tmp_path

    return save


def test_weights_for_camera_poses_are_ignored_with_the_reason() -> None:
    part = inspect(**AC).part("dynamics")
    assert part.status == "whole"
    assert [n for n, _ in part.ignored] == ["extrinsics_encoder.weight", "extrinsics_encoder.bias"]
    assert all("not used" in why for _, why in part.ignored)


def test_a_second_copy_of_the_frozen_encoder_is_said_and_not_read(content: dict[str, Any], saved: Saved) -> None:
    report = load(**AC).report
    assert [p.name for p in report.parts] == ["encoder_target", "dynamics"]
    assert any("once more" in line for line in report.other)
    hub = load(**{**AC, "path": saved({k: content[k] for k in ("encoder", "predictor")})})
    assert hub.card.hashes == load(**AC).card.hashes
    content["encoder"]["module.norm.weight"] += 1
    told = load(**{**AC, "path": saved(content)})
    assert next(f for f in told.report.facts if f.name == "copies").value == "different"
    assert told.card.hashes == hub.card.hashes


def test_a_predictor_alone_takes_its_encoder_from_another_file(content: dict[str, Any], saved: Saved, tmp_path: Path) -> None:
    """As jepa-wms publishes its retrained V-JEPA 2-AC."""
    path = saved({"predictor": content["predictor"], "epoch": 3})
    with pytest.raises(BadInput, match="a predictor and no encoder") as caught:
        load(**{**AC, "path": path})
    assert "encoder=" in caught.value.fix
    beside = tmp_path / "apart"
    beside.mkdir()
    torch.save({"target_encoder": content["target_encoder"], "predictor": {"module.x": torch.zeros(1)}}, beside / "vitg.pt")
    jepa = load(**{**AC, "path": path, "encoder": beside / "vitg.pt"})
    assert jepa.report.whole
    assert jepa.card.hashes == load(**AC).card.hashes
    told = next(f for f in jepa.report.facts if f.name == "encoder")
    assert (told.value, told.origin, "vitg.pt" in told.why) == ("target_encoder", "given", True)
    assert inspect(**{**AC, "path": path, "encoder": beside / "vitg.pt"}) == jepa.report
    with pytest.raises(BadInput, match="its own encoder"):
        load(**AC, encoder=beside / "vitg.pt")
    with pytest.raises(BadInput, match="no decoder"):
        load(**AC, decoder=beside / "vitg.pt")
    with pytest.raises(CheckpointError, match="neither encoder nor target_encoder"):
        load(**{**AC, "path": path, "encoder": path})


def test_a_model_that_was_told_the_cameras_place_takes_it_behind_the_pose(content: dict[str, Any], saved: Saved, case: Case) -> None:
    given = case[1]
    dynamics = future(load(**{**AC, "path": saved(content, {"model": {"use_extrinsics": True}})}))
    camera = torch.tensor([0.1, 0.2, 0.3, 0.4, 0.5, 0.6]).expand(2, 5, 6)
    film = dynamics.embed(given["clips"], torch.cat([given["states"], camera], -1))
    rolled = dynamics.rollout(first(film, 1), 3, actions=given["actions"][:, :3])
    assert rolled.states is not None
    torch.testing.assert_close(rolled.states[..., 7:], camera[:, :3])
    elsewhere = dynamics.embed(given["clips"], torch.cat([given["states"], camera + 1], -1))
    other = dynamics.rollout(first(elsewhere, 1), 3, actions=given["actions"][:, :3])
    assert (rolled.tokens - other.tokens).abs().max() > 1e-3
    close(rolled.states[..., :7], case[2]["rollout3_poses"][:, 1:], 1e-5)


def test_the_yaml_beside_a_training_checkpoint_answers(content: dict[str, Any], saved: Saved) -> None:
    settings = {"model": {"num_heads": 2, "pred_num_heads": 2}, "data": {"crop_size": 32, "dataset_fpcs": [8], "fps": 5}}
    jepa = load(saved(content, settings))
    assert (jepa.card.image_size, jepa.card.frames, jepa.card.fps) == ((32, 32), 8, 5.0)
    assert load(saved(content, settings), image_size=64).need_dynamics() is not None


def test_what_nobody_says_is_asked_for() -> None:
    with pytest.raises(AmbiguousModel, match="heads and image_size and predictor_heads"):
        load(GOLDEN / "vjepa2_ac")
    with pytest.raises(BadInput, match="True or False"):
        load(**AC, extrinsics="yes")


def test_the_encoder_alone_can_be_read_and_a_contradiction_is_refused(content: dict[str, Any], saved: Saved) -> None:
    jepa = load(**{**AC, "predictor_heads": None}, parts=["encoder_target"])
    assert jepa.dynamics is None
    with pytest.raises(BadInput, match="without an encoder"):
        load(**AC, parts=["dynamics"])
    content["predictor"]["module.action_encoder.weight"] = torch.zeros(16, 7)
    with pytest.raises(CheckpointError, match="the encoder is 32 wide"):
        load(**{**AC, "path": saved(content)})


def test_moves_of_another_kind_are_foretold_for_one_tick_and_then_refused(content: dict[str, Any], saved: Saved, case: Case) -> None:
    given = case[1]
    content["predictor"]["module.action_encoder.weight"] = torch.ones(32, 3)
    content["predictor"]["module.state_encoder.weight"] = torch.ones(32, 4)
    dynamics = future(load(**{**AC, "path": saved(content)}))
    film = first(dynamics.embed(given["clips"], given["states"][..., :4]), 1)
    assert dynamics.action.units == ("unknown",) * 3
    assert dynamics.rollout(film, 1, actions=given["actions"][:, :1, :3]).states is None
    with pytest.raises(BadInput, match="not known how actions of 3 numbers"):
        dynamics.rollout(film, 2, actions=given["actions"][:, :2, :3])


def test_published_sizes_need_no_word(tmp_path: Path) -> None:
    """Shapes alone decide."""

    def tower(prefix: str, dim: int, depth: int, hidden: int) -> dict[str, Tensor]:
        return {f"module.{prefix}.{i}.mlp.fc1.weight": torch.empty(hidden, dim, device="meta") for i in range(depth)}

    encoder = {"module.backbone.patch_embed.proj.weight": torch.empty(1408, 3, 2, 16, 16, device="meta"), **tower("blocks", 1408, 40, 6144)}
    shapes = {"predictor_embed": (1024, 1408), "action_encoder": (1024, 7), "state_encoder": (1024, 7)}
    predictor = {f"module.{n}.weight": torch.empty(s, device="meta") for n, s in shapes.items()} | tower("predictor_blocks", 1024, 24, 4096)
    torch.save({"encoder": encoder, "predictor": predictor}, tmp_path / "vjepa2-ac-vitg.pt")
    facts = {f.name: f.value for f in inspect(tmp_path).facts}
    assert (facts["heads"], facts["predictor_heads"], facts["image_size"], facts["native_size"]) == (22, 16, (256, 256), (256, 256))
    assert {f.name: f.value for f in inspect(tmp_path, image_size=384).facts}["native_size"] == (256, 256)


def test_a_wide_clip_is_cut_to_the_widest_shape_of_training_and_stretched() -> None:
    prepare = AspectPreparation(Preparation((32, 32), 8, rule="stretch"), (0.75, 1.35))
    pixels = np.zeros((1, 100, 200, 3), np.uint8)
    pixels[:, :, 33:167] = 255
    grid = prepare([Clip(pixels)]).grid
    assert prepare([Clip(pixels)]).shown.min() > 200
    top, left, bottom, right = (*grid.source_box(0)[:2], *grid.source_box(grid.tokens - 1)[2:])
    assert (top, left, bottom, right) == pytest.approx((0, 32, 100, 167), abs=1)
    tall = prepare([Clip(np.zeros((1, 200, 60, 3), np.uint8))]).grid
    assert tall.source_box(tall.tokens - 1)[2] - tall.source_box(0)[0] == pytest.approx(80)
    square = load(**AC, resize="crop").encoder.prepare([Clip(pixels)]).grid
    assert square.source_box(square.tokens - 1)[3] - square.source_box(0)[1] == pytest.approx(100, abs=2)


def test_the_predictor_follows_the_official_module() -> None:
    tokens = F.layer_norm(inp(2, 48, 80, f=0.37), (80,)).reshape(2, 3, 4, 4, 80)
    actions, states, camera = 0.05 * inp(2, 3, 7, f=0.9), inp(2, 3, 7, f=0.5), inp(2, 3, 6, f=0.2)
    net = ActionPredictor(ActionPredictorConfig(48, 2, 4, 192, 80, (4, 4)))
    net.load_state_dict(ruled(net))
    with torch.inference_mode():
        agrees(net(tokens, actions, states), 0.000112, 0.107149, [-0.0228, 0.07334, -0.11839, -0.14927], [0.19894, 0.15497])
        one = net(tokens[:, :1], actions[:, :1], states[:, :1])
        close(one[0, 0, 0, 0, :4], torch.tensor([-0.0228, 0.07334, -0.11839, -0.14927]))
        close(one.flatten()[-2:], torch.tensor([0.13465, 0.21991]))
        told = ActionPredictor(ActionPredictorConfig(48, 2, 4, 192, 80, (4, 4), extrinsics=True))
        told.load_state_dict(ruled(told))
        answer = told(tokens, actions, torch.cat([states, camera], -1))
    agrees(answer, 0.000113, 0.107172, [-0.0228, 0.07342, -0.11847, -0.14925], [0.19873, 0.15513])


def test_frames_follow_the_official_module(tmp_path: Path) -> None:
    encoder = ruled(Vit(VitConfig(80, 2, 4, 320, 16, 2)))
    predictor = ruled(ActionPredictor(ActionPredictorConfig(48, 2, 4, 192, 80, (4, 4))))
    torch.save({"encoder": encoder, "predictor": predictor}, tmp_path / "model.pt")
    dynamics = load(tmp_path, heads=4, predictor_heads=4, image_size=64).need_dynamics()
    tokens = dynamics.embed(inp(2, 3, 3, 64, 64)).tokens
    agrees(tokens, 0.0, 0.815989, [-0.22248, 0.59987, 0.55302, -1.64873], [0.30955, 2.15992])
