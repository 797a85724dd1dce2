"""What the Open dialog says of a path, and the settings that it offers: of a checkpoint, and of a video."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from widgets.controls import Control, Option, Select, Text, Toggle
from workbench import samples
from workbench.boards.opening.places import kind_of
from workbench.core.card import PART_LABELS, Fact, LoadReport, parse_overrides
from workbench.core.errors import BadInput
from workbench.core.footage import Part
from workbench.data.paths import plainly

LABELS = "labels"  # the control for the labels of vectors
MORE = "settings"  # the control in which settings are typed
BESIDE = "beside"  # the control that opens a model as the second one
Words = dict[str, str]
Values = Mapping[str, Any]
_IS = {"image": "image", "video": "video", "bank": "arrays of clips", "folder": "folder", "model": "checkpoint", "file": "file"}
_COUNTED = {"image": "image", "video": "video", "bank": "bank", "model": "checkpoint file"}
_STATUS = {"whole": "complete", "partial": "partial", "missing": "missing"}
_RATES = (1.0, 2.0, 4.0, 5.0, 8.0, 10.0, 15.0, 30.0)
_HELP = "What the file does not say, as heads=4 image_size=(64, 64), or how to prepare clips: resize=stretch mean=(0.5, 0.5, 0.5)"


def sentence(words: str) -> str:
    """Words as a sentence; a name that it begins with stays as it is."""
    first = words.partition(" ")[0]
    return f"{first.capitalize() if first.isalpha() and first.islower() else first}{words[len(first) :].rstrip('.')}."


def path_words(path: str, target: str, folder: str) -> Words:
    """What a path is, as far as its name tells; nothing of an empty one. folder: that it lies in, as it is told."""
    if not path:
        return {}
    if path in samples.names():
        sample = samples.find(path)
        detail = str(sample.card.get("what", "")) if target == "model" else "The clips of this sample."
        return {"sentence": sample.title, "detail": detail, "tone": "plain"}
    kind = _IS[kind_of(path)]
    return {"sentence": plainly(Path(path).name), "detail": f"{kind[:1].upper()}{kind[1:]}\n{folder}", "tone": "plain"}


def folder_words(place: str, rows: Sequence[Mapping[str, Any]]) -> dict[str, str]:
    """A folder, and how many files of each kind lie in it."""
    counted = Counter(row["kind"] for row in rows if row["kind"] != "folder")
    counts = ", ".join(f"{n} {_COUNTED[kind]}{'' if n == 1 else 's'}" for kind, n in counted.items())
    return {"sentence": plainly(Path(place).name) or place, "detail": f"Folder\n{counts}", "tone": "plain"}


def report_words(path: str, report: LoadReport) -> dict[str, str]:
    """What would load of a file, part by part."""
    lines = [f"{PART_LABELS[p.name].capitalize()}: {_STATUS[p.status]}, {len(p.matched)} tensors" for p in report.parts]
    return {
        "sentence": plainly(Path(path).name),
        "detail": "\n".join([f"Family {report.family}", *lines]),
        "tone": "good" if report.whole else "warn",
    }


def settings_form(facts: Sequence[Fact], choices: Mapping[str, Sequence[object]]) -> list[Control]:
    """The settings of a checkpoint, with the values that fit its tensors; those that nobody says come first.

    Args:
        facts: that are known. choices: as of `AmbiguousModel`.
    """
    known = [_setting(f.name, f.options, f"{f.value} ({f.origin})", f.why) for f in facts if len(f.options) > 1]
    asked = [_setting(name, values, "choose …", "The file does not say it.") for name, values in choices.items()]
    return [*asked, *known, Text(MORE, "other settings", help=_HELP)]


def beside_form(letter: str) -> list[Control]:
    """Whether a model is opened in place of the one that is looked at. letter: of the other."""
    about = f"The open model stays. This one is seen in its place on every board while {letter} is held: the same clip, mask, actions and seed."
    return [Toggle(BESIDE, f"open as {letter}, beside the open model", help=about)]


def _setting(name: str, values: Sequence[object], usual: str, why: str) -> Control:
    if not values:
        return Text(name, name, help=why)
    return Select(name, name, (Option("", usual), *(Option(value, str(value)) for value in values)), help=why)


def spread(typed: str, controls: Sequence[Control]) -> dict[str, Any]:
    """Settings that were typed, each in the control of its name where that offers its value; so that none is given twice."""
    try:
        said = parse_overrides(typed)
    except BadInput:
        return {MORE: typed}
    offered = {c.id: [o.value for o in c.options] for c in controls if isinstance(c, Select)}
    found = {name: value for name, value in said.items() if value in offered.get(name, ())}
    return {**found, MORE: " ".join(f"{name}={value!r}" for name, value in said.items() if name not in found) if found else typed}


def overrides_of(values: Values) -> dict[str, Any]:
    """The settings that a form holds.

    Raises:
        BadInput: one that cannot be read, or is given twice.
    """
    chosen = {name: value for name, value in values.items() if name not in (MORE, BESIDE) and value != ""}
    found = {name: value for name, value in chosen.items() if not isinstance(value, str) or name == "family"}
    found |= parse_overrides(" ".join(f"{name}={value}" for name, value in chosen.items() if name not in found))
    typed = parse_overrides(values.get(MORE, ""))
    twice = next((name for name in typed if name in found and typed[name] != found[name]), None)
    if twice is not None:
        raise BadInput(f"{twice} is given twice: {found[twice]!r} and {typed[twice]!r}", where="settings", fix="leave one of them out")
    return {**found, **typed}


def film_form() -> list[Control]:
    """Start, length and frame rate of a video."""
    rates = (Option(0.0, "as in training, else the native rate"), *(Option(rate, f"{rate:g} per second") for rate in _RATES))
    return [
        Text("start", "start in seconds", help="Of a video: from when on. Empty: from its beginning."),
        Text("length", "length in seconds", help="Of a video: how much of it. Empty: to its end."),
        Select("rate", "frames per second", rates, help="Sampling rate of the frames that the model is given."),
    ]


def vectors_form() -> list[Control]:
    """The labels of vectors, which are a file of their own."""
    about = "For a file of vectors: path of a .csv or .parquet with their labels, joined by name. Empty: those in the file."
    return [Text(LABELS, "labels of vectors", help=about)]


def part_of(values: Values) -> Part:
    """The part of a video that a form asks for.

    Raises:
        BadInput: what is no number of seconds, or a length of 0.
    """
    start, length = _seconds(values.get("start", ""), "start"), _seconds(values.get("length", ""), "length")
    if length == 0:
        raise BadInput("a length of 0 seconds holds no frame", where="length", fix="leave it empty for all of it, or give seconds")
    return Part(values.get("rate") or None, start or 0.0, None if length is None else (start or 0.0) + length)


def _seconds(text: str, name: str) -> float | None:
    """Seconds that were typed; None where nothing was.

    Raises:
        BadInput: it is no number from 0.
    """
    if not text.strip():
        return None
    try:
        value = float(text)
    except ValueError:
        value = -1.0
    if not 0 <= value < 1e7:
        raise BadInput(f"{text!r} is not a number of seconds", where=name, fix="give a number, as 2.5, or leave it empty")
    return value


def unquoted(path: str) -> str:
    """A path as it is meant: without spaces and quotes around it."""
    text = path.strip()
    return text[1:-1].strip() if len(text) > 1 and text[0] == text[-1] and text[0] in "\"'" else text
