"""Scatter: a map of points, one a row of a table, up to a million and more."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import traitlets as t
from jaxtyping import Bool, Float, Integer, UInt8

from widgets._esm import css, esm
from widgets._rows import NO_LABEL, check_codes, check_filters, codes_of, packed, rows_of, text_of_hidden, text_of_window
from widgets._traits import View, binary, check_bytes, numbers, proposed, whole_numbers

NO_ROW = 0xFFFFFFFF  # in a trajectory: a step of which there is no row
NEIGHBOURS = ("true", "false", "torn")
MAX_NAMES = 50_000  # rows whose names cross to the browser; above, Python searches
_ITEM = {"category": (2, ()), "value": (4, ()), "points": (4, (2,))}


class Scatter(View):
    """Shows rows as points, coloured by category or value. Rows are pointed at, filtered, searched and selected; a row's id is its place in `points`.

    The browser writes `hover`, `selected`, `region`, `pressed`, `hidden`, `window`, `filters`, `query`, `tool`, `camera`, `sight` and `shown`. Rows whose coordinates are not
    finite are kept in the numbering, never drawn and never selected; `dropped` counts them. Columns cross to the browser once; selections come back as bits.
    """

    _esm = esm("scatter.js")
    _css = css("scatter.css", "_map_legend.css")

    count = t.Int(0, min=0, help="how many rows there are").tag(sync=True)
    points = binary("float32 [count, 2], little-endian: x and y, y upwards; not finite = not drawn")
    dropped = t.Int(0, min=0, help="rows without finite coordinates; follows from `points`").tag(sync=True)
    partial = t.Bool(False, help="the map is of some rows on purpose: those without coordinates are not said to be left out").tag(sync=True)
    colour = t.Enum(["none", "category", "value"], "none", help="the column that colours the points").tag(sync=True)
    category = binary("uint16 [count], little-endian: index into `labels`; 65535 = no label")
    category_name = t.Unicode("", help="what the categories are, as 'digit'").tag(sync=True)
    labels: t.List[Any] = t.List(t.Unicode(), [], help="texts of the categories").tag(sync=True)
    no_label = t.Unicode("no label", help="what rows without a category are called").tag(sync=True)
    lit = t.Int(-1, min=-1, help="the category that stands out while nothing is selected; −1 = none").tag(sync=True)
    value = binary("float32 [count], little-endian; NaN = unknown")
    value_name = t.Unicode("", help="what the values are, as 'distortion'").tag(sync=True)
    value_unit = t.Unicode("", help="their unit").tag(sync=True)
    value_range = numbers([], "[low, high] of the colours; empty = the least and the largest")
    colour_map = t.Enum(["cividis", "signed"], "cividis", help="colours of values").tag(sync=True)
    names: t.List[Any] = t.List(
        t.Unicode(), [], help=f"a text a row, shown and searched; empty = none, or too many: more than {MAX_NAMES} stay in Python"
    )
    names.tag(sync=True)

    hidden = whole_numbers([], "codes of the categories that are filtered out")
    window = numbers([], "[low, high] of the values that are shown; empty = all; rows without a value are shown only where it is empty")
    filters: t.List[Any] = t.List(t.Dict(), [], help='filters by columns that are not shown now: {"column", "text", "rows", "hidden" or "window"}')
    filters.tag(sync=True)
    search = t.Enum(["browser", "python"], "browser", help="who answers `query`: the browser by names and labels, or Python by `show_found`").tag(
        sync=True
    )
    query = t.Unicode("", help="text that is searched for; only rows with it are shown").tag(sync=True)
    found = t.Unicode("", help="rows that Python found, as `selected`").tag(sync=True)
    found_query = t.Unicode("", help="the query that `found` answers").tag(sync=True)
    shown = t.Int(0, min=0, help="how many rows pass all filters and are drawn").tag(sync=True)

    selected = t.Unicode("", help="the selected rows: bits, the first row lowest, in base64; empty = none; see `selection` and `select`").tag(
        sync=True
    )
    region = numbers([], "the last lasso or rectangle, x and y in turn, in the unit of `points`; empty = there was none")
    tool = t.Enum(["pan", "lasso", "rectangle"], "pan", help="what dragging does").tag(sync=True)
    camera = numbers([], "[x, y, units a CSS pixel] of the middle of the picture; empty = all points")

    hover = t.Int(-1, min=-1, help="the row pointed at; −1 = none").tag(sync=True)
    pressed = whole_numbers([-1, 0], "[row, n]: the last row that was clicked or entered; n grows each time", length=2)
    hover_row = t.Int(-1, min=-1, help="the row that the texts and picture below are of").tag(sync=True)
    hover_text = t.Unicode("", help="lines about it").tag(sync=True)
    hover_picture = binary("uint8 [height, width, 3]: its picture")
    hover_shape = whole_numbers([0, 0], "[height, width] of its picture", length=2)
    hover_box = whole_numbers([], "[top, left, height, width] of a box in its picture; empty = none")
    neighbours_of = t.Int(-1, min=-1, help="the row that lines start at; −1 = none").tag(sync=True)
    neighbours = whole_numbers([], "rows that lines go to")
    neighbour_kinds: t.List[Any] = t.List(
        t.Enum(NEIGHBOURS), [], help="of each line: true = near in both, false = near in the map only, torn = near in full only"
    )
    neighbour_kinds.tag(sync=True)
    paths = binary("uint32, little-endian: rows of all trajectories, one after another; 4294967295 = a step without a row")
    path_lengths = whole_numbers([], "how many rows each trajectory has")
    path = t.Int(-1, min=-1, help="the trajectory that is drawn whatever is pointed at or selected; −1 = none").tag(sync=True)
    tick = t.Int(-1, min=-1, help="the step of the trajectories that is marked; −1 = none").tag(sync=True)

    sight = numbers(
        [], "[left, right, bottom, top, width, height], in the unit of `points` and CSS pixels: what `still` is wanted of; empty = nothing"
    )
    still = binary(
        "uint8 [height, width, 4]: red, green, blue and opacity of a picture in place of the points, where these are too many to be drawn one by one; empty = none"
    )
    still_shape = whole_numbers([0, 0], "[height, width] of it", length=2)
    still_extent = numbers([], "[left, right, bottom, top] of it, in the unit of `points`")

    title = t.Unicode("", help="what the map is").tag(sync=True)
    x_label = t.Unicode("", help="what x is, with its unit; empty = nothing by itself").tag(sync=True)
    y_label = t.Unicode("", help="what y is, with its unit").tag(sync=True)
    note = t.Unicode("", help="a line under the map").tag(sync=True)
    message = t.Unicode("No points yet", help="shown while there are none").tag(sync=True)
    place_labels = t.Bool(True, help="write the names of categories beside their points").tag(sync=True)
    plot_height = t.Int(0, min=0, help="CSS pixels the map is high; 0 = by the room there is").tag(sync=True)
    bare = t.Bool(False, help="only title, picture and note: for small maps side by side").tag(sync=True)
    version = t.Int(0, help="counts answers; the root's data-version shows the one on screen").tag(sync=True)

    def set_points(self, points: Float[np.ndarray, "rows 2"], *, names: Sequence[str] | None = None) -> None:
        """Shows other points.

        Args:
            points: x and y of each row. Where their number stays the same, columns, filters and the selection stay: it is another map of the same rows.
            names: a text a row; only up to 50,000 rows. None: those that are there stay, if the number of rows does.

        Raises:
            TraitError: names are of another number, or too many.
        """
        with self.together():
            if len(points) != self.count:
                self._forget()
                self.count = len(points)
            self.points = np.ascontiguousarray(points, "<f4").tobytes()
            self.camera, self.region = [], []
            self.show_still(None)
            self.neighbours_of, self.neighbours, self.neighbour_kinds = -1, [], []
            if names is not None:
                self.names = list(names)

    def set_category(
        self, codes: Integer[np.ndarray, " rows"], labels: Sequence[str], *, name: str = "", no_label: str = "no label", lit: int = -1
    ) -> None:
        """Colours by another category. A filter by the one before stays in force; the filter of this one, if there was one, comes back.

        Args:
            codes: index into labels; negative = no label. labels: texts, at most 65,535. name: what the categories are.
            no_label: what rows without one are called. lit: the category that stands out while nothing is selected; −1 = none.

        Raises:
            TraitError: codes without a label, or of another number.
        """
        column = codes_of(codes, len(labels))
        with self.together():
            self._set_aside("category", name)
            back = self._taken_back(name, "hidden")
            self.labels, self.category_name, self.category, self.colour = list(labels), name, column, "category"
            self.no_label, self.lit = no_label, lit
            self.hidden = sorted(k for k in back if k < len(labels) or k == NO_LABEL)

    def set_value(
        self, values: Float[np.ndarray, " rows"], *, name: str = "", unit: str = "", ends: Sequence[float] = (), colours: str = "cividis"
    ) -> None:
        """Colours by another value. A filter by the one before stays in force; the filter of this one, if there was one, comes back.

        Args:
            values: NaN = unknown. name: what they are. unit: of the values. ends: (low, high) of the colours. colours: "cividis" or "signed".
        """
        with self.together():
            self._set_aside("value", name)
            back = self._taken_back(name, "window")
            self.value_name, self.value_unit, self.value_range, self.colour_map = name, unit, [float(end) for end in ends], colours
            self.value, self.colour, self.window = np.ascontiguousarray(values, "<f4").tobytes(), "value", [float(end) for end in back]

    def set_paths(self, paths: Sequence[Sequence[int] | np.ndarray]) -> None:
        """Draws trajectories: those of rows that are pointed at or selected, and `path`; of few, all.

        Args:
            paths: rows of each, in the order of time; `NO_ROW` for a step of which there is none.
        """
        with self.together():
            self.path_lengths = [len(path) for path in paths]
            self.paths = np.concatenate([np.asarray(path, "<u4") for path in paths]).tobytes() if paths else b""

    @property
    def selection(self) -> np.ndarray:
        """Ids of the selected rows, ascending, int64."""
        return np.flatnonzero(rows_of(self.selected, self.count))

    def select(self, rows: Sequence[int] | np.ndarray) -> None:
        """Selects these rows and no others. Raises TraitError where there are no such rows."""
        ids = np.asarray(rows, np.int64).reshape(-1)
        if ids.size and not (ids.min() >= 0 and ids.max() < self.count):
            raise t.TraitError(f"Scatter.select was given row {ids.min() if ids.min() < 0 else ids.max()}, but the rows are 0 to {self.count - 1}")
        chosen = np.zeros(self.count, bool)
        chosen[ids] = True
        self.selected = packed(chosen) if ids.size else ""

    def visible(self) -> Bool[np.ndarray, " rows"]:
        """Which rows the browser shows: drawn, and let through by every filter and by the search. With `search` in the browser, by names and labels here too."""
        shown = np.isfinite(self.coordinates()).all(axis=1)
        codes, values = np.frombuffer(self.category, "<u2"), np.frombuffer(self.value, "<f4")
        if len(codes) and self.hidden:
            shown &= ~np.isin(codes, self.hidden)
        if len(values) and self.window:
            shown &= (values >= np.float32(self.window[0])) & (values <= np.float32(self.window[1]))
        for each in self.filters:
            shown &= rows_of(each["rows"], self.count)
        return shown & self._matching()

    def coordinates(self) -> Float[np.ndarray, "rows 2"]:
        """The points as they were set, float32."""
        return np.frombuffer(self.points, "<f4").reshape(-1, 2)

    def show_found(self, query: str, rows: Bool[np.ndarray, " rows"]) -> None:
        """Answers a search. query: that was asked. rows: True where it was found."""
        with self.together():
            self.found, self.found_query = packed(rows), query

    def show_hover(
        self, row: int, text: str = "", picture: UInt8[np.ndarray, "height width 3"] | None = None, box: Sequence[int] | None = None
    ) -> None:
        """Says what is known of a row, beside its point while it is pointed at.

        Args:
            row: its id. text: lines. picture: RGB, 0 to 255. box: (top, left, height, width) in the picture.
        """
        with self.together():
            self.hover_row, self.hover_text, self.hover_box = row, text, [int(side) for side in box or ()]
            self.hover_shape = [0, 0] if picture is None else list(picture.shape[:2])
            self.hover_picture = b"" if picture is None else np.ascontiguousarray(picture).tobytes()

    def show_still(self, image: UInt8[np.ndarray, "height width 4"] | None, extent: Sequence[float] = ()) -> None:
        """Shows a picture of the points in place of more of them than the browser draws: above a million, or without WebGL above 50,000.

        Args:
            image: red, green, blue and opacity, the upper row first; None: there is none. extent: left, right, bottom and top edge, in the unit of `points`.
        """
        with self.together():
            self.still_shape = [0, 0] if image is None else list(image.shape[:2])
            self.still = b"" if image is None else np.ascontiguousarray(image).tobytes()
            self.still_extent = [float(edge) for edge in extent]

    def show_neighbours(self, row: int, rows: Sequence[int], kinds: Sequence[str]) -> None:
        """Draws lines from a row to others.

        Args:
            row: where they start; −1 takes them away. rows: where each goes to. kinds: of each "true" (near in both), "false" (near in the map only) or
                "torn" (near in the full space only).
        """
        with self.together():
            self.neighbours_of, self.neighbours, self.neighbour_kinds = row, [int(each) for each in rows], list(kinds)

    def _matching(self) -> Bool[np.ndarray, " rows"]:
        everything = np.ones(self.count, bool)
        if not self.query:
            return everything
        if self.search == "python":
            return rows_of(self.found, self.count) if self.found_query == self.query and self.found else everything
        wanted = self.query.lower()
        texts = np.zeros(self.count, bool)
        codes = np.frombuffer(self.category, "<u2")
        if len(codes):
            texts |= np.isin(codes, [k for k, label in enumerate(self.labels) if wanted in label.lower()])
        if self.names:
            texts |= np.array([wanted in name.lower() for name in self.names], bool)
        return texts

    def _forget(self) -> None:
        """Drops all that speaks of rows."""
        self.points, self.category, self.value, self.paths, self.found, self.selected = b"", b"", b"", b"", "", ""
        self.names, self.labels, self.hidden, self.window, self.filters, self.path_lengths = [], [], [], [], [], []
        self.neighbours, self.neighbour_kinds, self.query, self.found_query, self.colour = [], [], "", "", "none"
        self.hover, self.hover_row, self.neighbours_of, self.path = -1, -1, -1, -1

    def _set_aside(self, column: str, name: str) -> None:
        """Turns the filter by the column that is about to be replaced into one of `filters`."""
        known = np.frombuffer(self.category, "<u2") if column == "category" else np.frombuffer(self.value, "<f4")
        condition = self.hidden if column == "category" else self.window
        if not len(known) or not condition:
            return
        if column == "category":
            text, rows = text_of_hidden(self.category_name, self.labels, self.hidden, self.no_label), ~np.isin(known, self.hidden)
            kept = {"column": self.category_name, "text": text, "rows": packed(rows), "hidden": list(self.hidden)}
        else:
            rows = (known >= np.float32(self.window[0])) & (known <= np.float32(self.window[1]))
            text = text_of_window(self.value_name, self.window, self.value_unit)
            kept = {"column": self.value_name, "text": text, "rows": packed(rows), "window": list(self.window)}
        others = [each for each in self.filters if each["column"] != kept["column"]]
        self.filters = [*others, kept]

    def _taken_back(self, name: str, key: str) -> list[Any]:
        """The condition of a filter by the column of this name, which is no longer held in `filters`."""
        held = next((each for each in self.filters if each["column"] == name and key in each), None)
        if held is None:
            return []
        self.filters = [each for each in self.filters if each is not held]
        return list(held[key])

    @t.observe("points")
    def _count_dropped(self, _change: Any) -> None:
        self.dropped = int((~np.isfinite(self.coordinates()).all(axis=1)).sum())

    @t.validate("count", "labels", *_ITEM)
    def _valid_column(self, proposal: dict[str, Any]) -> Any:
        for name, (item, rest) in _ITEM.items():
            count, value = proposed(proposal, "count", name)
            check_bytes("Scatter", name, value, (count, *rest), item=item)
        if proposal["trait"].name in ("category", "labels"):
            check_codes(*proposed(proposal, "category", "labels"))
        return proposal["value"]

    @t.validate("names")
    def _valid_names(self, proposal: dict[str, Any]) -> Any:
        names = proposal["value"]
        if len(names) > MAX_NAMES:
            raise t.TraitError(
                f"Scatter.names holds {len(names):,} texts, at most {MAX_NAMES:,} cross to the browser\n  → leave them out, set search='python' "
                "and answer `query` by `show_found`"
            )
        if names and len(names) != self.count:
            raise t.TraitError(f"Scatter.names holds {len(names)} texts, but there are {self.count} rows")
        return names

    @t.validate("filters")
    def _valid_filters(self, proposal: dict[str, Any]) -> Any:
        return check_filters(proposal["value"], self.count)

    @t.validate("selected", "found")
    def _valid_rows(self, proposal: dict[str, Any]) -> Any:
        rows_of(proposal["value"], self.count, f"Scatter.{proposal['trait'].name}")
        return proposal["value"]

    @t.validate("window", "value_range")
    def _valid_ends(self, proposal: dict[str, Any]) -> Any:
        ends = proposal["value"]
        if ends and (len(ends) != 2 or not np.isfinite(ends).all() or ends[0] > ends[1]):
            raise t.TraitError(f"Scatter.{proposal['trait'].name} is {ends}, two finite numbers [low, high] or none were expected")
        return ends

    @t.validate("neighbours", "neighbour_kinds")
    def _valid_neighbours(self, proposal: dict[str, Any]) -> Any:
        rows, kinds = proposed(proposal, "neighbours", "neighbour_kinds")
        if len(rows) != len(kinds) or any(not 0 <= row < self.count for row in rows):
            raise t.TraitError(f"Scatter.neighbours has {len(rows)} rows of 0 to {self.count - 1} and {len(kinds)} kinds; each row needs one kind")
        return proposal["value"]

    @t.validate("paths", "path_lengths")
    def _valid_paths(self, proposal: dict[str, Any]) -> Any:
        paths, lengths = proposed(proposal, "paths", "path_lengths")
        check_bytes("Scatter", "paths", paths, (sum(lengths),), item=4)
        rows = np.frombuffer(paths, "<u4")
        if (last := int(rows[rows != NO_ROW].max(initial=0))) >= max(self.count, 1):
            raise t.TraitError(f"Scatter.paths names row {last}, but the rows are 0 to {self.count - 1}")
        return proposal["value"]

    @t.validate("still", "still_shape")
    def _valid_still(self, proposal: dict[str, Any]) -> Any:
        still, shape = proposed(proposal, "still", "still_shape")
        check_bytes("Scatter", "still", still, (*shape, 4))
        return proposal["value"]

    @t.validate("hover_picture", "hover_shape")
    def _valid_picture(self, proposal: dict[str, Any]) -> Any:
        picture, shape = proposed(proposal, "hover_picture", "hover_shape")
        check_bytes("Scatter", "hover_picture", picture, (*shape, 3))
        return proposal["value"]
