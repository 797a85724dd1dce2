"""What is measured under the bars, once it is chosen there: errors of the predictor by distance, time and depth, or an audit of the sampler."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from workbench.boards.layout import Chart
from workbench.boards.look import blank
from workbench.boards.masks.anatomy import anatomy_figure, audit_figure
from workbench.boards.masks.anatomy_words import amounts_of, sight_words
from workbench.boards.requested import NO_BANK, Item, Requested
from workbench.boards.workspace import Workspace
from workbench.core.questions.anatomy import DissectErrors
from workbench.core.questions.audit import AuditMasks, MaskAudit
from workbench.masks import SAMPLERS, Sampler, make

if TYPE_CHECKING:
    import plotly.graph_objects as go

_HELP = (
    "Skill of the predictor far from the context and near it, over the bank; or how 10,000 masks of this sampler lie, beside what its authors say."
)
_NONE = "no model with a masked predictor is open"


class Examined(Requested):
    """Errors and audit, of the sampler on the board.

    Args:
        sampler: the one on the board. changed: see `Requested`.
    """

    def __init__(self, space: Workspace, sampler: Callable[[], Sampler | None], changed: Callable[[], None]) -> None:
        self._sampler = sampler
        errors = Item(
            "error_anatomy",
            "error by distance, time, depth",
            Chart(310, "error by distance, time and depth", blank()),
            self._errors,
            self._no_errors,
            lambda found: anatomy_figure(found, dark=space.dark),
            "clips",
        )
        audit = Item(
            "sampler_audit",
            "audit of the sampler",
            Chart(400, "audit of the sampler", blank()),
            self._audit,
            lambda: "" if sampler() is not None else _NONE,
            self._audited,
            "10,000 masks alone and 10,000 in batches",
        )
        super().__init__(space, "masks", [errors, audit], _HELP, changed)
        space.session.watch(["mask"], lambda old, new: self.draw() if self.shown == "sampler_audit" else None)
        space.session.watch(["bank", "distance"], lambda old, new: self.look_again())

    def _errors(self) -> DissectErrors | None:
        s, sampler = self.space.session.state, self._sampler()
        if sampler is None or s.model is None or s.bank is None or self._no_errors():
            return None
        preset, own = plainly(sampler)
        every = tuple((p.name, getattr(sampler, p.name)) for p in sampler.parameters()) if preset else own
        return DissectErrors(s.model, s.bank, sampler.name, every, s.distance)

    def _no_errors(self) -> str:
        facts = self.space.facts
        if facts is None or self._sampler() is None:
            return _NONE
        return DissectErrors.about.refusal(facts.report) or ("" if self.space.session.state.bank else NO_BANK)

    def _audit(self) -> AuditMasks | None:
        sampler, shown = self._sampler(), self.space.shown
        if sampler is None or shown is None:
            return None
        return AuditMasks(sampler.name, shown.grid.shape, *plainly(sampler))

    def _audited(self, found: MaskAudit) -> go.Figure:
        facts, mask = self.space.facts, self.space.session.state.mask
        if facts is None or mask is None or mask.shape != found.shape:
            return audit_figure(found, "", {}, dark=self.space.dark)
        return audit_figure(found, sight_words(facts.card, mask), amounts_of(mask), dark=self.space.dark)


def plainly(sampler: Sampler) -> tuple[str, tuple[tuple[str, Any], ...]]:
    """A sampler as its preset, with the parameters that differ from what its authors published."""
    for preset in ("", *SAMPLERS[sampler.name].presets):
        if make(sampler.name, preset=preset or None) == sampler:
            return preset, ()
    return "", tuple((p.name, getattr(sampler, p.name)) for p in sampler.parameters() if getattr(sampler, p.name) != p.default)
