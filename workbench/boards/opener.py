"""What is open: a sample or a checkpoint, and which of its clips. Slim rows of controls, shared by both hosts."""

from __future__ import annotations

from typing import Any

from widgets import Toolbar
from widgets.controls import Int, Label, Option, Select
from workbench import samples
from workbench.boards.film_controls import ALIKE, OTHER_BANK, Row, bank_row, cut_of, film_row
from workbench.boards.layout import Column, Layout
from workbench.boards.opening import Picker
from workbench.boards.workspace import Workspace
from workbench.core.errors import WorkbenchError
from workbench.published import find_cached

_NONE, _VECTORS = "none is open", "none: vectors are open"


class Opener:
    """Choose a sample, or a file in the Open dialog; step through the clips and the windows of a film; choose a bank."""

    def __init__(self, workspace: Workspace, *, vertical: bool = False) -> None:
        self.space = workspace
        self.files, self.clips, self.film = Toolbar(vertical=vertical), Toolbar(vertical=vertical), Toolbar()
        self.picker = Picker(workspace)
        self._cached = [c for c in find_cached().values() if c.published.role == "model"]
        self._shown()
        self.files.on_change = self._files_changed
        for row in (self.clips, self.film):
            row.on_change = self._clips_changed
        for event in ("model", "clips", "clip"):
            workspace.on(event, self._shown)
        for event in ("bank", "failed"):
            workspace.on(event, self._clips_shown)
        workspace.on("opening", self._opening)

    @property
    def layout(self) -> Layout:
        """Files above, clips and the film below."""
        return Column((self.files, self.picker.dialog, self.clips, self.film))

    def _opening(self) -> None:
        """The choice goes back to what is open, where another model was not opened."""
        with self.files.together():
            self.files.busy = bool(self.space.opening)
            if not self.space.opening:
                self.files.show(*self._file_row())

    def _shown(self) -> None:
        """Bring both rows to what is open."""
        self.files.show(*self._file_row())
        self._clips_shown()

    def _clips_shown(self) -> None:
        """Bring the lower row to what is on screen: also after what was asked for there could not be shown."""
        self.clips.show(*self._clip_row())
        self.film.show(*film_row(self.space))

    def _file_row(self) -> Row:
        options = [Option(n, samples.find(n).title) for n in samples.names()]
        options += [Option(str(c.path), f"{c.published.title} ({c.published.name}, in the cache)") for c in self._cached]
        key = self.space.session.state.model
        known = "" if key is None or not any(key.path == o.value for o in options) else key.path
        which = "A sample, a published checkpoint that this machine has, or a file. The Catalogue lists the rest."
        value = self.space.sample or known
        if not value:  # of a file, or nothing
            none = _VECTORS if self.space.vectors.there else _NONE
            options.append(Option("", none if self.space.facts is None else self.space.facts.card.name))
        return [Select("sample", "model", tuple(options), help=which)], {"sample": value}

    def _clip_row(self) -> Row:
        clips, key = self.space.clips, self.space.session.state.clip
        if clips is None or key is None:
            return [Label("none", "no clip is open")], {}
        last = len(clips.names)
        more, values = bank_row(self.space)
        of = Label("of", f"of {len(clips.names)} · {clips.title}{self._rate()}")
        return [Int("clip", "clip", min=1, max=last, disabled=last == 1), of, *more], {"clip": key.index + 1, **values}

    def _rate(self) -> str:
        """How fast the clip is, where the model was trained on another rate; of a film, its own row says it."""
        facts, shown = self.space.facts, self.space.shown
        if self.space.choice.windows or facts is None or shown is None or not facts.card.fps or not shown.fps:
            return ""
        if abs(shown.fps / facts.card.fps - 1) < ALIKE:
            return ""
        return f" · {shown.fps:.2g} frames per second; the model was trained at {facts.card.fps:.2g}"

    def _files_changed(self, old: dict[str, Any], new: dict[str, Any]) -> None:
        try:
            if new["sample"] and new["sample"] != old["sample"]:
                self.space.open(new["sample"])
        except WorkbenchError as error:
            self.space.open_ended(error)

    def _clips_changed(self, old: dict[str, Any], new: dict[str, Any]) -> None:
        touched = {name for name in new if new[name] != old.get(name)}
        try:
            if "clip" in touched:
                self.space.choice.show(new["clip"] - 1)
            elif touched & {"window", "part", "rate", "at"}:
                self.space.choice.cut(*cut_of(self.space, new, touched))
            elif "bank" in touched and new["bank"] == OTHER_BANK:
                self._clips_shown()
                self.picker.show("bank")
            elif "bank" in touched:
                self.space.choice.compare_with(new["bank"])
        except WorkbenchError as error:
            self.space.tell(error)
