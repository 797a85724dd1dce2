"""tiny-jepa's archives against its own code."""

from __future__ import annotations

import json
import zipfile
from pathlib import Path

import numpy as np
import pytest
import torch
from torch import Tensor
from torch.nn import functional as F

from tests.families.official import GOLDEN, close
from workbench.core.clip import Clip
from workbench.core.errors import CheckpointError
from workbench.families.load import inspect, load
from workbench.families.tiny_jepa import TinyDecoder, TinyDynamics
from workbench.model import Jepa, Latents

TINY = GOLDEN / "tiny_jepa" / "tiny.npz"


@pytest.fixture(scope="module")
def case() -> tuple[Jepa, dict[str, Tensor], dict[str, Tensor]]:
    given, expected = ({k: torch.tensor(v) for k, v in np.load(TINY.parent / f"{name}.npz").items()} for name in ("inputs", "expected"))
    return load(TINY), given, expected


def film(frames: Tensor) -> Tensor:
    return frames[None, None].float()


def one_hot(moves: Tensor) -> Tensor:
    return F.one_hot(moves, 5).float()


def repeated(latents: Latents, times: int) -> Latents:
    return Latents(latents.tokens.repeat(times, 1, 1, 1, 1), latents.grid, latents.space)


def test_latents_predictions_and_plans_are_its_own(case: tuple) -> None:
    jepa, given, expected = case
    dynamics = jepa.need_dynamics()
    assert isinstance(dynamics, TinyDynamics)
    assert jepa.report.whole
    seen = dynamics.embed(film(given["frames"]))
    close(seen.tokens[0, :, 0, 0], expected["latents"], 1e-5)
    known = dynamics.embed(film(given["frames"][:12]))
    answers = dynamics.predict(known, one_hot(given["actions"])[None]).tokens[0, :, 0, 0]
    close(answers, expected["pred_one_step"], 1e-5)
    close((answers - expected["latents"][1:]).square().mean(-1), expected["mse_one_step"], 1e-5)
    start = repeated(dynamics.embed(film(given["frames"][:1])), 3)
    close(dynamics.rollout(start, 4, actions=one_hot(given["plans"])).tokens[:, :, 0, 0], expected["imagined4"], 1e-5)


def test_frames_that_belong_to_latents_are_its_own(case: tuple) -> None:
    jepa, _, expected = case
    decoder = jepa.decoder
    assert isinstance(decoder, TinyDecoder)
    with torch.inference_mode():
        close(decoder.drawn(expected["latents"][:4]), expected["decoded"], 1e-5)
        imagined = expected["decoded_imagined"]
        close(decoder.drawn(expected["imagined4"].flatten(0, 1)[: len(imagined.flatten(0, -3))]), imagined.flatten(0, -3), 1e-5)


def test_frames_are_prepared_as_grey_values_of_one_plane(case: tuple) -> None:
    jepa, _, _ = case
    grey = np.arange(32 * 32, dtype=np.uint8).reshape(1, 32, 32, 1)
    close(jepa.encoder.prepare([Clip(grey)]).video[0, 0], torch.tensor(grey[..., 0]) / 255.0, 1e-6)
    assert "reward: 4 arrays" in inspect(TINY).other


def test_the_slow_half_is_named_and_not_opened_as_a_model() -> None:
    with pytest.raises(CheckpointError, match="slow half of tiny-jepa's hierarchical model") as caught:
        load(TINY.parent / "tiny_slow.npz")
    assert "without _slow" in caught.value.fix


def saved(path: Path, **changed: object) -> Path:
    arrays = {**np.load(TINY), **changed}
    np.savez(path, **{k: v for k, v in arrays.items() if v is not None})  # type: ignore[arg-type]
    return path


def test_archives_that_are_no_such_model_are_refused_in_words(tmp_path: Path) -> None:
    mine = tmp_path / "mine.npz"
    for changed, words in (
        ({"config": None}, "without the config of a model"),
        ({"config": np.array(3)}, "its config is no text"),
        ({"config": np.array("[1]")}, "no JSON of named settings"),
        ({"config": np.array("{" * 500)}, "damaged"),
        ({"enc.1.W": np.zeros((3, 64), np.float32)}, "does not go on from the layer before"),
        ({"enc.0.W": np.zeros((100, 128), np.float32)}, "sees no frames of 32×32"),
        ({"pred.1.W": np.zeros((64, 9), np.float32)}, "does not go on from vectors of 24"),
        ({"dec.1.W": np.zeros((64, 9), np.float32)}, "gives no frames"),
        ({"enc.0.W": np.array([{}], object)}, "Python objects"),
    ):
        with pytest.raises(CheckpointError, match=words):
            load(saved(mine, **changed))
    with zipfile.ZipFile(mine, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("config.npy", b"\0" * 10_000_000)
    with pytest.raises(CheckpointError, match="far more than is stored"):
        load(mine)
    assert json.loads(str(np.load(TINY)["config"]))["n_actions"] == 5
