"""PreJEPA against stable-worldmodel's own code, with action and proprio and without."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import pytest
import torch
from safetensors.torch import save_file
from torch import Tensor

from tests.families.official import GOLDEN, close, official
from workbench.core.clip import Clip
from workbench.core.errors import AmbiguousModel, BadInput, CheckpointError
from workbench.families.frame_dynamics import FrameDynamics
from workbench.families.load import inspect, load
from workbench.model import Jepa, Latents
from workbench.nn.worlds import DinoWmWorld

FULL, PLAIN = GOLDEN / "swm_prejepa", GOLDEN / "swm_prejepa_plain"
Case = tuple[Jepa, dict[str, Tensor], dict[str, Tensor]]


@pytest.fixture(scope="module")
def full() -> Case:
    return official({"path": FULL})


@pytest.fixture(scope="module")
def plain() -> Case:
    return official({"path": PLAIN, "heads": 4})


def dynamics_of(jepa: Jepa) -> FrameDynamics:
    assert jepa.report.whole
    dynamics = jepa.need_dynamics()
    assert isinstance(dynamics, FrameDynamics)
    return dynamics


def film(pixels: Tensor) -> Tensor:
    return pixels.transpose(1, 2)


def features(latents: Latents) -> Tensor:
    """Features of the frame, then those of the state, of every token."""
    tokens = latents.tokens.flatten(2, 3)
    return tokens if latents.states is None else torch.cat([tokens, latents.states.unflatten(-1, (tokens.shape[2], -1))], -1)


def repeated(latents: Latents, times: int) -> Latents:
    states = None if latents.states is None else latents.states.repeat_interleave(times, 0)
    return Latents(latents.tokens.repeat_interleave(times, 0), latents.grid, latents.space, states=states)


def test_frames_states_and_actions_are_embedded_as_officially(full: Case) -> None:
    jepa, given, expected = full
    dynamics = dynamics_of(jepa)
    seen = features(dynamics.embed(film(given["pixels"]), given["proprio"]))
    close(seen[..., :48], expected["pixels_emb"])
    close(seen[:, :, 0, 48:], expected["proprio_emb"])
    assert isinstance(dynamics.world, DinoWmWorld)
    with torch.inference_mode():
        close(dynamics.world.action_encoder(given["action"]), expected["act_emb" if "act_emb" in expected else "action_emb"])


def test_all_channels_of_a_prediction_are_the_official_ones(full: Case) -> None:
    jepa, given, expected = full
    dynamics = dynamics_of(jepa)
    for frames, name in ((3, "pred_teacher_forced"), (1, "pred_one_step")):
        seen = dynamics.embed(film(given["pixels"][:, :frames]), given["proprio"][:, :frames])
        answer = features(dynamics.predict(seen, given["action"][:, :frames]))
        close(answer, expected[name][..., :58])
    assert isinstance(dynamics.world, DinoWmWorld)
    with torch.inference_mode():
        moved = dynamics.world.action_encoder(given["action"][:, :3])[:, :, None].expand(-1, -1, 16, -1)
        whole = torch.cat([features(dynamics.embed(film(given["pixels"][:, :3]), given["proprio"][:, :3])), moved], -1)
        close(dynamics.world.predictor(whole), expected["pred_teacher_forced"])
        close(whole[:, :1], expected["emb"])


@pytest.mark.parametrize("known", [1, 3])
def test_rollouts_of_candidates_are_the_official_ones(full: Case, known: int) -> None:
    jepa, given, expected = full
    dynamics = dynamics_of(jepa)
    actions = given[f"candidates_H{known}"]
    context = repeated(dynamics.embed(film(given["pixels"][:, :known]), given["proprio"][:, :known]), actions.shape[1])
    rolled = dynamics.rollout(context, 4, actions=actions.flatten(0, 1))
    joined = torch.cat([features(context), features(rolled)], 1).unflatten(0, actions.shape[:2])
    close(joined, expected[f"rollout4_H{known}"][..., :58])
    close(joined[:, :, :, 0, 48:], expected[f"rollout4_H{known}_proprio"])
    goal = features(dynamics.embed(film(given["goal"]), given["goal_proprio"]))
    close(goal[..., :48], expected["goal_pixels_emb"])
    gap = (joined[:, :, -1] - goal).square()
    cost = gap[..., :48].mean((-1, -2)) + gap[:, :, 0, 48:].mean(-1)
    torch.testing.assert_close(cost, expected[f"cost_H{known}"], rtol=3e-5, atol=0)


def test_a_model_without_extra_inputs_needs_no_actions_and_refuses_them(plain: Case) -> None:
    jepa, given, expected = plain
    dynamics = dynamics_of(jepa)
    assert dynamics.action is None
    seen = dynamics.embed(film(given["pixels"]))
    close(features(seen), expected["pixels_emb"])
    context = dynamics.embed(film(given["pixels"][:, :3]))
    close(features(dynamics.predict(context)), expected["pred_teacher_forced"])
    close(features(dynamics.predict(dynamics.embed(film(given["pixels"][:, :1])))), expected["pred_one_step"])
    close(features(dynamics.rollout(context, 4)), expected["iterated4"][:, 3:])
    with pytest.raises(BadInput, match="takes no actions"):
        dynamics.rollout(context, 1, actions=torch.zeros(2, 3, 2))


def test_frames_of_the_trained_size_are_prepared_as_officially(full: Case) -> None:
    jepa, given, _ = full
    prepared = jepa.encoder.prepare([Clip(frames.numpy(), fps=10.0) for frames in given["pixels_uint8"]])
    close(prepared.video, film(given["pixels"]), 1e-6)
    assert jepa.card.family == "prejepa"


def test_actions_before_states_are_used_in_the_order_that_config_json_says(tmp_path: Path) -> None:
    shutil.copytree(FULL, tmp_path, dirs_exist_ok=True)
    config = json.loads((FULL / "config.json").read_text())
    modules = config["extra_encoders"]["modules"]
    config["extra_encoders"]["modules"] = {key: modules[key] for key in ("action", "proprio")}
    (tmp_path / "config.json").write_text(json.dumps(config))
    jepa, given, expected = official({"path": tmp_path})
    dynamics = dynamics_of(jepa)
    seen = dynamics.embed(film(given["pixels"][:, :3]), given["proprio"][:, :3])
    assert isinstance(dynamics.world, DinoWmWorld)
    with torch.inference_mode():
        moved = dynamics.world.action_encoder(given["action"][:, :3])[:, :, None].expand(-1, -1, 16, -1)
        tokens = features(seen)
        answer = dynamics.world.predictor(torch.cat([tokens[..., :48], moved, tokens[..., 48:]], -1))
    ours = features(dynamics.predict(seen, given["action"][:, :3]))
    close(ours, torch.cat([answer[..., :48], answer[..., 58:]], -1))
    assert (ours - expected["pred_teacher_forced"][..., :58]).abs().max() > 1e-2


def test_an_order_that_nobody_tells_is_asked_for(tmp_path: Path) -> None:
    state = torch.load(FULL / "weights_epoch_10.pt", weights_only=True)
    save_file({n: t.contiguous() for n, t in state.items()}, tmp_path / "weights.safetensors")
    told = {"heads": 3, "predictor_heads": 4, "frames": 3}
    with pytest.raises(AmbiguousModel, match="in which order action and proprio are used"):
        inspect(tmp_path, **told)
    torch.save(state, tmp_path / "weights.pt")
    report = inspect(tmp_path / "weights.pt", **told)
    assert {f.name: f.value for f in report.facts}["extra inputs"] == ("proprio", "action")


@pytest.mark.parametrize(("key", "others"), [("latent_action", "action"), ("state", "")])
def test_inputs_that_cannot_be_given_are_refused_by_name(tmp_path: Path, key: str, others: str) -> None:
    state = torch.load(FULL / "weights_epoch_10.pt", weights_only=True)
    renamed = {n.replace(f"extra_encoders.{others or 'none'}.", f"extra_encoders.{key}."): t for n, t in state.items()}
    if not others:
        renamed |= {f"extra_encoders.{key}.patch_embed.weight": torch.zeros(4, 4, 1), f"extra_encoders.{key}.patch_embed.bias": torch.zeros(4)}
    torch.save(renamed, tmp_path / "weights.pt")
    with pytest.raises(CheckpointError, match=f"beside frames it takes .*{key}"):
        inspect(tmp_path, heads=3, predictor_heads=4, frames=3)


def test_what_tensors_do_not_say_is_asked_for(tmp_path: Path) -> None:
    shutil.copy(PLAIN / "weights_epoch_5.pt", tmp_path / "weights.pt")
    with pytest.raises(AmbiguousModel, match="say predictor_heads and heads and frames"):
        load(tmp_path)
    assert load(tmp_path, heads=4, predictor_heads=4, frames=3).report.whole
