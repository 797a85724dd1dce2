"""The Sensitivity board."""

from workbench.boards.sensitivity.board import SensitivityBoard

__all__ = ["SensitivityBoard"]
