"""The pictures under the line: the same clips, their token maps and masked predictions, and the map of all clips, with trails of those selected."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from jaxtyping import Float, UInt8

from widgets import Gallery, Scatter
from workbench.core.questions.runs import RunMaps

SIDE, _TRAILS = 52, 600  # CSS pixels of a small picture; rows of the map that trails may take
_AIR, _NARROW = 1.25, 24  # CSS pixels
_SEEN, _VEIL = np.array((0, 114, 178)), 0.35


class Pictures:
    """Galleries of the pictured clips, and the map. `prefix` is what is said before each title."""

    def __init__(self, prefix: str = "") -> None:
        self.images = Gallery(title="clips", message="Not measured yet", side=SIDE)
        self.targets = Gallery(title=f"{prefix}target tokens", side=SIDE)
        self.predicted = Gallery(title=f"{prefix}predicted tokens", side=SIDE)
        self.rows = (self.images, self.targets, self.predicted)

    def show(self, maps: RunMaps) -> None:
        """Show a checkpoint's."""
        names = [_name(maps, int(k)) for k in maps.shown]
        blank = [""] * len(names)
        if self.images.rows != [int(k) for k in maps.shown] or not self.images.pictures:
            self.images.show(maps.shown, maps.pictures, blank, hints=names)
        share = f"{maps.explained:.0%}".replace("%", " %")
        basis = f"the 3 principal components of the checkpoint that all are compared with, which hold {share} of its variance"
        colours = f"{maps.colours} about the mean at their position, coloured by {basis}"
        self.targets.show(maps.shown, enlarged(maps.target), blank, hints=[f"{name}: {colours}" for name in names], note="about the position mean")
        if maps.no_prediction:
            self.predicted.clear(f"No prediction: {maps.no_prediction}")
        else:
            hints = [f"{name}: the same colours, of one mask; blue: context, grey: neither" for name in names]
            self.predicted.show(maps.shown, enlarged(masked(maps)), blank, hints=hints, note="blue: context, grey: neither")

    def clear(self, why: str) -> None:
        """Show none, and say why."""
        self.images.clear(why)
        self.targets.clear("")
        self.predicted.clear("")


def _name(maps: RunMaps, clip: int) -> str:
    found = np.flatnonzero(maps.clip == clip)
    return str(maps.names[found[0]]) if len(found) else f"clip {clip}"


def enlarged(maps: UInt8[np.ndarray, "clips rows cols 3"]) -> UInt8[np.ndarray, "clips high wide 3"]:
    """Tokens as squares of several pixels, so that they keep their edges."""
    times = max(1, 2 * SIDE // max(maps.shape[1:3]))
    return maps.repeat(times, 1).repeat(times, 2)


def masked(maps: RunMaps) -> UInt8[np.ndarray, "clips rows cols 3"]:
    """Predictions where there are any, a light blue where the context was, grey elsewhere."""
    ground = np.full(maps.predicted.shape, 150.0)
    ground[maps.context] = 255 * (1 - _VEIL) + _SEEN * _VEIL
    return np.where(maps.asked[..., None], maps.predicted, ground).astype(np.uint8)


class Trail:
    """The map of all clips at one checkpoint. Its scale never changes, so that points move only when the representation does."""

    def __init__(self, height: int) -> None:
        self.view = Scatter(title="clips", message="Not measured yet", plot_height=height, partial=True, bare=True, tool="lasso")
        self._height = height
        self._count = 0

    def show(self, maps: RunMaps, others: Sequence[RunMaps], title: str) -> None:
        """Show a checkpoint.

        Args:
            others: of all checkpoints that are known, in the order of training, for the trails. title: of the map.
        """
        count = len(maps.clip)
        if count != self._count:
            self._begin(maps)
        points, paths = self._points(maps, [o for o in others if len(o.clip) == count])
        with self.view.together():
            self.view.points = np.ascontiguousarray(points, "<f4").tobytes()
            self.view.set_paths(paths)
            self.view.title = (
                f"{title}; {f'all within {_NARROW} pixels of each other' if self._narrow(maps) else 'draw around some for their trails'}"
            )
            self.view.place_labels = not self._narrow(maps)  # names would cover the one point that there is
            self.view.version += 1

    def _begin(self, maps: RunMaps) -> None:
        count = self._count = len(maps.clip)
        rows = count + _TRAILS
        names = [*map(str, maps.names), *[""] * _TRAILS]
        self.view.set_points(np.full((rows, 2), np.nan, np.float32), names=names)
        if maps.label_names:
            codes = np.concatenate([maps.labels, np.full(_TRAILS, -1, np.int64)])
            self.view.set_category(codes, maps.label_names, name="label", no_label="trails of selected clips")
        self.view.camera = [0.0, 0.0, self._scale(maps)]

    def _narrow(self, maps: RunMaps) -> bool:
        """Whether all clips lie in one small place, as those of a collapsed checkpoint."""
        return float(np.ptp(maps.points, axis=0).max(initial=0)) < _NARROW * self._scale(maps)

    def _scale(self, maps: RunMaps) -> float:
        return 2 * _AIR * maps.extent / self._height

    def _points(self, maps: RunMaps, others: Sequence[RunMaps]) -> tuple[Float[np.ndarray, "rows 2"], list[list[int]]]:
        """The points of all rows, and the rows of each trail: where a selected clip was at every checkpoint, then where it is."""
        count = self._count
        points = np.full((count + _TRAILS, 2), np.nan, np.float32)
        points[:count] = maps.points
        chosen = [int(row) for row in self.view.selection if row < count][: _TRAILS // max(1, len(others))] if others else []
        paths = list[list[int]]()
        for k, row in enumerate(chosen):
            rows = [count + k * len(others) + j for j in range(len(others))]
            points[rows] = np.stack([other.points[row] for other in others])
            paths.append([*rows, row])
        return points, paths
