"""One of several views in the same place, in both hosts."""

from __future__ import annotations

from widgets import Timeline, Toolbar
from workbench import notebook
from workbench.app import to_panel
from workbench.boards.layout import Either


def test_only_the_chosen_view_is_to_be_seen_in_the_app() -> None:
    item = Either(Toolbar(), Timeline())
    box = to_panel.arrange(item)
    assert [v.visible for v in box] == [True, False]
    item.show(1)
    assert [v.visible for v in box] == [False, True]


def test_only_the_chosen_view_is_to_be_seen_in_a_notebook() -> None:
    item = Either(Toolbar(), Timeline())
    box = notebook.arrange(item)
    assert [v.layout.display for v in box.children] == [None, "none"]
    item.show(1)
    assert [v.layout.display for v in box.children] == ["none", None]
