"""What is selected: clips, frames or tokens. Widening and narrowing are defined here and nowhere else."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

from workbench.core.errors import BadInput
from workbench.core.grid import TokenGrid

Level = Literal["clips", "frames", "tokens"]
_WIDTH: dict[Level, int] = {"clips": 1, "frames": 2, "tokens": 2}


@dataclass(frozen=True)
class Selection:
    """A set of clips `(clip,)`, frames `(clip, tick)` or tokens `(clip, token)`. A frame is named by its tick."""

    level: Level = "tokens"
    items: frozenset[tuple[int, ...]] = frozenset()

    def __post_init__(self) -> None:
        wrong = [i for i in self.items if len(i) != _WIDTH[self.level]]
        if wrong:
            raise BadInput(f"{wrong[0]} does not name one of the {self.level}", where="Selection", fix=f"give {_WIDTH[self.level]} numbers each")

    @classmethod
    def tokens(cls, clip: int, tokens: list[int]) -> Selection:
        """Some tokens of one clip."""
        return cls("tokens", frozenset((clip, t) for t in tokens))

    def of(self, clip: int) -> list[int]:
        """The selected ticks or tokens of one clip, sorted."""
        return sorted(i[1] for i in self.items if i[0] == clip and len(i) == 2)

    def widen(self, level: Level, grids: Mapping[int, TokenGrid]) -> Selection:
        """Every frame, or clip, that holds something selected."""
        if level == self.level:
            return self
        if level == "clips":
            return Selection("clips", frozenset((i[0],) for i in self.items))
        if self.level == "tokens" and level == "frames":
            return Selection("frames", frozenset((c, grids[c].position(t)[0]) for c, t in self.items))
        raise BadInput(f"{self.level} cannot be widened to {level}", where="Selection.widen", fix="use narrow()")

    def narrow(self, level: Level, grids: Mapping[int, TokenGrid]) -> Selection:
        """Every frame, or token, inside what is selected."""
        if level == self.level:
            return self
        if self.level == "clips":
            frames = Selection("frames", frozenset((c, t) for (c,) in self.items for t in range(grids[c].ticks)))
            return frames if level == "frames" else frames.narrow(level, grids)
        if self.level == "frames" and level == "tokens":
            inside = ((c, t * g.rows * g.cols + k) for c, t in self.items for g in [grids[c]] for k in range(g.rows * g.cols))
            return Selection("tokens", frozenset(inside))
        raise BadInput(f"{self.level} cannot be narrowed to {level}", where="Selection.narrow", fix="use widen()")
