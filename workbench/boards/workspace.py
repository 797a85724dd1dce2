"""What all boards of one session share: the open model, its clips, and the way to the worker."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, Protocol, TypeVar, runtime_checkable

from widgets import Headline
from workbench import samples
from workbench.boards.clip_choice import ALL, ClipChoice, bank_path
from workbench.boards.vectors_choice import VectorsChoice
from workbench.core import codec
from workbench.core.card import NO_SETTINGS, FileKey, LoadReport, ModelKey, VectorsKey, stamp
from workbench.core.errors import BadInput, Cancelled, WorkbenchError
from workbench.core.footage import Part
from workbench.core.questions import Question
from workbench.core.questions.checkpoint import CheckFile, DescribeModel, Inspect, ModelFacts
from workbench.core.questions.clips import ClipList, ShownClip
from workbench.core.selection import Selection
from workbench.jobs import Deliver, Job, Jobs, now
from workbench.session import Session
from workbench.store.uploads import Uploads

Notify = Callable[[WorkbenchError], None]
Heard = Callable[[], None]
Allow = Callable[[str], str]


@runtime_checkable
class Ages(Protocol):
    """A view or a chart."""

    stale: Any  # a trait


Answer = TypeVar("Answer")
_Shared = TypeVar("_Shared")


def to_log(error: WorkbenchError) -> None:
    """Where errors go before a host says otherwise."""
    print(f"jepa-workbench: {error}")


def expand(path: str) -> str:
    """A path as a user of a notebook may open it: any, with ~ spelled out."""
    return str(Path(path).expanduser())


def settled(overrides: Mapping[str, object]) -> tuple[str | None, tuple[tuple[str, Any], ...]]:
    """What a user says of a checkpoint, as a family and settings that a ModelKey can hold.

    Raises:
        BadInput: something that is no setting of a model.
    """
    family = overrides.get("family")
    rest = {k: tuple(v) if isinstance(v, list) else v for k, v in overrides.items() if k != "family"}
    wrong = next((k for k in rest if k in NO_SETTINGS), None) or next((k for k, v in rest.items() if not _plain(v)), None)
    if wrong is not None or not isinstance(family, str | None):
        name = wrong or "family"
        raise BadInput(
            f"{name}={overrides[name]!r} is not a setting of a model", where="settings", fix="heads=4, image_size=(64, 64), family='ijepa' are"
        )
    return family, tuple(sorted(rest.items()))


def _plain(value: object) -> bool:
    return all(map(_plain, value)) if isinstance(value, tuple) else isinstance(value, bool | int | float | str | None)


@dataclass(frozen=True)
class Opening:
    """What is to be opened.

    Args:
        sample: whose model it is; None: a file's. data: a sample's name, or the path of the clips; None: those that are open. index: of the clip
            to show. seed: of the first mask.
    """

    model: ModelKey
    sample: str | None
    data: str | None
    index: int
    seed: int


def opening(path: str, data: str | None, index: int | None, overrides: Mapping[str, object], *, allow: Allow, device: str, dtype: str) -> Opening:
    """What `Workspace.open` opens, as it is on disk now: a file that was overwritten is another model.

    Raises:
        BadInput: something that is no setting of a model, or a path that may not be opened.
    """
    sample = path if path in samples.names() else None
    place = str(samples.find(path).checkpoint) if sample else allow(path)
    family, settings = settled(overrides)
    if data:
        allow(bank_path(data))
    first, seed = samples.find(path).opening if sample else (0, 0)
    clips = data or sample
    key = ModelKey(place, family, settings, device, dtype, stamp(place))
    return Opening(key, sample, clips, index if index is not None else first if clips == sample else 0, seed)


def offer(headline: Headline, name: str, data: bytes) -> None:
    """Offer a file as a download in the browser, whichever host shows it."""
    headline.file_name, headline.file = name, b""  # in this order: the bytes start the download, also of the same bytes again
    headline.file = data


def first_seed(space: Workspace) -> int:
    """Of the mask that the open model begins with."""
    return 0 if space.subject is None else space.subject.seed


def exported(space: Workspace, results: dict[str, object]) -> tuple[str, bytes]:
    """Results as one npz that numpy reads too, with a name for it."""
    name = space.sample or (Path(space.facts.report.path).stem if space.facts else "workbench")
    return f"jepa-workbench-{name}.npz", codec.dumps(results)


def described(facts: ModelFacts, sample: str | None) -> ModelFacts:
    """A sample's model with the licence of its weights, what it can and cannot do, and the world of its films."""
    if sample is None:
        return facts
    card = samples.find(sample).card
    lists = (f"{verb}: {'; '.join(card[key])}." for verb, key in (("Can", "can"), ("Cannot", "cannot")) if card.get(key))
    notes = " ".join([str(card.get("what", "")), *lists]).strip()
    return replace(facts, card=replace(facts.card, licence=str(card.get("licence", "")), notes=notes, world=str(card.get("world", facts.card.world))))


def age(views: Iterable[Ages]) -> None:
    """Something else was opened: what these views show is greyed until they show something of it."""
    for view in views:
        view.stale = True


def renew(*views: Ages) -> None:
    """These views show something of what is open."""
    for view in views:
        view.stale = False


@dataclass(frozen=True)
class Subject:
    """A model that a session looks at. sample: its name, where it is one. seed: of the mask that it opens with."""

    key: ModelKey
    facts: ModelFacts
    sample: str | None
    seed: int

    @property
    def name(self) -> str:
        """The name of the sample or of the file; for a model from memory, that of its card."""
        return self.sample or (self.facts.card.name if ":" in self.key.path and not Path(self.key.path).exists() else Path(self.key.path).name)


class Workspace:
    """One session's models and clips. What is on screen stays until what replaces it is ready.

    Args:
        jobs: where work goes. deliver: brings answers to the host's thread. notify: shows an error to the user. allow: path as typed -> path
            to open, or an error. roots: the folders that may be listed; empty: any. uploads: of this session, removed when
            it is closed; None: nothing can be dropped. device, dtype: for models opened here.
    """

    def __init__(
        self,
        jobs: Jobs,
        *,
        deliver: Deliver = now,
        notify: Notify = to_log,
        allow: Allow = expand,
        roots: Sequence[Path] = (),
        uploads: Uploads | None = None,
        device: str = "cpu",
        dtype: str = "float32",
    ) -> None:
        self.session, self.jobs, self.deliver, self.notify = Session(), jobs, deliver, notify
        self.uploads, self.allow = uploads, allow if uploads is None else uploads.allowing(allow)
        self.device, self.dtype, self.roots = device, dtype, tuple(roots)
        self.subjects: dict[str, Subject] = {}  # "A", and where a second model is open, "B"
        self.clips: ClipList | None = None
        self.shown: ShownClip | None = None
        self.loading = False  # whether the page of a host, which says what is opened, is not there yet
        self.opening = self.opening_beside = ""
        self.error: WorkbenchError | None = None
        self.not_opened: WorkbenchError | None = None  # why what was asked for last was not opened
        self.not_opened_beside: WorkbenchError | None = None  # the same of the second model
        self.refused: tuple[str, WorkbenchError] | None = None  # the last path that was to be opened, where it was not
        self._heard: dict[str, list[Heard]] = {
            "model": [],
            "subjects": [],
            "second": [],
            "clips": [],
            "clip": [],
            "bank": [],
            "opening": [],
            "theme": [],
            "failed": [],
            "refused": [],
            "closed": [],
        }
        self.choice = ClipChoice(self)
        self.vectors = VectorsChoice(self, self._start, self._vectors_opened)
        self.dark = False
        self.closed = False  # the page is closed
        self._shared: dict[Callable[[Workspace], Any], Any] = {}

    @property
    def subject(self) -> Subject | None:
        """The model that is looked at."""
        return self.subjects.get(self.session.state.subject)

    @property
    def facts(self) -> ModelFacts | None:
        """Of the model that is looked at."""
        return None if self.subject is None else self.subject.facts

    @property
    def sample(self) -> str | None:
        """The name of the sample that it is."""
        return None if self.subject is None else self.subject.sample

    def on(self, event: str, heard: Heard) -> None:
        """Call after "model", "subjects", "second" (see `boards.second`), "clips", "clip", "bank", "opening" or "theme" changed, after something "failed", a model was "refused", or the session was "closed"."""
        self._heard[event].append(heard)

    def shared(self, kind: Callable[[Workspace], _Shared]) -> _Shared:
        """The one object of this class that the boards of this session share, made when first asked for and freed with the workspace."""
        if kind not in self._shared:
            self._shared[kind] = kind(self)
        return self._shared[kind]

    def ask(
        self,
        question: Question[Answer],
        view: str,
        done: Callable[[Answer], None],
        failed: Notify | None = None,
        progress: Callable[[int, int], None] = lambda done, total: None,
    ) -> Job:
        """Ask a question in this session's slot of that view. Errors that nobody takes are shown to the user."""
        return self.jobs.ask(question, slot=(self.session.id, view), done=done, failed=failed or self.tell, progress=progress, deliver=self.deliver)

    def stop(self, view: str, *, tell: bool) -> None:
        """Nobody waits for that view any more; `tell`: who asked is told that it was cancelled."""
        (self.jobs.cancel if tell else self.jobs.drop)((self.session.id, view))

    def tell(self, error: WorkbenchError) -> None:
        """Show an error to the user; a cancelled job is none."""
        if not isinstance(error, Cancelled):
            self.error = error
            self.say("failed")
            self.notify(error)

    def open(self, path: str, data: str | None = None, index: int | None = None, /, *, subject: str = "", **overrides: Any) -> None:
        """Open a sample by name, or a checkpoint by path, with its own clips or those of `data`; without an index, at the clip it opens on.

        Args:
            subject: "A" or "B"; "": in place of the one that is looked at. One that is not looked at is opened without clips; see `look_at`.
        """
        found = opening(path, data, index, overrides, allow=self.allow, device=self.device, dtype=self.dtype)
        key, sample = found.model, found.sample
        if subject and subject != self.session.state.subject:
            self._open_beside(subject, found)
            return
        self._start(f"opening {sample or Path(key.path).name}")

        def refused(error: WorkbenchError) -> None:
            if not isinstance(error, Cancelled):
                self.refused = key.path, error
                self.say("refused")
            self.open_ended(error)  # last, so that a host sees which board says it already

        def opened(facts: ModelFacts) -> None:
            self.refused = self.vectors.facts = None
            self.subjects[self.session.state.subject] = Subject(key, described(facts, sample), sample, found.seed)
            self.session.set(model=key, clip=None, bank=None, mask=None, tick=0, hover=-1, block=-1, predictor="model", vectors=None)
            self.shown = None
            self.choice.forget()
            self.say("model")
            where = found.data or (self.clips.path if self.clips else None)
            self.open_ended()
            if where:
                self.open_data(where, found.index)

        def model() -> None:
            checked(self, key, sample, "open", refused, lambda: self.ask(DescribeModel(key), "open", opened, refused))

        if sample is None:
            self.vectors.unless(key.path, model)
        else:
            model()

    def _open_beside(self, subject: str, found: Opening) -> None:
        """Open a model that is not looked at: what is on screen stays, also where it cannot be opened."""
        key, sample, view = found.model, found.sample, f"open {subject}"
        self._starts_beside(f"opening {sample or Path(key.path).name}")

        def ended(error: WorkbenchError) -> None:
            self.not_opened_beside = error
            self._starts_beside("")
            if not isinstance(error, Cancelled):
                self.notify(error)

        def opened(facts: ModelFacts) -> None:
            self.subjects[subject] = Subject(key, described(facts, sample), sample, found.seed)
            self._starts_beside("")

        checked(self, key, sample, view, ended, lambda: self.ask(DescribeModel(key), view, opened, ended))

    def _starts_beside(self, what: str) -> None:
        if what:
            self.not_opened_beside = None
        self.opening_beside = what
        self.say("subjects")

    def look_at(self, subject: str) -> None:
        """Look at the other open model, with the open clip and, where the grids agree, the same mask. The pictures stay until it is ready.

        Raises:
            BadInput: no model is open as this subject.
        """
        other = self.subjects.get(subject)
        if other is None:
            raise BadInput(f"no model is open as {subject}", where="subjects", fix="open one")
        if subject != self.session.state.subject:
            self.choice.show_to(other.key, lambda: self._turn(subject, other.key))

    def _turn(self, subject: str, key: ModelKey) -> None:
        self.session.set(subject=subject, model=key, clip=None, bank=None, mask=None, hover=-1, block=-1, predictor="model")
        self.shown = None
        self.say("model")

    def open_data(self, path: str, index: int = 0, part: Part = ALL) -> None:
        """Open an image, a video, a folder, a bank or the clips of a sample, and show one of them; or vectors, in place of the model.

        Args:
            part: of a video.

        Raises:
            BadInput: a path that may not be opened.
        """
        place = self.allow(bank_path(path))
        self._start(f"opening {Path(path).name}")
        if path in samples.names():
            self.choice.open(place, index, part)
        else:
            self.vectors.unless(place, lambda: self.choice.open(place, index, part))

    def _vectors_opened(self, key: VectorsKey) -> None:
        self.stop("clip", tell=False)
        self.subjects.clear()
        self.clips = self.shown = self.refused = None
        self.choice.forget()
        gone = {"model": None, "clip": None, "bank": None, "mask": None, "selection": Selection(), "tick": 0, "hover": -1, "predictor": "model"}
        self.session.set(**gone, vectors=key)
        self.open_ended()
        for event in ("subjects", "model", "clips", "clip"):
            self.say(event)

    def set_dark(self, dark: bool) -> None:
        """Follow the host's theme."""
        if dark != self.dark:
            self.dark = dark
            self.say("theme")

    def open_ended(self, error: WorkbenchError | None = None) -> None:
        """Nothing is being opened any more. error: why it was not opened, which is told to the user."""
        self.not_opened = None if isinstance(error, Cancelled) else error
        self._start("")
        if error is not None:
            self.tell(error)

    def close(self) -> None:
        """Drop everything that this session waits for."""
        self.closed = True
        self.jobs.forget(self.session.id)
        if self.uploads is not None:
            self.uploads.close()
        self.say("closed")

    def _start(self, what: str) -> None:
        if what:
            self.not_opened = None
        if what != self.opening:
            self.opening = what
            self.say("opening")

    def say(self, event: str) -> None:
        """Tell those who listen for an event that it came."""
        for heard in self._heard[event]:
            heard()


def checked(space: Workspace, key: ModelKey, sample: str | None, view: str, refused: Notify, then: Callable[[], object]) -> None:
    """Have a file of the user's read in a process of its own before the worker that all share opens it.

    Args:
        view: whose slot it is asked in. then: what follows, at once where the file is known.
    """
    readers = space.jobs.readers
    if readers is None or sample is not None or readers.knows(key.path):
        then()
        return

    def read(tensors: int) -> None:
        readers.remember(key.path, key.stamp)
        then()

    space.ask(CheckFile(FileKey(key.path), key.family), view, read, refused)


def look_into(space: Workspace, path: str, overrides: Mapping[str, object], done: Callable[[LoadReport], None], failed: Notify) -> None:
    """Ask what of a checkpoint would load, without opening it.

    Raises:
        BadInput: something that is no setting of a model, or a path that may not be opened.
    """
    found = opening(path, None, None, overrides, allow=space.allow, device=space.device, dtype=space.dtype)
    key = found.model
    question = Inspect(FileKey(key.path), key.family, key.overrides)
    checked(space, key, found.sample, "picker", failed, lambda: space.ask(question, "picker", done, failed))
