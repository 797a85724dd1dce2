"""A view of every board is shown again as it was, and one that cannot be shown changes nothing."""

from __future__ import annotations

import os
import shutil
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from tests.straight import Straight
from widgets import Toolbar
from widgets.controls import Int, Option, Select
from workbench import samples
from workbench.boards.base import Board
from workbench.boards.every import kinds
from workbench.boards.naming import Names
from workbench.boards.restoring import Described, Restoring, describe
from workbench.boards.run.opened import OpenRun
from workbench.boards.second import Second
from workbench.boards.settings import of_controls
from workbench.boards.workspace import Workspace
from workbench.core.errors import BadInput, WorkbenchError
from workbench.core.mask import Mask
from workbench.core.selection import Selection
from workbench.core.view import SavedView, fragment_of, read_fragment
from workbench.data import save_png

pytestmark = pytest.mark.slow


class Page:
    """A workspace with every board, of which one is looked at."""

    def __init__(self, *roots: Path) -> None:
        self.told: list[WorkbenchError] = []
        self.space = Workspace(Straight(), notify=self.told.append)
        self.boards: dict[str, Board] = {kind.title: kind(self.space) for kind in kinds()}
        self.names = Names([*roots, samples.root()])
        self.seen = "Masks"
        self.restoring = Restoring(self.space, self.boards, self.names, self.choose)

    def choose(self, title: str) -> None:
        self.seen = title
        self.boards[title].wake()

    def open(self, title: str, *where: Any) -> Any:
        self.choose(title)
        self.space.open(*where)
        assert not self.told
        return self.boards[title]

    def described(self, **limits: int) -> Described:
        return describe(self.space, self.boards[self.seen], self.names, **limits)

    @property
    def link(self) -> str:
        return fragment_of(self.described().view)


def again(page: Page, *roots: Path) -> Page:
    """Another page that was opened by the link of this one."""
    assert not page.told
    found = Page(*roots)
    found.restoring.show(read_fragment(page.link))
    assert not found.told
    assert not found.restoring.busy
    assert found.link == page.link
    return found


def test_masks_come_back_with_their_sampler_its_parameters_the_painted_mask_and_what_the_pictures_show() -> None:
    page = Page()
    board = page.open("Masks", "shapes", None, 5)
    values = board.toolbar.values
    other = next(c for c in board._offered() if c.name != board.choice.name)
    board.toolbar.values = {**values, "sampler": other.value}
    board.toolbar.values = {**board.toolbar.values, "seed": 7, "distance": "l1"}
    context = np.ones((1, 8, 8), bool)
    context[0, 2:5, 2:5] = False
    page.space.session.set(mask=Mask(context, ~context[None]), selection=Selection.tokens(5, [3, 9]), predictor="twin")
    board.pane.mode, board.canvas.overlay_on = "error", True
    found: Any = again(page).boards["Masks"]
    state = found.session.state
    assert found.toolbar.values["seed"] == 7
    assert found.choice.name == other.name
    assert (state.clip.index, state.selection.of(5), state.predictor) == (5, [3, 9], "twin")
    assert np.array_equal(state.mask.context, context)
    assert found.work.maps.answer.error.mean == board.work.maps.answer.error.mean


def test_rollouts_come_back_with_their_context_the_changed_actions_and_the_time_cursor() -> None:
    page = Page()
    board = page.open("Rollout", "two-rooms", None, 3)
    board.toolbar.values = {**board.toolbar.values, "known": 2}
    rows = board.pad.table().copy()
    rows[5] = -rows[5]
    board.pad.set_actions(rows, np.asarray(board.pad.original, np.float32))
    board.actions._dragged()
    page.space.session.set(tick=4)
    found: Any = again(page).boards["Rollout"]
    assert found.session.state.tick == 4
    assert np.allclose(found.actions.changed, rows)
    assert np.array_equal(found.videos.answer.reels[-1].pixels, board.videos.answer.reels[-1].pixels)


def test_plans_come_back_with_their_search_and_both_ends() -> None:
    page = Page()
    board = page.open("Plan", "two-rooms", None, 8)
    board.toolbar.values = {**board.toolbar.values, "samples": 64, "seed": 3}
    board.stage.moved = ["goal", 0.3, 0.7, 1]
    start, goal = board.route.value.start.place, board.route.value.goal.place
    found: Any = again(page).boards["Plan"]
    assert found.route.value.start.place == pytest.approx(start)
    assert found.route.value.goal.place == pytest.approx(goal, abs=1e-4)
    assert found.toolbar.values["samples"] == 64
    assert found.sheet.plan.question.samples == 64


def test_surprise_comes_back_with_its_videos_and_what_was_broken_by_hand() -> None:
    page = Page()
    board = page.open("Surprise", "balls")
    board.toolbar.values = {**board.toolbar.values, "films": "teleport", "distance": "l1"}
    board.toolbar.values = {**board.toolbar.values, "pair": 3}
    board.stage.moved = ["ball", 0.25, 0.75, 1]
    assert board.edits.value is not None
    found: Any = again(page).boards["Surprise"]
    assert found.choice == board.choice
    assert found.edits.value == board.edits.value
    assert found.films.question.digest == board.films.question.digest


def test_maps_come_back_with_their_colour_the_points_of_their_own_and_the_ends_of_the_axis() -> None:
    page = Page()
    board = page.open("Embedding", "shapes")
    board.toolbar.values = {**board.toolbar.values, "k": 20, "colour": "shape"}
    board.map.select(range(40))
    board._pressed("end_a")
    board.map.select(range(100, 140))
    board._pressed("end_b")
    assert board.values["colour"] == "axis A to B"
    found: Any = again(page).boards["Embedding"]
    assert found.headline.sentence == board.headline.sentence
    board._pressed("no_axis")
    board.map.select(range(0, 200, 2))
    board._pressed("alone")
    found = again(page).boards["Embedding"]
    assert np.array_equal(found.alone, np.arange(0, 200, 2))
    assert np.array_equal(found.map.coordinates(), board.map.coordinates(), equal_nan=True)
    assert np.array_equal(found.selection, board.selection)


def test_vectors_of_a_file_come_back_with_their_labels_and_without_a_model(tmp_path: Path) -> None:
    rng = np.random.default_rng(0)
    np.save(tmp_path / "vectors.npy", rng.normal(size=(60, 5)).astype(np.float32))
    (tmp_path / "labels.csv").write_text("kind\n" + "\n".join(rng.choice(["a", "b"], 60)))
    page = Page(tmp_path)
    page.choose("Embedding")
    page.space.vectors.open(str(tmp_path / "vectors.npy"), str(tmp_path / "labels.csv"))
    board: Any = page.boards["Embedding"]
    board.toolbar.values = {**board.toolbar.values, "k": 9}
    view = page.described().view
    assert (view.model, view.data, view.labels) == ("", "file:vectors.npy", "file:labels.csv")
    found: Any = again(page, tmp_path).boards["Embedding"]
    assert found.values["k"] == 9
    assert found.map.count == 60


def test_a_control_that_comes_later_is_set_when_it_is_there() -> None:
    calls = list[Callable[[], None]]()
    toolbar = Toolbar()
    settings = of_controls(toolbar, calls.append)
    toolbar.show([Int("k", min=0, max=9)])
    assert settings.write({"k": 3, "colour": "red", "seed": 4}) == []
    assert dict(settings.read()) == {"k": 3, "colour": "red", "seed": 4}
    toolbar.show([Int("k", min=0, max=9), Select("colour", options=(Option("blue"), Option("red")))])
    for call in calls:
        call()
    assert toolbar.values == {"k": 3, "colour": "red"}
    toolbar.values = {"k": 3, "colour": "blue"}
    assert settings.read()["colour"] == "blue"


def test_a_clip_that_is_opened_with_more_than_one_frame_of_context_has_its_actions() -> None:
    page = Page()
    board = page.open("Rollout", "two-rooms")
    board.toolbar.values = {**board.toolbar.values, "known": 3}
    page.space.choice.show(4)
    assert len(board.pad.actions) > 3
    assert board.actions.changed is None


def test_sensitivity_decode_and_checkpoint_come_back_with_their_controls() -> None:
    page = Page()
    board = page.open("Sensitivity", "shapes")
    board.toolbar.values = {**board.toolbar.values, "nuisance_amount": 0.9, "structure_amount": 0.2}
    found: Any = again(page).boards["Sensitivity"]
    assert found.edits.value["nuisance_amount"] == 0.9
    assert found.moves.question.digest == board.moves.question.digest
    page.choose("Decode")
    decode: Any = page.boards["Decode"]
    decode.toolbar.values = {**decode.toolbar.values, "steps": 120}
    assert again(page).boards["Decode"].toolbar.values["steps"] == 120  # type: ignore[attr-defined]
    page.choose("Checkpoint")
    checkpoint: Any = page.boards["Checkpoint"]
    checkpoint.model.search = "norm"
    assert again(page).boards["Checkpoint"].model.search == "norm"  # type: ignore[attr-defined]


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A checkpoint and pictures in an allowed folder, and a secret beside it."""
    root = tmp_path / "allowed"
    (root / "pictures").mkdir(parents=True)
    rng = np.random.default_rng(0)
    for i in range(4):
        save_png(root / "pictures" / f"{i}.png", rng.integers(0, 256, (64, 64, 3), dtype=np.uint8))
    shutil.copytree(samples.find("shapes").folder, root / "mine")
    save_png(tmp_path / "secret.png", rng.integers(0, 256, (64, 64, 3), dtype=np.uint8))
    return root


def test_names_in_a_view_are_relative_to_the_allowed_folder_and_a_file_is_found_by_its_name(folder: Path) -> None:
    page = Page(folder)
    page.open("Masks", str(folder / "mine"), str(folder / "pictures"), 2)
    view = page.described().view
    assert (view.model, view.data, view.file) == ("file:mine", "file:pictures", "2.png")
    assert str(folder) not in page.link
    save_png(folder / "pictures" / "00.png", np.zeros((64, 64, 3), np.uint8))  # the clips after it shift
    found = Page(folder)
    found.restoring.show(view)
    assert found.space.choice.look is not None
    assert found.space.choice.look.key.name == "2.png"
    assert found.space.choice.look.index == 3


def test_a_view_that_is_open_already_opens_nothing_anew(folder: Path) -> None:
    page = Page(folder)
    page.open("Masks", "shapes", str(folder / "pictures"), 2)
    view, facts = page.described().view, page.space.facts
    page.space.choice.show(1)
    page.restoring.show(view)
    assert page.space.facts is facts
    assert page.space.session.state.clip is not None
    assert page.space.session.state.clip.name == "2.png"


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"model": "", "data": ""}, "neither a model nor vectors"),
        ({"board": "Oracle"}, "there is no board 'Oracle'"),
        ({"model": "file:gone.pt"}, "there is no 'gone.pt' any more"),
        ({"model": "sample:gone"}, "there is no sample"),
        ({"model": "published:gone"}, "is not on this machine"),
        ({"model": "/etc/passwd"}, "does not name a model"),
        ({"model": "file:/etc/passwd"}, "does not name a model"),
        ({"model": "file:../secret.png"}, "outside the folders"),
        ({"model": "file:mine/../../secret.png"}, "outside the folders"),
        ({"model": "file:~/x"}, "does not name a model"),
        ({"model": "file:a\0b"}, "not a path"),
        ({"data": "file:../secret.png"}, "outside the folders"),
        ({"data": "file:link.png"}, "outside the folders"),
        ({"bank": "file:../.."}, "outside the folders"),
        ({"file": "gone.png"}, "any more in the folder pictures"),
        ({"file": "../../secret.png"}, "any more in the folder pictures"),
        ({"options": (("device", "cuda"),)}, "is not a setting of a model"),
        ({"options": (("path", "/etc/passwd"),)}, "is not a setting of a model"),
        ({"predictor": "oracle"}, "there is no predictor"),
        ({"clip": -1}, "below 0"),
        ({"mask": "9999,9999,9999:9:AAAA:x"}, "the mask of this view"),
        ({"selection": "tokens/x"}, "the selection of this view"),
    ],
)
def test_a_view_that_cannot_be_shown_is_refused_and_what_is_on_screen_stays(folder: Path, changes: dict[str, Any], words: str) -> None:
    os.symlink(folder.parent / "secret.png", folder / "link.png")
    page = Page(folder)
    page.open("Masks", "shapes", str(folder / "pictures"), 2)
    before, view = page.link, page.described().view
    with pytest.raises(WorkbenchError) as caught:
        page.restoring.show(replace(view, **changes))
    assert words in caught.value.what
    assert not page.restoring.busy
    assert page.link == before


def test_settings_that_are_gone_or_take_no_such_value_are_told_and_the_rest_is_as_in_the_view() -> None:
    page = Page()
    page.open("Masks", "shapes")
    view = page.described().view
    settings = dict(view.settings) | {"sampler": ("gone",), "seed": 9, "ratio": 3, "distance": 5, "mode": "x-ray", "overlay_on": 7}
    found = Page()
    found.restoring.show(replace(view, settings=tuple(settings.items()), mask="2,2,2:1:8A8:painted"))
    told = " ".join(e.what for e in found.told)
    assert all(name in told for name in ("sampler", "ratio", "distance", "mode", "overlay_on", "(2, 2, 2) tokens"))
    assert found.boards["Masks"].toolbar.values["seed"] == 9  # type: ignore[attr-defined]


@pytest.mark.parametrize(
    ("title", "sample", "settings"),
    [
        ("Rollout", "two-rooms", {"known": 10**30, "how": "fitted", "actions": "<f4:2,2:AAAAAAAAAAAAAAAAAAAAAA"}),
        ("Plan", "two-rooms", {"start": [5, 5], "goal": "there", "samples": -1, "axes": "1,2"}),
        ("Surprise", "balls", {"films": "gone", "moved": [-1, "x", None], "pair": 10**9}),
        ("Sensitivity", "shapes", {"nuisance": 3, "structure_amount": 9, "other": 1}),
        ("Decode", "shapes", {"file": "/etc/passwd", "how": "fitted", "steps": 10**9}),
        ("Checkpoint", "shapes", {"chosen": 5, "search": []}),
    ],
)
def test_hostile_settings_of_a_board_are_told_and_change_nothing_of_it(title: str, sample: str, settings: dict[str, Any]) -> None:
    page = Page()
    page.open(title, sample)
    before, view = page.link, page.described().view
    page.restoring.show(replace(view, settings=tuple((k, tuple(v) if isinstance(v, list) else v) for k, v in settings.items())))
    assert page.told
    assert page.link == before


def test_numbers_beyond_what_is_on_screen_are_brought_within_it() -> None:
    page = Page()
    page.open("Masks", "shapes")
    view = replace(page.described().view, tick=10**9, selection="tokens/16,63/16,64/9999,0")
    page.restoring.show(view)
    state = page.space.session.state
    assert state.tick == 0
    assert state.selection.items == {(16, 63)}


def test_a_clip_that_is_not_in_its_data_any_more_is_told_and_the_first_one_is_shown() -> None:
    view = replace(SavedView("Masks", "sample:shapes", "sample:shapes"), clip=99_999)
    page = Page()
    page.restoring.show(view)
    assert "there is no clip 100000" in page.told[0].what
    assert page.space.choice.look is not None
    assert page.space.choice.look.index == 0
    assert not page.restoring.busy


def test_what_a_link_leaves_out_is_said() -> None:
    page = Page()
    board = page.open("Rollout", "two-rooms")
    board.actions.back("undo")
    rows = board.pad.table() * 0.5
    board.pad.set_actions(rows, np.asarray(board.pad.original, np.float32))
    board.actions._dragged()
    found = page.described(largest=16)
    assert "actions, an array of" in found.without[0]
    assert "actions" not in dict(found.view.settings)


def test_a_module_in_memory_and_files_outside_the_folders_are_refused_in_a_sentence(tmp_path: Path) -> None:
    names = Names([tmp_path])
    with pytest.raises(BadInput, match="a module in memory"):
        names.of("wrapped:mine@123")
    with pytest.raises(BadInput, match=r"passwd lies in none of the folders"):
        names.of("/etc/passwd")


def test_a_file_of_which_another_folder_holds_a_namesake_is_not_confused_with_it(tmp_path: Path) -> None:
    for name in ("one", "two"):
        (tmp_path / name).mkdir()
        (tmp_path / name / "a.pt").write_text(name)
    names = Names([tmp_path / "one", tmp_path / "two"])
    assert names.model(names.of(str(tmp_path / "one" / "a.pt"))) == str(tmp_path / "one" / "a.pt")
    assert names.of(str(tmp_path / "two" / "a.pt")) == "in:two/a.pt"
    assert names.model("in:two/a.pt") == str(tmp_path / "two" / "a.pt")
    assert (names.of(str(tmp_path / "two")), names.model("in:two")) == ("in:two", str(tmp_path / "two"))
    (tmp_path / "three" / "one").mkdir(parents=True)
    (tmp_path / "three" / "one" / "a.pt").write_text("three")
    alike = Names([tmp_path / "one", tmp_path / "three" / "one"])
    with pytest.raises(BadInput, match="cannot tell them apart"):
        alike.of(str(tmp_path / "three" / "one" / "a.pt"))


def test_only_a_link_that_takes_long_is_called_heavy(tmp_path: Path) -> None:
    large = tmp_path / "large.pt"
    with large.open("wb") as file:
        file.truncate(3_000_000_000)
    page = Page(tmp_path)
    assert page.restoring.heavy(SavedView("Masks", "sample:shapes")) == ""
    assert page.restoring.heavy(SavedView("Masks", "file:large.pt")) == "large.pt has 3.0 GB."
    assert "8 times as long" in page.restoring.heavy(SavedView("Plan", "sample:two-rooms", settings=(("samples", 2048),)))


def test_the_second_model_comes_back_with_what_was_said_of_it_and_is_closed_by_a_view_without_one(folder: Path) -> None:
    sample = samples.find("shapes").checkpoint
    shutil.copy(sample, folder / "other.pth.tar")  # without the settings beside it
    page = Page(folder)
    page.open("Masks", "shapes")
    alone, second = page.link, page.space.shared(Second)
    second.open(str(folder / "other.pth.tar"), heads=4)
    assert "second=file:other.pth.tar&second.heads=4" in page.link
    found = again(page, folder)
    assert found.space.shared(Second).subject.key.overrides == (("heads", 4),)
    assert found.space.session.state.predictor == "model"
    found.restoring.show(read_fragment(alone))
    assert found.space.shared(Second).subject is None
    assert found.link == alone


class Unseen(Page):
    """Whose boards nobody looks at, so that no checkpoint is measured."""

    def choose(self, title: str) -> None:
        self.seen = title


def test_a_run_comes_back_with_the_checkpoint_under_its_line_and_the_one_that_is_held() -> None:
    page, found = Unseen(), Unseen()
    page.choose("Run")
    run = page.space.shared(OpenRun)
    run.open("shapes-collapse", labels="shape")
    run.turn(1)
    run.stand("jepa-step10.pth.tar")
    board: Any = page.boards["Run"]
    board.controls.values = {**board.controls.values, "shown": "all"}
    board._press("hold")
    run.stand("jepa-step20.pth.tar")
    assert page.restoring.heavy(page.described().view)
    found.restoring.show(read_fragment(page.link))
    assert found.link == page.link
    other: Any = found.boards["Run"]
    assert (found.space.shared(OpenRun).step, other.held, other.run.labels) == (2, 1, "shape")
    assert found.space.session.state.model == page.space.session.state.model
    found.restoring.show(read_fragment(page.link.replace("jepa-step20", "jepa-step99", 1)))
    assert "jepa-step99" in found.told[-1].what


def test_a_run_of_logs_alone_comes_back_by_its_name_in_the_folder(tmp_path: Path) -> None:
    (tmp_path / "first").mkdir()
    (tmp_path / "first" / "metrics.jsonl").write_text('{"step": 1, "loss": 0.5}\\n{"step": 2, "loss": 0.4}\\n')
    for root, name in ((tmp_path, "file:first"), (tmp_path / "first", "in:first")):
        page, found = Page(root), Page(root)
        page.choose("Run")
        page.space.shared(OpenRun).open(str(tmp_path / "first"))
        assert page.link.endswith(f"&run={name}")
        found.restoring.show(read_fragment(page.link))
        assert found.link == page.link
        assert found.seen == "Run"


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"second": "file:../b.pt"}, "lies outside"),
        ({"second": "file:gone.pt"}, "there is no 'gone.pt' any more"),
        ({"second": "sample:shapes", "second_options": (("path", "/etc/passwd"),)}, "is not a setting of a model"),
        ({"run": "run:gone"}, "there is no training run"),
        ({"run": "file:/etc"}, "does not name a training run"),
        ({"run": "in:elsewhere/x"}, "does not name a training run"),
        ({"run": "in:allowed//etc"}, "does not name a training run"),
    ],
)
def test_a_second_model_and_a_run_that_may_not_be_opened_are_refused(folder: Path, changes: dict[str, Any], words: str) -> None:
    page = Page(folder)
    with pytest.raises(WorkbenchError) as caught:
        page.restoring.check(replace(SavedView("Masks", "sample:shapes"), **changes))
    assert words in caught.value.what
