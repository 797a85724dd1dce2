"""LeWM with other projectors, and PLDM, against stable-worldmodel's own code."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import pytest
import torch
from torch import Tensor

from tests.families.official import GOLDEN, close, official
from tests.families.test_lewm import parts, saved, some, vectors, video
from workbench.core.errors import AmbiguousModel, CheckpointError
from workbench.families.load import inspect, load
from workbench.model import Jepa

TOLERANCE = 3e-5
FOLDERS = {"swm_pldm": "pldm", "lewm_variants": "lewm", "lewm_variants/transformers4": "lewm", "lewm_nonorm": "lewm"}
Case = tuple[Jepa, dict[str, Tensor], dict[str, Tensor]]


@pytest.fixture(scope="module", params=FOLDERS)
def case(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Case:
    folder = tmp_path_factory.mktemp("swm")
    source = GOLDEN / request.param
    for file in (*(f for f in source.iterdir() if f.suffix in (".pt", ".json")), *(GOLDEN / request.param.split("/")[0]).glob("*.npz")):
        shutil.copy(file, folder)
    found = official({"path": folder})
    assert found[0].card.family == FOLDERS[request.param]
    return found


@torch.inference_mode()
def test_embeddings_are_the_official_ones(case: Case) -> None:
    jepa, given, expected = case
    assert jepa.report.whole
    encoder, dynamics = parts(jepa)
    tokens = encoder.net.vit(given["pixels"].flatten(0, 1))
    close(tokens, expected["encoder_tokens"].flatten(0, 1), TOLERANCE)
    close(vectors(encoder.encode(video(given["pixels"]), weights="context")), expected["emb"], TOLERANCE)
    close(vectors(dynamics.embed(video(given["goal"]))), expected["goal_emb"], TOLERANCE)
    close(dynamics.net.action_encoder(given["action"]), expected["act_emb"], TOLERANCE)


def test_predictions_are_the_official_ones(case: Case) -> None:
    jepa, given, expected = case
    _, dynamics = parts(jepa)
    seen, actions = dynamics.embed(video(given["pixels"])), given["action"]
    answers = vectors(dynamics.predict(some(seen, slice(0, 3)), actions[:, :3]))
    close(answers, expected["pred_teacher_forced"], TOLERANCE)
    close(answers[:, -1], expected["pred_one_step"], TOLERANCE)
    close((answers - expected["emb"][:, 1:]).square().mean(-1), expected["mse_per_step"], TOLERANCE)
    close(vectors(dynamics.predict(some(seen, slice(0, 1)), actions[:, :1])), expected["pred_one_step_from_first"], TOLERANCE)


@pytest.mark.parametrize("known", [1, 3])
def test_rollouts_and_costs_are_the_official_ones(case: Case, known: int) -> None:
    jepa, given, expected = case
    _, dynamics = parts(jepa)
    actions = given[f"candidates_H{known}"]
    context = some(dynamics.embed(video(given["pixels"])), slice(0, known), actions.shape[1])
    film = dynamics.rollout(context, 4, actions=actions.flatten(0, 1))
    joined = torch.cat([vectors(context), vectors(film)], 1).unflatten(0, actions.shape[:2])
    close(joined, expected[f"rollout4_H{known}"], TOLERANCE)
    costs = (joined[:, :, -1] - expected["goal_emb"]).square().sum(-1)
    torch.testing.assert_close(costs, expected[f"cost_H{known}"], rtol=TOLERANCE, atol=0)


@pytest.mark.parametrize(("name", "norm"), [("lewm_layernorm", "layer"), ("lewm_noproj", None)])
def test_files_of_stable_worldmodel_with_other_projectors_load_whole(name: str, norm: str | None) -> None:
    jepa = load(GOLDEN / "swm_cases" / name)
    assert jepa.report.whole
    facts = {f.name: f.value for f in jepa.report.facts}
    assert (facts.get("projector norm"), facts.get("projector")) == ((norm, None) if norm else (None, "none"))
    assert jepa.card.unit == ("projected class token" if norm else "class token")


def test_running_statistics_that_are_missing_are_said_and_not_taken_for_a_layer_norm(tmp_path: Path) -> None:
    state = torch.load(GOLDEN / "swm_pldm" / "weights_epoch_100.pt", weights_only=True)
    for name in ("running_mean", "running_var", "num_batches_tracked"):
        del state[f"projector.net.1.{name}"]
    report = inspect(saved(tmp_path, state, json.loads((GOLDEN / "swm_pldm" / "config.json").read_text())))
    assert report.part("encoder_context").missing == ("projector.net.1.running_mean", "projector.net.1.running_var")


def test_only_config_json_tells_pldm_from_lewm_and_the_report_says_so(tmp_path: Path) -> None:
    shutil.copy(GOLDEN / "swm_pldm" / "weights_epoch_100.pt", tmp_path / "weights.pt")
    told = {"heads": 3, "dim_head": 16}
    for family, paper in (("lewm", "arXiv 2603.19312"), ("pldm", "arXiv 2502.14819")):
        jepa = load(tmp_path, **told, **({"family": family} if family == "pldm" else {}))
        assert (jepa.card.family, jepa.card.paper) == (family, paper)
        (fact,) = (f for f in jepa.report.facts if f.name == "training")
        assert (fact.origin, "the same tensors" in fact.why) == ("assumed", True)
    assert not [f for f in load(GOLDEN / "swm_pldm").report.facts if f.name == "training"]


def test_without_its_json_the_predictors_heads_are_asked_for_and_listed(tmp_path: Path) -> None:
    shutil.copy(GOLDEN / "swm_pldm" / "weights_epoch_100.pt", tmp_path / "weights.pt")  # 64 features: 4 heads of 16, or 1 of 64
    with pytest.raises(AmbiguousModel, match="dim_head") as caught:
        load(tmp_path, heads=3)
    for split in ("64×1", "4×16", "1×64"):
        assert split in caught.value.fix


def test_embeddings_and_predictions_of_different_widths_are_refused(tmp_path: Path) -> None:
    state = torch.load(GOLDEN / "lewm_variants" / "weights.pt", weights_only=True)
    config = json.loads((GOLDEN / "lewm_variants" / "config.json").read_text())
    without = {n: t for n, t in state.items() if not n.startswith("pred_proj.")}
    with pytest.raises(CheckpointError, match="predictions of 48 features are no embeddings of 36"):
        inspect(saved(tmp_path, without, config))
