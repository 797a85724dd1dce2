"""DINO-WM from converted files.

There is no fixture of the original files, which pickle whole modules. Its predictor is that of the fixture jepa_wms_dinowm, so that the
fixture's tensors, under the names that a conversion gives, must give the fixture's answers. test_world_vectors.py has the predictor's
own numbers. The decoder is compared with the same layers called one by one.
"""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch
from torch import Tensor, nn
from torch.nn import functional as F

from tests.families.converted import DINO, FIXTURE, HEADS, HYDRA, tensors, write
from tests.families.official import close
from workbench.checkpoints import convert
from workbench.core.clip import Clip
from workbench.core.errors import BadInput, CheckpointError, UnsafeFile
from workbench.families.load import inspect, load
from workbench.model import Jepa, Latents


@pytest.fixture(scope="module")
def converted(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write(tmp_path_factory.mktemp("run"))


@pytest.fixture(scope="module")
def jepa(converted: Path) -> Jepa:
    return load(converted, encoder=DINO, **HEADS)


def fixture(name: str) -> dict[str, Tensor]:
    return {k: torch.tensor(v) for k, v in np.load(FIXTURE / f"{name}.npz").items()}


def test_a_converted_file_is_recognised_and_whole(converted: Path, jepa: Jepa) -> None:
    assert jepa.card.family == "dino_wm"
    assert [p.name for p in jepa.report.parts] == ["encoder_target", "dynamics", "decoder"]
    assert jepa.report.whole
    assert {n for n, _ in jepa.report.part("decoder").ignored} == {"quantize_b.embed", "quantize_b.cluster_size", "quantize_b.embed_avg"}
    facts = {f.name: (f.value, f.origin) for f in jepa.report.facts}
    assert facts["frames"] == (4, "given")
    assert facts["environment"] == ("pusht", "inferred")
    assert facts["encoder's pixels"] == ("42×42", "inferred")
    alone = inspect(converted, predictor_heads=2)
    assert alone.part("dynamics").status == "whole"
    with pytest.raises(BadInput, match="not in this file"):
        load(converted, predictor_heads=2)


def test_answers_and_rollouts_are_those_of_the_official_predictor(tmp_path: Path) -> None:
    jepa = load(write(tmp_path / "run", HYDRA.replace("pusht", "deformable_env")), encoder=DINO, **HEADS, window=2)
    dynamics, given, expected = jepa.need_dynamics(), fixture("inputs"), fixture("expected")
    own = dynamics.embed(torch.zeros(2, 3, 4, 48, 48), given["proprio"])
    assert own.states is not None
    close(own.states.unflatten(-1, (9, 6)), expected["proprio_features"])
    seen = replace(own, tokens=expected["visual_features"][:, :, 0])
    answer = dynamics.predict(seen, given["actions"])
    close(answer.tokens, expected["pred_visual"][:, :, 0])
    assert answer.states is not None
    close(answer.states.unflatten(-1, (9, 6)), expected["pred_proprio"])
    start = Latents(seen.tokens[:, :1], replace(seen.grid, ticks=1), seen.space, states=own.states[:, :1])
    film = dynamics.rollout(start, 3, actions=given["act_rollout"].transpose(0, 1))
    close(film.tokens.transpose(0, 1), expected["rollout3_visual"][1:, :, 0])


def test_frames_are_prepared_at_16_pixels_a_token_and_resized_on_their_way_in(jepa: Jepa) -> None:
    assert (jepa.card.image_size, jepa.card.patch) == ((48, 48), (16, 16))
    clip = Clip(np.random.default_rng(0).integers(0, 256, (2, 48, 48, 3), dtype=np.uint8), fps=2.0)
    prepared = jepa.encoder.prepare([clip])
    close(prepared.video[0, :, 0], torch.from_numpy(clip.pixels[0]).permute(2, 0, 1) / 127.5 - 1, 1e-6)
    plain = load(FIXTURE / "jepa-latest.pth.tar", encoder=DINO, image_size=42, **HEADS)
    small = F.interpolate(prepared.video[0].transpose(0, 1), size=(42, 42), mode="bilinear", antialias=True)
    close(jepa.encoder.encode(prepared.video).tokens, plain.encoder.encode(small.transpose(0, 1)[None]).tokens)


def test_half_precision_stays_near(converted: Path, jepa: Jepa) -> None:
    video = torch.randn(1, 3, 2, 48, 48, generator=torch.Generator().manual_seed(1))
    close(load(converted, encoder=DINO, dtype="bfloat16", **HEADS).encoder.encode(video).tokens, jepa.encoder.encode(video).tokens, 0.2)


def test_a_rollout_looks_back_on_as_many_frames_as_training(jepa: Jepa) -> None:
    dynamics = jepa.need_dynamics()
    assert dynamics.history == (1, 4)
    spec = dynamics.action
    assert spec is not None
    assert (spec.names, spec.frameskip) == (("x", "y"), 5)


def test_the_decoder_draws_as_its_layers_one_by_one(jepa: Jepa) -> None:
    weights = {n.removeprefix("decoder."): t for n, t in tensors().items()}
    assert jepa.decoder is not None
    seen = jepa.encoder.encode(torch.randn(1, 3, 2, 48, 48, generator=torch.Generator().manual_seed(1)))
    x = seen.tokens.flatten(0, 1).permute(0, 3, 1, 2)
    for half in ("upsample_b", "dec"):

        def layer(number: str, half: str = half) -> tuple[Tensor, Tensor]:
            return weights[f"{half}.blocks.{number}.weight"], weights[f"{half}.blocks.{number}.bias"]

        x = F.conv2d(x, *layer("0"), padding=1)
        for i in (1, 2):
            inner = F.conv2d(F.relu(x), *layer(f"{i}.conv.1"), padding=1)
            x = x + F.conv2d(F.relu(inner), *layer(f"{i}.conv.3"))
        x = F.conv_transpose2d(F.relu(x), *layer("4"), stride=2, padding=1)
        x = F.conv_transpose2d(F.relu(x), *layer("6"), stride=2, padding=1)
    drawn = jepa.decoder.decode(seen)
    assert drawn.shape == (1, 2, 48, 48, 3)
    ours, theirs = drawn[0].float(), ((x * 0.5 + 0.5) * 255).clamp(0, 255).permute(0, 2, 3, 1)
    assert (theirs - ours).abs().max() <= 1


def test_an_encoder_that_was_trained_with_it_is_read_from_its_own_file(tmp_path: Path) -> None:
    own = {f"encoder.base_model.{n}": t.clone() for n, t in torch.load(DINO, weights_only=True).items()}
    path = write(tmp_path / "run", **own)
    video = torch.randn(1, 3, 2, 48, 48)
    inside, beside = load(path, **HEADS), load(path, encoder=DINO, **HEADS)
    assert inside.report.whole
    assert inside.card.hashes == beside.card.hashes
    assert torch.equal(inside.encoder.encode(video).tokens, beside.encoder.encode(video).tokens)


def test_settings_that_contradict_the_tensors_are_refused(tmp_path: Path) -> None:
    path = write(tmp_path / "run", HYDRA.replace("num_hist: 4", "num_hist: 3"))
    with pytest.raises(CheckpointError, match="36 places: not 3 frames"):
        load(path, encoder=DINO, **HEADS)
    assert load(path, encoder=DINO, frames=4, **HEADS).report.whole
    with pytest.raises(CheckpointError, match="places for 3×3"):
        load(path, encoder=DINO, frames=4, image_size=64, **HEADS)


@pytest.mark.slow
def test_a_pickled_file_opens_once_it_was_converted(tmp_path: Path) -> None:
    """As the original code saves it: whole modules, optimizers and the epoch, settings in the folder of the run above."""
    (tmp_path / "hydra.yaml").write_text(HYDRA)
    (tmp_path / "checkpoints").mkdir()
    parts = {name: nn.Module() for name in ("predictor", "action_encoder", "proprio_encoder", "decoder")}
    for name, value in tensors().items():
        part, *path, leaf = name.split(".")
        module = parts[part]
        for step in path:
            module.add_module(step, getattr(module, step, None) or nn.Module())
            module = getattr(module, step)
        module.register_parameter(leaf, nn.Parameter(value))
    adam = torch.optim.AdamW(parts["predictor"].parameters())
    torch.save({"epoch": 100, "predictor_optimizer": adam, **parts}, tmp_path / "checkpoints" / "model_latest.pth")
    with pytest.raises(UnsafeFile):
        load(tmp_path / "checkpoints", encoder=DINO, **HEADS)
    made = convert(tmp_path / "checkpoints" / "model_latest.pth", trust=True)
    jepa = load(made.path, encoder=DINO, **HEADS)
    assert jepa.card.family == "dino_wm"
    assert jepa.report.whole
    assert {"frames": 4, "environment": "pusht"}.items() <= {f.name: f.value for f in jepa.report.facts}.items()
