"""Health of one checkpoint of a run, kept on disk."""

from __future__ import annotations

from typing import Any

from workbench.core.questions.health import HealthResult
from workbench.core.questions.runs import RunHealth
from workbench.measures.bank import Bank
from workbench.measures.base import answers
from workbench.measures.health import health
from workbench.measures.runs.keeping import by_content
from workbench.model.jepa import Jepa
from workbench.worlds.factors import ClipRow


@answers(RunHealth)
def run_health(jepa: Jepa, clips: ClipRow | Bank, **settings: Any) -> HealthResult:
    """Every health measure of a checkpoint, fewer views and clips than `health` takes by itself; read from the store where the same weights were measured before.

    Args:
        clips: images or videos, as of `jw.open_clips`, or a bank. settings: see `RunHealth`.

    Raises:
        BadInput: fewer than 8 clips can be used. PartUnavailable: no whole encoder.
    """
    usual = {name: value for name, value in RunHealth.usual().items() if name not in ("model", "clips")}
    asked = {**usual, **settings}
    data = clips.clips if isinstance(clips, Bank) else clips
    return by_content(RunHealth, lambda: health(jepa, data, **asked), data, jepa, **asked)
