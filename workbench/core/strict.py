"""JSON that every parser takes, of values that came from files."""

from __future__ import annotations

import json
import math
from collections.abc import Mapping
from typing import Any, cast


def strict_json(value: object) -> str:
    """The value as JSON, indented, as RFC 8259 has it.

    NaN and the infinities become the texts "NaN", "Infinity" and "-Infinity"; half a letter of UTF-16 becomes U+FFFD; keys become texts; other
    objects are written as their `str`.
    """
    return json.dumps(_strict(value), indent=1, ensure_ascii=False, allow_nan=False)


def _strict(value: object) -> Any:
    if value is None or isinstance(value, bool | int):
        return value
    if isinstance(value, float):
        return value if math.isfinite(value) else "NaN" if math.isnan(value) else "Infinity" if value > 0 else "-Infinity"
    if isinstance(value, Mapping):
        return {_text(str(name)): _strict(inner) for name, inner in cast("Mapping[object, object]", value).items()}
    if isinstance(value, list | tuple):
        return [_strict(inner) for inner in cast("list[object]", value)]
    return _text(str(value))


def _text(words: str) -> str:
    return words.encode("utf-16-le", "surrogatepass").decode("utf-16-le", "replace")
