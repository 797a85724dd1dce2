"""A bank: many clips of one size in one .npz or .npy file."""

from __future__ import annotations

import math
import zipfile
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import numpy as np
from jaxtyping import Shaped, UInt8

from workbench.core.clip import Clip
from workbench.core.errors import ClipError, WorkbenchError
from workbench.core.footage import FilmFacts
from workbench.data.clips import Clips
from workbench.data.paths import readable
from workbench.data.sampling import pick

MOST_BYTES = 512 << 20
_TRACKS = ("actions", "states")
_LAYOUT = "save uint8 `pixels` [clips, frames, height, width, 1 to 3 channels], and optionally fps, labels, names, actions, states"


class Bank(Clips):
    """Clips of one size with what is known of them.

    Args:
        pixels: all frames. arrays: what else the file holds, each with one row a clip: labels, actions, states, …
        fps: frames a second; None for stills. frames, sample_fps: how to sample each clip; None = as stored. start, length: seconds, of which part of each.
        names: one a clip. source: the file.
    """

    def __init__(
        self,
        pixels: UInt8[np.ndarray, "clips frames height width channels"],
        *,
        fps: float | None = None,
        names: tuple[str, ...] = (),
        arrays: Mapping[str, np.ndarray] | None = None,
        frames: int | None = None,
        sample_fps: float | None = None,
        start: float = 0.0,
        length: float | None = None,
        source: str = "",
    ) -> None:
        super().__init__(names or tuple(map(str, range(len(pixels)))), "bank", self._clip, self._facts)
        self.pixels, self.fps, self.arrays, self.source = pixels, fps, dict(arrays or {}), source
        self._chosen, self._fps = pick(pixels.shape[1], fps, frames=frames, fps=sample_fps, start=start, length=length, where=source)

    def sampled(self, *, frames: int | None = None, fps: float | None = None, start: float = 0.0, length: float | None = None) -> Bank:
        """The same clips, other frames of them; the pixels are shared. Arguments as of `load_bank`."""
        about: dict[str, Any] = {"fps": self.fps, "names": self.names, "arrays": self.arrays, "source": self.source}
        found = Bank(self.pixels, frames=frames, sample_fps=fps, start=start, length=length, **about)
        found.came_from(self.path, self.files, frames=frames, fps=fps, start=start, length=length)
        return found

    @property
    def labels(self) -> Shaped[np.ndarray, "clips ..."] | None:
        """What each clip shows, as the file says; None where it does not."""
        return self.arrays.get("labels")

    @property
    def chosen(self) -> tuple[int, ...]:
        """Which of the stored frames a clip has."""
        return tuple(int(k) for k in self._chosen)

    def _facts(self, _index: int) -> FilmFacts | None:
        frames = self.pixels.shape[1]
        return FilmFacts(frames, frames / self.fps if self.fps else 0.0, self.fps) if frames > 1 else None

    def _clip(self, index: int) -> Clip:
        chosen = self._chosen
        whole = len(chosen) == self.pixels.shape[1]
        in_a_row = chosen[-1] - chosen[0] == len(chosen) - 1
        states, actions = (self.arrays[k][index] if k in self.arrays else None for k in ("states", "actions"))
        if actions is not None and not whole:
            actions = actions[chosen[0] : chosen[-1]] if in_a_row else None
        return Clip(
            np.ascontiguousarray(self.pixels[index, chosen]),
            fps=self._fps,
            actions=actions,
            states=None if states is None else states[chosen],
            source=f"{self.source} clip {self.names[index]}",
        )


def load_bank(path: str | Path, *, frames: int | None = None, fps: float | None = None, start: float = 0.0, length: float | None = None) -> Bank:
    """The clips of an .npz (`pixels`, and optionally fps, labels, names, actions, states) or of an .npy of pixels alone.

    Nothing in the file can run code: arrays of objects are refused. Clips are sampled as videos are; actions are dropped
    where frames are left out, since they no longer lead from one frame to the next.

    Args:
        path: the file. frames: how many to take of each clip; None = all. fps: frames a second to take.
        start: seconds into each clip. length: seconds of it; None = to its end.

    Raises:
        ClipError: not a bank, cut short, of another layout, or one that unpacks to more than 512 MiB.
    """
    path = readable(path)
    where = str(path)
    try:
        arrays = _arrays(path)
    except WorkbenchError:
        raise
    except Exception as err:  # numpy and zipfile raise a dozen types over foreign bytes: ValueError, zlib.error, TokenError, TypeError, …
        said = (str(err) or type(err).__name__).splitlines()[0][:160]
        raise ClipError(f"this is not a bank of clips, or it is damaged: {said}", where=where, fix=_LAYOUT) from err
    pixels, rate, names = (arrays.pop(k, None) for k in ("pixels", "fps", "names"))
    wrong = next(_wrong(pixels, rate, names, arrays), None)
    if wrong or pixels is None:
        raise ClipError(f"this bank {wrong}", where=where, fix=_LAYOUT)
    return Bank(
        pixels,
        fps=None if rate is None else float(rate.reshape(())) or None,
        names=() if names is None else tuple(map(str, names.tolist())),
        arrays={k: v.astype(np.float32) if k in _TRACKS else v for k, v in arrays.items()},
        frames=frames,
        sample_fps=fps,
        start=start,
        length=length,
        source=where,
    )


def _wrong(pixels: np.ndarray | None, rate: np.ndarray | None, names: np.ndarray | None, arrays: Mapping[str, np.ndarray]) -> Iterator[str]:
    """What is wrong with the layout, in words."""
    if pixels is None:
        yield "holds no `pixels`"
        return
    if pixels.ndim != 5 or pixels.dtype != np.uint8 or 0 in pixels.shape or pixels.shape[-1] > 3:
        yield f"holds pixels {pixels.dtype} {list(pixels.shape)}"
        return
    if rate is not None and not (rate.size == 1 and rate.dtype.kind in "iuf" and np.isfinite(rate).all() and rate.min() >= 0):
        yield f"says fps {rate.tolist()!r}, which is not one number"
    for name, rows in (("names", names), ("labels", arrays.get("labels")), *((k, arrays.get(k)) for k in _TRACKS)):
        if rows is not None and (rows.ndim == 0 or len(rows) != len(pixels)):
            yield f"holds {name} {list(rows.shape)}, which do not fit {len(pixels)} clips"
    for name in _TRACKS:
        track = arrays.get(name)
        if track is not None and (track.ndim != 3 or track.dtype.kind not in "iuf"):
            yield f"holds {name} {track.dtype} {list(track.shape)}, not numbers [clips, rows, values]"
    if "states" in arrays and arrays["states"].ndim == 3 and arrays["states"].shape[1] != pixels.shape[1]:
        yield f"holds states of {arrays['states'].shape[1]} frames, pixels of {pixels.shape[1]}"


def _arrays(path: Path) -> dict[str, np.ndarray]:
    if path.suffix.lower() == ".npy":
        return {"pixels": np.load(path, mmap_mode="r", allow_pickle=False)}
    with zipfile.ZipFile(path) as archive:
        members = archive.infolist()
        size = sum(m.file_size for m in members)
        if size > MOST_BYTES:
            fix = "save fewer clips, or pixels as an .npy, which is read in parts"
            raise ClipError(f"this bank unpacks to {size / 2**30:.1f} GiB, more than {MOST_BYTES / 2**30:g}", where=str(path), fix=fix)
        for member in members:
            with archive.open(member) as file:
                _check_header(file, member.file_size, member.filename)
    with np.load(path, allow_pickle=False) as file:
        arrays = {name: file[name] for name in file.files}
    foreign = [name for name, array in arrays.items() if not isinstance(array, np.ndarray)]
    if foreign:
        raise ValueError(f"{foreign[0]} in it is no array")
    return arrays


def _check_header(file: Any, size: int, name: str) -> None:
    """Refuse an array whose header claims more than its member of the archive holds, before it is made."""
    if file.read(6) != b"\x93NUMPY":
        raise ValueError(f"{name} in it is no array")
    version = tuple(file.read(2))
    read = np.lib.format.read_array_header_1_0 if version == (1, 0) else np.lib.format.read_array_header_2_0
    shape, _, dtype = read(file)
    claimed = math.prod(shape) * dtype.itemsize
    if not dtype.hasobject and claimed > size - file.tell():
        raise ValueError(f"{name} claims {claimed} bytes and holds {size - file.tell()}: it is cut short")
