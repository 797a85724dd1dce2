"""The views of the Surprise board: videos with curves and heat, the stage of the object that can be moved, and the accuracies."""

from __future__ import annotations

import numpy as np

from widgets import ClipPlayer, WorldStage
from workbench.boards.layout import Chart, fill
from workbench.boards.surprise.charts import accuracy_chart, no_accuracies
from workbench.boards.surprise.views import draw_surprise
from workbench.boards.surprise.words import unit_of
from workbench.boards.videos import film_dicts
from workbench.boards.workspace import Workspace
from workbench.core.questions.surprise import Covered, Judged, SurpriseView
from workbench.worlds.environments import SCENES

_SEEN = 0.05  # of the surprise: less is no colour
_ACTING = "Needs actions;<br>the shipped pairs have none"
_NO_WORLD = "No object can be moved here: the clip has no stored ground-truth state."


class Screen:
    """Fills the views of the board."""

    def __init__(self, workspace: Workspace, player: ClipPlayer, stage: WorldStage, accuracies: Chart) -> None:
        self.space, self.player, self.stage, self.accuracies = workspace, player, stage, accuracies

    def empty(self, message: str) -> None:
        """Nothing of another model stays."""
        with self.player.together():
            self.player.curve_low = self.player.curve_high = b""
            self.player.set_curves({})
            self.player.set_films([])
        fill(self.player, {"spans": [], "marks": [], "message": message})
        self._nothing_moves("")

    def show(self, view: SurpriseView, moved: tuple[int, float, float] | None, *, settled: bool = True) -> None:
        """Other films and their surprise.

        Args:
            moved: where the thing was put by hand, as frame and place. settled: these films answer that; else it was moved on meanwhile.
        """
        with self.player.together():
            self.player.set_films(film_dicts(view.reels))
            draw_surprise(self.player, view)
            self._heat(view)
            self.player.fps = float(view.fps or 0)
            self.player.version += 1
        self.draw_stage(view, moved, settled=settled)

    def _heat(self, view: SurpriseView) -> None:
        """Where in the frames of the last film the surprise is, for models of many tokens a frame."""
        found, frames = view.found[-1], self.player.frame_count()
        if found.maps.shape[3:] == (1, 1):
            self.player.set_heat(0, None)
            return
        where = np.full((frames, *found.maps.shape[3:]), np.nan, np.float32)
        for frame in range(min(frames, found.frames)):
            where[frame] = found.where(frame)
        self.player.set_heat(len(view.reels) - 1, where, label=f"surprise, {unit_of(found)}")

    def show_covered(self, found: Covered) -> None:
        """The share of the surprise that each occluded cell removes, over the occluded frame."""
        where = np.full((self.player.frame_count(), *found.heat.shape), np.nan, np.float32)
        where[found.frame] = np.where(found.heat > _SEEN, found.heat, np.nan)
        with self.player.together():
            self.player.set_heat(found.film, where, label=f"share removed by occlusion, frame {found.frame}", ends=(0, 1))
            self.player.heat_on = True
            self.player.version += 1

    def note(self, words: str) -> None:
        """A line under the last film."""
        films = self.player.films
        if films and films[-1].get("note", "") != words:
            self.player.films = [*films[:-1], {**films[-1], "note": words}]

    def draw_stage(self, view: SurpriseView | None, moved: tuple[int, float, float] | None, *, settled: bool = True) -> None:
        """The first film at the frame of the cursor, with the thing that can be moved; where it was moved, it is there."""
        if view is None:
            return
        if view.places is None:
            self._nothing_moves(_NO_WORLD)
            return
        world = "balls" if self.space.facts is None else self.space.facts.card.world
        thing = SCENES[world].thing if world in SCENES else "ball"
        frame = min(self.player.tick, len(view.reels[0].pixels) - 1)
        broken = view.how == "broken" and moved is not None
        here = broken and moved is not None and moved[0] == frame
        x, y = view.places[here][min(frame, len(view.places[here]) - 1)]
        if here and moved is not None and not settled:
            _, x, y = moved
        inside = 0 <= x <= 1 and 0 <= y <= 1
        points = [{"id": thing, "x": float(x), "y": float(y), "kind": thing, "label": thing}] if inside else []
        with self.stage.together():
            self.stage.set_picture(view.reels[here].pixels[frame])
            self.stage.points, self.stage.click_places = points, thing if inside else ""
            self.stage.paths = self._paths(view, moved[0]) if broken and moved is not None else []
            self.stage.caption = f"drag the {thing} at frame {frame}" if inside else f"no {thing} at frame {frame}"
            self.stage.version += 1

    def _paths(self, view: SurpriseView, frame: int) -> list[dict[str, object]]:
        if view.places is None:
            return []
        left, broken = view.places
        return [
            WorldStage.path("unedited", "real", left[frame:], width=1.5, alpha=0.8),
            WorldStage.path("edited", "impossible", broken[frame:], width=1.5),
        ]

    def _nothing_moves(self, message: str) -> None:
        with self.stage.together():
            self.stage.pixels, self.stage.shape = b"", [0, 0]
            self.stage.points, self.stage.paths, self.stage.click_places, self.stage.caption = [], [], "", ""
            self.stage.message = message
            self.stage.version += 1

    def draw_chart(self, found: Judged | None) -> None:
        """The accuracies, or how to get them."""
        why = _ACTING if self.space.facts is not None and self.space.facts.action is not None else ""
        self.accuracies.set(no_accuracies(why, dark=self.space.dark) if found is None else accuracy_chart(found, dark=self.space.dark))
