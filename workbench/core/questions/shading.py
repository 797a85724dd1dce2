"""A map as one picture: for more points than a browser holds, and for paper figures."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from jaxtyping import Float, Int, Integer, UInt8

from workbench.core.codec import portable
from workbench.core.questions.base import Question, question
from workbench.core.questions.projection import Coordinates, FitProjection

INK = "#1c2230"


@portable
@dataclass(frozen=True, eq=False)
class ShadedMap:
    """A picture of a map, and how many points each pixel stands for.

    Args:
        image: red, green, blue and opacity, not multiplied; the upper row first. Pixels without points are transparent.
        counts: points of each pixel. extent: left, right, bottom and top edge of the picture, in the unit of the coordinates.
        n: points that could lie in the picture: those with finite coordinates. crowd: points a pixel at which opacity is full.
    """

    image: UInt8[np.ndarray, "height width 4"]
    counts: Int[np.ndarray, "height width"]
    extent: tuple[float, float, float, float]
    n: int
    crowd: int

    @property
    def shown(self) -> int:
        """Points that lie within the picture."""
        return int(self.counts.sum())


@question(
    "shade_map",
    title="Shaded map",
    formula="n points of a pixel: opacity = 0.4 + 0.6 · min(1, log(1 + n) ÷ log(1 + c)), where 1 % of the points lie in pixels of c points or more; "
    "colour = mean of the colours of the points by category, or the colour of their mean value",
    source="Datashader (aggregation of points to pixels)",
    cannot="Opacity is logarithmic: twice as strong is far more than twice as many. See the counts. A mixed colour may look like a category that is not there.",
    lane="heavy",
    number="shown",
)
@dataclass(frozen=True, eq=False)
class ShadeMap(Question[ShadedMap]):
    """A picture of the first two axes of a map, by category or by value.

    Args:
        coordinates: of the points, or the question that made them. Points whose coordinates are not finite are left out.
        category: index into `colours` of each point; negative: the last of them, which is that of all others. None: no categories.
        value: of each point; NaN where it has none, as which it does not count in a mean. None: no values.
        ends: values of the first and the last colour; empty: the least and the largest value.
        colours: "#rrggbb" of each category; or evenly along a scale of values, then that of points without a value. Without either, the first is that of all points.
        extent: left, right, bottom and top edge; empty: of all points. width, height: pixels.
    """

    coordinates: FitProjection | Coordinates
    category: Integer[np.ndarray, "points"] | None = None
    value: Float[np.ndarray, "points"] | None = None
    ends: tuple[float, ...] = ()
    colours: tuple[str, ...] = (INK,)
    extent: tuple[float, ...] = ()
    width: int = 900
    height: int = 600
