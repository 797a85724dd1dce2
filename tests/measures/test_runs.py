"""What is measured of a run: logs thinned out and placed, checkpoints aligned and kept, and two of them compared."""

from __future__ import annotations

import contextlib
import io
import shutil
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch

import workbench as jw
from tests.straight import shared_shelf
from workbench import samples
from workbench.boards.code import reproduced
from workbench.core import codec
from workbench.core.card import FileKey, FolderKey, ModelKey, RunKey
from workbench.core.errors import BadInput, Incomparable
from workbench.core.questions import Question, read, written
from workbench.core.questions.runs import CompareCheckpoints, MapsOfRun, RunHealth, RunLog
from workbench.families import toy
from workbench.front import bank_path
from workbench.measures.runs import difference, keeping, log, maps
from workbench.measures.runs.log import run_log
from workbench.runs.run import open_run

RUN, COLLAPSE = (samples.find_run(name) for name in ("shapes-run", "shapes-collapse"))


def key(folder: Path, name: str) -> ModelKey:
    return ModelKey(str(folder / name))


@pytest.fixture(scope="module")
def asked() -> dict[str, Question[Any]]:
    clips = FolderKey(bank_path(RUN.data))
    first, last = (key(RUN.folder, f"jepa-step{k}.pth.tar") for k in (0, 1500))
    every = (
        RunLog(RunKey(str(RUN.folder))),
        RunHealth(first, clips, labels="hue", views=2, predicted=16, limit=48, halves=4),
        MapsOfRun(first, clips, last, limit=24, shown=2),
        CompareCheckpoints(FileKey(first.path), FileKey(last.path)),
    )
    return {type(question).__name__: question for question in every}


@pytest.mark.slow
@pytest.mark.parametrize("name", ["RunLog", "RunHealth", "MapsOfRun", "CompareCheckpoints"])
def test_the_printed_lines_give_the_number_and_the_question_survives_json(name: str, asked: dict[str, Question[Any]]) -> None:
    question = asked[name]
    assert read(written(question), lambda path: path).digest == question.digest
    found = codec.loads(codec.dumps(shared_shelf().answer(question)))
    lines = reproduced(question, found, None)
    said = io.StringIO()
    with contextlib.redirect_stdout(said):
        exec(lines, {})
    assert said.getvalue().strip() == lines.rpartition("# ")[2]
    assert str(RUN.folder) not in lines or name == "CompareCheckpoints", "a shipped run is named, wherever it is installed"


def test_the_shipped_runs_are_small_complete_and_tell_a_healthy_from_a_collapsed_one() -> None:
    assert sum(p.stat().st_size for run in (RUN, COLLAPSE) for p in run.folder.iterdir()) <= 4_000_000
    healthy, collapsed = (jw.run_log(name) for name in ("shapes-run", "shapes-collapse"))
    assert [step.at for step in healthy.checkpoints] == [0, 20, 50, 100, 200, 300, 450, 600, 800, 1000, 1250, 1500]
    assert (healthy.axis, healthy.notes) == ("step", ())
    curves = {(run, c.name): c for run, news in (("healthy", healthy), ("collapsed", collapsed)) for c in news.curves}
    assert {"loss", "prediction", "spread"} <= {name for run, name in curves if run == "healthy"}
    last = {at: float(curve.values[-1]) for at, curve in curves.items()}
    assert last["collapsed", "loss"] < 0.02 < last["healthy", "loss"], "the loss says the opposite"
    assert last["collapsed", "features.rankme"] < 3 < 10 < last["healthy", "features.rankme"]
    assert last["collapsed", "prediction.cosine_centred"] < 0.1 < 0.4 < last["healthy", "prediction.cosine_centred"]
    assert last["collapsed", "prediction.mse_over_mean"] > 1 > last["healthy", "prediction.mse_over_mean"]


def test_a_log_of_a_million_rows_is_thinned_out_and_keeps_its_extremes() -> None:
    values = np.random.default_rng(0).normal(size=1_000_003)
    values[[17, 777_777]] = -50, 60
    values[300_000:310_000] = np.nan
    kept = log._extremes(values, 600)
    assert len(kept) <= 600
    assert {0, 17, 777_777, 1_000_002} <= set(kept.tolist())
    assert np.isnan(values[kept]).any(), "a stretch without a number stays a gap"
    assert (np.diff(kept) > 0).all()


def test_what_has_not_changed_is_not_sent_again(tmp_path: Path) -> None:
    (tmp_path / "log.csv").write_text("step,loss\n1,2.0\n2,1.5\n")
    run = open_run(tmp_path)
    news = run_log(run)
    same = run_log(run, state=news.state)
    assert (same.same, same.curves, same.state) == (True, (), news.state)
    with (tmp_path / "log.csv").open("a") as file:
        file.write("3,1.0\n")
    more = run_log(run, state=news.state)
    assert (more.same, more.curves[0].rows, more.curves[0].minimum) == (False, 3, (3.0, 1.0))
    shutil.rmtree(tmp_path)
    gone = run_log(run, state=more.state)
    assert gone.gone
    assert gone.curves[0].rows == 3, "what was read stays"


def test_checkpoints_named_by_epoch_lie_on_the_steps_of_the_log(tmp_path: Path) -> None:
    rows = [f"{epoch},{itr},{1 / (epoch * 10 + itr):.5f},80,44,120" for epoch in (1, 2, 3) for itr in range(10)]
    (tmp_path / "jepa_r0.csv").write_text("epoch,itr,loss,mask-A,mask-B,time (ms)\n" + "\n".join(rows) + "\n")
    for epoch in (1, 2, 3):
        torch.save({"epoch": epoch, "w": torch.zeros(1)}, tmp_path / f"jepa-ep{epoch}.pth.tar")
    news = run_log(tmp_path)
    assert [(step.epoch, step.at) for step in news.checkpoints] == [(1, 10.0), (2, 20.0), (3, 30.0)]
    assert news.axis == "step"
    (tmp_path / "jepa_r0.csv").unlink()
    alone = run_log(tmp_path)
    assert ([step.at for step in alone.checkpoints], alone.axis) == ([1.0, 2.0, 3.0], "epoch")


def test_an_empty_folder_and_one_with_ten_thousand_checkpoints_are_read(tmp_path: Path) -> None:
    empty = run_log(tmp_path)
    assert (empty.count, empty.curves) == (0, ())
    assert "neither checkpoints nor logs" in empty.notes[0]
    for k in range(10_000):
        (tmp_path / f"step_{k}.safetensors").write_bytes(b"\x02\0\0\0\0\0\0\0{}")
    many = run_log(tmp_path)
    assert many.count == 10_000
    assert many.checkpoints[-1].at == 9999
    with pytest.raises(BadInput, match="4 or more"):
        run_log(tmp_path, points=2)


def test_a_rotation_of_the_features_moves_no_point_and_shuffled_clips_do_not_fit() -> None:
    rng = np.random.default_rng(0)
    y = rng.normal(size=(200, 12)) * np.linspace(3, 0.1, 12)
    y -= y.mean(0)
    rotation = np.linalg.qr(rng.normal(size=(12, 12)))[0]
    x = y @ rotation
    np.testing.assert_allclose(x @ maps.turn(x, y), y, atol=1e-9)
    assert maps.explained(x @ maps.turn(x, y), y) == pytest.approx(1)
    mixed = x[rng.permutation(200)]
    assert maps.explained(mixed @ maps.turn(mixed, y), y) < 0.3
    assert maps.explained(np.zeros_like(y), y) == 0


@pytest.mark.slow
def test_a_collapsed_checkpoint_lies_in_one_point_of_the_map_and_is_grey() -> None:
    run, clips = jw.open_run("shapes-collapse"), jw.open_clips("shapes")
    start, end = run.load(0), run.load(-1)
    before, after = (jw.run_maps(jepa, clips, start, limit=48, shown=3) for jepa in (start, end))
    assert np.abs(after.points).max() < 0.1 * np.abs(before.points).max()
    assert after.spectrum[0] < 0.1 * before.spectrum[0]
    assert np.abs(after.target.astype(float) - 128).mean() < 0.5 * np.abs(before.target.astype(float) - 128).mean()
    assert before.fit == pytest.approx(1)
    assert before.shuffled < 0.5
    assert before.asked.any()
    assert not (before.asked & before.context).any()
    assert before.label_names


@pytest.mark.slow
def test_health_of_the_same_weights_is_read_from_the_store_wherever_the_file_lies(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("JEPA_WORKBENCH_STORE", str(tmp_path / "store"))
    for name in ("params-ijepa.yaml", "jepa-step0.pth.tar"):
        shutil.copy(RUN.folder / name, tmp_path / name)
    clips, settings = jw.open_clips("shapes"), {"views": 2, "predicted": 8, "limit": 16, "halves": 2}
    first = jw.run_health(jw.load(RUN.folder / "jepa-step0.pth.tar"), clips, **settings)
    (stored,) = (tmp_path / "store" / "answers").iterdir()
    before = stored.stat().st_mtime_ns
    again = jw.run_health(jw.load(tmp_path / "jepa-step0.pth.tar"), clips, **settings)
    assert again.headline == first.headline
    assert stored.stat().st_mtime_ns == before
    jw.run_health(jw.load(tmp_path / "jepa-step0.pth.tar"), clips, **{**settings, "seed": 1})
    assert len([*(tmp_path / "store" / "answers").iterdir()]) == 2


def test_other_weights_and_another_preparation_are_other_content() -> None:
    one, other = toy.build(seed=1), toy.build(seed=2)
    assert keeping.weights_of(one) == keeping.weights_of(toy.build(seed=1))
    assert len({keeping.weights_of(one), keeping.weights_of(other)}) == 2


def test_two_checkpoints_are_compared_layer_by_layer_and_the_same_are_said_to_be(tmp_path: Path) -> None:
    rng = torch.Generator().manual_seed(0)
    tensors = {f"encoder.module.blocks.{k}.w": torch.randn(64, 8, generator=rng) for k in range(2)}
    other = {**tensors, "encoder.module.blocks.1.w": tensors["encoder.module.blocks.1.w"] * 1.5}
    for name, content in (("a", tensors), ("b", other), ("c", {"x": torch.ones(2)}), ("d", {**other, "encoder.more": torch.ones(3)})):
        torch.save(content, tmp_path / f"{name}.pt")
    paths = {name: tmp_path / f"{name}.pt" for name in "abcd"}
    found = jw.compare_checkpoints(paths["a"], paths["b"])
    assert [(layer.part, layer.layer, layer.equal) for layer in found.layers] == [("encoder", "blocks.0", True), ("encoder", "blocks.1", False)]
    assert found.layers[1].relative == pytest.approx(0.5)
    assert found.layers[0].shuffled == pytest.approx(2**0.5, abs=0.05), "another order of the same numbers is far away"
    assert not found.same
    assert jw.compare_checkpoints(paths["a"], paths["a"]).same
    assert jw.compare_checkpoints(paths["b"], paths["d"]).only_second == ("encoder.more",)
    with pytest.raises(Incomparable, match="in common"):
        jw.compare_checkpoints(paths["a"], paths["c"])


@pytest.mark.parametrize(
    ("name", "part"),
    [
        ("encoder.module.backbone.blocks.3.attn.qkv.weight", ("encoder", "blocks.3")),
        ("predictor.predictor_blocks.0.mlp.fc1.bias", ("predictor", "predictor_blocks.0")),
        ("target_encoder.module.norm.weight", ("target_encoder", "norm")),
        ("weight", ("", "weight")),
    ],
)
def test_a_tensor_belongs_to_a_layer_of_a_part(name: str, part: tuple[str, str]) -> None:
    assert difference.layer_of(name) == part


@pytest.mark.slow
def test_checkpoints_of_other_sizes_are_not_aligned() -> None:
    clips = jw.open_clips("shapes")
    with pytest.raises(Incomparable, match="features"):
        jw.run_maps(jw.open_run("shapes-run").load(0), clips, jw.load("shapes"), limit=8, shown=1)
