"""What is open: a sample or a checkpoint, and which of its clips. Slim rows of controls, shared by both hosts."""

from __future__ import annotations

from typing import Any

from widgets import Toolbar
from widgets.controls import Button, Int, Label, Option, Select, Text
from workbench import samples
from workbench.boards.clip_choice import is_sample_bank
from workbench.boards.film_controls import ALIKE, OTHER_BANK, Row, bank_row, cut_of, film_row
from workbench.boards.layout import Column, Layout
from workbench.boards.workspace import Workspace
from workbench.core.card import parse_overrides
from workbench.core.errors import WorkbenchError
from workbench.published import find_cached

_OTHER, _NONE = "a checkpoint file", "none: vectors are open"
_DATA = "Path of an image, a video or a folder, then Enter; or of vectors (.npy, .npz, .parquet, .safetensors), which need no model."


class Opener:
    """Choose a sample, or type the path of a checkpoint and of images or videos; step through the clips and the windows of a film; choose a bank."""

    def __init__(self, workspace: Workspace, *, vertical: bool = False) -> None:
        self.space = workspace
        self.files, self.clips, self.film = Toolbar(vertical=vertical), Toolbar(vertical=vertical), Toolbar()
        self._other_bank = False
        self._cached = [c for c in find_cached().values() if c.published.role == "model"]
        self._shown()
        self.files.on_change = self._files_changed
        self.files.on_press = lambda _: workspace.stop("open", tell=True)
        self.files.on_enter = lambda name: self._files_changed({**self.files.values, name: ""}, self.files.values)  # as if it were given anew
        self.clips.on_enter = lambda name: self._clips_changed({**self.clips.values, name: ""}, self.clips.values)
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
        return Column((self.files, self.clips, self.film))

    def _opening(self) -> None:
        """What was typed stays, so that a wrong path can be mended."""
        with self.files.together():
            self.files.busy = bool(self.space.opening)
            self.files.show(self._file_row()[0])

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
        vectors = self.space.session.state.vectors
        options += [Option(str(c.path), f"{c.published.title} ({c.published.name}, in the cache)") for c in self._cached]
        key = self.space.session.state.model
        known = "" if key is None or not any(key.path == o.value for o in options) else key.path
        path = "" if key is None or self.space.sample else key.path
        settings = "" if key is None else " ".join(f"{name}={value!r}" for name, value in key.said)
        data = "" if self.space.clips is None or is_sample_bank(self.space.clips.path) else self.space.clips.path
        joined = [Text("labels", "labels", help="Path of a .csv or .parquet with labels of these vectors, then Enter.", width=230)]
        idle = "" if self.space.opening else "Nothing is being opened."
        which = "A sample, a published checkpoint that this machine has, or a file. The Catalogue lists the rest."
        said = "Settings that the file does not state, such as heads=4 image_size=(64, 64), or preprocessing: resize=stretch mean=(0.5, 0.5, 0.5)"
        row = [
            Select("sample", "model", (*options, Option("", _OTHER if vectors is None else _NONE)), help=which),
            Text("data", "images or video" if vectors is None else "vectors", help=_DATA, width=230),
            *([] if vectors is None else joined),
            Text("path", "checkpoint", help="Path of a checkpoint file or folder, then Enter.", width=230),
            Text("settings", "settings", help=said, width=160),
            Button("cancel", "Cancel opening", help="Stop opening; what is open stays.").off(idle),
        ]
        values = {"sample": self.space.sample or known, "path": path, "settings": settings, "data": data}
        return row, values if vectors is None else {**values, "data": vectors.path, "labels": vectors.labels}

    def _clip_row(self) -> Row:
        clips, key = self.space.clips, self.space.session.state.clip
        if clips is None or key is None:
            return [Label("none", "no clip is open")], {}
        last = len(clips.names)
        more, values = bank_row(self.space, other=self._other_bank)
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
            elif new["path"] and (new["path"] != old["path"] or new["settings"] != old["settings"]):
                self.space.open(new["path"], new["data"] or None, **parse_overrides(new["settings"]))
            elif new["data"] and new["data"] != old["data"]:
                self.space.open_data(new["data"])
            elif new.get("labels") != old.get("labels") and new["data"]:
                self.space.vectors.open(new["data"], new["labels"])
        except WorkbenchError as error:
            self.space.tell(error)

    def _clips_changed(self, old: dict[str, Any], new: dict[str, Any]) -> None:
        touched = {name for name in new if new[name] != old.get(name)}
        try:
            if "clip" in touched:
                self.space.choice.show(new["clip"] - 1)
            elif touched & {"window", "part", "rate", "at"}:
                self.space.choice.cut(*cut_of(self.space, new, touched))
            elif "bank" in touched:
                self._other_bank = new["bank"] == OTHER_BANK
                if self._other_bank:
                    self._clips_shown()
                else:
                    self.space.choice.compare_with(new["bank"])
            elif new.get("bank_path") and "bank_path" in touched:
                self.space.choice.compare_with(new["bank_path"])
        except WorkbenchError as error:
            self.space.tell(error)
