"""What colours the points of a map: columns of the vectors, where each row lies, and how far each point can be trusted."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import numpy as np
from jaxtyping import Shaped

from widgets import Scatter
from widgets.palette import categories
from workbench.boards.embedding.places import Chosen
from workbench.core.questions.projection import TrustResult
from workbench.core.questions.rows import RowTable

THIS = "this clip"
PLACES = ("clip", "frame", "token row", "token column", THIS)
FALSE, TORN = "false neighbours", "torn neighbours"
_CLASSES, _NAMED = 32, 65_000  # whole numbers with at most so many values are classes; categories that codes can tell apart
_PREFERRED = ("label", "shape", "colour", "event")


@dataclass(frozen=True, eq=False)
class Colouring:
    """A column of a map.

    Args:
        kind: "category" or "value". values: codes, or numbers with NaN where nothing is known. labels: texts of the codes. unit: of the numbers.
    """

    name: str
    kind: Literal["category", "value"]
    values: Shaped[np.ndarray, "rows"]
    labels: tuple[str, ...] = ()
    unit: str = ""

    @property
    def tells(self) -> bool:
        """Whether every row has a value and they differ, so that neighbours can be asked for it."""
        known = np.isfinite(self.values) if self.values.dtype.kind == "f" else self.values >= 0
        return bool(known.all()) and len(self.values) > 0 and not (self.values == self.values[0]).all()

    @property
    def ends(self) -> tuple[float, ...]:
        """Values of the first and the last colour; empty: the least and the largest value."""
        return (0.0, 1.0) if self.name in (FALSE, TORN) else ()

    def show(self, view: Scatter) -> None:
        """Colour a map by it."""
        if self.name == THIS:
            view.set_category(self.values, self.labels, name=THIS, no_label="other clips", lit=0)
        elif self.kind == "category":
            view.set_category(self.values, self.labels, name=self.name)
        else:
            view.set_value(self.values.astype(np.float32), name=self.name, unit=self.unit, ends=self.ends)

    def said(self, row: int) -> str:
        """Of one row, for a reader."""
        if self.kind == "category":
            code = int(self.values[row])
            return f"{self.name} {self.labels[code]}" if 0 <= code < len(self.labels) else f"{self.name}: no label"
        return f"{self.name} {float(self.values[row]):.3g} {self.unit}".rstrip()


def colourings(table: RowTable, trust: TrustResult | None, among: Chosen | None = None) -> dict[str, Colouring]:
    """Everything that can colour this map, by name; what says most stands first. among: the rows that trust is of; None: all."""
    found = dict[str, Colouring]()
    for name, column in table.columns.items():
        if (made := of_column(name, column, len(table.names))) is not None:
            found[name] = made
    if table.frame is not None:
        found["clip"] = _of_clips(table)
        if int(table.frame.max(initial=0)) > 0:
            found["frame"] = Colouring("frame", "value", table.frame.astype(np.float64), unit="frames")
    if table.token is not None:
        for axis, name in enumerate(PLACES[2:4]):
            found[name] = Colouring(name, "value", table.token[:, axis].astype(np.float64))
    order = sorted(
        found,
        key=lambda name: (
            name not in _PREFERRED,
            _PREFERRED.index(name) if name in _PREFERRED else 0,
            name not in table.columns or found[name].kind != "category",
        ),
    )
    ordered = {name: found[name] for name in order}
    if trust is not None:
        ordered |= distortions(trust, table.count, among)
    return ordered


def crowded(table: RowTable) -> str:
    """Which columns of texts cannot colour the map, having more different ones than can be told apart, in words; "" where there is none."""
    found = []
    for name, column in table.columns.items():
        count = len(np.unique(column)) if column.dtype.kind == "U" and len(column) > _NAMED else 0
        if count > _NAMED:
            found.append(f"{name} ({count:,})")
    return f"no colours by {', '.join(found)}: more than {_NAMED:,} different texts" if found else ""


def this_clip(table: RowTable, clip: int) -> Colouring | None:
    """The rows of one clip apart from all others; None where a clip is one row, or there is no other."""
    if table.frame is None or len(table.names) < 2 or not 0 <= clip < len(table.names):
        return None
    return Colouring(THIS, "category", np.where(table.clip == clip, 0, -1), (str(table.names[clip]),))


def stratum(table: RowTable) -> str | None:
    """The column by which a sample of these rows holds every class in proportion; None where no column is of classes."""
    found = colourings(table, None)
    return next((name for name, each in found.items() if each.kind == "category" and name in table.columns), None)


def distortions(trust: TrustResult, count: int, among: Chosen | None = None) -> dict[str, Colouring]:
    """How far each point can be trusted: 0 = its neighbourhood is as in the full space."""
    made = dict[str, Colouring]()
    for name, term in ((FALSE, trust.distortion.trustworthiness), (TORN, trust.distortion.continuity)):
        values = np.full(count, np.nan)
        values[trust.distortion.rows if among is None else among[trust.distortion.rows]] = np.clip(1 - term, 0, 1)
        made[name] = Colouring(name, "value", values)
    return made


def slots_of(colouring: Colouring) -> dict[int, int]:
    """The place of each category among the colours, as on the large map: in their order; of more than there are discs and rings, the largest first."""
    most, count = 2 * (len(categories()) - 1), len(colouring.labels)
    order = np.arange(count)
    if count > most:
        order = np.argsort(-np.bincount(colouring.values[colouring.values >= 0], minlength=count), kind="stable")
    return {int(code): place for place, code in enumerate(order[:most])}


def of_column(name: str, column: np.ndarray, clips: int) -> Colouring | None:
    """A column as colours; None where it says nothing, or only what each clip is called."""
    if column.dtype.kind in "iu" and len(np.unique(column)) > _CLASSES:
        return Colouring(name, "value", column.astype(np.float64))
    if column.dtype.kind == "f":
        return Colouring(name, "value", column.astype(np.float64)) if np.isfinite(column).any() else None
    labels, codes = np.unique(column, return_inverse=True)
    if len(labels) < 2 or len(labels) > _NAMED or (column.dtype.kind == "U" and len(labels) >= clips):
        return None
    words = tuple(str(label) for label in labels)
    return Colouring(name, "category", codes.reshape(-1).astype(np.int64), words)


def _of_clips(table: RowTable) -> Colouring:
    if len(table.names) > _NAMED:
        return Colouring("clip", "value", table.clip.astype(np.float64))
    return Colouring("clip", "category", table.clip.astype(np.int64), tuple(str(n) for n in table.names))
