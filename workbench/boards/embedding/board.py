"""Embedding: a map of clips, frames or tokens, how far it can be trusted, and what lies behind every point."""

from __future__ import annotations

import os
from collections.abc import Mapping
from typing import Any

import numpy as np

from widgets import Gallery, PatchCanvas, Scatter, Toolbar
from widgets.keys import key as key_of
from workbench.boards.base import Board, board
from workbench.boards.embedding import controls, places, telling, words
from workbench.boards.embedding.columns import THIS, Colouring, colourings, crowded, this_clip
from workbench.boards.embedding.ends import AXIS, GROUPS, Ends, refusal
from workbench.boards.embedding.kept import map_settings
from workbench.boards.embedding.linked import Linked
from workbench.boards.embedding.made import CONTROLS, LEAST, Made
from workbench.boards.embedding.material import Material
from workbench.boards.embedding.places import Chosen
from workbench.boards.embedding.pointed import Pointed
from workbench.boards.embedding.six import SixMaps
from workbench.boards.embedding.still import StillPicture
from workbench.boards.layout import Column, Either, Layout, Row, fill
from workbench.boards.workspace import Workspace, age, renew
from workbench.core.errors import BadInput, Cancelled, WorkbenchError
from workbench.core.questions.embedding import Embed
from workbench.core.questions.projection import WarmProjection
from workbench.link import link
from workbench.query import Query
from workbench.session import State

_NAMED = 50_000  # rows whose names the map holds
COLD = "JEPA_WORKBENCH_COLD"  # an environment variable: UMAP is not made ready ahead
_SOURCES = {"model": "model", "twin": "untrained", "position": "position", "pixels": "pixels", "shuffled": "shuffled"}
_KEYED = {"twin": "untrained", "other": "other", "position": "position", "pixels": "pixels", "shuffled": "shuffled"}
_HELD = [{"id": name, "key": key_of(name), "label": label, "enabled": True, "reason": ""} for name, label in _KEYED.items()]


@board(section="LOOK", order=25, opens=7)
class EmbeddingBoard(Board):
    """A map of everything that is open, linked to the pixels, beside its own distortion.

    Attributes:
        map: the view. selection: ids of the selected rows. alone: rows that are projected by themselves; None: all.
    """

    title = "Embedding"
    shown_by = "shapes"
    about = Embed.about
    depends = ("model",)

    def __init__(self, workspace: Workspace) -> None:
        super().__init__(workspace, ["undo", "redo", "export"], sources=_HELD)
        self.toolbar = Toolbar(vertical=True)
        self.map = Scatter(message="No map yet")
        self.canvas = PatchCanvas(read_only=True, plain=True, tool="select", picture_height=230)
        self.picture = Either(self.canvas)  # nothing in its place where vectors of a file are open
        self.near, self.chosen = Gallery(title="Nearest", side=54), Gallery(title="Selected", side=54)
        self.pointed = Pointed(workspace, self.map, self.near, self.chosen, self.failed)
        self.made = {s: Made(workspace, s, self._changed, self._source_failed(s), self._counted) for s in _SOURCES.values()}
        self.linked = Linked(workspace, self.map, self.canvas, self.pointed, self._selected)
        self.ends = Ends(workspace, _SOURCES.values(), self._axis_found, self.failed)
        self.still = StillPicture(workspace, self.map, self.failed)
        self.six = SixMaps(workspace, self._six_changed, self.failed)
        self.warm = Query[float](workspace, "embedding.warm", lambda seconds: None, lambda error: None)
        self.values: dict[str, Any] = dict(controls.VALUES)
        self.material = Material(workspace, self.values)
        self.alone: Chosen | None = None
        self.colours: dict[str, Colouring] = {}
        self._sure = False  # it is being asked whether the map is to be computed anew
        self._wanted = ""  # the colour that was chosen last, which may not be there at the moment
        self._told: Colouring | None = None  # what neighbours are to tell: the column that was chosen last
        self._progress = self._crowded = ""
        self._drawn: object = None
        self.settings = map_settings(self.toolbar, self.map, self._groups, self._bring_back)
        self._wire()

    def _wire(self) -> None:
        self.toolbar.on_change = self._moved
        self.toolbar.on_press = self._pressed
        self.map.observe(lambda change: self._clicked(change["new"][0]), names=["pressed"])
        for gallery in (self.near, self.chosen):
            gallery.observe(lambda change: setattr(self.map, "hover", change["new"]), names=["hover"])
            gallery.observe(lambda change: self._clicked(change["new"][0]), names=["pressed"])
        self.session.watch(["predictor"], self._held)
        link(self.session, "predictor", self.headline, "source", show=self._shown_source)
        self.space.on("model", self._forget)
        self.space.on("clip", self.opened)
        self.space.on("theme", self._colour)

    @property
    def layout(self) -> Layout:
        """The sentence; controls at the left, the map in the middle, what lies behind its points at the right."""
        rail = Column((self.picture, self.near, self.chosen))
        return Column((self.headline, Row((self.toolbar, self.map, rail), (0.13, 0.63, 0.24)), self.ends.layout, self.six.layout))

    def pictures(self) -> tuple[Any, ...]:
        """See `Board.pictures`."""
        return self.map, self.near, self.chosen, self.ends.chart, self.six.chart

    @property
    def source(self) -> str:
        """Whose map is on screen: "model", "untrained", "position", "pixels" or "shuffled"."""
        return _SOURCES[self._shown_source(self.session.state)]

    def _shown_source(self, state: State) -> str:
        return state.predictor if state.predictor in _SOURCES and state.predictor not in self._unheld() else "model"

    def refusal(self) -> str:
        """See `Board.refusal`; vectors of a file need no model."""
        return "" if self.space.vectors.there else super().refusal()

    def _unheld(self) -> dict[str, str]:
        """See `Board._unheld`."""
        return self.material.unheld()

    @property
    def selection(self) -> Chosen:
        """Ids of the selected rows, ascending."""
        return self.map.selection

    def table(self) -> dict[str, np.ndarray]:
        """The selected rows as a table: row, name, clip, frame, token, the columns of the vectors, and x and y of the map."""
        known, rows = self.made["model"].rows.answer, self.selection
        if known is None:
            return {}
        found: dict[str, np.ndarray] = {"row": rows, "name": np.array([known.name(int(r)) for r in rows], dtype=str), "clip": known.clip[rows]}
        if known.frame is not None:
            found["frame"] = known.frame[rows]
        if known.token is not None:
            found["token"] = known.token[rows]
        found |= {name: column[rows] for name, column in known.columns.items()}
        xy = self.map.coordinates()[rows]
        return {**found, "x": xy[:, 0], "y": xy[:, 1]}

    def opened(self) -> None:
        """See `Board.opened`."""
        if self.off():
            return
        self.linked.show_clip()
        if not self.material.follow():
            self._mark_clip()
            return
        self.alone = None
        self.picture.show(0 if self.material.vectors is None else 1)
        self.ends.forget()
        age((self.headline, *self.pictures()))
        self._drawn = None
        self._show_controls()
        self._ask()

    def banked(self) -> None:
        """See `Board.banked`: a map needs no bank."""

    def command(self, name: str) -> None:
        """See `Board.command`; undo and redo are of the selection."""
        if name in ("undo", "redo"):
            self.linked.step(name)
        elif name == "cancel":
            self._progress = ""
            self.six.query.cancel()
            for made in self.made.values():
                made.cancel()
        else:
            super().command(name)

    def results(self) -> dict[str, Any]:
        """See `Board.results`: coordinates, trust, labels, what is selected, and the last lasso in the unit of the map."""
        found: dict[str, Any] = {}
        for source, made in self.made.items():
            answers = {"embedding": made.vectors.answer, "map": made.map.answer, "trust": made.trust.answer, "labels": made.labels.answer}
            found |= {name if source == "model" else f"{name}_{source}": value for name, value in answers.items() if value is not None}
        table = self.made["model"].rows.answer
        if self.six.query.answer is not None:
            found["sweep"] = self.six.query.answer
        return {**found, **({} if table is None else {"rows": table, "selected": self.selection, "region": np.array(self.map.region).reshape(-1, 2)})}

    @property
    def of_before(self) -> bool:
        """See `Board.of_before`."""
        return bool(self.map.stale)

    def _forget(self) -> None:
        """Another model."""
        self.material.forget()
        self.alone = None
        self._forget_all()
        if self.awake and self.refusal():
            self.off()
            self.map.message = self.refusal()

    def _show_controls(self) -> None:
        ends = {name: len(rows) for name, rows in self.ends.rows.items()}
        more: dict[str, Any] = {"colours": tuple(self.colours), "alone": self.alone is not None, "ends": ends, "sure": self._sure}
        offered = self.material.offered(embed=self._waits(), **more)
        if offered is None:
            return
        row = controls.row(self.values, offered)
        ids = {each.id for each in row}
        if "colour" in ids:
            self.values["colour"] = self._wanted if self._wanted in self.colours else next(iter(self.colours))
        self.toolbar.show(row, {name: value for name, value in self.values.items() if name in ids})

    def _waits(self) -> bool:
        return self.material.waits(self.made["model"].vectors.answers)

    def _ask(self) -> None:
        """What the controls say, as far as it is not here."""
        asked, points = None if self.off() else self.material.of("model"), self.material.points
        if asked is None:
            return
        if points < LEAST:
            self._refuse(f"A map needs at least {LEAST} points; there {'is one' if points == 1 else f'are {points}'}.")
        elif self._waits():
            self.say("The vectors of these clips are not computed yet: press Embed.", "plain", self.material.estimate())
        else:
            self.waiting()
            self.made["model"].want(asked, controls.drawing(self.values), self._told, self.alone)
            self._ask_baselines()
            self._speak()

    def _refuse(self, sentence: str) -> None:
        self._forget_all()
        fill(self.map, {"count": 0, "points": b"", "message": sentence})
        renew(*self.pictures())
        self.say(sentence, "warn", "Open a folder, a bank or a video, or choose tokens as points.")

    def _forget_all(self) -> None:
        for made in self.made.values():
            made.forget()
        self.six.forget()
        self.ends.forget()
        self.linked.forget()
        self.pointed.forget()
        self._drawn, self._sure = None, False

    def _ask_baselines(self) -> None:
        """The same of the untrained model and of pixels, once the model's map is there; their maps while they are held."""
        own = self.made["model"]
        if not own.settled or own.trust.busy or own.rows.answer is None:
            return
        for source in (s for s in self.made if s != "model"):
            asked, held, control = self.material.of(source), self.source == source, source in CONTROLS
            if asked is not None and (held or (self.material.what == "clip" and not control)):
                self.made[source].want(asked, controls.drawing(self.values, source) if held else None, None if control else self._told, self.alone)

    def _moved(self, old: dict[str, Any], new: dict[str, Any]) -> None:
        touched = {name for name in new if new[name] != old.get(name)}
        self.values.update(new)
        if self._sure:
            self._ask_anew(False)
        if "colour" in touched:
            self._wanted = new["colour"]
        if touched == {"colour"}:
            self._colour()
        if touched & {"what", "layer", "method"}:
            self.material.asked = self.material.asked and not touched & {"what", "layer"}
        if "what" in touched:
            if self.session.state.predictor == "position" and "position" in self._unheld():
                self.session.set(predictor="model")
            self.alone = None
            self.ends.forget()
            self._show_controls()
        self._ask()

    def _groups(self) -> dict[str, Chosen]:
        """Rows that a link holds: those that are projected by themselves, and the ends of the axis."""
        ends = {name: self.ends.rows[end] for name, end in controls.ENDS.items() if end in self.ends.rows}
        return {**({} if self.alone is None else {"alone": self.alone}), **ends}

    def _bring_back(self, colour: str, rows: Mapping[str, Chosen]) -> None:
        """Show what a link says, as soon as the map is there."""
        self._wanted = colour or self._wanted
        if {name: own.tolist() for name, own in self._groups().items()} != {name: own.tolist() for name, own in rows.items()}:
            self.alone = rows.get("alone")
            self.ends.forget()
            self.ends.rows |= {end: rows[name] for name, end in controls.ENDS.items() if name in rows}
        self._show_controls()
        self._colour()
        self._ask()
        self._draw()  # where the map is there already, the axis is asked for

    def _pressed(self, name: str) -> None:
        if name == "embed":
            self.material.asked = True
            self._show_controls()
            self._ask()
        elif name == "sweep" and (key := self.made["model"].key) is not None and self.map.count >= LEAST:
            self.six.ask(key, controls.drawing(self.values), self.map.count)
        elif name in ("anew", "keep"):
            self._ask_anew(name == "anew")
        elif name == "replace":
            self._ask_anew(False)
            self.waiting()
            self.made[self.source].again()
        elif name in ("alone", "whole"):
            self._isolate(self.selection if name == "alone" else None)
        elif name in controls.ENDS:
            self._end(controls.ENDS[name], self.selection)
        elif name == "no_axis":
            self.ends.forget()
            self._draw()
            self._show_controls()
            self._speak()

    def _ask_anew(self, sure: bool) -> None:
        """Ask whether the map is to be computed anew, or no longer."""
        found = self.made[self.source].drawn
        self._sure = sure and found is not None
        self._show_controls()
        if found is not None and self._sure:
            sentence, detail = words.anew(found)
            self.say(sentence, "warn", detail)
        else:
            self._speak()

    def _isolate(self, rows: Chosen | None) -> None:
        """Project these rows by themselves; None: all again."""
        if rows is not None and len(rows) < LEAST:
            self.say(words.too_few(len(rows), LEAST), "warn", "Select with the lasso (L) or the rectangle (M).")
            return
        self.alone = rows
        self._show_controls()
        self._ask()

    def _end(self, name: str, rows: Chosen) -> None:
        """Make these rows an end of the axis."""
        if reason := refusal(name, rows, next((r for n, r in self.ends.rows.items() if n != name), None)):
            self.say(reason, "warn", "Select with the lasso (L) or the rectangle (M).")
            return
        self.ends.rows[name] = rows
        self._show_controls()
        key = self.made[self.source].key
        if self.ends.complete and key is not None:
            self._wanted = AXIS
            self.map.select([])  # so that the colours of all points are seen; undo brings the selection back
            self.waiting()
            self.ends.want(self.source, key)

    def _axis_found(self) -> None:
        self._draw()
        self._speak()

    def _held(self, _old: State, _new: State) -> None:
        if self.awake and self.material.there:
            self._ask_baselines()
            self._draw()
            self._speak()

    def _counted(self, done: int, total: int, seconds: float) -> None:
        self._progress = words.going(done, total, seconds) if self.made["model"].vectors.busy else ""
        share = done / total if total else -1.0
        fill(self.headline, {"busy": True, "cancellable": True, "progress": max(-1.0, min(1.0, share))})
        self._speak()

    def _changed(self, made: Made) -> None:
        """One of its answers has come."""
        if made.source == "model":
            self._progress = ""
            self._ask_baselines()
        if made.source == self.source:
            self._draw()
        self._speak()
        self._make_ready()

    def _make_ready(self) -> None:
        """Have UMAP compiled in the heavy lane once all else is there; not where all work is done in one process."""
        ready = self.space.jobs.readers is not None and COLD not in os.environ and not any(each.busy for each in self.made.values())
        if ready and self.made["model"].done and not self.warm.busy and self.warm.answer is None:
            self.warm.ask(WarmProjection())

    def _source_failed(self, source: str) -> Any:
        def failed(error: WorkbenchError) -> None:
            self._progress = ""
            if source == "model" or (source == self.source and not isinstance(error, Cancelled)):
                self.failed(error)
            if isinstance(error, Cancelled):
                self._speak()

        return failed

    def _draw(self) -> None:
        """The map of what is looked at, as soon as it is there; it replaces the one before in place."""
        own, made = self.made["model"], self.made[self.source]
        table, found, key = own.rows.answer, made.drawn, made.key
        if table is None or found is None or key is None or not self.material.there or own.rows.busy or own.vectors.busy:
            return
        among = made.among
        if len(found.coordinates) != (table.count if among is None else len(among)) or (among is not None and among[-1] >= table.count):
            return
        self.ends.want(self.source, key)
        axis = self.ends.found(self.source, key)
        state = (found, made.judged, table, axis)
        if state == self._drawn:
            return
        before, self._drawn = self._drawn, state
        if not isinstance(before, tuple) or before[2] is not table:
            self._crowded = crowded(table)
        self.colours = colourings(table, made.judged, among) | self.ends.colours(axis, table.count)
        self._mark_clip()
        names = [table.name(row) for row in range(table.count)] if table.count <= _NAMED else []
        x, y = words.axes(found)
        with self.map.together():
            if not isinstance(before, tuple) or before[0] is not found:
                self.map.set_points(places.spread(found.coordinates[:, :2], among, table.count), names=names)
                self.map.partial = among is not None
            self.map.x_label, self.map.y_label, self.map.note = x, y, words.map_words(found, table, self._crowded)
            self.map.title = words.title(found, self.material.what, self.source, table.count)
            self.map.version += 1
        self.pointed.follow(self.session.state.model, self.material.data, key, table, self.colours, among)
        self._show_controls()
        self._colour()
        renew(*self.pictures())
        if not isinstance(before, tuple) or before[2] is not table:
            self.six.forget()
            self.linked.show_rows(table, self.material.data)
            self._ask()  # the labels that neighbours are to tell are known now

    def _mark_clip(self) -> None:
        """The clip in sight can be told from the others by colour."""
        table, clip = self.made["model"].rows.answer, self.session.state.clip
        if self.colours and table is not None and clip is not None and (found := this_clip(table, clip.index)) is not None:
            self.colours[THIS] = found
            if self.values.get("colour") == THIS:
                self._colour()

    def _colour(self) -> None:
        chosen, table = self.colours.get(self.values.get("colour", "")), self.made["model"].rows.answer
        if chosen is not None and table is not None and (chosen.name in table.columns or self._told not in self.colours.values()):
            self._told = chosen if chosen.name in table.columns else next((c for n, c in self.colours.items() if n in table.columns), None)
        if chosen is not None and len(chosen.values) == self.map.count:
            chosen.show(self.map)
        self.still.draw(chosen, dark=self.space.dark)
        self.ends.draw(self.source, self.made[self.source].key, dark=self.space.dark)
        self.six.draw(chosen, dark=self.space.dark)

    def _speak(self) -> None:
        made, table = self.made[self.source], self.made["model"].rows.answer
        busy = self.six.query.busy or self.ends.busy or any(each.busy for each in self.made.values())
        fill(self.headline, {"busy": busy, "cancellable": busy, **({} if busy and self._progress else {"progress": -1.0})})
        if self._sure:
            return
        found = made.drawn
        if self._progress and found is None:
            fill(self.headline, {"sentence": self._progress, "tone": "plain", "detail": "", "code": ""})
        if found is None or table is None or self.map.stale:
            return
        detail = telling.detail(made, self.made, table, self._told, self._progress or self.six.said)
        said = telling.of_map(made, self.made["model"].judged, table, detail, self.space.sample)
        axis = self.ends.found(self.source, made.key) if self.values.get("colour") in (AXIS, GROUPS) else None
        if axis is not None:
            said = telling.of_axis(said, axis, made, self.ends.queries[self.source].question, self.space.sample)
        self.say(**said, busy=busy, cancellable=busy)
        self._history()

    def _selected(self) -> None:
        """Other points are selected: what was refused of those before is no longer said."""
        (self._speak if self.headline.tone == "warn" else self._history)()

    def _history(self) -> None:
        """Whether there is a selection to go back or forward to."""
        fill(self.headline, {"can_undo": self.linked.edits.can_undo, "can_redo": self.linked.edits.can_redo})

    def _six_changed(self) -> None:
        self.six.draw(self.colours.get(self.values.get("colour", "")), dark=self.space.dark)
        self._speak()

    def _clicked(self, row: int) -> None:
        """Show the nearest neighbours of a row, and its clip."""
        table, clip, clips = self.made["model"].rows.answer, self.session.state.clip, self.space.clips
        if table is None or not 0 <= row < table.count:
            return
        self.pointed.press(row)
        index = int(table.clip[row])
        if clip is not None and clips is not None and clip.path == clips.path and index != clip.index and index < len(clips.names):
            try:
                self.space.choice.show(index)
            except BadInput as error:
                self.failed(error)
        self.linked.go_to(row)
        self.linked.mark(row)
