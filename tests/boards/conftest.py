"""A workspace whose work can be held back, and what it told."""

from __future__ import annotations

import pytest

from tests.boards.late import Late
from workbench.boards.workspace import Workspace
from workbench.core.errors import WorkbenchError
from workbench.jobs import now


@pytest.fixture
def told() -> list[WorkbenchError]:
    return []


@pytest.fixture
def jobs() -> Late:
    return Late()


@pytest.fixture
def space(told: list[WorkbenchError], jobs: Late) -> Workspace:
    return Workspace(jobs, deliver=now, notify=told.append)
