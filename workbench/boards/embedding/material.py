"""What the points of a map are made of: the clips that are open, as the model sees them, or vectors of a file."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from workbench.boards.embedding import controls, places, words
from workbench.boards.embedding.made import LEAST
from workbench.boards.workspace import Workspace
from workbench.core.card import FolderKey, VectorsKey
from workbench.core.questions.embedding import Embed, Source

_LARGE, _MANY, _POINTS = 20_000_000, 2000, 60_000  # parameters, clips and points from which an embedding waits to be asked for
_EMBEDDED: dict[str, Source] = {"untrained": "untrained", "pixels": "pixels"}  # the others are made of the model's own vectors


class Material:
    """What is open, as the board makes points of it.

    Args:
        space: what is open. values: of the controls, which are brought to what there is.

    Attributes:
        data: the clips; None: vectors of a file, or nothing. vectors: of a file; None: clips, or nothing.
        asked: an embedding that takes long was asked for.
    """

    def __init__(self, space: Workspace, values: dict[str, Any]) -> None:
        self.space, self.values = space, values
        self.data: FolderKey | None = None
        self.vectors: VectorsKey | None = None
        self.asked = False

    @property
    def there(self) -> bool:
        """Whether something is open."""
        return self.data is not None or self.vectors is not None

    def follow(self) -> bool:
        """Take what is open now. False where it is the same as before, or nothing."""
        facts, clips, look, vectors = self.space.facts, self.space.clips, self.space.choice.look, self.space.session.state.vectors
        if vectors is not None:
            data = None
        elif facts is None or clips is None or look is None:
            return False
        else:
            data = places.data_of(facts, clips, look)
        if (data, vectors) == (self.data, self.vectors):
            return False
        self.data, self.vectors, self.asked = data, vectors, False
        if clips is not None and look is not None:
            if len(clips.names) < LEAST and self.values["what"] == "clip":
                self.values["what"] = "tokens"
            if look.shown.grid.ticks < 2 and self.values["what"] == "frames":
                self.values["what"] = "clip" if len(clips.names) >= LEAST else "tokens"
        return True

    def forget(self) -> None:
        """Nothing is open."""
        self.data = self.vectors = None

    @property
    def what(self) -> str:
        """What a point is: "clip", "frames", "tokens", or "vectors" of a file."""
        return "vectors" if self.vectors is not None else self.values["what"]

    @property
    def points(self) -> int:
        """About how many points there will be."""
        clips, shown, facts = self.space.clips, self.space.shown, self.space.vectors.facts
        if facts is not None:
            return facts.rows
        if clips is None or shown is None:
            return 0
        each = {"clip": 1, "frames": shown.grid.ticks, "tokens": shown.grid.tokens}
        return len(clips.names) * each[self.values["what"]]

    def of(self, source: str) -> Embed | VectorsKey | None:
        """How the vectors of a source come about; None where there are none: what comes from a file has no untrained model and no pixels."""
        model, layer = self.space.session.state.model, self.values["layer"]
        if self.vectors is not None:
            return None if source in _EMBEDDED else self.vectors
        if model is None or self.data is None:
            return None
        return Embed(model, self.data, self.values["what"], None if layer == controls.OUTPUT else layer, source=_EMBEDDED.get(source, "model"))

    def waits(self, known: Callable[[Embed], bool]) -> bool:
        """Whether these vectors take so long that they wait to be asked for. known: whether an embedding is here already."""
        clips, wanted = self.space.clips, self.of("model")
        if clips is None or not isinstance(wanted, Embed) or self.asked or known(wanted):
            return False
        return self._parameters > _LARGE or len(clips.names) > _MANY or self.points > _POINTS

    def estimate(self) -> str:
        """What an embedding that waits will hold."""
        clips, facts = self.space.clips, self.space.facts
        return words.estimate(0 if clips is None else len(clips.names), self.points, facts.card.dim if facts else 0, self._parameters)

    def offered(self, *, embed: bool, **more: Any) -> controls.Offered | None:
        """What the controls can offer; None while nothing is open. embed: vectors wait to be asked for. more: other fields of `Offered`."""
        facts, clips, shown = self.space.facts, self.space.clips, self.space.shown
        if self.vectors is not None:
            return controls.Offered(0, 1, 0, embed=False, elsewhere=True, **more)
        if facts is None or clips is None or shown is None:
            return None
        return controls.Offered(len(clips.names), shown.grid.ticks, facts.layers, embed=embed, **more)

    def unheld(self) -> dict[str, str]:
        """Sources that have no meaning here, by the id of their key, and why."""
        clips, facts = self.space.clips, self.space.vectors.facts
        if facts is not None:
            return {
                **dict.fromkeys(("twin", "pixels", "other"), words.UNHELD["elsewhere"]),
                **({"position": words.UNHELD["rows"]} if facts.level == "clip" else {}),
            }
        why = "clip" if self.values["what"] == "clip" else "one" if clips is not None and len(clips.names) < 2 else ""
        return {"other": words.UNHELD["other"], **({"position": words.UNHELD[why]} if why else {})}

    @property
    def _parameters(self) -> int:
        facts = self.space.facts
        return 0 if facts is None else sum(p.parameters for p in facts.report.parts if p.name.startswith("encoder"))
