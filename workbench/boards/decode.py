"""Decode: what latents look like, in two ways: the nearest real frame, and a small decoder that is fitted afterwards."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np

from widgets import ClipPlayer, Toolbar
from workbench.boards import code
from workbench.boards.base import Board, board
from workbench.boards.fitting import fitting_of
from workbench.boards.layout import Chart, Column, Layout, Row
from workbench.boards.masks import controls
from workbench.boards.workspace import Workspace, renew
from workbench.core.errors import MaskError, WorkbenchError
from workbench.core.films import Reel
from workbench.core.mask import Mask
from workbench.core.questions.decoding import DecodeView
from workbench.link import link
from workbench.measures.catalogue import entry
from workbench.present import decode_words as words
from workbench.present.charts import blank
from workbench.present.decode_charts import fit_bars
from workbench.present.show import fill
from workbench.present.show_futures import film_dicts
from workbench.session import State

_HOW = {"fitted": "decoder fitted on these clips", "decoded": "the model's own decoder"}
_STEPS = 400
_FILM, _STILL = 192, 252  # CSS pixels: films have a cursor and a curve under them
_INFO = {
    "title": "Pictures of latents",
    "formula": "retrieved: the frame of another clip of the bank with the nearest latent (root mean square distance); decoded: a small convolutional "
    "decoder, fitted by least squares of pixels on frozen latents. PSNR = −10·log10(mean squared error of pixels from 0 to 1) on clips held out",
    "source": "a probe: it says what can be read from the latents, and is no part of the model",
    "cannot": "A decoder fills in what is usual: what it draws need not be in the latent. Compare with what it draws for the mean latent and for noise.",
}


@board(section="LOOK", order=30, opens=5)
class DecodeBoard(Board):
    """The clip, the nearest real frame, the decoder's drawing; under them what both draw for nothing, and the score on clips held out."""

    title = "Decode"
    about = replace(entry("latent_moves"), **_INFO)

    def __init__(self, workspace: Workspace) -> None:
        super().__init__(workspace, ["reset", "export"], sources=())
        self.toolbar = Toolbar()
        self.player = ClipPlayer(picture_height=_STILL, commands=["export", "export_mp4"], curve_height=84, message="")
        self.near = ClipPlayer(picture_height=104, message="", caption="Retrieved for nothing: the nearest real frame of")
        self.drawn = ClipPlayer(picture_height=104, message="", caption="Decoded from nothing: what it draws for")
        self.score = Chart(150, "score on clips held out", blank())
        self.fitting = fitting_of(workspace)
        self.view: DecodeView | None = None
        self._asked: Any = None
        self._honest: dict[str, Any] = {}
        self._settling = False
        link(self.session, "tick", self.player, "tick")
        self.toolbar.observe(lambda change: self._chosen(change["old"], change["new"]), names=["values"])
        self.toolbar.on_press = self._pressed
        self.toolbar.on_enter = lambda name: self._chosen({**self.toolbar.values, name: ""}, self.toolbar.values)
        self.player.on_command = self._save_film
        self.fitting.on(self._fitted)
        self.space.on("model", self._forget)
        self.space.on("clip", self.opened)
        self.space.on("theme", self._draw_score)

    @property
    def layout(self) -> Layout:
        """Sentence and controls; the films; what is drawn for nothing in both ways, and the score."""
        return Column((self.headline, self.toolbar, self.player, Row((self.near, self.drawn, self.score), (0.34, 0.34, 0.32))))

    def wake(self) -> None:
        """See `Board.wake`; a mask that was painted meanwhile is taken over."""
        before = self.awake
        super().wake()
        if before and self.view is not None and self._wanted() != self._asked:
            self._ask()

    def _forget(self) -> None:
        self.view = self._asked = None
        self._honest.clear()
        for view in (self.near, self.drawn):
            fill(view, {"films": [], "pixels": b"", "message": ""})
        if self.awake and self.refusal():
            self.off()
            fill(self.player, {"films": [], "pixels": b"", "message": self.refusal()})
        self._draw_score()

    def pictures(self) -> tuple[Any, ...]:
        """See `Board.pictures`."""
        return self.player, self.near, self.drawn, self.score

    def opened(self) -> None:
        """See `Board.opened`."""
        if self.off():
            return
        self._controls()
        self.fitting.look()
        self._ask()

    def _own(self) -> bool:
        facts = self.space.facts
        return facts is not None and facts.report.part("decoder").status == "whole"

    def _controls(self) -> None:
        own, held = self._own(), self.toolbar.values
        row: list[dict[str, Any]] = []
        if own:
            options = [{"value": v, "label": label} for v, label in _HOW.items()]
            row.append({"kind": "select", "id": "how", "label": "drawn by", "options": options})
        row.append({"kind": "int", "id": "steps", "label": "steps", "min": 20, "max": 20_000, "step": 20, "help": "of the fit; more draw finer"})
        row.append(self.fitting.button())
        nothing = {} if self.fitting.fit else {"disabled": True, "reason": "fit a decoder first"}
        row.append({"kind": "button", "id": "save", "label": "save", "help": "The decoder as a safetensors file of its own", **nothing})
        row.append({"kind": "text", "id": "file", "label": "or open", "width": 220, "help": "Path of a decoder that was saved here, then Enter."})
        values = {"steps": held.get("steps", _STEPS), "file": held.get("file", "")}
        if own:
            values["how"] = held.get("how", "fitted" if self.fitting.fit else "decoded")
        self._settling = True
        try:
            with self.toolbar.together():
                self.toolbar.controls = row
                self.toolbar.values = values
        finally:
            self._settling = False

    def _chosen(self, old: dict[str, Any], new: dict[str, Any]) -> None:
        if self._settling or not old or new == old:
            return
        if new.get("file") and new["file"] != old.get("file"):
            try:
                self.fitting.open(new["file"])
            except WorkbenchError as error:
                self.failed(error)
        elif new.get("how") != old.get("how"):
            self._ask()

    def _pressed(self, name: str) -> None:
        if name == "save":
            self.fitting.save(self.headline)
        elif not self.fitting.running and not self.off():
            self.fitting.start(self.toolbar.values.get("steps", _STEPS))

    def _fitted(self, another: bool) -> None:
        """The fit went on, ended, or was cancelled."""
        if not self.awake or self.off():
            return
        if another and self._own():
            self._settling = True
            self.toolbar.values = {**self.toolbar.values, "how": "fitted"}
            self._settling = False
        self._controls()
        running = self.fitting.running
        fill(self.headline, {"busy": running, "cancellable": running, "progress": min(1.0, self.fitting.progress) if running else -1.0})
        if another:
            self._honest.pop("drawn", None)
            self._ask()
        elif self.view is not None:
            self._speak()

    def command(self, name: str) -> None:
        """See `Board.command`."""
        if name == "cancel":
            if self.fitting.running:  # the pictures are still wanted
                self.fitting.cancel()
            else:
                self.space.jobs.cancel((self.session.id, "decode.view"))
        elif name == "reset":
            self.session.set(tick=0)
            self.toolbar.values = {**self.toolbar.values, "steps": _STEPS}
            self.opened()
        else:
            super().command(name)

    def results(self) -> dict[str, Any]:
        """See `Board.results`."""
        strips = {name: reels for name, reels in self._honest.items() if isinstance(reels, list)}
        return {**({} if self.view is None else {"pictures": self.view}), **strips}

    def _save_film(self, command: str) -> None:
        """Offer the films on screen as one video, with their labels."""
        if self.view is not None:
            self.save_films("decoded", command, self.view.reels, fps=self.player.fps or 8.0)

    def _mask(self) -> Mask | None:
        """What is painted on the Masks board, else what the model's own sampler draws; None where it predicts under no masks."""
        shown, facts, held = self.space.shown, self.space.facts, self.session.state.mask
        if shown is None or facts is None or entry("masked_view").refusal(facts.report):
            return None
        if held is not None and held.shape == shown.grid.shape:
            return held
        try:
            choice = controls.choices(facts.card)[0]
            return controls.draw(controls.sampler(choice, {}), shown.grid.shape, self.space.first_seed)
        except (MaskError, IndexError):
            return None

    def _wanted(self) -> Any:
        s, mask = self.session.state, self._mask()
        return s.model, s.clip, s.bank, "" if mask is None else mask.digest, self._way()

    def _way(self) -> str:
        return self.toolbar.values.get("how", "fitted")

    def _ask(self) -> None:
        s = self.session.state
        if self.off() or s.clip is None or s.model is None:
            return
        self.waiting()
        self._asked = self._wanted()
        options = {"model": s.model, "clip": s.clip, "bank": s.bank, "mask": self._mask(), "how": self._way()}
        self.space.submit("decode_view", "decode.view", self._viewed, self.failed, **options)

    def _viewed(self, view: DecodeView) -> None:
        self.view = view
        shown = self.space.shown
        frames = len(view.reels[0].pixels)
        renew(self.player)
        with self.player.together():
            self.player.picture_height = _FILM if frames > 1 else _STILL
            self.player.set_films(film_dicts(view.reels))
            self.player.fps = float((shown.fps if shown else 0) or 0)
            if len(view.distance) > 1:
                distance = np.repeat(view.distance, max(1, frames // len(view.distance)))[:frames]
                self.player.set_curves({"nearest real frame": ("control", distance)}, label="distance to the nearest real frame")
            self.player.version += 1
        self._ask_nothing()
        self._draw_score()
        self._speak()
        running = self.fitting.running
        fill(self.headline, {"busy": running, "cancellable": running})

    def _ask_nothing(self) -> None:
        """What is drawn for the mean latent, for noise and for another clip's latent; asked once for a model, a bank and a decoder."""
        s, view = self.session.state, self.view
        if s.bank is None or view is None:
            self._honest.clear()
            for player in (self.near, self.drawn):
                fill(player, {"films": [], "pixels": b"", "message": "", "stale": False})
            return
        ways = {"near": (self.near, "retrieved"), **({"drawn": (self.drawn, self._way())} if any(r.label == "decoder" for r in view.reels) else {})}
        for name, (player, how) in ways.items():
            if self._honest.get(name + " of") == (s.model, s.bank, how) and name in self._honest:
                renew(player)
                continue

            def shown(reels: list[Reel], name: str = name, player: ClipPlayer = player, how: str = how) -> None:
                self._honest[name], self._honest[name + " of"] = reels, (s.model, s.bank, how)
                renew(player)
                player.set_films([({"name": r.label, "kind": r.kind}, r.pixels[:1]) for r in reels])

            self.space.submit("honesty_strip", f"decode.{name}", shown, self.failed, model=s.model, bank=s.bank, how=how)

    def _draw_score(self) -> None:
        fit = None if self.view is None else self.view.fit
        renew(self.score)
        self.score.set(blank() if fit is None else fit_bars(fit, dark=self.space.dark))

    def _speak(self) -> None:
        view = self.view
        if view is None or self.player.stale:  # of the clip before
            return
        sentence, tone = words.decode_sentence(view)
        detail = " ".join(line for line in (self.fitting.said, words.decode_detail(view)) if line)
        lines = fit_lines(self.session.state, self.space.sample, view)
        fill(self.headline, {"sentence": sentence, "tone": tone, "detail": detail, "code": lines, "stale": False})


def fit_lines(state: State, sample: str | None, view: DecodeView) -> str:
    """The lines of Python that fit this decoder again and give its score."""
    fit = view.fit
    if fit is None or state.clip is None or state.bank is None:
        return ""
    lines = code.open_lines(state, sample, fit.space.rpartition(":")[2])
    lines.append(f"bank = {code.opened_bank(state)}")
    lines.append(f"decoder = jw.fit_decoder(jepa, bank, steps={fit.steps}, seed={fit.seed})")
    lines.append(f"print(round(decoder.fit.mse, 5))  # {fit.mse:.5f}")
    return "\n".join(lines)
