"""What is open: settings as a user types them, clips of one sample under the model of another, and nothing outside the allowed folders."""

from __future__ import annotations

import shutil
from pathlib import Path
from typing import Any

import pytest

from tests.boards.asking import asked
from tests.straight import Straight
from workbench import samples
from workbench.boards.code import model_lines
from workbench.boards.opener import Opener
from workbench.boards.workspace import Workspace, settled
from workbench.core.card import parse_overrides
from workbench.core.errors import BadInput, WorkbenchError
from workbench.families import toy
from workbench.jobs import now


@pytest.fixture
def told() -> list[WorkbenchError]:
    return []


@pytest.fixture
def space(told: list[WorkbenchError]) -> Workspace:
    return Workspace(Straight(), deliver=now, notify=told.append)


@pytest.fixture(scope="module")
def checkpoint(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("toy") / "toy.safetensors"
    toy.save(toy.build(seed=3), path)
    return path


def test_settings_become_a_key_that_can_be_looked_up() -> None:
    family, settings = settled(parse_overrides("image_size=[64, 48] heads=4, family='ijepa'"))
    assert family == "ijepa"
    assert settings == (("heads", 4), ("image_size", (64, 48)))
    assert hash(settings)


@pytest.mark.parametrize("words", ["encoder='secret.pt'", "path='secret.pt'", "device='cuda'", "heads={1: 2}", "image_size=([1], 2)", "family=3"])
def test_what_is_no_setting_of_a_model_is_refused_by_its_name(words: str) -> None:
    with pytest.raises(BadInput, match=words.partition("=")[0]):
        settled(parse_overrides(words))


def test_settings_named_like_our_own_arguments_reach_the_family(space: Workspace, checkpoint: Path, told: list[WorkbenchError]) -> None:
    space.open(str(checkpoint), None, 0, **parse_overrides("index=3 data=4"))
    assert "takes no 'data'" in told[0].what
    assert space.facts is None


def test_a_family_that_was_given_stays_with_the_model(space: Workspace, checkpoint: Path) -> None:
    space.open(str(checkpoint), None, 0, **parse_overrides("family='toy'"))
    key = space.session.state.model
    assert key is not None
    assert dict(key.said) == {"family": "toy"}
    assert "family='toy'" in model_lines(key, None, "")[0]
    dialog = asked(Opener(space).picker.dialog, "show")
    assert dialog.values["settings"] == "family='toy'"


def test_enter_on_a_path_that_was_refused_opens_it_once_more(space: Workspace, checkpoint: Path, told: list[WorkbenchError], tmp_path: Path) -> None:
    opener, late = Opener(space), tmp_path / checkpoint.name
    asked(opener.picker.dialog, "open", str(late))
    assert len(told) == 1
    shutil.copy(checkpoint, late)
    asked(opener.picker.dialog, "open", str(late))
    assert len(told) == 1
    assert space.facts is not None
    assert space.facts.report.path == str(late)


def test_a_sample_lends_its_clips_to_another_model(space: Workspace, told: list[WorkbenchError]) -> None:
    name = samples.names()[0]
    space.open(str(Path(__file__).parents[1] / "golden" / "ijepa"), name, 2, heads=4)
    assert told == []
    assert space.clips is not None
    assert space.clips.path == str(samples.find(name).bank)
    assert space.session.state.clip is not None
    assert space.session.state.clip.index == 2
    assert space.sample is None


def test_data_outside_the_allowed_folders_is_refused_before_anything_opens(told: list[WorkbenchError], checkpoint: Path) -> None:
    def allow(path: str) -> str:
        if path != str(checkpoint):
            raise BadInput(f"{path} lies outside", where=path)
        return path

    space = Workspace(Straight(), deliver=now, notify=told.append, allow=allow)
    with pytest.raises(BadInput, match="outside"):
        space.open(str(checkpoint), "secret")
    assert space.facts is None


@pytest.mark.parametrize(("settings", "words"), [({}, ""), ({"fps": 8}, " · 3.7 frames per second; the model was trained at 8")])
def test_a_clip_of_another_rate_than_in_training_is_said_beside_it(space: Workspace, settings: dict[str, Any], words: str) -> None:
    folder = Path(__file__).parents[1] / "golden" / "hf_vjepa2"
    space.open(str(folder), "balls-masked", 0, **settings)
    (label,) = (c["label"] for c in Opener(space).clips.controls if c["kind"] == "label")
    assert label.partition("bank")[2] == words


def test_preparation_typed_as_settings_reaches_the_model_and_a_wrong_one_says_what_would_do(space: Workspace, told: list[WorkbenchError]) -> None:
    folder = str(Path(__file__).parents[1] / "golden" / "hf_vjepa2")
    space.open(folder, None, 0, **parse_overrides("mean=(0.5, 0.5, 0.5) resize=stretch"))
    assert space.facts is not None
    assert "stretched to 32×32" in space.facts.card.preprocessing
    assert asked(Opener(space).picker.dialog, "show").values["settings"] == "mean=(0.5, 0.5, 0.5) resize='stretch'"
    space.open(folder, None, 0, **parse_overrides("mean=(0.5, 0.5)"))
    assert "3 numbers are needed" in told[0].what
