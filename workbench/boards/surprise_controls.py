"""What can be chosen on the Surprise board: which films, and how a masked predictor looks at them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from workbench.boards.workspace import Workspace
from workbench.core.errors import BadInput
from workbench.core.films import SurpriseView
from workbench.core.questions.checkpoint import ModelFacts
from workbench.measures.catalogue import entry
from workbench.present.words import UNITS
from workbench.worlds.kept_twins import CHOICES, CONFOUNDED

ALONE, OTHER = "alone", "other"
MOST_PAIRS, COUNT = 100, 60
_LIGHT = 5_000_000  # parameters up to which possible films are watched unasked
OPTIONS = ("distance", "contexts", "window", "stride", "mask_token")
_LABELS = {
    "gravity": "balls: one falls up",
    "teleport": "balls: one leaps",
    "freeze": "balls: one stops in flight",
    "permanence": "balls: permanence quad",
    "solidity": "balls: solidity quad",
    "vanish": "balls: one vanishes",
    "appear": "balls: one out of nothing",
    "through": "balls: one passes a wall",
    "colour": "balls: another colour",
}
_NEEDS_ACTIONS = "this model needs to know what was done, and nothing is done in these films"


def large(facts: ModelFacts) -> bool:
    """The model takes long: possible films are watched only when asked for."""
    return sum(p.parameters for p in facts.report.parts) > _LIGHT


def windowed(facts: ModelFacts) -> bool:
    """The model foretells the rest of a window, not the next tick."""
    return entry("rollout").refusal(facts.report) != ""


def controls(facts: ModelFacts, clips: int) -> list[dict[str, Any]]:
    """The row of controls.

    Args:
        clips: of the open list.
    """
    acting = facts.action is not None and not windowed(facts)
    twins = [
        {"value": k, "label": _LABELS[k] + (" (a single pair)" if k in CONFOUNDED else ""), "disabled": acting, "reason": _NEEDS_ACTIONS}
        for k in CHOICES
    ]
    own = [
        {"value": ALONE, "label": "this clip"},
        {"value": OTHER, "label": "this clip and another", "disabled": clips < 2, "reason": "one clip is open"},
    ]
    films = [*twins, *own] if facts.card.world == "balls" else [*own, *twins]
    row: list[dict[str, Any]] = [{"kind": "select", "id": "films", "label": "films", "options": films, "width": 232}]
    row.append({"kind": "int", "id": "pair", "label": "pair", "min": 0, "max": MOST_PAIRS - 1, "help": "which of the shipped pairs or quads"})
    row.append({"kind": "int", "id": "other", "label": "other clip", "min": 0, "max": max(0, clips - 1), "help": "of the open list, beside this one"})
    distances = [{"value": v, "label": UNITS[v]} for v in ("l1", "l2", "smooth-l1")]
    row.append({"kind": "select", "id": "distance", "label": "distance", "options": distances})
    if windowed(facts):
        row += _window_row(facts)
    return row


def _window_row(facts: ModelFacts) -> list[dict[str, Any]]:
    tubelet, frames = facts.card.tubelet, facts.card.frames
    whole = {"min": tubelet, "step": tubelet}
    row: list[dict[str, Any]] = [
        {"kind": "text", "id": "contexts", "label": "contexts", "width": 74, "help": f"frames given, several at once: multiples of {tubelet}"},
        {"kind": "int", "id": "window", "label": "window", "help": "frames of a window: what is not given of it is foretold", **whole},
        {"kind": "int", "id": "stride", "label": "stride", "min": 0, "max": 64, "help": "frames from one window to the next"},
        {"kind": "int", "id": "frames", "label": "of frames", "help": f"frames taken of a clip, evenly; {frames} in training", **whole},
    ]
    if facts.mask_tokens > 1:
        tokens = [{"value": -1, "label": "default"}, *({"value": i, "label": str(i)} for i in range(facts.mask_tokens))]
        row.append(
            {"kind": "select", "id": "mask_token", "label": "mask token", "options": tokens, "help": "which learned token asks; as published 0"}
        )
    return row


def work(facts: ModelFacts | None, view: SurpriseView | None = None) -> list[dict[str, Any]]:
    """The buttons beside the films: where in the frame, and how often the model is right."""
    tells = view is not None and view.found[-1].maps.shape[3:] != (1, 1)
    acting = facts is not None and facts.action is not None and not windowed(facts)
    where = "Cover cells of this frame, one after another, and measure again: the heat is how much of the surprise goes."
    count = {"kind": "int", "id": "pairs", "label": "of each kind", "min": 5, "max": MOST_PAIRS, "disabled": acting, "reason": _NEEDS_ACTIONS}
    compare = {"kind": "button", "id": "compare", "label": "Compare", "help": "Watch possible films, to say how this one ranks among them."}
    return [
        *([compare] if facts is not None and large(facts) else []),
        {
            "kind": "button",
            "id": "cover",
            "label": "Where? Cover cells",
            "help": where,
            "disabled": tells,
            "reason": "The heat over the film says it already.",
        },
        {"kind": "button", "id": "count", "label": "Count accuracies", "disabled": acting, "reason": _NEEDS_ACTIONS, "help": "Over shipped twins."},
        count,
    ]


def opening(facts: ModelFacts, clip: int, clips: int, sample: bool, *, home: bool = True) -> dict[str, Any]:
    """The values that the board opens with.

    Args:
        clip: that is open, of so many clips. sample: the model is a sample, whose trained mask token is its default. home: the clips of a sample are open, not data of the user's.
    """
    values: dict[str, Any] = {"films": "gravity" if facts.card.world == "balls" and home else ALONE, "pair": 0, "distance": facts.card.loss}
    values["other"] = (clip + 1) % max(1, clips)
    if windowed(facts):
        tubelet, window = facts.card.tubelet, facts.card.frames
        contexts = sorted({max(tubelet, window * k // 4 // tubelet * tubelet) for k in (1, 2, 3)})
        values |= {"contexts": ", ".join(map(str, contexts)), "window": window, "stride": 2, "frames": window}
        if facts.mask_tokens > 1:
            values["mask_token"] = -1 if sample else 0
    return values


def shown(row: list[dict[str, Any]], values: Mapping[str, Any]) -> list[dict[str, Any]]:
    """The controls that count for the chosen films."""
    films = values["films"]
    unused = {"pair"} if films not in CHOICES else set()
    return [c for c in row if c["id"] not in unused | (set() if films == OTHER else {"other"})]


def measured(values: Mapping[str, Any]) -> dict[str, Any]:
    """The values as options of the measure.

    Raises:
        BadInput: contexts that are no whole numbers.
    """
    options: dict[str, Any] = {"distance": values["distance"]}
    if "window" not in values:
        return options
    try:
        contexts = tuple(sorted({int(word) for word in values["contexts"].replace(",", " ").split()}))
    except ValueError as error:
        raise BadInput(f"contexts {values['contexts']!r} are not whole numbers", where="contexts", fix="write 4, 8, 12") from error
    token = values.get("mask_token", -1)
    return options | {
        "contexts": contexts or None,
        "window": values["window"],
        "stride": values["stride"],
        "mask_token": None if token < 0 else token,
    }


def asked(space: Workspace, values: Mapping[str, Any]) -> dict[str, Any]:
    """Which films the values ask for, as arguments of the services."""
    clip = space.session.state.clip
    if clip is not None and "frames" in values:
        window = space.choice.window
        there = values["frames"] if window is None or window.fps is not None else min(values["frames"], window.frames)
        clip = replace(clip, frames=there)
    found: dict[str, Any] = {"clip": clip, "world": "" if space.facts is None else space.facts.card.world}
    if values["films"] in CHOICES:
        found["twins"] = (values["films"], values["pair"])
    elif values["films"] == OTHER and clip is not None:
        found["other"] = replace(clip, index=values["other"], start=0.0, length=None)
    return found
