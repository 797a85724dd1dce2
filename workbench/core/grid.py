"""Token ↔ (tick, row, column) ↔ source pixels and seconds."""

from __future__ import annotations

from dataclasses import dataclass

from workbench.core.errors import BadInput


@dataclass(frozen=True)
class TokenGrid:
    """How a model cuts a prepared clip into tokens, and where each token lies in the source.

    A prepared clip is ticks·tubelet frames of rows·patch[0] × cols·patch[1] pixels. Tokens are numbered row-major:
    tick slowest, column fastest.

    Args:
        ticks: tokens in time. rows, cols: tokens down and across.
        patch: prepared pixels (height, width) a token.
        tubelet: prepared frames a tick.
        scale: source pixels a prepared pixel (down, across).
        offset: source pixel (down, across) at the prepared frame's upper left corner.
        frame_seconds: seconds a prepared frame; None where time is unknown or there is none.
    """

    ticks: int
    rows: int
    cols: int
    patch: tuple[int, int] = (1, 1)
    tubelet: int = 1
    scale: tuple[float, float] = (1.0, 1.0)
    offset: tuple[float, float] = (0.0, 0.0)
    frame_seconds: float | None = None

    def __post_init__(self) -> None:
        if min(self.ticks, self.rows, self.cols, self.tubelet, *self.patch) < 1:
            raise BadInput(
                f"a grid needs at least one token each way, got {self.ticks}×{self.rows}×{self.cols}",
                where=f"patch {self.patch}, tubelet {self.tubelet}",
                fix="the clip is smaller than one patch: enlarge it",
            )

    @property
    def shape(self) -> tuple[int, int, int]:
        """(ticks, rows, cols)."""
        return (self.ticks, self.rows, self.cols)

    @property
    def tokens(self) -> int:
        """How many tokens the grid has."""
        return self.ticks * self.rows * self.cols

    @property
    def size(self) -> tuple[int, int]:
        """Prepared (height, width) in pixels."""
        return (self.rows * self.patch[0], self.cols * self.patch[1])

    def index(self, tick: int, row: int, col: int) -> int:
        """The flat number of a token."""
        return (tick * self.rows + row) * self.cols + col

    def position(self, token: int) -> tuple[int, int, int]:
        """(tick, row, col) of a flat token number."""
        if not 0 <= token < self.tokens:
            raise BadInput(f"token {token} is not on a grid of {self.tokens}", where=str(self.shape))
        tick, rest = divmod(token, self.rows * self.cols)
        return (tick, *divmod(rest, self.cols))

    def token_at(self, frame: int, y: int, x: int) -> int:
        """The token that holds a prepared pixel."""
        return self.index(frame // self.tubelet, y // self.patch[0], x // self.patch[1])

    def box(self, token: int) -> tuple[int, int, int, int]:
        """Prepared pixels of a token: top, left, bottom, right (the last two excluded)."""
        _, row, col = self.position(token)
        h, w = self.patch
        return (row * h, col * w, (row + 1) * h, (col + 1) * w)

    def source_box(self, token: int) -> tuple[float, float, float, float]:
        """Source pixels of a token: top, left, bottom, right."""
        top, left, bottom, right = self.box(token)
        (sy, sx), (oy, ox) = self.scale, self.offset
        return (top * sy + oy, left * sx + ox, bottom * sy + oy, right * sx + ox)

    def seconds(self, tick: int) -> float | None:
        """When a tick starts, in seconds of the source; None for a still."""
        return None if self.frame_seconds is None else tick * self.tubelet * self.frame_seconds
