"""The bridge between a view and its host: what changes together crosses once, and a value that is refused is taken back."""

from __future__ import annotations

from typing import Any

import numpy as np
import panel as pn
import pytest

import widgets
from widgets import ActionPad
from workbench.app.to_panel import to_panel


def bridged() -> tuple[ActionPad, Any, list[set[str]]]:
    pad = ActionPad(names=["right", "down"], units=["", ""], low=[-1.0, -1.0], high=[1.0, 1.0])
    component, heard = to_panel(pad), list[set[str]]()
    component.param.watch(lambda *events: heard.append({e.name for e in events}), pad.view_traits())
    return pad, component, heard


def test_what_changes_together_crosses_as_one_and_by_itself_at_once() -> None:
    pad, component, heard = bridged()
    pad.set_actions(np.array([[0.5, 0.25]]))
    assert heard == [{"actions", "original"}]
    assert component.actions == [[0.5, 0.25]]
    pad.step = 3
    assert heard[1:] == [{"step"}]


def test_a_value_of_the_browser_comes_back_as_the_view_takes_it() -> None:
    pad, component, _ = bridged()
    component.actions = [[5.0, 0.0]]
    assert pad.actions == component.actions == [[1.0, 0.0]]
    component.actions = [["none"]]
    assert pad.actions == component.actions == [[1.0, 0.0]]


@pytest.mark.parametrize("name", [n for n in widgets.__all__ if n != "View"])
def test_no_trait_of_a_view_has_the_name_of_something_that_panel_lays_out_by(name: str) -> None:
    laid_out_by = set(pn.viewable.Layoutable.param) - {"name"}
    assert not set(getattr(widgets, name)().view_traits()) & laid_out_by
