"""The control that opens, changes and closes the second model, beside the name of the first. Shared by both hosts."""

from __future__ import annotations

from typing import Any

from widgets import Toolbar
from widgets.controls import Button, Control, Label, Option, Select, Text
from workbench import samples
from workbench.boards.second import Second
from workbench.boards.workspace import Workspace
from workbench.core.card import parse_overrides
from workbench.core.errors import WorkbenchError
from workbench.published import find_cached

_NONE, _FILE = "", "file"
_HELP = "A second model, to be seen in place of the first on every board while B is held: the same clip, mask, actions and seed."
_PATH = "Path of a checkpoint, then Enter. Settings that the file does not say follow it: run/ep20.pt heads=4"


class SecondRow:
    """A slim row: which model is open as B."""

    def __init__(self, workspace: Workspace) -> None:
        self.space, self.second = workspace, workspace.shared(Second)
        self.row = Toolbar()
        self._typing, self._last = False, self.second.subject
        self._cached = [c for c in find_cached().values() if c.published.role == "model"]
        self.row.on_change = self._changed
        self.row.on_press = lambda _: self._close()
        self.row.on_enter = lambda name: self._changed({**self.row.values, name: ""}, self.row.values)
        for event in ("subjects", "model"):
            workspace.on(event, self._shown)
        self._shown()

    def _shown(self) -> None:
        """Bring the row to what is open."""
        subject, letter = self.second.subject, self.second.letter
        if subject is not self._last:
            self._typing, self._last = False, subject
        options = [Option(_NONE, "○ +"), *(Option(n, samples.find(n).title) for n in samples.names())]
        options += [Option(str(c.path), f"{c.published.title} ({c.published.name}, in a cache)") for c in self._cached]
        chosen = _FILE if self._typing else _NONE
        if subject is not None and not self._typing:
            chosen = subject.sample or subject.key.path
            if not any(o.value == chosen for o in options):
                options.append(Option(chosen, f"● {subject.name}"))
        options.append(Option(_FILE, "a checkpoint of yours"))
        row: list[Control] = [Select("second", letter, tuple(options), help=_HELP, width=84 if self._typing else 132)]
        if self._typing:
            row.append(Text("path", "path", help=_PATH, width=160))
        if self.space.opening_beside:
            row.append(Label("opening", f"{self.space.opening_beside} …"))
        if (subject is not None and not self._typing) or self.space.opening_beside:
            row.append(Button("close", f"× {letter}", help=f"Close {letter}: only one model is open then."))
        self.row.show(row, {"second": chosen, **({"path": self.row.values.get("path", "")} if self._typing else {})})

    def _close(self) -> None:
        self._typing = False
        self.second.close()

    def _changed(self, old: dict[str, Any], new: dict[str, Any]) -> None:
        chosen, path = new["second"], new.get("path", "").strip()
        try:
            if chosen != old.get("second"):
                self._typing = chosen == _FILE
                if chosen == _FILE:
                    self._shown()
                elif chosen == _NONE:
                    self.second.close()
                else:
                    self.second.open(chosen)
            elif path and path != old.get("path"):
                where, settings = split(path)
                self.second.open(where, **parse_overrides(settings))
        except WorkbenchError as error:
            self._shown()
            self.space.notify(error)


def split(typed: str) -> tuple[str, str]:
    """A path, which may hold blanks, and the settings after it."""
    words = typed.split(" ")
    first = next((k for k, word in enumerate(words) if "=" in word and k), len(words))
    return " ".join(words[:first]).strip().strip("'\""), " ".join(words[first:])
