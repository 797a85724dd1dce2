"""A board that asks the question."""

from __future__ import annotations

from typing import Any

from jepa_guest.questions import Brightness, Found
from jepa_guest.views import Gauge
from workbench.boards.base import Board, board
from workbench.boards.layout import Column, Layout
from workbench.boards.workspace import Workspace
from workbench.query import Query


@board(section="GUESTS", order=10)
class BrightnessBoard(Board):
    """How bright the clip in sight is."""

    title = "Brightness"
    about = Brightness.about

    def __init__(self, workspace: Workspace) -> None:
        super().__init__(workspace, sources=())
        self.gauge = Gauge()
        self.found = Query[Found](workspace, "brightness", self._show, self.failed)
        workspace.on("clip", self.opened)

    @property
    def layout(self) -> Layout:
        """The sentence, then the gauge."""
        return Column((self.headline, self.gauge))

    def pictures(self) -> tuple[Any, ...]:
        """See `Board.pictures`."""
        return (self.gauge,)

    def opened(self) -> None:
        """See `Board.opened`."""
        s = self.session.state
        if not self.off() and s.model is not None and s.clip is not None:
            self.found.ask(Brightness(s.model, s.clip))

    def _show(self, found: Found) -> None:
        self.gauge.value = found.brightness
        self.say(f"Mean pixel {found.brightness:.2f}; mean length of the latents {found.length:.2f}.")
