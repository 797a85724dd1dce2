"""PatchCanvas: a picture or clip with its token grid, to look at and to paint a mask on."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, cast

import numpy as np
import traitlets as t
from jaxtyping import Bool, Float, UInt8

from widgets._esm import css, esm
from widgets._masks import arrays_of, check_mask, cleared, inverted, mask_of
from widgets._traits import View, binary, check_bytes, numbers, presses, proposed, whole_numbers

_COMMANDS = ("undo", "redo", "clear", "invert")
_HISTORY = 200


class PatchCanvas(View):
    """Shows an image or clip with its tokens and lets the user paint which are context, target, or neither.

    Tokens are numbered tick by tick, row by row. The browser writes `mask` once a stroke, and `hover`, `selection`, `tick`, the tools and `command`.

    Attributes:
        on_command: called with "undo", "redo", "clear" or "invert" when the user asks for it. At first the own methods; a session that keeps the
            history puts its own here, and then also sets `can_undo` and `can_redo`.
    """

    _esm = esm("patch_canvas.js")
    _css = css("_grid.css", "patch_canvas.css")

    pixels = binary("uint8 [frames, height, width, 3], RGB")
    pixels_shape = whole_numbers([0, 0, 0], "[frames, height, width] of `pixels`", length=3)
    grid = whole_numbers([0, 0, 0], "[ticks, rows, cols]: tokens in time, down, across", length=3)
    tubelet = t.Int(1, min=1, help="frames a tick").tag(sync=True)
    source = numbers(
        [1.0, 1.0, 0.0, 0.0], "source pixels a prepared pixel (down, across), then the source pixel at the upper left (down, across)", length=4
    )
    source_size = whole_numbers([], "[height, width] of the source in pixels; empty when unknown")
    mask = t.Dict(help='{"context": [tokens], "blocks": [[tokens], ...]}; painting writes this, once a stroke').tag(sync=True)
    block = t.Int(-1, min=-1, help="the block that is painted and shown strongest, from 0; −1 = all").tag(sync=True)
    overlay = binary("float32 [ticks, rows, cols]; NaN = nothing there")
    overlay_on = t.Bool(True, help="is the overlay shown").tag(sync=True)
    overlay_opacity = t.Float(0.8, min=0, max=1, help="0 = not seen, 1 = hides the picture").tag(sync=True)
    overlay_range = numbers([], "[low, high] of the colours, in the unit of the overlay; empty = from the values")
    overlay_label = t.Unicode("", help="what the overlay shows, as 'error'").tag(sync=True)
    overlay_unit = t.Unicode("", help="its unit, as 'smooth-L1'").tag(sync=True)
    overlay_map = t.Enum(["cividis", "signed"], "cividis", help="cividis from low to high, or brown–teal with 0 in the middle").tag(sync=True)
    colours = binary("uint8 [ticks, rows, cols, 3], RGB: laid over the picture in place of the overlay; empty = the overlay")
    crossed = whole_numbers([], "tokens marked by a cross, as those of an unusual norm")
    hover = t.Int(-1, min=-1, help="the token pointed at; −1 = none").tag(sync=True)
    selection = whole_numbers([], "the selected tokens")
    tick = t.Int(0, min=0, help="the tick shown").tag(sync=True)
    playing = t.Bool(False, help="is the clip playing; the browser tells `tick` on a pause").tag(sync=True)
    fps = t.Float(0.0, min=0, help="frames per second; 0 = unknown").tag(sync=True)
    tool = t.Enum(["context", "target", "neither", "select"], "target", help="what a stroke makes of tokens").tag(sync=True)
    stroke = t.Enum(["brush", "rectangle"], "brush", help="the form of a stroke").tag(sync=True)
    brush = t.Int(1, min=1, max=3, help="tokens across").tag(sync=True)
    through_time = t.Bool(True, help="does a stroke paint all ticks").tag(sync=True)
    message = t.Unicode("No picture yet", help="shown while there are no pixels: what is missing, and what to do").tag(sync=True)
    hint = t.Unicode("", help="one line under the picture, as 'outside the sampler's range'").tag(sync=True)
    read_only = t.Bool(False, help="no painting; tokens can still be selected").tag(sync=True)
    single = t.Bool(False, help="a click or an arrow key selects one token in place of those before").tag(sync=True)
    plain = t.Bool(False, help="no mask is shown: the picture alone, with what is pointed at and selected").tag(sync=True)
    can_undo = t.Bool(False, help="is there a step back").tag(sync=True)
    can_redo = t.Bool(False, help="is there a step forward").tag(sync=True)
    command: t.List[Any] = t.List(t.Any(), [], help="[name, n] of the last button; n counts").tag(sync=True)
    version = t.Int(0, help="counts answers; the root's data-version shows the one on screen").tag(sync=True)
    history = t.Bool(True, help="it has buttons for undo and redo; off where others do the same").tag(sync=True)
    picture_height = t.Int(520, min=40, help="CSS pixels the picture is at most high").tag(sync=True)

    def __init__(self, **values: Any) -> None:
        self._past: list[dict[str, Any]] = []
        self._future: list[dict[str, Any]] = []
        self._restoring = False
        self.on_command: Callable[[str], None] = self._obey
        super().__init__(**values)

    @classmethod
    def show(
        cls,
        pixels: UInt8[np.ndarray, "frames height width 3"] | UInt8[np.ndarray, "height width 3"],
        grid: Sequence[int],
        *,
        context: Bool[np.ndarray, "ticks rows cols"] | None = None,
        targets: Bool[np.ndarray, "blocks ticks rows cols"] | None = None,
        **traits: Any,
    ) -> PatchCanvas:
        """A canvas with this picture; everything is context unless a mask is given.

        Args:
            pixels: RGB; an image may come without the frame axis.
            grid: (ticks, rows, cols).
            context: True = visible; left out, everything that is no target.
            targets: True = to predict.
            traits: any other trait.

        Raises:
            TraitError: shapes do not fit together.
        """
        clip = np.ascontiguousarray(pixels if pixels.ndim == 4 else pixels[None])
        mask = cleared(grid)
        if context is not None or targets is not None:
            asked = targets if targets is not None else np.zeros((1, *grid), bool)
            seen = context if context is not None else np.logical_not(asked.reshape(-1, *grid).any(0))
            mask = mask_of(seen, asked)
        return cls(pixels=clip.tobytes(), pixels_shape=list(clip.shape[:3]), grid=list(grid), mask=mask, **traits)

    def set_pixels(self, pixels: UInt8[np.ndarray, "frames height width 3"], grid: Sequence[int], *, tubelet: int = 1) -> None:
        """Shows another clip. A mask that lies on another grid is cleared, and with it the history.

        Args:
            pixels: RGB.
            grid: (ticks, rows, cols).
            tubelet: frames a tick.
        """
        clip = np.ascontiguousarray(pixels)
        moved = list(grid) != self.grid
        with self.together():
            self.pixels, self.pixels_shape, self.grid, self.tubelet = clip.tobytes(), list(clip.shape[:3]), list(grid), tubelet
            if moved:
                self.mask, self.overlay, self.colours, self.crossed = cleared(grid), b"", b"", []
                self.selection, self.hover, self.tick = [], -1, 0
        if moved:
            self.forget()

    def set_overlay(self, values: Float[np.ndarray, "ticks rows cols"] | None) -> None:
        """Lays a map of values over the picture; None takes it away.

        Args:
            values: one a token, NaN = nothing there.
        """
        self.overlay = b"" if values is None else np.ascontiguousarray(values, np.float32).tobytes()

    def set_colours(self, colours: UInt8[np.ndarray, "ticks rows cols 3"] | None) -> None:
        """Lays colours over the picture in place of the overlay; None takes them away.

        Args:
            colours: RGB, one a token.
        """
        self.colours = b"" if colours is None else np.ascontiguousarray(colours, np.uint8).tobytes()

    def set_mask(self, context: Bool[np.ndarray, "ticks rows cols"], targets: Bool[np.ndarray, "blocks ticks rows cols"]) -> None:
        """Shows this mask; one step of the history.

        Args:
            context: True = visible.
            targets: True = to predict.

        Raises:
            TraitError: it lies on another grid, or a token is context and target at once.
        """
        if list(context.shape) != self.grid or list(targets.shape[-3:]) != self.grid:
            raise t.TraitError(f"context {list(context.shape)} and targets {list(targets.shape)} do not lie on grid {self.grid}")
        self.mask = mask_of(context, targets)

    def mask_arrays(self) -> tuple[Bool[np.ndarray, "ticks rows cols"], Bool[np.ndarray, "blocks ticks rows cols"]]:
        """The mask as it stands: context and targets, True = visible and True = to predict."""
        return arrays_of(self.mask, self.grid)

    def undo(self) -> None:
        """Takes the last change of the mask back; nothing happens when there is none."""
        self._swap(self._past, self._future)

    def redo(self) -> None:
        """Makes the last change that was taken back again."""
        self._swap(self._future, self._past)

    def clear(self) -> None:
        """Everything context, no targets."""
        self.mask = cleared(self.grid)

    def invert(self) -> None:
        """Swaps context and target; what is neither stays."""
        self.mask = inverted(self.mask, self.block)

    def forget(self) -> None:
        """Empties the history of the mask."""
        self._past.clear()
        self._future.clear()
        self._tell_history()

    def _swap(self, source: list[dict[str, Any]], sink: list[dict[str, Any]]) -> None:
        if not source:
            return
        sink.append(self.mask)
        self._restoring = True
        try:
            self.mask = source.pop()
        finally:
            self._restoring = False
        self._tell_history()

    def _obey(self, name: str) -> None:
        getattr(self, name)()

    def _keeps_history(self) -> bool:
        return self.on_command == self._obey

    def _tell_history(self) -> None:
        if self._keeps_history():
            self.can_undo, self.can_redo = bool(self._past), bool(self._future)

    @t.default("mask")
    def _no_mask(self) -> dict[str, Any]:
        return {"context": [], "blocks": []}

    @t.observe("mask")
    def _remember(self, change: dict[str, Any]) -> None:
        old = cast("dict[str, Any]", change["old"] if isinstance(change["old"], dict) else {})
        if self._restoring or not old.get("blocks") or not self._keeps_history():
            return
        self._past.append(old)
        del self._past[:-_HISTORY]
        self._future.clear()
        self._tell_history()

    @t.observe("command")
    def _pressed(self, change: dict[str, Any]) -> None:
        if change["new"]:
            for _ in range(presses(change)):
                self.on_command(change["new"][0])

    @t.validate("command")
    def _known_command(self, proposal: dict[str, Any]) -> list[Any]:
        value: list[Any] = proposal["value"]
        if value and (len(value) != 2 or value[0] not in _COMMANDS):
            raise t.TraitError(f"PatchCanvas.command is {value}\n  → it is [name, n] with a name of {', '.join(_COMMANDS)}")
        return value

    @t.validate("mask")
    def _valid_mask(self, proposal: dict[str, Any]) -> dict[str, Any]:
        return check_mask("PatchCanvas", proposal["value"], self.grid)

    @t.validate("grid")
    def _valid_grid(self, proposal: dict[str, Any]) -> list[int]:
        grid: list[int] = proposal["value"]
        check_mask("PatchCanvas", self.mask, grid)
        check_bytes("PatchCanvas", "overlay", self.overlay, tuple(grid), item=4)
        check_bytes("PatchCanvas", "colours", self.colours, tuple(grid), item=3)
        return grid

    @t.validate("pixels", "pixels_shape")
    def _valid_pixels(self, proposal: dict[str, Any]) -> bytes | list[int]:
        pixels, shape = proposed(proposal, "pixels", "pixels_shape")
        check_bytes("PatchCanvas", "pixels", pixels, (*shape, 3))
        return proposal["value"]

    @t.validate("colours")
    def _valid_colours(self, proposal: dict[str, Any]) -> bytes:
        return check_bytes("PatchCanvas", "colours", proposal["value"], tuple(self.grid), item=3)

    @t.validate("overlay")
    def _valid_overlay(self, proposal: dict[str, Any]) -> bytes:
        return check_bytes("PatchCanvas", "overlay", proposal["value"], tuple(self.grid), item=4)
