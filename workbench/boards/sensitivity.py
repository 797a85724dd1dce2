"""Sensitivity: what the model ignores. One slider for a nuisance, one for structure, and how far the latent moves for each."""

from __future__ import annotations

from typing import Any

from widgets import ClipPlayer, Toolbar
from workbench.boards import code
from workbench.boards.edits import Edits
from workbench.boards.future_board import FutureBoard
from workbench.boards.layout import Chart, Column, Layout, Row
from workbench.boards.steady import Steady
from workbench.boards.workspace import Workspace, renew
from workbench.core.errors import Cancelled, WorkbenchError
from workbench.core.futures import FactorTable
from workbench.core.sensitivity import KnownFactors, SensitivityView
from workbench.link import link
from workbench.measures.catalogue import entry
from workbench.present import factor_words as words
from workbench.present.charts import blank
from workbench.present.factor_charts import moves_bars, survey_chart
from workbench.present.show import fill
from workbench.session import State

_SAMPLING = ("frames", "fps", "start", "length")
_NONE, _FIRST, _LARGE = "—", 0.5, 20_000_000  # parameters from which the survey waits to be asked for
_PREFERRED = ("texture", "position")  # of what there is, shown first


class SensitivityBoard(FutureBoard):
    """A clip beside itself with one thing changed, what moved, and the same over many clips and every factor."""

    title = "Sensitivity"

    def __init__(self, workspace: Workspace) -> None:
        super().__init__(workspace, "latent_moves", ["reset", "undo", "redo", "export"])
        self.headline.sources = []  # twin and pixels stand beside the model, none has to be held
        self.player = ClipPlayer(picture_height=230, message="")
        self.toolbar = Toolbar()
        self.bars = Chart(250, "how far the latent moves", blank())
        self.table = Chart(262, "every factor over many clips", blank())
        self.edits: Edits[dict[str, Any]] = Edits({})
        self._views = Steady()
        self.known: KnownFactors | None = None
        self.view: SensitivityView | None = None
        self.found: FactorTable | None = None
        self._surveyed: Any = None
        self._surveying = ""
        self._settling = False
        link(self.session, "tick", self.player, "tick")
        self.toolbar.observe(lambda change: self._moved(change["old"], change["new"]), names=["values"])
        self.toolbar.on_press = lambda name: self._survey(asked=True)
        self.space.on("model", self._forget)
        self.space.on("clip", self.opened)
        self.space.on("theme", self._draw)

    @property
    def layout(self) -> Layout:
        """Sentence and sliders; the clip beside its changed versions and what moved; every factor."""
        return Column((self.headline, self.toolbar, Row((self.player, self.bars), (0.64, 0.36)), self.table))

    def _forget(self) -> None:
        self.view = self.found = self.known = self._surveyed = None
        self._surveying = ""
        self._views.forget()
        for view in ("survey", "view", "known"):
            self.space.jobs.drop((self.session.id, f"sensitivity.{view}"))
        self._draw()
        if self.awake and self.refusal():
            self.off()
            fill(self.player, {"films": [], "pixels": b"", "message": self.refusal()})

    def pictures(self) -> tuple[Any, ...]:
        """See `FutureBoard.pictures`."""
        return self.player, self.bars, self.table

    def opened(self) -> None:
        """See `FutureBoard.opened`."""
        s = self.session.state
        if self.off() or s.clip is None:
            return
        self.waiting()
        self.space.submit("known_factors", "sensitivity.known", self._offered, self.failed, **self._where(s), index=s.clip.index)

    def _where(self, s: State) -> dict[str, Any]:
        if s.clip is None:
            return {}
        return {"path": s.clip.path, **{name: value for name in _SAMPLING if (value := getattr(s.clip, name))}}

    def _offered(self, known: KnownFactors) -> None:
        """Sliders for what this clip has; what was chosen stays where it can."""
        self.known = known
        held = self.edits.value
        values: dict[str, Any] = {}
        for kind, first in zip(("nuisance", "structure"), _PREFERRED, strict=True):
            names = self._names(kind)
            fallback = first if first in names else next(iter(names), _NONE)
            values[kind] = held.get(kind) if held.get(kind) in names else fallback
            had = held.get(kind, _NONE) != _NONE
            values[f"{kind}_amount"] = (held[f"{kind}_amount"] if had else _FIRST) if names else 0.0
        self.edits.restart(values)
        self._show(values, controls=True)
        if self._lonely:
            self._alone()
            return
        self._ask()
        self._survey()

    @property
    def _lonely(self) -> bool:
        return self.known is not None and self.known.clips < 2 and self.session.state.bank is None

    def _alone(self) -> None:
        """One clip gives no unit of distance."""
        shown = self.space.shown
        self.view = self.found = None
        if shown is not None:
            self.player.set_films([({"name": "real", "kind": "real"}, shown.pixels)])
        self._draw()
        renew(*self.pictures())
        detail = "The unit is the latent distance between two random clips. Choose a bank beside the clip, or open a folder."
        self.say("A single clip has no unit to measure its changes in.", "warn", detail)

    def _names(self, kind: str) -> dict[str, str]:
        """Factors of a kind -> what their full step does."""
        return {} if self.known is None else {f.name: f.full for f in self.known.factors if f.kind == kind}

    def _show(self, values: dict[str, Any], *, controls: bool = False) -> None:
        self._settling = True
        try:
            with self.toolbar.together():
                if controls:
                    self.toolbar.controls = self._controls()
                self.toolbar.values = values
        finally:
            self._settling = False
        fill(self.headline, {"can_undo": self.edits.can_undo, "can_redo": self.edits.can_redo})

    def _controls(self) -> list[dict[str, Any]]:
        row: list[dict[str, Any]] = []
        for kind in ("nuisance", "structure"):
            names = self._names(kind)
            off = {} if names else {"disabled": True, "reason": words.NO_STRUCTURE}
            options = [{"value": n, "label": n} for n in names] or [{"value": _NONE, "label": _NONE}]
            about = "What may be ignored." if kind == "nuisance" else "What must be kept."
            full = " ".join(f"{n}: {f}." for n, f in names.items())
            row.append({"kind": "select", "id": kind, "label": kind, "options": options, "help": f"{about} Full steps: {full}", **off})
            amount = {"kind": "slider", "id": f"{kind}_amount", "label": "by", "min": 0.0, "max": 1.0, "step": 0.01}
            row.append({**amount, "help": f"How much of the full step of this {kind}", **off})
        facts = self.space.facts
        if facts is not None and self.known is not None and self.known.clips > 1 and self._large():
            row.append({"kind": "button", "id": "survey", "label": "all factors", "help": f"Measure every factor over {self.known.clips} clips"})
        return row

    def _large(self) -> bool:
        facts = self.space.facts
        return facts is not None and sum(p.parameters for p in facts.report.parts) > _LARGE

    def _moved(self, old: dict[str, Any], new: dict[str, Any]) -> None:
        if self._settling or not old or new == old:
            return
        what = next((name for name in new if new[name] != old.get(name)), None)
        self.edits.set(dict(new), what)
        fill(self.headline, {"can_undo": self.edits.can_undo, "can_redo": self.edits.can_redo})
        self._views.ask(self._send)
        self.waiting()  # told after the work has begun

    def command(self, name: str) -> None:
        """See `FutureBoard.command`; undo, redo and reset are of the sliders."""
        if name in ("undo", "redo") and self.edits.value:
            getattr(self.edits, name)()
        elif name == "reset" and self.edits.value:
            self.edits.set({**self.edits.value, **{f"{k}_amount": _FIRST for k in ("nuisance", "structure") if self._names(k)}})
        elif name == "cancel":
            for view in ("view", "survey"):
                self.space.jobs.cancel((self.session.id, f"sensitivity.{view}"))
            return
        else:
            super().command(name)
            return
        self._show(self.edits.value)
        self._ask()

    def results(self) -> dict[str, Any]:
        """See `FutureBoard.results`."""
        return {name: value for name, value in {"view": self.view, "factors": self.found}.items() if value is not None}

    def _ask(self) -> None:
        """What is chosen now; what was asked before is no longer wanted."""
        if not self.off() and self.session.state.clip is not None and self._kinds():
            self.waiting()
            self._views.ask_now(self._send)

    def _kinds(self) -> list[str]:
        return [k for k in ("nuisance", "structure") if self.edits.value.get(k) in self._names(k)]

    def _send(self) -> None:
        s, values, kinds = self.session.state, self.edits.value, self._kinds()
        if s.clip is None or self._lonely:
            self._views.answered()
            fill(self.headline, {"busy": False, "cancellable": False})
            return
        changes, amounts = [values[k] for k in kinds], [float(values[f"{k}_amount"]) for k in kinds]
        asked = {**self._where(s), "index": s.clip.index, "changes": changes, "amounts": amounts, "bank": s.bank}

        def done(view: SensitivityView) -> None:
            self._views.answered()  # before this answer is shown, so that the next is computed meanwhile
            self._viewed(view)

        def not_done(error: WorkbenchError) -> None:
            self._views.answered()
            self.failed(error)

        self.space.submit("sensitivity_view", "sensitivity.view", done, not_done, model=s.model, **asked)

    def _viewed(self, view: SensitivityView) -> None:
        self.view = view
        shown = self.space.shown
        renew(self.player, self.bars)
        with self.player.together():
            self.player.set_films([({"name": r.label, "kind": r.kind}, r.pixels) for r in view.reels])
            self.player.fps = float((shown.fps if shown else 0) or 0)
            self.player.version += 1
        self._draw()
        self._speak()

    def _survey(self, *, asked: bool = False) -> None:
        """Every factor over many clips: once for a model and its clips; of a large model when it is asked for."""
        s = self.session.state
        wanted = (s.model, *self._where(s).items())
        if self._surveyed != wanted:
            self.found = None
        self.table.set(blank() if self.found is None else survey_chart(self.found, dark=self.space.dark))
        renew(self.table)
        if self.off() or self.known is None or self.known.clips < 2 or self._surveyed == wanted or (self._large() and not asked):
            return
        self._surveyed, self._surveying = wanted, "Every factor: waiting …"
        options = {"model": s.model, **self._where(s), "progress": self._counted}
        self.space.submit("factor_survey", "sensitivity.survey", self._found, self._not_found, **options)

    def _counted(self, done: int, total: int) -> None:
        self._surveying = f"Every factor: {done} of {total} steps …"
        fill(self.headline, {"cancellable": True, "busy": True, "progress": done / max(total, 1)})
        self._speak()

    def _found(self, table: FactorTable) -> None:
        self.found, self._surveying = table, ""
        self._draw()
        self._speak()

    def _not_found(self, error: WorkbenchError) -> None:
        self._surveyed = None
        self._surveying = "Every factor: cancelled." if isinstance(error, Cancelled) else f"Every factor: {error.what}"
        self._speak()

    def _draw(self) -> None:
        dark = self.space.dark
        kinds = {} if self.known is None else {f.name: f.kind for f in self.known.factors}
        self.bars.set(blank() if self.view is None else moves_bars(self.view, kinds, dark=dark))
        self.table.set(blank() if self.found is None else survey_chart(self.found, dark=dark))

    def _speak(self) -> None:
        view, s = self.view, self.session.state
        if view is None or self.known is None or self.player.stale:  # of the clip before
            return
        structure = next((c for c in view.moves.changes if c in self._names("structure")), "")
        sentence, tone = words.moves_sentence(view, structure)
        survey = self._surveying or ("" if self.found is None else words.survey_line(self.found))
        without = "" if self._names("structure") else f"Structure: {words.NO_STRUCTURE}."
        detail = " ".join(line for line in (survey, without) if line)
        busy = self._surveying.endswith("…")
        fill(self.headline, {"sentence": sentence, "tone": tone, "detail": detail, "code": self._lines(s, view)})
        fill(self.headline, {"busy": busy, "cancellable": busy, "stale": False, **({} if busy else {"progress": -1.0})})

    def _lines(self, s: State, view: SensitivityView) -> str:
        alone = self.known is not None and self.known.clips < 2
        return moves_lines(s, self.space.sample, view, alone=alone)

    @property
    def needs(self) -> tuple[str, ...]:
        """Whichever encoder serves."""
        facts = self.space.facts
        return entry(self.measure).needs if facts is None else entry(self.measure).needed(facts.report)


def moves_lines(state: State, sample: str | None, view: SensitivityView, *, alone: bool = False) -> str:
    """The lines of Python that give the numbers of the sentence.

    Args:
        alone: the data are one clip, so that the unit is taken over the bank.
    """
    if state.clip is None:
        return ""
    moves, at = view.moves, state.clip.index
    lines = code.open_lines(state, sample, next(iter(moves.provenance.weights.values()), ""))
    steps = ", ".join(f"{c!r}: {a}" for c, a in zip(moves.changes, view.amounts, strict=True))
    lines.append(f"scenes = jw.scenes({code.named(state.clip.path)!r}{state.clip.said})")
    lines.append(f"changed = {{name: scenes.changed({at}, name, amount) for name, amount in {{{steps}}}.items()}}")
    others = "[scenes.clips[i] for i in scenes.some(24)]"
    if alone and state.bank:
        lines.append(f"bank = {code.opened_bank(state)}")
        others = f"[scenes.clips[{at}], *(c for c in bank.clips[:24] if c.frames == scenes.clips[{at}].frames)]"
    lines.append(f"found = jw.latent_moves(jepa, scenes.clips[{at}], changed, {others})")
    lines.append(f"print(found.moved[0].round(4).tolist())  # {[round(float(v), 4) for v in moves.moved[0]]}")
    return "\n".join(lines)
