"""What is measured of a training run: its logs, and checkpoint after checkpoint on the same clips."""

from workbench.measures.runs.difference import compare_checkpoints
from workbench.measures.runs.health import run_health
from workbench.measures.runs.log import run_log
from workbench.measures.runs.maps import run_maps

__all__ = ["compare_checkpoints", "run_health", "run_log", "run_maps"]
