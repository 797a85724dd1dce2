"""Clips read one at a time, when they are looked at."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal, overload

from workbench.core.clip import Clip
from workbench.core.errors import BadInput, ClipError, MissingExtra
from workbench.core.footage import FilmFacts

Kind = Literal["image", "video", "folder", "bank"]
if TYPE_CHECKING:
    _Row = Sequence[Clip]
else:  # a checker of types at run time samples the items of a Sequence[Clip], and would decode files that are not used
    _Row = Sequence


class Clips(_Row):
    """A row of clips, each read when it is asked for and not kept.

    Args:
        names: one a clip, for the reader. kind: what they were opened from. read: index -> clip. film: index -> what is
        known of a film before it is decoded; None: all are stills. again: options of `open_clips` -> the same clips, other frames of them.

    Attributes:
        skipped: name -> reason of those that could not be read when `readable` came to them. path: that they were opened from.
        files: the file of each clip, or the one that holds all; empty for clips that came from no file. sampling: as options of `open_clips`.
    """

    def __init__(
        self,
        names: tuple[str, ...],
        kind: Kind,
        read: Callable[[int], Clip],
        film: Callable[[int], FilmFacts | None] | None = None,
        again: Callable[..., Clips] | None = None,
    ) -> None:
        self.names = names
        self.kind: Kind = kind
        self.skipped: dict[str, str] = {}
        self.path = ""
        self.files: tuple[Path, ...] = ()
        self.sampling: dict[str, Any] = {}
        self._read, self._film, self._again = read, film, again

    @property
    def title(self) -> str:
        """What they are called in words: "shapes bank" for a sample's own, else the name of file or folder."""
        place = Path(self.path)
        return f"{place.parent.name} bank" if place.name == "bank.npz" else place.name

    def sampled(self, *, frames: int | None = None, fps: float | None = None, start: float = 0.0, length: float | None = None) -> Clips:
        """The same clips, other frames of them. Arguments as of `open_clips`."""
        if self._again is None:
            return self
        found = self._again(frames=frames, fps=fps, start=start, length=length)
        found.came_from(self.path, self.files, frames=frames, fps=fps, start=start, length=length)
        return found

    def came_from(self, path: str, files: tuple[Path, ...], **sampling: Any) -> None:
        """Note where these clips come from; see the attributes."""
        self.path, self.files, self.sampling = path, files, sampling

    def place(self, name: str, index: int = 0) -> int:
        """The index of the clip of that name, which need not be where it was; without a name, the index.

        Raises:
            ClipError: there is none.
        """
        if name and name in self.names:
            return index if 0 <= index < len(self) and self.names[index] == name else self.names.index(name)
        if name or not 0 <= index < len(self):
            what = f"there is no {name!r}" if name else f"clip {index} was asked, there are {len(self)}, numbered from 0"
            raise ClipError(what, where=self.path, fix="choose one of them")
        return index

    def __len__(self) -> int:
        return len(self.names)

    @overload
    def __getitem__(self, index: int | str) -> Clip: ...

    @overload
    def __getitem__(self, index: slice) -> list[Clip]: ...

    def __getitem__(self, index: int | str | slice) -> Clip | list[Clip]:
        """One clip, by its place or its name, or several.

        Raises:
            IndexError: there are fewer. ClipError: there is none of that name, or it cannot be decoded.
        """
        if isinstance(index, str):
            index = self.place(index)
        if isinstance(index, slice):
            return [self[k] for k in range(*index.indices(len(self)))]
        return self._read(range(len(self))[index])

    def film(self, index: int) -> FilmFacts | None:
        """How long a film is, without decoding it; None where this is a still.

        Raises:
            IndexError: there are fewer. ClipError: this one cannot be read.
        """
        return None if self._film is None else self._film(range(len(self))[index])

    def readable(self, indices: Iterable[int] | None = None) -> Iterator[tuple[int, Clip]]:
        """(index, clip) of those that can be read; the others are noted in `skipped`, by name, with the reason.

        Args:
            indices: which to read; None = all.
        """
        for index in range(len(self)) if indices is None else indices:
            try:
                clip = self[index]
            except (BadInput, MissingExtra) as err:
                self.skipped[self.names[index]] = err.what
                continue
            self.skipped.pop(self.names[index], None)
            yield index, clip
