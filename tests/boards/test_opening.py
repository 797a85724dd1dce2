"""The Open dialog without a browser: what it lists, what it knows of a path, which settings it offers, and what it says when something is refused."""

from __future__ import annotations

import shutil
from pathlib import Path
from typing import Any

import pytest
import torch

from tests.boards.asking import asked
from tests.own_clips import film, photos
from tests.straight import Straight
from widgets import OpenDialog
from workbench import samples
from workbench.app.server import allow_within, allowing
from workbench.boards.opening import Picker
from workbench.boards.opening.forms import BESIDE
from workbench.boards.second import Second
from workbench.boards.workspace import Workspace
from workbench.core.card import ClipKey
from workbench.core.errors import WorkbenchError
from workbench.store.places import VARIABLE

DIVISORS = ["", 1, 2, 3, 4, 6, 8, 12, 16, 24, 32, 48, 96]


@pytest.fixture(autouse=True)
def _store(tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(VARIABLE, str(tmp_path_factory.mktemp("store")))


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    root = tmp_path_factory.mktemp("user") / "mine"
    photos(root, 3)
    (root / "notes.txt").write_text("x")
    (root / "notes.pt").write_text("these are my notes")
    torch.save(torch.load(samples.find("shapes").checkpoint, weights_only=True), root / "headless.pth.tar")
    (root / "out").symlink_to(Path("/etc"))
    film(root / "walk.mp4", frames=40, fps=10)
    return root


@pytest.fixture
def told() -> list[WorkbenchError]:
    return []


@pytest.fixture
def space(folder: Path, told: list[WorkbenchError]) -> Workspace:
    roots = allow_within([folder])
    return Workspace(Straight(), notify=told.append, allow=allowing(roots), roots=roots)


@pytest.fixture
def dialog(space: Workspace) -> OpenDialog:
    return Picker(space).dialog


def rows(dialog: OpenDialog) -> list[str]:
    return [row["name"] for row in dialog.listing["rows"]]


def options(dialog: OpenDialog, name: str) -> list[Any]:
    return next([o["value"] for o in c["options"]] for c in dialog.controls if c["id"] == name)


def test_a_folder_allowed_twice_leads_up_to_the_outer_one(tmp_path: Path) -> None:
    inner = tmp_path / "mine" / "run"
    inner.mkdir(parents=True)
    roots = allow_within([inner.parent, inner])
    dialog = Picker(Workspace(Straight(), allow=allowing(roots), roots=roots)).dialog
    asked(dialog, "go", str(inner))
    assert [crumb["label"] for crumb in dialog.listing["crumbs"]] == ["mine", "run"]


def test_the_dialog_lists_an_allowed_folder_and_nothing_above_or_beside_it(dialog: OpenDialog, folder: Path) -> None:
    asked(dialog, "show")
    assert [place["label"] for place in dialog.places] == ["Samples", "mine"]
    assert rows(dialog) == ["headless.pth.tar", "notes.pt"]
    assert [crumb["label"] for crumb in dialog.listing["crumbs"]] == ["mine"]
    assert dialog.listing["note"] == "5 other files not shown; 1 not listed: links out of the allowed folders, or names that are not text."
    for outside in (folder.parent, Path("/etc"), folder / ".." / ".."):
        asked(dialog, "go", str(outside))
        assert dialog.said["tone"] == "error"
        assert "lies outside the folders that may be read" in dialog.said["sentence"]
        assert dialog.listing["crumbs"][-1]["id"] == str(folder)


def test_folders_and_files_are_named_from_the_allowed_folder_down(tmp_path: Path) -> None:
    roots = [tmp_path / name / "mine" for name in "ab"]
    for root in roots:
        (root / "holiday").mkdir(parents=True)
        photos(root / "holiday" / "photos", 1)
    dialog = Picker(Workspace(Straight(), allow=allowing(roots), roots=roots)).dialog
    asked(dialog, "choose", str(roots[1] / "holiday" / "photos" / "photo 0.png"), page="data")
    assert [place["label"] for place in dialog.places] == ["Samples", "a/mine", "b/mine"]
    assert dialog.about["detail"] == "Image\nb/mine/holiday/photos"
    asked(dialog, "choose", str(roots[0]))
    assert dialog.about["detail"] == "Folder\n"
    assert str(tmp_path) not in "".join([dialog.about["detail"], *(place["label"] for place in dialog.places)])


@pytest.mark.parametrize("page", ["model", "data", "bank"])
def test_nothing_is_told_of_a_path_outside_not_even_whether_it_is_there(dialog: OpenDialog, folder: Path, page: str) -> None:
    said = set()
    for path in ("/etc", "/etc/passwd", "/nowhere.png", str(folder / ".." / "x"), "../..", "~", "a\0b", "/" + "a" * 5000):
        asked(dialog, "choose", path, page=page)
        assert dialog.about["tone"] == "error"
        said.add(dialog.about["sentence"].replace(repr(path), "it"))
    assert said == {"it lies outside the folders that may be read.", "it is not a path that can be opened."}
    asked(dialog, "choose", "a" * 5000)
    asked(dialog, "open", "a" * 5000)
    assert dialog.said["tone"] == "error" or page == "bank"


def test_each_page_lists_what_can_be_opened_there(dialog: OpenDialog, folder: Path) -> None:
    asked(dialog, "show", page="data")
    assert rows(dialog) == ["photo 0.png", "photo 1.png", "photo 2.png", "walk.mp4"]
    asked(dialog, "go", "samples")
    assert [row["path"] for row in dialog.listing["rows"]] == list(samples.names())
    asked(dialog, "go", str(folder), page="bank")
    assert rows(dialog) == []
    assert dialog.path == str(folder)
    assert dialog.about["detail"] == "Folder\n"


def test_a_checkpoint_is_looked_into_before_it_is_opened(dialog: OpenDialog, space: Workspace) -> None:
    asked(dialog, "choose", "shapes")
    assert options(dialog, "heads") == DIVISORS
    asked(dialog, "choose", str(samples.find("shapes").checkpoint))
    assert dialog.about["tone"] == "good"
    assert "Predictor: complete, 44 tensors" in dialog.about["detail"]
    assert space.facts is None


def test_settings_that_the_file_does_not_say_are_offered_by_the_values_that_divide_its_tensors(
    dialog: OpenDialog, space: Workspace, told: list[WorkbenchError]
) -> None:
    asked(dialog, "choose", "headless.pth.tar")
    assert options(dialog, "heads") == DIVISORS
    assert dialog.about["tone"] == "warn"
    asked(dialog, "open", "headless.pth.tar")
    assert dialog.said["tone"] == "error"
    assert len(told) == 1
    asked(dialog, "open", "headless.pth.tar", heads=4)
    assert space.facts is not None
    assert dict(space.session.state.model.said) == {"heads": 4}  # type: ignore[union-attr]
    assert (dialog.said["sentence"], dialog.said["tone"]) == ("headless (I-JEPA 96×4/8) is open.", "plain")  # the error went with its cause
    asked(dialog, "show", page="model")
    assert dialog.values["heads"] == 4
    assert dialog.values["settings"] == ""


@pytest.mark.parametrize(
    ("values", "words"),
    [
        ({"settings": "heads=5"}, "96 features cannot be cut into 5 heads"),
        ({"settings": "wings=2"}, "takes no 'wings'"),
        ({"settings": "heads"}, "cannot be read as settings"),
        ({"settings": "heads=4", "heads": 8}, "heads is given twice: 8 and 4"),
    ],
)
def test_no_setting_is_ignored_in_silence(dialog: OpenDialog, space: Workspace, values: dict[str, Any], words: str) -> None:
    space.open("shapes")
    before = space.session.state.model
    asked(dialog, "choose", "shapes")
    asked(dialog, "open", "shapes", **values)
    assert words in dialog.said["sentence"].lower()
    assert space.session.state.model == before


def test_a_model_without_clips_asks_for_pictures_and_the_dialog_turns_to_them(dialog: OpenDialog, space: Workspace) -> None:
    asked(dialog, "show")
    assert dialog.said["sentence"] == "No model is open."
    dialog.shown = True
    asked(dialog, "open", str(samples.find("shapes").checkpoint))
    assert (dialog.shown, dialog.target) == (True, "data")
    assert dialog.said["sentence"].endswith("is open.")
    assert dialog.said["detail"].startswith("Choose pictures")
    asked(dialog, "open", "photo 1.png")
    assert not dialog.shown
    assert dialog.current["data"] == "photo 1.png · 1 clip"
    assert space.shown is not None


def test_a_model_that_cannot_look_at_the_open_clips_is_open_and_the_dialog_says_why_and_turns_to_pictures(
    dialog: OpenDialog, space: Workspace, folder: Path
) -> None:
    asked(dialog, "show")
    dialog.shown = True
    space.open(str(samples.find("shapes").checkpoint), str(folder / "photo 1.png"))
    gone = folder / "photo 9.png"
    gone.write_bytes((folder / "photo 1.png").read_bytes())
    asked(dialog, "open", str(gone), page="data")
    gone.unlink()
    asked(dialog, "show", page="model")
    dialog.shown = True
    asked(dialog, "open", str(samples.find("digits").checkpoint))
    assert (dialog.target, dialog.said["tone"]) == ("data", "error")
    assert "no such file" in dialog.said["sentence"]
    assert space.facts is not None
    assert space.shown is None


def test_data_before_a_model_is_told_and_not_forgotten(dialog: OpenDialog) -> None:
    asked(dialog, "open", "walk.mp4", page="data")
    assert dialog.said["sentence"].startswith("No model is open that could look at it")
    asked(dialog, "open", "", page="model")
    assert dialog.said["sentence"].startswith("No path is given")


def test_start_length_and_rate_of_a_video_are_given_with_it(dialog: OpenDialog, space: Workspace, folder: Path) -> None:
    space.open("shapes")
    asked(dialog, "choose", str(folder / "walk.mp4"), page="data")
    asked(dialog, "open", str(folder / "walk.mp4"), start="1.5", length="2")
    assert space.session.state.clip == ClipKey(str(folder / "walk.mp4"), 0, 1, None, 1.5)
    assert space.choice.look is not None
    assert (space.choice.look.part.low, space.choice.look.part.high) == (1.5, 3.5)
    asked(dialog, "choose", str(folder / "walk.mp4"))
    for wrong, words in (
        ({"start": "soon"}, "'soon' is not a number of seconds"),
        ({"start": "", "length": "0"}, "holds no frame"),
        ({"start": "-1"}, "'-1'"),
    ):
        asked(dialog, "open", str(folder / "walk.mp4"), **wrong)
        assert words in dialog.said["sentence"]


def test_the_clips_of_the_sample_come_back(dialog: OpenDialog, space: Workspace, folder: Path) -> None:
    space.open("shapes")
    first = space.session.state.clip
    assert dialog.clearable == ""
    asked(dialog, "open", str(folder), page="data")
    assert dialog.clearable == "Back to sample clips"
    asked(dialog, "clear")
    assert space.session.state.clip == first
    assert dialog.clearable == ""


def test_what_was_opened_is_offered_again_where_it_may_be_opened(dialog: OpenDialog, space: Workspace, folder: Path, tmp_path: Path) -> None:
    asked(dialog, "open", str(folder / "headless.pth.tar"), settings="heads=4")
    asked(dialog, "open", "photo 1.png", page="data")
    asked(dialog, "go", "recent")
    assert rows(dialog) == ["photo 1.png"]
    asked(dialog, "show", page="model")
    assert dialog.places[0]["id"] == "recent"
    shutil.copy(folder / "photo 1.png", tmp_path / "b.png")
    other = Picker(Workspace(Straight(), notify=lambda error: None, allow=allowing([tmp_path]), roots=[tmp_path])).dialog
    asked(other, "show")
    assert [place["id"] for place in other.places] == ["samples", str(tmp_path)]


def test_an_unfinished_opening_can_be_left_and_says_so(folder: Path) -> None:
    class Never(Straight):
        def _start(self, job: Any) -> None:
            """Not answered."""

    space = Workspace(Never(), notify=lambda error: None)
    dialog = Picker(space).dialog
    asked(dialog, "open", str(folder / "headless.pth.tar"))
    assert dialog.opening
    assert dialog.said["sentence"] == "Opening headless.pth.tar …"
    asked(dialog, "cancel")
    assert not dialog.opening
    assert dialog.said["sentence"] == "No model is open."


def test_a_checkpoint_is_opened_as_b_beside_the_open_model_or_said_why_not(
    dialog: OpenDialog, space: Workspace, folder: Path, told: list[WorkbenchError]
) -> None:
    asked(dialog, "show")
    assert BESIDE not in dialog.values, "there is nothing to open it beside"
    space.open("shapes")
    sample = space.session.state.model
    asked(dialog, "show")
    dialog.shown = True
    asked(dialog, "open", str(folder / "notes.pt"), beside=True)
    assert (dialog.shown, dialog.said["tone"]) == (True, "error")
    assert "notes.pt" in dialog.said["sentence"]
    asked(dialog, "open", str(folder / "headless.pth.tar"), beside=True, settings="heads=4")
    second = space.shared(Second).subject
    assert second is not None
    assert (second.name, second.key.overrides) == ("headless.pth.tar", (("heads", 4),))
    assert space.session.state.model == sample
    assert not dialog.shown
    assert [error.what for error in told] == [told[0].what]
