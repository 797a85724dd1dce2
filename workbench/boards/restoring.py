"""What is on screen as a `SavedView`, and the other way: a view is checked as a whole before anything of it is opened."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np

from workbench import samples
from workbench.boards.base import Board, settings_of
from workbench.boards.naming import Names
from workbench.boards.run.opened import OpenRun
from workbench.boards.second import SECOND, Second
from workbench.boards.settings import not_set
from workbench.boards.workspace import Workspace, settled
from workbench.core.card import stamp
from workbench.core.errors import BadInput, WorkbenchError
from workbench.core.footage import Part
from workbench.core.mask import Mask
from workbench.core.results import PREDICTORS
from workbench.core.selection import Selection
from workbench.core.view import LARGEST_ARRAY, Pairs, SavedView, array_text, as_setting, mask_text, selection_text, text_mask, text_selection

RUN = "Run"  # the title of the board that shows a training run
HEAVY = "What it shows may have to be computed first, which can take long and writes to the store of results."
LARGE = 100_000_000  # bytes of a checkpoint that a link of somebody else opens only after a press
_LISTED = 1000  # files of a checkpoint that is a folder, whose sizes are summed


@dataclass(frozen=True)
class Described:
    """A view, and in words what on screen it does not hold."""

    view: SavedView
    without: tuple[str, ...] = ()


@dataclass(frozen=True)
class _Goal:
    """A view whose names were found.

    Args:
        model, bank: as `Workspace.open` and `compare_with` take them; model "" = vectors, or a run alone. path: of its file. data, labels: paths;
            "" = none said. second, run: as `Second.open` and `OpenRun.open` take them; "" = none.
    """

    view: SavedView
    model: str
    path: str
    data: str
    labels: str
    bank: str
    mask: Mask | None
    selection: Selection
    second: str = ""
    run: str = ""


def describe(space: Workspace, board: Board, names: Names, *, largest: int = LARGEST_ARRAY) -> Described:
    """What a session looks at.

    Args:
        board: the one in sight. largest: bytes of an array; larger ones are left out.

    Raises:
        BadInput: nothing is open, or the model or the data cannot be named.
    """
    without = list[str]()
    found = _beside(space, names, without, _opened(space, names, board.title))
    state, settings = space.session.state, list[tuple[str, object]]()
    for name, value in settings_of(board).read().items():
        if not isinstance(value, np.ndarray):
            settings.append((name, as_setting(value)))
        elif value.nbytes <= largest:
            settings.append((name, array_text(value)))
        else:
            without.append(f"{name}, an array of {value.nbytes:,} bytes")
    mask, chosen = "" if state.mask is None else mask_text(state.mask), selection_text(state.selection)
    if len(mask) > largest:
        mask = ""
        without.append("the mask, which is too large")
    if len(chosen) > largest:
        chosen = ""
        without.append("the selection, which is too large")
    without += [rest] if (rest := settings_of(board).rests()) else []
    more = {
        "tick": state.tick,
        "predictor": "model" if state.predictor == SECOND else state.predictor,
        "mask": mask,
        "selection": chosen,
        "settings": tuple(settings),
    }
    return Described(replace(found, board=board.title, **more), tuple(without))


def _beside(space: Workspace, names: Names, without: list[str], view: SavedView) -> SavedView:
    """The view with the second model. without: takes why it cannot be named."""
    second = space.shared(Second).subject
    if second is None:
        return view
    try:
        return replace(view, second=names.of(second.key.path), second_options=second.key.said)
    except BadInput as error:
        without.append(f"the second model: {error.what}")
        return view


def _opened(space: Workspace, names: Names, board: str) -> SavedView:
    """A view of what is open, without the settings of a board. On the board Run, the run is, whatever else is.

    Raises:
        BadInput: see `describe`.
    """
    run = space.shared(OpenRun).key if board == RUN else None
    if run is None:
        return _model_of(space, names)
    try:
        found = _model_of(space, names)
    except BadInput:
        if space.session.state.model is not None:
            raise
        found = SavedView("")  # a run alone, as one of logs without checkpoints
    return replace(found, run=names.of(run.path), run_options=run.said)


def _model_of(space: Workspace, names: Names) -> SavedView:
    """A view of the model and the clip, or of the vectors.

    Raises:
        BadInput: see `describe`.
    """
    state, look, clips, key = space.session.state, space.choice.look, space.clips, space.session.state.model
    if state.vectors is not None:
        return SavedView("", "", names.of(state.vectors.path), names.of(state.vectors.labels))
    if key is None or look is None or clips is None:
        raise BadInput("nothing is open that a view could show", where="view", fix="open a model and a clip")
    return SavedView(
        board="",
        model=names.of(key.path),
        data=names.of(clips.path),
        family=key.family,
        options=key.overrides,
        clip=look.index,
        file=look.key.name,
        fps=look.part.fps,
        low=look.part.low,
        high=look.part.high,
        window=look.window,
        bank=_bank_of(space, names),
    )


def _bank_of(space: Workspace, names: Names) -> str:
    """The name of the bank that was chosen; "" = the open data."""
    bank = space.choice.bank
    return names.of(bank if bank in ("", *samples.names()) else space.allow(bank))


class Restoring:
    """Shows what a view says: its model, then its clip, then its board with its settings.

    Args:
        boards: by title. names: see `Names`. choose: brings a board into sight, by its title.

    Attributes:
        busy: a view is being opened.
    """

    def __init__(self, space: Workspace, boards: Mapping[str, Board], names: Names, choose: Callable[[str], None] = lambda title: None) -> None:
        self.space, self.boards, self.names, self._choose = space, boards, names, choose
        self._goal: _Goal | None = None
        self._tried: set[str] = set()
        self._ended: list[Callable[[], None]] = []
        space.on("clip", self._advance)
        space.on("failed", self._give_up)

    @property
    def busy(self) -> bool:
        """A view is being opened."""
        return self._goal is not None

    def on_end(self, heard: Callable[[], None]) -> None:
        """Call after a view is on screen, or could not be opened."""
        self._ended.append(heard)

    def check(self, view: SavedView) -> _Goal:
        """A view with everything that it names found. Nothing is opened.

        Raises:
            WorkbenchError: a board, model, clip or bank that is not there or may not be opened, or a value that cannot be.
        """
        if view.board not in self.boards:
            raise BadInput(f"there is no board {view.board!r:.80}", where="view", fix=f"one of {', '.join(self.boards)}")
        if view.predictor not in (*PREDICTORS, "shuffled"):
            raise BadInput(f"there is no predictor {view.predictor!r:.80}", where="view", fix=f"one of {', '.join(PREDICTORS)}")
        if view.clip < 0 or view.tick < 0 or view.window < 0 or view.low < 0:
            raise BadInput("a clip, time step, window or second below 0", where="view", fix="copy the complete link")
        for said in ({**dict(view.options), **_family(view)}, dict(view.second_options), dict(view.run_options)):
            settled(said)
        if not view.model and not view.data and not view.run:
            raise BadInput("this view names neither a model nor vectors", where="view", fix="copy the complete link")
        model, data, bank = self.names.model(view.model) if view.model else "", self.names.data(view.data), self.names.bank(view.bank)
        if view.file and "\\" not in view.file and Path(data).is_dir() and not _within(Path(data), view.file):
            raise BadInput(
                f"there is no {view.file!r:.120} any more in the folder {Path(data).name}", where="clip", fix="put it back, or open it anew"
            )
        path = str(samples.find(model).checkpoint) if model in samples.names() else model
        labels = self.names.data(view.labels)
        second, run = self.names.model(view.second) if view.second else "", self.names.run(view.run)
        return _Goal(view, model, path, data, labels, bank, text_mask(view.mask), text_selection(view.selection), second, run)

    def heavy(self, view: SavedView) -> str:
        """Why opening a view takes long or writes files, in words; "" where it does not.

        Raises:
            WorkbenchError: as `check`.
        """
        found = self.check(view)
        for path, there in ((found.path or found.data, self._is_open(found)), (found.second, self._has_second(found))):
            size = _size(Path(path)) if path and path not in samples.names() else 0
            if size > LARGE and not there:
                return f"{Path(path).name} has {size / 1e9:.1f} GB."
        board = self.boards[view.board]
        return HEAVY if board.about.lane == "heavy" else settings_of(board).heavy(dict(view.settings))

    def show(self, view: SavedView) -> None:
        """Open what is not open yet, and show the rest once it is.

        Raises:
            WorkbenchError: as `check`; what is on screen stays.
        """
        goal = self.check(view)
        self._tried, self._goal = set(), goal
        said = {**dict(view.options), **_family(view)}
        try:
            if goal.run:
                self.space.shared(OpenRun).restore(goal.run, dict(view.run_options))
            if not goal.model and not goal.data:
                self._finish(goal)  # a run alone
                return
            if not goal.model and not self._is_open(goal):
                self.space.vectors.open(goal.data, goal.labels)
            elif not self._is_open(goal):
                self.space.open(goal.model, goal.data or None, view.clip, **said)
            elif goal.data and not self._has_data(goal):
                self.space.open_data(goal.data, view.clip)
            if self.space.shown is None:
                self._choose(view.board)  # else once it has something to show: what is on screen stays until then
            if self._is_open(goal) and (not goal.data or self._has_data(goal)):
                self._advance()
        except WorkbenchError:
            self._goal = None
            raise

    def _is_open(self, goal: _Goal) -> bool:
        vectors = self.space.session.state.vectors
        if not goal.model:
            return vectors is not None and (vectors.path, vectors.labels) == (goal.data, goal.labels)
        key, (family, options) = self.space.session.state.model, settled({**dict(goal.view.options), "family": goal.view.family})
        return key is not None and (key.path, key.family, key.overrides, key.stamp) == (goal.path, family, options, stamp(goal.path))

    def _has_second(self, goal: _Goal) -> bool:
        subject = self.space.shared(Second).subject
        if subject is None or not goal.second:
            return subject is None and not goal.second
        path = str(samples.find(goal.second).checkpoint) if goal.second in samples.names() else goal.second
        return (subject.key.path, subject.key.said, subject.key.stamp) == (path, _said(goal.view.second_options), stamp(path))

    def _open_second(self, goal: _Goal) -> None:
        """Open, or close, the model that is seen while B is held. Nothing is asked of it."""
        second = self.space.shared(Second)
        if self._has_second(goal):
            return
        try:
            if goal.second:
                second.open(goal.second, **dict(goal.view.second_options))
            else:
                second.close()
        except WorkbenchError as error:
            self.space.notify(error)

    def _has_data(self, goal: _Goal) -> bool:
        return not goal.model or (self.space.clips is not None and self.space.clips.path == goal.data)

    def _once(self, what: str) -> bool:
        """Whether this was not tried yet for this view."""
        fresh, self._tried = what not in self._tried, self._tried | {what}
        return fresh

    def _advance(self) -> None:
        """A clip is on screen: show the next thing that is not as the view says."""
        goal, choice, clips = self._goal, self.space.choice, self.space.clips
        if goal is not None and not goal.model and self._is_open(goal):
            self._finish(goal)
            return
        if goal is None or choice.look is None or clips is None:
            return
        if not self._is_open(goal) or (goal.data and not self._has_data(goal)):
            self._end()  # the user has opened something else meanwhile
            return
        view, look = goal.view, choice.look
        index = clips.names.index(view.file) if view.file in clips.names else view.clip
        part = Part(view.fps, view.low, view.high)
        try:
            if look.index != index and self._once("clip"):
                choice.show(index)
            elif look.film is not None and (look.part, look.window) != (part, view.window) and self._once("part"):
                choice.cut(part, view.window)
            else:
                self._finish(goal)
        except WorkbenchError as error:
            self._end()
            self.space.notify(error)

    def _finish(self, goal: _Goal) -> None:
        """Model and clip are as they were: now what all boards share, and the board's own settings."""
        view, session, board = goal.view, self.space.session, self.boards[goal.view.board]
        self._choose(view.board)
        if goal.model and self.space.choice.bank != goal.bank:
            self.space.choice.compare_with(goal.bank)
        refused = settings_of(board).write(dict(view.settings)) if view.settings else []
        session.set(**self._shared(goal))
        if refused:
            self.space.notify(not_set(refused))
        if goal.mask is not None and self.space.shown is not None and goal.mask.shape != self.space.shown.grid.shape:
            what = f"the mask of the view is of {goal.mask.shape} tokens, this clip has {self.space.shown.grid.shape}"
            self.space.notify(BadInput(what, where="mask", fix="the mask was left out; the rest is as in the view"))
        self._keep_tick(board, session.state.tick)
        self._open_second(goal)
        self._end()

    def _shared(self, goal: _Goal) -> dict[str, Any]:
        """Changes of the session, within what is on screen."""
        shown, clips, session = self.space.shown, self.space.clips, self.space.session
        if shown is None or clips is None:
            return {"predictor": goal.view.predictor}
        view, grid = goal.view, shown.grid
        most = {"clips": 1, "frames": grid.ticks, "tokens": grid.tokens}[goal.selection.level]
        items = {item for item in goal.selection.items if item[0] < len(clips.names) and (len(item) == 1 or item[1] < most)}
        found: dict[str, Any] = {"predictor": view.predictor, "selection": replace(goal.selection, items=frozenset(items))}
        if session.state.selection == found["selection"]:
            del found["selection"]
        before = session.state.mask
        if goal.mask is not None and goal.mask.shape == grid.shape and (before is None or before.digest != goal.mask.digest):
            found["mask"] = goal.mask
        return {**found, "tick": min(view.tick, grid.ticks - 1)}

    def _keep_tick(self, board: Board, tick: int) -> None:
        """An answer that is awaited moves the time cursor to where it begins: it goes back once the board has settled."""
        key = self.space.session.state.clip
        if not board.headline.busy:
            return

        def settled_down(change: Any) -> None:
            if not change["new"]:
                board.headline.unobserve(settled_down, names=["busy"])
                if self.space.session.state.clip == key:
                    self.space.session.set(tick=tick)

        board.headline.observe(settled_down, names=["busy"])

    def _give_up(self) -> None:
        """Something could not be opened: where the model is there and its clip is not, the first clip is shown."""
        goal = self._goal
        if goal is None:
            return
        if goal.model and self._is_open(goal) and self.space.shown is None and goal.data and self._once("first clip"):
            self.space.open_data(goal.data)
        else:
            self._end()

    def _end(self) -> None:
        self._goal = None
        for heard in self._ended:
            heard()


def _family(view: SavedView) -> dict[str, str]:
    return {} if view.family is None else {"family": view.family}


def _said(options: Pairs) -> Pairs:
    """Options as a key of a model says them."""
    family, rest = settled(dict(options))
    return (*(() if family is None else (("family", family),)), *rest)


def _within(folder: Path, name: str) -> bool:
    """Whether a folder holds a file of this name, as the list of its clips names it."""
    try:
        place = (folder / name).resolve()
        return place.is_relative_to(folder) and place.exists()
    except (OSError, ValueError):
        return False


def _size(place: Path) -> int:
    """Bytes of a file, or of the files in a folder."""
    try:
        files = [place] if place.is_file() else [file for file, _ in zip(place.iterdir(), range(_LISTED), strict=False)]
        return sum(file.stat().st_size for file in files if file.is_file())
    except OSError:
        return 0
