"""Catalogue: the published checkpoints, what of them this machine has, and how to get the rest. Nothing is fetched from here."""

from __future__ import annotations

from widgets import CatalogueView
from workbench.boards.base import Board, board
from workbench.boards.layout import Column, Layout, fill
from workbench.boards.settings import of_traits
from workbench.boards.workspace import Workspace
from workbench.core.errors import WorkbenchError
from workbench.core.questions import About
from workbench.published import PUBLISHED, Cached, find_cached
from workbench.published.command import input_words, open_line, parameter_words, size_words


@board(section="OPEN", order=10)
class CatalogueBoard(Board):
    """What can be opened at once, and what would have to be downloaded first."""

    title = "Catalogue"
    about = About(
        "find_cached",
        title="Published checkpoints",
        formula="a checkpoint counts as present when its files lie where torch hub or huggingface_hub put them; TORCH_HOME, HF_HOME and HF_HUB_CACHE are "
        "respected",
        source="the pages of each project; sizes marked “about” are estimated from the number of parameters",
        cannot="Presence does not say that a file is complete: open it and read the Checkpoint board. Licences are as stated by the publisher.",
    )
    depends = ()
    always = True

    def __init__(self, workspace: Workspace) -> None:
        super().__init__(workspace, ["reset"], sources=())
        self.cached: dict[str, Cached] = {}
        self.list = CatalogueView()
        self.settings = of_traits((self.list, "search"))
        self.list.on_open = self._open
        workspace.on("opening", lambda: fill(self.list, {"busy": bool(workspace.opening)}))
        self.look()

    @property
    def layout(self) -> Layout:
        """The sentence, then the list."""
        return Column((self.headline, self.list))

    def banked(self) -> None:
        """See `Board.banked`: the list depends on nothing that is open."""

    def refusal(self) -> str:
        """See `Board.refusal`: the list needs nothing that is open."""
        return ""

    def command(self, name: str) -> None:
        """See `Board.command`; reset looks again."""
        self.look()

    def look(self) -> None:
        """See what is in the caches now."""
        self.cached = find_cached(folders=self.space.roots)
        here = f"{len(self.cached)} of {len(PUBLISHED)} published checkpoints are on this machine"
        detail = (
            "Searched: the caches of torch hub and Hugging Face, and the folders that may be opened. Other files of your own: Open … on the left."
        )
        self.say(f"{here}.", detail=detail)
        fill(self.list, {"rows": [_row(name, self.cached.get(name)) for name in (p.name for p in PUBLISHED)]})

    def _open(self, name: str) -> None:
        found = self.cached.get(name)
        if found is None:
            return
        try:
            self.space.open(str(found.path))
        except WorkbenchError as error:
            self.space.open_ended(error)


def _row(name: str, cached: Cached | None) -> dict[str, object]:
    row = next(p for p in PUBLISHED if p.name == name)
    needs = f"Needs {', '.join(row.needs)}. " if row.needs else ""
    return {
        "name": row.name,
        "title": row.title,
        "family": row.family,
        "role": row.role,
        "where": row.where,
        "input": input_words(row),
        "parameters": parameter_words(row),
        "size": size_words(row),
        "licence": row.licence,
        "note": f"{needs}{row.note[:1].upper()}{row.note[1:]}",
        "path": "" if cached is None else str(cached.path),
        "fetch": open_line(row.name),
    }
