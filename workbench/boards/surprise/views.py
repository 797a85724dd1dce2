"""Videos with the curves of their surprise, as the player and the time line take them."""

from __future__ import annotations

import numpy as np
from jaxtyping import Float

from widgets import ClipPlayer, Timeline
from workbench.boards.show import show
from workbench.boards.surprise.words import unit_of
from workbench.boards.videos import Curve, timeline, video_player
from workbench.core.questions.surprise import Surprise, SurpriseView


def surprise_curves(found: Surprise, name: str, kind: str) -> dict[str, Curve]:
    """The surprise at each frame, one curve a context length."""
    if len(found.contexts) == 1:
        return {name: (kind, found.curve(0))}
    return {f"{name}, {context} frames of context": (kind, found.curve(row)) for row, context in enumerate(found.contexts)}


def draw_surprise(player: ClipPlayer, view: SurpriseView) -> None:
    """The curves of a video and its counterpart, with the event marked; of a quad the means of either half, between the smaller and the larger.

    Bands are over context lengths, and over the two films of a half: the curve is of the shortest context.
    """
    unit = unit_of(view.found[0])
    sides = [view.found[::2], view.found[1::2]][: len(view.found)]
    quad = len(view.found) > 2
    names = ["possible, both", "impossible, both"] if quad else [r.label.partition(":")[0].partition(",")[0] for r in view.reels]
    curves: dict[str, Curve] = {}
    edges: list[Float[np.ndarray, "2 frames"]] = []
    for name, side, reel in zip(names, sides, view.reels, strict=False):
        shortest = np.stack([_long(f.curve(0), player) for f in side])
        every = np.stack([_long(f.curve(k), player) for f in side for k in range(len(f.contexts))])
        curves[name] = (reel.kind, shortest.mean(0))
        edges.append(np.stack([np.fmin.reduce(every), np.fmax.reduce(every)]))
    contexts = view.found[0].contexts
    more = f", {contexts[0]} frames of context; band: to {contexts[-1]}" if len(contexts) > 1 else ""
    player.set_curves(curves, unit=unit, label=f"surprise, {unit}{more}")
    if quad or len(contexts) > 1:
        with player.together():
            player.curve_low, player.curve_high = (np.stack([e[k] for e in edges]).astype(np.float32).tobytes() for k in (0, 1))
    words = {"twins": "impossible", "broken": "edited by hand", "other": "another clip"}
    spans = list[dict[str, str | int]]()
    if view.event >= 0 and view.how in words:
        spans.append({"from": view.event, "to": view.found[-1].frames - 1, "label": words[view.how], "kind": "violation"})
    if not quad and view.found[-1].sudden:
        first, last, _ = view.found[-1].half()
        spans.append({"from": first, "to": last, "label": "", "kind": "event"})
    player.spans = spans


def _long(curve: Float[np.ndarray, "frames"], player: ClipPlayer) -> Float[np.ndarray, "all"]:
    """A curve as long as the longest film: nothing is known of frames that were left out."""
    frames = player.frame_count()
    return np.pad(curve[:frames], (0, max(0, frames - len(curve))), constant_values=np.nan)


@show.register(SurpriseView)
def _(result: SurpriseView) -> ClipPlayer:
    player = video_player(result.reels)
    draw_surprise(player, result)
    return player


@show.register(Surprise)
def _(result: Surprise) -> Timeline:
    return timeline(surprise_curves(result, "surprise", "open loop"), result.distance, "surprise")
