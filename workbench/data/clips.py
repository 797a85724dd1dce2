"""Clips read one at a time, when they are looked at."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import TYPE_CHECKING, Literal, overload

from workbench.core.clip import Clip
from workbench.core.errors import BadInput, MissingExtra
from workbench.core.footage import FilmFacts

Kind = Literal["image", "video", "folder", "bank"]
if TYPE_CHECKING:
    _Row = Sequence[Clip]
else:  # a checker of types at run time samples the items of a Sequence[Clip], and would decode files that nobody looks at
    _Row = Sequence


class Clips(_Row):
    """A row of clips, each read when it is asked for and not kept.

    Args:
        names: one a clip, for the reader. kind: what they were opened from. read: index -> clip. film: index -> what is
        known of a film before it is decoded; None: all are stills.

    Attributes:
        skipped: name -> reason of those that could not be read when `readable` came to them.
    """

    def __init__(
        self, names: tuple[str, ...], kind: Kind, read: Callable[[int], Clip], film: Callable[[int], FilmFacts | None] | None = None
    ) -> None:
        self.names = names
        self.kind: Kind = kind
        self.skipped: dict[str, str] = {}
        self._read, self._film = read, film

    def __len__(self) -> int:
        return len(self.names)

    @overload
    def __getitem__(self, index: int) -> Clip: ...

    @overload
    def __getitem__(self, index: slice) -> list[Clip]: ...

    def __getitem__(self, index: int | slice) -> Clip | list[Clip]:
        """One clip, or several.

        Raises:
            IndexError: there are fewer. ClipError: this one cannot be decoded.
        """
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
