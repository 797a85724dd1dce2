"""Download a published checkpoint into the cache where everybody looks for it. Only ever called because somebody asked."""

from __future__ import annotations

import http.client
import os
import shutil
import tempfile
import urllib.error
import urllib.request
from importlib import import_module
from pathlib import Path

from workbench.core import progress
from workbench.core.errors import DownloadFailed, MissingExtra, WorkbenchError
from workbench.published.caches import face_folder, find_cached, torch_folder
from workbench.published.table import Published

_CHUNK, _PATIENCE = 1 << 20, 60  # bytes read at a time; seconds without any
_SPARE = 1 << 28  # bytes of the disk that are left alone
_BESIDE = ("*.json",)  # settings of a Hugging Face folder, of which some belong to the processor


def fetch(row: Published) -> Path:
    """The file or folder of a published checkpoint, downloaded unless it is here already. Tells `core.progress` how far it is.

    Raises:
        DownloadFailed: the server does not answer, gives less than it announced, or the disk is full. MissingExtra: it needs huggingface_hub.
    """
    known = find_cached([row]).get(row.name)
    if known is not None:
        return known.path
    return _from_url(row, torch_folder()) if row.url else _from_face(row, face_folder())


def _from_url(row: Published, folder: Path) -> Path:
    request = urllib.request.Request(row.url, headers={"User-Agent": "jepa-workbench"})
    part: Path | None = None
    try:
        folder.mkdir(parents=True, exist_ok=True)
        with urllib.request.urlopen(request, timeout=_PATIENCE) as answer:
            total = int(answer.headers.get("Content-Length") or (row.bytes if row.measured else 0))
            _check_room(total or row.bytes, folder)
            handle, name = tempfile.mkstemp(prefix=f"{row.file}.", suffix=".part", dir=folder)
            part = Path(name)
            with os.fdopen(handle, "wb") as out:
                done = 0
                while chunk := answer.read(_CHUNK):
                    out.write(chunk)
                    done += len(chunk)
                    progress.report(done, total)
        if total and done != total:
            raise DownloadFailed(f"{done} bytes came, {total} were announced", where=row.url, fix="try again; nothing was kept")
        part.chmod(0o644)  # a temporary file is its owner's alone
        os.replace(part, folder / row.file)
    except WorkbenchError:
        raise
    except (OSError, ValueError, http.client.HTTPException) as err:
        reason = f"{err.code} {err.reason}" if isinstance(err, urllib.error.HTTPError) else f"{type(err).__name__}: {err}"
        raise DownloadFailed(f"{row.file} could not be downloaded: {reason}", where=row.url, fix="try again, or fetch it with a browser") from err
    finally:
        if part is not None:
            part.unlink(missing_ok=True)
    return folder / row.file


def _check_room(size: int, folder: Path) -> None:
    free = shutil.disk_usage(folder).free
    if size + _SPARE > free:
        words = f"{size / 1e9:.1f} GB are to come, {free / 1e9:.1f} GB of the disk are free"
        raise DownloadFailed(words, where=str(folder), fix="make room, or set TORCH_HOME to a larger disk")


def _from_face(row: Published, folder: Path) -> Path:
    try:
        hub = import_module("huggingface_hub")
    except ModuleNotFoundError as err:
        if err.name != "huggingface_hub":
            raise
        raise MissingExtra(f"{row.repo} is a repository of Hugging Face", where=row.where, fix="pip install huggingface_hub") from err
    try:
        hub.snapshot_download(row.repo, allow_patterns=[*row.files, *_BESIDE], cache_dir=str(folder))
    except Exception as err:  # requests, httpx, its own: every version of it has other errors
        words = " ".join(str(err).split())[:300]
        raise DownloadFailed(f"{row.repo} could not be downloaded: {type(err).__name__}: {words}", where=row.where, fix="try again") from err
    found = find_cached([row]).get(row.name)
    if found is None:
        raise DownloadFailed(f"{row.repo} came without {' or '.join(row.files)}", where=row.where, fix="see what the repository holds today")
    return found.path
