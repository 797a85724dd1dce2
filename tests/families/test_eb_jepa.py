"""EB-JEPA against the official numbers.

Of expected.npz are compared: states, predictions, rollouts, their errors and energies, and the goal. Not compared: `loss`, the
`reg_*` losses (their inverse dynamics model is named in the report and not read; what needs no network is compared:
`pred_loss` and `reg_sim_loss_t`), and `probe_xy*`, of a position probe that is no part of the model.
The other examples have no fixture: their networks follow the rule of `tests.families.ruled`.
"""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
import yaml
from safetensors.torch import save_file
from torch import Tensor, nn

from tests.families.official import EB_ROOMS, GOLDEN, close, official
from tests.families.ruled import agrees, inp, rule, ruled
from workbench.core.clip import Clip
from workbench.core.errors import AmbiguousModel, BadInput, CheckpointError, ClipError, PartUnavailable
from workbench.families.load import inspect, load
from workbench.model import Jepa, Latents
from workbench.nn.class_vit import ClassVit, ClassVitConfig
from workbench.nn.residual import GruStep, Impala, ImpalaConfig, PixelNet, PixelNetConfig, PixelPainter, ResNet, ResNetConfig, ResUNet

Arrays = dict[str, Tensor]
Case = tuple[Jepa, Arrays, Arrays]


@pytest.fixture(scope="module")
def rooms() -> Case:
    return official(EB_ROOMS)


def laid_out(latents: Latents) -> Tensor:
    """[batch, dim, ticks, rows, cols], as the official code."""
    return latents.tokens.permute(0, 4, 1, 2, 3)


def ticks(latents: Latents, *places: int) -> Latents:
    return replace(latents, tokens=latents.tokens[:, list(places)], grid=replace(latents.grid, ticks=len(places)))


def with_start(start: Latents, film: Latents) -> Tensor:
    """[batch, dim, 1 + ticks, 1, 1]: the true first state before the predicted ones."""
    return torch.cat([laid_out(start), laid_out(film)], 2)


def planes(pixels: Tensor) -> list[Clip]:
    """Clips of [batch, 2, ticks, height, width]."""
    return [Clip(p.permute(1, 2, 3, 0).numpy()) for p in pixels]


def test_two_planes_are_prepared_as_the_official_normalizer(rooms: Case) -> None:
    jepa, given, _ = rooms
    prepared = jepa.encoder.prepare(planes(given["obs_uint8"]))
    close(prepared.video, given["obs"], 1e-6)
    assert torch.equal(prepared.shown[..., :2].permute(0, 4, 1, 2, 3), given["obs_uint8"])
    close(jepa.encoder.prepare(planes(given["goal_uint8"][:, :, None])).video[:1], given["goal"][:1], 1e-6)


def test_states_predictions_and_their_errors_match(rooms: Case) -> None:
    jepa, given, expected = rooms
    dynamics = jepa.need_dynamics()
    film = dynamics.embed(given["obs"])
    close(laid_out(film), expected["states"])
    moves = given["actions"].transpose(1, 2)
    forced = dynamics.predict(ticks(film, *range(5)), moves[:, :5])
    close(laid_out(forced), expected["pred_teacher_forced"])
    close((forced.tokens - film.tokens[:, 1:]).square().flatten(2).mean(2), expected["mse_per_step_teacher_forced"])
    close(laid_out(dynamics.rollout(ticks(film, 0), 1, actions=moves[:, :1])), expected["pred_one_step"])
    close((film.tokens[:, 1:] - film.tokens[:, :-1]).square().mean(), expected["reg_sim_loss_t"])


def test_rollouts_match(rooms: Case) -> None:
    jepa, given, expected = rooms
    dynamics, moves = jepa.need_dynamics(), given["actions"].transpose(1, 2)
    film = dynamics.embed(given["obs"])
    start = ticks(film, 0)
    unrolled = dynamics.rollout(start, 4, actions=moves[:, :4])
    close(with_start(start, unrolled), expected["unroll_train"])
    close((unrolled.tokens - film.tokens[:, 1:5]).square().mean(), expected["pred_loss"])
    close(with_start(start, dynamics.rollout(start, 3, actions=moves[:, :3])), expected["rollout3"])


def test_candidates_match_with_their_energies(rooms: Case) -> None:
    jepa, given, expected = rooms
    dynamics = jepa.need_dynamics()
    first = ticks(dynamics.embed(given["obs"][:1]), 0)
    start = replace(first, tokens=first.tokens.expand(5, -1, -1, -1, -1))
    goal = laid_out(dynamics.embed(given["goal"][:1]))
    close(goal, expected["goal_state"])
    film = with_start(start, dynamics.rollout(start, 3, actions=given["candidates"].transpose(1, 2)))
    close(film, expected["candidates_rollout"])
    energy = (film - goal).square().mean((1, 3, 4))
    close(energy, expected["energy_per_step"])
    close(energy.sum(1), expected["energy_sum_all"], 1e-4)
    close(energy[:, -1], expected["energy_last"])
    close((film - goal)[:, :, -1:].abs().mean((1, 2, 3, 4)), expected["energy_l1_last"])


def test_what_only_losses_and_probes_use_is_ignored_with_the_reason() -> None:
    report = inspect(**EB_ROOMS)
    assert report == load(**EB_ROOMS).report
    ignored = dict(report.part("encoder_context").ignored)
    assert "loss" in ignored["regularizer.idm_loss_fn.idm.model.0.weight"]
    assert "probe" in ignored["xy_head_state_dict.mlp.0.weight"]
    assert len(ignored) == 10
    assert report.whole
    assert "optimizer_state_dict: 132 tensors" in report.other


def test_the_yaml_beside_the_file_says_the_size(tmp_path: Path) -> None:
    content = torch.load(GOLDEN / "eb_jepa_ac_video" / "latest.pth.tar", weights_only=True)
    torch.save(content, tmp_path / "latest.pth.tar")
    with pytest.raises(AmbiguousModel, match="image_size") as caught:
        load(tmp_path)
    assert "squares of 33 to 40 pixels leave 5×5 cells" in caught.value.fix
    with pytest.raises(BadInput, match="6×6 cells"):
        load(tmp_path, image_size=41)
    assert load(tmp_path, image_size=40).card.image_size == (40, 40)
    (tmp_path / "config.yaml").write_text(yaml.safe_dump({"data": {"img_size": 33, "env_name": "maze", "sample_length": 9}}))
    jepa = load(tmp_path)
    assert (jepa.card.image_size, jepa.card.frames) == ((33, 33), 9)
    action = jepa.need_dynamics().action
    assert action is not None
    assert action.units == ("unknown",) * 2


def test_actions_move_the_dot_by_pixels(rooms: Case) -> None:
    action = rooms[0].need_dynamics().action
    assert action is not None
    assert (action.names, action.units, action.high) == (("dx", "dy"), ("px", "px"), (2.45, 2.45))


def test_a_norm_that_is_stored_once_serves_both_networks(tmp_path: Path, rooms: Case) -> None:
    content = torch.load(GOLDEN / "eb_jepa_ac_video" / "latest.pth.tar", weights_only=True)["model_state_dict"]
    names = {n.removeprefix("_orig_mod."): t for n, t in content.items()}
    assert torch.equal(names["encoder.final_ln.weight"], names["predictor.final_ln.weight"])
    save_file({n: t for n, t in names.items() if not n.startswith("predictor.final_ln")}, tmp_path / "model.safetensors")
    jepa = load(tmp_path, image_size=33)
    assert jepa.report.whole
    assert jepa.card.hashes == rooms[0].card.hashes


def test_clips_without_the_two_planes_are_refused(rooms: Case) -> None:
    prepare = rooms[0].encoder.prepare
    with pytest.raises(ClipError, match="the clip has one plane"):
        prepare([Clip(np.zeros((2, 33, 33, 1), np.uint8))])
    with pytest.raises(ClipError, match="the clip has three colours"):
        prepare([Clip(np.full((2, 33, 33, 3), 90, np.uint8))])
    two = np.random.default_rng(0).integers(0, 256, (2, 33, 33, 2), dtype=np.uint8)
    shown = Clip(Clip(two).rgb())
    assert torch.equal(prepare([Clip(two)]).video, prepare([shown]).video)


def test_values_that_prepare_planes_can_be_changed_and_wrong_ones_are_refused() -> None:
    jepa = load(**EB_ROOMS, mean=(0.0, 0.0), std=(1.0, 1.0))
    video = jepa.encoder.prepare([Clip(np.random.default_rng(0).integers(5, 250, (1, 33, 33, 2), dtype=np.uint8))]).video
    assert (float(video.min()), float(video.max())) == pytest.approx((0.0, 1.0), abs=1e-4)
    for wrong in ({"mean": (0.1, 0.2, 0.3)}, {"std": (1.0, 0.0)}, {"resize": "fill"}, {"resample": "nearest"}):
        with pytest.raises(BadInput, match=f"{next(iter(wrong))}="):
            load(**EB_ROOMS, **wrong)


def test_the_file_has_no_target_encoder(rooms: Case) -> None:
    jepa, given, _ = rooms
    with pytest.raises(PartUnavailable, match="no target encoder"):
        jepa.encoder.encode(given["obs"])
    with pytest.raises(BadInput, match="do not fit"):
        jepa.encoder.encode(given["obs"][..., :20], weights="context")
    with pytest.raises(BadInput, match="2 channels, not 1"):
        jepa.encoder.encode(given["obs"][:, :1], weights="context")


def test_contradicting_tensors_are_refused(tmp_path: Path) -> None:
    content = torch.load(GOLDEN / "eb_jepa_ac_video" / "latest.pth.tar", weights_only=True)
    state = content["model_state_dict"]
    torch.save({"model_state_dict": {**state, "_orig_mod.predictor.rnn.weight_ih_l0": torch.zeros(90, 2)}}, tmp_path / "a.pth.tar")
    with pytest.raises(CheckpointError, match="no GRU of one layer over 32"):
        load(tmp_path / "a.pth.tar", image_size=33)
    assert load(tmp_path / "a.pth.tar", image_size=33, parts=["encoder_context"]).dynamics is None
    torch.save({"model_state_dict": {**state, "_orig_mod.action_encoder.net.weight": torch.zeros(2, 2)}}, tmp_path / "b.pth.tar")
    assert load(tmp_path / "b.pth.tar", image_size=33).report.part("dynamics").unexpected == ("action_encoder.net.weight",)
    with pytest.raises(BadInput, match="only EB-JEPA's video example has a decoder"):
        load(**EB_ROOMS, decoder=tmp_path / "a.pth.tar")


def test_two_rooms_follow_the_official_modules(tmp_path: Path) -> None:
    encoder, predictor = Impala(ImpalaConfig(2, (16, 32, 32), (2, 2, 2), 32 * 81, 64)), GruStep(64, 2)
    state = {f"encoder.{n}": t for n, t in ruled(encoder, "encoder.").items()} | {
        f"predictor.{n}": t for n, t in ruled(predictor, "predictor.").items()
    }
    for name in ("final_ln.weight", "final_ln.bias"):
        state[f"encoder.{name}"] = state[f"predictor.{name}"]
    torch.save({"model_state_dict": state}, tmp_path / "latest.pth.tar")
    jepa = load(tmp_path)
    assert jepa.card.image_size == (65, 65)
    dynamics = jepa.need_dynamics()
    film = dynamics.embed(inp(2, 2, 5, 65, 65, f=0.0137))
    agrees(laid_out(film), -0.001453, 0.9002, [0.84253, 0.9541, 0.95945, 0.16455], [-0.98316, 0.06516])
    start = ticks(film, 0)
    rolled = dynamics.rollout(start, 4, actions=inp(2, 2, 5, f=0.5).transpose(1, 2)[:, :4])
    agrees(with_start(start, rolled), 0.006825, 0.868514, [0.84253, 0.70942, 0.36354, -0.05212], [0.3369, 0.55608])


@pytest.fixture(scope="module")
def video_state() -> Arrays:
    """A video model as the official code saves it: the encoder a second time as action encoder, the projector of the losses twice."""
    encoder, predictor = PixelNet(PixelNetConfig(1, 8, 16)), ResUNet(32, 8, 16)
    state = {f"{twice}.{n}": t for twice in ("encoder", "action_encoder") for n, t in ruled(encoder, "action_encoder.").items()}
    state |= {f"predictor.predictor.{n}": t for n, t in ruled(predictor, "predictor.predictor.").items()}
    state |= {f"{n.removesuffix('running_mean')}num_batches_tracked": torch.tensor(7) for n in list(state) if n.endswith("running_mean")}
    return state | {f"{twice}.proj.net.{n}": torch.zeros(64, 16) for twice in ("regularizer", "predcost") for n in ("0.weight", "3.weight")}


@pytest.fixture
def video(tmp_path: Path, video_state: Arrays) -> Path:
    torch.save({"epoch": 3, "model_state_dict": video_state}, tmp_path / "latest.pth.tar")
    return tmp_path


def test_video_follows_the_official_modules(video: Path) -> None:
    jepa = load(video, image_size=16)
    assert jepa.report.whole
    dynamics = jepa.need_dynamics()
    film = dynamics.embed(inp(2, 1, 6, 16, 16, f=0.37))
    agrees(laid_out(film), 0.238997, 0.238997)
    parallel = film
    for _ in range(2):
        told = dynamics.predict(parallel)
        assert told.tokens[:, 0].isnan().all()
        parallel = replace(film, tokens=torch.cat([film.tokens[:, :2], told.tokens[:, 1:-1]], 1))
    agrees(laid_out(parallel), 0.098394, 0.188839, last=[-0.0809, -0.02203])


def test_video_rolls_out_from_its_last_two_frames(video: Path) -> None:
    dynamics = load(video, image_size=20).need_dynamics()
    film = dynamics.embed(inp(2, 1, 4, 20, 20, f=0.37))
    rolled = dynamics.rollout(film, 3)
    assert torch.equal(rolled.tokens, dynamics.rollout(ticks(film, 2, 3), 3).tokens)
    seen = replace(film, tokens=torch.cat([film.tokens, rolled.tokens[:, :2]], 1), grid=replace(film.grid, ticks=6))
    close(dynamics.predict(seen).tokens[:, 3:], rolled.tokens, 1e-5)
    alone = dynamics.rollout(replace(film, tokens=film.tokens[1:]), 3)
    close(rolled.tokens[1:], alone.tokens, 1e-5)
    with pytest.raises(BadInput, match="1 tick of context, and 2 are needed"):
        dynamics.rollout(ticks(film, 0), 1)
    with pytest.raises(BadInput, match="takes no actions"):
        dynamics.rollout(film, 1, actions=torch.zeros(2, 4, 2))


def test_hidden_pixels_of_a_video_change_no_bit_of_what_is_encoded(video: Path) -> None:
    jepa = load(video, image_size=16)
    clips = inp(2, 1, 3, 16, 16, f=0.37)
    visible = torch.rand(2, 3, 16, 16, generator=torch.Generator().manual_seed(0)) > 0.4
    painted = torch.where(visible[:, None], clips, torch.full_like(clips, torch.nan))
    a, b = (jepa.encoder.encode(v, weights="context", visible=visible) for v in (clips, painted))
    assert torch.equal(a.tokens[visible], b.tokens[visible])
    assert torch.equal(a.tokens.isnan().any(-1), ~visible)
    assert [jepa.encoder.encode(clips, weights="context", layer=i).tokens.shape[-1] for i in range(3)] == [8, 16, 16]


def test_a_video_is_one_token_a_pixel_of_one_grey_plane(video: Path) -> None:
    jepa = load(video)
    assert (jepa.card.image_size, jepa.card.patch, jepa.card.frames) == ((64, 64), (1, 1), 6)
    grey = np.random.default_rng(0).integers(0, 256, (3, 64, 64, 1), dtype=np.uint8)
    prepared = jepa.encoder.prepare([Clip(grey, fps=10.0)])
    assert torch.equal(prepared.video[0, 0], torch.from_numpy(grey[..., 0]).float() / 255)
    assert torch.equal(prepared.video, jepa.encoder.prepare([Clip(np.repeat(grey, 3, -1), fps=10.0)]).video)
    assert jepa.encoder.encode(prepared.video, weights="context").grid.shape == prepared.grid.shape == (3, 64, 64)
    with pytest.raises(ClipError, match="one grey plane"):
        jepa.encoder.prepare([Clip(np.zeros((1, 64, 64, 2), np.uint8))])


def test_projector_and_second_encoder_of_a_video_are_ignored_with_the_reason(video: Path) -> None:
    report = inspect(video)
    ignored = dict(report.part("encoder_context").ignored)
    assert "loss" in ignored["predcost.proj.net.0.weight"]
    assert "once more" in ignored["action_encoder.conv1.weight"]
    assert "counts training batches" in ignored["bn1.num_batches_tracked"]
    assert report.whole
    assert load(video).untrained(0).report.whole


def test_the_decoder_follows_the_official_module_from_an_entry_or_a_file_of_its_own(video: Path, video_state: Arrays, tmp_path: Path) -> None:
    painter = PixelPainter(16, 1)
    weights = ruled(painter)
    painter.load_state_dict(weights)
    jepa = load(video, image_size=16)
    film = jepa.need_dynamics().embed(inp(2, 1, 6, 16, 16, f=0.37))
    with torch.inference_mode():
        drawn = painter(film.tokens.flatten(0, 1).permute(0, 3, 1, 2)).unflatten(0, (2, 6)).transpose(1, 2)
    agrees(drawn, 0.011675, 0.737657, [0.62603, 1.84371, 2.8776, 3.76451])
    beside = tmp_path / "apart"
    beside.mkdir()
    torch.save(weights, beside / "pixels.pth")
    own = load(video / "latest.pth.tar", image_size=16, decoder=beside / "pixels.pth")
    head = {f"head.{n}": t for n, t in weights.items()}
    torch.save({"model_state_dict": video_state, "pixel_decoder_state_dict": head}, beside / "both.pth.tar")
    inside = load(beside / "both.pth.tar", image_size=16)
    for model in (own, inside):
        assert model.decoder is not None
        assert model.report.part("decoder").status == "whole"
        pixels = model.decoder.decode(film)
        assert pixels.shape == (2, 6, 16, 16, 1)
        close(pixels[..., 0].float(), drawn[:, 0].clamp(0, 1) * 255, 0.51)
    with pytest.raises(CheckpointError, match="no decoder of EB-JEPA"):
        load(video / "latest.pth.tar", decoder=video / "latest.pth.tar")


def image_state(module: nn.Module, before: str = "backbone.backbone.") -> dict[str, Any]:
    """A backbone as the official image example saves it, with the projector of its loss."""
    state = {f"{before}{n}": t for n, t in ruled(module).items()}
    return {"model_state_dict": state | {"projector.0.weight": torch.zeros(8, 64), "projector.1.running_var": torch.ones(8)}}


def test_a_small_resnet_gives_one_vector_an_image(tmp_path: Path) -> None:
    """By hand: the same convolutions as torchvision's ResNet with the stem of EB-JEPA and no pooling after it."""
    net = ResNet(ResNetConfig(3, (4, 8, 16, 32), (2, 2, 2, 2))).eval()
    torch.save(image_state(net), tmp_path / "latest.pth.tar")
    jepa = load(tmp_path)
    assert jepa.report.whole
    assert "projector of the loss" in dict(jepa.report.part("encoder_context").ignored)["projector.0.weight"]
    assert (jepa.card.image_size, jepa.card.dim) == ((32, 32), 32)
    assert "ResNet-18" in jepa.card.name
    image = inp(2, 3, 1, 32, 32)
    answer = jepa.encoder.encode(image, weights="context")
    assert answer.tokens.shape == (2, 1, 1, 1, 32)
    close(answer.tokens[:, 0, 0, 0], by_hand(ruled(net), image[:, :, 0]), 1e-5)
    with pytest.raises(BadInput, match="there is no block 0"):
        jepa.encoder.encode(image, weights="context", layer=0)
    with pytest.raises(ClipError, match="looks at one image"):
        jepa.encoder.prepare([Clip(np.zeros((2, 32, 32, 3), np.uint8))])
    grey = jepa.encoder.prepare([Clip(np.full((1, 32, 32, 3), 255, np.uint8))]).video[0, :, 0, 0, 0]
    close(grey, (1 - torch.tensor([0.4914, 0.4822, 0.4465])) / torch.tensor([0.2023, 0.1994, 0.2010]))
    assert jepa.untrained(1).report.whole


def by_hand(state: Arrays, x: Tensor) -> Tensor:
    """A ResNet-18 from its tensors alone."""
    conv = nn.functional.conv2d

    def norm(x: Tensor, name: str) -> Tensor:
        mean, var, weight, bias = (state[f"{name}.{n}"][:, None, None] for n in ("running_mean", "running_var", "weight", "bias"))
        return (x - mean) / (var + 1e-5).sqrt() * weight + bias

    x = norm(conv(x, state["conv1.weight"], padding=2), "bn1").relu()
    for stage in range(1, 5):
        for block in range(2):
            at, stride = f"layer{stage}.{block}", 2 if stage > 1 and block == 0 else 1
            y = norm(conv(x, state[f"{at}.conv1.weight"], stride=stride, padding=1), f"{at}.bn1").relu()
            y = norm(conv(y, state[f"{at}.conv2.weight"], padding=1), f"{at}.bn2")
            if f"{at}.downsample.0.weight" in state:
                x = norm(conv(x, state[f"{at}.downsample.0.weight"], stride=stride), f"{at}.downsample.1")
            x = (x + y).relu()
    return x.mean((2, 3))


def test_a_small_transformer_under_torchvisions_names_is_read(tmp_path: Path) -> None:
    net = ClassVit(ClassVitConfig(24, 2, 3, 48, 8, (4, 4))).eval()
    ours = {n: rule(n, t) for n, t in net.state_dict().items()}
    net.load_state_dict(ours)
    theirs = {"norm1": "ln_1", "norm2": "ln_2", "attn.qkv.": "self_attention.in_proj_", "attn.proj": "self_attention.out_proj", "mlp.fc1": "mlp.0"}
    names = {"cls_token": "class_token", "pos_embed": "encoder.pos_embedding", "patch_embed.proj.": "conv_proj.", "norm.": "encoder.ln."}
    state = {}
    for name, tensor in ours.items():
        told = name.replace("blocks.", "encoder.layers.encoder_layer_").replace("mlp.fc2", "mlp.3")
        for a, b in (*names.items(), *theirs.items()):
            told = b + told.removeprefix(a) if told.startswith(a) else told.replace(f".{a}", f".{b}")
        state[f"backbone.{told}"] = tensor
    torch.save({"model_state_dict": state}, tmp_path / "latest.pth.tar")
    jepa = load(tmp_path, heads=3)
    assert jepa.report.whole
    image = inp(2, 3, 1, 32, 32)
    with torch.inference_mode():
        wanted = net(image[:, :, 0])
    answer = jepa.encoder.encode(image, weights="context")
    assert answer.extra is not None
    close(answer.extra[:, 0], wanted[:, :1])
    close(answer.tokens.flatten(1, 3), wanted[:, 1:])
    with pytest.raises(AmbiguousModel, match="heads"):
        load(tmp_path)
