"""Questions as strict JSON, for links, saved views and the store. What is read was written by somebody else: every field is checked."""

from __future__ import annotations

import base64
import binascii
import dataclasses
import json
import math
import types
from collections.abc import Callable
from typing import Any, Literal, Union, cast, get_args, get_origin, get_type_hints

import numpy as np

from workbench.core.card import NO_SETTINGS, ModelKey
from workbench.core.errors import BadInput
from workbench.core.questions.base import Key, Question, questions

_MOST_BYTES = 1 << 20  # of a written question


def written(question: Question[Any]) -> str:
    """The question as one line of JSON, which `read` takes."""
    fields = {name: _plain(value) for name, value in question.fields().items()}
    return json.dumps({"question": type(question).__name__, "version": question.about.version, **fields}, allow_nan=False, ensure_ascii=False)


def read(text: str, allow: Callable[[str], str]) -> Question[Any]:
    """The question that a line of JSON holds. Nothing is opened or computed.

    Args:
        allow: path as written -> path that may be opened; raises for one that may not.

    Raises:
        BadInput: not a question, one of another version, an unknown or missing field, or a value of the wrong kind; or what `allow` raises.
    """
    if len(text.encode(errors="replace")) > _MOST_BYTES:
        raise BadInput(f"a written question of more than {_MOST_BYTES >> 20} MB", where="question", fix="leave out large arrays")
    try:
        said = json.loads(text, parse_constant=_no_constant)
    except (ValueError, RecursionError) as error:
        raise BadInput(f"this is not a written question: {error}", where="question", fix="copy the whole line") from error
    fields = dict(cast("dict[str, Any]", said)) if isinstance(said, dict) else {}
    name, version, known = fields.pop("question", None), fields.pop("version", None), questions()
    if not isinstance(name, str) or name not in known:
        raise BadInput(f"there is no question {name!r:.80}", where="question", fix=f"one of {', '.join(sorted(known))}")
    kind = known[name]
    if version != kind.about.version:
        what = f"{kind.__name__} of version {version!r:.20}; this program asks version {kind.about.version}"
        raise BadInput(what, where="question", fix="ask it anew on its board, or use the program that wrote it")
    try:
        return made(kind, fields, kind.__name__, allow)
    except RecursionError as error:  # rows within rows, as a setting
        raise BadInput("a setting is nested too deeply", where="question", fix="copy the whole line") from error


def _no_constant(name: str) -> float:
    raise ValueError(f"{name} is no JSON number")


def _plain(value: Any) -> Any:
    if isinstance(value, np.ndarray):
        array = np.ascontiguousarray(cast("np.ndarray", value))
        return {"dtype": array.dtype.str, "shape": list(array.shape), "base64": base64.b64encode(array.tobytes()).decode()}
    if dataclasses.is_dataclass(value) and not isinstance(value, type):
        return {f.name: _plain(getattr(value, f.name)) for f in dataclasses.fields(value) if f.metadata.get("written", True)}
    if isinstance(value, tuple | list):
        return [_plain(v) for v in cast("list[Any]", value)]
    return value


def made(kind: Any, fields: dict[str, Any], where: str, allow: Callable[[str], str]) -> Any:
    """An object of a dataclass from its written fields: strict, as `read`.

    Args:
        kind: the dataclass. where: its name, for errors. allow: see `read`.

    Raises:
        BadInput: an unknown or missing field, or a value of another kind.
    """
    known = {f.name: f for f in dataclasses.fields(kind) if f.metadata.get("written", True)}
    hints = get_type_hints(kind)
    for name in fields:
        if name not in known:
            raise BadInput(f"{where} has no field {name!r:.80}", where="question", fix=f"its fields are {', '.join(known)}")
    for name, field in known.items():
        if name not in fields and field.default is dataclasses.MISSING and field.default_factory is dataclasses.MISSING:
            raise BadInput(f"{where} lacks the field {name!r}", where="question", fix="copy the whole line")
    found = {name: _checked(value, hints[name], f"{where}.{name}", allow) for name, value in fields.items()}
    if issubclass(kind, Key):
        found |= {name: allow(found[name]) for name in ("path", "labels") if found.get(name)}
    for setting, value in found.get("overrides", ()) if kind is ModelKey else ():
        if setting in NO_SETTINGS:
            raise BadInput(f"{where}.{setting} is {value!r:.80}, which is no setting of a model", where="question", fix="leave it out")
    return kind(**found)


def _checked(value: Any, hint: Any, where: str, allow: Callable[[str], str]) -> Any:
    """A written value as its field is declared.

    Raises:
        BadInput: it is of another kind.
    """
    origin, options = get_origin(hint), get_args(hint)
    if origin in (Union, types.UnionType):
        return _one_of(value, options, where, allow)
    if origin is Literal:
        if value in options and not isinstance(value, bool | float):
            return value
    elif hint is object or hint is Any:
        return _setting(value, where)
    elif dataclasses.is_dataclass(hint):
        if isinstance(value, dict):
            return made(hint, cast("dict[str, Any]", value), where, allow)
    elif getattr(hint, "array_type", None) is np.ndarray:
        return _array(value, hint, where)
    elif origin is tuple:
        if isinstance(value, list):
            items = cast("list[Any]", value)
            each = [options[0]] * len(items) if options[1:] == (...,) else list(options)
            if len(each) == len(items):
                return tuple(_checked(v, h, where, allow) for v, h in zip(items, each, strict=True))
    elif hint is float:
        if isinstance(value, int | float) and not isinstance(value, bool) and math.isfinite(value):
            return float(value)
    elif hint in (int, bool, str, type(None)) and type(value) is (hint or type(None)):
        return value
    raise BadInput(f"{where} is {value!r:.80}, which is no {_said(hint)}", where="question", fix="copy the whole line")


def _one_of(value: Any, options: tuple[Any, ...], where: str, allow: Callable[[str], str]) -> Any:
    errors = list[BadInput]()
    for option in options:
        try:
            return _checked(value, option, where, allow)
        except BadInput as error:
            errors.append(error)
    raise errors[0]


def _setting(value: Any, where: str) -> Any:
    """A setting of a model: a number, a text, a flag, or a row of them."""
    if value is None or isinstance(value, bool | int | str) or (isinstance(value, float) and math.isfinite(value)):
        return value
    if isinstance(value, list):
        return tuple(_setting(v, where) for v in cast("list[Any]", value))
    raise BadInput(f"{where} is {value!r:.80}, which is no setting", where="question", fix="copy the whole line")


def _array(value: Any, hint: Any, where: str) -> np.ndarray:
    """An array as its field is declared; jaxtyping's classes know the kind of numbers and the number of axes."""
    said = cast("dict[str, Any]", value) if isinstance(value, dict) else {}
    try:
        dtype, shape = np.dtype(str(said["dtype"])), tuple(int(n) for n in said["shape"])
        if dtype.kind not in "biuf" or min(shape, default=0) < 0:
            raise ValueError(f"numbers of {dtype} and shape {shape}")
        found = np.frombuffer(base64.b64decode(said["base64"], validate=True), dtype).reshape(shape)
    except (KeyError, TypeError, ValueError, binascii.Error) as error:
        raise BadInput(f"{where} is no written array: {error}", where="question", fix="copy the whole line") from error
    if not isinstance(found, hint):
        raise BadInput(f"{where} is an array of {found.dtype} and shape {found.shape}; {_said(hint)} is expected", where="question", fix="ask anew")
    return found


def _said(hint: Any) -> str:
    names = {int: "whole number", float: "finite number", str: "text", bool: "true or false", type(None): "null"}
    return names.get(hint, getattr(hint, "__name__", str(hint)))
