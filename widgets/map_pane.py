"""MapPane: one large pane that swaps in place between target, predicted, error and nearest patches."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import traitlets as t
from jaxtyping import Bool, Float, UInt8

from widgets._esm import css, esm
from widgets._masks import check_mask
from widgets._traits import View, binary, check_bytes, numbers, proposed, whole_numbers

MODES = ("target", "predicted", "error", "quilt")
_BYTES_A_TOKEN = {"target": 3, "predicted": 3, "asked": 1, "error": 4}


class MapPane(View):
    """Shows, on the canvas's grid, what was to be predicted, what was predicted, how far off it is, and the nearest real patches.

    The browser writes `mode`, `hover`, `selection`, `tick`, `playing` and `quilt_source`.
    """

    _esm = esm("map_pane.js")
    _css = css("_grid.css", "map_pane.css")

    mode = t.Enum(list(MODES), "target", help="what the pane shows").tag(sync=True)
    grid = whole_numbers([0, 0, 0], "[ticks, rows, cols]: tokens in time, down, across", length=3)
    tubelet = t.Int(1, min=1, help="frames a tick").tag(sync=True)
    aspect = whole_numbers([0, 0], "[height, width] of the prepared picture in pixels; zeros = as the grid", length=2)
    source = numbers([], "source pixels a prepared pixel (down, across), then the source pixel at the upper left (down, across); empty = not said")
    source_size = whole_numbers([], "[height, width] of the source in pixels; empty when unknown")
    mask = t.Dict(help='{"context": [tokens], "blocks": [[tokens], ...]}: outlined, not painted here').tag(sync=True)
    block = t.Int(-1, min=-1, help="the block outlined strongest, from 0; −1 = all").tag(sync=True)
    target = binary("uint8 [ticks, rows, cols, 3]: colours of the true target latents")
    predicted = binary("uint8 [ticks, rows, cols, 3]: colours of the predicted latents")
    asked = binary("uint8 [ticks, rows, cols]: 1 where there is a prediction; empty = everywhere")
    error = binary("float32 [ticks, rows, cols]; NaN = no prediction")
    error_range = numbers([], "[low, high] of the colours, in the unit of the error; empty = from 0 to the largest")
    error_label = t.Unicode("error", help="what is measured").tag(sync=True)
    error_unit = t.Unicode("", help="its unit, as 'smooth-L1'").tag(sync=True)
    quilt = binary("uint8 [frames, height, width, 3]: patches retrieved by the prediction")
    quilt_ceiling = binary("uint8 [frames, height, width, 3]: patches retrieved by the true target")
    quilt_source = t.Enum(["predicted", "target"], "predicted", help="which nearest-patch reconstruction is shown").tag(sync=True)
    pixels_shape = whole_numbers([0, 0, 0], "[frames, height, width] of the nearest-patch reconstructions", length=3)
    captions = t.Dict(help="mode → one line under the picture, with the baseline").tag(sync=True)
    missing = t.Dict(help="mode → why there is no picture").tag(sync=True)
    labels = t.Dict({"quilt": "nearest patches"}, help="mode → what its tab says").tag(sync=True)
    nearest_tokens = whole_numbers([], "tokens whose three nearest patches are known")
    nearest_pixels = binary("uint8 [tokens, 3, height, width, 3]")
    nearest_shape = whole_numbers([0, 0], "[height, width] of a nearest patch; zeros = square", length=2)
    nearest_text: t.List[Any] = t.List(t.List(t.Unicode()), [], help="three lines a token of nearest_tokens")
    nearest_text.tag(sync=True)
    hover = t.Int(-1, min=-1, help="the token pointed at; −1 = none").tag(sync=True)
    selection = whole_numbers([], "the selected tokens")
    tick = t.Int(0, min=0, help="the tick shown").tag(sync=True)
    playing = t.Bool(False, help="is the clip playing; the browser tells `tick` on a pause").tag(sync=True)
    fps = t.Float(0.0, min=0, help="frames per second; 0 = unknown").tag(sync=True)
    message = t.Unicode("Nothing computed yet", help="shown while the mode has no picture and no reason").tag(sync=True)
    version = t.Int(0, help="counts answers; the root's data-version shows the one on screen").tag(sync=True)
    beside = t.Bool(False, help="the target stands beside the map that is chosen, where there is room for two pictures").tag(sync=True)
    picture_height = t.Int(520, min=40, help="CSS pixels the picture is at most high").tag(sync=True)

    def set_maps(
        self,
        *,
        target: UInt8[np.ndarray, "ticks rows cols 3"] | None = None,
        predicted: UInt8[np.ndarray, "ticks rows cols 3"] | None = None,
        asked: Bool[np.ndarray, "ticks rows cols"] | None = None,
        error: Float[np.ndarray, "ticks rows cols"] | None = None,
        grid: Sequence[int] | None = None,
    ) -> None:
        """Shows another answer, in one message; what is left out goes.

        Args:
            target: colours of the true target latents, 0–255.
            predicted: colours of the predicted latents, 0–255.
            asked: True where there is a prediction.
            error: one a token, NaN = no prediction.
            grid: (ticks, rows, cols); another one takes mask and nearest patches away.

        Raises:
            TraitError: a map does not lie on the grid.
        """
        with self.together():
            if grid is not None and list(grid) != self.grid:
                self.grid, self.mask, self.nearest_tokens, self.nearest_pixels = list(grid), {}, [], b""
            self.target = _bytes(target, np.uint8)
            self.predicted = _bytes(predicted, np.uint8)
            self.asked = _bytes(asked, np.uint8)
            self.error = _bytes(error, np.float32)

    def set_quilts(
        self,
        quilt: UInt8[np.ndarray, "frames height width 3"] | None,
        ceiling: UInt8[np.ndarray, "_ _ _ 3"] | None = None,
    ) -> None:
        """Shows other nearest-patch reconstructions; None removes one.

        Args:
            quilt: patches retrieved by the prediction.
            ceiling: patches retrieved by the true target, of the same shape.
        """
        given = quilt if quilt is not None else ceiling
        with self.together():
            self.pixels_shape = [0, 0, 0] if given is None else list(given.shape[:3])
            self.quilt, self.quilt_ceiling = _bytes(quilt, np.uint8), _bytes(ceiling, np.uint8)

    def set_nearest(self, tokens: Sequence[int], patches: UInt8[np.ndarray, "tokens 3 height width 3"], text: Sequence[Sequence[str]]) -> None:
        """Gives the three nearest patches of some tokens, shown while one is pointed at.

        Args:
            tokens: token numbers.
            patches: RGB, nearest first.
            text: three lines a token.
        """
        with self.together():
            self.nearest_tokens, self.nearest_shape = list(tokens), list(patches.shape[2:4])
            self.nearest_pixels, self.nearest_text = _bytes(patches, np.uint8), [list(lines) for lines in text]

    @t.default("mask")
    def _no_mask(self) -> dict[str, Any]:
        return {"context": [], "blocks": []}

    @t.validate("mask")
    def _valid_mask(self, proposal: dict[str, Any]) -> dict[str, Any]:
        return check_mask("MapPane", proposal["value"], self.grid)

    @t.validate("grid", *_BYTES_A_TOKEN)
    def _valid_map(self, proposal: dict[str, Any]) -> bytes | list[int]:
        grid, mask = proposed(proposal, "grid", "mask")
        for name, item in _BYTES_A_TOKEN.items():
            check_bytes("MapPane", name, proposed(proposal, name)[0], tuple(grid), item=item)
        check_mask("MapPane", mask, grid)
        return proposal["value"]

    @t.validate("quilt", "quilt_ceiling", "pixels_shape")
    def _valid_quilt(self, proposal: dict[str, Any]) -> bytes | list[int]:
        for name in ("quilt", "quilt_ceiling"):
            value, shape = proposed(proposal, name, "pixels_shape")
            check_bytes("MapPane", name, value, (*shape, 3))
        return proposal["value"]

    @t.validate("nearest_tokens", "nearest_pixels", "nearest_shape")
    def _valid_nearest(self, proposal: dict[str, Any]) -> bytes | list[int]:
        tokens, pixels, shape = proposed(proposal, "nearest_tokens", "nearest_pixels", "nearest_shape")
        if shape != [0, 0]:
            check_bytes("MapPane", "nearest_pixels", pixels, (len(tokens), 3, *shape, 3))
        return proposal["value"]

    @t.validate("captions", "missing", "labels")
    def _valid_words(self, proposal: dict[str, Any]) -> dict[str, str]:
        words: dict[str, str] = proposal["value"]
        name: str = proposal["trait"].name
        if unknown := words.keys() - set(MODES):
            raise t.TraitError(f"MapPane.{name} speaks of {sorted(map(str, unknown))}\n  → the modes are {', '.join(MODES)}")
        return words


def _bytes(values: np.ndarray | None, kind: type[np.generic]) -> bytes:
    return b"" if values is None else np.ascontiguousarray(values, kind).tobytes()
