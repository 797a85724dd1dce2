"""Checkpoints to Jepas, one file a family. A family is known as soon as its file lies here and calls `register`, or an installed package brings it."""

from importlib import import_module
from pkgutil import iter_modules

from workbench.families.registry import FAMILIES, Family, Request, register

for _module in iter_modules(__path__):
    if _module.name != "load":
        import_module(f"{__name__}.{_module.name}")

import_module(f"{__name__}.plugins").load_plugins()

__all__ = ["FAMILIES", "Family", "Request", "register"]
