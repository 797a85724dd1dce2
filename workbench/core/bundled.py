"""Where the data are that come with the program."""

from __future__ import annotations

from pathlib import Path

from workbench.core.errors import BadInput


def root() -> Path:
    """The folder of all samples: beside the package in a clone, inside it in a wheel.

    Raises:
        BadInput: it is in neither place.
    """
    package = Path(__file__).resolve().parents[1]
    places = (package.parent / "sample_data", package / "_sample_data")
    for place in places:
        if place.is_dir():
            return place
    raise BadInput("the samples are missing", where=" and ".join(map(str, places)), fix="install jepa-workbench again, or clone the whole repository")
