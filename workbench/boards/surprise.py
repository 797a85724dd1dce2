"""Surprise: where and when a film becomes impossible, beside its possible twin; break physics yourself, and count how often the model is right."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from widgets import ClipPlayer, Toolbar, WorldStage
from workbench.boards import code
from workbench.boards import surprise_controls as choices
from workbench.boards.base import TWIN, Board, board
from workbench.boards.clip_choice import is_sample_bank
from workbench.boards.edits import Edits
from workbench.boards.layout import Chart, Column, Layout, Row
from workbench.boards.steady import Steady
from workbench.boards.surprise_screen import Screen
from workbench.boards.workspace import Workspace, renew
from workbench.core.errors import BadInput, WorkbenchError
from workbench.core.films import Covered, Judged, Peers, SurpriseView
from workbench.link import link
from workbench.measures.catalogue import entry
from workbench.present import surprise_words as words
from workbench.present.charts import blank
from workbench.present.show import fill
from workbench.present.words import no_bank
from workbench.worlds.kept_twins import CHOICES

Moved = tuple[int, float, float]
_SOURCES = [*TWIN, {"id": "pixels", "key": "P", "label": "pixels", "enabled": True, "reason": ""}]
_SLOTS = ("surprise.film", "surprise.peers", "surprise.cover", "surprise.judge")


@board(section="IMAGINE", order=30, opens=3)
class SurpriseBoard(Board):
    """Films with one cursor over their surprise; a stage on which the thing that moves is dragged elsewhere; accuracies under them."""

    title = "Surprise"
    about = entry("surprise")

    def __init__(self, workspace: Workspace) -> None:
        super().__init__(workspace, ["reset", "undo", "redo", "export"], sources=_SOURCES)
        self.toolbar, self.work = Toolbar(), Toolbar(vertical=True)
        self.player = ClipPlayer(picture_height=228, commands=["export", "export_mp4"], curve_height=168, message="No film is open")
        self.stage = WorldStage(picture_height=206, nudge=0.05, live=True, message="No film is open")
        self.accuracies = Chart(312, "accuracies of telling possible from impossible", blank())
        self.screen = Screen(workspace, self.player, self.stage, self.accuracies)
        self.edits: Edits[Moved | None] = Edits(None)
        self.view: SurpriseView | None = None
        self.peers: Peers | None = None
        self.judged: Judged | None = None
        self.covered: Covered | None = None
        self._of: Any = None  # the question that the films on screen answer
        self._known: dict[str, Peers] = {}  # possible films, by what was asked of them
        self._sought = ""  # what is being asked of possible films
        self._running: dict[str, float] = {}  # view -> share done of what is being computed
        self._films = Steady()
        self._settling = False
        self._listed: Any = None  # the list that `films` was chosen for
        self._row: list[dict[str, Any]] = []
        self._values: dict[str, Any] = {}
        self._wire()

    @property
    def layout(self) -> Layout:
        """Sentence and controls; films and curves; beside them the stage, and the accuracies under it."""
        right = Column((Row((self.stage, self.work), (0.55, 0.45)), self.accuracies))
        return Column((self.headline, self.toolbar, Row((self.player, right), (0.62, 0.38))))

    def _wire(self) -> None:
        link(self.session, "tick", self.player, "tick", show=self._frame, take=lambda frame: {"tick": frame // self._tubelet})
        link(self.session, "predictor", self.headline, "source", show=lambda s: self.predictor)
        self.player.observe(lambda _: self.screen.draw_stage(self.view, self.edits.value), names=["tick"])
        self.player.on_command = self.save_film
        self.stage.on_move = lambda _name, x, y: self.move(x, y)
        self.toolbar.observe(lambda change: self._chosen(change["old"], change["new"]), names=["values"])
        self.work.on_press = self.press
        self.space.on("model", self._forget)
        self.space.on("clip", self.opened)
        self.space.on("theme", lambda: self.screen.draw_chart(self.judged))
        self.session.watch(["predictor"], lambda old, new: self._ask())

    @property
    def _tubelet(self) -> int:
        facts = self.space.facts
        return facts.card.tubelet if facts is not None and choices.windowed(facts) else 1

    def _frame(self, state: Any) -> int:
        """The frame of a tick; where it is shown already, the one on screen."""
        now = self.player.tick
        return now if now // self._tubelet == state.tick else state.tick * self._tubelet

    @property
    def predictor(self) -> str:
        """Who is surprised: the model; its untrained twin while R is held; changes of pixels while P is."""
        return self.session.state.predictor if self.session.state.predictor in words.WHO else "model"

    def refusal(self) -> str:
        """See `Board.refusal`; a model of stills foretells nothing."""
        facts, reason = self.space.facts, super().refusal()
        if not reason and facts is not None and choices.windowed(facts) and facts.card.frames < 2:
            return "this model sees stills: nothing comes after them that it could foretell."
        return reason

    def _forget(self) -> None:
        self.view = self.peers = self.judged = self.covered = self._of = None
        self._known.clear()
        self._running.clear()
        self._films.forget()
        for view in _SLOTS:
            self.space.jobs.drop((self.session.id, view))
        self.edits.restart(None)
        self._tell_history()
        self.screen.empty(self.refusal() or "Opening a clip …")
        self._controls({})
        if self.awake and self.refusal():
            self.off()

    def pictures(self) -> tuple[Any, ...]:
        """See `Board.pictures`."""
        return self.player, self.stage

    def banked(self) -> None:
        """See `Board.banked`; what was broken by hand stays broken."""
        self._ask()

    def opened(self) -> None:
        """See `Board.opened`: what was broken in another clip is whole again."""
        if self.off():
            return
        self.edits.restart(None)
        self._tell_history()
        same = self._listed is self.space.clips
        self._listed = self.space.clips
        self._controls({k: v for k, v in self._values.items() if same or k != "films"})
        self._ask()

    def _controls(self, held: dict[str, Any]) -> None:
        """The controls for what is open, with the values held where they still fit."""
        facts, clips, key = self.space.facts, self.space.clips, self.session.state.clip
        count = 1 if clips is None else len(clips.names)
        self._settling = True
        try:
            if facts is None or self.refusal():
                fill(self.toolbar, {"controls": []})
                fill(self.work, {"controls": []})
                return
            home = clips is None or is_sample_bank(clips.path)
            values = choices.opening(facts, 0 if key is None else key.index, count, self.space.sample is not None, home=home) | held
            values["other"] = min(values["other"], max(0, count - 1))
            if key is not None and values["other"] == key.index:
                values["other"] = (key.index + 1) % max(1, count)
            self._show_controls(choices.controls(facts, count), values)
            with self.work.together():
                self.work.controls, self.work.values = choices.work(facts), {"pairs": choices.COUNT}
        finally:
            self._settling = False

    def _show_controls(self, row: list[dict[str, Any]], values: dict[str, Any]) -> None:
        self._row, self._values = row, values
        with self.toolbar.together():
            self.toolbar.controls = choices.shown(row, values)
            self.toolbar.values = {c["id"]: values[c["id"]] for c in self.toolbar.controls if c["id"] in values}

    def _chosen(self, old: dict[str, Any], new: dict[str, Any]) -> None:
        if self._settling or not old or new == old:
            return
        self._values = {**self._values, **new}
        if any(old.get(k) != new.get(k) for k in ("films", "pair", "other")):
            self.edits.restart(None)
            self._tell_history()
        if old.get("films") != new.get("films"):
            self._settling = True
            try:
                self._show_controls(self._row, self._values)
            finally:
                self._settling = False
        self._ask()

    def move(self, x: float, y: float) -> None:
        """The thing that moves is put there at the frame of the cursor."""
        self.edits.set((self.player.tick, x, y), ("move", self.player.tick), int(self.stage.moved[3]) or None)
        self._tell_history()
        self._films.ask(self._watch)

    def _tell_history(self) -> None:
        fill(self.headline, {"can_undo": self.edits.can_undo, "can_redo": self.edits.can_redo})

    def command(self, name: str) -> None:
        """See `Board.command`; undo, redo and reset are of what was broken by hand."""
        if name in ("undo", "redo"):
            getattr(self.edits, name)()
        elif name == "reset":
            self.edits.restart(None)
            self._controls({})
        elif name == "cancel":
            for view in _SLOTS:
                self.space.jobs.cancel((self.session.id, view))
            return
        else:
            super().command(name)
            return
        self._tell_history()
        self._ask()

    def press(self, name: str) -> None:
        """A button beside the films: cover cells of the frame of the cursor, compare with possible films, or count accuracies."""
        if self._of is None:
            return
        if name == "cover":
            self._send("surprise.cover", "cover_cells", self._shown_where, frame=self.player.tick, **self._of)
        elif name == "compare":
            self._compare(self._of, asked=True)
        elif name == "count":
            options = {k: v for k, v in self._of.items() if k in ("model", *choices.OPTIONS)}
            self._send("surprise.judge", "judge_twins", self._counted, count=self.work.values.get("pairs", choices.COUNT), **options)

    def results(self) -> dict[str, Any]:
        """See `Board.results`."""
        found = {"surprise": self.view, "peers": self.peers, "accuracies": self.judged, "covered": self.covered}
        return {name: value for name, value in found.items() if value is not None}

    @property
    def of_before(self) -> bool:
        """See `Board.of_before`."""
        now, then = self.session.state.clip, None if self._of is None or "twins" in self._of else self._of["clip"]
        return now is not None and then is not None and (now.path, now.index) != (then.path, then.index)

    def save_film(self, command: str) -> None:
        """Offer the films on screen as one video, with their labels."""
        if self.view is not None:
            self.save_films("surprise", command, self.view.reels, fps=self.player.fps or 8.0)

    def _send(self, view: str, name: str, done: Callable[[Any], None], ended: Callable[[], None] = lambda: None, **arguments: Any) -> None:
        """Ask for work in a slot, and tell how far it is.

        Args:
            ended: called where there will be no answer.
        """

        def finished(value: Any) -> None:
            self._running.pop(view, None)
            done(value)
            self._tell_busy()

        def failed(error: WorkbenchError) -> None:
            self._running.pop(view, None)
            self.failed(error)
            self._tell_busy()
            ended()

        def heard(steps: int, total: int) -> None:
            if view in self._running:
                self._running[view] = steps / total if total else -1.0
                self._tell_busy()

        self._running[view] = -1.0
        self._tell_busy()
        self.space.submit(name, view, finished, failed, progress=heard, **arguments)

    def _tell_busy(self) -> None:
        shares = [share for view, share in self._running.items() if view != "surprise.peers" or len(self._running) == 1]
        fill(self.headline, {"busy": bool(shares), "progress": min(1.0, max(shares, default=-1.0)), "cancellable": bool(shares)})

    def say(self, sentence: str, tone: str = "plain", detail: str = "", code: str = "", **more: Any) -> None:
        """See `Board.say`; what is still being computed goes on."""
        super().say(sentence, tone, detail, code, **more)
        self._tell_busy()

    def _ask(self) -> None:
        """Other films, or other eyes: what is awaited is no longer wanted."""
        self._films.ask_now(self._watch)

    def _watch(self) -> None:
        question = self._question()
        if question is None:
            self._films.answered()
            return

        def seen(view: SurpriseView) -> None:
            self._films.answered()  # before this answer is shown, so that the next is computed meanwhile
            self._viewed(view, question)

        self._send("surprise.film", "surprise_view", seen, self._films.answered, **question)

    def _question(self) -> dict[str, Any] | None:
        """What is asked of the films; None where there is nothing to ask, or it was told why not."""
        s = self.session.state
        if self.off() or s.clip is None or s.model is None:
            return None
        try:
            question = {"model": s.model, "predictor": self.predictor, **choices.asked(self.space, self._values), **choices.measured(self._values)}
        except BadInput as error:
            self.failed(error)
            return None
        return question if self.edits.value is None else {**question, "moved": self.edits.value}

    def _viewed(self, view: SurpriseView, question: dict[str, Any]) -> None:
        if question["model"] != self.session.state.model:
            return
        fresh = self._of is None or any(self._of.get(k) != question.get(k) for k in ("model", "twins", "clip", "other"))
        if self._of is None:
            self.screen.draw_chart(self.judged)
        self.view, self._of, self.covered = view, question, None
        renew(self.player, self.stage)
        self.screen.show(view, self.edits.value, settled=self.edits.value == question.get("moved"))
        if fresh and view.event > 0 and self.edits.value is None:
            self.player.tick = view.event  # where there is something to see
        self.work.controls = choices.work(self.space.facts, view)
        self._compare(question)
        self._speak()

    def _compare(self, question: dict[str, Any], *, asked: bool = False) -> None:
        """Ask how surprising possible films are, unless it is known; of a large model only where the user asked for it."""
        facts, bank = self.space.facts, self.session.state.bank
        peers = {k: question[k] for k in ("model", "predictor", *choices.OPTIONS) if k in question}
        if "twins" in question:
            peers["twins"] = "possible" if "moved" in question else question["twins"][0]
        elif facts is not None and facts.card.world == "balls" and is_sample_bank(question["clip"].path):
            peers["twins"] = "possible"
        elif bank is not None:
            peers["bank"] = bank
        else:
            self.peers = None
            return
        name = repr(peers)
        self.peers = self._known.get(name)
        if "surprise.peers" in self._running and self._sought == name:
            return  # what is dragged asks the same again and again
        if self.peers is None and facts is not None and (asked or not choices.large(facts)):
            self._sought = name
            self._send("surprise.peers", "surprise_peers", lambda found: self._peered(name, found), **peers)

    def _peered(self, name: str, peers: Peers) -> None:
        self._known[name] = self.peers = peers
        self._speak()

    def _shown_where(self, found: Covered) -> None:
        self.covered = found
        self.screen.show_covered(found)
        self._speak()

    def _counted(self, found: Judged) -> None:
        self.judged = found
        self.screen.draw_chart(found)

    def _speak(self) -> None:
        view, facts = self.view, self.space.facts
        if view is None or self._of is None or facts is None or self.player.stale:  # of the clip before
            return
        sentence, tone = words.surprise_sentence(view, self._of["predictor"])
        kind = self._of["twins"][0] if "twins" in self._of and view.how == "twins" else ""
        foreign = "This model was not trained on such films." if kind in CHOICES and facts.card.world != "balls" else ""
        caution = words.caution(kind)
        compared = "" if self.peers is None else words.peers_line(view, self.peers)
        lonely = not compared and self.session.state.bank is None and not kind
        alone = no_bank(self.space.choice.reading, "how surprising other clips are") if lonely else ""
        covered = "" if self.covered is None else words.covered_line(self.covered)
        self.screen.note(words.earned_line(view) + (words.peers_note(view, self.peers) if caution or covered else ""))
        lines = [foreign, caution or covered or compared, alone]
        self.say(sentence, tone, " ".join(line for line in lines if line), code.surprise_lines(self.session.state, self.space.sample, view, self._of))
