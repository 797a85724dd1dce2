"""`</>`: the lines of Python that reproduce the number on a board. They are run in the tests."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping
from typing import Any

import numpy as np

from workbench import samples
from workbench.core.card import BankKey, ClipKey, FileKey, FolderKey, ModelKey, SceneKey, ScenesKey
from workbench.core.films import FilmView
from workbench.core.mask import Mask
from workbench.core.questions import Question
from workbench.core.questions.decoding import DecoderFit
from workbench.session import State

WRAPPED = "wrapped:"  # how the path of a model begins that came from no file


def open_lines(state: State, sample: str | None, weights: str) -> list[str]:
    """Import and load, with the hash of the weights."""
    return [] if state.model is None else ["import workbench as jw", *model_lines(state.model, sample, weights)]


def model_lines(key: ModelKey, sample: str | None, weights: str) -> list[str]:
    """Load a model, with the hash of the weights; one that came from no file, its user has."""
    if key.path.startswith(WRAPPED):
        return [f"jepa = jw.wrap(…)  # as you did; weights {weights[:12]}"]
    options = "".join(f", {k}={v!r}" for k, v in key.said)
    return [f"jepa = jw.load({sample or key.path!r}{options})" + (f"  # weights {weights[:12]}" if weights else "")]


def reproduced(question: Question[Any], answer: Any, sample: str | None) -> str:
    """The lines of Python that ask a question again and print the number of its answer. The same for every type of question.

    Args:
        sample: the name of the sample that the model is, where it is one.
    """
    about = question.about
    hashes: Mapping[str, str] = answer.provenance.weights if hasattr(answer, "provenance") else {}
    parts = next((s for s in (about.needs, *about.instead) if all(part in hashes for part in s)), about.needs)
    used = [h for h in map(hashes.get, reversed(parts)) if h] or list(hashes.values())
    lines, said = _asked(question, sample, used[0] if used else "")
    lines = ["import workbench as jw", *lines, f"found = jw.{about.name}({', '.join(said)})"]
    number = getattr(answer, about.number)
    if isinstance(number, tuple):
        lines.append(f"print(*(f'{{value:.4g}}' for value in found.{about.number}))  # {' '.join(f'{value:.4g}' for value in number)}")
    elif isinstance(number, int):
        lines.append(f"print(found.{about.number})  # {number}")
    else:
        lines.append(f"print(f'{{found.{about.number}:.4g}}')  # {number:.4g}")
    return "\n".join(lines)


def _asked(question: Question[Any], sample: str | None, weights: str) -> tuple[list[str], list[str]]:
    """The lines that open what a question names, and the arguments of its call: those that must be given first."""
    usual, lines, said = question.usual(), list[str](), list[str]()
    for name, value in sorted(question.fields().items(), key=lambda field: usual[field[0]] is not dataclasses.MISSING):
        if isinstance(value, ModelKey):
            lines += model_lines(value, sample, weights)
            said.append("jepa")
        elif isinstance(value, Question):  # what it fitted
            inner: Question[Any] = value
            before, arguments = _asked(inner, sample, weights)
            lines += [line for line in before if line not in lines]
            lines.append(f"{name} = jw.{inner.about.name}({', '.join(arguments)})")
            said.append(f"{name}={name}")
        elif isinstance(value, FileKey):
            said.append(repr(value.path) if usual[name] is dataclasses.MISSING else f"{name}={value.path!r}")
        elif isinstance(value, ClipKey | FolderKey | BankKey):
            line = f"{name} = {opened(value)}"
            lines += [line] if line not in lines else []
            said.append(name if usual[name] is dataclasses.MISSING else f"{name}={name}")
        elif isinstance(value, Mask):
            context, targets = value.ranges()
            lines.append(f"{name} = jw.Mask.of({value.shape}, {context!r}, {targets!r})")
            said.append(name if usual[name] is dataclasses.MISSING else f"{name}={name}")
        elif isinstance(value, np.ndarray) or value != usual[name]:
            said.append(f"{name}={_plainly(value)}")
    return lines, said


def named(path: str) -> str:
    """What data of a path are called in Python: the sample whose bank it is, else the path."""
    return next((n for n in samples.names() if str(samples.find(n).bank) == path), path)


def opened(key: ClipKey | FolderKey | BankKey) -> str:
    """The expression that opens a clip, clips of which something is known, or a bank."""
    verb = "open_bank" if isinstance(key, BankKey) else "scenes" if isinstance(key, SceneKey | ScenesKey) else "open_clips"
    place = "" if not isinstance(key, ClipKey) else f"[{key.name!r}]" if key.name and not isinstance(key, SceneKey) else f"[{key.index}]"
    return f"jw.{verb}({named(key.path)!r}{key.said}){place}"


def opened_bank(state: State) -> str:
    """The expression that opens the bank; "" where there is none."""
    return opened(state.bank) if state.bank else ""


def clip_lines(state: State) -> list[str]:
    """Open the clip and, where there is one, its bank."""
    if state.clip is None:
        return []
    lines = [f"bank = {opened_bank(state)}"] if state.bank else []
    return [*lines, f"clip = {opened(state.clip)}"]


def rollout_lines(
    state: State, sample: str | None, view: FilmView, how: str, original: np.ndarray | None = None, fit: DecoderFit | None = None
) -> str:
    """The errors on screen, and the films, from nothing.

    Args:
        how: the films are drawn. original: what was really done, one row a step; the steps that differ are written out.
        fit: of the decoder that draws them, where it was fitted afterwards.
    """
    found = view.rollout
    lines = open_lines(state, sample, found.provenance.weights.get("dynamics", "")) + clip_lines(state)
    if how == "fitted":
        twin = state.predictor == "twin"  # whose latents a decoder fitted on the model's cannot draw
        if not twin and fit is not None:
            fitted = f"jw.fit_decoder(jepa, bank, steps={fit.steps}, seed={fit.seed})"
            lines += ["from dataclasses import replace", f"jepa = replace(jepa, decoder={fitted})"]
        how = "retrieved" if twin else "decoded"
    options = [f"known={found.known}", f"how={how!r}", *(["bank=bank"] if state.bank else [])]
    if state.predictor == "twin":
        options.append("predictor='twin'")
    if view.edited >= 0 and view.actions is not None and original is not None:
        changed = np.flatnonzero((view.actions != original).any(1)).tolist()
        rows = [[float(f"{v:.6g}") for v in view.actions[k]] for k in changed]
        lines.append(f"actions = jw.film_view(jepa, clip, {', '.join(options)}).actions")
        lines.append(f"actions[{changed}] = {rows}")
        options.append("actions=actions")
    lines.append(f"view = jw.film_view(jepa, clip, {', '.join(options)})")
    last = next((v for v in found.ratio("open loop")[::-1] if np.isfinite(v)), float("nan"))
    lines.append(f"print(view.rollout.ratio('open loop').round(3))  # … {last:.3f}")
    return "\n".join(lines)


def _plainly(value: Any) -> str:
    return repr(_exact(value.astype(np.float32))) if isinstance(value, np.ndarray) else repr(value)


def _exact(values: np.ndarray) -> list[Any]:
    """Rows of the shortest numbers that are exact."""
    return [float(str(v)) for v in values] if values.ndim == 1 else [_exact(row) for row in values]
