"""Downloads: only when asked, whole or not at all, and never from outside in these tests."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from tests.published.conftest import Shop
from workbench.core.errors import Cancelled, DownloadFailed, MissingExtra
from workbench.core.progress import listening
from workbench.published.caches import face_folder, find_cached, torch_folder
from workbench.published.fetch import fetch
from workbench.published.table import Published

pytestmark = pytest.mark.slow

DATA = bytes(range(256)) * 20_000


def row(shop: Shop, path: str = "/vit.pt", **more: object) -> Published:
    return Published("vit", "ijepa", "a test", f"{shop.url}{path}", **more)


def left_behind() -> list[str]:
    return sorted(p.name for p in torch_folder().glob("*")) if torch_folder().exists() else []


def test_a_file_comes_whole_with_its_progress_and_is_not_fetched_again(shop: Shop) -> None:
    shop.goods["/vit.pt"] = DATA
    told: list[tuple[int, int]] = []
    with listening(lambda done, total: told.append((done, total))):
        path = fetch(row(shop))
    assert path == torch_folder() / "vit.pt"
    assert path.read_bytes() == DATA
    assert told[-1] == (len(DATA), len(DATA))
    assert len(told) > 2
    assert fetch(row(shop)) == path
    assert shop.asked == ["/vit.pt"]
    assert find_cached([row(shop)])["vit"].path == path
    assert left_behind() == ["vit.pt"]


def test_what_the_server_does_not_have_is_told_with_its_answer(shop: Shop) -> None:
    with pytest.raises(DownloadFailed, match="404") as failed:
        fetch(row(shop))
    assert failed.value.where == f"{shop.url}/vit.pt"
    assert left_behind() == []


def test_a_server_that_is_not_there_is_told(shop: Shop) -> None:
    gone = Published("vit", "ijepa", "a test", "http://127.0.0.1:1/vit.pt")
    with pytest.raises(DownloadFailed, match="could not be downloaded"):
        fetch(gone)


@pytest.mark.parametrize("lie", [1, 4000])
def test_fewer_bytes_than_announced_are_not_kept(shop: Shop, lie: int) -> None:
    shop.goods["/vit.pt"], shop.lie = DATA, lie
    with pytest.raises(DownloadFailed, match=r"announced|IncompleteRead"):
        fetch(row(shop))
    assert left_behind() == []


def test_a_disk_that_is_too_small_is_told_before_anything_comes(shop: Shop) -> None:
    shop.goods["/vit.pt"], shop.lie = DATA, 1 << 60
    with pytest.raises(DownloadFailed, match="of the disk are free"):
        fetch(row(shop))
    assert left_behind() == []


def test_a_cancelled_download_leaves_nothing(shop: Shop) -> None:
    shop.goods["/vit.pt"] = DATA

    def stop(done: int, total: int) -> None:
        raise Cancelled()

    with listening(stop), pytest.raises(Cancelled):
        fetch(row(shop))
    assert left_behind() == []


def test_ctrl_c_leaves_nothing(shop: Shop, home: Path) -> None:
    shop.goods["/vit.pt"] = DATA
    shop.gate.clear()
    script = (
        "import signal; signal.signal(signal.SIGINT, signal.default_int_handler)\n"  # a shell may have started the tests deaf to it
        "from workbench.published.fetch import fetch; from workbench.published.table import Published\n"
        f"fetch(Published('vit', 'ijepa', 'a test', {shop.url + '/vit.pt'!r}))"
    )
    process = subprocess.Popen([sys.executable, "-c", script], env={**os.environ, "HOME": str(home)}, stderr=subprocess.PIPE, text=True)
    while not any(p.stat().st_size for p in torch_folder().glob("*.part")) and process.poll() is None:
        time.sleep(0.02)  # between two looks
    assert left_behind()
    process.send_signal(signal.SIGINT)
    _, said = process.communicate(timeout=120)
    assert "KeyboardInterrupt" in said
    assert left_behind() == []


def face(shop: Shop) -> Published:
    """A repository whose every file the shop has."""
    files = {"config.json": b"{}", "model.safetensors": DATA, "preprocessor_config.json": b"{}", "onnx/model.onnx": b"large"}
    listed = {"id": "me/vit", "sha": "c0ffee", "siblings": [{"rfilename": name} for name in files]}
    tree = [{"type": "file", "path": name, "size": len(data), "oid": name} for name, data in files.items()]
    shop.goods |= {f"/me/vit/resolve/c0ffee/{name}": data for name, data in files.items()}
    shop.goods |= dict.fromkeys(("/api/models/me/vit", "/api/models/me/vit/revision/main"), json.dumps(listed).encode())
    shop.goods |= dict.fromkeys(("/api/models/me/vit/tree/c0ffee", "/api/models/me/vit/tree/main"), json.dumps(tree).encode())
    return Published("me/vit", "huggingface", "a test", repo="me/vit", files=("config.json", "model.safetensors"))


def test_a_repository_comes_through_its_package_with_only_what_a_model_needs(shop: Shop, home: Path) -> None:
    pytest.importorskip("huggingface_hub")
    wanted = face(shop)
    script = (
        "from workbench.published.fetch import fetch; from workbench.published.table import Published\n"
        f"print(fetch(Published('me/vit', 'huggingface', 'a test', repo='me/vit', files={wanted.files!r})))"
    )
    environment = {**os.environ, "HF_ENDPOINT": shop.url, "HF_HUB_DISABLE_TELEMETRY": "1", "HF_HUB_DISABLE_XET": "1"}
    done = subprocess.run([sys.executable, "-c", script], env=environment, capture_output=True, text=True, timeout=120, check=False)
    assert done.returncode == 0, done.stderr + "\n".join(shop.asked)
    path = Path(done.stdout.strip())
    assert path == face_folder() / "models--me--vit" / "snapshots" / "c0ffee"
    assert (path / "model.safetensors").read_bytes() == DATA
    assert (path / "preprocessor_config.json").exists()
    assert not (path / "onnx").exists()


def test_without_the_package_a_repository_names_the_pip_line() -> None:
    script = (
        "import sys; sys.modules['huggingface_hub'] = None\n"
        "from workbench.cli import main; sys.exit(main(['catalogue', 'facebook/ijepa_vith14_1k', '--download']))"
    )
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, timeout=60, check=False)
    assert done.returncode == 2
    assert "pip install huggingface_hub" in done.stderr
    assert "Traceback" not in done.stderr
    assert issubclass(MissingExtra, Exception)
