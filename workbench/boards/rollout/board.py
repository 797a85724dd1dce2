"""Rollout: what the model imagines, tick by tick, beside what came; change an action and the future changes."""

from __future__ import annotations

from typing import Any, Literal

from widgets import ClipPlayer, Toolbar
from workbench.boards import code
from workbench.boards.base import Board, board, no_bank, save_videos
from workbench.boards.beside import Beside
from workbench.boards.decoding.fitting import fitting_of
from workbench.boards.decoding.words import fit_score
from workbench.boards.layout import Chart, Column, Layout, Row, fill
from workbench.boards.look import blank
from workbench.boards.rollout import words
from workbench.boards.rollout.actions import Actions
from workbench.boards.rollout.charts import drift_chart
from workbench.boards.rollout.controls import row, ways
from workbench.boards.rollout.kept import rollout_settings
from workbench.boards.rollout.views import draw_rollout
from workbench.boards.second import SECOND
from workbench.boards.workspace import Ages, Workspace, renew
from workbench.core.errors import BadInput, Cancelled, PartUnavailable, WorkbenchError
from workbench.core.numbers import share
from workbench.core.questions.checkpoint import ModelFacts
from workbench.core.questions.decoding import DecoderPrior, PriorView
from workbench.core.questions.rollout import Drift, DriftOverBank, FilmView, RolloutVideos
from workbench.link import link
from workbench.query import Query

_MOST_KNOWN, _JUDGED = 64, 64  # frames of context before the length of the video is known; clips of the bank


@board(section="IMAGINE", order=10, opens=2)
class RolloutBoard(Board):
    """Three videos with one cursor, the error under them; beside them the actions, the decoder prior, and the drift over the bank."""

    title = "Rollout"
    shown_by = "two-rooms"
    compares = True
    about = RolloutVideos.about

    def __init__(self, workspace: Workspace) -> None:
        super().__init__(workspace, ["reset", "undo", "redo", "export"])
        self.player = ClipPlayer(picture_height=240, commands=["export", "export_mp4"], curve_height=192)
        self.toolbar = Toolbar()
        self.actions = Actions(self._acted)
        self.pad = self.actions.pad
        self.strip = ClipPlayer(picture_height=98, message="", caption="Decoder prior: picture for")
        self.drift = Chart(168, "drift over the bank", blank())
        self.videos = Query[FilmView](workspace, "rollout.film", self._viewed, self._not_viewed)
        self.beside = Beside[FilmView](self, "rollout.second", self._of_second, self._draw)
        self.priors = {who: self._prior(who) for who in ("model", SECOND)}
        self.drifts = {
            who: Query[Drift](workspace, f"rollout.drift.{who}", lambda found: self._judged(), self._not_judged) for who in ("model", "twin", SECOND)
        }
        self.fitting = fitting_of(workspace)
        self.settings = rollout_settings(self.toolbar, self.actions)
        self._wire()

    def _prior(self, who: str) -> Query[PriorView]:
        def drawn(found: PriorView) -> None:
            if (who == SECOND) == self.other:
                self._prior_drawn(found)

        return Query(self.space, f"rollout.honest.{who}", drawn, lambda error: None)

    @property
    def layout(self) -> Layout:
        """Sentence and controls; the videos with their curves, and beside them actions, decoder prior and drift."""
        return Column((self.headline, self.toolbar, Row((self.player, Column((self.pad, self.strip, self.drift))), (0.67, 0.33))))

    def _wire(self) -> None:
        link(self.session, "tick", self.player, "tick")
        link(self.session, "predictor", self.headline, "source", show=lambda _: self.source)
        self.pad.on_command = self.actions.back
        self.player.on_command = self.save_video
        self.toolbar.on_change = self._chosen
        self.toolbar.on_press = lambda name: None if self.fitting.running or self.off() else self.fitting.start()
        self.fitting.on(self._fitted)
        self.space.on("model", self._forget)
        self.space.on("clip", self.opened)
        self.space.on("theme", self._draw_drift)
        self.session.watch(["predictor"], lambda old, new: self._turned())

    def _forget(self) -> None:
        for query in (self.videos, self.beside, *self.priors.values(), *self.drifts.values()):
            query.forget()
        self.actions.clear(None)
        if self.awake and self.refusal():
            self.off()
            fill(self.player, {"films": [], "message": self.refusal()})
            fill(self.strip, {"films": [], "message": ""})
            self._draw_drift()

    def pictures(self) -> tuple[Ages, ...]:
        """See `Board.pictures`."""
        return self.player, self.strip, self.drift

    def banked(self) -> None:
        """See `Board.banked`; actions that were changed stay."""
        if not self.off():
            self.fitting.look()
            self._controls(self.toolbar.values)
            self._ask()
            self._judge()

    def opened(self) -> None:
        """See `Board.opened`."""
        self._open(self.toolbar.values if self.videos.answer is not None else {})

    def _open(self, held: dict[str, object]) -> None:
        """Show what is open, with these values of the controls where they can be kept."""
        if self.off():
            return
        self.actions.forget()
        self.fitting.look()
        self._controls(held)
        self._ask()
        self._judge()

    def _acted(self) -> None:
        """An action was changed: where the future is not on screen, it comes there."""
        fill(self.headline, self.actions.can)
        if self.session.state.tick <= self.pad.step:
            self.session.set(tick=self.player.frame_count() - 1)
        asked = self._question()
        if asked is not None:
            self.videos.follow(asked)
            self.waiting()  # told after the work has begun

    def _turned(self) -> None:
        """See `Holding._turned`: also the untrained model is held or let go."""
        fill(self.headline, {} if self.other else {"note": ""})
        if self.videos.answer is not None:
            self._ask()
            self._judge()

    def _controls(self, held: dict[str, object]) -> None:
        """Show the controls for what is open.

        Args:
            held: the values that are kept where they still can be.
        """
        facts, bank = self.space.facts, self.session.state.bank is not None
        if facts is None:
            return
        decoder = facts.report.part("decoder").status == "whole"
        options = ways(decoder=decoder, fitted=self.fitting.decoder is not None, bank=bank)
        controls, values = row(facts.history[0], self._most_known(), options, held)
        self.toolbar.show([*controls, self.fitting.button], values)

    def _most_known(self) -> int:
        """The largest number of context frames that leaves one frame to predict."""
        view, shown = self.videos.answer, self.space.shown
        if view is not None and not self.of_before:
            return view.rollout.known + view.rollout.horizon - 1
        return _MOST_KNOWN if shown is None else shown.grid.ticks - 1

    def _fitted(self, another: bool) -> None:
        """The fit progressed, or ended with another decoder, which the videos are then decoded with."""
        if not self.awake or self.off() or self.videos.answer is None:
            return
        self._controls({**self.toolbar.values, **({"how": "fitted"} if another else {})})
        running = self.fitting.running
        fill(self.headline, {"busy": running, "cancellable": running, "progress": min(1.0, self.fitting.progress) if running else -1.0})
        if another:
            self._ask(again=True)
        else:
            self._speak()

    def _chosen(self, old: dict[str, Any], new: dict[str, Any]) -> None:
        self.actions.know(new["known"])
        self._ask()
        if old.get("known") != new["known"]:
            self._judge()

    def command(self, name: str) -> None:
        """See `Board.command`; undo and redo are of the actions, reset is of everything."""
        if name in ("undo", "redo"):
            self.actions.back(name)
        elif name == "reset":
            self.session.set(tick=0)
            self._open({})
        elif name == "cancel":
            self.fitting.cancel()
            for query in (self.videos, self.beside.query, *self.drifts.values()):
                query.cancel()
        else:
            super().command(name)

    def results(self) -> dict[str, object]:
        """See `Board.results`."""
        return {name: value for name, value in {"films": self.videos.answer, "drift": self.found}.items() if value is not None}

    @property
    def of_before(self) -> bool:
        """See `Board.of_before`."""
        asked = self.videos.question
        return isinstance(asked, RolloutVideos) and (asked.model, asked.clip) != (self.session.state.model, self.session.state.clip)

    @property
    def predictor(self) -> Literal["model", "twin"]:
        """See `Board.predictor`."""
        return "twin" if self.session.state.predictor == "twin" else "model"

    @property
    def _who(self) -> str:
        """Who is looked at: a key of `drifts`."""
        return SECOND if self.other else self.predictor

    @property
    def view(self) -> FilmView | None:
        """What is on screen, or is to be: the second model's while B is held."""
        return self.beside.answer if self.other else self.videos.answer

    @property
    def found(self) -> Drift | None:
        """The drift over the bank that is open, of who is looked at."""
        asked, query = self._to_judge(), self.drifts[self._who]
        return query.answer if asked is not None and query.answers(asked) else None

    def save_video(self, command: str) -> None:
        """Offer what is on screen as one video, with its labels."""
        view = self.view
        if view is not None:
            known, fps = view.rollout.known, self.player.fps or 8.0
            save_videos(self, "rollout", command, view.reels, fps=fps, context_frames=known, edited=view.edited)

    def _question(self) -> RolloutVideos | None:
        """What is chosen now; None where nothing is open that can be rolled out."""
        s = self.session.state
        if self.off() or s.clip is None or s.model is None:
            return None
        chosen = self.toolbar.values
        fitted = chosen["how"] == "fitted"
        how, decoder = "decoded" if fitted else chosen["how"], self.fitting.decoder if fitted else None
        return RolloutVideos(s.model, s.clip, chosen["known"], self.actions.changed, how, decoder, s.bank, self.predictor)

    def _of_second(self) -> RolloutVideos | None:
        """The same of the second model, drawn as it can be."""
        asked, seen = self._question(), self.second.seen
        if asked is None or seen is None:
            return None
        if asked.actions is not None and _steps(self.space.facts) != _steps(seen.facts):
            what = "its actions are not those that were changed"
            raise BadInput(what, where="actions", fix="undo the changes: both models are then given what was done in the clip")
        own = seen.facts.report.part("decoder").status == "whole"
        how = asked.how if asked.how != "decoded" else "decoded" if own else "retrieved" if seen.bank is not None else "latents"
        return self.second.ask(asked, how=how, decoder=None)

    def _ask(self, *, again: bool = False) -> None:
        """What is chosen now; what was asked before is no longer wanted.

        Args:
            again: also where the answer is here: what it was drawn by is another one.
        """
        asked = self._question()
        if asked is None:
            return
        if self.videos.answer is None or not self.videos.answers(asked) or again:
            self.waiting()
            self.videos.ask(asked)
        else:
            self.videos.drop()
            if not self.other:
                self._draw(self.videos.answer)
        if self.other:
            self.beside.ask()

    def _not_viewed(self, error: WorkbenchError) -> None:
        if isinstance(error, PartUnavailable) and self.toolbar.values.get("how") == "fitted":  # the worker no longer has the decoder
            self.fitting.lost()
            self._controls(self.toolbar.values)
            self._ask()
        else:
            self.failed(error)

    def _viewed(self, view: FilmView) -> None:
        asked, facts = self.videos.question, self.space.facts
        if isinstance(asked, RolloutVideos) and self.actions.of != (asked.model, asked.clip):
            self.actions.clear((asked.model, asked.clip))
            if view.actions is not None and facts is not None and facts.action is not None:
                self.actions.start(view.actions, facts.action, view.rollout.known)
            self._controls(self.toolbar.values)  # it is known now how long the video is
            fill(self.headline, self.actions.can)
        if self.other:
            self.beside.ask()  # its actions may be known only now
        else:
            self._draw(view)

    def _draw(self, view: FilmView) -> None:
        """Show the videos of whoever is looked at."""
        seen = self.second.seen if self.other else self.second.first
        renew(self.player)
        with self.player.together():
            draw_rollout(self.player, view)
            self.player.fps = float((seen.shown.fps if seen is not None else 0) or 0)
            self.player.version += 1
        self._draw_prior()
        self._speak()

    def _draw_prior(self) -> None:
        """Ask for the decoder prior, once for each model, bank and decoder."""
        asked, query = (self.beside.query if self.other else self.videos).question, self.priors[SECOND if self.other else "model"]
        bank = asked.bank if isinstance(asked, RolloutVideos) else None
        if not isinstance(asked, RolloutVideos) or bank is None or asked.how == "latents":
            without = (
                "The decoder prior (pictures for the mean latent and for noise) needs a bank." if self.toolbar.values["how"] != "latents" else ""
            )
            query.forget()
            fill(self.strip, {"films": [], "message": without, "stale": False})
            return
        weights = "trained" if asked.predictor == "model" else "untrained"
        wanted = DecoderPrior(asked.model, bank, asked.how, asked.decoder, weights)
        if query.answer is not None and query.answers(wanted):
            self._prior_drawn(query.answer)
        elif not query.awaits(wanted):
            query.ask(wanted)

    def _prior_drawn(self, found: PriorView) -> None:
        renew(self.strip)
        self.strip.set_films([({"name": r.label, "kind": r.kind}, r.pixels) for r in found.reels])

    def _judge(self) -> None:
        """The drift over the bank; asked once for a model, bank and number of context frames."""
        asked, query = self._to_judge(), self.drifts[self._who]
        if asked is None or query.answers(asked):
            self._draw_drift()  # else the old one stays until the new one is there
        elif not query.awaits(asked):
            query.ask(asked)

    def _to_judge(self) -> DriftOverBank | None:
        s, facts = self.session.state, self.space.facts
        if s.model is None or s.bank is None or facts is None or DriftOverBank.about.refusal(facts.report):
            return None
        wanted = DriftOverBank(s.model, s.bank, self.toolbar.values.get("known"), limit=_JUDGED, predictor=self.predictor)
        return self.second.ask(wanted) if self.other else wanted

    def _judged(self) -> None:
        self._draw_drift()
        self._speak()

    def _not_judged(self, error: WorkbenchError) -> None:
        if not isinstance(error, Cancelled) and not self.says(error):
            self.headline.detail = f"Over the bank: {error.what}"

    def _draw_drift(self) -> None:
        renew(self.drift)
        found = self.found
        self.drift.set(blank() if found is None else drift_chart(found, dark=self.space.dark))

    def _speak_of_both(self) -> None:
        """Both numbers side by side, then the finding on the second model."""
        view, asked, mine = self.beside.answer, self.beside.query.question, self._question()
        subject, found = self.second.subject, self.found
        if view is None or asked is None or subject is None or self.player.stale:
            return
        first = "…" if mine is None or self.videos.answer is None or not self.videos.answers(mine) else share(self.videos.answer.final_ratio)
        sentence, tone = words.rollout_sentence(view.rollout)
        detail = " ".join(line for line in (view.caution, words.edited_line(view), "" if found is None else words.drift_line(found)) if line)
        lines = code.reproduced(asked, view, subject.sample)
        self.say_both("Open-loop error relative to copying the last frame", first, share(view.final_ratio), sentence, tone, detail, lines)

    def _speak(self) -> None:
        if self.other:
            self._speak_of_both()
            return
        view, asked, found = self.videos.answer, self.videos.question, self.found
        if view is None or not isinstance(asked, RolloutVideos) or self.player.stale:  # of the clip before
            return
        sentence, tone = words.rollout_sentence(view.rollout, asked.predictor == "twin")
        lines = [view.caution, words.edited_line(view), "" if found is None else words.drift_line(found)]
        if found is None and self.session.state.bank is None:
            lines.append(no_bank(self.space, "nearest real frames, and the drift over other clips"))
        fit = self.fitting.fit if asked.decoder is not None else None
        lines = [self.fitting.said, "" if fit is None else fit_score(fit), *lines]
        made = code.reproduced(asked, view, self.space.sample)
        self.say(sentence, "warn" if view.caution else tone, " ".join(line for line in lines if line), made)


def _steps(facts: ModelFacts | None) -> object:
    """What a step of a model's actions is made of; None where it takes none."""
    return None if facts is None or facts.action is None else (tuple(facts.action.names), facts.action.frameskip)
