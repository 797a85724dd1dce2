"""The same mask and clip with the second model in place, while B is held on the Masks board."""

from __future__ import annotations

import numpy as np

from widgets import MapPane, PatchCanvas
from workbench.boards import code
from workbench.boards.base import Board
from workbench.boards.layout import Chart, fill
from workbench.boards.look import blank
from workbench.boards.masks import words
from workbench.boards.masks.charts import yardstick_bars
from workbench.boards.masks.queries import MaskQueries
from workbench.boards.masks.views import NO_MASK, NOTHING, blank_traits, mask_dict, nice, quilt_traits, view_traits
from workbench.boards.workspace import age, renew
from workbench.core.errors import MaskError, WorkbenchError
from workbench.core.numbers import UNITS, number
from workbench.core.place import alike
from workbench.core.questions.masked import MaskedMaps
from workbench.core.results import MaskedView, Yardsticks
from workbench.masks import Sampler


class BesideB:
    """Asks the second model what the first one was asked, and fills pane and bars with its answer.

    Args:
        first: the questions of the model that is looked at.

    Attributes:
        on_pane: the pane shows the second model. elsewhere: its tokens lie in other places than those of the canvas.
    """

    def __init__(self, board: Board, first: MaskQueries, canvas: PatchCanvas, pane: MapPane, bars: Chart) -> None:
        self.board, self.first, self.canvas, self.pane, self.bars = board, first, canvas, pane, bars
        self.second = board.second
        self.work = MaskQueries(board.space, self, self.second)
        self.on_pane = self.elsewhere = False
        self._heat, self._progress = 0.0, ""

    @property
    def mask(self) -> dict[str, object]:
        """What the pane outlines: the mask that the second model was given."""
        asked = self.work.maps.question
        return mask_dict(asked.mask) if isinstance(asked, MaskedMaps) else NO_MASK

    def forget(self) -> None:
        """Another model is looked at."""
        self.work.forget()
        self._heat, self.on_pane, self.elsewhere = 0.0, False, False

    def ask(self) -> None:
        """Ask for the second model's answer to the mask on screen; what cannot be asked is said in a sentence."""
        wrong = self.second.error
        if wrong is not None:
            self._refuse(f"{self.second.letter} cannot be shown this clip: {wrong.what}.", wrong.fix)
            return
        if self.second.seen is None:
            self.started()
            return
        try:
            problem = self.work.problem()
            if problem is not None:
                problem.mask.usable()
                self.work.ask()
        except MaskError as error:
            self._refuse(f"{self.second.letter} cannot be given this mask: {error.what}.", error.fix)

    def judge(self, sampler: Sampler) -> None:
        """Ask how the second model fares over the bank, where the sampler draws on the same grid."""
        first, second = self.second.first, self.second.seen
        if first is not None and second is not None and alike(first.shown.grid, second.shown.grid):
            self.work.judge(sampler)

    def started(self) -> None:
        """What is on screen is dimmed until the second model has answered."""
        age((self.pane, self.bars))
        fill(self.pane, {"busy": True})
        self.board.waiting()

    def viewed(self, view: MaskedView) -> None:
        """Show an answer of the second model."""
        seen = self.second.seen
        if not self.board.other or seen is None:
            return
        error, yard, grid = view.error, self.work.yard, seen.shown.grid
        first = self.second.first
        self.elsewhere, self.on_pane = first is None or not alike(first.shown.grid, grid), True
        top = float(np.nanquantile(error.tokens, 0.98)) if np.isfinite(error.tokens).any() else 1.0
        self._heat = max(self._heat, nice(max(top, 1.2 * error.mean / error.ratio)))
        fresh = blank_traits(grid.shape, seen.shown.pixels.shape[:3], grid.tubelet, [])
        quilt = {} if yard is None else quilt_traits(yard)
        pointed = {"hover": -1, "selection": []} if self.elsewhere else {}
        said = {"error_range": [0.0, self._heat], "version": self.pane.version + 1, "busy": False, "missing": {}, "mask": self.mask, **pointed}
        fill(self.pane, {**fresh, **view_traits(view, yard), **said, **quilt})
        heat = b"" if self.elsewhere else error.tokens.astype(np.float32).tobytes()
        over = {"overlay": heat, "overlay_range": [0.0, self._heat], "overlay_unit": UNITS[error.distance]}
        fill(self.canvas, {**over, "version": self.canvas.version + 1})
        renew(self.pane)
        self.board.space.deliver(self.speak)

    def measured(self, yard: Yardsticks) -> None:
        """Show controls and quilt of the second model."""
        if self.board.other and self.on_pane and self.work.maps.answer is not None:
            fill(self.pane, {**quilt_traits(yard), "captions": words.captions(self.work.maps.answer, yard)})
            self.speak()

    def judged(self, progress: str) -> None:
        """Say what the bank says of the second model, or how far it is."""
        self._progress = progress
        self.speak()

    def failed(self, error: WorkbenchError) -> None:
        """Say what is wrong; the first model comes back when B is let go."""
        if self.board.other:
            fill(self.pane, {"busy": False})
            self.board.failed(error)

    def speak(self) -> None:
        """Both names and both numbers, then the finding on the second model."""
        view, asked, yard, bank = self.work.maps.answer, self.work.maps.question, self.work.yard, self.work.over_bank.answer
        if not self.board.other or not self.on_pane or view is None or asked is None or self.pane.stale:
            return
        mine = self.first.problem()
        known = self.first.maps.answer if mine is not None and self.first.maps.answers(mine) else None
        sentence, tone = words.sentence(view.error, yard)
        detail = words.bank_line(bank, view.error) if bank is not None else self._progress
        subject = self.second.subject
        lines = code.reproduced(asked, view, None if subject is None else subject.sample)
        first = "…" if known is None else number(known.error.skill)
        self.board.say_both("Skill", first, number(view.error.skill), sentence, tone, detail, lines)
        renew(self.bars)
        self.draw_bars()

    def draw_bars(self) -> None:
        """The baselines of the second model."""
        view = self.work.maps.answer
        if self.on_pane and view is not None:
            self.bars.set(yardstick_bars(view.error, self.work.yard, dark=self.board.space.dark, wide=True))

    def _refuse(self, sentence: str, fix: str) -> None:
        """Nothing of the first model stands there under the name of the second."""
        self.work.idle()
        self.on_pane = True
        why = dict.fromkeys(("target", "predicted", "error", "quilt"), sentence)
        fill(self.pane, {**NOTHING, "captions": {}, "missing": why, "busy": False})
        fill(self.canvas, {"overlay": b""})
        self.bars.set(blank())
        renew(self.pane, self.bars)
        self.board.say(
            sentence,
            "warn",
            f"{fix[:1].upper()}{fix[1:]}. Release B to see {self.second.first.name if self.second.first else 'the first model'} again.",
        )
