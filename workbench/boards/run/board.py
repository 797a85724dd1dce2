"""Run: a training seen along its steps. Curves with one line through all of them, and the pictures of the checkpoint under the line."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from widgets import ReadingsTable, RunChart, Toolbar
from workbench.boards import code
from workbench.boards.base import Board, board
from workbench.boards.embedding.places import data_of
from workbench.boards.layout import Chart, Column, Either, Layout, Row, fill
from workbench.boards.look import BOARD, blank, titled
from workbench.boards.run import charts, controls, curves, words
from workbench.boards.run.evidence import agreements
from workbench.boards.run.kept import number_of, run_settings
from workbench.boards.run.maps import Pictures, Trail
from workbench.boards.run.measured import show_readings
from workbench.boards.run.opened import OpenRun
from workbench.boards.run.series import Series
from workbench.boards.workspace import Ages, Workspace
from workbench.core.card import FileKey, FolderKey, ModelKey
from workbench.core.errors import WorkbenchError
from workbench.core.questions.health import HealthResult
from workbench.core.questions.runs import CheckpointDifference, CompareCheckpoints, RunHealth, RunMaps
from workbench.query import Query

_MAP = 230  # CSS pixels that the map is high
_NO_RUN = "No training run is open: choose a shipped one, or name the folder that a training writes its checkpoints and logs to."


@board(section="TRAIN", order=10)
class RunBoard(Board):
    """Curves of the logs and measures of the checkpoints along training; under the line the same clips in each checkpoint. It grows while the training writes."""

    title = "Run"
    about = RunHealth.about
    depends = ()

    def __init__(self, workspace: Workspace) -> None:
        super().__init__(workspace, ["export"], sources=())
        self.run: OpenRun = workspace.shared(OpenRun)
        self.series = Series(workspace, self._measured, self._progressed)
        self.controls, self.chart = Toolbar(), RunChart(message=_NO_RUN, panel_height=50)
        self.pictures_now, self.pictures_held = Pictures(), Pictures("kept: ")
        self.map = Trail(_MAP)
        self.spectrum = Chart(246, "spectrum of the checkpoint", blank())
        self.difference = Chart(380, "difference of parameters by layer", blank())
        self.evidence = Chart(420, "agreement of the measures with a probe", blank())
        self.readings = ReadingsTable()
        self.below = Either(
            Column(()), Row((self.difference, Column(self.pictures_held.rows)), (0.55, 0.45), least=600), self.evidence, self.readings
        )
        self.compared = Query[CheckpointDifference](workspace, "run.compare", self._compared, self.failed)
        self.held, self._hold = -1, ""
        self._models = tuple[ModelKey, ...]()
        self._values: dict[str, Any] = {"shown": "core", "below": ""}
        self.settings = run_settings(self.run, self._values, self._held, self._hold_again)
        self._listen()
        self._show_controls()

    def _listen(self) -> None:
        self.chart.observe(self._moved, names=["cursor"])
        self.chart.observe(lambda change: self.run.turn(change["new"][0]), names=["rested"])
        self.chart.observe(lambda change: self.run.look_again(), names=["beat"])
        self.map.view.observe(lambda change: self._show_map(), names=["selected"])
        self.controls.on_change, self.controls.on_press = self._chosen, self._press
        self.controls.on_enter = lambda name: self._chosen({**self.controls.values, name: ""}, self.controls.values)
        self.run.watch(self._news)
        for event in ("clip", "clips"):
            self.space.on(event, self.opened)
        self.space.on("opening", self._opening)
        self.space.on("theme", self._draw_charts)

    @property
    def layout(self) -> Layout:
        """The controls, the curves beside the pictures, and below what was asked for."""
        under = Column((Row((Column(self.pictures_now.rows), self.spectrum), (0.67, 0.33), least=380), self.map.view))
        return Column((self.headline, self.controls, Row((self.chart, under), (0.54, 0.46)), self.below))

    def pictures(self) -> tuple[Ages, ...]:
        """See `Board.pictures`: a run does not follow the model that is open."""
        return ()

    def refusal(self) -> str:
        """See `Board.refusal`: logs need no model, and what a checkpoint lacks is said of it."""
        return ""

    def opened(self) -> None:
        """See `Board.opened`."""
        if self.awake:
            self._follow()
            self._show()

    def _opening(self) -> None:
        """What is being opened is said while there is nothing to measure with."""
        if self.awake and self.series.data is None and self._models:
            self._show()

    def banked(self) -> None:
        """See `Board.banked`: nothing here is over a bank."""

    def command(self, name: str) -> None:
        """See `Board.command`."""
        if name == "cancel":
            self.series.pause()
        else:
            super().command(name)

    def results(self) -> dict[str, object]:
        """See `Board.results`: the logs, what was measured of each checkpoint, and the comparison."""
        found: dict[str, object] = {} if self.run.news is None else {"run": self.run.news}
        for k in range(len(self._models)):
            measured = {"health": self._health(k), "maps": self._maps(k)}
            found |= {f"{name}_{k}": value for name, value in measured.items() if value is not None}
        return {**found, **({} if self.compared.answer is None else {"difference": self.compared.answer})}

    def pinned(self) -> dict[str, object]:
        """See `Board.pinned`: of the checkpoint under the line."""
        found = {"checkpoint": self.run.checkpoints[self.run.step] if self._models else None, "health": self._health(self.run.step)}
        return {name: value for name, value in found.items() if value is not None}

    @property
    def of_before(self) -> bool:
        """See `Board.of_before`."""
        return False

    def _news(self, opened: bool) -> None:
        if opened:
            self.held, self._hold = -1, ""
            self.series.forget()
            self.compared.forget()
            for pictures in (self.pictures_now, self.pictures_held):
                pictures.clear("Not measured yet")
        self._models = tuple(self.run.model(k) for k in range(len(self.run.checkpoints)))
        if self._hold and self._models:
            self.held, self._hold = number_of((step.name for step in self.run.checkpoints), self._hold), ""
        if self.awake:
            self._follow()
            self._show()

    def _data(self) -> FolderKey | None:
        """The clips that are open, sampled as the checkpoints want them."""
        space, last = self.space, self.series.data
        facts, clips, look = space.facts, space.clips, space.choice.look
        if facts is None or clips is None or look is None or space.session.state.model not in self._models:
            return last if clips is not None and last is not None and (look is None or last.path in (clips.path, look.key.path)) else None
        return data_of(facts, clips, look)

    def _follow(self) -> None:
        data = self._data()
        if data is not None and self._models:
            self.series.follow(self._models, data, self.run.labels, self.run.step)

    def _measured(self) -> None:
        if self.awake:
            self._show()

    def _progressed(self) -> None:
        if self.headline.busy:
            self.headline.progress = max(self.series.share, -1.0)

    def _moved(self, change: Any) -> None:
        if change["new"] != self.run.step and 0 <= change["new"] < len(self._models):
            self.run.step = change["new"]
            self.series.prefer(self.run.step)
            self._show_checkpoint()
            if self._values["below"] == "compare":
                self._compare()

    def _health(self, number: int) -> HealthResult | None:
        return self.series.health.get(self._models[number]) if 0 <= number < len(self._models) else None

    def _maps(self, number: int) -> RunMaps | None:
        return self.series.maps.get(self._models[number]) if 0 <= number < len(self._models) else None

    def _show(self) -> None:
        """Curves, checkpoints and everything under the line."""
        news = self.run.news
        self._show_controls()
        if news is None:
            self.chart.show([], [])
            fill(self.chart, {"steps": [], "titles": [], "ready": [], "live": False, "message": "Opening the run …" if self.run.reading else _NO_RUN})
            self._say()
            return
        health = {k: found for k in range(len(self._models)) if (found := self._health(k)) is not None}
        probe = next((found.labels for found in health.values() if found.labels), "")
        missing = self._why(0) if self._models else ""
        panels, lines = curves.drawn(news, health, self._values["shown"], probe=probe, missing=missing)
        with self.chart.together():
            self.chart.show(panels, lines)
            self.chart.steps, self.chart.titles = [step.at for step in news.checkpoints], [step.title for step in news.checkpoints]
            self.chart.ready = [self._ready(k) for k in range(len(self._models))]
            self.chart.resumed, self.chart.axis, self.chart.live = list(news.resumed), news.axis, not news.gone
            self.chart.cursor, self.chart.other = self.run.step, self.held
            self.chart.message = "There are neither checkpoints nor logs in this folder yet; they appear here when they are written."
        self._show_checkpoint()
        self._show_below()

    def _ready(self, number: int) -> str:
        model = self._models[number]
        measured, mapped = model in self.series.health, model in self.series.maps
        if measured and mapped:
            return "ready"
        if model in self.series.errors:
            return "failed"
        if model == self.series.now:
            return "mapping" if measured else "computing"
        return "measured" if measured else "waiting"

    def _show_checkpoint(self) -> None:
        """What lies under the line, from what was measured before."""
        maps = self._maps(self.run.step)
        if maps is not None:
            self.pictures_now.show(maps)
            self._draw_spectrum(maps)
        else:
            self.pictures_now.clear(self._why(self.run.step))
            self.spectrum.set(blank())
        self._show_map()
        self._show_readings()
        self._say()

    def _show_readings(self) -> None:
        if self._values["below"] == "measures":
            found, title = self._health(self.run.step), self.run.checkpoints[self.run.step].title if self._models else ""
            show_readings(self.readings, found, title, self._why(self.run.step) or "no checkpoint yet")

    def _show_map(self) -> None:
        maps = self._maps(self.run.step)
        self.map.view.message = "" if maps is not None else self._why(self.run.step)
        if maps is not None:
            others = [found for k in range(len(self._models)) if (found := self._maps(k)) is not None]
            self.map.show(maps, others, f"clips, {self.run.checkpoints[self.run.step].title}")

    def _why(self, number: int) -> str:
        """Why there is nothing of a checkpoint yet."""
        model = self._models[number] if 0 <= number < len(self._models) else None
        if model is None:
            return ""
        if model in self.series.errors:
            error = self.series.errors[model]
            return f"could not be measured: {error.what}" + (f" ({error.fix})" if error.fix else "")
        if self.series.data is None:
            return words.not_open(self.run.opens, self.run.refused, clips=self.space.clips is not None)
        measured = model in self.series.health
        if self.series.paused:
            return "paused: the maps are not computed" if measured else "paused: not measured"
        if model == self.series.now:
            return "measured; the maps are being computed …" if measured else "being measured …"
        return "measured; the maps are not computed yet" if measured else "not measured yet"

    def _say(self) -> None:
        news, step = self.run.news, self.run.step
        if self.run.error is not None and news is None:
            self._tell(self.run.error, self.run.error.fix)
            return
        if news is None:
            self.say("Opening the run …" if self.run.reading else _NO_RUN)
            return
        found, question = self._health(step), None if step < 0 else self.series.question(self._models[step])
        sentence, tone = words.run_sentence(news, step, found, f"{self._why(step)}.".replace("….", "…"))
        detail = words.run_detail(news, step, self._measuring(), self._maps(step), self._reference())
        lines = code.reproduced(question, found, None) if question is not None and found is not None else ""
        busy = self.series.now is not None
        self.say(sentence, tone, detail, lines, busy=busy, cancellable=busy, progress=max(self.series.share, -1.0) if busy else -1.0)

    def _measuring(self) -> words.Measuring | None:
        """How far the measuring has come; None before anything was measured."""
        known = [found for model in self._models if (found := self.series.health.get(model)) is not None]
        if not known:
            return None
        failed = [model in self.series.health for model in self._models if model in self.series.errors]
        left = self.series.left
        return words.Measuring(len(known), len(self._models), known[-1].clips, failed.count(False), failed.count(True), *left, self.series.paused)

    def _reference(self) -> str:
        model = self.series.reference
        return self.run.checkpoints[self._models.index(model)].title if model in self._models else "the reference"

    def _show_controls(self) -> None:
        shown, values = controls.row(self.run, self.series, self.held >= 0)
        self.controls.show(shown, {**values, **self._values})

    def _chosen(self, old: dict[str, Any], new: dict[str, Any]) -> None:
        touched = {name for name in new if new[name] != old.get(name)}
        try:
            if "run" in touched and new["run"]:
                self.run.open(new["run"])
            elif "path" in touched and new["path"]:
                self.run.open(new["path"])
            elif "labels" in touched:
                self.run.labels = new["labels"].strip()
                self.opened()
        except WorkbenchError as error:
            self.space.tell(error)
        self._values.update({name: new[name] for name in self._values})
        if touched & {"shown", "below"}:
            self._show()

    def _press(self, name: str) -> None:
        if name == "pause":
            (self.series.go_on if self.series.paused else self.series.pause)()
        elif name == "hold":
            self.held = self.run.step if self.held < 0 else -1
            self._values["below"] = "compare" if self.held >= 0 else ""
            self._show()

    def _held(self) -> str:
        return self._hold or (self.run.checkpoints[self.held].name if 0 <= self.held < len(self.run.checkpoints) else "")

    def _hold_again(self, name: str) -> None:
        """Hold a checkpoint of that name, once the run is read."""
        self.held, self._hold = -1, name

    def _show_below(self) -> None:
        below = self._values["below"]
        self.below.show([option.value for option in controls.BELOW].index(below))
        if below == "evidence":
            self._draw_evidence()
        self._show_readings()
        if below == "compare" and self._models:
            held = self._maps(self.held)
            if held is not None:
                self.pictures_held.show(held)
            self._compare()

    def _compare(self) -> None:
        """The checkpoint under the line with the one that is held, else with the first."""
        first, second = self._models[max(self.held, 0)], self._models[self.run.step]
        asked = CompareCheckpoints(FileKey(first.path), FileKey(second.path))
        if not self.compared.answers(asked) and not self.compared.awaits(asked):
            self.compared.follow(asked)

    def _compared(self, found: CheckpointDifference) -> None:
        titles = {Path(step.path).name: step.title for step in self.run.checkpoints}
        said = words.difference_words(found, *(titles.get(name, name) for name in (found.first, found.second)))
        self.difference.set(titled(charts.difference_chart(found, dark=self.space.dark), said, BOARD // 2))

    def _draw_spectrum(self, maps: RunMaps) -> None:
        reference = None if self.series.reference is None else self.series.maps.get(self.series.reference)
        self.spectrum.set(charts.spectrum_chart(maps, reference, dark=self.space.dark))

    def _draw_evidence(self) -> None:
        health = {k: found for k in range(len(self._models)) if (found := self._health(k)) is not None}
        probe, found = agreements(health)
        labels = next((each.labels for each in health.values() if each.labels), "")
        figure = charts.agreement_chart(found, f"{probe.replace('_', ' ')} of {labels}", dark=self.space.dark) if found else blank()
        self.evidence.set(titled(figure, words.evidence_words(probe, labels, found, len(health)), BOARD))

    def _draw_charts(self) -> None:
        maps = self._maps(self.run.step)
        if maps is not None:
            self._draw_spectrum(maps)
        if self.compared.answer is not None:
            self._compared(self.compared.answer)
        if self._values["below"] == "evidence":
            self._draw_evidence()
