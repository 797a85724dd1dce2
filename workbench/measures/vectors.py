"""Vectors as measures are given them: an array, or a file that holds them."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import numpy as np

from workbench.core.errors import BadInput
from workbench.core.questions.projection import Points
from workbench.fits.projection import usable


def points_of(vectors: Any, *, least: int = 1) -> Points:
    """Vectors that can be used, from an array or from the path of a file.

    Raises:
        BadInput: see `fits.projection.usable`; or a file that holds none.
    """
    return usable(read(vectors) if isinstance(vectors, str | Path) else vectors, least=least)


def read(path: str | Path) -> Any:
    """The array of an .npy file. Nothing in it is run: an array of objects is refused.

    Raises:
        BadInput: no such file, or it holds something else.
    """
    where, fix = str(path), "give an .npy file with an array of numbers, points × features"
    try:
        return np.load(path, allow_pickle=False, mmap_mode="r") if Path(path).suffix == ".npy" else _other(where, fix)
    except BadInput:
        raise
    except OSError as error:
        raise BadInput(f"this file cannot be read: {error.strerror or error}", where=where, fix=fix) from error
    except (ValueError, EOFError, SyntaxError) as error:
        why = "it holds Python objects, which are not loaded" if re.search("object|pickle", str(error)) else "it is damaged, or something else"
        raise BadInput(f"this is no .npy file of vectors: {why}", where=where, fix=fix) from error


def _other(where: str, fix: str) -> Any:
    if not Path(where).exists():
        raise BadInput("there is no such file", where=where, fix=fix)
    raise BadInput("this is no .npy file", where=where, fix=fix)
