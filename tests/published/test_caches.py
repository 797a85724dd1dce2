"""What a machine has already, found by names alone."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from workbench.published import PUBLISHED, find_cached
from workbench.published.caches import face_folder, torch_folder

FACE = "facebook/ijepa_vith14_1k"


def snapshot(cache: Path, repo: str, commit: str, *files: str) -> Path:
    """A repository as huggingface_hub leaves it: links into a folder of blobs."""
    root = cache / f"models--{repo.replace('/', '--')}"
    folder = root / "snapshots" / commit
    for each in (folder, root / "blobs", root / "refs"):
        each.mkdir(parents=True, exist_ok=True)
    for name in files:
        blob = root / "blobs" / f"{commit}-{name}"
        blob.write_bytes(b"weights")
        (folder / name).symlink_to(Path("..") / ".." / "blobs" / blob.name)
    return folder


def test_an_empty_machine_has_nothing() -> None:
    assert find_cached() == {}


@pytest.mark.parametrize("variables", [{}, {"TORCH_HOME": "elsewhere"}, {"XDG_CACHE_HOME": "caches"}])
def test_torch_hubs_folder_is_where_its_variables_say(variables: dict[str, str], home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for name, folder in variables.items():
        monkeypatch.setenv(name, str(home / folder))
    folder = torch_folder()
    folder.mkdir(parents=True)
    (folder / "vitl.pt").write_bytes(b"weights")
    found = find_cached()
    assert set(found) == {"vjepa2_vit_large"}
    assert (found["vjepa2_vit_large"].path, found["vjepa2_vit_large"].bytes) == (folder / "vitl.pt", 7)


def test_torch_hubs_folder_is_the_one_that_torch_itself_uses(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    import torch

    for name in ("TORCH_HOME", "XDG_CACHE_HOME"):
        monkeypatch.setenv(name, str(home / name))
        assert Path(torch.hub.get_dir()) / "checkpoints" == torch_folder()
        monkeypatch.delenv(name)
    assert Path(torch.hub.get_dir()) / "checkpoints" == torch_folder()


@pytest.mark.parametrize("variables", [{}, {"HF_HOME": "face"}, {"HF_HUB_CACHE": "hub"}, {"XDG_CACHE_HOME": "caches"}])
def test_hugging_faces_folder_is_the_one_that_its_package_uses(variables: dict[str, str], home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    pytest.importorskip("huggingface_hub")
    for name, folder in variables.items():
        monkeypatch.setenv(name, str(home / folder))
    script = "from huggingface_hub import constants; print(constants.HF_HUB_CACHE)"  # it reads them once, when it is imported
    said = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, timeout=60, check=True).stdout.strip()
    assert Path(said) == face_folder()


def test_a_repository_is_found_as_a_folder_that_can_be_opened() -> None:
    folder = snapshot(face_folder(), FACE, "abc", "config.json", "model.safetensors")
    assert find_cached()[FACE].path == folder


def test_of_several_snapshots_the_one_that_main_names_is_taken() -> None:
    old = snapshot(face_folder(), FACE, "old", "config.json", "model.safetensors")
    snapshot(face_folder(), FACE, "new", "config.json", "model.safetensors")
    (old.parents[1] / "refs" / "main").write_text("old")
    assert find_cached()[FACE].path == old


def test_what_is_not_whole_is_not_there() -> None:
    snapshot(face_folder(), FACE, "half", "config.json")
    broken = snapshot(face_folder(), "facebook/vjepa2-vitl-fpc64-256", "broken", "config.json", "model.safetensors")
    (broken / "model.safetensors").resolve().unlink()
    torch_folder().mkdir(parents=True)
    (torch_folder() / "vitl.pt").touch()
    (torch_folder() / "vith.pt").mkdir()
    assert find_cached() == {}


def test_a_file_of_a_repository_of_many_models_is_found_by_its_name() -> None:
    folder = snapshot(face_folder(), "facebook/jepa-wms", "abc", "jepa_wm_pusht.pth.tar")
    assert find_cached()["jepa_wm_pusht"].path == folder / "jepa_wm_pusht.pth.tar"
    assert len(find_cached()) == 1


def test_looking_at_the_caches_imports_neither_torch_nor_the_hub() -> None:
    script = "import sys; from workbench.published import find_cached; find_cached(); print({'torch', 'huggingface_hub'} & set(sys.modules))"
    said = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, timeout=60, check=True).stdout
    assert said.strip() == "set()"


def test_every_row_can_be_told_from_the_others() -> None:
    assert len({p.name for p in PUBLISHED}) == len(PUBLISHED)
    assert len({p.file for p in PUBLISHED if p.url}) == sum(bool(p.url) for p in PUBLISHED)
    for row in PUBLISHED:
        assert row.url.startswith("https://") if row.url else row.repo.count("/") == 1
        assert bool(row.repo) == bool(row.files)
        assert row.title
        assert row.licence
        assert row.role in ("model", "encoder", "decoder")
        assert row.bytes or row.role == "decoder"
