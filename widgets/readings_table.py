"""ReadingsTable: what was measured, one measure a row, with what each of them needs and cannot tell."""

from __future__ import annotations

from typing import Any

import traitlets as t

from widgets._esm import css, esm
from widgets._schema import TEXT, TEXTS, check_dict, dicts
from widgets._traits import View

_ROW = {"title": TEXT, "cells": TEXTS, "needs": TEXT, "cannot": TEXT}


class ReadingsTable(View):
    """A table of measures. A measure that could not be computed keeps its row, and says why in place of its numbers."""

    _esm = esm("readings_table.js")
    _css = css("readings_table.css")

    caption = t.Unicode("", help="what was measured, in words").tag(sync=True)
    columns: t.List[Any] = t.List(t.Unicode(), [], help="what the cells of a row are, in order").tag(sync=True)
    rows = t.List(
        t.Dict(),
        help="dicts of title, cells (a text a column, or none), needs, cannot (what it cannot tell), and optionally formula, missing (why there are no cells)",
    ).tag(sync=True)
    message = t.Unicode("Nothing was measured yet", help="shown while there are no rows").tag(sync=True)

    @t.validate("rows")
    def _check_rows(self, proposal: Any) -> Any:
        for row in dicts("ReadingsTable.rows", proposal["value"]):
            check_dict(f"ReadingsTable.rows ({row.get('title')})", row, _ROW, {"formula": TEXT, "missing": TEXT})
            if len(row["cells"]) != (0 if row.get("missing") else len(self.columns)):
                raise t.TraitError(f"ReadingsTable.rows: {row['title']!r} has {len(row['cells'])} cells for {len(self.columns)} columns")
        return proposal["value"]
