"""The controls of the Surprise board: which videos, and the windows of a masked predictor."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

from widgets.controls import Button, Control, Int, Option, Select, Text
from workbench.boards.second import Seen
from workbench.core.errors import BadInput
from workbench.core.footage import Window
from workbench.core.numbers import UNITS
from workbench.core.questions.checkpoint import ModelFacts
from workbench.core.questions.surprise import PairSurprise, SurpriseView
from workbench.worlds.stored_pairs import CHOICES, CONFOUNDED

ALONE, OTHER = "alone", "other"
MOST_PAIRS, COUNT = 100, 60
_NUMBERED = ("pair", "other")  # indices, numbered from 1 on screen
_LIGHT = 5_000_000  # parameters up to which possible videos are measured without being asked for
_LABELS = {
    "gravity": "balls: one falls up",
    "teleport": "balls: one jumps elsewhere",
    "freeze": "balls: one stops in flight",
    "permanence": "balls: permanence quad",
    "solidity": "balls: solidity quad",
    "vanish": "balls: one vanishes",
    "appear": "balls: one appears",
    "through": "balls: one passes through a wall",
    "colour": "balls: one changes colour",
}
_NEEDS_ACTIONS = "needs actions; the shipped pairs have none"


@dataclass(frozen=True)
class Choice:
    """The chosen settings; the fields are named as the controls.

    Args:
        films: a kind of shipped pairs, ALONE or OTHER. pair: index of the shipped pair. other: index of the clip beside this one.
        contexts: as typed. window: 0 for models that predict the next tick. frames: sampled from a clip. mask_token: −1: the default one.
    """

    films: str
    pair: int = 0
    other: int = 0
    distance: str = "l1"
    contexts: str = ""
    window: int = 0
    stride: int = 2
    frames: int = 0
    mask_token: int = -1

    def values(self, row: list[Control]) -> dict[str, Any]:
        """The values of these controls; on screen pairs and clips are numbered from 1."""
        values = {each.id: getattr(self, each.id) for each in row}
        return {name: value + 1 if name in _NUMBERED else value for name, value in values.items()}

    def taken(self, values: Mapping[str, Any]) -> Choice:
        """With the values of controls."""
        return replace(self, **{name: value - 1 if name in _NUMBERED else value for name, value in values.items()})


def large(facts: ModelFacts) -> bool:
    """Whether the model is large: possible videos are then measured only when asked for."""
    return sum(p.parameters for p in facts.report.parts) > _LIGHT


def windowed(facts: ModelFacts) -> bool:
    """Whether the model predicts the rest of a window, not the next tick."""
    return facts.report.serving("dynamics").status != "whole"


def stills(facts: ModelFacts) -> bool:
    """The model sees single images: nothing comes after them that it could predict."""
    return windowed(facts) and facts.card.frames < 2


def unacting(facts: ModelFacts) -> str:
    """Why the shipped videos cannot be used with this model; "" where they can."""
    return _NEEDS_ACTIONS if facts.action is not None and not windowed(facts) else ""


def controls(facts: ModelFacts, clips: int, films: str) -> list[Control]:
    """The row of controls that count for the chosen videos.

    Args:
        clips: of the open list. films: see `Choice`.
    """
    reason = unacting(facts)
    twins = [Option(k, _LABELS[k] + (" (a single pair)" if k in CONFOUNDED else ""), disabled=bool(reason), reason=_NEEDS_ACTIONS) for k in CHOICES]
    own = [Option(ALONE, "this clip"), Option(OTHER, "this clip and another", disabled=clips < 2, reason="one clip is open")]
    kinds = [*twins, *own] if facts.card.world == "balls" else [*own, *twins]
    row: list[Control] = [Select("films", "videos", options=tuple(kinds), width=232)]
    if films in CHOICES:
        row.append(Int("pair", "pair", min=1, max=MOST_PAIRS, help="Number of the shipped pair or quad."))
    if films == OTHER:
        row.append(Int("other", "other clip", min=1, max=max(1, clips), help="Number of the clip that this one is compared with."))
    row.append(Select("distance", "distance", options=tuple(Option(v, UNITS[v]) for v in ("l1", "l2", "smooth-l1"))))
    return [*row, *_window_row(facts)] if windowed(facts) else row


def _window_row(facts: ModelFacts) -> list[Control]:
    tubelet, frames = facts.card.tubelet, facts.card.frames
    row: list[Control] = [
        Text("contexts", "contexts", width=74, help=f"Context lengths in frames, separated by commas; multiples of {tubelet}."),
        Int("window", "window", min=tubelet, step=tubelet, help="Frames of a window; those after the context are predicted."),
        Int("stride", "stride", min=0, max=64, help="Frames from one window to the next."),
        Int("frames", "frames", min=tubelet, step=tubelet, help=f"Frames sampled evenly from a clip; {frames} in training."),
    ]
    if facts.mask_tokens > 1:
        tokens = (Option(-1, "default"), *(Option(i, str(i)) for i in range(facts.mask_tokens)))
        row.append(
            Select("mask_token", "mask token", options=tokens, help="Which of the learned mask tokens the predictor is given; 0 as published.")
        )
    return row


def work(facts: ModelFacts, view: SurpriseView | None = None) -> list[Control]:
    """The buttons beside the videos: occlusion map, and accuracy on pairs."""
    tells = view is not None and view.found[-1].maps.shape[3:] != (1, 1)
    where = "Occlude the cells of this frame one after another; the heat is the share of the surprise that this removes."
    reason = unacting(facts)
    return [
        *([Button("compare", "Compare", help="Measure possible videos, to state the rank of this one.")] if large(facts) else []),
        Button("cover", "Localise by occlusion", help=where).off("The heat over the video shows it already." if tells else ""),
        Button("count", "Evaluate pairs", help="Accuracy on the shipped pairs and quads.").off(reason),
        Int("pairs", "per kind", min=5, max=MOST_PAIRS).off(reason),
    ]


def opening(facts: ModelFacts, clip: int, clips: int, sample: bool, *, home: bool = True) -> Choice:
    """The initial settings.

    Args:
        clip: that is open, of so many clips. sample: the model is a sample, whose trained mask token is its default. home: the clips of a sample are open, not data of the user's.
    """
    chosen = Choice("gravity" if facts.card.world == "balls" and home else ALONE, other=(clip + 1) % max(1, clips), distance=facts.card.loss)
    if not windowed(facts):
        return chosen
    tubelet, window = facts.card.tubelet, facts.card.frames
    contexts = sorted({max(tubelet, window * k // 4 // tubelet * tubelet) for k in (1, 2, 3)})
    token = 0 if facts.mask_tokens > 1 and not sample else -1
    return replace(chosen, contexts=", ".join(map(str, contexts)), window=window, frames=window, mask_token=token)


def beside(seen: Seen, choice: Choice, first: ModelFacts) -> Choice:
    """The same videos for a second model; its own windows where it cannot look as the first one does.

    Raises:
        BadInput: it needs actions, and the shipped videos have none.
    """
    facts = seen.facts
    if choice.films in CHOICES and unacting(facts):
        raise BadInput(unacting(facts), where="films", fix="choose a clip that has actions")
    if windowed(facts) and windowed(first) and (facts.card.frames, facts.card.tubelet) == (first.card.frames, first.card.tubelet):
        return choice
    own = opening(facts, seen.clip.index, 1, seen.subject.sample is not None)
    return replace(own, films=choice.films, pair=choice.pair, other=choice.other, distance=choice.distance)


def question(seen: Seen | None, window: Window | None, choice: Choice, predictor: str, moved: tuple[int, float, float] | None) -> PairSurprise | None:
    """What is asked of the chosen videos; None where nothing is open.

    Args:
        window: of the film in sight; None where the clip is no film.

    Raises:
        BadInput: contexts that are not whole numbers.
    """
    if seen is None:
        return None
    model, clip, facts = seen.model, seen.clip, seen.facts
    looking: dict[str, Any] = {}
    if choice.window:
        token = choice.mask_token
        there = choice.frames if window is None or window.fps is not None else min(choice.frames, window.frames)
        clip = replace(clip, frames=there)
        looking = {
            "window": choice.window,
            "stride": choice.stride,
            "contexts": _contexts(choice.contexts),
            "mask_token": None if token < 0 else token,
        }
    return PairSurprise(
        model=model,
        clip=clip,
        twins=(choice.films, choice.pair) if choice.films in CHOICES else None,
        other=replace(clip, index=choice.other, start=0.0, length=None) if choice.films == OTHER else None,
        moved=moved,
        world=facts.card.world,
        predictor=predictor,
        distance=choice.distance,
        **looking,
    )


def _contexts(typed: str) -> tuple[int, ...] | None:
    try:
        return tuple(sorted({int(word) for word in typed.replace(",", " ").split()})) or None
    except ValueError as error:
        raise BadInput(f"contexts {typed!r} are not whole numbers", where="contexts", fix="write 4, 8, 12") from error
