"""Where a model computes, and what happens when it has too little memory."""

from __future__ import annotations

import os
import re
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import torch

from workbench.core.errors import BadInput, OutOfMemory

_MEMINFO = Path("/proc/meminfo")
_DTYPES = {"float32": torch.float32, "bfloat16": torch.bfloat16, "float16": torch.float16}


def available_devices() -> tuple[str, ...]:
    """The kinds of device of this machine: "cpu", and "cuda" or "mps" where there is one."""
    cuda = ("cuda",) if torch.cuda.is_available() else ()
    mps = ("mps",) if torch.backends.mps.is_available() else ()
    return ("cpu", *cuda, *mps)


def pick_device(name: str | torch.device) -> torch.device:
    """A device by its name.

    Args:
        name: "cpu", "cuda", "cuda:1", "mps".

    Raises:
        BadInput: no such device, or not on this machine.
    """
    have = available_devices()
    try:
        device = torch.device(name)
    except RuntimeError as err:
        raise BadInput(f"{name!r} is not a device", where="device", fix=f"this machine has {', '.join(have)}") from err
    count = torch.cuda.device_count() if device.type == "cuda" else 1
    if device.type not in have or (device.index or 0) >= count:
        raise BadInput(f"there is no {device} here", where="device", fix=f"this machine has {', '.join(have)}")
    return device


def pick_dtype(name: str | torch.dtype) -> torch.dtype:
    """A floating type for the weights, by its name or itself.

    Raises:
        BadInput: not one that models are run in.
    """
    wanted = _DTYPES.get(name) if isinstance(name, str) else name
    if wanted not in _DTYPES.values():
        raise BadInput(f"models do not run in {name}", where="dtype", fix=f"one of {', '.join(_DTYPES)}")
    return wanted  # type: ignore[return-value]


@contextmanager
def guard_memory(what: str, device: str | torch.device = "cpu") -> Iterator[None]:
    """Turn torch's ways of running out of memory into one error with numbers.

    Args:
        what: what is being done, for the reader: "encoding 16 clips".

    Raises:
        OutOfMemory: with what was needed and what is free, where the system tells.
    """
    try:
        yield
    except (MemoryError, RuntimeError) as err:
        if not _is_memory(err):
            raise
        needed = re.search(r"allocate ([\d.]+ ?\w+)", str(err))
        asked = f"{needed[1]} more were needed" if needed else "more memory was needed than there is"
        free = _free_bytes(torch.device(device))
        left = f", {free / 2**30:.1f} GiB are free" if free is not None else ""
        fix = "use fewer clips, frames or tokens at a time, a smaller image_size, or dtype=torch.bfloat16"
        raise OutOfMemory(f"{what}: {asked}{left}", where=str(device), fix=fix) from err


def ask_memory(wanted: int, what: str, *, fix: str, device: str | torch.device = "cpu") -> None:
    """Refuse work before it begins where it needs more memory than is free.

    Args:
        wanted: bytes. what: is to be kept, for the reader. fix: what to do.

    Raises:
        OutOfMemory: with what is needed and what is free; never where the system does not tell.
    """
    free = _free_bytes(torch.device(device))
    if free is not None and wanted > free:
        raise OutOfMemory(f"{what} take {wanted / 2**30:.2g} GiB, {free / 2**30:.2g} GiB are free", where=str(device), fix=fix)


def _is_memory(err: Exception) -> bool:
    words = str(err).lower()
    return isinstance(err, MemoryError | torch.OutOfMemoryError) or "out of memory" in words or "can't allocate memory" in words


def _free_bytes(device: torch.device) -> int | None:
    if device.type == "cuda":
        return int(torch.cuda.mem_get_info(device)[0])
    if device.type == "cpu" and _MEMINFO.is_file():  # with what the system would give back of its file cache
        found = re.search(r"^MemAvailable:\s+(\d+) kB", _MEMINFO.read_text(encoding="utf-8"), re.MULTILINE)
        if found:
            return int(found[1]) << 10
    if device.type == "cpu" and hasattr(os, "sysconf") and "SC_AVPHYS_PAGES" in os.sysconf_names:
        return os.sysconf("SC_AVPHYS_PAGES") * os.sysconf("SC_PAGE_SIZE")
    return None
