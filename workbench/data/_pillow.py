"""Pillow, imported when the first picture is decoded, and its HEIC plug-in, when the first HEIC file is."""

from __future__ import annotations

import importlib
from typing import Any

from workbench.core.errors import MissingExtra


def pillow() -> Any:
    """The PIL.Image module.

    Raises:
        MissingExtra: it is not installed, or cannot start.
    """
    try:
        return importlib.import_module("PIL.Image")
    except ImportError as err:
        raise MissingExtra(f"pictures need Pillow, which cannot be imported: {err}", where="import PIL", fix="pip install pillow") from err


def heif(where: str) -> Any:
    """The pillow_heif module.

    Raises:
        MissingExtra: it is not installed.
    """
    try:
        return importlib.import_module("pillow_heif")
    except ImportError as err:
        raise MissingExtra(
            f"this is a HEIC picture, which needs pillow-heif: {err}",
            where=where,
            fix="pip install 'jepa-workbench[heic]' (or pip install pillow-heif)",
        ) from err
