"""LeWM against the official code, in both key layouts, to the 2e-5 of the fixture; costs, which are sums, to 2e-5 of their size.

Not compared: `sigreg_loss`, a term of the training loss that no part of a Jepa computes, and `loss`, which contains it.
"""

from __future__ import annotations

import json
import math
import shutil
import sys
from dataclasses import replace
from pathlib import Path

import pytest
import torch
from torch import Tensor
from torch.nn import functional as F

from tests.families.official import GOLDEN, close, official
from workbench.core.clip import Clip
from workbench.core.errors import AmbiguousModel, BadInput, CheckpointError, PartUnavailable
from workbench.families.lewm_parts import LewmDynamics, LewmFrames
from workbench.families.load import inspect, load
from workbench.model import Jepa, Latents

LEWM = GOLDEN / "lewm"
TRAINED = LEWM / "train_layout"
TOLERANCE = 2e-5
Case = tuple[Jepa, dict[str, Tensor], dict[str, Tensor]]


@pytest.fixture(scope="module", params=["4.x", "5.x"])
def case(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Case:
    if request.param == "4.x":
        return official({"path": LEWM})
    folder = tmp_path_factory.mktemp("lewm")
    for file in (*TRAINED.iterdir(), LEWM / "inputs.npz", LEWM / "expected.npz"):
        shutil.copy(file, folder)
    return official({"path": folder})


@pytest.fixture
def state() -> dict[str, Tensor]:
    return torch.load(TRAINED / "weights_epoch_100.pt", weights_only=True)


def parts(jepa: Jepa) -> tuple[LewmFrames, LewmDynamics]:
    assert isinstance(jepa.encoder, LewmFrames)
    dynamics = jepa.need_dynamics()
    assert isinstance(dynamics, LewmDynamics)
    return jepa.encoder, dynamics


def video(pixels: Tensor) -> Tensor:
    """[batch, frames, channels, height, width], as the official code has it, to ours."""
    return pixels.transpose(1, 2)


def vectors(latents: Latents) -> Tensor:
    return latents.tokens[:, :, 0, 0]


def saved(folder: Path, state: dict, config: dict | None = None, name: str = "weights.pt") -> Path:
    torch.save(state, folder / name)
    if config is not None:
        (folder / "config.json").write_text(json.dumps(config))
    return folder


def settings() -> dict:
    return json.loads((TRAINED / "config.json").read_text())


@torch.inference_mode()
def test_frames_and_actions_are_encoded_as_officially(case: Case) -> None:
    jepa, given, expected = case
    encoder, dynamics = parts(jepa)
    frames = given["pixels"].flatten(0, 1)
    tokens = encoder.net.vit(frames)
    close(tokens, expected["encoder_tokens"].flatten(0, 1), TOLERANCE)
    close(tokens[:, 0], expected["cls"].flatten(0, 1), TOLERANCE)
    close(vectors(encoder.encode(video(given["pixels"]), weights="context")), expected["emb"], TOLERANCE)
    close(vectors(dynamics.embed(video(given["goal"]))), expected["goal_emb"], TOLERANCE)
    close(dynamics.net.action_encoder(given["action"]), expected["act_emb"], TOLERANCE)


def test_teacher_forced_predictions_and_their_loss_match(case: Case) -> None:
    jepa, given, expected = case
    _, dynamics = parts(jepa)
    seen, actions = dynamics.embed(video(given["pixels"])), given["action"]
    close(vectors(seen)[:, 1:], expected["targets"], TOLERANCE)
    answers = vectors(dynamics.predict(some(seen, slice(0, 3)), actions[:, :3]))
    close(answers, expected["pred_teacher_forced"], TOLERANCE)
    squares = (answers - expected["targets"]).square()
    close(squares.mean(-1), expected["loss_per_token"], TOLERANCE)
    close(squares.mean(), expected["pred_loss"], TOLERANCE)
    close(answers[:, -1], expected["pred_one_step"], TOLERANCE)
    close(vectors(dynamics.predict(some(seen, slice(0, 1)), actions[:, :1])), expected["pred_one_step_from_first"], TOLERANCE)


def some(latents: Latents, ticks: slice, times: int = 1) -> Latents:
    """Some of the ticks, each row as often as said."""
    tokens = latents.tokens[:, ticks].repeat_interleave(times, 0)
    return Latents(tokens, replace(latents.grid, ticks=tokens.shape[1]), latents.space)


@pytest.mark.parametrize(("name", "known"), [("H1", 1), ("H3", 3)])
def test_rollouts_of_candidates_and_their_costs_match(case: Case, name: str, known: int) -> None:
    jepa, given, expected = case
    _, dynamics = parts(jepa)
    actions = given["candidates" if known == 1 else "candidates_H3"]
    context = some(dynamics.embed(video(given["pixels"][:2])), slice(0, known), 5)
    film = dynamics.rollout(context, 6 - known, actions=actions.flatten(0, 1))
    joined = torch.cat([vectors(context), vectors(film)], 1).unflatten(0, (2, 5))
    close(joined, expected[f"rollout_{name}"], TOLERANCE)
    costs = (joined[:, :, -1] - expected["goal_emb"]).square().sum(-1)
    torch.testing.assert_close(costs, expected[f"cost_{name}"], rtol=TOLERANCE, atol=0)


def test_a_rollout_after_three_frames_with_past_and_future_actions_matches(case: Case) -> None:
    jepa, given, expected = case
    _, dynamics = parts(jepa)
    context = some(dynamics.embed(video(given["pixels"][:2])), slice(0, 3), 5)
    actions = torch.cat([given["past_actions"], given["future_actions"]], 2).flatten(0, 1)
    film = dynamics.rollout(context, 3, actions=actions)
    close(vectors(film).unflatten(0, (2, 5)), expected["rollout3_from3frames"], TOLERANCE)


def test_frames_of_the_trained_size_are_prepared_as_officially(case: Case) -> None:
    jepa, given, _ = case
    prepared = jepa.encoder.prepare([Clip(frames.numpy(), fps=10.0) for frames in given["pixels_uint8"]])
    close(prepared.video, video(given["pixels"]), 1e-6)
    assert prepared.grid.shape == (4, 1, 1)
    assert prepared.grid.patch == (32, 32)


def test_both_key_layouts_are_the_same_weights(tmp_path: Path, state: dict) -> None:
    hashes = load(LEWM).card.hashes
    assert load(TRAINED).card.hashes == hashes
    wrapped = {f"model.{n}": t for n, t in state.items()} | {"sigreg.t": torch.zeros(17)}
    jepa = load(saved(tmp_path, {"state_dict": wrapped, "epoch": 3, "pytorch-lightning_version": "2.5"}, settings(), "last.ckpt"))
    assert jepa.card.hashes == hashes
    assert jepa.report.whole
    assert "sigreg: 1 tensors" in jepa.report.other
    assert "epoch = 3" in jepa.report.other


def test_the_classes_that_the_config_names_are_never_imported(tmp_path: Path, state: dict) -> None:
    config = {**settings(), "_target_": "antigravity.geohash"}
    config["predictor"]["_target_"] = "this.is.no.module"
    assert load(saved(tmp_path, state, config)).report.whole
    assert "antigravity" not in sys.modules


def test_each_answer_sees_only_the_window_that_ends_with_it() -> None:
    jepa = load(LEWM)
    _, dynamics = parts(jepa)
    seen = dynamics.embed(torch.randn(2, 3, 7, 32, 32, generator=torch.Generator().manual_seed(0)))
    actions = torch.randn(2, 7, 10, generator=torch.Generator().manual_seed(1))
    answers = vectors(dynamics.predict(seen, actions))
    for tick in range(7):
        window = slice(max(0, tick - 2), tick + 1)
        close(vectors(dynamics.predict(some(seen, window), actions[:, window]))[:, -1], answers[:, tick], 1e-6)
    rolled = dynamics.rollout(seen, 2, actions=torch.cat([actions, actions[:, :1]], 1))
    close(vectors(rolled)[:, 0], answers[:, -1], 1e-6)


def test_raw_actions_are_normalised_by_the_statistics_given_and_nan_becomes_zero() -> None:
    plain, told = load(LEWM), load(LEWM, action_mean=(2.0, -1.0), action_std=(0.5, 4.0))
    (_, dynamics), (_, raw) = parts(plain), parts(told)
    seen = dynamics.embed(torch.randn(1, 3, 3, 32, 32, generator=torch.Generator().manual_seed(0)))
    actions = torch.randn(1, 3, 10, generator=torch.Generator().manual_seed(1))
    actions[0, 2, 4:] = 0.0
    shifted = actions * torch.tensor((0.5, 4.0) * 5) + torch.tensor((2.0, -1.0) * 5)
    shifted[0, 2, 4:] = torch.nan
    close(vectors(raw.predict(seen, shifted)), vectors(dynamics.predict(seen, actions)), 1e-5)
    assert raw.action is not None
    assert (raw.action.names, raw.action.frameskip, raw.action.width) == (("action 0", "action 1"), 5, 10)
    assert raw.action.units == ("raw", "raw")
    assert dynamics.action is not None
    assert dynamics.action.units == ("normalised", "normalised")
    origins = {f.name: f.origin for f in told.report.facts} | {f"plain {f.name}": f.origin for f in plain.report.facts}
    assert (origins["action_mean"], origins["action_std"], origins["frameskip"]) == ("given", "given", "inferred")
    assert origins["plain action_mean"] == origins["plain frameskip"] == "assumed"


def test_statistics_may_stand_in_the_file_beside_the_weights(tmp_path: Path, state: dict) -> None:
    config = {**settings(), "action_mean": [2.0, -1.0], "action_std": [0.5, 4.0]}
    jepa = load(saved(tmp_path, state, config))
    assert jepa.dynamics is not None
    assert jepa.dynamics.action is not None
    assert (jepa.dynamics.action.mean, jepa.dynamics.action.std) == ((2.0, -1.0), (0.5, 4.0))
    assert {f.name: f.why for f in jepa.report.facts}["action_std"] == "action_std in config.json"


@pytest.mark.parametrize("dtype", ["bfloat16", "float16"])
def test_half_precision_stays_near(dtype: str) -> None:
    whole, half = (parts(load(LEWM, dtype=d)) for d in ("float32", dtype))
    frames, actions = torch.randn(1, 3, 2, 32, 32, generator=torch.Generator().manual_seed(0)), torch.zeros(1, 5, 10)
    films = [vectors(dynamics.rollout(dynamics.embed(frames), 4, actions=actions)) for _, dynamics in (whole, half)]
    assert films[1].dtype == torch.float32
    assert (films[0] - films[1]).abs().max() < 0.1 * films[0].abs().max()


@pytest.mark.parametrize(
    ("overrides", "words"),
    [
        ({"action_mean": (0.0, 0.0)}, "go together"),
        ({"action_mean": (0.0, 0.0), "action_std": (1.0, 0.0)}, "above 0"),
        ({"action_mean": (0.0, 0.0), "action_std": (1.0,)}, "2 numbers are needed, not 1"),
        ({"action_mean": (0.0,) * 3, "action_std": (1.0,) * 3}, "2 numbers are needed, not 3"),
        ({"action_mean": (math.nan, 0.0), "action_std": (1.0, 1.0)}, "finite"),
        ({"frameskip": 3}, "10 numbers of a step"),
        ({"heads": 7}, "24 features cannot be cut into 7"),
        ({"dim_head": 7}, "24 features cannot be cut into heads of 7"),
        ({"predictor_heads": 3, "dim_head": 4}, "3 heads of 4"),
        ({"image_size": (33, 32)}, "multiples of the patch"),
    ],
)
def test_settings_that_do_not_fit_are_refused(overrides: dict, words: str) -> None:
    with pytest.raises(BadInput, match=words):
        inspect(LEWM, **overrides)


def test_heads_that_nobody_tells_are_asked_for(tmp_path: Path, state: dict) -> None:
    saved(tmp_path, state)
    with pytest.raises(AmbiguousModel, match="heads and dim_head") as caught:
        inspect(tmp_path)
    assert "their product is 24" in caught.value.fix
    jepa = load(tmp_path, heads=3, predictor_heads=3)
    assert jepa.report.whole
    assert jepa.card.hashes == load(TRAINED).card.hashes
    facts = {f.name: (f.value, f.origin) for f in load(tmp_path, heads=3, dim_head=8).report.facts}
    assert facts["dim_head"] == (8, "given")
    assert facts["predictor_heads"] == (3, "inferred")


def test_a_config_that_contradicts_the_tensors_is_refused(tmp_path: Path, state: dict) -> None:
    config = settings()
    config["predictor"]["heads"] = 6
    with pytest.raises(CheckpointError, match=r"6 heads of 8 features, as config.json has it, are not the 24"):
        inspect(saved(tmp_path, state, config))


def test_tensors_that_are_missing_or_left_over_are_reported_by_part(tmp_path: Path, state: dict) -> None:
    for name in ("encoder.layers.1.attention.k_proj.weight", "predictor.transformer.norm.bias"):
        del state[name]
    state |= {"predictor.extra": torch.zeros(3), "encoder.pooler.dense.weight": torch.zeros(24, 24)}
    report = inspect(saved(tmp_path, state, settings()))
    encoder, dynamics = report.part("encoder_context"), report.part("dynamics")
    assert encoder.missing == ("vit.blocks.1.attn.qkv.weight",)
    assert set(encoder.unexpected) == {"vit.blocks.1.attn.qkv.weight.query", "vit.blocks.1.attn.qkv.weight.value"}
    assert "vit.pooler.dense.weight" in dict(encoder.ignored)
    assert (dynamics.missing, dynamics.unexpected) == (("predictor.transformer.norm.bias",), ("predictor.extra",))
    with pytest.raises(PartUnavailable, match=r"encoder \(context\): partial"):
        load(tmp_path).need_dynamics()


def test_parts_that_are_not_asked_for_are_left_out(tmp_path: Path) -> None:
    jepa = load(LEWM, parts=("encoder_context",))
    assert jepa.dynamics is None
    assert set(jepa.card.hashes) == {"encoder_context"}
    assert "not asked for" in str(jepa.report.part("dynamics").ignored)
    with pytest.raises(BadInput, match="no Jepa without an encoder"):
        load(LEWM, parts=("dynamics",))


def test_hidden_frames_are_never_looked_at() -> None:
    encoder, _ = parts(load(LEWM))
    frames = torch.randn(2, 3, 4, 32, 32, generator=torch.Generator().manual_seed(0))
    visible = torch.tensor([[True, False, True, False], [False, False, True, True]])[:, :, None, None]
    hidden = frames.masked_fill(
        ~visible[
            :,
            None,
            :,
            :,
            :,
        ].squeeze(-1)[..., None],
        torch.nan,
    )
    ours, blind = (encoder.encode(f, weights="context", visible=visible).tokens for f in (frames, hidden))
    torch.testing.assert_close(ours, blind, rtol=0, atol=0, equal_nan=True)
    assert torch.equal(ours.isfinite().all(-1), visible)
    nothing = encoder.encode(frames, weights="context", visible=torch.zeros_like(visible))
    assert nothing.tokens.shape == ours.shape
    assert nothing.tokens.isnan().all()


def test_other_sizes_resize_the_positions_and_say_so() -> None:
    jepa = load(LEWM, image_size=(48, 32))
    fact = next(f for f in jepa.report.facts if f.name == "position table")
    assert (fact.value, fact.origin) == ("resized from 4×4", "assumed")
    encoder, _ = parts(jepa)
    frame = torch.randn(1, 3, 48, 32, generator=torch.Generator().manual_seed(0))
    table = encoder.net.vit.pos_embed[:, 1:].unflatten(1, (4, 4)).permute(0, 3, 1, 2)
    wide = F.interpolate(table, size=(6, 4), mode="bicubic", align_corners=False).flatten(2).mT
    exact = torch.cat([encoder.net.vit.pos_embed[:, :1], wide], 1)
    vit = load(LEWM).encoder.net.vit
    vit.config = replace(vit.config, side=(6, 4))
    vit.pos_embed = torch.nn.Parameter(exact, requires_grad=False)
    close(encoder.net.vit(frame), vit(frame), 1e-6)


def test_the_untrained_twin_starts_with_blocks_that_do_nothing() -> None:
    jepa = load(LEWM).untrained(5)
    _, dynamics = parts(jepa)
    state = dynamics.net.state_dict()
    assert all((t == 0).all() for n, t in state.items() if "adaLN" in n)
    assert state["predictor.pos_embedding"].std() > 0.5
    assert jepa.report.whole


def test_contexts_of_another_model_are_refused() -> None:
    _, dynamics = parts(load(LEWM))
    _, other = parts(load(LEWM).untrained(0))
    frames = torch.zeros(1, 3, 1, 32, 32)
    with pytest.raises(BadInput, match="none of this model's"):
        dynamics.rollout(other.embed(frames), 1, actions=torch.zeros(1, 1, 10))
    with pytest.raises(BadInput, match="1 contexts and 2 series"):
        dynamics.rollout(dynamics.embed(frames), 1, actions=torch.zeros(2, 1, 10))
