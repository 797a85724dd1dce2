"""What a worker answers by name, until it is asked as a question."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from workbench.worker.driving import FUTURES

SERVICES: Mapping[str, Callable[..., Any]] = {**FUTURES}
