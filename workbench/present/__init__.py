"""Results to views: the only place where results meet widgets and plots."""

from workbench.present.show import show

__all__ = ["show"]
