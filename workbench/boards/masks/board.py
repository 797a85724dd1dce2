"""The Masks board: choose or paint a mask, see the predicted latents, and compare their error with baselines."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

import numpy as np

from widgets import MapPane, PatchCanvas, Toolbar
from workbench.boards import code
from workbench.boards.base import Board, board, no_bank
from workbench.boards.holding import NO_MODEL
from workbench.boards.layout import Chart, Column, Layout, Row, fill
from workbench.boards.look import blank
from workbench.boards.masks import controls, words
from workbench.boards.masks.beside import BesideB
from workbench.boards.masks.charts import yardstick_bars
from workbench.boards.masks.examined import Examined
from workbench.boards.masks.kept import mask_settings
from workbench.boards.masks.queries import MaskQueries
from workbench.boards.masks.views import NO_MASK, NOTHING, blank_traits, clip_traits, mask_dict, mask_of, nice, quilt_traits, view_traits
from workbench.boards.parts import off_words
from workbench.boards.workspace import Ages, Workspace, first_seed, renew
from workbench.core.errors import MaskError, WorkbenchError
from workbench.core.mask import Mask
from workbench.core.numbers import UNITS
from workbench.core.questions.masked import MaskedMaps
from workbench.core.results import MaskedView, Yardsticks
from workbench.core.selection import Selection
from workbench.link import link
from workbench.masks import Sampler
from workbench.measures.catalogue import entry
from workbench.session import State

_HEIGHT = 268  # CSS pixels of the pictures, so that 1280 × 800 shows the whole board


@board(section="LOOK", order=20, opens=1)
class MasksBoard(Board):
    """The main job. Views: headline, toolbar, canvas, pane and bars; all follow the session, none follows another."""

    title = "Masks"
    shown_by = "shapes"
    compares = True
    about = replace(MaskedMaps.about, source=entry("prediction_error").source)
    always = True

    def __init__(self, workspace: Workspace) -> None:
        super().__init__(workspace, ["reset", "undo", "redo", "export"], sources=None)
        self.toolbar = Toolbar()
        self.canvas = PatchCanvas(overlay_on=False, overlay_label="error", history=False, picture_height=_HEIGHT, message="Opening a clip …")
        self.pane = MapPane(mode="predicted", beside=True, picture_height=_HEIGHT)
        self.bars = Chart(150, "error ÷ reference", blank())
        self.work = MaskQueries(workspace, self)
        self.beside = BesideB(self, self.work, self.canvas, self.pane, self.bars)
        self.choice: controls.Choice | None = None
        self.sampler: Sampler | None = None
        self.heat, self.progress = 0.0, ""
        self.why = ""  # this board shows nothing of the open model
        self.answered: object = None  # the clip, the bank and the mask that the view on screen is of
        self.examined = Examined(workspace, lambda: self.sampler, self._speak)
        self.settings = mask_settings(self.toolbar, self.canvas, self.pane, self._offered, self.examined)
        self._wire()

    @property
    def layout(self) -> Layout:
        """Sentence, controls, then the picture beside the target and what is compared with it; under them the bars, and what is measured on request."""
        pictures = Row((self.canvas, self.pane), (1, 2), least=600, pictures=True)
        return Column((self.headline, self.toolbar, pictures, self.bars, self.examined.layout))

    def _wire(self) -> None:
        s, c, p = self.session, self.canvas, self.pane
        for name in ("hover", "tick", "block"):
            link(s, name, c, name)
        for name in ("tick", "block"):
            link(s, name, p, name)

        def far() -> bool:  # tokens of the pane are not those of the canvas
            return self.beside.elsewhere

        link(s, "hover", p, "hover", show=lambda s: -1 if far() else s.hover, take=lambda v: {} if far() else {"hover": v})
        link(s, "selection", c, "selection", show=self._tokens, take=lambda ids: {"selection": _select(s.state, ids)})
        link(
            s,
            "selection",
            p,
            "selection",
            show=lambda s: [] if far() else self._tokens(s),
            take=lambda ids: {} if far() else {"selection": _select(s.state, ids)},
        )
        link(s, "mask", c, "mask", show=self._mask_shown, take=self._mask_painted, refused=self.space.tell)
        link(s, "mask", p, "mask", show=lambda s: self.beside.mask if self.beside.elsewhere else self._mask_shown(s), take=lambda _: {})
        link(s, "predictor", self.headline, "source", show=lambda _: self.source)
        c.on_command = self._canvas_command
        self.toolbar.on_change = self._controls_changed
        self.toolbar.on_press = lambda name: self._again() if name == "again" else None
        self.space.on("model", self._model_opened)
        self.space.on("clip", self._clip_shown)
        self.space.on("theme", self._draw_bars)
        s.watch(["mask", "clip", "model", "distance", "predictor"], lambda old, new: self._compute())
        s.watch(["mask", "selection"], lambda old, new: self._tell_history())
        s.watch(["block"], lambda old, new: self._block_chosen())

    def pictures(self) -> tuple[Ages, ...]:
        """See `Board.pictures`."""
        return self.canvas, self.pane, self.bars

    def refusal(self) -> str:
        """See `Board.refusal`: the report of each part that is not complete."""
        return self.why

    def _offered(self) -> list[controls.Choice]:
        return [] if self.space.facts is None else controls.choices(self.space.facts.card)

    def _tokens(self, state: State) -> list[int]:
        return state.selection.of(state.clip.index) if state.clip else []

    def _mask_shown(self, state: State) -> dict[str, object]:
        if self.why:
            return _all_seen(self.canvas.grid)
        fits = state.mask is not None and list(state.mask.shape) == self.canvas.grid
        return mask_dict(state.mask) if fits and state.mask else NO_MASK

    def _mask_painted(self, value: dict[str, object]) -> dict[str, object]:
        if self.space.shown is None:
            return {}
        return {"mask": mask_of(value, self.space.shown.grid.shape)}

    def _tell_history(self) -> None:
        can = {"can_undo": self.session.can_undo, "can_redo": self.session.can_redo}
        fill(self.canvas, can)
        fill(self.headline, can)

    def _canvas_command(self, name: str) -> None:
        own = {"clear": self.canvas.clear, "invert": self.canvas.invert}
        {"undo": self.session.undo, "redo": self.session.redo, **own}[name]()

    def command(self, name: str) -> None:
        """See `Board.command`."""
        if name == "reset":
            self._reset()
        elif name == "cancel":
            self.work.cancel()
            self.beside.work.cancel()
            self.examined.cancel()
        elif name in ("undo", "redo"):
            self._canvas_command(name)
        else:
            super().command(name)

    def results(self) -> dict[str, object]:
        """See `Board.results`."""
        found = {"view": self.work.maps.answer, "yardsticks": self.work.yard, "bank": self.work.over_bank.answer, "mask": self.session.state.mask}
        return {**{name: value for name, value in found.items() if value is not None}, **self.examined.answers}

    def _model_opened(self) -> None:
        facts = self.space.facts
        if facts is None and not self.space.vectors.there:
            return
        self.work.forget()
        self.beside.forget()
        self.examined.forget()
        self.heat = 0.0
        if facts is None:
            self.why = NO_MODEL
            fill(self.canvas, {"read_only": True})
            self._refuse(f"This board is off: {self.why}", missing=True)
            return
        self.choice = controls.choices(facts.card)[0]
        self.session.set(distance=facts.card.loss)
        sentence, self.why = off_words(facts.report, self.about.needs)
        fill(self.canvas, {"read_only": bool(self.why)})
        if self.why:
            self._refuse(sentence, missing=all(facts.report.serving(n).status != "partial" for n in self.about.needs))
        else:
            self._controls_shown({"seed": first_seed(self.space), "distance": facts.card.loss})

    def _refuse(self, sentence: str, *, missing: bool) -> None:
        """The reason where the pictures were; nothing of another model stays, and nothing can be drawn or held."""
        self.say(sentence, "warn" if missing else "error", note="", **self._way_out())
        self.sampler = None
        self.toolbar.show([])
        why = dict.fromkeys(("target", "predicted", "error", "quilt"), self.why)
        fill(self.pane, {**NOTHING, "mask": NO_MASK, "captions": {}, "missing": why, "busy": False})
        fill(self.canvas, {"overlay": b"", "hint": "", "mask": _all_seen(self.canvas.grid)})
        self.bars.set(blank())
        renew(self.headline, self.pane, self.bars)
        self.sources_shown()

    def _unheld(self) -> dict[str, str]:
        """See `Board._unheld`."""
        return {} if self.session.state.bank else {"other": "Needs a bank: open a folder of images or clips."}

    def _clip_shown(self) -> None:
        shown = self.space.shown
        if shown is None or (self.sampler is None and not self.why):
            return
        self.heat, self.beside.on_pane, self.beside.elsewhere = 0.0, False, False
        renew(self.canvas, *((self.headline, self.pane, self.bars) if self.why else ()))
        mask = self.session.state.mask
        seen = mask_dict(mask) if mask is not None and mask.shape == shown.grid.shape else NO_MASK
        if self.why:
            seen = _all_seen(shown.grid.shape)
        self.sources_shown()
        fill(self.canvas, {**clip_traits(shown), "overlay": b"", "mask": seen})
        fill(self.pane, {**blank_traits(shown.grid.shape, shown.pixels.shape[:3], shown.grid.tubelet, self.pane.grid), "mask": seen})
        if self.why:
            return
        if self.session.state.mask is None:
            self._draw()
        self._judge()

    def banked(self) -> None:
        """See `Board.banked`."""
        renew(self.canvas, *((self.headline, self.pane, self.bars) if self.why else ()))
        self.sources_shown()
        self._compute()
        self._judge()

    def _controls_shown(self, old: Mapping[str, object]) -> None:
        facts = self.space.facts
        if facts is None:
            return
        if self.choice is None:
            return
        mask = self.session.state.mask
        blocks = len(mask.targets) if mask is not None else 1
        row = controls.row(facts.card, self.choice, blocks, facts.mask_tokens, more=bool(old.get("more")))
        held = {k: old[k] for k in ("block", "mask_token") if k in old and any(c.id == k for c in row)}
        self.toolbar.show(row, {**controls.values(self.choice, old), **held})
        self.sampler = controls.sampler(self.choice, self.toolbar.values)

    def _controls_changed(self, old: Mapping[str, Any], new: Mapping[str, Any]) -> None:
        if self.space.facts is None:
            return
        touched = {k for k in new if new[k] != old.get(k)}
        self.session.set(distance=new["distance"], block=new.get("block", -1))
        if touched & {"sampler", "more"}:
            self.choice = next(c for c in controls.choices(self.space.facts.card) if c.value == new["sampler"])
            self._controls_shown(new)
        if "mask_token" in touched:
            chosen = new["mask_token"]
            self.work.mask_token = None if chosen < 0 else chosen
            self._compute()
        if touched - {"distance", "block", "mask_token", "more"}:
            try:
                self.sampler = None if self.choice is None else controls.sampler(self.choice, self.toolbar.values)
                self._draw()
            except WorkbenchError as error:
                self.space.tell(error)
        if touched - {"block", "seed", "more"}:
            self._judge()

    def _again(self) -> None:
        self.toolbar.values = {**self.toolbar.values, "seed": (self.toolbar.values["seed"] + 1) % 100_000}

    def _reset(self) -> None:
        """The opening state of this board: first sampler and seed, all blocks, the predictor's own picture."""
        facts = self.space.facts
        if facts is None or self.why:
            return
        self.choice = controls.choices(facts.card)[0]
        self._controls_shown({"seed": first_seed(self.space), "distance": facts.card.loss})
        fill(self.canvas, {"tool": "target", "stroke": "brush", "brush": 1, "overlay_on": False})
        self.pane.mode = "predicted"
        self.session.set(distance=facts.card.loss, block=-1, predictor="model", hover=-1, tick=0)
        self._draw()
        self._judge()

    def _draw(self) -> None:
        shown = self.space.shown
        if shown is None or self.sampler is None:
            return
        try:
            mask = controls.draw(self.sampler, shown.grid.shape, self.toolbar.values["seed"])
        except MaskError as error:
            self.space.tell(error)
            whole = np.ones(shown.grid.shape, dtype=bool)
            mask = Mask(whole, np.zeros((1, *shown.grid.shape), dtype=bool))
        if self.session.state.block >= len(mask.targets):
            self.session.set(block=-1)
        self.session.set(mask=mask)
        self._controls_shown(self.toolbar.values)

    def _judge(self) -> None:
        if self.sampler is not None:
            self.progress = ""
            self.work.judge(self.sampler)
            if self.other:
                self.beside.judge(self.sampler)
        self.examined.look_again()

    def _compute(self) -> None:
        s, facts, shown = self.session.state, self.space.facts, self.space.shown
        if s.mask is None or s.clip is None or facts is None or shown is None or s.mask.shape != shown.grid.shape:
            return
        if self.why:
            return
        try:
            s.mask.usable()
            self.work.ask()
            if self.other:
                self.beside.ask()
                if self.sampler is not None:
                    self.beside.judge(self.sampler)
        except MaskError as error:
            self.work.idle()
            self.say(f"{error.what[0].upper()}{error.what[1:]}: {error.fix}.", "warn", note="")
            fill(self.pane, {"busy": False})
        self.canvas.hint = controls.hint(self.sampler, s.mask, facts.card) if self.sampler else ""  # last: the worker computes meanwhile

    def _turned(self) -> None:
        """See `Holding._turned`."""
        self._compute()
        self._judge()

    def started(self) -> None:
        """The old answer stays, dimmed, until the new one is there."""
        fill(self.pane, {"busy": True})
        note = {} if self.other else {"note": words.HELD.get(self.session.state.predictor, "")}
        fill(self.headline, {"busy": True, "progress": -1.0, "cancellable": True, **note})

    def failed(self, error: WorkbenchError) -> None:
        """See `Board.failed`."""
        fill(self.pane, {"busy": False})
        super().failed(error)

    def viewed(self, view: MaskedView) -> None:
        """Show maps and error of a new answer at once; words and bars follow in a message of their own."""
        self.answered = self._asked()
        if self.other:
            self.space.deliver(self._speak)
            return
        error = view.error
        top = float(np.nanquantile(error.tokens, 0.98)) if np.isfinite(error.tokens).any() else 1.0
        if error.predictor == "model":
            self.heat = max(self.heat, nice(max(top, 1.2 * error.mean / error.ratio)))
        scale = [0.0, self.heat if error.predictor not in ("twin", "pixels") else nice(top)]
        yard = self.work.yard
        renew(self.pane)
        back = self._back(yard)
        missing = back.get("missing", {}) if back else {k: v for k, v in self.pane.missing.items() if k == "quilt"}
        said = {"error_range": scale, "version": self.pane.version + 1, "busy": False, "missing": missing}
        fill(self.pane, {**back, **view_traits(view, yard), **said})
        heat = {"overlay": error.tokens.astype(np.float32).tobytes(), "overlay_range": scale}
        fill(self.canvas, {**heat, "overlay_unit": UNITS[error.distance], "version": self.canvas.version + 1})
        self.space.deliver(self._speak)

    def _back(self, yard: Yardsticks | None) -> dict[str, object]:
        """What the pane needs where it showed the second model until now."""
        shown, mask = self.space.shown, self.session.state.mask
        if not self.beside.on_pane or shown is None or mask is None:
            return {}
        self.beside.on_pane = self.beside.elsewhere = False
        fresh = blank_traits(shown.grid.shape, shown.pixels.shape[:3], shown.grid.tubelet, [])
        return {**fresh, "mask": mask_dict(mask), **({} if yard is None else quilt_traits(yard))}

    def _asked(self) -> object:
        s = self.session.state
        return s.clip, s.bank, s.mask.digest if s.mask is not None else ""

    def measured(self, yard: Yardsticks) -> None:
        """Show controls, ranks and the nearest-patch reconstruction."""
        if self.other:
            return
        said = {} if self.work.maps.answer is None else {"captions": words.captions(self.work.maps.answer, yard)}
        fill(self.pane, {**quilt_traits(yard), **said})
        self._speak()

    def judged(self, progress: str) -> None:
        """Show what the bank says, or how far it is."""
        self.progress = progress
        if self.other:
            return
        if progress:
            self.headline.detail = progress
        else:
            self._speak()

    def _speak(self) -> None:
        if self.other:
            self.beside.speak()
            return
        view, yard, bank = self.work.maps.answer, self.work.yard, self.work.over_bank.answer
        if view is None or self._asked() != self.answered:
            return  # what is said now stays until what is asked now is answered
        block = self.session.state.block
        error = view.error.block(block) if 0 <= block < len(view.error.blocks) else view.error
        sentence, tone = words.sentence(error, None if yard is None else yard.block(block))
        lonely = (
            "Computing over the bank …" if self.session.state.bank else no_bank(self.space, "skill over other clips, retrieval ranks and an interval")
        )
        detail = words.bank_line(bank, error) if bank else self.progress or lonely
        text = "" if self.work.maps.question is None else code.reproduced(self.work.maps.question, view, self.space.sample)
        text = "\n\n".join(filter(None, (text, self.examined.lines)))
        self.say(sentence, tone, detail, text, cancellable=bank is None, note=words.HELD.get(error.predictor, ""))
        renew(self.bars)
        self._draw_bars()

    def _block_chosen(self) -> None:
        block = self.session.state.block
        if self.toolbar.values.get("block", -1) != block and any(c["id"] == "block" for c in self.toolbar.controls):
            self.toolbar.values = {**self.toolbar.values, "block": block}
        self._speak()

    def _draw_bars(self) -> None:
        if self.other:
            self.beside.draw_bars()
        elif self.work.maps.answer is not None:
            self.bars.set(yardstick_bars(self.work.maps.answer.error, self.work.yard, dark=self.space.dark, wide=True))


def _select(state: State, ids: list[int]) -> Selection:
    return Selection.tokens(state.clip.index if state.clip else 0, ids)


def _all_seen(grid: Sequence[int]) -> dict[str, object]:
    """A mask that veils nothing."""
    return {"context": list(range(int(np.prod(grid)))), "blocks": [[]]}
