"""One JupyterLab for all lab tests, as a user starts it, with nothing of the user's own; one kernel, so that torch is loaded once."""

from __future__ import annotations

import json
import os
import shutil
import socket
import subprocess
import sys
import time
import urllib.request
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.app.serving import end
from tests.waiting import PATIENT

_START = 300  # seconds until a Lab that does not answer counts as hung
_NOTEBOOKS = Path(__file__).parents[2] / "notebooks"
_OPTIONS = (
    "--no-browser",
    "--allow-root",
    "--ip=127.0.0.1",
    "--IdentityProvider.token=",
    "--LabApp.expose_app_in_browser=True",
    "--LabApp.extension_manager=readonly",
    "--LabApp.check_for_updates_class=jupyterlab.NeverCheckForUpdate",
)
_NEWS = "@jupyterlab/apputils-extension/notification.jupyterlab-settings"
_READY = "() => window.jupyterapp?.shell?.currentWidget?.context?.isReady && jupyterapp.shell.currentWidget.sessionContext?.session?.kernel?.status === 'idle'"
_RUN = """async (code) => {
  const { content, sessionContext } = jupyterapp.shell.currentWidget;
  if (code) content.widgets[0].model.sharedModel.setSource(code);
  await jupyterapp.commands.execute("notebook:run-all-cells");
}"""


@pytest.fixture(scope="session")
def lab(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The address of a running JupyterLab over copies of the notebooks and an empty one."""
    import nbformat  # here: it takes two seconds, which every other run would spend too

    home = tmp_path_factory.mktemp("lab")
    shutil.copytree(_NOTEBOOKS, home / "notebooks")
    meta = {"kernelspec": {"name": "python3", "display_name": "Python 3", "language": "python"}}
    cells = [nbformat.v4.new_code_cell(""), nbformat.v4.new_code_cell("1 + 1")]
    nbformat.write(nbformat.v4.new_notebook(cells=cells, metadata=meta), home / "notebooks" / "empty.ipynb")
    quiet = home / "settings" / _NEWS
    quiet.parent.mkdir(parents=True)
    quiet.write_text(json.dumps({"fetchNews": "false"}))
    places = ("JUPYTER_CONFIG_DIR", "JUPYTER_DATA_DIR", "JUPYTER_RUNTIME_DIR", "JUPYTERLAB_WORKSPACES_DIR", "IPYTHONDIR")
    own = {name: str(home / name) for name in places} | {"JUPYTERLAB_SETTINGS_DIR": str(home / "settings")}
    with (home / "lab.log").open("w") as log:
        command = [sys.executable, "-m", "jupyterlab", *_OPTIONS, f"--port={_free_port()}", f"--ServerApp.root_dir={home / 'notebooks'}"]
        process = subprocess.Popen(command, stdout=log, stderr=log, env={**os.environ, **own}, cwd=home)
    try:
        yield _address(process, Path(own["JUPYTER_RUNTIME_DIR"]), home / "lab.log")
    finally:
        end(process)


def _free_port() -> int:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        return free.getsockname()[1]


def _address(process: subprocess.Popen[Any], runtime: Path, log: Path) -> str:
    """Where Lab answers, as it says itself: it takes another port where the one that was free has been taken meanwhile.

    Raises:
        AssertionError: it ended, or never answered; with its log.
    """
    limit = time.monotonic() + _START
    while time.monotonic() < limit and process.poll() is None:
        try:
            port = json.loads((runtime / f"jpserver-{process.pid}.json").read_text())["port"]
            urllib.request.urlopen(f"http://127.0.0.1:{port}/api/status", timeout=_START).close()
            return f"http://127.0.0.1:{port}"
        except (OSError, ValueError):  # not written yet, or half of it; does not listen yet
            time.sleep(0.1)  # between two looks
    raise AssertionError(f"JupyterLab did not start:\n{log.read_text()}")


_CLOSE = """async () => {
  await window.jupyterapp?.commands.execute("notebook:clear-all-cell-outputs");
  const kernel = window.jupyterapp?.shell?.currentWidget?.sessionContext?.session?.kernel;
  await kernel?.requestExecute({ code: "import ipywidgets; ipywidgets.Widget.close_all()", silent: true }).done;
}"""


@pytest.fixture
def notebook(page: Any, lab: str) -> Iterator[Callable[..., Any]]:
    """Opens a notebook in Lab and runs it: `notebook("empty.ipynb", code)`. With code, that is what its first cell holds.

    The kernel stays for the next test; its widgets go, or Lab would bring them back there.
    """

    def run(name: str, code: str = "") -> Any:
        page.set_viewport_size({"width": 1440, "height": 1000})
        page.goto(f"{lab}/lab/tree/{name}?reset")
        page.wait_for_function(_READY, timeout=PATIENT)
        page.evaluate(_RUN, code)
        return page

    yield run
    page.evaluate(_CLOSE)
