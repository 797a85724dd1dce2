"""Sets of rows and columns of codes, as they cross to the browser: bits in base64, and uint16."""

from __future__ import annotations

import base64
import binascii
from collections.abc import Sequence
from typing import Any

import numpy as np
import traitlets as t
from jaxtyping import Bool, Integer

from widgets._schema import COUNT, NUMBER, TEXT, Rule, check_dict, dicts, is_list_of

NO_LABEL = 65535  # the code of a row without a label
_SHOWN_LABELS = 3
_OPTIONAL: dict[str, Rule] = {"hidden": ("a list of codes", is_list_of(COUNT[1])), "window": ("[low, high]", is_list_of(NUMBER[1]))}


def packed(rows: Bool[np.ndarray, " rows"]) -> str:
    """True and False a row as bits, the first row lowest, in base64."""
    return base64.b64encode(np.packbits(rows, bitorder="little").tobytes()).decode("ascii")


def rows_of(text: str, count: int, where: str = "a set of rows") -> Bool[np.ndarray, " rows"]:
    """The reverse of `packed`; an empty text is no row.

    Args:
        text: base64. count: how many rows there are. where: it stands, for the message.

    Raises:
        TraitError: it is not base64, or of another number of rows.
    """
    if not text:
        return np.zeros(count, bool)
    try:
        held = np.frombuffer(base64.b64decode(text, validate=True), np.uint8)
    except (binascii.Error, ValueError):
        raise t.TraitError(f"{where} is not base64: {text[:40]!r}") from None
    if len(held) != -(-count // 8):
        raise t.TraitError(f"{where} holds {len(held)} bytes, but {count} rows are {-(-count // 8)} bytes of bits")
    return np.unpackbits(held, bitorder="little", count=count).astype(bool)


def codes_of(codes: Integer[np.ndarray, " rows"], labels: int) -> bytes:
    """A column of codes as it crosses. codes: negative = no label. labels: how many there are.

    Raises:
        TraitError: more labels than codes can tell apart, or a code without a label.
    """
    if labels > NO_LABEL:
        raise t.TraitError(f"{labels:,} categories; at most {NO_LABEL:,} can be told apart\n  → colour by a value, or group them")
    if codes.size and (largest := int(codes.max())) >= labels:
        raise t.TraitError(f"a category has the code {largest}, but there are {labels} labels: codes are 0 to {labels - 1}, negative = no label")
    return np.where(codes < 0, NO_LABEL, codes).astype("<u2").tobytes()


def check_codes(category: bytes, labels: Sequence[str]) -> None:
    """Refuse a column with codes that have no label."""
    codes = np.frombuffer(category, "<u2") if len(category) % 2 == 0 else np.zeros(0, "<u2")
    known = codes[codes != NO_LABEL]
    if known.size and int(known.max()) >= len(labels):
        raise t.TraitError(
            f"Scatter.category has the code {int(known.max())}, but Scatter.labels holds {len(labels)} texts\n  → set both with `set_category`"
        )


def check_filters(filters: Any, count: int) -> list[dict[str, Any]]:
    """The filters, if each is complete and of this many rows."""
    found = dicts("Scatter.filters", filters)
    for place, each in enumerate(found):
        check_dict(f"Scatter.filters[{place}]", each, {"column": TEXT, "text": TEXT, "rows": TEXT}, _OPTIONAL)
        rows_of(each["rows"], count, f"Scatter.filters[{place}]['rows']")
    return found


def text_of_hidden(name: str, labels: Sequence[str], hidden: Sequence[int], no_label: str = "no label") -> str:
    """A filter by category in words: what it leaves out, or what it leaves where that is shorter."""
    out = [labels[k] if k < len(labels) else no_label for k in hidden]
    left = [label for k, label in enumerate(labels) if k not in set(hidden)]
    word, which = ("without", out) if len(out) <= max(len(left), 1) else ("only", left)
    more = f" and {len(which) - _SHOWN_LABELS} more" if len(which) > _SHOWN_LABELS else ""
    return f"{name or 'category'}: {word} {', '.join(which[:_SHOWN_LABELS])}{more}"


def text_of_window(name: str, window: Sequence[float], unit: str) -> str:
    """A filter by value in words."""
    return f"{name or 'value'}: {window[0]:.3g} to {window[1]:.3g} {unit}".rstrip()
