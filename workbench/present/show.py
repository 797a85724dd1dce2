"""`show(result)` and `fill`, which stand with the boards."""

from workbench.boards.layout import fill
from workbench.boards.look import alone
from workbench.boards.show import show

__all__ = ["alone", "fill", "show"]
