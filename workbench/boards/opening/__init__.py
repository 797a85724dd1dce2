"""Opening a model, images or a bank: what the Open dialog lists, knows and does."""

from workbench.boards.opening.picker import Picker

__all__ = ["Picker"]
