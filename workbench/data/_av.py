"""PyAV, imported when the first video is decoded."""

from __future__ import annotations

import importlib
from typing import Any

from workbench.core.errors import MissingExtra


def pyav() -> Any:
    """The av module.

    Raises:
        MissingExtra: it is not installed, or cannot start.
    """
    try:
        av = importlib.import_module("av")
    except ImportError as err:
        raise MissingExtra(f"videos need PyAV, which cannot be imported: {err}", where="import av", fix="pip install av") from err
    av.logging.set_libav_level(av.logging.FATAL)  # what is wrong with a file is raised; FFmpeg would print it line by line as well
    return av
