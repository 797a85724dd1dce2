"""What the Open dialog lists, knows of a path, and does: files within the allowed folders, recent ones, samples and published checkpoints."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

from widgets import OpenDialog
from widgets.controls import Control
from workbench import samples
from workbench.boards.clip_choice import is_sample_bank
from workbench.boards.code import WRAPPED
from workbench.boards.layout import fill
from workbench.boards.opening.dropping import Dropping
from workbench.boards.opening.forms import (
    BESIDE,
    LABELS,
    MORE,
    beside_form,
    film_form,
    folder_words,
    overrides_of,
    part_of,
    path_words,
    report_words,
    sentence,
    settings_form,
    spread,
    unquoted,
    vectors_form,
)
from workbench.boards.opening.places import LISTS, Places, holds_vectors, kind_of
from workbench.boards.second import Second
from workbench.boards.what_next import bank_words, data_words, model_words, next_step
from workbench.boards.workspace import Workspace, look_into
from workbench.core.card import Fact, LoadReport, parse_overrides
from workbench.core.errors import AmbiguousModel, BadInput, Cancelled, WorkbenchError
from workbench.store.recent import Opened, remember

_CHOOSE = {"model": "a checkpoint", "data": "an image, a video, a folder or a bank", "bank": "a folder or a file of clips"}


class Picker:
    """Answers the Open dialog of one session.

    Attributes:
        dialog: the view. space: what is open.
    """

    def __init__(self, space: Workspace) -> None:
        self.space, self.dialog = space, OpenDialog()
        self.places = Places(space)
        self._looked: dict[str, str] = {}  # page -> the place or folder that was listed last
        self._error: WorkbenchError | None = None
        self._asked = False  # what is being opened was chosen here, and not by a link, another board or the start of the page
        self.drops = None if space.uploads is None else Dropping(space, space.uploads, self._dropped)
        self._beside = False  # what was asked for here is being opened as the second model
        self._form(settings_form((), {}), {})
        self.dialog.on_wish = self._wish
        if self.drops is not None:
            self.dialog.on_piece = self.drops.take
        for event in ("model", "clips", "clip", "bank", "opening"):
            space.on(event, self._tell)
        space.on("model", self._model_opened)
        space.on("clips", self._clips_opened)
        space.on("bank", self._bank_chosen)
        space.on("failed", self._failed)
        space.on("subjects", self._second_changed)
        self._tell()

    def show(self, target: str) -> None:
        """Open the dialog on a page."""
        self.dialog.target = target
        self._turn(target)
        self.dialog.shown = True

    def says(self, error: WorkbenchError) -> bool:
        """Whether the dialog is open and tells this error."""
        return self.dialog.shown and self._error is error

    def _wish(self, do: str, path: str) -> None:
        """What the user asks for; an error of it stands in the dialog, and what is open stays."""
        acts: dict[str, Callable[[str], None]] = {
            "show": lambda _: self._turn(self.dialog.target),
            "target": lambda _: self._turn(self.dialog.target),
            "go": self._go,
            "choose": self._choose,
            "open": self._open,
            "cancel": lambda _: self._cancel(),
            "clear": lambda _: self._clear(),
        }
        self._asked = do in ("open", "clear") or (self._asked and do != "cancel")
        try:
            acts[do](path)
        except WorkbenchError as error:
            if do in ("open", "clear"):
                self.space.open_ended(error)
            else:  # of looking around: what is being opened goes on
                self._error = error
                self._tell()

    # what is listed

    def _turn(self, target: str) -> None:
        """Another page, on the folder that was looked at last, or on that of what is open."""
        self._error = None
        path, place = self.places.open_now(target)
        fill(self.dialog, {"places": [vars(place) for place in self.places.of(target)], "path": path})
        self._tell()
        try:
            self._go(self._looked.get(target) or place, path)
        except BadInput:  # a folder that is gone, or may not be listed
            self._go(self.places.of(target)[-1].id, path)
        self._describe(path, self._said() if target == "model" else "")

    def _go(self, place: str, chosen: str | None = None) -> None:
        """List a place or a folder. chosen: the path in the field; None: the folder."""
        target = self.dialog.target
        listing = self.places.listing(place, target)
        folder = place not in LISTS
        self._looked[target] = place
        fill(self.dialog, {"listing": listing, "path": chosen if chosen is not None else place if folder else ""})
        if chosen is None:
            self._error = None
            self._tell()
            self._describe(place if folder else "")
            if folder:
                if target == "data" and not {"video", "folder"} & {row["kind"] for row in listing["rows"]}:
                    self.dialog.settings([])  # nothing in it has a start, a length or a rate
                fill(self.dialog, {"about": folder_words(place, listing["rows"])})

    # what is known of a path

    def _choose(self, path: str) -> None:
        self._error = None
        self._tell()
        self._describe(unquoted(path))

    def _describe(self, path: str, settings: str | None = None) -> None:
        """Say what a path is, and offer its settings. settings: of the open model; None: those that the user typed stay."""
        self.space.stop("picker", tell=False)
        typed = self.dialog.values.get(MORE, "") if settings is None else settings
        if settings is None and typed == self._said():
            typed = ""
        target = self.dialog.target
        form = settings_form((), {}) if target == "model" else []
        try:
            place = path if not path or path in samples.names() else self.space.allow(path)
        except WorkbenchError as error:  # nothing is told of what may not be opened, not even whether it is there
            self._form(form, {MORE: typed} if form else {})
            fill(self.dialog, {"about": {"sentence": sentence(error.what), "detail": error.fix, "tone": "error"}})
            return
        if target == "data" and place and kind_of(place) in ("video", "folder"):
            form = film_form()
        elif target == "data" and holds_vectors(place):
            form = vectors_form()
        self._form(form, {MORE: typed} if target == "model" else {})
        fill(self.dialog, {"about": path_words(place, target, self.places.folder_of(place))})
        if target == "model":
            self._inspect(place, typed)

    def _inspect(self, path: str, typed: str) -> None:
        """Have the file looked into: what of it would load, and which settings fit it."""
        if not path or (path not in samples.names() and kind_of(path) == "folder"):
            return

        def known(report: LoadReport) -> None:
            if path not in samples.names():
                fill(self.dialog, {"about": report_words(path, report)})
            self._offer(report.facts, {})

        def unknown(error: WorkbenchError) -> None:
            if isinstance(error, Cancelled):
                return
            needs = isinstance(error, AmbiguousModel)
            fill(self.dialog, {"about": {"sentence": sentence(error.what), "detail": error.fix, "tone": "warn" if needs else "error"}})
            self._offer((), error.choices if isinstance(error, AmbiguousModel) else {})

        try:
            look_into(self.space, path, parse_overrides(typed), known, unknown)
        except WorkbenchError as error:
            unknown(error)

    def _offer(self, facts: Sequence[Fact], choices: Mapping[str, Sequence[object]]) -> None:
        """A form of settings: what the file says, with the values that fit its tensors; and what it does not say."""
        controls = settings_form(facts, choices)
        self._form(controls, spread(self.dialog.values.get(MORE, ""), controls))

    def _form(self, controls: list[Control], values: dict[str, Any]) -> None:
        """Show a form; of a model, with the choice to open it as the second one, where a first one is open."""
        if self.dialog.target == "model" and self.space.facts is not None:
            controls = [*controls, *beside_form(self.space.shared(Second).letter)]
            values = {**values, BESIDE: bool(self.dialog.values.get(BESIDE, False))}
        self.dialog.settings(controls, values)

    def _said(self) -> str:
        """What the user said of the open model."""
        key = self.space.session.state.model
        return "" if key is None else " ".join(f"{name}={value!r}" for name, value in key.said)

    # what is opened

    def _open(self, path: str) -> None:
        path, target = unquoted(path), self.dialog.target
        self._error = None
        if not path and target != "bank":
            raise BadInput("no path is given", where="Open", fix="choose a file in the list, or type its path")
        if target == "model" and self.dialog.values.get(BESIDE) and self.space.facts is not None:
            self._open_beside(path)
        elif target == "model":
            self.space.open(path, None, None, **overrides_of(self.dialog.values))
        elif target == "data":
            if self.space.facts is None and not holds_vectors(path):
                raise BadInput("no model is open that could look at it", where=path, fix="open a model first: the page Model")
            labels = unquoted(self.dialog.values.get(LABELS, ""))
            if labels:
                self.space.vectors.open(path, labels)
            else:
                self.space.open_data(path, 0, part_of(self.dialog.values))
        else:
            self.space.choice.compare_with(path)
            self._tell()
            self.dialog.shown = bool(self._error)

    def _open_beside(self, path: str) -> None:
        """Open a model as the second one."""
        self._beside = True
        try:
            self.space.shared(Second).open(path, **overrides_of(self.dialog.values))
        except WorkbenchError:
            self._beside = False
            raise

    def _cancel(self) -> None:
        """Leave what is arriving, or what is being opened."""
        if self._beside:
            self.space.stop(f"open {self.space.shared(Second).letter}", tell=True)
        elif self.drops is None or not self.drops.cancel():
            self.space.stop("open", tell=True)
        self._tell()

    def _dropped(self, error: WorkbenchError | None) -> None:
        """A piece of a file has arrived, or is not wanted."""
        started = self.drops is not None and self.drops.started
        if not self.dialog.shown and (error is not None or started):
            self.show("data")
        self._asked = self._asked or started
        if error is None:
            self._tell()
        else:
            self.space.not_opened = error
            self.space.tell(error)

    def _clear(self) -> None:
        """The clips of the sample again."""
        if self.space.sample:
            self.space.open_data(self.space.sample, samples.find(self.space.sample).opening[0])

    # what became of it

    def _model_opened(self) -> None:
        key, space = self.space.session.state.model, self.space
        if key is not None and space.sample is None and not key.path.startswith(WRAPPED):
            remember(Opened("model", key.path, self._said()))
        if self.dialog.shown and space.clips is None and self.dialog.target == "model":
            self.dialog.target = "data"
            self._turn("data")

    def _second_changed(self) -> None:
        """The second model that was chosen here is open, or cannot be."""
        if not self._beside:
            return
        self._beside = bool(self.space.opening_beside)
        if not self._beside:
            error = self.space.not_opened_beside
            self._error = None if isinstance(error, Cancelled) else error
            if error is None:
                self._asked = self.dialog.shown = False
        self._tell()

    def _clips_opened(self) -> None:
        """There is something to look at: a dialog in which it was chosen has done its work."""
        clips = self.space.clips
        dropped = clips is not None and self.space.uploads is not None and self.space.uploads.owns(clips.path)
        if clips is not None and not is_sample_bank(clips.path) and not dropped:
            remember(Opened("data", clips.path))
        vectors = self.space.session.state.vectors
        if vectors is not None and Path(vectors.path).exists() and not (self.space.uploads is not None and self.space.uploads.owns(vectors.path)):
            remember(Opened("data", vectors.path))
        self._error = None
        if self._asked:
            self._asked = self.dialog.shown = False

    def _bank_chosen(self) -> None:
        bank = self.space.choice.bank
        if bank and bank not in samples.names() and self.space.choice.bank_error is None and not self.space.choice.reading:
            remember(Opened("bank", bank))

    def _failed(self) -> None:
        error = self.space.not_opened
        if error is None or error is not self.space.error:
            return
        opened = self.space.facts is not None and self.space.shown is None and self.space.refused is None
        if opened and self.dialog.shown and self.dialog.target == "model":  # the model is open, and cannot look at the clips that were
            self.dialog.target = "data"
            self._turn("data")
        self._error = error
        self._tell()
        if isinstance(error, AmbiguousModel) and error.choices:
            self._offer((), error.choices)

    def _tell(self) -> None:
        """What is open, what is happening, and what is next."""
        space, error = self.space, self._error
        arriving = "" if self.drops is None else self.drops.progress
        said, detail = (f"{sentence(arriving).rstrip('.')} …", "") if arriving else next_step(space)
        if not said:
            detail = f"Choose {_CHOOSE[self.dialog.target]} in the list, or type its path."
        words = {"sentence": said, "detail": detail, "tone": "plain"}
        if self._beside:
            words = {"sentence": f"{sentence(space.opening_beside).rstrip('.')} …", "detail": "What is open stays.", "tone": "plain"}
        if error is not None and not space.opening and not self._beside and not arriving:
            words = {"sentence": sentence(f"{error.what}{f' ({error.where})' if error.where else ''}"), "detail": error.fix, "tone": "error"}
        own = space.sample is not None and space.clips is not None and space.clips.path != str(samples.find(space.sample).bank)
        clearable = "Back to sample clips" if own else ""
        current = {"model": model_words(space), "data": data_words(space), "bank": bank_words(space)}
        fill(self.dialog, {"said": words, "opening": bool(space.opening or self._beside or arriving), "current": current, "clearable": clearable})
