"""Logs of a training as tables that grow: csv, JSON lines and TensorBoard events, read on where the last reading stopped. No torch."""

from workbench.runs.logs.finding import opened, wandb_words
from workbench.runs.logs.table import Curve, Log, Table

__all__ = ["Curve", "Log", "Table", "opened", "wandb_words"]
