"""What is on screen, as a value: for the address of a page and for saved files. What is read was written by somebody else: every field is checked."""

from __future__ import annotations

import base64
import binascii
import dataclasses
import json
import math
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, cast
from urllib.parse import parse_qsl, quote

import numpy as np

from workbench.core.errors import BadInput
from workbench.core.mask import Mask
from workbench.core.questions.written import made
from workbench.core.selection import Level, Selection

VERSION = 1
MARK = "jepa_workbench_view"  # the key of a saved view that holds its version
LONGEST_LINK, LARGEST_FILE = 48 * 1024, 1 << 20  # characters of a link, bytes of a file
LARGEST_ARRAY = 8 * 1024  # bytes of an array in a link
_LONGEST_NAME = 200  # characters of the name of a sampler with its parameters
_SAFE = ":/,[].-_~!*()"  # characters that need no escape in a fragment
_LEVELS: tuple[Level, ...] = ("clips", "frames", "tokens")
Pairs = tuple[tuple[str, object], ...]


@dataclass(frozen=True)
class SavedView:
    """A model, a clip and a board with its settings. Files are named relative to an allowed folder; see `workbench.boards.naming`.

    Args:
        board: its title. model: its name; "" = vectors are open in place of one. family, options: what was said of it, as options of `load`.
        data: name of the clips, or of the vectors. labels: name of a table that is joined to these; "" = none. clip: number of the one in
            sight, from 0. file: its name in a folder, which decides where it is given.
        fps, low, high, window: of a film; see `workbench.core.questions.clips.LookAt`. bank: name of the clips that baselines are taken over;
            "" = the data. tick: the time cursor. predictor: see `workbench.session.State`. mask: see `mask_text`; "" = as sampled.
        selection: see `selection_text`. settings: of the board, each a number, text, flag, or row of them; an array as `array_text` writes it.
        second: name of the second model; "" = none is open. run: name of the training run on the board Run; "" = none.
        second_options, run_options: as options, with the family among them.
    """

    board: str
    model: str = ""
    data: str = ""
    labels: str = ""
    family: str | None = None
    options: Pairs = ()
    clip: int = 0
    file: str = ""
    fps: float | None = None
    low: float = 0.0
    high: float | None = None
    window: int = 0
    bank: str = ""
    tick: int = 0
    predictor: str = "model"
    mask: str = ""
    selection: str = ""
    settings: Pairs = ()
    second: str = ""
    second_options: Pairs = ()
    run: str = ""
    run_options: Pairs = ()


_PAIRS = {
    "options": "model.",
    "settings": ".",
    "second_options": "second.",
    "run_options": "run.",
}  # fields of pairs, and how the keys of a link begin that hold one
_TEXTS = {f.name for f in dataclasses.fields(SavedView) if f.type == "str"}
_USUAL = {f.name: f.default for f in dataclasses.fields(SavedView)}


def fragment_of(view: SavedView) -> str:
    """The view as the fragment of an address, which `read_fragment` takes: `v=1&board=Masks&model=sample:shapes&.seed=3`."""
    said = [("v", str(VERSION))]
    for name, value in _said(view).items():
        if name in _PAIRS:
            said += [(_PAIRS[name] + key, _lean(inner)) for key, inner in cast("Pairs", value)]
        else:
            said.append((name, value if name in _TEXTS else _lean(value)))
    return "&".join(f"{quote(key, _SAFE)}={quote(value, _SAFE)}" for key, value in said)


def read_fragment(text: str) -> SavedView:
    """The view that a link holds. Nothing is opened.

    Raises:
        BadInput: not a view, too long, of another version, with an unknown field, or with a value of the wrong kind.
    """
    if len(text) > LONGEST_LINK:
        raise BadInput(f"the link is {len(text):,} characters long; at most {LONGEST_LINK:,} are read", where="link", fix="open a saved view instead")
    try:
        parts = parse_qsl(text, keep_blank_values=True, strict_parsing=True, errors="strict", max_num_fields=500)
    except ValueError as error:
        raise BadInput(f"this link does not describe a view: {error}", where="link", fix="copy the complete link") from error
    fields: dict[str, Any] = {}
    for key, value in parts:
        group = next((name for name, start in _PAIRS.items() if key.startswith(start)), "")
        inner = key.removeprefix(_PAIRS[group]) if group else key
        into = fields.setdefault(group, {}) if group else fields
        if inner in into:
            raise BadInput(f"the link says {key!r:.80} twice", where="link", fix="copy the complete link")
        into[inner] = value if not group and (key in _TEXTS or key == "v") else _full(value)
    version = fields.pop("v", None)
    return _checked(fields, None if version is None else _full(version), "link")


def file_of(view: SavedView) -> bytes:
    """The view as a JSON file, which `read_file` takes."""
    said = {name: dict(cast("Pairs", value)) if name in _PAIRS else value for name, value in _said(view).items()}
    return (json.dumps({MARK: VERSION, **said}, allow_nan=False, ensure_ascii=False, indent=1) + "\n").encode()


def read_file(data: bytes, where: str = "saved view") -> SavedView:
    """The view that a file holds. Nothing is opened.

    Raises:
        BadInput: as `read_fragment`.
    """
    if len(data) > LARGEST_FILE:
        raise BadInput(f"a saved view of {len(data):,} bytes; at most {LARGEST_FILE:,} are read", where=where, fix="save the view again")
    try:
        said = json.loads(data.decode("utf-8"), parse_constant=_no_constant, object_pairs_hook=_once)
    except (ValueError, RecursionError) as error:
        raise BadInput(f"this is not a saved view: {error}", where=where, fix="choose a file of Save view") from error
    if not isinstance(said, dict) or MARK not in said:
        raise BadInput("this is not a saved view", where=where, fix="choose a file of Save view")
    fields = dict(cast("dict[str, Any]", said))
    return _checked(fields, fields.pop(MARK), where)


def saved_view(place: Path) -> SavedView | None:
    """The view that a file of a path holds; None where it is something else: a folder, a checkpoint, or JSON without the mark of a view.

    Raises:
        BadInput: a view that cannot be read.
    """
    if place.suffix.lower() != ".json" or not place.is_file():
        return None
    with place.open("rb") as file:
        data = file.read(LARGEST_FILE + 1)
    return read_file(data, place.name) if f'"{MARK}"'.encode() in data else None


def array_text(array: np.ndarray) -> str:
    """An array as one text: `<f4:16,2:BASE64`."""
    found = np.ascontiguousarray(array)
    return f"{found.dtype.str}:{','.join(map(str, found.shape))}:{base64.urlsafe_b64encode(found.tobytes()).decode().rstrip('=')}"


def text_array(text: object, axes: int, kinds: str = "f") -> np.ndarray:
    """The array that `array_text` wrote.

    Args:
        axes: how many it must have. kinds: allowed kinds of numbers, as in `numpy.dtype.kind`.

    Raises:
        BadInput: another form, or numbers that are not finite.
    """
    try:
        code, shape, data = str(text).split(":")
        dtype, lengths = np.dtype(code), tuple(int(n) for n in shape.split(","))
        if dtype.kind not in kinds or len(lengths) != axes or min(lengths) < 0:
            raise ValueError(f"numbers of {dtype} and shape {lengths}")
        found = np.frombuffer(_bytes_of(data), dtype).reshape(lengths)
        if dtype.kind == "f" and not np.isfinite(found).all():
            raise ValueError("a number that is not finite")
    except (TypeError, ValueError) as error:
        raise BadInput(f"{text!r:.60} is not an array of this view: {error}", where="view", fix="copy the complete link") from error
    return found.astype(found.dtype.newbyteorder("="))


def mask_text(mask: Mask) -> str:
    """A mask as one text: `1,8,8:4:BASE64:SAMPLER`, of the packed bits of its context and of its blocks."""
    bits = np.packbits(np.concatenate([mask.context[None], mask.targets]))
    shape = ",".join(map(str, mask.shape))
    return f"{shape}:{len(mask.targets)}:{base64.urlsafe_b64encode(bits.tobytes()).decode().rstrip('=')}:{mask.sampler}"


def text_mask(text: str) -> Mask | None:
    """The mask that `mask_text` wrote; None of an empty text.

    Raises:
        BadInput: another form, or more tokens than it has bits for. MaskError: a token that is context and target at once.
    """
    if not text:
        return None
    try:
        size, count, data, sampler = text.split(":", 3)
        shape, blocks = tuple(int(n) for n in size.split(",")), int(count)
        packed, tokens = _bytes_of(data), math.prod(shape)
        if len(shape) != 3 or min(*shape, blocks) < 1 or len(packed) != -(-tokens * (blocks + 1) // 8):
            raise ValueError(f"{len(packed)} bytes for {blocks} blocks of {shape} tokens")
        bits = np.unpackbits(np.frombuffer(packed, np.uint8), count=tokens * (blocks + 1)).astype(bool).reshape(blocks + 1, *shape)
    except (TypeError, ValueError) as error:
        raise BadInput(f"the mask of this view cannot be read: {error}", where="view", fix="copy the complete link") from error
    if not sampler.isprintable() or len(sampler) > _LONGEST_NAME:
        raise BadInput(f"{sampler!r:.40} is not the name of a sampler", where="view", fix="copy the complete link")
    return Mask(bits[0], bits[1:], sampler)


def selection_text(selection: Selection) -> str:
    """A selection as one text: `tokens/12,3/12,4`."""
    return "/".join([selection.level, *(",".join(map(str, item)) for item in sorted(selection.items))]) if selection.items else ""


def text_selection(text: str) -> Selection:
    """The selection that `selection_text` wrote.

    Raises:
        BadInput: another form.
    """
    if not text:
        return Selection()
    level, *items = text.split("/")
    try:
        chosen = frozenset(tuple(int(n) for n in item.split(",")) for item in items)
        if level not in _LEVELS or any(min(item) < 0 for item in chosen):
            raise ValueError(f"{level!r:.20}")
    except ValueError as error:
        raise BadInput(f"the selection of this view cannot be read: {error}", where="view", fix="copy the complete link") from error
    return Selection(level, chosen)


def _said(view: SavedView) -> dict[str, Any]:
    """The fields that are not as usual."""
    found = {f.name: getattr(view, f.name) for f in dataclasses.fields(view)}
    return {name: value for name, value in found.items() if value != _USUAL[name]}


def _checked(fields: dict[str, Any], version: object, where: str) -> SavedView:
    if version != VERSION or isinstance(version, bool):
        what = f"this view is of version {version!r:.20}; this program reads version {VERSION}"
        raise BadInput(what, where=where, fix="open it with the program that wrote it")
    for name in _PAIRS:
        pairs = fields.get(name, {})
        if not isinstance(pairs, dict):
            raise BadInput(f"{name} is {pairs!r:.80}, which is no set of settings", where=where, fix="copy the complete link")
        fields[name] = [[key, value] for key, value in cast("dict[str, Any]", pairs).items()]
    try:
        return made(SavedView, fields, "view", lambda path: path)
    except (BadInput, RecursionError) as error:
        what = error.what if isinstance(error, BadInput) else "a setting is nested too deeply"
        raise BadInput(what, where=where, fix=error.fix if isinstance(error, BadInput) else "copy the complete link") from error


def _lean(value: object) -> str:
    """A value as short as `_full` can read it: texts without quotation marks, unless they would be read as something else."""
    if isinstance(value, str) and _full(value) == value:
        return value
    return json.dumps(value, allow_nan=False, ensure_ascii=False, separators=(",", ":"))


def _full(text: str) -> Any:
    try:
        return json.loads(text, parse_constant=_no_constant)
    except (ValueError, RecursionError):
        return text


def _no_constant(name: str) -> float:
    raise ValueError(f"{name} is no JSON number")


def _once(pairs: list[tuple[str, Any]]) -> Mapping[str, Any]:
    found = dict(pairs)
    if len(found) != len(pairs):
        raise ValueError("a key stands in it twice")
    return found


def _bytes_of(text: str) -> bytes:
    try:
        return base64.b64decode(text.encode("ascii") + b"=" * (-len(text) % 4), altchars=b"-_", validate=True)
    except (UnicodeEncodeError, binascii.Error) as error:
        raise ValueError(str(error)) from error


def as_setting(value: object) -> object:
    """A value of a control as a setting holds it: rows as tuples."""
    return tuple(as_setting(each) for each in cast("list[Any]", value)) if isinstance(value, list | tuple) else value
