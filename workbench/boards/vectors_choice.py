"""Vectors of a file that are open in place of a model and its clips."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from workbench.boards.clip_choice import Room
from workbench.core.card import FileKey, VectorsKey, stamp
from workbench.core.questions.rows import DescribeVectors, FindVectors, VectorsFacts
from workbench.store.recognising import may_hold

_VIEW = "open"  # the view whose questions are about what is being opened


class VectorsChoice:
    """Which vectors are open.

    Args:
        space: what they are opened in. start: told what is being opened. opened: called with the key of vectors that can be read, before they are shown.

    Attributes:
        facts: of those that are open; None: there are none.
    """

    def __init__(self, space: Room, start: Callable[[str], None], opened: Callable[[VectorsKey], None]) -> None:
        self.space, self._start, self._opened = space, start, opened
        self.facts: VectorsFacts | None = None

    @property
    def there(self) -> bool:
        """Whether vectors are open."""
        return self.facts is not None

    def open(self, path: str, labels: str = "") -> None:
        """Open vectors that were made elsewhere, in place of the model and its clips.

        Args:
            labels: a csv or parquet file of labels, which are joined to them; "" = none. See `store.join`.

        Raises:
            BadInput: a path that may not be opened.
        """
        place, table = self.space.allow(path), self.space.allow(labels) if labels else ""
        self._start(f"opening {Path(place).name}")
        key = VectorsKey(place, labels=table, stamp=stamp(place) + (stamp(table) if table else ()))

        def opened(facts: VectorsFacts) -> None:
            self.facts = facts
            self._opened(key)

        self.space.ask(DescribeVectors(key), _VIEW, opened, self.space.open_ended)

    def unless(self, path: str, otherwise: Callable[[], object]) -> None:
        """Open vectors where a file holds some, by its header; else go on."""

        def found(taken: str) -> None:
            if taken:
                self.open(path)
            else:
                otherwise()

        if may_hold(path):
            self.space.ask(FindVectors(FileKey(path)), _VIEW, found, self.space.open_ended)
        else:
            otherwise()
