"""Every board, in the order of the menu: those of this package and those that other packages bring."""

from __future__ import annotations

import pkgutil
from collections.abc import Mapping
from functools import cache
from importlib import import_module
from pathlib import Path

from workbench.boards.base import REGISTERED, Board
from workbench.core import plugins
from workbench.core.errors import BadInput

_SECTIONS = ("LOOK", "IMAGINE", "TRAIN", "OPEN")  # in this order; those of other packages come after


@cache
def sections() -> Mapping[str, tuple[type[Board], ...]]:
    """The boards by the sections of the menu. Modules of this package, and entry points of the groups
    `jepa_workbench.boards` and `jepa_workbench.views`, are imported for it.
    """
    for module in pkgutil.iter_modules([str(Path(__file__).parent)]):
        import_module(f"{__package__}.{module.name}")
    plugins.load("jepa_workbench.boards", "board", "it is not in the menu", REGISTERED)
    plugins.load("jepa_workbench.views", "view", "nothing shows its results")
    ordered = sorted(REGISTERED.values(), key=lambda kind: kind.order)
    names = dict.fromkeys((*_SECTIONS, *(kind.section for kind in ordered)))
    return {name: kinds for name in names if (kinds := tuple(kind for kind in ordered if kind.section == name))}


def kinds() -> list[type[Board]]:
    """The boards from the top of the menu to its end."""
    return [kind for row in sections().values() for kind in row]


def titled(name: str) -> str:
    """The title of the board that is called so, in whatever case.

    Raises:
        BadInput: there is none.
    """
    titles = [kind.title for kind in kinds()]
    found = next((t for t in titles if t.lower() == name.lower()), None)
    if found is None:
        raise BadInput(f"there is no board {name!r}", where="--board", fix=f"one of {', '.join(t.lower() for t in titles)}")
    return found


def openings() -> list[str]:
    """The titles of the boards that a page can open on, the preferred one first."""
    return [kind.title for kind in sorted((k for k in kinds() if k.opens is not None), key=lambda k: k.opens or 0)]


def opening(boards: Mapping[str, Board]) -> str:
    """The title of the board to open on: the first that has something to show of what is open; else the last."""
    titles = openings()
    return next((title for title in titles if not boards[title].refusal()), titles[-1])
