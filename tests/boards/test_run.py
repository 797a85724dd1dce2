"""The Run board without a browser: a sentence of evidence first, what was measured stays, what is not ready says so, and odd runs are told of in words."""

from __future__ import annotations

import contextlib
import io
import json
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from tests.boards.late import Late
from tests.straight import Straight
from workbench import samples
from workbench.boards.every import sections
from workbench.boards.run import RunBoard, curves, evidence, measured
from workbench.boards.run.maps import Pictures, Trail
from workbench.boards.workspace import Workspace, exported
from workbench.core import codec
from workbench.core.errors import WorkbenchError
from workbench.core.questions.dimension import Estimate
from workbench.core.questions.health import MEASURES, HealthResult, Reading
from workbench.core.questions.runs import RunMaps
from workbench.core.results import Provenance
from workbench.jobs import now

COLLAPSE = samples.find_run("shapes-collapse")


class Looked:
    """A Run board that somebody looks at, with what it told."""

    def __init__(self, jobs: Straight | None = None) -> None:
        self.told = list[WorkbenchError]()
        self.space = Workspace(jobs or Straight(), deliver=now, notify=self.told.append)
        self.board = RunBoard(self.space)
        self.board.wake()

    @property
    def sentence(self) -> str:
        return self.board.headline.sentence

    def choose(self, **values: Any) -> None:
        self.board.controls.values = {**self.board.controls.values, **values}


@pytest.fixture(scope="module")
def collapsed() -> Iterator[Looked]:
    """The shipped run that collapses, measured: one a file, for it is only looked at."""
    looked = Looked()
    looked.board.run.open("shapes-collapse")
    yield looked
    looked.space.close()


@pytest.fixture
def looked() -> Looked:
    return Looked()


def test_a_shipped_run_brings_its_clips_also_when_it_is_opened_by_its_folder(looked: Looked) -> None:
    looked.board.run.open(str(COLLAPSE.folder))
    assert looked.space.clips is not None
    assert (looked.board.run.name, looked.board.run.labels) == ("shapes-collapse", COLLAPSE.labels)
    assert looked.told == []


def written(folder: Path, rows: list[dict[str, Any]]) -> Path:
    folder.mkdir(exist_ok=True)
    (folder / "metrics.jsonl").write_text("".join(json.dumps(row) + "\n" for row in rows))
    return folder


def test_the_board_is_in_the_menu_under_train() -> None:
    assert sections()["TRAIN"] == (RunBoard,)


def test_nothing_is_open_at_first_and_the_board_says_what_to_do(looked: Looked) -> None:
    assert looked.sentence.startswith("No training run is open: choose a shipped one")
    assert looked.board.chart.message == looked.sentence


@pytest.mark.slow
def test_a_collapsed_run_is_told_by_its_numbers_beside_their_baselines(collapsed: Looked) -> None:
    board = collapsed.board
    assert collapsed.told == []
    assert board.chart.ready == ["ready"] * 5
    assert board.chart.cursor == 4
    assert collapsed.sentence.startswith("Step 250 of 250: predictions worse than the position mean (error ")
    for words in ("centred cosine 0.0", "RankMe 1.", "untrained", "% of that of the untrained model"):
        assert words in collapsed.sentence
    assert "near its least of the run" in board.headline.detail
    assert board.headline.tone == "warn"
    assert "Measured 5 of 5 checkpoints over 200 clips" in board.headline.detail
    titles = [panel["title"] for panel in board.chart.panels]
    assert titles == [
        "loss and its terms",
        "RankMe",
        "Feature standard deviation",
        "Cosine of predictions, centred",
        "MSE over the mean baseline",
        "Linear probe",
    ]
    names = {(c["panel"], c["name"]) for c in board.chart.curves}
    assert {(1, "model"), (1, "mean removed"), (1, "untrained"), (1, "during training"), (3, "other context"), (5, "shuffled labels")} <= names


@pytest.mark.slow
def test_each_stage_of_opening_and_measuring_is_said_as_what_it_is(collapsed: Looked) -> None:
    jobs = Late()
    looked = Looked(jobs)
    jobs.holding = True
    looked.board.run.open("shapes-collapse")
    seen = list[tuple[str, str, str, tuple[str, ...]]]()
    while jobs.held:
        name = jobs.step()
        seen.append((name, looked.sentence, looked.board.headline.detail, tuple(looked.board.chart.ready)))
    after = {name: (sentence, detail, ready) for name, sentence, detail, ready in seen}
    assert after["run_log"][0] == "Step 250 of 250: a checkpoint is being opened as the model …"
    assert after["describe_model"][0] == "Step 250 of 250: the clips are being opened …"
    assert next(sentence for name, sentence, *_ in seen if name == "look_at") == "Step 250 of 250: being measured …"
    _, detail, ready = after["run_health"]
    assert "Measured 5 of 5 checkpoints over 200 clips; still computing: maps of" in detail
    assert "ready" not in ready[:1]
    assert any("; still computing: measures of 4, maps of 5." in detail for _, _, detail, _ in seen)
    assert {"measured", "mapping", "computing", "waiting"} <= {state for *_, ready in seen for state in ready}
    _, detail, ready = after["run_maps"]
    assert "Measured 5 of 5 checkpoints over 200 clips. " in detail
    assert set(ready) == {"ready"}


@pytest.mark.slow
def test_the_line_moves_over_what_is_measured_without_asking_again(collapsed: Looked, monkeypatch: pytest.MonkeyPatch) -> None:
    board = collapsed.board
    asked = list[object]()
    monkeypatch.setattr(collapsed.space.jobs, "_start", asked.append)
    seen = set[tuple[str, bytes, bytes]]()
    for k in range(5):
        board.chart.cursor = k
        assert collapsed.sentence.startswith(f"Step {board.run.checkpoints[k].step} of 250")
        seen.add((collapsed.sentence, board.map.view.points, board.pictures_now.targets.pictures))
    assert len(seen) == 5
    assert asked == []
    camera = board.map.view.camera
    assert "all within 24 pixels" in board.map.view.title
    assert not board.map.view.place_labels, "names would cover the one point"
    board.chart.cursor = 0
    assert board.map.view.place_labels
    assert board.map.view.camera == camera, "the scale of the map never changes"


@pytest.mark.slow
def test_where_the_line_rests_all_boards_look_at_that_checkpoint(collapsed: Looked) -> None:
    board = collapsed.board
    board.chart.cursor = 1
    board.chart.rested = [1, board.chart.rested[1] + 1]
    model = collapsed.space.session.state.model
    assert model is not None
    assert model.path == board.run.checkpoints[1].path
    assert collapsed.space.session.state.clip is not None
    assert board.run.step == 1


@pytest.mark.slow
def test_selected_clips_draw_trails_through_all_checkpoints(collapsed: Looked) -> None:
    view = collapsed.board.map.view
    view.select([3, 7])
    assert view.path_lengths == [6, 6]
    first = np.frombuffer(view.paths, "<u4")[:6]
    points = view.coordinates()
    maps = [collapsed.board._maps(k) for k in range(5)]
    np.testing.assert_allclose(points[first[:-1]], [m.points[3] for m in maps if m is not None])
    assert first[-1] == 3
    view.select([])
    assert view.path_lengths == []


@pytest.mark.slow
def test_one_press_sets_two_checkpoints_side_by_side_and_says_whether_they_are_the_same(collapsed: Looked) -> None:
    board = collapsed.board
    board.chart.cursor = 0
    board._press("hold")
    assert (board.held, board.below.shown, board.chart.other) == (0, 1, 0)
    assert board.compared.answer is not None
    assert board.compared.answer.same
    board.chart.cursor = 4
    assert not board.compared.answer.same
    assert board.pictures_held.targets.pictures != board.pictures_now.targets.pictures
    assert "by layer" in str(board.difference.figure.layout.title.text)
    board._press("hold")
    assert (board.held, board.below.shown) == (-1, 0)


@pytest.mark.slow
def test_the_lines_of_python_give_the_number_and_the_export_holds_the_run(collapsed: Looked) -> None:
    board = collapsed.board
    board.chart.cursor = 4
    said = io.StringIO()
    with contextlib.redirect_stdout(said):
        exec(board.headline.code, {})
    assert said.getvalue().strip() == board.headline.code.rpartition("# ")[2]
    kept = codec.loads(exported(collapsed.space, board.results())[1])
    assert kept["run"].name == "shapes-collapse"
    assert isinstance(kept["health_4"], HealthResult)
    assert isinstance(kept["maps_0"], RunMaps)


@pytest.mark.slow
def test_which_checkpoint_is_answered_by_agreement_and_never_by_a_rank(collapsed: Looked) -> None:
    collapsed.choose(below="evidence")
    figure: Any = collapsed.board.evidence.figure
    assert "ranks no checkpoint" in figure.layout.title.text or "than chance" in figure.layout.title.text
    assert collapsed.board.below.shown == 2
    collapsed.choose(below="")


def test_a_run_that_is_being_opened_is_not_said_to_be_missing(tmp_path: Path) -> None:
    jobs = Late()
    looked = Looked(jobs)
    jobs.holding = True
    looked.board.run.open(str(written(tmp_path / "run", [{"step": 0, "loss": 1.0}])))
    assert (looked.sentence, looked.board.chart.message) == ("Opening the run …", "Opening the run …")
    jobs.release()
    assert looked.sentence.startswith("run: 1 columns of 1 logged steps")
    begins = Looked()
    begins.board.run.offered = (str(tmp_path / "run"),)
    begins.board.wake()
    begins.board.opened()
    assert begins.sentence == "Opening the run …"


def test_a_folder_that_is_empty_says_so_and_grows(looked: Looked, tmp_path: Path) -> None:
    looked.board.run.open(str(tmp_path))
    assert "neither checkpoints nor logs" in looked.board.headline.detail
    assert looked.board.chart.live
    written(tmp_path, [{"step": k, "loss": 1 / (k + 1)} for k in range(5)])
    looked.board.chart.beat = 1
    assert looked.sentence == f"{tmp_path.name}: 1 columns of 5 logged steps, no complete checkpoint yet."
    shutil.copy(COLLAPSE.folder / "params-ijepa.yaml", tmp_path)
    shutil.copy(COLLAPSE.folder / "jepa-step0.pth.tar", tmp_path)
    before = looked.board.chart.version
    looked.board.chart.beat = 2
    assert looked.board.chart.version > before
    assert (looked.board.chart.steps, looked.board.chart.cursor) == ([0.0], 0)
    assert "no clips to measure with" in looked.sentence
    version = looked.board.chart.version
    looked.board.chart.beat = 3
    assert looked.board.chart.version == version, "nothing is new, nothing is sent"
    shutil.rmtree(tmp_path)
    looked.board.chart.beat = 4
    assert "cannot be listed any more; what was read stays" in looked.board.headline.detail
    assert looked.board.chart.curves
    assert not looked.board.chart.live
    assert looked.told == []


def test_odd_logs_are_told_of_in_words(looked: Looked, tmp_path: Path) -> None:
    rows = [{"step": k, "loss": 1 / (k + 1)} for k in range(6)] + [{"step": k, "loss": float("nan") if k > 4 else 0.5} for k in range(3, 8)]
    looked.board.run.open(str(written(tmp_path / "odd", rows)))
    board = looked.board
    assert board.chart.resumed == [3.0]
    assert "Resumed at step 3." in board.headline.detail
    assert board.chart.panels[0]["note"] == "loss is not finite from step 5"
    assert board.chart.curves[0]["lowest"] == [2.0, pytest.approx(1 / 3)]


@pytest.mark.slow
def test_a_checkpoint_that_cannot_be_read_or_is_of_another_shape_stops_no_other(tmp_path: Path) -> None:
    for k in (0, 10):
        shutil.copy(COLLAPSE.folder / f"jepa-step{k}.pth.tar", tmp_path)
    shutil.copy(COLLAPSE.folder / "params-ijepa.yaml", tmp_path)
    shutil.copy(samples.find("shapes").checkpoint, tmp_path / "jepa-step5.pth.tar")
    (tmp_path / "jepa-step20.pth.tar").write_text("half a file")
    jobs = Late()
    looked = Looked(jobs)
    jobs.holding = True
    looked.board.run.open(str(tmp_path), str(samples.find("shapes").bank))
    while not looked.told:
        jobs.step()
    board = looked.board
    assert board.pictures_now.images.message == "a checkpoint is being opened as the model …", "the one before that which was refused"
    jobs.release()
    ready = dict(zip([step.step for step in board.run.checkpoints], board.chart.ready, strict=True))
    assert (ready[0], ready[10]) == ("ready", "ready")
    assert (ready[5], ready[20]) == ("failed", "failed")
    board.chart.cursor = [step.step for step in board.run.checkpoints].index(5)
    assert "could not be measured" in board.pictures_now.images.message
    assert "96 features" in board.pictures_now.images.message
    for words in ("of 4 checkpoints over 200 clips", "could not be measured", "4 checkpoints give no trend: compare with untrained."):
        assert words in board.headline.detail


def test_clips_or_checkpoints_that_cannot_be_opened_are_said_to_be(looked: Looked, tmp_path: Path) -> None:
    for name in ("params-ijepa.yaml", "jepa-step0.pth.tar"):
        shutil.copy(COLLAPSE.folder / name, tmp_path)
    looked.board.run.open(str(tmp_path), str(tmp_path / "gone"))
    shown = looked.board.pictures_now.images
    assert shown.message.startswith("not measured: there is no such file or folder")
    (tmp_path / "broken").mkdir()
    (tmp_path / "broken" / "jepa-step0.pth.tar").write_text("half a file")
    looked.board.run.open(str(tmp_path / "broken"), str(samples.find("shapes").bank))
    assert shown.message.startswith("not measured: jepa-step0.pth.tar is not a checkpoint but text")


@pytest.mark.slow
def test_every_measure_of_a_checkpoint_stands_in_a_table_with_what_it_needs_and_cannot_tell(collapsed: Looked) -> None:
    board = collapsed.board
    board.chart.cursor = 4
    collapsed.choose(below="measures")
    assert board.below.items[board.below.shown] is board.readings
    rows = {row["title"]: row for row in board.readings.rows}
    assert list(rows) == [meaning.title for meaning in MEASURES.values()]
    assert all(row["needs"] and row["cannot"] and row["formula"] for row in rows.values())
    value, centred, untrained, _, count = rows["RankMe"]["cells"]
    assert 1 <= float(value.split()[0]) < 1.5
    assert centred
    assert ", mean removed " in untrained
    assert count == "200 × 32"
    assert rows["LiDAR"]["cells"][4] == "800 × 32"
    assert rows["Linear probe"]["cells"][3].endswith(" shuffled labels")
    assert rows["Linear probe"]["cells"][4].endswith(", n-limited")
    assert "drawn without replacement" in board.readings.caption
    before = board.readings.rows
    board.chart.cursor = 0
    assert board.readings.rows != before
    collapsed.choose(below="")


def test_a_measure_that_could_not_be_computed_keeps_its_row_and_says_why() -> None:
    found = HealthResult((), (("knn", "the clips have no labels"),), "clip", 9, (), 2, "", Provenance("health", "m", {}, ""))
    (row,) = measured.rows_of(found)
    assert row["missing"] == "not computed: the clips have no labels"
    assert row["needs"] == "clips with labels"


def test_a_path_that_is_no_run_is_refused_in_words(looked: Looked, tmp_path: Path) -> None:
    looked.choose(path=str(tmp_path / "nowhere"))
    assert "there is no such folder" in looked.sentence
    assert looked.board.headline.tone == "error"


def test_bands_are_the_spread_of_halves_moved_to_the_value() -> None:
    reading = Reading("rankme", Estimate(20.0, 14.0, 16.0, 15.0), 200, 32)
    assert curves.interval(reading) == (20.0, 19.0, 21.0)


def test_agreement_is_held_against_random_orders() -> None:
    origin = Provenance("health", "m", {}, "")

    def found(k: int, probe: float) -> HealthResult:
        flat = Estimate(float(k), 0.0, 0.0, 0.0)
        readings = (Reading("rankme", flat, 9, 2), Reading("linear_probe", Estimate(probe, 0, 0, 0), 9, 2))
        return HealthResult(readings, (), "clip", 9, (), 2, "hue", origin)

    health = {k: found(k, k**2) for k in range(8)}
    probe, (agreement,) = evidence.agreements(health)
    assert (probe, agreement.rho) == ("linear_probe", pytest.approx(1))
    assert 0.5 < agreement.chance < 0.8
    assert evidence.agreements({k: health[k] for k in range(4)}) == ("", ())
    assert evidence.spearman(np.array([1.0, 2, 2, 3]), np.array([3.0, 1, 2, 0])) == pytest.approx(-0.9486833)


def test_pictures_without_a_prediction_say_why() -> None:
    maps = RunMaps(
        np.array(["a"]), np.zeros(1, np.int64), np.zeros(1, np.int64), ("x",), np.zeros((1, 2), np.float32), 1.0, 1.0, 0.0, np.ones(3, np.float32),
        np.zeros(1, np.int64), *(np.zeros((1, 2, 2, 3), np.uint8) for _ in range(3)), np.zeros((1, 2, 2), bool), np.zeros((1, 2, 2), bool), 0.5,
        "tokens of the encoder", "the file holds no predictor", Provenance("run_maps", "m", {}, ""),
    )  # fmt: skip
    pictures, trail = Pictures(), Trail(100)
    pictures.show(maps)
    trail.show(maps, [maps], "clips")
    assert pictures.predicted.message == "No prediction: the file holds no predictor"
    assert trail.view.coordinates()[:1].tolist() == [[0.0, 0.0]]
