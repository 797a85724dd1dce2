"""OpenCV, imported when the first picture is decoded."""

from __future__ import annotations

import importlib
from typing import Any

from workbench.core.errors import MissingExtra


def opencv() -> Any:
    """The cv2 module.

    Raises:
        MissingExtra: it, or a system library that it needs, is not installed.
    """
    try:
        return importlib.import_module("cv2")
    except ModuleNotFoundError as err:
        raise MissingExtra("images and videos need OpenCV, which is not installed", fix="pip install opencv-python") from err
    except ImportError as err:
        raise MissingExtra(
            f"OpenCV cannot start: {err}", where="import cv2", fix="apt-get install -y libgl1 libglib2.0-0 (or pip install opencv-python-headless)"
        ) from err
