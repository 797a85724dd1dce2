"""Files that are dropped on the page: taken piece by piece, and looked at when the last is there."""

from __future__ import annotations

import base64
import binascii
from collections.abc import Callable
from pathlib import Path
from typing import Any

from workbench.boards.opening.places import holds_labels, holds_vectors
from workbench.boards.workspace import Workspace
from workbench.core.errors import BadInput, WorkbenchError
from workbench.store.uploads import Given, Upload, Uploads


class Dropping:
    """The files that one session drops.

    Args:
        uploads: where they are put. told: called when there is something to tell, or an error.

    Attributes:
        progress: what is arriving, in words; "" where nothing is. started: the piece at hand is the first of its files.
    """

    def __init__(self, space: Workspace, uploads: Uploads, told: Callable[[WorkbenchError | None], None]) -> None:
        self.space, self.uploads, self.told = space, uploads, told
        self.progress = ""
        self.started = False
        self._now: Upload | None = None
        self._folder: Path | None = None
        self._done: list[Upload] = []
        self._which = ""  # of several files that come together

    def take(self, piece: dict[str, Any]) -> str:
        """Take a piece. Returns why no more is wanted, "" where the next may come."""
        self.started = piece["do"] == "begin" and not self.progress
        try:
            self._act(piece)
        except WorkbenchError as error:
            self._end()
            self.told(error)
            return error.what
        self.told(None)
        return ""

    def cancel(self) -> bool:
        """Leave what is arriving; False where nothing is. The browser hears of it with its next piece."""
        arriving = bool(self.progress)
        self._end()
        return arriving

    def _act(self, piece: dict[str, Any]) -> None:
        do, name = piece["do"], piece["name"]
        if do == "folder":
            raise BadInput(
                "a folder cannot be dropped", where="drop", fix="drop the files in it, or put it on the machine of the server and open it by its path"
            )
        if do == "begin":
            self._begin(name, piece["size"], piece["files"])
        elif do == "done":
            self._open()
        elif self._now is None:
            raise BadInput("cancelled", where=name, fix="drop it again")
        elif do == "chunk":
            self.uploads.add(self._now, piece["offset"], _bytes(piece["data"], name))
            self.progress = f"receiving {self._now.name}: {100 * self._now.taken // self._now.size} %{self._which}"
        elif do == "end":
            self.uploads.finish(self._now)
            self._done.append(self._now)
            self._now = None
        else:
            raise BadInput("the browser could not read the file to its end", where=name, fix="drop it again")

    def _begin(self, name: str, size: int, files: int) -> None:
        if self.space.facts is None and not holds_vectors(name) and not holds_labels(name):
            raise BadInput("no model is open that could look at it", where=name, fix="open a model first, then drop it again")
        if not self._done and self._now is None:
            self._folder = self.uploads.batch()
        if self._folder is None or self._now is not None:
            raise BadInput("another file is still arriving", where=name, fix="wait for it, or cancel it")
        self._now = self.uploads.begin(self._folder, name, size)
        self._which = f" (file {len(self._done) + 1} of {files})" if files > 1 else ""
        self.progress = f"receiving {self._now.name}{self._which}"

    def _open(self) -> None:
        """All files are there: one is opened alone, several as a folder of them, a table of labels with its vectors."""
        done, folder = self._done, self._folder
        self._now, self._folder, self._done, self.progress = None, None, [], ""
        if not done or folder is None:
            raise BadInput("cancelled", where="drop", fix="drop it again")
        labels = [each for each in done if holds_labels(each.name)]
        if labels:
            self._label(labels, [each for each in done if each not in labels])
            return
        place = done[0].place if len(done) == 1 else folder
        if len(done) > 1:
            self.uploads.given[str(folder)] = Given(f"{len(done)} dropped files")
        self.space.open_data(str(place))

    def _label(self, labels: list[Upload], others: list[Upload]) -> None:
        """Join a table to the vectors that came with it, else to those that are open."""
        key = self.space.session.state.vectors
        vectors = str(others[0].place) if others else "" if key is None else key.path
        if len(labels) > 1 or len(others) > 1 or not holds_vectors(vectors):
            for upload in (*labels, *others):
                self.uploads.drop(upload)
            raise BadInput(
                "a table of labels belongs to one file of vectors", where=labels[0].name, fix="drop both together, or open the vectors first"
            )
        self.space.vectors.open(vectors, str(labels[0].place))

    def _end(self) -> None:
        """Nothing more is wanted of these files."""
        for upload in (*self._done, *([] if self._now is None else [self._now])):
            self.uploads.drop(upload)
        self._now, self._folder, self._done, self.progress = None, None, [], ""


def _bytes(text: str, name: str) -> bytes:
    try:
        return base64.b64decode(text, validate=True)
    except (binascii.Error, ValueError) as error:
        raise BadInput("a piece of the file cannot be read", where=name, fix="drop it again") from error
