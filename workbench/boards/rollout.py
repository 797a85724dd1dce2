"""Rollout: what the model imagines, tick by tick, beside what came; change an action and the future changes."""

from __future__ import annotations

from typing import Any

import numpy as np

from widgets import ActionPad, ClipPlayer, Toolbar
from workbench.boards import code
from workbench.boards.edits import Edits
from workbench.boards.future_board import FutureBoard
from workbench.boards.layout import Chart, Column, Layout, Row
from workbench.boards.workspace import Workspace, offer
from workbench.core.errors import Cancelled, WorkbenchError
from workbench.core.films import FilmView, Reel
from workbench.core.futures import Drift
from workbench.link import link
from workbench.measures.catalogue import entry
from workbench.present import future_words as words
from workbench.present.charts import blank
from workbench.present.future_charts import drift_chart
from workbench.present.show import fill
from workbench.present.words import UNITS

_HOW = {"decoded": "decoder", "retrieved": "nearest real frame"}


class RolloutBoard(FutureBoard):
    """Three films with one cursor, the error under them, the actions under that, and the drift over the bank."""

    title = "Rollout"

    def __init__(self, workspace: Workspace) -> None:
        super().__init__(workspace, "rollout", ["reset", "undo", "redo", "export"])
        self.player = ClipPlayer(max_height=184, commands=["export"], curve_height=112)
        self.toolbar = Toolbar()
        self.pad = ActionPad()
        self.strip = ClipPlayer(max_height=72, message="")
        self.drift = Chart(226, "drift over the bank", blank())
        self.edits: Edits[np.ndarray | None] = Edits(None)
        self.view: FilmView | None = None
        self.found: Drift | None = None
        self._of: Any = None  # the model, clip and choices that the films on screen are of
        self._settling = False
        self._wire()

    @property
    def layout(self) -> Layout:
        """Sentence, controls, films; then actions, what is drawn for nothing, and drift."""
        return Column((self.headline, self.toolbar, self.player, Row((self.pad, self.strip, self.drift), (0.36, 0.28, 0.36))))

    def _wire(self) -> None:
        link(self.session, "tick", self.player, "tick")
        link(self.session, "predictor", self.headline, "source", show=lambda s: "twin" if s.predictor == "twin" else "model")
        self.pad.observe(self._dragged, names=["actions"])
        self.pad.on_command = self.command
        self.player.on_command = lambda name: self.save_film()
        self.toolbar.observe(lambda change: self._chosen(change["old"], change["new"]), names=["values"])
        self.space.on("model", self._forget)
        self.space.on("clip", self.opened)
        self.space.on("theme", self._draw_drift)
        self.session.watch(["predictor"], lambda old, new: self._ask())

    def _forget(self) -> None:
        self.view = self.found = self._of = None
        self.edits.restart(None)
        if self.awake and self.refusal():
            self.off()
            fill(self.player, {"films": [], "pixels": b"", "message": self.refusal()})

    def opened(self) -> None:
        """See `FutureBoard.opened`."""
        if self.off():
            return
        self.edits.restart(None)
        self._controls()
        self._ask()
        self._judge()

    def _controls(self) -> None:
        facts = self.space.facts
        if facts is None:
            return
        decoder, bank = facts.report.part("decoder").status == "whole", self.session.state.bank is not None
        ways = [("decoded", decoder, "this file has no decoder"), ("retrieved", bank, "needs a bank: open a folder or bank of clips")]
        options = [{"value": v, "label": _HOW[v], "disabled": not ok, "reason": "" if ok else why} for v, ok, why in ways]
        self._settling = True
        try:
            held = self.toolbar.values if self._of is not None else {}
            self.toolbar.controls = [
                {
                    "kind": "int",
                    "id": "known",
                    "label": "known frames",
                    "min": 1,
                    "max": 64,
                    "help": "frames that the model is given; the rest it imagines",
                },
                {"kind": "select", "id": "how", "label": "drawn by", "options": options, "help": "latents are no pictures: how they are drawn"},
            ]
            first = next((o["value"] for o in options if not o["disabled"]), "decoded")
            self.toolbar.values = {"known": max(1, facts.history[0]), "how": first, **held}
        finally:
            self._settling = False

    def _chosen(self, old: dict[str, Any], new: dict[str, Any]) -> None:
        if not self._settling and old and new != old:
            self._ask()
            if old.get("known") != new.get("known"):
                self._judge()

    def _dragged(self, _change: Any) -> None:
        if self._settling or self.edits.value is None:
            return
        self.edits.set(self.pad.table(), self.pad.step)
        self._tell_history()
        self._ask()

    def _tell_history(self) -> None:
        can = {"can_undo": self.edits.can_undo, "can_redo": self.edits.can_redo}
        fill(self.headline, can)
        fill(self.pad, can)

    def command(self, name: str) -> None:
        """See `FutureBoard.command`; undo, redo and reset are of the actions."""
        if name in ("undo", "redo", "reset") and self.edits.value is not None:
            if name == "reset":
                self.edits.set(np.asarray(self.pad.original, np.float32))
            else:
                getattr(self.edits, name)()
            self._show_actions()
            self._ask()
        elif name == "cancel":
            for view in ("rollout.film", "rollout.drift"):
                self.space.jobs.cancel((self.session.id, view))
        else:
            super().command(name)

    def results(self) -> dict[str, Any]:
        """See `FutureBoard.results`."""
        return {name: value for name, value in {"films": self.view, "drift": self.found}.items() if value is not None}

    def save_film(self) -> None:
        """Offer the films as one video, with their labels."""
        if self.view is None:
            return

        def offered(data: np.ndarray) -> None:
            offer(self.headline, "jepa-workbench-rollout.webm", data.tobytes())

        self.space.submit("film_file", "rollout.file", offered, self.failed, reels=list(self.view.reels), fps=self.player.fps or 8.0)

    def _ask(self) -> None:
        s = self.session.state
        if self.off() or s.clip is None or s.model is None:
            return
        self.waiting()
        chosen = self.toolbar.values
        asked = (s.model, s.clip)
        actions = self.edits.value if self._of == asked else None
        how = chosen.get("how", "decoded")
        options = {"known": chosen.get("known", 1), "how": how, "predictor": self.predictor, "bank": s.bank, "actions": actions}
        self.space.submit("film_view", "rollout.film", lambda view: self._viewed(view, asked), self.failed, model=s.model, clip=s.clip, **options)

    def _viewed(self, view: FilmView, asked: Any) -> None:
        fresh = self._of != asked
        self.view, self._of = view, asked
        shown, facts = self.space.shown, self.space.facts
        films = [({"name": r.label, "kind": r.kind, "note": r.note, "comes": r.comes}, r.pixels) for r in view.reels]
        numbers = view.rollout
        with self.player.together():
            self.player.set_films(films)
            gap = np.full(numbers.known, np.nan)
            order = [("control" if k in ("copy last", "other actions") else k, k) for k in numbers.kinds]
            curves = {name: (kind, np.r_[gap, numbers.errors(name)]) for kind, name in order}
            self.player.set_curves(curves, unit=UNITS[numbers.distance], label=f"error, {UNITS[numbers.distance]}")
            self.player.known = numbers.known
            self.player.marks = [] if view.edited < 0 else [{"frame": view.edited, "label": "changed by hand", "kind": "edit"}]
            self.player.fps = float((shown.fps if shown else 0) or 0)
            self.player.version += 1
        if fresh and view.actions is not None and facts is not None and facts.action is not None:
            self.edits.restart(view.actions)
            self._bind_pad()
            self._show_actions(original=view.actions)
            self._honest()
        self._speak()

    def _bind_pad(self) -> None:
        facts = self.space.facts
        spec = None if facts is None else facts.action
        if spec is None or self.view is None:
            return
        skip = spec.frameskip
        names = [f"{n} {k + 1}" if skip > 1 else n for k in range(skip) for n in spec.names]
        low, high = (np.tile(np.asarray(v, float), skip) for v in (spec.low, spec.high))
        seen = np.abs(np.asarray(self.view.actions)).max(0) * 1.5 + 1e-3
        low, high = np.where(np.isfinite(low), low, -seen), np.where(np.isfinite(high), high, seen)
        self._settling = True
        try:
            fill(self.pad, {"actions": [], "original": [], "low": [], "high": []})
            fill(self.pad, {"names": names, "units": list(spec.units) * skip, "axes": [0, min(1, len(names) - 1)]})
            fill(self.pad, {"low": low.tolist(), "high": high.tolist(), "step": max(0, self.view.rollout.known - 1)})
        finally:
            self._settling = False

    def _show_actions(self, original: np.ndarray | None = None) -> None:
        if self.edits.value is None:
            return
        self._settling = True
        try:
            true = np.asarray(self.pad.original, np.float32) if original is None else original
            self.pad.set_actions(self.edits.value, true)
        finally:
            self._settling = False
        self._tell_history()

    def _honest(self) -> None:
        """What is drawn for nothing; asked once for a model and a way of drawing."""
        s, how = self.session.state, self.toolbar.values.get("how", "decoded")
        if s.bank is None:
            fill(self.strip, {"films": [], "pixels": b"", "message": "Open a bank to see what is drawn for the mean latent and for noise."})
            return

        def shown(reels: list[Reel]) -> None:
            self.strip.set_films(
                [({"name": r.label, "kind": "control", "note": "drawn for nothing" if k == 0 else ""}, r.pixels) for k, r in enumerate(reels)]
            )

        self.space.submit("honesty_strip", "rollout.honest", shown, lambda error: None, model=s.model, bank=s.bank, how=how)

    def _judge(self) -> None:
        s, facts = self.session.state, self.space.facts
        self.found = None
        if s.bank is None or facts is None or entry("drift").refusal(facts.report):
            self._draw_drift()
            return
        options = {"model": s.model, "bank": s.bank, "known": self.toolbar.values.get("known", 1), "limit": 64}
        self.space.submit("drift", "rollout.drift", self._judged, self._not_judged, **options)

    def _judged(self, found: Drift) -> None:
        self.found = found
        self._draw_drift()
        self._speak()

    def _not_judged(self, error: WorkbenchError) -> None:
        if not isinstance(error, Cancelled):
            self.headline.detail = f"Over the bank: {error.what}"

    def _draw_drift(self) -> None:
        self.drift.set(blank() if self.found is None else drift_chart(self.found, dark=self.space.dark))

    def _speak(self) -> None:
        view = self.view
        if view is None:
            return
        sentence, tone = words.rollout_sentence(view.rollout, self.predictor == "twin")
        lines = [words.edited_line(view), "" if self.found is None else words.drift_line(self.found)]
        if self.found is None and self.session.state.bank is None:
            lines.append("No bank: one clip is an anecdote.")
        self.say(sentence, tone, " ".join(line for line in lines if line), code.rollout_lines(self.session.state, self.space.sample, view))
