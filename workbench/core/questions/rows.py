"""What the rows of vectors stand for: their names and metadata, and the pictures that they were computed from."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from jaxtyping import Int, Shaped, UInt8

from workbench.core.card import FileKey, FolderKey, ModelKey, VectorsKey
from workbench.core.codec import portable
from workbench.core.questions.base import Question, question


@portable
@dataclass(frozen=True, eq=False)
class RowTable:
    """Everything that is known of vectors except the vectors.

    Args:
        names: of the clips. clip: row -> index into `names`. frame: row -> first frame of its time step; None where a row is a whole clip.
        token: row -> (row, column) on the grid; None where rows are no tokens. columns: name -> one number or text a row.
        dim: features of a vector. left_out: rows with NaN or infinity, which are not among these. skipped: (name, reason) of unreadable clips.
        notes: of vectors made elsewhere, what of the file they are, and how labels were joined, in words.
    """

    names: Shaped[np.ndarray, "clips"]
    clip: Int[np.ndarray, "rows"]
    frame: Int[np.ndarray, "rows"] | None
    token: Int[np.ndarray, "rows 2"] | None
    columns: Mapping[str, Shaped[np.ndarray, "rows"]]
    dim: int
    left_out: int
    skipped: tuple[tuple[str, str], ...] = ()
    notes: tuple[str, ...] = ()

    @property
    def count(self) -> int:
        """How many rows there are."""
        return len(self.clip)

    def name(self, row: int) -> str:
        """Of a row, for a reader."""
        words = str(self.names[self.clip[row]])
        if self.frame is not None and int(self.frame.max(initial=0)) > 0:
            words += f" · frame {int(self.frame[row])}"
        if self.token is not None:
            words += f" · token {int(self.token[row, 0])},{int(self.token[row, 1])}"
        return words


@portable
@dataclass(frozen=True)
class VectorsFacts:
    """Vectors of a file in numbers.

    Args:
        rows: without NaN and infinity. left_out: rows with them. dim: features of a vector. level: what a row stands for: "clip", "frame" or "token".
    """

    rows: int
    left_out: int
    dim: int
    level: str


@portable
@dataclass(frozen=True, eq=False)
class RowPictures:
    """The pictures that rows stand for, as the model is shown them, on squares of one size.

    Args:
        rows: that were asked. pictures: of each. boxes: top, left, height and width of the token in its picture; zeros where a row is no token.
    """

    rows: Int[np.ndarray, "rows"]
    pictures: UInt8[np.ndarray, "rows side side 3"]
    boxes: Int[np.ndarray, "rows 4"]

    @property
    def mean(self) -> float:
        """Of all pixels."""
        return float(self.pictures.mean()) if self.pictures.size else 0.0


@question(
    "row_table",
    title="What vectors stand for",
    formula="names, places and metadata of the rows, as they were stored with the vectors",
    source="the file of the vectors",
    cannot="Says nothing about the vectors themselves.",
    number="count",
)
@dataclass(frozen=True, eq=False)
class DescribeRows(Question[RowTable]):
    """Names, places and metadata of vectors. The vectors stay where they are."""

    vectors: VectorsKey


@question(
    "find_vectors",
    title="Whether a file holds vectors",
    formula="the header of the file: names, shapes and kinds of its arrays",
    source="the file",
    cannot="An array of the right shape need not be one of vectors.",
    lane="reading",
    number="real",  # a text is no number: nothing prints it
)
@dataclass(frozen=True, eq=False)
class FindVectors(Question[str]):
    """What of a file `open_vectors` takes as vectors, in words; "" where the file is something else, as a checkpoint or a bank of clips."""

    file: FileKey


@question(
    "describe_vectors",
    title="Vectors in numbers",
    formula="rows and features, as `open_vectors` reads them",
    source="the file of the vectors",
    cannot="Says nothing about what the vectors hold.",
    number="rows",
)
@dataclass(frozen=True, eq=False)
class DescribeVectors(Question[VectorsFacts]):
    """How many vectors there are, of how many features. Opens the file, and joins the labels that the key names."""

    vectors: VectorsKey


@question(
    "row_pictures",
    title="Pictures of rows",
    formula="the frame that a row stands for, after size and crop, before normalisation; of a whole clip, its middle frame",
    source="the clips that the vectors were computed from",
    cannot="What a person sees in a picture need not be what the model uses of it.",
    number="mean",
)
@dataclass(frozen=True, eq=False)
class PicturesOfRows(Question[RowPictures]):
    """Pictures of some rows of vectors.

    Args:
        rows: their numbers, given back. clip, frame, token: of each, as in `RowTable`; −1 where a row has none. side: pixels of the squares.
    """

    model: ModelKey
    clips: FolderKey
    rows: Int[np.ndarray, "rows"]
    clip: Int[np.ndarray, "rows"]
    frame: Int[np.ndarray, "rows"]
    token: Int[np.ndarray, "rows 2"]
    side: int = 96
