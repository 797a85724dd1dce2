"""Sensitivity: what the model ignores. One slider for a nuisance, one for structure, and how far the latent moves for each."""

from __future__ import annotations

from typing import Any

from widgets import ClipPlayer, Toolbar
from widgets.controls import Button, Control, Option, Select, Slider
from workbench.boards import code
from workbench.boards.base import Board, board
from workbench.boards.layout import Chart, Column, Layout, Row, fill
from workbench.boards.look import blank
from workbench.boards.sensitivity import words
from workbench.boards.sensitivity.charts import moves_bars, survey_chart
from workbench.boards.settings import Settings, Values, set_toolbar
from workbench.boards.undo import Edits
from workbench.boards.workspace import Ages, Workspace, renew
from workbench.core.card import ClipKey, SceneKey
from workbench.core.errors import Cancelled, WorkbenchError
from workbench.core.futures import FactorTable
from workbench.core.questions.sensitivity import Changeable, KnownFactors, Sensitivity, SensitivityView, Survey
from workbench.link import link
from workbench.query import Query

_NONE, _FIRST, _LARGE = "—", 0.5, 20_000_000  # parameters from which the survey waits to be asked for
_PREFERRED = ("texture", "position")  # of what there is, shown first


@board(section="LOOK", order=40)
class SensitivityBoard(Board):
    """A clip beside itself with one thing changed, what moved, and the same over many clips and every factor."""

    title = "Sensitivity"
    shown_by = "shapes"
    about = Sensitivity.about

    def __init__(self, workspace: Workspace) -> None:
        super().__init__(workspace, ["reset", "undo", "redo", "export"], sources=())  # all stand beside the model
        self.player = ClipPlayer(picture_height=250, message="")
        self.toolbar = Toolbar()
        self.bars = Chart(258, "latent distance", blank())
        self.table = Chart(236, "all factors over many clips", blank())
        self.edits: Edits[dict[str, Any]] = Edits({})
        self.offer = Query[KnownFactors](workspace, "sensitivity.known", self._offered, self.failed)
        self.moves = Query[SensitivityView](workspace, "sensitivity.view", self._viewed, self.failed)
        self.survey = Query[FactorTable](workspace, "sensitivity.survey", self._found, self._not_found, self._counted)
        self._surveying = ""
        self.settings = Settings(lambda: dict(self.edits.value), self._bring_back)
        link(self.session, "tick", self.player, "tick")
        self.toolbar.on_change = self._moved
        self.toolbar.on_press = lambda name: self._ask_survey(pressed=True)
        self.space.on("model", self._forget)
        self.space.on("clip", self.opened)
        self.space.on("theme", self._draw)

    @property
    def layout(self) -> Layout:
        """Sentence and sliders; the clip beside its changed versions and what moved; every factor."""
        return Column((self.headline, self.toolbar, Row((self.player, self.bars), (0.64, 0.36)), self.table))

    def _forget(self) -> None:
        self._surveying = ""
        for query in (self.offer, self.moves, self.survey):
            query.forget()
        self._draw()
        if self.awake and self.refusal():
            self.off()
            fill(self.player, {"films": [], "message": self.refusal()})

    def pictures(self) -> tuple[Ages, ...]:
        """See `Board.pictures`."""
        return self.player, self.bars, self.table

    def opened(self) -> None:
        """See `Board.opened`."""
        s = self.session.state
        if self.off() or s.clip is None:
            return
        self.waiting()
        self.offer.ask(Changeable(_scene(s.clip)))

    @property
    def known(self) -> KnownFactors | None:
        """What can be changed in the clip that was offered last."""
        return self.offer.answer

    def _offered(self, known: KnownFactors) -> None:
        """Sliders for the factors of this clip; earlier choices stay where the clip has them."""
        held = self.edits.value
        values: dict[str, object] = {}
        for kind, first in zip(("nuisance", "structure"), _PREFERRED, strict=True):
            names = self._names(kind)
            fallback = first if first in names else next(iter(names), _NONE)
            values[kind] = held.get(kind) if held.get(kind) in names else fallback
            had = f"{kind}_amount" in held and held.get(kind) != _NONE
            values[f"{kind}_amount"] = (held[f"{kind}_amount"] if had else _FIRST) if names else 0.0
        self.edits.restart(values)
        self._show(values, controls=True)
        if self._lonely:
            self._alone()
            return
        self._ask()
        self._ask_survey()

    @property
    def _alone_in_its_data(self) -> bool:
        return self.known is not None and self.known.clips < 2

    @property
    def _lonely(self) -> bool:
        """One clip without a bank."""
        return self._alone_in_its_data and self.session.state.bank is None

    def _alone(self) -> None:
        """One clip gives no unit of distance."""
        shown = self.space.shown
        self.moves.forget()
        self.survey.forget()
        if shown is not None:
            self.player.set_films([({"name": "real", "kind": "real"}, shown.pixels)])
        self._draw()
        renew(*self.pictures())
        detail = "The unit is the latent distance between two random clips. Choose a bank beside the clip, or open a folder."
        self.say("A single clip gives no unit of distance: a bank of other clips is needed.", "warn", detail)

    def _names(self, kind: str) -> dict[str, str]:
        """Factors of a kind -> what their full step does."""
        return {} if self.known is None else {f.name: f.full for f in self.known.factors if f.kind == kind}

    def _show(self, values: dict[str, object], *, controls: bool = False) -> None:
        self.toolbar.show(self._controls() if controls else None, values)
        fill(self.headline, {"can_undo": self.edits.can_undo, "can_redo": self.edits.can_redo})

    def _controls(self) -> list[Control]:
        row: list[Control] = []
        for kind in ("nuisance", "structure"):
            names = self._names(kind)
            why = "" if names else words.NO_STRUCTURE
            options = tuple(Option(n, n) for n in names or (_NONE,))
            about = "A factor that the model may ignore." if kind == "nuisance" else "A factor that the model should keep."
            full = " ".join(f"{n}: {f}." for n, f in names.items())
            row.append(Select(kind, kind, options=options, help=f"{about} Full strength: {full}").off(why))
            amount = Slider(f"{kind}_amount", "strength", min=0.0, max=1.0, step=0.01, help=f"Strength of this change: 1 is its full step ({kind}).")
            row.append(amount.off(why))
        facts = self.space.facts
        if facts is not None and self.known is not None and self.known.clips > 1 and self._large():
            row.append(Button("survey", "all factors", help=f"Measure every factor over {self.known.clips} clips"))
        return row

    def _large(self) -> bool:
        facts = self.space.facts
        return facts is not None and sum(p.parameters for p in facts.report.parts) > _LARGE

    def _moved(self, old: dict[str, Any], new: dict[str, Any]) -> None:
        what = next((name for name in new if new[name] != old.get(name)), None)
        self.edits.set(dict(new), what)
        fill(self.headline, {"can_undo": self.edits.can_undo, "can_redo": self.edits.can_redo})
        asked = self._question()
        if asked is not None:
            self.moves.follow(asked)
            self.waiting()  # told after the work has begun

    def _bring_back(self, values: Values) -> list[str]:
        """Set the sliders; where it is not known yet what the clip has, once it is."""
        if not self.offer.busy:
            return set_toolbar(self.toolbar, values)
        held = {name: value for name, value in values.items() if _is_value(name, value)}
        self.edits.restart({**self.edits.value, **held})
        return [name for name in values if name not in held]

    def command(self, name: str) -> None:
        """See `Board.command`; undo, redo and reset are of the sliders."""
        if name in ("undo", "redo") and self.edits.value:
            getattr(self.edits, name)()
        elif name == "reset" and self.edits.value:
            self.edits.set({**self.edits.value, **{f"{k}_amount": _FIRST for k in ("nuisance", "structure") if self._names(k)}})
        elif name == "cancel":
            self.moves.cancel()
            self.survey.cancel()
            return
        else:
            super().command(name)
            return
        self._show(self.edits.value)
        self._ask()

    def results(self) -> dict[str, object]:
        """See `Board.results`."""
        return {name: value for name, value in {"view": self.moves.answer, "factors": self.survey.answer}.items() if value is not None}

    def _ask(self) -> None:
        """What is chosen now; what was asked before is no longer wanted."""
        asked = None if self.off() else self._question()
        if asked is not None:
            self.waiting()
            self.moves.ask(asked)
        else:
            fill(self.headline, {"busy": False, "cancellable": False})

    def _question(self) -> Sensitivity | None:
        """What the sliders ask; None where nothing can be changed, or a single clip has no unit."""
        s, values = self.session.state, self.edits.value
        kinds = [k for k in ("nuisance", "structure") if values.get(k) in self._names(k)]
        if s.model is None or s.clip is None or self._lonely or not kinds:
            return None
        amounts = tuple(float(values[f"{k}_amount"]) for k in kinds)
        return Sensitivity(s.model, _scene(s.clip), tuple(values[k] for k in kinds), amounts, s.bank if self._alone_in_its_data else None)

    def _viewed(self, view: SensitivityView) -> None:
        shown = self.space.shown
        renew(self.player, self.bars)
        with self.player.together():
            self.player.set_films([({"name": r.label, "kind": r.kind}, r.pixels) for r in view.reels])
            self.player.fps = float((shown.fps if shown else 0) or 0)
            self.player.version += 1
        self._draw()
        self._speak()

    def _ask_survey(self, *, pressed: bool = False) -> None:
        """Every factor over many clips: once for a model and its clips; of a large model when it is asked for."""
        s = self.session.state
        if s.model is None or s.clip is None:
            return
        wanted = Survey(s.model, _scene(s.clip).row)
        if not self.survey.answers(wanted) and not self.survey.awaits(wanted):
            self.survey.forget()
        self._draw_survey()
        renew(self.table)
        if self.off() or self.known is None or self._alone_in_its_data or (self._large() and not pressed):
            return
        if not self.survey.answers(wanted) and not self.survey.awaits(wanted):
            self._surveying = "All factors: waiting …"
            self.survey.ask(wanted)

    def _counted(self, done: int, total: int) -> None:
        self._surveying = f"All factors: {done} of {total} steps …"
        fill(self.headline, {"cancellable": True, "busy": True, "progress": done / max(total, 1)})
        self._speak()

    def _found(self, table: FactorTable) -> None:
        self._surveying = ""
        self._draw()
        self._speak()

    def _not_found(self, error: WorkbenchError) -> None:
        self._surveying = "All factors: cancelled." if isinstance(error, Cancelled) else f"All factors: {error.what}"
        self._speak()

    def _draw(self) -> None:
        dark = self.space.dark
        kinds = {} if self.known is None else {f.name: f.kind for f in self.known.factors}
        view = self.moves.answer
        self.bars.set(blank() if view is None else moves_bars(view, kinds, dark=dark))
        self._draw_survey()

    def _draw_survey(self) -> None:
        found = self.survey.answer
        self.table.set(blank() if found is None else survey_chart(found, dark=self.space.dark))

    def _speak(self) -> None:
        view, found, question = self.moves.answer, self.survey.answer, self.moves.question
        if view is None or question is None or self.known is None or self.player.stale:  # of the clip before
            return
        structure = next((c for c in view.moves.changes if c in self._names("structure")), "")
        sentence, tone = words.moves_sentence(view, structure)
        survey = self._surveying or ("" if found is None else words.survey_line(found))
        without = "" if self._names("structure") else f"Structure factors: {words.NO_STRUCTURE}."
        detail = " ".join(line for line in (survey, without) if line)
        busy = self.survey.busy
        lines, progress = code.reproduced(question, view, self.space.sample), {} if busy else {"progress": -1.0}
        self.say(sentence, tone, detail, lines, busy=busy, cancellable=busy, **progress)


def _is_value(name: str, value: Any) -> bool:
    """Whether a control of this name could have it."""
    if name in ("nuisance", "structure"):
        return isinstance(value, str)
    amount = name in ("nuisance_amount", "structure_amount") and isinstance(value, int | float) and not isinstance(value, bool)
    return amount and 0 <= value <= 1


def _scene(clip: ClipKey) -> SceneKey:
    """The clip with what is known of it."""
    return SceneKey(clip.path, clip.index, clip.frames, clip.fps, clip.start, clip.length, clip.name)
