"""A file to named tensors, safely. Nothing here knows a family, and nothing here runs code from a file."""

from workbench.checkpoints.checkpoint import Checkpoint, TensorInfo
from workbench.checkpoints.converting import Converted, convert
from workbench.checkpoints.opening import describe, open_checkpoint

__all__ = ["Checkpoint", "Converted", "TensorInfo", "convert", "describe", "open_checkpoint"]
