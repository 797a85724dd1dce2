"""jepa-wms against the official modules, with both kinds of predictor.

Not compared: action_features and pred_action_features, the insides of a predictor that our API has no words for.
"""

from __future__ import annotations

import re
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch
from torch import Tensor
from torch.nn import functional as F

from tests.families.official import GOLDEN, close
from workbench.core.clip import Clip
from workbench.core.errors import AmbiguousModel, BadInput, CheckpointError, Incomparable, PartUnavailable
from workbench.families.load import inspect, load
from workbench.model import Dynamics, Jepa, Latents
from workbench.nn.rope_vit import RopeVit, RopeVitConfig
from workbench.nn.vit import PredictorConfig, Vit, VitConfig, VitPredictor
from workbench.nn.vit_decoder import VitDecoder, VitDecoderConfig

KINDS = ("adaln", "dinowm")
SIZES = {"heads": 2, "predictor_heads": 2, "image_size": 42, "mean": (0.5, 0.5, 0.5), "std": (0.5, 0.5, 0.5)}
ALPHA, PUSHT_STD = 0.1, (0.2019, 0.2002)
Arrays = dict[str, Tensor]


def world(kind: str) -> Path:
    return GOLDEN / f"jepa_wms_{kind}" / "jepa-latest.pth.tar"


def dino(kind: str) -> Path:
    return GOLDEN / f"jepa_wms_{kind}" / "dinov2_tiny14_pretrain.pth"


def arrays(kind: str, name: str) -> Arrays:
    return {k: torch.tensor(v) for k, v in np.load(GOLDEN / f"jepa_wms_{kind}" / f"{name}.npz").items()}


def model(kind: str = "adaln", **more: object) -> Jepa:
    return load(world(kind), encoder=dino(kind), **{**SIZES, **more})


def felt(latents: Latents) -> Tensor:
    """State features as the official code lays them out: [batch, ticks, tokens, features]."""
    assert latents.states is not None
    return latents.states.unflatten(-1, (latents.grid.rows * latents.grid.cols, -1))


def still(latents: Latents, row: int, rows: int) -> Latents:
    """The first tick of one row, as often as asked."""
    assert latents.states is not None
    tokens, states = (part[row : row + 1, :1].expand(rows, *[-1] * (part.ndim - 1)) for part in (latents.tokens, latents.states))
    return Latents(tokens, replace(latents.grid, ticks=1), latents.space, states=states)


@pytest.fixture(scope="module", params=KINDS)
def case(request: pytest.FixtureRequest) -> tuple[Dynamics, Latents, Arrays, Arrays]:
    dynamics, given = model(request.param).need_dynamics(), arrays(request.param, "inputs")
    return dynamics, dynamics.embed(given["visual"].transpose(1, 2), given["proprio"]), given, arrays(request.param, "expected")


@pytest.mark.parametrize("kind", KINDS)
def test_frames_are_prepared_as_by_the_official_transform(kind: str) -> None:
    given, jepa = arrays(kind, "inputs"), model(kind)
    for name in ("visual", "goal"):
        pixels = given[f"{name}_uint8"].permute(0, 1, 3, 4, 2).numpy()
        prepared = jepa.encoder.prepare([Clip(p) for p in pixels])
        close(prepared.video.transpose(1, 2), given["visual" if name == "visual" else "goal_visual"], 1e-6)


def test_frames_and_states_are_embedded_as_officially(case: tuple[Dynamics, Latents, Arrays, Arrays]) -> None:
    dynamics, seen, given, expected = case
    close(seen.tokens, expected["visual_features"][:, :, 0])
    close(felt(seen), expected["proprio_features"])
    goal = dynamics.embed(given["goal_visual"].transpose(1, 2), given["goal_proprio"])
    close(goal.tokens, expected["goal_visual_features"][:, :, 0])
    close(felt(goal), expected["goal_proprio_features"])


def test_teacher_forced_answers_and_their_losses_are_the_official_ones(case: tuple[Dynamics, Latents, Arrays, Arrays]) -> None:
    dynamics, seen, given, expected = case
    answer = dynamics.predict(seen, given["actions"])
    close(answer.tokens, expected["pred_visual"][:, :, 0])
    close(felt(answer), expected["pred_proprio"])
    visual, proprio = (answer.tokens[:, :-1], seen.tokens[:, 1:]), (felt(answer)[:, :-1], felt(seen)[:, 1:])
    for name, (ours, truth) in (("visual", visual), ("proprio", proprio)):
        close(-F.cosine_similarity(ours, truth, dim=-1).mean(), expected[f"train_{name}_cos_loss"])
        close(F.l1_loss(ours, truth), expected[f"train_{name}_l1_loss"])
        close(F.mse_loss(ours, truth), expected[f"train_{name}_l2_loss"])
        close(F.smooth_l1_loss(ours, truth), expected[f"train_{name}_smooth_l1_loss"])
    close(F.mse_loss(*visual) + F.mse_loss(*proprio), expected["train_loss"])
    close((visual[0] - visual[1]).square().mean(-1), expected["l2_per_token"][:, :, 0])


def test_a_rollout_is_the_official_unroll(case: tuple[Dynamics, Latents, Arrays, Arrays]) -> None:
    dynamics, seen, given, expected = case
    start = Latents(seen.tokens[:, :1], replace(seen.grid, ticks=1), seen.space, states=seen.states[:, :1] if seen.states is not None else None)
    film = dynamics.rollout(start, 3, actions=given["act_rollout"].transpose(0, 1))
    close(film.tokens.transpose(0, 1), expected["rollout3_visual"][1:, :, 0])
    close(felt(film).transpose(0, 1), expected["rollout3_proprio"][1:])
    close(start.tokens[:, 0], expected["rollout3_visual"][0, :, 0])
    one = dynamics.rollout(start, 1, actions=given["act_rollout"].transpose(0, 1)[:, :1])
    close(one.tokens, film.tokens[:, :1])
    first = dynamics.rollout(start, 1, actions=given["actions"][:, :1])
    close(first.tokens, expected["pred_one_step_visual"][:, :, 0])
    close(felt(first), expected["pred_one_step_proprio"])


def test_energies_of_candidates_are_the_official_ones(case: tuple[Dynamics, Latents, Arrays, Arrays]) -> None:
    dynamics, seen, given, expected = case
    start = still(seen, 0, 5)
    film = dynamics.rollout(start, 3, actions=given["candidates"].transpose(0, 1))
    tokens, states = torch.cat([start.tokens, film.tokens], 1), torch.cat([felt(start), felt(film)], 1)
    close(tokens.transpose(0, 1), expected["candidates_rollout_visual"][:, :, 0])
    close(states.transpose(0, 1), expected["candidates_rollout_proprio"])
    goal = dynamics.embed(given["goal_visual"].transpose(1, 2), given["goal_proprio"])
    for name, distance in (("l2", torch.square), ("l1", torch.abs)):
        visual = distance(tokens - goal.tokens).mean((2, 3, 4))
        both = visual + ALPHA * distance(states - felt(goal)).mean((2, 3))
        close(both[:, -1], expected[f"energy_{name}"])
        close(both.sum(1), expected[f"energy_{name}_sum_all"])
        close(visual[:, -1], expected[f"energy_{name}_visual_only"])


@pytest.mark.parametrize("kind", KINDS)
def test_an_answer_over_a_long_context_looks_back_on_as_many_frames_as_training(kind: str) -> None:
    dynamics, given = model(kind).need_dynamics(), arrays(kind, "inputs")
    video, states, actions = (torch.cat([given[n], given[n]], 1) for n in ("visual", "proprio", "actions"))
    seen = dynamics.embed(video.transpose(1, 2), states)
    answer = dynamics.predict(seen, actions)
    for last in (3, 5, 7):
        cut = slice(last - 3, last + 1)
        assert seen.states is not None
        alone = dynamics.predict(Latents(seen.tokens[:, cut], replace(seen.grid, ticks=4), seen.space, states=seen.states[:, cut]), actions[:, cut])
        close(answer.tokens[:, last], alone.tokens[:, -1], 1e-6)


def test_published_heads_of_25_features_are_run() -> None:
    """The published predictors have 400 features in 16 heads: the last feature of a head is never turned."""
    from workbench.nn.adaln import AdaLnConfig, AdaLnPredictor

    torch.manual_seed(0)
    net = AdaLnPredictor(AdaLnConfig(24, 59, 16, 1, 3, 100, 10)).initialise()
    seen, _ = net(torch.randn(1, 2, 3, 3, 24), torch.randn(1, 2, 9, 16), torch.randn(1, 2, 10))
    assert seen.isfinite().all()


@pytest.mark.parametrize("kind", KINDS)
def test_without_its_encoder_a_predictor_is_inspected_and_not_loaded(kind: str) -> None:
    report = inspect(world(kind), predictor_heads=2)
    assert report.part("dynamics").status == "whole"
    assert report.part("encoder_target").status == "missing"
    assert "24 features" in next(str(f.value) for f in report.facts if f.name == "visual encoder")
    with pytest.raises(PartUnavailable, match="give its file as encoder="):
        report.require("encoder_target")
    with pytest.raises(BadInput, match="not in this file"):
        load(world(kind), predictor_heads=2)


def test_an_encoder_that_does_not_fit_is_refused(tmp_path: Path) -> None:
    with pytest.raises(CheckpointError, match="holds no image encoder"):
        load(world("adaln"), encoder=world("adaln"), **SIZES)
    state = torch.load(dino("adaln"), weights_only=True)
    torch.save({**state, "blocks.0.mlp.w12.weight": torch.ones(4, 4)}, tmp_path / "dinov2_vitg14.pth")
    with pytest.raises(CheckpointError, match=r"its gated MLP \(mlp.w12\) is not built here"):
        load(world("adaln"), encoder=tmp_path / "dinov2_vitg14.pth", **SIZES)
    small = {n: t[..., :12, :] if n.endswith("fc2.weight") else t for n, t in state.items()}
    small["patch_embed.proj.weight"] = small["patch_embed.proj.weight"][:12]
    torch.save(small, tmp_path / "narrow.pth")
    with pytest.raises(BadInput, match=r"24 features.*gives 12"):
        load(world("adaln"), encoder=tmp_path / "narrow.pth", **SIZES)


def test_what_the_file_does_not_say_is_asked_for() -> None:
    with pytest.raises(AmbiguousModel, match="predictor_heads and heads"):
        load(world("dinowm"), encoder=dino("dinowm"))
    with pytest.raises(CheckpointError, match="no whole number of frames"):
        load(world("dinowm"), encoder=dino("dinowm"), **{**SIZES, "image_size": 70})
    with pytest.raises(CheckpointError, match="its own mask"):
        load(world("dinowm"), encoder=dino("dinowm"), **{**SIZES, "image_size": 84, "window": 1})
    with pytest.raises(BadInput, match="cannot be cut into 5 heads"):
        load(world("adaln"), encoder=dino("adaln"), **{**SIZES, "predictor_heads": 5})


def test_a_world_gives_actions_and_states_their_published_statistics(tmp_path: Path) -> None:
    plain, given = model(), arrays("adaln", "inputs")
    told = model(environment="pusht")
    spec = told.need_dynamics().action
    assert spec is not None
    assert (spec.frameskip, spec.width, spec.std) == (5, 10, PUSHT_STD)
    video, mean, std = given["visual"].transpose(1, 2), torch.tensor(spec.mean * 5), torch.tensor(spec.std * 5)
    raw = given["actions"] * std + mean
    states = given["proprio"] * torch.tensor((101.1202, 87.0112, 74.84556, 74.14009)) + torch.tensor((236.6155, 264.5674, -2.93032, 2.54308))
    answers = [
        jepa.need_dynamics().predict(jepa.need_dynamics().embed(video, s), a)
        for jepa, s, a in ((plain, given["proprio"], given["actions"]), (told, states, raw))
    ]
    close(answers[0].tokens, answers[1].tokens, 1e-4)
    (tmp_path / "pt_jepa-wm.pth.tar").symlink_to(world("adaln"))
    named = load(tmp_path / "pt_jepa-wm.pth.tar", encoder=dino("adaln"), **SIZES)
    assert named.need_dynamics().action == spec
    with pytest.raises(BadInput, match="metaworld has actions of 4"):
        model(environment="metaworld")
    with pytest.raises(BadInput, match="that is 5 a step"):
        model(environment="pusht", frameskip=2)


def test_the_callers_statistics_are_used_and_settings_beside_the_file_are_read(tmp_path: Path) -> None:
    spec = model(action_mean=(1.0, 2.0), action_std=(3.0, 4.0)).need_dynamics().action
    assert spec is not None
    assert (spec.frameskip, spec.mean, spec.std) == (5, (1.0, 2.0), (3.0, 4.0))
    (tmp_path / "jepa-latest.pth.tar").symlink_to(world("adaln"))
    (tmp_path / "config.yaml").write_text(
        "model: {num_frames_pred: 3, predictor: {pred_num_heads: 2}}\n"
        "data: {img_size: 42, datasets: [PushT], custom: {normalize_action: false}}\n"
        "data_aug: {normalize: [[0.5, 0.5, 0.5], [0.25, 0.25, 0.25]]}\n"
    )
    read = load(tmp_path, encoder=dino("adaln"), heads=2)
    spec = read.need_dynamics().action
    assert spec is not None
    assert (spec.names, spec.std, read.card.image_size, read.card.frames) == (("x", "y"), (1.0, 1.0), (42, 42), 3)
    assert "deviation (0.25, 0.25, 0.25)" in read.card.preprocessing


def test_states_are_needed_where_the_predictor_takes_them() -> None:
    dynamics, given = model().need_dynamics(), arrays("adaln", "inputs")
    video = given["visual"].transpose(1, 2)
    with pytest.raises(BadInput, match="needs the state of every frame"):
        dynamics.predict(dynamics.embed(video), given["actions"])
    with pytest.raises(BadInput, match="4 states of 4 numbers"):
        dynamics.embed(video, given["proprio"][:, :, :3])


@pytest.mark.parametrize("kind", KINDS)
def test_half_precision_stays_near(kind: str) -> None:
    given = arrays(kind, "inputs")
    films = []
    for dtype in ("float32", "bfloat16"):
        dynamics = model(kind, dtype=dtype).need_dynamics()
        seen = dynamics.embed(given["visual"][:, :2].transpose(1, 2), given["proprio"][:, :2])
        films.append(dynamics.rollout(seen, 2, actions=given["actions"][:, :3]).tokens)
    assert films[1].dtype == torch.float32
    close(films[1], films[0], 0.2)
    assert (films[1] - films[0]).abs().mean() < 0.02


@pytest.fixture
def drawing(tmp_path: Path) -> Path:
    """A decoder of 3 × 3 tokens of 14 pixels in the published layout."""
    torch.manual_seed(0)
    net = VitDecoder(VitDecoderConfig(24, 16, 1, 2, 32, 3, 14)).initialise()
    path = tmp_path / "vm2m_lpips_dv2vits_vitldec_224_05norm.pth.tar"
    torch.save({"model": {f"module.{n}": t for n, t in net.state_dict().items()}, "epoch": 3}, path)
    return path


def test_a_decoder_of_its_own_file_draws_what_is_foretold(drawing: Path) -> None:
    jepa, given = model(decoder=drawing, decoder_heads=2), arrays("adaln", "inputs")
    assert jepa.report.part("decoder").status == "whole"
    assert jepa.decoder is not None
    dynamics = jepa.need_dynamics()
    seen = dynamics.embed(given["visual"].transpose(1, 2), given["proprio"])
    drawn = jepa.decoder.decode(dynamics.predict(seen, given["actions"]))
    assert drawn.shape == (2, 4, 42, 42, 3)
    assert drawn.dtype == torch.uint8
    assert drawn.float().std() > 0.5
    alone = jepa.decoder.decode(jepa.encoder.encode(given["visual"].transpose(1, 2)[1:, :, 2:3]))
    assert (alone[0, 0].float() - jepa.decoder.decode(seen)[1, 2].float()).abs().max() <= 1
    with pytest.raises(Incomparable, match="takes latents of"):
        jepa.decoder.decode(jepa.encoder.encode(given["visual"].transpose(1, 2), layer=0))
    shown = torch.ones(2, 4, 3, 3, dtype=torch.bool)
    shown[0, 0, 0, 0] = False
    with pytest.raises(BadInput, match="masked"):
        jepa.decoder.decode(jepa.encoder.encode(given["visual"].transpose(1, 2), visible=shown))


def test_a_decoder_of_another_encoder_is_refused(tmp_path: Path, drawing: Path) -> None:
    net = VitDecoder(VitDecoderConfig(12, 16, 1, 2, 32, 3, 14))
    torch.save({"model": net.state_dict()}, tmp_path / "other.pth.tar")
    with pytest.raises(BadInput, match="tokens of 12 features, the encoder gives 24"):
        model(decoder=tmp_path / "other.pth.tar", decoder_heads=2)
    with pytest.raises(BadInput, match="holds no decoder"):
        model(decoder=dino("adaln"))
    with pytest.raises(AmbiguousModel, match="decoder_heads"):
        model(decoder=drawing)


def test_a_v_jepa_2_serves_as_encoder_frame_by_frame(tmp_path: Path) -> None:
    torch.manual_seed(0)
    config = VitConfig(24, 2, 2, 48, 14, 2)
    vit, head = Vit(config).initialise(), VitPredictor(PredictorConfig(24, 1, 2, 48, 3), config).initialise()
    state = {"target_encoder": {f"module.backbone.{n}": t for n, t in vit.state_dict().items()}, "predictor": head.state_dict()}
    torch.save(state, tmp_path / "vitg.pt")
    given = {"encoder": tmp_path / "vitg.pt", **SIZES}
    with pytest.raises(AmbiguousModel, match="layer_norm"):
        load(world("adaln"), **given)
    jepa = load(world("adaln"), **given, layer_norm=True)
    assert jepa.report.whole
    video = arrays("adaln", "inputs")["visual"].transpose(1, 2)
    with torch.inference_mode():
        twice = vit.eval()(video[:, :, 1:2].repeat(1, 1, 2, 1, 1))
    close(jepa.encoder.encode(video).tokens[:, 1].flatten(1, 2), twice, 1e-6)
    tokens = jepa.need_dynamics().embed(video).tokens
    close(tokens[:, 1].flatten(1, 2), F.layer_norm(twice, (24,)), 1e-5)


def test_a_dinov2_of_transformers_is_the_same_encoder(tmp_path: Path) -> None:
    words = {"cls_token": "embeddings.cls_token", "mask_token": "embeddings.mask_token", "pos_embed": "embeddings.position_embeddings"}
    words |= {"patch_embed.proj": "embeddings.patch_embeddings.projection", "norm": "layernorm", "attn.proj": "attention.output.dense"}
    words |= {"ls1.gamma": "layer_scale1.lambda1", "ls2.gamma": "layer_scale2.lambda1"}
    theirs: Arrays = {}
    for name, value in torch.load(dino("adaln"), weights_only=True).items():
        block = re.fullmatch(r"blocks\.(\d)\.(.+)", name)
        inner, kind = (block[2] if block else name), ""
        if inner not in words:
            inner, _, kind = inner.rpartition(".")
        home = (f"encoder.layer.{block[1]}." if block else "") + words.get(inner, inner)
        if inner == "attn.qkv":
            names = [home.replace("attn.qkv", f"attention.attention.{part}") for part in ("query", "key", "value")]
            theirs |= {f"{n}.{kind}": v.clone() for n, v in zip(names, value.chunk(3), strict=True)}
        else:
            theirs[f"{home}.{kind}" if kind else home] = value
    torch.save(theirs, tmp_path / "pytorch_model.bin")
    (tmp_path / "config.json").write_text('{"model_type": "dinov2"}')
    same = load(world("adaln"), encoder=tmp_path, **SIZES)
    assert same.report.whole
    assert same.card.hashes == model().card.hashes


def test_a_dinov3_serves_as_encoder_and_says_its_heads(tmp_path: Path) -> None:
    torch.manual_seed(0)
    net = RopeVit(RopeVitConfig(24, 2, 3, 48, 14, 2)).initialise().eval()
    torch.save({**net.state_dict(), "mask_token": torch.zeros(1, 24)}, tmp_path / "dinov3_vitl16.pth")
    jepa = load(world("adaln"), encoder=tmp_path / "dinov3_vitl16.pth", **{**SIZES, "heads": None})
    assert jepa.report.whole
    assert next(f for f in jepa.report.facts if f.name == "heads").value == 3
    video = arrays("adaln", "inputs")["visual"].transpose(1, 2)
    seen = jepa.encoder.encode(video)
    with torch.inference_mode():
        close(seen.tokens[1, 2].flatten(0, 1), net(video[1:, :, 2])[0, 3:], 1e-6)
    assert seen.extra is not None
    assert seen.extra.shape == (2, 4, 3, 24)
    shown = torch.zeros(2, 4, 3, 3, dtype=torch.bool)
    shown[:, :, 1:] = True
    part = jepa.encoder.encode(video, visible=shown)
    painted = video.clone()
    painted[..., :14, :] = float("nan")
    assert torch.equal(jepa.encoder.encode(painted, visible=shown).tokens[shown], part.tokens[shown])
    assert part.tokens[shown].isfinite().all()
