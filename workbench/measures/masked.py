"""Answers to the questions of masked prediction; the functions lie in the modules that are imported here."""

from workbench.measures import prediction, yardsticks

__all__ = ["prediction", "yardsticks"]
