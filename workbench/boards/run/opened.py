"""The training run that a session looks at: a subject with steps, which is looked at again while somebody looks."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, Literal

from workbench import samples
from workbench.boards.workspace import Workspace, settled
from workbench.core.card import ModelKey, RunKey, stamp
from workbench.core.errors import BadInput, Cancelled, WorkbenchError
from workbench.core.questions.runs import RunLog, RunNews, RunStep
from workbench.query import Query
from workbench.samples import RunSample


class OpenRun:
    """The run, what is known of it, and the checkpoint that is looked at. Shared by the boards of a session: `space.shared(OpenRun)`.

    Attributes:
        key: of the run; None: none is open. news: the latest of it. step: number of the checkpoint under the line; -1: none. labels: the column of
            the clips that probes read. error: why it could not be opened, or looked at again. offered: paths of runs to choose from, beside the shipped ones.
    """

    def __init__(self, space: Workspace) -> None:
        self.space = space
        self.key: RunKey | None = None
        self.news: RunNews | None = None
        self.step, self.labels = -1, "label"
        self.offered: tuple[str, ...] = ()
        self.error: WorkbenchError | None = None
        self._data: str | None = None
        self._heard = list[Callable[[bool], None]]()
        self._log = Query[RunNews](space, "run.log", self._read, self._failed)
        self._turned, self._before = -1, -1  # the checkpoint that is opened as the model; the one to open where that was refused
        self._stand: str | None = None  # the name of the checkpoint that a view puts the line on, once the run is read
        space.on("clips", self._clips_open)
        space.on("refused", self._refused)
        space.on("opening", self._opening_ended)

    @property
    def checkpoints(self) -> tuple[RunStep, ...]:
        """In the order of training."""
        return () if self.news is None else self.news.checkpoints

    @property
    def name(self) -> str:
        """The name of the shipped run that it is, else its path."""
        path = "" if self.key is None else self.key.path
        shipped = _shipped(path)
        return shipped.name if shipped else path

    @property
    def reading(self) -> bool:
        """Whether it is being opened, or is about to be: the page begins with a run, and nothing is open yet."""
        if self.key is None:
            return bool(self.offered) and self.space.facts is None and self.space.error is None and not self.space.vectors.there
        return self.news is None and self.error is None

    @property
    def opens(self) -> Literal["", "model", "clips"]:
        """What is being opened to measure with: a checkpoint as the model, then the clips; "" = neither."""
        if not self.space.opening:
            return ""
        model = self.space.session.state.model
        return "clips" if model is not None and any(step.path == model.path for step in self.checkpoints) else "model"

    @property
    def refused(self) -> WorkbenchError | None:
        """Why no checkpoint is open as the model, or no clips are, where one of them was to be opened and was refused."""
        path, error = self.space.refused or ("", None)
        return error if any(step.path == path for step in self.checkpoints) else self.space.not_opened

    @property
    def name_at(self) -> str:
        """The name of the checkpoint under the line; "" without one."""
        if self._stand is not None:
            return self._stand
        return self.checkpoints[self.step].name if 0 <= self.step < len(self.checkpoints) else ""

    def watch(self, heard: Callable[[bool], None]) -> None:
        """Call after another run was opened (True), or after there is something new of it (False)."""
        self._heard.append(heard)

    def open(self, path: str, data: str | None = None, labels: str = "", **overrides: object) -> None:
        """Open a run, and the last checkpoint of it as the model that is looked at.

        Args:
            path: a folder, or the name of a shipped run. data: the clips that it is measured on; None: those that are open, of a shipped run its own.
            labels: the column of the clips that probes read; "" = the usual one. overrides: what the checkpoints do not say, as family= and heads=.

        Raises:
            BadInput: a path that may not be opened, or no setting of a model.
        """
        self._open(path, data, labels, overrides, None)

    def _open(self, path: str, data: str | None, labels: str, overrides: Mapping[str, object], stand: str | None) -> None:
        family, said = settled(overrides)
        shipped = _shipped(path)
        place = str(shipped.folder) if shipped else self.space.allow(path)
        self.key, self.news, self.step, self.error = RunKey(place, family, said), None, -1, None
        self._data, self._stand = data or (shipped.data if shipped else None), stand
        if stand is not None:
            self._data = None
        self.labels = labels or (shipped.labels if shipped else "label")
        self._tell(opened=True)
        self._log.ask(RunLog(self.key))

    def restore(self, path: str, said: Mapping[str, object]) -> None:
        """Open a run without opening a checkpoint of it: `Restoring` opens the model that the view names.

        Args:
            path, said: as path and overrides of `open`.

        Raises:
            BadInput: as `open`.
        """
        family, options = settled(said)
        shipped = _shipped(path)
        wanted = RunKey(str(shipped.folder) if shipped else self.space.allow(path), family, options)
        if wanted != self.key:
            self._open(path, None, "", said, "")

    def stand(self, name: str) -> None:
        """Move the line to a checkpoint; where the run is still being read, once it is.

        Args:
            name: in the run; "" = the last one.
        """
        if self.news is None:
            self._stand = name
            return
        self._move_to(name)
        self._tell(opened=False)

    def _move_to(self, name: str) -> None:
        count, found = len(self.checkpoints), [step.name for step in self.checkpoints]
        self.step = found.index(name) if name in found else count - 1
        if name and name not in found:
            what = f"there is no checkpoint {name!r:.120} in this run any more"
            self.space.notify(BadInput(what, where="view", fix="the line stands on the last one; the rest is as in the view"))

    def look_again(self) -> None:
        """Ask for what is new, unless that is being asked."""
        if self.key is not None and self.news is not None and not self._log.busy:
            self._log.ask(RunLog(self.key, self.news.state))

    def model(self, number: int) -> ModelKey:
        """The key of a checkpoint, as its file is now."""
        assert self.key is not None
        path = self.checkpoints[number].path
        return ModelKey(path, self.key.family, self.key.overrides, self.space.device, self.space.dtype, stamp(path))

    def turn(self, number: int) -> None:
        """Make a checkpoint the model that all boards look at, with the clip in sight."""
        if self.key is None or not 0 <= number < len(self.checkpoints) or self.model(number) == self.space.session.state.model:
            return
        look, data, self._turned = self.space.choice.look, self._data, number
        said: Mapping[str, Any] = dict(self.key.said)
        try:
            self.space.open(self.checkpoints[number].path, data, None if data or look is None else look.index, **said)
        except WorkbenchError as error:
            self.space.tell(error)

    def _read(self, news: RunNews) -> None:
        before, first, self.error = len(self.checkpoints), self.news is None, None
        if news.same:
            return
        at_end, self.news = self.step == before - 1, news
        if at_end or not 0 <= self.step < len(news.checkpoints):  # the line stays at the end while the run grows
            self.step = len(news.checkpoints) - 1
        restored, self._stand = self._stand, None
        if restored is not None:
            self._move_to(restored)
        self._tell(opened=False)
        if restored is not None:  # `Restoring` opens the model of the view
            return
        if news.checkpoints and (first or (self._data and len(news.checkpoints) != before)):
            self.turn(self.step)

    def _refused(self) -> None:
        """The checkpoint that was to open first cannot be opened: the one before it is, so that the others are measured. See `_opening_ended`."""
        refused = self.space.refused
        if self._data and refused is not None and 0 < self._turned < len(self.checkpoints) and refused[0] == self.checkpoints[self._turned].path:
            self._before = self._turned - 1

    def _opening_ended(self) -> None:
        """Once nothing is said to be opened any more, so that what is opened next is said."""
        if not self.space.opening and self._before >= 0:
            number, self._before = self._before, -1
            self.turn(number)

    def _clips_open(self) -> None:
        self._data = None

    def _failed(self, error: WorkbenchError) -> None:
        if not isinstance(error, Cancelled):
            self.error = error
            self._tell(opened=False)

    def _tell(self, *, opened: bool) -> None:
        for heard in self._heard:
            heard(opened)


def _shipped(path: str) -> RunSample | None:
    """The shipped run of this name, or in this folder; None of anything else."""
    runs = [samples.find_run(name) for name in samples.run_names()]
    return next((run for run in runs if path in (run.name, str(run.folder))), None)
