"""Where results are kept on this machine, and how files reach the disk whole."""

from __future__ import annotations

import os
import secrets
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from workbench.core.errors import BadInput, MissingExtra

VARIABLE = "JEPA_WORKBENCH_STORE"
PARTIAL = ".partial"


def store_folder(given: str | Path | None = None) -> Path:
    """The folder of the store.

    Args:
        given: takes precedence over the environment variable JEPA_WORKBENCH_STORE; None: that, else `jepa-workbench` in the user's cache folder
            (XDG_CACHE_HOME, else ~/.cache).
    """
    said = given or os.environ.get(VARIABLE)
    if said:
        return Path(said).expanduser()
    cache = os.environ.get("XDG_CACHE_HOME")
    return (Path(cache) if cache else Path("~/.cache")).expanduser() / "jepa-workbench"


def partial(place: Path) -> Path:
    """A new name beside a place, under which it is written before it is renamed."""
    return place.with_name(f"{place.name}.{os.getpid()}-{secrets.token_hex(4)}{PARTIAL}")


def settle(part: Path, place: Path) -> None:
    """Give a written file or folder its name, once all of it has reached the disk.

    Raises:
        OSError: the disk refuses, or a folder of that name is there already.
    """
    if part.is_dir():
        for folder, _, files in os.walk(part, topdown=False):
            for name in (*files, "."):
                _sync(Path(folder) / name)
    else:
        _sync(part)
    part.rename(place) if part.is_dir() else part.replace(place)
    _sync(place.parent)


def _sync(path: Path) -> None:
    if os.name == "nt" and path.is_dir():  # a folder cannot be synchronised there
        return
    handle = os.open(path, os.O_RDONLY if os.name != "nt" else os.O_RDWR)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


@contextmanager
def disk(where: Path) -> Iterator[None]:
    """Turn what the disk refuses into one error with its place.

    Raises:
        BadInput: full, read only, or not allowed.
    """
    try:
        yield
    except OSError as err:
        what = f"the store cannot be written: {err.strerror or err}"
        raise BadInput(what, where=str(where), fix=f"choose a folder with room that may be written: the option store, or {VARIABLE}") from err


def zarr_module() -> object:
    """The module `zarr`.

    Raises:
        MissingExtra: it is not installed.
    """
    try:
        import zarr
    except ModuleNotFoundError as err:
        raise MissingExtra("the store needs zarr", where="store", fix='pip install "jepa-workbench[maps]"') from err
    return zarr
