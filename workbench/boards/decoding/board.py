"""The Decode board: latents shown as pictures, by the nearest real frame and by a decoder that is fitted afterwards."""

from __future__ import annotations

from typing import Any

from widgets import Toolbar
from workbench.boards.base import Board, board, save_videos
from workbench.boards.code import reproduced
from workbench.boards.decoding import words
from workbench.boards.decoding.charts import fit_bars
from workbench.boards.decoding.controls import STEPS, row
from workbench.boards.decoding.fitting import fitting_of
from workbench.boards.decoding.views import draw, draw_prior, player, prior_player
from workbench.boards.layout import Chart, Column, Layout, Row, fill
from workbench.boards.look import blank
from workbench.boards.masks.controls import choices, sampler
from workbench.boards.masks.controls import draw as sampled
from workbench.boards.settings import of_toolbar
from workbench.boards.workspace import Ages, Workspace, first_seed, renew
from workbench.core.errors import MaskError, PartUnavailable, WorkbenchError
from workbench.core.mask import Mask
from workbench.core.questions.decoding import DecodeClip, DecoderPrior, DecodeView, PriorView
from workbench.core.questions.masked import MaskedMaps
from workbench.link import link
from workbench.query import Query


@board(section="LOOK", order=30, opens=5)
class DecodeBoard(Board):
    """The clip, the nearest real frame and the decoded frame; under them the decoder prior of both, and the score on held-out clips."""

    title = "Decode"
    shown_by = "two-rooms"
    about = DecodeClip.about

    def __init__(self, workspace: Workspace) -> None:
        super().__init__(workspace, ["reset", "export"], sources=())
        self.toolbar = Toolbar()
        self.player = player(("export", "export_mp4"))
        self.near = prior_player("Retrieval prior: nearest real frame to")
        self.drawn = prior_player("Decoder prior: decoded from")
        self.score = Chart(150, "PSNR on held-out clips", blank())
        self.fitting = fitting_of(workspace)
        self.drawing = Query[DecodeView](workspace, "decode.view", self._viewed, self._failed)
        self.settings = of_toolbar(self.toolbar, leave=("file",))
        self.priors = {name: self._prior(name, to) for name, to in (("near", self.near), ("drawn", self.drawn))}
        link(self.session, "tick", self.player, "tick")
        self.toolbar.on_change = self._chosen
        self.toolbar.on_press = self._pressed
        self.toolbar.on_enter = lambda name: self._open()
        self.player.on_command = self._save_video
        self.fitting.on(self._fitted)
        self.space.on("model", self._forget)
        self.space.on("clip", self.opened)
        self.space.on("theme", self._draw_score)

    def _prior(self, name: str, to: Any) -> Query[PriorView]:
        def shown(view: PriorView) -> None:
            renew(to)
            draw_prior(to, view)

        return Query(self.space, f"decode.{name}", shown, self.failed)

    @property
    def layout(self) -> Layout:
        """Sentence and controls; the videos; the two priors, and the score."""
        return Column((self.headline, self.toolbar, self.player, Row((self.near, self.drawn, self.score), (0.34, 0.34, 0.32), least=600)))

    def wake(self) -> None:
        """See `Board.wake`; a mask that was painted meanwhile is taken over."""
        before, asked = self.awake, self._question()
        super().wake()
        if before and asked is not None and self.drawing.answer is not None and not self.drawing.answers(asked) and not self.drawing.awaits(asked):
            self._ask()

    def _forget(self) -> None:
        for query in (self.drawing, *self.priors.values()):
            query.forget()
        for view in (self.near, self.drawn):
            fill(view, {"films": [], "message": ""})
        if self.awake and self.refusal():
            self.off()
            fill(self.player, {"films": [], "message": self.refusal()})
        self._draw_score()

    def pictures(self) -> tuple[Ages, ...]:
        """See `Board.pictures`."""
        return self.player, self.near, self.drawn, self.score

    def opened(self) -> None:
        """See `Board.opened`."""
        if not self.off():
            self._controls()
            self.fitting.look()
            self._ask()

    def _controls(self, **values: Any) -> None:
        """Show the controls for what is open. values: that are set; others stay."""
        facts, fitted = self.space.facts, self.fitting.decoder is not None
        own = facts is not None and facts.report.part("decoder").status == "whole"
        values = {"steps": self.toolbar.values.get("steps", STEPS), **({} if fitted else {"how": "decoded"}), **values}
        self.toolbar.show(row(own=own, fitted=fitted, fit=self.fitting.button), {k: v for k, v in values.items() if own or k != "how"})

    def _chosen(self, old: dict[str, Any], new: dict[str, Any]) -> None:
        if new["file"] != old.get("file"):
            self._open()
        elif new.get("how") != old.get("how"):
            self._ask()

    def _open(self) -> None:
        try:
            if self.toolbar.values["file"]:
                self.fitting.open(self.toolbar.values["file"])
        except WorkbenchError as error:
            self.failed(error)

    def _pressed(self, name: str) -> None:
        if name == "save":
            self.fitting.save(self.headline)
        elif not self.fitting.running and not self.off():
            self.fitting.start(self.toolbar.values.get("steps", STEPS))

    def _fitted(self, another: bool) -> None:
        """The fit went on, ended, or was cancelled."""
        if not self.awake or self.off():
            return
        self._controls(**({"how": "fitted"} if another else {}))
        running = self.fitting.running
        fill(self.headline, {"busy": running, "cancellable": running, "progress": min(1.0, self.fitting.progress) if running else -1.0})
        if another:
            self.priors["drawn"].forget()  # a file of the same name may hold another decoder
            self._ask()
        elif self.drawing.answer is not None:
            self._speak()

    def command(self, name: str) -> None:
        """See `Board.command`."""
        if name == "cancel":
            (self.fitting if self.fitting.running else self.drawing).cancel()  # while a decoder is fitted the pictures are still wanted
        elif name == "reset":
            self.session.set(tick=0)
            self._controls(steps=STEPS)
            self.opened()
        else:
            super().command(name)

    def results(self) -> dict[str, object]:
        """See `Board.results`."""
        found = {"pictures": self.drawing.answer, **{name: query.answer for name, query in self.priors.items()}}
        return {name: value for name, value in found.items() if value is not None}

    def _save_video(self, command: str) -> None:
        """Offer the videos on screen as one file, with their labels."""
        if self.drawing.answer is not None:
            save_videos(self, "decoded", command, self.drawing.answer.reels, fps=self.player.fps or 8.0)

    def _mask(self) -> Mask | None:
        """The mask of the Masks board, else one of the model's own sampler; None for a model without a masked predictor."""
        shown, facts, held = self.space.shown, self.space.facts, self.session.state.mask
        if shown is None or facts is None or MaskedMaps.about.refusal(facts.report):
            return None
        if held is not None and held.shape == shown.grid.shape:
            return held
        try:
            return sampled(sampler(choices(facts.card)[0], {}), shown.grid.shape, first_seed(self.space))
        except (MaskError, IndexError):
            return None

    def _question(self) -> DecodeClip | None:
        s, how = self.session.state, self.toolbar.values.get("how", "fitted")
        if s.model is None or s.clip is None:
            return None
        return DecodeClip(s.model, s.clip, s.bank, self._mask(), self.fitting.decoder if how == "fitted" else None)

    def _ask(self) -> None:
        asked = None if self.off() else self._question()
        if asked is not None:
            self.waiting()
            self.drawing.ask(asked)

    def _failed(self, error: WorkbenchError) -> None:
        if isinstance(error, PartUnavailable) and self.fitting.decoder is not None:
            self.fitting.lost()
            self._ask()
        else:
            self.failed(error)

    def _viewed(self, view: DecodeView) -> None:
        shown = self.space.shown
        renew(self.player)
        draw(self.player, view, float((shown.fps if shown else 0) or 0))
        self._ask_priors(view)
        self._draw_score()
        self._speak()
        running = self.fitting.running
        fill(self.headline, {"busy": running, "cancellable": running})

    def _ask_priors(self, view: DecodeView) -> None:
        """Ask for the priors (mean latent, noise, another clip's latent), once for each model, bank and decoder."""
        of, wanted = self.drawing.question, dict[str, DecoderPrior]()
        if isinstance(of, DecodeClip) and of.bank is not None:
            wanted["near"] = DecoderPrior(of.model, of.bank, "retrieved")
            if view.decoded:
                wanted["drawn"] = DecoderPrior(of.model, of.bank, "decoded", of.decoder)
        for (name, query), to in zip(self.priors.items(), (self.near, self.drawn), strict=True):
            asked = wanted.get(name)
            if asked is None:
                query.forget()
                fill(to, {"films": [], "message": "", "stale": False})
            elif query.answers(asked):
                renew(to)
            elif not query.awaits(asked):
                query.ask(asked)

    def _draw_score(self) -> None:
        fit = None if self.drawing.answer is None else self.drawing.answer.fit
        renew(self.score)
        self.score.set(blank() if fit is None else fit_bars(fit, dark=self.space.dark))

    def _speak(self) -> None:
        view, asked = self.drawing.answer, self.drawing.question
        if view is None or asked is None or self.player.stale:  # of the clip before
            return
        sentence, tone = words.decode_sentence(view)
        detail = " ".join(line for line in (self.fitting.said, words.decode_detail(view)) if line)
        lines, at_work = reproduced(asked, view, self.space.sample), self.headline.busy
        self.say(sentence, tone, detail, lines, busy=at_work, cancellable=self.headline.cancellable)
