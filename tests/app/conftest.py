"""One server for all app tests, as a user starts it; pages that may speak to this machine only."""

from __future__ import annotations

import re
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from playwright.sync_api import expect

from tests.app.serving import serving
from tests.waiting import PATIENT
from workbench import samples
from workbench.data import save_png


@pytest.fixture(scope="session")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """What a user has lying about: images of all kinds, broken files, checkpoints that are none."""
    root = tmp_path_factory.mktemp("user")
    rng = np.random.default_rng(0)
    (root / "pictures").mkdir()
    for i in range(4):
        save_png(root / "pictures" / f"{i}.png", rng.integers(0, 256, (80, 100, 3), dtype=np.uint8))
    save_png(root / "one.png", rng.integers(0, 256, (1, 1, 3), dtype=np.uint8))
    (root / "empty").mkdir()
    (root / "broken.mp4").write_bytes(b"\x00\x00\x00\x18ftypmp42" + bytes(64))
    (root / "notes.pt").write_text("these are my notes")
    _save_checkpoints(root)
    return root


def _save_checkpoints(root: Path) -> None:
    """The shapes model without predictor, and with one tensor of its predictor gone; and one that does not tell its heads."""
    sample = samples.find("shapes").checkpoint
    whole = torch.load(sample, weights_only=True)
    config = next(sample.parent.glob("*.yaml")).read_text()
    gone = {k: v for k, v in whole["predictor"].items() if not k.endswith("predictor_norm.weight")}
    for name, content in (("blind", {k: v for k, v in whole.items() if k != "predictor"}), ("half", {**whole, "predictor": gone})):
        (root / name).mkdir()
        torch.save(content, root / name / "jepa-latest.pth.tar")
        (root / name / "params-ijepa.yaml").write_text(config)
    torch.save(whole, root / "headless.pth.tar")
    torch.save({"model": torch.nn.Linear(3, 4), "epoch": 3}, root / "objects.ckpt")
    shutil.copytree(Path(__file__).parents[1] / "golden" / "lewm", root / "lewm")


@pytest.fixture(scope="session")
def started(folder: Path) -> Iterator[tuple[str, int]]:
    """Address and process id of the running app."""
    with serving("app", "shapes", folder=folder) as found:
        yield found


@pytest.fixture(scope="session")
def server(started: tuple[str, int]) -> str:
    return started[0]


@pytest.fixture(scope="session")
def server_pid(started: tuple[str, int]) -> int:
    return started[1]


@pytest.fixture
def board(page: Any, server: str) -> Any:
    """A page with the Masks board of the shapes sample, settled: no answer is due."""
    page.set_viewport_size({"width": 1280, "height": 800})
    page.goto(server)
    page.locator(".jw-headline-sentence", has_text="other context").wait_for(timeout=PATIENT)  # the controls are in
    page.locator(".jw-headline-detail", has_text=re.compile(r"Over \d+ clips")).wait_for(timeout=PATIENT)  # and what the bank says
    expect(page.locator(".jw-headline")).to_have_attribute("data-busy", "false")
    return page
