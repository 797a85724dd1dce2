"""What a worker owns: models, clips and banks by their keys. Evicted by size, opened again when asked for."""

from __future__ import annotations

import os
import weakref
from collections import Counter, OrderedDict
from pathlib import Path
from typing import Any

import torch

from workbench.core.card import BankKey, ClipKey, FileKey, FolderKey, ModelKey, RunKey, SceneKey, ScenesKey, VectorsKey, stamp
from workbench.core.clip import Clip
from workbench.core.errors import BadInput, CheckpointError, PartUnavailable
from workbench.core.questions import Key, Question
from workbench.core.vectors import Vectors
from workbench.data import Clips, open_clips
from workbench.data.banks import Bank as StoredBank
from workbench.data.scaling import scaled_down
from workbench.families.load import load
from workbench.measures.bank import Bank
from workbench.measures.base import answering
from workbench.model.device import guard_memory
from workbench.model.jepa import Jepa
from workbench.runs.run import Run, open_run
from workbench.store import open_vectors
from workbench.store.joining import labelled
from workbench.worker.memo import forgetful, remembering
from workbench.worlds.factors import Scenes
from workbench.worlds.true_factors import scenes

_MODELS, _FOLDERS, _BANKS, _ANSWERS, _FITS, _VECTORS, _RUNS = 3, 8, 4, 16, 8, 4, 4
_BANK_LIMIT = 256
_KEPT_SIDE = 512  # pixels of the short side; 256 photos of 12 megapixels would take 9 GB otherwise


class Shelf:
    """Keys in, objects out. One a worker; in a notebook, one a kernel."""

    def __init__(self) -> None:
        self._models: OrderedDict[ModelKey, Jepa] = OrderedDict()
        self._folders: OrderedDict[tuple[Any, ...], Clips] = OrderedDict()
        self._banks: OrderedDict[BankKey, Bank] = OrderedDict()
        self._scenes: OrderedDict[tuple[Any, ...], Scenes] = OrderedDict()
        self._given: dict[str, Jepa] = {}
        self._own: dict[str, Vectors] = {}
        self._runs: OrderedDict[RunKey, Run] = OrderedDict()
        self._own_runs: dict[str, Run] = {}
        self._answers: OrderedDict[str, tuple[list[weakref.ref[Any]], Any]] = OrderedDict()  # with the objects that each was found for
        self._fits: OrderedDict[str, Any] = OrderedDict()  # by the digest of the question that fitted each
        self._vectors: OrderedDict[VectorsKey, tuple[Any, Vectors]] = OrderedDict()

    def answer(self, question: Question[Any]) -> Any:
        """The answer to a question; its keys become the models, clips and banks that they name.

        Raises:
            WorkbenchError: of every kind; nothing is remembered of a failed call.
        """
        with guard_memory(question.about.name):
            about = question.about
            given = {name: self._resolve(value) for name, value in question.fields().items()}
            objects = [given[name] for name, value in question.fields().items() if isinstance(value, Key)]
            kept = self._answers.get(question.digest) if about.kept else None
            if kept is not None and len(kept[0]) == len(objects) and all(r() is o for r, o in zip(kept[0], objects, strict=True)):
                return getattr(kept[1], about.fits) if about.fits else kept[1]
            model = given.pop("model", None)
            if model is not None and about.kept:
                model = forgetful(model)
            found = answering(question)(*(() if model is None else (model,)), **given)
            if about.kept:
                _put(self._answers, question.digest, ([weakref.ref(o) for o in objects], found), _ANSWERS)
            if about.fits:
                _put(self._fits, question.digest, found, _FITS)
                return getattr(found, about.fits)
            return found

    def keep(self, name: str, jepa: Jepa) -> None:
        """A model that came from no file, to be found under this name in place of a path."""
        self._given[name] = remembering(jepa)

    def keep_vectors(self, name: str, vectors: Vectors) -> None:
        """Vectors that came from no file, to be found under this name in place of a path."""
        self._own[name] = vectors

    def keep_run(self, run: Run) -> None:
        """A run whose checkpoints a factory of the user's opens: its models are loaded by it, and not by the path alone."""
        self._own_runs[str(run.path)] = run

    def run(self, key: RunKey) -> Run:
        """The run of that key; what was read of it is not read again.

        Raises:
            BadInput: there is no such folder.
        """
        if key.path in self._own_runs:
            return self._own_runs[key.path]
        if key not in self._runs:
            options: dict[str, Any] = dict(key.said)
            _put(self._runs, key, open_run(key.path, **options), _RUNS)
        self._runs.move_to_end(key)
        return self._runs[key]

    def model(self, key: ModelKey) -> Jepa:
        """The model of that key, loaded once.

        Raises:
            CheckpointError: the file was overwritten since it was opened.
        """
        if key.path in self._given:
            return self._given[key.path]
        if key not in self._models:
            if key.stamp and len(key.stamp) == 1 and key.stamp != stamp(key.path):
                raise CheckpointError("this file was overwritten since it was opened", where=key.path, fix="open it again")
            options: dict[str, Any] = dict(key.overrides)
            own = next((run for place, run in self._own_runs.items() if Path(key.path).is_relative_to(place)), None)
            jepa = (
                own.load(Path(key.path).relative_to(own.path).as_posix())
                if own is not None
                else load(key.path, family=key.family, device=key.device, dtype=getattr(torch, key.dtype), **options)
            )
            _put(self._models, key, remembering(jepa), _MODELS)
        self._models.move_to_end(key)
        return self._models[key]

    def clips(self, path: str, **sampling: Any) -> Clips:
        """The images or videos of a path.

        Args:
            sampling: frames, fps, start and length, as of `open_clips`.
        """
        key = _place(path, sampling)
        if key not in self._folders:
            opened = next((clips for place, clips in self._folders.items() if place[:2] == key[:2]), None)
            _put(self._folders, key, open_clips(path, **sampling) if opened is None else opened.sampled(**sampling), _FOLDERS)
        return self._folders[key]

    def scenes(self, path: str, **sampling: Any) -> Scenes:
        """The clips of a path, with what their bank says is true of them. Arguments as of `clips`."""
        key, clips = _place(path, sampling), self.clips(path, **sampling)
        if key not in self._scenes or self._scenes[key].clips is not clips:  # opened again: the old scenes hold the old clips
            stored = isinstance(clips, StoredBank)
            _put(self._scenes, key, scenes(clips, clips.arrays if stored else None, clips.chosen if stored else None), _FOLDERS)
        return self._scenes[key]

    def clip(self, key: ClipKey) -> Clip:
        """The clip of that key."""
        clips = self.clips(key.path, frames=key.frames, fps=key.fps, start=key.start, length=key.length)
        return clips[clips.place(key.name, key.index)]

    def bank(self, key: BankKey) -> Bank:
        """The bank of that key: at most 256 clips, evenly taken. Impossible videos are left out where a file marks them: baselines are taken over possible ones.

        Files that cannot be read, and clips of another length than most, are left out and listed in `Bank.skipped`.

        Raises:
            BadInput: fewer than two clips are left.
        """
        if key not in self._banks:
            clips = self.clips(key.path, frames=key.frames, fps=key.fps)
            kept = _possible(clips)
            step = -(-len(kept) // _BANK_LIMIT)
            left_out = "" if len(kept) == len(clips) else ", possible videos only"
            every = "" if step == 1 else f" (1 in {step})"
            found, skipped = _usable(clips, kept[::step])
            missing = f" ({len(skipped)} skipped)" if skipped else ""
            if len(found) < 2:
                why = "".join(f"; {name}: {reason}" for name, reason in list(skipped.items())[:3])
                what = f"a bank needs at least 2 clips, {clips.title} has {len(found)} that can be read{why}"
                raise BadInput(what, where=key.path, fix="give a folder with more of them")
            _put(self._banks, key, Bank(found, f"{_called(clips)}{left_out}{every}{missing}", skipped), _BANKS)
        return self._banks[key]

    def vectors(self, key: VectorsKey) -> Vectors:
        """The vectors of that key, with the labels that it names; opened anew when a file has changed."""
        now = stamp(key.path) + stamp(key.labels) if key.labels else stamp(key.path)
        if key not in self._vectors or self._vectors[key][0] != now:
            found = self._own[key.path] if key.path in self._own else open_vectors(key.path)
            found = labelled(found, key.labels) if key.labels else found
            found = found.usable() if key.finite else found
            _put(self._vectors, key, (now, getattr(found, key.control)() if key.control else found), _VECTORS)
        self._vectors.move_to_end(key)
        return self._vectors[key][1]

    def fit(self, question: Question[Any]) -> Any:
        """What was fitted by that question.

        Raises:
            PartUnavailable: it was not asked, or so many others were that it is no longer kept.
        """
        if question.digest not in self._fits:
            what = f"{question.about.title} was not done yet with these settings"
            raise PartUnavailable(what, where=question.about.name, fix="press Fit: it takes a minute or two, and can be cancelled")
        self._fits.move_to_end(question.digest)
        return self._fits[question.digest]

    def _resolve(self, value: Any) -> Any:
        if isinstance(value, ModelKey):
            return self.model(value)
        if isinstance(value, ScenesKey):
            return self.scenes(value.path, frames=value.frames, fps=value.fps, start=value.start, length=value.length)
        if isinstance(value, SceneKey):
            found = self._resolve(value.row)
            return found[found.clips.place(value.name, value.index)]
        if isinstance(value, ClipKey):
            return self.clip(value)
        if isinstance(value, BankKey):
            return self.bank(value)
        if isinstance(value, FileKey):
            return value.path
        if isinstance(value, RunKey):
            return self.run(value)
        if isinstance(value, VectorsKey):
            return self.vectors(value)
        if isinstance(value, Question):
            return self.fit(value)
        if isinstance(value, FolderKey):
            return self.clips(value.path, frames=value.frames, fps=value.fps, start=value.start, length=value.length)
        return value


def _place(path: str, sampling: dict[str, Any]) -> tuple[Any, ...]:
    """What is remembered of a path: it is opened anew after a file was written, or files were added to the folder."""
    try:
        said = os.stat(path)
        seen = said.st_size, said.st_mtime_ns, said.st_ino
    except (OSError, ValueError):
        seen = ()
    return path, seen, sampling.get("frames"), sampling.get("fps"), sampling.get("start", 0.0), sampling.get("length")


def _called(clips: Clips) -> str:
    """What a bank is called in words: the bank of a sample by its title, a file or folder by its quoted name."""
    return clips.title if Path(clips.path).name == "bank.npz" else f"“{clips.title}”"


def _possible(clips: Clips) -> list[int]:
    """The clips that can happen in their world: all of those that the file does not call impossible."""
    marked = clips.arrays.get("possible") if isinstance(clips, StoredBank) else None
    return [i for i in range(len(clips)) if marked is None or bool(marked[i])]


def _usable(clips: Clips, chosen: list[int]) -> tuple[list[Clip], dict[str, str]]:
    """The chosen clips that can be read and are as long as most, scaled down to be kept; and why the others are left out, by name."""
    read = [(clips.names[i], scaled_down(clip, _KEPT_SIDE)) for i, clip in clips.readable(chosen)]
    skipped = {clips.names[i]: clips.skipped[clips.names[i]] for i in chosen if clips.names[i] in clips.skipped}
    lengths = Counter(clip.frames for _, clip in read)
    usual = max(lengths, key=lambda n: (lengths[n], n), default=0)
    skipped |= {name: f"{clip.frames} frames, where most have {usual}" for name, clip in read if clip.frames != usual}
    return [clip for _, clip in read if clip.frames == usual], skipped


def _put(shelf: OrderedDict[Any, Any], key: Any, value: Any, most: int) -> None:
    shelf[key] = value
    while len(shelf) > most:
        shelf.popitem(last=False)
