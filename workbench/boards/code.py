"""`</>`: the lines of Python that reproduce the number on a board. They are run in the tests."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np

from workbench import samples
from workbench.core.card import BankKey, ClipKey, FileKey, FolderKey, ModelKey, RunKey, SceneKey, ScenesKey, VectorsKey
from workbench.core.mask import Mask
from workbench.core.questions import Question
from workbench.store.uploads import sent_as

Made = Mapping[str, tuple[Question[Any], Any]]
WRAPPED = "wrapped:"  # how the path of a model begins that came from no file


def model_lines(key: ModelKey, sample: str | None, weights: str, name: str = "jepa") -> list[str]:
    """Load a model, with the hash of the weights; one that came from no file, its user has. name: that it is given."""
    if key.path.startswith(WRAPPED):
        return [f"{name} = jw.wrap(…)  # as you did; weights {weights[:12]}"]
    options = "".join(f", {k}={v!r}" for k, v in key.said)
    run = next((r for r in samples.run_names() if Path(key.path).parent == samples.find_run(r).folder), None)
    if run is not None:  # a checkpoint of a shipped run, wherever it is installed
        return [f"{name} = jw.open_run({run!r}).load({Path(key.path).name!r})" + (f"  # weights {weights[:12]}" if weights else "")]
    return [f"{name} = jw.load({sample or key.path!r}{options})" + (f"  # weights {weights[:12]}" if weights else "")]


def _another(key: ModelKey, name: str) -> list[str]:
    """Load a second model, under the name of the field that asks for it."""
    if key.path.startswith(WRAPPED):
        return [f"{name} = jw.wrap(…)  # as you did"]
    return model_lines(key, next((n for n in samples.names() if str(samples.find(n).checkpoint) == key.path), None), "", name)


def reproduced(question: Question[Any], answer: Any, sample: str | None, *, made: Made | None = None) -> str:
    """The lines of Python that ask a question again and print the number of its answer. The same for every type of question.

    Args:
        sample: the name of the sample that the model is, where it is one. made: path of vectors -> the question that made them, and its answer.
    """
    about = question.about
    lines, said = _asked(question, sample, _weights(question, answer), made or {})
    lines = ["import workbench as jw", *lines, f"found = jw.{about.name}({', '.join(said)})"]
    number = getattr(answer, about.number)
    if isinstance(number, tuple):
        lines.append(f"print(*(f'{{value:.4g}}' for value in found.{about.number}))  # {' '.join(f'{value:.4g}' for value in number)}")
    elif isinstance(number, int):
        lines.append(f"print(found.{about.number})  # {number}")
    else:
        lines.append(f"print(f'{{found.{about.number}:.4g}}')  # {number:.4g}")
    return "\n".join(lines)


def _weights(question: Question[Any], answer: Any) -> str:
    """The hash of the weights that an answer says it used."""
    about = question.about
    hashes: Mapping[str, str] = answer.provenance.weights if hasattr(answer, "provenance") else {}
    parts = next((s for s in (about.needs, *about.instead) if all(part in hashes for part in s)), about.needs)
    used = [h for h in map(hashes.get, reversed(parts)) if h] or list(hashes.values())
    return used[0] if used else ""


def _asked(question: Question[Any], sample: str | None, weights: str, made: Made) -> tuple[list[str], list[str]]:
    """The lines that open what a question names, and the arguments of its call: those that must be given first."""
    usual, lines, said = question.usual(), list[str](), list[str]()
    for name, value in sorted(question.fields().items(), key=lambda field: usual[field[0]] is not dataclasses.MISSING):
        if isinstance(value, ModelKey):
            lines += model_lines(value, sample, weights) if name == "model" else _another(value, name)
            said.append("jepa" if name == "model" else name)
        elif isinstance(value, RunKey):
            known = next((r for r in samples.run_names() if str(samples.find_run(r).folder) == value.path), value.path)
            lines.append(f"{name} = jw.open_run({known!r}{''.join(f', {k}={v!r}' for k, v in value.said)})")
            said.append(name)
        elif isinstance(value, Question):  # what it fitted
            inner: Question[Any] = value
            before, arguments = _asked(inner, sample, weights, made)
            lines += [line for line in before if line not in lines]
            lines.append(f"{name} = jw.{inner.about.name}({', '.join(arguments)})")
            said.append(f"{name}={name}")
        elif isinstance(value, FileKey):
            said.append(repr(value.path) if usual[name] is dataclasses.MISSING else f"{name}={value.path!r}")
        elif isinstance(value, VectorsKey):
            lines += _vectors(value, name, sample, made)
            said.append(name if usual[name] is dataclasses.MISSING else f"{name}={name}")
        elif isinstance(value, ClipKey | FolderKey | BankKey):
            line = f"{name} = {opened(value)}{sent(value.path)}"
            lines += [line] if line not in lines else []
            said.append(name if usual[name] is dataclasses.MISSING else f"{name}={name}")
        elif isinstance(value, Mask):
            context, targets = value.ranges()
            lines.append(f"{name} = jw.Mask.of({value.shape}, {context!r}, {targets!r})")
            said.append(name if usual[name] is dataclasses.MISSING else f"{name}={name}")
        elif isinstance(value, np.ndarray) or value != usual[name]:
            said.append(f"{name}={_plainly(value)}")
    return lines, said


def _vectors(key: VectorsKey, name: str, sample: str | None, made: Made) -> list[str]:
    """Lines that make vectors again, or open them where it is not known how they were made."""
    if key.path not in made:
        return [f"{name} = {opened(key)}"]
    question, answer = made[key.path]
    lines, said = _asked(question, sample, _weights(question, answer), made)
    return [*lines, f"embedding = jw.{question.about.name}({', '.join(said)})", f"{name} = jw.open_vectors(embedding.path){_changed(key)}"]


def named(path: str) -> str:
    """What data of a path are called in Python: the sample whose bank it is, else the path."""
    given = sent_as(path)
    return next((n for n in samples.names() if str(samples.find(n).bank) == path), path if given is None else given.name)


def sent(path: str) -> str:
    """A remark for a file that a browser sent: by its hash its user finds it again. "" for others."""
    given = sent_as(path)
    return "" if given is None else f"  # sent from your computer{f', sha256 {given.sha256[:12]}' if given.sha256 else ''}"


def opened(key: ClipKey | FolderKey | BankKey | VectorsKey) -> str:
    """The expression that opens a clip, clips of which something is known, a bank, or vectors."""
    if isinstance(key, VectorsKey):
        found = "…" if key.path.startswith(WRAPPED) else f"jw.open_vectors({key.path!r})"
        return (f"jw.join({found}, {key.labels!r}).vectors" if key.labels else found) + _changed(key) + ("  # your vectors" if found == "…" else "")
    verb = "open_bank" if isinstance(key, BankKey) else "scenes" if isinstance(key, SceneKey | ScenesKey) else "open_clips"
    place = "" if not isinstance(key, ClipKey) else f"[{key.name!r}]" if key.name and not isinstance(key, SceneKey) else f"[{key.index}]"
    return f"jw.{verb}({named(key.path)!r}{key.said}){place}"


def _changed(key: VectorsKey) -> str:
    """What is made of vectors that were opened."""
    return (".usable()" if key.finite else "") + (f".{key.control}()" if key.control else "")


def _plainly(value: Any) -> str:
    if isinstance(value, np.ndarray):
        return repr(value.tolist() if value.dtype.kind in "biu" else _exact(value.astype(np.float32)))
    return repr(value)


def _exact(values: np.ndarray) -> list[object]:
    """Rows of the shortest numbers that are exact."""
    return [float(str(v)) for v in values] if values.ndim == 1 else [_exact(row) for row in values]
