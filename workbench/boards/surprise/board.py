"""Surprise: where and when a video becomes impossible, beside its possible counterpart; break physics yourself, and count how often the model is right."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from widgets import ClipPlayer, Toolbar, WorldStage
from widgets.keys import key as key_of
from workbench.boards import code
from workbench.boards.base import UNTRAINED, Board, board, no_bank, save_videos
from workbench.boards.beside import Beside
from workbench.boards.clip_choice import is_sample_bank
from workbench.boards.layout import Chart, Column, Layout, Row, fill
from workbench.boards.look import blank
from workbench.boards.settings import Settings, Values, set_toolbar, toolbar_values
from workbench.boards.surprise import controls as choices
from workbench.boards.surprise import words
from workbench.boards.surprise.controls import Choice
from workbench.boards.surprise.screen import Screen
from workbench.boards.undo import Edits
from workbench.boards.workspace import Ages, Workspace, renew
from workbench.core.errors import BadInput, WorkbenchError
from workbench.core.questions.checkpoint import ModelFacts
from workbench.core.questions.surprise import (
    Covered,
    Judged,
    OcclusionMap,
    PairAccuracies,
    PairSurprise,
    Peers,
    PossibleSurprise,
    SurpriseView,
)
from workbench.link import link
from workbench.query import Query
from workbench.session import State

Moved = tuple[int, float, float]
_STILLS = "this is an image model: it predicts no following frames."
_SOURCES = [*UNTRAINED, {"id": "pixels", "key": key_of("pixels"), "label": "pixel changes", "enabled": True, "reason": ""}]


@board(section="IMAGINE", order=30, opens=3)
class SurpriseBoard(Board):
    """Videos with one cursor over their surprise; a stage on which the thing that moves is dragged elsewhere; accuracies under them."""

    title = "Surprise"
    shown_by = "balls"
    compares = True
    about = PairSurprise.about

    def __init__(self, workspace: Workspace) -> None:
        super().__init__(workspace, ["reset", "undo", "redo", "export"], sources=_SOURCES)
        self.toolbar, self.work = Toolbar(), Toolbar(vertical=True)
        self.player = ClipPlayer(picture_height=290, commands=["export", "export_mp4"], curve_height=168, message="No video is open")
        self.stage = WorldStage(picture_height=206, nudge=0.05, live=True, message="No video is open")
        self.accuracies = Chart(312, "accuracy on possible and impossible pairs", blank())
        self.screen = Screen(workspace, self.player, self.stage, self.accuracies)
        self.edits: Edits[Moved | None] = Edits(None)
        self.choice: Choice | None = None
        self.films = Query[SurpriseView](workspace, "surprise.film", self._viewed, self.failed, self._heard)
        self.beside = Beside[SurpriseView](self, "surprise.second", self._of_second, self._draw)
        self.possible = Query[Peers](workspace, "surprise.peers", lambda _: self._speak(), self.failed, self._heard)
        self.cells = Query[Covered](workspace, "surprise.cover", self._shown_where, self.failed, self._heard)
        self.pairs = Query[Judged](workspace, "surprise.judge", self._counted, self.failed, self._heard)
        self._listed: object = None  # the list of clips that `choice` was made for
        self.settings = Settings(self._held, self._bring_back)
        self._pointed: tuple[object, ...] = ()  # the videos at whose event the cursor was put
        self._wire()

    @property
    def layout(self) -> Layout:
        """Sentence and controls; films and curves; beside them the stage, and the accuracies under it."""
        right = Column((Row((self.stage, self.work), (0.55, 0.45), least=300), self.accuracies))
        return Column((self.headline, self.toolbar, Row((self.player, right), (0.62, 0.38))))

    def _wire(self) -> None:
        link(self.session, "tick", self.player, "tick", show=self._frame, take=lambda frame: {"tick": frame // self._tubelet})
        link(self.session, "predictor", self.headline, "source", show=lambda _: self.source)
        self.player.observe(lambda _: self.screen.draw_stage(self._view, self.edits.value), names=["tick"])
        self.player.on_command = self.save_film
        self.stage.on_move = lambda _name, x, y: self.move(x, y)
        self.toolbar.on_change = self._chosen
        self.work.on_press = self.press
        self.space.on("model", self._forget)
        self.space.on("clip", self.opened)
        self.space.on("theme", self._draw_chart)
        self.session.watch(["predictor"], lambda old, new: self._turned())

    @property
    def _watched(self) -> PairSurprise | None:
        """What the videos on screen answer."""
        asked = self.films.question
        return asked if isinstance(asked, PairSurprise) else None

    @property
    def _view(self) -> SurpriseView | None:
        """What is on screen, or is to be: the second model's while B is held."""
        return self.beside.answer if self.other else self.films.answer

    @property
    def _queries(self) -> tuple[Query[SurpriseView], Query[Peers], Query[Covered], Query[Judged]]:
        return self.films, self.possible, self.cells, self.pairs

    @property
    def _tubelet(self) -> int:
        facts = self.space.facts
        return facts.card.tubelet if facts is not None and choices.windowed(facts) else 1

    def _frame(self, state: State) -> int:
        """The frame of a tick; where it is shown already, the one on screen."""
        now = self.player.tick
        return now if now // self._tubelet == state.tick else state.tick * self._tubelet

    @property
    def predictor(self) -> str:
        """Whose surprise is shown: "model", "twin" (untrained) while R is held, or "pixels" while P is."""
        return self.session.state.predictor if self.session.state.predictor in words.WHO else "model"

    def refusal(self) -> str:
        """See `Board.refusal`; an image model predicts no following frames."""
        facts, reason = self.space.facts, super().refusal()
        return _STILLS if not reason and facts is not None and choices.stills(facts) else reason

    def _unlike(self, facts: ModelFacts) -> str:
        """See `Holding._unlike`."""
        return _STILLS if choices.stills(facts) else ""

    def _turned(self) -> None:
        """See `Holding._turned`: also another source is held or let go."""
        fill(self.headline, {} if self.other else {"note": ""})
        if self.films.answer is not None or self.films.busy:
            self._work_shown()
            self._draw_chart()
            self._ask()

    def _work_shown(self) -> None:
        """The buttons beside the films; they are of the first model."""
        facts = self.space.facts
        if facts is not None:
            row = choices.work(facts, self.films.answer)
            self.work.show([c.off("It is of the first model: release B.") for c in row] if self.other else row)

    def _draw_chart(self) -> None:
        if self.refusal():
            self.accuracies.set(blank())
            return
        self.screen.draw_chart(None if self.other else self.pairs.answer)

    def _forget(self) -> None:
        for query in (*self._queries, self.beside):
            query.forget()
        self._pointed = ()
        self._unbreak()
        self.screen.empty(self.refusal() or "Opening a clip …")
        self._draw_chart()
        self._offer(None)
        if self.awake and self.refusal():
            self.off()

    def pictures(self) -> tuple[Ages, ...]:
        """See `Board.pictures`."""
        return self.player, self.stage

    def banked(self) -> None:
        """See `Board.banked`; what was broken by hand stays broken."""
        self._ask()

    def opened(self) -> None:
        """See `Board.opened`: what was broken in another clip is whole again."""
        if self.off():
            return
        self._unbreak()
        same, self._listed = self._listed is self.space.clips, self.space.clips
        self._offer(self.choice, other_list=not same)
        self._ask()

    def _offer(self, held: Choice | None, *, other_list: bool = False) -> None:
        """The controls for what is open.

        Args:
            held: a choice that stays where it still fits. other_list: it was made for other clips.
        """
        facts, clips, key = self.space.facts, self.space.clips, self.session.state.clip
        if facts is None or self.refusal():
            self.toolbar.show([])
            self.work.show([])
            return
        count = 1 if clips is None else len(clips.names)
        home = clips is None or is_sample_bank(clips.path)
        first = choices.opening(facts, 0 if key is None else key.index, count, self.space.sample is not None, home=home)
        chosen = first if held is None else replace(held, films=first.films) if other_list else held
        other = min(chosen.other, max(0, count - 1))
        if key is not None and other == key.index:
            other = (other + 1) % max(1, count)
        self._choose(replace(chosen, other=other))
        self.work.show(choices.work(facts), {"pairs": choices.COUNT})

    def _choose(self, choice: Choice) -> None:
        """Show a choice, and the controls that count for it."""
        facts, clips, self.choice = self.space.facts, self.space.clips, choice
        if facts is not None:
            row = choices.controls(facts, 1 if clips is None else len(clips.names), choice.films)
            self.toolbar.show(row, choice.values(row))

    def _chosen(self, old: dict[str, Any], new: dict[str, Any]) -> None:
        if self.choice is None:
            return
        if any(old.get(k) != new.get(k) for k in ("films", "pair", "other")):
            self._unbreak()
        self._choose(self.choice.taken(new))
        self._ask()

    def _held(self) -> Values:
        """What a link holds: the controls, and where the thing that moves was put."""
        return {**toolbar_values(self.toolbar), **({} if self.edits.value is None else {"moved": list(self.edits.value)})}

    def _bring_back(self, values: Values) -> list[str]:
        moved = values.get("moved")
        put = None if moved is None else _moved(moved)
        refused = set_toolbar(self.toolbar, {name: value for name, value in values.items() if name != "moved"})
        if put != self.edits.value:
            self.edits.set(put)
            self._tell_history()
            self._ask()
        return refused + (["moved"] if moved is not None and put is None else [])

    def move(self, x: float, y: float) -> None:
        """Move the object to this place at the frame of the cursor."""
        self.edits.set((self.player.tick, float(x), float(y)), ("move", self.player.tick), int(self.stage.moved[3]) or None)
        self._tell_history()
        self._ask(dragged=True)

    def _unbreak(self) -> None:
        """Forget the edit by hand, and its history."""
        self.edits.restart(None)
        self._tell_history()

    def _tell_history(self) -> None:
        fill(self.headline, {"can_undo": self.edits.can_undo, "can_redo": self.edits.can_redo})

    def command(self, name: str) -> None:
        """See `Board.command`; undo, redo and reset are of what was broken by hand."""
        if name in ("undo", "redo"):
            getattr(self.edits, name)()
        elif name == "reset":
            self.edits.restart(None)
            self._offer(None)
        elif name == "cancel":
            for query in (*self._queries, self.beside.query):
                query.cancel()
            return
        else:
            super().command(name)
            return
        self._tell_history()
        self._ask()

    def press(self, name: str) -> None:
        """A button beside the videos: occlusion map of the frame of the cursor, rank among possible videos, or accuracy on pairs."""
        asked = self._watched
        if asked is None:
            return
        if name == "cover":
            self.cells.ask(OcclusionMap(**asked.fields(), frame=self.player.tick))
        elif name == "compare":
            self._compare(pressed=True)
        elif name == "count":
            self.pairs.ask(PairAccuracies(**asked.looking(), count=self.work.values.get("pairs", choices.COUNT)))
        self._tell_busy()

    def results(self) -> dict[str, object]:
        """See `Board.results`."""
        found = {"surprise": self.films.answer, "peers": self.peers, "accuracies": self.pairs.answer, "covered": self.cells.answer}
        return {name: value for name, value in found.items() if value is not None}

    @property
    def of_before(self) -> bool:
        """See `Board.of_before`."""
        now, then = self.session.state.clip, self._watched
        return now is not None and then is not None and then.twins is None and (now.path, now.index) != (then.clip.path, then.clip.index)

    def save_film(self, command: str) -> None:
        """Offer the films on screen as one video, with their labels."""
        if self._view is not None:
            save_videos(self, "surprise", command, self._view.reels, fps=self.player.fps or 8.0)

    def _heard(self, done: int, total: int) -> None:
        self._tell_busy()

    def _tell_busy(self) -> None:
        """Whether something is computed, and how much of it is done; possible films count where nothing else is."""
        waited = [q for q in (self.films, self.beside.query, self.cells, self.pairs) if q.busy] or [q for q in (self.possible,) if q.busy]
        share = min(1.0, max((q.share for q in waited), default=-1.0))
        fill(self.headline, {"busy": bool(waited), "progress": share, "cancellable": bool(waited)})

    def say(self, sentence: str, tone: str = "plain", detail: str = "", code: str = "", **more: object) -> None:
        """See `Board.say`; what is still being computed goes on."""
        super().say(sentence, tone, detail, code, **more)
        self._tell_busy()

    def failed(self, error: WorkbenchError) -> None:
        """See `Board.failed`; what is still being computed goes on."""
        super().failed(error)
        self._tell_busy()

    def _ask(self, *, dragged: bool = False) -> None:
        """Ask about other videos, or with another model; an older question is dropped, unless something is dragged."""
        asked = self._wanted()
        if asked is None:
            if not dragged:
                self.films.drop()
        elif self.films.answer is not None and self.films.answers(asked):
            self.films.drop()
            if not self.other:
                self._draw(self.films.answer)
        else:
            (self.films.follow if dragged else self.films.ask)(asked)
        if asked is not None and self.other:
            self.beside.ask()
        self._tell_busy()

    def _of_second(self) -> PairSurprise | None:
        """The same videos for the second model."""
        seen, facts, look = self.second.seen, self.space.facts, self.second.look.answer
        if seen is None or facts is None or look is None or self.choice is None:
            return None
        window = look.windows[look.window] if look.windows else None
        return choices.question(seen, window, choices.beside(seen, self.choice, facts), "model", self.edits.value)

    def _wanted(self) -> PairSurprise | None:
        """What is asked of the films; None where there is nothing to ask, or it was told why not."""
        if self.off() or self.choice is None:
            return None
        try:
            return choices.question(self.second.first, self.space.choice.window, self.choice, self.predictor, self.edits.value)
        except BadInput as error:
            self.failed(error)
            return None

    def _viewed(self, view: SurpriseView) -> None:
        asked, facts = self._watched, self.space.facts
        if asked is None or facts is None:
            return
        films = (asked.model, asked.twins, asked.clip, asked.other)
        first, fresh, self._pointed = not self._pointed, films != self._pointed, films
        if first:
            self._draw_chart()
        self.cells.forget()
        if self.other:
            self._speak()
        else:
            self._draw(view)
        if fresh and view.event > 0 and self.edits.value is None:
            self.player.tick = view.event  # where there is something to see
        self._work_shown()
        self._compare()
        self._speak()

    def _draw(self, view: SurpriseView) -> None:
        """Show the films of whoever is looked at."""
        asked = self.beside.query.question if self.other else self.films.question
        renew(self.player, self.stage)
        self.screen.show(view, self.edits.value, settled=isinstance(asked, PairSurprise) and self.edits.value == asked.moved)
        self._speak()

    @property
    def _comparison(self) -> PossibleSurprise | None:
        """Which possible films the videos on screen are compared with."""
        asked, facts, bank = self._watched, self.space.facts, self.session.state.bank
        if asked is None or facts is None:
            return None
        if asked.twins is not None:
            return PossibleSurprise(**asked.looking(), predictor=asked.predictor, twins=asked.twins[0] if asked.moved is None else "possible")
        if facts.card.world == "balls" and is_sample_bank(asked.clip.path):
            return PossibleSurprise(**asked.looking(), predictor=asked.predictor, twins="possible")
        return None if bank is None else PossibleSurprise(**asked.looking(), predictor=asked.predictor, bank=bank)

    @property
    def peers(self) -> Peers | None:
        """How surprising the possible films are that the videos on screen are compared with; None until it is known."""
        wanted = self._comparison
        return self.possible.answer if wanted is not None and self.possible.answers(wanted) else None

    def _compare(self, *, pressed: bool = False) -> None:
        """Ask how surprising possible films are, unless it is known or asked; of a large model only where the user asked for it."""
        wanted, facts = self._comparison, self.space.facts
        if wanted is None or facts is None or self.possible.answers(wanted) or self.possible.awaits(wanted):
            return
        if pressed or not choices.large(facts):
            self.possible.ask(wanted)

    def _shown_where(self, found: Covered) -> None:
        self.screen.show_covered(found)
        self._speak()

    def _counted(self, found: Judged) -> None:
        self.screen.draw_chart(found)
        self._tell_busy()

    def _speak_of_both(self) -> None:
        """Both numbers side by side, then the finding on the second model."""
        view, asked, mine, subject = self.beside.answer, self.beside.query.question, self._wanted(), self.second.subject
        if view is None or asked is None or subject is None or self.player.stale:
            return
        own = self.films.answer if mine is not None and self.films.answers(mine) else None
        label, value = words.figure(view)
        sentence, tone = words.surprise_sentence(view)
        self.screen.note(words.earned_line(view))
        first = "…" if own is None else words.figure(own)[1]
        self.say_both(
            label,
            first,
            value,
            sentence,
            tone,
            "" if self.choice is None else words.caution(self.choice.films),
            code.reproduced(asked, view, subject.sample),
        )

    def _speak(self) -> None:
        if self.other:
            self._speak_of_both()
            return
        view, asked, facts = self.films.answer, self._watched, self.space.facts
        if view is None or asked is None or facts is None or self.player.stale:  # of the clip before
            self._tell_busy()
            return
        sentence, tone = words.surprise_sentence(view, asked.predictor)
        kind = "" if asked.twins is None or asked.moved is not None else asked.twins[0]
        foreign = "This model was not trained on such videos." if kind and facts.card.world != "balls" else ""
        caution, peers, found = words.caution(kind), self.peers, self.cells.answer
        compared = "" if peers is None else words.peers_line(view, peers)
        lonely = not compared and self.session.state.bank is None and not kind
        alone = no_bank(self.space, "how surprising other clips are") if lonely else ""
        covered = "" if found is None else words.covered_line(found)
        self.screen.note(words.earned_line(view) + (words.peers_note(view, peers) if caution or covered else ""))
        lines = [foreign, caution or covered or compared, alone]
        self.say(sentence, tone, " ".join(line for line in lines if line), code.reproduced(asked, view, self.space.sample))


def _moved(value: Any) -> Moved | None:
    """A frame and a place in sides of the picture; None where a link says something else."""
    number = (int, float)
    right = isinstance(value, list | tuple) and [type(v) in number for v in value] == [True] * 3 and type(value[0]) is int and value[0] >= 0
    return (value[0], float(value[1]), float(value[2])) if right else None
