"""Where a checkpoint is looked for: paths as people type them, caches, repositories, folders with several files."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import pytest
import torch
from safetensors.torch import save_file

import workbench as jw
from tests.families.official import GOLDEN, JEPA_WMS
from workbench.checkpoints import open_checkpoint
from workbench.core.errors import BadInput, CheckpointError
from workbench.core.grid import TokenGrid
from workbench.families import toy
from workbench.families.load import inspect, load
from workbench.measures.planning.plans import limits_of
from workbench.model.latents import Latents, Space


@pytest.fixture
def model(tmp_path: Path) -> Path:
    folder = tmp_path / "my models"
    folder.mkdir()
    save_file({"a.weight": torch.zeros(2)}, folder / "model.safetensors")
    return folder / "model.safetensors"


@pytest.mark.parametrize("typed", ["{}", "'{}'", '"{}"', "  {}  ", "' {} '", "{}\n"])
def test_quotes_and_spaces_around_a_path_are_no_part_of_it(model: Path, typed: str) -> None:
    assert open_checkpoint(typed.format(model)).path == model


def test_a_tilde_is_the_home_folder(model: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HOME", str(model.parent.parent))
    assert open_checkpoint("~/my models").path == model
    assert open_checkpoint("'~/my models/model.safetensors'").path == model


def test_a_name_that_really_has_quotes_is_found(model: Path) -> None:
    odd = model.parent / "'odd'"
    shutil.copy(model, odd)
    assert open_checkpoint(odd).path == odd


def cache(folder: Path, model: Path, *revisions: str, main: str | None) -> Path:
    repository = folder / "models--user--repo"
    for revision in revisions:
        (repository / "snapshots" / revision).mkdir(parents=True)
        shutil.copy(model, repository / "snapshots" / revision)
    if main is not None:
        (repository / "refs").mkdir()
        (repository / "refs" / "main").write_text(main)
    return repository


def test_a_repository_folder_of_the_hugging_face_cache_is_followed_to_its_main_snapshot(tmp_path: Path, model: Path) -> None:
    repository = cache(tmp_path, model, "aaa", "bbb", main="bbb\n")
    assert open_checkpoint(repository).path == repository / "snapshots" / "bbb" / model.name


@pytest.mark.parametrize("main", [None, "gone", "../../elsewhere", "\0", "x" * 5000])
def test_a_cache_whose_main_is_not_there_takes_the_only_snapshot_or_lists_them(tmp_path: Path, model: Path, main: str | None) -> None:
    (tmp_path / "one").mkdir()
    (tmp_path / "two").mkdir()
    one, two = cache(tmp_path / "one", model, "aaa", main=main), cache(tmp_path / "two", model, "aaa", "bbb", main=main)
    assert open_checkpoint(one).path.parent.name == "aaa"
    with pytest.raises(CheckpointError, match="cache of Hugging Face") as caught:
        open_checkpoint(two)
    assert "aaa, bbb" in caught.value.fix


@pytest.mark.parametrize("said", ["facebook/ijepa_vith14_1k", "https://huggingface.co/facebook/ijepa_vith14_1k", "hf.co/x/y/z", "nobody/here"])
def test_a_repository_is_named_with_the_command_that_would_fetch_it(said: str, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*_: object, **__: object) -> None:
        raise ConnectionError("nothing is fetched unasked")

    monkeypatch.setattr("socket.socket", refuse)
    with pytest.raises(CheckpointError) as caught:
        jw.load(said)
    if said.count("/") == 1 or said.startswith("https"):
        assert "repository of Hugging Face, not a path: nothing is fetched unasked" in caught.value.what
        assert f"catalogue {'/'.join(said.split('/')[-2:])} --download" in caught.value.fix
    else:
        assert "does not exist" in caught.value.what


def test_a_web_address_is_named(tmp_path: Path) -> None:
    with pytest.raises(CheckpointError, match="a web address, not a path"):
        open_checkpoint("https://dl.fbaipublicfiles.com/jepa/vitl16/vitl16.pth.tar")


def test_an_encoder_in_a_file_of_the_same_folder_is_not_taken_for_a_second_checkpoint() -> None:
    told = {k: v for k, v in JEPA_WMS.items() if k not in ("path", "encoder")}
    folder = GOLDEN / "jepa_wms_adaln"
    with pytest.raises(CheckpointError, match=r"2 checkpoints lie in this folder: dinov2_tiny14_pretrain.pth, jepa-latest.pth.tar"):
        load(folder, **told)
    assert load(folder, encoder=folder / "dinov2_tiny14_pretrain.pth", **told).card.hashes == load(**JEPA_WMS).card.hashes
    assert load(folder, encoder=f"'{folder / 'dinov2_tiny14_pretrain.pth'}'", **told).report.whole


@pytest.mark.parametrize("said", ["shape", "Shapes", "two-room", "digit"])
def test_a_misspelled_sample_is_named(said: str) -> None:
    for ask in (jw.load, jw.inspect):
        with pytest.raises(BadInput, match="there is a sample") as caught:
            ask(said)
        assert "shapes, digits" in caught.value.fix


@pytest.mark.parametrize("frames", ["abc", -3, 0, 2.5, True, 9999])
def test_frames_that_do_not_fit_a_jepa_wms_are_refused(frames: object) -> None:
    with pytest.raises(BadInput, match="frames="):
        inspect(**JEPA_WMS, frames=frames)
    with pytest.raises(BadInput, match="frames="):
        inspect(GOLDEN / "jepa_wms_dinowm", encoder=GOLDEN / "jepa_wms_dinowm" / "dinov2_tiny14_pretrain.pth", heads=2, image_size=42, frames=frames)


@pytest.mark.parametrize("value", [-1, "x", 10**9, [32], None, True])
@pytest.mark.parametrize(("source", "place"), [("hf_ijepa", "image_size"), ("lewm", "encoder.image_size"), ("swm_prejepa_plain", "image_size")])
def test_an_image_size_that_cannot_be_is_refused(tmp_path: Path, source: str, place: str, value: object) -> None:
    shutil.copytree(GOLDEN / source, tmp_path, dirs_exist_ok=True)
    config = json.loads((tmp_path / "config.json").read_text())
    *above, last = place.split(".")
    here = config
    for step in above:
        here = here[step]
    here[last] = value
    (tmp_path / "config.json").write_text(json.dumps(config))
    told = {"heads": 4} if source == "swm_prejepa_plain" else {}
    if value is None:
        assert inspect(tmp_path, **told).whole  # a json that says nothing contradicts nothing
        return
    with pytest.raises(BadInput, match="image_size"):
        inspect(tmp_path, **told)


@pytest.mark.parametrize("shape", [(1, 2, 1, 1, 8), (1, 1, 2, 1, 8), (1, 1, 1, 3, 8)])
def test_latents_that_do_not_lie_on_their_grid_are_refused(shape: tuple[int, ...]) -> None:
    with pytest.raises(BadInput, match="do not lie on a grid of 1×1×1"):
        Latents(torch.zeros(shape), TokenGrid(1, 1, 1), Space("context", "a"))


@pytest.mark.parametrize("limits", ["abc", 3, (None, None), ((1, 2), ("a", "b")), ((-1, -1),), ((-1, -1), (1, 1), (2, 2)), ((-1, 1), (1,))])
def test_limits_of_a_wrong_form_are_refused_in_words(limits: object) -> None:
    jepa = toy.build(0)
    with pytest.raises(BadInput, match="limits") as caught:
        limits_of(limits, jepa)
    assert "two rows" in caught.value.fix
