"""The boards by name at the left of the page; the one in sight stands out."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from typing import Any

import panel as pn
import panel_material_ui as pmui

from workbench.boards.base import Board
from workbench.boards.every import opening, sections


class Menu:
    """One button a board, by the sections of the menu.

    Args:
        show: brings a board into sight, by its title. settled: the page does not change the board by itself.

    Attributes:
        items: what to lay out. buttons: by title. seen: the title of the visible board. on_press: called with the title of a button that was pressed.
    """

    def __init__(self, show: Callable[[str], None], *, settled: bool = False) -> None:
        self._show = show
        self.on_press: Callable[[str], None] = lambda title: None
        self.items: list[pn.viewable.Viewable] = []
        self.buttons: dict[str, pmui.Button] = {}
        self.seen, self.settled = "", settled
        for section, kinds in sections().items():
            self.items.append(pmui.Typography(section, variant="overline", margin=(4, 16, 0, 16), sx=_SECTION))
            self.items.extend(self._button(kind.title) for kind in kinds)

    def choose(self, title: str) -> None:
        """Bring a board into sight."""
        self.seen = title
        self._mark()
        self._show(title)

    def settle(self, boards: Mapping[str, Board], *, anew: bool = False) -> None:
        """Change to the first board that has something to show of what is open: once, and not where the user has chosen meanwhile.

        Args:
            anew: also then.
        """
        if anew or not self.settled:
            self.settled = True
            self.choose(opening(boards))

    def quieten(self, boards: Mapping[str, Board]) -> None:
        """Boards that have nothing to show of the open model stay in the menu, quietly, and say why under the pointer."""
        for title, button in self.buttons.items():
            reason = boards[title].refusal()
            button.sx = {**_ITEM, **(_quiet(reason) if reason else {})}

    def _button(self, title: str) -> pmui.Button:
        button = pmui.Button(label=title, variant="text", disable_elevation=True, sizing_mode="stretch_width", margin=(1, 12), sx=_ITEM)
        button.on_click(lambda _event: self._pressed(title))
        button.param.watch(self._mark, "variant")  # of two changes in quick succession the browser may answer with the first
        self.buttons[title] = button
        return button

    def _mark(self, *_events: Any) -> None:
        for title, button in self.buttons.items():
            button.variant = "contained" if title == self.seen else "text"

    def _pressed(self, title: str) -> None:
        self.settled = True
        self.choose(title)
        self.on_press(title)


def _quiet(reason: str) -> dict[str, Any]:
    """A button that says under the pointer why there is little behind it. A tooltip of MUI would become its name for those who hear it."""
    said = {"content": json.dumps(" ".join(reason.split()), ensure_ascii=False), "position": "absolute", "top": "100%", "left": 0, "right": 0}
    looks = {"padding": "6px 10px", "borderRadius": "6px", "fontSize": "12px", "lineHeight": 1.4, "whiteSpace": "normal", "textAlign": "left"}
    above = {"zIndex": 5, "pointerEvents": "none", "bgcolor": "grey.800", "color": "common.white"}
    return {"&.MuiButton-text": {"color": "text.secondary", "&:hover::after, &:focus-visible::after": {**said, **looks, **above}}}


_SECTION = {"fontSize": "12px", "letterSpacing": "0.12em", "opacity": 0.7, "lineHeight": "26px"}
_FOCUS = {"outline": "2px solid", "outlineColor": "primary.main", "outlineOffset": "1px"}
_STILL = {"transition": "none !important"}
_ITEM = {
    "@media (prefers-reduced-motion: reduce)": _STILL,
    "&.Mui-focusVisible": _FOCUS,
    "justifyContent": "flex-start",
    "px": "12px",
    "py": "2px",
    "minHeight": "27px",
}
