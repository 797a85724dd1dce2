"""Rollout: what the model imagines, tick by tick, beside what came; change an action and the future changes."""

from __future__ import annotations

from typing import Any

import numpy as np

from widgets import ClipPlayer, Toolbar
from workbench.boards import code
from workbench.boards.actions import Actions
from workbench.boards.base import Board, board
from workbench.boards.decoding.fitting import fitting_of
from workbench.boards.decoding.words import fit_score
from workbench.boards.layout import Chart, Column, Layout, Row
from workbench.boards.steady import Steady
from workbench.boards.workspace import Workspace, renew
from workbench.core.errors import Cancelled, WorkbenchError
from workbench.core.films import FilmView, Reel
from workbench.core.futures import Drift
from workbench.link import link
from workbench.measures.catalogue import entry
from workbench.present import future_words as words
from workbench.present.charts import blank
from workbench.present.future_charts import drift_chart
from workbench.present.show import fill
from workbench.present.show_futures import film_dicts, rollout_curves
from workbench.present.words import UNITS, no_bank

_HOW = {"decoded": "decoder", "fitted": "decoder fitted on these clips", "retrieved": "nearest real frame", "latents": "nothing: latents as colours"}
_MOST_KNOWN = 64


@board(section="IMAGINE", order=10, opens=2)
class RolloutBoard(Board):
    """Three films with one cursor, the error under them; beside them the actions, what is drawn for nothing, and the drift over the bank."""

    title = "Rollout"
    about = entry("rollout")

    def __init__(self, workspace: Workspace) -> None:
        super().__init__(workspace, ["reset", "undo", "redo", "export"])
        self.player = ClipPlayer(picture_height=240, commands=["export", "export_mp4"], curve_height=192)
        self.toolbar = Toolbar()
        self.actions = Actions(self._acted)
        self.pad = self.actions.pad
        self.strip = ClipPlayer(picture_height=98, message="", caption="What is drawn where nothing was foretold:")
        self.drift = Chart(168, "drift over the bank", blank())
        self.view: FilmView | None = None
        self.found: Drift | None = None
        self._of: Any = None  # the model and clip that the films on screen are of
        self._drawn: Any = None  # what the honesty strip was asked for
        self._judgements: dict[Any, Drift] = {}
        self._films = Steady()
        self._settling = False
        self.fitting = fitting_of(workspace)
        self._wire()

    @property
    def layout(self) -> Layout:
        """Sentence and controls; the theatre with its curves, and beside it actions, what is drawn for nothing, and drift."""
        return Column((self.headline, self.toolbar, Row((self.player, Column((self.pad, self.strip, self.drift))), (0.67, 0.33))))

    def _wire(self) -> None:
        link(self.session, "tick", self.player, "tick")
        link(self.session, "predictor", self.headline, "source", show=lambda s: "twin" if s.predictor == "twin" else "model")
        self.pad.on_command = self.actions.back
        self.player.on_command = self.save_film
        self.toolbar.observe(lambda change: self._chosen(change["old"], change["new"]), names=["values"])
        self.toolbar.on_press = lambda name: None if self.fitting.running or self.off() else self.fitting.start()
        self.fitting.on(self._fitted)
        self.space.on("model", self._forget)
        self.space.on("clip", self.opened)
        self.space.on("theme", self._draw_drift)
        self.session.watch(["predictor"], lambda old, new: self._doubted())

    def _forget(self) -> None:
        self.view = self.found = self._of = self._drawn = None
        self._judgements.clear()
        self._films.forget()
        self.actions.clear()
        if self.awake and self.refusal():
            self.off()
            fill(self.player, {"films": [], "pixels": b"", "message": self.refusal()})
            fill(self.strip, {"films": [], "pixels": b"", "message": ""})
            self._draw_drift()

    def pictures(self) -> tuple[Any, ...]:
        """See `Board.pictures`."""
        return self.player, self.strip, self.drift

    def banked(self) -> None:
        """See `Board.banked`; actions that were changed stay."""
        if not self.off():
            self.fitting.look()
            self._controls()
            self._ask()
            self._judge()

    def opened(self) -> None:
        """See `Board.opened`."""
        if self.off():
            return
        self.actions.forget()
        self._films.forget()
        self.fitting.look()
        self._controls()
        self._ask()
        self._judge()

    def _acted(self) -> None:
        """An action was changed: where the future is not on screen, it comes there."""
        fill(self.headline, self.actions.can)
        if self.session.state.tick <= self.pad.step:
            self.session.set(tick=self.player.frame_count() - 1)
        self._films.ask(self._send)
        self.waiting()  # told after the work has begun

    def _doubted(self) -> None:
        if self._of is not None:
            self._ask()
            self._judge()

    def _controls(self) -> None:
        facts = self.space.facts
        if facts is None:
            return
        decoder, bank = facts.report.part("decoder").status == "whole", self.session.state.bank is not None
        ways = [("decoded", decoder, "this file has no decoder"), ("retrieved", bank, "needs a bank: open a folder or bank of clips")]
        ways[1:1] = [("fitted", self.fitting.fit is not None and bank, "fit one first: press the button")]
        ways.append(("latents", True, ""))
        options = [{"value": v, "label": _HOW[v], "disabled": not ok, "reason": "" if ok else why} for v, ok, why in ways]
        first = next((o["value"] for o in options if not o["disabled"]), "decoded")
        how = self.toolbar.values.get("how") if self._of is not None else None
        kept = how if any(o["value"] == how and not o["disabled"] for o in options) else first
        least, most = facts.history[0], self._most_known()
        known = {"kind": "int", "id": "known", "label": "known frames", "min": least, "max": max(least, most)}
        drawn = {"kind": "select", "id": "how", "label": "drawn by", "options": options}
        self._settling = True
        try:
            held = self.toolbar.values.get("known", 0) if self._of is not None else 0
            with self.toolbar.together():
                self.toolbar.controls = [
                    {**known, "help": "frames that the model is given; the rest it imagines"},
                    {**drawn, "help": "latents are no pictures: how they are drawn"},
                    self.fitting.button.plain(),
                ]
                self.toolbar.values = {"known": max(min(held, most), least), "how": kept}
        finally:
            self._settling = False

    def _most_known(self) -> int:
        """So many frames can be given that one is left to foretell."""
        s, shown = self.session.state, self.space.shown
        if self.view is not None and self._of == (s.model, s.clip):
            return self.view.rollout.known + self.view.rollout.horizon - 1
        return _MOST_KNOWN if shown is None else shown.grid.ticks - 1

    def _fitted(self, another: bool) -> None:
        """The decoder that is fitted on these clips is another one, or the fit went on; a new one is what films are drawn by."""
        if not self.awake or self.off() or self.view is None:
            return
        self._controls()
        running = self.fitting.running
        fill(self.headline, {"busy": running, "cancellable": running, "progress": min(1.0, self.fitting.progress) if running else -1.0})
        if another:
            self._drawn = None
            self.toolbar.values = {**self.toolbar.values, "how": "fitted"}
            self._ask()
        else:
            self._speak()

    def _chosen(self, old: dict[str, Any], new: dict[str, Any]) -> None:
        if self._settling or not old or new == old:
            return
        self.actions.know(new.get("known", 1))
        self._ask()
        if old.get("known") != new.get("known"):
            self._judge()

    def command(self, name: str) -> None:
        """See `Board.command`; undo and redo are of the actions, reset is of everything."""
        if name in ("undo", "redo"):
            self.actions.back(name)
        elif name == "reset":
            self._of = None  # nothing of it is kept: the board opens again
            self.session.set(tick=0)
            self.opened()
        elif name == "cancel":
            self.fitting.cancel()
            for view in ("rollout.film", "rollout.drift"):
                self.space.jobs.cancel((self.session.id, view))
        else:
            super().command(name)

    def results(self) -> dict[str, Any]:
        """See `Board.results`."""
        return {name: value for name, value in {"films": self.view, "drift": self.found}.items() if value is not None}

    @property
    def of_before(self) -> bool:
        """See `Board.of_before`."""
        return self.view is not None and self._of != (self.session.state.model, self.session.state.clip)

    def save_film(self, command: str) -> None:
        """Offer the films on screen as one video, with their labels."""
        if self.view is not None:
            known, edited = self.view.rollout.known, self.view.edited
            self.save_films("rollout", command, self.view.reels, fps=self.player.fps or 8.0, context_frames=known, edited=edited)

    def _ask(self) -> None:
        """The films as they are chosen now; what was asked before is no longer wanted."""
        s = self.session.state
        if not self.off() and s.clip is not None and s.model is not None:
            self.waiting()
            self._films.ask_now(self._send)

    def _send(self) -> None:
        s, chosen = self.session.state, self.toolbar.values
        asked = (s.model, s.clip)
        options = {
            "known": chosen.get("known", 1),
            "how": chosen.get("how", "decoded"),
            "predictor": self.predictor,
            "bank": s.bank,
            "decoder": self.fitting.decoder,
        }

        def done(view: FilmView) -> None:
            self._films.answered()  # before this answer is shown, so that the next is computed meanwhile
            self._viewed(view, asked)

        def not_done(error: WorkbenchError) -> None:
            self._films.answered()
            self.failed(error)

        self.space.submit("film_view", "rollout.film", done, not_done, model=s.model, clip=s.clip, actions=self.actions.value, **options)

    def _viewed(self, view: FilmView, asked: Any) -> None:
        if asked[0] != self.session.state.model:
            return
        fresh = self._of != asked
        self.view, self._of = view, asked
        facts, numbers = self.space.facts, view.rollout
        renew(self.player)
        with self.player.together():
            self.player.set_films(film_dicts(view.reels))
            self.player.set_curves(rollout_curves(numbers), unit=UNITS[numbers.distance], label=f"error, {UNITS[numbers.distance]}")
            self.player.known = numbers.known
            self.player.marks = [] if view.edited < 0 else [{"frame": view.edited, "label": "changed by hand", "kind": "edit"}]
            self.player.fps = float((self.space.shown.fps if self.space.shown else 0) or 0)
            self.player.version += 1
        if fresh and view.actions is not None and facts is not None and facts.action is not None:
            self.actions.start(view.actions, facts.action, numbers.known)
        elif fresh:
            self.actions.clear()
        if fresh:
            self._controls()  # it is known now how long the film is
            fill(self.headline, self.actions.can)
        self._honest()
        self._speak()

    def _honest(self) -> None:
        """What is drawn for nothing; asked once for a model, a bank and a way of drawing."""
        s, how = self.session.state, self.toolbar.values.get("how", "decoded")
        asked = (s.model, s.bank, how, self.predictor)
        if self._drawn == asked:
            renew(self.strip)
            return
        self._drawn = asked
        if s.bank is None or how == "latents":
            without = "Open a bank to see what is drawn for the mean latent and for noise." if how != "latents" else ""
            fill(self.strip, {"films": [], "pixels": b"", "message": without, "stale": False})
            return

        def shown(reels: list[Reel]) -> None:
            renew(self.strip)
            self.strip.set_films([({"name": r.label, "kind": r.kind}, r.pixels) for r in reels])

        options = {"model": s.model, "bank": s.bank, "how": how, "predictor": self.predictor, "decoder": self.fitting.decoder}
        self.space.submit("honesty_strip", "rollout.honest", shown, lambda error: None, **options)

    def _judge(self) -> None:
        """The drift over the bank; computed once for a model, bank and number of known frames."""
        s, facts, asked = self.session.state, self.space.facts, self._to_judge()
        self.found = self._judgements.get(asked)
        nothing = s.bank is None or facts is None or entry("drift").refusal(facts.report)
        if self.found is not None or nothing:
            self._draw_drift()  # else the old one stays until the new one is there
            return

        def judged(found: Drift) -> None:
            self._judgements[asked] = found
            if asked == self._to_judge():
                self.found = found
                self._draw_drift()
                self._speak()

        options = {"model": s.model, "bank": s.bank, "known": asked[2], "predictor": self.predictor, "limit": 64}
        self.space.submit("drift", "rollout.drift", judged, self._not_judged, **options)

    def _to_judge(self) -> tuple[Any, ...]:
        s = self.session.state
        return s.model, s.bank, self.toolbar.values.get("known", 1), self.predictor

    def _not_judged(self, error: WorkbenchError) -> None:
        if not isinstance(error, Cancelled) and error.what != self.headline.sentence:
            self.headline.detail = f"Over the bank: {error.what}"

    def _draw_drift(self) -> None:
        renew(self.drift)
        self.drift.set(blank() if self.found is None else drift_chart(self.found, dark=self.space.dark))

    def _speak(self) -> None:
        view = self.view
        if view is None or self.player.stale:  # of the clip before
            return
        sentence, tone = words.rollout_sentence(view.rollout, self.predictor == "twin")
        lines = [view.caution, words.edited_line(view), "" if self.found is None else words.drift_line(self.found)]
        if self.found is None and self.session.state.bank is None:
            lines.append(no_bank(self.space.choice.reading, "nearest real frames, and the drift over other clips"))
        original = None if view.actions is None else np.asarray(self.pad.original, np.float32).reshape(view.actions.shape)
        how, fit = self.toolbar.values.get("how", "decoded"), self.fitting.fit
        lines = [self.fitting.said, fit_score(fit) if fit and how == "fitted" else "", *lines]
        made = code.rollout_lines(self.session.state, self.space.sample, view, how, original, fit)
        self.say(sentence, "warn" if view.caution else tone, " ".join(line for line in lines if line), made)
